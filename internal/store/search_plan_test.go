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

// fill gives every case words of its own: "often" to all, "rarely" to one of
// five thousand, and "long" to the older half.
func fill(t testing.TB, fx storetest.Fixture) {
	t.Helper()
	db := dbtest.Raw(t, fx.Options)
	defer db.Close()
	words := `'#@help often w' || (id % 5000) || ' x' || (id % 997) || ' y' || (id % 101) || ' some twenty other words stand here as they do in posts of people who wait for a parcel'
|| case when id % 5000 = 7 then ' rarely' else '' end || case when id < (select max(id) / 2 from cases) then ' long' else '' end`
	cast := words
	if fx.Kind() == store.Postgres {
		cast = "cast(" + words + " as tsvector)"
	}
	for _, query := range []string{"delete from case_words", "insert into case_words (case_id, words) select id, " + cast + " from cases", "analyze"} {
		if _, err := db.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSearchReadsNoTableWhole: absent words are the trap, which planners like
// to look for case by case.
func TestSearchReadsNoTableWhole(t *testing.T) {
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		grow(t, fx, 20_000)
		fill(t, fx)
		for query, want := range map[string]int{"often": 101, "rarely": 4, "absent": 0, "w17 ofte": 4} {
			if r, err := fx.Search(t.Context(), store.SearchFilter{Query: query}); err != nil || r.Count != want {
				t.Errorf("%q: %d found, want %d (%v)", query, r.Count, want, err)
			}
		}
		for _, query := range []string{"often", "rarely", "absent", "absent often", "of"} {
			for name, f := range map[string]store.SearchFilter{"all": {}, "of an account": {Accounts: []string{storetest.Account}}, "since": {From: storetest.Start.Add(time.Hour)}} {
				f.Query = query
				plans, err := fx.ExplainSearch(t.Context(), f)
				if err != nil {
					t.Fatal(err)
				}
				for _, plan := range plans {
					if wholeTable.MatchString(plan) || strings.Contains(plan, "TEMP B-TREE") {
						t.Errorf("%s, %s: plan\n%s", query, name, plan)
					}
				}
				if index := plans[len(plans)-1]; query != "often" && query != "of" && !strings.Contains(index, "Bitmap Index Scan on case_words_words") && !strings.Contains(index, "VIRTUAL TABLE INDEX") {
					t.Errorf("%s, %s: not by the index of words\n%s", query, name, index)
				}
			}
		}
	})
}

// TestSearchIsFastWhateverTheWord measures common, rare and absent words; a
// person starts it: SOCIALWATCH_SEARCH=100000 go test -v -timeout 1h -run SearchIsFast ./internal/store
func TestSearchIsFastWhateverTheWord(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("SOCIALWATCH_SEARCH"))
	if n == 0 {
		t.Skip("SOCIALWATCH_SEARCH=cases measures")
	}
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		grow(t, fx, n)
		fill(t, fx)
		for _, f := range []store.SearchFilter{{Query: "often"}, {Query: "rarely"}, {Query: "absent"}, {Query: "w17 oft"}, {Query: "long"}, {Query: "oft"}, {Query: "often some parcel wait"},
			{Query: "often absent"}, {Query: "often", Accounts: []string{"other"}}, {Query: "1042"}} {
			var took []float64
			found := 0
			for range 7 {
				at := time.Now()
				r, err := fx.Search(t.Context(), f)
				if err != nil {
					t.Fatal(err)
				}
				took, found = append(took, float64(time.Since(at).Microseconds())/1000), r.Count
			}
			fmt.Printf("%s, %d cases: %q in %v: %d found, median %.1f ms\n", fx.Kind(), n, f.Query, f.Accounts, found, median(took))
		}
		naive(t, fx)
	})
}

// naive measures what a planner makes of the plain query.
func naive(t *testing.T, fx storetest.Fixture) {
	if fx.Kind() == store.SQLite {
		return
	}
	db := dbtest.Raw(t, fx.Options)
	defer db.Close()
	for _, word := range []string{"often", "rarely", "absent", "long"} {
		var took []float64
		for range 7 {
			at := time.Now()
			var n int
			if err := db.QueryRow("select count(*) from (select case_id from case_words where words @@ cast($1 as tsquery) order by case_id desc limit 20) x", word).Scan(&n); err != nil {
				t.Fatal(err)
			}
			took = append(took, float64(time.Since(at).Microseconds())/1000)
		}
		fmt.Printf("naive: %q: median %.1f ms\n", word, median(took))
	}
}
