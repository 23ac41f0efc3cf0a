package console

import (
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"socialwatch"
	"socialwatch/triage"
)

func spell(ps []piece) string {
	var b strings.Builder
	for _, p := range ps {
		if p.Evidence == "" {
			b.WriteString(p.Text)
		} else {
			b.WriteString("[" + p.Text + "|" + p.Evidence + "]")
		}
	}
	return b.String()
}

func TestEvidenceIsMarkedInTheCustomersWords(t *testing.T) {
	sig := func(name string, start, end, points int) socialwatch.Signal {
		return socialwatch.Signal{Name: name, Start: start, End: end, Points: points}
	}
	for _, tc := range []struct {
		text    string
		signals []socialwatch.Signal
		want    string
	}{
		{"still not here", nil, "still not here"},
		{"still not here", []socialwatch.Signal{sig("stuck_order.not_here", 6, 14, 9)}, "still [not here|not here]"},
		{"still not here", []socialwatch.Signal{sig("b", 6, 14, 1), sig("a", 0, 9, 1)}, "[still not here|a, b]"},
		{"still not here", []socialwatch.Signal{sig("a", 0, 5, 1), sig("b", 6, 9, 1)}, "[still|a] [not|b] here"},
		{"still not here", []socialwatch.Signal{sig("a", 0, 5, 1), sig("b", 5, 9, 1)}, "[still|a][ not|b] here"},
		{"still not here", []socialwatch.Signal{sig("a", 0, 5, 3), sig("a", 0, 5, 3)}, "[still|a] not here"},
		{"still", []socialwatch.Signal{sig("history.repeat", 0, 0, 9), sig("zero", 0, 5, 0), sig("against", 0, 5, -3)}, "still"},
		{"still", []socialwatch.Signal{sig("a", -1, 3, 1), sig("a", 2, 9, 1), sig("a", 4, 2, 1)}, "still"},
		{"né à", []socialwatch.Signal{sig("a", 0, 2, 1), sig("b", 0, 3, 1)}, "[né|b] à"},
		{"", []socialwatch.Signal{sig("a", 0, 1, 1)}, ""},
	} {
		if got := spell(pieces(tc.text, tc.signals)); got != tc.want {
			t.Errorf("%q: %s, want %s", tc.text, got, tc.want)
		}
	}
}

func TestExcerptShowsTheFirstEvidence(t *testing.T) {
	text := strings.Repeat("filler ", 40) + "never\n\n arrived and more words after it"
	start := strings.Index(text, "never")
	got := spell(excerpt(text, []socialwatch.Signal{{Name: "x", Start: start, End: start + 5, Points: 1}}, 60))
	if !strings.Contains(got, "[never|x] arrived") || !strings.HasPrefix(got, "…") {
		t.Errorf("%s", got)
	}
	for in, want := range map[string]string{
		"short\n text": "short text", "@shop_help  @other where is it": "where is it", "@shop_help": "@shop_help", "@a @b ": "@a @b ",
	} {
		if got := spell(excerpt(in, nil, 60)); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}

func FuzzPiecesKeepTheText(f *testing.F) {
	f.Add("any text à", 0, 3, 2, 9)
	f.Fuzz(func(t *testing.T, text string, a, b, c, d int) {
		if !utf8.ValidString(text) {
			return
		}
		signals := []socialwatch.Signal{{Name: "a", Start: a, End: b, Points: 1}, {Name: "b", Start: c, End: d, Points: 1}}
		var whole strings.Builder
		for _, p := range pieces(text, signals) {
			if !utf8.ValidString(p.Text) || p.Text == "" {
				t.Fatalf("piece %q", p.Text)
			}
			whole.WriteString(p.Text)
		}
		if whole.String() != text {
			t.Fatalf("%q became %q", text, whole.String())
		}
		excerpt(text, signals, 20)
	})
}

func TestWhatForcesAHumanStandsFirstWithoutPoints(t *testing.T) {
	var signals []socialwatch.Signal
	for i := range maxSignals { // more evidence than is shown, and stronger
		signals = append(signals, socialwatch.Signal{Name: "case.strong" + string(rune('a'+i)), Points: 40})
	}
	signals = append(signals, socialwatch.Signal{Name: "account_access.takeover", Points: 25}, socialwatch.Signal{Name: "must.asks_for_human", Points: 1},
		socialwatch.Signal{Name: "must.takeover", Points: 1}, socialwatch.Signal{Name: "case.not_moved", Points: 90})
	got := strongest(evidence(signals, socialwatch.AccountAccess, false), maxSignals)
	want := []socialwatch.Signal{{Name: "wants a person"}, {Name: "account taken over"}, {Name: "not moved", Points: 90}, {Name: "stronga", Points: 40}}
	if len(got) != maxSignals || !slices.Equal(got[:len(want)], want) {
		t.Errorf("%+v, want %+v first", got, want)
	}
}

// TestEverySignalThatForcesAHumanHasAPlainName reads the rules, so that a new
// one gets its text.
func TestEverySignalThatForcesAHumanHasAPlainName(t *testing.T) {
	rules, err := fs.ReadFile(triage.Lexicons(), "rules.txt")
	must(t, err)
	found := regexp.MustCompile(`(?m)^([a-z_]+)(?::.*)? ->.*\bmust [0-9]`).FindAllStringSubmatch(string(rules), -1)
	for _, m := range found {
		if _, ok := english["signal."+m[1]]; !ok {
			t.Errorf("must.%s has no text", m[1])
		}
	}
	if len(found) < 7 {
		t.Errorf("only %d rules force a human", len(found))
	}
}

func TestACardNamesWhatForcesAHuman(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "is there a human being on this side? my order has not moved for days"})
	page := s.enter(t, "lea").get("/replies/" + strconv.FormatInt(s.replyOf(t, cs.Number).ID, 10))
	page.has(t, "<li>wants a person</li>")
}
