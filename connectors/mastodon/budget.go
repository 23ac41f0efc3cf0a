package mastodon

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"socialwatch/connectors"
)

// budget is what the server's rate limit leaves us. Reading stops while a
// tenth is left, which is kept for replies and what belongs to them (R15).
// The zero value knows no limit.
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

// take counts one read. A result above 0 means: not now, but after that time.
func (b *budget) take(now time.Time, spare bool) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := b.until.Sub(now)
	if left <= 0 || left > longestWindow { // over, or the clock went back
		b.until = time.Time{}
		return 0
	}
	if !spare && b.remaining <= max(b.limit/10, 1) {
		return left
	}
	b.remaining--
	return 0
}
