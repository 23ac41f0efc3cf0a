package storetest

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"socialwatch"
	"socialwatch/internal/store"
)

// rawFiles are the files that hold the database's tables and indexes, and for
// SQLite the log beside them.
func rawFiles(t *testing.T, fx bench) (paths []string) {
	t.Helper()
	if fx.Kind() == store.SQLite {
		path := strings.TrimPrefix(fx.Options.URL, "sqlite:")
		return []string{path, path + "-wal", path + "-shm", path + "-journal"}
	}
	fx.exec(t, "checkpoint")
	dir := fx.strings(t, "select setting from pg_settings where name = 'data_directory'")[0]
	if _, err := os.Stat(filepath.Join(dir, "base")); err != nil {
		t.Skip("the server's files are not here")
	}
	for _, p := range fx.strings(t, `with ours as (select oid, reltoastrelid from pg_class where relnamespace = cast(current_schema() as regnamespace))
select coalesce(pg_relation_filepath(c.oid), '') from pg_class c where c.oid in (select oid from ours union select reltoastrelid from ours
    union select indexrelid from pg_index where indrelid in (select reltoastrelid from ours))`) {
		if p != "" {
			paths = append(paths, filepath.Join(dir, p))
		}
	}
	return paths
}

// holding are those of the files in which the mark stands, in capitals or not.
func holding(t *testing.T, paths []string) (found []string) {
	t.Helper()
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if i := bytes.Index(bytes.ToLower(raw), []byte(mark)); i >= 0 {
			found = append(found, filepath.Base(path)+": "+strings.ToValidUTF8(string(raw[max(0, i-20):min(len(raw), i+30)]), "?"))
		}
	}
	return found
}

// TestErasedWordsLeaveTheFiles: after the documented clean-up no file of the
// database holds a byte of what was erased, nor do the planner's statistics.
func TestErasedWordsLeaveTheFiles(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		k := plant(t, fx)
		put(t, fx, k.inDoubt, socialwatch.ReplySent)
		if fx.Kind() == store.Postgres {
			fx.exec(t, "analyze mentions")
		}
		before := rawFiles(t, fx)
		if n := len(holding(t, before)); n == 0 {
			t.Fatal("no file holds the mark before: the test looks at nothing")
		}
		done, err := fx.ErasePerson(t.Context(), socialwatch.Erasure{Subject: k.subject, Actor: "terminal", Note: "letter of Monday", At: Start})
		if err != nil || len(done.Kept) > 0 {
			t.Fatalf("%+v, %v", done, err)
		}
		if fx.Kind() == store.Postgres && len(holding(t, before)) == 0 {
			t.Fatal("no file holds the mark before the clean-up: it would prove nothing")
		}
		if err := fx.Vacuum(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, f := range holding(t, append(before, rawFiles(t, fx)...)) {
			t.Errorf("after the clean-up: %s", f)
		}
		if fx.Kind() == store.Postgres {
			for _, s := range fx.strings(t, `select cast(s as text) from pg_stats s where schemaname = current_schema()`) {
				if strings.Contains(strings.ToLower(s), mark) {
					t.Errorf("statistics: %.300s", s)
				}
			}
		}
		if found := finds(t, fx.Fixture, store.SearchFilter{Query: "wvustays"}); !slices.Equal(found, []string{k.others.Number}) {
			t.Errorf("search finds %v of another", found)
		}
	})
}
