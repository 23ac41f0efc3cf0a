package storetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
)

// atOnce runs n functions at the same moment and returns their errors.
func atOnce(n int, run func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = run(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// wins counts the calls that worked; all others must be conflicts.
func wins(t *testing.T, errs []error) int {
	t.Helper()
	n := 0
	for _, err := range errs {
		if err == nil {
			n++
		} else if !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("lost by %v", err)
		}
	}
	return n
}

func stateOf(t *testing.T, fx Fixture, id int64) socialwatch.ReplyState {
	t.Helper()
	rc, err := fx.Context(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return rc.Reply.State
}

// kinds counts the events of a kind.
func kinds(t *testing.T, fx Fixture, kind string) (n int) {
	t.Helper()
	for _, e := range fx.Log(t, 0) {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func TestOfEightApproversOneWins(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		other := On(t, fx.Options) // another process
		people := make([]socialwatch.Person, 8)
		for i := range people {
			people[i] = fx.Hire(t, "approver"+string(rune('a'+i)), socialwatch.RoleApprover)
		}
		for round, s := range fx.Seed(t, "post", 5) {
			errs := atOnce(8, func(i int) error {
				on := fx
				if i%2 == 1 {
					on = other
				}
				a := Yes(s.Reply, people[i])
				a.Key += people[i].Login
				_, err := on.Approve(t.Context(), a)
				return err
			})
			if n := wins(t, errs); n != 1 {
				t.Fatalf("round %d: %d approvals", round, n)
			}
			card, err := fx.Card(t.Context(), s.Reply.ID)
			if err != nil {
				t.Fatal(err)
			}
			r := card.Reply
			if r.State != socialwatch.ReplyHolding || !strings.HasSuffix(r.Key, r.DecidedBy) || !r.HoldUntil.Equal(Start.Add(due)) {
				t.Errorf("%+v", r)
			}
			for i, err := range errs {
				if err == nil && r.DecidedBy != people[i].Login || err != nil && !strings.Contains(err.Error(), "by "+r.DecidedBy+" at 09:00 UTC") {
					t.Errorf("%s: %v, decided by %s", people[i].Login, err, r.DecidedBy)
				}
			}
		}
		if n := kinds(t, fx, "reply.approved"); n != 5 {
			t.Errorf("%d events of 5 approvals", n)
		}
	})
}

func TestApproveOrSupersede(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		by := fx.Hire(t, "ana", socialwatch.RoleApprover)
		for _, s := range fx.Seed(t, "post", 10) {
			c := fx.Changes(t)
			c.Moves = []socialwatch.ReplyMove{{ReplyID: s.Reply.ID, To: socialwatch.ReplySuperseded, Reason: "moved on"}}
			errs := atOnce(2, func(i int) error {
				if i == 0 {
					return fx.Save(t.Context(), c)
				}
				_, err := fx.Approve(t.Context(), Yes(s.Reply, by))
				return err
			})
			// Both may win, the approval first; the thread's move always does.
			if wins(t, errs); errs[0] != nil || stateOf(t, fx, s.Reply.ID) != socialwatch.ReplySuperseded {
				t.Fatalf("%v, reply is %s", errs, stateOf(t, fx, s.Reply.ID))
			}
			if _, err := fx.Claim(t.Context(), Claimable(s.Reply, "w")); !errors.Is(err, socialwatch.ErrConflict) {
				t.Errorf("claimed a superseded reply: %v", err)
			}
		}
	})
}

func TestUndoOrClaimNeverBoth(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		by := fx.Hire(t, "ana", socialwatch.RoleApprover)
		undone := 0
		for _, s := range fx.Seed(t, "post", 20) {
			fx.Hold(t, s.Reply, by)
			errs := atOnce(2, func(i int) error {
				if i == 0 {
					_, err := fx.Undo(t.Context(), decision(s, by), Start.Add(due))
					return err
				}
				_, err := fx.Claim(t.Context(), Claimable(s.Reply, "w"))
				return err
			})
			want := socialwatch.ReplySending
			if errs[0] == nil {
				want = socialwatch.ReplyCancelled
				undone++
			}
			if got := stateOf(t, fx, s.Reply.ID); wins(t, errs) != 1 || got != want {
				t.Errorf("%v, reply is %s", errs, got)
			}
		}
		if n := count(t, fx, "select count(*) from attempts"); n != 20-undone {
			t.Errorf("%d attempts with %d undone of 20", n, undone)
		}
	})
}

func TestClaimGoesToOne(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		by, other := fx.Hire(t, "ana", socialwatch.RoleApprover), On(t, fx.Options)
		s := fx.Seed(t, "post", 1)[0]
		fx.Hold(t, s.Reply, by)
		errs := atOnce(8, func(i int) error {
			on := []Fixture{fx, other}[i%2]
			_, err := on.Claim(t.Context(), Claimable(s.Reply, string(rune('a'+i))))
			return err
		})
		if n := wins(t, errs); n != 1 || count(t, fx, "select count(*) from attempts") != 1 {
			t.Errorf("%d claims", n)
		}
	})
}

func TestUnderStopApprovalsWaitAndResumeHoldsAfresh(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, lea := t.Context(), fx.Hire(t, "lea", socialwatch.RoleLead)
		s := fx.Seed(t, "post", 4)
		fx.Hold(t, s[0].Reply, lea)
		if err := errors.Join(fx.Stop(ctx, "ben", Start.Add(time.Second)), fx.Stop(ctx, "ana", Start.Add(time.Minute))); err != nil {
			t.Fatal(err)
		}
		stop, err := fx.Stopped(ctx)
		if err != nil || !stop.Stopped || stop.By != "ben" || !stop.At.Equal(Start.Add(time.Second)) {
			t.Errorf("%+v, %v", stop, err)
		}
		waits, err := fx.Approve(ctx, Yes(s[1].Reply, lea))
		if err != nil || waits.State != socialwatch.ReplyApproved || !waits.HoldUntil.IsZero() {
			t.Errorf("%+v, %v", waits, err)
		}
		short := Yes(s[2].Reply, lea)
		short.ExpiresAt = Start.Add(time.Hour)
		if _, err := fx.Approve(ctx, short); err != nil {
			t.Error(err)
		}
		late := Start.Add(2 * time.Hour)
		if _, err := fx.Claim(ctx, socialwatch.Claim{ReplyID: s[0].Reply.ID, Hash: s[0].Reply.Hash, Worker: "w", Now: late, Lease: time.Minute}); !errors.Is(err, socialwatch.ErrStopped) {
			t.Errorf("claim under stop: %v", err)
		}
		if ids, err := fx.DueSends(ctx, late, 10); err != nil || len(ids) != 0 {
			t.Errorf("due under stop: %v, %v", ids, err)
		}
		if err := fx.Resume(ctx, lea, late, due); err != nil {
			t.Fatal(err)
		}
		for i, want := range []socialwatch.ReplyState{socialwatch.ReplyHolding, socialwatch.ReplyHolding,
			socialwatch.ReplyExpired, socialwatch.ReplyAwaiting} {
			if got := stateOf(t, fx, s[i].Reply.ID); got != want {
				t.Errorf("reply %d is %s, want %s", i, got, want)
			}
		}
		for at, want := range map[time.Duration]int{due - time.Microsecond: 0, due: 2} {
			if ids, err := fx.DueSends(ctx, late.Add(at), 10); err != nil || len(ids) != want {
				t.Errorf("due %s after resuming: %v, %v", at, ids, err)
			}
		}
		if stop, err := fx.Stopped(ctx); err != nil || stop.Stopped {
			t.Errorf("%+v, %v", stop, err)
		}
		if n, m := kinds(t, fx, socialwatch.EventStopped), kinds(t, fx, socialwatch.EventResumed); n != 1 || m != 1 {
			t.Errorf("%d stops, %d resumptions", n, m)
		}
		if err := fx.Resume(ctx, lea, late, due); err != nil || kinds(t, fx, socialwatch.EventResumed) != 1 {
			t.Errorf("resume twice: %v", err)
		}
	})
}

func TestStopByHandStopsAndResumeHoldsAfresh(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		lea := fx.Hire(t, "lea", socialwatch.RoleLead)
		s := fx.Seed(t, "post", 1)[0]
		fx.Hold(t, s.Reply, lea)
		stopByHand(t, fx)
		if _, err := fx.Claim(t.Context(), Claimable(s.Reply, "w")); !errors.Is(err, socialwatch.ErrStopped) {
			t.Errorf("claim: %v", err)
		}
		later := Start.Add(time.Hour)
		if err := fx.Resume(t.Context(), lea, later, due); err != nil {
			t.Fatal(err)
		}
		if ids, _ := fx.DueSends(t.Context(), later, 10); len(ids) != 0 {
			t.Error("due at once after resuming")
		}
		if ids, _ := fx.DueSends(t.Context(), later.Add(due), 10); len(ids) != 1 {
			t.Error("never due after resuming")
		}
	})
}

// When Stop has returned, no attempt begins.
func TestNoClaimAfterStopHasReturned(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		by, other := fx.Hire(t, "ana", socialwatch.RoleApprover), On(t, fx.Options)
		seeded := fx.Seed(t, "post", 12)
		for _, s := range seeded {
			fx.Hold(t, s.Reply, by)
		}
		atStop := -1
		errs := atOnce(len(seeded)+1, func(i int) error {
			if i == len(seeded) {
				err := other.Stop(t.Context(), "ana", Start.Add(due))
				atStop = count(t, other, "select count(*) from attempts")
				return err
			}
			_, err := fx.Claim(t.Context(), Claimable(seeded[i].Reply, "w"))
			if errors.Is(err, socialwatch.ErrStopped) {
				return nil
			}
			return err
		})
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if n := count(t, fx, "select count(*) from attempts"); n != atStop {
			t.Errorf("%d attempts, %d when Stop returned", n, atStop)
		}
	})
}

// right is a decision with the role it needs and a state it is made in.
type right struct {
	needs socialwatch.Role
	from  socialwatch.ReplyState
	do    func(ctx context.Context, fx Fixture, s Seeded, by socialwatch.Person) error
}

func rights() map[string]right {
	return map[string]right{
		"Approve": {socialwatch.RoleApprover, socialwatch.ReplyAwaiting, func(ctx context.Context, fx Fixture, s Seeded, by socialwatch.Person) error {
			_, err := fx.Approve(ctx, Yes(s.Reply, by))
			return err
		}},
		"Reject": {socialwatch.RoleApprover, socialwatch.ReplyAwaiting, func(ctx context.Context, fx Fixture, s Seeded, by socialwatch.Person) error {
			d := decision(s, by)
			d.Reason = "wrong_facts"
			_, err := fx.Reject(ctx, d, Start)
			return err
		}},
		"Revise": {socialwatch.RoleAuthor, socialwatch.ReplyAwaiting, func(ctx context.Context, fx Fixture, s Seeded, by socialwatch.Person) error {
			_, err := fx.Revise(ctx, Edit(s, by, "Sorry."))
			return err
		}},
		"Revise and approve": {socialwatch.RoleApprover, socialwatch.ReplyAwaiting, func(ctx context.Context, fx Fixture, s Seeded, by socialwatch.Person) error {
			e := Edit(s, by, "Sorry.")
			a := Yes(s.Reply, socialwatch.Person{Login: "lea"}) // another's name lends no right
			a.Hash = e.Payload.Hash()
			e.Approval = &a
			_, err := fx.Revise(ctx, e)
			return err
		}},
		"Undo another's": {socialwatch.RoleLead, socialwatch.ReplyHolding, func(ctx context.Context, fx Fixture, s Seeded, by socialwatch.Person) error {
			_, err := fx.Undo(ctx, decision(s, by), Start)
			return err
		}},
		"Extend another's": {socialwatch.RoleLead, socialwatch.ReplyHolding, func(ctx context.Context, fx Fixture, s Seeded, by socialwatch.Person) error {
			_, err := fx.Extend(ctx, decision(s, by), Start.Add(-time.Second))
			return err
		}},
		"Withdraw another's, held": {socialwatch.RoleLead, socialwatch.ReplyHolding, func(ctx context.Context, fx Fixture, s Seeded, by socialwatch.Person) error {
			_, err := fx.Withdraw(ctx, decision(s, by), Start)
			return err
		}},
		"Withdraw another's": {socialwatch.RoleApprover, socialwatch.ReplyFailed, func(ctx context.Context, fx Fixture, s Seeded, by socialwatch.Person) error {
			_, err := fx.Withdraw(ctx, decision(s, by), Start)
			return err
		}},
		"Settle": {socialwatch.RoleLead, socialwatch.ReplyUnknown, func(ctx context.Context, fx Fixture, s Seeded, by socialwatch.Person) error {
			_, err := fx.Settle(ctx, socialwatch.Settlement{ReplyID: s.Reply.ID, By: by, Attempt: 1, Absent: true, At: Start})
			return err
		}},
		"Propose": {socialwatch.RoleAuthor, socialwatch.ReplyRejected, func(ctx context.Context, fx Fixture, s Seeded, by socialwatch.Person) error {
			_, err := fx.Propose(ctx, Proposal(s, by, "Sorry."))
			return err
		}},
		"Resume": {socialwatch.RoleLead, socialwatch.ReplyApproved, func(ctx context.Context, fx Fixture, _ Seeded, by socialwatch.Person) error {
			return fx.Resume(ctx, by, Start, due)
		}},
		"SetCaseState": {socialwatch.RoleAuthor, socialwatch.ReplyRejected, func(ctx context.Context, fx Fixture, s Seeded, by socialwatch.Person) error {
			_, err := fx.SetCaseState(ctx, caseMove(s.Case, socialwatch.CaseOpen, by))
			return err
		}},
		"Pause": {socialwatch.RoleAdmin, socialwatch.ReplyAwaiting, func(ctx context.Context, fx Fixture, _ Seeded, by socialwatch.Person) error {
			return fx.Pause(ctx, Account, by, Start)
		}},
	}
}

func TestOnlyAPersonWithTheRightDecides(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		fx.Hire(t, "lea", socialwatch.RoleAdmin)
		people := map[socialwatch.Role]socialwatch.Person{}
		for _, role := range socialwatch.Roles {
			people[role] = fx.Hire(t, string(role), role)
		}
		gone := fx.Hire(t, "gone", socialwatch.RoleAdmin)
		fx.Disable(t, "gone")
		elsewhere, err := fx.AddPerson(t.Context(), socialwatch.Person{Login: "elsewhere",
			Roles: map[string]socialwatch.Role{"another account": socialwatch.RoleAdmin}}, "", Start)
		if err != nil {
			t.Fatal(err)
		}
		invented := socialwatch.Person{ID: 1, Login: "invented", Roles: map[string]socialwatch.Role{"*": socialwatch.RoleAdmin}}
		for name, c := range rights() {
			t.Run(name, func(t *testing.T) {
				s := fx.Seed(t, name, 1)[0]
				put(t, fx, s.Reply.ID, c.from)
				if name == "Resume" {
					stopByHand(t, fx)
				}
				before := dump(t, fx)
				refused := []socialwatch.Person{gone, invented, {Login: socialwatch.System}, {}}
				if name != "Resume" { // which is about every account
					refused = append(refused, elsewhere)
				}
				for _, role := range socialwatch.Roles {
					if role == c.needs {
						break
					}
					claims := people[role] // what the caller says of the roles is not believed
					claims.Roles = invented.Roles
					refused = append(refused, claims)
				}
				for _, p := range refused {
					if err := c.do(t.Context(), fx.Fixture, s, p); !errors.Is(err, socialwatch.ErrForbidden) {
						t.Errorf("by %q: %v", p.Login, err)
					}
				}
				if dump(t, fx) != before {
					t.Error("a refused decision has changed something")
				}
				if err := c.do(t.Context(), fx.Fixture, s, people[c.needs]); err != nil {
					t.Errorf("by %s: %v", c.needs, err)
				}
			})
		}
	})
}
