package publish

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
)

// act is one thing that may happen next, with how often it does.
type act struct {
	weight int
	name   string
	do     func(m *model, r *rand.Rand) error
}

// storms is how many of the acts, from the first on, happen in every second
// interleaving only: the others get further.
const storms = 8

// acts are all that may happen, in a fixed order.
var acts = []act{
	{3, "customer posts", (*model).complains}, {2, "customer edits", (*model).edits}, {1, "customer deletes", (*model).deletes},
	{2, "customer adds", (*model).adds}, {1, "native answer", (*model).answersNatively},
	{1, "a read fails", (*model).faultyRead}, {4, "stop", (*model).stops},
	{1, "the check changes", func(m *model, r *rand.Rand) error {
		if r.IntN(2) == 0 {
			m.warning = !m.warning
			return nil
		}
		m.blocking = !m.blocking
		return nil
	}},
	{8, "a call is lost", (*model).faultyCall}, {18, "time passes", (*model).passes},
	{3, "crash", func(m *model, r *rand.Rand) error { return m.crash(r.IntN(len(m.procs))) }},
	{6, "poll", (*model).polls}, {2, "threads", (*model).looks}, {24, "send", (*model).sends}, {2, "expire", (*model).expires},
	{18, "approve", (*model).approves}, {5, "edit", (*model).revises}, {3, "reject", (*model).rejects}, {4, "undo", (*model).undoes},
	{2, "withdraw", (*model).withdraws}, {4, "draft again", (*model).draftsAgain}, {10, "settle", (*model).settles},
	{4, "lease", (*model).leases}, {1, "end lease", (*model).endsLease}, {5, "take next", (*model).takes},
	{3, "resume", (*model).resumes}, {4, "extend", (*model).extends}, {3, "draft anew", (*model).draftsAnew},
	{4, "a late call arrives", (*model).arrives},
}

// step lets one of the waiting works go on for some gates, or something new
// happen.
func (m *model) step(r *rand.Rand) error {
	m.count.steps++
	if n := len(m.parked); n > 0 && (n >= 4 || r.IntN(100) < 50) {
		w := m.parked[r.IntN(n)]
		for range 1 + r.IntN(16) {
			m.note("%s %s goes on from %q", w.proc.name, w.name, w.at)
			m.count.switches++
			if m.goOn(w, true); w.at == "" {
				return nil
			}
		}
		return nil
	}
	acts, total := acts, 0
	if m.seed/2%2 == 0 {
		acts = acts[storms:]
	}
	for _, a := range acts {
		total += a.weight
	}
	at := r.IntN(total)
	for _, a := range acts {
		if at -= a.weight; at < 0 {
			m.note("%s %s", m.clock.Format("15:04:05.000"), a.name)
			return a.do(m, r)
		}
	}
	return nil
}

func (m *model) any(r *rand.Rand) *process { return m.procs[r.IntN(len(m.procs))] }

// somebody is a person, mostly one with the right.
func (m *model) somebody(r *rand.Rand) socialwatch.Person {
	logins := []string{"ana", "ana", "ben", "ben", "lea", "lea", "otto", "rita", "gone"}
	login := logins[r.IntN(len(logins))]
	m.note("  by %s", login)
	return m.people[login]
}

// shown is a reply as somebody sees it: mostly in the state named and as it is
// now, at times any, or as it was.
func (m *model) shown(r *rand.Rand, states ...socialwatch.ReplyState) (socialwatch.Decision, bool) {
	if n := len(m.seen); n > 0 && r.IntN(8) == 0 {
		old := m.seen[r.IntN(n)]
		m.note("  reply %d as it was", old.reply)
		return socialwatch.Decision{ReplyID: old.reply, Hash: old.hash, By: m.somebody(r)}, true
	}
	var fit []replyNow
	for _, one := range m.truth.replies {
		if r.IntN(10) == 0 || slices.Contains(states, one.state) {
			fit = append(fit, one)
		}
	}
	if len(fit) == 0 {
		return socialwatch.Decision{}, false
	}
	one := fit[r.IntN(len(fit))]
	m.seen = append(m.seen, approved{one.id, one.hash})
	m.note("  reply %d, which is %s", one.id, one.state)
	return socialwatch.Decision{ReplyID: one.id, Hash: one.hash, By: m.somebody(r)}, true
}

func (m *model) complains(r *rand.Rand) error {
	if len(m.posts) >= 6 {
		return nil
	}
	id, err := m.sim.Post(fmt.Sprintf("customer%d@far.example", r.IntN(3)), "@shop_help my order never came", simulator.PostOptions{})
	m.posts = append(m.posts, id)
	return err
}

func (m *model) post(r *rand.Rand) string {
	if len(m.posts) == 0 {
		return "0"
	}
	return m.posts[r.IntN(len(m.posts))]
}

// What customers do to a post that is gone fails, and does nothing.
func (m *model) edits(r *rand.Rand) error {
	_ = m.sim.Edit(m.post(r), fmt.Sprintf("@shop_help my order never came, day %d", r.IntN(9)))
	return nil
}

func (m *model) deletes(r *rand.Rand) error {
	_ = m.sim.Delete(m.post(r))
	return nil
}

func (m *model) adds(r *rand.Rand) error {
	under := m.post(r)
	for i := range 3 { // by whoever wrote the post
		author := fmt.Sprintf("customer%d@far.example", i)
		for _, p := range m.sim.Published(author, "") {
			if p.ID == under && !p.Deleted {
				id, err := m.sim.Post(author, "@shop_help still nothing", simulator.PostOptions{InReplyTo: under})
				m.posts = append(m.posts, id)
				return err
			}
		}
	}
	return nil
}

func (m *model) answersNatively(r *rand.Rand) error {
	_, _ = m.sim.Post("shop_help", "@customer1@far.example we have called you", simulator.PostOptions{InReplyTo: m.post(r)})
	return nil
}

func (m *model) faultyCall(r *rand.Rand) error {
	kinds := []simulator.FaultKind{simulator.FaultLostBefore, simulator.FaultLostAfter, simulator.FaultTruncated,
		simulator.FaultGatewayTimeout, simulator.FaultInvalidJSON, simulator.FaultServerError, simulator.FaultRateLimited, simulator.FaultForbidden}
	if r.IntN(3) == 0 {
		m.note("  slow")
		m.slow = true
		return nil
	}
	kind := kinds[r.IntN(len(kinds))]
	m.note("  %s", kind)
	return m.sim.Inject(simulator.Fault{Kind: kind, Route: "POST /api/v1/statuses", Count: 1})
}

func (m *model) faultyRead(*rand.Rand) error {
	return m.sim.Inject(simulator.Fault{Kind: simulator.FaultServerError, Route: "GET ", Count: 1})
}

// passes sets the clocks on; the programs' may go back a little. At times they
// come to where a draft or a lease ends, give or take a little.
func (m *model) passes(r *rand.Rand) error {
	d := []time.Duration{time.Second, time.Second, 5 * time.Second, 21 * time.Second, 21 * time.Second, 21 * time.Second, time.Minute,
		10 * time.Minute, 2 * time.Hour, 3 * time.Hour, -2 * time.Second}[r.IntN(11)]
	if n := len(m.truth.replies); n > 0 && r.IntN(6) == 0 {
		one := m.truth.replies[r.IntN(n)]
		end := []time.Time{one.expires, one.leaseUntil}[r.IntN(2)]
		if to := end.Add(time.Duration(r.IntN(5)-3) * 30 * time.Second); to.After(m.clock) {
			d = to.Sub(m.clock)
		}
	}
	m.note("  %s", d)
	if d > time.Minute { // no call is under way for hours
		if err := m.arrives(r); err != nil {
			return err
		}
	}
	m.clock = m.clock.Add(d)
	m.network.Add(int64(max(d, 0)))
	return nil
}

func (m *model) polls(r *rand.Rand) error {
	p := m.any(r)
	m.start("poll", p, func() error {
		_, err := p.intake.Poll(m.ctx, p.conn)
		return err
	})
	return nil
}

func (m *model) looks(r *rand.Rand) error {
	p := m.any(r)
	m.start("threads", p, func() error {
		_, err := p.intake.Threads(m.ctx, p.conn, p.store)
		return err
	})
	return nil
}

func (m *model) sends(r *rand.Rand) error {
	p := m.any(r)
	m.start("pass", p, func() error {
		_, err := p.publisher.Pass(m.ctx)
		return err
	})
	return nil
}

func (m *model) expires(r *rand.Rand) error {
	p := m.any(r)
	m.start("expire", p, func() error {
		m.gate("expire")
		_, err := p.store.Expire(m.ctx, m.now())
		return err
	})
	return nil
}

// decides starts a decision of a person about what is on the screen.
func (m *model) decides(r *rand.Rand, name string, do func(*process, socialwatch.Decision) error, states ...socialwatch.ReplyState) error {
	d, ok := m.shown(r, states...)
	if ok {
		p := m.any(r)
		m.start(name, p, func() error { return do(p, d) })
	}
	return nil
}

func (m *model) approves(r *rand.Rand) error {
	return m.decides(r, "approve", func(p *process, d socialwatch.Decision) error {
		return m.confirms(p.desk.Approve, d)
	}, socialwatch.ReplyAwaiting)
}

func (m *model) revises(r *rand.Rand) error {
	text, too := fmt.Sprintf("We look into it, %d.", r.IntN(3)), r.IntN(2) == 0
	return m.decides(r, "edit", func(p *process, d socialwatch.Decision) error {
		d.Text = text
		return m.confirms(func(ctx context.Context, d socialwatch.Decision) (socialwatch.Reply, error) {
			return p.desk.Edit(ctx, d, too)
		}, d)
	}, socialwatch.ReplyAwaiting, socialwatch.ReplyBlocked)
}

// confirms decides, and where a second key is needed looks at what is asked and
// presses it, while others go on. What was asked may be something else by then.
func (m *model) confirms(decide func(context.Context, socialwatch.Decision) (socialwatch.Reply, error), d socialwatch.Decision) error {
	_, err := decide(m.ctx, d)
	var ask *socialwatch.ConfirmError
	if !errors.As(err, &ask) {
		return err
	}
	m.gate("confirm")
	d.Confirm = ask.Digest
	_, err = decide(m.ctx, d)
	return err
}

func (m *model) rejects(r *rand.Rand) error {
	return m.decides(r, "reject", func(p *process, d socialwatch.Decision) error {
		d.Reason = "wrong_tone"
		_, err := p.desk.Reject(m.ctx, d)
		return err
	}, socialwatch.ReplyAwaiting)
}

func (m *model) undoes(r *rand.Rand) error {
	return m.decides(r, "undo", func(p *process, d socialwatch.Decision) error {
		_, err := p.desk.Undo(m.ctx, d)
		return err
	}, socialwatch.ReplyHolding)
}

func (m *model) withdraws(r *rand.Rand) error {
	return m.decides(r, "withdraw", func(p *process, d socialwatch.Decision) error {
		m.gate("withdraw")
		_, err := p.store.Withdraw(m.ctx, d, m.now())
		return err
	}, socialwatch.ReplyApproved, socialwatch.ReplyHolding, socialwatch.ReplyBlocked, socialwatch.ReplyFailed, socialwatch.ReplyUnknown)
}

func (m *model) extends(r *rand.Rand) error {
	return m.decides(r, "extend", func(p *process, d socialwatch.Decision) error {
		_, err := p.desk.Extend(m.ctx, d)
		return err
	}, socialwatch.ReplyHolding)
}

func (m *model) draftsAnew(r *rand.Rand) error {
	return m.decides(r, "draft anew", func(p *process, d socialwatch.Decision) error {
		_, err := p.desk.Anew(m.ctx, d)
		return err
	}, socialwatch.ReplyAwaiting)
}

func (m *model) draftsAgain(r *rand.Rand) error {
	return m.decides(r, "draft again", func(p *process, d socialwatch.Decision) error {
		d.Text = "Once more: we look into it."
		_, err := p.desk.Again(m.ctx, d)
		return err
	}, socialwatch.ReplyRejected, socialwatch.ReplyCancelled, socialwatch.ReplyExpired, socialwatch.ReplySuperseded)
}

// settles has somebody look on the network and say what stands there.
func (m *model) settles(r *rand.Rand) error {
	return m.decides(r, "settle", func(p *process, d socialwatch.Decision) error {
		if w := m.word(d); w.Attempt > 0 { // else there is nothing to say yet
			_, err := p.desk.Settle(m.ctx, w)
			return err
		}
		return nil
	}, socialwatch.ReplyUnknown)
}

// word is the truth about a reply, as it stands when somebody looks. While a call may
// still arrive nobody says anything.
func (m *model) word(d socialwatch.Decision) socialwatch.Settlement {
	w := socialwatch.Settlement{ReplyID: d.ReplyID, By: d.By, Attempt: find(m.truth.replies, d.ReplyID).attempt, Absent: true}
	if slices.ContainsFunc(m.late, func(c late) bool { return m.approvals[c.key].reply == d.ReplyID }) {
		return socialwatch.Settlement{}
	}
	for _, post := range m.sim.Published("shop_help", "") {
		if a := m.approvals[post.IdempotencyKey]; post.IdempotencyKey != "" && a.reply == d.ReplyID {
			w.Post, w.Absent = socialwatch.Published{URL: "https://social.example/@shop_help/" + post.ID}, false
		}
	}
	return w
}

func (m *model) leases(r *rand.Rand) error {
	return m.decides(r, "lease", func(p *process, d socialwatch.Decision) error {
		m.gate("lease")
		_, err := p.store.Lease(m.ctx, d.ReplyID, d.By, m.now())
		return err
	}, socialwatch.ReplyAwaiting, socialwatch.ReplyBlocked)
}

func (m *model) endsLease(r *rand.Rand) error {
	return m.decides(r, "end lease", func(p *process, d socialwatch.Decision) error {
		m.gate("end lease")
		_, err := p.store.EndLease(m.ctx, d.ReplyID, d.By, m.now())
		return err
	}, socialwatch.ReplyAwaiting)
}

func (m *model) takes(r *rand.Rand) error {
	p, by := m.any(r), m.somebody(r)
	m.start("take", p, func() error {
		m.gate("take")
		m.truth.took = 0
		id, err := p.store.TakeNext(m.ctx, store.Taking{By: by, Now: m.now()})
		m.truth.took, m.truth.taker, m.truth.tookAt = id, by.Login, m.now()
		if err == nil {
			m.count.taken++
		}
		return err
	})
	return nil
}

func (m *model) stops(r *rand.Rand) error {
	p, by := m.any(r), m.somebody(r)
	m.start("stop", p, func() error { return p.desk.Stop(m.ctx, by) })
	return nil
}

func (m *model) resumes(r *rand.Rand) error {
	p, by := m.any(r), m.somebody(r)
	m.start("resume", p, func() error { return p.desk.Resume(m.ctx, by) })
	return nil
}
