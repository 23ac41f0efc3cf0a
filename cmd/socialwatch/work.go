package main

import (
	"cmp"
	"context"
	"errors"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/jobs"
	"socialwatch/internal/store"
)

// leaseTTL bounds how long a killed process keeps an account from others.
const leaseTTL = 30 * time.Second

// recordTimeout bounds how long the result of a poll may take to be stored
// once the poll's own time is over.
const recordTimeout = 5 * time.Second

// poll reads one account if it is due, under the lease that daemon and cron
// share. ErrLeaseHeld when another process reads it.
func (a *app) poll(ctx context.Context, c *connectors.Connector) error {
	state, err := a.store.Account(ctx, c.Account)
	if err != nil {
		return err
	}
	if a.rests(state) {
		return nil
	}
	lease := jobs.Lease{Name: "poll/" + c.Account, Holder: a.worker, TTL: a.tuning.lease, Now: a.now}
	return jobs.Hold(ctx, a.store, lease, func(ctx context.Context) error {
		_, kept := a.intake.Inbox(ctx, c)
		r, err := a.intake.Poll(ctx, c)
		err = errors.Join(kept, err)
		switch {
		case errors.Is(ctx.Err(), context.Canceled):
			return ctx.Err() // told to stop: says nothing about the network
		case ctx.Err() != nil && r.Batches > 0:
			err = nil // out of time: the next poll goes on from the cursor
		case ctx.Err() != nil:
			err = errors.New("nothing could be read in the time allowed: the network answers too slowly")
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
		defer cancel()
		result := socialwatch.PollResult{Account: c.Account, At: socialwatch.Micros(a.now()), Stored: r.Stored}
		if err != nil {
			result.Err, result.Reason, result.NextAt = plain(err), socialwatch.ReasonOf(err), a.pollAgain(err)
		} else if pace, short := a.ledger.Pace(ctx, c.Account); short != nil {
			err = short
		} else if pace > 0 { // money runs short
			result.NextAt = result.At.Add(pace)
		}
		return errors.Join(err, a.store.RecordPoll(ctx, result))
	})
}

// takeIn takes in what was pushed. It needs no lease: the account's version
// decides between two at once.
func (a *app) takeIn(ctx context.Context, c *connectors.Connector) error {
	_, err := a.intake.Inbox(ctx, c)
	return err
}

// longestRest bounds how long a failure keeps an account from being read.
const longestRest = 24 * time.Hour

// rests reports whether an account is not to be read now. A time further ahead
// than the longest rest was noted before the clock went back.
func (a *app) rests(s socialwatch.AccountState) bool {
	now := a.now()
	return s.Paused || now.Before(s.NextAt) && !s.NextAt.After(now.Add(longestRest))
}

// pollAgain is when a failed account is worth another try; zero: at the next
// tick.
func (a *app) pollAgain(err error) time.Time {
	var ne *socialwatch.NetworkError
	if !errors.As(err, &ne) {
		return time.Time{}
	}
	wait := ne.RetryAfter
	if ne.Reason == socialwatch.OutOfCredit {
		wait = max(wait, 5*time.Minute) // only a person heals it
	}
	if wait <= 0 {
		return time.Time{}
	}
	return socialwatch.Micros(a.now().Add(min(wait, longestRest)))
}

// threads looks into open cases' threads, all that are due.
func (a *app) threads(ctx context.Context, c *connectors.Connector) error {
	state, err := a.store.Account(ctx, c.Account)
	if err != nil || a.rests(state) {
		return err
	}
	lease := jobs.Lease{Name: "threads/" + c.Account, Holder: a.worker, TTL: a.tuning.lease, Now: a.now}
	return jobs.Hold(ctx, a.store, lease, func(ctx context.Context) error {
		for some := false; ; some = true {
			if n, err := a.intake.Threads(ctx, c, a.store); n == 0 || err != nil {
				return unlessOver(ctx, some, err)
			}
		}
	})
}

// deadlines ends what time ends.
func (a *app) deadlines(ctx context.Context) error {
	now := socialwatch.Micros(a.now())
	_, expired := a.store.Expire(ctx, now)
	_, breached := a.store.Breach(ctx, now)
	_, late := a.store.BreachTargets(ctx, now)
	_, warned := a.store.WarnTargets(ctx, now)
	_, missed := a.store.MissPrivate(ctx, now, a.cfg.Cases.Private)
	_, woken := a.store.WakeDue(ctx, now)
	_, closed := a.store.CloseResolved(ctx, now)
	return errors.Join(expired, breached, late, warned, missed, woken, closed)
}

// publish sends and settles what is due.
func (a *app) publish(ctx context.Context) error {
	_, err := a.publisher.Pass(ctx)
	return err
}

// commands does what other systems ask for, all that waits. The first error is
// told.
func (a *app) commands(ctx context.Context) (first error) {
	for {
		begun := time.Now()
		n, err := a.store.ApplyCommands(ctx, socialwatch.Micros(a.now()), a.mask)
		first = cmp.Or(first, err)
		if n == 0 {
			return first
		}
		if a.store.Kind() == store.SQLite {
			select {
			case <-ctx.Done():
			case <-time.After(min(time.Since(begun), sqliteLooks)):
			}
		}
	}
}

// sqliteLooks is how often at least whoever waits for a SQLite file looks whether
// it is free (the delays of sqlite3_busy_timeout). A file that we took again at
// once they would never find so.
const sqliteLooks = 100 * time.Millisecond

// follow winds clocks and keeps words behind the log. One after the other: at
// once they would take two processors from those who store and show.
func (a *app) follow(ctx context.Context) error {
	return errors.Join(a.keepTargets(ctx), a.keepWords(ctx))
}

// wordsAtOnce is how many events one transaction of keepWords reads. Whoever
// waits for SQLite's one connection must not be kept from it for long.
func (a *app) wordsAtOnce() int {
	if a.store.Kind() == store.SQLite {
		return 100
	}
	return 500
}

// keepWords lets search know what has changed, all that waits.
func (a *app) keepWords(ctx context.Context) error {
	for limit := a.wordsAtOnce(); ; {
		n, err := a.store.KeepWords(ctx, limit)
		if n < limit || err != nil {
			return err
		}
	}
}
