package twitter

import (
	"errors"
	"testing"
	"time"

	"socialwatch"
)

func TestLaterPagesAreAskedForAgainWhileThatIsWorthIt(t *testing.T) {
	failed := func(r socialwatch.Reason, after time.Duration) error {
		return &socialwatch.NetworkError{Reason: r, RetryAfter: after, Err: errors.New("x")}
	}
	for _, tc := range []struct {
		err   error
		wait  time.Duration
		worth bool
	}{
		{nil, 0, false},
		{errors.New("not the network"), 0, false},
		{failed(socialwatch.Temporary, 0), pageWait, true},
		{failed(socialwatch.Temporary, time.Second), time.Second, true},
		{failed(socialwatch.Temporary, time.Minute), time.Minute, false},
		{failed(socialwatch.RateLimited, 2*time.Second), 2 * time.Second, true},
		{failed(socialwatch.RateLimited, 15*time.Minute), 15 * time.Minute, false},
		{failed(socialwatch.RateLimited, 0), 0, false},
		{failed(socialwatch.OutOfCredit, 0), 0, false},
		{failed(socialwatch.Unauthorized, 0), 0, false},
	} {
		if wait, worth := again(tc.err); worth != tc.worth || worth && wait != tc.wait {
			t.Errorf("%v: wait %s, worth %v", tc.err, wait, worth)
		}
	}
}
