package store

import (
	"context"
	"time"

	"socialwatch"
)

// step is one move of a reply, as its event tells it.
type step struct {
	from   socialwatch.ReplyState // empty: it begins
	actor  string
	at     time.Time
	reason string         // empty: the reply's own
	more   map[string]any // beside from, to, reason, version and hash
}

const sqlCaseVersion = `select version from cases where id = ?`

// replyEvent writes the event of a reply's move to the state it now has.
func (t *tx) replyEvent(ctx context.Context, r socialwatch.Reply, s step) error {
	var version int
	if err := t.get(ctx, &version, sqlCaseVersion, r.CaseID); err != nil {
		return err
	}
	b := replyBrief{ID: r.ID, CaseID: r.CaseID, State: string(s.from), Version: r.Version, Hash: r.Hash}
	reason := s.reason
	if reason == "" {
		reason = r.Reason
	}
	e := b.moved(version, r.State, reason)
	e.Actor, e.At = s.actor, s.at
	for k, v := range s.more {
		e.Data[k] = v
	}
	return t.addEvents(ctx, e)
}

// replyEvents writes the same move of several replies.
func (t *tx) replyEvents(ctx context.Context, rows []replyRow, s step) error {
	for _, r := range rows {
		if err := t.replyEvent(ctx, r.value(), s); err != nil {
			return err
		}
	}
	return nil
}
