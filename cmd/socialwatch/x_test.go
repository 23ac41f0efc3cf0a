package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator/twitter"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// createRoute is the call that publishes on X.
const createRoute = "POST /2/tweets"

// newXShop makes a shop on a stand-in of X and a fresh database. more is added
// to its account's x: section.
func newXShop(t *testing.T, kind store.Kind, o twitter.Options, more string) *shop {
	t.Helper()
	x := twitter.New(o)
	must(t, x.Start())
	t.Cleanup(x.Close)
	_, err := x.AddUser("shop_help")
	must(t, err)
	c, err := x.Credentials("shop_help")
	must(t, err)
	s := openShop(t, dbtest.New(t, kind), account{url: x.URL(), every: "@every 1s"})
	s.x = x
	secrets := filepath.Join(s.dir, "x")
	must(t, os.WriteFile(secrets, fmt.Appendf(nil, "CONSUMER_KEY=%s\nCONSUMER_SECRET=%s\nACCESS_TOKEN=%s\nACCESS_SECRET=%s\nBEARER=%s\n",
		c.ConsumerKey, c.ConsumerSecret, c.AccessToken, c.AccessSecret, x.Bearer()), 0o600))
	must(t, os.WriteFile(s.config, fmt.Appendf(nil, `
database: {url_env: DATABASE, schema: %q}
listen: %s
replies: {hold: 0s}
polling: {every: "@every 1s", missed: 3}
accounts:
  - name: shop_help
    network: x
    base_url: %q
    languages: [en]
    links: [shop.example]
    resend_when_absent: true
    x: {secrets_file: %q, automated_label: true%s}
`, s.db.Schema, strings.TrimPrefix(s.url, "http://"), x.URL(), secrets, more), 0o600))
	return s
}

// tweet publishes a customer's complaint on X, each customer and order another.
func (s *shop) tweet(n int) string {
	s.Helper()
	id, err := s.x.Post(fmt.Sprintf("customer%d", n),
		fmt.Sprintf("@shop_help order 555-%07d-0000001 still has not arrived, I wait since %d days", n, 3+n%20), twitter.PostOptions{})
	must(s.T, err)
	return id
}

// TestBurstOnXIsAnsweredOnce: more customers than X's timeline reaches back
// write at once, every eighth request to publish is lost before it is taken and
// every eighth after, a fifth of all requests meet 503 or 429, and the program
// is killed with -9 in the middle of sending. Afterwards every mention is
// stored once and every approved reply stands once under its post.
func TestBurstOnXIsAnsweredOnce(t *testing.T) {
	size, most := swell{mentions: 20, approved: 20}, 3*time.Minute
	if soak {
		size, most = swell{mentions: 1500, approved: 300}, 30*time.Minute
	}
	for _, kind := range kindsOnX(t, store.Postgres) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			burst(t, kind, size, most)
		})
	}
}

// swell is a burst: so many mentions, of which a person approves the answers to
// so many at least.
type swell struct{ mentions, approved int }

func burst(t *testing.T, kind store.Kind, size swell, most time.Duration) {
	s := newXShop(t, kind, twitter.Options{Seed: 7, LimitScale: 1e4}, "")
	s.pace.Look = time.Minute
	d := s.serve()
	s.ready()
	for _, f := range []twitter.Fault{
		{Kind: twitter.FaultLostBefore, Route: createRoute, Share: 0.125},
		{Kind: twitter.FaultLostAfter, Route: createRoute, Share: 0.125},
		{Kind: twitter.FaultUnavailable, Share: 0.1},
		{Kind: twitter.FaultRateLimited, Share: 0.1, Delay: time.Second},
	} {
		must(t, s.x.Inject(f))
	}
	posts := make([]string, size.mentions)
	for n := range posts {
		posts[n] = s.tweet(n)
	}
	stop := s.approver()
	defer stop()
	approved := func() int { return int(s.number("select count(*) from replies where decided_by <> ''")) }
	until(t, most, "a third is sent", func() bool {
		if approved() >= size.approved {
			stop()
		}
		return len(s.x.Published("shop_help", "")) >= size.approved/3
	})
	must(t, s.x.Inject(twitter.Fault{Kind: twitter.FaultLatency, Route: createRoute, Count: 2, Delay: 300 * time.Millisecond}))
	before := s.x.Requests()[createRoute]
	until(t, time.Minute, "a reply is being sent", func() bool { return s.x.Requests()[createRoute] > before })
	d.kill()
	d = s.serve()
	until(t, most, "every mention is stored and every approved reply has its end", func() bool {
		if approved() >= size.approved {
			stop()
		}
		return s.has(posts) && approved() >= size.approved && s.number("select count(*) from replies where decided_by <> '' and state <> 'sent'") == 0
	})
	d.end()
	if got := len(s.stored()); got != size.mentions {
		t.Errorf("%d mentions are stored, want %d", got, size.mentions)
	}
	sent := s.audit(s.public())
	under := map[string]int{}
	for _, p := range s.public() {
		if under[p.parent]++; under[p.parent] > 1 {
			t.Errorf("%d replies stand under post %s", under[p.parent], p.parent)
		}
	}
	if want := approved(); sent != want || len(under) != want {
		t.Errorf("%d replies are sent, under %d posts, want %d", sent, len(under), want)
	}
	t.Logf("%d stored, %d approved and sent, %d calls to publish, %s noted as spent, %s billed", len(s.stored()), sent,
		s.x.Requests()[createRoute], s.spent().Dollars(), socialwatch.MicroUSD(s.x.Bill().Total).Dollars())
	if spent, billed := s.spent(), socialwatch.MicroUSD(s.x.Bill().Total); spent < billed {
		t.Errorf("%s is noted as spent, %s was billed", spent.Dollars(), billed.Dollars())
	}
}

// kindsOnX is the one database that a short run is on, and in the long run all.
func kindsOnX(t *testing.T, short store.Kind) []store.Kind {
	t.Helper()
	all := dbtest.Kinds(t)
	if soak || !slices.Contains(all, short) {
		return all
	}
	return []store.Kind{short}
}

// spent is what the ledger notes.
func (s *shop) spent() socialwatch.MicroUSD {
	s.Helper()
	return socialwatch.MicroUSD(s.number("select coalesce(sum(amount), 0) from spending"))
}

// TestFourPollsSpendNoMoreThanOne: four crons at once on one database read
// each mention and pay for it once, and so does whoever polls afterwards.
func TestFourPollsSpendNoMoreThanOne(t *testing.T) {
	for _, kind := range kindsOnX(t, store.Postgres) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			bill := func(processes int) socialwatch.MicroUSD {
				s := newXShop(t, kind, twitter.Options{LimitScale: 1e4}, "")
				s.done("poll", "--once") // the beginning
				for n := range 120 {
					s.tweet(n)
				}
				for range 3 {
					s.polls(processes)
				}
				if got := len(s.stored()); got != 120 {
					t.Errorf("%d processes: %d mentions are stored, want 120", processes, got)
				}
				billed := socialwatch.MicroUSD(s.x.Bill().Total)
				if spent := s.spent(); spent != billed {
					t.Errorf("%d processes: %s noted as spent, %s billed", processes, spent.Dollars(), billed.Dollars())
				}
				return billed
			}
			one, four := bill(1), bill(4)
			if one != four || one == 0 {
				t.Errorf("one process is billed %s, four at once %s", one.Dollars(), four.Dollars())
			}
			t.Logf("120 mentions: %s, by one process or by four", four.Dollars())
		})
	}
}

// polls runs `poll --once` by so many processes at once.
func (s *shop) polls(n int) {
	s.Helper()
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
			defer cancel()
			out, err := s.command(ctx, "poll", "--once").CombinedOutput()
			if err != nil || len(out) > 0 {
				errs[i] = fmt.Errorf("poll --once: %w: %s", err, out)
			}
		})
	}
	wg.Wait()
	must(s.T, errors.Join(errs...))
}
