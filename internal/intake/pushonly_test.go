package intake_test

import (
	"errors"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/intake"
)

var _ connectors.Tray = intake.Door{}

// handIn is push with all that a network that only pushes tells of.
func (r *rig) handIn(p socialwatch.Push) {
	r.t.Helper()
	if err := (intake.Door{Waiting: r.store, Now: r.clock.Now}).PutPush(r.t.Context(), "help", p); err != nil {
		r.t.Fatal(err)
	}
}

// pushOnly is the town's connector without what fetches.
func (r *rig) pushOnly() *connectors.Connector {
	c := r.town.connector()
	c.Source, c.Threads, c.Lookup = nil, nil, nil
	return c
}

func TestNothingIsFetchedOfANetworkThatOnlyPushes(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.say("p1", "c1", "never came")
		if res, err := r.in.Poll(t.Context(), r.pushOnly()); err != nil || res != (intake.Result{}) {
			t.Errorf("%+v %v", res, err)
		}
	})
}

func TestPushedDeletionErasesThePostWhateverTheOrder(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		known, quick, early := r.town.say("p1", "c1", "never came"), r.town.say("p2", "c2", "never came"), r.town.say("p3", "c3", "never came")
		r.push(known)
		r.inbox()
		r.handIn(socialwatch.Push{Gone: []string{"p3"}}) // overtakes its post
		r.handIn(socialwatch.Push{Mentions: []socialwatch.Mention{quick, early}, Gone: []string{"p1", "p2", "never seen"}})
		r.inbox()
		r.want(3, "select count(*) from mentions where gone_at is not null and body = ''")
		r.want(3, "select count(*) from replies where state = 'superseded'")
		r.push(known, quick, early) // sent again, late
		r.inbox()
		r.want(3, "select count(*) from mentions where gone_at is not null and body = ''")
		r.want(0, "select count(*) from inbox")
		r.want(0, "select count(*) from inbox_gone")
	})
}

func TestOlderVersionNeverReplacesANewerOne(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		first := r.town.say("p1", "c1", "never came")
		edited := first
		edited.Text, edited.EditedAt = "still nothing", first.CreatedAt.Add(time.Hour)
		r.push(edited)
		r.inbox()
		r.push(first)
		r.inbox()
		r.want(1, "select count(*) from mentions where body = 'still nothing'")
		r.want(0, "select count(*) from replies where state = 'superseded'")
		r.want(0, "select count(*) from inbox")
	})
}

func TestPushedAnswerOfOurPeopleRetiresTheDraft(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		m := r.town.say("p1", "c1", "never came")
		r.push(m)
		r.inbox()
		r.want(1, "select count(*) from replies where state = 'awaiting'")
		r.clock.add(time.Minute)
		answer := m
		answer.ID, answer.ParentID, answer.Own, answer.CreatedAt = "a1", m.ID, true, r.clock.Now()
		answer.Author = socialwatch.Author{}
		r.handIn(socialwatch.Push{Mentions: []socialwatch.Mention{answer}})
		r.inbox()
		r.want(1, "select count(*) from mentions")
		r.want(1, "select count(*) from replies where state = 'superseded' and reason = 'answered natively'")
		r.want(0, "select count(*) from inbox")
	})
}

func TestDeletionSurvivesAKill(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.push(r.town.say("p1", "c1", "never came"))
		r.inbox()
		r.handIn(socialwatch.Push{Gone: []string{"p1"}})
		dying := *r.in
		dying.Store = broken{r.store}
		if _, err := dying.Inbox(t.Context(), r.pushOnly()); !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		r.want(0, "select count(*) from mentions where gone_at is not null")
		r.inbox()
		r.want(1, "select count(*) from mentions where gone_at is not null")
	})
}
