package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"socialwatch"
)

const (
	// What was to go again and has lapsed is looked for once more.
	sqlDueLooks = `select id from replies where ` + sqlWork + ` and state = 'unknown'
  and (look_at <= ? or retry_at is not null and expires_at <= ?)
  and (lease_until is null or lease_until <= ?) order by coalesce(look_at, expires_at), id limit ?`
	sqlLeaseLooks = `update replies set worker = ?, lease_until = ?
where id in (?) and state = 'unknown' and (lease_until is null or lease_until <= ?) returning ` + replyColumns + `, looks`
	sqlFinishLook = `update replies set state = ?, worker = '', lease_until = null, reason = ?, retry_at = ?, look_at = ?,
    sent_at = ?, post_id = ?, post_url = ?, looks = looks + ?, updated_at = ?
where id = ? and state = 'unknown' and attempt = ? and worker = ? and lease_until = ? returning ` + replyColumns

	sqlSettle = `update replies set state = ?, worker = '', lease_until = null, reason = ?, retry_at = ?, look_at = ?,
    sent_at = ?, post_id = ?, post_url = ?, updated_at = ?,
    expires_at = case when expires_at > ? then expires_at else ? end
where id = ? and state = 'unknown' returning ` + replyColumns
	sqlSettleAttempts = `update attempts set outcome = 'absent' where reply_id = ? and outcome = 'unknown'`
)

// lookRow is a leased reply in doubt.
type lookRow struct {
	replyRow
	Looks int `db:"looks"`
}

// DueLooks leases at most limit unknown replies whose look is due. Until the
// lease ends nobody else gets them.
func (s *Store) DueLooks(ctx context.Context, now time.Time, worker string, lease time.Duration, limit int) ([]socialwatch.Attempt, error) {
	var due []socialwatch.Attempt
	err := s.tx(ctx, func(t *tx) error {
		due = nil
		var ids []int64
		err := t.all(ctx, &ids, sqlDueLooks+t.s.dialect.skipLocked, now, now, now, limit)
		if err != nil || len(ids) == 0 {
			return err
		}
		until := socialwatch.Micros(now.Add(lease))
		var rows []lookRow
		if err := t.all(ctx, &rows, sqlLeaseLooks, worker, until, ids, now); err != nil {
			return err
		}
		for _, row := range rows {
			r := row.value()
			first, err := t.firstAttempt(ctx, r)
			if err != nil {
				return err
			}
			due = append(due, socialwatch.Attempt{Reply: r, N: row.Attempt, Worker: worker,
				LeaseUntil: until, FirstAt: first, Looks: row.Looks})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("lease due looks: %w", err)
	}
	return due, nil
}

// FinishLook ends one look: it finds the reply, or the doubt goes on. ErrConflict
// when its lease was lost or a person has settled the reply meanwhile. An outcome that
// stays unknown without a next look or attempt hands the reply over to a person; the
// event says so.
func (s *Store) FinishLook(ctx context.Context, a socialwatch.Attempt, o socialwatch.Outcome) error {
	err := checkOutcome(o)
	if err == nil && o.State == socialwatch.ReplyFailed {
		err = errors.New("a look that finds nothing proves nothing")
	}
	if err == nil {
		err = s.tx(ctx, func(t *tx) error { return t.finishLook(ctx, a, o) })
	}
	if err != nil {
		return fmt.Errorf("end look for reply %d: %w", a.Reply.ID, err)
	}
	return nil
}

func (t *tx) finishLook(ctx context.Context, a socialwatch.Attempt, o socialwatch.Outcome) error {
	if _, err := t.lockReply(ctx, a.Reply.ID); err != nil {
		return err
	}
	counted := 0
	if o.Counted {
		counted = 1
	}
	var row replyRow
	err := t.get(ctx, &row, sqlFinishLook,
		append(outcomeArgs(o), counted, o.At, a.Reply.ID, a.N, a.Worker, a.LeaseUntil)...)
	if err != nil {
		return conflictIfGone(err)
	}
	if o.State == socialwatch.ReplyUnknown && !(o.LookAt.IsZero() && o.RetryAt.IsZero()) {
		return nil // it stays where it was: no move, no event
	}
	return t.ended(ctx, row.value(), o, step{from: socialwatch.ReplyUnknown, actor: socialwatch.System, at: o.At})
}

const sqlLapse = `update replies set expires_at = ?, updated_at = ?
where id = ? and state = 'unknown' and retry_at is not null`

// Lapse ends the approval of a reply in doubt that was to go again: it does not. It
// is looked for once more, and then handed to a person. ErrConflict when it was not to
// go again.
func (s *Store) Lapse(ctx context.Context, replyID int64, at time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		if _, err := t.lockReply(ctx, replyID); err != nil {
			return err
		}
		n, err := t.exec(ctx, sqlLapse, at, at, replyID)
		if err == nil && n == 0 {
			err = socialwatch.ErrConflict
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("end the approval of reply %d: %w", replyID, err)
	}
	return nil
}

// settledLife is how much longer an approval holds at least when a person
// states that the post is absent: what was approved in time is sent although
// the doubt lasted long.
const settledLife = time.Hour

// Settle stores the word of a person with the role lead on a reply in doubt:
// sent where its link says, or absent and then to be sent once more under the
// same key. The event names the person.
func (s *Store) Settle(ctx context.Context, w socialwatch.Settlement) (r socialwatch.Reply, err error) {
	if w.Absent == (w.Post.PostID != "") {
		return r, fmt.Errorf("settle reply %d: say either which post it is or that it is absent", w.ReplyID)
	}
	err = s.tx(ctx, func(t *tx) error {
		r, err = t.settle(ctx, w)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("settle reply %d: %w", w.ReplyID, err)
	}
	return r, nil
}

func (t *tx) settle(ctx context.Context, w socialwatch.Settlement) (socialwatch.Reply, error) {
	old, err := t.lockReply(ctx, w.ReplyID)
	if err != nil {
		return old, err
	}
	if err := t.mayDecide(ctx, w.By.Login, socialwatch.RoleLead, old.Payload.Account); err != nil {
		return old, err
	}
	if old.State == socialwatch.ReplyUnknown && w.Attempt != old.Attempt {
		return old, fmt.Errorf("it has been sent again since: look again: %w", socialwatch.ErrConflict)
	}
	o := socialwatch.Outcome{State: socialwatch.ReplySent, Post: w.Post, Handoff: w.Handoff, At: w.At}
	if w.Absent {
		o = socialwatch.Outcome{State: socialwatch.ReplyFailed, At: w.At, RetryAt: w.At, Reason: "a person states that it is absent"}
	}
	soon := w.At.Add(settledLife)
	var row replyRow
	err = t.get(ctx, &row, sqlSettle, append(outcomeArgs(o), w.At, soon, soon, w.ReplyID)...)
	if errors.Is(err, socialwatch.ErrNotFound) {
		return old, changedSince(old, old.Hash)
	}
	if err != nil {
		return old, err
	}
	r := row.value()
	if w.Absent { // the person's word ends the doubt about the calls so far
		if _, err := t.exec(ctx, sqlSettleAttempts, r.ID); err != nil {
			return r, err
		}
	}
	return r, t.ended(ctx, r, o, step{from: socialwatch.ReplyUnknown, actor: w.By.Login, at: w.At,
		reason: "a person's word"})
}
