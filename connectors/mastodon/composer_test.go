package mastodon

import (
	"strings"
	"testing"

	"socialwatch"
)

// TestOnlyShortPlainWarningsGoOutInOurName composes answers to posts whose
// warnings a customer has chosen.
func TestOnlyShortPlainWarningsGoOutInOurName(t *testing.T) {
	r := &rig{T: t, token: "secret-token", base: "https://social.example"}
	c := r.open()
	for in, want := range map[string]string{
		"": "", "food": "food", "Paket 3 von 12": "Paket 3 von 12", "गुस्सा": "गुस्सा",
		"long story... really": "long story... really", strings.Repeat("ä", warningLimit): strings.Repeat("ä", warningLimit),
		strings.Repeat("ä", warningLimit+1): neutralWarning,
		"see https://evil.example/x":        neutralWarning, "evil.example": neutralWarning, "evil\u3002example": neutralWarning,
		"ask @customer2": neutralWarning, "write to a@b.example": neutralWarning, "call 555 0147": neutralWarning,
		"order 4471": neutralWarning, "\u0661\u0662\u0663\u0664": neutralWarning, "a\u202eb": neutralWarning, "a\u200bb": neutralWarning,
		"these idiots stole my money": neutralWarning, "refunds for all!": neutralWarning, "guaranteed?": neutralWarning,
		"two\nlines": neutralWarning, "bad \xff": neutralWarning,
	} {
		parent := socialwatch.Post{Network: socialwatch.Mastodon, Host: c.Host, ID: "7", Warning: in, Visibility: socialwatch.Public,
			Author: socialwatch.Author{ID: "71", Handle: "customer1@far.example"}}
		p, err := c.Composer.Compose(socialwatch.Draft{Account: "shop", Parent: parent, Text: "Sorry."})
		r.must(err)
		if p.Warning != want {
			t.Errorf("%q goes out as %q, want %q", in, p.Warning, want)
		}
		if full := len([]rune(p.Whole() + p.Warning)); p.Length != full {
			t.Errorf("%q counts %d, want %d", in, p.Length, full)
		}
	}
}

// TestAWarningThatMayNotBeEchoedIsReplaced: what may stand in our name is not the
// connector's to know.
func TestAWarningThatMayNotBeEchoedIsReplaced(t *testing.T) {
	asked := ""
	c := composer{&client{opt: Options{Echoes: func(warning string) bool { asked = warning; return warning == "food" }}}}
	for in, want := range map[string]string{"": "", " food ": "food", "free refunds": neutralWarning, "call 555 0147": neutralWarning} {
		if asked = ""; c.warning(in) != want {
			t.Errorf("%q goes out as %q, want %q", in, c.warning(in), want)
		}
		if plain := in != "" && in != "call 555 0147"; (asked == strings.TrimSpace(in)) != plain && in != "" {
			t.Errorf("%q: asked about %q", in, asked)
		}
	}
}
