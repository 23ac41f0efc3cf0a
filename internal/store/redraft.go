package store

import (
	"context"
	"errors"
	"fmt"

	"socialwatch"
)

// Redraft puts a draft of the program's in the place of one, which becomes
// superseded; the new one waits for a decision like any other. ErrConflict, with
// a text that says why, when the old one is no longer as the person saw it, when
// a person has written or is deciding about it, or when its post has changed.
func (s *Store) Redraft(ctx context.Context, d socialwatch.Redraft) (r socialwatch.Reply, err error) {
	err = s.tx(ctx, func(t *tx) error {
		r, err = t.redraft(ctx, d)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("draft reply %d anew: %w", d.ReplyID, err)
	}
	return r, nil
}

func (t *tx) redraft(ctx context.Context, d socialwatch.Redraft) (socialwatch.Reply, error) {
	old, err := t.lockReply(ctx, d.ReplyID)
	if err != nil {
		return old, err
	}
	if err := t.mayDecide(ctx, d.By.Login, socialwatch.RoleAuthor, old.Payload.Account); err != nil {
		return old, err
	}
	switch {
	case old.State != socialwatch.ReplyAwaiting || old.Hash != d.Hash:
		return old, changedSince(old, d.Hash)
	case old.Author != socialwatch.System || old.Version != 1:
		return old, fmt.Errorf("a person has written it: edit it instead: %w", socialwatch.ErrConflict)
	case old.Lease.Active(d.At) && old.Lease.By != d.By.Login:
		return old, fmt.Errorf("%s is deciding about it: %w", old.Lease.By, socialwatch.ErrConflict)
	}
	if !answersSame(d.Payload, old.Payload) {
		return old, errors.New("the new draft answers another post")
	}
	if err := t.parentStands(ctx, old.MentionID, d.Payload); err != nil {
		return old, err
	}
	if err := t.wakeFor(ctx, old.CaseID, d.By.Login, d.At); err != nil {
		return old, err
	}
	var row replyRow
	if err := t.get(ctx, &row, sqlSupersede, d.Why, d.At, old.ID, old.State); err != nil {
		return old, conflictIfGone(err)
	}
	if err := t.replyEvent(ctx, row.value(), step{from: old.State, actor: d.By.Login, at: d.At}); err != nil {
		return old, err
	}
	var parent answered
	if err := t.get(ctx, &parent, sqlProposeParent, socialwatch.NothingDue, old.MentionID); err != nil {
		return old, err
	}
	return t.addReply(ctx, socialwatch.Proposal{MentionID: old.MentionID, By: socialwatch.Person{Login: socialwatch.System},
		Payload: d.Payload, Findings: d.Findings, CheckedBy: d.CheckedBy, At: d.At, ExpiresAt: d.ExpiresAt}, d.Slots, parent)
}
