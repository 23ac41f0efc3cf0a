package socialwatch

import (
	"errors"
	"fmt"
	"time"
)

// Reason classes an error of a network by what we must do about it.
type Reason string

// Reasons. Unknown is only for writes: the call may have taken effect.
const (
	Temporary    Reason = "temporary"    // did not happen; try again later
	RateLimited  Reason = "rate_limited" // wait RetryAfter
	OutOfCredit  Reason = "out_of_credit"
	Refused      Reason = "refused"      // permanent: the same request never works
	Gone         Reason = "gone"         // post deleted, author suspended or blocking us
	Duplicate    Reason = "duplicate"    // the network holds an equal post, perhaps ours
	Unknown      Reason = "unknown"      // may have happened; only reconciliation can tell
	Unauthorized Reason = "unauthorized" // token or scope wrong: stop the account
)

// NetworkError is a network's refusal or failure. Its text never holds a
// token, a customer's words or a handle.
type NetworkError struct {
	Reason     Reason
	RetryAfter time.Duration // 0 when the network names none
	Err        error
}

func (e *NetworkError) Error() string { return fmt.Sprintf("%s: %v", e.Reason, e.Err) }

// Unwrap returns the cause.
func (e *NetworkError) Unwrap() error { return e.Err }

// ReasonOf returns the class of err: that of the NetworkError in its chain,
// else Temporary. It is empty for nil.
func ReasonOf(err error) Reason {
	if err == nil {
		return ""
	}
	var ne *NetworkError
	if errors.As(err, &ne) {
		return ne.Reason
	}
	return Temporary
}

// Errors that several parts tell apart.
var (
	// ErrConflict means that what was read has changed: read again, run again.
	ErrConflict = errors.New("changed by somebody else meanwhile")
	// ErrNotPossible is an ErrConflict that reading again does not end: as it stands
	// it can't be done, and the text says what is in the way.
	ErrNotPossible error = notPossible{}
	// ErrNotFound means that there is no such row.
	ErrNotFound = errors.New("not found")
	// ErrLeaseHeld means that another process does this work right now.
	ErrLeaseHeld = errors.New("lease held by another process")
	// ErrStopped means that publishing is stopped.
	ErrStopped = errors.New("publishing is stopped")
	// ErrForbidden means that the person lacks the right; the text says which.
	ErrForbidden = errors.New("not allowed")
)

type notPossible struct{}

// Error is ErrConflict's: who shows the sentence before it cuts that one off.
func (notPossible) Error() string { return ErrConflict.Error() }
func (notPossible) Unwrap() error { return ErrConflict }
