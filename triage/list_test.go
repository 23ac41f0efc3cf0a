package triage

import (
	"slices"
	"testing"

	"socialwatch"
)

// TestListNamesEveryRuleThatCanSpeak by the signals of a post, and the shop's
// own phrases.
func TestListNamesEveryRuleThatCanSpeak(t *testing.T) {
	engine, err := New(Options{Phrases: map[socialwatch.Intent][]string{socialwatch.Billing: {"star points missing"}}})
	if err != nil {
		t.Fatal(err)
	}
	list := engine.List()
	a := engine.Assess(socialwatch.Mention{Post: socialwatch.Post{Text: "star points missing, my order still has not arrived after 9 days", Language: "en"}}, socialwatch.History{})
	spoke := 0
	for _, s := range a.Signals {
		target := targetOf(s.Name)
		if target < 0 || s.Points == 0 {
			continue
		}
		spoke++
		name := s.Name[len(targetNames[target])+1:]
		if !slices.ContainsFunc(list, func(r Rule) bool {
			return r.Name == name && slices.Contains(r.Weights, Weight{targetNames[target], s.Points})
		}) {
			t.Errorf("signal %s of %d points is of no rule", s.Name, s.Points)
		}
	}
	if spoke < 3 {
		t.Errorf("%d signals: the post tests nothing", spoke)
	}
	for _, r := range list {
		if (r.When == "") != (r.Name == "shop_phrase") {
			t.Errorf("rule %s holds when %q", r.Name, r.When)
		}
	}
}
