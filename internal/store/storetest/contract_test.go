package storetest

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// golden is what case systems rely on.
const golden = "../../../migrations/contract.txt"

var appendContract = flag.Bool("append-contract", false,
	"write new views, and new columns at the end of views, into migrations/contract.txt; what stands there already is never changed")

func byView(columns []store.Column) map[string][]store.Column {
	views := map[string][]store.Column{}
	for _, c := range columns {
		views[c.View] = append(views[c.View], c)
	}
	return views
}

// offered are the columns of all views on both databases, by view.
func offered(t *testing.T) map[string][]store.Column {
	t.Helper()
	var now map[string][]store.Column
	for _, kind := range dbtest.Kinds(t) { // SQLite first
		c, err := store.OpenConsumer(dbtest.New(t, kind))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		all, err := c.Columns(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		views := byView(all)
		if kind == store.SQLite {
			now = views
			continue
		}
		for view := range views {
			if len(views[view]) != len(now[view]) {
				t.Fatalf("%s has %d columns on Postgres, %d on SQLite", view, len(views[view]), len(now[view]))
			}
			for i, c := range views[view] {
				if c.Name != now[view][i].Name {
					t.Fatalf("%s: column %d is %s on Postgres, %s on SQLite", view, i+1, c.Name, now[view][i].Name)
				}
				now[view][i].Postgres = c.Postgres
			}
		}
	}
	return now
}

// TestViewsKeepTheirContract: a column of a _v1 view never goes, moves or
// changes its type. More come at the view's end, or it gets a new version.
func TestViewsKeepTheirContract(t *testing.T) {
	old, now := byView(store.Contract()), offered(t)
	for view, was := range old {
		for i, c := range was {
			var is store.Column
			if i < len(now[view]) {
				is = now[view][i]
			}
			if len(dbtest.Kinds(t)) == 1 {
				is.Postgres = c.Postgres // not known here
			}
			if is != c {
				t.Fatalf("%s: column %d is promised as %+v and is %+v: a view only grows at its end; else give it a new version", view, i+1, c, is)
			}
		}
	}
	var lines strings.Builder
	for _, view := range slices.Sorted(maps.Keys(now)) {
		for i, c := range now[view] {
			fmt.Fprintf(&lines, "%-16s %-18s %-11s %s\n", c.View, c.Name, c.Postgres, c.SQLite)
			if i >= len(old[view]) && !*appendContract {
				t.Errorf("%s.%s is not promised yet: document it, then go test ./internal/store/storetest -run TestViewsKeepTheirContract -append-contract", view, c.Name)
			}
		}
	}
	if *appendContract && !t.Failed() && len(dbtest.Kinds(t)) == 2 {
		if err := os.WriteFile(golden, []byte(lines.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEveryColumnIsDocumented: docs/consumers.md has a row for each column in
// the section of its view.
func TestEveryColumnIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/consumers.md")
	if err != nil {
		t.Fatal(err)
	}
	for view, columns := range byView(store.Contract()) {
		_, section, found := strings.Cut(string(doc), "\n### "+view)
		section, _, _ = strings.Cut(section, "\n##")
		named := map[string]bool{}
		for line := range strings.Lines(section) {
			if cells := strings.Split(line, "|"); len(cells) > 2 {
				for name := range strings.SplitSeq(cells[1], ",") {
					named[strings.TrimSpace(name)] = true
				}
			}
		}
		for _, c := range columns {
			if !found || !named[c.Name] {
				t.Errorf("docs/consumers.md has no row for %s.%s", view, c.Name)
			}
		}
	}
}
