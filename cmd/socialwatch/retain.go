package main

import (
	"context"
	"errors"
	"time"

	"socialwatch"
)

// retain erases what is older than the configuration keeps it: of other systems'
// commands, and of every account in it.
func (a *app) retain(ctx context.Context) error {
	keep, now := a.cfg.Privacy.Retain, socialwatch.Micros(a.now())
	n, err := a.store.EraseClosed(ctx, a.before(keep.Closed), now)
	dropped, failed := a.store.DropCommands(ctx, a.before(keep.Commands))
	n, err = n+dropped, errors.Join(err, failed)
	for _, acc := range a.cfg.Accounts {
		erased, failed := a.store.EraseIgnored(ctx, acc.Name, a.before(keep.Ignored), now)
		n, err = n+erased, errors.Join(err, failed)
	}
	return unlessOver(ctx, n > 0, err)
}

// unlessOver is the error of work that goes on in its next run: none when its
// time is over and some of it is done.
func unlessOver(ctx context.Context, some bool, err error) error {
	if some && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil
	}
	return err
}

// before is since when what is kept for so long is kept; zero: since ever.
func (a *app) before(kept time.Duration) time.Time {
	if kept == 0 {
		return time.Time{}
	}
	return socialwatch.Micros(a.now().Add(-kept))
}
