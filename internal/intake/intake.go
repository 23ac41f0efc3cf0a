// Package intake is the whole program in one loop: fetch a batch, read the
// open cases and history it touches, attach follow-ups, assess, respond, and
// save mentions, assessments, drafts, cases, events and the new cursor in one
// transaction. A conflict means read again and run again.
package intake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// Store is what intake needs of the database. Each method is one transaction.
type Store interface {
	Account(ctx context.Context, name string) (socialwatch.AccountState, error)
	Known(ctx context.Context, ask socialwatch.Ask) (socialwatch.Known, error)
	NextCases(ctx context.Context, n int) ([]socialwatch.CaseRef, error)
	Save(ctx context.Context, c socialwatch.Changes) error
}

// Situation is what a reply is chosen from.
type Situation struct {
	Mention    socialwatch.Mention
	Assessment socialwatch.Assessment
	CaseNumber string
	FollowUp   bool               // the customer has had an answer from us
	Used       []string           // templates that this case has seen
	Given      bool               // the post brings what we asked for: details, or word of a direct message
	Earlier    []socialwatch.Past // of this case
	Team       string             // who works on the case so far; empty when it is new
	Incident   bool               // the case is one of an incident that goes on
	Now        time.Time
}

// Text is a composed draft with what its check depends on.
type Text struct {
	Payload  socialwatch.Payload
	Parent   socialwatch.Mention
	Language string // of the parent, as the rules read it; "und" when they cannot tell
	Original string // as the template filled it
	Impostor string // full handle of who poses as us in the thread; empty: nobody known
	Said     int    // replies of the account with this very text in the last hour, where there are OftenFrom or more
}

// Answer is what to do about a mention: Draft is nil when nothing fits, and
// Why says so.
type Answer struct {
	Draft      *socialwatch.Draft
	Why        string
	Escalate   bool
	Escalation string
	Level      int
	DueAt      time.Time
	Team       string // who works on the case from here on
}

// Rules are the pure parts, given by the wiring: none does I/O.
type Rules struct {
	Assess  func(socialwatch.Mention, socialwatch.History) socialwatch.Assessment
	Respond func(Situation) Answer
	// Check is the safety check of a composed draft.
	Check func(Text) []socialwatch.Finding
	// CheckedBy is the version of Check, stored with what it found.
	CheckedBy string
	// Fits reports whether a new case belongs to an incident; nil: never.
	Fits func(socialwatch.Incident, socialwatch.Assessment) bool
	// Redact takes out what must not be stored; nil: nothing. It comes last: a
	// reply is chosen and checked by what the customer wrote.
	Redact func(socialwatch.Mention, socialwatch.Assessment) (socialwatch.Mention, socialwatch.Assessment)
}

// Intake takes in what the networks hold. It is safe for concurrent use: the
// account's version in the database decides between two at once.
type Intake struct {
	Store  Store
	Rules  Rules
	Expiry time.Duration // how long a draft stays approvable; 0: four hours
	// LookAfter is how long after the n-th look at a case's threads the next one
	// comes; nil: NextLook.
	LookAfter func(n int) time.Duration
	Waiting   Waiting // nil: no network pushes
	Now       func() time.Time
}

// Result is what one run took in; Newest is when its newest mention was
// posted, zero without one.
type Result struct {
	Stored  int
	Aside   int
	Newest  time.Time
	Batches int
}

// conflicts is how often a batch is run again before the poll fails: each
// conflict means that somebody else made progress, so only a fault gets here.
const conflicts = 50

// Poll reads everything new from the account's network. It stops at a pause,
// at ctx's end (what was saved stays saved) and at the first error. A network
// that only pushes has nothing to read.
func (in *Intake) Poll(ctx context.Context, c *connectors.Connector) (Result, error) {
	var total Result
	for c.Source != nil {
		more, err := in.pollOnce(ctx, c, &total)
		if err != nil {
			return total, fmt.Errorf("poll %s: %w", c.Account, err)
		}
		if !more {
			break
		}
	}
	return total, nil
}

func (in *Intake) pollOnce(ctx context.Context, c *connectors.Connector, total *Result) (bool, error) {
	for range conflicts {
		state, err := in.Store.Account(ctx, c.Account)
		if err != nil {
			return false, err
		}
		if state.Paused {
			return false, nil
		}
		batch, err := c.Source.Fetch(ctx, state.Cursor)
		if err != nil {
			return false, err
		}
		err = in.keep(ctx, c, state.Version, news{batch: batch, first: state.Cursor == nil})
		if errors.Is(err, socialwatch.ErrConflict) {
			continue // another process stored a batch: fetch from its cursor
		}
		if err != nil {
			return false, err
		}
		total.add(batch)
		return batch.More, nil
	}
	return false, fmt.Errorf("%d times in a row: %w", conflicts, socialwatch.ErrConflict)
}

func (r *Result) add(b connectors.Batch) {
	r.Stored += len(b.Mentions)
	r.Aside += len(b.SetAside)
	r.Batches++
	for _, m := range b.Mentions {
		if m.CreatedAt.After(r.Newest) {
			r.Newest = m.CreatedAt
		}
	}
}

// news is what one transaction takes in: a batch of a Source, or what reading
// threads and looking up posts brought.
type news struct {
	batch  connectors.Batch
	native []socialwatch.Post // our own posts in watched threads
	first  bool               // the account has read nothing before
	taken  []int64            // of the inbox: where the batch is from
}

// keep stores news that was fetched when the account stood at version. It
// runs again by itself as long as the account still stands there (somebody
// acted on a case meanwhile) and answers ErrConflict when it does not.
func (in *Intake) keep(ctx context.Context, c *connectors.Connector, version int64, n news) error {
	for range conflicts {
		p := newPlan(c, in, n)
		known, err := in.Store.Known(ctx, p.ask())
		if err != nil {
			return err
		}
		if known.Version != version {
			return socialwatch.ErrConflict
		}
		p.attach(known)
		refs, err := in.caseNumbers(ctx, p.newCases)
		if err != nil {
			return err
		}
		changes := p.changes(refs)
		if changes.Empty() {
			return nil
		}
		err = in.Store.Save(ctx, changes)
		if !errors.Is(err, socialwatch.ErrConflict) {
			return err
		}
	}
	return socialwatch.ErrConflict
}

func (in *Intake) caseNumbers(ctx context.Context, n int) ([]socialwatch.CaseRef, error) {
	if n == 0 {
		return nil, nil
	}
	return in.Store.NextCases(ctx, n)
}

func (in *Intake) lookAfter(n int) time.Duration {
	if in.LookAfter != nil {
		return in.LookAfter(n)
	}
	return NextLook(n)
}

func (in *Intake) expiry() time.Duration {
	if in.Expiry > 0 {
		return in.Expiry
	}
	return 4 * time.Hour // product note, section 2
}
