package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"socialwatch"
)

const (
	sqlReply   = `select ` + replyColumns + ` from replies where id = ?`
	sqlCase    = `select ` + caseColumns + ` from cases where id = ?`
	sqlMention = `select ` + mentionColumns + ` from mentions where id = ?`

	sqlInDoubt = `select count(*) from replies where case_id = ? and id <> ? and state in ('sending','unknown')`
	// Whether an answer of ours to the same post may be public, besides what goes again,
	// and whether its author asked us not to write.
	sqlAnswered = `select exists (select 1 from replies where case_id = ? and mention_id = ?
        and (state = 'sent' or state in ('sending','unknown') and id <> ?))
    or exists (select 1 from events where case_id = ? and kind = '` + socialwatch.EventCaseResponded + `'
        and data ->> 'parent_id' = ?) as answered,
exists (select 1 from mentions where account = ? and author_id = ? and ` + sqlHasOptedOut + `) as opted_out`
	sqlStopped = `select actor, at from settings where name = 'stop'`

	sqlReplyCase = `select case_id from replies where id = ?`
	sqlParent    = `select revision, gone_at from mentions where id = ?`

	sqlWrote = `select exists (select 1 from reply_versions where reply_id = ? and author = ?)`

	sqlApprove = `update replies set state = ?, key = ?, decided_by = ?, decided_at = ?, hold_until = ?, expires_at = ?,
    hold_from = ?, findings = ?, checked_by = ?, self_approved = ?, reason = '', snoozed_until = null, updated_at = ?, ` + sqlDecidedNow + `
where id = ? and state = 'awaiting' and hash = ? returning ` + replyColumns
	sqlReject = `update replies set state = 'rejected', reason = ?, decided_by = ?, decided_at = ?, updated_at = ?, ` + sqlDecidedNow + `
where id = ? and state = 'awaiting' and hash = ? returning ` + replyColumns
	sqlUndo = `update replies set state = 'cancelled', reason = 'undone', updated_at = ?
where id = ? and state = 'holding' and hash = ? returning ` + replyColumns
	sqlWithdraw = `update replies set state = 'withdrawn', reason = ?, retry_at = null, hold_until = null, hold_from = null,
    updated_at = ?, ` + sqlDecidedNow + `
where id = ? and state in ('awaiting','approved','holding','blocked','failed') and hash = ? returning ` + replyColumns
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
	if err := t.original(ctx, &rc); err != nil {
		return rc, err
	}
	var doubts int
	if err := t.get(ctx, &doubts, sqlInDoubt, reply.CaseID, replyID); err != nil {
		return rc, err
	}
	if rc.Moved, err = t.moved(ctx, rc); err != nil {
		return rc, err
	}
	if err := t.allowed(ctx, &rc); err != nil {
		return rc, err
	}
	if err := t.around(ctx, &rc); err != nil {
		return rc, err
	}
	if rc.NewTemplate, err = t.newTemplate(ctx, rc.Reply.Payload); err != nil {
		return rc, err
	}
	stop, err := t.stopState(ctx)
	rc.InDoubt, rc.Stopped = doubts > 0, stop.Stopped
	return rc, err
}

// allowed reads what the customer's wish and the network's rules depend on.
func (t *tx) allowed(ctx context.Context, rc *socialwatch.ReplyContext) error {
	var row struct {
		Answered bool `db:"answered"`
		OptedOut bool `db:"opted_out"`
	}
	err := t.get(ctx, &row, sqlAnswered, rc.Case.ID, rc.Reply.MentionID, rc.Reply.ID, rc.Case.ID, rc.Parent.ID,
		rc.Case.Account, rc.Parent.Author.ID)
	rc.Answered, rc.OptedOut = row.Answered, row.OptedOut
	return err
}

// lockReply reads a reply and keeps everybody else from changing it or its case
// until the transaction ends. Locks are taken in one order everywhere: switch,
// case, reply.
func (t *tx) lockReply(ctx context.Context, id int64) (socialwatch.Reply, error) {
	var caseID int64
	if err := t.get(ctx, &caseID, sqlReplyCase, id); err != nil {
		return socialwatch.Reply{}, err
	}
	if err := t.lockCase(ctx, caseID); err != nil {
		return socialwatch.Reply{}, err
	}
	var row replyRow
	err := t.get(ctx, &row, sqlReply+t.s.dialect.forUpdate, id)
	if err == nil && row.CaseID != caseID {
		err = errElsewhere
	}
	return row.value(), err
}

// Approve stores a person's yes, if the reply still awaits with that hash:
// it becomes approved, and at once holding unless publishing is stopped.
// ErrConflict names who was faster, or what else has changed; ErrForbidden
// says which right is missing: the person's rights are read here, in the same
// transaction. Nobody approves a reply that they wrote a version of unless
// a.SelfApproval, and reply and event say so then; with a.Colleague nobody at all.
func (s *Store) Approve(ctx context.Context, a socialwatch.Approval) (r socialwatch.Reply, err error) {
	err = s.tx(ctx, func(t *tx) error {
		if err := t.lockSwitch(ctx); err != nil {
			return err
		}
		if r, err = t.lockReply(ctx, a.ReplyID); err != nil {
			return err
		}
		self, err := t.wrote(ctx, r.ID, a.By.Login)
		if err != nil {
			return err
		}
		r, err = t.approve(ctx, r, a, self)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("approve reply %d: %w", a.ReplyID, err)
	}
	return r, nil
}

// wrote reports whether somebody wrote one of a reply's versions: whoever has
// edited it since, words of theirs may stand in it.
func (t *tx) wrote(ctx context.Context, replyID int64, login string) (yes bool, err error) {
	return yes, t.get(ctx, &yes, sqlWrote, replyID, login)
}

// approve decides about old, which is locked, as is the switch. self says that
// a.By has a part in the text that a.By was shown.
func (t *tx) approve(ctx context.Context, old socialwatch.Reply, a socialwatch.Approval, self bool) (socialwatch.Reply, error) {
	if err := t.mayApprove(ctx, old, a, self); err != nil {
		return old, err
	}
	stop, err := t.stopState(ctx)
	if err != nil {
		return old, err
	}
	state, from, hold := socialwatch.ReplyHolding, a.At, a.At.Add(a.Hold)
	if stop.Stopped {
		state, from, hold = socialwatch.ReplyApproved, time.Time{}, time.Time{}
	}
	var row replyRow
	err = t.get(ctx, &row, sqlApprove, state, a.Key, a.By.Login, a.At, hold, a.ExpiresAt, from,
		asJSON(a.Findings), a.CheckedBy, self, a.At, a.ReplyID, a.Hash)
	if errors.Is(err, socialwatch.ErrNotFound) {
		return old, changedSince(old, a.Hash)
	}
	if err != nil {
		return old, conflictIfDuplicate(err)
	}
	r := row.value()
	if a.FirstUse {
		if err := t.templateApproved(ctx, r.Payload, a); err != nil {
			return r, err
		}
	}
	return r, t.approvedEvents(ctx, r, a, self)
}

// mayApprove says what is in the way of an approval.
func (t *tx) mayApprove(ctx context.Context, old socialwatch.Reply, a socialwatch.Approval, self bool) error {
	if err := t.mayDecide(ctx, a.By.Login, socialwatch.RoleApprover, old.Payload.Account); err != nil {
		return err
	}
	switch {
	case a.Key == "" || a.ExpiresAt.IsZero():
		return errors.New("an approval needs a key and an expiry")
	case old.State != socialwatch.ReplyAwaiting, old.Hash != a.Hash, old.Payload.Hash() != a.Hash:
		return changedSince(old, a.Hash)
	case socialwatch.AnyBlocks(a.Findings):
		return errors.New("the safety check blocks it: change the text")
	case !a.At.Before(old.ExpiresAt) && !old.Lease.Active(a.At):
		return fmt.Errorf("it expired at %s: draft it again: %w", old.ExpiresAt.Format("15:04 MST"), socialwatch.ErrConflict)
	case self && a.Colleague:
		return fmt.Errorf("%s has edited this text and a colleague must approve it: %w", a.By.Login, socialwatch.ErrForbidden)
	case self && !a.SelfApproval:
		return fmt.Errorf("%s wrote a version of it and another person must approve it: %w", a.By.Login, socialwatch.ErrForbidden)
	}
	if err := t.parentStands(ctx, old.MentionID, old.Payload); err != nil {
		return err
	}
	var doubts int
	if err := t.get(ctx, &doubts, sqlInDoubt, old.CaseID, old.ID); err != nil {
		return err
	}
	if doubts > 0 {
		return fmt.Errorf("another reply of this case may be public: settle it first: %w", socialwatch.ErrNotPossible)
	}
	return nil
}

// parentStands refuses what answers a post that is gone or says something else
// now. Intake supersedes such replies; this holds when it could not.
func (t *tx) parentStands(ctx context.Context, mentionID int64, p socialwatch.Payload) error {
	var parent struct {
		Revision string `db:"revision"`
		GoneAt   moment `db:"gone_at"`
	}
	if err := t.get(ctx, &parent, sqlParent, mentionID); err != nil {
		return err
	}
	switch {
	case !parent.GoneAt.IsZero():
		return fmt.Errorf("the post it answers is gone: %w", socialwatch.ErrConflict)
	case parent.Revision != p.ParentRev:
		return fmt.Errorf("the post it answers has been edited: draft it again: %w", socialwatch.ErrConflict)
	}
	return nil
}

// approvedEvents writes reply.approved and, unless it waits, reply.holding.
func (t *tx) approvedEvents(ctx context.Context, r socialwatch.Reply, a socialwatch.Approval, self bool) error {
	yes := r
	yes.State = socialwatch.ReplyApproved
	more := map[string]any{"expires_at": a.ExpiresAt}
	if self {
		more["self_approved"] = true
	}
	if a.Confirmed.Asks() {
		more["confirmed"] = confirmed(a.Confirmed)
	}
	err := t.replyEvent(ctx, yes, step{from: socialwatch.ReplyAwaiting, actor: a.By.Login, at: a.At, more: more})
	if err != nil || r.State == socialwatch.ReplyApproved {
		return err
	}
	return t.replyEvent(ctx, r, step{from: socialwatch.ReplyApproved, actor: a.By.Login, at: a.At,
		more: map[string]any{"hold_until": r.HoldUntil}})
}

// changedSince says why a decision came too late.
// hash is of the text that it was about.
func changedSince(r socialwatch.Reply, hash string) error {
	if r.State == socialwatch.ReplyAwaiting && r.Hash == hash && r.Payload.Hash() == hash {
		return fmt.Errorf("it is %s now: %w", r.State, socialwatch.ErrNotPossible)
	}
	if r.State == socialwatch.ReplyAwaiting {
		return fmt.Errorf("it has another text now: look at it again: %w", socialwatch.ErrConflict)
	}
	what := "approved"
	switch r.State {
	case socialwatch.ReplyRejected:
		what = "rejected"
	case socialwatch.ReplyApproved, socialwatch.ReplyHolding, socialwatch.ReplySending, socialwatch.ReplySent,
		socialwatch.ReplyFailed, socialwatch.ReplyUnknown:
	default: // not by a decision, or by a later one than is stored
		return fmt.Errorf("it is %s now: %w", r.State, socialwatch.ErrConflict)
	}
	return fmt.Errorf("already %s by %s at %s, it is %s now: %w", what, r.DecidedBy,
		r.DecidedAt.Format("15:04 MST"), r.State, socialwatch.ErrConflict)
}

// mayDecide reads a person's rights where they stand: a name that is not in
// the database, or is disabled, decides nothing. A system whose command runs
// may what an author may.
func (t *tx) mayDecide(ctx context.Context, login string, role socialwatch.Role, account string) error {
	if t.isSystem(login) && (role == socialwatch.RoleReader || role == socialwatch.RoleAuthor) {
		return nil
	}
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
	what   string // the verb, for errors
	role   func(socialwatch.Reply) socialwatch.Role
	run    func(t *tx, before socialwatch.Reply) (replyRow, error)
	reason string // of its event, where the reply's own holds a note
	at     time.Time
}

func approver(socialwatch.Reply) socialwatch.Role { return socialwatch.RoleApprover }

// decide runs a verdict and writes its event. Where nothing matches, it says
// what became of the reply.
func (s *Store) decide(ctx context.Context, d socialwatch.Decision, v verdict) (r socialwatch.Reply, err error) {
	err = s.tx(ctx, func(t *tx) error {
		if r, err = t.lockReply(ctx, d.ReplyID); err != nil {
			return err
		}
		if err := t.mayDecide(ctx, d.By.Login, v.role(r), r.Payload.Account); err != nil {
			return err
		}
		row, err := v.run(t, r)
		if errors.Is(err, socialwatch.ErrNotFound) {
			return changedSince(r, d.Hash)
		}
		if err != nil {
			return err
		}
		from := r.State
		r = row.value()
		return t.replyEvent(ctx, r, step{from: from, actor: d.By.Login, at: v.at, reason: v.reason})
	})
	if err != nil {
		return r, fmt.Errorf("%s reply %d: %w", v.what, d.ReplyID, err)
	}
	return r, nil
}

// Reject ends an awaiting reply for one of the RejectReasons. The note stays
// with the reply; the event, which others read, has the reason alone.
func (s *Store) Reject(ctx context.Context, d socialwatch.Decision, at time.Time) (socialwatch.Reply, error) {
	if !slices.Contains(socialwatch.RejectReasons, d.Reason) {
		return socialwatch.Reply{}, fmt.Errorf("reject reply %d: the reason must be one of %v", d.ReplyID, socialwatch.RejectReasons)
	}
	if d.Reason == "other" && d.Note == "" {
		return socialwatch.Reply{}, fmt.Errorf("reject reply %d: the reason other needs a note", d.ReplyID)
	}
	return s.decide(ctx, d, verdict{what: "reject", role: approver, reason: d.Reason, at: at,
		run: func(t *tx, _ socialwatch.Reply) (row replyRow, err error) {
			err = t.get(ctx, &row, sqlReject, withNote(d.Reason, d.Note), d.By.Login, at, at, d.ReplyID, d.Hash)
			return row, err
		}})
}

// withNote is a reason with a colleague's own words.
func withNote(reason, note string) string {
	if note == "" {
		return reason
	}
	return reason + ": " + note
}

// WithoutNote is the reason of a reply that was rejected or withdrawn, without
// the colleague's own words that may follow it.
func WithoutNote(reason string) string {
	reason, _, _ = strings.Cut(reason, ": ")
	return reason
}
