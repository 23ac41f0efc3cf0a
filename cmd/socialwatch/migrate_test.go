package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// TestMigratePrintRunsAsItStands gives the printed SQL to psql, as the owner
// of a database would, and then works on it.
func TestMigratePrintRunsAsItStands(t *testing.T) {
	t.Parallel()
	dbtest.NeedPostgres(t)
	o := dbtest.Empty(t, store.Postgres)
	db := dbtest.Raw(t, o)
	defer db.Close()
	role := "reader_" + o.Schema
	_, err := db.ExecContext(t.Context(), "create role "+role)
	must(t, err)
	s := &shop{T: t, dir: t.TempDir(), db: o, env: []string{"DATABASE=" + o.URL}}
	s.config = filepath.Join(s.dir, "socialwatch.yaml")
	s.configure("127.0.0.1:0", account{url: "https://social.example", every: "@every 1s"})
	printed := s.done("migrate", "--print", "--role", role)
	if n := s.number("select count(*) from pg_namespace where nspname = '" + o.Schema + "'"); n != 0 {
		t.Fatal("migrate --print changed the database")
	}
	runSQL(t, o.URL, printed)
	if again := s.done("migrate", "--print"); strings.Contains(again, "create") {
		t.Errorf("with nothing pending is printed %q", again)
	}
	if out := s.done("migrate"); !strings.Contains(out, "up to date") {
		t.Errorf("migrate after the printed SQL says %q", out)
	}
	for view, want := range map[string]bool{"cases_v1": true, "case_events_v1": true, "case_entities_v1": false, "people": false, "mentions": false} {
		var may bool
		must(t, db.QueryRowContext(t.Context(), "select has_table_privilege($1, $2, 'select')", role, o.Schema+"."+view).Scan(&may))
		if may != want {
			t.Errorf("the role may read %s: %v, want %v", view, may, want)
		}
	}
	_, err = db.ExecContext(t.Context(), "drop owned by "+role+"; drop role "+role)
	must(t, err)
}

// runSQL runs a script by psql, or by the driver where there is none.
func runSQL(t *testing.T, url, script string) {
	t.Helper()
	psql, err := postgresTool("psql")
	if err != nil {
		db := dbtest.Raw(t, store.Options{URL: url})
		defer db.Close()
		_, err := db.ExecContext(t.Context(), script)
		must(t, err)
		return
	}
	cmd := exec.CommandContext(t.Context(), psql, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname="+url)
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
}

// postgresTool finds one of Postgres' client programs.
func postgresTool(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	all, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(all) == 0 {
		return "", os.ErrNotExist
	}
	slices.Sort(all)
	return all[len(all)-1], nil
}
