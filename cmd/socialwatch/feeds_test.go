package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"socialwatch/internal/simulator/consumer"
)

// heard is one event as a consumer is told of it, on whatever way.
type heard struct {
	Seq    int64     `json:"seq"`
	CaseID int64     `json:"case_id"`
	At     time.Time `json:"at"`
}

// book is what a consumer has on its disk: it outlives the consumer's crashes.
type book struct {
	name string

	mu       sync.Mutex
	seen     map[int64]bool
	last     map[int64]int64 // by case: the highest number
	bookmark int64
	repeats  int
	worst    time.Duration // from an event's happening to its first arrival
	stored   *diary        // of who writes; nil: an event is stored when it happens
	disorder []string
	crashes  int
}

func newBook(name string) *book {
	return &book{name: name, seen: map[int64]bool{}, last: map[int64]int64{}}
}

// diary is when a writer's transactions began and were over. On a busy machine
// storing takes its time, which is no delay of who reads afterwards.
type diary struct {
	mu      sync.Mutex
	writes  []struct{ from, to time.Time }
	running time.Time // since when a write goes on; zero: none does
}

func (d *diary) note(write func() error) error {
	from := time.Now()
	d.mu.Lock()
	d.running = from
	d.mu.Unlock()
	err := write()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running = time.Time{}
	d.writes = append(d.writes, struct{ from, to time.Time }{from, time.Now()})
	return err
}

// since is how long ago the write was over that made an event at; a write that
// goes on makes it no time at all.
func (d *diary) since(at time.Time) time.Duration {
	if d == nil {
		return time.Since(at)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.running.IsZero() && !at.Before(d.running.Truncate(time.Microsecond)) {
		return 0
	}
	for _, w := range slices.Backward(d.writes) {
		if !at.Before(w.from.Truncate(time.Microsecond)) && !at.After(w.to) {
			return time.Since(w.to)
		}
	}
	return time.Since(at) // of somebody else
}

// take notes an event. First arrivals of a case must come in order.
func (b *book) take(e heard) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seen[e.Seq] {
		b.repeats++
		return
	}
	b.seen[e.Seq] = true
	b.worst = max(b.worst, b.stored.since(e.At))
	if e.CaseID != 0 && e.Seq < b.last[e.CaseID] {
		b.disorder = append(b.disorder, fmt.Sprintf("%d of case %d after %d", e.Seq, e.CaseID, b.last[e.CaseID]))
	}
	b.last[e.CaseID] = max(b.last[e.CaseID], e.Seq)
}

// save is the bookmark being written to the disk; a crash goes back to it.
func (b *book) save(seq int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bookmark = seq
}

func (b *book) saved() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bookmark
}

func (b *book) crashed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.crashes++
}

// missing are the events that the consumer was never told of.
func (b *book) missing(all []int64) []int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(all), func(seq int64) bool { return b.seen[seq] })
}

// check holds the book against the log, and prints its figures: it must know all,
// and nothing that the log has not, which was read last.
func (b *book) check(t *testing.T, all, log []int64) {
	t.Helper()
	missing := b.missing(all)
	b.mu.Lock()
	defer b.mu.Unlock()
	t.Logf("%-16s saw %d of %d, %d repeats, %d crashes, worst delay %s", b.name, len(all)-len(missing), len(all), b.repeats, b.crashes, b.worst.Round(time.Millisecond))
	if len(missing) > 0 {
		t.Errorf("%s misses %d events: %v", b.name, len(missing), missing[:min(len(missing), 20)])
	}
	if len(b.disorder) > 0 {
		t.Errorf("%s has %d events out of order: %q", b.name, len(b.disorder), b.disorder[:min(len(b.disorder), 5)])
	}
	known := make(map[int64]bool, len(log))
	for _, seq := range log {
		known[seq] = true
	}
	stray := slices.DeleteFunc(slices.Sorted(maps.Keys(b.seen)), func(seq int64) bool { return known[seq] })
	if len(stray) > 0 {
		t.Errorf("%s was told of %d events that the log has not: %v", b.name, len(stray), stray[:min(len(stray), 20)])
	}
}

// pause waits, and reports whether there is time left.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// postbox writes what a desk takes into a book.
func postbox(b *book, d *consumer.Consumer, f func(consumer.Message) consumer.Fault) {
	d.Behave(func(m consumer.Message) consumer.Fault {
		fault := f(m)
		if fault.Status == 0 && !fault.Garbage {
			var v struct{ Data struct{ Event heard } }
			if err := json.Unmarshal([]byte(m.Body), &v); err == nil {
				b.take(v.Data.Event)
			}
		}
		if fault != (consumer.Fault{}) && fault.Delay == 0 {
			b.crashed()
		}
		return fault
	})
}
