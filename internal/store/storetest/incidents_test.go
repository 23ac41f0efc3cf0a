package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// outage is an incident of Account.
func outage() socialwatch.Incident {
	return socialwatch.Incident{Region: "GB", Accounts: []string{Account, "help_x"}, Intent: socialwatch.StuckOrder, Term: "quick post",
		Kind: socialwatch.TermName, Severity: socialwatch.Minor, BeganAt: Start.Add(-time.Minute), OpenedAt: Start.Add(time.Minute),
		Evidence: socialwatch.SpikeEvidence{Cases: 12, Of: 20, Days: []int{1, 0}, Mean: .5, Sigma: .5, Before: .01}}
}

// tally counts events by kind.
func tally(events []socialwatch.Event) map[string]int {
	n := map[string]int{}
	for _, e := range events {
		n[e.Kind]++
	}
	return n
}

func TestAnIncidentLivesOnce(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		s := fx.Seed(t, "post", 4)
		ids := func(some ...Seeded) (list []int64) {
			for _, one := range some {
				list = append(list, one.Case.ID)
			}
			return list
		}
		last := fx.Log(t, 0)
		id, err := fx.OpenIncident(t.Context(), outage(), ids(s[0], s[1]))
		if err != nil || id == 0 {
			t.Fatalf("opened %d, %v", id, err)
		}
		if again, err := fx.OpenIncident(t.Context(), outage(), ids(s[2])); again != 0 || err != nil {
			t.Errorf("opened again as %d, %v", again, err)
		}
		k := fx.Know(t, []string{s[0].Mention.ID, s[2].Mention.ID}, nil)
		want := outage()
		want.ID, want.Cases, want.LastAt = id, 2, Start
		if len(k.Incidents) != 1 || fmt.Sprint(k.Incidents[0]) != fmt.Sprint(want) {
			t.Errorf("known %+v, want %+v", k.Incidents, want)
		}
		if a, b := k.Cases[0], k.Cases[1]; a.Incident != id || a.Version != s[0].Case.Version+1 || b.Incident != 0 || b.Version != s[2].Case.Version {
			t.Errorf("cases %+v and %+v", a, b)
		}
		c := fx.Changes(t) // intake keeps what it was told
		k.Cases[0].Score++
		c.Cases = k.Cases[:1]
		fx.MustSave(t, c)
		at := Start.Add(time.Hour)
		for range 2 { // what is told twice is done once
			if err := fx.FollowIncident(t.Context(), id, ids(s[1], s[2]), false, at); err != nil {
				t.Fatal(err)
			}
		}
		posts, err := fx.SpikePosts(t.Context(), []string{Account}, Start.Add(-time.Hour), Start, 10)
		if err != nil || len(posts) != 4 || posts[3].Incident != id || posts[0].Incident != 0 || posts[0].Text != s[3].Mention.Text ||
			posts[0].Intent != socialwatch.StuckOrder || posts[0].CaseID != s[3].Case.ID {
			t.Errorf("posts %+v, %v", posts, err)
		}
		for range 2 {
			if err := fx.FollowIncident(t.Context(), id, nil, true, at); err != nil {
				t.Fatal(err)
			}
		}
		if err := fx.FollowIncident(t.Context(), id, ids(s[3]), false, at); err != nil {
			t.Fatal(err)
		}
		i, opened, err := fx.Incident(t.Context(), id, []string{Account})
		if err != nil || i.Cases != 3 || !i.EndedAt.Equal(at) || len(opened) != 3 {
			t.Errorf("incident %+v, cases opened %v, %v", i, opened, err)
		}
		if open, err := fx.OpenIncidents(t.Context(), nil); len(open) != 0 || err != nil {
			t.Errorf("goes on: %+v, %v", open, err)
		}
		got := tally(fx.Log(t, last[len(last)-1].Seq))
		if got[socialwatch.EventIncidentOpened] != 1 || got[socialwatch.EventIncidentEnded] != 1 || got[socialwatch.EventCaseUpdated] != 3 {
			t.Errorf("events %v", got)
		}
		if next, err := fx.OpenIncident(t.Context(), outage(), ids(s[3])); err != nil || next == 0 {
			t.Errorf("after its end: %d, %v", next, err)
		}
	})
}

func TestIncidentsOfOtherAccountsStayHidden(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		other := outage()
		other.Accounts = []string{"elsewhere"}
		id, err := fx.OpenIncident(t.Context(), other, nil)
		if err != nil {
			t.Fatal(err)
		}
		if k := fx.Know(t, nil, nil); len(k.Incidents) != 0 {
			t.Errorf("known %+v", k.Incidents)
		}
		if _, _, err := fx.Incident(t.Context(), id, []string{Account}); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("read: %v", err)
		}
		if list, err := fx.Incidents(t.Context(), []string{Account}); len(list) != 0 || err != nil {
			t.Errorf("listed %+v, %v", list, err)
		}
		if list, err := fx.Incidents(t.Context(), nil); len(list) != 1 || err != nil {
			t.Errorf("of all accounts %+v, %v", list, err)
		}
	})
}

func TestProcessesThatSeeTheSameSpikeOpenItOnce(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 6)
		var ids []int64
		for _, one := range s {
			ids = append(ids, one.Case.ID)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		opened := 0
		for range 4 {
			other := dbtest.Reopen(t, fx.Options)
			wg.Go(func() {
				id, err := other.OpenIncident(t.Context(), outage(), ids)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				if id != 0 {
					opened++
				}
			})
		}
		wg.Wait()
		if opened != 1 {
			t.Errorf("opened %d times", opened)
		}
		if got := tally(fx.Log(t, 0)); got[socialwatch.EventIncidentOpened] != 1 || got[socialwatch.EventCaseUpdated] != 6 {
			t.Errorf("events %v", got)
		}
	})
}

func TestQueueAndCasesOfAnIncident(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 3)
		id, err := fx.OpenIncident(t.Context(), outage(), []int64{s[1].Case.ID})
		if err != nil {
			t.Fatal(err)
		}
		rows, _, err := fx.Queue(t.Context(), store.QueueFilter{Incident: id, Accounts: []string{Account}})
		if err != nil || len(rows) != 1 || rows[0].CaseNumber != s[1].Case.Number || rows[0].Incident != id {
			t.Errorf("queue %+v, %v", rows, err)
		}
		cases, _, err := fx.Cases(t.Context(), store.CaseFilter{Incident: id, Accounts: []string{Account}})
		if err != nil || len(cases) != 1 || cases[0].Case.Incident != id {
			t.Errorf("cases %+v, %v", cases, err)
		}
	})
}

func TestContextKnowsWhatWarnsOfAReply(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 7) // all with one text
		for i, one := range s[:5] {
			yes := Yes(one.Reply, ana)
			yes.Key = fmt.Sprint("key ", i)
			if _, err := fx.Approve(t.Context(), yes); err != nil {
				t.Fatal(err)
			}
		}
		rc, err := fx.Context(t.Context(), s[5].Reply.ID)
		if err != nil || len(rc.SameText) != socialwatch.OftenFrom || rc.Impostor != "" {
			t.Errorf("same text at %v, impostor %q, %v", rc.SameText, rc.Impostor, err)
		}
		k, err := fx.Known(t.Context(), socialwatch.Ask{Account: Account, Hour: Start.Add(-time.Hour)})
		if err != nil || len(k.Often) != 1 || k.Often[s[0].Reply.Payload.Text] != 5 {
			t.Errorf("often %v, %v", k.Often, err)
		}
		if k, err = fx.Known(t.Context(), socialwatch.Ask{Account: Account, Hour: Start.Add(24 * time.Hour)}); err != nil || len(k.Often) != 0 {
			t.Errorf("a day later often %v, %v", k.Often, err)
		}
		posing := Mention("posing", "poser")
		posing.RootID, posing.ParentID = s[6].Mention.RootID, s[6].Mention.ID
		a := Assessment(posing)
		a.Signals = []socialwatch.Signal{{Name: socialwatch.SignalImpostor, Points: 1}}
		c := fx.Changes(t)
		theirs := fx.NewCase(t, posing)
		c.Cases = []socialwatch.Case{theirs}
		c.Entries = []socialwatch.Entry{{Mention: posing, Assessment: a, CaseID: theirs.ID}}
		fx.MustSave(t, c)
		if rc, err = fx.Context(t.Context(), s[6].Reply.ID); err != nil || rc.Impostor != "poser@far.example" {
			t.Errorf("impostor %q, %v", rc.Impostor, err)
		}
		for _, number := range []string{s[6].Case.Number, theirs.Number} { // of the customer, and the impostor's own
			d, err := fx.Case(t.Context(), number)
			if err != nil || len(d.Impostors) != 1 || d.Impostors[0].Mention.ID != "posing" {
				t.Errorf("case %s: impostors %+v, %v", number, d.Impostors, err)
			}
		}
		card, err := fx.Card(t.Context(), s[6].Reply.ID)
		if err != nil || len(card.Impostors) != 1 {
			t.Errorf("card: impostors %+v, %v", card.Impostors, err)
		}
		if list, err := fx.Impostors(t.Context(), []string{Account}); err != nil || len(list) != 1 || list[0].CaseNumber != theirs.Number {
			t.Errorf("listed %+v, %v", list, err)
		}
		if list, err := fx.Impostors(t.Context(), []string{}); err != nil || len(list) != 0 {
			t.Errorf("of no account %+v, %v", list, err)
		}
		if d, err := fx.Case(t.Context(), s[0].Case.Number); err != nil || len(d.Impostors) != 0 {
			t.Errorf("another case: %+v, %v", d.Impostors, err)
		}
	})
}
