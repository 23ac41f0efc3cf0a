package publish

import (
	"context"
	"errors"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/store"
)

// gated is the real store, with a gate in front of each call: there the model
// lets others go first, or ends the process for good. A call is one
// transaction, so nothing finer can be told apart from outside.
type gated struct {
	*store.Store
	m *model
}

func (g *gated) DueSends(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	g.m.gate("due sends")
	return g.Store.DueSends(ctx, now, limit)
}

func (g *gated) Claim(ctx context.Context, c socialwatch.Claim) (socialwatch.Attempt, error) {
	g.m.gate("claim")
	return g.Store.Claim(ctx, c)
}

func (g *gated) Finish(ctx context.Context, a socialwatch.Attempt, o socialwatch.Outcome) error {
	g.m.gate("finish " + string(o.State))
	return g.Store.Finish(ctx, a, o)
}

func (g *gated) ExpireLeases(ctx context.Context, now time.Time, settle time.Duration) (int, error) {
	g.m.gate("expire leases")
	return g.Store.ExpireLeases(ctx, now, settle)
}

func (g *gated) DueLooks(ctx context.Context, now time.Time, worker string, lease time.Duration, limit int) ([]socialwatch.Attempt, error) {
	g.m.gate("due looks")
	return g.Store.DueLooks(ctx, now, worker, lease, limit)
}

func (g *gated) FinishLook(ctx context.Context, a socialwatch.Attempt, o socialwatch.Outcome) error {
	g.m.gate("finish look " + string(o.State))
	return g.Store.FinishLook(ctx, a, o)
}

func (g *gated) Context(ctx context.Context, id int64) (socialwatch.ReplyContext, error) {
	g.m.gate("context")
	return g.Store.Context(ctx, id)
}

func (g *gated) Block(ctx context.Context, id int64, findings []socialwatch.Finding, by string, at time.Time) error {
	g.m.gate("block")
	return g.Store.Block(ctx, id, findings, by, at)
}

func (g *gated) Supersede(ctx context.Context, id int64, reason string, at time.Time) error {
	g.m.gate("supersede")
	return g.Store.Supersede(ctx, id, reason, at)
}

func (g *gated) Lapse(ctx context.Context, id int64, at time.Time) error {
	g.m.gate("lapse")
	return g.Store.Lapse(ctx, id, at)
}

func (g *gated) Approve(ctx context.Context, a socialwatch.Approval) (socialwatch.Reply, error) {
	g.m.gate("approve")
	r, err := g.Store.Approve(ctx, a)
	if err == nil {
		g.m.given(r, a)
	}
	return r, err
}

// given keeps what a person has approved, and wants a second key where one is due.
func (m *model) given(r socialwatch.Reply, a socialwatch.Approval) {
	m.approvals[a.Key] = approved{r.ID, a.Hash}
	if a.Confirmed.Asks() && a.Confirm != a.Confirmed.Digest {
		m.unconfirmed = append(m.unconfirmed, r.ID)
	}
	if a.Confirmed.Asks() {
		m.count.confirmed++
	}
}

func (g *gated) Extend(ctx context.Context, d socialwatch.Decision, at time.Time) (socialwatch.Reply, error) {
	g.m.gate("extend")
	return g.Store.Extend(ctx, d, at)
}

func (g *gated) Redraft(ctx context.Context, d socialwatch.Redraft) (socialwatch.Reply, error) {
	g.m.gate("redraft")
	r, err := g.Store.Redraft(ctx, d)
	if err == nil {
		g.m.count.anew++
	}
	return r, err
}

func (g *gated) Revise(ctx context.Context, rev socialwatch.Revision) (socialwatch.Reply, error) {
	g.m.gate("revise")
	r, err := g.Store.Revise(ctx, rev)
	if err == nil && rev.Approval != nil {
		g.m.given(r, *rev.Approval)
	}
	return r, err
}

func (g *gated) Reject(ctx context.Context, d socialwatch.Decision, at time.Time) (socialwatch.Reply, error) {
	g.m.gate("reject")
	return g.Store.Reject(ctx, d, at)
}

func (g *gated) Undo(ctx context.Context, d socialwatch.Decision, at time.Time) (socialwatch.Reply, error) {
	g.m.gate("undo")
	return g.Store.Undo(ctx, d, at)
}

func (g *gated) Propose(ctx context.Context, p socialwatch.Proposal) (socialwatch.Reply, error) {
	g.m.gate("propose")
	return g.Store.Propose(ctx, p)
}

func (g *gated) Stop(ctx context.Context, by string, at time.Time) error {
	g.m.gate("stop")
	return g.Store.Stop(ctx, by, at)
}

func (g *gated) Resume(ctx context.Context, by socialwatch.Person, at time.Time, hold time.Duration) error {
	g.m.gate("resume")
	return g.Store.Resume(ctx, by, at, hold)
}

func (g *gated) Settle(ctx context.Context, s socialwatch.Settlement) (socialwatch.Reply, error) {
	g.m.gate("settle")
	return g.Store.Settle(ctx, s)
}

func (g *gated) Account(ctx context.Context, name string) (socialwatch.AccountState, error) {
	g.m.gate("account")
	return g.Store.Account(ctx, name)
}

func (g *gated) Known(ctx context.Context, ask socialwatch.Ask) (socialwatch.Known, error) {
	g.m.gate("known")
	return g.Store.Known(ctx, ask)
}

func (g *gated) Save(ctx context.Context, c socialwatch.Changes) error {
	g.m.gate("save")
	return g.Store.Save(ctx, c)
}

// network is the real connector with gates around its calls: before, and after,
// when the other side has acted and our process may not learn of it.
type network struct {
	*connectors.Connector
	m *model
}

func (m *model) connector(c *connectors.Connector) *connectors.Connector {
	n, out := network{c, m}, *c
	out.Source, out.Threads, out.Lookup, out.Replier, out.Finder = source{n}, threads{n}, lookup{n}, replier{n}, finder{n}
	return &out
}

type (
	source  struct{ network }
	threads struct{ network }
	lookup  struct{ network }
	replier struct{ network }
	finder  struct{ network }
)

func (n source) Fetch(ctx context.Context, cur []byte) (connectors.Batch, error) {
	n.m.gate("fetch")
	b, err := n.Connector.Source.Fetch(ctx, cur)
	n.m.gate("fetched")
	return b, err
}

func (n threads) Read(ctx context.Context, roots []string, since time.Time) ([]connectors.Thread, error) {
	n.m.gate("read threads")
	t, err := n.Connector.Threads.Read(ctx, roots, since)
	n.m.gate("threads read")
	return t, err
}

func (n lookup) Get(ctx context.Context, ids []string) ([]connectors.Look, error) {
	n.m.gate("look up")
	l, err := n.Connector.Lookup.Get(ctx, ids)
	n.m.gate("looked up")
	return l, err
}

func (n finder) Find(ctx context.Context, p socialwatch.Payload) (socialwatch.Published, error) {
	n.m.gate("find")
	post, err := n.Connector.Finder.Find(ctx, p)
	n.m.gate("found")
	return post, err
}

// Reply honours the deadline that its context would set on a running clock.
func (n replier) Reply(ctx context.Context, p socialwatch.Payload, key string) (socialwatch.Published, error) {
	begun := n.m.now()
	n.m.gate("call")
	if n.m.now().Sub(begun) >= callTimeout {
		return socialwatch.Published{}, &socialwatch.NetworkError{Reason: socialwatch.Unknown, Err: errors.New("took too long")}
	}
	if n.m.slow {
		n.m.slow = false
		n.m.late = append(n.m.late, late{key, func() { _, _ = n.Connector.Replier.Reply(n.m.ctx, p, key) }})
		return socialwatch.Published{}, &socialwatch.NetworkError{Reason: socialwatch.Unknown, Err: errors.New("no answer")}
	}
	return n.Connector.Replier.Reply(ctx, p, key)
}

func (n replier) Guard() time.Duration { return n.Connector.Replier.Guard() }
