package spike

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// town is a database and a clock.
type town struct {
	storetest.Fixture
	t     *testing.T
	clock time.Time
	posts int
}

var group = Group{Region: "GB", Accounts: []string{storetest.Account}, Ours: []string{"shop_help"}}

func each(t *testing.T, f func(t *testing.T, w *town)) {
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) { f(t, &town{Fixture: fx, t: t, clock: storetest.Start}) })
}

func (w *town) watcher(s *store.Store) *Watcher {
	return &Watcher{Store: s, Now: func() time.Time { return w.clock }}
}

// say stores posts of as many customers, each with a case.
func (w *town) say(texts ...string) (ids []int64) {
	w.t.Helper()
	c := w.Changes(w.t)
	c.At = w.clock
	for _, text := range texts {
		w.posts++
		m := storetest.Mention(fmt.Sprint("post", w.posts), fmt.Sprint("customer", w.posts))
		m.Text, m.CreatedAt = text, w.clock.Add(-time.Minute)
		one := w.NewCase(w.t, m)
		c.Cases = append(c.Cases, one)
		c.Entries = append(c.Entries, socialwatch.Entry{Mention: m, Assessment: storetest.Assessment(m), CaseID: one.ID})
		ids = append(ids, one.ID)
	}
	w.MustSave(w.t, c)
	return ids
}

func (w *town) pass() {
	w.t.Helper()
	if err := w.watcher(w.Store).Pass(w.t.Context(), group); err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) incidents() []socialwatch.Incident {
	w.t.Helper()
	list, err := w.Incidents(w.t.Context(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

func TestAnIncidentBeginsGrowsAndEnds(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		w.say(times(9, carrier...)...)
		w.pass()
		if got := w.incidents(); len(got) != 0 {
			t.Fatalf("nine cases: %+v", got)
		}
		w.say(carrier[0])
		w.pass()
		w.pass()
		got := w.incidents()
		if len(got) != 1 || got[0].Cases != 10 || got[0].Term != "quick post" || got[0].Region != "GB" || !got[0].OpenedAt.Equal(w.clock) || !got[0].EndedAt.IsZero() {
			t.Fatalf("ten cases: %+v", got)
		}
		w.say(append(times(20, carrier...), chatter...)...)
		w.pass()
		if got = w.incidents(); len(got) != 1 || got[0].Cases != 30 || got[0].Severity != socialwatch.Major {
			t.Errorf("twenty more: %+v", got)
		}
		w.clock = w.clock.Add(59 * time.Minute)
		w.pass()
		if got = w.incidents(); !got[0].EndedAt.IsZero() {
			t.Errorf("over too early: %+v", got)
		}
		w.say(times(3, carrier...)...)
		w.clock = w.clock.Add(30 * time.Minute)
		w.pass()
		if got = w.incidents(); !got[0].EndedAt.IsZero() || got[0].Cases != 33 {
			t.Errorf("over while three an hour come: %+v", got)
		}
		w.clock = w.clock.Add(30 * time.Minute)
		w.pass()
		w.pass()
		if got = w.incidents(); len(got) != 1 || !got[0].EndedAt.Equal(w.clock) {
			t.Errorf("not over: %+v", got)
		}
		w.clock = w.clock.Add(time.Hour)
		w.say(times(12, carrier...)...) // as on no other day, twice
		w.pass()
		if got = w.incidents(); len(got) != 2 {
			t.Errorf("the next one: %+v", got)
		}
	})
}

func TestManyWatchersOpenOneIncident(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		w.say(times(14, carrier...)...)
		var wg sync.WaitGroup
		for range 4 {
			s := dbtest.Reopen(t, w.Options)
			wg.Go(func() {
				if err := w.watcher(s).Pass(t.Context(), group); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := w.incidents(); len(got) != 1 || got[0].Cases != 14 {
			t.Errorf("incidents %+v", got)
		}
	})
}
