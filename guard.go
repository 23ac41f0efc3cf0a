package socialwatch

import (
	"fmt"
	"runtime/debug"
)

// Guard runs work and makes its panic an error: in a goroutine it would end the
// program, and with it all other work.
func Guard(work func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Panicked(p)
		}
	}()
	return work()
}

// Panicked is the error of a panic, for the log: what recover returned, and where
// it happened. Called by the deferred function that recovered. Of a value that is
// no error it tells the type alone, as the value may hold a customer's words; the
// stack holds no values of ours.
func Panicked(p any) error {
	if err, is := p.(error); is {
		return fmt.Errorf("panic: %w\n%s", err, debug.Stack())
	}
	return fmt.Errorf("panic: a value of type %T\n%s", p, debug.Stack())
}
