package responder

import (
	"slices"
	"strings"
	"testing"

	"socialwatch"
)

// TestAContentWarningIsHeldAgainstTheRulesOnWords: it stands in public as ours,
// above a template's text that passes.
func TestAContentWarningIsHeldAgainstTheRulesOnWords(t *testing.T) {
	r := New(builtin(t), Safety{})
	for warning, want := range map[string]struct{ rule, words string }{
		"We will refund everyone in full by Friday, guaranteed": {RulePromise, "We will refund"},
		"we guarantee it":                     {RulePromise, "we guarantee"},
		"DM us your password and card number": {RuleSecret, "DM us your password"},
		"tell us your order number":           {RulePersonal, "tell us your order number"},
		"Wir erstatten alles bis Freitag":     {RulePromise, "Wir erstatten"},
		"221 Mill Road, Suite 4":              {RuleContact, "221 Mill Road"},
		"we are on 020, 7946, 0958":           {RuleContact, "020, 7946, 0958"},
		"4471→998→120":                        {RuleOrderNumber, "4471→998→120"},
		"shop.example/track/4471998120":       {RuleOrderNumber, "4471998120"},
		"https://shop.example/?c=4471998120":  {RuleOrderNumber, "https://shop.example/?c=4471998120"},
		"call @other_user":                    {RuleMentions, "@other_user"},
		"your own fault":                      {WarnTone, "your own fault"},
		"we broke the law":                    {WarnLiability, "we broke the law"},
		"use code SAVE10":                     {WarnPromotion, "use code"},
		"LISTEN TO ME":                        {WarnTone, "LISTEN"},
	} {
		in := public("We are looking into it.")
		in.TemplateText, in.Payload.Warning = in.Payload.Text, warning
		findings := Safety{}.Check(in)
		i := slices.IndexFunc(findings, func(f socialwatch.Finding) bool { return f.Rule == want.rule })
		if i < 0 || !strings.HasPrefix(findings[i].Words, want.words) || findings[i].Blocks != blocking[want.rule] ||
			findings[i].Start != 0 || findings[i].End != 0 || !strings.HasPrefix(findings[i].Mend, "in the content warning: ") {
			t.Errorf("%q: want %+v, got %+v", warning, want, findings)
		}
		if r.Echoes(warning, testAccount) {
			if want.rule != RuleOrderNumber { // the customer's, who is not known here
				t.Errorf("%q is echoed", warning)
			}
		}
	}
	for _, warning := range []string{"", "food", "parcel trouble", "uspol", "Ärger mit dem Paket", "queja sobre un envío", "plainte", "配送の愚痴",
		"गुस्सा", "long, angry", "health, alcohol", "re: parcel", "spoilers", "K-1042", "shopping (2/3)", "problema com a loja"} {
		in := public("We are looking into it.")
		in.TemplateText, in.Payload.Warning = in.Payload.Text, warning
		if f := (Safety{}).Check(in); len(f) > 0 || !r.Echoes(warning, testAccount) {
			t.Errorf("%q is not echoed: %+v", warning, f)
		}
	}
}
