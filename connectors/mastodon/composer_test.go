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
		"": "", "food": "food", "Ärger mit Paket, 3 von 12": "Ärger mit Paket, 3 von 12", "गुस्सा": "गुस्सा",
		"long story... really": "long story... really", strings.Repeat("ä", warningLimit): strings.Repeat("ä", warningLimit),
		strings.Repeat("ä", warningLimit+1): neutralWarning,
		"see https://evil.example/x":        neutralWarning, "evil.example": neutralWarning, "evil\u3002example": neutralWarning,
		"ask @customer2": neutralWarning, "write to a@b.example": neutralWarning, "call 555 0147": neutralWarning,
		"order 4471": neutralWarning, "\u0661\u0662\u0663\u0664": neutralWarning, "a\u202eb": neutralWarning, "a\u200bb": neutralWarning,
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
