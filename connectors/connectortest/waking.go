package connectortest

import (
	"context"
	"errors"
	"net/http/httptrace"
	"runtime"
	"strings"
	"sync"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

func cancelled(r *rig) {
	m := r.mention(Say{Text: "order 1001"})
	c := r.Connect(r.T)
	p := r.payload(c, m.Post, sorry)
	calls := map[string]func(context.Context) error{
		"fetch":  func(ctx context.Context) error { _, err := c.Source.Fetch(ctx, nil); return err },
		"lookup": func(ctx context.Context) error { _, err := c.Lookup.Get(ctx, []string{m.ID}); return err },
		"threads": func(ctx context.Context) error {
			_, err := c.Threads.Read(ctx, []string{m.ID}, time.Time{})
			return err
		},
		"find":  func(ctx context.Context) error { _, err := c.Finder.Find(ctx, p); return err },
		"reply": func(ctx context.Context) error { _, err := c.Replier.Reply(ctx, p, "key-slow"); return err },
	}
	if r.Pushed != nil {
		for _, part := range []string{"fetch", "lookup", "threads"} {
			delete(calls, part)
		}
	} else {
		_, err := c.Source.Fetch(r.Context(), nil) // so that no call is slow for learning first
		r.must(err)
	}
	r.Faults.Begin(r.T, Slow)
	for name, call := range calls {
		// It ends once the network has been asked, however long that took.
		ctx, cancel := context.WithCancel(r.Context())
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { cancel() }})
		begun := time.Now()
		err := call(ctx)
		cancel()
		if r.safe(err) == nil || time.Since(begun) >= 2*time.Second { // when the answer comes
			r.Errorf("%s: does not end with its context", name)
		}
		if name == "reply" {
			r.reason(name, err, socialwatch.Unknown)
		} else if !errors.Is(err, context.Canceled) {
			r.Errorf("%s: the error does not say that the context ended: %v", name, err)
		}
	}
}

// bells counts what a Waker does.
type bells struct {
	mu      sync.Mutex
	rings   int
	deleted []string
	up      bool
	downs   int
}

func (b *bells) ring(r connectors.Ring) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.Deleted != "" {
		b.deleted = append(b.deleted, r.Deleted)
		return
	}
	b.rings++
}

func (b *bells) state(up bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.up = up
	if !up {
		b.downs++
	}
}

func (b *bells) read() (rings, downs int, up bool, deleted []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rings, b.downs, b.up, append([]string(nil), b.deleted...)
}

func wake(r *rig) {
	c := r.Connect(r.T)
	if c.Waker == nil {
		return
	}
	before := ours()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	var b bells
	done := make(chan error, 1)
	go func() { done <- c.Waker.Wake(ctx, b.ring, b.state) }()

	r.eventually("a ring on connecting", func() bool { n, _, up, _ := b.read(); return n >= 1 && up })
	r.heard(&b)
	if !r.Lacks.StreamDeletes {
		id := r.People.Say(r.T, Say{ToUs: true, Text: "hello"})
		r.People.Delete(r.T, id)
		r.eventually("a ring for a deletion", func() bool { _, _, _, d := b.read(); return len(d) == 1 && d[0] == id })
	}
	if r.Pushed == nil {
		r.breaks(&b)
	}
	cancel()
	select {
	case err := <-done:
		r.must(err)
	case <-time.After(patience):
		r.Fatal("Wake does not end with its context")
	}
	if _, _, up, _ := b.read(); up {
		r.Fatal("the stream counts as up after Wake has ended")
	}
	r.eventually("no goroutine is left", func() bool { return ours() <= before })
}

// breaks cuts the stream and takes the server away: it rings after each.
func (r *rig) breaks(b *bells) {
	r.Helper()
	for i := range 3 {
		rings, _, _, _ := b.read()
		r.Faults.CutStreams(r.T)
		r.eventually("a ring after a break", func() bool { n, downs, up, _ := b.read(); return n > rings && downs > i && up })
		r.heard(b)
	}
	r.Faults.Begin(r.T, Down)
	r.eventually("the break shows", func() bool { _, _, up, _ := b.read(); return !up })
	rings, _, _, _ := b.read()
	r.Faults.Clear(r.T)
	r.eventually("a ring after an outage", func() bool { n, _, up, _ := b.read(); return n > rings && up })
}

// heard says things to us until two ring, as the first ring may be that of the
// connect: from then on the stream is surely open on both ends.
func (r *rig) heard(b *bells) {
	r.Helper()
	rings, _, _, _ := b.read()
	r.eventually("a ring for a mention", func() bool {
		if n, _, _, _ := b.read(); n > rings+1 {
			return true
		}
		r.People.Say(r.T, Say{ToUs: true, Text: "hello"})
		return false
	})
}

// ours counts goroutines with a connector's code on their stack.
func ours() int {
	buf := make([]byte, 4<<20)
	n := 0
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(stack, "socialwatch/connectors/") {
			n++
		}
	}
	return n
}

func wakeRefused(r *rig) {
	c := r.Connect(r.T)
	if c.Waker == nil {
		return
	}
	r.Faults.Begin(r.T, NoToken)
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	var b bells
	err := c.Waker.Wake(ctx, b.ring, b.state)
	r.reason("a stream with a bad token", err, socialwatch.Unauthorized)
}

func probe(r *rig) {
	c := r.Connect(r.T)
	checks, err := c.Prober.Probe(r.Context())
	r.must(err)
	if len(checks) == 0 {
		r.Fatal("nothing was checked")
	}
	for _, ch := range checks {
		if !ch.OK || ch.Name == "" || ch.Text == "" {
			r.Errorf("check %q of a sound account: ok %v: %s", ch.Name, ch.OK, ch.Text)
		}
		_ = r.safe(errors.New(ch.Text))
	}
	for _, f := range []Fault{Down, NoToken} {
		r.Faults.Begin(r.T, f)
		_, err = c.Prober.Probe(r.Context())
		if r.safe(err) == nil {
			r.Errorf("%s: Probe finds nothing wrong", f)
		}
		r.Faults.Clear(r.T)
	}
}
