package console

import (
	"context"
	"fmt"
	"slices"

	"socialwatch"
	"socialwatch/internal/store"
)

// raisedView are the cases above the queue whose customers were asked to come to
// us in private and did not.
type raisedView struct {
	Rows []caseRowView
	More bool // than these
}

// raisedShown is how many of them stand above the queue.
const raisedShown = 3

// raised are those that p sees in the list l; nil when there is none.
func (c *Console) raised(ctx context.Context, p socialwatch.Person, l list) (*raisedView, error) {
	if l.show != "" || l.after != "" {
		return nil, nil
	}
	rows, next, err := c.o.Cases.Cases(ctx, store.CaseFilter{Accounts: l.filter(p).Accounts, Raised: true, Limit: raisedShown})
	if err != nil {
		return nil, fmt.Errorf("read raised cases: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	v := &raisedView{More: next != ""}
	for _, row := range rows {
		v.Rows = append(v.Rows, c.caseRow(row))
	}
	return v, nil
}

// raisedFirst puts the raised cases among those of a filter on top of the list's
// first page, each once in the whole list.
func (c *Console) raisedFirst(ctx context.Context, f store.CaseFilter, rows []store.CaseRow) ([]store.CaseRow, error) {
	after := f.After
	f.Raised, f.Due, f.After, f.Limit = true, false, "", store.PageDefault
	top, _, err := c.o.Cases.Cases(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("read raised cases: %w", err)
	}
	rest := slices.DeleteFunc(rows, func(row store.CaseRow) bool {
		return slices.ContainsFunc(top, func(one store.CaseRow) bool { return one.Case.ID == row.Case.ID })
	})
	if after != "" {
		return rest, nil
	}
	return append(top, rest...), nil
}
