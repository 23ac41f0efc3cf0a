package triage

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestEveryConceptIsUsedAndEveryLanguageHasOne(t *testing.T) {
	l, err := readLexicon(Lexicons())
	if err != nil {
		t.Fatal(err)
	}
	rules, err := readRules(Lexicons(), l)
	if err != nil {
		t.Fatal(err)
	}
	used := map[uint16]bool{}
	for _, r := range rules {
		for _, term := range r.terms {
			for _, c := range term.concepts {
				used[c] = true
			}
		}
		for _, c := range r.absent {
			used[c] = true
		}
	}
	for name, id := range l.concepts {
		if !used[id] && !isShape(name) {
			t.Errorf("no rule uses concept %s", name)
		}
	}
	if got := strings.Join(l.languages, " "); got != "de en es fr hi it ja pt" {
		t.Errorf("languages %s", got)
	}
}

func isShape(name string) bool {
	for _, s := range slices.Concat(shapes, contexts) {
		if s == name {
			return true
		}
	}
	return false
}

func TestLexiconErrorsNameFileLineAndRemedy(t *testing.T) {
	for _, c := range []struct{ lexicon, rules, want string }{
		{"late delayed", "", "en.txt line 1: write concept"},
		{"late: delayed | ", "", "empty phrase for late"},
		{"number none: zero", "", "write number 2"},
		{"month 13: smarch", "", "write number 2"},
		{"late: delayed", "x: late", "rules.txt line 1: write name: condition"},
		{"late: delayed", "late -> stuck_order five", "no whole number"},
		{"late: delayed", "late -> nothing 5", "none of"},
		{"late: delayed", "later -> stuck_order 5", "unknown concept \"later\""},
		{"late: delayed", "late -> case 5\nlate -> case 6", "line 2: rule late stands twice"},
		{"late: delayed", "x: -> case 5", "starts with a concept"},
		{"late: delayed", "x: late 12 -> case 5", "gap \"12\""},
	} {
		fsys := fstest.MapFS{"en.txt": {Data: []byte(c.lexicon)}, "rules.txt": {Data: []byte(c.rules)}}
		l, err := readLexicon(fsys)
		if err == nil {
			_, err = readRules(fsys, l)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q %q: error %v, want %q", c.lexicon, c.rules, err, c.want)
		}
	}
}

// TestRulesHaveTheNamesThatCodeLooksFor: intake, responder and console know
// signals by these names.
func TestRulesHaveTheNamesThatCodeLooksFor(t *testing.T) {
	l, err := readLexicon(Lexicons())
	if err != nil {
		t.Fatal(err)
	}
	rules, err := readRules(Lexicons(), l)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range rules {
		names = append(names, r.name)
	}
	for _, want := range []string{"dm_sent", "asks_for_human", "bot_denied", "asks_for_call", "takeover", "scam_call", "safety",
		"impostor", "charged_after_cancel", "own", "automated", "contest", "promotion", "praise", "user_to_user", "other_agent", "opt_out"} {
		if !slices.Contains(names, want) {
			t.Errorf("no rule is named %s", want)
		}
	}
}
