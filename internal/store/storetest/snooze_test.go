package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// asleep counts what stands in the queue, and what a snooze hides from it.
func (fx Fixture) asleep(t testing.TB) (awake, snoozed int) {
	t.Helper()
	for _, s := range []bool{false, true} {
		rows, _, err := fx.Queue(t.Context(), store.QueueFilter{Snoozed: s})
		if err != nil {
			t.Fatal(err)
		}
		if s {
			snoozed = len(rows)
		} else {
			awake = len(rows)
		}
	}
	return awake, snoozed
}

func (fx Fixture) snooze(t testing.TB, c socialwatch.Case, by socialwatch.Person, until time.Time) socialwatch.Case {
	t.Helper()
	c, err := fx.Snooze(t.Context(), store.Snooze{CaseWork: workOn(c, by), Until: until})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSnoozeHidesFromTheQueueUntilItsTime(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx := t.Context()
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 1)[0] // due four hours after Start, the draft is valid for a day
		until := Start.Add(61 * time.Minute)
		if _, err := fx.Lease(ctx, s.Reply.ID, ana, Start); err != nil {
			t.Fatal(err)
		}
		c := fx.snooze(t, s.Case, ana, until)
		if awake, hidden := fx.asleep(t); awake != 0 || hidden != 1 || !c.SnoozedUntil.Equal(until) {
			t.Fatalf("%d wait, %d are hidden until %s", awake, hidden, c.SnoozedUntil)
		}
		if _, err := fx.TakeNext(ctx, store.Taking{By: ana, Now: Start.Add(2 * time.Minute)}); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("take next: %v", err)
		}
		// All other lists have it.
		if rows, _, err := fx.Queue(ctx, store.QueueFilter{States: []socialwatch.ReplyState{"awaiting", "blocked"}}); err != nil || len(rows) != 1 {
			t.Errorf("%d, %v", len(rows), err)
		}
		if rows, _, err := fx.Cases(ctx, store.CaseFilter{Snoozed: true}); err != nil || len(rows) != 1 {
			t.Errorf("%d, %v", len(rows), err)
		}
		d := fx.detail(t, c.Number)
		if got, want := d.Replies[0].ExpiresAt, s.Reply.ExpiresAt.Add(time.Hour); !got.Equal(want) || d.Replies[0].Lease.By != "" {
			t.Errorf("the draft: valid until %s, want %s, lease %+v", got, want, d.Replies[0].Lease)
		}
		if !d.Case.DueAt.Equal(s.Case.DueAt) {
			t.Errorf("a clock stopped: due %s", d.Case.DueAt)
		}
		for _, step := range []struct {
			at   time.Time
			want int
		}{{until.Add(-time.Microsecond), 0}, {until, 1}, {until, 0}} {
			if n, err := fx.WakeDue(ctx, step.at); err != nil || n != step.want {
				t.Errorf("at %s: %d, %v", step.at, n, err)
			}
		}
		d = fx.detail(t, c.Number)
		if awake, hidden := fx.asleep(t); awake != 1 || hidden != 0 || !d.Case.SnoozedUntil.IsZero() || d.Case.Version != c.Version+1 {
			t.Errorf("%d wait, %d are hidden, %+v", awake, hidden, d.Case)
		}
		if got, want := d.Replies[0].ExpiresAt, s.Reply.ExpiresAt.Add(time.Hour); !got.Equal(want) {
			t.Errorf("the draft is valid until %s, want %s", got, want)
		}
		woken, snoozed := d.Events[0], d.Events[1]
		if woken.Kind != socialwatch.EventCaseWoken || woken.Actor != socialwatch.System || woken.Data["why"] != "time" ||
			snoozed.Kind != socialwatch.EventCaseSnoozed || snoozed.Actor != "ana" || snoozed.Data["until"] != until.Format(time.RFC3339Nano) {
			t.Errorf("%+v\n%+v", woken, snoozed)
		}
	})
}

func TestASnoozedCaseComesBackWhenItIsDue(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx := t.Context()
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 3)
		fx.exec(t, fmt.Sprintf("update cases set responded_at = opened_at where id = %d", s[1].Case.ID))
		fx.exec(t, fmt.Sprintf("update cases set due_at = opened_at where id = %d", s[2].Case.ID))
		for i, want := range []time.Time{s[0].Case.DueAt, socialwatch.UntilMention, socialwatch.UntilMention} {
			c := fx.snooze(t, s[i].Case, ana, time.Time{})
			if !c.SnoozedUntil.Equal(want) {
				t.Errorf("case %d comes back at %s, want %s", i, c.SnoozedUntil, want)
			}
		}
		if n, err := fx.WakeDue(ctx, s[0].Case.DueAt); err != nil || n != 1 {
			t.Errorf("%d, %v", n, err)
		}
		if e := fx.detail(t, s[0].Case.Number).Events[0]; e.Kind != socialwatch.EventCaseWoken || e.Data["why"] != "overdue" {
			t.Errorf("%+v", e)
		}
		if n, err := fx.WakeDue(ctx, Start.AddDate(1, 0, 0)); err != nil || n != 0 {
			t.Errorf("a year later: %d, %v", n, err)
		}
		// Put off again and again, the draft loses and gains nothing.
		c := fx.snooze(t, fx.detail(t, s[1].Case.Number).Case, ana, Start.Add(2*time.Hour))
		c, err := fx.Wake(ctx, workOn(c, ana))
		if r := fx.detail(t, c.Number).Replies[0]; err != nil || !r.ExpiresAt.Equal(s[1].Reply.ExpiresAt) {
			t.Errorf("valid until %s, was %s, %v", r.ExpiresAt, s[1].Reply.ExpiresAt, err)
		}
		if _, err := fx.Wake(ctx, workOn(c, ana)); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("woken twice: %v", err)
		}
		for _, at := range []time.Time{Start, Start.Add(time.Minute), Start.AddDate(0, 6, 0)} {
			if _, err := fx.Snooze(ctx, store.Snooze{CaseWork: workOn(c, ana), Until: at}); err == nil {
				t.Errorf("snoozed until %s", at)
			}
		}
	})
}

func TestWhoWritesInASnoozedCaseWakesIt(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx := t.Context()
		otto := fx.Hire(t, "otto", socialwatch.RoleAuthor)
		s := fx.Seed(t, "post", 3)
		for i := range s {
			s[i].Case = fx.snooze(t, s[i].Case, otto, Start.Add(2*time.Hour))
		}
		r, err := fx.Revise(ctx, Edit(s[0], otto, "Sorry. We look into it."))
		if err != nil || !r.ExpiresAt.Equal(Start.Add(4*time.Hour)) {
			t.Errorf("%+v, %v", r, err)
		}
		put(t, fx, s[1].Reply.ID, socialwatch.ReplyRejected)
		if _, err := fx.Propose(ctx, Proposal(s[1], otto, "Sorry. We look into it.")); err != nil {
			t.Error(err)
		}
		put(t, fx, s[2].Reply.ID, socialwatch.ReplyRejected)
		if _, err := fx.SetCaseState(ctx, caseMove(s[2].Case, socialwatch.CaseResolved, otto)); err != nil {
			t.Error(err)
		}
		for i, one := range s {
			if d := fx.detail(t, one.Case.Number); !d.Case.SnoozedUntil.IsZero() {
				t.Errorf("case %d still sleeps", i)
			}
		}
		if awake, hidden := fx.asleep(t); awake != 2 || hidden != 0 {
			t.Errorf("%d wait, %d are hidden", awake, hidden)
		}
	})
}

func TestIntakeWakesACase(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		otto := fx.Hire(t, "otto", socialwatch.RoleAuthor)
		s := fx.Seed(t, "post", 1)[0]
		fx.snooze(t, s.Case, otto, time.Time{})
		// As intake does it: the case as Known tells it, woken.
		c := fx.Changes(t)
		one := fx.Know(t, []string{s.Mention.ID}, nil).Cases[0]
		if one.SnoozedUntil.IsZero() {
			t.Fatal("intake does not know that it is snoozed")
		}
		one.SnoozedUntil = time.Time{}
		c.Cases = []socialwatch.Case{one}
		fx.MustSave(t, c)
		if awake, hidden := fx.asleep(t); awake != 1 || hidden != 0 {
			t.Errorf("%d wait, %d are hidden", awake, hidden)
		}
	})
}
