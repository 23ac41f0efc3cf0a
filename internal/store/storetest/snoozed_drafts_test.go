package storetest

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// TestABlockedDraftOfASnoozedCaseComesBack to the queue once its text is mended.
func TestABlockedDraftOfASnoozedCaseComesBack(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx, otto, ana := t.Context(), fx.Hire(t, "otto", socialwatch.RoleAuthor), fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 1)[0]
		fx.snooze(t, s.Case, otto, Start.Add(2*time.Hour))
		if err := fx.Block(ctx, s.Reply.ID, []socialwatch.Finding{{Rule: "r", Blocks: true}}, "6-dddd", Start); err != nil {
			t.Fatal(err)
		}
		r, err := fx.Revise(ctx, Edit(s, otto, "Sorry."))
		if err != nil || r.State != socialwatch.ReplyAwaiting {
			t.Fatalf("%+v, %v", r, err)
		}
		if awake, hidden := fx.asleep(t); awake != 1 || hidden != 0 {
			t.Errorf("%d wait, %d are hidden", awake, hidden)
		}
		if id, err := fx.TakeNext(ctx, store.Taking{By: ana, Now: Start.Add(time.Minute)}); err != nil || id != r.ID {
			t.Errorf("take next: %d, %v", id, err)
		}
	})
}

// TestWhoHasADraftMadeAnewWakesItsCase as whoever writes in it does.
func TestWhoHasADraftMadeAnewWakesItsCase(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		otto := fx.Hire(t, "otto", socialwatch.RoleAuthor)
		s := fx.Seed(t, "post", 1)[0]
		fx.snooze(t, s.Case, otto, Start.Add(2*time.Hour))
		e := Edit(s, otto, "We have an incident.")
		_, err := fx.Redraft(t.Context(), socialwatch.Redraft{Decision: e.Decision, Payload: e.Payload, Why: "anew", At: Start, ExpiresAt: e.ExpiresAt})
		if err != nil {
			t.Fatal(err)
		}
		if d := fx.detail(t, s.Case.Number); !d.Case.SnoozedUntil.IsZero() {
			t.Errorf("still asleep until %s", d.Case.SnoozedUntil)
		}
		if awake, hidden := fx.asleep(t); awake != 1 || hidden != 0 {
			t.Errorf("%d wait, %d are hidden", awake, hidden)
		}
	})
}

// TestASaveNeitherHidesADraftNorEndsItEarly: one that intake wakes gets its expiry
// back, and one of a case that sleeps on stays as it is.
func TestASaveNeitherHidesADraftNorEndsItEarly(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		otto := fx.Hire(t, "otto", socialwatch.RoleAuthor)
		s := fx.Seed(t, "post", 2)
		for i := range s {
			fx.exec(t, fmt.Sprintf("update cases set responded_at = opened_at where id = %d", s[i].Case.ID))
			fx.snooze(t, s[i].Case, otto, time.Time{})
		}
		fx.exec(t, fmt.Sprintf("update replies set snoozed_until = null, expires_at = opened_at where id = %d", s[1].Reply.ID))
		c := fx.Changes(t)
		c.At = Start.Add(time.Minute) // as the snoozes
		c.Cases = fx.Know(t, []string{s[0].Mention.ID, s[1].Mention.ID}, nil).Cases
		for i, one := range c.Cases {
			if one.ID == s[0].Case.ID {
				c.Cases[i].SnoozedUntil = time.Time{}
			}
		}
		fx.MustSave(t, c)
		if awake, hidden := fx.asleep(t); awake != 2 || hidden != 0 {
			t.Errorf("%d wait, %d are hidden", awake, hidden)
		}
		if r := fx.detail(t, s[0].Case.Number).Replies[0]; !r.ExpiresAt.Equal(s[0].Reply.ExpiresAt) {
			t.Errorf("valid until %s, was %s", r.ExpiresAt, s[0].Reply.ExpiresAt)
		}
	})
}

// TestASnoozedDraftIsNotOverdue for those who watch over the queue.
func TestASnoozedDraftIsNotOverdue(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		otto := fx.Hire(t, "otto", socialwatch.RoleAuthor)
		s := fx.Seed(t, "post", 1)[0]
		late := s.Case.DueAt.Add(time.Hour)
		if o, err := fx.FirstOverdue(t.Context(), Account, late); err != nil || o.ReplyID != s.Reply.ID {
			t.Fatalf("%+v, %v", o, err)
		}
		fx.snooze(t, s.Case, otto, Start.Add(2*time.Hour))
		if o, err := fx.FirstOverdue(t.Context(), Account, late); err == nil {
			t.Errorf("snoozed: %+v", o)
		}
	})
}

func TestAlarmsOfAccountsThatAreGoneEnd(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		for _, account := range []string{"gone", Account} {
			a := socialwatch.Alarm{Kind: socialwatch.AlarmPolls, Account: account, Since: Start}
			if _, err := fx.RaiseAlarm(t.Context(), a, socialwatch.Event{}); err != nil {
				t.Fatal(err)
			}
		}
		if err := fx.KeepAlarms(t.Context(), []string{"other", Account}); err != nil {
			t.Fatal(err)
		}
		if all, err := fx.Alarms(t.Context()); err != nil || len(all) != 1 || all[0].Account != Account {
			t.Errorf("%+v, %v", all, err)
		}
		if err := fx.KeepAlarms(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if all, err := fx.Alarms(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("without any account: %+v, %v", all, err)
		}
	})
}

// TestATemplateWhoseFirstApprovalIsTakenBackIsNewAgain: nobody stands by its words.
func TestATemplateWhoseFirstApprovalIsTakenBackIsNewAgain(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, ana := t.Context(), fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 4)
		isNew := func() bool {
			t.Helper()
			rc, err := fx.Context(ctx, s[3].Reply.ID)
			if err != nil {
				t.Fatal(err)
			}
			return rc.NewTemplate
		}
		approve := func(i int) {
			t.Helper()
			yes := Yes(s[i].Reply, ana)
			yes.At, yes.FirstUse = Start.Add(time.Duration(i)*time.Second), true
			if _, err := fx.Approve(ctx, yes); err != nil || isNew() {
				t.Fatalf("new after an approval: %v", err)
			}
		}
		approve(0)
		if _, err := fx.Undo(ctx, decision(s[0], ana), Start); err != nil || !isNew() {
			t.Errorf("known after an undo: %v", err)
		}
		approve(1)
		if _, err := fx.Withdraw(ctx, decision(s[1], ana), Start); err != nil || !isNew() {
			t.Errorf("known after it was withdrawn: %v", err)
		}
		approve(2)
		fx.Hold(t, s[3].Reply, ana)
		if _, err := fx.Undo(ctx, decision(s[3], ana), Start); err != nil || isNew() {
			t.Errorf("an undo of another approval made it new: %v", err)
		}
	})
}

// TestDaysHave24HoursWhateverTheServersZone: a draft gets back exactly the time
// that it was hidden for, over the change to summer time too.
func TestDaysHave24HoursWhateverTheServersZone(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		otto := fx.Hire(t, "otto", socialwatch.RoleAuthor)
		s := fx.Seed(t, "post", 2)
		fx.exec(t, "update cases set responded_at = opened_at")
		for i, pooler := range []bool{false, true} {
			o := fx.Options
			if fx.Kind() == store.Postgres {
				o.URL, o.Pooler = inZone(t, o.URL, "Europe/Berlin"), pooler
			}
			there := On(t, o)
			e := Edit(s[i], otto, "Sorry.")
			e.ExpiresAt = time.Date(2027, 3, 27, 12, 0, 0, 0, time.UTC) // two days on is summer in Berlin
			if _, err := there.Revise(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			c := there.snooze(t, s[i].Case, otto, Start.Add(48*time.Hour+time.Minute))
			if got, want := there.detail(t, c.Number).Replies[0].ExpiresAt, e.ExpiresAt.Add(48*time.Hour); !got.Equal(want) {
				t.Errorf("pooler %v: valid until %s, want %s", pooler, got, want)
			}
		}
	})
}

// inZone is the address of a database whose sessions are in a time zone.
func inZone(t *testing.T, address, zone string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("timezone", zone)
	u.RawQuery = q.Encode()
	return u.String()
}
