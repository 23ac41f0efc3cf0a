package lookup

import (
	"slices"
	"strings"
	"time"

	"socialwatch"
)

// Rules say which facts of an order lift the priority of its case.
type Rules struct {
	// StuckAfter is how many days without a movement make an order truly stuck;
	// 0: none do.
	StuckAfter int
	// HighValue is the value from which an order counts as one of high value, by
	// currency, in its smallest unit. Nothing is converted.
	HighValue map[string]int64
	// Settled are states, in any case, in which an order moves no more.
	Settled []string
}

// Points that a signal adds to the score of the case's posts.
const (
	pointsNotMoved  = 20
	pointsHighValue = 15
)

const day = 24 * time.Hour

// Signals are the facts that lift a case.
func (r Rules) Signals(f socialwatch.OrderFacts, now time.Time) []socialwatch.OrderSignal {
	var all []socialwatch.OrderSignal
	days := int64(now.Sub(f.MovedAt) / day)
	if r.StuckAfter > 0 && !f.MovedAt.IsZero() && days >= int64(r.StuckAfter) && f.DeliveredAt.IsZero() && !r.settled(f.Status) {
		all = append(all, socialwatch.OrderSignal{Name: socialwatch.SignalNotMoved, Found: days, From: int64(r.StuckAfter), Points: pointsNotMoved})
	}
	if from := r.HighValue[f.Currency]; from > 0 && f.Value >= from {
		all = append(all, socialwatch.OrderSignal{Name: socialwatch.SignalHighValue, Found: f.Value, From: from, Currency: f.Currency, Points: pointsHighValue})
	}
	return all
}

func (r Rules) settled(status string) bool {
	return slices.ContainsFunc(r.Settled, func(s string) bool { return strings.EqualFold(s, status) })
}

// Lift is what signals make of a case at least: level 2 for one, 1 for both,
// and their points on top of the score of its posts. Praise is never lifted. 0:
// nothing.
func Lift(k socialwatch.LookupTask, signals []socialwatch.OrderSignal) (level, score int) {
	if len(signals) == 0 || k.Intent == socialwatch.Praise {
		return 0, 0
	}
	score = k.Base
	for _, s := range signals {
		score += s.Points
	}
	return max(1, 3-len(signals)), min(score, 100)
}
