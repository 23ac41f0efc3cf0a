package socialwatch

import (
	"slices"
	"strings"
	"testing"
)

func TestConfirmationAsksForExactlyWhatThePersonSees(t *testing.T) {
	p := Payload{Account: "help", ParentID: "1", Text: "We look into it.", Template: "stuck-order", TemplateV: 2}
	tone := Finding{Rule: "tone", Words: "LOOK"}
	plain := ReplyContext{Original: p.Text}
	for _, tt := range []struct {
		name  string
		rc    ReplyContext
		found []Finding
		want  []string
	}{
		{"an unchanged template that all passed", plain, nil, nil},
		{"what blocks is no question", plain, []Finding{{Rule: "promise", Blocks: true}}, nil},
		{"an edit", ReplyContext{Original: "We look."}, []Finding{{Rule: RuleEdited}}, []string{ReasonEdited}},
		{"written by hand", ReplyContext{}, nil, []string{ReasonEdited}},
		{"a new template", ReplyContext{Original: p.Text, NewTemplate: true}, nil, []string{ReasonNewTemplate}},
		{"a wide reach", plain, []Finding{{Rule: RuleWideReach}}, []string{ReasonWideReach}},
		{"a warning", plain, []Finding{tone}, []string{ReasonWarnings}},
		{"all of it", ReplyContext{NewTemplate: true}, []Finding{tone, {Rule: RuleWideReach}},
			[]string{ReasonEdited, ReasonNewTemplate, ReasonWideReach, ReasonWarnings}},
	} {
		c := tt.rc.Confirmation(p, tt.found)
		if !slices.Equal(c.Reasons, tt.want) || c.Asks() != (c.Digest != "") {
			t.Errorf("%s: %+v, want %v", tt.name, c, tt.want)
		}
	}
}

func TestDigestChangesWithWhatIsAsked(t *testing.T) {
	p := Payload{Account: "help", ParentID: "1", Text: "We look into it."}
	tone, impostor := Finding{Rule: "tone", Words: "LOOK", Mend: "a"}, Finding{Rule: "impostor"}
	rc := ReplyContext{Original: p.Text, Impostor: "shop_he1p@far.example"}
	want := rc.Confirmation(p, []Finding{tone, impostor}).Digest
	tone.Mend = "said 5 times in the last hour"
	if got := rc.Confirmation(p, []Finding{impostor, {Rule: "promise", Blocks: true}, tone}); got.Digest != want {
		t.Error("order, mend or what blocks changed the digest")
	}
	seen := map[string]string{want: "the first"}
	other := p
	other.Text = "We look into  it."
	moved := rc
	moved.Impostor = "shop_heIp@far.example"
	fresh := rc
	fresh.NewTemplate = true
	for name, c := range map[string]Confirmation{
		"other words":         rc.Confirmation(other, []Finding{tone, impostor}),
		"another impostor":    moved.Confirmation(p, []Finding{tone, impostor}),
		"a new template":      fresh.Confirmation(p, []Finding{tone, impostor}),
		"a warning less":      rc.Confirmation(p, []Finding{tone}),
		"a warning more":      rc.Confirmation(p, []Finding{tone, impostor, {Rule: "same_text"}}),
		"a warning twice":     rc.Confirmation(p, []Finding{tone, tone, impostor}),
		"another word of it":  rc.Confirmation(p, []Finding{{Rule: "tone", Words: "INTO"}, impostor}),
		"rule and words move": rc.Confirmation(p, []Finding{{Rule: "toneLOOK"}, impostor}),
	} {
		if was, ok := seen[c.Digest]; ok || len(c.Digest) != 64 {
			t.Errorf("%s has the digest of %s", name, was)
		}
		seen[c.Digest] = name
	}
}

func TestConfirmErrorNamesTheReasonsWithoutWords(t *testing.T) {
	err := &ConfirmError{Confirmation: Confirmation{Reasons: []string{ReasonNewTemplate, ReasonWarnings},
		Findings: []Finding{{Rule: "tone", Words: "SECRET"}, {Rule: "tone"}, {Rule: RuleWideReach}}}}
	if got := err.Error(); got != "confirm this approval: new template; warnings (tone)" {
		t.Error(got)
	}
	if err.Stale = true; !strings.HasPrefix(err.Error(), "what you confirmed has changed") {
		t.Error(err)
	}
}

func TestNewWarningIsOneThatNobodyHasSeen(t *testing.T) {
	tone, impostor := Finding{Rule: "tone", Words: "LOOK"}, Finding{Rule: "impostor"}
	for name, tt := range map[string]struct {
		before, now []Finding
		want        string
	}{
		"none":                   {[]Finding{tone}, nil, ""},
		"the same":               {[]Finding{tone, impostor}, []Finding{impostor, tone}, ""},
		"one more":               {[]Finding{tone}, []Finding{tone, impostor}, "impostor"},
		"what may change":        {nil, []Finding{{Rule: RuleSameText}, {Rule: RuleWideReach}}, ""},
		"a block is no warning":  {nil, []Finding{{Rule: "promise", Blocks: true}}, ""},
		"other words of a known": {[]Finding{tone}, []Finding{{Rule: "tone", Words: "INTO"}}, ""},
	} {
		if got := NewWarning(tt.before, tt.now); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
