package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"socialwatch/internal/jobs"
	"socialwatch/internal/spike"
)

// groups are the accounts by region, in the order of the configuration.
func (a *app) groups() []spike.Group {
	var groups []spike.Group
	ours := slices.Concat(a.cfg.Triage.Brands, a.cfg.Triage.Official.Sites)
	for _, acc := range a.cfg.Accounts {
		ours = append(append(ours, acc.Handle), acc.Links...)
	}
	for _, acc := range a.cfg.Accounts {
		i := slices.IndexFunc(groups, func(g spike.Group) bool { return g.Region == acc.Region })
		if i < 0 {
			i, groups = len(groups), append(groups, spike.Group{Region: acc.Region, Ours: ours})
		}
		groups[i].Accounts = append(groups[i].Accounts, acc.Name)
	}
	return groups
}

// spikes looks for incidents in each region.
func (a *app) spikes(ctx context.Context) error {
	w := &spike.Watcher{Store: a.store, Now: a.now}
	var errs []error
	for _, g := range a.groups() {
		if err := w.Pass(ctx, g); err != nil {
			errs = append(errs, fmt.Errorf("region %q: %w", g.Region, err))
		}
	}
	return errors.Join(errs...)
}

// spikeJob runs in one process at each tick.
func (a *app) spikeJob() jobs.Job {
	every := "@every 1m"
	if a.tuning.look > 0 {
		every = "@every 1s"
	}
	return jobs.Job{Name: "spikes", Spec: every, Run: a.spikes}
}
