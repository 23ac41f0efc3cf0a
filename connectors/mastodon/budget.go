package mastodon

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"socialwatch/connectors"
)

// budget is what the server's rate limit leaves us. Reading stops while a
// tenth is left, which is kept for replies and what belongs to them (R15); they
// stop when nothing is left. The zero value knows no limit.
type budget struct {
	mu        sync.Mutex
	limit     int
	remaining int
	until     time.Time // by our clock; the zero value knows nothing
}

// longestWindow bounds how long a told rest is believed: both servers have
// windows of five minutes for reading.
const longestWindow = 15 * time.Minute

// note takes in the headers of an answer to a read.
func (b *budget) note(h http.Header, now time.Time) {
	limit, err1 := strconv.Atoi(h.Get("X-RateLimit-Limit"))
	remaining, err2 := strconv.Atoi(h.Get("X-RateLimit-Remaining"))
	if err1 != nil || err2 != nil || limit <= 0 {
		return
	}
	reset := http.Header{"X-Ratelimit-Reset": h.Values("X-RateLimit-Reset"), "Date": h.Values("Date")}
	wait := connectors.Wait(reset, now)
	if wait <= 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.limit, b.remaining, b.until = limit, remaining, now.Add(min(wait, longestWindow))
}

// unnamedWait is the rest after a refusal that names none: a fifth of the
// windows that both servers have.
const unnamedWait = time.Minute

// refused takes in a 429: nothing is left, whatever the headers told.
func (b *budget) refused(wait time.Duration, now time.Time) {
	if wait <= 0 {
		wait = unnamedWait
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.remaining, b.until = 0, now.Add(min(wait, longestWindow))
}

// take counts one read. A result above 0 means: not now, but after that time.
func (b *budget) take(now time.Time, spare bool) time.Duration {
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
