package twitter

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	sim "socialwatch/internal/simulator/twitter"
)

func itoa(n int) string { return strconv.Itoa(n) }

func asNetwork(err error, ne **socialwatch.NetworkError) bool { return errors.As(err, ne) }

// rig is a stand-in of X with the shop's account, which owns the app, and one
// clock for both sides.
type rig struct {
	*testing.T
	sim   *sim.Server
	books *books
	aside int64 // micro USD on X's bill that the test itself caused

	mu   sync.Mutex
	skew time.Duration
}

func newRig(t *testing.T, o sim.Options) *rig {
	t.Helper()
	now := time.Now()
	// Noon, so that no test runs over the end of a day, when all is charged anew.
	r := &rig{T: t, books: &books{}, skew: now.UTC().Truncate(24 * time.Hour).Add(12 * time.Hour).Sub(now)}
	o.Now = r.now
	r.sim = sim.New(o)
	t.Cleanup(r.sim.Close)
	r.must(r.sim.Start())
	_, err := r.sim.AddUser("shop_help")
	r.must(err)
	return r
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Add(r.skew)
}

func (r *rig) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.skew += d
}

// options are those of our account, signed by OAuth 1.0a.
func (r *rig) options() Options { return r.optionsOf("shop_help") }

func (r *rig) optionsOf(handle string) Options {
	r.Helper()
	s, err := r.sim.Credentials(handle)
	r.must(err)
	return Options{Account: "shop", Handle: handle, BaseURL: r.sim.URL(), Now: r.now, Ledger: r.books,
		Auth: Auth{ConsumerKey: s.ConsumerKey, ConsumerSecret: s.ConsumerSecret, AccessToken: s.AccessToken, AccessSecret: s.AccessSecret}}
}

func (r *rig) open() *connectors.Connector { return r.connect(r.options()) }

func (r *rig) connect(o Options) *connectors.Connector {
	r.Helper()
	c, err := New(o)
	r.must(err)
	return c
}

func (r *rig) post(author, text string, o sim.PostOptions) string {
	r.Helper()
	id, err := r.sim.Post(author, text, o)
	r.must(err)
	return id
}

// burst posts n mentions and returns their ids.
func (r *rig) burst(n int, what string) []string {
	r.Helper()
	ids := make([]string, 0, n)
	for i := range n {
		ids = append(ids, r.post(fmt.Sprintf("customer%d", i%9), fmt.Sprintf("@shop_help %s %d", what, i), sim.PostOptions{}))
	}
	return ids
}

// inbox collects what reading brings, as intake does.
type inbox struct {
	*rig
	cursor   []byte
	mentions map[string]socialwatch.Mention
	aside    []socialwatch.SetAside
	gaps     []socialwatch.Gap
	requests int
}

func (r *rig) inbox() *inbox {
	return &inbox{rig: r, mentions: map[string]socialwatch.Mention{}}
}

// fetch stores one batch.
func (in *inbox) fetch(c *connectors.Connector) (more bool, err error) {
	b, err := c.Source.Fetch(in.Context(), in.cursor)
	if err != nil {
		return false, err
	}
	for _, m := range b.Mentions {
		in.mentions[m.ID] = m
	}
	in.aside, in.gaps = append(in.aside, b.SetAside...), append(in.gaps, b.Gaps...)
	in.requests += b.Cost.Requests
	if b.Cursor != nil {
		in.cursor = b.Cursor
	}
	return b.More, nil
}

// poll fetches until there is no more.
func (in *inbox) poll(c *connectors.Connector) {
	in.Helper()
	for range 100 {
		more, err := in.fetch(c)
		in.must(err)
		if !more {
			return
		}
	}
	in.Fatal("a hundred batches, and still more")
}

// holds fails the test unless exactly these mentions were read.
func (in *inbox) holds(ids ...string) {
	in.Helper()
	got := slices.Sorted(maps.Keys(in.mentions))
	want := slices.Sorted(slices.Values(ids))
	if !slices.Equal(got, slices.Compact(want)) {
		in.Fatalf("%d mentions were read, want %d", len(got), len(want))
	}
}

// settled counts the charged objects by item.
func (b *books) counts() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := map[string]int{}
	for _, item := range b.settled {
		n[item]++
	}
	return n
}

// sameBill fails the test unless the ledger has what X charges for.
func (r *rig) sameBill() {
	r.Helper()
	want := map[string]int{}
	for _, c := range r.sim.Bill().Charges {
		want[c.Item] += c.Objects
	}
	if got := r.books.counts(); !maps.Equal(got, want) {
		r.Errorf("the ledger has %v, X charges for %v", got, want)
	}
	if r.books.open != 0 {
		r.Errorf("%d reservations were not settled", r.books.open)
	}
}

// soon waits until cond holds.
func (r *rig) soon(what string, cond func() bool) {
	r.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.NewTimer(15 * time.Second)
	defer end.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-end.C:
			r.Fatalf("not in 15 seconds: %s", what)
		}
	}
}
