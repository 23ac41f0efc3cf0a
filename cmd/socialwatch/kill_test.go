package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// soak is set for the long forms: make soak.
var soak = os.Getenv("SOCIALWATCH_SOAK") == "1"

// replyRoute is the call that publishes.
const replyRoute = "POST /api/v1/statuses"

// run of mentions under which the program is killed.
type killPlan struct {
	mentions int
	every    time.Duration
}

// TestKilledTwiceNothingLostNothingTwice: customers write without a pause, the
// network's server is stopped and started in the middle, the program is killed
// with -9 twice while it sends, and a person approves everything meanwhile.
func TestKilledTwiceNothingLostNothingTwice(t *testing.T) {
	plan := killPlan{mentions: 40, every: time.Second / 40}
	flavours := map[store.Kind][]simulator.Flavour{
		store.Postgres: {simulator.FlavourGoToSocial}, store.SQLite: {simulator.FlavourMastodon},
	}
	if soak {
		plan = killPlan{mentions: 200, every: time.Second / 20}
		both := []simulator.Flavour{simulator.FlavourMastodon, simulator.FlavourGoToSocial}
		flavours = map[store.Kind][]simulator.Flavour{store.Postgres: both, store.SQLite: both}
	}
	for _, kind := range dbtest.Kinds(t) {
		for _, flavour := range flavours[kind] {
			t.Run(fmt.Sprintf("%s/%s", kind, flavour), func(t *testing.T) {
				t.Parallel()
				killTwice(t, kind, flavour, plan)
			})
		}
	}
}

func killTwice(t *testing.T, kind store.Kind, flavour simulator.Flavour, plan killPlan) {
	s := newShop(t, kind, simulator.Options{Flavour: flavour, Seed: 7,
		LateCommits: simulator.LateCommits{Share: 0.1, Max: 300 * time.Millisecond}})
	s.pace.Look = 5 * time.Second
	d := s.serve()
	stop := s.approver()
	defer stop()

	tick := time.NewTicker(plan.every)
	defer tick.Stop()
	var posts []string
	for n := range plan.mentions {
		<-tick.C
		posts = append(posts, s.post(n))
		switch n {
		case plan.mentions / 4, plan.mentions * 3 / 4:
			d = s.killWhileSending(d)
		case plan.mentions / 2:
			s.sim.Stop()
		case plan.mentions * 5 / 8:
			must(t, s.sim.Start())
			// Two answers are lost: one before the server took the reply, one after.
			must(t, s.sim.Inject(simulator.Fault{Kind: simulator.FaultLostBefore, Route: replyRoute, Count: 1}))
			must(t, s.sim.Inject(simulator.Fault{Kind: simulator.FaultLostAfter, Route: replyRoute, Skip: 1, Count: 1}))
		}
	}
	until(t, 4*time.Minute, "every mention is stored and every reply has its end", func() bool {
		return s.has(posts) && len(s.rows()) >= len(posts) && s.settled()
	})
	stop()
	doubt := s.resolveAll(s.public())
	until(t, time.Minute, "what a person resolved is sent", s.settled)
	d.end()
	if got := len(s.stored()); got != plan.mentions {
		t.Errorf("%d mentions are stored, want %d", got, plan.mentions)
	}
	sent := s.audit(s.public())
	under := map[string]int{}
	for _, p := range s.public() {
		if under[p.parent]++; under[p.parent] > 1 {
			t.Errorf("%d replies stand under post %s", under[p.parent], p.parent)
		}
	}
	if sent != plan.mentions {
		t.Errorf("%d replies are sent, want %d", sent, plan.mentions)
	}
	if flavour == simulator.FlavourGoToSocial && doubt == 0 {
		t.Error("a request was lost and nothing stood in doubt, on a server without a guard")
	}
	t.Logf("%d stored, %d sent, %d were resolved by a person, %d calls to publish", len(s.stored()), sent, doubt, s.sim.Requests()[replyRoute])
}

// killWhileSending kills the program while a call to publish is under way,
// and starts it again.
func (s *shop) killWhileSending(d *daemon) *daemon {
	s.Helper()
	must(s.T, s.sim.Inject(simulator.Fault{Kind: simulator.FaultLatency, Route: replyRoute, Count: 2, Delay: 300 * time.Millisecond}))
	before := s.sim.Requests()[replyRoute]
	until(s.T, time.Minute, "a reply is being sent", func() bool { return s.sim.Requests()[replyRoute] > before })
	d.kill()
	return s.serve()
}

// resolveAll is a person who looks under the post of each reply in doubt and
// says what stands there, by the command.
func (s *shop) resolveAll(public []published) (n int) {
	s.Helper()
	for _, r := range s.rows() {
		if r.state != socialwatch.ReplyUnknown {
			continue
		}
		n++
		if slices.ContainsFunc(public, func(p published) bool { return p.parent == r.parent }) {
			s.Errorf("reply %d stands in public and was not found there by the program", r.id)
			continue
		}
		if out := s.done("resolve", fmt.Sprint(r.id), "--absent"); !strings.Contains(out, fmt.Sprint(r.id)) {
			s.Errorf("resolve says %q", out)
		}
	}
	return n
}
