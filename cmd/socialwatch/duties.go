package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/jobs"
	"socialwatch/internal/store"
)

// How old a look may be when a person sees the draft, by what looking costs.
const (
	shownAge     = 5 * time.Minute
	shownAgePaid = time.Hour
	shownFirst   = 100              // drafts of the queue that are looked behind
	shownTime    = 50 * time.Second // of one pass: the next one comes a minute later
)

// How old the network's word on a stored post may be: what the network has
// deleted must go within a day, and a failure leaves time to try again.
const (
	complianceAge   = 20 * time.Hour
	complianceBatch = 50_000
	eraseAtOnce     = 100 // posts of one transaction
)

// rawKeptPaid is how long raw text is kept at most where terms want what is
// deleted gone within a day: it has no post to ask for.
const rawKeptPaid = 24 * time.Hour

// shown looks at the posts behind the drafts that people see first, so that
// nobody decides about a post that is long gone. The page waits for nothing: a
// change shows as any other news.
func (a *app) shown(ctx context.Context, c *connectors.Connector) error {
	if c.Lookup == nil {
		return nil
	}
	state, err := a.store.Account(ctx, c.Account)
	if err != nil || a.rests(state) {
		return err
	}
	age := shownAge
	if c.Paid {
		age = shownAgePaid
	}
	ctx, cancel := context.WithTimeout(ctx, shownTime)
	defer cancel()
	now := socialwatch.Micros(a.now())
	ids, err := a.store.DueShown(ctx, c.Account, now, now.Add(-age), shownFirst)
	if err != nil {
		return err
	}
	return a.intake.Look(ctx, c, ids)
}

// rehydrate holds what is stored against what the network still shows: what was
// edited or deleted without a sign is noticed within a day.
func (a *app) rehydrate(ctx context.Context, c *connectors.Connector) error {
	lease := jobs.Lease{Name: "rehydrate/" + c.Account, Holder: a.worker, TTL: a.tuning.lease, Now: a.now}
	return jobs.Hold(ctx, a.store, lease, func(ctx context.Context) error {
		look, kept := a.lookAtAll, a.cfg.Privacy.Retain.SetAside
		if c.Compliance != nil {
			look = a.comply
		}
		if c.Paid && (kept == 0 || kept > rawKeptPaid) {
			kept = rawKeptPaid
		}
		_, late := a.store.EraseLate(ctx, c.Account, a.before(kept))
		all, err := look(ctx, c)
		ours, failed := a.lookAtOurs(ctx, c)
		return errors.Join(late, unlessOver(ctx, all+ours > 0, errors.Join(err, failed)))
	})
}

// lookAtAll looks at every post of live cases, and returns at how many.
func (a *app) lookAtAll(ctx context.Context, c *connectors.Connector) (n int, err error) {
	before := socialwatch.Micros(a.now())
	for {
		ids, err := a.store.DueLookups(ctx, c.Account, before, 100)
		if err != nil || len(ids) == 0 {
			return n, err
		}
		if err := a.intake.Look(ctx, c, ids); err != nil {
			return n, err
		}
		n += len(ids)
	}
}

// lookAtOurs looks at the replies that live cases have had, and returns at how
// many: a customer whose answer has vanished waits again.
func (a *app) lookAtOurs(ctx context.Context, c *connectors.Connector) (n int, err error) {
	now := socialwatch.Micros(a.now())
	before, look := now, a.intake.Look
	if c.Compliance != nil {
		before, look = now.Add(-complianceAge), a.askAfter
	}
	for {
		ids, err := a.store.DueSent(ctx, c.Account, now, before, 100)
		if err != nil || len(ids) == 0 {
			return n, err
		}
		if err := look(ctx, c, ids); err != nil {
			return n, err
		}
		n += len(ids)
	}
}

// askAfter erases those of the posts of which the network says that they are gone.
func (a *app) askAfter(ctx context.Context, c *connectors.Connector, ids []string) error {
	gone, err := c.Compliance.Gone(ctx, ids)
	if err != nil {
		return fmt.Errorf("ask which of %d replies are gone: %w", len(ids), err)
	}
	return a.intake.Gone(ctx, c, gone)
}

// comply asks the network which of all stored posts are gone, and erases them,
// once the network's word on one of them is too old. It returns about how many it
// has asked.
func (a *app) comply(ctx context.Context, c *connectors.Connector) (n int, err error) {
	now := socialwatch.Micros(a.now())
	due, err := a.store.StoredPosts(ctx, c.Account, now.Add(-complianceAge), 0, 1)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	l := store.Looks{Account: c.Account, Before: now, At: now}
	for {
		posts, err := a.store.StoredPosts(ctx, c.Account, l.Before, l.After, complianceBatch)
		if err != nil || len(posts) == 0 {
			return n, err
		}
		ids := make([]string, len(posts))
		for i, p := range posts {
			ids[i] = p.PostID
		}
		gone, err := c.Compliance.Gone(ctx, ids)
		if err != nil {
			return n, fmt.Errorf("ask which of %d posts are gone: %w", len(ids), err)
		}
		for some := range slices.Chunk(gone, eraseAtOnce) {
			if err := a.intake.Gone(ctx, c, some); err != nil {
				return n, err
			}
		}
		l.UpTo = posts[len(posts)-1].ID
		if err := a.store.MarkLooked(ctx, l); err != nil {
			return n, err
		}
		l.After, n = l.UpTo, n+len(posts)
	}
}

// dropRequests forgets what writes over the API were answered with, a day after.
func (a *app) dropRequests(ctx context.Context) error {
	return a.store.DropRequests(ctx, socialwatch.Micros(a.now()).Add(-store.RequestKept))
}
