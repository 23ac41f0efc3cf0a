package storetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"socialwatch"
)

// exportOf is an export as JSON lines.
func exportOf(t *testing.T, fx bench, what string, since, until time.Time) (lines []map[string]any) {
	t.Helper()
	for r, err := range fx.Export(t.Context(), what, since, until) {
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var line map[string]any
		if err := json.Unmarshal(raw, &line); err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		lines = append(lines, line)
	}
	return lines
}

// TestExportsAreTheViewsRowByRow, across pages, within the times asked for, alike
// in both databases, and without a word that is not masked.
func TestExportsAreTheViewsRowByRow(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		c := fx.Batch(t, "post", 1203)
		fx.MustSave(t, c)
		fx.Log(t, 0)
		for what, want := range map[string]struct{ view, at string }{"cases": {"cases_v1", "opened_at"}, "mentions": {"case_mentions_v1", "created_at"},
			"replies": {"replies_v1", "created_at"}, "events": {"case_events_v1", "at"}} {
			lines := exportOf(t, fx, what, time.Time{}, time.Time{})
			if n := fx.strings(t, "select cast(count(*) as text) from "+want.view)[0]; fmt.Sprint(len(lines)) != n {
				t.Fatalf("%s: %d rows, the view has %s", what, len(lines), n)
			}
			at, err := time.Parse(time.RFC3339Nano, fmt.Sprint(lines[0][want.at]))
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			for _, span := range []struct {
				since, until time.Time
				n            int
			}{{at, at.Add(time.Microsecond), len(lines)}, {at.Add(time.Microsecond), time.Time{}, 0}, {time.Time{}, at, 0}} {
				if n := len(exportOf(t, fx, what, span.since, span.until)); n != span.n {
					t.Errorf("%s from %s to %s: %d rows, want %d", what, span.since, span.until, n, span.n)
				}
			}
		}
		one := exportOf(t, fx, "cases", time.Time{}, time.Time{})[0]
		if _, isList := one["tags"].([]any); !isList || one["escalated"] != false || one["customer_handle"] == "" || one["breached_at"] != nil {
			t.Errorf("%v", one)
		}
		for _, err := range fx.Export(t.Context(), "people", time.Time{}, time.Time{}) {
			if err == nil {
				t.Error("people are exported")
			}
		}
	})
}

// TestAPersonsDataIsAllThatIsErased: what the export of a person holds, and no
// other's, is what an erasure takes away.
func TestAPersonsDataIsAllThatIsErased(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		k := plant(t, fx)
		put(t, fx, k.inDoubt, socialwatch.ReplySent)
		found, err := fx.Subjects(t.Context(), k.subject.ID)
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		read := func() string {
			t.Helper()
			d, err := fx.Person(t.Context(), found[0])
			if err != nil {
				t.Fatal(err)
			}
			raw, err := json.Marshal(d.Tables)
			if err != nil {
				t.Fatal(err)
			}
			return string(raw)
		}
		before := read()
		for _, w := range []string{"text", "warning", "name", "handle", "profile", "address", "picture", "masked", "edited", "escalation", "quote",
			"finding", "revised", "diff", "why", "note", "tag", "facts"} {
			if !strings.Contains(before, mark+w) {
				t.Errorf("%s%s is not exported", mark, w)
			}
		}
		if strings.Contains(before, "wvu") {
			t.Error("another's words are exported")
		}
		if _, err := fx.ErasePerson(t.Context(), socialwatch.Erasure{Subject: found[0], Actor: "terminal", Note: "letter of Monday", At: Start}); err != nil {
			t.Fatal(err)
		}
		if after := read(); strings.Contains(after, mark) || len(after) > 500 {
			t.Errorf("after the erasure: %.600s", after)
		}
	})
}
