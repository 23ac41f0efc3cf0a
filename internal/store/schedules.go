package store

import (
	"context"
	"fmt"
	"time"

	"socialwatch"
)

const (
	sqlTickFirst = `insert into schedules (name, spec, next_at) values (?, ?, ?) on conflict (name) do nothing`
	sqlTickWin   = `update schedules set next_at = ?, spec = ? where name = ? and (next_at <= ? or next_at > ?)`
	sqlTickSpec  = `update schedules set next_at = ?, spec = ? where name = ? and spec <> ?`
	sqlUntick    = `update schedules set next_at = ? where name = ? and next_at = ?`
	sqlNextTick  = `select next_at from schedules where name = ?`
)

// clockSkew is how far the clocks of several hosts may differ before their
// ticks are taken for those of a clock that went back.
const clockSkew = time.Minute

// Tick reports whether the tick of name that is due at now is ours: of any
// number of processes that ask, one wins. The next one is then due at next,
// which must be after now. Ticks missed while nobody ran collapse into one; a
// new name or a changed spec waits for next. A tick that is due much later than
// next was written before a clock went back: it is due now, or work would rest
// for as long as the clock jumped.
func (s *Store) Tick(ctx context.Context, name, spec string, now, next time.Time) (won bool, err error) {
	if !next.After(now) {
		return false, fmt.Errorf("tick of %s: the next one, %s, is not after now: the schedule %q never comes", name, next, spec)
	}
	err = s.tx(ctx, func(t *tx) error {
		won = false
		if n, err := t.exec(ctx, sqlTickFirst, name, spec, next); err != nil || n == 1 {
			return err
		}
		n, err := t.exec(ctx, sqlTickWin, next, spec, name, now, next.Add(clockSkew))
		if err != nil || n == 1 {
			won = n == 1
			return err
		}
		_, err = t.exec(ctx, sqlTickSpec, next, spec, name, spec)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("tick of %s: %w", name, err)
	}
	return won, nil
}

// Untick gives back a tick of name that Tick gave until next: it is due at now,
// unless another one was taken meanwhile.
func (s *Store) Untick(ctx context.Context, name string, now, next time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		_, err := t.exec(ctx, sqlUntick, now, name, next)
		return err
	})
	return wrapped("give back the tick of "+name, err)
}

// NextTick is when name is due next; ErrNotFound before its first Tick.
func (s *Store) NextTick(ctx context.Context, name string) (time.Time, error) {
	var at moment
	err := s.readOne(ctx, func(t *tx) error { return t.get(ctx, &at, sqlNextTick, name) })
	if err != nil {
		return time.Time{}, fmt.Errorf("read next tick of %s: %w", name, err)
	}
	return socialwatch.Micros(at.Time), nil
}
