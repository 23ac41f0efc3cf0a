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
		if ctx.Err() != nil {
			return ctx.Err() // told to stop: says nothing about the network
		}
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
		for {
			n, err := a.intake.Threads(ctx, c, a.store)
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

// once is one bounded pass over everything, for the system's cron.
func (a *app) once(ctx context.Context, names []string) error {
	return errors.Join(
		a.each(ctx, names, a.poll),
		a.each(ctx, names, a.threads),
		a.publish(ctx),
		a.deadlines(ctx),
		a.sequencer.Pass(ctx),
	)
}
