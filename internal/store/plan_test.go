package store_test

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// grow makes n cases with a mention and a reply each, nine in ten of them sent.
func grow(t *testing.T, fx storetest.Fixture, n int) {
	t.Helper()
	db := dbtest.Raw(t, fx.Options)
	defer db.Close()
	exec := func(query string) {
		t.Helper()
		if _, err := db.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	unhurried(t, fx, db)
	s := fx.Seed(t, "post", 1)[0]
	series, minutes := fmt.Sprintf("generate_series(1, %d) as i", n), "i % 5000 * interval '1 minute'"
	if fx.Kind() == store.SQLite {
		series = fmt.Sprintf("(with recursive g(i) as (select 1 union all select i + 1 from g where i < %d) select i from g)", n)
		minutes = "i % 5000 * 60000000"
	}
	copies := func(table, where string, replace map[string]string) {
		var columns, values []string
		rows, err := db.Query("select * from " + table + " limit 1")
		if err != nil {
			t.Fatal(err)
		}
		names, err := rows.Columns()
		if err := errors.Join(err, rows.Close()); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if replace[name] == "-" {
				continue
			}
			columns = append(columns, name)
			values = append(values, cmp.Or(replace[name], "x."+name))
		}
		exec(fmt.Sprintf("insert into %s (%s) select %s from %s x cross join %s where %s", table,
			strings.Join(columns, ","), strings.Join(values, ","), table, series, where))
	}
	is := func(id int64) string { return fmt.Sprintf("x.id = %d", id) }
	copies("cases", is(s.Case.ID), map[string]string{"id": fmt.Sprintf("%d + i", s.Case.ID), "number": "'N-' || i",
		"due_at": "x.due_at + " + minutes, "customer_id": "'by-' || i"})
	copies("mentions", is(s.Reply.MentionID), map[string]string{"id": "-", "post_id": "'copy-' || i",
		"case_id": fmt.Sprintf("%d + i", s.Case.ID), "author_id": "'by-' || i"})
	copies("replies", is(s.Reply.ID), map[string]string{"id": "-", "case_id": fmt.Sprintf("%d + i", s.Case.ID),
		"mention_id": "(select id from mentions m where m.network = 'mastodon' and m.host = 'social.example' and m.post_id = 'copy-' || i)", "due_at": "x.due_at + " + minutes,
		"state":   "case when i % 10 = 0 then 'awaiting' else 'sent' end",
		"post_id": "case when i % 10 = 0 then null else 'p' || i end", "rank": "i % 100"})
	exec("insert into targets (case_id, target, since, warn_at, due_at) select id, 'resolution', opened_at, due_at, due_at from cases")
	exec("insert into handoffs (case_id, account, asked_at) select id, account, due_at from cases")
	exec("analyze")
}

// unhurried lets statements that fill tables take as long as they do.
func unhurried(t *testing.T, fx storetest.Fixture, db *sql.DB) {
	t.Helper()
	if fx.Kind() == store.SQLite {
		return
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("set statement_timeout = 0"); err != nil {
		t.Fatal(err)
	}
}

func TestNoPassReadsATableWhole(t *testing.T) {
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		grow(t, fx, 20_000)
		first, next, err := fx.Queue(t.Context(), store.QueueFilter{})
		if err != nil || len(first) != store.PageDefault || next == "" {
			t.Fatalf("%d rows, %q, %v", len(first), next, err)
		}
		plans, err := fx.ExplainPeriodic(t.Context(), storetest.Start)
		if err != nil {
			t.Fatal(err)
		}
		for name, f := range map[string]store.QueueFilter{"first page": {}, "next page": {After: next},
			"of an account":          {Accounts: []string{storetest.Account}},
			"of a language and team": {Languages: []string{"es"}, Teams: []string{"trust"}},
			"of an intent":           {Intents: []socialwatch.Intent{socialwatch.Billing}}} {
			if plans[name], err = fx.ExplainQueue(t.Context(), f); err != nil {
				t.Fatal(err)
			}
			if !queueIndex.MatchString(plans[name]) {
				t.Errorf("%s: not by the queue's index", name)
			}
		}
		for name, f := range map[string]store.QueueFilter{"glance": {}, "glance behind a page": {After: next},
			"glance at an account": {Accounts: []string{storetest.Account}}} {
			if plans[name], err = fx.ExplainGlance(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		for order, index := range map[store.Order]string{store.OrderWaiting: "replies_opened", store.OrderNewest: "replies_opened", store.OrderReach: "replies_reach"} {
			name := "by " + string(order)
			if plans[name], err = fx.ExplainQueue(t.Context(), store.QueueFilter{Order: order}); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(plans[name], index) {
				t.Errorf("%s: not by %s:\n%s", name, index, plans[name])
			}
		}
		_, owed, err := fx.Cases(t.Context(), store.CaseFilter{Due: true})
		if err != nil || owed == "" {
			t.Fatalf("cases by deadline: %q, %v", owed, err)
		}
		for name, of := range map[string]struct {
			filter store.CaseFilter
			index  string
		}{
			"cases":                             {store.CaseFilter{}, "cases_list"},
			"cases by deadline":                 {store.CaseFilter{Due: true}, "cases_due_next"},
			"raised cases":                      {store.CaseFilter{Raised: true}, "cases_raised"},
			"next cases by deadline":            {store.CaseFilter{Due: true, After: owed}, "cases_due_next"},
			"cases by deadline of a team":       {store.CaseFilter{Due: true, Team: "trust", States: []socialwatch.CaseState{socialwatch.CaseOpen}}, "cases_"},
			"cases of a team that has few":      {store.CaseFilter{Team: "trust"}, "cases_team"},
			"cases of a matter that few are of": {store.CaseFilter{Intent: socialwatch.Billing}, "cases_intent"},
		} {
			plan, err := fx.ExplainCases(t.Context(), of.filter)
			if err != nil {
				t.Fatal(err)
			}
			plans[name] = strings.ReplaceAll(plan, "SCAN c\n", "") // the page itself
			if !strings.Contains(plan, of.index) || of.filter.After != "" && strings.Contains(plan, "SCAN cases USING") {
				t.Errorf("%s: not by %s:\n%s", name, of.index, plan)
			}
		}
		for name, q := range map[string]store.Taking{"take next": {}, "take next of a language": {Languages: []string{"es"}}} {
			q.By.Login, q.Now = "ana", storetest.Start
			if plans[name], err = fx.ExplainTaking(t.Context(), q); err != nil {
				t.Fatal(err)
			}
			if !queueIndex.MatchString(plans[name]) {
				t.Errorf("%s: not by the queue's index:\n%s", name, plans[name])
			}
		}
		if plan := plans["mentions so far"]; !strings.Contains(plan, "Limit") && !strings.Contains(plan, "SEARCH") {
			t.Errorf("mentions so far are counted one by one:\n%s", plan)
		}
		for name, plan := range plans {
			if wholeTable.MatchString(plan) {
				t.Errorf("%s: plan\n%s", name, plan)
			}
		}
	})
}

// queueIndex are the indexes in the queue's order.
var queueIndex = regexp.MustCompile(`replies_queue|replies_account`)

// wholeTable is what plans of Postgres and SQLite call reading a table whole.
var wholeTable = regexp.MustCompile(`Seq Scan on (replies|cases|mentions|targets|handoffs)|Hash Join|Merge Join|SCAN (c|m|t|h|cases|mentions|replies|targets|handoffs)(\n|$)`)
