package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"socialwatch"
)

const (
	sqlDueSends = `select id from replies
where (state = 'holding' and hold_until <= ? or state = 'failed' and retry_at <= ?)
  and not exists (select 1 from settings where name = 'stop')
order by due_at, rank, opened_at, id limit ?`

	// A reply leaves holding only past its undo window, failed only past its
	// wait, and neither past its expiry. The lock makes Stop and a claim take
	// turns, so that no call begins after a Stop has been committed.
	sqlSwitch    = `select value from counters where name = 'switch'`
	sqlClaimStop = `select count(*) from settings where name = 'stop'`
	sqlClaim     = `update replies set state = 'sending', attempt = attempt + 1, worker = ?, lease_until = ?,
    reason = '', retry_at = null, updated_at = ?
where id = ? and hash = ? and key is not null and expires_at > ?
  and (state = 'holding' and hold_until <= ? or state = 'failed' and retry_at <= ?)
returning ` + replyColumns
	sqlClaimAttempt = `insert into attempts (reply_id, n, hash, worker, begun_at, lease_until)`
	sqlFirstAttempt = `select begun_at from attempts where reply_id = ? and n = 1`

	sqlFinish = `update replies set state = ?, worker = '', lease_until = null, reason = ?, retry_at = ?, look_at = ?,
    looks = 0, sent_at = ?, post_id = ?, post_url = ?, updated_at = ?
where id = ? and state = 'sending' and attempt = ? and worker = ? returning ` + replyColumns
	sqlFinishAttempt = `update attempts set ended_at = ?, outcome = ?, reason = ? where reply_id = ? and n = ?`

	sqlLeasesEnded = `update replies set state = 'unknown', worker = '', lease_until = null, looks = 0, look_at = ?,
    reason = 'the sender ended without an answer', updated_at = ?
where state = 'sending' and lease_until <= ? returning ` + replyColumns

	sqlDueLooks = `update replies set worker = ?, lease_until = ? where id in (
    select id from replies where state = 'unknown' and look_at <= ? and (lease_until is null or lease_until <= ?)
    order by look_at, id limit ?)
  and state = 'unknown' and (lease_until is null or lease_until <= ?) returning ` + replyColumns + `, looks`
	sqlFinishLook = `update replies set state = ?, worker = '', lease_until = null, reason = ?, retry_at = ?, look_at = ?,
    looks = looks + ?, sent_at = ?, post_id = ?, post_url = ?, updated_at = ?
where id = ? and state = 'unknown' and worker = ? and lease_until = ? returning ` + replyColumns
)

// DueSends returns at most limit replies that are to be sent: holding ones
// past their undo window and failed ones past their wait, in the queue's
// order; none while publishing is stopped.
func (s *Store) DueSends(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	var ids []int64
	err := s.read(ctx, func(t *tx) error { return t.all(ctx, &ids, sqlDueSends, now, now, limit) })
	if err != nil {
		return nil, fmt.Errorf("read due sends: %w", err)
	}
	return ids, nil
}

// Claim gives the right to make one call: the reply becomes sending, its
// attempt row is written and the lease begins, in one transaction. ErrStopped
// while publishing is stopped. ErrConflict when the reply is no longer to be
// sent, when somebody else has claimed it, or when the stored payload is not
// the one that was approved: a change in the database is never published.
func (s *Store) Claim(ctx context.Context, c socialwatch.Claim) (a socialwatch.Attempt, err error) {
	err = s.tx(ctx, func(t *tx) error {
		if err := t.refuseStopped(ctx); err != nil {
			return err
		}
		until := socialwatch.Micros(c.Now.Add(c.Lease))
		var row replyRow
		if err := t.get(ctx, &row, sqlClaim, c.Worker, until, c.Now, c.ReplyID, c.Hash, c.Now, c.Now, c.Now); err != nil {
			return conflictIfGone(err)
		}
		r := row.value()
		if r.Payload.Hash() != c.Hash {
			return fmt.Errorf("its payload is not the approved one: %w", socialwatch.ErrConflict)
		}
		v := values{head: sqlClaimAttempt, width: 6, args: []any{r.ID, r.Attempt, r.Hash, c.Worker, c.Now, until}}
		if err := t.values(ctx, v); err != nil {
			return err
		}
		a = socialwatch.Attempt{Reply: r, N: r.Attempt, Worker: c.Worker, LeaseUntil: until}
		if a.FirstAt, err = t.firstAttempt(ctx, r.ID); err != nil {
			return err
		}
		return t.replyEvent(ctx, r, socialwatch.System, c.Now, map[string]any{"attempt": r.Attempt})
	})
	if err != nil {
		return socialwatch.Attempt{}, fmt.Errorf("claim reply %d: %w", c.ReplyID, err)
	}
	return a, nil
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
	var n int
	if err := t.get(ctx, &n, sqlClaimStop); err != nil {
		return err
	}
	if n > 0 {
		return socialwatch.ErrStopped
	}
	return nil
}

func (t *tx) firstAttempt(ctx context.Context, replyID int64) (time.Time, error) {
	var at moment
	err := t.get(ctx, &at, sqlFirstAttempt, replyID)
	return at.Time, err
}

// Finish ends an attempt by what its call came to. ErrConflict when its lease
// was lost: then the reply is unknown, and looks decide.
func (s *Store) Finish(ctx context.Context, a socialwatch.Attempt, o socialwatch.Outcome) error {
	err := s.tx(ctx, func(t *tx) error {
		_, err := t.exec(ctx, sqlFinishAttempt, o.At, o.State, o.Reason, a.Reply.ID, a.N)
		if err != nil {
			return err
		}
		var row replyRow
		err = t.get(ctx, &row, sqlFinish, append(outcomeArgs(o), o.At, a.Reply.ID, a.N, a.Worker)...)
		if err != nil {
			return conflictIfGone(err)
		}
		return t.ended(ctx, row.value(), o, socialwatch.System)
	})
	if err != nil {
		return fmt.Errorf("end attempt %d of reply %d: %w", a.N, a.Reply.ID, err)
	}
	return nil
}

// outcomeArgs are the columns that an outcome sets, the state first.
func outcomeArgs(o socialwatch.Outcome) []any {
	var sentAt time.Time
	if o.State == socialwatch.ReplySent {
		sentAt = o.At
	}
	return []any{o.State, o.Reason, o.RetryAt, o.LookAt, sentAt, orNull(o.Post.PostID), o.Post.URL}
}

// ended writes the event of an outcome, and for a sent reply the case's first
// response.
func (t *tx) ended(ctx context.Context, r socialwatch.Reply, o socialwatch.Outcome, actor string) error {
	data := map[string]any{"attempt": r.Attempt}
	if o.State == socialwatch.ReplySent {
		data["post_id"], data["url"] = o.Post.PostID, o.Post.URL
		if err := t.responded(ctx, r, o.At, actor); err != nil {
			return err
		}
	}
	if o.State == socialwatch.ReplyUnknown && o.LookAt.IsZero() {
		data["handed_over"] = true
	}
	return t.replyEvent(ctx, r, actor, o.At, data)
}

const sqlResponded = `update cases set responded_at = coalesce(responded_at, ?), updated_at = ?, version = version + 1,
    state = case when state not in ('new','open') then state when escalated then 'open' else 'waiting' end
where id = ? returning ` + caseColumns

// responded brings the case up to date with a reply that is public: it waits
// for the customer, unless a human must still act.
func (t *tx) responded(ctx context.Context, r socialwatch.Reply, at time.Time, actor string) error {
	var row caseRow
	if err := t.get(ctx, &row, sqlResponded, at, at, r.CaseID); err != nil {
		return err
	}
	c := row.value()
	return t.addEvents(ctx, socialwatch.Event{Kind: socialwatch.EventCaseResponded, CaseID: c.ID, CaseVersion: c.Version,
		ReplyID: r.ID, Actor: actor, At: at, Data: map[string]any{"how": "reply", "state": c.State,
			"first": c.RespondedAt.Equal(at)}})
}

const sqlCaseVersion = `select version from cases where id = ?`

// replyEvent writes the event of a reply's move to the state it now has.
func (t *tx) replyEvent(ctx context.Context, r socialwatch.Reply, actor string, at time.Time, data map[string]any) error {
	var version int
	if err := t.get(ctx, &version, sqlCaseVersion, r.CaseID); err != nil {
		return err
	}
	all := map[string]any{"to": r.State, "version": r.Version, "hash": r.Hash}
	if r.Reason != "" {
		all["reason"] = r.Reason
	}
	for k, v := range data {
		all[k] = v
	}
	return t.addEvents(ctx, socialwatch.Event{Kind: "reply." + string(r.State), CaseID: r.CaseID, CaseVersion: version,
		ReplyID: r.ID, Actor: actor, At: at, Data: all})
}

// ExpireLeases turns sending replies whose lease has ended into unknown, to be
// looked for after settle, and returns how many.
func (s *Store) ExpireLeases(ctx context.Context, now time.Time, settle time.Duration) (int, error) {
	var rows []replyRow
	err := s.tx(ctx, func(t *tx) error {
		rows = nil
		if err := t.all(ctx, &rows, sqlLeasesEnded, now.Add(settle), now, now); err != nil {
			return err
		}
		for _, r := range rowValues[replyRow, socialwatch.Reply](rows) {
			_, err := t.exec(ctx, sqlFinishAttempt, now, socialwatch.ReplyUnknown, r.Reason, r.ID, r.Attempt)
			if err := errors.Join(err, t.replyEvent(ctx, r, socialwatch.System, now, map[string]any{"attempt": r.Attempt})); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("end leases: %w", err)
	}
	return len(rows), nil
}

// lookRow is a leased reply in doubt.
type lookRow struct {
	replyRow
	Looks int `db:"looks"`
}

// DueLooks leases at most limit unknown replies whose look is due.
func (s *Store) DueLooks(ctx context.Context, now time.Time, worker string, lease time.Duration, limit int) ([]socialwatch.Attempt, error) {
	var due []socialwatch.Attempt
	err := s.tx(ctx, func(t *tx) error {
		due = nil
		until := socialwatch.Micros(now.Add(lease))
		var rows []lookRow
		if err := t.all(ctx, &rows, sqlDueLooks, worker, until, now, now, limit, now); err != nil {
			return err
		}
		for _, row := range rows {
			first, err := t.firstAttempt(ctx, row.ID)
			if err != nil {
				return err
			}
			due = append(due, socialwatch.Attempt{Reply: row.value(), N: row.Attempt, Worker: worker,
				LeaseUntil: until, FirstAt: first, Looks: row.Looks})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("lease due looks: %w", err)
	}
	return due, nil
}

// FinishLook ends one look. ErrConflict when its lease was lost or a person
// has settled the reply meanwhile.
func (s *Store) FinishLook(ctx context.Context, a socialwatch.Attempt, o socialwatch.Outcome) error {
	counted := 0
	if o.Counted {
		counted = 1
	}
	err := s.tx(ctx, func(t *tx) error {
		args := outcomeArgs(o)
		args = append(append(args[:4:4], counted), args[4:]...)
		var row replyRow
		err := t.get(ctx, &row, sqlFinishLook, append(args, o.At, a.Reply.ID, a.Worker, a.LeaseUntil)...)
		if err != nil {
			return conflictIfGone(err)
		}
		if o.State == socialwatch.ReplyUnknown && !o.LookAt.IsZero() {
			return nil // it stays where it was: no move, no event
		}
		return t.ended(ctx, row.value(), o, socialwatch.System)
	})
	if err != nil {
		return fmt.Errorf("end look for reply %d: %w", a.Reply.ID, err)
	}
	return nil
}
