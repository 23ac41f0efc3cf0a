package twitter

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

func TestRestsAreThoseOfXsPages(t *testing.T) {
	const ms = time.Millisecond
	for _, tc := range []struct {
		why  trouble
		want []time.Duration
	}{
		{troubleNetwork, []time.Duration{0, 250 * ms, 500 * ms, 750 * ms, 1000 * ms}},
		{troubleHTTP, []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second,
			160 * time.Second, 320 * time.Second, 320 * time.Second}},
		{troubleLimit, []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute}},
		{troubleCredit, []time.Duration{15 * time.Minute, 15 * time.Minute}},
	} {
		for i, want := range tc.want {
			if got := rest(tc.why, i+1); got != want {
				t.Errorf("%s %d: %v, want %v", tc.why, i+1, got, want)
			}
		}
		for _, n := range []int{-1, 0, 1000, 1 << 62} {
			if d := rest(tc.why, n); d < 0 || d > 15*time.Minute {
				t.Errorf("%s %d: %v", tc.why, n, d)
			}
		}
	}
	if rest(troubleNetwork, 64) != 15750*ms || rest(troubleNetwork, 66) != 16*time.Second {
		t.Error("a broken network is tried every 16 s at the least")
	}
}

func TestPaceCountsEachTroubleByItself(t *testing.T) {
	status := func(code int, wait time.Duration) error { return readError(&apiError{status: code, wait: wait}) }
	var p pace
	for _, tc := range []struct {
		err  error
		want time.Duration
	}{
		{readError(io.ErrUnexpectedEOF), 0},
		{readError(errSilent), 250 * time.Millisecond},
		{status(503, 0), 5 * time.Second},
		{status(500, 0), 10 * time.Second},
		{status(503, 2*time.Minute), 2 * time.Minute},
		{status(503, 0), 40 * time.Second},
		{status(429, 0), time.Minute},
		{status(429, 7*time.Minute), 7 * time.Minute},
		{status(429, 5*time.Hour), 15 * time.Minute},
		{status(402, 0), 15 * time.Minute},
		{readError(errors.New("reset")), 0},
	} {
		if got := p.next(tc.err); got != tc.want {
			t.Errorf("%v: %v, want %v", tc.err, got, tc.want)
		}
	}
}

// wire is an X in memory, for tests whose clock is not the real one.
type wire struct {
	mu      sync.Mutex
	stream  func(ctx context.Context) (int, string, io.ReadCloser) // status, connection_issue, body
	asked   []time.Duration                                        // when streams were, since the first
	paths   []string
	started time.Time
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.paths = append(w.paths, r.Method+" "+r.URL.Path)
	say := func(status int, body io.ReadCloser) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: body, Request: r}, nil
	}
	text := func(s string) io.ReadCloser { return io.NopCloser(strings.NewReader(s)) }
	switch r.URL.Path {
	case "/2/users/me":
		return say(200, text(`{"data":{"id":"42","username":"shop_help"}}`))
	case "/2/activity/stream":
		if w.started.IsZero() {
			w.started = time.Now()
		}
		w.asked = append(w.asked, time.Since(w.started))
		status, issue, body := w.stream(r.Context())
		if body == nil {
			body = text(`{"title":"ConnectionException","connection_issue":"` + issue + `"}`)
		}
		return say(status, body)
	case subscriptionsPath:
		return say(200, text(`{"data":[{"event_type":"post.mention.create","filter":{"user_id":"42"}},{"event_type":"post.reply.create","filter":{"user_id":"42"}},
			{"event_type":"post.quote.create","filter":{"user_id":"42"}},{"event_type":"oauth.revoke","filter":{"user_id":"42"}}]}`))
	}
	return say(200, text(`{"data":{}}`))
}

// wake runs a Wake against w until d is over.
func (w *wire) wake(t *testing.T, over time.Duration) *door {
	t.Helper()
	return wakeBy(t, w, over)
}

// wakeBy is wake by what stands before a wire.
func wakeBy(t *testing.T, w http.RoundTripper, over time.Duration) *door {
	t.Helper()
	d := &door{}
	c, err := newClient(Options{Account: "shop", Handle: "shop_help", Auth: Auth{ClientID: "app"}, Bearer: "bearer",
		Stream: true, Inbox: d, Tokens: &keeper{token: connectors.Token{Access: "a", Refresh: "r"}}})
	if err != nil {
		t.Fatal(err)
	}
	memory := &http.Client{Transport: w}
	c.ways = ways{read: memory, write: memory, stream: memory}
	ctx, cancel := context.WithTimeout(t.Context(), over)
	defer cancel()
	if err := (waker{c}).Wake(ctx, d.ring, d.state); err != nil {
		t.Error(err)
	}
	return d
}

func (w *wire) streamsAt(t *testing.T, want ...time.Duration) {
	t.Helper()
	if !slices.Equal(w.asked, want) {
		t.Errorf("streams at %v, want %v", w.asked, want)
	}
}

// piped is a body that says what is written, until ctx ends.
func piped(ctx context.Context, write func(io.Writer) error) io.ReadCloser {
	r, w := io.Pipe()
	stop := context.AfterFunc(ctx, func() { _ = r.CloseWithError(ctx.Err()) })
	go func() {
		defer stop()
		_ = w.CloseWithError(write(w))
	}()
	return r
}

// beat says something every 20 seconds, n times, and then nothing until ctx ends.
func beat(ctx context.Context, w io.Writer, n int) error {
	for ; n > 0 && pause(ctx, 20*time.Second); n-- {
		if _, err := io.WriteString(w, "\r\n"); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return ctx.Err()
}

func TestSilenceEndsAConnectionAndHeartbeatsDoNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		beats := []int{0, 3, 0, 1000}
		w := &wire{stream: func(ctx context.Context) (int, string, io.ReadCloser) {
			n := beats[0]
			beats = beats[1:]
			return 200, "", piped(ctx, func(out io.Writer) error { return beat(ctx, out, n) })
		}}
		d := w.wake(t, time.Hour)
		// One that lived long was a good one: the count of failures begins anew.
		w.streamsAt(t, 0, 22*time.Second, 104*time.Second, 126*time.Second+250*time.Millisecond)
		if fetch, _ := d.count(); fetch != 4 || len(d.ups) != 8 {
			t.Errorf("%d rings, ups %v", fetch, d.ups)
		}
	})
}

func TestRefusalsAreRetriedAtXsPace(t *testing.T) {
	const s, m = time.Second, time.Minute
	for _, tc := range []struct {
		what   string
		status int
		issue  string
		want   []time.Duration
	}{
		{"unavailable", 503, "", []time.Duration{0, 5 * s, 15 * s, 35 * s, 75 * s, 155 * s, 315 * s, 635 * s, 955 * s}},
		{"limited", 429, "", []time.Duration{0, m, 3 * m, 7 * m, 15 * m}},
		{"no rules", 409, "", []time.Duration{0, 5 * s, 15 * s, 35 * s, 75 * s, 155 * s, 315 * s, 635 * s, 955 * s}},
		{"too many", 429, "TooManyConnections", []time.Duration{0, m, 3 * m, 7 * m, 15 * m}},
	} {
		t.Run(tc.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{stream: func(context.Context) (int, string, io.ReadCloser) { return tc.status, tc.issue, nil }}
				w.wake(t, 20*time.Minute)
				w.streamsAt(t, tc.want...)
				ended := 0
				for _, p := range w.paths {
					if p == "DELETE /2/connections/all" {
						ended++
					}
				}
				if want := map[bool]int{true: 1}[tc.issue != ""]; ended != want {
					t.Errorf("other streams ended %d times, want %d", ended, want)
				}
			})
		})
	}
}

// TestStreamThatIsDroppedAtOnceIsNotHammered accepts and drops.
func TestStreamThatIsDroppedAtOnceIsNotHammered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{stream: func(context.Context) (int, string, io.ReadCloser) {
			return 200, "", io.NopCloser(strings.NewReader(""))
		}}
		w.wake(t, 10*time.Second)
		if len(w.asked) != 9+1 { // 0, 0.25, 0.75, 1.5, 2.5, 3.75, 5.25, 7, 9 s after the first, which is tried again at once
			t.Errorf("%d dials at %v", len(w.asked), w.asked)
		}
	})
}

// listener is a stream without a connection, nor a token to look posts up with.
func listener(d *door) *stream {
	c := &client{opt: Options{Account: "shop", Handle: "shop_help", Inbox: d}.withDefaults(), budgets: map[string]*connectors.RateBudget{}}
	c.log = c.opt.Logger
	return &stream{waker: waker{c}, ring: d.ring, me: self{id: "42", username: "shop_help"}, posts: newMemory()}
}

func TestLinesOfAStream(t *testing.T) {
	post := func(kind, rest string) string {
		return `{"data":{"event_uuid":"9","event_type":"` + kind + `","filter":{"user_id":"42"},"payload":{"id":"2123706425275318272",` +
			`"author_id":"7001","conversation_id":"2123706425275318272","text":"@shop_help hello"` + rest +
			`}},"includes":{"users":[{"id":"7001","username":"customer1"}]}}`
	}
	for _, tc := range []struct {
		what, line  string
		fetch, kept int
		want        socialwatch.Reason
	}{
		{"mention", post(eventMention, ""), 0, 1, ""},
		{"of another account", strings.Replace(post(eventMention, ""), `"42"`, `"43"`, 1), 0, 0, ""},
		{"of a kind that we did not ask for", post("post.create", ""), 0, 0, ""},
		{"our own", strings.Replace(post(eventMention, ""), `"7001","conv`, `"42","conv`, 1), 0, 0, ""},
		{"an old version", post(eventMention, `,"edit_history_post_ids":["2123706425275318272","2123706425275318299"]`), 1, 0, ""},
		{"no author", strings.Replace(post(eventMention, ""), `"author_id":"7001",`, "", 1), 1, 0, ""},
		{"no post", `{"data":{"event_uuid":"9","event_type":"post.mention.create"}}`, 1, 0, ""},
		{"odd names", `{"data":{"event_uuid":7,"event_type":["x"]}}`, 0, 0, ""},
		{"no JSON", `{"data":`, 1, 0, ""},
		{"another shape", `[1]`, 1, 0, ""},
		{"revoked", `{"data":{"event_type":"oauth.revoke","filter":{"user_id":"42"}}}`, 0, 0, socialwatch.Unauthorized},
		{"revoked elsewhere", `{"data":{"event_type":"oauth.revoke","filter":{"user_id":"43"}}}`, 0, 0, ""},
		{"trouble", `{"errors":[{"title":"operational-disconnect","detail":"x"}]}`, 0, 0, ""},
		{"too many", `{"errors":[{"title":"ConnectionException","connection_issue":"TooManyConnections"}]}`, 0, 0, socialwatch.RateLimited},
		{"capped", `{"title":"UsageCapExceeded","type":"https://api.x.com/2/problems/usage-capped"}`, 0, 0, socialwatch.OutOfCredit},
		{"nothing", `{}`, 0, 0, ""},
	} {
		d := &door{}
		s := listener(d)
		err := s.act(t.Context(), [][]byte{[]byte(tc.line)})
		if fetch, kept := d.count(); fetch != tc.fetch || kept != tc.kept || len(d.kept()) != tc.kept || socialwatch.ReasonOf(err) != tc.want {
			t.Errorf("%s: %d and %d rings, %v", tc.what, fetch, kept, err)
		}
	}
}

func TestMemoryForgetsTheOldest(t *testing.T) {
	m := newMemory()
	for i := range 3 * remembered {
		m.add(itoa(i))
	}
	if len(m.known) != remembered || m.has(itoa(2*remembered-1)) || !m.has(itoa(2*remembered)) || m.has("") {
		t.Errorf("%d known", len(m.known))
	}
}

func FuzzStreamLine(f *testing.F) {
	f.Add(`{"data":{"event_type":"post.mention.create","payload":{"id":"5","author_id":"7","conversation_id":"5","text":"x"}}}`)
	f.Add(`{"errors":[{"code":88}]}`)
	f.Fuzz(func(t *testing.T, line string) {
		d := &door{}
		s := listener(d)
		_ = s.act(t.Context(), [][]byte{[]byte(line)}) // no bearer, so nothing is sent
		for _, m := range d.kept() {
			if m.ID == "" || m.Author.Handle == "" || m.Own {
				t.Fatalf("%q: %+v", line, m)
			}
		}
	})
}
