package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// enrolOrders numbers all events and makes what they tell of due.
func (fx Fixture) enrolOrders(t testing.TB, now time.Time) {
	t.Helper()
	fx.Log(t, 0)
	if n, err := fx.EnrolOrders(t.Context(), now, 1000); err != nil || n == 1000 {
		t.Fatal(n, err)
	}
}

// claim claims all that is due.
func (fx Fixture) claim(t testing.TB, now time.Time) []socialwatch.LookupTask {
	t.Helper()
	tasks, err := fx.ClaimLookups(t.Context(), now, time.Minute, 100)
	if err != nil {
		t.Fatal(err)
	}
	return tasks
}

func (fx Fixture) orders(t testing.TB, number string) []socialwatch.CaseOrder {
	t.Helper()
	d, err := fx.Case(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	return d.Orders
}

var someFacts = socialwatch.OrderFacts{Status: "in transit", MovedAt: Start.Add(-9 * 24 * time.Hour), Value: 12900, Currency: "EUR",
	Refund: "none", ExpectedAt: Start.Add(24 * time.Hour)}

// found is an answer that lifts its case to level 1.
func found(at time.Time) socialwatch.LookupResult {
	return socialwatch.LookupResult{Outcome: socialwatch.LookupFound, Facts: someFacts, At: at, NextAt: at.Add(6 * time.Hour),
		Signals: []socialwatch.OrderSignal{{Name: socialwatch.SignalNotMoved, Found: 9, From: 5, Points: 20}},
		Level:   1, Score: 80, DueAt: at.Add(15 * time.Minute)}
}

func TestLookupKeepsFactsAndRaisesItsCaseInTheQueueOnce(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 3)
		if n := len(fx.claim(t, Start)); n != 0 {
			t.Fatalf("%d orders are due before their events have numbers", n)
		}
		fx.enrolOrders(t, Start)
		tasks := fx.claim(t, Start)
		if len(tasks) != 3 || tasks[2].CaseID != s[2].Case.ID || tasks[2].Order != "100-2233" || tasks[2].Base != 60 || tasks[2].Account != Account {
			t.Fatalf("claimed %+v", tasks)
		}
		if again := fx.claim(t, Start); len(again) != 0 {
			t.Fatalf("claimed twice: %+v", again)
		}
		before := len(fx.Log(t, 0))
		if err := fx.FinishLookup(t.Context(), tasks[2], found(Start)); err != nil {
			t.Fatal(err)
		}
		rows, _, err := fx.Queue(t.Context(), store.QueueFilter{})
		if err != nil || len(rows) != 3 || rows[0].CaseNumber != s[2].Case.Number || rows[0].Level != 1 || rows[0].Score != 80 ||
			!rows[0].DueAt.Equal(Start.Add(15*time.Minute)) {
			t.Fatalf("the queue begins with %+v, %v", rows[0], err)
		}
		got := fx.orders(t, s[2].Case.Number)
		if len(got) != 1 || got[0].Facts != someFacts || got[0].Outcome != socialwatch.LookupFound || !got[0].AskedAt.Equal(Start) || len(got[0].Signals) != 1 {
			t.Fatalf("kept %+v", got)
		}
		log := fx.Log(t, 0)[before:]
		if len(log) != 1 || log[0].Kind != socialwatch.EventCaseLookedUp || log[0].CaseVersion != s[2].Case.Version+1 || log[0].Data["level"] != 1.0 {
			t.Fatalf("events %+v", log)
		}
		if text := fmt.Sprint(log[0].Data); strings.Contains(text, "2233") {
			t.Errorf("the event tells the order: %s", text)
		}
		// The same answer six hours later changes nothing, and no event tells it.
		later := Start.Add(6 * time.Hour)
		tasks = slices.DeleteFunc(fx.claim(t, later), func(k socialwatch.LookupTask) bool { return k.CaseID != s[2].Case.ID })
		if err := fx.FinishLookup(t.Context(), tasks[0], found(later)); err != nil {
			t.Fatal(err)
		}
		if n := len(fx.Log(t, 0)); n != before+1 {
			t.Errorf("%d events of an answer that tells nothing new", n-before-1)
		}
	})
}

func TestLookupNeverLowersACase(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 1)[0]
		fx.enrolOrders(t, Start)
		r := found(Start)
		r.Level, r.Score, r.DueAt = 4, 10, Start.Add(9*time.Hour)
		if err := fx.FinishLookup(t.Context(), fx.claim(t, Start)[0], r); err != nil {
			t.Fatal(err)
		}
		d, err := fx.Case(t.Context(), s.Case.Number)
		if err != nil || d.Case.Level != s.Case.Level || d.Case.Score != s.Case.Score || !d.Case.DueAt.Equal(s.Case.DueAt) || d.Case.Version != s.Case.Version {
			t.Errorf("case is now %+v, %v", d.Case, err)
		}
	})
}

func TestLookupHasOneEffectWhateverProcessesDo(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		fx.Seed(t, "post", 30)
		fx.Log(t, 0)
		others := []Fixture{fx, {dbtest.Reopen(t, fx.Options), fx.Options}, {dbtest.Reopen(t, fx.Options), fx.Options}}
		var wg sync.WaitGroup
		var mu sync.Mutex
		asked := map[int64]int{}
		for _, o := range others {
			wg.Go(func() {
				if _, err := o.EnrolOrders(t.Context(), Start, 1000); err != nil {
					t.Error(err)
				}
				for {
					tasks, err := o.ClaimLookups(t.Context(), Start, time.Minute, 4)
					if err != nil {
						t.Error(err)
						return
					}
					if len(tasks) == 0 {
						return
					}
					for _, k := range tasks {
						mu.Lock()
						asked[k.CaseID]++
						mu.Unlock()
						if err := o.FinishLookup(t.Context(), k, found(Start)); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		wg.Wait()
		for id, n := range asked {
			if n != 1 {
				t.Errorf("case %d was asked about %d times", id, n)
			}
		}
		told := 0
		for _, e := range fx.Log(t, 0) {
			if e.Kind == socialwatch.EventCaseLookedUp {
				told++
			}
		}
		if len(asked) != 30 || told != 30 {
			t.Errorf("asked about %d cases, told of %d, want 30", len(asked), told)
		}
	})
}

func TestLookupOfAKilledProcessGoesToTheNextOne(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		fx.Seed(t, "post", 1)
		fx.enrolOrders(t, Start)
		dead := fx.claim(t, Start)[0]
		if n := len(fx.claim(t, Start.Add(59*time.Second))); n != 0 {
			t.Fatal("claimed while the lease holds")
		}
		next := fx.claim(t, Start.Add(time.Minute))
		if len(next) != 1 || next[0].Fence == dead.Fence {
			t.Fatalf("claimed %+v", next)
		}
		if err := fx.FinishLookup(t.Context(), dead, found(Start)); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("the dead one comes back: %v", err)
		}
		if err := fx.FinishLookup(t.Context(), next[0], found(Start.Add(time.Minute))); err != nil {
			t.Error(err)
		}
		if err := fx.FinishLookup(t.Context(), next[0], found(Start.Add(time.Minute))); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("ended twice: %v", err)
		}
	})
}

func TestLookupFailsWithoutForgettingWhatWasKnown(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 1)[0]
		fx.enrolOrders(t, Start)
		if err := fx.FinishLookup(t.Context(), fx.claim(t, Start)[0], found(Start)); err != nil {
			t.Fatal(err)
		}
		at := Start.Add(7 * time.Hour)
		bad := socialwatch.LookupResult{Outcome: socialwatch.LookupFailed, Why: "no answer in time", At: at, NextAt: at.Add(time.Minute)}
		before := len(fx.Log(t, 0))
		if err := fx.FinishLookup(t.Context(), fx.claim(t, at)[0], bad); err != nil {
			t.Fatal(err)
		}
		o := fx.orders(t, s.Case.Number)[0]
		if o.Outcome != socialwatch.LookupFailed || o.Why != bad.Why || o.Facts != someFacts || !o.FactsAt.Equal(Start) || !o.AskedAt.Equal(at) {
			t.Errorf("kept %+v", o)
		}
		bad.At, bad.Final = at.Add(time.Minute), true
		k := fx.claim(t, bad.At)[0]
		if k.Tries != 1 {
			t.Errorf("%d tries", k.Tries)
		}
		if n := len(fx.Log(t, 0)); n != before {
			t.Error("a try that will be tried again is told")
		}
		if err := fx.FinishLookup(t.Context(), k, bad); err != nil {
			t.Fatal(err)
		}
	})
}

func TestLookupIsAskedAgainForAPostAndForAPerson(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 1)[0]
		fx.enrolOrders(t, Start)
		if err := fx.FinishLookup(t.Context(), fx.claim(t, Start)[0], found(Start)); err != nil {
			t.Fatal(err)
		}
		ana := fx.Hire(t, "ana", socialwatch.RoleAuthor)
		rita := fx.Hire(t, "rita", socialwatch.RoleReader)
		at := Start.Add(30 * time.Second)
		if err := fx.AskOrders(t.Context(), s.Case.Number, ana, at); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("asked twice within a minute: %v", err)
		}
		at = Start.Add(2 * time.Minute)
		if err := fx.AskOrders(t.Context(), s.Case.Number, rita, at); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("a reader: %v", err)
		}
		if err := fx.AskOrders(t.Context(), s.Case.Number, ana, at); err != nil {
			t.Fatal(err)
		}
		if err := fx.FinishLookup(t.Context(), fx.claim(t, at)[0], found(at)); err != nil {
			t.Fatal(err)
		}
		log := fx.Log(t, 0)
		if last := log[len(log)-1]; last.Kind != socialwatch.EventCaseLookedUp || last.Actor != "ana" {
			t.Errorf("the log ends with %+v", last)
		}
		fx.follow(t, s, "post-0001-b")
		fx.enrolOrders(t, at.Add(10*time.Second))
		if n := len(fx.claim(t, at.Add(10*time.Second))); n != 0 {
			t.Error("a post is asked about within a minute of the last answer")
		}
		if n := len(fx.claim(t, at.Add(70*time.Second))); n != 1 {
			t.Error("a post that came is not asked about")
		}
	})
}

// follow stores a follow-up to a case.
func (fx Fixture) follow(t testing.TB, s Seeded, id string) {
	t.Helper()
	m := Mention(id, s.Mention.Author.ID)
	c := fx.Changes(t)
	c.Entries = []socialwatch.Entry{{Mention: m, Assessment: Assessment(m), CaseID: s.Case.ID}}
	c.Events = []socialwatch.Event{{Kind: socialwatch.EventMentionAttached, CaseID: s.Case.ID, CaseVersion: 1, Actor: socialwatch.System, At: Start}}
	fx.MustSave(t, c)
}

func TestOrdersOfCasesAtRestAreNotAskedAbout(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 1)[0]
		fx.enrolOrders(t, Start)
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		if _, err := db.Exec("update cases set state = 'closed'"); err != nil {
			t.Fatal(err)
		}
		if n := len(fx.claim(t, Start)); n != 0 {
			t.Error("a closed case is asked about")
		}
		if o := fx.orders(t, s.Case.Number); len(o) != 1 || !o[0].NextAt.IsZero() {
			t.Errorf("kept %+v", o)
		}
	})
}

func TestFactsGoWithTheNumberThatOnlyAGonePostTold(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 1)[0]
		fx.enrolOrders(t, Start)
		k := fx.claim(t, Start)[0]
		c := fx.Changes(t)
		c.Gone = []string{s.Mention.ID}
		fx.MustSave(t, c)
		if o := fx.orders(t, s.Case.Number); len(o) != 0 {
			t.Errorf("kept %+v", o)
		}
		if err := fx.FinishLookup(t.Context(), k, found(Start)); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("an answer under way is kept: %v", err)
		}
	})
}

func TestLookupStateTellsFailuresUntilAnAnswer(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		for i := range 2 {
			at := Start.Add(time.Duration(i) * time.Minute)
			if err := fx.RecordLookup(t.Context(), "no answer in time", at, at.Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
		s, err := fx.Lookups(t.Context(), Start)
		if err != nil || s.Failures != 2 || !s.FailedAt.Equal(Start) || !s.Rests(Start.Add(90*time.Second)) || s.Rests(Start.Add(2*time.Minute)) {
			t.Errorf("%+v, %v", s, err)
		}
		if err := fx.RecordLookup(t.Context(), "", Start.Add(2*time.Minute), time.Time{}); err != nil {
			t.Fatal(err)
		}
		if s, err = fx.Lookups(t.Context(), Start); err != nil || s.Failures != 0 || s.Error != "" || !s.GoodAt.Equal(Start.Add(2*time.Minute)) {
			t.Errorf("%+v, %v", s, err)
		}
	})
}
