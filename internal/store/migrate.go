package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
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
	var may access
	err = s.tx(ctx, func(t *tx) error {
		applied, may = nil, access{}
		if err := t.lockSchema(ctx); err != nil {
			return err
		}
		if may, err = t.access(ctx); err != nil {
			return err
		}
		if !may.Migrated {
			if err := t.makeSchema(ctx); err != nil {
				return err
			}
		}
		pending, err := t.pending(ctx, may, known)
		switch {
		case err != nil:
			return err
		case len(pending) > 0 && may.Migrated && !may.Owns: // what it makes would be its own
			return may.wantsMigrate(pending)
		}
		applied, err = t.apply(ctx, pending)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", may.wantsRights(err))
	}
	return applied, nil
}

// apply runs the files and notes their names, which it returns.
func (t *tx) apply(ctx context.Context, files []migration) (applied []string, err error) {
	for _, m := range files {
		if _, err := t.ExecContext(ctx, m.sql); err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		if _, err := t.exec(ctx, sqlMigrationInsert, m.Name, m.Checksum, time.Now()); err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		applied = append(applied, m.Name)
	}
	return applied, nil
}

// lockSchema waits for other migrating processes.
func (t *tx) lockSchema(ctx context.Context) error {
	if t.s.dialect.kind != Postgres {
		return nil
	}
	// Without the limits of serving: others may migrate for long.
	if _, err := t.exec(ctx, "set local statement_timeout = 0; set local lock_timeout = 0"); err != nil {
		return err
	}
	if _, err := t.exec(ctx, "select pg_advisory_xact_lock(?)", schemaLock(t.s.opts.Schema)); err != nil {
		return fmt.Errorf("wait for other migrations: %w", err)
	}
	_, err := t.exec(ctx, "set local lock_timeout = 5000; set local search_path to "+pq.QuoteIdentifier(t.s.opts.Schema))
	return err
}

// makeSchema makes the schema, unless it exists, and the table of migrations.
func (t *tx) makeSchema(ctx context.Context) error {
	timestamp := "timestamp"
	if t.s.dialect.kind == Postgres {
		timestamp = "timestamptz"
		schema := t.s.opts.Schema
		var n int
		if err := t.get(ctx, &n, "select count(*) from pg_namespace where nspname = ?", schema); err != nil {
			return err
		}
		if n == 0 { // "if not exists" would need the right to create even when it exists
			if _, err := t.exec(ctx, "create schema "+pq.QuoteIdentifier(schema)); err != nil {
				return fmt.Errorf("create schema: %w", err)
			}
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
	may, pending, err := s.pending(ctx, known)
	switch {
	case err != nil:
		return err
	case !may.Migrated:
		return fmt.Errorf("%w: it has no tables of socialwatch yet: run `socialwatch migrate`", ErrSchema)
	case len(pending) > 0:
		return may.wantsMigrate(pending)
	}
	return nil
}
