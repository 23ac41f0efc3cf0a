package lookup

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// View is a view of the shop's in the shared database.
type View struct {
	// Rows reads the rows of orders, a map of columns each.
	Rows    func(ctx context.Context, orders []string) ([]map[string]any, error)
	Timeout time.Duration // 0: 3 s
	Now     func() time.Time
}

// ColumnOrder is the column with the number. All others of a view are facts: some
// may be missing, and a view with none of them is an error.
const ColumnOrder = "order_number"

// Ask reads all orders at once. Of several rows of one order the first that the
// database gives counts.
func (v *View) Ask(ctx context.Context, orders []string) []Answer {
	timeout := v.Timeout
	if timeout <= 0 {
		timeout = 3 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	rows, err := v.Rows(ctx, orders)
	answers := make([]Answer, len(orders))
	if err != nil {
		for i := range answers {
			answers[i].Err = err
		}
		return answers
	}
	by := map[string]map[string]any{}
	for _, r := range rows {
		number := str(r[ColumnOrder])
		if _, known := by[number]; !known {
			by[number] = r
		}
	}
	for i, o := range orders {
		row, found := by[o]
		if !found {
			continue
		}
		if !slices.ContainsFunc(FactNames, func(name string) bool { _, has := row[name]; return has }) {
			answers[i].Err = errors.New("the view has none of the columns " + strings.Join(FactNames, ", "))
			continue
		}
		answers[i].Found = true
		answers[i].Facts, _ = facts(func(name string) any { return row[name] }, v.Now())
	}
	return answers
}
