package publish

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/connectors/mastodon"
	"socialwatch/internal/intake"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// The model plays approvers, editors, customers, polls, senders and accidents
// against the real store and the stand-in network. Work runs in goroutines of
// which one moves at a time: each waits at the gates in front of its calls until
// a seeded scheduler lets it go on, or ends its process there, as kill -9 would.
// After every step the promises are checked (model_check_test.go).

const (
	callTimeout = 5 * time.Second
	modelSteps  = 60
	tick        = time.Millisecond // the clock moves on with every step
)

// work is one running call of a process.
type work struct {
	name   string
	proc   *process
	resume chan bool // false: the process is gone
	at     string    // the gate it waits at
}

// process is one running program: what it remembers dies with it.
type process struct {
	name      string
	desk      *Desk
	publisher *Publisher
	intake    *intake.Intake
	conn      *connectors.Connector
	store     *gated
}

type approved struct {
	reply int64
	hash  string
}

// model is one interleaving.
type model struct {
	ctx     context.Context
	seed    uint64
	store   *store.Store
	db      *sql.DB
	sim     *simulator.Mastodon
	token   string
	people  map[string]socialwatch.Person
	clock   time.Time    // of the programs
	network atomic.Int64 // of the network, in nanoseconds: never goes back
	procs   []*process
	born    int // processes so far

	parked  []*work
	running *work
	stopped chan *work // the running one has come to a gate, or to its end

	blocking  bool // the safety check refuses a word
	warning   bool // it warns of that word
	self      bool // authors may approve their own text
	second    socialwatch.SecondPerson
	posts     []string
	approvals map[string]approved // by key, as people gave them
	seen      []approved          // what was on somebody's screen
	slow      bool                // the next call arrives after its answer was given up
	late      []late
	truth     truth

	unconfirmed []int64 // replies approved without the second key that was due
	trace       []string
	count       counts
}

type counts struct {
	steps, switches, crashes, approved, published, sent, unknown, superseded, expired, taken, confirmed, extended, anew, late int
}

func (c *counts) add(d counts) {
	c.steps += d.steps
	c.switches += d.switches
	c.crashes += d.crashes
	c.approved += d.approved
	c.published += d.published
	c.sent += d.sent
	c.unknown += d.unknown
	c.superseded += d.superseded
	c.expired += d.expired
	c.taken += d.taken
	c.confirmed += d.confirmed
	c.extended += d.extended
	c.anew += d.anew
	c.late += d.late
}

func (m *model) now() time.Time { return m.clock }

// gate lets others go first. It does not return when the process dies here.
func (m *model) gate(at string) {
	w := m.running
	w.at = at
	m.stopped <- w
	if !<-w.resume {
		runtime.Goexit()
	}
}

// start runs do until its first gate.
func (m *model) start(name string, p *process, do func() error) {
	w := &work{name: name, proc: p, resume: make(chan bool)}
	m.parked = append(m.parked, w)
	m.running = w
	go func() {
		defer func() {
			w.at = ""
			m.stopped <- w
		}()
		if err := do(); err != nil {
			m.note("%s: %v", name, err)
		}
	}()
	m.wait()
}

// goOn lets a waiting work run to its next gate, or ends it there.
func (m *model) goOn(w *work, alive bool) {
	m.running = w
	w.resume <- alive
	m.wait()
}

func (m *model) wait() {
	if w := <-m.stopped; w.at == "" {
		for i, p := range m.parked {
			if p == w {
				m.parked = append(m.parked[:i:i], m.parked[i+1:]...)
			}
		}
	}
	m.clock = m.clock.Add(tick)
	m.network.Add(int64(tick))
}

func (m *model) note(format string, args ...any) {
	m.trace = append(m.trace, strings.TrimSpace(fmt.Sprintf(format, args...)))
}

// boot starts a process in place i.
func (m *model) boot(i int) error {
	m.born++
	conn, err := mastodon.New(mastodon.Options{Account: "shop_help", BaseURL: m.sim.URL(), Token: m.token,
		SweepEvery: time.Millisecond, SweepAge: time.Millisecond, Now: m.now})
	if err != nil {
		return err
	}
	p := &process{name: fmt.Sprintf("p%d", m.born), conn: m.connector(conn), store: &gated{m.store, m}}
	connector := func(string) *connectors.Connector { return p.conn }
	p.intake = &intake.Intake{Store: p.store, Now: m.now, Rules: testRules()}
	p.intake.Rules.Check = func(x intake.Text) []socialwatch.Finding { return m.findings(x.Payload) }
	check := func(_ socialwatch.ReplyContext, pl socialwatch.Payload) []socialwatch.Finding { return m.findings(pl) }
	p.desk = &Desk{Decisions: p.store, Switches: p.store, Replies: p.store, Connector: connector, Refresh: p.intake.Look,
		Check: check, Compare: compared, Now: m.now, Hold: 20 * time.Second, Expiry: 4 * time.Hour, Holds: p.store, Redrafts: p.store,
		SelfApproval: func(string) bool { return m.self }, Second: m.second,
		Incident: func(_ context.Context, rc socialwatch.ReplyContext) (*socialwatch.Draft, error) {
			return &socialwatch.Draft{Account: "shop_help", Parent: rc.Parent.Post, Text: "Sorry. Many wait as you do.", Language: "en", Template: "incident#2", TemplateV: 1}, nil
		}}
	p.publisher = &Publisher{Sends: p.store, Looks: p.store, Replies: p.store, Connector: connector, Refresh: p.intake.LookAround,
		Check: check, Worker: p.name, Timeout: callTimeout, Settle: time.Second, Now: m.now, Log: slog.New(slog.DiscardHandler), at: m.gate}
	m.procs[i] = p
	return nil
}

// findings blocks a word, or warns of it, while the model wants it so.
func (m *model) findings(p socialwatch.Payload) []socialwatch.Finding {
	if m.blocking && strings.Contains(p.Text, "Sorry") {
		return []socialwatch.Finding{{Rule: "word", Blocks: true, Words: "Sorry"}}
	}
	if m.warning && strings.Contains(p.Text, "Sorry") {
		return []socialwatch.Finding{{Rule: "tone", Words: "Sorry"}}
	}
	return nil
}

// crash ends all that a process does, wherever it stands, and starts another.
func (m *model) crash(i int) error {
	dead := m.procs[i]
	for again := true; again; {
		again = false
		for _, w := range m.parked {
			if w.proc == dead {
				m.note("%s dies at %q of %s", dead.name, w.at, w.name)
				m.goOn(w, false)
				again = true
				break
			}
		}
	}
	m.count.crashes++
	return m.boot(i)
}

// stage is where many interleavings play one after the other.
type stage struct {
	store  *store.Store
	db     *sql.DB
	people map[string]socialwatch.Person
}

// crew are the people, by login; none is told apart by anything but the role.
var crew = map[string]socialwatch.Role{"ana": socialwatch.RoleApprover, "ben": socialwatch.RoleApprover, "lea": socialwatch.RoleLead,
	"otto": socialwatch.RoleAuthor, "rita": socialwatch.RoleReader, "gone": socialwatch.RoleLead}

func newStage(t *testing.T, o store.Options) *stage {
	t.Helper()
	s := &stage{store: dbtest.Reopen(t, o), db: dbtest.Raw(t, o), people: map[string]socialwatch.Person{}}
	t.Cleanup(func() { s.db.Close() })
	for login, role := range crew {
		p, err := s.store.AddPerson(t.Context(), socialwatch.Person{Login: login, Name: login,
			Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: role}}, "", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		s.people[login] = p
	}
	yes := true
	if err := s.store.ChangePerson(t.Context(), store.PersonChange{Login: "gone", Disabled: &yes, By: store.Terminal, At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	return s
}

// play runs one interleaving: steps of it, less those to be left out, then to
// the end. The same seed on the same code takes the same way.
func (s *stage) play(ctx context.Context, seed uint64, steps int, leave map[int]bool) (m *model, err error) {
	for _, table := range []string{"settings", "template_approvals", "attempts", "reply_versions", "replies", "events", "mention_revisions", "mentions", "cases", "inbox", "set_aside", "gaps", "accounts"} {
		if _, err := s.db.ExecContext(ctx, "delete from "+table); err != nil {
			return nil, err
		}
	}
	start := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	m = &model{ctx: ctx, seed: seed, store: s.store, db: s.db, people: s.people, clock: start,
		procs: make([]*process, 2), stopped: make(chan *work), approvals: map[string]approved{}, truth: newTruth(),
		self: seed%3 == 0, second: []socialwatch.SecondPerson{socialwatch.SecondOff, socialwatch.SecondAlways, socialwatch.SecondOutsideSlots, socialwatch.SecondOff}[seed/3%4]}
	m.network.Store(start.UnixNano())
	flavour := []simulator.Flavour{simulator.FlavourMastodon, simulator.FlavourGoToSocial}[seed%2]
	m.sim = simulator.NewMastodon(simulator.Options{Flavour: flavour, Seed: seed, Now: func() time.Time { return time.Unix(0, m.network.Load()).UTC() }})
	if err := m.sim.Start(); err != nil {
		return m, err
	}
	defer m.sim.Close()
	if _, err := m.sim.AddAccount("shop_help"); err != nil {
		return m, err
	}
	if m.token, err = m.sim.Token("shop_help"); err != nil {
		return m, err
	}
	for i := range m.procs {
		if err := m.boot(i); err != nil {
			return m, err
		}
	}
	if err := s.store.EnsureAccount(ctx, "shop_help", string(socialwatch.Mastodon), m.procs[0].conn.Host); err != nil {
		return m, err
	}
	defer m.end()
	if err := m.opens(); err != nil {
		return m, err
	}
	for i := range steps {
		if leave[i] {
			continue
		}
		// Each step draws for itself, so that leaving one out changes no other.
		if err := m.step(rand.New(rand.NewPCG(seed, uint64(i)))); err != nil {
			return m, fmt.Errorf("step %d: %w", i, err)
		}
		if err := m.check(); err != nil {
			return m, fmt.Errorf("after step %d: %w", i, err)
		}
	}
	return m, m.finale()
}

// opens lets two customers write and be taken in, so that there is something to
// decide about.
func (m *model) opens() error {
	for i := range 2 {
		id, err := m.sim.Post(fmt.Sprintf("customer%d@far.example", i), "@shop_help my order never came", simulator.PostOptions{})
		if err != nil {
			return err
		}
		m.posts = append(m.posts, id)
	}
	p := m.procs[0]
	for m.start("poll", p, func() error { _, err := p.intake.Poll(m.ctx, p.conn); return err }); len(m.parked) > 0; {
		m.goOn(m.parked[0], true)
	}
	return m.check()
}

// end lets no goroutine outlive the model.
func (m *model) end() {
	for len(m.parked) > 0 {
		m.goOn(m.parked[0], false)
	}
}

// shrink finds a short way to the failure: the shortest prefix, then without
// the steps that it does not need.
func (s *stage) shrink(ctx context.Context, seed uint64) (m *model, leave map[int]bool, err error) {
	steps := modelSteps
	leave = map[int]bool{}
	if m, err = s.play(ctx, seed, steps, leave); err == nil {
		return m, leave, nil // it does not come again
	}
	for n := 1; n < steps; n++ {
		if short, why := s.play(ctx, seed, n, leave); why != nil {
			steps, m, err = n, short, why
			break
		}
	}
	for i := range steps {
		leave[i] = true
		if less, why := s.play(ctx, seed, steps, leave); why != nil {
			m, err = less, why
		} else {
			delete(leave, i)
		}
	}
	return m, leave, err
}

// TestNoInterleavingBreaksAPromise plays some hundreds of seeded interleavings
// on each database, or thousands with SOCIALWATCH_SOAK=1. SOCIALWATCH_SEED
// plays a single one.
func TestNoInterleavingBreaksAPromise(t *testing.T) {
	if _, err := os.Stat("/dev/shm"); err == nil {
		t.Setenv("TMPDIR", "/dev/shm") // the file's flushes are not what is tested
	}
	runs, limit := 400, 9*time.Second // of each database
	if os.Getenv("SOCIALWATCH_SOAK") != "" {
		runs, limit = 5000, time.Hour
	}
	first := uint64(1)
	if text := os.Getenv("SOCIALWATCH_SEED"); text != "" {
		if _, err := fmt.Sscan(text, &first); err != nil {
			t.Fatal(err)
		}
		runs = 1
	}
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		s, begun := newStage(t, o), time.Now()
		all, played := counts{}, 0
		for seed := first; seed < first+uint64(runs) && time.Since(begun) < limit; seed++ {
			played++
			m, err := s.play(t.Context(), seed, modelSteps, nil)
			if m != nil {
				all.add(m.count)
			}
			if err == nil {
				continue
			}
			if m, leave, why := s.shrink(t.Context(), seed); why != nil {
				t.Fatalf("seed %d: %v\n%d steps left out; the rest:\n%s", seed, why, len(leave), strings.Join(m.trace, "\n"))
			}
			t.Fatalf("seed %d: %v; it did not come again, its way was:\n%s", seed, err, strings.Join(m.trace, "\n"))
		}
		t.Logf("%d interleavings in %s: %+v", played, time.Since(begun).Round(time.Millisecond), all)
	})
}
