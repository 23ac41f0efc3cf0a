package connectors

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"socialwatch"
)

// RateBudget is what a server's rate limit leaves us, of all calls or of one
// endpoint. What is no hurry stops while a tenth is left, which is kept for
// replies and what belongs to them; they stop when nothing is left. The zero
// value knows no limit. It is safe for concurrent use.
type RateBudget struct {
	mu        sync.Mutex
	limit     int
	remaining int
	until     time.Time // by our clock; the zero value knows nothing
}

// longestWindow bounds how long a told rest is believed: the longest windows
// that networks have are of fifteen minutes.
const longestWindow = 15 * time.Minute

// Note takes in the rate-limit headers of an answer that came at now.
func (b *RateBudget) Note(h http.Header, now time.Time) {
	limit, remaining, ok := RateLeft(h)
	if !ok {
		return
	}
	wait := untilReset(h, ServerTime(h, now))
	if wait <= 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.limit, b.remaining, b.until = limit, remaining, now.Add(min(wait, longestWindow))
}

// unnamedWait is the rest after a refusal that names none.
const unnamedWait = time.Minute

// Refused takes in a 429: nothing is left, whatever the headers told. A wait
// of 0 or less means that the server named none.
func (b *RateBudget) Refused(wait time.Duration, now time.Time) {
	if wait <= 0 {
		wait = unnamedWait
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.remaining, b.until = 0, now.Add(min(wait, longestWindow))
}

// Take counts one call. A result above 0 means: not now, but after that time.
// spare lets the call use the share that is kept for replies.
func (b *RateBudget) Take(now time.Time, spare bool) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := b.until.Sub(now)
	if left <= 0 || left > longestWindow { // over, or the clock went back
		b.until = time.Time{}
		return 0
	}
	kept := 0
	if !spare {
		kept = max(b.limit/10, 1)
	}
	if b.remaining <= kept {
		return left
	}
	b.remaining--
	return 0
}

// Left is what is known of the limit at now; ok is false when nothing is.
func (b *RateBudget) Left(call string, now time.Time) (r socialwatch.Rate, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := b.until.Sub(now)
	return socialwatch.Rate{Call: call, Limit: b.limit, Remaining: b.remaining, ResetAt: b.until}, left > 0 && left <= longestWindow
}

// Rates is what is known of several limits, by call.
func Rates(budgets map[string]*RateBudget, now time.Time) []socialwatch.Rate {
	var all []socialwatch.Rate
	for _, call := range slices.Sorted(maps.Keys(budgets)) {
		if r, ok := budgets[call].Left(call, now); ok {
			all = append(all, r)
		}
	}
	return all
}

// RateLeft is what the headers of an answer tell of the rate limit; ok is
// false when they don't.
func RateLeft(h http.Header) (limit, remaining int, ok bool) {
	limit, err1 := strconv.Atoi(rateHeader(h, "Limit"))
	remaining, err2 := strconv.Atoi(rateHeader(h, "Remaining"))
	return limit, remaining, err1 == nil && err2 == nil && limit > 0
}
