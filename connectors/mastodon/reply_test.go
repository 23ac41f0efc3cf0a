package mastodon

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"socialwatch"
	"socialwatch/internal/simulator"
)

// TestReplyThatReachesAStrangerIsTakenBack answers a remote customer by the
// bare name, which belongs to another, local person.
func TestReplyThatReachesAStrangerIsTakenBack(t *testing.T) {
	for _, flavour := range flavours {
		for _, tc := range []struct {
			name, address string
			deleteFails   bool
			want          socialwatch.Reason
		}{
			{"bare name", "customer1", false, socialwatch.Refused},
			{"name that nobody has", "nobody@far.example", false, socialwatch.Refused},
			{"deleting fails", "customer1", true, socialwatch.Unknown},
		} {
			t.Run(string(flavour)+"/"+tc.name, func(t *testing.T) {
				r := newRig(t, simulator.Options{Flavour: flavour})
				_, err := r.sim.AddAccount("customer1")
				r.must(err)
				id := r.post("customer1@far.example", "@help hello", simulator.PostOptions{})
				c := r.open()
				var cursor []byte
				m := r.fetchAll(c, &cursor)[id]
				p, err := c.Composer.Compose(socialwatch.Draft{Account: "shop", Parent: m.Post, Text: "Sorry."})
				r.must(err)
				if p.Prefix != "@customer1@far.example " {
					t.Fatal("the prefix is not the author's full address")
				}
				p.ParentName, p.Prefix = tc.address, "@"+tc.address+" "
				if tc.deleteFails {
					r.must(r.sim.Inject(simulator.Fault{Kind: simulator.FaultServerError, Route: "DELETE "}))
				}
				_, err = c.Replier.Reply(r.ctx(), p, "key-1")
				if socialwatch.ReasonOf(err) != tc.want || !strings.Contains(err.Error(), "ALARM") || strings.Contains(err.Error(), "customer1") {
					t.Fatalf("got %v", err)
				}
				posts := r.sim.Published("help", "")
				if len(posts) != 1 || posts[0].Deleted == tc.deleteFails {
					t.Fatal("the post was not taken back, or never made")
				}
			})
		}
	}
}

func TestReplyRefusesAPayloadThatIsNotItsOwn(t *testing.T) {
	r := newRig(t, simulator.Options{})
	c := r.open()
	for name, change := range map[string]func(*socialwatch.Payload){
		"another account": func(p *socialwatch.Payload) { p.Account = "x" },
		"another host":    func(p *socialwatch.Payload) { p.Host = "x.example" },
		"another network": func(p *socialwatch.Payload) { p.Network = "x" },
		"no parent":       func(p *socialwatch.Payload) { p.ParentID = "" },
		"a path":          func(p *socialwatch.Payload) { p.ParentID = "../9" },
		"no author":       func(p *socialwatch.Payload) { p.ParentBy = "" },
		"another prefix":  func(p *socialwatch.Payload) { p.Prefix = "@customer2 " },
		"no prefix":       func(p *socialwatch.Payload) { p.Prefix = "" },
		"no text":         func(p *socialwatch.Payload) { p.Text = " " },
		"another @":       func(p *socialwatch.Payload) { p.Text = "ask @customer2" },
	} {
		p := validPayload(c)
		change(&p)
		if _, err := c.Replier.Reply(r.ctx(), p, "key-1"); socialwatch.ReasonOf(err) != socialwatch.Refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, key := range []string{"", "a b", "k\r\nX: y", strings.Repeat("k", 256)} {
		if _, err := c.Replier.Reply(r.ctx(), validPayload(c), key); socialwatch.ReasonOf(err) != socialwatch.Refused {
			t.Errorf("key %.9q: %v", key, err)
		}
	}
	if n := len(r.sim.Published("help", "")); n != 0 || r.sim.Requests()["POST /api/v1/statuses"] != 0 {
		t.Error("something reached the server")
	}
}

func TestComposeRefusesWhatMustNotBeSaid(t *testing.T) {
	r := newRig(t, simulator.Options{})
	c := r.open()
	parent := socialwatch.Post{Network: socialwatch.Mastodon, Host: c.Host, ID: "1",
		Author: socialwatch.Author{ID: "71", Handle: "customer1@far.example"}, Visibility: socialwatch.Public}
	good := socialwatch.Draft{Account: "shop", Parent: parent, Text: "Sorry @customer1@far.example, write to help@shop.example.", Language: "und"}
	p, err := c.Composer.Compose(good)
	r.must(err)
	if p.Language != "" || p.Visibility != socialwatch.Unlisted || p.Limit != stockLimit {
		t.Errorf("language %q, visibility %q, limit %d", p.Language, p.Visibility, p.Limit)
	}
	for name, change := range map[string]func(*socialwatch.Draft){
		"another account":    func(d *socialwatch.Draft) { d.Account = "x" },
		"another host":       func(d *socialwatch.Draft) { d.Parent.Host = "x.example" },
		"our own post":       func(d *socialwatch.Draft) { d.Parent.Own = true },
		"no text":            func(d *socialwatch.Draft) { d.Text = "\x00 \n" },
		"half an address":    func(d *socialwatch.Draft) { d.Parent.Author.Handle = "customer1" },
		"no address":         func(d *socialwatch.Draft) { d.Parent.Author.Handle = "" },
		"address with space": func(d *socialwatch.Draft) { d.Parent.Author.Handle = "a @b.example" },
		"another @":          func(d *socialwatch.Draft) { d.Text = "ask (@customer2)" },
	} {
		d := good
		change(&d)
		if _, err := c.Composer.Compose(d); err == nil || strings.Contains(err.Error(), "customer") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLocalAuthorIsAddressedAsTheServerWritesIt(t *testing.T) {
	for handle, want := range map[string]string{
		"customer1@social.example": "customer1", "customer1@SOCIAL.example": "customer1",
		"customer1@far.example": "customer1@far.example", "customer1@social.example.far.example": "customer1@social.example.far.example",
	} {
		if got, err := addressOf(handle, "social.example"); err != nil || got != want {
			t.Errorf("%s: %q, %v", handle, got, err)
		}
	}
}

func TestAddressesFindsWhatAServerWouldAddress(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "no": false, "@": false, "a @ b": false, "help@shop.example": false, "@customer1": false,
		"@customer1@far.example": false, "(@CUSTOMER1).": false, "@customer1, hi": false, "@customer1: hi": false,
		"@customer2": true, "hi\n@customer2": true, "(@customer2)": true, "@customer1 @customer2": true,
		"@customer1@other.example": true, "é@customer2": true, "x @customer1x": true, "@@customer2": true,
		"https://x.example/@customer2": false, "https://x.example/?a=@customer2": false,
	} {
		if got := addresses(text, "customer1", "customer1@far.example"); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// TestLengthIsNeverBelowTheServers compares with both servers' own counting:
// whatever we count as fitting is taken by the simulator.
func TestLengthIsNeverBelowTheServers(t *testing.T) {
	pieces := []string{"Sorry. ", "é", "👩‍👩‍👧 ", "https://t.co ", "http://a.b). ", "(https://shop.example/" + strings.Repeat("long/", 20) + ") ", "日本 https://t.co、次", "see https://x.y, "}
	for _, flavour := range flavours {
		r := newRig(t, simulator.Options{Flavour: flavour, MaxCharacters: 200})
		id := r.post("customer1@far.example", "@help hello", simulator.PostOptions{Spoiler: "parcel"})
		c := r.open()
		var cursor []byte
		m := r.fetchAll(c, &cursor)[id]
		for i, piece := range pieces {
			text := strings.TrimSpace(piece)
			for n := 1; ; n++ {
				p, err := c.Composer.Compose(socialwatch.Draft{Account: "shop", Parent: m.Post, Text: strings.Repeat(piece, n)})
				r.must(err)
				if p.Length > p.Limit {
					break
				}
				text = p.Text
			}
			p, err := c.Composer.Compose(socialwatch.Draft{Account: "shop", Parent: m.Post, Text: text})
			r.must(err)
			if _, err := c.Replier.Reply(r.ctx(), p, "key-"+string(rune('a'+i))); p.Length <= p.Limit && err != nil {
				t.Errorf("%s: %d of %d, yet refused: %v", flavour, p.Length, p.Limit, err)
			}
		}
	}
	for text, want := range map[string]int{"": 0, "abc": 3, "é日👩": 3, "https://t.co": 23, "x https://t.co.": 26, "://": 23} {
		if got := length(text, 23); got < want {
			t.Errorf("%q: %d, want at least %d", text, got, want)
		}
	}
}

func TestVisibilityOfARepliesSetting(t *testing.T) {
	for _, tc := range []struct{ parent, setting, want socialwatch.Visibility }{
		{socialwatch.Public, socialwatch.Public, socialwatch.Public},
		{socialwatch.Public, socialwatch.Unlisted, socialwatch.Unlisted},
		{socialwatch.Public, socialwatch.Direct, socialwatch.Direct},
		{socialwatch.Unlisted, socialwatch.Public, socialwatch.Unlisted},
		{socialwatch.Followers, socialwatch.Public, socialwatch.Direct},
		{socialwatch.Direct, socialwatch.Public, socialwatch.Direct},
		{"odd", socialwatch.Public, socialwatch.Direct},
	} {
		if got := replyVisibility(tc.parent, tc.setting); got != tc.want {
			t.Errorf("%s under the setting %s: %s, want %s", tc.parent, tc.setting, got, tc.want)
		}
	}
}

func TestFoundReplyThatReachesAStrangerIsStillFound(t *testing.T) {
	r := newRig(t, simulator.Options{})
	id := r.post("customer1", "@help hello", simulator.PostOptions{})
	c := r.open()
	var cursor []byte
	m := r.fetchAll(c, &cursor)[id]
	p, err := c.Composer.Compose(socialwatch.Draft{Account: "shop", Parent: m.Post, Text: "Sorry."})
	r.must(err)
	mine := r.post("help", "@customer1 Sorry.", simulator.PostOptions{InReplyTo: id, Mentions: []string{"customer2"}})
	found, err := c.Finder.Find(r.ctx(), p)
	if err != nil || found.PostID != mine {
		t.Fatalf("%v", errors.Join(err, errors.New("not found")))
	}
}

// TestNumberForAParentIsAnID has a server that writes ids as numbers.
func TestNumberForAParentIsAnID(t *testing.T) {
	for _, tc := range []struct {
		value any
		id    string
		want  bool
	}{
		{"7", "7", true}, {"8", "7", false}, {7.0, "7", true}, {8.0, "7", false},
		{113456789012345678.0, "113456789012345678", true}, {113456789012345678.0, "113456799012345678", false},
		{7.0, "01HF0000000000000000000007", false}, {nil, "7", false}, {true, "7", false}, {0.0, "", false},
	} {
		if got := sameID(tc.value, tc.id); got != tc.want {
			t.Errorf("%v for %s: %v", tc.value, tc.id, got)
		}
	}
	deleted := false
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		deleted = deleted || req.Method == http.MethodDelete
		_, _ = w.Write([]byte(`{"id":"9","in_reply_to_id":7,"visibility":"direct","mentions":[{"id":"71","acct":"customer1"}]}`))
	}))
	t.Cleanup(srv.Close)
	r := &rig{T: t, token: "secret-token", base: srv.URL}
	c := r.open()
	p := validPayload(c)
	p.ParentID, p.ParentBy = "7", "71"
	post, err := c.Replier.Reply(r.ctx(), p, "key-1")
	if err != nil || post.PostID != "9" || deleted {
		t.Fatalf("a good reply counts as %v, deleted: %v", err, deleted)
	}
}
