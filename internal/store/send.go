package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"socialwatch"
)

const (
	// sqlWork repeats the condition of the index replies_work: SQLite uses a
	// partial index for nothing else.
	sqlWork = `state in ('approved','holding','sending','failed','unknown')`

	// Each account's most urgent one comes first, so that an account whose
	// network is away does not keep the others waiting.
	sqlDueSends = `select id from (
    select id, due_at, rank, opened_at,
           row_number() over (partition by account order by due_at, rank, opened_at, id) as turn
    from replies
    where ` + sqlWork + ` and (state = 'holding' and hold_until <= ? or state in ('failed','unknown') and retry_at <= ?)
      and expires_at > ?
      and not exists (select 1 from settings where name = 'stop')) as due
order by turn, due_at, rank, opened_at, id limit ?`

	// A reply leaves holding only past its undo window, failed and unknown only past
	// their wait, and none past its expiry. The lock makes Stop and a claim take
	// turns, so that no call begins after a Stop has been committed.
	sqlSwitch = `select value from counters where name = 'switch'`
	sqlClaim  = `update replies set state = 'sending', attempt = attempt + 1, worker = ?, lease_until = ?,
    reason = '', retry_at = null, look_at = null, looks = 0, updated_at = ?
where id = ? and hash = ? and key is not null and expires_at > ?
  and (state = 'holding' and hold_until <= ? or state in ('failed','unknown') and retry_at <= ?)
returning ` + replyColumns
	sqlClaimAttempt = `insert into attempts (reply_id, n, hash, worker, begun_at, lease_until)`
	sqlDoubtful     = `select exists (select 1 from attempts where reply_id = ? and n < ? and outcome = 'unknown')`
	// A mended text has another hash and another key.
	sqlFirstAttempt = `select min(begun_at) from attempts where reply_id = ? and hash = ?`

	sqlFinish = `update replies set state = ?, worker = '', lease_until = null, reason = ?, retry_at = ?, look_at = ?,
    looks = 0, sent_at = ?, post_id = ?, post_url = ?, updated_at = ?
where id = ? and state = 'sending' and attempt = ? and worker = ? returning ` + replyColumns
	sqlFinishAttempt = `update attempts set ended_at = ?, outcome = ?, reason = ? where reply_id = ? and n = ?`

	sqlLeasesDue = `select id from replies where ` + sqlWork + ` and state = 'sending' and lease_until <= ?
order by id limit ?`
	sqlLeasesEnded = `update replies set state = 'unknown', worker = '', lease_until = null, looks = 0, look_at = ?,
    reason = 'the sender ended without an answer', updated_at = ?
where id in (?) and state = 'sending' and lease_until <= ? returning ` + replyColumns
)

// DueSends returns at most limit replies that are to be sent: holding ones past
// their undo window, and failed or unknown ones past their wait, in the queue's order
// but with each account's first before any account's second; none while
// publishing is stopped.
func (s *Store) DueSends(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	var ids []int64
	err := s.readOne(ctx, func(t *tx) error {
		ids = nil
		return t.all(ctx, &ids, sqlDueSends, now, now, now, limit)
	})
	if err != nil {
		return nil, fmt.Errorf("read due sends: %w", err)
	}
	return ids, nil
}

// Claim gives the right to make one call: the reply becomes sending, its
// attempt row is written and the lease begins, in one transaction. ErrStopped
// while publishing is stopped. ErrConflict when the reply is no longer to be
// sent, when somebody else has claimed it, when the post it answers is gone or
// edited, or when the stored payload is not the one that was approved: a
// change in the database is never published.
func (s *Store) Claim(ctx context.Context, c socialwatch.Claim) (a socialwatch.Attempt, err error) {
	if c.Worker == "" || c.Lease <= 0 {
		return a, fmt.Errorf("claim reply %d: a claim needs a worker and a lease", c.ReplyID)
	}
	err = s.tx(ctx, func(t *tx) error {
		a, err = t.claim(ctx, c)
		return err
	})
	if err != nil {
		return socialwatch.Attempt{}, fmt.Errorf("claim reply %d: %w", c.ReplyID, err)
	}
	return a, nil
}

func (t *tx) claim(ctx context.Context, c socialwatch.Claim) (a socialwatch.Attempt, err error) {
	if err := t.refuseStopped(ctx); err != nil {
		return a, err
	}
	old, err := t.lockReply(ctx, c.ReplyID)
	if err != nil {
		return a, err
	}
	if old.Payload.Hash() != c.Hash {
		return a, fmt.Errorf("its payload is not the approved one: %w", socialwatch.ErrConflict)
	}
	if err := t.parentStands(ctx, old.MentionID, old.Payload); err != nil {
		return a, err
	}
	until := socialwatch.Micros(c.Now.Add(c.Lease))
	var row replyRow
	if err := t.get(ctx, &row, sqlClaim, c.Worker, until, c.Now, c.ReplyID, c.Hash, c.Now, c.Now, c.Now); err != nil {
		return a, conflictIfGone(err)
	}
	r := row.value()
	v := values{head: sqlClaimAttempt, width: 6, args: []any{r.ID, r.Attempt, r.Hash, c.Worker, c.Now, until}}
	if err := t.values(ctx, v); err != nil {
		return a, err
	}
	a = socialwatch.Attempt{Reply: r, N: r.Attempt, Worker: c.Worker, LeaseUntil: until}
	if a.FirstAt, err = t.firstAttempt(ctx, r); err != nil {
		return a, err
	}
	if err := t.get(ctx, &a.Doubt, sqlDoubtful, r.ID, r.Attempt); err != nil {
		return a, err
	}
	return a, t.replyEvent(ctx, r, step{from: old.State, actor: socialwatch.System, at: c.Now,
		more: map[string]any{"attempt": r.Attempt}})
}

// lockSwitch makes claims, approvals and Stop take turns.
func (t *tx) lockSwitch(ctx context.Context) error {
	var n int64
	return t.get(ctx, &n, sqlSwitch+t.s.dialect.forUpdate)
}

// refuseStopped answers ErrStopped while publishing is stopped.
func (t *tx) refuseStopped(ctx context.Context) error {
	if err := t.lockSwitch(ctx); err != nil {
		return err
	}
	stop, err := t.stopState(ctx)
	if err == nil && stop.Stopped {
		err = socialwatch.ErrStopped
	}
	return err
}

// firstAttempt is when the first call with the reply's present key began.
func (t *tx) firstAttempt(ctx context.Context, r socialwatch.Reply) (time.Time, error) {
	var at moment
	err := t.get(ctx, &at, sqlFirstAttempt, r.ID, r.Hash)
	return at.Time, err
}

// Finish ends an attempt by what its call came to. A call that failed says nothing
// of earlier ones: with one of them in doubt the reply is unknown again.
// ErrConflict when its lease was lost: then the reply is unknown, and looks decide.
func (s *Store) Finish(ctx context.Context, a socialwatch.Attempt, o socialwatch.Outcome) error {
	err := checkOutcome(o)
	if err == nil {
		err = s.tx(ctx, func(t *tx) error { return t.finish(ctx, a, o) })
	}
	if err != nil {
		return fmt.Errorf("end attempt %d of reply %d: %w", a.N, a.Reply.ID, err)
	}
	return nil
}

func (t *tx) finish(ctx context.Context, a socialwatch.Attempt, o socialwatch.Outcome) error {
	if _, err := t.lockReply(ctx, a.Reply.ID); err != nil {
		return err
	}
	call := o.State
	if call == socialwatch.ReplyFailed {
		var doubt bool
		if err := t.get(ctx, &doubt, sqlDoubtful, a.Reply.ID, a.N); err != nil {
			return err
		}
		if doubt {
			o.State = socialwatch.ReplyUnknown
		}
	}
	var row replyRow
	err := t.get(ctx, &row, sqlFinish, append(outcomeArgs(o), o.At, a.Reply.ID, a.N, a.Worker)...)
	if err != nil {
		return conflictIfGone(err)
	}
	if _, err := t.exec(ctx, sqlFinishAttempt, o.At, call, o.Reason, a.Reply.ID, a.N); err != nil {
		return err
	}
	return t.ended(ctx, row.value(), o, step{from: socialwatch.ReplySending, actor: socialwatch.System, at: o.At})
}

// checkOutcome refuses what no call and no look can come to.
func checkOutcome(o socialwatch.Outcome) error {
	switch {
	case o.State != socialwatch.ReplySent && o.State != socialwatch.ReplyFailed && o.State != socialwatch.ReplyUnknown:
		return fmt.Errorf("%q is no outcome", o.State)
	case (o.State == socialwatch.ReplySent) != (o.Post.PostID != ""):
		return errors.New("an outcome has a post's id exactly when it is sent")
	case o.At.IsZero():
		return errors.New("an outcome needs its time")
	case o.State == socialwatch.ReplyUnknown && !o.LookAt.IsZero() && !o.RetryAt.IsZero():
		return errors.New("what is in doubt is looked for or sent again, not both")
	}
	return nil
}

// outcomeArgs are the columns that an outcome sets, the state first.
func outcomeArgs(o socialwatch.Outcome) []any {
	var sentAt, retryAt, lookAt time.Time
	switch o.State {
	case socialwatch.ReplySent:
		sentAt = o.At
	case socialwatch.ReplyFailed:
		retryAt = o.RetryAt
	case socialwatch.ReplyUnknown:
		retryAt, lookAt = o.RetryAt, o.LookAt
	}
	return []any{o.State, o.Reason, retryAt, lookAt, sentAt, orNull(o.Post.PostID), o.Post.URL}
}

// ended writes the event of an outcome, and for a sent reply what it means for
// the case.
func (t *tx) ended(ctx context.Context, r socialwatch.Reply, o socialwatch.Outcome, s step) error {
	s.more = map[string]any{"attempt": r.Attempt}
	var events []socialwatch.Event
	switch {
	case o.State == socialwatch.ReplySent:
		s.more["post_id"], s.more["url"] = o.Post.PostID, o.Post.URL
		var err error
		if events, err = t.responded(ctx, r, s, o.Handoff); err != nil {
			return err
		}
	case o.State == socialwatch.ReplyUnknown && o.LookAt.IsZero() && o.RetryAt.IsZero():
		s.more["handed_over"] = true // a person must say
	}
	if err := t.replyEvent(ctx, r, s); err != nil {
		return err
	}
	return t.addEvents(ctx, events...)
}

// A post that came after the decision is answered by nothing yet.
const sqlResponded = `update cases set responded_at = coalesce(responded_at, ?), state = ?, updated_at = ?,
    version = version + 1,
    asked_at = (select min(m.created_at) from mentions m where m.case_id = cases.id and m.received_at > ? and not m.thanks and m.ignored = '')
where id = ?`

// responded brings the case up to date with a reply that is public and returns
// its events. The first reply is the case's first response. A new or open case
// waits for the customer now, unless a human must still act beyond the reply:
// then it is open. With handoff the event of a case that waits says what for.
func (t *tx) responded(ctx context.Context, r socialwatch.Reply, s step, handoff bool) ([]socialwatch.Event, error) {
	row, err := t.caseByID(ctx, r.CaseID)
	if err != nil {
		return nil, err
	}
	c := row.value()
	to := c.State
	if c.State == socialwatch.CaseNew || c.State == socialwatch.CaseOpen {
		to = socialwatch.CaseWaiting
		if c.Escalated {
			to = socialwatch.CaseOpen
		}
	}
	if _, err := t.exec(ctx, sqlResponded, s.at, to, s.at, cmp.Or(r.DecidedAt, r.CreatedAt), c.ID); err != nil {
		return nil, err
	}
	e := socialwatch.Event{CaseID: c.ID, CaseVersion: c.Version + 1, ReplyID: r.ID, Actor: s.actor, At: s.at}
	var events []socialwatch.Event
	if c.RespondedAt.IsZero() {
		e.Kind, e.Data = socialwatch.EventCaseResponded, map[string]any{"how": socialwatch.RespondedByReply, "post_id": r.PostID}
		events = append(events, e)
	}
	handoff = handoff && to == socialwatch.CaseWaiting
	if to != c.State {
		e.Kind, e.Data = socialwatch.EventCaseState, map[string]any{"from": string(c.State), "to": string(to)}
	} else {
		e.Kind, e.Data = socialwatch.EventCaseUpdated, map[string]any{}
	}
	if handoff {
		e.Data["waits_for"] = socialwatch.WaitsForPrivate
	}
	if handoff {
		asked := values{head: sqlHandoff, width: 3, args: []any{c.ID, c.Account, s.at}}
		if err := t.values(ctx, asked); err != nil {
			return nil, err
		}
	}
	if to != c.State || handoff {
		events = append(events, e)
	}
	return events, nil
}

// ExpireLeases turns sending replies whose lease has ended into unknown, to be
// looked for after settle, and returns how many.
func (s *Store) ExpireLeases(ctx context.Context, now time.Time, settle time.Duration) (n int, err error) {
	err = s.tx(ctx, func(t *tx) error {
		n = 0
		var ids []int64
		err := t.all(ctx, &ids, sqlLeasesDue+t.s.dialect.skipLocked, now, deadlineBatch)
		if err != nil || len(ids) == 0 {
			return err
		}
		var rows []replyRow
		if err := t.all(ctx, &rows, sqlLeasesEnded, now.Add(settle), now, ids, now); err != nil {
			return err
		}
		n = len(rows)
		for _, r := range rows {
			if _, err := t.exec(ctx, sqlFinishAttempt, now, socialwatch.ReplyUnknown, r.Reason, r.ID, r.Attempt); err != nil {
				return err
			}
		}
		return t.replyEvents(ctx, rows, step{from: socialwatch.ReplySending, actor: socialwatch.System, at: now})
	})
	if err != nil {
		return 0, fmt.Errorf("end leases: %w", err)
	}
	return n, nil
}
