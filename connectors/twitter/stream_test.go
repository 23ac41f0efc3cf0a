package twitter

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	sim "socialwatch/internal/simulator/twitter"
)

// door is an inbox in memory, and what a Wake did to it.
type door struct {
	mu     sync.Mutex
	posts  []socialwatch.Mention
	rings  []connectors.Ring
	ups    []bool
	refuse bool
	early  bool // a ring for a kept post came before it was kept
}

func (d *door) Put(_ context.Context, _ string, mentions []socialwatch.Mention) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refuse {
		return errors.New("the disk is full")
	}
	d.posts = append(d.posts, mentions...)
	return nil
}

func (d *door) ring(r connectors.Ring) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rings = append(d.rings, r)
	kept := 0
	for _, r := range d.rings {
		if r.Kept {
			kept++
		}
	}
	d.early = d.early || kept > len(d.posts)
}

func (d *door) state(up bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ups = append(d.ups, up)
}

// count is how many rings there were: for a fetch, and for the inbox.
func (d *door) count() (fetch, kept int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.rings {
		if r.Kept {
			kept++
		} else {
			fetch++
		}
	}
	return fetch, kept
}

func (d *door) kept() []socialwatch.Mention {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.posts)
}

// streaming are the options of our account with OAuth 2.0 and the stream.
func (r *rig) streaming(d *door) Options {
	r.Helper()
	app := r.sim.RegisterClient(false, "http://127.0.0.1:9/back")
	access, refresh, err := r.sim.Tokens(app.ID, "shop_help")
	r.must(err)
	return Options{Account: "shop", Handle: "shop_help", BaseURL: r.sim.URL(), Now: r.now, Ledger: r.books,
		Auth: Auth{ClientID: app.ID}, Bearer: r.sim.Bearer(), Stream: true, Inbox: d,
		Tokens: &keeper{token: connectors.Token{Access: access, Refresh: refresh}}}
}

// listening wakes until the test ends and waits for the stream.
func (r *rig) listening(o Options, d *door) (done chan error, stop func()) {
	r.Helper()
	ctx, cancel := context.WithCancel(r.Context())
	done = make(chan error, 1)
	c := r.connect(o)
	go func() { done <- c.Waker.Wake(ctx, d.ring, d.state) }()
	r.Cleanup(cancel)
	r.until("the stream is open", func() bool { f, _ := d.count(); return f >= 1 && r.sim.Streams() == 1 })
	return done, cancel
}

func (r *rig) until(what string, cond func() bool) {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			r.Fatalf("not in ten seconds: %s", what)
		}
	}
}

func (r *rig) ended(done chan error) error {
	r.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(10 * time.Second):
		r.Fatal("Wake does not end")
		return nil
	}
}

func TestPushedPostsAreKeptBeforeTheRing(t *testing.T) {
	for _, full := range []bool{false, true} {
		r := newRig(t, sim.Options{FullEvents: full})
		ours := r.post("shop_help", "we are open", sim.PostOptions{})
		before := goroutines()
		d := &door{}
		done, stop := r.listening(r.streaming(d), d)
		first := r.post("customer1", "@shop_help order 1001 &lt;late&gt; never came", sim.PostOptions{})
		under := r.post("customer2", "mine neither", sim.PostOptions{InReplyTo: ours})
		untagged := r.post("customer2", "nor this", sim.PostOptions{InReplyTo: ours, Untagged: true})
		quote := r.post("customer3", "look at this", sim.PostOptions{Quote: ours})
		both := r.post("customer4", "@shop_help and here", sim.PostOptions{InReplyTo: first})
		twice := r.post("customer5", "@shop_help mine too", sim.PostOptions{InReplyTo: ours}) // makes two events
		r.post("customer5", "shop_help is slow", sim.PostOptions{})
		r.until("all are kept", func() bool { _, kept := d.count(); return kept >= 6 && r.sim.Streams() == 1 })
		kinds := map[string]socialwatch.MentionKind{}
		for _, m := range d.kept() {
			kinds[m.ID] = m.Kind
			if m.Account != "shop" || m.Author.Handle == "" || m.URL == "" || m.CreatedAt.IsZero() {
				t.Errorf("%+v", m)
			}
			root := map[string]string{under: ours, untagged: ours, both: first, twice: ours}[m.ID]
			if root != "" && (m.RootID != root || m.ParentID != root) {
				t.Errorf("full %v: %s stands under %s in %s, want %s", full, m.ID, m.ParentID, m.RootID, root)
			}
		}
		if len(kinds) != 6 || len(d.kept()) != 6 || kinds[first] != socialwatch.KindMention || kinds[quote] != socialwatch.KindQuote ||
			kinds[untagged] != socialwatch.KindFollowUp || kinds[both] != socialwatch.KindMention || kinds[under] != socialwatch.KindMention {
			t.Errorf("full %v: %v", full, kinds)
		}
		if d.early {
			t.Error("a ring came before its post was kept")
		}
		if n := r.books.counts()[ItemPostRead]; n != 0 {
			t.Errorf("%d posts were paid for twice", n)
		}
		if n := r.sim.Requests()["GET /2/tweets"]; full && n != 0 {
			t.Errorf("%d look-ups of whole events", n)
		}
		stop()
		r.must(r.ended(done))
		r.sameBill()
		if len(d.ups) != 2 || !d.ups[0] || d.ups[1] {
			t.Errorf("ups %v", d.ups)
		}
		r.until("no goroutine is left", func() bool { return goroutines() <= before })
	}
}

// goroutines counts those with our code on their stack.
func goroutines() int {
	buf := make([]byte, 1<<20)
	return strings.Count(string(buf[:runtime.Stack(buf, true)]), "twitter.(*stream)")
}

func TestRepeatedAndUnorderedEventsAreKeptOnce(t *testing.T) {
	r := newRig(t, sim.Options{Heartbeat: 50 * time.Millisecond})
	d := &door{}
	done, stop := r.listening(r.streaming(d), d)
	r.sim.Disturb(sim.Disturbance{Duplicates: true, Unordered: true})
	for i := range 20 {
		r.post("customer1", "@shop_help again "+itoa(i), sim.PostOptions{})
	}
	r.until("all are kept", func() bool { _, kept := d.count(); return kept == 20 })
	r.sim.Disturb(sim.Disturbance{})
	r.post("customer1", "@shop_help the last", sim.PostOptions{})
	r.until("the last is kept", func() bool { _, kept := d.count(); return kept >= 21 })
	stop()
	r.must(r.ended(done))
	if _, kept := d.count(); kept != 21 || len(d.kept()) != 21 {
		t.Errorf("%d rings, %d kept", kept, len(d.kept()))
	}
	r.sameBill()
}

func TestSubscriptionsAreMadeOnce(t *testing.T) {
	r := newRig(t, sim.Options{})
	d := &door{}
	o := r.streaming(d)
	for range 2 {
		done, stop := r.listening(o, d)
		r.sim.CutStreams()
		r.until("it comes back", func() bool { return r.sim.Streams() == 1 })
		stop()
		r.must(r.ended(done))
		r.until("the stream is closed", func() bool { return r.sim.Streams() == 0 })
	}
	if n := r.sim.Requests()["POST /2/activity/subscriptions"]; n != len(wanted) {
		t.Errorf("%d subscriptions were asked for", n)
	}
}

func TestBrokenStreamComesBackAndRingsForAPoll(t *testing.T) {
	r := newRig(t, sim.Options{})
	d := &door{}
	_, _ = r.listening(r.streaming(d), d)
	for i := range 3 {
		if r.sim.CutStreams(); i == 1 {
			r.sim.StreamError(true)
		}
		r.until("a ring after the break", func() bool { f, _ := d.count(); return f >= i+2 && r.sim.Streams() == 1 })
	}
	r.post("customer1", "@shop_help after the break", sim.PostOptions{})
	r.until("the post is kept", func() bool { return len(d.kept()) == 1 })
}

func TestRevokedRightsEndTheStream(t *testing.T) {
	r := newRig(t, sim.Options{})
	d := &door{}
	done, _ := r.listening(r.streaming(d), d)
	r.must(r.sim.Revoke("shop_help"))
	err := r.ended(done)
	r.wants("revoked", err, socialwatch.Unauthorized)
	if !strings.Contains(err.Error(), "socialwatch login shop") {
		t.Errorf("does not say what to do: %v", err)
	}
}

func TestStreamRefusedForGood(t *testing.T) {
	for _, fault := range []sim.FaultKind{sim.FaultUnauthorized, sim.FaultForbidden} {
		r := newRig(t, sim.Options{})
		d := &door{}
		c := r.connect(r.streaming(d))
		r.must(r.sim.Inject(sim.Fault{Kind: fault, Route: "GET /2/activity/stream"}))
		done := make(chan error, 1)
		go func() { done <- c.Waker.Wake(t.Context(), d.ring, d.state) }()
		r.wants(string(fault), r.ended(done), socialwatch.Unauthorized)
	}
}

// TestAFirewallsPageDoesNotEndTheStream for good: it is no word of X.
func TestAFirewallsPageDoesNotEndTheStream(t *testing.T) {
	r := newRig(t, sim.Options{})
	d := &door{}
	o, said := r.streaming(d), make(lines, 9)
	o.Logger = slog.New(slog.NewTextHandler(said, nil))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r.must(r.sim.Inject(sim.Fault{Kind: sim.FaultFirewall, Route: "GET /2/activity/stream"}))
	done, c := make(chan error, 1), r.connect(o)
	go func() { done <- c.Waker.Wake(ctx, d.ring, d.state) }()
	for again := false; !again; {
		select {
		case err := <-done:
			t.Fatalf("it ended: %v", err)
		case line := <-said:
			again = strings.Contains(line, "again_in=5s")
		}
	}
	cancel()
	r.must(r.ended(done))
	if len(d.ups) != 0 {
		t.Errorf("ups %v", d.ups)
	}
}

// lines are those of a log, as they are written.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

func TestPostThatCannotBeKeptIsLeftToThePoll(t *testing.T) {
	r := newRig(t, sim.Options{})
	d := &door{refuse: true}
	_, _ = r.listening(r.streaming(d), d)
	r.post("customer1", "@shop_help hello", sim.PostOptions{})
	r.until("a ring for a poll", func() bool { f, kept := d.count(); return f == 2 && kept == 0 })
	r.sameBill()
}

func TestPartialEventThatCannotBeCompletedIsLeftToThePoll(t *testing.T) {
	r := newRig(t, sim.Options{})
	ours := r.post("shop_help", "we are open", sim.PostOptions{})
	d := &door{}
	_, _ = r.listening(r.streaming(d), d)
	r.must(r.sim.Inject(sim.Fault{Kind: sim.FaultServerError, Route: "GET /2/tweets"}))
	r.post("customer1", "@shop_help hello", sim.PostOptions{})
	r.until("a ring for a poll", func() bool { f, kept := d.count(); return f == 2 && kept == 0 })
	quote := r.post("customer1", "look", sim.PostOptions{Quote: ours})
	r.until("the quote is kept", func() bool { return len(d.kept()) == 1 })
	if m := d.kept()[0]; m.ID != quote || m.Kind != socialwatch.KindQuote {
		t.Errorf("%+v", m)
	}
}

func TestStreamStopsWhenTheBudgetDoes(t *testing.T) {
	r := newRig(t, sim.Options{})
	d := &door{}
	done, stop := r.listening(r.streaming(d), d)
	r.books.mu.Lock()
	r.books.refuse = &socialwatch.NetworkError{Reason: socialwatch.OutOfCredit, Err: errors.New("the month's budget is spent")}
	r.books.mu.Unlock()
	r.post("customer1", "@shop_help hello", sim.PostOptions{})
	r.until("the stream is closed", func() bool { return r.sim.Streams() == 0 })
	stop()
	r.must(r.ended(done))
	if r.books.halted != "" {
		t.Error("our own budget halts nothing")
	}
}

func TestStreamWithoutCreditHaltsTheAccount(t *testing.T) {
	r := newRig(t, sim.Options{})
	d := &door{}
	c := r.connect(r.streaming(d))
	r.must(r.sim.Inject(sim.Fault{Kind: sim.FaultCredits, Route: "GET /2/activity/stream"}))
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { done <- c.Waker.Wake(ctx, d.ring, d.state) }()
	r.until("the account is halted", func() bool { r.books.mu.Lock(); defer r.books.mu.Unlock(); return r.books.halted != "" })
	cancel()
	r.must(r.ended(done))
	if n := r.sim.Requests()["GET /2/activity/stream"]; n != 1 {
		t.Errorf("%d attempts", n)
	}
}

func TestPushNeedsOAuth2AndABearer(t *testing.T) {
	r := newRig(t, sim.Options{})
	d := &door{}
	o := r.options()
	o.Stream, o.Inbox, o.Bearer = true, d, r.sim.Bearer()
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "OAuth 2.0") {
		t.Errorf("OAuth 1.0a: %v", err)
	}
	o = r.streaming(d)
	o.Bearer = ""
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "bearer") {
		t.Errorf("no bearer: %v", err)
	}
}
