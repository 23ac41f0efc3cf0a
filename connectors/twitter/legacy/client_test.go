package legacy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"socialwatch"
)

// TestLibraryTrapsAreClosed: answers of which the library makes an empty post,
// an empty page or a wrong one, without an error or with one that says nothing.
func TestLibraryTrapsAreClosed(t *testing.T) {
	const denied = `{"title":"Forbidden","status":403,"type":"https://api.x.com/2/problems/client-forbidden","detail":"never came"}`
	for _, tc := range []struct {
		name        string
		answer      func(http.ResponseWriter, *http.Request)
		read, write socialwatch.Reason
	}{
		{"problem+json with 403", saying(403, denied), socialwatch.Unauthorized, socialwatch.Unauthorized},
		{"success without a body", saying(200, ""), socialwatch.Temporary, socialwatch.Unknown},
		{"success with a body of length 0", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "0") }, socialwatch.Temporary, socialwatch.Unknown},
		{"no content", saying(204, ""), socialwatch.Temporary, socialwatch.Unknown},
		{"null", saying(200, "null"), socialwatch.Temporary, socialwatch.Unknown},
		{"an empty object", saying(200, "{}"), socialwatch.Temporary, socialwatch.Unknown},
		{"errors with 200", saying(200, `{"errors":[{"code":453,"message":"never came"}]}`), socialwatch.Temporary, socialwatch.Unknown},
		{"accepted", saying(202, "[]"), socialwatch.Temporary, socialwatch.Unknown},
		{"a page of HTML", saying(200, "<html>"), socialwatch.Temporary, socialwatch.Unknown},
		{"a firewall's 403", saying(403, "<html>"), socialwatch.Temporary, socialwatch.Unknown},
		{"a proxy's 404", saying(404, "<html>"), socialwatch.Temporary, socialwatch.Temporary},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example/1.1/x", http.StatusFound)
		}, socialwatch.Refused, socialwatch.Refused},
		{"a lost answer", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, socialwatch.Temporary, socialwatch.Unknown},
		{"a cut answer", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, "[")
		}, socialwatch.Temporary, socialwatch.Unknown},
		{"an endless answer", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "[", strings.Repeat(" ", bodyLimit), "]")
		}, socialwatch.Temporary, socialwatch.Unknown},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(t)
			c := f.connect()
			parent := f.say(time.Minute, "")
			f.with("statuses/", tc.answer)
			_, err := c.Source.Fetch(t.Context(), nil)
			f.reason(err, tc.read)
			if tooLong := strings.Contains(err.Error(), "longer than"); tooLong != (tc.name == "an endless answer") {
				t.Error(err)
			}
			_, err = c.Lookup.Get(t.Context(), []string{parent})
			f.reason(err, tc.read)
			_, err = c.Finder.Find(t.Context(), reply(parent, "Sorry."))
			f.reason(err, tc.read)
			_, err = c.Replier.Reply(t.Context(), reply(parent, "Sorry."), "key")
			f.reason(err, tc.write)
			if n := f.count("update.json"); n != 1 {
				t.Errorf("%d writes for one reply", n)
			}
		})
	}
}

func reply(parent, text string) socialwatch.Payload {
	return socialwatch.Payload{Network: socialwatch.X, Host: Host, Account: "shop_x", ParentID: parent, ParentBy: "7001", ParentName: "customer1", Text: text}
}

func TestErrorsHaveTheirClass(t *testing.T) {
	numbered := func(code int) string {
		return fmt.Sprintf(`{"errors":[{"code":%d,"message":"never came"}]}`, code)
	}
	problem := func(kind, detail string) string {
		return fmt.Sprintf(`{"title":"T","type":"https://api.x.com/2/problems/%s","detail":%q}`, kind, detail)
	}
	same := func(r socialwatch.Reason) [2]socialwatch.Reason { return [2]socialwatch.Reason{r, r} }
	const gone, refused, stop = socialwatch.Gone, socialwatch.Refused, socialwatch.Unauthorized
	for _, tc := range []struct {
		status int
		body   string
		want   [2]socialwatch.Reason // of a read, of a write
		says   string
	}{
		{401, numbered(32), same(stop), "secrets"},
		{401, numbered(89), same(stop), "secrets"},
		{401, numbered(135), same(stop), "clock"},
		{401, "", same(stop), "secrets"},
		{403, numbered(453), same(stop), "by contract"},
		{403, numbered(326), same(stop), "log in"},
		{403, numbered(261), same(stop), "permission"},
		{403, numbered(187), same(socialwatch.Duplicate), "same words"},
		{403, problem("about:blank", "You are not allowed to create a Post with Duplicate Content."), same(socialwatch.Duplicate), "same words"},
		{403, problem("about:blank", "You have not been mentioned or otherwise engaged"), same(refused), "a person must"},
		{403, numbered(385), same(gone), "gone"},
		{403, numbered(433), same(refused), "some people"},
		{403, numbered(186), same(refused), "too long"},
		{403, numbered(226), same(refused), "a person must"},
		{403, numbered(185), same(socialwatch.RateLimited), "as much as"},
		{403, numbered(999), [2]socialwatch.Reason{stop, refused}, "permissions"},
		{404, numbered(144), same(gone), "gone"},
		{404, numbered(34), same(refused), "no such call"},
		{410, problem("gone", ""), same(refused), "no such call"},
		{402, problem("credits-depleted", ""), same(socialwatch.OutOfCredit), "resume"},
		{402, "", same(socialwatch.OutOfCredit), "resume"},
		{429, problem("usage-capped", ""), same(socialwatch.OutOfCredit), "resume"},
		{429, numbered(88), same(socialwatch.RateLimited), "rate limit"},
		{429, "", same(socialwatch.RateLimited), "429"},
		{500, numbered(131), [2]socialwatch.Reason{socialwatch.Temporary, socialwatch.Unknown}, "500"},
		{503, numbered(187), [2]socialwatch.Reason{socialwatch.Temporary, socialwatch.Unknown}, ""},
		{408, "", [2]socialwatch.Reason{socialwatch.Temporary, socialwatch.Unknown}, "408"},
		{400, numbered(25), same(refused), "400"},
	} {
		t.Run(fmt.Sprint(tc.status, tc.body), func(t *testing.T) {
			f := newFake(t)
			ledger := &book{}
			c := f.connect(func(o *Options) { o.Ledger = ledger })
			_, err := c.Source.Fetch(t.Context(), nil) // learns who we are
			must(t, err)
			f.with("statuses/", saying(tc.status, tc.body))
			ids := []string{"17"}
			_, err = c.Lookup.Get(t.Context(), ids)
			f.reason(err, tc.want[0])
			_, err = c.Replier.Reply(t.Context(), reply("17", "Sorry."), "key")
			f.reason(err, tc.want[1])
			if !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%v, want %q", err, tc.says)
			}
			if halted := ledger.halted != ""; halted != (tc.want[0] == socialwatch.OutOfCredit) {
				t.Errorf("halted: %q", ledger.halted)
			}
		})
	}
}

func TestRateLimitIsWaitedFor(t *testing.T) {
	f := newFake(t)
	c := f.connect()
	reset := clock.Add(7 * time.Minute)
	f.with("mentions_timeline", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Rate-Limit-Limit", "75")
		w.Header().Set("X-Rate-Limit-Remaining", "0")
		w.Header().Set("X-Rate-Limit-Reset", fmt.Sprint(reset.Unix()))
		saying(429, `{"errors":[{"code":88,"message":"Rate limit exceeded"}]}`)(w, r)
	})
	for range 3 { // the second and third without a request
		_, err := c.Source.Fetch(t.Context(), nil)
		f.reason(err, socialwatch.RateLimited)
		var ne *socialwatch.NetworkError
		if !errors.As(err, &ne) || ne.RetryAfter != 7*time.Minute {
			t.Errorf("%+v", ne)
		}
	}
	if n := f.count("mentions_timeline"); n != 1 {
		t.Errorf("%d requests within the rest", n)
	}
	parent := f.say(time.Minute, "")
	if looks, err := c.Lookup.Get(t.Context(), []string{parent}); err != nil || len(looks) != 1 {
		t.Errorf("another endpoint: %v, %v", looks, err)
	}
	f.with("nothing", nil)
	f.pass(8 * time.Minute)
	if b, err := c.Source.Fetch(t.Context(), nil); err != nil || len(b.Mentions) != 1 {
		t.Errorf("after the rest: %+v, %v", b, err)
	}
}

func TestRateLimitIsKeptForReplies(t *testing.T) {
	for name, tc := range map[string]struct {
		status, left, fetches int
	}{
		"a tenth is left":              {200, 7, 1},
		"more is left":                 {200, 9, 2},
		"refused, whatever it told":    {429, 70, 1},
		"refused without a word of it": {429, -1, 1},
	} {
		f := newFake(t)
		c := f.connect()
		f.with("mentions_timeline", func(w http.ResponseWriter, r *http.Request) {
			if tc.left >= 0 {
				w.Header().Set("X-Rate-Limit-Limit", "75")
				w.Header().Set("X-Rate-Limit-Remaining", fmt.Sprint(tc.left))
				w.Header().Set("X-Rate-Limit-Reset", fmt.Sprint(clock.Add(time.Minute).Unix()))
			}
			saying(tc.status, "[]")(w, r)
		})
		for range 2 {
			_, _ = c.Source.Fetch(t.Context(), nil) // only the calls are of interest
		}
		if n := f.count("mentions_timeline"); n != tc.fetches {
			t.Errorf("%s: %d requests, want %d", name, n, tc.fetches)
		}
	}
}

// TestCancelledCallsEndAtOnce though the library knows no contexts.
func TestCancelledCallsEndAtOnce(t *testing.T) {
	for _, head := range []bool{false, true} { // before the answer, and within it
		f := newFake(t)
		end := make(chan struct{})
		t.Cleanup(func() { close(end) }) // before the server waits for its answers
		c := f.connect()
		_, err := c.Source.Fetch(t.Context(), nil)
		must(t, err)
		arrived := make(chan struct{}, 4)
		f.with("statuses/", func(w http.ResponseWriter, r *http.Request) {
			if head {
				fmt.Fprint(w, "[")
				w.(http.Flusher).Flush()
			}
			arrived <- struct{}{}
			<-end
		})
		for name, call := range map[string]func(context.Context) error{
			"read":  func(ctx context.Context) error { _, err := c.Source.Fetch(ctx, nil); return err },
			"write": func(ctx context.Context) error { _, err := c.Replier.Reply(ctx, reply("17", "x"), "k"); return err },
		} {
			ctx, cancel := context.WithCancel(t.Context())
			failed := make(chan error, 1)
			go func() { failed <- call(ctx) }()
			<-arrived
			cancel()
			select {
			case err := <-failed:
				want := map[string]socialwatch.Reason{"read": socialwatch.Temporary, "write": socialwatch.Unknown}[name]
				if f.reason(err, want); !errors.Is(err, context.Canceled) {
					t.Errorf("%s: %v", name, err)
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("%s goes on after its context has ended", name)
			}
		}
	}
}

func TestSlowAnswersTimeOut(t *testing.T) {
	f := newFake(t)
	c := f.connect(func(o *Options) { o.Timeout = time.Second }) // enough for a connection
	end := make(chan struct{})
	defer close(end)
	f.with("", func(http.ResponseWriter, *http.Request) { <-end })
	_, err := c.Source.Fetch(t.Context(), nil)
	f.reason(err, socialwatch.Temporary)
	_, err = c.Replier.Reply(t.Context(), reply("17", "x"), "k")
	f.reason(err, socialwatch.Unknown)
}

func TestUnreachableServerIsTemporaryAlsoForWrites(t *testing.T) {
	f := newFake(t)
	c := f.connect(func(o *Options) { o.BaseURL = "http://127.0.0.1:1" })
	_, err := c.Replier.Reply(t.Context(), reply("17", "x"), "k")
	f.reason(err, socialwatch.Temporary)
	_, err = c.Source.Fetch(t.Context(), nil)
	f.reason(err, socialwatch.Temporary)
}

func TestLedgerCountsAndForbids(t *testing.T) {
	f := newFake(t)
	ledger := &book{}
	c := f.connect(func(o *Options) { o.Ledger = ledger })
	parent := f.say(time.Minute, "")
	_, err := c.Source.Fetch(t.Context(), nil)
	must(t, err)
	sent, err := c.Replier.Reply(t.Context(), reply(parent, "Sorry."), "k")
	must(t, err)
	f.with("update", saying(500, ""))
	_, err = c.Replier.Reply(t.Context(), reply(parent, "Sorry!"), "k")
	f.reason(err, socialwatch.Unknown)
	f.with("update", saying(403, `{"errors":[{"code":187}]}`))
	_, err = c.Replier.Reply(t.Context(), reply(parent, "Sorry!"), "k")
	f.reason(err, socialwatch.Duplicate)
	got := strings.Join(ledger.objects, ", ")
	want := "user_read user:42, mention_read post:" + parent + ", create create:" + sent.PostID + ", create unsure-"
	if !strings.HasPrefix(got, want) || len(ledger.objects) != 4 {
		t.Errorf("%s, want %s", got, want)
	}
	ledger.no = &socialwatch.NetworkError{Reason: socialwatch.OutOfCredit, Err: errors.New("halted")}
	before := f.count("")
	_, err = c.Replier.Reply(t.Context(), reply(parent, "Sorry."), "k")
	f.reason(err, socialwatch.OutOfCredit)
	if f.count("") != before {
		t.Error("a call without leave")
	}
}

func TestNewSaysWhatToChange(t *testing.T) {
	f := newFake(t)
	for _, tc := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Account = "" }, "needs a name"},
		{func(o *Options) { o.Handle = "shop help" }, "handle is no username"},
		{func(o *Options) { o.AccessSecret = "" }, "four secrets"},
		{func(o *Options) { o.ConsumerKey = "a b" }, "four secrets"},
		{func(o *Options) { o.BaseURL = "http://api.example" }, "write https"},
		{func(o *Options) { o.BaseURL = "https://api.example/1.1" }, "more than the server"},
		{func(o *Options) { o.BaseURL = "api.example" }, "not an address"},
	} {
		o := f.options()
		tc.change(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "secret-") {
			t.Errorf("%v, want %q", err, tc.want)
		}
	}
	if _, err := New(Options{Account: "a", Handle: "@b", ConsumerKey: "c", ConsumerSecret: "d", AccessToken: "e", AccessSecret: "f"}); err != nil {
		t.Errorf("with defaults: %v", err)
	}
}

func TestForeignSecretsAreRefused(t *testing.T) {
	f := newFake(t)
	c := f.connect(func(o *Options) { o.Handle = "another" })
	_, err := c.Source.Fetch(t.Context(), nil)
	f.reason(err, socialwatch.Unauthorized)
	_, err = c.Prober.Probe(t.Context())
	f.reason(err, socialwatch.Unauthorized)
}
