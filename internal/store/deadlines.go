package store

import (
	"context"
	"fmt"
	"time"

	"socialwatch"
)

const (
	sqlBreachDue = `select id from cases where due_at <= ? and responded_at is null and breached_at is null
and state in ('new','open','waiting') order by due_at, id limit ?`
	sqlBreach = `update cases set breached_at = ?, updated_at = ?, version = version + 1
where id in (?) and breached_at is null and responded_at is null returning id, version, due_at`

	sqlCloseDue = `select id from cases where state = 'resolved' and resolved_at <= ? order by id limit ?`
	sqlClose    = `update cases set state = 'closed', look_at = null, updated_at = ?, version = version + 1
where id in (?) and state = 'resolved' and resolved_at <= ? returning id, version, due_at`
)

// deadlineBatch bounds what one transaction of Breach or CloseResolved
// changes; the rest is the next call's.
const deadlineBatch = 500

// overdue is a case that a deadline has changed.
type overdue struct {
	ID      int64  `db:"id"`
	Version int    `db:"version"`
	DueAt   moment `db:"due_at"`
}

// Breach marks the cases whose first response is overdue at now, each once,
// and returns how many. Resolved ones are not marked.
func (s *Store) Breach(ctx context.Context, now time.Time) (int, error) {
	n, err := s.deadline(ctx, sqlBreachDue, now, func(t *tx, ids []int64) ([]socialwatch.Event, error) {
		var rows []overdue
		err := t.all(ctx, &rows, sqlBreach, now, now, ids)
		events := make([]socialwatch.Event, len(rows))
		for i, r := range rows {
			events[i] = socialwatch.Event{Kind: socialwatch.EventCaseBreached, CaseID: r.ID, CaseVersion: r.Version,
				Actor: socialwatch.System, At: now, Data: map[string]any{"target": string(socialwatch.FirstResponse), "due_at": r.DueAt.Time}}
		}
		return events, err
	})
	if err != nil {
		return 0, fmt.Errorf("mark overdue cases: %w", err)
	}
	return n, nil
}

// CloseResolved closes the cases that were resolved socialwatch.ReopenTime
// before now or earlier, and returns how many.
func (s *Store) CloseResolved(ctx context.Context, now time.Time) (int, error) {
	before := now.Add(-socialwatch.ReopenTime)
	n, err := s.deadline(ctx, sqlCloseDue, before, func(t *tx, ids []int64) ([]socialwatch.Event, error) {
		var rows []overdue
		err := t.all(ctx, &rows, sqlClose, now, ids, before)
		events := make([]socialwatch.Event, len(rows))
		for i, r := range rows {
			events[i] = socialwatch.Event{Kind: socialwatch.EventCaseState, CaseID: r.ID, CaseVersion: r.Version,
				Actor: socialwatch.System, At: now,
				Data: map[string]any{"from": string(socialwatch.CaseResolved), "to": string(socialwatch.CaseClosed)}}
		}
		return events, err
	})
	if err != nil {
		return 0, fmt.Errorf("close resolved cases: %w", err)
	}
	return n, nil
}

// deadline runs one batch of what time has made due: the rows that due finds,
// less those that another process has at the moment.
func (s *Store) deadline(ctx context.Context, due string, at time.Time, change func(*tx, []int64) ([]socialwatch.Event, error)) (n int, err error) {
	err = s.tx(ctx, func(t *tx) error {
		n = 0
		var ids []int64
		if err := t.all(ctx, &ids, due+t.s.dialect.skipLocked, at, deadlineBatch); err != nil || len(ids) == 0 {
			return err
		}
		events, err := change(t, ids)
		if err != nil {
			return err
		}
		n = len(events)
		return t.addEvents(ctx, events...)
	})
	return n, err
}
