package store

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// values is the statement `head values (…),(…) tail`. Rows are written in their
// order.
type values struct {
	head  string // insert into t (a, b)
	width int    // arguments per row
	tail  string // on conflict … returning …
	args  []any
	// untold: a column is of a type that its values do not tell.
	untold bool
}

// rowsPerStatement bounds statements of many rows: above it nothing is gained
// (storage note, section 9), and the server plans longer.
const rowsPerStatement = 200

// values runs v over its arguments, in as few statements as the database likes.
func (t *tx) values(ctx context.Context, v values) error {
	for query, args := range t.statements(v) {
		if _, err := t.ExecContext(ctx, query, args...); err != nil {
			return err
		}
	}
	return nil
}

// returning is tx.values for a statement that returns rows.
func returning[T any](ctx context.Context, t *tx, v values) ([]T, error) {
	var all []T
	for query, args := range t.statements(v) {
		var part []T
		if err := sqlx.SelectContext(ctx, t, &part, query, args...); err != nil {
			return nil, err
		}
		all = append(all, part...)
	}
	return all, nil
}

// statements yields the statements of v with their arguments.
func (t *tx) statements(v values) iter.Seq2[string, []any] {
	return func(yield func(string, []any) bool) {
		for i := range v.args {
			v.args[i] = arg(v.args[i])
		}
		for part := range slices.Chunk(v.args, min(rowsPerStatement, t.s.dialect.maxParams/v.width)*v.width) {
			query, args, ok := "", []any(nil), false
			if t.s.dialect.kind == Postgres && len(part) > v.width && !v.untold {
				query, args, ok = v.columns(part)
			}
			if !ok {
				query, args = v.text(len(part)/v.width), part
			}
			if !yield(t.rebind(query), args) {
				return
			}
		}
	}
}

func (v values) text(rows int) string {
	row := ",(" + strings.Repeat(",?", v.width)[1:] + ")"
	return v.head + " values " + strings.Repeat(row, rows)[1:] + " " + v.tail
}

// columns is v for Postgres with one array for each column: such a text is
// short, and read in a fraction of the time. It reports false when a column holds
// something else than texts, numbers, times, yes or no, and JSON.
func (v values) columns(args []any) (string, []any, bool) {
	var selected, names, types []string
	var arrays []any
	column := make([]any, len(args)/v.width)
	for c := range v.width {
		for r := range column {
			column[r] = args[r*v.width+c]
		}
		kind, array, ok := columnOf(column)
		if !ok {
			return "", nil, false
		}
		if kind == "" {
			selected = append(selected, "null")
			continue
		}
		name := "c" + strconv.Itoa(c)
		selected, names = append(selected, name), append(names, name)
		types, arrays = append(types, "cast(? as "+kind+"[])"), append(arrays, array)
	}
	return v.head + " select " + strings.Join(selected, ", ") + " from unnest(" + strings.Join(types, ", ") +
		") as u (" + strings.Join(names, ", ") + ") " + v.tail, arrays, true
}

// columnOf is a column as an array, and the type of its elements: "" when all
// are null.
func columnOf(column []any) (kind, array string, ok bool) {
	var b strings.Builder
	for i, value := range column {
		b.WriteByte("{,"[min(i, 1)])
		if value == nil {
			b.WriteString("null")
			continue
		}
		is, text, ok := element(value)
		if !ok || kind != "" && is != kind {
			return "", "", false
		}
		kind = is
		b.WriteByte('"')
		_, _ = escaped.WriteString(&b, text) // a builder fails never
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return kind, b.String(), true
}

// escaped is how an element stands between quotes.
var escaped = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// element is a value as Postgres reads it, and its type.
func element(value any) (kind, text string, ok bool) {
	switch v := value.(type) {
	case string:
		return "text", v, true
	case int:
		return "bigint", strconv.Itoa(v), true
	case int64:
		return "bigint", strconv.FormatInt(v, 10), true
	case bool:
		return "boolean", strconv.FormatBool(v), true
	case time.Time:
		return "timestamptz", string(pq.FormatTimestamp(v)), true
	case interface{ json() (string, error) }:
		text, err := v.json()
		return "jsonb", text, err == nil
	}
	return "", "", false
}
