package storetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// stamp is a time as SQL text.
func (fx bench) stamp(at time.Time) string {
	if fx.Kind() == store.SQLite {
		return fmt.Sprint(at.UnixMicro())
	}
	return "timestamptz '" + at.Format("2006-01-02 15:04:05.999999Z07:00") + "'"
}

// set changes columns of a row past the store.
func (fx bench) set(t *testing.T, table string, id int64, columns string, args ...any) {
	t.Helper()
	for i, a := range args {
		if at, ok := a.(time.Time); ok {
			args[i] = fx.stamp(at)
		}
	}
	fx.exec(t, fmt.Sprintf("update %s set %s where id = %d", table, fmt.Sprintf(columns, args...), id))
}

// days is two days from the midnight of Start, in two stretches.
func days() store.ReportFilter {
	from := Start.Truncate(24 * time.Hour)
	return store.ReportFilter{From: from, To: from.AddDate(0, 0, 2), Cuts: []time.Time{from.AddDate(0, 0, 1)}}
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

// TestReportTakesTheMiddleAndTheNinthDecile of 1, 2, 3 … 11 minutes on the
// first day and of one length on the second: by hand, the sixth of eleven is
// the median and the tenth the ninth decile; of all twelve with 100 minutes,
// the sixth and the eleventh.
func TestReportTakesTheMiddleAndTheNinthDecile(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		seeded, f := fx.Seed(t, "post", 14), days()
		for i, s := range seeded[:11] {
			took := minutes((i*7)%11 + 1) // 1 to 11 in no order
			fx.set(t, "cases", s.Case.ID, "responded_at = %s, level = %d, due_at = %s", Start.Add(took), 1+i%2, Start.Add(minutes(8)))
		}
		next := Start.Add(24 * time.Hour)
		fx.set(t, "cases", seeded[11].Case.ID, "opened_at = %s, responded_at = %s, due_at = %s, level = 4", next, next.Add(minutes(101)-time.Microsecond), next) // cut off to minutes
		fx.set(t, "cases", seeded[12].Case.ID, "responded_at = %s, state = 'merged'", next)
		fx.set(t, "cases", seeded[13].Case.ID, "responded_at = %s", f.To) // the day after
		r, err := fx.Report(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		if want := (store.Times{N: 12, InTime: 8, Median: minutes(6), P90: minutes(11)}); r.First.All != want {
			t.Errorf("all: %+v, want %+v", r.First.All, want)
		}
		want := []store.Times{{N: 11, InTime: 8, Median: minutes(6), P90: minutes(10)}, {Group: 1, N: 1, Median: minutes(100), P90: minutes(100)}}
		if !reflect.DeepEqual(r.First.Stretches, want) {
			t.Errorf("by day: %+v, want %+v", r.First.Stretches, want)
		}
		// Level 1 has i = 0, 2 … 10: 1, 4, 7, 10, 2, 5 minutes; level 2 has 8, 11, 3, 6, 9.
		want = []store.Times{{Group: 1, N: 6, InTime: 5, Median: minutes(4), P90: minutes(10)},
			{Group: 2, N: 5, InTime: 3, Median: minutes(8), P90: minutes(11)}, {Group: 4, N: 1, Median: minutes(100), P90: minutes(100)}}
		if !reflect.DeepEqual(r.First.Levels, want) {
			t.Errorf("by level: %+v, want %+v", r.First.Levels, want)
		}
		if r.Resolution.All.N != 0 || len(r.Resolution.Stretches) != 2 || r.Resolution.Levels != nil {
			t.Errorf("nothing was resolved: %+v", r.Resolution)
		}
		for name, narrow := range map[string]func(*store.ReportFilter){
			"another account":  func(f *store.ReportFilter) { f.Accounts = []string{"other"} },
			"no account":       func(f *store.ReportFilter) { f.Accounts = []string{} },
			"another intent":   func(f *store.ReportFilter) { f.Intent = socialwatch.Billing },
			"another language": func(f *store.ReportFilter) { f.Language = "de" },
		} {
			f := days()
			narrow(&f)
			if r, err := fx.Report(t.Context(), f); err != nil || r.First.All.N+len(r.Volume.Quarters)+len(r.Templates) != 0 {
				t.Errorf("%s: %+v, %v", name, r, err)
			}
		}
		f.Accounts, f.Intent, f.Language = []string{Account}, socialwatch.StuckOrder, "en"
		if r, err := fx.Report(t.Context(), f); err != nil || r.First.All.N != 12 || len(r.Volume.Intents) != 1 {
			t.Errorf("what they all are: %+v, %v", r, err)
		}
	})
}

func TestReportCountsWhatHappenedInItsSpan(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		seeded, f := fx.Seed(t, "post", 9), days()
		next := f.Cuts[0]
		decided := func(i int, at time.Time, rest string) {
			fx.set(t, "replies", seeded[i].Reply.ID, "decided_at = %s, "+rest, at)
		}
		decided(0, Start.Add(minutes(2)), "state = 'sent', post_id = '1'")
		decided(1, Start.Add(minutes(4)), "state = 'approved', version = 2, edit = 'edited'")
		decided(2, Start.Add(minutes(6)), "state = 'cancelled', version = 2")
		decided(3, next, "state = 'rejected', reason = 'other: it is a joke'")
		decided(4, next, "state = 'rejected', reason = 'wrong_tone'")
		decided(5, next, "state = 'superseded'")
		decided(6, f.To, "state = 'approved'")                                     // the day after
		decided(7, f.From.Add(-time.Microsecond), "state = 'sent', post_id = '2'") // the day before
		for i, level := range []int{1, 1, 2} {
			fx.set(t, "cases", seeded[i].Case.ID, "breached_at = %s, level = %d", Start, level)
		}
		fx.set(t, "cases", seeded[3].Case.ID, "breached_at = %s, level = 1", next)
		fx.set(t, "cases", seeded[3].Case.ID, "resolved_at = %s, state = 'closed'", next)
		posted := func(i int, at time.Time, rest string) {
			fx.set(t, "mentions", seeded[i].Reply.MentionID, "created_at = %s"+rest, at)
		}
		posted(0, Start.Add(minutes(60)), ", intent = 'billing', ignored = 'promotion'")
		posted(1, next.Add(minutes(15)-time.Microsecond), ", intent = 'billing'")
		posted(2, next.Add(minutes(15)), ", network = 'x'")
		posted(3, Start, ", ignored = 'imported'")
		posted(4, f.To, "")
		r, err := fx.Report(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		check := func(what string, got, want any) {
			t.Helper()
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %+v, want %+v", what, got, want)
			}
		}
		check("decisions", r.Decision.All.N, 6)
		check("approval latency", [2]time.Duration{r.Decision.Stretches[0].Median, r.Decision.Stretches[0].P90}, [2]time.Duration{minutes(4), minutes(6)})
		check("outcomes", r.Outcomes, store.Outcomes{Approved: 2, Undone: 1, Ended: 1, Rejected: map[string]int{"other": 1, "wrong_tone": 1}})
		check("templates", r.Templates, []store.TemplateEdits{{Template: "en/stuck_order", Version: 1, Language: "en", Said: 2, Edited: 1}})
		fx.set(t, "replies", seeded[6].Reply.ID, "version = 3, edit = 'slots', payload = '%s'", `{"template": "en/stuck_order#2", "template_version": 1, "language": "en"}`)
		fx.set(t, "replies", seeded[7].Reply.ID, "edit = 'written', payload = '%s'", `{"template": "", "template_version": 0, "language": "de"}`)
		check("breaches", r.Breaches, []store.Breaches{{Level: 1, N: 2}, {Level: 2, N: 1}, {Stretch: 1, Level: 1, N: 1}})
		check("resolved", r.Resolution.All.N, 1)
		check("intents", r.Volume.Intents, []store.Counted{{Value: "stuck_order", Total: 5, Noise: 0}, {Value: "billing", Total: 2, Noise: 1}})
		check("networks", r.Volume.Networks, []store.Counted{{Value: "mastodon", Total: 6, Noise: 1}, {Value: "x", Total: 1, Noise: 0}})
		quarter := Start.Truncate(minutes(15))
		check("quarters", r.Volume.Quarters, []store.Quarter{{At: quarter.Add(-minutes(15)), Total: 4}, {At: quarter.Add(minutes(60)), Total: 1, Noise: 1},
			{At: next, Total: 1}, {At: next.Add(minutes(15)), Total: 1}})
		edits, err := fx.TemplateEdits(t.Context(), store.ReportFilter{From: f.From.AddDate(0, 0, -1), To: f.To.AddDate(0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		check("over four days, of any wording", edits, []store.TemplateEdits{{Template: "en/stuck_order", Version: 1, Language: "en", Said: 3, Slots: 1, Edited: 1}, {Language: "de", Said: 1}})
	})
}

func TestReportTellsOfSpikesThatWentOn(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		f := days()
		open := func(term string, began time.Time) int64 {
			id, err := fx.OpenIncident(t.Context(), socialwatch.Incident{Region: "GB", Accounts: []string{Account}, Intent: socialwatch.StuckOrder,
				Term: term, Kind: socialwatch.TermWord, Severity: socialwatch.Minor, BeganAt: began, OpenedAt: began}, nil)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		over := open("over before", f.From.Add(-time.Hour))
		fx.set(t, "incidents", over, "ended_at = %s", f.From)
		still, inside := open("goes on", f.From.Add(-time.Hour)), open("inside", Start)
		open("after", f.To)
		for name, tc := range map[string]struct {
			accounts []string
			intent   socialwatch.Intent
			want     []int64
		}{"all": {nil, "", []int64{inside, still}}, "ours": {[]string{Account}, socialwatch.StuckOrder, []int64{inside, still}},
			"another account": {[]string{"other"}, "", nil}, "another intent": {nil, socialwatch.Billing, nil}} {
			f.Accounts, f.Intent = tc.accounts, tc.intent
			r, err := fx.Report(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, i := range r.Spikes {
				got = append(got, i.ID)
			}
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("%s: %v, want %v", name, got, tc.want)
			}
		}
	})
}
