package responder

import (
	"time"

	"socialwatch"
)

// Targets are the promises of time in business time, by level from 1 to 4.
type Targets struct {
	First      [4]time.Duration // until the first response
	Next       [4]time.Duration // until the answer to what a customer says after it
	Resolution [4]time.Duration // from opening to resolving
}

// DefaultTargets hold where the configuration says nothing.
var DefaultTargets = Targets{
	First:      [4]time.Duration{15 * time.Minute, 30 * time.Minute, 60 * time.Minute, 240 * time.Minute},
	Next:       [4]time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour, 8 * time.Hour},
	Resolution: [4]time.Duration{8 * time.Hour, 16 * time.Hour, 24 * time.Hour, 40 * time.Hour}, // 1, 2, 3 and 5 days of eight hours
}

// ofLevel is the one of a level; what is no level counts as the last.
func ofLevel(all [4]time.Duration, level int) time.Duration {
	if level < 1 || level > len(all) {
		level = len(all)
	}
	return all[level-1]
}

// FirstResponse is the business time until the first response of a level.
func (t Targets) FirstResponse(level int) time.Duration { return ofLevel(t.First, level) }

// Of are the targets that run for a case, with the moments by which each warns
// and is due. Those but the first response stand during rests, which are sorted,
// and are none of ours in a case that another system owns.
func (t Targets) Of(c socialwatch.Case, rests []socialwatch.Rest, cal Calendar) []socialwatch.Target {
	if !c.State.Live() || c.State == socialwatch.CaseResolved {
		return nil
	}
	owned := c.External.System != ""
	var all []socialwatch.Target
	add := func(name socialwatch.TargetName, since time.Time, of time.Duration, rests []socialwatch.Rest) {
		all = append(all, socialwatch.Target{Name: name, Since: since,
			WarnAt: socialwatch.Micros(cal.reach(since, of*3/4, rests)), DueAt: socialwatch.Micros(cal.reach(since, of, rests))})
	}
	switch {
	case c.RespondedAt.IsZero():
		add(socialwatch.FirstResponse, c.OpenedAt, cal.Between(c.OpenedAt, c.DueAt), nil)
		all[0].DueAt = c.DueAt
	case !c.AskedAt.IsZero() && !owned:
		add(socialwatch.NextResponse, c.AskedAt, ofLevel(t.Next, c.Level), rests)
	}
	if owned {
		return all
	}
	add(socialwatch.Resolution, c.OpenedAt, ofLevel(t.Resolution, c.Level), rests)
	return all
}

// reach is when d of business time has passed since from, rests left out; zero
// when a rest that lasts comes before.
func (c Calendar) reach(from time.Time, d time.Duration, rests []socialwatch.Rest) time.Time {
	for _, r := range rests {
		if r.From.After(from) {
			if at := c.Add(from, d); !at.After(r.From) {
				return at
			}
			d -= c.Between(from, r.From)
			from = r.From
		}
		if r.To.IsZero() {
			return time.Time{}
		}
		if r.To.After(from) {
			from = r.To
		}
	}
	return c.Add(from, d)
}
