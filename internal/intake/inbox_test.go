package intake_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/intake"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

var _ connectors.Inbox = intake.Door{}

// push hands mentions in as a stream does.
func (r *rig) push(mentions ...socialwatch.Mention) {
	r.t.Helper()
	if err := (intake.Door{Waiting: r.store, Now: r.clock.Now}).Put(r.t.Context(), "help", mentions); err != nil {
		r.t.Fatal(err)
	}
}

// inbox takes in what waits.
func (r *rig) inbox() intake.Result {
	r.t.Helper()
	res, err := r.in.Inbox(r.t.Context(), r.town.connector())
	if err != nil {
		r.t.Fatal(err)
	}
	return res
}

func TestPushedTwiceIsStoredOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a, b := r.town.say("p1", "c1", "never came"), r.town.say("p2", "c2", "never came")
		r.push(a, b)
		r.push(b, a)
		if res := r.inbox(); res.Stored != 2 || res.Batches != 1 || !res.Newest.Equal(b.CreatedAt) {
			t.Errorf("%+v", res)
		}
		r.push(a)
		r.inbox()
		r.poll() // the network has them too
		r.want(2, "select count(*) from mentions")
		r.want(2, "select count(*) from cases")
		r.want(2, "select count(*) from replies where state = 'awaiting'")
		r.want(0, "select count(*) from inbox")
		if res := r.inbox(); res != (intake.Result{}) {
			t.Errorf("an empty inbox gave %+v", res)
		}
	})
}

func TestPushMovesNoCursor(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.say("p1", "c1", "never came")
		r.poll()
		pushed := r.town.say("p3", "c3", "never came")
		r.town.feed[1] = r.town.say("p2", "c2", "never came") // which no push brought
		r.town.feed[2] = pushed
		r.push(pushed)
		r.inbox()
		r.want(2, "select count(*) from mentions")
		r.poll()
		r.want(3, "select count(*) from mentions")
	})
}

func TestEditIsTakenInAsOne(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		m := r.town.say("p1", "c1", "never came")
		r.push(m)
		r.inbox()
		m.Text, m.EditedAt = "still nothing", m.CreatedAt.AddDate(0, 0, 1)
		r.push(m)
		r.inbox()
		r.want(1, "select count(*) from mentions where body = 'still nothing'")
		r.want(1, "select count(*) from replies where state = 'superseded'")
		r.want(1, "select count(*) from replies where state = 'awaiting'")
	})
}

// broken is a store whose Save fails at its last step, as if the process were
// killed before the commit.
type broken struct{ *store.Store }

var errKilled = errors.New("killed")

func (s broken) Save(ctx context.Context, c socialwatch.Changes) error {
	c.Events = append(c.Events, socialwatch.Event{Kind: "x", Data: map[string]any{"no JSON": make(chan int)}})
	return errors.Join(errKilled, s.Store.Save(ctx, c))
}

func TestKillBetweenLosesNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for i := range 3 {
			r.push(r.town.say(fmt.Sprint("p", i), fmt.Sprint("c", i), "never came"))
		}
		dying := *r.in
		dying.Store = broken{r.store}
		if _, err := dying.Inbox(t.Context(), r.town.connector()); !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		r.want(0, "select count(*) from mentions")
		r.want(3, "select count(*) from inbox")
		r.inbox()
		r.want(3, "select count(*) from mentions")
		r.want(0, "select count(*) from inbox")
	})
}

func TestInboxWaitsForAPause(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p, err := r.store.AddPerson(t.Context(), socialwatch.Person{Login: "adam",
			Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: socialwatch.RoleAdmin}}, "", start)
		if err = errors.Join(err, r.store.Pause(t.Context(), "help", p, start)); err != nil {
			t.Fatal(err)
		}
		r.push(r.town.say("p1", "c1", "never came"))
		r.inbox()
		r.want(1, "select count(*) from inbox")
		if err := r.store.Unpause(t.Context(), "help", p, start); err != nil {
			t.Fatal(err)
		}
		r.inbox()
		r.want(1, "select count(*) from mentions")
	})
}

// TestPollAndPushAtOnceStoreOnce: two processes poll while two others push the
// same posts and take them in; there are more than one batch takes.
func TestPollAndPushAtOnceStoreOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		const posts, customers = 520, 40
		r.town.page = 130
		for i := range posts {
			r.town.say(fmt.Sprint("p", 1000+i), fmt.Sprint("c", i%customers), "never came")
		}
		other := dbtest.Reopen(t, r.opts)
		theirs := *r.in
		theirs.Store, theirs.Waiting = other, other
		r.push(r.town.feed...)
		var wg sync.WaitGroup
		for _, in := range []*intake.Intake{r.in, &theirs} {
			wg.Go(func() {
				if _, err := in.Poll(t.Context(), r.town.connector()); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				door := intake.Door{Waiting: in.Waiting, Now: in.Now}
				for i := 0; i < posts; i += 40 {
					if err := door.Put(t.Context(), "help", r.town.feed[i:min(i+60, posts)]); err != nil {
						t.Error(err)
					}
					if _, err := in.Inbox(t.Context(), r.town.connector()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		r.inbox()
		r.want(posts, "select count(*) from mentions")
		r.want(customers, "select count(*) from cases")
		r.want(customers, "select count(*) from replies where state = 'awaiting'")
		r.want(0, "select count(*) from inbox")
	})
}
