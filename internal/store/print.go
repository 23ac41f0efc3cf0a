package store

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/lib/pq"

	"socialwatch/migrations"
)

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

// Pending returns the names of the files that Migrate would apply now, in order.
// It only reads. When the database does not answer they are all there are, and
// the error says why; without names it is one of a schema that does not fit, or
// of a role that may not read it.
func Pending(ctx context.Context, o Options) ([]string, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	all, err := loadMigrations(migrations.Files, kindOf(o.URL))
	if err != nil {
		return nil, err
	}
	db, d, err := openDB(o, false)
	if errors.Is(err, errNoFile) {
		return migrationNames(all), nil
	}
	if err != nil {
		return nil, err
	}
	defer db.Close()
	s := &Store{db: db, dialect: d, opts: o}
	_, pending, err := s.pending(ctx, all)
	switch {
	case errors.Is(err, ErrSchema), errors.Is(err, errLockedOut):
		return nil, err
	case err != nil:
		return migrationNames(all), err
	}
	return migrationNames(pending), nil
}

func migrationNames(files []migration) []string {
	names := make([]string, len(files))
	for i, m := range files {
		names[i] = m.Name
	}
	return names
}

// Print returns the SQL of the files of Pending, for owners who run it
// themselves: on Postgres with the grants, and with the schema when all files are
// pending. A database made this way opens as if Migrate had made it.
func Print(o Options, roles Roles, pending []string) (string, error) {
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
	if len(pending) == 0 && grants == "" {
		return "-- Nothing is pending.\n", nil
	}
	var b strings.Builder
	b.WriteString("begin;\n\n")
	timestamp, now := "timestamp", "cast(strftime('%s', 'now') as integer) * 1000000"
	name, whole := pq.QuoteIdentifier(o.Schema), len(pending) == len(files)
	if kind == Postgres {
		timestamp, now = "timestamptz", "now()"
		if whole {
			fmt.Fprintf(&b, "create schema if not exists %s;\n", name)
		}
		fmt.Fprintf(&b, "set local search_path to %s;\n\n", name)
	}
	if whole {
		fmt.Fprintf(&b, sqlMigrationTable+";\n", timestamp)
	}
	for _, m := range files {
		if slices.Contains(pending, m.Name) {
			fmt.Fprintf(&b, "\n-- %s\n%s\ninsert into schema_migrations (name, checksum, applied_at) values ('%s', '%s', %s);\n",
				m.Name, strings.TrimSpace(m.sql), m.Name, m.Checksum, now)
		}
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
