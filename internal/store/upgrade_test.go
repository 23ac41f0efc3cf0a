package store_test

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

var agoPattern = regexp.MustCompile(`\{at (-?\d+)\}`)

// firstMigration is the SQL of testdata/first_migration.sql for a kind of database.
func firstMigration(t *testing.T, kind store.Kind) string {
	t.Helper()
	text, err := os.ReadFile("testdata/first_migration.sql")
	if err != nil {
		t.Fatal(err)
	}
	return agoPattern.ReplaceAllStringFunc(string(text), func(s string) string {
		minutes, err := strconv.Atoi(agoPattern.FindStringSubmatch(s)[1])
		if err != nil {
			t.Fatal(err)
		}
		at := storetest.Start.Add(-time.Duration(minutes) * time.Minute)
		if kind == store.SQLite {
			return strconv.FormatInt(at.UnixMicro(), 10)
		}
		return "timestamptz '" + at.Format(time.RFC3339Nano) + "'"
	})
}

// TestUpgradeKeepsWhatAShopHas: each migration after the first runs on rows in all
// their states, and today's program works with them.
func TestUpgradeKeepsWhatAShopHas(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			o := upgraded(t, kind)
			db := dbtest.Raw(t, o)
			defer db.Close()
			for what, want := range map[string]int{"cases_v1": 6, "case_mentions_v1": 21, "replies_v1": 15, "case_events_v1": 9} {
				var n int
				if err := db.QueryRow("select count(*) from " + what).Scan(&n); err != nil || n != want {
					t.Errorf("%s has %d rows, want %d; %v", what, n, want, err)
				}
			}
			worksWith(t, storetest.On(t, o))
		})
	}
}

// upgraded is a database with the rows of the first migration, brought up to date
// one file at a time.
func upgraded(t *testing.T, kind store.Kind) store.Options {
	t.Helper()
	o, all := dbtest.Empty(t, kind), files(t, kind)
	names, err := fs.Glob(all, "*/*.sql")
	if err != nil || len(names) < 2 {
		t.Fatalf("%v, %v", names, err)
	}
	slices.Sort(names)
	some := fstest.MapFS{}
	for i, name := range names {
		some[name] = all[name]
		if applied, err := store.MigrateFiles(t.Context(), o, some); err != nil || len(applied) != 1 {
			t.Fatalf("%s: applied %v, %v", name, applied, err)
		}
		if i == 0 {
			db := dbtest.Raw(t, o)
			if _, err := db.Exec(firstMigration(t, kind)); err != nil {
				t.Fatal(err)
			}
			db.Close()
		}
	}
	return o
}

// worksWith does what the program does all day.
func worksWith(t *testing.T, fx storetest.Fixture) {
	ctx, now := t.Context(), storetest.Start
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	_, err := fx.Number(ctx, 100)
	must(err)
	_, err = fx.KeepTargets(ctx, 100, func(c socialwatch.Case, _ []socialwatch.Rest) []socialwatch.Target {
		return []socialwatch.Target{{Name: socialwatch.Resolution, Since: c.OpenedAt, DueAt: now.Add(time.Hour), WarnAt: now}}
	})
	must(err)
	_, err = fx.KeepWords(ctx, 100)
	must(err)
	found, err := fx.Search(ctx, store.SearchFilter{Query: "100-2233"})
	if err != nil || len(found.Rows) != 4 { // neither what is gone nor what was merged
		t.Errorf("search finds %d cases, %v", len(found.Rows), err)
	}
	queue, _, err := fx.Queue(ctx, store.QueueFilter{})
	if err != nil || len(queue) != 1 {
		t.Errorf("queue has %d, %v", len(queue), err)
	}
	for _, r := range queue {
		card, err := fx.Card(ctx, r.Reply.ID)
		if err != nil || card.Reply.Payload.Text != "We are looking into it." {
			t.Errorf("card %+v, %v", card.Reply.Payload, err)
		}
	}
	for n := 1001; n <= 1006; n++ {
		d, err := fx.Case(ctx, fmt.Sprint("K-", n))
		if err != nil || !strings.HasPrefix(d.Case.Number, "K-") {
			t.Errorf("K-%d: %v", n, err)
		}
	}
	_, err = fx.Breach(ctx, now)
	must(err)
	closed, err := fx.CloseResolved(ctx, now.AddDate(0, 1, 0))
	if err != nil || closed != 1 {
		t.Errorf("closed %d, %v", closed, err)
	}
	_, err = fx.KeepReportDays(ctx, now, 800)
	must(err)
	report, err := fx.Report(ctx, store.ReportFilter{From: now.AddDate(0, -3, 0), To: now.AddDate(0, 0, 1)})
	if err != nil || report.First.All.N == 0 {
		t.Errorf("report of first responses: %+v, %v", report.First, err)
	}
	must(fx.Vacuum(ctx))
}
