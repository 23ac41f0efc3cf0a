package main

import (
	"context"

	"socialwatch"
	"socialwatch/internal/config"
	"socialwatch/responder"
)

// targetsOf are the configured promises of time, and the defaults where there
// are none.
func targetsOf(c config.Targets) responder.Targets {
	t := responder.DefaultTargets
	copy(t.First[:], c.First)
	copy(t.Next[:], c.Next)
	copy(t.Resolution[:], c.Resolution)
	return t
}

// timing says by when what is due in a case.
func (a *app) timing(c socialwatch.Case, rests []socialwatch.Rest) []socialwatch.Target {
	return a.targets.Of(c, rests, a.calendars[c.Account])
}

// targetsBatch is how many events one transaction of keepTargets reads.
const targetsBatch = 500

// keepTargets winds the clocks of the cases in which something has happened.
func (a *app) keepTargets(ctx context.Context) error {
	for {
		n, err := a.store.KeepTargets(ctx, targetsBatch, a.timing)
		if n < targetsBatch || err != nil {
			return err
		}
	}
}
