package responder

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"socialwatch"
)

// TestRulesOutsideTheWords holds every rule that is not in the text against
// an input that breaks it and one that just does not.
func TestRulesOutsideTheWords(t *testing.T) {
	tests := []struct {
		name   string
		change func(*CheckInput)
		want   string // rule, or empty
	}{
		{"nothing wrong", func(*CheckInput) {}, ""},
		{"one too long", func(c *CheckInput) { c.Payload.Length = c.Payload.Limit + 1 }, RuleTooLong},
		{"as long as may be", func(c *CheckInput) { c.Payload.Length = c.Payload.Limit }, ""},
		{"public under followers-only", func(c *CheckInput) {
			c.Parent.Visibility, c.Payload.Visibility = socialwatch.Followers, socialwatch.Public
		}, RuleVisibility},
		{"followers under direct", func(c *CheckInput) {
			c.Parent.Visibility, c.Payload.Visibility = socialwatch.Direct, socialwatch.Followers
		}, RuleVisibility},
		{"parent of unknown visibility", func(c *CheckInput) { c.Parent.Visibility = "" }, RuleVisibility},
		{"reply of unknown visibility", func(c *CheckInput) { c.Payload.Visibility = "friends" }, RuleVisibility},
		{"direct under public", func(c *CheckInput) { c.Payload.Visibility = socialwatch.Direct }, ""},
		{"opted out", func(c *CheckInput) { c.NotAnswerable = "the author opted out" }, RuleNotAnswerable},
		{"own post", func(c *CheckInput) { c.Parent.Own = true }, RuleNotAnswerable},
		{"other parent", func(c *CheckInput) { c.Parent.ID = "8" }, RuleNotAnswerable},
		{"earlier reply unknown", func(c *CheckInput) { c.EarlierUnknown = true }, RuleSecondReply},
		{"the one reply is there", func(c *CheckInput) { c.Answered = true }, RuleSecondReply},
		{"prefix names two", func(c *CheckInput) { c.Payload.Prefix += "@other@far.example " }, RuleMentions},
		{"empty", func(c *CheckInput) { c.Payload.Text = "" }, RuleUnfilled},
		{"broken UTF-8", func(c *CheckInput) { c.Payload.Text = "Thanks \xff!" }, RuleHidden},
		{"more links than anybody looks at", func(c *CheckInput) {
			c.Payload.Text = strings.Repeat("shop.example ", maxLinks+1)
		}, RuleLink},
		{"beyond any network", func(c *CheckInput) {
			c.Payload.Text, c.Payload.Limit = strings.Repeat("thanks ", 5_000), 1_000_000
		}, RuleTooLong},
		{"promise of the template", func(c *CheckInput) {
			c.Payload.Text = "We will refund you by Friday."
			c.TemplateText = c.Payload.Text
		}, ""},
		{"promise beyond the template", func(c *CheckInput) {
			c.Payload.Text = "We will refund you by Friday. Your parcel will arrive tomorrow."
			c.TemplateText = "We will refund you by Friday."
		}, RulePromise},
		{"personal data in a direct conversation", func(c *CheckInput) {
			c.Payload.Text = "Please reply with your address."
			c.Payload.Visibility, c.Parent.Visibility = socialwatch.Direct, socialwatch.Direct
		}, ""},
		{"secret in a direct conversation", func(c *CheckInput) {
			c.Payload.Text = "Please reply with your password."
			c.Payload.Visibility, c.Parent.Visibility = socialwatch.Direct, socialwatch.Direct
		}, RuleSecret},
		{"long case number of the template", func(c *CheckInput) {
			c.Payload.Text = "Your reference is K-12345678."
			c.TemplateText = c.Payload.Text
		}, ""},
		{"long case number of the case", func(c *CheckInput) { c.Payload.Text, c.CaseNumber = "Your reference is K-12345678.", "K-12345678" }, ""},
		{"long case number by hand", func(c *CheckInput) { c.Payload.Text = "Your reference is K-12345678." }, RuleOrderNumber},
		{"host of the private route", func(c *CheckInput) {
			c.Account.Private = "https://help.other.example/start"
			c.Payload.Text = "Please use https://help.other.example/start"
		}, ""},
		{"bare handle on the asker's own host", func(c *CheckInput) {
			c.Payload.Host = "far.example"
			c.Payload.Text = "@customer1 thanks!"
		}, ""},
		{"bare handle on a network of one host", func(c *CheckInput) {
			c.Payload.ParentName, c.Payload.Prefix = "customer1", ""
			c.Payload.Text = "@Customer1. Thanks!"
		}, ""},
		{"shortener on the allow-list", func(c *CheckInput) {
			c.Account.AllowHosts = []string{"bit.ly"}
			c.Payload.Text = "See bit.ly/abc"
		}, ""},
		{"our own host in other letters", func(c *CheckInput) {
			c.Account.AllowHosts = []string{"bücher.example"}
			c.Payload.Text = "See https://bücher.example/hilfe or https://xn--bcher-kva.example"
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := public("We are looking into it.")
			tt.change(&in)
			findings := Safety{}.Check(in)
			got := strings.Join(blocks(findings), ",")
			if got != tt.want {
				t.Errorf("blocks as %q, want %q: %+v", got, tt.want, findings)
			}
			requireSpans(t, in.Payload.Text, findings)
		})
	}
}

func TestWarningsNameTheWordsAndDoNotBlock(t *testing.T) {
	tests := []struct{ rule, text, words string }{
		{WarnTone, "Well, you should have READ it.", "you should have READ"},
		{WarnTone, "Well, we have READ it.", "READ"},
		{WarnTone, "Sorry, you forgot to confirm it.", "you forgot"},
		{WarnTone, "Thank you!!!!", "!!!!"},
		{WarnTone, "Sorry you feel that way.", "Sorry you feel that way"},
		{WarnTone, "As we already told you, it is late.", "As we already told"},
		{WarnLiability, "Yes, we broke the law there.", "we broke the law"},
		{WarnLiability, "That is our fault.", "our fault"},
		{WarnPromotion, "Meanwhile use code SAVE10.", "use code"},
		{WarnPromotion, "Everything is 20% off.", "20% off"},
	}
	for _, tt := range tests {
		findings := Safety{}.Check(public(tt.text))
		i := slices.IndexFunc(findings, func(f socialwatch.Finding) bool { return f.Rule == tt.rule && f.Words == tt.words })
		if i < 0 || socialwatch.AnyBlocks(findings) {
			t.Errorf("%q: want %s on %q only as a warning, got %+v", tt.text, tt.rule, tt.words, findings)
		}
	}
	for _, text := range []string{"We are sorry. NASA has no such parcel, we are checking.", "Thank you, K-1042 is with us!",
		"If you forgot your password, there is a link below the form."} {
		in := public(text)
		in.Parent.Text = "is it with NASA?"
		if f := (Safety{}).Check(in); len(f) > 0 {
			t.Errorf("%q: %+v", text, f)
		}
	}
}

func TestWarningsOfTheSurroundings(t *testing.T) {
	tests := []struct {
		rule   string
		change func(*CheckInput)
	}{
		{WarnEdited, func(c *CheckInput) { c.TemplateText = "We are looking closely into it." }},
		{WarnSameText, func(c *CheckInput) { c.SameText = 4 }},
		{WarnLanguage, func(c *CheckInput) { c.Parent.Language = "es" }},
		{WarnReach, func(c *CheckInput) { c.Parent.Author.Followers = 10_000 }},
		{WarnMediaOnly, func(c *CheckInput) {
			c.Parent.Text, c.Parent.Media = "@shop_help ???", []socialwatch.Media{{Kind: "image"}}
		}},
		{WarnMediaOnly, func(c *CheckInput) { c.Parent.Text = "@shop_help https://pics.example/1" }},
		{WarnImpostor, func(c *CheckInput) { c.Impostor = "@shop_he1p@far.example" }},
		{WarnCost, func(c *CheckInput) { c.Payload.Text, c.Payload.Cost = "See shop.example/help", 200_000 }},
	}
	for _, tt := range tests {
		in := public("We are looking into it.")
		if f := (Safety{WideReach: 10_000}).Check(in); len(f) > 0 {
			t.Fatalf("before the change: %+v", f)
		}
		tt.change(&in)
		f := Safety{WideReach: 10_000}.Check(in)
		if len(f) != 1 || f[0].Rule != tt.rule || f[0].Blocks || f[0].Mend == "" {
			t.Errorf("want the warning %s, got %+v", tt.rule, f)
		}
	}
}

func TestWhatIsNoReasonToWarn(t *testing.T) {
	for name, change := range map[string]func(*CheckInput){
		"often, but an incident's wording": func(c *CheckInput) { c.SameText, c.Incident = 40, true },
		"fourth of its text":               func(c *CheckInput) { c.SameText = 3 },
		"costs, without a link":            func(c *CheckInput) { c.Payload.Cost = 10_000 },
		"a link that costs nothing":        func(c *CheckInput) { c.Payload.Text = "See shop.example/help" },
		"one follower too few":             func(c *CheckInput) { c.Parent.Author.Followers = 9_999 },
		"words beside an image":            func(c *CheckInput) { c.Parent.Media = []socialwatch.Media{{Kind: "image"}} },
	} {
		in := public("We are looking into it.")
		change(&in)
		if f := (Safety{WideReach: 10_000}).Check(in); len(f) > 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestCostlyLinkIsNamed(t *testing.T) {
	in := public("Have a look: https://shop.example/help")
	in.Payload.Cost = 200_000
	f := Safety{}.Check(in)
	if len(f) != 1 || f[0].Words != "https://shop.example/help" || !strings.Contains(f[0].Mend, "$0.20") {
		t.Errorf("%+v", f)
	}
}

func TestFindingsNameTheWordsInTheOriginal(t *testing.T) {
	tests := []struct{ text, rule, words string }{
		{"Sorry! Please share your pаsswоrd now.", RuleSecret, "share your pаsswоrd"},
		{"Ring ５５５-０１０-７７６６ for help.", RuleContact, "５５５-０１０-７７６６"},
		{"Grüße! We gu\u00ADarantee it.", RulePromise, "We gu\u00ADarantee"},
		{"😀 see https://shоp.example/help.", RuleLookalike, "https://shоp.example/help"},
		{"Send us your PIN number.", RuleSecret, "Send us your PIN number"},
		{"Thanks, @other_user.", RuleMentions, "@other_user"},
	}
	for _, tt := range tests {
		findings := Safety{}.Check(public(tt.text))
		if !slices.ContainsFunc(findings, func(f socialwatch.Finding) bool { return f.Rule == tt.rule && f.Words == tt.words }) {
			t.Errorf("%q: want %s on %q, got %+v", tt.text, tt.rule, tt.words, findings)
		}
	}
}

func TestMendSaysWhatIsWrongWithALink(t *testing.T) {
	for text, want := range map[string]string{
		"See bit.ly/abc":                "shortener",
		"See http://192.0.2.7/":         "bare address",
		"See https://elsewhere.test":    "ask an admin",
		"See https://shopp.example":     "spelling",
		"See https://xn--shp-sna.test/": "plain letters",
		"See ftp://shop.example/a":      "https",
	} {
		if f := (Safety{}).Check(public(text)); len(f) != 1 || !strings.Contains(f[0].Mend, want) {
			t.Errorf("%q: %+v, want it to say %q", text, f, want)
		}
	}
}

// requireSpans holds the promise that spans are whole runes of the text.
func requireSpans(t testing.TB, text string, findings []socialwatch.Finding) {
	t.Helper()
	starts := map[int]bool{len(text): true}
	for i := 0; i < len(text); {
		starts[i] = true
		_, n := utf8.DecodeRuneInString(text[i:])
		i += n
	}
	for _, f := range findings {
		if f.Start < 0 || f.End < f.Start || f.End > len(text) || !starts[f.Start] || !starts[f.End] || text[f.Start:f.End] != f.Words {
			t.Fatalf("%q: span %d to %d of %+v", text, f.Start, f.End, f)
		}
		if f.Mend == "" || f.Blocks != blocking[f.Rule] {
			t.Fatalf("finding without a mend or of the wrong kind: %+v", f)
		}
	}
}
