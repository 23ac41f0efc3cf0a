package intake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// Waiting is where posts wait that networks have pushed.
type Waiting interface {
	// Inbox returns what waits for an account, the longest waiting first.
	Inbox(ctx context.Context, account string, limit int) ([]socialwatch.Pushed, error)
	// PutInbox stores mentions durably until a Save takes them.
	PutInbox(ctx context.Context, account string, mentions []socialwatch.Mention, at time.Time) error
}

// inboxBatch bounds the posts of one transaction.
const inboxBatch = 500

// Inbox takes in what networks have pushed to the account, in batches that
// move no cursor. A batch leaves the inbox in the transaction that stores it;
// a post that a poll has brought before just leaves. Like Poll it stops at a
// pause, at ctx's end (what was saved stays saved) and at the first error.
func (in *Intake) Inbox(ctx context.Context, c *connectors.Connector) (Result, error) {
	var total Result
	for tries := 0; in.Waiting != nil; {
		more, err := in.inboxOnce(ctx, c, &total)
		if errors.Is(err, socialwatch.ErrConflict) && tries < conflicts {
			tries++ // another process stored a batch: it may have taken these
			continue
		}
		if err != nil {
			return total, fmt.Errorf("take in the inbox of %s: %w", c.Account, err)
		}
		if !more {
			break
		}
		tries = 0
	}
	return total, nil
}

func (in *Intake) inboxOnce(ctx context.Context, c *connectors.Connector, total *Result) (more bool, err error) {
	state, err := in.Store.Account(ctx, c.Account)
	if err != nil || state.Paused {
		return false, err
	}
	waiting, err := in.Waiting.Inbox(ctx, c.Account, inboxBatch)
	if err != nil || len(waiting) == 0 {
		return false, err
	}
	n := news{batch: connectors.Batch{Mentions: make([]socialwatch.Mention, len(waiting))}, taken: make([]int64, len(waiting))}
	for i, p := range waiting {
		n.batch.Mentions[i], n.taken[i] = p.Mention, p.ID
	}
	if err := in.keep(ctx, c, state.Version, n); err != nil {
		return false, err
	}
	total.add(n.batch)
	return len(waiting) == inboxBatch, nil
}

// Door is where connectors hand in what networks push: a connectors.Inbox. It
// is safe for concurrent use.
type Door struct {
	Waiting Waiting
	Now     func() time.Time
}

// Put stores mentions durably before it returns; Intake.Inbox takes them in.
func (d Door) Put(ctx context.Context, account string, mentions []socialwatch.Mention) error {
	return d.Waiting.PutInbox(ctx, account, mentions, socialwatch.Micros(d.Now()))
}
