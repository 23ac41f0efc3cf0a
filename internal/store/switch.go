package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"socialwatch"
)

const (
	sqlStop = `insert into settings (name, value, actor, at) values ('stop', 'stopped', ?, ?) on conflict (name) do nothing`
	// Under Stop, what holds goes back to approved: nothing is on its way.
	sqlStopHolding = `update replies set state = 'approved', hold_until = null, updated_at = ?
where state = 'holding' returning ` + replyColumns
	sqlResume        = `delete from settings where name = 'stop'`
	sqlResumeHolding = `update replies set state = 'holding', hold_until = ?, updated_at = ?
where state = 'approved' and expires_at > ? returning ` + replyColumns

	// An overdue draft stays approvable until its version expires.
	sqlExpire = `update replies set state = 'expired', reason = 'not decided or sent in time', updated_at = ?
where state in (?) and expires_at <= ? returning ` + replyColumns

	sqlProposeParent = `select m.account, c.id, c.version, c.score, c.due_at, c.opened_at
from mentions m join cases c on c.id = m.case_id where m.id = ? and m.gone_at is null`
)

// stopState reads the switch.
func (t *tx) stopState(ctx context.Context) (StopState, error) {
	var row struct {
		Actor string `db:"actor"`
		At    moment `db:"at"`
	}
	err := t.get(ctx, &row, sqlStopped)
	if errors.Is(err, socialwatch.ErrNotFound) {
		return StopState{}, nil
	}
	return StopState{Stopped: err == nil, By: row.Actor, At: row.At.Time}, err
}

// Stopped says whether publishing is stopped, by whom and since when.
func (s *Store) Stopped(ctx context.Context) (stop StopState, err error) {
	err = s.read(ctx, func(t *tx) error {
		stop, err = t.stopState(ctx)
		return err
	})
	if err != nil {
		return stop, fmt.Errorf("read the stop: %w", err)
	}
	return stop, nil
}

// Stop ends publishing: when it returns, no call begins until somebody
// resumes; one that is under way is not taken back. Holding replies go back
// to approved. A second Stop changes nothing.
func (s *Store) Stop(ctx context.Context, by string, at time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		if err := t.lockSwitch(ctx); err != nil {
			return err
		}
		n, err := t.exec(ctx, sqlStop, by, at)
		if err != nil || n == 0 {
			return err
		}
		var rows []replyRow
		if err := t.all(ctx, &rows, sqlStopHolding, at); err != nil {
			return err
		}
		for _, r := range rows {
			if err := t.replyEvent(ctx, r.value(), by, at, map[string]any{"why": "publishing stopped"}); err != nil {
				return err
			}
		}
		return t.addEvents(ctx, socialwatch.Event{Kind: socialwatch.EventStopped, Actor: by, At: at})
	})
	if err != nil {
		return fmt.Errorf("stop publishing: %w", err)
	}
	return nil
}

// Resume lets publishing go on: each approved reply that has not expired
// holds afresh. It needs a lead on some account.
func (s *Store) Resume(ctx context.Context, by socialwatch.Person, at time.Time, hold time.Duration) error {
	err := s.tx(ctx, func(t *tx) error {
		if err := t.lockSwitch(ctx); err != nil {
			return err
		}
		if err := t.mayAnywhere(ctx, by.Login, socialwatch.RoleLead); err != nil {
			return err
		}
		n, err := t.exec(ctx, sqlResume)
		if err != nil || n == 0 {
			return err
		}
		var rows []replyRow
		if err := t.all(ctx, &rows, sqlResumeHolding, at.Add(hold), at, at); err != nil {
			return err
		}
		for _, r := range rows {
			if err := t.replyEvent(ctx, r.value(), by.Login, at, map[string]any{"why": "publishing resumed"}); err != nil {
				return err
			}
		}
		return t.addEvents(ctx, socialwatch.Event{Kind: socialwatch.EventResumed, Actor: by.Login, At: at})
	})
	if err != nil {
		return fmt.Errorf("resume publishing: %w", err)
	}
	return nil
}

// mayAnywhere is mayDecide for what concerns no single account.
func (t *tx) mayAnywhere(ctx context.Context, login string, role socialwatch.Role) error {
	p, _, disabled, err := t.personByLogin(ctx, login)
	if err != nil && !errors.Is(err, socialwatch.ErrNotFound) {
		return err
	}
	if err == nil && !disabled {
		for account := range p.Roles {
			if p.May(role, account) {
				return nil
			}
		}
	}
	return fmt.Errorf("%s needs the role %s on an account, which an admin grants: %w", login, role, socialwatch.ErrForbidden)
}

// Expire ends awaiting, approved, holding and failed replies past their
// expiry and returns how many. The case's clock runs on.
func (s *Store) Expire(ctx context.Context, now time.Time) (int, error) {
	var rows []replyRow
	err := s.tx(ctx, func(t *tx) error {
		rows = nil
		if err := t.all(ctx, &rows, sqlExpire, now, socialwatch.Before(socialwatch.ReplyExpired), now); err != nil {
			return err
		}
		for _, r := range rows {
			if err := t.replyEvent(ctx, r.value(), socialwatch.System, now, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("expire replies: %w", err)
	}
	return len(rows), nil
}

// Propose stores a person's own draft for a stored post of a case. ErrConflict
// when the post is gone or has a live reply already.
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

func (t *tx) propose(ctx context.Context, p socialwatch.Proposal) (r socialwatch.Reply, err error) {
	var parent struct {
		caseBrief
		Account string `db:"account"`
	}
	err = t.get(ctx, &parent, sqlProposeParent, p.MentionID)
	if errors.Is(err, socialwatch.ErrNotFound) {
		return r, fmt.Errorf("the post is gone, or has no case: %w", socialwatch.ErrConflict)
	}
	if err != nil {
		return r, err
	}
	if err := t.mayDecide(ctx, p.By.Login, socialwatch.RoleAuthor, parent.Account); err != nil {
		return r, err
	}
	state, reason := socialwatch.ReplyAwaiting, ""
	if socialwatch.AnyBlocks(p.Findings) {
		state, reason = socialwatch.ReplyBlocked, "the safety check blocks it"
	}
	payload := storablePayload(p.Payload)
	rows, err := returning[replyRow](ctx, t, values{head: sqlSaveReplies, tail: "returning " + replyColumns, width: 16, args: []any{
		parent.ID, p.MentionID, parent.Account, state, 1, asJSON(payload), payload.Hash(), asJSON(p.Findings),
		p.By.Login, reason, p.ExpiresAt, p.At, p.At, parent.DueAt.Time, 100 - parent.Score, parent.OpenedAt.Time}})
	if err != nil {
		return r, conflictIfDuplicate(err)
	}
	r = rows[0].value()
	if err := t.addVersion(ctx, r, p.At); err != nil {
		return r, err
	}
	return r, t.way(ctx, r, p.By.Login, p.At)
}
