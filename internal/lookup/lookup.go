// Package lookup asks the shop's own system about the orders of cases, after
// what told them is stored: intake never waits for it. An answer is kept beside
// the case, and lifts its priority when the order has truly not moved or is of high
// value. Nothing that the shop's system does can do more than fail.
package lookup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"socialwatch"
)

// Answer is what a source says about one order.
type Answer struct {
	Found bool
	Facts socialwatch.OrderFacts
	// Err is why there is no answer; Found is false then. Its text holds neither
	// number nor secret.
	Err error
}

// Source is the shop's system.
type Source interface {
	// Ask asks about the orders, which are different ones, and returns an answer
	// for each, in their order.
	Ask(ctx context.Context, orders []string) []Answer
}

// Busy is the error of a system that wants to be left alone for a while.
type Busy struct {
	Text  string
	After time.Duration // 0: it does not say
}

func (b *Busy) Error() string { return b.Text }

// Store is what looking up needs of the database.
type Store interface {
	EnrolOrders(ctx context.Context, now time.Time, limit int) (int, error)
	ClaimLookups(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]socialwatch.LookupTask, error)
	// FinishLookup answers ErrConflict when the claim is lost.
	FinishLookup(ctx context.Context, k socialwatch.LookupTask, r socialwatch.LookupResult) error
	ReturnLookup(ctx context.Context, k socialwatch.LookupTask) error
}

// Health is where it stands how asking does, for all processes.
type Health interface {
	Lookups(ctx context.Context, now time.Time) (socialwatch.LookupState, error)
	// RecordLookup notes an answer, with why empty, or a failure and until when
	// nothing is asked.
	RecordLookup(ctx context.Context, why string, at, next time.Time) error
}

// Looker asks about what is due. Any number of processes may run one.
type Looker struct {
	Store   Store
	Health  Health
	Source  Source
	Rules   Rules
	Lease   time.Duration // longer than Source takes for Batch orders
	Batch   int
	Refresh time.Duration // between two questions about an order of a case that is open
	// Due is when a first response of a level is due on an account that is given
	// from now on.
	Due func(account string, level int, now time.Time) time.Time
	Now func() time.Time
	Log *slog.Logger
}

// enrolBatch is how many events one transaction reads.
const enrolBatch = 500

// waits are between tries of an order that could not be asked about; after the
// last it waits for Refresh, a post or a person.
var waits = []time.Duration{30 * time.Second, 2 * time.Minute, 10 * time.Minute}

// A system that fails this often in a row is left alone: for firstRest, then
// twice as long each time, and then one question tries whether it is back.
const (
	Patience  = 5
	firstRest = 15 * time.Second
)

// Pass asks about all that is due, in batches. The error is the database's:
// what the shop's system does wrong is noted where people see it.
func (l *Looker) Pass(ctx context.Context) error {
	for {
		n, err := l.Store.EnrolOrders(ctx, l.now(), enrolBatch)
		if err != nil {
			return fmt.Errorf("look up orders: %w", err)
		}
		if n < enrolBatch {
			break
		}
	}
	for {
		more, err := l.batch(ctx)
		if err != nil {
			return fmt.Errorf("look up orders: %w", err)
		}
		if !more || ctx.Err() != nil {
			return nil
		}
	}
}

func (l *Looker) now() time.Time { return socialwatch.Micros(l.Now()) }

// batch asks about one batch and reports whether there may be more.
func (l *Looker) batch(ctx context.Context) (more bool, err error) {
	state, err := l.Health.Lookups(ctx, l.now())
	if err != nil || state.Waiting == 0 || state.Rests(l.now()) {
		return false, err
	}
	limit := l.Batch
	if state.Failures >= Patience {
		limit = 1 // is it back?
	}
	tasks, err := l.Store.ClaimLookups(ctx, l.now(), l.Lease, limit)
	if err != nil || len(tasks) == 0 {
		return false, err
	}
	answers := l.ask(ctx, tasks)
	if ctx.Err() != nil { // told to stop: says nothing about the shop's system
		return false, l.giveBack(context.WithoutCancel(ctx), tasks)
	}
	failed := state.Failures
	for _, k := range tasks {
		a := answers[k.Order]
		if failed, err = l.note(ctx, a, failed); err != nil {
			return false, err
		}
		if err := l.Store.FinishLookup(ctx, k, l.result(k, a)); err != nil && !errors.Is(err, socialwatch.ErrConflict) {
			return false, err
		}
	}
	return len(tasks) == limit || state.Failures >= Patience, nil
}

// ask asks about each order once, whichever cases have it.
func (l *Looker) ask(ctx context.Context, tasks []socialwatch.LookupTask) map[string]Answer {
	var orders []string
	by := map[string]Answer{}
	for _, k := range tasks {
		if _, known := by[k.Order]; !known {
			by[k.Order] = Answer{}
			orders = append(orders, k.Order)
		}
	}
	for i, a := range l.Source.Ask(ctx, orders) {
		by[orders[i]] = a
	}
	return by
}

func (l *Looker) giveBack(ctx context.Context, tasks []socialwatch.LookupTask) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var errs []error
	for _, k := range tasks {
		errs = append(errs, l.Store.ReturnLookup(ctx, k))
	}
	return errors.Join(errs...)
}

// note keeps the state of the shop's system and returns its failures in a row.
func (l *Looker) note(ctx context.Context, a Answer, failed int) (int, error) {
	now := l.now()
	if a.Err == nil {
		return 0, l.Health.RecordLookup(ctx, "", now, time.Time{})
	}
	failed++
	var rest time.Duration
	if failed >= Patience {
		rest = min(firstRest<<min(failed-Patience, 10), socialwatch.LongestLookupRest)
	}
	var busy *Busy
	if errors.As(a.Err, &busy) {
		rest = max(rest, min(max(busy.After, firstRest), socialwatch.LongestLookupRest))
	}
	var next time.Time
	if rest > 0 {
		next = now.Add(rest)
	}
	if failed == 1 || failed == Patience {
		l.Log.Warn("an order could not be looked up", "err", a.Err, "failures", failed)
	}
	return failed, l.Health.RecordLookup(ctx, a.Err.Error(), now, next)
}

// result is what an answer makes of a task.
func (l *Looker) result(k socialwatch.LookupTask, a Answer) socialwatch.LookupResult {
	now := l.now()
	r := socialwatch.LookupResult{Outcome: socialwatch.LookupNotFound, At: now, NextAt: now.Add(l.Refresh)}
	switch {
	case a.Err != nil:
		r.Outcome, r.Why, r.Final = socialwatch.LookupFailed, a.Err.Error(), k.Tries == len(waits)
		if k.Tries < len(waits) {
			r.NextAt = now.Add(waits[k.Tries])
		}
	case a.Found:
		r.Outcome, r.Facts = socialwatch.LookupFound, a.Facts
		r.Signals = l.Rules.Signals(a.Facts, now)
		r.Level, r.Score = Lift(k, r.Signals)
		if r.Level > 0 && !k.Responded {
			r.DueAt = l.Due(k.Account, r.Level, now)
		}
	}
	return r
}
