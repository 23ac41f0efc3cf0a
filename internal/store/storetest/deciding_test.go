package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// take has by take the next free draft, or 0 when none is.
func (fx Fixture) take(t *testing.T, q store.Taking) int64 {
	t.Helper()
	id, err := fx.TakeNext(t.Context(), q)
	if err != nil && !errors.Is(err, socialwatch.ErrNotFound) {
		t.Fatal(err)
	}
	return id
}

func (fx Fixture) leased(t *testing.T, id int64) socialwatch.Lease {
	t.Helper()
	rc, err := fx.Context(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return rc.Reply.Lease
}

func TestTwelveTakersNeverGetTheSameCard(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		other := On(t, fx.Options) // another process
		people := make([]socialwatch.Person, 12)
		for i := range people {
			people[i] = fx.Hire(t, fmt.Sprintf("approver%d", i), socialwatch.RoleApprover)
		}
		seeded := fx.Seed(t, "post", 30)
		now := Start
		for round, free := range []int{12, 12, 6} { // each decides what it got
			got := make([]int64, len(people))
			errs := atOnce(len(people), func(i int) (err error) {
				on := []Fixture{fx, other}[i%2]
				got[i], err = on.TakeNext(t.Context(), store.Taking{By: people[i], Now: now})
				return err
			})
			seen := map[int64]bool{0: true}
			for i, id := range got {
				switch {
				case errors.Is(errs[i], socialwatch.ErrNotFound) && round == 2:
					continue
				case errs[i] != nil:
					t.Fatal(errs[i])
				case seen[id]:
					t.Fatalf("round %d: reply %d was taken twice: %v", round, id, got)
				}
				seen[id] = true
				if l := fx.leased(t, id); l.By != people[i].Login || !l.Until.Equal(now.Add(socialwatch.DecisionLease)) {
					t.Errorf("%s took %d, leased %+v", people[i].Login, id, l)
				}
				at := slices.IndexFunc(seeded, func(s Seeded) bool { return s.Reply.ID == id })
				if _, err := fx.Reject(t.Context(), socialwatch.Decision{ReplyID: id, Hash: seeded[at].Reply.Hash, By: people[i],
					Reason: "wrong_tone"}, now); err != nil {
					t.Fatal(err)
				}
			}
			if len(seen)-1 != free {
				t.Errorf("round %d: %d cards taken, want %d", round, len(seen)-1, free)
			}
		}
	})
}

func TestTakeNextGoesDownTheQueueAndRoundAgain(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ana, ben := fx.Hire(t, "ana", socialwatch.RoleApprover), fx.Hire(t, "ben", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 3)
		ids := []int64{s[0].Reply.ID, s[1].Reply.ID, s[2].Reply.ID, 0}
		for i, step := range []struct {
			by   socialwatch.Person
			left int
			want int
		}{
			{ana, 3, 0},
			{ben, 3, 1},
			{ana, 0, 2}, // the first is left and free again, behind it
			{ana, 2, 0}, // nothing behind: from the top
			{ben, 0, 2}, // what another holds is not left by him: from the top
		} {
			if got := fx.take(t, store.Taking{By: step.by, Left: ids[step.left], Now: Start}); got != ids[step.want] {
				t.Errorf("step %d: %s took %d, want %d", i, step.by.Login, got, ids[step.want])
			}
		}
		if l := fx.leased(t, ids[1]); l.By != "" {
			t.Errorf("who takes another leaves the first: %+v", l)
		}
		// A lease that has ended hinders nobody.
		if got := fx.take(t, store.Taking{By: ben, Now: Start.Add(socialwatch.DecisionLease)}); got != ids[0] {
			t.Errorf("took %d", got)
		}
	})
}

func TestTakeNextGoesOnBehindWhatOneHasDecided(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 3)
		if _, err := fx.Reject(t.Context(), socialwatch.Decision{ReplyID: s[1].Reply.ID, Hash: s[1].Reply.Hash, By: ana, Reason: "wrong_tone"}, Start); err != nil {
			t.Fatal(err)
		}
		if got := fx.take(t, store.Taking{By: ana, Left: s[1].Reply.ID, Now: Start}); got != s[2].Reply.ID {
			t.Errorf("took %d, want %d", got, s[2].Reply.ID)
		}
	})
}

func TestTakeNextHandsOutWhatOneMayDecideAndChose(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		s := fx.Seed(t, "post", 4)
		fx.exec(t, fmt.Sprintf("update replies set account = 'other' where id = %d", s[0].Reply.ID))
		fx.exec(t, "update mentions set lang = 'es' where post_id = '"+s[1].Mention.ID+"'")
		fx.exec(t, fmt.Sprintf("update cases set team = 'trust' where id = %d", s[2].Case.ID))
		all := fx.Hire(t, "all", socialwatch.RoleApprover)
		author := fx.Hire(t, "author", socialwatch.RoleAuthor)
		here, err := fx.AddPerson(t.Context(), socialwatch.Person{Login: "here",
			Roles: map[string]socialwatch.Role{"*": socialwatch.RoleReader, Account: socialwatch.RoleApprover}}, "", Start)
		if err != nil {
			t.Fatal(err)
		}
		writer := fx.Hire(t, "writer", socialwatch.RoleApprover)
		if _, err := fx.Revise(t.Context(), Edit(s[3], writer, "Sorry.")); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			q    store.Taking
			want []int
		}{
			"all":             {store.Taking{By: all}, []int{0, 1, 2, 3}},
			"one's accounts":  {store.Taking{By: here}, []int{1, 2, 3}},
			"a chosen one":    {store.Taking{By: all, Accounts: []string{"other"}}, []int{0}},
			"chosen, no role": {store.Taking{By: here, Accounts: []string{"other"}}, nil},
			"none chosen":     {store.Taking{By: all, Accounts: []string{}}, nil},
			"languages":       {store.Taking{By: all, Languages: []string{"es", "it"}}, []int{1}},
			"teams":           {store.Taking{By: all, Teams: []string{"trust"}}, []int{2}},
			"both":            {store.Taking{By: all, Languages: []string{"es"}, Teams: []string{"trust"}}, nil},
			"own words":       {store.Taking{By: writer}, []int{0, 1, 2}},
			"past its expiry": {store.Taking{By: all, Now: Start.Add(24 * time.Hour)}, nil},
		} {
			t.Run(name, func(t *testing.T) {
				if c.q.Now.IsZero() {
					c.q.Now = Start
				}
				var got []int
				for range s {
					id := fx.take(t, c.q)
					i := slices.IndexFunc(s, func(s Seeded) bool { return s.Reply.ID == id })
					if i < 0 || slices.Contains(got, i) {
						break
					}
					got, c.q.Left = append(got, i), id
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("took %v, want %v", got, c.want)
				}
				fx.exec(t, "update replies set decider = '', deciding_until = null")
			})
		}
		for _, p := range []socialwatch.Person{author, {Login: "nobody"}, {}} {
			if _, err := fx.TakeNext(t.Context(), store.Taking{By: p, Now: Start}); !errors.Is(err, socialwatch.ErrForbidden) {
				t.Errorf("%q took one: %v", p.Login, err)
			}
		}
		rows, _, err := fx.Queue(t.Context(), store.QueueFilter{Languages: []string{"en"}, Teams: []string{"support"}})
		if err != nil || len(rows) != 2 || rows[0].Reply.ID != s[0].Reply.ID || rows[1].Reply.ID != s[3].Reply.ID {
			t.Errorf("the queue under the same filter: %d rows, %v", len(rows), err)
		}
	})
}

func TestLeaseInformsAndHindersNoDecision(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		ana, ben, lea := fx.Hire(t, "ana", socialwatch.RoleApprover), fx.Hire(t, "ben", socialwatch.RoleApprover), fx.Hire(t, "lea", socialwatch.RoleLead)
		rita := fx.Hire(t, "rita", socialwatch.RoleReader)
		s := fx.Seed(t, "post", 2)
		id := s[0].Reply.ID
		if _, err := fx.Lease(ctx, id, rita, Start); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("a reader: %v", err)
		}
		for _, after := range []time.Duration{0, time.Minute, 2 * time.Minute} { // renewed before it ends
			r, err := fx.Lease(ctx, id, ana, Start.Add(after))
			if err != nil || r.Lease.By != "ana" || !r.Lease.Until.Equal(Start.Add(after+socialwatch.DecisionLease)) {
				t.Errorf("%+v, %v", r.Lease, err)
			}
		}
		at := Start.Add(3 * time.Minute)
		if r, err := fx.Lease(ctx, id, ben, at); !errors.Is(err, socialwatch.ErrLeaseHeld) || r.Lease.By != "ana" {
			t.Errorf("%+v, %v", r.Lease, err)
		}
		if _, err := fx.EndLease(ctx, id, ben, at); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("a colleague ended it: %v", err)
		}
		if r, err := fx.EndLease(ctx, id, lea, at); err != nil || r.Lease.By != "" || fx.leased(t, id).By != "" {
			t.Errorf("a lead: %+v, %v", r.Lease, err)
		}
		if _, err := fx.Lease(ctx, id, ana, at); err != nil {
			t.Error(err)
		}
		rows, _, err := fx.Queue(ctx, store.QueueFilter{})
		if err != nil || rows[0].Reply.Lease.By != "ana" || rows[1].Reply.Lease.By != "" {
			t.Errorf("queue %+v, %v", rows, err)
		}
		before := len(fx.Log(t, 0))
		held, err := fx.Approve(ctx, Yes(s[0].Reply, ben)) // the database picks the winner
		if err != nil || held.DecidedBy != "ben" || held.Lease.By != "" {
			t.Errorf("%+v, %v", held, err)
		}
		if n := len(fx.Log(t, 0)); n != before+2 {
			t.Errorf("%d events of one approval", n-before)
		}
		if _, err := fx.Lease(ctx, id, ana, at); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("leased what is decided: %v", err)
		}
		// One person decides about one reply at a time.
		for _, one := range s[1:] {
			if _, err := fx.Lease(ctx, one.Reply.ID, ana, at); err != nil {
				t.Error(err)
			}
		}
		if _, err := fx.Lease(ctx, 1<<40, ana, at); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("no such reply: %v", err)
		}
	})
}

func TestDraftNeverExpiresWhileSomebodyDecides(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		ana, ben := fx.Hire(t, "ana", socialwatch.RoleApprover), fx.Hire(t, "ben", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 3)
		over := s[0].Reply.ExpiresAt
		expire := func(at time.Time, want int) {
			t.Helper()
			if n, err := fx.Expire(ctx, at); err != nil || n != want {
				t.Errorf("%d expired at %s, %v", n, at, err)
			}
		}
		if _, err := fx.Lease(ctx, s[0].Reply.ID, ana, over.Add(-time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := fx.Lease(ctx, s[1].Reply.ID, ben, over.Add(-time.Second)); err != nil {
			t.Fatal(err)
		}
		expire(over, 1) // the third, which nobody looks at
		if _, err := fx.Lease(ctx, s[0].Reply.ID, ana, over.Add(time.Minute)); err != nil {
			t.Errorf("renewed past the expiry: %v", err)
		}
		if _, err := fx.Lease(ctx, s[2].Reply.ID, ben, over.Add(time.Minute)); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("leased what has expired: %v", err)
		}
		end := over.Add(-time.Second).Add(socialwatch.DecisionLease)
		expire(end.Add(-time.Microsecond), 0)
		expire(end, 1) // ben's
		yes := Yes(s[0].Reply, ana)
		yes.At = over.Add(2 * time.Minute)
		yes.ExpiresAt = yes.At.Add(4 * time.Hour)
		if r, err := fx.Approve(ctx, yes); err != nil || r.State != socialwatch.ReplyHolding {
			t.Errorf("approved while leased: %+v, %v", r, err)
		}
	})
}

// A lease that has ended revives nothing that time has ended but the pass has
// not yet seen.
func TestExpiredDraftIsNotLeasedBackToLife(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 1)[0]
		if _, err := fx.Lease(t.Context(), s.Reply.ID, ana, Start); err != nil {
			t.Fatal(err)
		}
		if _, err := fx.Lease(t.Context(), s.Reply.ID, ana, s.Reply.ExpiresAt); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("%v", err)
		}
	})
}
