package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store/dbtest"
)

const feedWriters, feedBatches = 8, 12

// write stores batches of one to four events under an account of its own.
func (fx Fixture) write(t *testing.T, writer int) {
	account := fmt.Sprint("acc", writer)
	if err := fx.EnsureAccount(t.Context(), account, "mastodon", Host); err != nil {
		t.Error(err)
		return
	}
	for n := range feedBatches {
		c := socialwatch.Changes{Account: account, Version: int64(n), At: Start}
		for k := range 1 + (writer+n)%4 {
			c.Events = append(c.Events, socialwatch.Event{Kind: "test", Actor: fmt.Sprintf("%d/%d/%d", writer, n, k)})
		}
		if err := fx.Save(t.Context(), c); err != nil {
			t.Error(err)
			return
		}
	}
}

// number numbers events until done is closed and none is left.
func (fx Fixture) number(t *testing.T, done <-chan struct{}) {
	for {
		n, err := fx.Number(t.Context(), 7)
		if err != nil {
			t.Error(err)
			return
		}
		select {
		case <-done:
			if n == 0 {
				return
			}
		default:
		}
	}
}

// consumer reads on from the highest number it saw.
type consumer struct {
	last int64
	seen map[string]bool
}

func (c *consumer) read(t *testing.T, fx Fixture) (n int) {
	t.Helper()
	events, err := fx.Events(t.Context(), c.last, 5)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Seq != c.last+1 {
			t.Fatalf("number %d after %d", e.Seq, c.last)
		}
		c.last = e.Seq
		c.seen[e.Actor] = true
	}
	return len(events)
}

// A consumer must miss nothing, however writers and numberers interleave.
func TestNoEventAppearsBehindAReader(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		processes := []Fixture{fx, On(t, fx.Options)}
		var writing, numbering sync.WaitGroup
		done := make(chan struct{})
		for i := range feedWriters {
			writing.Go(func() { processes[i%2].write(t, i) })
		}
		for _, p := range processes {
			numbering.Go(func() { p.number(t, done) })
		}
		go func() { writing.Wait(); close(done) }()
		c := consumer{seen: map[string]bool{}}
		for finished := false; !finished; {
			select {
			case <-done:
				finished = true
			default:
				c.read(t, processes[1])
			}
		}
		numbering.Wait()
		for c.read(t, processes[1]) > 0 {
		}
		if n := count(t, fx, "select count(*) from events"); len(c.seen) != n || n == 0 {
			t.Errorf("the consumer saw %d of %d events", len(c.seen), n)
		}
		if at, err := fx.OldestUnnumbered(t.Context()); err != nil || !at.IsZero() {
			t.Errorf("oldest unnumbered %s, %v", at, err)
		}
	})
}

func TestEventsComeBackAsWritten(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 1)[0]
		if at, err := fx.OldestUnnumbered(t.Context()); err != nil || !at.Equal(Start) {
			t.Errorf("oldest unnumbered %s, %v", at, err)
		}
		log := fx.Log(t, 0)
		if len(log) != 4 {
			t.Fatalf("log %+v", log)
		}
		e := log[3]
		if e.Kind != "reply.awaiting" || e.CaseID != s.Case.ID || e.ReplyID != s.Reply.ID || e.CaseVersion != 1 ||
			e.Actor != socialwatch.System || !e.At.Equal(Start) || e.Seq != 4 ||
			e.Data["from"] != "checked" || e.Data["hash"] != s.Reply.Hash {
			t.Errorf("event %+v", e)
		}
	})
}

func TestBellRingsAfterCommit(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		listener := fx
		if fx.Kind() == "postgres" {
			listener = On(t, fx.Options) // another process
		}
		bell, err := listener.Bell(ctx)
		if err != nil {
			t.Fatal(err)
		}
		fx.MustSave(t, fx.Changes(t)) // nothing anybody waits for
		fx.Seed(t, "post", 3)
		select {
		case <-bell:
		case <-ctx.Done():
			t.Fatal("the bell did not ring")
		}
		select {
		case <-bell:
			t.Error("rang twice for one commit")
		default:
		}
	})
}

// TestBellWaitsNoLongerThanWhoAsks: who leaves does not wait for the server,
// and the next one gets a bell.
func TestBellWaitsNoLongerThanWhoAsks(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		if fx.Kind() != "postgres" {
			return // its bell waits for nothing
		}
		left, leave := context.WithCancel(t.Context())
		leave()
		if _, err := fx.Bell(left); !errors.Is(err, context.Canceled) {
			t.Errorf("who has left: %v", err)
		}
		if _, err := fx.Bell(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestBellSurvivesALostConnection(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		if fx.Kind() != "postgres" {
			return // its bell has no connection
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		bell, err := fx.Bell(ctx)
		if err != nil {
			t.Fatal(err)
		}
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		if _, err := db.ExecContext(ctx, `select pg_terminate_backend(pid) from pg_stat_activity
			where query = $1`, `LISTEN "socialwatch:`+fx.Options.Schema+`"`); err != nil {
			t.Fatal(err)
		}
		for _, why := range []string{"reconnect", "commit"} {
			select {
			case <-bell:
			case <-ctx.Done():
				t.Fatalf("no bell after %s", why)
			}
			if why == "reconnect" {
				fx.Seed(t, "post", 1)
			}
		}
	})
}

// TestForeignTransactionDoesNotDelayTheFeed: one that has written and stays open,
// in our schema, elsewhere in the database, holding rows of ours, keeps no event
// from consumers for two seconds.
func TestForeignTransactionDoesNotDelayTheFeed(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		if fx.Kind() != "postgres" {
			return // one writes at a time there, and whoever stays open keeps all from writing
		}
		s := fx.Seed(t, "old", 1)[0]
		fx.Log(t, 0)
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		for _, writes := range []string{"create table foreign_table (a int)", "create temp table other (a int)",
			"insert into events (kind, actor, at, data) values ('foreign', 'x', now(), '{}')",
			"update replies set reason = 'held' where id = " + fmt.Sprint(s.Reply.ID)} {
			foreign, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer foreign.Rollback()
			if _, err := foreign.Exec("select pg_current_xact_id(); " + writes); err != nil {
				t.Fatal(err)
			}
		}
		var before int64
		if err := db.QueryRow("select max(seq) from case_events_v1").Scan(&before); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		fx.Seed(t, "new", 1)
		fx.Log(t, before)
		var n int
		err := db.QueryRow("select count(*) from case_events_v1 where seq > $1", before).Scan(&n)
		if took := time.Since(began); err != nil || n != 4 || took > 2*time.Second {
			t.Errorf("%d of 4 events after %s, %v", n, took, err)
		}
	})
}
