package main

import (
	"testing"

	"socialwatch"
)

func TestHandoffFollowsTheTemplate(t *testing.T) {
	a := &app{}
	if err := a.rules(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		template, language string
		want               bool
	}{
		{"stuck-order", "en", true}, {"stuck-order", "de", true}, {"incident#3", "en", false},
		{"praise", "en", false}, {"", "en", false}, {"no-such", "en", false},
	} {
		if got := a.handoff(socialwatch.Payload{Template: c.template, Language: c.language}); got != c.want {
			t.Errorf("handoff of %q in %s: %v", c.template, c.language, got)
		}
	}
}
