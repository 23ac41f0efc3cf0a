package responder

import (
	"slices"
	"strings"
	"testing"

	"socialwatch"
)

// spans finds the values in a text, in order.
func spans(t *testing.T, text string, values ...string) []socialwatch.Span {
	t.Helper()
	at, out := 0, []socialwatch.Span(nil)
	for _, v := range values {
		i := strings.Index(text[at:], v) + at
		if i < at {
			t.Fatalf("%q is not in %q", v, text)
		}
		out = append(out, socialwatch.Span{Start: i, End: i + len(v)})
		at = i + len(v)
	}
	return out
}

func TestCompareTellsSlotsFromWords(t *testing.T) {
	const filled = "Sorry, 9 days is too long. Please send us a direct message with K-1042."
	slots := spans(t, filled, "9", "send us a direct message", "K-1042")
	for _, tt := range []struct {
		name, text     string
		want           socialwatch.EditKind
		added, removed int
	}{
		{"nothing", filled, socialwatch.EditNone, 0, 0},
		{"a slot", "Sorry, 12 days is too long. Please send us a direct message with K-1042.", socialwatch.EditSlots, 1, 1},
		{"all slots", "Sorry, ten days is too long. Please write to us with K-2000.", socialwatch.EditSlots, 5, 7},
		{"an empty slot", "Sorry,  days is too long. Please send us a direct message with K-1042.", socialwatch.EditSlots, 0, 1},
		{"a word beside", "So sorry, 9 days is too long. Please send us a direct message with K-1042.", socialwatch.EditWords, 2, 1},
		{"more at the end", filled + " We pay today.", socialwatch.EditWords, 3, 0},
		{"prose in a slot", "Sorry, 9 days, and we pay you back today, days is too long. Please send us a direct message with K-1042.", socialwatch.EditWords, 8, 0},
		{"another order", "Sorry, K-1042 days is too long. Please 9 with send us a direct message.", socialwatch.EditWords, 7, 7},
		{"all else gone", "9", socialwatch.EditWords, 0, 13},
	} {
		got := Compare(filled, slots, filled, tt.text).Edit
		if got.Kind != tt.want || tt.want != socialwatch.EditWords && (got.Added != tt.added || got.Removed != tt.removed) {
			t.Errorf("%s: %+v, want %s +%d −%d", tt.name, got, tt.want, tt.added, tt.removed)
		}
	}
	for name, bad := range map[string][]socialwatch.Span{"none": nil, "beyond": {{Start: 7, End: 900}}, "backwards": {{Start: 8, End: 7}},
		"crossed": {{Start: 30, End: 40}, {Start: 7, End: 8}}} {
		if got := Compare(filled, bad, filled, "Sorry, 12 days is too long.").Edit.Kind; got != socialwatch.EditWords {
			t.Errorf("spans that are %s: %s", name, got)
		}
	}
	if got := Compare("", nil, "We look.", "We look now.").Edit; got != (socialwatch.Edit{Kind: socialwatch.EditWritten}) {
		t.Errorf("by hand: %+v", got)
	}
}

func TestCompareCountsJapaneseWordsAndDiffsAgainstTheVersionBefore(t *testing.T) {
	const filled = "ありがとうございます"
	c := Compare(filled, nil, "ありがとうございま", "ありがとうございました")
	if c.Edit != (socialwatch.Edit{Kind: socialwatch.EditWords, Added: 2, Removed: 1}) {
		t.Errorf("%+v", c.Edit)
	}
	for _, p := range c.Diff {
		if p.Op == socialwatch.DiffRemoved {
			t.Errorf("the diff against the version before takes %q out", p.Text)
		}
	}
}

// TestSlotsOfADraftCoverTheirValues: every filled slot is told, wherever the template puts it.
func TestSlotsOfADraftCoverTheirValues(t *testing.T) {
	x := Template{parts: [][]part{{{text: "Sorry"}, {text: ", ", option: 1}, {slot: SlotDays, option: 1}, {text: ". "}, {slot: SlotCase}}}}
	text, slots, missing := x.fill(0, map[string]string{SlotCase: "K-1"})
	if missing != "" || len(slots) != 1 || text[slots[0].Start:slots[0].End] != "K-1" {
		t.Errorf("%q %v", text, slots)
	}
	text, slots, _ = x.fill(0, map[string]string{SlotCase: "K-1", SlotDays: "9"})
	if len(slots) != 2 || text[slots[0].Start:slots[0].End] != "9" || text[slots[1].Start:slots[1].End] != "K-1" {
		t.Errorf("%q %v", text, slots)
	}
}

func warnsOfEdit(f socialwatch.Finding) bool { return f.Rule == WarnEdited }

// TestAnEditWithinTheSlotsDoesNotWarn of an edit; one beside them does.
func TestAnEditWithinTheSlotsDoesNotWarn(t *testing.T) {
	const filled = "We look into case K-1042 today."
	in := CheckInput{TemplateText: filled, Slots: spans(t, filled, "K-1042"), CaseNumber: "K-2000",
		Payload: socialwatch.Payload{Text: "We look into case K-2000 today.", Limit: 500, Visibility: socialwatch.Public}, Parent: socialwatch.Post{Visibility: socialwatch.Public}}
	if found := (Safety{}).Check(in); slices.ContainsFunc(found, warnsOfEdit) {
		t.Errorf("%+v", found)
	}
	in.Payload.Text = "We look into case K-2000 now."
	if found := (Safety{}).Check(in); !slices.ContainsFunc(found, warnsOfEdit) {
		t.Errorf("%+v", found)
	}
}
