package store

import (
	"context"
	"fmt"
	"time"

	"socialwatch"
)

const (
	sqlHandoff         = `insert into handoffs (case_id, account, asked_at)`
	sqlHandoffNewest   = `select id from handoffs where case_id = ? and received_at is null order by id desc limit 1`
	sqlHandoffOpen     = `select id from handoffs where case_id = ? and ended_at is null limit 1`
	sqlHandoffReceived = `update handoffs set received_at = ?, ended_at = coalesce(ended_at, ?) where id = ?`
	sqlHandoffEnded    = `update handoffs set ended_at = ?, missed_at = ? where id = ?`

	sqlHandoffsDue = `select h.id, h.case_id from handoffs h join cases c on c.id = h.case_id
where h.ended_at is null and h.asked_at <= ? order by h.asked_at, h.id limit ?`

	sqlContacted = `update cases set state = ?, asked_at = coalesce(asked_at, ?), raised_at = null where id = ?`
	sqlRaise     = `update cases set state = 'open', escalated = ?, escalation = ?, asked_at = coalesce(asked_at, ?), raised_at = ?, snoozed_until = null, updated_at = ?, version = version + 1 where id = ?`
)

// PrivateContact notes that the customer has come to us in private, for a person
// with the role author: it ends the wait that a reply of ours began, and the case
// is open again. ErrConflict when we have not asked for that, or it came already.
func (s *Store) PrivateContact(ctx context.Context, w CaseWork) (socialwatch.Case, error) {
	return s.casework(ctx, "note private contact in", w, socialwatch.RoleAuthor, func(t *tx, c *socialwatch.Case) (*socialwatch.Event, error) {
		return t.privateContact(ctx, c, w)
	})
}

// privateContact is PrivateContact on a locked case whose version was checked.
// The event that it returns is to be written with the case's next version.
func (t *tx) privateContact(ctx context.Context, c *socialwatch.Case, w CaseWork) (*socialwatch.Event, error) {
	var asked []int64
	if err := t.all(ctx, &asked, sqlHandoffNewest, c.ID); err != nil {
		return nil, err
	}
	if len(asked) == 0 {
		return nil, fmt.Errorf("it waits for no private contact: %w", socialwatch.ErrNotPossible)
	}
	if _, err := t.exec(ctx, sqlHandoffReceived, w.At, w.At, asked[0]); err != nil {
		return nil, err
	}
	from := c.State
	if c.State == socialwatch.CaseWaiting && t.mayLead(*c, w.By.Login) == nil { // else its owner moves it
		c.State = socialwatch.CaseOpen
		e := socialwatch.Event{Kind: socialwatch.EventCaseState, CaseID: c.ID, CaseVersion: c.Version + 1, Actor: w.By.Login, At: w.At,
			Data: map[string]any{"from": string(from), "to": string(c.State)}}
		if err := t.addEvents(ctx, e); err != nil {
			return nil, err
		}
	}
	if c.AskedAt.IsZero() {
		c.AskedAt = socialwatch.Micros(w.At)
	}
	_, err := t.exec(ctx, sqlContacted, c.State, c.AskedAt, c.ID)
	return &socialwatch.Event{Kind: socialwatch.EventPrivateReceived, Data: map[string]any{}}, err
}

// MissPrivate raises the cases whose customers have not come to us in private
// for so long since we asked them: each is open and escalated again, and is told
// once. It returns how many.
func (s *Store) MissPrivate(ctx context.Context, now time.Time, wait time.Duration) (n int, err error) {
	err = s.tx(ctx, func(t *tx) error {
		n = 0
		var due []struct {
			ID     int64 `db:"id"`
			CaseID int64 `db:"case_id"`
		}
		if err := t.all(ctx, &due, sqlHandoffsDue+t.s.dialect.skipLocked, now.Add(-wait), deadlineBatch); err != nil {
			return err
		}
		for _, d := range due {
			missed, err := t.missed(ctx, d.CaseID, now)
			if err != nil {
				return err
			}
			var at time.Time
			if missed {
				at, n = now, n+1
			}
			if _, err := t.exec(ctx, sqlHandoffEnded, now, at, d.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("raise cases without private contact: %w", err)
	}
	return n, nil
}

// missed raises a case if it still waits for private contact.
func (t *tx) missed(ctx context.Context, caseID int64, now time.Time) (bool, error) {
	row, err := t.caseByID(ctx, caseID)
	if err != nil {
		return false, err
	}
	c := row.value()
	if waits, err := t.waitsFor(ctx, c); err != nil || waits != socialwatch.WaitsForPrivate {
		return false, err
	}
	e := socialwatch.Event{Kind: socialwatch.EventPrivateMissed, CaseID: c.ID, CaseVersion: c.Version + 1, Actor: socialwatch.System, At: now,
		Data: map[string]any{}}
	if c.External.System != "" { // its owner moves it
		return true, t.tellTouched(ctx, now, []int64{c.ID}, []socialwatch.Event{e})
	}
	if _, err := t.exec(ctx, sqlRaise, true, alsoBecause(c.Escalation, socialwatch.EscalationMissed), now, now, now, c.ID); err != nil {
		return false, err
	}
	if err := t.wakeDrafts(ctx, now, c.ID); err != nil {
		return false, err
	}
	state := e
	state.Kind, state.Data = socialwatch.EventCaseState, map[string]any{"from": string(c.State), "to": string(socialwatch.CaseOpen)}
	return true, t.addEvents(ctx, e, state)
}

const sqlAnsweredPrivately = `update cases set state = ?, responded_at = coalesce(responded_at, ?), asked_at = null where id = ?`

// LogAnswer notes that we have answered the customer in private, for a person
// with the role author: it counts as a response. Drafts stay as they are.
func (s *Store) LogAnswer(ctx context.Context, w CaseWork) (socialwatch.Case, error) {
	return s.casework(ctx, "log an answer in", w, socialwatch.RoleAuthor, func(t *tx, c *socialwatch.Case) (*socialwatch.Event, error) {
		if c.State == socialwatch.CaseNew {
			c.State = socialwatch.CaseOpen
			e := socialwatch.Event{Kind: socialwatch.EventCaseState, CaseID: c.ID, CaseVersion: c.Version + 1, Actor: w.By.Login, At: w.At,
				Data: map[string]any{"from": string(socialwatch.CaseNew), "to": string(c.State)}}
			if err := t.addEvents(ctx, e); err != nil {
				return nil, err
			}
		}
		if c.RespondedAt.IsZero() {
			c.RespondedAt = socialwatch.Micros(w.At)
		}
		c.AskedAt = time.Time{}
		_, err := t.exec(ctx, sqlAnsweredPrivately, c.State, w.At, c.ID)
		return &socialwatch.Event{Kind: socialwatch.EventCaseResponded, Data: map[string]any{"how": socialwatch.RespondedPrivate}}, err
	})
}
