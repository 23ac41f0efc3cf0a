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
	sqlStopHolding = `update replies set state = 'approved', hold_until = null, hold_from = null, updated_at = ?
where ` + sqlWork + ` and state = 'holding' returning ` + replyColumns
	sqlResume        = `delete from settings where name = 'stop'`
	sqlResumeHolding = `update replies set state = 'holding', hold_until = ?, hold_from = ?, updated_at = ?
where ` + sqlWork + ` and state = 'approved' returning ` + replyColumns
	// A stop that was written as a row by hand has left replies holding.
	sqlResumeAfresh = `update replies set hold_until = ?, hold_from = ?, updated_at = ? where ` + sqlWork + ` and state = 'holding'`

	// Nothing expires under the eyes of somebody who is deciding about it.
	sqlExpireAwaiting = `select id, state from replies where state = 'awaiting' and expires_at <= ?
  and (deciding_until is null or deciding_until <= ?) order by id limit ?`
	sqlExpireWork = `select id, state from replies
where ` + sqlWork + ` and state in ('approved','holding','failed') and expires_at <= ? order by id limit ?`
	sqlExpire = `update replies set state = 'expired', reason = 'not decided or sent in time', hold_until = null, hold_from = null,
    retry_at = null, updated_at = ?
where id in (?) and state in ('awaiting','approved','holding','failed') and expires_at <= ? returning ` + replyColumns
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
// to approved. A second Stop leaves the first one's name and time.
func (s *Store) Stop(ctx context.Context, by string, at time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		if err := t.lockSwitch(ctx); err != nil {
			return err
		}
		n, err := t.exec(ctx, sqlStop, by, at)
		if err != nil {
			return err
		}
		if n > 0 {
			err = t.addEvents(ctx, socialwatch.Event{Kind: socialwatch.EventStopped, Actor: by, At: at})
		}
		if err != nil {
			return err
		}
		var rows []replyRow
		if err := t.all(ctx, &rows, sqlStopHolding, at); err != nil {
			return err
		}
		return t.replyEvents(ctx, rows, step{from: socialwatch.ReplyHolding, actor: by, at: at, reason: "publishing is stopped"})
	})
	if err != nil {
		return fmt.Errorf("stop publishing: %w", err)
	}
	return nil
}

// Resume lets publishing go on: approved replies whose time is over expire, the
// others hold afresh. It needs a lead on some account. Without a stop it
// changes nothing.
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
		err = t.addEvents(ctx, socialwatch.Event{Kind: socialwatch.EventResumed, Actor: by.Login, At: at})
		if err != nil {
			return err
		}
		for more := true; more; {
			n, err := t.expire(ctx, at, sqlExpireWork, at)
			if err != nil {
				return err
			}
			more = n == deadlineBatch
		}
		if _, err := t.exec(ctx, sqlResumeAfresh, at.Add(hold), at, at); err != nil {
			return err
		}
		var rows []replyRow
		if err := t.all(ctx, &rows, sqlResumeHolding, at.Add(hold), at, at); err != nil {
			return err
		}
		return t.replyEvents(ctx, rows, step{from: socialwatch.ReplyApproved, actor: by.Login, at: at, reason: "publishing goes on"})
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
// expiry, a bounded number at once, and returns how many. A draft that somebody
// is deciding about stays. The case's clock runs on.
func (s *Store) Expire(ctx context.Context, now time.Time) (n int, err error) {
	err = s.tx(ctx, func(t *tx) error {
		drafts, err := t.expire(ctx, now, sqlExpireAwaiting, now, now)
		if err != nil {
			return err
		}
		work, err := t.expire(ctx, now, sqlExpireWork, now)
		n = drafts + work
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("expire replies: %w", err)
	}
	return n, nil
}

// expire ends those of the replies that due finds with args. What somebody else
// is changing at the moment is left to the next call.
func (t *tx) expire(ctx context.Context, now time.Time, due string, args ...any) (int, error) {
	var found []struct {
		ID    int64  `db:"id"`
		State string `db:"state"`
	}
	err := t.all(ctx, &found, due+t.s.dialect.skipLocked, append(args, deadlineBatch)...)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	ids := make([]int64, len(found))
	from := make(map[int64]socialwatch.ReplyState, len(found))
	for i, f := range found {
		ids[i], from[f.ID] = f.ID, socialwatch.ReplyState(f.State)
	}
	var rows []replyRow
	if err := t.all(ctx, &rows, sqlExpire, now, ids, now); err != nil {
		return 0, err
	}
	for _, r := range rows {
		if err := t.replyEvent(ctx, r.value(), step{from: from[r.ID], actor: socialwatch.System, at: now}); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}
