package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/alert"
	"socialwatch/internal/jobs"
)

// work is all that runs, and when. serve runs each job on its schedule; a pass
// of `poll --once` runs the fields from top to bottom.
type work struct {
	reads  map[string][]jobs.Job // by account: one after the other, the accounts at once
	pushed []jobs.Job            // not in a pass: a poll takes in first what was pushed
	sends  []jobs.Job            // one after the other
	keeps  []jobs.Job            // one after the other
	tells  []jobs.Job            // all at once
	duties []jobs.Job            // beside them, each when its tick in the database is due
}

// bellRest bounds how often the bell of a busy database makes work: ten times a
// second is at once for people and consumers.
const bellRest = 100 * time.Millisecond

// noBell never rings.
func noBell() <-chan struct{} { return nil }

// work lists every job. bell makes a bell that rings after commits; streams are
// the doorbells of accounts.
func (a *app) work(bell func() <-chan struct{}, streams map[string]rings) work {
	w := work{
		reads: map[string][]jobs.Job{},
		sends: []jobs.Job{
			{Name: "spikes", Spec: a.soon("@every 1m"), Run: a.spikes},
			{Name: "deadlines", Spec: "@every 30s", Run: a.deadlines},
			// The bell rings at each approval; the tick finds ended undo windows.
			{Name: "publish", Spec: "@every 1s", Local: true, Wake: bell(), Rest: bellRest, Run: a.publish},
		},
		keeps: []jobs.Job{
			// On Postgres the bell rings at each insert; else the tick finds them. Who
			// waits for each answer before asking again should not wait for long.
			{Name: "commands", Spec: "@every 1s", Local: true, Wake: bell(), Rest: bellRest / 5, Run: a.commands},
			{Name: "watch", Spec: a.soon("@every 30s"), Run: a.watch},
			{Name: "sequencer", Spec: "@every 1s", Local: true, Wake: bell(), Rest: bellRest, Run: a.number},
			// No bell: the changes of a second are often of the same cases.
			{Name: "follow", Spec: "@every 1s", Local: true, Run: a.follow},
		},
		tells: []jobs.Job{{Name: "lookup", Spec: "@every 2s", Local: true, Wake: bell(), Rest: bellRest, Run: a.lookUp}},
		duties: []jobs.Job{
			{Name: "retain", Spec: "47 3 * * *", Run: a.retain},
			{Name: "requests", Spec: "@every 10m", Run: a.dropRequests},
			{Name: "webhook-prune", Spec: "@every 1h", Run: a.pruneDeliveries},
			{Name: "reports", Spec: "@every 5m", Run: a.keepReports},
		},
	}
	sender := alert.NewSender(alertTimeout, a.now)
	for _, c := range a.cfg.Alerts { // each by itself: one that is dead keeps nobody waiting
		tell := func(ctx context.Context) error { return a.tell(ctx, c, sender) }
		w.tells = append(w.tells, jobs.Job{Name: "alert:" + c.Name, Spec: a.soon("@every 5s"), Run: tell})
	}
	for _, c := range a.connectors {
		a.account(&w, c, streams[c.Account])
	}
	return w
}

// account adds the jobs of one account.
func (a *app) account(w *work, c *connectors.Connector, r rings) {
	of := func(do func(context.Context, *connectors.Connector) error) func(context.Context) error {
		return func(ctx context.Context) error { return do(ctx, c) }
	}
	w.reads[c.Account] = []jobs.Job{
		{Name: "poll:" + c.Account, Spec: a.cfg.Polling.Every, Wake: r.news, Run: of(a.poll)},
		{Name: "threads:" + c.Account, Spec: a.soon("@every 15s"), Run: of(a.threads)},
	}
	if r.kept != nil {
		w.pushed = append(w.pushed, jobs.Job{Name: "inbox:" + c.Account, Spec: "@every 1m", Local: true, Wake: r.kept, Run: of(a.takeIn)})
	}
	nightly := "17 3 * * *"
	if c.Compliance != nil {
		nightly = "17 * * * *" // asks for what nobody has asked for since yesterday: as a rule once a day
	}
	w.duties = append(w.duties,
		jobs.Job{Name: "shown:" + c.Account, Spec: "@every 1m", Run: of(a.shown)},
		jobs.Job{Name: "rehydrate:" + c.Account, Spec: nightly, Run: of(a.rehydrate)})
}

// soon is a schedule for who can wait; a demo can't.
func (a *app) soon(spec string) string {
	if a.tuning.look > 0 {
		return "@every 1s"
	}
	return spec
}

// all are the jobs of a serving process.
func (w work) all() []jobs.Job {
	reads := slices.Concat(slices.Collect(maps.Values(w.reads))...)
	return slices.Concat(reads, w.pushed, w.sends, w.keeps, w.tells, w.duties)
}

func (a *app) runner() *jobs.Runner { return &jobs.Runner{Ticks: a.store, Now: a.now, Log: a.log} }

// once is one bounded pass over everything, for the system's cron, which reads
// the accounts named.
func (a *app) once(ctx context.Context, names []string) error {
	a.begun = time.Time{} // it reads before it judges: there is nothing to wait for
	w := a.work(noBell, nil)
	w.tells = append(w.tells, jobs.Job{Name: "webhooks", Run: a.deliverer.Pass}) // serve keeps the deliverer running
	return w.once(ctx, a.runner(), names)
}

// once runs what a pass runs. Reading may take two thirds of the time that ctx
// allows, and sending most of the rest: a slow network must not keep other
// accounts from being read, what is approved from going out, or what is local
// from being done. A duty that does not end in time goes on in the next pass.
func (w work) once(ctx context.Context, r *jobs.Runner, names []string) error {
	reading, cancel := share(ctx, 2, 3)
	defer cancel()
	err := together(names, func(name string) error {
		for _, j := range w.reads[name] {
			if err := j.Do(reading); err != nil {
				return fmt.Errorf("account %s: %w", name, err)
			}
			if reading.Err() != nil {
				break
			}
		}
		return nil
	})
	sending, cancel := share(ctx, 4, 5)
	defer cancel()
	return errors.Join(err, inTurn(sending, w.sends), inTurn(ctx, w.keeps), together(slices.Concat(w.tells, r.Due(w.duties)), func(j jobs.Job) error {
		if err := j.Do(ctx); err != nil {
			return fmt.Errorf("%s: %w", j.Name, err)
		}
		return nil
	}))
}

// inTurn runs jobs one after the other, whatever becomes of each.
func inTurn(ctx context.Context, list []jobs.Job) error {
	var errs []error
	for _, j := range list {
		errs = append(errs, j.Do(ctx))
	}
	return errors.Join(errs...)
}

// together does something with each at once and joins the errors, in order. A
// panic is the error of one and leaves the others alone.
func together[T any](each []T, do func(T) error) error {
	errs := make([]error, len(each))
	var wg sync.WaitGroup
	for i, one := range each {
		wg.Go(func() { errs[i] = socialwatch.Guard(func() error { return do(one) }) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// share returns a context that ends after part/of the time that ctx allows.
func share(ctx context.Context, part, of time.Duration) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)/of*part)
}
