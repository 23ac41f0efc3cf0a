package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"socialwatch/connectors"
	"socialwatch/internal/jobs"

	"socialwatch"
)

func newServe(f *flags) *cobra.Command {
	var noPoll bool
	cmd := &cobra.Command{
		Use:     "serve",
		Short:   "Run the console, the API, the schedules and the publisher",
		Example: "  socialwatch serve\n  socialwatch serve --no-poll   # beside poll --once in the system's cron",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := open(cmd.Context(), f)
			if err != nil {
				return err
			}
			defer a.close()
			l, err := net.Listen("tcp", a.cfg.Listen)
			if err != nil {
				return fmt.Errorf("listen on %s: %w: another program has it, or write another address under listen", a.cfg.Listen, err)
			}
			a.log.Info("serving", "address", "http://"+l.Addr().String(), "accounts", len(a.connectors), "poll", !noPoll)
			return a.serve(cmd.Context(), l, !noPoll)
		},
	}
	cmd.Flags().BoolVar(&noPoll, "no-poll", false, "leave reading the networks to `poll --once`")
	return cmd
}

// serve runs until ctx ends, then shuts down in order: schedules, HTTP, the
// reply in flight; the caller closes the database.
func (a *app) serve(ctx context.Context, l net.Listener, poll bool) error {
	handler, err := a.handler(ctx)
	if err != nil {
		return err
	}
	streams, stop := map[string]rings(nil), func() {}
	if poll {
		streams, stop = a.streams(ctx)
	}
	defer stop()
	w := a.work(func() <-chan struct{} { return a.bell(ctx) }, streams)
	if !poll {
		w.reads = nil
	}
	server := httpServer(ctx, handler)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.runner().Run(ctx, w.all()) })
	g.Go(func() error { return a.deliverer.Run(ctx, a.numbered) })
	g.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if err := server.Shutdown(end); err != nil {
			return server.Close()
		}
		return nil
	})
	return g.Wait()
}

// httpServer serves until ctx ends, open event streams too. Who sends drop by
// drop, or takes nothing of an answer, holds no connection; an answer may be
// worked on, and read, for as long as it takes.
func httpServer(ctx context.Context, h http.Handler) *http.Server {
	return &http.Server{Handler: cutSlowReaders(h, stuck), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx }}
}

// bell rings after commits; nil, which never rings, when it can't be had: the
// ticks remain.
func (a *app) bell(ctx context.Context) <-chan struct{} {
	c, err := a.store.Bell(ctx)
	if err != nil {
		a.log.Warn("no notifications from the database, polling it", "err", err)
		return nil
	}
	return c
}

// rings are the doorbells of one account.
type rings struct {
	news chan struct{} // fetch
	kept chan struct{} // take in what stands in the inbox
	gone chan string   // look at this post
}

// streams keeps each account's doorbell and returns what it rings. A ring
// that says a post was deleted looks at that post at once.
func (a *app) streams(ctx context.Context) (map[string]rings, func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	all := map[string]rings{}
	for name, c := range a.connectors {
		if c.Waker == nil {
			continue
		}
		r := rings{news: make(chan struct{}, 1), kept: make(chan struct{}, 1), gone: make(chan string, 64)}
		all[name] = r
		if c.Paid { // for what each connection brings
			wg.Go(func() { a.wakeAlone(ctx, c, r) })
		} else {
			wg.Go(func() { a.wake(ctx, c, r) })
		}
		wg.Go(func() { a.lookAtGone(ctx, c, r.gone) })
	}
	return all, func() { cancel(); wg.Wait() }
}

// wakeAlone keeps the stream in one process at a time, and none while the
// account is paused: all that it brings is paid for.
func (a *app) wakeAlone(ctx context.Context, c *connectors.Connector, r rings) {
	lease := jobs.Lease{Name: "stream/" + c.Account, Holder: a.worker, TTL: a.tuning.lease, Now: a.now}
	tick := time.NewTicker(a.tuning.lease)
	defer tick.Stop()
	for refused := false; !refused; {
		err := jobs.Hold(ctx, a.store, lease, func(ctx context.Context) error {
			ctx, pause := context.WithCancel(ctx)
			defer pause()
			if a.paused(ctx, c) {
				return nil
			}
			var watch sync.WaitGroup
			watch.Go(func() { a.untilPaused(ctx, c); pause() })
			refused = a.wake(ctx, c, r)
			pause()
			watch.Wait()
			return nil
		})
		if err != nil && !errors.Is(err, socialwatch.ErrLeaseHeld) && ctx.Err() == nil {
			a.log.Warn("stream not kept", "account", c.Account, "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// untilPaused returns when the account is paused, within a lease's time, or ctx
// ends.
func (a *app) untilPaused(ctx context.Context, c *connectors.Connector) {
	tick := time.NewTicker(a.tuning.lease / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if a.paused(ctx, c) {
			return
		}
	}
}

// paused reports whether the account is known to be paused.
func (a *app) paused(ctx context.Context, c *connectors.Connector) bool {
	state, err := a.store.Account(ctx, c.Account)
	return err == nil && state.Paused
}

// ring passes a ring on; the connector never waits.
func (r rings) ring(what connectors.Ring) {
	bell := r.news
	switch {
	case what.Deleted != "":
		select {
		case r.gone <- what.Deleted:
		default: // the nightly look and the look before sending find it
		}
		return
	case what.Kept:
		bell = r.kept
	}
	select {
	case bell <- struct{}{}:
	default: // one ring is waiting already
	}
}

// wake keeps the account's stream open until ctx ends, and reports whether the
// network refuses it for good.
func (a *app) wake(ctx context.Context, c *connectors.Connector, r rings) (refused bool) {
	up := func(is bool) {
		if err := a.store.SetStream(context.WithoutCancel(ctx), c.Account, is, socialwatch.Micros(a.now())); err != nil {
			a.log.Warn("stream state not stored", "account", c.Account, "err", err)
		}
	}
	err := c.Waker.Wake(ctx, r.ring, up)
	if refused = err != nil && ctx.Err() == nil; refused {
		a.log.Error("stream refused for good, polling goes on", "account", c.Account, "err", err)
	}
	return refused
}

// lookAtGone looks at what the stream says was deleted, all that waits at
// once. The stream tells of every deleted post of everybody the account
// follows, so only those that are stored are worth a request.
func (a *app) lookAtGone(ctx context.Context, c *connectors.Connector, gone <-chan string) {
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-gone:
			ids := []string{id}
			for len(gone) > 0 { // nobody else receives
				ids = append(ids, <-gone)
			}
			if err := a.lookAtStored(ctx, c, ids); err != nil && ctx.Err() == nil {
				a.log.Warn("deleted posts not looked at", "account", c.Account, "err", err)
			}
		}
	}
}

// lookAtStored looks at those of the posts that are stored, or replies of ours,
// and not known to be gone.
func (a *app) lookAtStored(ctx context.Context, c *connectors.Connector, ids []string) error {
	known, err := a.store.Known(ctx, socialwatch.Ask{Account: c.Account, PostIDs: ids})
	if err != nil {
		return err
	}
	var stored []string
	for id, m := range known.Mentions {
		if !m.Gone {
			stored = append(stored, id)
		}
	}
	for id := range known.OwnPosts {
		if !known.OwnGone[id] {
			stored = append(stored, id)
		}
	}
	slices.Sort(stored)
	return a.intake.Look(ctx, c, stored) // of none: nothing
}
