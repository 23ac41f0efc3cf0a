package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/robfig/cron/v3"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/config"
	"socialwatch/internal/jobs"
	"socialwatch/internal/simulator"
	"socialwatch/internal/simulator/twitter"
	"socialwatch/internal/store"
)

// played is the wired program of one serving process, at its real pace, on a
// clock that jumps from one thing that is due to the next: hours pass in
// seconds, and every job runs as often as it would.
type played struct {
	*shop
	app    *app
	conn   *connectors.Connector
	by     socialwatch.Person
	clock  atomic.Int64 // Unix microseconds
	events []*due

	excused func(error) bool // failures of jobs that may be; nil: none
	refused []error          // those that were excused
}

// due is something that happens again and again, or once.
type due struct {
	name string
	at   time.Time // zero: no more
	next cron.Schedule
	run  func(context.Context) error
}

func (p *played) now() time.Time { return time.UnixMicro(p.clock.Load()).UTC() }

// play makes a shop on X whose clock begins at a time, and which polls as often
// as that.
func play(t *testing.T, begin time.Time, polls string, o twitter.Options) *played {
	t.Helper()
	p := newPlayed(begin)
	o.Now = p.now
	p.shop = newXShop(t, store.SQLite, o, "")
	p.wire(begin, polls)
	return p
}

// playMastodon is the same on Mastodon, with the undo window that people have.
func playMastodon(t *testing.T, begin time.Time, polls string, o simulator.Options) *played {
	t.Helper()
	p := newPlayed(begin)
	o.Now = p.now
	p.shop = newShop(t, store.SQLite, o)
	p.set("hold: 0s", "hold: 20s")
	p.wire(begin, polls)
	return p
}

func newPlayed(begin time.Time) *played {
	p := &played{by: socialwatch.Person{Login: shopLogin,
		Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: socialwatch.RoleLead}}}
	p.clock.Store(begin.UnixMicro())
	return p
}

// wire wires the program and its jobs on the clock.
func (p *played) wire(begin time.Time, polls string) {
	t := p.T
	t.Helper()
	p.set(`every: "@every 1s"`, `every: "`+polls+`"`)
	cfg, err := config.Load(p.config)
	must(t, err)
	cfg.Database.URL, cfg.Database.URLEnv = p.db.URL, ""
	p.app, err = wire(t.Context(), cfg, tuning{now: p.now, log: quietLog()})
	must(t, err)
	t.Cleanup(func() { must(t, p.app.close()) })
	p.conn = p.app.connector("shop_help")
	for _, j := range p.app.work(noBell, nil).all() {
		if j.Local { // its ticks find what its bell rings for anyway
			j.Spec = polls
		}
		s, err := jobs.Parse(j.Spec)
		must(t, err)
		p.events = append(p.events, &due{name: j.Name, at: s.Next(begin), next: s, run: j.Run})
	}
}

// pace lets a job run more rarely than it does.
func (p *played) pace(job, spec string) {
	p.Helper()
	i := slices.IndexFunc(p.events, func(d *due) bool { return d.name == job })
	s, err := jobs.Parse(spec)
	must(p.T, err)
	p.events[i].next = s
}

// once makes something happen at a time.
func (p *played) once(at time.Time, run func()) {
	p.events = append(p.events, &due{name: "play", at: at, run: func(context.Context) error { run(); return nil }})
}

// every makes something happen again and again.
func (p *played) every(spec string, run func()) {
	p.Helper()
	s, err := jobs.Parse(spec)
	must(p.T, err)
	p.events = append(p.events, &due{name: "play", at: s.Next(p.now()), next: s, run: func(context.Context) error { run(); return nil }})
}

// until plays on until a time. A job that fails is a failure of the test.
func (p *played) until(end time.Time) {
	p.Helper()
	for {
		first := slices.MinFunc(p.events, func(a, b *due) int { return a.at.Compare(b.at) })
		if first.at.After(end) {
			p.clock.Store(end.UnixMicro())
			return
		}
		p.clock.Store(max(p.clock.Load(), first.at.UnixMicro()))
		switch err := first.run(p.Context()); {
		case err == nil:
		case p.excused != nil && p.excused(err):
			p.refused = append(p.refused, err)
		default:
			p.Errorf("%s: %s: %v", p.now().Format(time.DateTime), first.name, err)
		}
		if first.next != nil {
			first.at = first.next.Next(p.now())
		} else {
			p.events = slices.DeleteFunc(p.events, func(d *due) bool { return d == first })
		}
	}
}

// approves is a person who approves what has waited for two minutes.
func (p *played) approves() {
	p.Helper()
	found, err := p.look().Query("select id from replies where state = 'awaiting' and created_at <= ?", p.now().Add(-2*time.Minute).UnixMicro())
	must(p.T, err)
	var ids []int64
	for found.Next() {
		var id int64
		must(p.T, found.Scan(&id))
		ids = append(ids, id)
	}
	must(p.T, found.Close())
	for _, id := range ids {
		rc, err := p.app.store.Context(p.Context(), id)
		must(p.T, err)
		must(p.T, approve(p.Context(), p.app, socialwatch.Decision{ReplyID: id, Hash: rc.Reply.Hash, By: p.by}))
	}
}

// customers lets n of them write, spread over a time, and calls then with each
// post's id and number.
func (p *played) customers(n, from int, begin time.Time, spread time.Duration, then func(post string, n int)) {
	rng := rand.New(rand.NewPCG(uint64(from), 1))
	for i := range n {
		p.once(begin.Add(time.Duration(rng.Int64N(int64(spread)))), func() {
			post := p.tweet(from + i)
			if then != nil {
				then(post, from+i)
			}
		})
	}
}

// bill is the stand-in's bill by item, held against the ledger.
func (p *played) bill() (items map[string]twitter.Charge, total socialwatch.MicroUSD) {
	p.Helper()
	items = map[string]twitter.Charge{}
	bill := p.x.Bill()
	for _, c := range bill.Charges {
		sum := items[c.Item]
		items[c.Item] = twitter.Charge{Item: c.Item, Objects: sum.Objects + c.Objects, Amount: sum.Amount + c.Amount}
	}
	for item, c := range items {
		noted := p.number(fmt.Sprintf("select coalesce(sum(amount), 0) from spending where item = '%s'", item))
		if noted != c.Amount {
			p.Errorf("%s: %d noted, %d billed", item, noted, c.Amount)
		}
	}
	if spent := p.spent(); spent != socialwatch.MicroUSD(bill.Total) {
		p.Errorf("%s noted, %s billed", spent.Dollars(), socialwatch.MicroUSD(bill.Total).Dollars())
	}
	if n := p.number("select count(*) from reservations"); n != 0 {
		p.Errorf("%d reservations were never settled", n)
	}
	return items, socialwatch.MicroUSD(bill.Total)
}

// monthly is a bill of one run scaled to so many of 10,000.
func monthly(items map[string]twitter.Charge, scale float64, daily []string) (text string, total float64) {
	var b strings.Builder
	rows := make([]twitter.Charge, 0, len(items))
	for _, c := range items {
		rows = append(rows, c)
	}
	slices.SortFunc(rows, func(a, b twitter.Charge) int {
		return cmp.Or(cmp.Compare(b.Amount, a.Amount), cmp.Compare(a.Item, b.Item))
	})
	for _, c := range rows {
		by := scale
		if slices.Contains(daily, c.Item) { // whatever the volume
			by = 30
		}
		dollars := float64(c.Amount) / 1e6 * by
		total += dollars
		fmt.Fprintf(&b, "\n%-14s %6d objects %10.3f $   in a month %8.0f objects %8.2f $", c.Item, c.Objects, float64(c.Amount)/1e6, float64(c.Objects)*by, dollars)
	}
	fmt.Fprintf(&b, "\n%-14s %58s %8.2f $", "sum", "", total)
	return b.String(), total
}
