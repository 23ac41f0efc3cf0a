package store

import (
	"context"
	"fmt"
)

// ExplainReport returns the plans of the queries that a report and its keeping
// run, for days that have a block and for those without.
func (s *Store) ExplainReport(ctx context.Context, f ReportFilter) (map[string]string, error) {
	ids := []int64{1, 2, 3}
	breaches, args := f.ofCases("select count(*) from cases c where " + fmt.Sprintf(sqlReportCase, "breached_at"))
	queries := map[string]struct {
		sql  string
		args []any
	}{
		"blocks": {sqlDayBlocks, []any{0, blocksAtOnce}}, "old blocks": {sqlDaysOld, []any{blocksAtOnce, 10}},
		"events to note": {sqlDaysDue, []any{0, 10}}, "days of cases": {s.daysOfCases(), []any{ids, ids, ids, ids}},
		"oldest day": {sqlDaysFrom, nil}, "breaches": {breaches, args},
	}
	plans := map[string]string{}
	for name, q := range queries {
		plan, err := s.explain(ctx, q.sql, q.args...)
		if err != nil {
			return nil, err
		}
		plans[name] = plan
	}
	for _, q := range s.factQueries(true) {
		plan, err := s.explain(ctx, q.sql, f.From, f.To)
		if err != nil {
			return nil, err
		}
		plans["facts of kind "+q.kind] = plan
	}
	return plans, nil
}
