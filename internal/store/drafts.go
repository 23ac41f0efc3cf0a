package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"socialwatch"
)

const (
	sqlRevise = `update replies set state = ?, version = version + 1, payload = ?, hash = ?, findings = ?, checked_by = ?, author = ?,
    edit = ?, words_added = ?, words_removed = ?, self_approved = false, reason = ?, expires_at = ?, snoozed_until = null, updated_at = ?, ` + sqlDecidedNow + `
where id = ? and state in ('awaiting','blocked') and hash = ? returning ` + replyColumns
	sqlBlock = `update replies set state = 'blocked', findings = ?, checked_by = ?, reason = ?, key = null, hold_until = null, hold_from = null,
    retry_at = null, snoozed_until = null, updated_at = ? where id = ? and state = ? returning ` + replyColumns

	sqlProposeParent = `select m.account, m.host, m.network, m.post_id, c.id, c.version, c.score, ` + sqlDueNext + ` as due_at, c.opened_at, c.state, m.followers
from mentions m join cases c on c.id = m.case_id where m.id = ?`
	sqlProposeCase = `select case_id from mentions where id = ? and case_id is not null`
)

// blockedReason is the reason of a blocked reply; its findings say more.
const blockedReason = "the safety check blocks it"

// Revise stores a person's edit as a new version, awaiting or blocked by its
// findings, and with Approval approves it in the same transaction. An
// approver's edit of another's draft is one decision, not self-approval; an
// edit of what one has a part in still needs a.SelfApproval, and none suffices
// with a.Colleague. ErrConflict when an edit alone changes nothing of a reply
// that awaits: nobody becomes its author by looking at it.
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

func (t *tx) revise(ctx context.Context, rev socialwatch.Revision) (socialwatch.Reply, error) {
	if rev.Approval != nil {
		if err := t.lockSwitch(ctx); err != nil {
			return socialwatch.Reply{}, err
		}
	}
	old, err := t.lockReply(ctx, rev.ReplyID)
	if err != nil {
		return old, err
	}
	if err := t.mayDecide(ctx, rev.By.Login, socialwatch.RoleAuthor, old.Payload.Account); err != nil {
		return old, err
	}
	p := storablePayload(rev.Payload)
	if !answersSame(p, old.Payload) {
		return old, errors.New("an edit changes the words, not what they answer")
	}
	same := p.Hash() == old.Hash
	if same && rev.Approval == nil && old.State == socialwatch.ReplyAwaiting {
		return old, fmt.Errorf("nothing is changed: the text stands as it was: %w", socialwatch.ErrNotPossible)
	}
	self, err := t.wrote(ctx, old.ID, rev.By.Login)
	if err != nil {
		return old, err
	}
	if err := t.wakeFor(ctx, old.CaseID, rev.By.Login, rev.At); err != nil {
		return old, err
	}
	state, reason := fresh(rev.Findings)
	edit := rev.Change.Edit
	var row replyRow
	err = t.get(ctx, &row, sqlRevise, state, asJSON(p), p.Hash(), asJSON(rev.Findings), rev.CheckedBy, rev.By.Login,
		edit.Kind, edit.Added, edit.Removed, reason, rev.ExpiresAt, rev.At, rev.ReplyID, rev.Hash)
	if errors.Is(err, socialwatch.ErrNotFound) {
		return old, changedSince(old, rev.Hash)
	}
	if err != nil {
		return old, err
	}
	r := row.value()
	if err := t.addVersion(ctx, version{Reply: r, diff: rev.Change.Diff}, old.State, rev.At); err != nil || rev.Approval == nil {
		return r, err
	}
	a := *rev.Approval
	a.ReplyID, a.By = rev.ReplyID, rev.By                     // one person, one decision
	return t.approve(ctx, r, a, self || a.Colleague && !same) // the edit is what is to be approved
}

// answersSame reports whether two payloads answer the same post from the same
// account.
func answersSame(p, q socialwatch.Payload) bool {
	return p.Network == q.Network && p.Host == q.Host && p.Account == q.Account && p.ParentID == q.ParentID
}

// fresh is the state of a new version, by its findings, with the reason.
func fresh(findings []socialwatch.Finding) (socialwatch.ReplyState, string) {
	if socialwatch.AnyBlocks(findings) {
		return socialwatch.ReplyBlocked, blockedReason
	}
	return socialwatch.ReplyAwaiting, ""
}

// version is a reply in one version, with what only that version has.
type version struct {
	socialwatch.Reply
	slots []socialwatch.Span
	diff  []socialwatch.DiffPart
	reach int // followers of the asker
}

// args are the values of sqlSaveVersions.
func (v version) args(at time.Time) []any {
	return []any{v.ID, v.Version, asJSON(v.Payload), v.Hash, asJSON(v.Findings), v.Author, at,
		v.Edit.Kind, v.Edit.Added, v.Edit.Removed, v.CheckedBy, asJSON(v.slots), asJSON(v.diff)}
}

// addVersion stores v as one of its reply's versions, and writes the events of its
// way from the state before it, empty for the first, to the one it has.
func (t *tx) addVersion(ctx context.Context, v version, from socialwatch.ReplyState, at time.Time) error {
	if err := t.values(ctx, values{head: sqlSaveVersions, width: versionWidth, args: v.args(at)}); err != nil {
		return err
	}
	r := v.Reply
	way := []socialwatch.ReplyState{socialwatch.ReplyProposed, socialwatch.ReplyChecked, socialwatch.ReplyAwaiting}
	if r.State == socialwatch.ReplyBlocked {
		way = []socialwatch.ReplyState{socialwatch.ReplyProposed, socialwatch.ReplyBlocked}
	}
	final, reason := r.State, r.Reason
	for _, state := range way {
		r.State, r.Reason = state, ""
		s := step{from: from, actor: socialwatch.System, at: at}
		if state == socialwatch.ReplyProposed {
			s.actor = r.Author
		}
		if state == final {
			r.Reason = reason
		}
		if err := t.replyEvent(ctx, r, s); err != nil {
			return err
		}
		from = state
	}
	return nil
}

// Block takes a reply out of the way to the public because a check of its
// text, now, blocks, or warns of what nobody has confirmed. Its key goes until
// somebody approves it again: that of a mended text is another.
// ErrConflict when the reply is where nothing can be blocked any more.
func (s *Store) Block(ctx context.Context, replyID int64, findings []socialwatch.Finding, checkedBy string, at time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		old, err := t.lockReply(ctx, replyID)
		if err != nil {
			return err
		}
		if !old.State.May(socialwatch.ReplyBlocked) {
			return changedSince(old, old.Hash)
		}
		reason := blockedReason
		if rule := socialwatch.NewWarning(old.Findings, findings); rule != "" && !socialwatch.AnyBlocks(findings) {
			reason = "a new warning, " + rule + ": look again"
		}
		var row replyRow
		err = t.get(ctx, &row, sqlBlock, asJSON(findings), checkedBy, reason, at, replyID, old.State)
		if err != nil {
			return conflictIfGone(err)
		}
		return t.replyEvent(ctx, row.value(), step{from: old.State, actor: socialwatch.System, at: at})
	})
	if err != nil {
		return fmt.Errorf("block reply %d: %w", replyID, err)
	}
	return nil
}

const sqlSupersede = `update replies set state = 'superseded', reason = ?, updated_at = ?
where id = ? and state = ? returning ` + replyColumns

// Supersede ends a reply because the thread has moved. ErrConflict when it may
// be public by now.
func (s *Store) Supersede(ctx context.Context, replyID int64, reason string, at time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		old, err := t.lockReply(ctx, replyID)
		if err != nil {
			return err
		}
		if !old.State.May(socialwatch.ReplySuperseded) {
			return changedSince(old, old.Hash)
		}
		var row replyRow
		if err := t.get(ctx, &row, sqlSupersede, reason, at, replyID, old.State); err != nil {
			return conflictIfGone(err)
		}
		return t.replyEvent(ctx, row.value(), step{from: old.State, actor: socialwatch.System, at: at})
	})
	if err != nil {
		return fmt.Errorf("supersede reply %d: %w", replyID, err)
	}
	return nil
}

// Propose stores a person's own draft for a stored post of a case, whose version
// rises: a post that comes at the same time supersedes it. ErrConflict
// when the post is gone, was edited since, or has a live reply already, and
// when the case is resolved or closed.
func (s *Store) Propose(ctx context.Context, p socialwatch.Proposal) (r socialwatch.Reply, err error) {
	err = s.tx(ctx, func(t *tx) error {
		r, err = t.propose(ctx, p)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("draft a reply: %w", err)
	}
	return r, nil
}

// answered is a post with what a reply to it needs.
type answered struct {
	caseBrief
	State     string `db:"state"`
	Account   string `db:"account"`
	Network   string `db:"network"`
	Host      string `db:"host"`
	PostID    string `db:"post_id"`
	Followers int    `db:"followers"`
}

func (t *tx) propose(ctx context.Context, p socialwatch.Proposal) (r socialwatch.Reply, err error) {
	var caseID int64
	err = t.get(ctx, &caseID, sqlProposeCase, p.MentionID)
	if errors.Is(err, socialwatch.ErrNotFound) {
		return r, fmt.Errorf("there is no such post with a case: %w", err)
	}
	if err != nil {
		return r, err
	}
	if err := t.lockCase(ctx, caseID); err != nil { // so that nobody resolves it meanwhile
		return r, err
	}
	var parent answered
	if err := t.get(ctx, &parent, sqlProposeParent, socialwatch.NothingDue, p.MentionID); err != nil {
		return r, err
	}
	if parent.ID != caseID {
		return r, errElsewhere
	}
	if err := t.mayPropose(ctx, p, parent); err != nil {
		return r, err
	}
	if err := t.wakeFor(ctx, caseID, p.By.Login, p.At); err != nil {
		return r, err
	}
	// A batch that has read the case without this draft could not supersede it.
	if _, err := t.exec(ctx, sqlWorked, p.At, caseID); err != nil {
		return r, err
	}
	return t.addReply(ctx, p, nil, parent)
}

// firstEdit is the badge of a first version: a template filled it, or a person
// wrote it.
func firstEdit(author string) socialwatch.EditKind {
	if author == socialwatch.System {
		return socialwatch.EditNone
	}
	return socialwatch.EditWritten
}

// addReply stores a draft for a post as its first version.
func (t *tx) addReply(ctx context.Context, p socialwatch.Proposal, slots []socialwatch.Span, parent answered) (r socialwatch.Reply, err error) {
	state, reason := fresh(p.Findings)
	payload := storablePayload(p.Payload)
	rows, err := returning[replyRow](ctx, t, values{head: sqlSaveReplies, tail: "returning " + replyColumns, width: replyWidth, args: []any{
		parent.ID, p.MentionID, parent.Account, state, 1, asJSON(payload), payload.Hash(), asJSON(p.Findings),
		p.By.Login, reason, p.ExpiresAt, p.At, p.At, parent.DueAt.Time, 100 - parent.Score, parent.OpenedAt.Time,
		firstEdit(p.By.Login), p.CheckedBy, parent.Followers}})
	if duplicate(err) {
		return r, fmt.Errorf("this post has a live reply already: edit that one: %w", socialwatch.ErrNotPossible)
	}
	if err != nil {
		return r, err
	}
	r = rows[0].value()
	return r, t.addVersion(ctx, version{Reply: r, slots: slots}, "", p.At)
}

// mayPropose says what is in the way of a person's own draft.
func (t *tx) mayPropose(ctx context.Context, p socialwatch.Proposal, parent answered) error {
	if err := t.mayDecide(ctx, p.By.Login, socialwatch.RoleAuthor, parent.Account); err != nil {
		return err
	}
	if !answersSame(p.Payload, socialwatch.Payload{Network: socialwatch.Network(parent.Network), Host: parent.Host,
		Account: parent.Account, ParentID: parent.PostID}) {
		return errors.New("the payload answers another post")
	}
	switch state := socialwatch.CaseState(parent.State); state {
	case socialwatch.CaseNew, socialwatch.CaseOpen, socialwatch.CaseWaiting:
	default:
		return fmt.Errorf("the case is %s: reopen it first: %w", state, socialwatch.ErrNotPossible)
	}
	return t.parentStands(ctx, p.MentionID, p.Payload)
}
