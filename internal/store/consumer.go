package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"socialwatch/migrations"
)

// Column is a column of a view for consumers.
type Column struct {
	View, Name       string
	Postgres, SQLite string // types; "any" where SQLite declares none
}

// Contract returns the columns that docs/consumers.md promises, by view, each
// view's in order.
func Contract() []Column {
	var all []Column
	for line := range strings.Lines(migrations.Contract) {
		if f := strings.Fields(line); len(f) == 4 {
			all = append(all, Column{f[0], f[1], f[2], f[3]})
		}
	}
	return all
}

// Consumer is a database as a case system sees it: with that system's own role,
// through the views alone. It does not check the schema.
type Consumer struct {
	db      *sqlx.DB
	dialect dialect
	opts    Options
}

// OpenConsumer opens a database for a case system. Nothing is asked of it yet.
func OpenConsumer(o Options) (*Consumer, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	db, d, err := openDB(o, false)
	if err != nil {
		return nil, err
	}
	return &Consumer{db: db, dialect: d, opts: o}, nil
}

// Close ends the connections.
func (c *Consumer) Close() error { return c.db.Close() }

// Kind is the kind of the database.
func (c *Consumer) Kind() Kind { return c.dialect.kind }

// What the role may not read does not appear.
const (
	sqlColumnsPostgres = `select table_name as view, column_name as name, data_type as type from information_schema.columns
where table_schema = ? and table_name like '%\_v_' order by table_name, ordinal_position`
	sqlColumnsSQLite = `select m.name as view, c.name as name, c.type as type from sqlite_master m join pragma_table_info(m.name) c
where m.type = 'view' and m.name like '%\_v_' escape '\' order by m.name, c.cid`
)

// typeWords are types as the contract names them, where databases differ.
var typeWords = map[string]string{"timestamp with time zone": "timestamptz", "": "any", "int": "integer"}

// Columns returns those of the views that the role may read, by view, each
// view's in order, with the type on this database alone.
func (c *Consumer) Columns(ctx context.Context) ([]Column, error) {
	query, args := sqlColumnsPostgres, []any{c.opts.Schema}
	if c.Kind() == SQLite {
		query, args = sqlColumnsSQLite, nil
	}
	var rows []struct {
		View string `db:"view"`
		Name string `db:"name"`
		Type string `db:"type"`
	}
	if err := c.db.SelectContext(ctx, &rows, c.db.Rebind(query), args...); err != nil {
		return nil, fmt.Errorf("read the views' columns: %w", err)
	}
	all := make([]Column, len(rows))
	for i, r := range rows {
		word := strings.ToLower(r.Type)
		if known, ok := typeWords[word]; ok {
			word = known
		}
		all[i] = Column{View: r.View, Name: r.Name}
		if c.Kind() == SQLite {
			all[i].SQLite = word
		} else {
			all[i].Postgres = word
		}
	}
	return all, nil
}
