package intake_test

import (
	"strings"
	"testing"
	"time"

	"socialwatch"
)

// hears makes the test's triage know who asks us not to write.
func (r *rig) hears() {
	r.says(func(text string, a *socialwatch.Assessment) {
		if !strings.Contains(text, "stop writing to me") {
			return
		}
		a.Signals = append(a.Signals, socialwatch.Signal{Name: socialwatch.SignalOptOut, Points: 70})
		if !strings.Contains(text, "never came") {
			a.Ignored, a.Intent, a.Escalate = "opt_out", socialwatch.Other, false
		}
	})
}

const (
	silenced = "select count(*) from cases where escalated and escalation like '%asked us not to write to them%'"
	awaiting = "select count(*) from replies where state = 'awaiting'"
)

func TestWhoAsksForSilenceGetsNoDraftAnyMore(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears()
		r.town.say("p1", "c1", "never came SW-1")
		r.town.say("q1", "c2", "never came")
		r.poll()
		r.want(2, awaiting)
		r.town.say("p2", "c1", "stop writing to me") // on its own: it belongs to no case
		r.poll()
		r.want(1, awaiting)
		r.want(1, "select count(*) from replies where state = 'superseded' and reason = 'the customer asked us not to write to them'")
		r.want(1, "select count(*) from mentions where post_id = 'p2' and case_id is null and ignored = 'opt_out'")
		r.want(1, silenced+" and customer_id = 'c1'")
		// A month later they name us and ask something: a case for a person.
		r.clock.add(30 * 24 * time.Hour)
		r.town.say("p3", "c1", "never came SW-9")
		r.poll()
		r.want(1, awaiting)
		r.want(2, silenced+" and customer_id = 'c1'")
		r.want(1, "select count(*) from cases where state = 'new' and escalation like '%own app.' and id = (select case_id from mentions where post_id = 'p3')")
		r.want(0, silenced+" and customer_id = 'c2'")
		// The words may go, the wish stays.
		delete(r.town.posts, "p2")
		if err := r.in.Look(t.Context(), r.town.connector(), []string{"p2"}); err != nil {
			t.Fatal(err)
		}
		r.town.say("p4", "c1", "never came SW-10")
		r.poll()
		r.want(1, awaiting)
		// It is said once.
		r.want(0, "select count(*) from cases where escalation like '%not to write%not to write%'")
	})
}

func TestSilenceHoldsWithinABatchAndForAMatter(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears()
		r.town.say("p1", "c1", "never came SW-1")
		r.town.say("p2", "c1", "stop writing to me")
		r.town.say("q1", "c2", "never came SW-2, stop writing to me")
		r.poll()
		r.want(0, "select count(*) from replies")
		r.want(2, "select count(*) from cases")
		r.want(2, silenced)
		r.want(1, "select count(*) from mentions where post_id = 'p2' and case_id is null")
	})
}

func TestSilenceIsForOneAccount(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.hears()
		r.town.say("p1", "c1", "stop writing to me")
		r.poll()
		if err := r.store.EnsureAccount(t.Context(), "other", string(socialwatch.Mastodon), "social.example"); err != nil {
			t.Fatal(err)
		}
		other := newTown()
		m := other.say("p2", "c1", "never came")
		m.Account = "other"
		other.feed = []socialwatch.Mention{m}
		c := other.connector()
		c.Account = "other"
		if _, err := r.in.Poll(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		r.want(1, awaiting+" and account = 'other'")
	})
}

// TestOneReplyToAPost: where the network allows one, an edit of what has its
// answer gets no draft; elsewhere it does.
func TestOneReplyToAPost(t *testing.T) {
	for _, once := range []bool{true, false} {
		each(t, func(t *testing.T, r *rig) {
			r.town.once = once
			m := r.town.say("p1", "c1", "never came")
			r.poll()
			r.exec("update replies set state = 'sent', post_id = 'ours', sent_at = updated_at")
			m.Text, m.EditedAt = "never came, and wrong", start.Add(2*time.Hour)
			r.town.posts["p1"] = m.Post
			if err := r.in.Look(t.Context(), r.town.connector(), []string{"p1"}); err != nil {
				t.Fatal(err)
			}
			r.want(1, "select count(*) from mention_revisions where masked = 'never came'")
			drafts, cases := 1, 0
			if once {
				drafts, cases = 0, 1
			}
			r.want(drafts, awaiting)
			r.want(cases, "select count(*) from cases where escalated and escalation like '%allows one reply to a post%'")
			// Another post of theirs may be answered.
			r.town.say("p2", "c1", "and now?", answers("p1"))
			r.poll()
			r.want(1, awaiting)
		})
	}
}

// TestOurPeoplesOwnAnswerIsTheOneReply: an answer in the network's own app is
// kept in mind also where no draft stood and the case had its first response,
// and takes back what a person has written since.
func TestOurPeoplesOwnAnswerIsTheOneReply(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.once = true
		r.town.say("p1", "c1", "never came")
		r.poll()
		r.exec("update replies set state = 'rejected'")
		r.exec("update cases set responded_at = updated_at")
		r.town.posts["p9"] = socialwatch.Post{Network: socialwatch.Mastodon, Host: "social.example", ID: "p9", ParentID: "p1",
			RootID: "p1", Own: true, CreatedAt: start.Add(time.Minute), URL: "https://social.example/@help/p9"}
		for range 3 {
			r.glance()
		}
		r.want(1, "select count(*) from events where kind = 'case.responded'")
		r.want(1, "select count(*) from events where data ->> 'url' = 'https://social.example/@help/p9'")
		if k := r.known(); !k.Mentions["p1"].Answered {
			t.Error("the store does not know of the answer")
		}
		// Written later by a person who does not know.
		r.exec("update replies set state = 'awaiting', author = 'ana', created_at = updated_at")
		r.glance()
		r.want(1, "select count(*) from replies where state = 'superseded' and reason = 'answered natively'")
	})
}

// TestAnswerToALaterVersionIsTheOneReply: where each version has an id of its
// own, our people answer the newest, which is not the id of the mention.
func TestAnswerToALaterVersionIsTheOneReply(t *testing.T) {
	for first, want := range map[string]int{"c1": 1, "c2": 0} {
		each(t, func(t *testing.T, r *rig) {
			r.town.once = true
			m := r.town.say("p1", "c1", "never came")
			r.poll()
			edited := start.Add(10 * time.Minute)
			m.Text, m.EditedAt = "never came, and wrong", edited
			r.town.posts["p1"] = m.Post
			if err := r.in.Look(t.Context(), r.town.connector(), []string{"p1"}); err != nil {
				t.Fatal(err)
			}
			r.want(1, awaiting)
			r.town.posts["p9"] = socialwatch.Post{Network: socialwatch.Mastodon, Host: "social.example", ID: "p9", ParentID: "p1-2",
				ParentAt: edited, ParentBy: first, RootID: "p1", Own: true, CreatedAt: edited.Add(time.Minute)}
			watch := socialwatch.Watch{Account: "help", Customer: "c1", Roots: []string{"p1"}, PostIDs: []string{"p1"}}
			for range 2 {
				if _, err := r.in.LookAround(t.Context(), r.town.connector(), []socialwatch.Watch{watch}); err != nil {
					t.Fatal(err)
				}
			}
			r.want(want, "select count(*) from replies where state = 'superseded' and reason = 'answered natively'")
			r.want(1-want, awaiting)
		})
	}
}
