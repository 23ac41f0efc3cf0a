package console

import (
	"time"

	"socialwatch"
)

// clockView is a target beside the first response.
type clockView struct {
	Name   string
	Due    moment
	Of     string // how long it was given
	Stands bool   // while the case waits
}

// clocks are the targets of a case that runs, beside the first response.
func (c *Console) clocks(cs socialwatch.Case, targets []socialwatch.Target) (all []clockView) {
	if !cs.State.Live() || cs.State == socialwatch.CaseResolved {
		return nil
	}
	for _, t := range targets {
		v := clockView{Name: label("target", string(t.Name)), Stands: t.Stands()}
		switch {
		case t.Name == socialwatch.FirstResponse || t.Name == socialwatch.NextResponse && (cs.RespondedAt.IsZero() || cs.AskedAt.IsZero()):
			continue
		case !v.Stands:
			v.Due, v.Of = c.due(t.DueAt, false), span(t.DueAt.Sub(t.Since))
		}
		all = append(all, v)
	}
	return all
}

// nextDue is the deadline of a case that has its first response, and what of; empty when no clock runs.
func (c *Console) nextDue(cs socialwatch.Case, at time.Time) (moment, string) {
	switch {
	case at.IsZero() || cs.RespondedAt.IsZero():
		return moment{}, ""
	case cs.AskedAt.IsZero():
		return c.due(at, false), say("next.resolve")
	}
	return c.due(at, false), say("next.due")
}
