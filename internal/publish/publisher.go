// Package publish decides and sends: the Desk takes people's decisions, the
// Publisher makes at most one call for each attempt and settles what a lost
// answer left in doubt. The rules are those of the storage note, section 8:
// an attempt is written before its call, every end is fenced, an uncertain
// send is unknown and never retried blindly.
package publish

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// Sends is what sending needs of the database.
type Sends interface {
	// DueSends returns holding replies past their undo window, and failed or
	// unknown ones past their wait; none while publishing is stopped.
	DueSends(ctx context.Context, now time.Time, limit int) ([]int64, error)
	// Claim moves one to sending and writes the attempt, in one transaction
	// that reads Stop (ErrStopped) and compares the hash (ErrConflict).
	Claim(ctx context.Context, c socialwatch.Claim) (socialwatch.Attempt, error)
	// Finish ends an attempt; ErrConflict when its lease was lost.
	Finish(ctx context.Context, a socialwatch.Attempt, o socialwatch.Outcome) error
	// ExpireLeases turns sending replies with an ended lease into unknown.
	ExpireLeases(ctx context.Context, now time.Time, settle time.Duration) (int, error)
}

// Looks is what reconciliation needs of the database.
type Looks interface {
	// DueLooks leases unknown replies whose look is due.
	DueLooks(ctx context.Context, now time.Time, worker string, lease time.Duration, limit int) ([]socialwatch.Attempt, error)
	// FinishLook ends one look; ErrConflict when its lease was lost.
	FinishLook(ctx context.Context, a socialwatch.Attempt, o socialwatch.Outcome) error
}

// Contexts reads a reply with what surrounds it.
type Contexts interface {
	Context(ctx context.Context, replyID int64) (socialwatch.ReplyContext, error)
	// Block stores the findings of a check that blocks, or that warns of something
	// new, with its version, and hands the reply back to people.
	Block(ctx context.Context, replyID int64, findings []socialwatch.Finding, checkedBy string, at time.Time) error
	// Supersede ends a reply because the thread has moved.
	Supersede(ctx context.Context, replyID int64, reason string, at time.Time) error
	// Lapse ends the approval of a reply in doubt that was to go again.
	Lapse(ctx context.Context, replyID int64, at time.Time) error
}

// Publisher sends approved replies. It is safe for concurrent use, in one
// process or several: the database decides who sends.
type Publisher struct {
	Sends     Sends
	Looks     Looks
	Replies   Contexts
	Connector func(account string) *connectors.Connector // nil: unknown here
	// Refresh reads the threads around posts on the network and stores what
	// changed, which voids replies to what is no longer so. unread tells of some
	// that could not be read while the others could.
	Refresh   func(ctx context.Context, c *connectors.Connector, watches []socialwatch.Watch) (unread, err error)
	Check     func(socialwatch.ReplyContext, socialwatch.Payload) []socialwatch.Finding
	CheckedBy string // version of Check, stored with what it found
	// Resend permits sending again, without a guard of the server, what was
	// not found: a double is then possible. nil: never.
	Resend func(account string) bool
	// Handoff reports whether a payload asks the customer for private contact,
	// which its case waits for once it is sent; nil: none does.
	Handoff func(socialwatch.Payload) bool
	Worker  string        // unique among processes
	Timeout time.Duration // of one call; the lease is twice as long; 0: 30 s
	Settle  time.Duration // the longest that a taken post stays invisible; 0: 5 s
	Tries   int           // answered looks before a reply counts as absent; 0: 3
	Backoff time.Duration // the first wait after a failed call or look, doubled up to 64 times; 0: 15 s
	Now     func() time.Time
	Log     *slog.Logger

	mu    sync.Mutex
	waits map[string]wait // by account, after a failure before the call

	at func(point string) // tests kill the process here
}

// wait keeps an account's sends from asking a network that fails.
type wait struct {
	until    time.Time
	failures int
}

// batch bounds what one pass claims.
const batch = 20

// Pass does everything that is due once: ended leases, looks, sends. It
// returns how many replies it sent or settled; errors of single replies are
// joined and stop no other.
func (p *Publisher) Pass(ctx context.Context) (int, error) {
	if _, err := p.Sends.ExpireLeases(ctx, p.Now(), p.settle()); err != nil {
		return 0, fmt.Errorf("end leases of dead senders: %w", err)
	}
	looked, lookErr := p.reconcile(ctx)
	ids, err := p.Sends.DueSends(ctx, p.Now(), batch)
	if err != nil {
		return looked, fmt.Errorf("read due sends: %w", err)
	}
	looks, err := p.freshen(ctx, ids)
	errs := []error{lookErr, err}
	sent := 0
	for _, id := range ids {
		ok, err := p.send(ctx, id, looks[id])
		if ok {
			sent++
		}
		if errors.Is(err, socialwatch.ErrStopped) {
			break
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("send reply %d: %w", id, err))
		}
	}
	return looked + sent, errors.Join(errs...)
}

// send makes one attempt. A conflict means that somebody else sends it, or
// that it is no longer to be sent: no error.
func (p *Publisher) send(ctx context.Context, id int64, looked time.Time) (bool, error) {
	rc, c, err := p.fresh(ctx, id, looked)
	if err != nil || c == nil {
		return false, err
	}
	p.point("looked")
	att, err := p.Sends.Claim(ctx, socialwatch.Claim{
		ReplyID: id, Hash: rc.Reply.Payload.Hash(), Worker: p.Worker,
		Now: p.Now(), Lease: 2 * p.timeout(),
	})
	if errors.Is(err, socialwatch.ErrConflict) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	p.point("claimed")
	// What follows must end even when the program is told to stop.
	ctx = context.WithoutCancel(ctx)
	o := p.call(ctx, c, att)
	o.Handoff = p.Handoff != nil && p.Handoff(att.Reply.Payload)
	p.point("answered")
	err = p.Sends.Finish(ctx, att, o)
	if errors.Is(err, socialwatch.ErrConflict) {
		// Our lease ended meanwhile: the reply is unknown and looked for.
		p.Log.Warn("attempt ended after its lease", "reply", id, "attempt", att.N)
		return false, nil
	}
	p.point("finished")
	return o.State == socialwatch.ReplySent, err
}

// waiting reports whether the account's network has failed a moment ago.
func (p *Publisher) waiting(account string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Now().Before(p.waits[account].until)
}

// noteWait makes the account wait as long as its network asks, and longer
// with each failure.
func (p *Publisher) noteWait(account string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		delete(p.waits, account)
		return
	}
	if p.waits == nil {
		p.waits = map[string]wait{}
	}
	w := wait{failures: p.waits[account].failures + 1}
	pause := min(p.backOff(w.failures)/8, 4*p.backOff(1)) // a look is cheap to repeat
	var ne *socialwatch.NetworkError
	if errors.As(err, &ne) {
		pause = max(pause, ne.RetryAfter)
	}
	w.until = p.Now().Add(pause)
	p.waits[account] = w
}

// fresh reads the thread on the network, unless that was done a moment ago, and
// checks the payload again, as an approval is void when the thread has moved or
// the check warns of what its approver has not seen. A nil connector means that there is nothing to send.
func (p *Publisher) fresh(ctx context.Context, id int64, looked time.Time) (socialwatch.ReplyContext, *connectors.Connector, error) {
	rc, err := p.Replies.Context(ctx, id)
	if err != nil {
		return rc, nil, err
	}
	c := p.Connector(rc.Reply.Payload.Account)
	if c == nil || c.Replier == nil {
		return rc, nil, fmt.Errorf("account %q is not configured here or cannot reply: add it to the configuration", rc.Reply.Payload.Account)
	}
	if p.waiting(c.Account) {
		return rc, nil, nil
	}
	if age := p.Now().Sub(looked); age < 0 || age > lookLife {
		unread, err := p.Refresh(ctx, c, []socialwatch.Watch{around(rc)})
		err = errors.Join(unread, err)
		p.noteWait(c.Account, err)
		if err != nil {
			return rc, nil, fmt.Errorf("account %s: %w", c.Account, err)
		}
		if rc, err = p.Replies.Context(ctx, id); err != nil {
			return rc, nil, err
		}
	}
	if !rc.Reply.State.May(socialwatch.ReplySending) {
		return rc, nil, nil
	}
	void, err := p.void(ctx, rc)
	if void || err != nil {
		return rc, nil, err
	}
	return rc, c, nil
}

// void takes a reply off its way where its approval no longer holds. One in doubt
// stays that until it is known what became of its call: else other words could go
// beside it. No warning keeps it from going again, for its words went once: in a
// burst others have said the same since.
func (p *Publisher) void(ctx context.Context, rc socialwatch.ReplyContext) (bool, error) {
	findings := p.Check(rc, rc.Reply.Payload)
	doubt := rc.Reply.State == socialwatch.ReplyUnknown
	blocks := socialwatch.AnyBlocks(findings) || !doubt && socialwatch.NewWarning(rc.Reply.Findings, findings) != ""
	switch id := rc.Reply.ID; {
	case rc.Moved == "" && !blocks:
		return false, nil
	case doubt:
		return true, p.Replies.Lapse(ctx, id, p.Now())
	case rc.Moved != "":
		return true, p.Replies.Supersede(ctx, id, rc.Moved, p.Now())
	default:
		return true, p.Replies.Block(ctx, id, findings, p.CheckedBy, p.Now())
	}
}

// call makes the one call of an attempt.
func (p *Publisher) call(ctx context.Context, c *connectors.Connector, att socialwatch.Attempt) socialwatch.Outcome {
	// The wall clock, not the monotonic one: a suspended machine must see
	// that its lease has ended.
	if now := p.Now().Round(0); !now.Before(att.LeaseUntil.Add(-p.timeout())) {
		return socialwatch.Outcome{State: socialwatch.ReplyFailed, At: now, RetryAt: now,
			Reason: "too late to call within the lease"}
	}
	if att.Doubt && !p.mayResend(c, att.FirstAt, p.Now()) {
		now := socialwatch.Micros(p.Now())
		return socialwatch.Outcome{State: socialwatch.ReplyUnknown, At: now, LookAt: now,
			Reason: "not sent again: the server no longer guards against a double"}
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout())
	defer cancel()
	post, err := c.Replier.Reply(ctx, att.Reply.Payload, att.Reply.Key)
	p.point("called")
	switch socialwatch.ReasonOf(err) {
	case socialwatch.RateLimited, socialwatch.OutOfCredit, socialwatch.Unauthorized:
		p.noteWait(c.Account, err) // the next reply would meet the same
	}
	return p.outcome(post, err, att.N)
}

// outcome classes the end of a call. Only a definite refusal is failed.
func (p *Publisher) outcome(post socialwatch.Published, err error, attempt int) socialwatch.Outcome {
	now := socialwatch.Micros(p.Now())
	if err == nil && post.PostID != "" {
		return socialwatch.Outcome{State: socialwatch.ReplySent, Post: post, At: now}
	}
	doubt := socialwatch.Outcome{State: socialwatch.ReplyUnknown, At: now, LookAt: now.Add(p.settle())}
	var ne *socialwatch.NetworkError
	if !errors.As(err, &ne) {
		doubt.Reason = fmt.Sprintf("the answer was not understood: %v", err)
		return doubt
	}
	o := socialwatch.Outcome{State: socialwatch.ReplyFailed, At: now, Reason: ne.Error()}
	switch ne.Reason {
	case socialwatch.Temporary, socialwatch.RateLimited, socialwatch.OutOfCredit: // money may come
		o.RetryAt = now.Add(max(ne.RetryAfter, p.backOff(attempt)))
	case socialwatch.Refused, socialwatch.Gone, socialwatch.Unauthorized:
	default: // Unknown, Duplicate, and whatever a connector may invent
		doubt.Reason = ne.Error()
		return doubt
	}
	return o
}

// backOff doubles with each attempt: from 15 s to 16 min.
func (p *Publisher) backOff(attempt int) time.Duration {
	return or(p.Backoff, 15*time.Second) << min(max(attempt-1, 0), 6)
}

func (p *Publisher) timeout() time.Duration { return or(p.Timeout, 30*time.Second) }
func (p *Publisher) settle() time.Duration  { return or(p.Settle, 5*time.Second) }

func or(d, def time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return def
}

func (p *Publisher) point(name string) {
	if p.at != nil {
		p.at(name)
	}
}
