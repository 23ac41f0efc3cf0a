package intake_test

import (
	"fmt"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/intake"
)

// old makes a post n days old.
func old(r *rig, days int) func(*socialwatch.Mention) {
	return func(m *socialwatch.Mention) { m.CreatedAt = r.clock.Now().AddDate(0, 0, -days) }
}

func (r *rig) imports(past ...socialwatch.Mention) intake.Imported {
	r.t.Helper()
	n, err := r.in.Import(r.t.Context(), "help", past)
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

func TestImportKeepsThePastWithoutCases(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a := r.town.say("p1", "c1", "never came", old(r, 40))
		b := r.town.say("p2", "c1", "contest", old(r, 39))
		young := r.town.say("p3", "c2", "never came", old(r, 6))
		if n := r.imports(b, a, young, a); n != (intake.Imported{Stored: 2, Known: 1, Recent: 1}) {
			t.Errorf("%+v", n)
		}
		if n := r.imports(a, b); n != (intake.Imported{Known: 2}) {
			t.Errorf("the second time: %+v", n)
		}
		r.want(2, "select count(*) from mentions where ignored = 'imported' and case_id is null and score = 50")
		r.want(0, "select count(*) from cases")
		r.want(0, "select count(*) from events")
		r.want(1, "select count(*) from accounts where cursor is null and mention_at is null and version = 0")
		r.poll() // brings all three: what was imported stays, the young one is a matter
		r.want(1, "select count(*) from cases")
		r.want(3, "select count(*) from mentions")
	})
}

func TestImportOfWhatPollingStoredLeavesItAlone(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		m := r.town.say("p1", "c1", "never came")
		r.poll()
		r.clock.add(30 * 24 * time.Hour)
		m.Text = "another text"
		if n := r.imports(m); n != (intake.Imported{Known: 1}) {
			t.Errorf("%+v", n)
		}
		r.want(1, "select count(*) from mentions where body = 'never came' and case_id is not null")
	})
}

// TestImportSendsNoPollBackToTheNetwork: fetching again would cost.
func TestImportSendsNoPollBackToTheNetwork(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.town.say("p1", "c1", "never came")
		fetches := 0
		r.town.during = func() {
			fetches++
			m := r.town.say(fmt.Sprint("old", fetches), "c9", "long ago", old(r, 30))
			r.imports(m)
		}
		r.poll()
		if fetches != 1 {
			t.Errorf("%d fetches", fetches)
		}
		r.want(2, "select count(*) from mentions")
	})
}

// TestImportNeverOverwritesWhatAPollStoresMeanwhile in another version.
func TestImportNeverOverwritesWhatAPollStoresMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		m := r.town.say("p1", "c1", "the first version", old(r, 30))
		edited := m
		edited.Text, edited.EditedAt = "never came", r.clock.Now().Add(-time.Hour)
		r.town.feed = []socialwatch.Mention{edited}
		polled := false
		other := *r.in
		other.Rules.Assess = func(m socialwatch.Mention, h socialwatch.History) socialwatch.Assessment {
			if !polled {
				polled = true
				r.poll()
			}
			return assess(m, h)
		}
		n, err := other.Import(t.Context(), "help", []socialwatch.Mention{m})
		if err != nil || n != (intake.Imported{Known: 1}) {
			t.Errorf("%+v, %v", n, err)
		}
		r.want(1, "select count(*) from mentions where body = 'never came' and case_id is not null")
	})
}
