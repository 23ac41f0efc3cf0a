package connectors

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestWait bounds what a server may ask for, so that one odd header can't
// silence an account for good.
const longestWait = 24 * time.Hour

// Wait is how long an answer asks us to wait, 0 when it does not say. It
// reads every Retry-After (seconds or a date; some servers send both) and
// takes the first usable one, else X-RateLimit-Reset or, as X writes it,
// X-Rate-Limit-Reset (ISO 8601 or seconds since 1970). Dates count from the
// server's own Date header if there is one, else from now, so that a wrong
// clock on our side does not matter.
func Wait(h http.Header, now time.Time) time.Duration {
	now = ServerTime(h, now)
	for _, v := range h.Values("Retry-After") {
		v = strings.TrimSpace(v)
		if n, err := strconv.ParseInt(v, 10, 32); err == nil && n >= 0 {
			return min(time.Duration(n)*time.Second, longestWait)
		}
		if t, err := http.ParseTime(v); err == nil {
			return bounded(t.Sub(now))
		}
	}
	return untilReset(h, now)
}

// ServerTime is the Date header of an answer, or now when it has none.
func ServerTime(h http.Header, now time.Time) time.Time {
	if t, err := http.ParseTime(h.Get("Date")); err == nil {
		return t
	}
	return now
}

func untilReset(h http.Header, now time.Time) time.Duration {
	v := rateHeader(h, "Reset")
	if t, err := time.Parse(time.RFC3339, v); err == nil {
		return bounded(t.Sub(now))
	}
	if n, err := strconv.ParseInt(v, 10, 64); err == nil && n > 0 {
		return bounded(time.Unix(n, 0).Sub(now))
	}
	return 0
}

// bounded is d, at least one second: a moment that has just passed on a
// coarse clock is still no reason to try again at once.
func bounded(d time.Duration) time.Duration {
	return min(max(d, time.Second), longestWait)
}

// rateHeader reads a header of the rate limit in both of its spellings.
func rateHeader(h http.Header, name string) string {
	return cmp.Or(h.Get("X-RateLimit-"+name), h.Get("X-Rate-Limit-"+name))
}
