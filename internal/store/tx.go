package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"time"

	"github.com/jmoiron/sqlx"

	"socialwatch"
)

// tx is one running transaction. Its methods take SQL with ? for both
// databases, take slices for lists (an empty one matches nothing), and make
// every argument storable; see arg. Use only t inside: with SQLite's one
// connection the Store's own handle would wait for ever.
type tx struct {
	sqlx.ExtContext // the transaction, or for readOne the database
	s               *Store
	rings           bool   // commit rings the bell
	system          string // whose command runs; empty: none does
}

const (
	tries     = 5
	firstWait = 10 * time.Millisecond
)

// tx runs fn in one transaction and commits unless fn fails. Deadlocks,
// serialization failures and busy files run fn again, so fn must not keep
// state of an earlier run.
func (s *Store) tx(ctx context.Context, fn func(*tx) error) error {
	return s.again(ctx, func() error { return s.once(ctx, nil, s.dialect.begin, fn) })
}

// read is tx for reading only: all queries see the same moment.
func (s *Store) read(ctx context.Context, fn func(*tx) error) error {
	opts := &sql.TxOptions{ReadOnly: true} // in SQLite a deferred begin, which takes no write lock
	if s.dialect.kind == Postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	return s.again(ctx, func() error { return s.once(ctx, opts, s.dialect.begin, fn) })
}

// readOne is read for an fn of one query, which sees one moment by itself: it
// asks the server once instead of three times.
func (s *Store) readOne(ctx context.Context, fn func(*tx) error) error {
	if s.dialect.begin != "" {
		return s.read(ctx, fn)
	}
	return s.again(ctx, func() error { return fn(&tx{ExtContext: s.db, s: s}) })
}

func (s *Store) again(ctx context.Context, run func() error) error {
	wait := firstWait
	for try := 1; ; try++ {
		err := run()
		if err == nil || try == tries || !retryable(err) {
			return err
		}
		timer := time.NewTimer(wait + rand.N(wait))
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
		wait *= 2
	}
}

func (s *Store) once(ctx context.Context, opts *sql.TxOptions, begin string, fn func(*tx) error) error {
	raw, err := s.db.BeginTxx(ctx, opts)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer raw.Rollback() // after a commit it does nothing
	if begin != "" {
		if _, err := raw.ExecContext(ctx, begin); err != nil {
			return fmt.Errorf("begin: %w", err)
		}
	}
	t := &tx{ExtContext: raw, s: s}
	if err := fn(t); err != nil {
		return err
	}
	if t.rings {
		if err := t.fulfil(ctx); err != nil {
			return err
		}
		if err := s.announce(ctx, t); err != nil {
			return err
		}
	}
	s.point("commit")
	if err := raw.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if t.rings {
		s.announced()
	}
	return nil
}

// wrapped says what was being done when err came; nil without one.
func wrapped(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// point lets tests stop a process at a named place.
func (s *Store) point(name string) {
	if s.hook != nil {
		s.hook(name)
	}
}

// ring makes the commit ring the bell. Whatever changes cases, replies or
// events calls it; addEvents does so itself.
func (t *tx) ring() { t.rings = true }

// exec runs one statement and returns how many rows it touched.
func (t *tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	query, args, err := t.bound(query, args)
	if err != nil {
		return 0, err
	}
	res, err := t.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// get reads one row into dest (a struct or a single value). No row is
// ErrNotFound.
func (t *tx) get(ctx context.Context, dest any, query string, args ...any) error {
	query, args, err := t.bound(query, args)
	if err != nil {
		return err
	}
	err = sqlx.GetContext(ctx, t, dest, query, args...)
	if errors.Is(err, sql.ErrNoRows) {
		return socialwatch.ErrNotFound
	}
	return err
}

// all reads every row into dest, a pointer to a slice, from its beginning.
func (t *tx) all(ctx context.Context, dest any, query string, args ...any) error {
	query, args, err := t.bound(query, args)
	if err != nil {
		return err
	}
	return sqlx.SelectContext(ctx, t, dest, query, args...)
}

// bound makes the arguments storable and the text fit the database.
func (t *tx) bound(query string, args []any) (string, []any, error) {
	out := make([]any, len(args))
	lists := false
	for i, a := range args {
		out[i] = arg(a)
		lists = lists || isList(out[i])
	}
	if lists {
		var err error
		if query, out, err = t.s.dialect.lists(query, out); err != nil {
			return "", nil, err
		}
	}
	return t.rebind(query), out, nil
}

// rebind writes the ? of a statement as the database wants them.
func (t *tx) rebind(query string) string { return sqlx.Rebind(t.s.dialect.bind, query) }

func isList(a any) bool {
	t := reflect.TypeOf(a)
	return t != nil && t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8
}

// arg makes one argument storable: text by storable, times as UTC
// microseconds with the zero time as null, an empty list as a list of null.
func arg(a any) any {
	switch v := a.(type) {
	case nil:
		return nil
	case string:
		return storable(v)
	case time.Time:
		if v.IsZero() {
			return nil
		}
		return socialwatch.Micros(v)
	case []byte:
		if v == nil {
			return nil // an untyped nil: the driver would send empty bytes
		}
		return v
	}
	v := reflect.ValueOf(a)
	switch {
	case v.Kind() == reflect.String:
		return storable(v.String())
	case isList(a) && v.Len() == 0:
		return []any{nil}
	}
	return a
}
