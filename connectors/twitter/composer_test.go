package twitter

import (
	"strings"
	"testing"

	"socialwatch"
	sim "socialwatch/internal/simulator/twitter"
)

func parentPost() socialwatch.Post {
	return socialwatch.Post{
		Network: socialwatch.X, Host: "x.com", ID: "2123706425275318272",
		Author:     socialwatch.Author{ID: "7001", Handle: "customer1"},
		Text:       "@shop_help where is order 1001?",
		Visibility: socialwatch.Public, RootID: "2123706425275318272",
	}
}

func composing(t *testing.T, change func(*Options)) composer {
	t.Helper()
	o := Options{Account: "shop", Handle: "shop_help", Bearer: "app-bearer"}
	if change != nil {
		change(&o)
	}
	c, err := newClient(o)
	if err != nil {
		t.Fatal(err)
	}
	return composer{c}
}

func TestComposeMakesThePayload(t *testing.T) {
	parent := parentPost()
	parent.EditedAt = parent.CreatedAt.AddDate(2025, 1, 1)
	p, err := composing(t, nil).Compose(socialwatch.Draft{Account: "shop", Parent: parent,
		Text: " Gru\u0308ße! Case K-77. ", Language: "de", Template: "delay", TemplateV: 3})
	if err != nil {
		t.Fatal(err)
	}
	want := socialwatch.Payload{
		Network: socialwatch.X, Host: "x.com", Account: "shop", ParentID: parent.ID, ParentRev: parent.Revision(),
		ParentBy: "7001", ParentName: "customer1", Text: "Grüße! Case K-77.", Visibility: socialwatch.Public,
		Language: "de", Template: "delay", TemplateV: 3, Length: 17, Limit: 280, Cost: 10_000,
	}
	if p != want || p.Whole() != want.Text {
		t.Fatalf("%+v", p)
	}
}

func TestComposeNeverCuts(t *testing.T) {
	p, err := composing(t, nil).Compose(socialwatch.Draft{Account: "shop", Parent: parentPost(), Text: strings.Repeat("a", 281)})
	if err != nil || p.Length != 281 || p.Limit != 280 {
		t.Fatalf("%d of %d, %v", p.Length, p.Limit, err)
	}
}

func TestLinksAreRefusedOrPriced(t *testing.T) {
	for _, text := range []string{"See https://shop.com/help", "Look at shop.com", "That is all.Now write us"} {
		d := socialwatch.Draft{Account: "shop", Parent: parentPost(), Text: text}
		_, err := composing(t, nil).Compose(d)
		if err == nil || !strings.Contains(err.Error(), "$0.20") || !strings.Contains(err.Error(), "$0.01") || !strings.Contains(err.Error(), "priced") {
			t.Errorf("%q refused: %v", text, err)
		}
		p, err := composing(t, func(o *Options) { o.Links = LinksPriced; o.Prices.CreateLink = 123_000 }).Compose(d)
		if err != nil || p.Cost != 123_000 {
			t.Errorf("%q priced: %v, %v", text, p.Cost, err)
		}
	}
}

func TestComposeRefusesWhatXWouldRefuseOrMisdeliver(t *testing.T) {
	for _, tc := range []struct {
		what   string
		change func(*socialwatch.Draft)
		word   string // in the error; "": composed
	}{
		{"nothing wrong", func(*socialwatch.Draft) {}, ""},
		{"another account", func(d *socialwatch.Draft) { d.Account = "other" }, "another account"},
		{"another network", func(d *socialwatch.Draft) { d.Parent.Network = socialwatch.Mastodon }, "another account"},
		{"another host", func(d *socialwatch.Draft) { d.Parent.Host = "api.x.com" }, "another account"},
		{"our own post", func(d *socialwatch.Draft) { d.Parent.Own = true }, "our own"},
		{"no text", func(d *socialwatch.Draft) { d.Text = " \u0000\n" }, "no text"},
		{"no author", func(d *socialwatch.Draft) { d.Parent.Author.Handle = "" }, "in the app"},
		{"not summoned", func(d *socialwatch.Draft) { d.Parent.Text = "shop_help is slow" }, "in the app"},
		{"like our name", func(d *socialwatch.Draft) { d.Parent.Text = "@shop_help2 and @shop_hel" }, "in the app"},
		{"our name in mail", func(d *socialwatch.Draft) { d.Parent.Text = "write to x@shop_help" }, "in the app"},
		{"our name in other case", func(d *socialwatch.Draft) { d.Parent.Text = "Hey (@Shop_Help)!" }, ""},
		{"the author by name", func(d *socialwatch.Draft) { d.Text = "Hello @Customer1, sorry" }, ""},
		{"somebody else", func(d *socialwatch.Draft) { d.Text = "Hello @customer2" }, "somebody else"},
		{"in wide signs", func(d *socialwatch.Draft) { d.Text = "Hello ＠customer2" }, "somebody else"},
		{"behind the author", func(d *socialwatch.Draft) { d.Text = "@customer1 and .@customer2" }, "somebody else"},
		{"longer than the author", func(d *socialwatch.Draft) { d.Text = "@customer12" }, "somebody else"},
		{"us", func(d *socialwatch.Draft) { d.Text = "Write to @shop_help" }, "somebody else"},
		{"mail", func(d *socialwatch.Draft) { d.Text = "Write to help@shop.example" }, ""},
		{"an @ alone", func(d *socialwatch.Draft) { d.Text = "2 @ 5" }, ""},
		{"one stock", func(d *socialwatch.Draft) { d.Text = "$SHOP is up" }, ""},
		{"two stocks", func(d *socialwatch.Draft) { d.Text = "$SHOP and $SHOP.a, sorry" }, "stocks"},
		{"amounts", func(d *socialwatch.Draft) { d.Text = "$5 and $10 and US$ and $customers1 and a$b" }, ""},
	} {
		d := socialwatch.Draft{Account: "shop", Parent: parentPost(), Text: "Sorry. Case K-77."}
		tc.change(&d)
		p, err := composing(t, nil).Compose(d)
		switch {
		case tc.word == "" && (err != nil || p.Text == ""):
			t.Errorf("%s: %v", tc.what, err)
		case tc.word != "" && (err == nil || !strings.Contains(err.Error(), tc.word)):
			t.Errorf("%s: %v", tc.what, err)
		}
	}
}

func TestNamesInLinksAreNobody(t *testing.T) {
	for text, want := range map[string]bool{
		"https://shop.com/@name":            false,
		"https://shop.com/@name @name":      true,
		"@name https://shop.com/@customer1": true,
		"https://shop.com/ @customer1":      false,
		"a@b.com, https://shop.com/@x":      false,
	} {
		if got := addresses(text, "customer1"); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func FuzzCompose(f *testing.F) {
	f.Add("Hello @customer1 $A $B.c https://shop.com/@x ＠y")
	c := composer{&client{opt: Options{Account: "shop", Handle: "shop_help", Links: LinksPriced}.withDefaults()}}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := c.Compose(socialwatch.Draft{Account: "shop", Parent: parentPost(), Text: text})
		if err != nil {
			return
		}
		again, err := c.Compose(socialwatch.Draft{Account: "shop", Parent: parentPost(), Text: p.Text})
		if err != nil || again != p {
			t.Fatalf("%q: composed again: %+v, %v", text, again, err)
		}
	})
}

func TestWhateverHasHTTPInFrontIsPricedAsALink(t *testing.T) {
	for text, want := range map[string]string{
		"see https://shop.example/help": ItemCreateLink, "see HTTP://shop.newtld.": ItemCreateLink,
		"see shop.com": ItemCreateLink, "see shop.example": ItemCreate, "http is no link": ItemCreate, "https://": ItemCreate,
	} {
		c := composer{&client{opt: Options{Links: LinksPriced}.withDefaults()}}
		if got, err := c.item(text); err != nil || got != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
		c.opt.Links = LinksRefused
		if _, err := c.item(text); (err != nil) != (want == ItemCreateLink) {
			t.Errorf("%q refused: %v", text, err)
		}
	}
}

// TestAQuoteIsAnsweredThoughItDoesNotNameUs, as X allows, and nothing else that
// does not name us.
func TestAQuoteIsAnsweredThoughItDoesNotNameUs(t *testing.T) {
	r := newRig(t, sim.Options{})
	c := r.open()
	ours := r.post("shop_help", "we are open", sim.PostOptions{})
	quote := r.post("customer1", "open, but nothing comes", sim.PostOptions{Quote: ours})
	looks, err := c.Lookup.Get(t.Context(), []string{quote})
	r.must(err)
	d := socialwatch.Draft{Account: "shop", Parent: looks[0].Post, Text: "Sorry. Case K-77.", Language: "en"}
	if _, err := c.Composer.Compose(d); err == nil || !strings.Contains(err.Error(), "quotes") {
		t.Errorf("as if it did not quote us: %v", err)
	}
	d.Quotes = true
	p, err := c.Composer.Compose(d)
	r.must(err)
	done := r.reply(c, p)
	if s := r.standing(quote); len(s) != 1 || s[0] != done.PostID {
		t.Errorf("%v stand under the quote, want %s", s, done.PostID)
	}
}
