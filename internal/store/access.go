package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/lib/pq"
)

const (
	// The catalogue tells every role, also one that may not enter the schema.
	sqlAccessPostgres = `select true as migrated, cast(current_user as text) as role, cast(pg_get_userbyid(c.relowner) as text) as owner,
    pg_has_role(c.relowner, 'USAGE') as owns,
    has_schema_privilege(n.oid, 'USAGE') and has_table_privilege(c.oid, 'SELECT') as reads
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = ? and c.relname = 'schema_migrations' and c.relkind = 'r'`
	sqlAccessSQLite = `select true as migrated, '' as role, '' as owner, true as owns, true as reads
from sqlite_master where type = 'table' and name = 'schema_migrations'`
)

// access is what the connected role may do with the schema; the zero value is
// that of a database without its tables.
type access struct {
	Migrated bool   `db:"migrated"`
	Role     string `db:"role"`
	Owner    string `db:"owner"`
	Owns     bool   `db:"owns"` // the role is the owner, or may do as the owner
	Reads    bool   `db:"reads"`
}

// errLockedOut means that the schema is there and the role may not read it.
var errLockedOut = errors.New("this role may not read the schema")

func (t *tx) access(ctx context.Context) (access, error) {
	var found []access
	var err error
	if t.s.dialect.kind == Postgres {
		err = t.all(ctx, &found, sqlAccessPostgres, t.s.opts.Schema)
	} else {
		err = t.all(ctx, &found, sqlAccessSQLite)
	}
	if err != nil || len(found) == 0 {
		return access{}, err
	}
	return found[0], nil
}

// pending returns the known files that the database lacks; see compare. For a
// role that may not tell it is errLockedOut.
func (t *tx) pending(ctx context.Context, a access, known []migration) ([]migration, error) {
	switch {
	case !a.Migrated:
		return known, nil
	case !a.Reads:
		return nil, errLockedOut
	}
	had, err := t.migrationsApplied(ctx)
	if err != nil {
		return nil, err
	}
	return compare(known, had)
}

// pending returns what the role may do and the known files that the database
// lacks. It only reads.
func (s *Store) pending(ctx context.Context, known []migration) (may access, files []migration, err error) {
	err = s.read(ctx, func(t *tx) error {
		if may, err = t.access(ctx); err == nil {
			files, err = t.pending(ctx, may, known)
		}
		return err
	})
	if errors.Is(err, errLockedOut) {
		err = fmt.Errorf("%w: its owner, %s, runs what `socialwatch migrate --grants --serve-role %s` prints", err, may.Owner, may.Role)
	}
	return may, files, err
}

// wantsMigrate is the error of a schema that lacks files.
func (a access) wantsMigrate(files []migration) error {
	as := ""
	if !a.Owns {
		as = " as " + a.Owner + ", the role that owns the schema"
	}
	return fmt.Errorf("%w: migrations are pending (%d, first %s): run `socialwatch migrate`%s", ErrSchema, len(files), files[0].Name, as)
}

// wantsRights says of a migration that failed for want of rights who has them.
func (a access) wantsRights(err error) error {
	var pe *pq.Error
	switch {
	case errors.Is(err, errLockedOut):
		return fmt.Errorf("%w: run `socialwatch migrate` as %s, the role that owns it", err, a.Owner)
	case errors.As(err, &pe) && (pe.Code == "42501" || pe.Code == "3F000"): // not allowed; no schema that it may enter
		return fmt.Errorf("%w: run it as a role that may create there, or have the database's owner run what `socialwatch migrate --print` prints", err)
	}
	return err
}
