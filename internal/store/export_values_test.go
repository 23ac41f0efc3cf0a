package store

import "context"

// WriteRows inserts rows, as lists of columns where the database takes those, or
// with plain a parameter for each value. A string that is to be JSON is inside
// AsJSON.
func (s *Store) WriteRows(ctx context.Context, into string, width int, rows []any, plain bool) error {
	return s.tx(ctx, func(t *tx) error {
		return t.values(ctx, values{head: "insert into " + into, width: width, args: append([]any(nil), rows...), untold: plain})
	})
}

// AsJSON makes an argument for a JSON column.
func AsJSON(v any) any { return asJSON(v) }

// Among returns which texts of a column are among a list.
func (s *Store) Among(ctx context.Context, table, column string, list []string) (n int, err error) {
	err = s.read(ctx, func(t *tx) error {
		return t.get(ctx, &n, "select count(*) from "+table+" where "+column+" in (?)", list)
	})
	return n, err
}
