package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"socialwatch"
)

// ExplainQueue returns the database's plan of the query that Queue would run.
func (s *Store) ExplainQueue(ctx context.Context, f QueueFilter) (string, error) {
	query, args, err := queueQuery(f)
	if err != nil {
		return "", err
	}
	return s.explain(ctx, query, args...)
}

// ExplainGlance returns the plans of the queries that Glance would run.
func (s *Store) ExplainGlance(ctx context.Context, f QueueFilter) (string, error) {
	states, where, args, err := f.condition()
	if err != nil {
		return "", err
	}
	ids, err := s.explain(ctx, fmt.Sprintf(sqlGlanceIDs, states, where, orderings[f.Order].by), append(args, GlanceIDs)...)
	if err != nil {
		return "", err
	}
	count, err := s.explain(ctx, fmt.Sprintf(sqlGlanceCount, states, where, orderings[f.Order].by), append(args, GlanceCount+1)...)
	return ids + count, err
}

// ExplainTaking returns the plan of the query by which TakeNext would look.
func (s *Store) ExplainTaking(ctx context.Context, q Taking) (string, error) {
	query, args := freeQuery(q, orderings[q.Order].after, orderings[q.Order].behind(placed{Due: moment{q.Now}, Rank: 1, Opened: moment{q.Now}}, 1)...)
	return s.explain(ctx, query, args...)
}

// ExplainPeriodic returns the plans of what every pass asks, whatever is due.
func (s *Store) ExplainPeriodic(ctx context.Context, now time.Time) (map[string]string, error) {
	plans := map[string]string{}
	for name, q := range map[string]struct {
		sql  string
		args []any
	}{
		"snoozed cases":     {sqlWakeDue, []any{now, 10}},
		"due sends":         {sqlDueSends, []any{now, now, now, 10}},
		"ended leases":      {sqlLeasesDue, []any{now, 10}},
		"due looks":         {sqlDueLooks, []any{now, now, now, 10}},
		"expired awaiting":  {sqlExpireAwaiting, []any{now, now, 10}},
		"expired others":    {sqlExpireWork, []any{now, 10}},
		"overdue cases":     {sqlBreachDue, []any{now, 10}},
		"overdue targets":   {sqlTargetDue, []any{now, 10}},
		"targets to warn":   {sqlWarnDue, []any{now, 10}},
		"hand-offs due":     {sqlHandoffsDue, []any{now, 10}},
		"clocks to wind":    {sqlTargetsLate, nil},
		"resolved cases":    {sqlCloseDue, []any{now, 10}},
		"unnumbered events": {sqlOldestUnnumbered, nil},
		"handed over":       {sqlStatsHanded, nil},
		"reply states":      {sqlStatsReplies, nil},
		"mentions so far":   {sqlStatsMentions, nil},
		"queues' lengths":   {sqlConnectionQueue, []any{GlanceCount + 1}},
		"who poses as us":   {sqlKnownPosing, []any{[]string{"1", "2", "3"}, "mastodon", "social.example"}},
		"standings":         {sqlStanding, []any{[]int64{1, 2, 3, 4, 5, 6, 7, 8, 9}}},
		"overdue draft":     {sqlOverdue, []any{"help", now}},
		"old posts":         {sqlAgedPosts, []any{"help", now, 10}},
		"old cases":         {sqlAgedCases, []any{now, 10}},
		"events to tell":    {sqlAlertEvents, []any{1, 100, []string{socialwatch.EventCaseBreached}, 10}},
	} {
		plan, err := s.explain(ctx, q.sql, q.args...)
		if err != nil {
			return nil, err
		}
		plans[name] = plan
	}
	return plans, nil
}

func (s *Store) explain(ctx context.Context, query string, args ...any) (string, error) {
	explain := "explain "
	if s.dialect.kind == SQLite {
		explain = "explain query plan "
	}
	var b strings.Builder
	err := s.read(ctx, func(t *tx) error {
		if strings.Contains(query, "case_words") {
			if err := t.byIndex(ctx); err != nil { // as Search does
				return err
			}
		}
		query, args, err := t.bound(explain+query, args)
		if err != nil {
			return err
		}
		rows, err := t.QueryxContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			values, err := rows.SliceScan()
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "%s\n", values[len(values)-1])
		}
		return rows.Err()
	})
	return b.String(), err
}

// Cursor is the text of a cursor; ParseCursor reads one.
func Cursor(list string, at ...int64) string { return cursor{list, at}.String() }

var ParseCursor = parseCursor

// ExplainSearch returns the plans of the queries that Search would run, that of
// the index of words last.
func (s *Store) ExplainSearch(ctx context.Context, f SearchFilter) (plans []string, err error) {
	all, _ := wants(f.Query)
	ways, err := f.ways(s.dialect.kind, all, SearchCountMax+1)
	if err != nil {
		return nil, err
	}
	for _, w := range ways {
		plan, err := s.explain(ctx, w.query, w.args...)
		if err != nil {
			return nil, err
		}
		plans = append(plans, plan)
	}
	return plans, nil
}
