package store

import (
	"context"
	"fmt"
	"time"

	"socialwatch"
)

const sqlExtend = `update replies set hold_until = ?, updated_at = ?
where id = ? and state = 'holding' and hash = ? and hold_until = ? and hold_until > ? returning ` + replyColumns

// Extend makes the undo window of a holding reply HoldStep longer, but not longer
// than HoldMax since it began: one's own approval, or as a lead anybody's. Claim
// and Extend race in the database, and only one wins. ErrConflict when the window
// is over, cannot be longer, or is about another text.
func (s *Store) Extend(ctx context.Context, d socialwatch.Decision, at time.Time) (r socialwatch.Reply, err error) {
	err = s.tx(ctx, func(t *tx) error {
		if r, err = t.lockReply(ctx, d.ReplyID); err != nil {
			return err
		}
		if err := t.mayDecide(ctx, d.By.Login, takesBack(d.By.Login)(r), r.Payload.Account); err != nil {
			return err
		}
		r, err = t.extend(ctx, r, d, at)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("extend reply %d: %w", d.ReplyID, err)
	}
	return r, nil
}

func (t *tx) extend(ctx context.Context, old socialwatch.Reply, d socialwatch.Decision, at time.Time) (socialwatch.Reply, error) {
	if old.State != socialwatch.ReplyHolding || old.Hash != d.Hash {
		return old, changedSince(old, d.Hash)
	}
	from := old.HoldFrom
	if from.IsZero() { // approved by a program of before
		from = old.DecidedAt
	}
	until := old.HoldUntil.Add(socialwatch.HoldStep)
	if last := from.Add(socialwatch.HoldMax); until.After(last) {
		until = last
	}
	if !until.After(old.HoldUntil) {
		return old, fmt.Errorf("it has held as long as it may: undo it instead: %w", socialwatch.ErrNotPossible)
	}
	var row replyRow
	if err := t.get(ctx, &row, sqlExtend, until, at, old.ID, d.Hash, old.HoldUntil, at); err != nil {
		return old, conflictIfGone(err)
	}
	r := row.value()
	c, err := t.caseByID(ctx, r.CaseID)
	if err != nil {
		return old, err
	}
	return r, t.addEvents(ctx, socialwatch.Event{Kind: socialwatch.EventReplyExtended, CaseID: r.CaseID, CaseVersion: c.Version,
		ReplyID: r.ID, Actor: d.By.Login, At: at, Data: map[string]any{"hold_until": until}})
}
