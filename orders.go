package socialwatch

import (
	"fmt"
	"time"
)

// LookupOutcome is what became of asking the shop about an order.
type LookupOutcome string

// Outcomes of a look-up.
const (
	LookupWaiting  LookupOutcome = "waiting"   // not asked yet
	LookupFound    LookupOutcome = "found"     //
	LookupNotFound LookupOutcome = "not_found" // the shop knows no such order
	LookupFailed   LookupOutcome = "failed"    // the shop's system did not answer, or with what is no answer
)

// OrderFacts are what the shop's own system says about an order. Status and
// Refund are the shop's own words, one line of at most 80 characters; the zero
// value of each field means that it says nothing.
type OrderFacts struct {
	Status      string    `json:"status"`
	MovedAt     time.Time `json:"last_movement_at"` // never later than when it was asked
	Value       int64     `json:"value_minor"`      // in the currency's smallest unit
	Currency    string    `json:"currency"`         // ISO 4217; empty: the value is not known
	Refund      string    `json:"refund_state"`
	RefundAt    time.Time `json:"refund_at"`
	DeliveredAt time.Time `json:"delivered_at"`
	ExpectedAt  time.Time `json:"expected_at"`
}

// Signals of a look-up, by which an order lifts the priority of its case.
const (
	SignalNotMoved  = "lookup.not_moved"  // Found and From are days
	SignalHighValue = "lookup.high_value" // Found and From are money, in Currency's smallest unit
)

// OrderSignal is a fact of an order that lifts its case: what was found, the
// threshold from which it counts, and the points that it adds.
type OrderSignal struct {
	Name     string `json:"name"`
	Found    int64  `json:"found"`
	From     int64  `json:"from"`
	Currency string `json:"currency"` // of money only
	Points   int    `json:"points"`
}

// Words say in English what was found: "no movement for 9 days (threshold 5)".
func (s OrderSignal) Words() string {
	switch s.Name {
	case SignalNotMoved:
		return fmt.Sprintf("no movement for %d days (threshold %d)", s.Found, s.From)
	case SignalHighValue:
		return fmt.Sprintf("high value: %s (threshold %s)", Money(s.Found, s.Currency), Money(s.From, s.Currency))
	}
	return s.Name
}

// CaseOrder is one order of a case, and what is known of it.
type CaseOrder struct {
	CaseID  int64
	Order   string
	Outcome LookupOutcome // of the last time it was asked
	Why     string        // of LookupFailed; never holds the number
	AskedAt time.Time     // zero: not yet
	FactsAt time.Time     // when the facts were told: earlier than AskedAt after a failure
	Facts   OrderFacts
	Signals []OrderSignal
	NextAt  time.Time // when it is asked next; zero: not while its case rests
}

// Last is the order number as it is shown where its owner's eyes may not be the
// only ones: its last three characters, behind a mark for the others.
func (o CaseOrder) Last() string { return LastOf(o.Order) }

// LastOf is an order number as CaseOrder.Last shows it.
func LastOf(order string) string {
	all := []rune(order)
	if len(all) <= 3 {
		return "…"
	}
	return "…" + string(all[len(all)-3:])
}

// LookupTask is one order that a process has claimed to ask about, with what
// its case is like now.
type LookupTask struct {
	CaseOrder
	Fence int64 // of the claim
	Tries int   // failures in a row so far

	Account   string
	Intent    Intent
	Responded bool
	Base      int // the highest score of the case's posts
}

// LookupResult is what a task ends with.
type LookupResult struct {
	Outcome LookupOutcome
	Why     string
	Facts   OrderFacts
	Signals []OrderSignal
	At      time.Time
	NextAt  time.Time // when to ask again
	Final   bool      // of a failure: the last one before asking rests

	// What a signal that is new makes of the case, where it is less urgent than
	// that: never less than it was.
	Level int // 0: as it is
	Score int
	DueAt time.Time
}

// LookupState is how asking the shop's system does, for people and metrics.
type LookupState struct {
	Waiting  int       // orders that are due now
	Failures int       // in a row
	Error    string    // of the last failure
	FailedAt time.Time // first of the failures in a row
	GoodAt   time.Time // last answer
	NextAt   time.Time // nothing is asked before this
}

// Rests reports whether nothing is asked at now because too much has failed. A
// rest that is too long was noted before a clock went back.
func (s LookupState) Rests(now time.Time) bool {
	return now.Before(s.NextAt) && s.NextAt.Sub(now) <= LongestLookupRest
}

// LongestLookupRest bounds how long failures keep the shop from being asked.
const LongestLookupRest = 10 * time.Minute
