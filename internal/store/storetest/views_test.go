package storetest

import (
	"os"
	"slices"
	"strings"
	"testing"

	"socialwatch/internal/store/dbtest"
)

// contract is what case systems rely on: columns are only ever added at a
// view's end, or a view gets a new version.
var contract = map[string][]string{
	"cases_v1": {"case_id", "number", "account", "network", "host", "customer_handle", "state", "level", "intent", "score",
		"escalated", "escalation", "opened_at", "updated_at", "due_at", "responded_at", "breached_at", "resolved_at",
		"assignee", "merged_into", "follows_case_id", "version", "first_post_url", "first_post_masked", "mentions"},
	"case_events_v1": {"seq", "kind", "case_id", "case_number", "case_version", "reply_id", "actor", "at", "data"},
}

func TestViewsKeepTheirContract(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/consumers.md")
	if err != nil {
		t.Fatal(err)
	}
	Each(t, func(t *testing.T, fx Fixture) {
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		for view, want := range contract {
			rows, err := db.Query("select * from " + view)
			if err != nil {
				t.Fatal(err)
			}
			got, err := rows.Columns()
			rows.Close()
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s has %v\nwant %v (%v)", view, got, want, err)
			}
			for _, column := range got {
				if !strings.Contains(string(doc), column) {
					t.Errorf("docs/consumers.md says nothing of %s.%s", view, column)
				}
			}
		}
	})
}
