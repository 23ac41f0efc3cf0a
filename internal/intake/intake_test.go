package intake_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/intake"
	"socialwatch/internal/store/dbtest"
)

func TestPollTwiceStoresOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.page = 3
		for i := range 10 {
			r.town.say(fmt.Sprint("p", i), fmt.Sprint("c", i), "never came")
		}
		r.town.feed = append(r.town.feed, r.town.feed...) // the network repeats itself
		r.poll()
		r.poll()
		r.want(10, "select count(*) from mentions")
		r.want(10, "select count(*) from cases")
		r.want(10, "select count(*) from replies where state = 'awaiting'")
		r.want(10, "select count(*) from events where kind = 'case.opened'")
	})
}

func TestTwoProcessesAtOnceStoreOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.page = 2
		for i := range 40 {
			r.town.say(fmt.Sprint("p", 100+i), fmt.Sprint("c", i%8), "never came")
		}
		other := &intake.Intake{Store: dbtest.Reopen(t, r.opts), Now: r.clock.Now, Rules: r.in.Rules}
		var wg sync.WaitGroup
		for _, in := range []*intake.Intake{r.in, other, r.in, other} {
			wg.Go(func() {
				if _, err := in.Poll(t.Context(), r.town.connector()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		r.want(40, "select count(*) from mentions")
		r.want(8, "select count(*) from cases")
		r.want(8, "select count(*) from replies where state = 'awaiting'")
	})
}

func TestLostCursorDoublesNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for i := range 5 {
			r.town.say(fmt.Sprint("p", i), fmt.Sprint("c", i), "never came")
		}
		r.poll()
		if _, err := dbtest.Raw(t, r.opts).Exec("update accounts set cursor = null"); err != nil {
			t.Fatal(err)
		}
		r.poll()
		r.want(5, "select count(*) from mentions")
		r.want(5, "select count(*) from cases")
	})
}

func TestFollowUpAttachesAndSupersedesTheDraft(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.say("p1", "c1", "never came SW-1")
		r.poll()
		r.town.say("p2", "c1", "still nothing", answers("p1"))
		r.poll()
		r.want(1, "select count(*) from cases")
		r.want(2, "select count(*) from mentions where case_id is not null")
		r.want(1, "select count(*) from replies where state = 'superseded'")
		r.want(1, "select count(*) from replies where state = 'awaiting'")
		// A new post without thread joins the open case too; a stranger's does not.
		r.town.say("p3", "c1", "hello again")
		r.town.say("p4", "c2", "never came", answers("p1"))
		r.poll()
		r.want(2, "select count(*) from cases")
		r.want(2, "select count(*) from replies where state = 'awaiting'")
	})
}

func TestThanksAttachReopenNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.say("p1", "c1", "never came")
		r.poll()
		resolve := func() {
			if _, err := dbtest.Raw(t, r.opts).Exec("update cases set state = 'resolved', resolved_at = updated_at"); err != nil {
				t.Fatal(err)
			}
		}
		resolve()
		r.town.say("p2", "c1", "thanks", answers("p1"))
		r.poll()
		r.want(1, "select count(*) from cases where state = 'resolved'")
		r.want(0, "select count(*) from replies where state = 'awaiting'")
		r.town.say("p3", "c1", "still nothing", answers("p1"))
		r.poll()
		r.want(1, "select count(*) from cases where state = 'open'")
		r.want(1, "select count(*) from events where kind = 'case.reopened'")
		// After 72 h a follow-up opens a new case that names the old one.
		resolve()
		r.clock.add(73 * time.Hour)
		r.town.say("p4", "c1", "and again", answers("p1"))
		r.poll()
		r.want(1, "select count(*) from cases where linked is not null")
	})
}

func TestOrderNumberAndCaseNumberChooseTheCase(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.say("p1", "c1", "never came SW-1")
		r.poll()
		// Another matter of the same customer, opened by a person.
		raw := dbtest.Raw(t, r.opts)
		if _, err := raw.Exec(`insert into cases (id, number, account, network, host, customer_id, customer, state, level, intent, score, escalated,
			escalation, orders, opened_at, updated_at, due_at, version, team) select 5000, 'K-5000', account, network, host, customer_id, customer, 'open',
			level, intent, score, escalated, escalation, '["SW-2"]', opened_at, updated_at, due_at, 1, team from cases`); err != nil {
			t.Fatal(err)
		}
		r.town.say("p2", "c1", "about SW-1")
		r.town.say("p3", "c1", "about K-5000 please")
		r.town.say("p4", "c2", "about K-5000 please")
		r.poll()
		r.want(2, "select count(*) from mentions where case_id = (select case_id from mentions where post_id = 'p1')")
		r.want(1, "select count(*) from mentions where case_id = 5000")
		r.want(3, "select count(*) from cases") // a stranger who quotes a number gets his own
	})
}

func TestEditVoidsTheDraft(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		m := r.town.say("p1", "c1", "never came")
		r.poll()
		m.Text, m.EditedAt = "never came, order SW-9", start.Add(time.Minute)
		r.town.posts["p1"] = m.Post
		if err := r.in.Look(t.Context(), r.town.connector(), []string{"p1"}); err != nil {
			t.Fatal(err)
		}
		r.want(1, "select count(*) from mentions where body like '%SW-9' and kind = 'mention'")
		r.want(1, "select count(*) from replies where state = 'superseded'")
		r.want(1, "select count(*) from replies where state = 'awaiting'")
		version := r.known().Version
		if err := r.in.Look(t.Context(), r.town.connector(), []string{"p1"}); err != nil {
			t.Fatal(err)
		}
		if got := r.known().Version; got != version {
			t.Fatalf("a look without news wrote: version %d → %d", version, got)
		}
	})
}

func TestDeletionErasesTheTextAndVoidsTheDraft(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.say("p1", "c1", "my secret words")
		r.poll()
		delete(r.town.posts, "p1")
		if err := r.in.Look(t.Context(), r.town.connector(), []string{"p1"}); err != nil {
			t.Fatal(err)
		}
		r.want(0, "select count(*) from mentions where body like '%secret%' or masked like '%secret%'")
		r.want(1, "select count(*) from replies where state = 'superseded'")
		r.want(1, "select count(*) from events where kind = 'mention.gone'")
	})
}

func TestThreadsFindFollowUpsAndNativeAnswers(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.say("p1", "c1", "never came")
		r.poll()
		quietly := func(id, author, text string, own bool) {
			r.town.say(id, author, text, answers("p1"), func(m *socialwatch.Mention) { m.Own = own })
			r.town.feed = r.town.feed[:1] // no notification
		}
		quietly("p2", "c1", "still nothing", false)
		quietly("p3", "c9", "same here", false) // a third party: context
		r.clock.add(2 * time.Minute)
		r.look()
		r.want(2, "select count(*) from mentions")
		r.want(1, "select count(*) from replies where state = 'awaiting'")
		r.town.posts["p4"] = socialwatch.Post{Network: socialwatch.Mastodon, Host: "social.example", ID: "p4", ParentID: "p1", RootID: "p1",
			Own: true, CreatedAt: r.clock.Now().Add(time.Second)}
		r.clock.add(10 * time.Minute)
		r.look()
		r.want(0, "select count(*) from replies where state = 'awaiting'")
		r.want(1, "select count(*) from cases where responded_at is not null")
		r.want(1, "select count(*) from events where kind = 'case.responded'")
		r.clock.add(time.Hour)
		r.look()
		r.want(1, "select count(*) from events where kind = 'case.responded'")
	})
}

// TestWhatWasAnsweredAlreadyIsNotAnsweredAgain: a restored backup knows
// neither a post nor the answer that went out since. The draft for it goes, a
// draft for what the customer wrote into the post later stays.
func TestWhatWasAnsweredAlreadyIsNotAnsweredAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.say("p1", "c1", "never came")
		asked := r.town.posts["p1"]
		r.clock.add(2 * time.Minute)
		r.town.posts["p2"] = socialwatch.Post{Network: socialwatch.Mastodon, Host: "social.example", ID: "p2", ParentID: "p1", RootID: "p1",
			Own: true, CreatedAt: asked.CreatedAt.Add(time.Minute)}
		r.poll()
		r.want(1, "select count(*) from replies where state = 'awaiting'")
		r.clock.add(10 * time.Minute)
		r.look()
		r.want(0, "select count(*) from replies where state = 'awaiting'")
		asked.Text, asked.EditedAt = "never came, and now it is too late", r.clock.Now()
		r.town.posts["p1"] = asked
		r.clock.add(time.Hour)
		r.look()
		r.want(1, "select count(*) from replies where state = 'awaiting'")
		r.clock.add(time.Hour)
		r.look()
		r.want(1, "select count(*) from replies where state = 'awaiting'")
	})
}

func (r *rig) look() {
	r.t.Helper()
	if n, err := r.in.Threads(r.t.Context(), r.town.connector(), r.store); err != nil || n != 1 {
		r.t.Fatalf("looked at %d, %v", n, err)
	}
	if n, err := r.in.Threads(r.t.Context(), r.town.connector(), r.store); err != nil || n != 0 {
		r.t.Fatalf("looked twice: %d, %v", n, err)
	}
}

func TestConcurrentMergeRunsAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.say("p1", "c1", "never came")
		r.town.say("q1", "c2", "never came")
		r.poll()
		raw := dbtest.Raw(t, r.opts)
		var once sync.Once
		r.town.say("p2", "c1", "still nothing", answers("p1"))
		assessed := r.in.Rules.Assess
		r.in.Rules.Assess = func(m socialwatch.Mention, h socialwatch.History) socialwatch.Assessment {
			once.Do(func() { // between Known and Save
				if _, err := raw.Exec(`update cases set state = 'merged', version = version + 1,
					merged_into = (select case_id from mentions where post_id = 'q1')
					where id = (select case_id from mentions where post_id = 'p1')`); err != nil {
					t.Error(err)
				}
				if _, err := raw.Exec("update cases set customer_id = 'c1' where id = (select case_id from mentions where post_id = 'q1')"); err != nil {
					t.Error(err)
				}
			})
			return assessed(m, h)
		}
		r.poll()
		r.want(1, "select count(*) from mentions where post_id = 'p2' and case_id = (select case_id from mentions where post_id = 'q1')")
	})
}

func TestHostileBytesLoseNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.say("p1", "c1", "never\x00came \xff\xfe")
		r.town.say("p2", "c2", strings.Repeat("never came ", 10_000))
		r.town.say("p3", "c3", "never came", func(m *socialwatch.Mention) { m.CreatedAt = start.Add(1000 * time.Hour) }) // their clock is wrong
		r.poll()
		r.want(3, "select count(*) from mentions")
		r.want(3, "select count(*) from cases where opened_at <= updated_at")
	})
}

func TestOldPostsOpenNoCase(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.say("p1", "c1", "never came", func(m *socialwatch.Mention) { m.CreatedAt = start.Add(-8 * 24 * time.Hour) })
		r.town.say("p2", "c2", "a contest")
		r.poll()
		r.want(2, "select count(*) from mentions where ignored <> ''")
		r.want(0, "select count(*) from cases")
	})
}

func TestFollowUpBeforeAnyAnswerIsAnsweredForTheCase(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var seen []intake.Situation
		answer := r.in.Rules.Respond
		r.in.Rules.Respond = func(s intake.Situation) intake.Answer {
			seen = append(seen, s)
			return answer(s)
		}
		assessed := r.in.Rules.Assess
		r.in.Rules.Assess = func(m socialwatch.Mention, h socialwatch.History) socialwatch.Assessment {
			a := assessed(m, h)
			if m.ParentID != "" {
				a.Intent, a.Escalate = socialwatch.Other, false
			}
			return a
		}
		r.town.say("p1", "c1", "never came")
		r.poll()
		r.town.say("p2", "c1", "the number is SW-1", answers("p1"))
		r.poll()
		if _, err := dbtest.Raw(t, r.opts).Exec("update cases set responded_at = updated_at"); err != nil {
			t.Fatal(err)
		}
		r.town.say("p3", "c1", "hello", answers("p1"))
		r.poll()
		if seen[1].FollowUp || seen[1].Assessment.Intent != socialwatch.StuckOrder || len(seen[1].Used) != 0 || !seen[1].Given {
			t.Errorf("before any answer: %+v", seen[1])
		}
		if !seen[2].FollowUp || seen[2].Assessment.Intent != socialwatch.StuckOrder || seen[2].Given {
			t.Errorf("after an answer: %+v", seen[2])
		}
	})
}

func TestAPersonOnceAskedForStaysWantedInTheCase(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var seen []bool
		answer := r.in.Rules.Respond
		r.in.Rules.Respond = func(s intake.Situation) intake.Answer {
			seen = append(seen, slices.ContainsFunc(s.Earlier, func(p socialwatch.Past) bool {
				return p.Assessment.WantsHuman() != "" && !p.Answered
			}))
			return answer(s)
		}
		assessed := r.in.Rules.Assess
		r.in.Rules.Assess = func(m socialwatch.Mention, h socialwatch.History) socialwatch.Assessment {
			a := assessed(m, h)
			if strings.Contains(m.Text, "person") {
				a.Signals = []socialwatch.Signal{{Name: "must.asks_for_human", Points: 1}}
			}
			return a
		}
		r.town.say("p1", "c1", "never came")
		r.poll()
		r.town.say("p2", "c1", "a person please", answers("p1"))
		r.town.say("p3", "c1", "hello", answers("p1"))
		r.town.say("p4", "c2", "never came either")
		r.poll()
		r.town.say("p5", "c1", "anybody", answers("p1"))
		r.town.say("p6", "c2", "still not", answers("p4"))
		r.poll()
		if want := []bool{false, false, true, false, true, false}; !slices.Equal(seen, want) {
			t.Errorf("wanted %v, want %v", seen, want)
		}
	})
}
