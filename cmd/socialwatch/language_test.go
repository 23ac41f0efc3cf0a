package main

import (
	"testing"

	"socialwatch"
	"socialwatch/internal/intake"
)

// TestTemplatesAreReadInTheirOwnLanguageOrNone holds that an edit of a template's
// text does not take it for another language.
func TestTemplatesAreReadInTheirOwnLanguageOrNone(t *testing.T) {
	a, err := rulesOf("")
	if err != nil {
		t.Fatal(err)
	}
	sure, all := 0, 0
	for _, x := range a.templates.List() {
		for _, text := range x.Wordings {
			all++
			switch got := a.triage.Language(text); {
			case got == "":
			case got == x.Language[:2]:
				sure++
			default:
				t.Errorf("%s in %s is read as %q: %s", x.ID, x.Language, got, text)
			}
		}
	}
	t.Logf("%d of %d wordings are read for sure", sure, all)
	if sure*10 < all*7 {
		t.Error("too few")
	}
}

// TestLanguageWarningReadsWords: what triage read in the post counts, not the
// network's label, which may be empty or wrong.
func TestLanguageWarningReadsWords(t *testing.T) {
	a, err := rulesOf("")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		label, text, answer string
		warns               bool
	}{
		{"en", "Meine Bestellung ist seit drei Wochen nicht da, wo bleibt sie?", "de", false},
		{"", "Meine Bestellung ist seit drei Wochen nicht da, wo bleibt sie?", "de", false},
		{"de", "Where is my order? It has been three weeks and nobody answers.", "de", true},
		{"", "Where is my order? It has been three weeks and nobody answers.", "de", true},
		{"de", "4471-998120 ???", "de", false},
		{"de", "4471-998120 ???", "en", true},
		{"", "4471-998120 ???", "en", false},
		{"und", "4471-998120 ???", "en", false},
	} {
		m := post("7", tt.text, tt.label)
		m.Visibility = socialwatch.Public
		as := a.triage.Assess(m, socialwatch.History{})
		p := socialwatch.Payload{ParentID: "7", Text: "K-1042", Language: tt.answer, Visibility: socialwatch.Public, Limit: 500}
		warned := func(found []socialwatch.Finding) bool {
			for _, f := range found {
				if f.Rule == "language" {
					return true
				}
			}
			return false
		}
		if got := warned(a.checkDraft(intake.Text{Payload: p, Parent: m, Language: as.Language})); got != tt.warns {
			t.Errorf("draft %+v: %v", tt, got)
		}
		if got := warned(a.check(socialwatch.ReplyContext{Parent: m, Assessment: as}, p)); got != tt.warns {
			t.Errorf("reply %+v: %v", tt, got)
		}
	}
}
