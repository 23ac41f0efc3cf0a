package socialwatch

import (
	"fmt"
	"time"
)

// MicroUSD is money in millionths of a US dollar, the unit in which networks
// that charge name their prices. Prices have at most four digits behind the
// point, so sums are exact.
type MicroUSD int64

// Dollars is m as people read it: "$12.34", with more digits while small:
// "$0.005".
func (m MicroUSD) Dollars() string {
	if m < 0 {
		return "-" + (-m).Dollars()
	}
	if m != 0 && m < 1_000_000 && m%10_000 != 0 {
		return fmt.Sprintf("$%.4g", float64(m)/1e6)
	}
	return fmt.Sprintf("$%.2f", float64(m)/1e6)
}

// Costing is a paid call, or kind of call: what it costs for each object that
// the network answers with.
type Costing struct {
	Account string
	Item    string   // of the network's price list, such as mention_read
	Price   MicroUSD // of one object
	Most    int      // objects that the call can bring at most
	Write   bool     // publishing, or the look right before it: reading leaves it a share of the budget
}

// Spending is what one account has spent on one item on one UTC day.
type Spending struct {
	Account string
	Day     time.Time // midnight UTC
	Item    string
	Objects int // charged once each
	Amount  MicroUSD
}

// Budget is the most that an account may spend on a UTC day and in a month of
// UTC days. 0: no limit.
type Budget struct {
	Day   MicroUSD
	Month MicroUSD
}

// Spent is what an account has spent so far, with what calls under way may
// cost at most, and whether its network has called a halt.
type Spent struct {
	Day       MicroUSD // this UTC day
	Month     MicroUSD // this month, the day included
	HaltedAt  time.Time
	HaltedWhy string // the network's words
}

// Purse is how the money of one account stands, for people and metrics. What
// calls under way may cost is not in it.
type Purse struct {
	Account  string
	Budget   Budget
	Day      MicroUSD   // this UTC day
	Month    MicroUSD   // this month, the day included
	Forecast MicroUSD   // of the whole month, at the pace of the last days
	Items    []Spending // this month's, one for each item, by amount; Day is the month's first
	// Pace is the least time between two polls, because a budget gets short; 0:
	// there is enough.
	Pace time.Duration
}

// Used reports whether there is anything to tell: money spent this month, or a
// budget.
func (p Purse) Used() bool { return p.Month > 0 || p.Budget != (Budget{}) }

// Day is the UTC day of t: its midnight.
func Day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// Month is the first day of t's UTC month.
func Month(t time.Time) time.Time {
	y, m, _ := t.UTC().Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
}
