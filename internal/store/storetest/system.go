package storetest

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/lib/pq"

	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// System is another system with a connection of its own: on Postgres a role that
// has been granted the contract and nothing else.
type System struct {
	Name string // as the database knows it
	*sql.Conn
	kind store.Kind
}

// System lets a system in that may read and ask.
func (fx Fixture) System(t testing.TB, name string) System {
	t.Helper()
	s := System{Name: name, kind: fx.Kind()}
	if s.kind == store.Postgres {
		s.Name = name + fx.Options.Schema[len("test"):] // roles are the server's
	}
	db := dbtest.Raw(t, fx.Options)
	t.Cleanup(func() { db.Close() })
	if s.kind == store.Postgres {
		fx.enrol(t, db, s.Name)
	}
	var err error
	if s.Conn, err = db.Conn(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Conn.Close() })
	if s.kind == store.Postgres {
		s.Must(t, "set session authorization "+pq.QuoteIdentifier(s.Name))
	}
	return s
}

// enrol makes a role and grants it the contract.
func (fx Fixture) enrol(t testing.TB, db *sql.DB, role string) {
	t.Helper()
	grants, err := store.Grants(fx.Options, store.Roles{Consumer: role, Commands: true})
	if err != nil {
		t.Fatal(err)
	}
	name := pq.QuoteIdentifier(role)
	if _, err := db.Exec("create role " + name + " login; " + grants); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		if _, err := db.Exec("drop owned by " + name + "; drop role " + name); err != nil {
			t.Error(err)
		}
	})
}

// Must runs one statement of the system.
func (s System) Must(t testing.TB, statement string, args ...any) {
	t.Helper()
	if _, err := s.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// Ask is one command of a system: what it inserts into case_commands_v1.
type Ask struct {
	Key, Kind string
	Case      string // number; empty: null
	CaseID    int64  // 0: null
	Expected  int    // 0: null
	Data      string // empty: {}
}

// Insert inserts a command as docs/consumers.md says.
func (s System) Insert(t testing.TB, a Ask) error {
	t.Helper()
	data := a.Data
	if data == "" {
		data = "{}"
	}
	args := []any{a.Key, a.Kind, sql.NullString{String: a.Case, Valid: a.Case != ""},
		sql.NullInt64{Int64: a.CaseID, Valid: a.CaseID != 0}, sql.NullInt64{Int64: int64(a.Expected), Valid: a.Expected != 0}, data}
	statement := `insert into case_commands_v1 (key, kind, case_number, case_id, expected_version, data) values ($1, $2, $3, $4, $5, $6) on conflict do nothing`
	if s.kind == store.SQLite {
		statement = `insert into case_commands_v1 (key, kind, case_number, case_id, expected_version, data, system) values (?, ?, ?, ?, ?, ?, ?)`
		args = append(args, s.Name)
	}
	_, err := s.ExecContext(t.Context(), statement, args...)
	return err
}

// Flood inserts n commands at once, with the keys of a.Key and a number.
func (s System) Flood(t testing.TB, n int, a Ask) {
	t.Helper()
	s.Must(t, fmt.Sprintf(`insert into case_commands_v1 (key, kind, case_number, data%s)
with recursive flood (n) as (select 1 union all select n + 1 from flood where n < %d)
select '%s' || n, '%s', '%s', %s from flood`, map[store.Kind]string{store.SQLite: ", system"}[s.kind], n, a.Key, a.Kind, a.Case,
		map[store.Kind]string{store.SQLite: "'" + a.Data + "', '" + s.Name + "'", store.Postgres: "cast('" + a.Data + "' as jsonb)"}[s.kind]))
}

// Answer is what a system reads of its command, as one line: state, the case's
// version and the reason.
func (s System) Answer(t testing.TB, key string) string {
	t.Helper()
	query := "select state, coalesce(case_version, 0), reason, cast(data as text) from case_commands_v1 where key = $1 and system = $2"
	var state, reason, data string
	var version int
	if err := s.QueryRowContext(t.Context(), query, key, s.Name).Scan(&state, &version, &reason, &data); err != nil {
		t.Fatal(err)
	}
	if state != store.CommandWaiting && data != "{}" {
		t.Errorf("an answered command keeps its data: %s", data)
	}
	return fmt.Sprintf("%s %d %s", state, version, reason)
}
