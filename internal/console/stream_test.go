package console

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// news is what a page is told at once.
type news struct {
	List *struct {
		In    []string `json:"in"`
		Count string   `json:"count"`
		IDs   []int64  `json:"ids"`
	} `json:"list"`
	Banners string `json:"banners"`
	Replies []struct {
		ID                                     int64
		State, Label, Hash, Revision, Deciding string
	} `json:"replies"`
}

// live is an open page without a browser.
type live struct {
	t    testing.TB
	body io.ReadCloser
	in   *bufio.Scanner
}

func (v *visitor) follow(query string) *live {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), "GET", v.shop.server.URL+"/events?"+query, nil)
	must(v.t, err)
	r.AddCookie(v.cookie)
	resp, err := v.client.Do(r)
	must(v.t, err)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		v.t.Fatalf("status %d, %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	v.t.Cleanup(func() { resp.Body.Close() })
	in := bufio.NewScanner(resp.Body)
	in.Buffer(nil, 1<<20)
	return &live{v.t, resp.Body, in}
}

// next is the next event and its data; "" when the stream has ended.
func (l *live) next() (event, data string) {
	for l.in.Scan() {
		line := l.in.Text()
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			event = name
		}
		if text, ok := strings.CutPrefix(line, "data: "); ok {
			return event, text
		}
	}
	return "", ""
}

func (l *live) look() (n news) {
	l.t.Helper()
	event, data := l.next()
	if event != "look" {
		l.t.Fatalf("event %q: %s", event, data)
	}
	must(l.t, json.Unmarshal([]byte(data), &n))
	return n
}

// until reads on to the first news that is wanted.
func (l *live) until(wanted func(news) bool) news {
	l.t.Helper()
	for {
		if n := l.look(); wanted(n) {
			return n
		}
	}
}

func TestAPageIsToldEverythingFirstAndThenWhatChanges(t *testing.T) {
	s := newShop(t)
	cases := s.three(t)
	var ids []string
	for _, cs := range cases {
		ids = append(ids, id(s.replyOf(t, cs.Number)))
	}
	ana, bo := s.enter(t, "ana"), s.enter(t, "bo")
	page := ana.follow("rows=" + strings.Join(ids, ",") + ",777,-1,x")
	first := page.look()
	if first.List == nil || first.List.Count != "3" || len(first.List.IDs) != 3 || !slices.Equal(first.List.In, []string{"awaiting"}) ||
		len(first.Replies) != 3 || first.Banners == "" {
		t.Fatalf("%+v", first)
	}
	ana.get("/").has(t, `data-sign="`+first.Banners+`"`)

	bo.post("/replies/"+ids[1]+"/lease", nil)
	told := page.look()
	if len(told.Replies) != 1 || told.Replies[0].Deciding != "being decided by bo" || told.List != nil || told.Banners != "" {
		t.Errorf("a lease: %+v", told)
	}
	if mine := bo.follow("rows=" + ids[1]).look(); mine.Replies[0].Deciding != "" {
		t.Errorf("bo is told of himself: %+v", mine)
	}
	bo.submit(bo.get("/replies/"+ids[1]), "/approve", nil)
	told = page.until(func(n news) bool { return n.List != nil })
	if told.List.Count != "2" || told.Replies[0].State != "holding" || told.Replies[0].Label != "holding" {
		t.Errorf("a decision: %+v", told)
	}
	late := s.arrive(t, customer{handle: "customer9", text: "@shop_help where is my order", ago: time.Hour})
	told = page.until(func(n news) bool { return n.List != nil })
	if told.List.Count != "3" || told.List.IDs[0] != s.replyOf(t, late.Number).ID || len(told.Replies) != 0 {
		t.Errorf("an arrival: %+v", told)
	}
	lea := s.enter(t, "lea")
	lea.submit(lea.get("/connections"), "/stop", nil)
	if told = page.until(func(n news) bool { return n.Banners != "" }); told.Banners == first.Banners {
		t.Errorf("a stop: %+v", told)
	}

	// Whoever comes back is told everything, and so is who asks once.
	page.body.Close()
	again := ana.follow("rows=" + strings.Join(ids, ",")).look()
	if again.List == nil || again.List.Count != "3" || len(again.Replies) != 3 || again.Banners != told.Banners {
		t.Errorf("after a reconnect: %+v", again)
	}
	once := ana.get("/events?once=yes&rows=" + ids[1])
	var n news
	must(t, json.Unmarshal([]byte(once.body), &n))
	if n.List == nil || len(n.Replies) != 1 || n.Replies[0].State != "approved" { // publishing is stopped
		t.Errorf("once: %s", once.body)
	}
	if r := ana.get("/events?after=nonsense"); r.status != http.StatusBadRequest {
		t.Errorf("a cursor that is none: status %d", r.status)
	}
}

func TestAPageIsToldOfNothingThatItsPersonMayNotRead(t *testing.T) {
	s := newShop(t)
	cases := s.three(t)
	_, err := s.AddPerson(t.Context(), socialwatch.Person{Login: "eve", Name: "Eve",
		Roles: map[string]socialwatch.Role{"another": socialwatch.RoleLead}}, "", s.now())
	must(t, err)
	told := s.enter(t, "eve").follow("rows=" + id(s.replyOf(t, cases[0].Number))).look()
	if told.List == nil || told.List.Count != "0" || len(told.List.IDs) != 0 || len(told.Replies) != 0 {
		t.Errorf("%+v", told)
	}
	told = s.enter(t, "eve").follow("account=" + account).look()
	if len(told.List.IDs) != 0 {
		t.Errorf("%+v", told)
	}
}

func TestTheEndOfASessionEndsItsStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(Options{Live: quietLive{}, Now: time.Now, Log: slog.New(slog.DiscardHandler)}, noBanners)
		s := &stream{hub: h, open: auth.Seats[string]{All: 1, Own: 1}}
		for _, tc := range []struct {
			name string
			ok   bool
			err  error
			last string
			ends time.Duration
		}{
			{"the session is over", false, socialwatch.ErrNotFound, string(sayOver), checkAgain},
			{"the person has other rights", false, nil, "event: look", checkAgain},
			{"the same person", true, nil, "event: look", time.Minute},
			{"the database is away", false, errors.New("connection refused"), "event: look", time.Minute},
		} {
			ctx, stop := context.WithTimeout(t.Context(), time.Minute)
			w := newWatcher(socialwatch.Person{}, nil)
			h.join(w)
			begun, said := time.Now(), ""
			s.tell(ctx, w, func() (bool, error) { return tc.ok, tc.err }, func(what []byte) error {
				if len(what) > 0 && string(what) != string(sayAlive) {
					said = string(what)
				}
				return nil
			})
			h.leave(w)
			stop()
			if took := time.Since(begun); took != tc.ends || !strings.HasPrefix(said, tc.last) {
				t.Errorf("%s: after %s, %q", tc.name, took, said)
			}
		}
	})
}

func TestOpenPagesAreBoundedAndTheRestMayAsk(t *testing.T) {
	s := newShop(t)
	s.console.stream.open.All, s.console.stream.asking.All = 1, 1
	ana := s.enter(t, "ana")
	ana.follow("").look()
	if r := ana.get("/events"); r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") != "30" {
		t.Errorf("status %d, retry after %q", r.status, r.header.Get("Retry-After"))
	}
	if r := ana.get("/events?once=yes"); r.status != http.StatusOK || !strings.Contains(r.body, `"count":"0"`) {
		t.Errorf("status %d: %s", r.status, r.body)
	}
	s.console.stream.asking.Take("rita")
	if r := ana.get("/events?once=yes"); r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") != "30" {
		t.Errorf("one too many asks: status %d", r.status)
	}
}

func TestAskingOnceEndsThoughTheDatabaseDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stream{hub: newHub(Options{Live: stuckLive{}, Now: time.Now, Log: slog.New(slog.DiscardHandler)}, noBanners), asking: auth.Seats[string]{All: 1, Own: 1}}
		begun, w := time.Now(), httptest.NewRecorder()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		s.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/events?once=yes", nil))
		if took := time.Since(begun); w.Code != http.StatusServiceUnavailable || took != onceLimit {
			t.Errorf("status %d after %s", w.Code, took)
		}
	})
}

// stuckLive is a database that does not answer.
type stuckLive struct{ quietLive }

func (stuckLive) Glance(ctx context.Context, _ store.QueueFilter) (store.Glance, error) {
	<-ctx.Done()
	return store.Glance{}, ctx.Err()
}

func TestABellThatFailsIsSaidOnceAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said strings.Builder
		rings, tries := make(chan struct{}, 1), 0
		h := newHub(Options{Live: quietLive{}, Now: time.Now, Log: slog.New(slog.NewTextHandler(&said, nil)),
			Bell: func(context.Context) (<-chan struct{}, error) {
				if tries++; tries < 4 {
					return nil, errors.New("connection refused")
				}
				return rings, nil
			}}, noBanners)
		w := newWatcher(socialwatch.Person{}, nil)
		h.join(w)
		time.Sleep(3*lookAnyway + time.Second)
		ring(rings)
		time.Sleep(time.Second)
		heard := len(rings) == 0
		h.leave(w)
		if n := strings.Count(said.String(), "connection refused"); tries != 4 || n != 1 || !heard {
			t.Errorf("%d tries, said %d times, heard: %t", tries, n, heard)
		}
	})
}

func TestAnOpenPageIsNoPresence(t *testing.T) {
	s := newShop(t)
	ana := s.enter(t, "ana")
	here := func() bool {
		t.Helper()
		people, err := s.Present(t.Context(), s.now().Add(-15*time.Minute), s.now())
		must(t, err)
		return slices.ContainsFunc(people, func(p socialwatch.Person) bool { return p.Login == "ana" })
	}
	ana.get("/")
	s.advance(time.Hour)
	ana.follow("").look()
	ana.get("/events?once=yes")
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.server.URL+"/?part=banners", nil)
	must(t, err)
	r.AddCookie(ana.cookie)
	r.Header.Set("Unasked", "yes")
	resp, err := ana.client.Do(r)
	must(t, err)
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || here() {
		t.Errorf("status %d, here though nobody was: %t", resp.StatusCode, here())
	}
	if ana.get("/"); !here() {
		t.Error("who asks for a page is not here")
	}
}

func noBanners(context.Context) (string, error) { return "", nil }

// quietLive is a database in which nothing happens.
type quietLive struct{}

func (quietLive) Glance(context.Context, store.QueueFilter) (store.Glance, error) {
	return store.Glance{}, nil
}
func (quietLive) Standings(context.Context, []int64) ([]store.Standing, error) { return nil, nil }

// busyLive is a database in which something changes with every look.
type busyLive struct {
	mu    sync.Mutex
	looks int
	takes time.Duration // a look at a list by filter
}

func (b *busyLive) Glance(_ context.Context, f store.QueueFilter) (store.Glance, error) {
	if len(f.Teams) > 0 {
		time.Sleep(b.takes)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.looks++
	return store.Glance{IDs: []int64{int64(b.looks)}, Count: b.looks}, nil
}

func (b *busyLive) Standings(_ context.Context, ids []int64) (all []store.Standing, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range ids {
		all = append(all, store.Standing{ID: id, State: socialwatch.ReplyAwaiting, Hash: time.Now().String()})
	}
	return all, nil
}

var everywhere = socialwatch.Person{Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: socialwatch.RoleReader}}

// crowd lets pages watch a database that always changes, for some seconds, and
// counts what each is told. Each is read as slowly as take says.
func crowd(t *testing.T, b *busyLive, whole time.Duration, queries map[string]time.Duration) map[string]int {
	bell := make(chan struct{}, 1)
	h := newHub(Options{Live: b, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Bell: func(context.Context) (<-chan struct{}, error) { return bell, nil }}, noBanners)
	ctx, stop := context.WithTimeout(t.Context(), whole)
	defer stop()
	var mu sync.Mutex
	told := map[string]int{}
	var wg sync.WaitGroup
	for query, slow := range queries {
		wg.Go(func() {
			w := newWatcher(everywhere, mustQuery(query))
			h.join(w)
			defer h.leave(w)
			for {
				select {
				case <-ctx.Done():
					return
				case <-w.wake:
				}
				size := len(h.take(w))
				mu.Lock()
				told[query]++
				mu.Unlock()
				if size > 1000 {
					t.Errorf("%d bytes at once", size)
				}
				if !pass(ctx, slow) {
					return
				}
			}
		})
	}
	for pass(ctx, time.Millisecond) { // a thousand changes a second
		ring(bell)
	}
	wg.Wait()
	if h.pages == nil || len(h.pages)+len(h.lists)+len(h.replies) > 0 {
		t.Errorf("the hub keeps %d pages, %d lists, %d replies", len(h.pages), len(h.lists), len(h.replies))
	}
	return told
}

func TestNobodyTakesAllLivePages(t *testing.T) {
	s := newShop(t)
	ana := s.enter(t, "ana")
	for s.console.stream.open.Take("ana") { // as if each were open
	}
	if r := ana.get("/events"); r.status != http.StatusServiceUnavailable {
		t.Errorf("one more than a person has: status %d", r.status)
	}
	s.enter(t, "otto").follow("").look()
	for range pagesOwn {
		s.console.stream.open.Leave("ana")
	}
	ana.follow("").look()
}
