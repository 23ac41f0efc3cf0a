package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"socialwatch"
)

const (
	sqlReply   = `select ` + replyColumns + ` from replies where id = ?`
	sqlCase    = `select ` + caseColumns + ` from cases where id = ?`
	sqlMention = `select ` + mentionColumns + ` from mentions where id = ?`

	sqlOriginal = `select payload from reply_versions where reply_id = ? and version = 1 and author = ?`
	sqlInDoubt  = `select count(*) from replies where case_id = ? and id <> ? and state in ('sending','unknown')`
	sqlStopped  = `select actor, at from settings where name = 'stop'`

	sqlApprove = `update replies set state = ?, key = ?, decided_by = ?, decided_at = ?, hold_until = ?, expires_at = ?,
    findings = ?, reason = '', updated_at = ?
where id = ? and state = 'awaiting' and hash = ? returning ` + replyColumns
	sqlReject = `update replies set state = 'rejected', reason = ?, decided_by = ?, decided_at = ?, updated_at = ?
where id = ? and state = 'awaiting' and hash = ? returning ` + replyColumns
	sqlUndo = `update replies set state = 'cancelled', reason = 'undone', updated_at = ?
where id = ? and state = 'holding' and hash = ? returning ` + replyColumns
	sqlRevise = `update replies set state = ?, version = version + 1, payload = ?, hash = ?, findings = ?, author = ?,
    reason = ?, expires_at = ?, updated_at = ?
where id = ? and state in ('awaiting','blocked') and hash = ? returning ` + replyColumns
	sqlBlock = `update replies set state = 'blocked', findings = ?, reason = 'the safety check blocks it', key = null,
    updated_at = ? where id = ? and state in (?) returning ` + replyColumns
	sqlSettleSent = `update replies set state = 'sent', post_id = ?, post_url = ?, sent_at = ?, worker = '', lease_until = null,
    look_at = null, reason = '', updated_at = ? where id = ? and state = 'unknown' returning ` + replyColumns
	sqlSettleAbsent = `update replies set state = 'failed', retry_at = ?, worker = '', lease_until = null, look_at = null,
    reason = ?, expires_at = case when expires_at < ? then ? else expires_at end, updated_at = ?
where id = ? and state = 'unknown' returning ` + replyColumns
)

// Context returns a reply with what is needed to check, decide and send it.
func (s *Store) Context(ctx context.Context, replyID int64) (rc socialwatch.ReplyContext, err error) {
	err = s.read(ctx, func(t *tx) error {
		rc, err = t.context(ctx, replyID)
		return err
	})
	if err != nil {
		return socialwatch.ReplyContext{}, fmt.Errorf("read reply %d: %w", replyID, err)
	}
	return rc, nil
}

func (t *tx) context(ctx context.Context, replyID int64) (rc socialwatch.ReplyContext, err error) {
	var reply replyRow
	if err := t.get(ctx, &reply, sqlReply, replyID); err != nil {
		return rc, err
	}
	var c caseRow
	if err := t.get(ctx, &c, sqlCase, reply.CaseID); err != nil {
		return rc, err
	}
	var m mentionRow
	if err := t.get(ctx, &m, sqlMention, reply.MentionID); err != nil {
		return rc, err
	}
	rc = socialwatch.ReplyContext{Reply: reply.value(), Case: c.value(), Parent: m.mention(), ParentGone: m.gone(),
		Assessment: m.assessment()}
	var first jsonOf[socialwatch.Payload]
	err = t.get(ctx, &first, sqlOriginal, replyID, socialwatch.System)
	if err != nil && !errors.Is(err, socialwatch.ErrNotFound) {
		return rc, err
	}
	rc.Original = first.V.Text
	var doubts int
	if err := t.get(ctx, &doubts, sqlInDoubt, reply.CaseID, replyID); err != nil {
		return rc, err
	}
	stop, err := t.stopState(ctx)
	rc.InDoubt, rc.Stopped = doubts > 0, stop.Stopped
	return rc, err
}

// Approve stores a person's yes, if the reply still awaits with that hash:
// it becomes approved, and at once holding unless publishing is stopped.
// ErrConflict names who was faster; ErrForbidden says which right is missing:
// the person's rights are read here, in the same transaction.
func (s *Store) Approve(ctx context.Context, a socialwatch.Approval) (r socialwatch.Reply, err error) {
	err = s.tx(ctx, func(t *tx) error {
		r, err = t.approve(ctx, a)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("approve reply %d: %w", a.ReplyID, err)
	}
	return r, nil
}

func (t *tx) approve(ctx context.Context, a socialwatch.Approval) (r socialwatch.Reply, err error) {
	var before replyRow
	if err := t.get(ctx, &before, sqlReply+t.s.dialect.forUpdate, a.ReplyID); err != nil {
		return r, err
	}
	old := before.value()
	if err := t.mayDecide(ctx, a.By.Login, socialwatch.RoleApprover, old.Payload.Account); err != nil {
		return old, err
	}
	if old.Payload.Hash() != a.Hash {
		return old, changedSince(old)
	}
	self := old.Author == a.By.Login
	if self && !a.SelfApproval {
		return old, fmt.Errorf("%s wrote this version and another person must approve it: %w", a.By.Login, socialwatch.ErrForbidden)
	}
	var doubts int
	if err := t.get(ctx, &doubts, sqlInDoubt, old.CaseID, old.ID); err != nil {
		return old, err
	}
	if doubts > 0 {
		return old, fmt.Errorf("another reply of this case may be public: settle it first: %w", socialwatch.ErrConflict)
	}
	if err := t.lockSwitch(ctx); err != nil {
		return old, err
	}
	stop, err := t.stopState(ctx)
	if err != nil {
		return old, err
	}
	state, hold := socialwatch.ReplyHolding, a.At.Add(a.Hold)
	if stop.Stopped {
		state, hold = socialwatch.ReplyApproved, time.Time{}
	}
	var row replyRow
	err = t.get(ctx, &row, sqlApprove, state, a.Key, a.By.Login, a.At, hold, a.ExpiresAt, asJSON(a.Findings), a.At, a.ReplyID, a.Hash)
	if errors.Is(err, socialwatch.ErrNotFound) {
		return old, changedSince(old)
	}
	if err != nil {
		return old, err
	}
	r = row.value()
	return r, t.approvedEvents(ctx, r, a, self)
}

// approvedEvents writes reply.approved and, unless it waits, reply.holding.
func (t *tx) approvedEvents(ctx context.Context, r socialwatch.Reply, a socialwatch.Approval, self bool) error {
	yes := r
	yes.State = socialwatch.ReplyApproved
	data := map[string]any{"expires_at": a.ExpiresAt}
	if self {
		data["self_approved"] = true
	}
	if a.Note != "" {
		data["note"] = a.Note
	}
	if err := t.replyEvent(ctx, yes, a.By.Login, a.At, data); err != nil || r.State == socialwatch.ReplyApproved {
		return err
	}
	return t.replyEvent(ctx, r, a.By.Login, a.At, map[string]any{"hold_until": r.HoldUntil})
}

// changedSince says why a decision came too late.
func changedSince(r socialwatch.Reply) error {
	if r.State == socialwatch.ReplyAwaiting {
		return fmt.Errorf("it has another text now: look at it again: %w", socialwatch.ErrConflict)
	}
	if r.DecidedBy == "" {
		return fmt.Errorf("it is %s now: %w", r.State, socialwatch.ErrConflict)
	}
	return fmt.Errorf("it is %s already, decided by %s at %s: %w", r.State, r.DecidedBy,
		r.DecidedAt.Format("15:04 MST"), socialwatch.ErrConflict)
}

// mayDecide reads a person's rights where they stand: a name that is not in
// the database, or is disabled, decides nothing.
func (t *tx) mayDecide(ctx context.Context, login string, role socialwatch.Role, account string) error {
	p, _, disabled, err := t.personByLogin(ctx, login)
	if errors.Is(err, socialwatch.ErrNotFound) {
		return fmt.Errorf("no person %q: only a person known by name decides: %w", login, socialwatch.ErrForbidden)
	}
	if err != nil {
		return err
	}
	if disabled || !p.May(role, account) {
		return fmt.Errorf("%s needs the role %s on account %s, which an admin grants: %w", login, role, account, socialwatch.ErrForbidden)
	}
	return nil
}

// verdict is one conditional update of a reply by a person.
type verdict struct {
	what string // the verb, for errors
	run  func(t *tx, before socialwatch.Reply) (replyRow, error)
	data map[string]any // of its event
	at   time.Time
}

// decide runs a verdict and writes its event. Where nothing matches, it says
// what became of the reply.
func (s *Store) decide(ctx context.Context, d socialwatch.Decision, v verdict) (r socialwatch.Reply, err error) {
	err = s.tx(ctx, func(t *tx) error {
		var before replyRow
		if err := t.get(ctx, &before, sqlReply+t.s.dialect.forUpdate, d.ReplyID); err != nil {
			return err
		}
		r = before.value()
		if err := t.mayDecide(ctx, d.By.Login, socialwatch.RoleApprover, r.Payload.Account); err != nil {
			return err
		}
		row, err := v.run(t, r)
		if errors.Is(err, socialwatch.ErrNotFound) {
			return changedSince(r)
		}
		if err != nil {
			return err
		}
		r = row.value()
		return t.replyEvent(ctx, r, d.By.Login, v.at, v.data)
	})
	if err != nil {
		return r, fmt.Errorf("%s reply %d: %w", v.what, d.ReplyID, err)
	}
	return r, nil
}

// Reject ends an awaiting reply for one of the RejectReasons.
func (s *Store) Reject(ctx context.Context, d socialwatch.Decision, at time.Time) (socialwatch.Reply, error) {
	if !slices.Contains(socialwatch.RejectReasons, d.Reason) {
		return socialwatch.Reply{}, fmt.Errorf("reject reply %d: the reason must be one of %v", d.ReplyID, socialwatch.RejectReasons)
	}
	if d.Reason == "other" && d.Note == "" {
		return socialwatch.Reply{}, fmt.Errorf("reject reply %d: the reason other needs a note", d.ReplyID)
	}
	return s.decide(ctx, d, verdict{what: "reject", data: map[string]any{"note": d.Note}, at: at,
		run: func(t *tx, _ socialwatch.Reply) (row replyRow, err error) {
			err = t.get(ctx, &row, sqlReject, d.Reason, d.By.Login, at, at, d.ReplyID, d.Hash)
			return row, err
		}})
}

// Undo cancels a holding reply: one's own approval, or as a lead anybody's.
// Claim and Undo race in the database, and only one wins.
func (s *Store) Undo(ctx context.Context, d socialwatch.Decision, at time.Time) (socialwatch.Reply, error) {
	return s.decide(ctx, d, verdict{what: "undo", at: at,
		run: func(t *tx, before socialwatch.Reply) (row replyRow, err error) {
			if before.DecidedBy != d.By.Login {
				if err := t.mayDecide(ctx, d.By.Login, socialwatch.RoleLead, before.Payload.Account); err != nil {
					return row, err
				}
			}
			err = t.get(ctx, &row, sqlUndo, at, d.ReplyID, d.Hash)
			return row, err
		}})
}

// Revise stores a person's edit as a new version, awaiting or blocked by its
// findings, and with Approval approves it in the same transaction: editing
// and approving another's draft is one decision, not self-approval.
func (s *Store) Revise(ctx context.Context, rev socialwatch.Revision) (r socialwatch.Reply, err error) {
	err = s.tx(ctx, func(t *tx) error {
		r, err = t.revise(ctx, rev)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("edit reply %d: %w", rev.ReplyID, err)
	}
	return r, nil
}

func (t *tx) revise(ctx context.Context, rev socialwatch.Revision) (r socialwatch.Reply, err error) {
	var before replyRow
	if err := t.get(ctx, &before, sqlReply+t.s.dialect.forUpdate, rev.ReplyID); err != nil {
		return r, err
	}
	old := before.value()
	if err := t.mayDecide(ctx, rev.By.Login, socialwatch.RoleAuthor, old.Payload.Account); err != nil {
		return old, err
	}
	state, reason := socialwatch.ReplyAwaiting, ""
	if socialwatch.AnyBlocks(rev.Findings) {
		state, reason = socialwatch.ReplyBlocked, "the safety check blocks it"
	}
	p := storablePayload(rev.Payload)
	var row replyRow
	err = t.get(ctx, &row, sqlRevise, state, asJSON(p), p.Hash(), asJSON(rev.Findings), rev.By.Login, reason,
		rev.ExpiresAt, rev.At, rev.ReplyID, rev.Hash)
	if errors.Is(err, socialwatch.ErrNotFound) {
		return old, changedSince(old)
	}
	if err != nil {
		return old, err
	}
	r = row.value()
	if err := t.addVersion(ctx, r, rev.At); err != nil {
		return r, err
	}
	if err := t.way(ctx, r, rev.By.Login, rev.At); err != nil || rev.Approval == nil {
		return r, err
	}
	a := *rev.Approval
	a.SelfApproval = a.SelfApproval || old.Author != rev.By.Login
	return t.approve(ctx, a)
}

func (t *tx) addVersion(ctx context.Context, r socialwatch.Reply, at time.Time) error {
	return t.values(ctx, values{head: sqlSaveVersions, width: 7,
		args: []any{r.ID, r.Version, asJSON(r.Payload), r.Hash, asJSON(r.Findings), r.Author, at}})
}

// way writes the events of a new version's way to the state it has.
func (t *tx) way(ctx context.Context, r socialwatch.Reply, actor string, at time.Time) error {
	states := []socialwatch.ReplyState{socialwatch.ReplyProposed, socialwatch.ReplyChecked, socialwatch.ReplyAwaiting}
	if r.State == socialwatch.ReplyBlocked {
		states = []socialwatch.ReplyState{socialwatch.ReplyProposed, socialwatch.ReplyBlocked}
	}
	for _, state := range states {
		step, who := r, actor
		if step.State = state; state != socialwatch.ReplyProposed {
			who = socialwatch.System
		}
		if err := t.replyEvent(ctx, step, who, at, nil); err != nil {
			return err
		}
	}
	return nil
}

// Block takes a reply out of the way to the public because a check of its
// text, now, blocks. Its key goes: a mended text is another reply's.
func (s *Store) Block(ctx context.Context, replyID int64, findings []socialwatch.Finding, at time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		var row replyRow
		err := t.get(ctx, &row, sqlBlock, asJSON(findings), at, replyID, socialwatch.Before(socialwatch.ReplyBlocked))
		if err != nil {
			return conflictIfGone(err)
		}
		return t.replyEvent(ctx, row.value(), socialwatch.System, at, nil)
	})
	if err != nil {
		return fmt.Errorf("block reply %d: %w", replyID, err)
	}
	return nil
}

// Settle stores a person's word on a reply in doubt: sent where its link says,
// or absent and then to be sent once more under the same key.
func (s *Store) Settle(ctx context.Context, w socialwatch.Settlement) (r socialwatch.Reply, err error) {
	err = s.tx(ctx, func(t *tx) error {
		var before replyRow
		if err := t.get(ctx, &before, sqlReply+t.s.dialect.forUpdate, w.ReplyID); err != nil {
			return err
		}
		r = before.value()
		if err := t.mayDecide(ctx, w.By.Login, socialwatch.RoleLead, r.Payload.Account); err != nil {
			return err
		}
		o := socialwatch.Outcome{State: socialwatch.ReplySent, Post: w.Post, At: w.At}
		var row replyRow
		if w.Absent {
			o.State = socialwatch.ReplyFailed
			// What was approved in time is sent although the doubt lasted long.
			soon := w.At.Add(time.Hour)
			err = t.get(ctx, &row, sqlSettleAbsent, w.At, "a person states that it is absent", soon, soon, w.At, w.ReplyID)
		} else {
			err = t.get(ctx, &row, sqlSettleSent, w.Post.PostID, w.Post.URL, w.At, w.At, w.ReplyID)
		}
		if errors.Is(err, socialwatch.ErrNotFound) {
			return changedSince(r)
		}
		if err != nil {
			return err
		}
		r = row.value()
		return t.ended(ctx, r, o, w.By.Login)
	})
	if err != nil {
		return r, fmt.Errorf("settle reply %d: %w", w.ReplyID, err)
	}
	return r, nil
}
