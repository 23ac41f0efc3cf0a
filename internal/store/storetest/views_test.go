package storetest

import (
	"os"
	"slices"
	"strings"
	"testing"

	"socialwatch"
	"socialwatch/internal/store/dbtest"
)

// contract is what case systems rely on: columns are only ever added at a
// view's end, or a view gets a new version.
var contract = map[string][]string{
	"cases_v1": {"case_id", "number", "account", "network", "host", "customer_handle", "state", "level", "intent", "score",
		"escalated", "escalation", "opened_at", "updated_at", "due_at", "responded_at", "breached_at", "resolved_at",
		"assignee", "merged_into", "follows_case_id", "version", "first_post_url", "first_post_masked", "mentions", "team", "incident_id", "tags", "snoozed_until"},
	"case_events_v1":   {"seq", "kind", "case_id", "case_number", "case_version", "reply_id", "actor", "at", "data"},
	"case_entities_v1": {"case_id", "kind", "value"},
}

func TestEntitiesViewHoldsNumbersOnceAndNothingElse(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 1)
		follow := Mention("post-0001-b", s[0].Mention.Author.ID)
		a := Assessment(follow)
		a.Entities = append(a.Entities, socialwatch.Entity{Kind: socialwatch.Phone, Value: "5550104477"},
			socialwatch.Entity{Kind: socialwatch.TrackingNumber, Value: "RR473124829GB"})
		none := Mention("post-0001-c", s[0].Mention.Author.ID)
		c := fx.Changes(t)
		c.Entries = []socialwatch.Entry{{Mention: follow, Assessment: a, CaseID: s[0].Case.ID},
			{Mention: none, Assessment: Assessment(none)}} // the last without a case
		fx.MustSave(t, c)
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		rows, err := db.Query("select case_id, kind, value from case_entities_v1 order by kind, value")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var got []string
		for rows.Next() {
			var id int64
			var kind, value string
			if err := rows.Scan(&id, &kind, &value); err != nil || id != s[0].Case.ID {
				t.Errorf("case %d, %v", id, err)
			}
			got = append(got, kind+" "+value)
		}
		if want := []string{"order_number 100-2233", "tracking_number RR473124829GB"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
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
