package legacy

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"socialwatch"
)

func TestReplyStandsUnderItsPost(t *testing.T) {
	f := newFake(t)
	c := f.connect()
	parent := f.say(time.Minute, "")
	text := "Sorry & thanks: 50 % + *20* ~ “ä” 😀\nCase K-77. https://shop.example/?a=b&c=d"
	sent, err := c.Replier.Reply(t.Context(), reply(parent, text), "key")
	must(t, err)
	if c.Replier.Guard() != 0 || sent.URL != "https://x.com/shop_help/status/"+sent.PostID {
		t.Errorf("%+v", sent)
	}
	found := f.filter(own)
	if len(found) != 1 || found[0]["id_str"] != sent.PostID || found[0]["in_reply_to_status_id_str"] != parent || found[0]["full_text"] != "@customer1 "+text {
		t.Errorf("%+v", found)
	}
}

// TestComposedReplyIsSentAndFoundAgain: the composer is that of package twitter,
// without prices.
func TestComposedReplyIsSentAndFoundAgain(t *testing.T) {
	f := newFake(t)
	c := f.connect(func(o *Options) { o.Handle = "@shop_help" })
	f.say(time.Minute, "")
	b, err := c.Source.Fetch(t.Context(), nil)
	must(t, err)
	parent := b.Mentions[0].Post
	draft := socialwatch.Draft{Account: "shop_x", Parent: parent, Text: "Sorry. Please see https://example.com/help, case K-77.", Language: "en"}
	p, err := c.Composer.Compose(draft)
	must(t, err)
	if p.Cost != 0 || p.Limit != 280 || p.Length != len("Sorry. Please see , case K-77.")+23 || p.Host != Host || p.Whole() != draft.Text {
		t.Errorf("%+v", p)
	}
	sent, err := c.Replier.Reply(t.Context(), p, "key")
	must(t, err)
	if found, err := c.Finder.Find(t.Context(), p); err != nil || found != sent {
		t.Errorf("%+v, sent %+v, %v", found, sent, err)
	}
	for _, change := range []func(*socialwatch.Draft){
		func(d *socialwatch.Draft) { d.Parent.Text = "where is my order?" },
		func(d *socialwatch.Draft) { d.Parent.Own = true },
		func(d *socialwatch.Draft) { d.Account = "other" },
		func(d *socialwatch.Draft) { d.Text = "ask @customer2" },
	} {
		d := draft
		change(&d)
		if _, err := c.Composer.Compose(d); err == nil {
			t.Errorf("composed %+v", d)
		}
	}
}

func TestReplyRefusesWhatIsNotItsOwn(t *testing.T) {
	f := newFake(t)
	c := f.connect()
	for _, change := range []func(*socialwatch.Payload){
		func(p *socialwatch.Payload) { p.Account = "other" },
		func(p *socialwatch.Payload) { p.Network = socialwatch.Mastodon },
		func(p *socialwatch.Payload) { p.Host = "social.example" },
		func(p *socialwatch.Payload) { p.ParentID = "" },
		func(p *socialwatch.Payload) { p.ParentID = "17x" },
		func(p *socialwatch.Payload) { p.Text = " " },
	} {
		p := reply("17", "Sorry.")
		change(&p)
		_, err := c.Replier.Reply(t.Context(), p, "key")
		f.reason(err, socialwatch.Refused)
	}
	f.reason(c.Deleter.Delete(t.Context(), "x"), socialwatch.Refused)
	if n := f.count(""); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestReplyThatStandsAloneIsTakenBack: X drops the link to the parent where it
// does not like it, and posts all the same.
func TestReplyThatStandsAloneIsTakenBack(t *testing.T) {
	for _, deletes := range []bool{true, false} {
		f := newFake(t)
		c := f.connect()
		f.mu.Lock()
		f.instead = func(w http.ResponseWriter, r *http.Request) bool {
			switch {
			case strings.Contains(r.URL.Path, "update"):
				r.Form.Set("in_reply_to_status_id", "")
				return false
			case strings.Contains(r.URL.Path, "destroy") && !deletes:
				saying(500, "")(w, r)
				return true
			}
			return false
		}
		f.mu.Unlock()
		_, err := c.Replier.Reply(t.Context(), reply("17", "Sorry."), "key")
		want, left := socialwatch.Refused, 0
		if !deletes {
			want, left = socialwatch.Unknown, 1
		}
		if f.reason(err, want); !strings.Contains(err.Error(), "ALARM") || len(f.filter(own)) != left {
			t.Errorf("%v, %d left", err, len(f.filter(own)))
		}
	}
}

func TestOddAnswersLeaveAReplyInDoubt(t *testing.T) {
	f := newFake(t)
	c := f.connect()
	for _, body := range []string{`{"id_str":"17"}`, `{"id":1.5}`, `[]`, `{"errors":[]}`, tweet("0", "")} {
		f.with("update", saying(200, body))
		_, err := c.Replier.Reply(t.Context(), reply("17", "Sorry."), "key")
		f.reason(err, socialwatch.Unknown)
	}
}

func TestDeleteTakesBackOnceAndTwice(t *testing.T) {
	f := newFake(t)
	c := f.connect()
	parent := f.say(time.Minute, "")
	sent, err := c.Replier.Reply(t.Context(), reply(parent, "Sorry."), "key")
	must(t, err)
	must(t, c.Deleter.Delete(t.Context(), sent.PostID))
	must(t, c.Deleter.Delete(t.Context(), sent.PostID))
	if left := f.filter(own); len(left) != 0 {
		t.Errorf("%+v", left)
	}
}

func TestLostAnswerIsUnknownAndFound(t *testing.T) {
	f := newFake(t)
	c := f.connect()
	parent, other := f.say(time.Hour, ""), f.say(time.Hour, "")
	for i := range 450 { // in between
		_, err := c.Replier.Reply(t.Context(), reply(other, fmt.Sprint("Thanks ", i)), "key")
		must(t, err)
		if i == 100 {
			f.with("update", func(_ http.ResponseWriter, r *http.Request) {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.update(r.Form)
				panic(http.ErrAbortHandler)
			})
			_, err := c.Replier.Reply(t.Context(), reply(parent, "Sorry, “case” K-77."), "key")
			f.reason(err, socialwatch.Unknown)
			f.with("nothing", nil)
		}
	}
	for text, there := range map[string]bool{"Sorry, \"case\" K-77.": true, "Sorry, case K-78.": false, "Thanks 7": false} {
		got, err := c.Finder.Find(t.Context(), reply(parent, text))
		if err != nil || (got.PostID != "") != there {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	if n := f.count("user_timeline"); n != 2+4+4 { // the one that is found stands on the second page
		t.Errorf("%d requests", n)
	}
}

// TestFinderKnowsLinksAgain: X writes an address of its own for each.
func TestFinderKnowsLinksAgain(t *testing.T) {
	f := newFake(t)
	c := f.connect()
	parent := f.say(time.Hour, "")
	f.mu.Lock()
	p := f.update(map[string][]string{"status": {"see https://t.co/abc or https://t.co/def"}, "in_reply_to_status_id": {parent}, "auto_populate_reply_metadata": {"true"}})
	p["entities"] = map[string]any{"urls": []any{map[string]any{"url": "https://t.co/abc", "expanded_url": "http://shop.example/help"},
		map[string]any{"url": "https://t.co/def", "expanded_url": "https://shop.example/?a=b&c=d"}}}
	f.mu.Unlock()
	got, err := c.Finder.Find(t.Context(), reply(parent, "see shop.example/help or https://shop.example/?a=b&c=d"))
	if err != nil || got.PostID == "" {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = c.Finder.Find(t.Context(), reply(parent, "see shop.example/home or https://shop.example/?a=b&c=d"))
	if err != nil || got.PostID != "" {
		t.Errorf("another link: %+v, %v", got, err)
	}
}

// TestUnreadablePostOfOursIsNoAbsence: it may be the one that is looked for.
func TestUnreadablePostOfOursIsNoAbsence(t *testing.T) {
	f := newFake(t)
	c := f.connect()
	page := "[" + tweet("18", `"created_at": "x"`) + "]"
	f.with("user_timeline", func(w http.ResponseWriter, r *http.Request) {
		saying(200, page)(w, r)
		page = "[]"
	})
	_, err := c.Finder.Find(t.Context(), reply("17", "Sorry."))
	f.reason(err, socialwatch.Temporary)
	f.with("user_timeline", saying(200, "["+tweet("18", "")+"]")) // for ever
	_, err = c.Finder.Find(t.Context(), reply("17", "Sorry."))
	f.reason(err, socialwatch.Temporary)
	if n := f.count("user_timeline"); n != 3 {
		t.Errorf("%d requests", n)
	}
}

func TestLookupAnswersInOrderAndTellsWhatIsGone(t *testing.T) {
	f := newFake(t)
	c := f.connect()
	var ids []string
	for i := range 230 {
		ids = append(ids, f.say(time.Duration(i)*time.Minute, ""))
	}
	odd := f.say(time.Minute, `"full_text": 5.5, "user": 7`)
	gone := "1234567890123456789"
	asked := append(append([]string{gone, "x"}, ids...), odd, "")
	looks, err := c.Lookup.Get(t.Context(), asked)
	if err != nil || len(looks) != 231 || looks[0].ID != gone || !looks[0].Gone {
		t.Fatalf("%d looks, %v", len(looks), err)
	}
	for i, l := range looks[1:] {
		if l.ID != ids[i] || l.Post.ID != ids[i] || l.Gone || l.Post.Text == "" {
			t.Errorf("%d: %+v", i, l)
		}
	}
	if n := f.count("lookup"); n != 3 {
		t.Errorf("%d requests", n)
	}
	f.with("lookup", saying(200, `[{"full_text":"which?"}]`))
	_, err = c.Lookup.Get(t.Context(), ids[:2])
	f.reason(err, socialwatch.Temporary)
}

func TestProbeReports(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(f *fake)
		want   string // names of checks that are not OK, and of warnings with ?
		err    socialwatch.Reason
		says   string
	}{
		{"all well", func(*fake) {}, "api?", "", ""},
		{"no access", func(f *fake) { f.with("", saying(403, `{"errors":[{"code":453,"message":"x"}]}`)) }, "", socialwatch.Unauthorized, "by contract"},
		{"no mentions", func(f *fake) { f.with("mentions", saying(403, `{"errors":[{"code":453,"message":"x"}]}`)) }, "read api?", "", ""},
		{"may only read", func(f *fake) { f.with("verify", level("read")) }, "write api?", "", ""},
		{"level not told", func(f *fake) { f.with("verify", level("")) }, "write? api?", "", ""},
		{"wrong clock", func(f *fake) {
			f.with("verify", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Date", clock.Add(time.Hour).Format(http.TimeFormat))
				level("read-write-directmessages")(w, r)
			})
		}, "clock? api?", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(t)
			tc.change(f)
			checks, err := f.connect().Prober.Probe(context.Background())
			if tc.err != "" {
				if f.reason(err, tc.err); !strings.Contains(err.Error(), tc.says) {
					t.Error(err)
				}
				return
			}
			must(t, err)
			var got []string
			for _, c := range checks {
				switch {
				case !c.OK:
					got = append(got, c.Name)
				case c.Warn:
					got = append(got, c.Name+"?")
				}
			}
			if s := strings.Join(got, " "); s != tc.want {
				t.Errorf("%s, want %s: %+v", s, tc.want, checks)
			}
		})
	}
}

// level answers who we are, with what the app may do.
func level(access string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		if access != "" {
			w.Header().Set("X-Access-Level", access)
		}
		saying(200, `{"id_str":"42","screen_name":"shop_help"}`)(w, r)
	}
}
