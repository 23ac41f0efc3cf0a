package legacy

import (
	"context"
	"fmt"
	"strings"
	"time"

	"socialwatch/connectors"

	"github.com/dghubble/go-twitter/twitter"
)

// prober tells whether the account works.
type prober struct{ *client }

// clockSkew is how far the clocks may differ before check warns. From five
// minutes on X refuses every signature.
const clockSkew = 30 * time.Second

// Probe asks X whose the secrets are, and for the newest mention. Whether they
// may write X tells in a header; nothing is posted.
func (p prober) Probe(ctx context.Context) ([]connectors.Check, error) {
	u, a, err := p.ask(ctx)
	if err != nil {
		return nil, fmt.Errorf("reach X's API v1.1 as account %s: %w", p.opt.Account, err)
	}
	p.self.Store(&self{us: u, learnt: p.opt.Now()})
	return []connectors.Check{
		{Name: "token", OK: true, Text: "valid, user id " + u.id},
		p.clock(a),
		p.mayRead(ctx, u),
		mayWrite(a.header.Get("X-Access-Level")),
		{Name: "api", OK: true, Warn: true, Text: "v1.1 is at its end: edits come as posts of their own, follow-ups without the handle " +
			"are not seen, and it gives the newest 800 mentions only; use v2 when you can"},
	}, nil
}

func (p prober) clock(a answer) connectors.Check {
	now := p.opt.Now()
	skew := now.Sub(connectors.ServerTime(a.header, now)).Round(time.Second)
	ch := connectors.Check{Name: "clock", OK: true, Text: fmt.Sprintf("differs from X's by %s", skew)}
	if skew.Abs() > clockSkew {
		ch.Warn = true
		ch.Text += ": set this machine's clock by a time server"
	}
	return ch
}

func (p prober) mayRead(ctx context.Context, u us) connectors.Check {
	r := &reading{client: p.client, us: u, seen: map[string]bool{}}
	if _, _, err := r.page(ctx, &twitter.MentionTimelineParams{}); err != nil {
		return connectors.Check{Name: "read", Text: "mentions can't be read: " + err.Error()}
	}
	return connectors.Check{Name: "read", OK: true, Text: "the account may read its mentions"}
}

// mayWrite judges what X says of the app's permission.
func mayWrite(level string) connectors.Check {
	switch {
	case level == "":
		return connectors.Check{Name: "write", OK: true, Warn: true, Text: "whether the account may post is not known: X does not say"}
	case strings.Contains(level, "write"):
		return connectors.Check{Name: "write", OK: true, Text: "the account may post"}
	}
	return connectors.Check{Name: "write", Text: "replies can't be posted: " + mayNot.text}
}
