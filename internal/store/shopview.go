package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

const sqlShopView = `select * from %s where order_number in (?)`

// ShopView is a view of the shop's own in the shared database: read only, over
// one connection that is not the Store's, so that a slow view holds nobody up.
// It is safe for concurrent use.
type ShopView struct {
	db   *sqlx.DB
	name string // quoted
}

// OpenShopView opens the view with a name, before which its schema may stand,
// written as the catalogue has it. It does not look whether it is there.
func OpenShopView(o Options, name string) (*ShopView, error) {
	o.MaxConns = 1
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	db, _, err := openDB(o, false)
	if err != nil {
		return nil, fmt.Errorf("open the shop's view: %w", err)
	}
	db.SetMaxOpenConns(1)
	parts := strings.Split(name, ".")
	if kindOf(o.URL) == Postgres && len(parts) == 1 {
		db.Close()
		return nil, fmt.Errorf("open the shop's view: write its schema too, such as shop.%s", name)
	}
	for i, p := range parts {
		parts[i] = pq.QuoteIdentifier(p)
	}
	return &ShopView{db: db, name: strings.Join(parts, ".")}, nil
}

// Close ends the connection.
func (v *ShopView) Close() error { return v.db.Close() }

// Rows reads the rows of orders in one query, a map of columns each, until ctx
// ends. Errors hold no number.
func (v *ShopView) Rows(ctx context.Context, orders []string) (rows []map[string]any, err error) {
	if err := v.rows(ctx, orders, &rows); err != nil {
		switch {
		case errors.Is(ctx.Err(), context.DeadlineExceeded):
			return nil, errors.New("the view did not answer in time")
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
		var pe *pq.Error
		if errors.As(err, &pe) { // its detail may quote values
			return nil, fmt.Errorf("the view cannot be read: %s (%s)", cmp.Or(viewMends[pe.Code], pe.Code.Name()), pe.Code)
		}
		return nil, errors.New("the view cannot be read: see whether it is there and has a column order_number")
	}
	return rows, nil
}

// viewMends say what to do about what Postgres has against a view.
var viewMends = map[pq.ErrorCode]string{
	"42P01": "it is not there: create it, or write its schema and name as the catalogue has them",
	"42703": "it has no column order_number",
	"42501": "grant the role that serves usage on its schema and select on it",
	"42883": "its order_number must be text",
	"22P02": "its order_number must be text",
}

// viewRowsMax bounds what is read of a view that has an order many times.
const viewRowsMax = 1000

func (v *ShopView) rows(ctx context.Context, orders []string, rows *[]map[string]any) error {
	query, args, err := sqlx.In(fmt.Sprintf(sqlShopView, v.name)+fmt.Sprintf(" limit %d", viewRowsMax), orders)
	if err != nil {
		return err
	}
	t, err := v.db.BeginTxx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer t.Rollback() // there is nothing to commit
	found, err := t.QueryxContext(ctx, t.Rebind(query), args...)
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		row := map[string]any{}
		if err := found.MapScan(row); err != nil {
			return err
		}
		*rows = append(*rows, row)
	}
	return found.Err()
}
