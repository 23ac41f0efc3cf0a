package intake_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/intake"
	"socialwatch/internal/store/dbtest"
)

func (r *rig) exec(query string) {
	r.t.Helper()
	db := dbtest.Raw(r.t, r.opts)
	defer db.Close()
	if _, err := db.Exec(query); err != nil {
		r.t.Fatal(query, err)
	}
}

func TestOneSickThreadKeepsNoOtherWaiting(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.say("p1", "c1", "never came")
		r.town.say("p2", "c2", "never came")
		r.poll()
		r.town.sick = map[string]bool{"p1": true}
		r.town.say("p3", "c2", "still nothing", answers("p2"))
		r.town.feed = r.town.feed[:2]
		r.clock.add(2 * time.Minute)
		_, err := r.in.Threads(t.Context(), r.town.connector(), r.store)
		if err == nil || !strings.Contains(err.Error(), "an odd thread") {
			t.Errorf("err = %v", err)
		}
		r.want(1, "select count(*) from mentions where post_id = 'p3'")
		if n, err := r.in.Threads(t.Context(), r.town.connector(), r.store); n != 0 || err != nil {
			t.Errorf("due again at once: %d, %v", n, err)
		}
	})
}

func TestAnswerToAStrangerAnswersNoCase(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.say("p1", "c1", "never came")
		r.poll()
		r.town.say("p2", "c9", "same here", answers("p1"))
		r.town.say("p3", "help", "@c9 please write to us", answers("p1"), func(m *socialwatch.Mention) {
			m.Own, m.ParentID = true, "p2"
		})
		r.town.feed = r.town.feed[:1]
		p3 := r.town.posts["p3"]
		p3.RootID = "p1"
		r.town.posts["p3"] = p3
		r.clock.add(2 * time.Minute)
		r.look()
		r.want(1, "select count(*) from replies where state = 'awaiting'")
		r.want(0, "select count(*) from cases where responded_at is not null")
	})
}

func TestEditOfAPostStaysWithItsAccount(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		m := r.town.say("p1", "c1", "never came")
		r.poll()
		if err := r.store.EnsureAccount(t.Context(), "other", string(socialwatch.Mastodon), "social.example"); err != nil {
			t.Fatal(err)
		}
		m.Text, m.EditedAt, m.Account = "never came, really", start.Add(time.Minute), "other"
		other := newTown()
		other.posts["p1"], other.feed = m.Post, []socialwatch.Mention{m}
		c := other.connector()
		c.Account = "other"
		in := &intake.Intake{Store: r.store, Now: r.clock.Now, Rules: r.in.Rules}
		if _, err := in.Poll(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		r.want(1, "select count(*) from replies where state = 'awaiting' and account = 'help'")
		r.want(0, "select count(*) from replies where account = 'other'")
	})
}

func TestEditReopensWhatWasResolved(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		m := r.town.say("p1", "c1", "never came")
		r.poll()
		r.exec("update cases set state = 'resolved', resolved_at = updated_at")
		m.Text, m.EditedAt = "it was the wrong one", start.Add(time.Minute)
		r.town.posts["p1"] = m.Post
		if err := r.in.Look(t.Context(), r.town.connector(), []string{"p1"}); err != nil {
			t.Fatal(err)
		}
		r.want(1, "select count(*) from cases where state = 'open' and resolved_at is null")
		r.want(1, "select count(*) from replies where state = 'awaiting'")
	})
}

func TestOldPostsCountAfterAnOutage(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.say("p1", "c1", "never came")
		r.poll()
		r.town.say("p2", "c2", "never came")
		r.clock.add(8 * 24 * time.Hour) // nobody polled for eight days
		r.poll()
		r.want(2, "select count(*) from cases")
	})
}

func TestAPostThatCannotBeReadIsToldNotPassedOver(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		m := r.town.say("p1", "c1", "never came")
		r.poll()
		r.town.sick = map[string]bool{"p1": true}
		unread, err := r.in.LookAround(t.Context(), r.town.connector(), []socialwatch.Watch{{Account: "help", Customer: "c1",
			Roots: []string{m.RootID}, PostIDs: []string{m.ID}}})
		if unread == nil && err == nil {
			t.Error("a reply would go out on stale knowledge")
		}
		if err := r.in.Look(t.Context(), r.town.connector(), []string{"p1"}); err == nil {
			t.Error("nothing tells that the post was not read")
		}
		r.want(1, "select count(*) from replies where state = 'awaiting'")
	})
}

// glance looks into all threads after the longest wait.
func (r *rig) glance() {
	r.t.Helper()
	r.clock.add(time.Hour)
	if n, err := r.in.Threads(r.t.Context(), r.town.connector(), r.store); n == 0 || err != nil {
		r.t.Fatalf("looked at %d, %v", n, err)
	}
}

func TestImpostorInAWatchedThreadGetsACaseOfItsOwn(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.say("p1", "c1", "never came")
		r.poll()
		r.town.say("p2", "c9", "same here", answers("p1"))
		r.town.say("p3", "i1", "call our helpline", answers("p1"))
		r.town.feed = r.town.feed[:1]
		for range 2 { // looking again stores nothing twice
			r.glance()
		}
		r.want(2, "select count(*) from mentions")
		r.want(2, "select count(*) from cases")
		r.want(1, "select count(*) from cases where customer_id = 'i1' and team = 'security' and escalated and escalation = 'an impostor'")
		r.want(1, "select count(*) from replies") // the customer's draft stands, the impostor gets none
		r.want(1, "select count(*) from replies where state = 'awaiting'")
		// What it says next is part of that case.
		r.town.say("p4", "i1", "call our helpline now", answers("p1"))
		r.town.feed = r.town.feed[:1]
		r.glance()
		r.want(2, "select count(*) from cases")
		r.want(2, "select count(*) from mentions where author_id = 'i1'")
	})
}

func TestCaseGoesToAnotherTeamAndStaysThere(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.say("p1", "c1", "never came")
		r.poll()
		r.want(1, "select count(*) from cases where team = 'support'")
		r.want(0, "select count(*) from events where kind = 'case.updated'")
		r.town.say("p2", "c1", "somebody changed my password", answers("p1"))
		r.poll()
		r.town.say("p3", "c1", "still nothing", answers("p1"))
		r.poll()
		r.town.say("p4", "c1", "thanks", answers("p1"))
		r.poll()
		r.want(1, "select count(*) from cases where team = 'security'")
		r.want(1, "select count(*) from events where kind = 'case.updated'")
	})
}

// marked notes whether threads are read for a reply.
type marked struct {
	connectors.Threads
	forReply bool
}

func (m *marked) Read(ctx context.Context, roots []string, since time.Time) ([]connectors.Thread, error) {
	m.forReply = connectors.IsForReply(ctx)
	return m.Threads.Read(ctx, roots, since)
}

func TestOnlyTheLookBeforeAReplyMayUseItsMoney(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.say("p1", "c1", "never came")
		r.poll()
		c := r.town.connector()
		m := &marked{Threads: c.Threads}
		c.Threads = m
		watch := socialwatch.Watch{Account: c.Account, Customer: "c1", Roots: []string{"p1"}, PostIDs: []string{"p1"}}
		if _, err := r.in.LookAround(t.Context(), c, []socialwatch.Watch{watch}); err != nil || !m.forReply {
			t.Errorf("before a reply: %v, %v", m.forReply, err)
		}
		r.clock.add(2 * time.Minute)
		if n, err := r.in.Threads(t.Context(), c, r.store); n != 1 || err != nil || m.forReply {
			t.Errorf("on the way: %d threads, %v, %v", n, m.forReply, err)
		}
	})
}
