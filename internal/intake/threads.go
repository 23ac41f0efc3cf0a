package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// Watcher says which threads are due for a look.
type Watcher interface {
	// DueThreads returns open cases of the account whose look is due.
	DueThreads(ctx context.Context, account string, now time.Time, limit int) ([]socialwatch.Watch, error)
	// Looked stores Looked, Looks and LookAt of each watch.
	Looked(ctx context.Context, watches []socialwatch.Watch) error
}

// NextLook is how long after the n-th look at a case's threads the next one
// comes: 1, 5 and 30 minutes, then hourly (Mastodon note, R18). A follow-up
// without our handle makes no notification, so only looking finds it.
func NextLook(n int) time.Duration {
	steps := []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute}
	if n < len(steps) {
		return steps[n]
	}
	return time.Hour
}

// lookDays ends the looking: a case without news for two weeks is left alone.
const lookDays = 14 * 24

// watchBatch bounds the threads of one transaction.
const watchBatch = 20

// Threads looks into the threads of open cases that are due: follow-ups
// without the handle, our people's native answers, edits and deletions. A
// thread that can't be read is told in the error and is due again with the
// others; it keeps none of them waiting.
func (in *Intake) Threads(ctx context.Context, c *connectors.Connector, w Watcher) (int, error) {
	if c.Threads == nil {
		return 0, nil
	}
	watches, err := w.DueThreads(ctx, c.Account, in.Now(), watchBatch)
	if err != nil || len(watches) == 0 {
		return 0, err
	}
	begun := socialwatch.Micros(in.Now())
	for i := range watches {
		in.narrow(c, &watches[i])
	}
	unread, err := in.lookInto(ctx, c, watches)
	if err != nil {
		return 0, err
	}
	for i := range watches {
		watches[i].Looked = begun
		watches[i].Looks++
		watches[i].LookAt = socialwatch.Micros(in.Now().Add(in.lookAfter(watches[i].Looks)))
		if watches[i].Looks > lookDays {
			watches[i].LookAt = time.Time{}
		}
	}
	return len(watches), errors.Join(unread, w.Looked(ctx, watches))
}

// backdrop is how far before a new mention its thread is read where each post
// costs: what the customer said right before.
const backdrop = 2 * time.Hour

// narrow says what a look may leave out.
func (in *Intake) narrow(c *connectors.Connector, w *socialwatch.Watch) {
	if w.Looked.IsZero() && w.Looks > 0 { // looked at by a version that did not note when
		w.Looked = w.LookAt.Add(-in.lookAfter(w.Looks))
	}
	if !c.Paid {
		if w.Looks > 0 {
			w.Since = w.Looked
		}
		return
	}
	w.PostIDs = nil
	w.Since = w.Looked
	if before := w.New.Add(-backdrop); !w.New.IsZero() && (w.Looked.IsZero() || before.Before(w.Looked)) {
		w.Since = before
	}
}

// LookAround brings the threads that posts stand in up to date, right before
// the posts are answered: what their customers or our people have said since
// then voids the replies. unread tells of some that could not be read while the
// others could.
func (in *Intake) LookAround(ctx context.Context, c *connectors.Connector, watches []socialwatch.Watch) (unread, err error) {
	ctx = connectors.ForReply(ctx)
	if c.Threads != nil {
		return in.lookInto(ctx, c, watches)
	}
	var ids []string
	for _, w := range watches {
		ids = append(ids, w.PostIDs...)
	}
	return nil, in.Look(ctx, c, ids)
}

// lookInto reads threads and keeps what is new. unread tells of threads that
// could not be read while the others could.
func (in *Intake) lookInto(ctx context.Context, c *connectors.Connector, watches []socialwatch.Watch) (unread, err error) {
	err = in.again(ctx, c, func() (n news, err error) {
		n, unread, err = in.read(ctx, c, watches)
		return n, err
	})
	if err != nil {
		return nil, fmt.Errorf("look into threads of %s: %w", c.Account, err)
	}
	if unread != nil {
		unread = fmt.Errorf("look into threads of %s: %w", c.Account, unread)
	}
	return unread, nil
}

// Look brings the stored state of posts up to date with the network: edits
// and deletions void what would answer them. It is called before a draft is
// shown, right before it is sent, when the stream tells of a deletion, and
// nightly.
func (in *Intake) Look(ctx context.Context, c *connectors.Connector, postIDs []string) error {
	if c.Lookup == nil || len(postIDs) == 0 {
		return nil
	}
	var unread error
	err := in.again(ctx, c, func() (news, error) {
		looks, err := c.Lookup.Get(ctx, postIDs)
		unread = leftOut(postIDs, looks)
		return news{batch: batchOf(c.Account, looks)}, err
	})
	if err = errors.Join(err, unread); err != nil {
		return fmt.Errorf("look at posts of %s: %w", c.Account, err)
	}
	return nil
}

// Gone erases posts of which the network says that they are deleted, or shown
// to us no longer, and voids what would answer them. Posts that are not stored
// are passed over.
func (in *Intake) Gone(ctx context.Context, c *connectors.Connector, postIDs []string) error {
	if len(postIDs) == 0 {
		return nil
	}
	err := in.again(ctx, c, func() (news, error) { return news{batch: connectors.Batch{Deletions: postIDs}}, nil })
	if err != nil {
		return fmt.Errorf("erase posts of %s: %w", c.Account, err)
	}
	return nil
}

// again fetches and keeps until no other process came between.
func (in *Intake) again(ctx context.Context, c *connectors.Connector, fetch func() (news, error)) error {
	for range conflicts {
		state, err := in.Store.Account(ctx, c.Account)
		if err != nil {
			return err
		}
		n, err := fetch()
		if err != nil {
			return err
		}
		if err = in.keep(ctx, c, state.Version, n); !errors.Is(err, socialwatch.ErrConflict) {
			return err
		}
	}
	return socialwatch.ErrConflict
}

// batchOf turns looks into edits and deletions.
func batchOf(account string, looks []connectors.Look) connectors.Batch {
	var b connectors.Batch
	for _, l := range looks {
		if l.Gone {
			b.Deletions = append(b.Deletions, l.ID)
		} else {
			b.Edits = append(b.Edits, socialwatch.Mention{Post: l.Post, Account: account, Kind: socialwatch.KindFollowUp})
		}
	}
	return b
}

// read turns threads into news. Posts of others than the watched customers
// are context and go no further, however large a thread grows, unless in.heeds.
func (in *Intake) read(ctx context.Context, c *connectors.Connector, watches []socialwatch.Watch) (n news, unread, err error) {
	var roots, known []string
	customers := map[string]bool{}
	since := watches[0].Since
	for _, w := range watches {
		roots, known = append(roots, w.Roots...), append(known, w.PostIDs...)
		customers[w.Customer] = true
		if w.Since.Before(since) {
			since = w.Since
		}
	}
	slices.Sort(roots)
	threads, err := c.Threads.Read(ctx, slices.Compact(roots), since)
	if err != nil {
		return n, nil, err
	}
	seen := map[string]bool{}
	for _, t := range threads {
		if t.Err != nil {
			unread = errors.Join(unread, t.Err)
		}
		for _, post := range t.Posts {
			if seen[post.ID] {
				continue
			}
			seen[post.ID] = true
			post.RootID = t.Root
			m := socialwatch.Mention{Post: post, Account: c.Account, Kind: socialwatch.KindFollowUp}
			if post.Own {
				n.native = append(n.native, post)
			} else if customers[post.Author.ID] || in.heeds(m) {
				n.batch.Edits = append(n.batch.Edits, m)
			}
		}
	}
	left := slices.DeleteFunc(known, func(id string) bool { return seen[id] })
	if len(left) == 0 || c.Lookup == nil {
		n.answerFirst()
		return n, unread, nil
	}
	// Mentions that their thread no longer shows.
	looks, err := c.Lookup.Get(ctx, left)
	b := batchOf(c.Account, looks)
	n.batch.Edits, n.batch.Deletions = append(n.batch.Edits, b.Edits...), b.Deletions
	n.answerFirst()
	return n, errors.Join(unread, leftOut(left, looks)), err
}

// heeds reports whether somebody else's post in a watched thread may be more than
// context: its author poses as us, or quotes a case, which may be their own.
func (in *Intake) heeds(m socialwatch.Mention) bool {
	a := in.Rules.Assess(m, socialwatch.History{})
	_, quotes := a.Entity(socialwatch.CaseNumber)
	return quotes || a.Has(socialwatch.SignalImpostor)
}

// answerFirst lets our people's answers to later versions of posts that were
// read answer the posts by the ids under which they are known. Of two edited
// posts of one author either may be meant: the first that fits counts as
// answered, as one answer too few is better than a second one.
func (n *news) answerFirst() {
	for i, post := range n.native {
		if post.ParentAt.IsZero() || post.ParentBy == "" {
			continue
		}
		for _, m := range n.batch.Edits {
			if m.Author.ID == post.ParentBy && m.CreatedAt.Before(post.ParentAt) && !m.EditedAt.Before(post.ParentAt) {
				n.native[i].ParentID = m.ID
				break
			}
		}
	}
}

// leftOut tells of posts that were asked for and could not be read: nothing is
// known of them, so what answers them must wait.
func leftOut(ids []string, looks []connectors.Look) error {
	var errs []error
	for _, id := range ids {
		if !slices.ContainsFunc(looks, func(l connectors.Look) bool { return l.ID == id }) {
			errs = append(errs, fmt.Errorf("post %s could not be read", id))
		}
	}
	return errors.Join(errs...)
}
