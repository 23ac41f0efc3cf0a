package publish

import (
	"context"
	"errors"
	"fmt"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// guardMargin is kept from a server's guard so that clocks and queues can't
// carry a resend past its end.
const guardMargin = 5 * time.Minute

// reconcile looks for replies in doubt under their parents.
func (p *Publisher) reconcile(ctx context.Context) (int, error) {
	due, err := p.Looks.DueLooks(ctx, p.Now(), p.Worker, 2*p.timeout(), batch)
	if err != nil {
		return 0, fmt.Errorf("read due looks: %w", err)
	}
	settled := 0
	var errs []error
	for _, att := range due {
		o, lookErr := p.look(ctx, att)
		if lookErr != nil {
			errs = append(errs, fmt.Errorf("account %s: look for reply %d: %w", att.Reply.Payload.Account, att.Reply.ID, lookErr))
		}
		o.Handoff = p.Handoff != nil && p.Handoff(att.Reply.Payload)
		err := p.Looks.FinishLook(ctx, att, o)
		switch {
		case errors.Is(err, socialwatch.ErrConflict):
		case err != nil:
			errs = append(errs, fmt.Errorf("note the look for reply %d: %w", att.Reply.ID, err))
		case o.State != socialwatch.ReplyUnknown:
			settled++
		}
	}
	return settled, errors.Join(errs...)
}

// look reads our own replies under the parent once.
func (p *Publisher) look(ctx context.Context, att socialwatch.Attempt) (socialwatch.Outcome, error) {
	now := socialwatch.Micros(p.Now())
	handOver := socialwatch.Outcome{State: socialwatch.ReplyUnknown, At: now}
	c := p.Connector(att.Reply.Payload.Account)
	if c == nil || c.Finder == nil {
		handOver.Reason = "replies of this account cannot be listed: a person must look"
		return handOver, nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout())
	defer cancel()
	found, err := c.Finder.Find(ctx, att.Reply.Payload)
	if socialwatch.ReasonOf(err) == socialwatch.Gone {
		handOver.Reason = "the post is gone, and with it the place to look: a person must say"
		return handOver, nil
	}
	if err != nil {
		return socialwatch.Outcome{State: socialwatch.ReplyUnknown, At: now,
			LookAt: now.Add(max(p.backOff(att.Looks+1), p.settle())),
			Reason: "could not look: " + string(socialwatch.ReasonOf(err))}, err
	}
	if found.PostID != "" {
		return socialwatch.Outcome{State: socialwatch.ReplySent, Post: found, At: now, Counted: true}, nil
	}
	return p.absent(c, att, now), nil
}

// absent decides after a look that found nothing: look again, send again
// under the server's guard, or hand over to a person. Without a guard a post
// that appears after the last look can't be told from one never taken, so no
// program may decide.
func (p *Publisher) absent(c *connectors.Connector, att socialwatch.Attempt, now time.Time) socialwatch.Outcome {
	o := socialwatch.Outcome{State: socialwatch.ReplyUnknown, At: now, Counted: true,
		Reason: "not found under the post"}
	tries := p.Tries
	if tries == 0 {
		tries = 3
	}
	if att.Looks+1 < tries {
		o.LookAt = now.Add(p.settle())
		return o
	}
	if !now.Before(att.Reply.ExpiresAt) {
		o.Reason = "not found under the post, and its approval no longer holds: a person must say"
		return o
	}
	if p.mayResend(c, att.FirstAt, now) {
		o.RetryAt = now
		if att.N > 1 { // a network that says that it holds these words, and does not show them here, goes on saying so
			o.RetryAt = now.Add(p.backOff(att.N - 1))
		}
		o.Reason = "not found under the post: the same request goes again under the same key"
		return o
	}
	o.Reason = "not found under the post, and the server does not guard against a double: a person must say"
	return o
}

// mayResend reports whether a reply that may have been taken may be sent
// again: while the server surely knows the key of its first call, or where the
// account's setting takes the risk. It is asked when a look has found nothing
// and once more right before the call, which may come hours later.
func (p *Publisher) mayResend(c *connectors.Connector, first, now time.Time) bool {
	guard := c.Replier.Guard()
	return guard > guardMargin && now.Sub(first) < guard-guardMargin || p.Resend != nil && p.Resend(c.Account)
}
