// Package dbtest gives tests real databases: SQLite files, and schemas of one
// temporary Postgres server per machine, which the first test binary starts
// and which stops itself soon after the last one has ended.
//
// Environment:
//
//	TEST_DATABASE_URL=postgres://…       use this server instead
//	SOCIALWATCH_TEST_POSTGRES=required   fail, saying what to install, instead
//	                                     of testing on SQLite alone
package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lib/pq"

	"socialwatch/internal/store"
)

// Kinds returns the kinds of database that tests run on here: both, or SQLite
// alone, of which it tells once on standard error.
func Kinds(t testing.TB) []store.Kind {
	t.Helper()
	if _, err := Server(); err != nil {
		if os.Getenv("SOCIALWATCH_TEST_POSTGRES") == "required" {
			t.Fatalf("no Postgres to test on: %v", err)
		}
		tellOnce(err)
		return []store.Kind{store.SQLite}
	}
	return []store.Kind{store.SQLite, store.Postgres}
}

// NeedPostgres ends a test that is of Postgres alone where there is none, as Kinds
// would.
func NeedPostgres(t testing.TB) {
	t.Helper()
	if !slices.Contains(Kinds(t), store.Postgres) {
		t.Skip("needs PostgreSQL: its server was not found")
	}
}

var tellOnce = func() func(error) {
	var once sync.Once
	return func(err error) {
		once.Do(func() { fmt.Fprintf(os.Stderr, "dbtest: testing on SQLite alone: %v\n", err) })
	}
}()

// Each runs f as a subtest on a fresh, migrated database of each kind.
func Each(t *testing.T, f func(t *testing.T, o store.Options)) {
	t.Helper()
	for _, kind := range Kinds(t) {
		t.Run(string(kind), func(t *testing.T) { f(t, New(t, kind)) })
	}
}

// New returns a fresh, migrated database, gone when the test ends.
func New(t testing.TB, kind store.Kind) store.Options {
	t.Helper()
	o := Empty(t, kind)
	if kind == store.SQLite {
		file, err := migrated()
		if err == nil {
			err = os.WriteFile(strings.TrimPrefix(o.URL, "sqlite:"), file, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	if _, err := store.Migrate(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return o
}

// migrated is a migrated SQLite file. It is made once: hundreds of tests take
// a copy.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "dbtest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "migrated.db")
	if _, err := store.Migrate(context.Background(), store.Options{URL: "sqlite:" + path}); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// Open opens a fresh, migrated database, closed and gone when the test ends.
func Open(t testing.TB, kind store.Kind) *store.Store {
	t.Helper()
	return Reopen(t, New(t, kind))
}

// Reopen opens the database of o once more, as a second process would.
func Reopen(t testing.TB, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Empty returns a database that was never migrated, gone when the test ends.
func Empty(t testing.TB, kind store.Kind) store.Options {
	t.Helper()
	if kind == store.SQLite {
		return store.Options{URL: "sqlite:" + filepath.Join(t.TempDir(), "test.db")}
	}
	url, err := Server()
	if err != nil {
		t.Fatalf("no Postgres to test on: %v", err)
	}
	b := make([]byte, 8)
	rand.Read(b)
	o := store.Options{URL: url, Schema: "test_" + hex.EncodeToString(b), MaxConns: 10}
	t.Cleanup(func() {
		// The test's context is done by now.
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		db := Raw(t, o)
		if _, err := db.ExecContext(ctx, "drop schema if exists "+pq.QuoteIdentifier(o.Schema)+" cascade"); err != nil {
			t.Errorf("drop schema: %v", err)
		}
		db.Close()
	})
	return o
}

// Raw opens the database of o past the store, for tests that look at or break
// what the store holds. The caller closes it.
func Raw(t testing.TB, o store.Options) *sql.DB {
	t.Helper()
	db, err := store.OpenRaw(o)
	if err != nil {
		t.Fatal(err)
	}
	return db
}
