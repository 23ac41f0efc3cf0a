package main

import (
	"testing"

	"socialwatch"
	"socialwatch/internal/config"
)

// TestOnlyTopicsAreEchoed composes replies below content warnings, which would
// stand in our name.
func TestOnlyTopicsAreEchoed(t *testing.T) {
	a, err := rulesOf("")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SHOP_TOKEN", "a-token")
	c, err := a.mastodon(config.Account{Name: "shop", BaseURL: "https://social.example", TokenEnv: "SHOP_TOKEN", ReplyVisibility: "unlisted"})
	if err != nil {
		t.Fatal(err)
	}
	for warning, echoed := range map[string]bool{
		"food": true, "parcel trouble": true, "uspol": true, "配送": true, "spoilers (2 de 3)": true,
		"these idiots": false, "scammers": false, "Betrüger": false, "ladrones": false, "you are thieves": false,
		"we will refund you": false, "tell us your PIN": false, "NSFW RANT": false, "these idiots stole my money": false,
	} {
		parent := post("7", "Where is my order?", "en").Post
		parent.Network, parent.Host, parent.Visibility, parent.Warning = socialwatch.Mastodon, c.Host, socialwatch.Public, warning
		parent.Author.Handle = "customer1@far.example"
		p, err := c.Composer.Compose(socialwatch.Draft{Account: "shop", Parent: parent, Text: "Sorry."})
		if err != nil || (p.Warning == warning) != echoed || p.Warning == "" {
			t.Errorf("%q goes out as %q: %v", warning, p.Warning, err)
		}
	}
}
