package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"
)

// What holds, or held, words of customers.
var personalTables = []string{"mentions", "mention_revisions", "cases", "case_words", "case_tags", "case_orders", "case_commands", "notes", "merges",
	"replies", "reply_versions", "attempts", "events", "inbox", "set_aside", "requests"}

const (
	sqlVacuumForeign = `select relname from pg_class where relnamespace = cast(current_schema() as regnamespace)
and relname in (?) and not pg_has_role(relowner, 'usage') order by relname`
	// A rewritten table's old statistics hold words too: they are made anew.
	sqlVacuumTable    = `vacuum (full, analyze) `
	sqlVacuumPatience = `set statement_timeout = 0; set lock_timeout = '60s'`

	// Every transaction shows by this lock, to every role. What one that is older
	// may still read is carried over into the rewritten file.
	sqlVacuumOpen = `select l.virtualtransaction as name, l.pid from pg_locks l join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'virtualxid' and l.granted and a.datname = current_database() and l.pid <> pg_backend_pid() order by l.pid`

	sqlVacuumIndex      = `insert into case_words_index (case_words_index) values ('optimize')`
	sqlVacuumFile       = `vacuum`
	sqlVacuumCheckpoint = `pragma wal_checkpoint(truncate)`
)

// Vacuum rewrites the files of the database so that they hold what the rows hold
// and nothing of what was erased. In Postgres it needs the owner of the tables
// and locks each while it is rewritten; in SQLite it waits for other processes.
func (s *Store) Vacuum(ctx context.Context) error {
	vacuum := s.vacuumSQLite
	if s.dialect.kind == Postgres {
		vacuum = s.vacuumPostgres
	}
	if err := vacuum(ctx); err != nil {
		return fmt.Errorf("rewrite the database's files: %w", err)
	}
	return nil
}

func (s *Store) vacuumPostgres(ctx context.Context) error {
	if s.opts.Pooler {
		return errors.New("this goes through a pooler: run it with the server's own address and database.pooler: false")
	}
	var foreign []string
	err := s.read(ctx, func(t *tx) error { return t.all(ctx, &foreign, sqlVacuumForeign, personalTables) })
	if err != nil {
		return err
	}
	if len(foreign) > 0 {
		return fmt.Errorf("another role owns %s: run it as the role that migrates", strings.Join(foreign, ", "))
	}
	if err := s.outlast(ctx); err != nil {
		return err
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	// Its settings must not meet another's work.
	defer func() { _ = conn.Raw(func(any) error { return driver.ErrBadConn }); conn.Close() }()
	if _, err := conn.ExecContext(ctx, sqlVacuumPatience); err != nil {
		return err
	}
	for _, table := range slices.Sorted(slices.Values(personalTables)) {
		if _, err := conn.ExecContext(ctx, sqlVacuumTable+pq.QuoteIdentifier(table)); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	return nil
}

// How long a rewriting waits for transactions that are open, and how often it
// looks.
const (
	vacuumPatience = time.Minute
	vacuumLook     = 100 * time.Millisecond
)

// outlast waits for the end of every transaction of the database that is open now.
func (s *Store) outlast(ctx context.Context) error {
	type open struct {
		Name string `db:"name"`
		PID  int    `db:"pid"`
	}
	var old []open
	for end, first := time.Now().Add(vacuumPatience), true; first || len(old) > 0; first = false {
		var now []open
		if err := s.readOne(ctx, func(t *tx) error { now = nil; return t.all(ctx, &now, sqlVacuumOpen) }); err != nil {
			return err
		}
		if first {
			old = now
		}
		old = slices.DeleteFunc(old, func(o open) bool { return !slices.Contains(now, o) })
		if len(old) == 0 {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("a transaction of the server's process %d stays open and may still read what was erased: end it, then try again", old[0].PID)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(vacuumLook):
		}
	}
	return nil
}

// vacuumSQLite takes what the index of words only marks as gone out of it,
// rewrites the file and empties the log beside it.
func (s *Store) vacuumSQLite(ctx context.Context) error {
	for _, query := range []string{sqlVacuumIndex, sqlVacuumFile} {
		if _, err := s.db.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	var busy, pages, moved int
	if err := s.db.QueryRowContext(ctx, sqlVacuumCheckpoint).Scan(&busy, &pages, &moved); err != nil {
		return err
	}
	if busy != 0 {
		return errors.New("another process is reading, so the log beside the file still holds old pages: stop it, or try again")
	}
	return nil
}
