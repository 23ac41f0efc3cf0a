package store_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/lib/pq"

	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
	"socialwatch/migrations"
)

func TestMigrateTwiceAppliesOnce(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		o := dbtest.Empty(t, kind)
		first, err := store.Migrate(t.Context(), o)
		if err != nil || len(first) == 0 || first[0] != "0001_start" {
			t.Errorf("%s: applied %v, %v", kind, first, err)
		}
		again, err := store.Migrate(t.Context(), o)
		if err != nil || len(again) != 0 {
			t.Errorf("%s: second time applied %v, %v", kind, again, err)
		}
	}
}

func TestSixStartersApplyEachFileOnce(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			o := dbtest.Empty(t, kind)
			applied := make([][]string, 6)
			var wg sync.WaitGroup
			for i := range applied {
				wg.Go(func() {
					var err error
					if applied[i], err = store.Migrate(t.Context(), o); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			n := 0
			for _, a := range applied {
				n += len(a)
			}
			if want := len(files(t, kind)); n != want {
				t.Errorf("applied %d files, want %d", n, want)
			}
			storetest.On(t, o).Seed(t, "post", 1)
		})
	}
}

// files returns the released files of a kind, to be changed at will.
func files(t *testing.T, kind store.Kind) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	names, err := fs.Glob(migrations.Files, string(kind)+"/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("%v %v", names, err)
	}
	for _, n := range names {
		content, err := fs.ReadFile(migrations.Files, n)
		if err != nil {
			t.Fatal(err)
		}
		out[n] = &fstest.MapFile{Data: content}
	}
	return out
}

// changed makes a change to the released files.
type changed func(store.Kind, fstest.MapFS)

// extra adds files.
func extra(names ...string) changed {
	return func(k store.Kind, f fstest.MapFS) {
		for _, n := range names {
			f[string(k)+"/"+n+".sql"] = &fstest.MapFile{Data: []byte("create table t" + n + " (a integer)")}
		}
	}
}

func edited(k store.Kind, f fstest.MapFS) {
	f[string(k)+"/0001_start.sql"] = &fstest.MapFile{Data: []byte("select 1")}
}

func TestForeignSchemasAreRefused(t *testing.T) {
	tests := map[string]struct {
		database, program changed
		says              string // of opening; empty when it works
		migrates          bool
	}{
		"same":          {extra(), extra(), "", true},
		"one newer":     {extra("9001_x"), extra(), "", true},
		"two newer":     {extra("9001_x", "9002_y"), extra(), "2 migrations newer", false},
		"older":         {extra(), extra("9001_x"), "run `socialwatch migrate`", true},
		"unknown among": {extra("0000_x"), extra(), "0000_x that this program does not know", false},
		"edited":        {extra(), edited, "0001_start was edited", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			for _, kind := range dbtest.Kinds(t) {
				o := dbtest.Empty(t, kind)
				had, has := files(t, kind), files(t, kind)
				tc.database(kind, had)
				tc.program(kind, has)
				if _, err := store.MigrateFiles(t.Context(), o, had); err != nil {
					t.Fatal(err)
				}
				s, err := store.OpenFiles(t.Context(), o, has)
				if err == nil {
					s.Close()
				}
				if (err == nil) != (tc.says == "") {
					t.Errorf("%s: open: %v", kind, err)
				} else if err != nil && (!errors.Is(err, store.ErrSchema) || !strings.Contains(err.Error(), tc.says)) {
					t.Errorf("%s: open: %v", kind, err)
				}
				if _, err := store.MigrateFiles(t.Context(), o, has); (err == nil) != tc.migrates {
					t.Errorf("%s: migrate: %v", kind, err)
				}
			}
		})
	}
}

// TestCasesFromBeforeTeamsHaveNone migrates a database that holds a case, and
// lets the program of the schema before add another one to it.
func TestCasesFromBeforeTeamsHaveNone(t *testing.T) {
	insert := `insert into cases (id, number, account, network, host, customer_id, customer, state, level, intent, score,
		escalated, escalation, orders, opened_at, updated_at, due_at, version)
		values (%d, 'K-%d', 'help', 'mastodon', 'social.example', 'c1', '{"handle": "c1@far.example"}', 'new', 3, 'billing', 40, false, '', '[]', %s, 1)`
	for _, kind := range dbtest.Kinds(t) {
		o := dbtest.Empty(t, kind)
		before, times := files(t, kind), "now(), now(), now()"
		maps.DeleteFunc(before, func(name string, _ *fstest.MapFile) bool { return !strings.HasSuffix(name, "/0001_start.sql") })
		if kind == store.SQLite {
			times = "0, 0, 0"
		}
		if _, err := store.MigrateFiles(t.Context(), o, before); err != nil {
			t.Fatal(err)
		}
		db := dbtest.Raw(t, o)
		defer db.Close()
		for id := 1; id <= 2; id++ {
			if _, err := db.Exec(fmt.Sprintf(insert, id, id, times)); err != nil {
				t.Fatal(err)
			}
			if _, err := store.Migrate(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		var n int
		if err := db.QueryRow("select count(*) from cases_v1 where team = '' and customer_handle = 'c1@far.example'").Scan(&n); err != nil || n != 2 {
			t.Errorf("%s: %d cases without a team, %v", kind, n, err)
		}
	}
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		o := dbtest.Empty(t, kind)
		bad := files(t, kind)
		bad[string(kind)+"/9001_bad.sql"] = &fstest.MapFile{Data: []byte("create table half (a integer); create table half (a integer);")}
		if _, err := store.MigrateFiles(t.Context(), o, bad); err == nil || !strings.Contains(err.Error(), "9001_bad") {
			t.Errorf("%s: %v", kind, err)
		}
		if _, err := store.Open(t.Context(), o); !errors.Is(err, store.ErrSchema) || !strings.Contains(err.Error(), "run `socialwatch migrate`") {
			t.Errorf("%s: open of an empty database: %v", kind, err)
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	tests := map[string]struct {
		o    store.Options
		says string
	}{
		"no address":   {store.Options{}, "write postgres://"},
		"long schema":  {store.Options{URL: "x", Schema: strings.Repeat("s", 49)}, "at most 48 bytes"},
		"no folder":    {store.Options{URL: "/nonexistent/folder/x.db"}, "run `socialwatch migrate`"},
		"server away":  {store.Options{URL: "postgres://u:secretword@127.0.0.1:1/x?sslmode=disable"}, "connection refused"},
		"bad address":  {store.Options{URL: "postgres://u:secretword@[::1/x"}, "postgres:// address"},
		"bad sslmode":  {store.Options{URL: "postgres://u:secretword@h/x?sslmode=no"}, "sslmode"},
		"unknown port": {store.Options{URL: "postgres://u:secretword@h:port/x"}, "port"},
	}
	for name, tc := range tests {
		_, err := store.Open(t.Context(), tc.o)
		if err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "secretword") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSQLiteFileIsItsOwnersAndMayHaveAnyName(t *testing.T) {
	o := store.Options{URL: "sqlite:" + filepath.Join(t.TempDir(), "odd name?#%41&.db")}
	if _, err := store.Open(t.Context(), o); !errors.Is(err, store.ErrSchema) {
		t.Errorf("open before migrate: %v", err)
	}
	if _, err := store.Migrate(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	storetest.On(t, o).Seed(t, "post", 1)
	info, err := os.Stat(strings.TrimPrefix(o.URL, "sqlite:"))
	if err != nil || info.Size() == 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// The printed SQL goes through psql where there is one, as its reader would do
// it, and through the driver elsewhere.
func runPrinted(t *testing.T, o store.Options, script string) {
	t.Helper()
	if psql, err := exec.LookPath("psql"); err == nil && strings.HasPrefix(o.URL, "postgres") {
		cmd := exec.CommandContext(t.Context(), psql, "-v", "ON_ERROR_STOP=1", "-q", o.URL)
		cmd.Stdin, cmd.Stderr = strings.NewReader(script), os.Stderr
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		return
	}
	db := dbtest.Raw(t, o)
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), script); err != nil {
		t.Fatal(err)
	}
}

func printAll(t *testing.T, o store.Options, roles store.Roles) string {
	t.Helper()
	names, err := store.Pending(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	script, err := store.Print(o, roles, names)
	if err != nil {
		t.Fatal(err)
	}
	return script
}

func TestPrintedSQLMakesTheSchema(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			o := dbtest.Empty(t, kind)
			if kind == store.Postgres {
				o.Schema = `odd "$name" ` + o.Schema[:20]
				t.Cleanup(func() {
					db := dbtest.Raw(t, store.Options{URL: o.URL})
					defer db.Close()
					db.Exec("drop schema if exists " + pq.QuoteIdentifier(o.Schema) + " cascade")
				})
			}
			script := printAll(t, o, store.Roles{})
			runPrinted(t, o, script)
			storetest.On(t, o).Seed(t, "post", 2)
			if again, err := store.Migrate(t.Context(), o); err != nil || len(again) != 0 {
				t.Errorf("migrate applied %v, %v", again, err)
			}
		})
	}
}

func TestGrantedRoleReadsViewsAlone(t *testing.T) {
	if len(dbtest.Kinds(t)) == 1 {
		return // SQLite has no roles
	}
	o := dbtest.Empty(t, store.Postgres)
	role := `case "reader" ` + o.Schema[5:]
	admin := dbtest.Raw(t, o)
	defer admin.Close()
	for _, name := range []string{role, role + "_serve"} {
		if _, err := admin.Exec("create role " + pq.QuoteIdentifier(name)); err != nil {
			t.Fatal(err)
		}
		defer admin.Exec("drop owned by " + pq.QuoteIdentifier(name) + "; drop role " + pq.QuoteIdentifier(name))
	}
	runPrinted(t, o, printAll(t, o, store.Roles{Consumer: role, Serve: role + "_serve"}))
	fx := storetest.On(t, o)
	fx.Seed(t, "post", 2)
	fx.Log(t, 0)

	conn, err := admin.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "set role "+pq.QuoteIdentifier(role)); err != nil {
		t.Fatal(err)
	}
	for view, want := range map[string]int{"cases_v1": 2, "case_mentions_v1": 2, "replies_v1": 2, "case_events_v1": 8} {
		var n int
		if err := conn.QueryRowContext(t.Context(), "select count(*) from "+view).Scan(&n); err != nil || n != want {
			t.Errorf("%s: %d rows, %v", view, n, err)
		}
	}
	for _, statement := range []string{"select * from people", "select * from tokens", "select * from sessions",
		"select * from credentials", "select * from inbox", "select * from spending", "select * from charged",
		"select * from reservations", "select * from accounts", "select * from mentions", "select * from cases", "select * from case_entities_v1", "select * from case_orders_v1",
		"select * from case_commands_v1", "insert into case_commands_v1 (key, kind) values ('k', 'ping')", "update cases_v1 set level = 1", "delete from cases_v1",
		"create table t (a int)"} {
		if _, err := conn.ExecContext(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if _, err := conn.ExecContext(t.Context(), "set role "+pq.QuoteIdentifier(role+"_serve")); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "update accounts set error = 'x'; delete from leases; select * from people"); err != nil {
		t.Errorf("the role that serves: %v", err)
	}
	if _, err := conn.ExecContext(t.Context(), "create table t (a int)"); err == nil {
		t.Error("the role that serves changes the schema")
	}
	again, err := store.Grants(o, store.Roles{Consumer: role, Entities: true})
	if err != nil {
		t.Fatal(err)
	}
	runPrinted(t, o, again)
	if _, err := conn.ExecContext(t.Context(), "set role "+pq.QuoteIdentifier(role)+"; select * from case_entities_v1; select * from case_orders_v1"); err != nil {
		t.Errorf("with the right to entities: %v", err)
	}
}

func TestPrintRefusesRolesOnSQLite(t *testing.T) {
	if _, err := store.Print(store.Options{URL: "x.db"}, store.Roles{Consumer: "reader"}, nil); err == nil {
		t.Error("printed grants for SQLite")
	}
	if _, err := store.Print(store.Options{URL: "postgres://h/x"}, store.Roles{Serve: "a\x00b"}, nil); err == nil {
		t.Error("printed a role name with NUL")
	}
}
