// Package store holds all SQL: one set of queries for Postgres and SQLite.
//
// Every exported method is one transaction, retried within when the database
// names a deadlock or a busy file; no transaction type leaves the package.
// Times go in and come out as UTC microseconds, the zero time as null. Text
// that the databases could not hold (NUL, invalid UTF-8) is made storable byte
// for byte, so that spans hold. A Store is safe for concurrent use.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/jmoiron/sqlx"

	"socialwatch/migrations"
)

// Options says which database to open.
type Options struct {
	URL        string // postgres://…, sqlite:PATH or a path
	Schema     string // Postgres: where everything lives; empty means socialwatch
	Pooler     bool   // Postgres behind a transaction pooler: no session state, no LISTEN
	CasePrefix string // of case numbers; empty means K-
	MaxConns   int    // Postgres: connections of this process, the bell's included; 0 means 10
}

// maxSchema keeps the bell's channel name within Postgres' 63 bytes.
const maxSchema = 48

func (o Options) withDefaults() (Options, error) {
	if o.URL == "" {
		return o, errors.New("no database address: write postgres://… or the path of an SQLite file")
	}
	if o.Schema == "" {
		o.Schema = "socialwatch"
	}
	if len(o.Schema) > maxSchema || o.Schema != storable(o.Schema) {
		return o, fmt.Errorf("schema name %q: at most %d bytes of valid text", o.Schema, maxSchema)
	}
	if o.CasePrefix == "" {
		o.CasePrefix = "K-"
	}
	if o.MaxConns <= 0 {
		o.MaxConns = 10
	}
	return o, nil
}

// Store is an open database with the right schema.
type Store struct {
	db        *sqlx.DB
	dialect   dialect
	opts      Options
	bells     bells    // of Bell
	feedBells bells    // of FeedBell
	listening struct { // to the server
		mu sync.Mutex
		up bool
	}
	silence silences
	running sync.WaitGroup     // goroutines of the bell
	stop    context.CancelFunc // ends them
	ctx     context.Context    // of them
	hook    func(point string) // tests only: called inside transactions
}

// Open connects and checks the schema. It refuses a database that is not
// migrated, was migrated by edited files, or is more than one migration newer
// than this program; the error says what to do.
func Open(ctx context.Context, o Options) (*Store, error) {
	return open(ctx, o, migrations.Files)
}

func open(ctx context.Context, o Options, files fs.FS) (*Store, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	db, d, err := openDB(o, false)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, dialect: d, opts: o}
	s.ctx, s.stop = context.WithCancel(context.Background())
	if err := s.checkSchema(ctx, files); err != nil {
		s.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	return s, nil
}

// Close ends the bell and the connections. Calls under way fail.
func (s *Store) Close() error {
	s.stop()
	s.running.Wait()
	return s.db.Close()
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.ping(ctx); err != nil {
		return fmt.Errorf("ping database: %w", err)
	}
	return nil
}

// Kind is the kind of the open database.
func (s *Store) Kind() Kind { return s.dialect.kind }

// OpenRaw opens the database of o without the store's checks and settings of
// transactions: for tests and tools that look behind it.
func OpenRaw(o Options) (*sql.DB, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	db, _, err := openDB(o, true)
	if err != nil {
		return nil, err
	}
	return db.DB, nil
}
