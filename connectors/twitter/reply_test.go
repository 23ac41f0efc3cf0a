package twitter

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	sim "socialwatch/internal/simulator/twitter"
)

const posting = "POST /2/tweets"

// ask posts a mention and reads it.
func (r *rig) ask(c *connectors.Connector, text string) socialwatch.Mention {
	r.Helper()
	id := r.post("customer1", "@shop_help "+text, sim.PostOptions{})
	in := r.inbox()
	in.poll(c)
	m, found := in.mentions[id]
	if !found {
		r.Fatal("the mention was not read")
	}
	return m
}

func (r *rig) compose(c *connectors.Connector, parent socialwatch.Post, text string) socialwatch.Payload {
	r.Helper()
	p, err := c.Composer.Compose(socialwatch.Draft{Account: "shop", Parent: parent, Text: text, Language: "en"})
	r.must(err)
	return p
}

func (r *rig) reply(c *connectors.Connector, p socialwatch.Payload) socialwatch.Published {
	r.Helper()
	done, err := c.Replier.Reply(r.Context(), p, "key-1")
	r.must(err)
	return done
}

// standing are our own posts under a post.
func (r *rig) standing(parent string) []string {
	r.Helper()
	var ids []string
	for _, p := range r.sim.Published("shop_help", parent) {
		if !p.Deleted {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

func (r *rig) wants(what string, err error, want socialwatch.Reason) {
	r.Helper()
	var ne *socialwatch.NetworkError
	if got := socialwatch.ReasonOf(err); got != want || err != nil && !errors.As(err, &ne) {
		r.Errorf("%s: %v, want %q", what, err, want)
	}
}

func TestReplyStandsUnderItsPostOnce(t *testing.T) {
	r := newRig(t, sim.Options{})
	c := r.open()
	m := r.ask(c, "where is order 1001?")
	p := r.compose(c, m.Post, "Sorry & thanks <3. Case K-77.")
	done := r.reply(c, p)
	if ids := r.standing(m.ID); len(ids) != 1 || ids[0] != done.PostID || done.URL != "https://x.com/shop_help/status/"+done.PostID {
		t.Fatalf("%v, published %+v", ids, done)
	}
	found, err := c.Finder.Find(t.Context(), p)
	if r.must(err); found != done {
		t.Fatalf("found %+v, published %+v", found, done)
	}
	if n := r.books.counts(); n[ItemCreate] != 1 || p.Cost != 10_000 {
		t.Fatalf("%v", n)
	}
	r.sameBill()
	if c.Replier.Guard() != 0 {
		t.Fatal("X promises no guard")
	}
}

func TestLostAnswerIsUnknownAndThenFound(t *testing.T) {
	for _, fault := range []sim.FaultKind{sim.FaultLostAfter, sim.FaultTruncated, sim.FaultGatewayTimeout, sim.FaultInvalidJSON} {
		r := newRig(t, sim.Options{})
		c := r.open()
		m := r.ask(c, "where is order 1001?")
		p := r.compose(c, m.Post, "Sorry. Case K-77.")
		r.must(r.sim.Inject(sim.Fault{Kind: fault, Route: posting, Count: 1}))
		_, err := c.Replier.Reply(t.Context(), p, "key-1")
		r.wants(string(fault), err, socialwatch.Unknown)
		found, err := c.Finder.Find(t.Context(), p)
		if r.must(err); len(r.standing(m.ID)) != 1 || found.PostID != r.standing(m.ID)[0] {
			t.Errorf("%s: found %+v of %v", fault, found, r.standing(m.ID))
		}
		_, err = c.Replier.Reply(t.Context(), p, "key-1")
		r.wants("the same again", err, socialwatch.Duplicate)
		if n := len(r.standing(m.ID)); n != 1 {
			t.Errorf("%s: %d replies", fault, n)
		}
	}
}

func TestWhatSurelyDidNotHappenIsNotFound(t *testing.T) {
	for fault, want := range map[sim.FaultKind]socialwatch.Reason{
		sim.FaultLostBefore: socialwatch.Unknown, sim.FaultServerError: socialwatch.Unknown,
		sim.FaultUnavailable: socialwatch.Unknown, sim.FaultRateLimited: socialwatch.RateLimited,
		sim.FaultFirewall:     socialwatch.Unknown,
		sim.FaultUnauthorized: socialwatch.Unauthorized, sim.FaultForbidden: socialwatch.Unauthorized,
		sim.FaultLegacy: socialwatch.Unauthorized, sim.FaultCredits: socialwatch.OutOfCredit,
		sim.FaultCapped: socialwatch.OutOfCredit, sim.FaultRedirect: socialwatch.Refused,
	} {
		r := newRig(t, sim.Options{})
		c := r.open()
		m := r.ask(c, "where is order 1001?")
		p := r.compose(c, m.Post, "Sorry. Case K-77.")
		r.must(r.sim.Inject(sim.Fault{Kind: fault, Route: posting, Count: 1, Delay: time.Minute}))
		_, err := c.Replier.Reply(t.Context(), p, "key-1")
		r.wants(string(fault), err, want)
		found, err := c.Finder.Find(t.Context(), p)
		if r.must(err); found != (socialwatch.Published{}) {
			t.Errorf("%s: found %+v", fault, found)
		}
		if halted := r.books.halted != ""; halted != (want == socialwatch.OutOfCredit) {
			t.Errorf("%s: halted %v", fault, halted)
		}
	}
}

func TestSameWordsToAnotherCustomerAreNotTheReply(t *testing.T) {
	r := newRig(t, sim.Options{})
	c := r.open()
	first, second := r.ask(c, "where is order 1001?"), r.ask(c, "and order 1002?")
	r.reply(c, r.compose(c, first.Post, "Sorry, we look into it."))
	p := r.compose(c, second.Post, "Sorry, we look into it.")
	_, err := c.Replier.Reply(t.Context(), p, "key-2")
	r.wants("equal text", err, socialwatch.Duplicate)
	found, err := c.Finder.Find(t.Context(), p)
	if r.must(err); found != (socialwatch.Published{}) || len(r.standing(second.ID)) != 0 {
		t.Fatalf("found %+v", found)
	}
}

func TestEditedPostIsAnsweredAtItsNewestVersion(t *testing.T) {
	r := newRig(t, sim.Options{})
	c := r.open()
	id := r.post("customer1", "@shop_help order 1001?", sim.PostOptions{})
	newest, err := r.sim.Edit(id, "@shop_help order 1002?")
	r.must(err)
	in := r.inbox()
	in.poll(c)
	p := r.compose(c, in.mentions[id].Post, "Sorry. Case K-77.")
	done := r.reply(c, p)
	list := r.sim.Published("shop_help", id)
	if len(list) != 1 || list[0].Answered != newest {
		t.Fatalf("%+v, newest %s", list, newest)
	}
	if found, err := c.Finder.Find(t.Context(), p); err != nil || found != done {
		t.Fatalf("found %+v, %v", found, err)
	}
	q := r.compose(c, in.mentions[id].Post, "Another. Case K-78.")
	r.pass(time.Second)
	_, err = r.sim.Edit(id, "@shop_help never mind")
	r.must(err)
	_, err = c.Replier.Reply(t.Context(), q, "key-2")
	r.wants("edited since", err, socialwatch.Refused)
	r.must(r.sim.Delete(id))
	_, err = c.Replier.Reply(t.Context(), q, "key-2")
	r.wants("deleted since", err, socialwatch.Gone)
	r.sameBill()
}

func TestUnsummonedReplyIsRefused(t *testing.T) {
	r := newRig(t, sim.Options{})
	c := r.open()
	m := r.ask(c, "where is order 1001?")
	id := r.post("customer2", "no order came", sim.PostOptions{})
	p := r.compose(c, m.Post, "Sorry. Case K-77.")
	p.ParentID = id
	_, err := c.Replier.Reply(t.Context(), p, "key-1")
	r.wants("not summoned", err, socialwatch.Refused)
	if err == nil || !strings.Contains(err.Error(), "in the app") {
		t.Errorf("does not say what to do: %v", err)
	}
}

func TestReplyWithLinkIsFoundAndCharged(t *testing.T) {
	r := newRig(t, sim.Options{})
	o := r.options()
	o.Links = LinksPriced
	c := r.connect(o)
	m := r.ask(c, "where is order 1001?")
	p := r.compose(c, m.Post, "See shop.com/help, or https://shop.com. Case K-77.")
	done := r.reply(c, p)
	if p.Cost != 200_000 || r.books.counts()[ItemCreateLink] != 1 {
		t.Errorf("cost %v, charged %v", p.Cost, r.books.counts())
	}
	if found, err := c.Finder.Find(t.Context(), p); err != nil || found != done {
		t.Errorf("found %+v, %v", found, err)
	}
	r.sameBill()
	_, err := r.open().Replier.Reply(t.Context(), p, "key-1")
	r.wants("links refused since", err, socialwatch.Refused)
}

func TestMalformedRepliesNeverReachX(t *testing.T) {
	r := newRig(t, sim.Options{})
	c := r.open()
	good := r.compose(c, r.ask(c, "where is order 1001?").Post, "Sorry. Case K-77.")
	for what, spoil := range map[string]func(*socialwatch.Payload){
		"another account": func(p *socialwatch.Payload) { p.Account = "other" },
		"another network": func(p *socialwatch.Payload) { p.Network = socialwatch.Mastodon },
		"no parent":       func(p *socialwatch.Payload) { p.ParentID = "" },
		"odd parent":      func(p *socialwatch.Payload) { p.ParentID = "../x" },
		"no author":       func(p *socialwatch.Payload) { p.ParentBy = "" },
		"a prefix":        func(p *socialwatch.Payload) { p.Prefix = "@customer1 " },
		"a warning":       func(p *socialwatch.Payload) { p.Warning = "re" },
		"no text":         func(p *socialwatch.Payload) { p.Text = " " },
		"too long":        func(p *socialwatch.Payload) { p.Text = strings.Repeat("語", 141) },
		"somebody else":   func(p *socialwatch.Payload) { p.Text = "Hello @customer2" },
		"a link":          func(p *socialwatch.Payload) { p.Text = "See shop.com" },
	} {
		p := good
		spoil(&p)
		_, err := c.Replier.Reply(t.Context(), p, "key-1")
		r.wants(what, err, socialwatch.Refused)
	}
	if n := r.sim.Requests()[posting]; n != 0 {
		t.Errorf("%d calls", n)
	}
}

func TestDeleteTakesBackOnce(t *testing.T) {
	r := newRig(t, sim.Options{})
	c := r.open()
	m := r.ask(c, "where is order 1001?")
	done := r.reply(c, r.compose(c, m.Post, "Sorry. Case K-77."))
	r.must(c.Deleter.Delete(t.Context(), done.PostID))
	if n := len(r.standing(m.ID)); n != 0 {
		t.Fatalf("%d replies stand", n)
	}
	r.must(c.Deleter.Delete(t.Context(), done.PostID))
	r.wants("another's post", c.Deleter.Delete(t.Context(), m.ID), socialwatch.Refused)
	r.wants("no id", c.Deleter.Delete(t.Context(), "x/1"), socialwatch.Refused)
	r.sameBill()
	r.must(r.sim.Inject(sim.Fault{Kind: sim.FaultLostAfter, Route: "DELETE /2/tweets/{id}", Count: 1}))
	again := r.reply(c, r.compose(c, m.Post, "Sorry. Case K-78."))
	r.wants("lost", c.Deleter.Delete(t.Context(), again.PostID), socialwatch.Unknown)
	r.sameBill()
}

func TestFinderReadsAllPagesSinceThePost(t *testing.T) {
	r := newRig(t, sim.Options{LimitScale: -1})
	c := r.open()
	m := r.ask(c, "where is order 1001?")
	p := r.compose(c, m.Post, "Sorry. Case K-77.")
	done := r.reply(c, p)
	for i := range 250 {
		r.post("shop_help", "News "+itoa(i), sim.PostOptions{})
	}
	if found, err := c.Finder.Find(t.Context(), p); err != nil || found != done {
		t.Fatalf("found %+v, %v", found, err)
	}
	p.Text = "Something else"
	if found, err := c.Finder.Find(t.Context(), p); err != nil || found != (socialwatch.Published{}) {
		t.Fatalf("found %+v, %v", found, err)
	}
}

// TestNotFindingAmongTooManyProvesNothing has a timeline that never ends.
func TestNotFindingAmongTooManyProvesNothing(t *testing.T) {
	calls := 0
	c := against(t, func(w http.ResponseWriter, req *http.Request) {
		calls++
		if req.URL.Query().Get("since_id") != "2123706425275318272" {
			t.Error("reads more than what is younger than the parent")
		}
		_, _ = io.WriteString(w, `{"data":[`+strings.TrimSuffix(strings.Repeat(`{"id":"2123709000000000000","author_id":"42","text":"x"},`, 100), ",")+
			`],"meta":{"next_token":"n"}}`)
	})
	_, err := c.Finder.Find(t.Context(), payload())
	if socialwatch.ReasonOf(err) != socialwatch.Temporary || calls != 31 {
		t.Fatalf("%v after %d calls", err, calls)
	}
}

// against is our account at a hand-made X that knows who we are.
func against(t *testing.T, serve http.HandlerFunc) *connectors.Connector {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/2/users/me" {
			_, _ = io.WriteString(w, `{"data":{"id":"42","username":"shop_help"}}`)
			return
		}
		serve(w, req)
	}))
	t.Cleanup(srv.Close)
	c, err := New(Options{Account: "shop", Handle: "shop_help", BaseURL: srv.URL,
		Auth: Auth{ConsumerKey: "a", ConsumerSecret: "b", AccessToken: "c", AccessSecret: "d"}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func payload() socialwatch.Payload {
	return socialwatch.Payload{Network: socialwatch.X, Host: "x.com", Account: "shop", ParentID: "2123706425275318272",
		ParentRev: "0", ParentBy: "7001", ParentName: "customer1", Text: "Sorry. Case K-77."}
}

func TestAnswersToAWrite(t *testing.T) {
	for _, tc := range []struct {
		what, body string
		want       socialwatch.Reason
		word       string
	}{
		{"plain", `{"data":{"id":"2123709000000000000","text":"Sorry"}}`, "", ""},
		{"odd fields", `{"data":{"id":"2123709000000000000","text":7,"lang":[]}}`, "", ""},
		{"parent told", `{"data":{"id":"2123709000000000000","referenced_tweets":[{"type":"replied_to","id":"2123706425275318272"}]}}`, "", ""},
		{"another parent", `{"data":{"id":"2123709000000000000","referenced_posts":[{"type":"replied_to","id":"5"}]}}`, socialwatch.Unknown, "ALARM"},
		{"no id", `{"data":{"text":"Sorry"}}`, socialwatch.Unknown, ""},
		{"odd id", `{"data":{"id":"x/1"}}`, socialwatch.Unknown, ""},
		{"nothing", ``, socialwatch.Unknown, ""},
		{"no JSON", `<html>`, socialwatch.Unknown, ""},
	} {
		var sent []string
		c := against(t, func(w http.ResponseWriter, req *http.Request) {
			raw, err := io.ReadAll(req.Body)
			if err != nil || req.Method != http.MethodPost {
				t.Error(req.Method, err)
			}
			sent = append(sent, string(raw))
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, tc.body)
		})
		done, err := c.Replier.Reply(t.Context(), payload(), "key-1")
		if socialwatch.ReasonOf(err) != tc.want || err == nil && done.PostID != "2123709000000000000" ||
			err != nil && !strings.Contains(err.Error(), tc.word) {
			t.Errorf("%s: %+v, %v", tc.what, done, err)
		}
		want, _ := json.Marshal(map[string]any{"text": "Sorry. Case K-77.", "reply": map[string]string{"in_reply_to_tweet_id": "2123706425275318272"}})
		if len(sent) != 1 || !sameJSON(sent[0], string(want)) {
			t.Errorf("%s: sent %q", tc.what, sent)
		}
	}
}

func TestDeletionThatXDoesNotConfirmIsInDoubt(t *testing.T) {
	for _, body := range []string{`{"data":{"deleted":false}}`, `{}`, `<html>`} {
		c := against(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		if err := c.Deleter.Delete(t.Context(), "2123709000000000000"); socialwatch.ReasonOf(err) != socialwatch.Unknown {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	p, _ := json.Marshal(x)
	q, _ := json.Marshal(y)
	return string(p) == string(q)
}

func TestReplyOfAnEndedContextIsNotSent(t *testing.T) {
	r := newRig(t, sim.Options{})
	c := r.open()
	p := r.compose(c, r.ask(c, "where is order 1001?").Post, "Sorry. Case K-77.")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.Replier.Reply(ctx, p, "key-1")
	if err == nil || len(r.standing(p.ParentID)) != 0 {
		t.Fatalf("%v", err)
	}
}
