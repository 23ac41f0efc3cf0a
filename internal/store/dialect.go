package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"modernc.org/sqlite"
)

// Kind names a kind of database.
type Kind string

// Kinds of database. Their values are the folders of package migrations.
const (
	Postgres Kind = "postgres"
	SQLite   Kind = "sqlite"
)

// dialect holds what differs between the two databases. All else is one SQL.
type dialect struct {
	kind       Kind
	bind       int    // sqlx bind type
	maxParams  int    // of one statement
	forUpdate  string // ends a select whose rows the transaction will change
	skipLocked string // ends a select that claims rows, so that two processes get different ones
	begin      string // runs first in every transaction
}

var sqliteDialect = dialect{kind: SQLite, bind: sqlx.QUESTION, maxParams: 32766}

func postgresDialect(o Options) dialect {
	d := dialect{kind: Postgres, bind: sqlx.DOLLAR, maxParams: 65535,
		forUpdate: " for update", skipLocked: " for update skip locked"}
	if o.Pooler {
		for _, set := range postgresSettings {
			d.begin += "set local " + set.name + " = " + set.value + "; "
		}
		d.begin += "set local search_path to " + pq.QuoteIdentifier(o.Schema)
	}
	return d
}

// postgresSettings are what each session, or behind a pooler each
// transaction, runs under: limits of a guest in somebody's server, in ms,
// and a clock whose days all have 24 hours.
var postgresSettings = []struct{ name, value string }{
	{"statement_timeout", "30000"},
	{"lock_timeout", "5000"},
	{"idle_in_transaction_session_timeout", "60000"}, // a stuck process must not hold locks
	{"timezone", "UTC"},                              // else a day that is added has 23 hours somewhere
}

// kindOf tells the kind of database from its address.
func kindOf(address string) Kind {
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		return Postgres
	}
	return SQLite
}

// openDB opens the database of o without asking it anything yet. create makes
// the file of an SQLite database.
func openDB(o Options, create bool) (*sqlx.DB, dialect, error) {
	if kindOf(o.URL) == SQLite {
		return openSQLite(strings.TrimPrefix(o.URL, "sqlite:"), create)
	}
	cfg, err := pq.NewConfig(o.URL)
	if err != nil {
		return nil, dialect{}, fmt.Errorf("database address: %w", withoutAddress(err))
	}
	// One round trip per statement, and no prepared statement that a
	// transaction pooler could lose.
	cfg.BinaryParameters = true
	if cfg.ApplicationName == "" {
		cfg.ApplicationName = "socialwatch"
	}
	if !o.Pooler {
		if cfg.Runtime == nil {
			cfg.Runtime = map[string]string{}
		}
		for _, set := range postgresSettings {
			cfg.Runtime[set.name] = set.value
		}
		cfg.Runtime["search_path"] = pq.QuoteIdentifier(o.Schema)
	}
	connector, err := pq.NewConnectorConfig(cfg)
	if err != nil {
		return nil, dialect{}, fmt.Errorf("database address: %w", withoutAddress(err))
	}
	db := sql.OpenDB(connector)
	conns := o.MaxConns
	if !o.Pooler && conns > 1 {
		conns-- // the bell's own
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return sqlx.NewDb(db, "postgres"), postgresDialect(o), nil
}

// withoutAddress drops the address from a parse error: it holds the password.
func withoutAddress(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		return fmt.Errorf("not a valid postgres:// address: %w", ue.Err)
	}
	return err
}

// errNoFile is ErrSchema because there is no database yet.
var errNoFile = fmt.Errorf("%w: there is no file yet", ErrSchema)

// openSQLite opens a file with one connection: SQLite has one writer, and a
// second connection of ours would only wait for the first. synchronous(full)
// because a lost commit could publish a reply twice.
func openSQLite(path string, create bool) (*sqlx.DB, dialect, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, dialect{}, fmt.Errorf("database path: %w", err)
	}
	flags := os.O_RDWR
	if create {
		flags |= os.O_CREATE
	}
	f, err := os.OpenFile(abs, flags, 0o600) // customers' words: for its owner alone
	switch {
	case errors.Is(err, fs.ErrNotExist) && !create:
		return nil, dialect{}, fmt.Errorf("%w: %s: run `socialwatch migrate`", errNoFile, abs)
	case err != nil:
		return nil, dialect{}, fmt.Errorf("open database: %w", err)
	}
	f.Close()
	q := url.Values{
		"_txlock":              {"immediate"},
		"_time_integer_format": {"unix_micro"},
		"_inttotime":           {"1"},
		"_pragma": {"busy_timeout(5000)", "journal_mode(wal)", "synchronous(full)",
			"foreign_keys(1)", "secure_delete(1)"},
	}
	u := url.URL{Scheme: "file", Path: abs, RawQuery: q.Encode()}
	db, err := sqlx.Open("sqlite", u.String())
	if err != nil {
		return nil, dialect{}, fmt.Errorf("open %s: %w", abs, err)
	}
	db.SetMaxOpenConns(1)
	return db, sqliteDialect, nil
}

// errElsewhere ends a transaction that waited for a case from which what it is about
// has gone meanwhile: no other case may be locked beside that one.
var errElsewhere = errors.New("it is in another case now")

// retryable reports whether a transaction that failed with err may be run
// again as it is: a deadlock, a serialization failure, a busy file, a case that
// was merged.
func retryable(err error) bool {
	if errors.Is(err, errElsewhere) {
		return true
	}
	var pe *pq.Error
	if errors.As(err, &pe) {
		return pe.Code == "40P01" || pe.Code == "40001"
	}
	var se *sqlite.Error
	return errors.As(err, &se) && se.Code()&0xff == 5 // SQLITE_BUSY and its extended codes
}

// duplicate reports whether err is the violation of a unique constraint.
func duplicate(err error) bool {
	var pe *pq.Error
	if errors.As(err, &pe) {
		return pe.Code == "23505"
	}
	var se *sqlite.Error
	return errors.As(err, &se) && (se.Code() == 2067 || se.Code() == 1555)
}

// schemaLock is the advisory lock under which a schema is migrated.
func schemaLock(schema string) int64 {
	sum := sha256.Sum256([]byte("socialwatch migrate " + schema))
	var n int64
	for _, b := range sum[:8] {
		n = n<<8 | int64(b)
	}
	return n
}

// checksum of a migration file.
func checksum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// ping asks for one row, with the settings of the dialect.
func (s *Store) ping(ctx context.Context) error {
	return s.read(ctx, func(t *tx) error {
		var one int
		return t.get(ctx, &one, "select 1")
	})
}
