package store_test

import (
	"regexp"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/storetest"
)

// TestReportsReadNoTableWhole: neither a report of days that are counted from
// their rows nor the keeping of days reads what lies outside of them.
func TestReportsReadNoTableWhole(t *testing.T) {
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		fx.Seed(t, "log", 200)
		fx.Log(t, 0)
		grow(t, fx, 5_000)
		day := storetest.Start.AddDate(0, 0, 40).Truncate(24 * time.Hour)
		plans, err := fx.ExplainReport(t.Context(), store.ReportFilter{From: day, To: day.AddDate(0, 0, 1),
			Accounts: []string{storetest.Account}, Intent: socialwatch.StuckOrder, Language: "en"})
		if err != nil {
			t.Fatal(err)
		}
		for name, plan := range plans {
			if reportWhole.MatchString(plan) {
				t.Errorf("%s: plan\n%s", name, plan)
			}
		}
		for name, index := range map[string]string{"facts of kind mention": "mentions_posted", "facts of kind first": "cases_responded",
			"facts of kind resolved": "cases_ended", "facts of kind decided": "replies_judged", "breaches": "cases_breached"} {
			if !regexp.MustCompile(index).MatchString(plans[name]) {
				t.Errorf("%s: not by %s:\n%s", name, index, plans[name])
			}
		}
	})
}

// reportWhole is what plans call reading a table whole; SEARCH of SQLite reads
// a part.
var reportWhole = regexp.MustCompile(`Seq Scan on (replies|cases|mentions|events)|SCAN (c|m|r|cases|mentions|replies|events)(\n| )`)
