package main

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

func newBook(t *testing.T) book {
	t.Helper()
	b, err := openBook(t.Context(), filepath.Join(t.TempDir(), "consumer.db"))
	must(t, err)
	t.Cleanup(func() { must(t, b.Close()) })
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// next is the id of the next news, with what it is; "" when there is none.
func next(t *testing.T, b book) (string, news) {
	t.Helper()
	n, _, err := b.next(t.Context())
	must(t, err)
	return n.id, n
}

// TestTicketsAreLookedAtAfterAllEvents: a look at a ticket that can't be ended yet
// holds up no event, and comes after the events of every case.
func TestTicketsAreLookedAtAfterAllEvents(t *testing.T) {
	b := newBook(t)
	must(t, b.ring(t.Context(), "K-1"))
	_, n := next(t, b)
	n.tries = 6                      // put off for a minute: a second may end while we ask
	must(t, b.later(t.Context(), n)) // refused: a draft awaits
	must(t, b.ring(t.Context(), "K-2"))
	for i, number := range []string{"K-1", "K-3"} {
		must(t, b.add(t.Context(), fmt.Sprint("msg-", i), event{Seq: int64(7 + i), Kind: "mention.attached", Number: number}))
	}
	for _, want := range []string{"msg-0", "msg-1", "desk-K-2", ""} {
		id, n := next(t, b)
		if id != want {
			t.Fatalf("%q comes before %q", id, want)
		}
		must(t, b.done(t.Context(), n))
	}
	must(t, b.add(t.Context(), "msg-2", event{Seq: 9, Kind: "mention.attached", Number: "K-1"}))
	_, n = next(t, b)
	n.tries = 6
	must(t, b.later(t.Context(), n))
	must(t, b.ring(t.Context(), "K-1"))
	if id, _ := next(t, b); id != "" {
		t.Errorf("%q goes before an event of its case", id)
	}
}

// TestATicketIsLookedAtOnceHoweverOftenItRings: but again when it rings while
// somebody looks, for it may have been looked at before it moved.
func TestATicketIsLookedAtOnceHoweverOftenItRings(t *testing.T) {
	b := newBook(t)
	for range 3 {
		must(t, b.ring(t.Context(), "K-1"))
	}
	_, n := next(t, b)
	must(t, b.done(t.Context(), n))
	if id, _ := next(t, b); id != "" {
		t.Fatalf("%q is looked at twice", id)
	}
	must(t, b.ring(t.Context(), "K-1"))
	_, n = next(t, b)
	must(t, b.ring(t.Context(), "K-1"))
	must(t, b.later(t.Context(), n))
	id, again := next(t, b)
	if id != "desk-K-1" || again.tries != n.tries+1 {
		t.Fatalf("it rang meanwhile: %q, %d tries", id, again.tries)
	}
	must(t, b.ring(t.Context(), "K-1"))
	must(t, b.done(t.Context(), again))
	if id, _ := next(t, b); id != "desk-K-1" {
		t.Fatal("it rang meanwhile and nobody looks")
	}
}

// TestWhatIsDoneIsForgotten: the file does not grow for ever, and only tickets of
// which something may come are looked at without a ring.
func TestWhatIsDoneIsForgotten(t *testing.T) {
	b := newBook(t)
	count := func() (n int) {
		t.Helper()
		must(t, b.QueryRowContext(t.Context(), `select count(*) from news`).Scan(&n))
		return n
	}
	must(t, b.add(t.Context(), "msg-1", event{Seq: 1, Kind: "case.opened", Number: "K-1"}))
	must(t, b.add(t.Context(), "msg-2", event{Seq: 2, Kind: "case.opened", Number: "K-2"}))
	_, n := next(t, b)
	must(t, b.done(t.Context(), n))
	if must(t, b.forget(t.Context())); count() != 2 {
		t.Fatal("what was done a moment ago is forgotten, and a repeat would be done again")
	}
	_, err := b.ExecContext(t.Context(), `update news set done_at = ? where done_at > 0`, time.Now().AddDate(0, 0, -8).Unix())
	must(t, err)
	if must(t, b.forget(t.Context())); count() != 1 {
		t.Errorf("%d news are kept, one waits", count())
	}
	must(t, b.keep(t.Context(), ticket{number: "K-1", id: "1", over: true}))
	must(t, b.keep(t.Context(), ticket{number: "K-2", id: "2"}))
	open, err := b.numbers(t.Context(), "")
	must(t, err)
	rings, err := b.numbers(t.Context(), "1")
	must(t, err)
	if fmt.Sprint(open, rings) != "[K-2] [K-1]" {
		t.Errorf("looked at by themselves: %v; rings: %v", open, rings)
	}
}
