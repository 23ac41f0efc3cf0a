// Package jobs runs work on a schedule without a leader: ticks and leases are
// rows that one process wins, so a daemon and the system's cron may overlap
// and several processes may share a database.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"socialwatch"
)

// Ticks hands out the ticks of a schedule.
type Ticks interface {
	// Tick reports whether the tick of name that is due at now is ours. The
	// next one is due at next. A changed spec starts afresh; ticks missed
	// while nobody ran collapse into one.
	Tick(ctx context.Context, name, spec string, now, next time.Time) (bool, error)
	// Untick gives back the tick of name that was ours until next: it is due at
	// now.
	Untick(ctx context.Context, name string, now, next time.Time) error
}

// Leases hands out the right to do a piece of work for a while.
type Leases interface {
	Acquire(ctx context.Context, name, holder string, ttl time.Duration, now time.Time) (fence int64, err error)
	Renew(ctx context.Context, name, holder string, fence int64, ttl time.Duration, now time.Time) error
	Release(ctx context.Context, name, holder string, fence int64) error
}

// Job is a piece of work that runs on a schedule.
type Job struct {
	Name string // unique in the database
	Spec string // for Parse
	// Run works until nothing is left. When ctx ends before, nil says that the
	// next run goes on from there.
	Run func(ctx context.Context) error
	// Wake runs the job at once, beside its schedule; nil: never.
	Wake <-chan struct{}
	// Rest is how long the job does not run after a run: what wakes it
	// meanwhile is one. 0: not at all.
	Rest time.Duration
	// Local jobs run in every process at each tick, not in one of them.
	Local bool
}

// Do runs the job now. A panic is an error; that another process holds the job's
// lease is none.
func (j Job) Do(ctx context.Context) error {
	err := socialwatch.Guard(func() error { return j.Run(ctx) })
	if errors.Is(err, socialwatch.ErrLeaseHeld) {
		return nil
	}
	return err
}

// Runner runs jobs until its context ends.
type Runner struct {
	Ticks Ticks
	Now   func() time.Time
	Log   *slog.Logger
}

// Run runs each job in a goroutine of its own, one run of a job at a time,
// and returns when all have ended after ctx. A job's error or panic is logged
// and the next tick comes as usual.
func (r *Runner) Run(ctx context.Context, jobs []Job) error {
	schedules := make([]cron.Schedule, len(jobs))
	for i, j := range jobs {
		s, err := Parse(j.Spec)
		if err != nil {
			return fmt.Errorf("schedule of %s: %w", j.Name, err)
		}
		schedules[i] = s
	}
	var wg sync.WaitGroup
	for i, j := range jobs {
		wg.Go(func() { r.loop(ctx, j, schedules[i]) })
	}
	wg.Wait()
	return nil
}

func (r *Runner) loop(ctx context.Context, j Job, s cron.Schedule) {
	t := trouble{log: r.Log.With("job", j.Name)}
	for {
		now := r.Now()
		timer := time.NewTimer(s.Next(now).Sub(now))
		woken := false
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-j.Wake:
			woken = true
		case <-timer.C:
		}
		timer.Stop()
		ran, err := true, error(nil)
		if woken || j.Local {
			err = j.Do(ctx)
		} else {
			ran, err = r.atTick(ctx, j, s)
		}
		t.note(ctx, r.Now(), err, ran)
		rest(ctx, j.Rest)
	}
}

// Due makes each job run only when its tick is due and ours, for who has no
// schedules of its own.
func (r *Runner) Due(list []Job) []Job {
	due := slices.Clone(list)
	for i, j := range list {
		due[i].Run = func(ctx context.Context) error {
			s, err := Parse(j.Spec)
			if err == nil {
				_, err = r.atTick(ctx, j, s)
			}
			return err
		}
	}
	return due
}

// atTick runs a job if its tick is due and ours, and reports whether it was. When
// the database can't be asked the tick is let go: the next one comes. What ctx
// ends before the job has ended stays due, unless it has failed.
func (r *Runner) atTick(ctx context.Context, j Job, s cron.Schedule) (ran bool, err error) {
	now := socialwatch.Micros(r.Now())
	next := socialwatch.Micros(s.Next(now))
	ours, err := r.Ticks.Tick(ctx, j.Name, j.Spec, now, next)
	if err != nil {
		return false, fmt.Errorf("take the tick: %w", err)
	}
	if !ours {
		return false, nil
	}
	if err = j.Do(ctx); err == nil && ctx.Err() != nil {
		err = r.Ticks.Untick(context.WithoutCancel(ctx), j.Name, now, next)
	}
	return true, err
}

// rest lets time pass, until ctx ends.
func rest(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// trouble logs a job's failures without a flood: the first one, then one a
// minute with their number, and that it works again.
type trouble struct {
	log   *slog.Logger
	count int
	told  time.Time
}

// note takes the end of a run, or with ran false of an attempt to begin one.
func (t *trouble) note(ctx context.Context, now time.Time, err error, ran bool) {
	switch {
	case ctx.Err() != nil:
	case err != nil:
		if t.count++; t.count == 1 || now.Sub(t.told) >= time.Minute {
			t.log.Error("job failed", "err", err, "failures", t.count)
			t.told = now
		}
	case ran && t.count > 0:
		t.log.Info("job works again", "failures", t.count)
		t.count = 0
	}
}

// Parse reads a cron expression of five fields, a descriptor such as @daily,
// or @every with a duration of at least a second. Times are UTC unless the
// expression begins with CRON_TZ=. It refuses what the parser lets through
// and a loop would spin or crash on.
func Parse(spec string) (s cron.Schedule, err error) {
	defer func() {
		if recover() != nil { // cron v3.0.1 panics on "TZ=UTC" alone
			s, err = nil, fmt.Errorf("bad schedule %q: write such as \"*/5 * * * *\" or \"@every 20s\"", spec)
		}
	}()
	s, err = cron.ParseStandard(spec)
	if err != nil {
		return nil, fmt.Errorf("bad schedule %q: %w: write such as \"*/5 * * * *\" or \"@every 20s\"", spec, err)
	}
	// The library fills Local where no zone is named; zones jump, UTC does not.
	if ss, ok := s.(*cron.SpecSchedule); ok && ss.Location == time.Local {
		ss.Location = time.UTC
	}
	if d, ok := s.(cron.ConstantDelaySchedule); ok && everyTooShort(spec, d) {
		return nil, fmt.Errorf("bad schedule %q: the shortest is @every 1s", spec)
	}
	if s.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("bad schedule %q: it never comes", spec)
	}
	return s, nil
}

// everyTooShort finds durations that the library rounded up to a second.
func everyTooShort(spec string, d cron.ConstantDelaySchedule) bool {
	var text string
	if _, err := fmt.Sscanf(spec, "@every %s", &text); err != nil {
		return false
	}
	asked, err := time.ParseDuration(text)
	return err != nil || asked < time.Second && d.Delay == time.Second
}

// Hold runs work while holding the lease name, renewed thrice per ttl. The
// work's context ends when the lease is lost. ErrLeaseHeld when another
// process has it. The lease is given up however the work ends, by a panic too.
func Hold(ctx context.Context, l Leases, lease Lease, work func(context.Context) error) (err error) {
	fence, err := l.Acquire(ctx, lease.Name, lease.Holder, lease.TTL, lease.Now())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { renew(ctx, cancel, l, lease, fence) })
	defer func() {
		cancel(nil)
		wg.Wait()
		err = errors.Join(err, l.Release(context.WithoutCancel(ctx), lease.Name, lease.Holder, fence))
	}()
	err = work(ctx)
	if cause := context.Cause(ctx); errors.Is(cause, errLost) {
		err = errors.Join(err, cause)
	}
	return err
}

// Lease names what Hold holds.
type Lease struct {
	Name   string
	Holder string // unique among processes
	TTL    time.Duration
	Now    func() time.Time
}

var errLost = errors.New("the lease was lost")

func renew(ctx context.Context, lost context.CancelCauseFunc, l Leases, lease Lease, fence int64) {
	tick := time.NewTicker(lease.TTL / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := l.Renew(ctx, lease.Name, lease.Holder, fence, lease.TTL, lease.Now()); err != nil && ctx.Err() == nil {
				lost(errLost)
				return
			}
		}
	}
}
