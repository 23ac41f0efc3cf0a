package mastodon

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/simulator"
)

func TestFramesRingOrAreSkipped(t *testing.T) {
	w := waker{&client{}}
	for _, tc := range []struct {
		frame   string
		rings   int
		deleted string
		reason  socialwatch.Reason
	}{
		{`{"stream":["user"],"event":"notification","payload":"{\"id\":\"1\",\"type\":\"mention\"}"}`, 1, "", ""},
		{`{"stream":["user"],"event":"notification","payload":"{\"id\":\"1\",\"type\":\"quote\"}"}`, 1, "", ""},
		{`{"event":"notification","payload":"{\"type\":\"favourite\"}"}`, 0, "", ""},
		{`{"event":"notification","payload":"not json"}`, 1, "", ""},
		{`{"event":"notification","payload":{"type":"favourite"}}`, 1, "", ""},
		{`{"event":"notification"}`, 1, "", ""},
		{`{"event":"delete","payload":"9001"}`, 1, "9001", ""},
		{`{"event":"delete","payload":9001}`, 0, "", ""},
		{`{"event":"delete","payload":"../x"}`, 0, "", ""},
		{`{"event":"update","payload":"{}"}`, 0, "", ""},
		{`{"event":5}`, 0, "", ""},
		{`not json`, 0, "", ""}, {``, 0, "", ""}, {`null`, 0, "", ""}, {`[]`, 0, "", ""}, {`{}`, 0, "", ""},
		{`{"error":"Unknown stream type","status":400}`, 0, "", socialwatch.Temporary},
		{`{"error":"scopes","status":401}`, 0, "", socialwatch.Unauthorized},
		{`{"error":"scopes","status":403}`, 0, "", socialwatch.Unauthorized},
	} {
		rings, deleted := 0, ""
		err := w.frame([]byte(tc.frame), func(r connectors.Ring) { rings++; deleted = r.Deleted })
		if rings != tc.rings || deleted != tc.deleted || socialwatch.ReasonOf(err) != tc.reason {
			t.Errorf("%s: %d rings, deleted %q, %v", tc.frame, rings, deleted, err)
		}
	}
}

func TestStreamURLKeepsTheTokenSafe(t *testing.T) {
	for _, tc := range []struct{ base, advertised, want string }{
		{"https://social.example", "wss://stream.social.example", "wss://stream.social.example/api/v1/streaming?stream=user"},
		{"https://social.example", "https://stream.social.example/x/", "wss://stream.social.example/x/api/v1/streaming?stream=user"},
		{"https://social.example", "", "wss://social.example/api/v1/streaming?stream=user"},
		{"https://social.example", ":bad", "wss://social.example/api/v1/streaming?stream=user"},
		{"https://social.example", "ws://stream.social.example", ""},
		{"https://social.example", "ftp://stream.social.example", ""},
		{"http://127.0.0.1:3000", "wss://127.0.0.1:3000", "ws://127.0.0.1:3000/api/v1/streaming?stream=user"},
		{"http://127.0.0.1:3000", "", "ws://127.0.0.1:3000/api/v1/streaming?stream=user"},
		{"http://127.0.0.1:3000", "ws://127.0.0.1:4000", "ws://127.0.0.1:4000/api/v1/streaming?stream=user"},
		{"http://127.0.0.1:3000", "wss://social.example", "wss://social.example/api/v1/streaming?stream=user"},
		{"http://127.0.0.1:3000", "ws://social.example", ""},
	} {
		base, _, err := parseBase(tc.base, false)
		if err != nil {
			t.Fatal(err)
		}
		got, err := waker{&client{base: base}}.streamURL(tc.advertised)
		if got != tc.want || (err == nil) != (tc.want != "") {
			t.Errorf("%s advertising %q: %q, %v", tc.base, tc.advertised, got, err)
		}
	}
}

func TestRedialsKeepTheirBounds(t *testing.T) {
	w := waker{&client{opt: Options{}.withDefaults()}}
	for tries := 1; tries < 100; tries++ {
		for _, down := range []time.Duration{0, time.Minute, time.Hour} {
			d, most := w.delay(tries, down, errors.New("broken")), 5*time.Second
			if down > 0 {
				most = 30 * time.Second
			}
			if d < 125*time.Millisecond || d > most {
				t.Fatalf("try %d after %s: waits %s", tries, down, d)
			}
			if tries > 10 && d < most/2 {
				t.Fatalf("try %d after %s: waits only %s", tries, down, d)
			}
		}
	}
	busy := &socialwatch.NetworkError{Reason: socialwatch.RateLimited, RetryAfter: time.Minute}
	if d := w.delay(1, 0, busy); d < time.Minute || d > time.Minute+time.Second {
		t.Fatalf("waits %s where the server asks for a minute", d)
	}
}

// TestSilentStreamIsDead is GoToSocial's way to refuse, and a cut cable's.
func TestSilentStreamIsDead(t *testing.T) {
	t.Parallel()
	r := newRig(t, simulator.Options{Flavour: simulator.FlavourGoToSocial, PingInterval: 50 * time.Millisecond})
	o := r.options()
	o.PingDeadline, o.Reconnect = 2*time.Second, 50*time.Millisecond // a busy machine may rest for long
	ctx, cancel := context.WithTimeout(r.ctx(), time.Minute)
	defer cancel()
	var ups, downs atomic.Int32
	quiet := make(chan struct{}, 100)
	done := make(chan error, 1)
	go func() {
		done <- r.connect(o).Waker.Wake(ctx, func(connectors.Ring) {}, func(up bool) {
			if up {
				ups.Add(1)
			} else {
				downs.Add(1)
				quiet <- struct{}{}
			}
		})
	}()
	r.must(r.sim.Await(ctx, func() bool { return r.sim.Requests()["GET /api/v1/streaming"] > 0 }))
	alive := time.NewTimer(5 * time.Second) // two deadlines and more, kept alive by pings only
	select {
	case <-quiet:
		t.Fatal("a stream with pings was taken for dead")
	case <-alive.C:
	}
	r.must(r.sim.Inject(simulator.Fault{Kind: simulator.FaultSilentStream}))
	for range 2 {
		select {
		case <-quiet:
		case <-ctx.Done():
			t.Fatal("a silent stream was not given up")
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if ups.Load() != downs.Load() {
		t.Fatal("ups and downs do not match")
	}
}

// TestStreamThatIsDroppedAtOnceIsNotHammered accepts and drops.
func TestStreamThatIsDroppedAtOnceIsNotHammered(t *testing.T) {
	t.Parallel()
	var dials atomic.Int32
	up := websocket.Upgrader{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/api/v2/instance":
			_, _ = w.Write([]byte(`{"domain":"social.example"}`))
		case "/api/v1/streaming":
			if dials.Add(1); req.Header.Get("Authorization") != "Bearer secret-token" || strings.Contains(req.URL.RawQuery, "secret") {
				t.Error("the token does not travel in the header alone")
			}
			if conn, err := up.Upgrade(w, req, nil); err == nil {
				_ = conn.Close()
			}
		default:
			_, _ = w.Write([]byte(`{"id":"5","acct":"help"}`))
		}
	}))
	t.Cleanup(srv.Close)
	r := &rig{T: t, base: srv.URL, token: "secret-token"}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	r.must(r.open().Waker.Wake(ctx, func(connectors.Ring) {}, func(bool) {}))
	// At least 125, 250, 500, 1000 and 2000 ms lie between the dials.
	if n := dials.Load(); n < 2 || n > 6 {
		t.Fatalf("%d dials in three seconds", n)
	}
}

// checked probes with options and returns one check.
func (r *rig) checked(o Options, name string) connectors.Check {
	r.Helper()
	checks, err := r.connect(o).Prober.Probe(r.ctx())
	r.must(err)
	for _, ch := range checks {
		if ch.Name == name {
			return ch
		}
	}
	r.Fatalf("no check named %s", name)
	return connectors.Check{}
}

func TestProbeTellsWhichScopeIsMissing(t *testing.T) {
	for _, flavour := range flavours {
		r := newRig(t, simulator.Options{Flavour: flavour})
		for _, tc := range []struct {
			scopes []string
			check  string
		}{
			{[]string{"read"}, "write"},
			{[]string{"read:accounts", "read:statuses", "write"}, "read"},
			{[]string{"read:accounts", "read:notifications", "write"}, "read"},
		} {
			o := r.options()
			token, err := r.sim.Token("help", tc.scopes...)
			r.must(err)
			o.Token = token
			if ch := r.checked(o, tc.check); ch.OK || !strings.Contains(ch.Text, "scope") {
				t.Errorf("%s, scopes %v: %+v", flavour, tc.scopes, ch)
			}
		}
		if n := len(r.sim.Published("help", "")); n != 0 {
			t.Errorf("probing published %d posts", n)
		}
	}
}

func TestProbeWarnsOfWhatHurts(t *testing.T) {
	for _, flavour := range flavours {
		r := newRig(t, simulator.Options{Flavour: flavour, MaxCharacters: 777})
		r.pass(10 * time.Minute)
		if ch := r.checked(r.options(), "clock"); !ch.Warn || !strings.Contains(ch.Text, "10m") {
			t.Errorf("a wrong clock: %+v", ch)
		}
		if ch := r.checked(r.options(), "limit"); !strings.Contains(ch.Text, "777") {
			t.Errorf("the limit: %+v", ch)
		}
		r.must(r.sim.SetBot("help", true))
		if ch := r.checked(r.options(), "bot"); !strings.Contains(ch.Text, "is marked") {
			t.Errorf("the bot label: %+v", ch)
		}
		r.must(r.sim.SetPolicy("help", simulator.Policy{ForPrivateMentions: "filter", ForNewAccounts: "drop"}))
		ch := r.checked(r.options(), "notifications")
		if warns := flavour == simulator.FlavourMastodon; ch.Warn != warns || warns != strings.Contains(ch.Text, "private mentions: filter") {
			t.Errorf("%s, the policy: %+v", flavour, ch)
		}
		r.must(r.sim.Inject(simulator.Fault{Kind: simulator.FaultServerError, Route: "GET /api/v1/streaming"}))
		if ch := r.checked(r.options(), "stream"); !ch.OK || !ch.Warn {
			t.Errorf("a stream that does not open: %+v", ch)
		}
	}
}
