package twitter

import (
	"context"
	"errors"
	"time"

	"socialwatch"
)

// A page behind the first one is asked for again: what was read before it is
// paid for, and a walk of many pages would hardly ever come to its end while a
// part of all requests fails.
const (
	pageTries   = 3
	pageWait    = 200 * time.Millisecond
	longestHold = 3 * time.Second // of what X may ask for; for longer the walk ends
)

// onward reads one page of a walk.
func (c *client) onward(ctx context.Context, k call, later bool) (page, error) {
	for try := 1; ; try++ {
		p, _, err := c.posts(ctx, k)
		if errors.Is(err, errTooLong) && k.cost.Most > smallPage {
			k.cost.Most, try = max(k.cost.Most/2, smallPage), 0
			continue
		}
		wait, worth := again(err)
		if err == nil || !later || try == pageTries || !worth {
			return p, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return page{}, err
		}
	}
}

// again is how long to wait until a failed read may work, and whether that is
// worth it.
func again(err error) (time.Duration, bool) {
	var ne *socialwatch.NetworkError
	if !errors.As(err, &ne) {
		return 0, false
	}
	switch ne.Reason {
	case socialwatch.Temporary:
		return max(ne.RetryAfter, pageWait), ne.RetryAfter <= longestHold
	case socialwatch.RateLimited:
		return ne.RetryAfter, ne.RetryAfter > 0 && ne.RetryAfter <= longestHold
	}
	return 0, false
}
