package storetest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// shuffle gives cases, posts and drafts random times within five days, and
// random other things that reports count.
func (fx bench) shuffle(t *testing.T, seeded []Seeded, random *rand.Rand) {
	t.Helper()
	any := func(of ...string) string { return of[random.IntN(len(of))] }
	for i, s := range seeded {
		posted := Start.Add(time.Duration(random.Int64N(int64(5 * 24 * time.Hour)))).Truncate(time.Microsecond)
		later := func() time.Time {
			return posted.Add(time.Duration(random.ExpFloat64() * float64(4*time.Hour))).Truncate(time.Microsecond)
		}
		intent := any("stuck_order", "billing")
		fx.set(t, "mentions", s.Reply.MentionID, "created_at = %s, intent = '"+intent+"', lang = '"+any("en", "de", "es")+"', ignored = '"+
			any("", "", "promotion", "imported")+"', network = '"+any("mastodon", "x")+"', account = '"+any("help", "other")+"'", posted)
		fx.set(t, "cases", s.Case.ID, "opened_at = %s, due_at = %s, responded_at = %s, level = %d, intent = '"+intent+"', account = '"+any("help", "other")+"'",
			posted, posted.Add(time.Hour), later(), 1+random.IntN(4))
		if i%3 == 0 {
			fx.set(t, "cases", s.Case.ID, "resolved_at = %s, state = '"+any("resolved", "closed", "merged")+"'", later())
		}
		decided := any("state = 'sent', post_id = '"+s.Mention.ID+"'", "state = 'rejected', reason = 'other: a "+s.Mention.ID+"'", "state = 'rejected', reason = 'wrong_tone'",
			"state = 'cancelled'", "state = 'superseded'", "state = 'approved'")
		fx.set(t, "replies", s.Reply.ID, "created_at = %s, decided_at = %s, "+decided+", edit = '"+any("", "slots", "edited", "written", "unchanged")+
			fmt.Sprintf("', version = %d", 1+random.IntN(2)), posted, later())
	}
}

// filters are spans of several lengths, zones and choices around five days.
func filters() map[string]store.ReportFilter {
	from := Start.Truncate(24 * time.Hour)
	kathmandu := time.FixedZone("+0545", 5*3600+45*60)
	there := time.Date(2026, 11, 3, 0, 0, 0, 0, kathmandu)
	all := map[string]store.ReportFilter{
		"seven days":        {From: from, To: from.AddDate(0, 0, 7)},
		"days of Kathmandu": {From: there, To: there.AddDate(0, 0, 3), Cuts: []time.Time{there.AddDate(0, 0, 1), there.AddDate(0, 0, 2)}},
		"an account":        {From: from, To: from.AddDate(0, 0, 7), Accounts: []string{Account}},
		"no account":        {From: from, To: from.AddDate(0, 0, 7), Accounts: []string{}},
		"an intent":         {From: from, To: from.AddDate(0, 0, 7), Intent: socialwatch.Billing},
		"a language":        {From: from, To: from.AddDate(0, 0, 7), Language: "de"},
	}
	hours := store.ReportFilter{From: there, To: there.AddDate(0, 0, 1), Accounts: []string{Account, "other"}, Intent: socialwatch.StuckOrder, Language: "en"}
	for h := range 23 {
		hours.Cuts = append(hours.Cuts, there.Add(time.Duration(h+1)*time.Hour))
	}
	all["hours of a day of Kathmandu"] = hours
	return all
}

func (fx bench) reports(t *testing.T) map[string]store.Report {
	t.Helper()
	all := map[string]store.Report{}
	for name, f := range filters() {
		r, err := fx.Report(t.Context(), f)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = r
	}
	return all
}

func (fx bench) keepDays(t *testing.T, now time.Time) (made int) {
	t.Helper()
	fx.Log(t, 0)
	for {
		n, err := fx.KeepReportDays(t.Context(), now, 3)
		if made += n; err != nil {
			t.Fatal(err)
		}
		if n < 3 {
			return made
		}
	}
}

func sameReports(t *testing.T, when string, got, want map[string]store.Report) {
	t.Helper()
	for name := range want {
		if !reflect.DeepEqual(got[name], want[name]) {
			t.Errorf("%s, %s:\n%+v, want\n%+v", when, name, got[name], want[name])
		}
	}
}

// TestReportsOfKeptDaysAreThoseOfTheRows: on random data, in any zone and by
// any choice, before and after what is kept has changed, whoever changed it.
func TestReportsOfKeptDaysAreThoseOfTheRows(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		random := rand.New(rand.NewPCG(7, 11))
		seeded, now := fx.Seed(t, "post", 60), Start.AddDate(0, 0, 9)
		fx.Log(t, 0)
		fx.shuffle(t, seeded[2:], random)
		direct := fx.reports(t)
		if n := fx.keepDays(t, now); n < 7 {
			t.Fatalf("%d days made", n)
		}
		sameReports(t, "kept", fx.reports(t), direct)
		if direct["a language"].First.All.N == 0 || direct["seven days"].Outcomes.Rejected["other"] == 0 {
			t.Fatalf("the data shows nothing: %+v", direct)
		}
		if n := fx.keepDays(t, now); n != 0 {
			t.Errorf("%d days made again, though nothing changed", n)
		}
		// Past the store nobody is told: so the blocks were read.
		fx.set(t, "cases", seeded[5].Case.ID, "responded_at = null")
		sameReports(t, "blocks", fx.reports(t), direct)

		fx.changeAfterwards(t, seeded, now)
		if n := fx.keepDays(t, now.Add(time.Minute)); n == 0 {
			t.Error("changed days were not made again")
		}
		kept := fx.reports(t)
		fx.exec(t, "delete from report_days")
		rows := fx.reports(t)
		sameReports(t, "after changes", kept, rows)
		if reflect.DeepEqual(rows["seven days"], direct["seven days"]) {
			t.Error("nothing changed")
		}
	})
}

// changeAfterwards lets happen what changes days that are over: a late post, a
// draft rejected, a case resolved and reopened, a post erased.
func (fx bench) changeAfterwards(t *testing.T, seeded []Seeded, now time.Time) {
	t.Helper()
	c := fx.Changes(t)
	c.At = now
	late := Mention("late", "somebody")
	late.CreatedAt = Start.Add(30 * time.Hour)
	a := Assessment(late)
	a.Ignored = "promotion"
	c.Entries = []socialwatch.Entry{{Mention: late, Assessment: a}}
	fx.MustSave(t, c)
	ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
	_, err := fx.Reject(t.Context(), socialwatch.Decision{ReplyID: seeded[0].Reply.ID, Hash: seeded[0].Reply.Hash, By: ana, Reason: "wrong_facts"}, Start.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	one := fx.Know(t, []string{seeded[5].Mention.ID}, nil).Cases[0] // of which the row tells no longer when we answered
	one.UpdatedAt, one.Level = now, 1
	c = fx.Changes(t)
	c.At, c.Cases = now, []socialwatch.Case{one}
	c.Events = []socialwatch.Event{{Kind: socialwatch.EventCaseUpdated, CaseID: one.ID, CaseVersion: one.Version + 1, Actor: socialwatch.System, At: now}}
	c.Gone = []string{seeded[9].Mention.ID}
	fx.MustSave(t, c)
}
