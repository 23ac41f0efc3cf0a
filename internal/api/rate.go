package api

import (
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"
)

// limiter gives each token its own bucket, which holds two seconds' worth of
// requests and fills steadily. It knows valid tokens only, so it stays as
// small as their list. It is safe for concurrent use.
type limiter struct {
	perSecond float64

	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	left float64
	at   time.Time
}

// full is what a bucket holds.
func (l *limiter) full() float64 { return max(1, 2*l.perSecond) }

// take takes one request from the bucket of key and returns a wait of zero, or
// how long to wait until there is one, and what is left.
func (l *limiter) take(key string, now time.Time) (wait time.Duration, left float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	full := l.full()
	b := l.buckets[key]
	if b == nil {
		b = &bucket{full, now}
		l.buckets[key] = b
	}
	// A clock that goes back fills nothing.
	b.left = math.Min(full, b.left+math.Max(0, now.Sub(b.at).Seconds())*l.perSecond)
	b.at = now
	if b.left < 1 {
		return time.Duration((1 - b.left) / l.perSecond * float64(time.Second)), b.left
	}
	b.left--
	return 0, b.left
}

// tell says in an answer's headers what a token may ask, and what of it is left
// (RateLimit header fields for HTTP, an IETF draft).
func (l *limiter) tell(h http.Header, left float64) {
	full := l.full()
	h.Set("RateLimit-Policy", fmt.Sprintf(`"token";q=%d;w=%d`, int(full), int(math.Ceil(full/l.perSecond))))
	h.Set("RateLimit", fmt.Sprintf(`"token";r=%d;t=%d`, int(left), int(math.Ceil((full-left)/l.perSecond))))
}
