package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
)

// shift is a day's work: customers who write and approvers who decide, each at a
// person's pace, on the wired program and a clock that jumps.
type shift struct {
	*played
	rng   *rand.Rand
	begin time.Time
	ids   map[string]string // posts by key

	decided, edited, rejected int
	moved                     int      // the thread moved while somebody was thinking
	lost                      []string // decisions that a colleague was faster with
}

// approver is one person of the shift.
type approver struct {
	*shift
	by      socialwatch.Person
	picks   bool // chooses from the list, else lets the program hand out the next
	reply   int64
	hash    string
	renewed time.Time // last sign of use
}

// people come to work: every fourth chooses from the list.
func (s *shift) people(n int) {
	for i := range n {
		login := fmt.Sprintf("approver%d", i+1)
		p, err := addPerson(s.Context(), s.app.store, socialwatch.Person{Login: login,
			Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: socialwatch.RoleApprover}}, shopPassword)
		must(s.T, err)
		a := &approver{shift: s, by: p, picks: i%4 == 3}
		s.once(s.begin.Add(time.Duration(i)*time.Second), a.look)
	}
}

// look gets something to decide, or looks again in ten seconds.
func (a *approver) look() {
	id, err := a.next()
	if errors.Is(err, socialwatch.ErrNotFound) {
		a.once(a.now().Add(10*time.Second), a.look)
		return
	}
	must(a.T, err)
	rc, err := a.app.store.Context(a.Context(), id)
	must(a.T, err)
	a.reply, a.hash, a.renewed = id, rc.Reply.Hash, a.now()
	// Half a minute on most, minutes on some.
	think := 12*time.Second + time.Duration(a.rng.ExpFloat64()*float64(14*time.Second))
	a.once(a.now().Add(min(think, 5*time.Minute)), a.decide)
	a.stay()
}

// stay renews the lease once a minute, as the open card does.
func (a *approver) stay() {
	reply := a.reply
	a.once(a.now().Add(time.Minute), func() {
		if a.reply != reply {
			return
		}
		_, err := a.app.store.Lease(a.Context(), reply, a.by, a.now())
		if err != nil && !errors.Is(err, socialwatch.ErrConflict) {
			must(a.T, err)
		}
		a.stay()
	})
}

func (a *approver) next() (int64, error) {
	if !a.picks {
		return a.app.store.TakeNext(a.Context(), store.Taking{By: a.by, Left: a.reply, Now: a.now()})
	}
	rows, _, err := a.app.store.Queue(a.Context(), store.QueueFilter{Limit: 20})
	must(a.T, err)
	rows = slices.DeleteFunc(rows, func(r store.QueueRow) bool {
		return r.Reply.Lease.Active(a.now()) || !a.now().Before(r.Reply.ExpiresAt)
	})
	if len(rows) == 0 {
		return 0, socialwatch.ErrNotFound
	}
	id := rows[a.rng.IntN(min(len(rows), 5))].Reply.ID
	_, err = a.app.store.Lease(a.Context(), id, a.by, a.now())
	return id, err
}

// decide approves nine of ten drafts, a few of them edited, and rejects the rest.
func (a *approver) decide() {
	d := socialwatch.Decision{ReplyID: a.reply, Hash: a.hash, By: a.by}
	var err error
	switch n := a.rng.IntN(100); {
	case n < 5:
		d.Reason = "wrong_tone"
		if _, err = a.app.desk.Reject(a.Context(), d); err == nil {
			a.rejected++
		}
	case n < 13:
		if err = a.edit(d); err == nil {
			a.edited++
		}
	default:
		err = approve(a.Context(), a.app, d)
	}
	switch {
	case err == nil:
		a.decided++
	case errors.Is(err, socialwatch.ErrConflict):
		a.faster(err)
	default:
		a.Errorf("%s decides about reply %d: %v", a.by.Login, a.reply, err)
	}
	a.look()
}

func (a *approver) edit(d socialwatch.Decision) error {
	rc, err := a.app.store.Context(a.Context(), a.reply)
	must(a.T, err)
	d.Text = strings.Replace(rc.Reply.Payload.Text, ".", ", really.", 1)
	_, err = a.app.desk.Edit(a.Context(), d, true)
	var ask *socialwatch.ConfirmError
	if errors.As(err, &ask) {
		d.Confirm = ask.Digest
		_, err = a.app.desk.Edit(a.Context(), d, true)
	}
	return err
}

// faster tells a colleague who was faster from a thread that moved.
func (a *approver) faster(err error) {
	rc, readErr := a.app.store.Context(a.Context(), a.reply)
	must(a.T, readErr)
	if by := rc.Reply.DecidedBy; by != "" && by != a.by.Login {
		a.lost = append(a.lost, fmt.Sprintf("%s: %v", a.by.Login, err))
		return
	}
	a.moved++
}

// customers write what those of so many scripted days do, in this shift's hours.
func (s *shift) customers(days int, long time.Duration) (mentions int) {
	for day := range days {
		for _, step := range simulator.Day(uint64(day + 1)) {
			if step.Action == simulator.ActionOutageStart || step.Action == simulator.ActionOutageEnd || step.Theme == simulator.ThemeSpike {
				continue
			}
			at := time.Duration(float64(step.Offset) / float64(simulator.DayLength) * float64(long))
			s.step(step, day, at)
			if step.Action == simulator.ActionPost {
				mentions++
			}
		}
	}
	return mentions
}

// spike lets n customers write about one carrier's trouble.
func (s *shift) spike(n int, at, within time.Duration) {
	var texts []simulator.Step
	for _, step := range simulator.Day(1) {
		if step.Theme == simulator.ThemeSpike {
			texts = append(texts, step)
		}
	}
	for i := range n {
		step := texts[i%len(texts)]
		step.Author, step.Key = fmt.Sprintf("spiked%d", i), fmt.Sprintf("spike%d", i)
		s.step(step, 0, at+within*time.Duration(i)/time.Duration(n))
	}
}

// step happens at a time of the shift. Each day has customers of its own.
func (s *shift) step(step simulator.Step, day int, at time.Duration) {
	if step.Author != simulator.DayImpostor {
		name, host, remote := strings.Cut(step.Author, "@")
		step.Author = fmt.Sprintf("%s_%d", name, day)
		if remote {
			step.Author += "@" + host
		}
	}
	own := func(key string) string {
		if key == "" {
			return ""
		}
		return fmt.Sprintf("%d/%s", day, key)
	}
	step.Network, step.Key, step.ReplyTo = "", own(step.Key), own(step.ReplyTo)
	s.once(s.begin.Add(at), func() {
		_, _ = s.sim.AddAccount(step.Author) // most are known already
		id, err := s.sim.Perform(step, s.ids)
		if err != nil {
			s.Errorf("%s %s: %v", step.Action, step.Key, err)
		}
		if step.Action == simulator.ActionPost {
			s.ids[step.Key] = id
		}
	})
}

// TestShift: what a support team lives through. Nobody loses a decision to a
// colleague, nine of ten customers are answered within a quarter of an hour, also
// those of a spike, and nothing is lost or goes out twice.
func TestShift(t *testing.T) {
	t.Parallel()
	long, team, days, spiked, polls := 20*time.Minute, 2, 0, 25, "@every 1m"
	if soak {
		long, team, days, spiked, polls = 8*time.Hour, 12, 20, 300, "@every 20s"
	}
	begin := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	s := &shift{rng: rand.New(rand.NewPCG(1, 5)), begin: begin, ids: map[string]string{}}
	s.played = playMastodon(t, begin, polls, simulator.Options{RateLimit: simulator.RateLimit{Requests: -1}})
	s.people(team)
	mentions := s.customers(days, long) + spiked
	s.spike(spiked, long/4, min(20*time.Minute, long/2))
	s.until(begin.Add(long + 20*time.Minute))

	for _, l := range s.lost {
		t.Errorf("lost to a colleague: %s", l)
	}
	if waiting := s.number("select count(*) from replies where state in ('awaiting','approved','holding','sending')"); waiting != 0 {
		t.Errorf("%d drafts are left twenty minutes after the last customer wrote", waiting)
	}
	sent := s.audit(s.public())
	p50, p90 := s.answered("")
	spike50, spike90 := s.answered(" and c.incident_id is not null")
	t.Logf("%d mentions in %s, %d approvers: %d decisions, %d edited, %d rejected, %d overtaken by the thread, %d lost to a colleague; %d sent; "+
		"first response p50 %s, p90 %s; of the spike p50 %s, p90 %s", mentions, long, team, s.decided, s.edited, s.rejected, s.moved, len(s.lost), sent,
		p50, p90, spike50, spike90)
	if most := 15 * time.Minute; p90 > most || spike90 > most {
		t.Errorf("nine of ten are answered within %s, of the spike within %s, want %s", p90, spike90, most)
	}
}

// answered are the median and the ninth decile of the time from a customer's
// first post to our first answer.
func (s *shift) answered(which string) (p50, p90 time.Duration) {
	s.Helper()
	found, err := s.look().Query(`select c.responded_at - (select min(m.created_at) from mentions m where m.case_id = c.id)
from cases c where c.responded_at is not null` + which)
	must(s.T, err)
	defer found.Close()
	var all []time.Duration
	for found.Next() {
		var micros int64
		must(s.T, found.Scan(&micros))
		all = append(all, time.Duration(micros)*time.Microsecond)
	}
	must(s.T, found.Err())
	if len(all) == 0 {
		s.Errorf("no case was answered%s", which)
		return 0, 0
	}
	slices.Sort(all)
	return all[(len(all)-1)/2].Round(time.Second), all[(len(all)-1)*9/10].Round(time.Second)
}
