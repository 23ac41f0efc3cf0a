package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// listener reads a stream of events, and comes back to where it was.
type listener struct {
	g     *rig
	token string
	query string
	last  int64
	seen  []api.Event
}

// listen reads until enough says so, and returns what the stream said last.
func (l *listener) listen(ctx context.Context, enough func() bool) (string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.g.url+"/api/v1/events/stream"+l.query, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+l.token)
	if l.last > 0 {
		req.Header.Set("Last-Event-ID", strconv.FormatInt(l.last, 10))
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" || res.Header.Get("Content-Encoding") != "" {
		b, _ := io.ReadAll(res.Body)
		return "", fmt.Errorf("%d %v %s", res.StatusCode, res.Header, b)
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	id, line := int64(0), ""
	for !enough() && lines.Scan() {
		line = lines.Text()
		if n, ok := strings.CutPrefix(line, "id: "); ok {
			id, _ = strconv.ParseInt(n, 10, 64)
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		var e api.Event
		if err := json.Unmarshal([]byte(data), &e); err != nil || e.Seq == nil {
			return line, err // the end
		}
		if *e.Seq != id || id <= l.last {
			return line, fmt.Errorf("event %d with id %d after %d", *e.Seq, id, l.last)
		}
		l.last = id
		l.seen = append(l.seen, e)
	}
	return line, nil
}

// write stores n batches of events under an account of its own.
func (g *rig) write(writer, n int) {
	account := fmt.Sprint("acc", writer)
	if err := g.fx.EnsureAccount(g.t.Context(), account, "mastodon", storetest.Host); err != nil {
		g.t.Error(err)
		return
	}
	for i := range n {
		c := socialwatch.Changes{Account: account, Version: int64(i), At: start}
		for range 1 + (writer+i)%3 {
			c.Events = append(c.Events, socialwatch.Event{Kind: "test", Actor: account, At: start})
		}
		if err := g.fx.Save(g.t.Context(), c); err != nil {
			g.t.Error(err)
			return
		}
	}
}

// number numbers events whenever the bell rings, until ctx ends.
func (g *rig) number(ctx context.Context) {
	bell, err := g.fx.Bell(ctx)
	if err != nil {
		g.t.Error(err)
		return
	}
	for {
		n, err := g.fx.Number(ctx, 7)
		if err != nil && ctx.Err() == nil {
			g.t.Error(err)
		}
		if n > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-bell:
		}
	}
}

// Eight write, one numbers, and three listen that lose their connection at
// random: each has every event once, in order. No look without a bell helps.
func TestStreamSkipsNothingHoweverOftenItBreaks(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		g := newRigOn(t, o, func(o *api.Options) { o.Pace.Look = time.Hour })
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		numbering, stop := context.WithCancel(ctx)
		var numbers, writers, listeners sync.WaitGroup
		numbers.Go(func() { g.number(numbering) })
		total := 0
		for w := range 8 {
			for i := range 12 {
				total += 1 + (w+i)%3
			}
			writers.Go(func() { g.write(w, 12) })
		}
		for n := range 3 {
			dice := rand.New(rand.NewPCG(7, uint64(n)))
			l := &listener{g: g, token: g.token("", api.ScopeRead), query: "?kind=test"}
			listeners.Go(func() {
				breaks := 0
				for ; len(l.seen) < total && ctx.Err() == nil; breaks++ {
					until := min(total, len(l.seen)+1+dice.IntN(20))
					if _, err := l.listen(ctx, func() bool { return len(l.seen) >= until }); err != nil {
						t.Errorf("listener %d: %v", n, err)
						return
					}
				}
				if len(l.seen) != total {
					t.Errorf("listener %d saw %d of %d events, with %d breaks", n, len(l.seen), total, breaks)
				}
			})
		}
		writers.Wait()
		listeners.Wait()
		stop()
		numbers.Wait()
	})
}

func TestStreamEndsWithItsToken(t *testing.T) {
	g := newRig(t, func(o *api.Options) { o.Pace.Check = 10 * time.Millisecond })
	g.seed(1)
	g.fx.Log(t, 0)
	l := &listener{g: g, token: g.token("", api.ScopeRead)}
	all, err := g.fx.Tokens(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	last, err := l.listen(t.Context(), func() bool {
		if len(l.seen) == 1 {
			err := g.fx.RevokeToken(t.Context(), all[0].ID, socialwatch.System, start)
			if err != nil && !errors.Is(err, socialwatch.ErrNotFound) {
				t.Error(err)
			}
		}
		return false
	})
	if err != nil || !strings.Contains(last, "token-required") {
		t.Errorf("%s, %v", last, err)
	}
}

func TestStreamEndsWithTheRightToRead(t *testing.T) {
	g := newRig(t, func(o *api.Options) { o.Pace.Check = 10 * time.Millisecond })
	g.seed(1)
	g.fx.Log(t, 0)
	g.expect(request{method: "GET", path: "/api/v1/events/stream", token: g.token("bo", api.ScopeRead)}, 403, "role-required")
	l := &listener{g: g, token: g.token("bo", api.ScopeRead), query: "?account=" + storetest.Account}
	last, err := l.listen(t.Context(), func() bool {
		if len(l.seen) == 1 {
			if err := g.fx.ChangePerson(t.Context(), store.PersonChange{Login: "bo", Roles: map[string]socialwatch.Role{}, By: socialwatch.System, At: start}); err != nil {
				t.Error(err)
			}
		}
		return false
	})
	if err != nil || !strings.Contains(last, "role-required") || len(l.seen) == 0 {
		t.Errorf("%s, %v", last, err)
	}
}

// The transport of g.do holds the whole stream against the document.
func TestStreamIsAsDocumented(t *testing.T) {
	let := make(chan struct{}) // in
	g := newRig(t, func(o *api.Options) {
		o.Pace = api.Pace{Check: 50 * time.Millisecond, Look: time.Millisecond, Alive: time.Millisecond}
		bell := o.FeedBell
		o.FeedBell = func(ctx context.Context) (<-chan struct{}, error) {
			close(let)
			return bell(ctx)
		}
	})
	g.seed(1)
	g.fx.Log(t, 0)
	token := g.token("bo", api.ScopeRead)
	var others sync.WaitGroup
	defer others.Wait()
	others.Go(func() {
		<-let
		g.fx.Disable(t, "bo")
	})
	others.Go(func() {
		c := g.fx.Changes(t)
		c.Events = []socialwatch.Event{{Kind: "test", Actor: "a", At: start}}
		g.fx.MustSave(t, c)
		g.fx.Log(t, 0)
	})
	status, _, body := g.do(request{method: "GET", path: "/api/v1/events/stream?account=" + storetest.Account + "&after=1", token: token})
	if status != 200 || !strings.HasPrefix(body, "retry: 2000\n\nid: ") || strings.Contains(body, "id: 1\n") || !strings.Contains(body, "event: end\ndata: {") {
		t.Errorf("%d %s", status, body)
	}
}

func TestAQuietStreamShowsThatItLives(t *testing.T) {
	g := newRig(t, func(o *api.Options) { o.Pace = api.Pace{Look: time.Millisecond, Alive: time.Millisecond} })
	g.seed(1)
	log := g.fx.Log(t, 0)
	head := log[len(log)-1].Seq
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprint(g.url, "/api/v1/events/stream?after=", head), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+g.token("", api.ScopeRead))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	want := fmt.Sprintf("retry: 2000\n\n: alive\nid: %d\n\n: alive", head)
	got := make([]byte, len(want))
	if _, err := io.ReadFull(res.Body, got); err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
}

func TestATokenHasSoManyStreams(t *testing.T) {
	g := newRig(t)
	token := g.token("", api.ScopeRead)
	ctx, cancel := context.WithCancel(t.Context())
	for range 5 {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.url+"/api/v1/events/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		if err != nil || res.StatusCode != 200 {
			t.Fatal(res, err)
		}
		defer res.Body.Close()
		if _, err := io.ReadAtLeast(res.Body, make([]byte, 13), 13); err != nil {
			t.Fatal(err)
		}
	}
	g.expect(request{method: "GET", path: "/api/v1/events/stream", token: token}, 429, "rate-limited")
	cancel()
}

// A client that takes nothing is cut off within the time for one write, however
// much there is to send.
func TestASlowClientIsCutOff(t *testing.T) {
	g := newRig(t, func(o *api.Options) { o.Pace = api.Pace{Write: 50 * time.Millisecond} })
	c := g.fx.Changes(t)
	for range 2000 {
		c.Events = append(c.Events, socialwatch.Event{Kind: "test", Actor: "a", At: start, Data: map[string]any{"x": strings.Repeat("y", 4000)}})
	}
	g.fx.MustSave(t, c)
	g.fx.Log(t, 0)
	ended := make(chan struct{})
	handler := api.New(g.opts)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
		close(ended)
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /api/v1/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", g.token("", api.ScopeRead))
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Error("it is still being waited for")
	}
}

// endless is a log of which there is always more.
type endless struct{}

func (endless) Feed(_ context.Context, f store.FeedFilter) ([]socialwatch.Event, int64, error) {
	return []socialwatch.Event{{Seq: f.After + 1, Kind: "test", Actor: "a", At: start}}, f.After + 1, nil
}

// Who has a long log to read loses a right within it, not behind it.
func TestStreamOfALongLogEndsWithTheRight(t *testing.T) {
	g := newRig(t, func(o *api.Options) {
		o.Events, o.Pace = endless{}, api.Pace{Check: 10 * time.Millisecond}
	})
	l := listener{g: g, token: g.token("bo", api.ScopeRead), query: "?account=" + storetest.Account}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	last, err := l.listen(ctx, func() bool {
		if len(l.seen) == 1 {
			g.fx.Disable(t, "bo")
		}
		return false
	})
	if err != nil || !strings.Contains(last, "token-required") {
		t.Errorf("%s, %v", last, err)
	}
}
