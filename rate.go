package socialwatch

import "time"

// Rate is what a network's rate limit leaves of one kind of call, as the last
// answer told this process.
type Rate struct {
	Call      string // the endpoint; empty: all calls
	Limit     int    // 0: not told
	Remaining int
	ResetAt   time.Time
}
