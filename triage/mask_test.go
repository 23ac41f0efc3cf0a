package triage

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"socialwatch"
)

func TestRedactTakesOutCardsAlwaysAndTheRestOnRequest(t *testing.T) {
	tr := shop(t)
	const text = "é card 4111 1111 1111 1111, ring +44 20 7946 0958, a.b@mail.example, 12 High Street, order SW-100234"
	m := mention(text)
	m.Warning = "my card 4111111111111111, mail a.b@mail.example"
	m.Media = []socialwatch.Media{{Kind: "image", Description: "label: 12 High Street, tel +44 20 7946 0958"}}
	a := tr.Assess(m, socialwatch.History{})
	before := slices.Clone(a.Entities)
	for _, tt := range []struct {
		kinds                []socialwatch.EntityKind
		text, warning, media string
	}{
		{nil, "é card *******************, ring +44 20 7946 0958, a.b@mail.example, 12 High Street, order SW-100234",
			"my card ****************, mail a.b@mail.example", "label: 12 High Street, tel +44 20 7946 0958"},
		{[]socialwatch.EntityKind{socialwatch.Phone}, "é card *******************, ring ****************, a.b@mail.example, 12 High Street, order SW-100234",
			"my card ****************, mail a.b@mail.example", "label: 12 High Street, tel ****************"},
		{Redactable, "é card *******************, ring ****************, ****************, **************, order SW-100234",
			"my card ****************, mail ****************", "label: **************, tel ****************"},
		{[]socialwatch.EntityKind{socialwatch.OrderNumber}, "é card *******************, ring +44 20 7946 0958, a.b@mail.example, 12 High Street, order SW-100234",
			"my card ****************, mail a.b@mail.example", "label: 12 High Street, tel +44 20 7946 0958"},
	} {
		got, assessed := tr.Redact(m, a, tt.kinds)
		if got.Text != tt.text || got.Warning != tt.warning || got.Media[0].Description != tt.media {
			t.Errorf("%v:\n%q\n%q\n%q", tt.kinds, got.Text, got.Warning, got.Media[0].Description)
		}
		for i, e := range assessed.Entities {
			if hidden := strings.Trim(got.Text[e.Start:e.End], "*") == ""; hidden != (strings.Trim(e.Value, "*") == "") {
				t.Errorf("%v: %+v over %q", tt.kinds, e, got.Text[e.Start:e.End])
			}
			if e.Kind != before[i].Kind || e.Start != before[i].Start || e.End != before[i].End {
				t.Errorf("%v: %+v was %+v", tt.kinds, e, before[i])
			}
		}
	}
	if m.Text != text || !slices.Equal(a.Entities, before) || m.Media[0].Description[0] != 'l' || strings.Contains(m.Media[0].Description, "*") {
		t.Error("the arguments were changed")
	}
}

// personalKinds are the kinds of which nothing may survive masking.
var personalKinds = append([]socialwatch.EntityKind{socialwatch.Card}, Redactable...)

// FuzzMask holds masking and redacting to what they promise of any text: the
// same length, valid UTF-8 where it was, and nothing left of what is personal.
func FuzzMask(f *testing.F) {
	for _, c := range append(entityCases[:len(entityCases):len(entityCases)], privateCases...) {
		f.Add(c.text)
	}
	for _, text := range []string{"", "\xff4111111111111111", "ｔｅｌ ０２０ ７９４６ ０９５８", "a@b.cd e@f.gh", "4111 1111 1111 1111 4111111111111111",
		"call +44 20 7946 0958 or (555) 010-4477, 12 High Street", "१२३ रोड ४१११११११११११११११"} {
		f.Add(text)
	}
	tr := shop(f)
	f.Fuzz(func(t *testing.T, text string) {
		m := mention(text)
		m.Warning = text
		a := tr.Assess(m, socialwatch.History{})
		got, assessed := tr.Redact(m, a, Redactable)
		for name, masked := range map[string]string{"masked": a.Masked, "stored": got.Text, "warning": got.Warning} {
			if len(masked) != len(text) || utf8.ValidString(text) && !utf8.ValidString(masked) {
				t.Fatalf("%s: %q of %q", name, masked, text)
			}
		}
		for i, e := range a.Entities {
			if !slices.Contains(personalKinds, e.Kind) {
				continue
			}
			for name, masked := range map[string]string{"masked": a.Masked, "stored": got.Text} {
				if strings.Trim(masked[e.Start:e.End], "*") != "" {
					t.Fatalf("%s: %q of %q leaves of %+v", name, masked, text, e)
				}
			}
			if strings.Trim(assessed.Entities[i].Value, "*") != "" {
				t.Fatalf("the value of %+v survives as %q", e, assessed.Entities[i].Value)
			}
		}
		checkRest(t, text, a)
	})
}

// checkRest holds that masking changes nothing outside the entities.
func checkRest(t *testing.T, text string, a socialwatch.Assessment) {
	t.Helper()
	at := 0
	for _, e := range a.Entities {
		if a.Masked[at:e.Start] != text[at:e.Start] {
			t.Fatalf("masked %q of %q outside of what it found", a.Masked, text)
		}
		at = e.End
	}
	if a.Masked[at:] != text[at:] {
		t.Fatalf("masked %q of %q outside of what it found", a.Masked, text)
	}
}
