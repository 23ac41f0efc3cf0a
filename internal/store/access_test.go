package store_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lib/pq"

	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// guests are roles on somebody's server: one to whom the schema belongs, and one
// that serves, as yet without a right.
type guests struct {
	admin, owner, serve store.Options
	owns, serves        string // their names
}

func newGuests(t *testing.T) guests {
	t.Helper()
	dbtest.NeedPostgres(t)
	g := guests{admin: dbtest.Empty(t, store.Postgres)}
	g.owns, g.serves = g.admin.Schema+"_owner", g.admin.Schema+"_serve"
	g.run(t, `do $$ begin execute format('create role %1$I login password ''secret''; create role %2$I login password ''secret'';
		grant create on database %3$I to %1$I', '`+g.owns+`', '`+g.serves+`', current_database()); end $$`)
	t.Cleanup(func() {
		db := dbtest.Raw(t, g.admin)
		defer db.Close()
		for _, role := range []string{g.serves, g.owns} {
			if _, err := db.Exec("drop owned by " + role + " cascade; drop role " + role); err != nil {
				t.Error(err)
			}
		}
	})
	g.owner, g.serve = as(t, g.admin, g.owns), as(t, g.admin, g.serves)
	return g
}

func as(t *testing.T, o store.Options, role string) store.Options {
	t.Helper()
	u, err := url.Parse(o.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, "secret")
	o.URL = u.String()
	return o
}

func (g guests) run(t *testing.T, script string) {
	t.Helper()
	db := dbtest.Raw(t, g.admin)
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), script); err != nil {
		t.Fatal(err)
	}
}

// grant lets the owner give the serving role what --grants prints.
func (g guests) grant(t *testing.T) {
	t.Helper()
	grants, err := store.Grants(g.owner, store.Roles{Serve: g.serves})
	if err != nil {
		t.Fatal(err)
	}
	runPrinted(t, g.owner, fmt.Sprintf("set search_path to %s; %s", pq.QuoteIdentifier(g.owner.Schema), grants))
}

func opens(t *testing.T, o store.Options) error {
	t.Helper()
	s, err := store.Open(t.Context(), o)
	if err == nil {
		err = s.Close()
	}
	return err
}

// says fails unless err holds each of the texts.
func says(t *testing.T, what string, err error, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, want %q", what, err, text)
		}
	}
}

// TestRoleWithoutRightsIsToldWhoGivesThem: as after a restore on a server where the
// roles were made too late.
func TestRoleWithoutRightsIsToldWhoGivesThem(t *testing.T) {
	g := newGuests(t)
	_, err := store.Migrate(t.Context(), g.serve)
	says(t, "migrate of a role that may not create", err, "permission denied", "run it as a role that may create")
	says(t, "open of a database without tables", opens(t, g.serve), "no tables of socialwatch yet", "run `socialwatch migrate`")
	if _, err := store.Migrate(t.Context(), g.owner); err != nil {
		t.Fatal(err)
	}
	for _, right := range []string{"select 1", "grant usage on schema " + g.owner.Schema + " to " + g.serves} {
		g.run(t, right)
		says(t, "open after "+right, opens(t, g.serve), "may not read the schema: its owner, "+g.owns, "`socialwatch migrate --grants --serve-role "+g.serves+"`")
		_, err = store.Migrate(t.Context(), g.serve)
		says(t, "migrate after "+right, err, "run `socialwatch migrate` as "+g.owns)
		names, err := store.Pending(t.Context(), g.serve)
		says(t, "pending after "+right, err, "--serve-role")
		if names != nil {
			t.Errorf("pending of what may not be read: %v", names)
		}
	}
	g.grant(t)
	if err := opens(t, g.serve); err != nil {
		t.Errorf("open with the grants: %v", err)
	}
	if applied, err := store.Migrate(t.Context(), g.serve); err != nil || len(applied) != 0 {
		t.Errorf("migrate of what is up to date, by the role that serves: %v, %v", applied, err)
	}
}

// oneBehind are the released files but the newest one, and its name.
func oneBehind(t *testing.T, kind store.Kind) (fstest.MapFS, string) {
	t.Helper()
	all := files(t, kind)
	names, err := fs.Glob(all, "*/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	last := slices.Max(names)
	delete(all, last)
	return all, strings.TrimSuffix(strings.TrimPrefix(last, string(kind)+"/"), ".sql")
}

// TestUpgradeByAnotherRoleThanServes: the role that serves is told who upgrades,
// and can print for that one what is pending and nothing else.
func TestUpgradeByAnotherRoleThanServes(t *testing.T) {
	g := newGuests(t)
	before, last := oneBehind(t, store.Postgres)
	if _, err := store.MigrateFiles(t.Context(), g.owner, before); err != nil {
		t.Fatal(err)
	}
	g.grant(t)
	says(t, "open", opens(t, g.serve), "pending (1, first "+last, "run `socialwatch migrate` as "+g.owns)
	if err := opens(t, g.owner); err == nil || strings.Contains(err.Error(), g.owns) {
		t.Errorf("open as the owner: %v, want no other role named", err)
	}
	_, err := store.Migrate(t.Context(), g.serve) // the newest file may need no more rights than it has
	says(t, "migrate", err, last, "run `socialwatch migrate` as "+g.owns)
	upgrade(t, g.serve, g.owner, last)
	if err := opens(t, g.serve); err != nil {
		t.Errorf("open after the upgrade: %v", err)
	}
}

func TestPrintedUpgradeIsWhatIsPending(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			o := dbtest.Empty(t, kind)
			before, last := oneBehind(t, kind)
			if _, err := store.MigrateFiles(t.Context(), o, before); err != nil {
				t.Fatal(err)
			}
			upgrade(t, o, o, last)
			if err := opens(t, o); err != nil {
				t.Error(err)
			}
			names, err := store.Pending(t.Context(), o)
			if err != nil || len(names) != 0 {
				t.Errorf("still pending: %v, %v", names, err)
			}
			nothing, err := store.Print(o, store.Roles{}, names)
			if err != nil || strings.Contains(nothing, "begin") {
				t.Errorf("with nothing pending is printed %q, %v", nothing, err)
			}
			runPrinted(t, o, nothing)
		})
	}
}

// upgrade prints as one role and runs it as another.
func upgrade(t *testing.T, prints, runs store.Options, want string) {
	t.Helper()
	names, err := store.Pending(t.Context(), prints)
	if err != nil || !slices.Equal(names, []string{want}) {
		t.Fatalf("pending: %v, %v, want %s", names, err, want)
	}
	script, err := store.Print(prints, store.Roles{}, names)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(script, "create schema") || strings.Contains(script, "0001_start") {
		t.Errorf("it prints more than is pending:\n%s", script)
	}
	runPrinted(t, runs, script)
}

func TestPendingWithoutADatabaseIsEverything(t *testing.T) {
	o := store.Options{URL: "sqlite:" + t.TempDir() + "/none.db"}
	names, err := store.Pending(t.Context(), o)
	if want := len(files(t, store.SQLite)); err != nil || len(names) != want {
		t.Errorf("%d pending, %v, want %d", len(names), err, want)
	}
	if _, err := os.Stat(strings.TrimPrefix(o.URL, "sqlite:")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("asking made the file: %v", err)
	}
	names, err = store.Pending(t.Context(), store.Options{URL: "postgres://u:secretword@127.0.0.1:1/x?sslmode=disable"})
	says(t, "a server that is away", err, "connection refused")
	if want := len(files(t, store.Postgres)); len(names) != want || strings.Contains(err.Error(), "secretword") {
		t.Errorf("%d pending, %v, want %d", len(names), err, want)
	}
}
