package twitter

import (
	"errors"
	"time"

	"socialwatch"
)

// trouble is why a stream is not there, as far as the wait depends on it.
type trouble string

const (
	troubleNetwork trouble = "network" // broken, silent, not reached
	troubleHTTP    trouble = "http"    // refused with a status
	troubleLimit   trouble = "limit"   // 429, or too many connections
	troubleCredit  trouble = "credit"
)

// pace is how often a stream has failed in the same way since it was last well.
// The zero value is well.
type pace struct {
	why   trouble
	times int
}

// longestRest bounds what X may ask for, which is a window of its rate limits.
const longestRest = longestCredit

// longestCredit is between two looks whether a person has bought credit.
const longestCredit = 15 * time.Minute

// next counts a failure and returns the wait before the next attempt, never
// less than X asks for.
func (p *pace) next(err error) time.Duration {
	why := troubleOf(err)
	if why != p.why {
		*p = pace{why: why}
	}
	p.times++
	d := rest(why, p.times)
	var ne *socialwatch.NetworkError
	if errors.As(err, &ne) && ne.RetryAfter > d {
		d = min(ne.RetryAfter, longestRest)
	}
	return d
}

func troubleOf(err error) trouble {
	var e *apiError
	switch socialwatch.ReasonOf(err) {
	case socialwatch.OutOfCredit:
		return troubleCredit
	case socialwatch.RateLimited:
		return troubleLimit
	}
	if errors.As(err, &e) {
		return troubleHTTP
	}
	return troubleNetwork
}

// rest is the wait after so many failures of a kind, at least one, as X's pages
// on streams ask: a broken connection is opened again at once, then after 250
// ms more each time up to 16 s; after a status 5 s, doubling to 320 s; after a
// 429 a minute, doubling.
func rest(why trouble, times int) time.Duration {
	n := min(max(times-1, 0), 100)
	switch why {
	case troubleHTTP:
		return min(5*time.Second<<min(n, 10), 320*time.Second)
	case troubleLimit:
		return min(time.Minute<<min(n, 10), longestRest)
	case troubleCredit:
		return longestCredit
	}
	return min(250*time.Millisecond*time.Duration(n), 16*time.Second)
}
