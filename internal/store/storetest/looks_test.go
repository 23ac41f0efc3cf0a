package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"socialwatch"
)

func TestFailedIsTriedAgainUnderTheSameKey(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		a := fx.Sending(t, fx.Seed(t, "post", 1)[0].Reply, fx.Hire(t, "ana", socialwatch.RoleApprover), "w")
		o := outcome(socialwatch.ReplyFailed)
		o.RetryAt, o.Reason = o.At.Add(time.Minute), "temporary: away"
		if err := fx.Finish(ctx, a, o); err != nil {
			t.Fatal(err)
		}
		for at, want := range map[time.Time]int{o.RetryAt.Add(-1000): 0, o.RetryAt: 1} {
			if ids, err := fx.DueSends(ctx, at, 10); err != nil || len(ids) != want {
				t.Errorf("due at %s: %v, %v", at, ids, err)
			}
		}
		c := Claimable(a.Reply, "w") // by the same worker
		c.Now = o.RetryAt
		b, err := fx.Claim(ctx, c)
		if err != nil || b.N != 2 || b.Reply.Key != a.Reply.Key || !b.FirstAt.Equal(a.FirstAt) {
			t.Fatalf("%+v, %v", b, err)
		}
		if err := fx.Finish(ctx, a, outcome(socialwatch.ReplySent)); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("the first attempt ended the second: %v", err)
		}
		foreign := b
		foreign.Worker = "v"
		if err := fx.Finish(ctx, foreign, outcome(socialwatch.ReplySent)); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("another worker ended it: %v", err)
		}
		o.RetryAt = time.Time{}
		if err := fx.Finish(ctx, b, o); err != nil {
			t.Fatal(err)
		}
		if ids, err := fx.DueSends(ctx, Start.Add(3*time.Hour), 10); err != nil || len(ids) != 0 {
			t.Errorf("a refusal is tried again: %v, %v", ids, err)
		}
	})
}

func TestEndedLeaseIsUnknownUntilALookTells(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		a := fx.Sending(t, fx.Seed(t, "post", 1)[0].Reply, fx.Hire(t, "ana", socialwatch.RoleApprover), "w")
		if n, err := fx.ExpireLeases(ctx, a.LeaseUntil.Add(-time.Microsecond), due); err != nil || n != 0 {
			t.Errorf("a lease in force: %d, %v", n, err)
		}
		if n, err := fx.ExpireLeases(ctx, a.LeaseUntil, due); err != nil || n != 1 {
			t.Fatalf("%d, %v", n, err)
		}
		if err := fx.Finish(ctx, a, outcome(socialwatch.ReplySent)); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("a sender that woke up: %v", err)
		}
		at := a.LeaseUntil.Add(due)
		if looks, err := fx.DueLooks(ctx, at.Add(-time.Microsecond), "v", time.Minute, 10); err != nil || len(looks) != 0 {
			t.Errorf("before the settle time: %v, %v", looks, err)
		}
		first := look(t, fx, at, "v", 0)
		if more, err := fx.DueLooks(ctx, at.Add(59*time.Second), "u", time.Minute, 10); err != nil || len(more) != 0 {
			t.Errorf("leased twice: %v, %v", more, err)
		}
		second := look(t, fx, at.Add(time.Minute), "v", 0) // by the same worker, whose first lease ended
		found := outcome(socialwatch.ReplySent)
		if err := fx.FinishLook(ctx, first, found); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("a look that lost its lease: %v", err)
		}
		nothing := socialwatch.Outcome{State: socialwatch.ReplyUnknown, At: at, LookAt: at.Add(2 * time.Minute), Counted: true}
		if err := fx.FinishLook(ctx, second, nothing); err != nil {
			t.Fatal(err)
		}
		nothing.Counted, nothing.LookAt = false, at.Add(3*time.Minute)
		if err := fx.FinishLook(ctx, look(t, fx, at.Add(2*time.Minute), "v", 1), nothing); err != nil {
			t.Fatal(err)
		}
		if err := fx.FinishLook(ctx, look(t, fx, at.Add(3*time.Minute), "v", 1), found); err != nil {
			t.Fatal(err)
		}
		if got := stateOf(t, fx, a.Reply.ID); got != socialwatch.ReplySent || kinds(t, fx, "reply.sent") != 1 || kinds(t, fx, "reply.unknown") != 1 {
			t.Errorf("is %s", got)
		}
	})
}

// look leases the one look that is due, before which n looks were answered.
func look(t *testing.T, fx Fixture, at time.Time, worker string, n int) socialwatch.Attempt {
	t.Helper()
	looks, err := fx.DueLooks(t.Context(), at, worker, time.Minute, 10)
	if err != nil || len(looks) != 1 || looks[0].Looks != n || looks[0].N != 1 || looks[0].Reply.Key == "" ||
		!looks[0].FirstAt.Equal(Start.Add(due)) {
		t.Fatalf("looks %+v, %v", looks, err)
	}
	return looks[0]
}

func TestDoubtIsHandedToAPersonWhoSettlesIt(t *testing.T) {
	for name, absent := range map[string]bool{"stands": false, "absent": true} {
		t.Run(name, func(t *testing.T) {
			Each(t, func(t *testing.T, fx Fixture) {
				ctx, lea := t.Context(), fx.Hire(t, "lea", socialwatch.RoleLead)
				a := fx.Sending(t, fx.Seed(t, "post", 1)[0].Reply, lea, "w")
				if err := fx.Finish(ctx, a, outcome(socialwatch.ReplyUnknown)); err != nil {
					t.Fatal(err)
				}
				leased := look(t, fx, Start.Add(due), "w", 0)
				if err := fx.FinishLook(ctx, leased, socialwatch.Outcome{State: socialwatch.ReplyUnknown, At: Start.Add(due)}); err != nil {
					t.Fatal(err)
				}
				late := Start.Add(24 * time.Hour)
				if looks, err := fx.DueLooks(ctx, late, "w", time.Minute, 10); err != nil || len(looks) != 0 {
					t.Errorf("looks for what a person has: %v, %v", looks, err)
				}
				stats, err := fx.Stats(ctx)
				if err != nil || stats.HandedOver != 1 || stats.Replies[socialwatch.ReplyUnknown] != 1 {
					t.Errorf("%+v, %v", stats, err)
				}
				w := socialwatch.Settlement{ReplyID: a.Reply.ID, By: lea, Attempt: a.N, Absent: absent, At: late}
				if _, err := fx.Settle(ctx, socialwatch.Settlement{ReplyID: a.Reply.ID, By: lea, At: late}); err == nil {
					t.Error("settled by saying nothing")
				}
				want := socialwatch.ReplyFailed
				if !absent {
					want = socialwatch.ReplySent
					w.Post = socialwatch.Published{PostID: "9051", URL: "https://social.example/@help/9051"}
				}
				r, err := fx.Settle(ctx, w)
				if err != nil || r.State != want || r.PostID != w.Post.PostID {
					t.Fatalf("%+v, %v", r, err)
				}
				if _, err := fx.Settle(ctx, w); !errors.Is(err, socialwatch.ErrConflict) {
					t.Errorf("settled twice: %v", err)
				}
				log := fx.Log(t, 0)
				i := slices.IndexFunc(log, func(e socialwatch.Event) bool { return e.Kind == "reply."+string(want) })
				if i < 0 || log[i].Actor != "lea" {
					t.Errorf("the event does not name the person: %+v", log)
				}
				c := Claimable(r, "w")
				c.Now = late
				b, err := fx.Claim(ctx, c)
				if absent != (err == nil) || absent && (b.N != 2 || b.Reply.Key != a.Reply.Key) {
					t.Errorf("sent once more: %+v, %v", b, err)
				}
			})
		})
	}
}
