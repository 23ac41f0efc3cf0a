package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// TestReportCountsPrivateContactAndLaterTargets: asked, came, not in time, by when
// they were asked; and what became overdue beside first responses, by the log.
func TestReportCountsPrivateContactAndLaterTargets(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		seeded, f := fx.Seed(t, "post", 4), days()
		next := Start.Add(24 * time.Hour)
		asked := func(i int, at, received, missed string) {
			fx.exec(t, fmt.Sprintf("insert into handoffs (case_id, account, asked_at, received_at, missed_at) values (%d, '%s', %s, %s, %s)",
				seeded[i].Case.ID, Account, at, received, missed))
		}
		asked(0, fx.stamp(Start), fx.stamp(Start.Add(minutes(30))), "null")
		asked(1, fx.stamp(Start), fx.stamp(Start.Add(minutes(90))), fx.stamp(next)) // late, and yet they came
		asked(2, fx.stamp(Start), "null", "null")
		asked(3, fx.stamp(next), "null", fx.stamp(next.Add(24*time.Hour)))
		asked(3, fx.stamp(f.To), "null", "null") // the day after
		for i, target := range []socialwatch.TargetName{socialwatch.FirstResponse, socialwatch.NextResponse, socialwatch.Resolution, socialwatch.NextResponse} {
			fx.exec(t, fmt.Sprintf(`insert into events (kind, case_id, case_version, actor, at, data) values ('case.breached', %d, 1, 'socialwatch', %s, '{"target":"%s"}')`,
				seeded[i].Case.ID, fx.stamp(Start.Add(time.Duration(i/3)*24*time.Hour)), target))
		}
		r, err := fx.Report(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		if want := []store.Asked{{Asked: 3, Received: 2, Missed: 1}, {Asked: 1, Missed: 1}}; !slices.Equal(r.Private.Stretches, want) {
			t.Errorf("asked %+v, want %+v", r.Private.Stretches, want)
		}
		if got := r.Private.Received; got.N != 2 || got.Median != minutes(30) || got.P90 != minutes(90) {
			t.Errorf("came %+v", got)
		}
		if want := []store.Late{{Stretch: 0, Target: socialwatch.NextResponse, N: 1}, {Stretch: 0, Target: socialwatch.Resolution, N: 1}, {Stretch: 1, Target: socialwatch.NextResponse, N: 1}}; !slices.Equal(r.Late, want) {
			t.Errorf("overdue %+v, want %+v", r.Late, want)
		}
		for name, narrow := range map[string]func(*store.ReportFilter){
			"another account":  func(f *store.ReportFilter) { f.Accounts = []string{"other"} },
			"another intent":   func(f *store.ReportFilter) { f.Intent = socialwatch.Billing },
			"another language": func(f *store.ReportFilter) { f.Language = "de" },
		} {
			other := f
			narrow(&other)
			if r, err := fx.Report(t.Context(), other); err != nil || r.Private.Stretches[0].Asked != 0 || r.Private.Received.N != 0 || len(r.Late) != 0 {
				t.Errorf("%s: %+v, %+v, %v", name, r.Private, r.Late, err)
			}
		}
	})
}
