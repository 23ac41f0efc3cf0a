package store_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/storetest"
)

// TestListsOfProgramsReadNoTableWhole: what a program may ask of the API in a
// loop is read by an index, whatever it chooses.
func TestListsOfProgramsReadNoTableWhole(t *testing.T) {
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		for i := range 12 { // a log that is worth an index
			fx.Seed(t, fmt.Sprint("before", i), 50)
		}
		fx.Log(t, 0)
		grow(t, fx, 20_000)
		by := func(name, index string, plan string, err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if !regexp.MustCompile(index).MatchString(plan) || sorted.MatchString(plan) {
				t.Errorf("%s: not by %s in its order:\n%s", name, index, plan)
			}
		}
		for index, f := range map[string]store.CaseFilter{"cases_list": {}, "cases_handle": {Customer: "By-17"},
			"cases_updated": {Updated: storetest.Start.Add(24 * time.Hour)}, "cases_escalated": {Escalated: true},
			"cases_assignee": {Assignee: "ana"},
			"cases_list.*":   {Network: socialwatch.Mastodon, Level: 3, States: []socialwatch.CaseState{socialwatch.CaseNew}}} {
			plan, err := fx.ExplainCases(t.Context(), f)
			by("cases", index, plan, err)
		}
		plan, err := fx.ExplainQueue(t.Context(), store.QueueFilter{States: []socialwatch.ReplyState{socialwatch.ReplySent, socialwatch.ReplyFailed}})
		by("replies that are sent", "replies_rest", plan, err)
		plan, err = fx.ExplainQueue(t.Context(), store.QueueFilter{Level: 1, Escalated: true, Network: socialwatch.Mastodon, Assignee: "ana"})
		by("replies of a choice of cases", "replies_queue", plan, err)
		plan, err = fx.ExplainMentions(t.Context(), store.MentionFilter{Accounts: []string{storetest.Account}, Network: socialwatch.Mastodon, Intent: socialwatch.StuckOrder})
		by("mentions", `mentions_pkey|SCAN mentions\n`, plan, err)
		plan, err = fx.ExplainFeed(t.Context(), store.FeedFilter{After: 4, Kinds: []string{"case.opened"}, Accounts: []string{storetest.Account}})
		by("feed", `events_seq_key|sqlite_autoindex_events_1|events_seq`, plan, err)
	})
}

// sorted is what plans call sorting the rows of a table; Postgres sorts a page.
var sorted = regexp.MustCompile(`TEMP B-TREE|Seq Scan on (cases|mentions|replies|events)`)
