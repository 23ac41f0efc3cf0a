package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"socialwatch"
)

const (
	alertColumns = `name, seq, told_at, messages, failures, error, failed_at, next_at`

	sqlAlert      = `select ` + alertColumns + ` from alert_endpoints where name = ?`
	sqlAlerts     = `select ` + alertColumns + ` from alert_endpoints order by name`
	sqlAlertFirst = `insert into alert_endpoints (name, seq) select cast(? as text), coalesce(max(seq), 0) from events where true
on conflict (name) do nothing`
	sqlAlertPass = `update alert_endpoints set seq = ? where name = ? and seq = ?`
	sqlAlertTold = `update alert_endpoints set seq = ?, told_at = ?, messages = messages + 1, failures = 0, error = '',
    failed_at = null, next_at = null where name = ? and seq = ?`
	sqlAlertFail = `update alert_endpoints set failures = failures + 1, error = ?, failed_at = coalesce(failed_at, ?), next_at = ?
where name = ?`

	sqlAlertHead   = `select coalesce(max(seq), 0) from events`
	sqlAlertEvents = `select e.id, e.seq, e.kind, e.case_id, e.case_version, e.reply_id, e.actor, e.at, e.data,
coalesce(c.number, '') as case_number, coalesce(c.account, e.data ->> 'account', '') as account,
coalesce(c.level, 0) as level, coalesce(c.intent, '') as intent, c.due_at, c.responded_at, c.asked_at
from events e left join cases c on c.id = e.case_id
where e.seq > ? and e.seq <= ? and e.kind in (?) and coalesce(e.data ->> 'target', '') <> '` + string(socialwatch.Resolution) + `' -- that one is no matter of minutes
order by e.seq limit ?`
)

// alertRow is one row of alert_endpoints.
type alertRow struct {
	Name     string `db:"name"`
	Seq      int64  `db:"seq"`
	ToldAt   moment `db:"told_at"`
	Messages int64  `db:"messages"`
	Failures int    `db:"failures"`
	Error    string `db:"error"`
	FailedAt moment `db:"failed_at"`
	NextAt   moment `db:"next_at"`
}

func (r alertRow) value() socialwatch.AlertState {
	return socialwatch.AlertState{Name: r.Name, Seq: r.Seq, ToldAt: r.ToldAt.Time, Messages: r.Messages, Failures: r.Failures,
		Error: r.Error, FailedAt: r.FailedAt.Time, NextAt: r.NextAt.Time}
}

// Alert returns how telling an endpoint goes. One that is new begins after the
// newest event: it is not told the past.
func (s *Store) Alert(ctx context.Context, name string) (socialwatch.AlertState, error) {
	var r alertRow
	err := s.readOne(ctx, func(t *tx) error { return t.get(ctx, &r, sqlAlert, name) })
	if errors.Is(err, socialwatch.ErrNotFound) {
		err = s.tx(ctx, func(t *tx) error {
			if _, err := t.exec(ctx, sqlAlertFirst, name); err != nil {
				return err
			}
			return t.get(ctx, &r, sqlAlert, name)
		})
	}
	if err != nil {
		return socialwatch.AlertState{}, fmt.Errorf("read the endpoint %s: %w", name, err)
	}
	return r.value(), nil
}

// Alerts returns how telling every endpoint goes that was ever told, by name.
func (s *Store) Alerts(ctx context.Context) ([]socialwatch.AlertState, error) {
	var rows []alertRow
	err := s.readOne(ctx, func(t *tx) error {
		rows = nil
		return t.all(ctx, &rows, sqlAlerts)
	})
	if err != nil {
		return nil, fmt.Errorf("read endpoints of alerts: %w", err)
	}
	return rowValues[alertRow, socialwatch.AlertState](rows), nil
}

// alertEventRow is an event with its case.
type alertEventRow struct {
	eventRow
	Account     string `db:"account"`
	Level       int    `db:"level"`
	Intent      string `db:"intent"`
	DueAt       moment `db:"due_at"`
	RespondedAt moment `db:"responded_at"`
	AskedAt     moment `db:"asked_at"`
}

func (r alertEventRow) value() socialwatch.AlertEvent {
	e := socialwatch.AlertEvent{Event: r.eventRow.value(), Account: r.Account, Level: r.Level, Intent: socialwatch.Intent(r.Intent),
		Target: socialwatch.FirstResponse, DueAt: r.DueAt.Time, RespondedAt: r.RespondedAt.Time, Answered: !r.RespondedAt.IsZero()}
	if name, _ := e.Data["target"].(string); name == string(socialwatch.NextResponse) {
		text, _ := e.Data["due_at"].(string)
		e.Target, e.Answered, e.RespondedAt = socialwatch.NextResponse, r.AskedAt.IsZero(), time.Time{}
		e.DueAt, _ = time.Parse(time.RFC3339, text) // as it was written
	}
	return e
}

// AlertEvents returns at most limit numbered events of the kinds after the
// number afterSeq, in order. upTo is the number up to which there is no other
// one: where to go on.
func (s *Store) AlertEvents(ctx context.Context, kinds []string, afterSeq int64, limit int) (events []socialwatch.AlertEvent, upTo int64, err error) {
	var rows []alertEventRow
	err = s.read(ctx, func(t *tx) error {
		rows = nil
		if err := t.get(ctx, &upTo, sqlAlertHead); err != nil || upTo <= afterSeq {
			upTo = max(upTo, afterSeq)
			return err
		}
		return t.all(ctx, &rows, sqlAlertEvents, afterSeq, upTo, kinds, limit)
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read events to tell: %w", err)
	}
	events = rowValues[alertEventRow, socialwatch.AlertEvent](rows)
	if len(events) == limit {
		upTo = events[limit-1].Seq
	}
	return events, upTo, nil
}

// MoveAlert takes an endpoint from one event to another: by a message that
// arrived at toldAt, or with the zero time because there was nothing to tell.
// ErrConflict when it is no longer there: somebody else has told it.
func (s *Store) MoveAlert(ctx context.Context, from socialwatch.AlertState, seq int64, toldAt time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		query, args := sqlAlertPass, []any{seq, from.Name, from.Seq}
		if !toldAt.IsZero() {
			query, args = sqlAlertTold, []any{seq, toldAt, from.Name, from.Seq}
		}
		n, err := t.exec(ctx, query, args...)
		if err == nil && n == 0 {
			return socialwatch.ErrConflict
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("move the endpoint %s: %w", from.Name, err)
	}
	return nil
}

// FailAlert notes why an endpoint could not be told at a time, and when to try
// again.
func (s *Store) FailAlert(ctx context.Context, name, why string, at, next time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		_, err := t.exec(ctx, sqlAlertFail, why, at, next, name)
		return err
	})
	if err != nil {
		return fmt.Errorf("note a failure of the endpoint %s: %w", name, err)
	}
	return nil
}
