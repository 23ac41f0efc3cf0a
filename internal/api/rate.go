package api

import (
	"math"
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

// take takes one request from the bucket of key and returns zero, or how long
// to wait until there is one.
func (l *limiter) take(key string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	full := max(1, 2*l.perSecond)
	b := l.buckets[key]
	if b == nil {
		b = &bucket{full, now}
		l.buckets[key] = b
	}
	// A clock that goes back fills nothing.
	b.left = math.Min(full, b.left+math.Max(0, now.Sub(b.at).Seconds())*l.perSecond)
	b.at = now
	if b.left < 1 {
		return time.Duration((1 - b.left) / l.perSecond * float64(time.Second))
	}
	b.left--
	return 0
}
