// Package outbox numbers committed events, so that consumers who read
// "seq > n order by seq" never miss one.
package outbox

import (
	"context"
	"fmt"
)

// Store numbers events.
type Store interface {
	// Number gives the next numbers to at most limit committed events that
	// have none, and says to how many. One caller numbers at a time.
	Number(ctx context.Context, limit int) (int, error)
}

// Sequencer is the one that numbers. Any number of processes may run one:
// the database lets them take turns.
type Sequencer struct{ Store Store }

const batch = 1000

// Pass numbers all that waits.
func (s *Sequencer) Pass(ctx context.Context) error {
	for {
		n, err := s.Store.Number(ctx, batch)
		if err != nil {
			return fmt.Errorf("number events: %w", err)
		}
		if n < batch {
			return nil
		}
	}
}
