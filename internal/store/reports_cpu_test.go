//go:build unix

package store_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// TestReportsAreCheap measures the report of a month and that of today, with
// the days before kept; a person starts it:
// SOCIALWATCH_REPORTS=300000 go test -v -timeout 1h -run ReportsAreCheap ./internal/store
func TestReportsAreCheap(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("SOCIALWATCH_REPORTS"))
	if n == 0 {
		t.Skip("SOCIALWATCH_REPORTS=cases measures")
	}
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		grow(t, fx, n)
		first := storetest.Start.Truncate(24 * time.Hour)
		server := spread(t, fx, n, first)
		now := first.AddDate(0, 0, 30).Add(-time.Minute)
		began := time.Now()
		if made, err := fx.KeepReportDays(t.Context(), now, 800); err != nil || made < 29 {
			t.Fatalf("kept %d days, %v", made, err)
		}
		fmt.Printf("%s, %d cases of 30 days: kept the 29 that are over in %s\n", fx.Kind(), n, time.Since(began).Round(time.Millisecond))
		month := store.ReportFilter{From: first, To: first.AddDate(0, 0, 30)}
		for d := 1; d < 30; d++ {
			month.Cuts = append(month.Cuts, first.AddDate(0, 0, d))
		}
		today := store.ReportFilter{From: first.AddDate(0, 0, 29), To: first.AddDate(0, 0, 30)}
		for name, f := range map[string]store.ReportFilter{"a month with today": month, "today": today} {
			var cpu, took []float64
			for range 7 {
				at := time.Now()
				used := cpuOf(t, server, func() {
					if r, err := fx.Report(t.Context(), f); err != nil || r.First.All.N == 0 {
						t.Fatalf("%s: %+v, %v", name, r.First, err)
					}
				})
				cpu, took = append(cpu, used.Seconds()*1000), append(took, time.Since(at).Seconds()*1000)
			}
			fmt.Printf("%s, %d cases: %s: median %.0f ms of processor, %.0f ms by the clock\n", fx.Kind(), n, name, median(cpu), median(took))
		}
	})
}

// spread gives the cases of grow, their posts and replies, times and matters over
// thirty days, and returns the server's process.
func spread(t *testing.T, fx storetest.Fixture, n int, first time.Time) (server string) {
	t.Helper()
	db := dbtest.Raw(t, fx.Options)
	defer db.Close()
	unhurried(t, fx, db)
	at := "cast('" + first.Format(time.RFC3339) + "' as timestamptz) + %s * interval '1 second'"
	if fx.Kind() == store.SQLite {
		at = strconv.FormatInt(first.UnixMicro(), 10) + " + %s * 1000000"
	} else {
		server = serverOf(t, db)
	}
	// A case a place in time, an hour until the answer at most, a day until the end.
	place := fmt.Sprintf("((%%[1]s * 7919) %% %d) * (%d / %d.0)", n, 30*24*3600, n)
	place = strings.ReplaceAll(place, " % ", " %% ")
	moment := func(id, more string) string { return fmt.Sprintf(at, "("+fmt.Sprintf(place, id)+more+")") }
	intent := "(case %s %% 4 when 0 then 'stuck_order' when 1 then 'billing' when 2 then 'refund_delay' else 'question' end)"
	if fx.Kind() == store.SQLite {
		place = "cast(" + place + " as integer)"
	}
	for _, query := range []string{
		"update cases set opened_at = " + moment("id", "") + ", due_at = " + moment("id", " + 1800") + ", responded_at = " + moment("id", " + id % 3600") +
			", resolved_at = case when id % 2 = 0 then " + moment("id", " + 86400") + " end, state = case when id % 2 = 0 then 'resolved' else 'waiting' end, level = 1 + id % 4, intent = " + fmt.Sprintf(intent, "id"),
		"update mentions set created_at = " + moment("case_id", "") + ", received_at = " + moment("case_id", "") + ", intent = " + fmt.Sprintf(intent, "case_id") +
			", lang = case case_id % 3 when 0 then 'en' when 1 then 'de' else 'es' end",
		"update replies set created_at = " + moment("case_id", "") + ", decided_at = case when state = 'sent' then " + moment("case_id", " + case_id % 1800") + " end",
		"delete from handoffs where case_id % 10 <> 0", // one customer in ten is asked to come in private
		"update handoffs set asked_at = " + moment("case_id", " + case_id % 3600"),
		"analyze",
	} {
		if _, err := db.Exec(query); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	return server
}
