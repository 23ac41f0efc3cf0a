package webhook

import (
	"math/rand/v2"
	"net/http"
	"time"

	"socialwatch"
)

// waits are those after each failed try: about three days, as Standard Webhooks
// advises. After the last one a delivery is dead.
var waits = []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour,
	14 * time.Hour, 20 * time.Hour, 24 * time.Hour}

// wait is how long a delivery rests after its nth try has failed, a tenth more
// or less so that not all come back at once, and no less than the endpoint asks
// for; none when it was the last one.
func wait(try int, asked time.Duration) (d time.Duration, more bool) {
	if try > len(waits) {
		return 0, false
	}
	d = waits[max(try, 1)-1]
	d += rand.N(d/5) - d/10
	return max(d, asked), true
}

// ended says what becomes of a delivery after a call.
func ended(l socialwatch.Letter, a answer, now time.Time) socialwatch.DeliveryEnd {
	e := socialwatch.DeliveryEnd{DeliveryID: l.DeliveryID, Attempt: l.Attempt, At: now, Status: a.status, Error: a.error, Delivered: a.error == ""}
	if e.Delivered {
		return e
	}
	d, more := wait(l.Tries, a.retryAfter)
	e.Dead, e.NextAt = !more, now.Add(d)
	switch a.status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if a.retryAfter > 0 { // it means all calls
			e.Rest = now.Add(a.retryAfter)
		}
	case http.StatusGone:
		e.Gone = true
	}
	return e
}
