package store_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// hostile are the pieces of which hostile texts are made.
var hostile = []string{"", "a", "null", "NULL", `"`, `\`, `\\`, `'`, "''", "{", "}", ",", "{,}", "\x00", "\xff", "\xed\xa0\x80", "\n", "\r", "\t", "\v", " ",
	"\u2028", "\ufeff", "\u202e", "😀", "e\u0301", "?", "$1", "::text", `\u0000`, `\x41`, "%s", "E'", "\\'", "--", "\x1b", "\u007f", "\u0085"}

func hostileText(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(8) {
		b.WriteString(hostile[r.IntN(len(hostile))])
	}
	return b.String()
}

// hostileRow has every type that columns of ours have, each null now and then.
func hostileRow(r *rand.Rand) []any {
	times := []time.Time{{}, time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC), time.Date(2026, 3, 29, 2, 30, 0, 7000, time.FixedZone("x", 5*3600+1800)),
		time.UnixMicro(r.Int64N(1 << 51))}
	row := []any{hostileText(r), r.IntN(math.MaxInt32), int64(r.Uint64()), r.IntN(2) == 0, times[r.IntN(len(times))],
		store.AsJSON(map[string]any{hostileText(r): []any{hostileText(r), nil, 1.5, true}, "s": hostileText(r)}), store.AsJSON([]string(nil))}
	for i := range row {
		if r.IntN(6) == 0 {
			row[i] = nil
		}
	}
	return row
}

// TestRowsAreStoredTheSameAsListsAndOneByOne: on Postgres many rows travel as one
// array for each column; what they hold must not tell.
func TestRowsAreStoredTheSameAsListsAndOneByOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		s, db := dbtest.Reopen(t, o), dbtest.Raw(t, o)
		defer db.Close()
		stamp, object := "timestamp", "text"
		if o.URL[:8] == "postgres" {
			stamp, object = "timestamptz", "jsonb"
		}
		for _, table := range []string{"listed", "plain"} {
			if _, err := db.Exec(fmt.Sprintf("create table %s (id integer, w text, i integer, b bigint, y boolean, t %s, j %s, l %s)", table, stamp, object, object)); err != nil {
				t.Fatal(err)
			}
		}
		r := rand.New(rand.NewPCG(7, 11))
		for batch := range 60 {
			var args []any
			var texts []string
			n := 1 + r.IntN(12)
			for i := range n {
				row := hostileRow(r)
				if text, ok := row[0].(string); ok {
					texts = append(texts, text)
				}
				args = append(append(args, batch*100+i), row...)
			}
			for _, table := range []string{"listed", "plain"} {
				if err := s.WriteRows(t.Context(), table+" (id, w, i, b, y, t, j, l)", 8, args, table == "plain"); err != nil {
					t.Fatalf("%s: %v\n%q", table, err, args)
				}
			}
			slices.Sort(texts)
			if found, err := s.Among(t.Context(), "listed", "w", append(texts, "", `"`, `\`)); err != nil || found < len(texts) {
				t.Fatalf("%d of %d texts are found again: %v", found, len(texts), err)
			}
		}
		var same, all int
		query := `select count(*) from listed a join plain b on a.id = b.id where `
		for _, c := range []string{"w", "i", "b", "y", "t", "j", "l"} {
			query += fmt.Sprintf("a.%[1]s is not distinct from b.%[1]s and ", c)
		}
		if err := db.QueryRow("select count(*) from plain").Scan(&all); err != nil {
			t.Fatal(err)
		}
		if err := db.QueryRow(query + "1 = 1").Scan(&same); err != nil || same != all || all < 200 {
			t.Errorf("%d of %d rows are the same: %v", same, all, err)
		}
	})
}
