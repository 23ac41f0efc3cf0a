package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/jobs"
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
	if state.Paused || a.now().Before(state.NextAt) {
		return nil
	}
	lease := jobs.Lease{Name: "poll/" + c.Account, Holder: a.worker, TTL: a.tuning.lease, Now: a.now}
	return jobs.Hold(ctx, a.store, lease, func(ctx context.Context) error {
		r, err := a.intake.Poll(ctx, c)
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
		}
		return errors.Join(err, a.store.RecordPoll(ctx, result))
	})
}

// pollAgain is when a failed account is worth another try; zero: at the next
// tick.
func (a *app) pollAgain(err error) time.Time {
	var ne *socialwatch.NetworkError
	if !errors.As(err, &ne) {
		return time.Time{}
	}
	wait := ne.RetryAfter
	switch ne.Reason {
	case socialwatch.Unauthorized, socialwatch.OutOfCredit:
		wait = max(wait, 5*time.Minute) // only a person heals it
	}
	if wait <= 0 {
		return time.Time{}
	}
	return socialwatch.Micros(a.now().Add(wait))
}

// threads looks into open cases' threads, all that are due.
func (a *app) threads(ctx context.Context, c *connectors.Connector) error {
	state, err := a.store.Account(ctx, c.Account)
	if err != nil || state.Paused || a.now().Before(state.NextAt) {
		return err
	}
	lease := jobs.Lease{Name: "threads/" + c.Account, Holder: a.worker, TTL: a.tuning.lease, Now: a.now}
	return jobs.Hold(ctx, a.store, lease, func(ctx context.Context) error {
		for some := false; ; some = true {
			n, err := a.intake.Threads(ctx, c, a.store)
			if some && errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return nil // out of time: the others are still due
			}
			if n == 0 || err != nil {
				return err
			}
		}
	})
}

// rehydrate looks again at every post of live cases, nightly: what was edited
// or deleted without a sign is noticed within a day.
func (a *app) rehydrate(ctx context.Context, c *connectors.Connector) error {
	before := socialwatch.Micros(a.now())
	for {
		ids, err := a.store.DueLookups(ctx, c.Account, before, 100)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := a.intake.Look(ctx, c, ids); err != nil {
			return err
		}
	}
}

// deadlines ends what time ends.
func (a *app) deadlines(ctx context.Context) error {
	now := socialwatch.Micros(a.now())
	_, expired := a.store.Expire(ctx, now)
	_, breached := a.store.Breach(ctx, now)
	_, closed := a.store.CloseResolved(ctx, now)
	return errors.Join(expired, breached, closed)
}

// publish sends and settles what is due.
func (a *app) publish(ctx context.Context) error {
	_, err := a.publisher.Pass(ctx)
	return err
}

// each runs work for every named account at once and joins the errors, each
// under its account's name. A lease held elsewhere is no error.
func (a *app) each(ctx context.Context, names []string, work func(context.Context, *connectors.Connector) error) error {
	errs := make([]error, len(names))
	var g errgroup.Group
	for i, name := range names {
		g.Go(func() error {
			err := work(ctx, a.connectors[name])
			if err != nil && !errors.Is(err, socialwatch.ErrLeaseHeld) {
				errs[i] = fmt.Errorf("account %s: %w", name, err)
			}
			return nil
		})
	}
	_ = g.Wait()
	return errors.Join(errs...)
}

// once is one bounded pass over everything, for the system's cron. Reading may
// take two thirds of the time that ctx allows: a slow network must not keep
// what is approved from going out.
func (a *app) once(ctx context.Context, names []string) error {
	reading := ctx
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		reading, cancel = context.WithDeadline(ctx, end.Add(-time.Until(end)/3))
		defer cancel()
	}
	err := a.each(reading, names, a.poll)
	if reading.Err() == nil {
		err = errors.Join(err, a.each(reading, names, a.threads))
	}
	return errors.Join(err, a.publish(ctx), a.deadlines(ctx), a.sequencer.Pass(ctx))
}
