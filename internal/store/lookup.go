package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"socialwatch"
)

const (
	sqlLookupDue = `select case_id, order_number from case_orders where due_at <= ? and (lease_until is null or lease_until <= ?)
order by due_at, case_id, order_number limit ?`
	// What its case no longer needs rests until a post or a person comes.
	sqlLookupRest = `update case_orders set due_at = null where case_id = ? and order_number = ? and asked_by = ''
and case_id in (select id from cases where state not in ('new','open','waiting'))`
	sqlLookupClaim = `update case_orders set fence = fence + 1, lease_until = ? where case_id = ? and order_number = ?`
	sqlLookupTask  = `select ` + orderColumns + `, c.account, c.intent, c.responded_at,
    coalesce((select max(m.score) from mentions m where m.case_id = c.id), 0) as base
from case_orders o join cases c on c.id = o.case_id where o.case_id = ? and o.order_number = ?`

	sqlLookupBefore = `select ` + orderColumns + `, o.asked_by from case_orders o where o.case_id = ? and o.order_number = ? and o.fence = ? and o.lease_until is not null`
	sqlLookupFound  = `update case_orders set due_at = ?, tries = 0, lease_until = null, asked_by = '', outcome = ?, why = '', asked_at = ?, facts_at = ?,
    status = ?, moved_at = ?, value_minor = ?, currency = ?, refund = ?, refund_at = ?, delivered_at = ?, expected_at = ?, signals = ?
where case_id = ? and order_number = ?`
	sqlLookupFailed = `update case_orders set due_at = ?, tries = ?, lease_until = null, outcome = ?, why = ?, asked_at = ?,
    asked_by = case when ? then '' else asked_by end where case_id = ? and order_number = ?`
	sqlLookupBack = `update case_orders set lease_until = null where case_id = ? and order_number = ? and fence = ?`
	sqlLookupLift = `update cases set level = ?, score = ?, due_at = ?, updated_at = ?, version = version + 1 where id = ?`
)

// taskRow is a claimed order with its case.
type taskRow struct {
	orderRow
	Account     string `db:"account"`
	Intent      string `db:"intent"`
	RespondedAt moment `db:"responded_at"`
	Base        int    `db:"base"`
}

// ClaimLookups claims at most limit orders that the shop is to be asked about,
// for as long as lease, the longest due first: nobody else gets them before.
func (s *Store) ClaimLookups(ctx context.Context, now time.Time, lease time.Duration, limit int) (tasks []socialwatch.LookupTask, err error) {
	err = s.tx(ctx, func(t *tx) error {
		tasks, err = t.claimLookups(ctx, now, lease, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim look-ups: %w", err)
	}
	return tasks, nil
}

func (t *tx) claimLookups(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]socialwatch.LookupTask, error) {
	var due []orderRow
	if err := t.all(ctx, &due, sqlLookupDue+t.s.dialect.skipLocked, now, now, limit); err != nil {
		return nil, err
	}
	var tasks []socialwatch.LookupTask
	for _, d := range due {
		rests, err := t.exec(ctx, sqlLookupRest, d.CaseID, d.Order)
		if err != nil {
			return nil, err
		}
		if rests > 0 {
			continue
		}
		if _, err := t.exec(ctx, sqlLookupClaim, now.Add(lease), d.CaseID, d.Order); err != nil {
			return nil, err
		}
		var r taskRow
		if err := t.get(ctx, &r, sqlLookupTask, d.CaseID, d.Order); err != nil {
			return nil, err
		}
		tasks = append(tasks, socialwatch.LookupTask{CaseOrder: r.value(), Fence: r.Fence, Tries: r.Tries, Account: r.Account,
			Intent: socialwatch.Intent(r.Intent), Responded: !r.RespondedAt.IsZero(), Base: r.Base})
	}
	return tasks, nil
}

// ReturnLookup gives a claimed order back unasked. One that is somebody else's
// by now stays theirs.
func (s *Store) ReturnLookup(ctx context.Context, k socialwatch.LookupTask) error {
	err := s.tx(ctx, func(t *tx) error {
		_, err := t.exec(ctx, sqlLookupBack, k.CaseID, k.Order, k.Fence)
		return err
	})
	if err != nil {
		return fmt.Errorf("give a look-up of case %d back: %w", k.CaseID, err)
	}
	return nil
}

// FinishLookup stores what became of a claimed order and, where a signal of it
// is new, lifts its case and its place in the queue. ErrConflict when the
// claim is lost or the order erased. The event names no order; an answer that
// says what was known makes none.
func (s *Store) FinishLookup(ctx context.Context, k socialwatch.LookupTask, r socialwatch.LookupResult) error {
	err := s.tx(ctx, func(t *tx) error { return t.finishLookup(ctx, k, r) })
	if err != nil {
		return fmt.Errorf("end a look-up of case %d: %w", k.CaseID, err)
	}
	return nil
}

func (t *tx) finishLookup(ctx context.Context, k socialwatch.LookupTask, r socialwatch.LookupResult) error {
	if err := t.lockCase(ctx, k.CaseID); err != nil {
		return err
	}
	var row struct {
		orderRow
		AskedBy string `db:"asked_by"`
	}
	if err := t.get(ctx, &row, sqlLookupBefore+t.s.dialect.forUpdate, k.CaseID, k.Order, k.Fence); err != nil {
		return conflictIfGone(err)
	}
	before := row.value()
	if err := t.keepLookup(ctx, k, r); err != nil {
		return err
	}
	e := socialwatch.Event{Kind: socialwatch.EventCaseLookedUp, CaseID: k.CaseID, Actor: socialwatch.System, At: r.At,
		Data: map[string]any{"outcome": string(r.Outcome)}}
	if row.AskedBy != "" {
		e.Actor = row.AskedBy
	}
	lifted, err := t.liftByOrder(ctx, before, r, &e)
	if err != nil {
		return err
	}
	t.ring()
	news := lifted || row.AskedBy != "" || before.Outcome != r.Outcome || before.Facts != r.Facts
	if r.Outcome == socialwatch.LookupFailed {
		news = r.Final
	}
	if !news {
		return nil
	}
	return t.addEvents(ctx, e)
}

// keepLookup writes an order's row. A failure leaves the facts that were told
// before.
func (t *tx) keepLookup(ctx context.Context, k socialwatch.LookupTask, r socialwatch.LookupResult) error {
	if r.Outcome == socialwatch.LookupFailed {
		_, err := t.exec(ctx, sqlLookupFailed, r.NextAt, k.Tries+1, r.Outcome, r.Why, r.At, r.Final, k.CaseID, k.Order)
		return err
	}
	f := r.Facts
	var value any
	if f.Currency != "" {
		value = f.Value
	}
	_, err := t.exec(ctx, sqlLookupFound, r.NextAt, r.Outcome, r.At, r.At, f.Status, f.MovedAt, value, f.Currency, f.Refund,
		f.RefundAt, f.DeliveredAt, f.ExpectedAt, asJSON(r.Signals), k.CaseID, k.Order)
	return err
}

// liftByOrder makes a case more urgent when the answer has a signal that the
// order had not, and says so in the event. What is urgent already stays.
func (t *tx) liftByOrder(ctx context.Context, before socialwatch.CaseOrder, r socialwatch.LookupResult, e *socialwatch.Event) (bool, error) {
	found, err := t.caseByID(ctx, before.CaseID)
	if err != nil {
		return false, err
	}
	c := found.value()
	e.CaseVersion = c.Version
	names := signalNames(r.Signals)
	had := signalNames(before.Signals)
	fresh := slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(had, name) })
	if !fresh || !c.State.Live() {
		return false, nil
	}
	was := c
	c.Score = max(c.Score, min(r.Score, 100))
	if r.Level > 0 && r.Level < c.Level {
		c.Level = r.Level
		if c.RespondedAt.IsZero() && !r.DueAt.IsZero() && r.DueAt.Before(c.DueAt) {
			c.DueAt = socialwatch.Micros(r.DueAt)
		}
	}
	e.Data["signals"] = names
	if c.Score == was.Score && c.Level == was.Level {
		return true, nil
	}
	c.Version++
	if _, err := t.exec(ctx, sqlLookupLift, c.Level, c.Score, c.DueAt, r.At, c.ID); err != nil {
		return false, err
	}
	e.CaseVersion = c.Version
	e.Data["level"], e.Data["score"], e.Data["due_at"] = c.Level, c.Score, c.DueAt
	e.Data["was_level"], e.Data["was_score"] = was.Level, was.Score
	_, err = t.queueAgain(ctx, c.ID)
	return true, err
}

func signalNames(signals []socialwatch.OrderSignal) []string {
	names := make([]string, len(signals))
	for i, s := range signals {
		names[i] = s.Name
	}
	return names
}
