package store

import (
	"fmt"
	"math"
	"strings"
)

// Order is the order of a list of replies.
type Order string

// Orders of replies.
const (
	OrderDue     Order = ""        // the case's deadline, then score, then the case's age
	OrderWaiting Order = "waiting" // the oldest case first
	OrderNewest  Order = "newest"  // the newest case first
	OrderReach   Order = "reach"   // whose asker has the most followers first
)

// ordering is what an order is in SQL.
type ordering struct {
	list  string // of its cursors
	by    string
	after string
	where string // that its rows are in its index
}

// Orders but the queue's own say sqlAnyRank, which their indexes have for a
// condition (0015_orders.sql).
const sqlAnyRank = ` and rank >= 0`

var orderings = map[Order]ordering{
	OrderDue:     {listQueue, "due_at, rank, opened_at, id", ` and (due_at, rank, opened_at, id) > (?, ?, ?, ?)`, ""},
	OrderWaiting: {listWaiting, "opened_at, id", ` and (opened_at, id) > (?, ?)`, sqlAnyRank},
	OrderNewest:  {listNewest, "opened_at desc, id desc", ` and (opened_at, id) < (?, ?)`, sqlAnyRank},
	OrderReach:   {listReach, "reach desc, id desc", ` and (reach, id) < (?, ?)`, sqlAnyRank},
}

// placed is where a reply stands in every order.
type placed struct {
	Due    moment `db:"due_at"`
	Rank   int64  `db:"rank"`
	Opened moment `db:"opened_at"`
	Reach  int64  `db:"reach"`
}

func (o Order) ordering() (ordering, error) {
	found, ok := orderings[o]
	if !ok {
		return found, fmt.Errorf("there is no order %q of replies", o)
	}
	return found, nil
}

// of is the order of a table by its name.
func (o ordering) of(table string) string {
	return table + "." + strings.ReplaceAll(o.by, ", ", ", "+table+".")
}

// behind are the arguments of after for the reply at a place.
func (o ordering) behind(p placed, id int64) []any {
	switch o.list {
	case listQueue:
		return []any{p.Due.Time, p.Rank, p.Opened.Time, id}
	case listReach:
		return []any{p.Reach, id}
	}
	return []any{p.Opened.Time, id}
}

func (o ordering) cursor(q queueRow) cursor {
	switch o.list {
	case listQueue:
		return cursor{o.list, []int64{micros(q.Due.Time), q.Rank, micros(q.Opened.Time), q.R.ID}}
	case listReach:
		return cursor{o.list, []int64{q.Reach, q.R.ID}}
	}
	return cursor{o.list, []int64{micros(q.Opened.Time), q.R.ID}}
}

// parse reads a cursor of the order as the arguments of after.
func (o ordering) parse(text string) ([]any, error) {
	n := 2
	if o.list == listQueue {
		n = 4
	}
	at, err := parseCursor(text, o.list, n)
	if err != nil {
		return nil, err
	}
	if o.list == listReach {
		return []any{at[0], at[1]}, nil
	}
	first, err := cursorTime(at[0])
	if err != nil || n == 2 {
		return []any{first, at[1]}, err
	}
	if at[1] < math.MinInt32 || at[1] > math.MaxInt32 { // no rank of ours
		return nil, ErrCursor
	}
	opened, err := cursorTime(at[2])
	return []any{first, at[1], opened, at[3]}, err
}
