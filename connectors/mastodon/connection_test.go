package mastodon

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/simulator"
)

func TestNewRefusesWhatCannotWork(t *testing.T) {
	good := Options{Account: "shop", BaseURL: "https://social.example", Token: "t"}
	for _, tc := range []struct {
		name   string
		change func(*Options)
		want   string
	}{
		{"no name", func(o *Options) { o.Account = "" }, "name"},
		{"no address", func(o *Options) { o.BaseURL = "" }, "base_url"},
		{"no scheme", func(o *Options) { o.BaseURL = "social.example" }, "base_url"},
		{"another scheme", func(o *Options) { o.BaseURL = "ftp://social.example" }, "base_url"},
		{"a path", func(o *Options) { o.BaseURL = "https://social.example/@help" }, "more than the server"},
		{"a password", func(o *Options) { o.BaseURL = "https://a:b@social.example" }, "more than the server"},
		{"a query", func(o *Options) { o.BaseURL = "https://social.example?x=1" }, "more than the server"},
		{"clear text", func(o *Options) { o.BaseURL = "http://social.example" }, "write https"},
		{"a bad host", func(o *Options) { o.BaseURL = "https://so cial.example" }, "base_url"},
		{"no token", func(o *Options) { o.Token = "" }, "token"},
		{"a token with a line end", func(o *Options) { o.Token = "secret\n" }, "token"},
		{"a visibility of no kind", func(o *Options) { o.ReplyVisibility = "loud" }, "visibility"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := good
			tc.change(&o)
			_, err := New(o)
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "secret") {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestHostIsWhatPostsAreKnownBy(t *testing.T) {
	good := Options{Account: "shop", BaseURL: "https://social.example", Token: "t"}
	for base, host := range map[string]string{
		"https://Social.Example/": "social.example", "https://social.example:443": "social.example",
		"https://social.example:8443": "social.example:8443", "http://127.0.0.1:80": "127.0.0.1",
		"http://localhost:3000": "localhost:3000", "https://bücher.example": "xn--bcher-kva.example",
		"http://[::1]:3000": "[::1]:3000", "https://[2001:db8::1]": "[2001:db8::1]",
	} {
		o := good
		o.BaseURL = base
		c, err := New(o)
		if err != nil || c.Host != host || c.Network != socialwatch.Mastodon {
			t.Errorf("%s: host %v, %v", base, c, err)
		}
	}
	good.BaseURL, good.AllowHTTP = "http://social.example", true
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}

func TestRedirectingBaseURLIsRefused(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.must(r.sim.Inject(simulator.Fault{Kind: simulator.FaultRedirect}))
	c := r.open()
	_, err := c.Source.Fetch(r.ctx(), nil)
	if socialwatch.ReasonOf(err) != socialwatch.Refused || !strings.Contains(err.Error(), "redirects to http://localhost:") {
		t.Fatalf("fetch: %v", err)
	}
	_, err = c.Prober.Probe(r.ctx())
	if err == nil || !strings.Contains(err.Error(), "base_url") {
		t.Fatalf("probe: %v", err)
	}
}

func TestProxysPageIsNoDeletion(t *testing.T) {
	var broken atomic.Bool
	real := simulator.NewMastodon(simulator.Options{})
	t.Cleanup(real.Close)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if broken.Load() {
			http.NotFound(w, req) // text, as proxies answer
			return
		}
		real.ServeHTTP(w, req)
	}))
	t.Cleanup(srv.Close)
	r := &rig{T: t, sim: real, base: srv.URL}
	r.token = r.account("help")
	id := r.post("customer1", "@help hello", simulator.PostOptions{})
	c := r.open()
	_, err := c.Lookup.Get(r.ctx(), []string{id})
	r.must(err)
	broken.Store(true)
	for _, ids := range [][]string{{id}, {id, "12345"}} {
		if looks, err := c.Lookup.Get(r.ctx(), ids); socialwatch.ReasonOf(err) != socialwatch.Temporary {
			t.Fatalf("a proxy's 404 counts as %v, %v", looks, err)
		}
	}
	if _, err := c.Threads.Read(r.ctx(), []string{id}, time.Time{}); socialwatch.ReasonOf(err) != socialwatch.Temporary {
		t.Fatalf("a proxy's 404 counts as %v", err)
	}
}

func TestReadsLeaveATenthForReplies(t *testing.T) {
	for _, flavour := range flavours {
		t.Run(string(flavour), func(t *testing.T) {
			r := newRig(t, simulator.Options{Flavour: flavour, RateLimit: simulator.RateLimit{Requests: 40, Per: 5 * time.Minute}})
			id := r.post("customer1@far.example", "@help hello", simulator.PostOptions{})
			c := r.open()
			var cursor []byte
			m := r.fetchAll(c, &cursor)[id]
			var err error
			for range 60 {
				if _, err = c.Source.Fetch(r.ctx(), cursor); err != nil {
					break
				}
			}
			var ne *socialwatch.NetworkError
			if !asNetwork(err, &ne) || ne.Reason != socialwatch.RateLimited || ne.RetryAfter < time.Minute || ne.RetryAfter > 6*time.Minute {
				t.Fatalf("reading ended with %v", err)
			}
			p, err := c.Composer.Compose(socialwatch.Draft{Account: "shop", Parent: m.Post, Text: "Sorry."})
			r.must(err)
			_, err = c.Lookup.Get(r.ctx(), []string{id})
			r.must(err)
			_, err = c.Replier.Reply(r.ctx(), p, "key-1")
			r.must(err)
			found, err := c.Finder.Find(r.ctx(), p)
			r.must(err)
			if found.PostID == "" {
				t.Fatal("the reply is not there")
			}
			r.pass(6 * time.Minute)
			if wait := c.Source.(source).budget.Take(r.now(), false); wait != 0 {
				t.Fatal("reading does not go on after the window")
			}
		})
	}
}

// TestClosedConnectionNeverPostsTwice closes a kept connection on the post:
// net/http by itself would send a request with an Idempotency-Key again.
func TestClosedConnectionNeverPostsTwice(t *testing.T) {
	var posts atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch {
		case req.Method == http.MethodPost:
			if posts.Add(1); req.Header.Get("Idempotency-Key") != "key-1" || req.UserAgent() == "" {
				t.Error("a post without its key or User-Agent")
			}
			panic(http.ErrAbortHandler)
		case req.Method == http.MethodDelete: // an empty answer keeps the connection
		case req.URL.Path == "/api/v2/instance":
			fmt.Fprint(w, `{"domain":"social.example"}`)
		default:
			fmt.Fprint(w, `{"id":"5","acct":"help"}`)
		}
	}))
	t.Cleanup(srv.Close)
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.Start()
	r := &rig{T: t, base: srv.URL, token: "t"}
	c := r.open()
	r.must(c.Deleter.Delete(r.ctx(), "1")) // leaves a connection to use again, if any is kept
	p := validPayload(c)
	if _, err := c.Replier.Reply(r.ctx(), p, "key-1"); socialwatch.ReasonOf(err) != socialwatch.Unknown {
		t.Fatalf("got %v", err)
	}
	if n := posts.Load(); n != 1 {
		t.Fatalf("posted %d times", n)
	}
}

func validPayload(c *connectors.Connector) socialwatch.Payload {
	return socialwatch.Payload{Network: socialwatch.Mastodon, Host: c.Host, Account: c.Account,
		ParentID: "9001", ParentBy: "71", ParentName: "customer1@far.example", Prefix: "@customer1@far.example ",
		Text: "Sorry.", Visibility: socialwatch.Unlisted, Language: "en"}
}

const postedStatus = `{"id":"9050","in_reply_to_id":"9001","visibility":"unlisted","created_at":"2026-11-20T09:14:03.000Z",
	"mentions":[{"id":"71","acct":"customer1@far.example"}],"url":"https://social.example/@help/9050"}`

const refusal = `{"error":"customer1@far.example secret words"}`

var answers = []struct {
	code int
	body string
	want socialwatch.Reason
}{
	{200, postedStatus, ""}, {202, postedStatus, ""},
	{200, "", socialwatch.Unknown}, {200, `{"id":`, socialwatch.Unknown}, {200, `{"id":""}`, socialwatch.Unknown},
	{200, `[]`, socialwatch.Unknown}, {200, `{"id":"../x"}`, socialwatch.Unknown}, {204, "", socialwatch.Unknown},
	{400, refusal, socialwatch.Refused}, {413, "", socialwatch.Refused}, {418, refusal, socialwatch.Refused}, {422, refusal, socialwatch.Refused},
	{401, refusal, socialwatch.Unauthorized}, {403, refusal, socialwatch.Unauthorized},
	{404, refusal, socialwatch.Gone}, {410, refusal, socialwatch.Gone}, {429, refusal, socialwatch.RateLimited},
	{301, "", socialwatch.Refused}, {308, "", socialwatch.Refused},
	{408, "", socialwatch.Unknown}, {500, refusal, socialwatch.Unknown}, {502, "", socialwatch.Unknown},
	{503, "", socialwatch.Unknown}, {504, "", socialwatch.Unknown},
}

// TestAnswersOfAPostHaveTheirClass goes through what a server may answer.
func TestAnswersOfAPostHaveTheirClass(t *testing.T) {
	for _, tc := range answers {
		var logged bytes.Buffer
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if tc.code == 503 || tc.code == 429 {
				w.Header()["Retry-After"] = []string{"soon", "7"}
			}
			w.Header().Set("Location", "https://else.example/api/v1/statuses")
			w.WriteHeader(tc.code)
			fmt.Fprint(w, tc.body)
		}))
		r := &rig{T: t, base: srv.URL, token: "secret-token"}
		o := r.options()
		o.Logger = slog.New(slog.NewTextHandler(&logged, nil))
		c := r.connect(o)
		post, err := c.Replier.Reply(r.ctx(), validPayload(c), "key-1")
		srv.Close()
		if got := socialwatch.ReasonOf(err); got != tc.want || (err == nil) != (post.PostID == "9050") {
			t.Errorf("%d %.9q: %q, want %q", tc.code, tc.body, got, tc.want)
		}
		if err != nil && strings.Contains(err.Error()+logged.String(), "secret") || strings.Contains(fmt.Sprint(err), "customer1") {
			t.Errorf("%d: the error tells too much", tc.code)
		}
		var ne *socialwatch.NetworkError
		if asNetwork(err, &ne) && (tc.code == 429 || tc.code == 503) && ne.RetryAfter != 7*time.Second {
			t.Errorf("%d: wait %s", tc.code, ne.RetryAfter)
		}
	}
}

func TestGuardNeedsMastodonItself(t *testing.T) {
	api := map[string]int{"mastodon": 7}
	for _, tc := range []struct {
		in   instance
		want bool
	}{
		{instance{Version: "4.5.2", APIVersions: api, SourceURL: "https://github.com/mastodon/mastodon"}, true},
		{instance{Version: "4.5.2+glitch", APIVersions: api, SourceURL: "https://github.com/glitch-soc/mastodon"}, true},
		{instance{Version: "4.5.2", APIVersions: api}, true},
		{instance{Version: "4.2.0"}, false},
		{instance{Version: "0.20.1 gotosocial", APIVersions: api}, false},
		{instance{Version: "0.20.1", APIVersions: api, SourceURL: "https://codeberg.example/x/gotosocial"}, false},
		{instance{Version: "2.7.2 (compatible; Pleroma 2.5.0)", APIVersions: api}, false},
		{instance{}, false},
	} {
		if tc.in.keepsKeys() != tc.want {
			t.Errorf("%q of %q: want %v", tc.in.Version, tc.in.SourceURL, tc.want)
		}
	}
	for flavour, want := range map[simulator.Flavour]time.Duration{simulator.FlavourMastodon: time.Hour, simulator.FlavourGoToSocial: 0} {
		r := newRig(t, simulator.Options{Flavour: flavour})
		c := r.open()
		if c.Replier.Guard() != 0 {
			t.Error("an unknown server is believed to guard")
		}
		_, err := c.Source.Fetch(r.ctx(), nil)
		r.must(err)
		if got := c.Replier.Guard(); got != want {
			t.Errorf("%s: guard %s, want %s", flavour, got, want)
		}
	}
}

func TestOldServersAreUnderstood(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/api/v1/instance":
			fmt.Fprint(w, `{"uri":"https://social.example","version":"3.5.0","max_toot_chars":1000}`)
		case "/api/v1/accounts/verify_credentials":
			fmt.Fprint(w, `{"id":"5","acct":"help"}`)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(srv.Close)
	r := &rig{T: t, base: srv.URL, token: "t"}
	f, err := r.open().Replier.(replier).learn(r.ctx())
	r.must(err)
	if f.limit != 1000 || f.domain != "social.example" || f.keys || f.api != 0 {
		t.Fatalf("learnt limit %d, domain %s", f.limit, f.domain)
	}
}

func TestFactsServeOnWhileTheServerIsAway(t *testing.T) {
	r := newRig(t, simulator.Options{MaxCharacters: 777})
	c := r.open().Replier.(replier)
	_, err := c.learn(r.ctx())
	r.must(err)
	r.pass(25 * time.Hour)
	r.sim.Stop()
	f, err := c.learn(r.ctx())
	if err != nil || f.limit != 777 {
		t.Fatalf("limit %d, %v", f.limit, err)
	}
}
