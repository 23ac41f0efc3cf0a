package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"socialwatch"
)

// Snooze hides a case's drafts that wait from the queue.
type Snooze struct {
	CaseWork
	Until time.Time // zero: until the next mention
}

// SnoozeMax bounds a snooze by time: what is put off longer is forgotten.
const SnoozeMax = 90 * 24 * time.Hour

// A draft gets the time back that it was hidden for: with the snooze its expiry
// moves, and it moves back when the snooze ends sooner.
const (
	sqlSnooze       = `update cases set snoozed_until = ? where id = ?`
	sqlSnoozeDrafts = `update replies set snoozed_until = ?, updated_at = ?, ` + sqlDecidedNow + `,
    expires_at = expires_at + (? - coalesce(snoozed_until, ?))
where case_id = ? and state = 'awaiting'`
	sqlWakeDrafts = `update replies set snoozed_until = null, updated_at = ?, expires_at = expires_at - (snoozed_until - ?)
where case_id in (?) and state = 'awaiting' and snoozed_until is not null`

	sqlWakeDue = `select id from cases where snoozed_until <= ? order by snoozed_until, id limit ?`
	sqlWake    = `update cases set snoozed_until = null, updated_at = ?, version = version + 1
where id in (?) and snoozed_until is not null returning id, version, due_at, responded_at`
)

// Snooze hides what waits for a decision in a case from the queue and from
// TakeNext, for a person with the role author, until a time or the next mention
// of the case, whichever comes first. No clock stops for it, so a case whose
// first response becomes due meanwhile comes back then. What a person drafts or
// edits in it ends it too.
func (s *Store) Snooze(ctx context.Context, z Snooze) (socialwatch.Case, error) {
	if !z.Until.IsZero() && (!z.Until.After(z.At) || z.Until.After(z.At.Add(SnoozeMax))) {
		return socialwatch.Case{}, fmt.Errorf("snooze case %s: the time must lie ahead, by at most %d days", z.Number, int(SnoozeMax.Hours()/24))
	}
	return s.casework(ctx, "snooze", z.CaseWork, socialwatch.RoleAuthor, func(t *tx, c *socialwatch.Case) (*socialwatch.Event, error) {
		if c.State == socialwatch.CaseResolved {
			return nil, fmt.Errorf("it is resolved: %w", socialwatch.ErrNotPossible)
		}
		data := map[string]any{}
		if !c.SnoozedUntil.IsZero() {
			data["was_until"] = c.SnoozedUntil
		}
		c.SnoozedUntil = comesBack(*c, z)
		data["until"] = c.SnoozedUntil
		if _, err := t.exec(ctx, sqlSnooze, c.SnoozedUntil, c.ID); err != nil {
			return nil, err
		}
		_, err := t.exec(ctx, sqlSnoozeDrafts, c.SnoozedUntil, z.At, c.SnoozedUntil, z.At, c.ID)
		return &socialwatch.Event{Kind: socialwatch.EventCaseSnoozed, Data: data}, err
	})
}

// comesBack is when a snooze ends if nothing happens.
func comesBack(c socialwatch.Case, z Snooze) time.Time {
	until := socialwatch.Micros(z.Until)
	if z.Until.IsZero() {
		until = socialwatch.UntilMention
	}
	if c.RespondedAt.IsZero() && c.DueAt.After(z.At) && c.DueAt.Before(until) {
		until = c.DueAt
	}
	return until
}

// Wake ends a snooze for a person with the role author. ErrConflict when there
// is none.
func (s *Store) Wake(ctx context.Context, w CaseWork) (socialwatch.Case, error) {
	return s.casework(ctx, "wake", w, socialwatch.RoleAuthor, func(t *tx, c *socialwatch.Case) (*socialwatch.Event, error) {
		if c.SnoozedUntil.IsZero() {
			return nil, fmt.Errorf("it is not snoozed: %w", socialwatch.ErrNotPossible)
		}
		c.SnoozedUntil = time.Time{}
		if _, err := t.exec(ctx, sqlSnooze, nil, c.ID); err != nil {
			return nil, err
		}
		return wokenBy("person"), t.wakeDrafts(ctx, w.At, c.ID)
	})
}

func wokenBy(why string) *socialwatch.Event {
	return &socialwatch.Event{Kind: socialwatch.EventCaseWoken, Data: map[string]any{"why": why}}
}

// wakeDrafts shows the drafts of cases again.
func (t *tx) wakeDrafts(ctx context.Context, at time.Time, cases ...int64) error {
	_, err := t.exec(ctx, sqlWakeDrafts, at, at, cases)
	return err
}

// woken is a case whose snooze has ended.
type woken struct {
	overdue
	Responded moment `db:"responded_at"`
}

// wakeFor ends the snooze of a locked case, if there is one, because a person
// writes in it: what they write is to be decided.
func (t *tx) wakeFor(ctx context.Context, caseID int64, by string, at time.Time) error {
	var rows []woken
	err := t.all(ctx, &rows, sqlWake, at, []int64{caseID})
	if err != nil || len(rows) == 0 {
		return err
	}
	e := *wokenBy("person")
	e.CaseID, e.CaseVersion, e.Actor, e.At = caseID, rows[0].Version, by, at
	return errors.Join(t.wakeDrafts(ctx, at, caseID), t.addEvents(ctx, e))
}

// WakeDue ends the snoozes whose time has come and returns how many.
func (s *Store) WakeDue(ctx context.Context, now time.Time) (int, error) {
	n, err := s.deadline(ctx, sqlWakeDue, now, func(t *tx, ids []int64) ([]socialwatch.Event, error) {
		var rows []woken
		if err := t.all(ctx, &rows, sqlWake, now, ids); err != nil {
			return nil, err
		}
		events := make([]socialwatch.Event, len(rows))
		for i, r := range rows {
			why := "time"
			if r.Responded.IsZero() && !r.DueAt.After(now) {
				why = "overdue"
			}
			events[i] = *wokenBy(why)
			events[i].CaseID, events[i].CaseVersion, events[i].Actor, events[i].At = r.ID, r.Version, socialwatch.System, now
		}
		return events, t.wakeDrafts(ctx, now, ids...)
	})
	if err != nil {
		return 0, fmt.Errorf("wake snoozed cases: %w", err)
	}
	return n, nil
}
