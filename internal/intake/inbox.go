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
	// InboxGone returns posts of which a push said that they are deleted.
	InboxGone(ctx context.Context, account string, limit int) ([]string, error)
	DropInboxGone(ctx context.Context, account string, postIDs []string) error
	// PutPush stores a push durably: mentions until a Save takes them, deletions
	// until DropInboxGone, and what could not be understood for good.
	PutPush(ctx context.Context, account string, p socialwatch.Push, at time.Time) error
}

// inboxBatch bounds the posts of one transaction.
const inboxBatch = 500

// Inbox takes in what networks have pushed to the account, in batches that
// move no cursor. A batch leaves the inbox in the transaction that stores it;
// a post that a poll has brought before just leaves, and so does an older
// version of one. Deletions are taken last. Like Poll it stops at a
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
	return total, in.inboxGone(ctx, c)
}

// inboxGone erases what was deleted. Who is killed between does it again.
func (in *Intake) inboxGone(ctx context.Context, c *connectors.Connector) error {
	for in.Waiting != nil {
		state, err := in.Store.Account(ctx, c.Account)
		if err != nil || state.Paused {
			return err
		}
		ids, err := in.Waiting.InboxGone(ctx, c.Account, inboxBatch)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := in.Gone(ctx, c, ids); err != nil {
			return err
		}
		if err := in.Waiting.DropInboxGone(ctx, c.Account, ids); err != nil || len(ids) < inboxBatch {
			return err
		}
	}
	return nil
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
	n := news{}
	for _, p := range waiting {
		if n.taken = append(n.taken, p.ID); p.Mention.Own { // our people's answer
			n.native = append(n.native, p.Mention.Post)
		} else {
			n.batch.Mentions = append(n.batch.Mentions, p.Mention)
		}
	}
	if err := in.keep(ctx, c, state.Version, n); err != nil {
		return false, err
	}
	total.add(n.batch)
	return len(waiting) == inboxBatch, nil
}

// Door is where connectors hand in what networks push: a connectors.Inbox, and
// a connectors.Tray. It is safe for concurrent use.
type Door struct {
	Waiting Waiting
	Now     func() time.Time
}

// Put stores mentions durably before it returns; Intake.Inbox takes them in.
func (d Door) Put(ctx context.Context, account string, mentions []socialwatch.Mention) error {
	return d.PutPush(ctx, account, socialwatch.Push{Mentions: mentions})
}

// PutPush is Put for all that a push may hold.
func (d Door) PutPush(ctx context.Context, account string, p socialwatch.Push) error {
	return d.Waiting.PutPush(ctx, account, p, socialwatch.Micros(d.Now()))
}
