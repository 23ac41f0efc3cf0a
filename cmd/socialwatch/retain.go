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
	_, err := a.store.EraseClosed(ctx, a.before(keep.Closed), now)
	_, dropped := a.store.DropCommands(ctx, a.before(keep.Commands))
	err = errors.Join(err, dropped)
	for _, acc := range a.cfg.Accounts {
		_, of := a.store.EraseIgnored(ctx, acc.Name, a.before(keep.Ignored), now)
		err = errors.Join(err, of)
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
