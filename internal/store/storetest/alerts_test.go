package storetest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

func TestAnEndpointIsNotToldThePast(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		fx.Seed(t, "old", 2)
		old := fx.Log(t, 0)
		state, err := fx.Alert(ctx, "chat")
		if err != nil || state.Seq != old[len(old)-1].Seq {
			t.Fatalf("a new endpoint stands at %d after %d events: %v", state.Seq, len(old), err)
		}
		fx.breach(t, "new", 1) // and the old ones
		kinds := []string{socialwatch.EventCaseBreached}
		events, upTo, err := fx.AlertEvents(ctx, kinds, state.Seq, 2)
		if err != nil || len(events) != 2 || upTo != events[1].Seq {
			t.Fatalf("the first two: %d up to %d, %v", len(events), upTo, err)
		}
		e := events[0]
		if e.CaseNumber == "" || e.Account != Account || e.Level != 3 || e.Intent != socialwatch.StuckOrder || !e.DueAt.Equal(Start.Add(4*time.Hour)) || !e.RespondedAt.IsZero() {
			t.Errorf("an event without its case: %+v", e)
		}
		rest, end, err := fx.AlertEvents(ctx, kinds, upTo, 2)
		if err != nil || len(rest) != 1 || rest[0].Seq <= upTo || end < rest[0].Seq {
			t.Fatalf("the rest: %d up to %d, %v", len(rest), end, err)
		}
		if none, same, err := fx.AlertEvents(ctx, kinds, end, 2); err != nil || len(none) != 0 || same != end {
			t.Errorf("after the end: %d up to %d, %v", len(none), same, err)
		}
	})
}

// breach seeds n cases that are overdue, as numbered events.
func (fx Fixture) breach(t *testing.T, prefix string, n int) {
	t.Helper()
	fx.Seed(t, prefix, n)
	if _, err := fx.Breach(t.Context(), Start.Add(5*time.Hour)); err != nil {
		t.Fatal(err)
	}
	fx.Log(t, 0)
}

func TestAnEndpointMovesOnce(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		first, err := fx.Alert(ctx, "chat")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(fx.FailAlert(ctx, "chat", "answered 500", Start, Start.Add(time.Minute)),
			fx.FailAlert(ctx, "chat", "no answer", Start.Add(time.Minute), Start.Add(2*time.Minute))); err != nil {
			t.Fatal(err)
		}
		failed, err := fx.Alert(ctx, "chat")
		want := socialwatch.AlertState{Name: "chat", Failures: 2, Error: "no answer", FailedAt: Start, NextAt: Start.Add(2 * time.Minute)}
		if err != nil || failed != want {
			t.Errorf("after two failures: %+v, %v", failed, err)
		}
		if err := fx.MoveAlert(ctx, first, 7, Start.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if err := fx.MoveAlert(ctx, first, 9, Start.Add(time.Hour)); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("moved from where it no longer is: %v", err)
		}
		told, err := fx.Alert(ctx, "chat")
		if want := (socialwatch.AlertState{Name: "chat", Seq: 7, ToldAt: Start.Add(time.Hour), Messages: 1}); err != nil || told != want {
			t.Errorf("after a message: %+v, %v", told, err)
		}
		if err := fx.MoveAlert(ctx, told, 8, time.Time{}); err != nil {
			t.Fatal(err)
		}
		if all, err := fx.Alerts(ctx); err != nil || len(all) != 1 || all[0].Seq != 8 || all[0].Messages != 1 || !all[0].ToldAt.Equal(told.ToldAt) {
			t.Errorf("after passing over: %+v, %v", all, err)
		}
	})
}

func TestAlarmsBeginAndEndOnce(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, other := t.Context(), On(t, fx.Options)
		alarm := socialwatch.Alarm{Kind: socialwatch.AlarmUnattended, Account: Account, Since: Start}
		event := socialwatch.Event{Kind: socialwatch.EventUnattended, Actor: socialwatch.System, At: Start, Data: map[string]any{"account": Account}}
		var changed atomic.Int32
		var wg sync.WaitGroup
		both := func(change func(Fixture) (bool, error)) {
			for _, p := range []Fixture{fx, other, fx, other} {
				wg.Go(func() {
					ok, err := change(p)
					if err != nil {
						t.Error(err)
					}
					if ok {
						changed.Add(1)
					}
				})
			}
			wg.Wait()
		}
		both(func(p Fixture) (bool, error) { return p.RaiseAlarm(ctx, alarm, event) })
		if list, err := fx.Alarms(ctx); err != nil || len(list) != 1 || list[0] != alarm || changed.Load() != 1 {
			t.Errorf("raised %d times: %+v, %v", changed.Load(), list, err)
		}
		event.Kind = socialwatch.EventAttended
		both(func(p Fixture) (bool, error) { return p.EndAlarm(ctx, alarm.Kind, alarm.Account, event) })
		if list, err := fx.Alarms(ctx); err != nil || len(list) != 0 || changed.Load() != 2 {
			t.Errorf("changed %d times: %+v, %v", changed.Load(), list, err)
		}
		if log := fx.Log(t, 0); len(log) != 2 || log[0].Kind != socialwatch.EventUnattended || log[1].Kind != socialwatch.EventAttended {
			t.Errorf("events: %+v", log)
		}
	})
}

func TestFirstOverdueIsTheTopOfTheAccountsQueue(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, due := t.Context(), Start.Add(4*time.Hour)
		seeded := fx.Seed(t, "a", 3)
		if _, err := fx.FirstOverdue(ctx, Account, due); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("overdue at its target: %v", err)
		}
		first, err := fx.FirstOverdue(ctx, Account, due.Add(time.Second))
		want := socialwatch.Overdue{ReplyID: seeded[0].Reply.ID, CaseNumber: seeded[0].Case.Number, Level: 3, Intent: socialwatch.StuckOrder, DueAt: due}
		if err != nil || first != want {
			t.Errorf("the first one is %+v, want %+v, %v", first, want, err)
		}
		if _, err := fx.FirstOverdue(ctx, "other", due.Add(time.Second)); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("another account: %v", err)
		}
		c := fx.Changes(t)
		answered := seeded[0].Case
		answered.RespondedAt = Start.Add(time.Hour)
		c.Cases = []socialwatch.Case{answered}
		fx.MustSave(t, c)
		if next, err := fx.FirstOverdue(ctx, Account, due.Add(time.Second)); err != nil || next.ReplyID != seeded[1].Reply.ID {
			t.Errorf("after the first case was answered: %+v, %v", next, err)
		}
	})
}

func TestPresentAreThoseWhoMayDecideAndWereHere(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		now := Start.Add(8 * time.Hour)
		login := func(name string, opened, expires time.Time) {
			p := fx.Hire(t, name, socialwatch.RoleApprover)
			s := socialwatch.Session{Hash: name, PersonID: p.ID, CreatedAt: opened, ExpiresAt: expires}
			if err := fx.AddSession(ctx, s); err != nil {
				t.Fatal(err)
			}
		}
		login("away", Start, now.Add(time.Hour))
		login("back", Start, now.Add(time.Hour))
		login("fresh", now.Add(-time.Minute), now.Add(time.Hour))
		login("shut", now.Add(-time.Minute), now.Add(time.Hour))
		login("out", now.Add(-5*time.Minute), now.Add(-time.Minute))
		fx.Disable(t, "shut")
		if _, err := fx.SessionPerson(ctx, "back", now.Add(-2*time.Minute), true); err != nil {
			t.Fatal(err)
		}
		if _, err := fx.SessionPerson(ctx, "away", now.Add(-time.Minute), false); err != nil { // an open page asks
			t.Fatal(err)
		}
		fx.terminal(t, "decides", []string{"read", "decide"}, now.Add(-time.Minute))
		fx.terminal(t, "reads", []string{"read"}, now.Add(-time.Minute))
		people, err := fx.Present(ctx, now.Add(-15*time.Minute), now)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range people {
			names = append(names, p.Login)
		}
		if len(names) != 3 || names[0] != "back" || names[1] != "decides" || names[2] != "fresh" || !people[0].May(socialwatch.RoleApprover, Account) {
			t.Errorf("here are %v", names)
		}
	})
}

// terminal is an approver who used a token at a time.
func (fx Fixture) terminal(t *testing.T, login string, scopes []string, used time.Time) {
	t.Helper()
	p := fx.Hire(t, login, socialwatch.RoleApprover)
	err := fx.AddToken(t.Context(), store.NewToken{Name: login, Hash: login, PersonID: &p.ID, Scopes: scopes, CreatedAt: Start})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fx.TokenPerson(t.Context(), login, used); err != nil {
		t.Fatal(err)
	}
}

func TestBreachesAreThoseThatNobodyHasAnswered(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, at := t.Context(), Start.Add(5*time.Hour)
		none, start, err := fx.Breaches(ctx, 0, Start)
		if err != nil || len(none) != 0 || start != 0 {
			t.Fatalf("of an empty log: %v up to %d, %v", none, start, err)
		}
		fx.breach(t, "a", 2)
		first, upTo, err := fx.Breaches(ctx, 0, at.Add(-time.Minute))
		if err != nil || len(first) != 2 || upTo < first[1].Seq {
			t.Fatalf("since a minute: %+v up to %d, %v", first, upTo, err)
		}
		want := store.Breach{Seq: first[0].Seq, Target: socialwatch.FirstResponse, CaseNumber: first[0].CaseNumber, Account: Account, Level: 3, Intent: socialwatch.StuckOrder, Team: "support", Language: "en"}
		if first[0] != want {
			t.Errorf("%+v, want %+v", first[0], want)
		}
		if later, _, err := fx.Breaches(ctx, 0, at.Add(time.Minute)); err != nil || len(later) != 0 {
			t.Errorf("since later: %+v, %v", later, err)
		}
		answered := fx.Seed(t, "b", 1)[0].Case
		if _, err := fx.Breach(ctx, at); err != nil {
			t.Fatal(err)
		}
		fx.Log(t, 0)
		c := fx.Changes(t)
		answered.RespondedAt, answered.Version = at, answered.Version+1
		c.Cases = []socialwatch.Case{answered}
		fx.MustSave(t, c)
		if next, end, err := fx.Breaches(ctx, upTo, at); err != nil || len(next) != 0 || end <= upTo {
			t.Errorf("one that was answered: %+v up to %d, %v", next, end, err)
		}
	})
}
