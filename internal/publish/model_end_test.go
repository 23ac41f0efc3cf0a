package publish

import (
	"fmt"
	"time"

	"socialwatch"
)

// finale lets everything come to its end on a healthy network and wants nothing
// to be left hanging.
func (m *model) finale() error {
	for len(m.parked) > 0 {
		m.goOn(m.parked[0], true)
		if err := m.check(); err != nil {
			return fmt.Errorf("at the end: %w", err)
		}
	}
	m.note("the end")
	if err := m.arrives(nil); err != nil {
		return err
	}
	m.slow = false
	m.sim.ClearFaults()
	m.blocking, m.warning = false, false
	p, lea := m.procs[0], m.people["lea"]
	for _, pause := range []time.Duration{30 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 17 * time.Minute, 17 * time.Minute} {
		for _, do := range []func() error{
			func() error { return p.desk.Resume(m.ctx, lea) },
			func() error { _, err := p.intake.Poll(m.ctx, p.conn); return err },
			func() error { _, err := p.intake.Threads(m.ctx, p.conn, p.store); return err },
			func() error { _, err := p.publisher.Pass(m.ctx); return err },
			func() error { return m.settleAll(p, lea) },
			func() error { _, err := p.store.Expire(m.ctx, m.now()); return err },
		} {
			for m.start("end", p, do); len(m.parked) > 0; {
				m.goOn(m.parked[0], true)
			}
		}
		if err := m.check(); err != nil {
			return fmt.Errorf("at the end: %w", err)
		}
		m.clock = m.clock.Add(pause)
		m.network.Add(int64(pause))
	}
	return m.judgeEnd()
}

// settleAll gives a lead's word on all that was handed over.
func (m *model) settleAll(p *process, lea socialwatch.Person) error {
	for _, r := range m.truth.replies {
		if r.state != socialwatch.ReplyUnknown || r.look || r.retry {
			continue
		}
		if _, err := p.desk.Settle(m.ctx, m.word(socialwatch.Decision{ReplyID: r.id, Hash: r.hash, By: lea})); err != nil {
			return err
		}
	}
	return nil
}

// judgeEnd wants no reply to hang, and every post to be answered for.
func (m *model) judgeEnd() error {
	cases := map[int64]bool{}
	for _, r := range m.truth.replies {
		cases[r.caseID] = true
		switch r.state {
		case socialwatch.ReplySent:
			m.count.sent++
		case socialwatch.ReplySuperseded:
			m.count.superseded++
		case socialwatch.ReplyExpired:
			m.count.expired++
		case socialwatch.ReplyAwaiting, socialwatch.ReplyBlocked, socialwatch.ReplyRejected, socialwatch.ReplyWithdrawn, socialwatch.ReplyCancelled:
		case socialwatch.ReplyFailed:
			if r.retry {
				return fmt.Errorf("reply %d is failed for ever", r.id)
			}
		default:
			return fmt.Errorf("reply %d is %s for ever", r.id, r.state)
		}
	}
	for _, id := range m.sim.Truth("shop_help").Must {
		var caseID int64
		err := m.db.QueryRowContext(m.ctx, "select coalesce(max(case_id), 0) from mentions where post_id = '"+id+"'").Scan(&caseID)
		if err != nil || caseID == 0 {
			return fmt.Errorf("post %s is lost: %v", id, err)
		}
		var why int
		err = m.db.QueryRowContext(m.ctx, fmt.Sprintf("select count(*) from events where case_id = %d and kind like 'case.%%'", caseID)).Scan(&why)
		if err != nil || why == 0 && !cases[caseID] {
			return fmt.Errorf("post %s has neither a draft nor a word why: %v", id, err)
		}
	}
	return nil
}
