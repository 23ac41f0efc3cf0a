package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"

	"socialwatch/migrations"
)

// ErrSchema means that the database's schema is not the one this program
// works on. The text of the error around it says what to do.
var ErrSchema = errors.New("schema does not fit this program")

// migration is one file.
type migration struct {
	Name     string `db:"name"` // 0001_start
	Checksum string `db:"checksum"`
	sql      string
}

func loadMigrations(files fs.FS, kind Kind) ([]migration, error) {
	names, err := fs.Glob(files, string(kind)+"/*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var all []migration
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		all = append(all, migration{strings.TrimSuffix(path.Base(name), ".sql"), checksum(content), string(content)})
	}
	return all, nil
}

const (
	sqlMigrationTable = `create table if not exists schema_migrations (
    name       text primary key,
    checksum   text not null,
    applied_at %s not null
)`
	sqlMigrations      = `select name, checksum from schema_migrations order by name`
	sqlMigrationInsert = `insert into schema_migrations (name, checksum, applied_at) values (?, ?, ?)`
)

// Migrate brings the database to this program's schema and returns the names
// of the files it applied, in order; none when nothing was pending. All files
// apply in one transaction under a lock, so any number of starters apply each
// file once and a failure changes nothing. On Postgres it creates the schema
// unless it exists. It needs the right to create; serving needs less.
func Migrate(ctx context.Context, o Options) ([]string, error) {
	return migrate(ctx, o, migrations.Files)
}

func migrate(ctx context.Context, o Options, files fs.FS) ([]string, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	db, d, err := openDB(o, true)
	if err != nil {
		return nil, err
	}
	known, err := loadMigrations(files, d.kind)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, dialect: d, opts: o}
	defer db.Close()
	var applied []string
	err = s.tx(ctx, func(t *tx) error {
		applied = nil
		if err := t.lockSchema(ctx); err != nil {
			return err
		}
		had, err := t.migrationsApplied(ctx)
		if err != nil {
			return err
		}
		pending, err := compare(known, had)
		if err != nil {
			return err
		}
		for _, m := range pending {
			if _, err := t.ExecContext(ctx, m.sql); err != nil {
				return fmt.Errorf("%s: %w", m.Name, err)
			}
			if _, err := t.exec(ctx, sqlMigrationInsert, m.Name, m.Checksum, time.Now()); err != nil {
				return fmt.Errorf("%s: %w", m.Name, err)
			}
			applied = append(applied, m.Name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	return applied, nil
}

// lockSchema waits for other migrating processes, makes the schema and the
// table of migrations.
func (t *tx) lockSchema(ctx context.Context) error {
	timestamp := "timestamp"
	if t.s.dialect.kind == Postgres {
		timestamp = "timestamptz"
		schema := t.s.opts.Schema
		// Without the limits of serving: others may migrate for long.
		if _, err := t.exec(ctx, "set local statement_timeout = 0; set local lock_timeout = 0"); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "select pg_advisory_xact_lock(?)", schemaLock(schema)); err != nil {
			return fmt.Errorf("wait for other migrations: %w", err)
		}
		var n int
		if err := t.get(ctx, &n, "select count(*) from pg_namespace where nspname = ?", schema); err != nil {
			return err
		}
		if n == 0 { // "if not exists" would need the right to create even when it exists
			if _, err := t.exec(ctx, "create schema "+pq.QuoteIdentifier(schema)); err != nil {
				return fmt.Errorf("create schema: %w", err)
			}
		}
		if _, err := t.exec(ctx, "set local lock_timeout = 5000; set local search_path to "+pq.QuoteIdentifier(schema)); err != nil {
			return err
		}
	}
	_, err := t.exec(ctx, fmt.Sprintf(sqlMigrationTable, timestamp))
	return err
}

func (t *tx) migrationsApplied(ctx context.Context) ([]migration, error) {
	var had []migration
	err := t.all(ctx, &had, sqlMigrations)
	return had, err
}

// compare returns the files that the database lacks. It refuses edited files,
// unknown ones among the known, and a database more than one file ahead:
// program N runs on schema N+1, so that a deploy can be rolled back.
func compare(known, had []migration) (pending []migration, err error) {
	applied := map[string]string{}
	for _, m := range had {
		applied[m.Name] = m.Checksum
	}
	last := ""
	for _, m := range known {
		last = m.Name
		sum, ok := applied[m.Name]
		switch {
		case !ok:
			pending = append(pending, m)
		case sum != m.Checksum:
			return nil, fmt.Errorf("%w: migration %s was edited after it was applied: use the release that migrated this database, or restore a backup", ErrSchema, m.Name)
		}
		delete(applied, m.Name)
	}
	ahead := 0
	for name := range applied {
		if name <= last {
			return nil, fmt.Errorf("%w: the database has a migration %s that this program does not know: it was made by another release", ErrSchema, name)
		}
		ahead++
	}
	if ahead > 1 {
		return nil, fmt.Errorf("%w: the database is %d migrations newer than this program: install the release that migrated it", ErrSchema, ahead)
	}
	return pending, nil
}

// checkSchema refuses a database that this program cannot work on.
func (s *Store) checkSchema(ctx context.Context, files fs.FS) error {
	known, err := loadMigrations(files, s.dialect.kind)
	if err != nil {
		return err
	}
	return s.read(ctx, func(t *tx) error {
		exists, err := t.hasMigrations(ctx)
		if err != nil {
			return err
		}
		if !exists {
			return fmt.Errorf("%w: it has no tables of socialwatch yet: run `socialwatch migrate`", ErrSchema)
		}
		had, err := t.migrationsApplied(ctx)
		if err != nil {
			return err
		}
		pending, err := compare(known, had)
		if err != nil {
			return err
		}
		if len(pending) > 0 {
			return fmt.Errorf("%w: %d migrations are pending, first %s: run `socialwatch migrate`", ErrSchema, len(pending), pending[0].Name)
		}
		return nil
	})
}

func (t *tx) hasMigrations(ctx context.Context) (bool, error) {
	var n int
	var err error
	if t.s.dialect.kind == Postgres {
		err = t.get(ctx, &n, "select count(*) from pg_tables where schemaname = ? and tablename = 'schema_migrations'", t.s.opts.Schema)
	} else {
		err = t.get(ctx, &n, "select count(*) from sqlite_master where type = 'table' and name = 'schema_migrations'")
	}
	return n > 0, err
}

var consumerView = regexp.MustCompile(`(?m)^create view (\w+_v\d+) `)

// Views that a consumer has only with the right to: entitiesViews hold order
// and tracking numbers.
var entitiesViews = []string{"case_entities_v1", "case_orders_v1"}

const (
	commandsView = "case_commands_v1"

	// All else of a command is the database's word, or ours.
	commandColumns = "key, case_id, case_number, expected_version, kind, data"
)

// Roles are whom the printed SQL grants what; empty names get nothing.
type Roles struct {
	Consumer string // may read the consumers' views and nothing else
	Entities bool   // of Consumer: those with order and tracking numbers too
	Commands bool   // of Consumer: may ask for changes
	Serve    string // may run everything but migrate
}

// Print returns the SQL that makes an empty database ready, for owners who run
// it themselves: on Postgres with the schema and the grants. A database made
// this way opens as if Migrate had made it.
func Print(o Options, roles Roles) (string, error) {
	kind := kindOf(o.URL)
	o, err := o.withDefaults()
	if err != nil {
		return "", err
	}
	grants, err := Grants(o, roles)
	if err != nil {
		return "", err
	}
	files, err := loadMigrations(migrations.Files, kind)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("begin;\n\n")
	name := pq.QuoteIdentifier(o.Schema)
	timestamp, now := "timestamp", "cast(strftime('%s', 'now') as integer) * 1000000"
	if kind == Postgres {
		timestamp, now = "timestamptz", "now()"
		fmt.Fprintf(&b, "create schema if not exists %s;\nset local search_path to %s;\n\n", name, name)
	}
	fmt.Fprintf(&b, sqlMigrationTable+";\n", timestamp)
	for _, m := range files {
		fmt.Fprintf(&b, "\n-- %s\n%s\ninsert into schema_migrations (name, checksum, applied_at) values ('%s', '%s', %s);\n",
			m.Name, strings.TrimSpace(m.sql), m.Name, m.Checksum, now)
	}
	b.WriteString(grants + "\ncommit;\n")
	return b.String(), nil
}

// Grants returns the SQL of the grants alone, for a database that stands. It
// may be run again.
func Grants(o Options, roles Roles) (string, error) {
	kind := kindOf(o.URL)
	o, err := o.withDefaults()
	if err != nil {
		return "", err
	}
	for _, role := range []string{roles.Consumer, roles.Serve} {
		if role != storable(role) || len(role) > 63 {
			return "", fmt.Errorf("role name %q: at most 63 bytes of valid text", role)
		}
		if kind == SQLite && role != "" {
			return "", errors.New("SQLite has no roles: leave the role out")
		}
	}
	files, err := loadMigrations(migrations.Files, kind)
	if err != nil {
		return "", err
	}
	schema := pq.QuoteIdentifier(o.Schema)
	var b strings.Builder
	if roles.Consumer != "" {
		var views []string
		for _, m := range files {
			for _, v := range consumerView.FindAllStringSubmatch(m.sql, -1) {
				if (!slices.Contains(entitiesViews, v[1]) || roles.Entities) && (v[1] != commandsView || roles.Commands) {
					views = append(views, schema+"."+v[1])
				}
			}
		}
		role := pq.QuoteIdentifier(roles.Consumer)
		fmt.Fprintf(&b, "\ngrant usage on schema %s to %s;\ngrant select on %s to %s;\n", schema, role, strings.Join(views, ", "), role)
		if roles.Commands {
			fmt.Fprintf(&b, "grant insert (%s) on %s.%s to %s;\n", commandColumns, schema, commandsView, role)
		}
	}
	if roles.Serve != "" {
		role := pq.QuoteIdentifier(roles.Serve)
		fmt.Fprintf(&b, "\ngrant usage on schema %s to %s;\ngrant select, insert, update, delete on all tables in schema %s to %s;\n"+
			"alter default privileges in schema %s grant select, insert, update, delete on tables to %s;\n", schema, role, schema, role, schema, role)
	}
	return b.String(), nil
}
