package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"socialwatch/internal/config"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

func TestDatabaseDownAtStart(t *testing.T) {
	t.Parallel()
	s := newShop(t, store.SQLite, simulator.Options{})
	for name, tc := range map[string]struct{ url, says string }{
		"postgres":       {"postgres://shop:secret-words@" + freeAddress(t) + "/shop?sslmode=disable", "connection refused"},
		"sqlite":         {"sqlite:" + filepath.Join(s.dir, "absent.db"), "socialwatch migrate"},
		"not migrated":   {dbtest.Empty(t, store.SQLite).URL, "socialwatch migrate"},
		"no folder":      {"sqlite:" + filepath.Join(s.dir, "absent", "x.db"), "socialwatch migrate"},
		"not a database": {"sqlite:" + s.config, "not a database"},
	} {
		t.Run(name, func(t *testing.T) {
			one := *s
			one.T = t
			one.env = append(slices.Clone(s.env), "DATABASE="+tc.url)
			for _, args := range []string{"serve", "poll --once", "stop", "user add ben --role lead"} {
				a := one.doWith(shopPassword+"\n", strings.Fields(args)...)
				if a.code != exitFailed || !strings.Contains(a.errors, tc.says) || strings.Contains(a.errors, "secret-words") {
					t.Errorf("%s: %+v, want exit code 1 and %q", args, a, tc.says)
				}
			}
			if a := one.do("check"); a.code != exitFailed || !strings.Contains(a.out, "BAD   database") || strings.Contains(a.out, "secret-words") {
				t.Errorf("check: %+v", a)
			}
		})
	}
}

// TestPostgresGoesAwayInMidRun cuts the database while a reply is being sent:
// the server stays up and says so, and when the database is back nothing is
// lost and nothing sent twice.
func TestPostgresGoesAwayInMidRun(t *testing.T) {
	t.Parallel()
	dbtest.NeedPostgres(t)
	s := newShop(t, store.Postgres, simulator.Options{Flavour: simulator.FlavourGoToSocial})
	u, err := url.Parse(s.db.URL)
	must(t, err)
	p := newProxy(t, u.Host)
	s.env[0] = "DATABASE=" + p.address(t, s.db.URL)
	d := s.serve()
	posts := []string{s.post(0), s.post(1)}
	until(t, time.Minute, "drafts wait", func() bool { return len(s.rows()) == 2 })
	must(t, s.sim.Inject(simulator.Fault{Kind: simulator.FaultLatency, Route: replyRoute, Count: 1, Delay: 300 * time.Millisecond}))
	s.approve(posts[0])
	until(t, time.Minute, "a reply is being sent", func() bool { return s.sim.Requests()[replyRoute] > 0 })
	p.cut()
	posts = append(posts, s.post(2))
	until(t, time.Minute, "/readyz says that the database is away", func() bool {
		r := s.get("/readyz")
		return r.code == http.StatusServiceUnavailable && strings.Contains(r.text, "database")
	})
	if r := s.get("/healthz"); r.code != http.StatusOK {
		t.Errorf("/healthz while the database is away: %+v", r)
	}
	if up, ok := s.metrics()["socialwatch_database_up"]; !ok || up != 0 {
		t.Errorf("socialwatch_database_up is %v", up)
	}
	if r := s.get("/"); r.code == 0 {
		t.Error("the console does not answer while the database is away")
	}
	p.mend()
	stop := s.approver()
	until(t, time.Minute, "everything is stored and has its end", func() bool {
		return s.has(posts) && len(s.rows()) == 3 && s.settled()
	})
	stop()
	s.ready()
	d.end()
	if sent := s.audit(s.public()); sent != 3 {
		t.Errorf("%d replies are sent, want 3", sent)
	}
}

// TestSQLiteLockedInMidRun: somebody else locks the file for longer than we
// wait for it.
func TestSQLiteLockedInMidRun(t *testing.T) {
	t.Parallel()
	s := newShop(t, store.SQLite, simulator.Options{})
	d := s.serve()
	s.ready()
	db := dbtest.Raw(t, s.db)
	defer db.Close()
	lock, err := db.Conn(t.Context())
	must(t, err)
	defer lock.Close()
	_, err = lock.ExecContext(t.Context(), "begin exclusive")
	must(t, err)
	post := s.post(1)
	until(t, time.Minute, "/readyz says that the database does not answer", func() bool {
		r := s.get("/readyz")
		return r.code == http.StatusServiceUnavailable && strings.Contains(r.text, "database")
	})
	if r := s.get("/healthz"); r.code != http.StatusOK {
		t.Errorf("/healthz while the file is locked: %+v", r)
	}
	_, err = lock.ExecContext(t.Context(), "rollback")
	must(t, err)
	stop := s.approver()
	until(t, time.Minute, "the mention is stored and answered", func() bool {
		return s.has([]string{post}) && len(s.public()) == 1 && s.settled()
	})
	stop()
	d.end()
	s.audit(s.public())
}

// TestFullDiskLosesNothing: nothing can be written beyond a size; the program
// says so, stays up, and goes on when there is room.
func TestFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t, store.SQLite, simulator.Options{})
	s.pace.Look = 0
	s.done("poll", "--once")
	info, err := os.Stat(s.sqliteFile())
	must(t, err)
	s.pace.FileLimit = uint64(info.Size()) + 200_000
	d := s.serve()
	var posts []string
	for n := range 10 {
		posts = append(posts, s.big(n, strings.Repeat("<p>the parcel never came</p>", 4_000)))
	}
	until(t, time.Minute, "the program says that it cannot write", func() bool {
		return strings.Contains(d.log.String(), "disk") && s.get("/readyz").code == http.StatusServiceUnavailable
	})
	if r := s.get("/healthz"); r.code != http.StatusOK {
		t.Errorf("/healthz on a full disk: %+v", r)
	}
	d.end()
	if a := s.do("poll", "--once"); a.code != exitFailed || !strings.Contains(a.errors, "disk") {
		t.Errorf("poll --once on a full disk: %+v", a)
	}
	s.pace.FileLimit = 0
	d = s.serve()
	s.ready()
	until(t, time.Minute, "all mentions are stored", func() bool { return s.has(posts) })
	d.end()
	s.audit(s.public())
}

// big posts a mention whose HTML is what it is.
func (s *shop) big(n int, html string) string {
	s.Helper()
	id, err := s.sim.Post(fmt.Sprintf("customer%d@far.example", n), "@shop_help@social.example where is order 555-0000001-0000001",
		simulator.PostOptions{HTML: html})
	must(s.T, err)
	return id
}

// TestHugeMentions: 100 kB of HTML of each ugly kind, with a plain mention
// behind them.
func TestHugeMentions(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, kind, simulator.Options{})
			s.done("poll", "--once")
			var posts []string
			for n, html := range []string{
				strings.Repeat("<p>where is my order</p>", 100<<10/24),
				strings.Repeat("<b>", 100<<10/3) + "where is my order",
				"<p>" + strings.Repeat("a", 100<<10) + "</p>",
				"<p>" + strings.Repeat("@shop_help ", 100<<10/11) + "</p>",
				strings.Repeat("&amp;", 100<<10/5),
				"<p>" + strings.Repeat("\u202e\u0301\U0001F4E6", 100<<10/9) + "\x00\xff</p>",
				strings.Repeat("<", 100<<10),
			} {
				posts = append(posts, s.big(n, html))
			}
			posts = append(posts, s.post(100))
			begun := time.Now()
			if a := s.do("poll", "--once"); a.code != exitDone || a.errors != "" {
				t.Errorf("poll --once: %+v", a)
			}
			if took := time.Since(begun); took > 30*time.Second {
				t.Errorf("it took %s", took)
			}
			if !s.has(posts) {
				t.Errorf("%d of %d mentions are stored", len(s.stored()), len(posts))
			}
			s.audit(nil)
		})
	}
}

// TestBurst: everybody writes at once.
func TestBurst(t *testing.T) {
	burst := 2_000
	switch {
	case soak:
		burst = 10_000
	case raced:
		burst = 450 // two batches
	}
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, kind, simulator.Options{})
			s.pace.Look = 0 // as in real life: not all threads every second
			d := s.serve()
			s.ready()
			var posts []string
			for n := range burst {
				posts = append(posts, s.post(n))
			}
			begun := time.Now()
			want := int64(len(posts))
			until(t, 5*time.Minute, "all mentions are stored", func() bool { return s.number("select count(*) from mentions") >= want })
			t.Logf("%d mentions in %s", burst, time.Since(begun).Round(time.Millisecond))
			if !s.has(posts) {
				t.Error("a mention is missing")
			}
			if n := s.number("select count(*) from replies where state = 'awaiting'"); n != want {
				t.Errorf("%d drafts wait, want %d", n, want)
			}
			d.end()
			s.audit(nil)
		})
	}
}

// TestNetworkFaultsHealOnTheNextPoll: each fault of the network fails
// poll --once, names the account, stands under Connections, and the next poll
// after it reads what came meanwhile.
func TestNetworkFaultsHealOnTheNextPoll(t *testing.T) {
	t.Parallel()
	s := newShop(t, store.SQLite, simulator.Options{})
	s.done("poll", "--once")
	token, err := os.ReadFile(filepath.Join(s.dir, "token"))
	must(t, err)
	broken := func(name string, n int, heal func()) {
		t.Helper()
		post := s.post(n)
		a := s.do("poll", "--once")
		if a.code != exitFailed || !strings.Contains(a.errors, "account shop_help") || a.out != "" {
			t.Errorf("%s: %+v, want exit code 1 and the account's name", name, a)
		}
		if strings.Contains(a.errors, string(token)) {
			t.Errorf("%s: the error holds the token", name)
		}
		if s.trouble() == "" {
			t.Errorf("%s: nothing stands under Connections", name)
		}
		heal()
		// The account waits before it tries again: the wait is over.
		_, err := s.look().ExecContext(t.Context(), "update accounts set next_at = null")
		must(t, err)
		if a := s.do("poll", "--once"); a.code != exitDone || a.errors != "" {
			t.Errorf("%s, healed: %+v", name, a)
		}
		if !s.has([]string{post}) || s.trouble() != "" {
			t.Errorf("%s, healed: stored %v, under Connections %q", name, s.has([]string{post}), s.trouble())
		}
	}
	for n, kind := range []simulator.FaultKind{simulator.FaultLostBefore, simulator.FaultLostAfter, simulator.FaultTruncated,
		simulator.FaultGatewayTimeout, simulator.FaultInvalidJSON, simulator.FaultServerError, simulator.FaultUnavailable,
		simulator.FaultRateLimited, simulator.FaultUnauthorized, simulator.FaultForbidden, simulator.FaultRedirect} {
		must(t, s.sim.Inject(simulator.Fault{Kind: kind, Delay: 30 * time.Second}))
		broken(string(kind), n, s.sim.ClearFaults)
	}
	s.sim.Stop()
	broken("unreachable", 100, func() { must(t, s.sim.Start()) })
	must(t, os.WriteFile(filepath.Join(s.dir, "token"), []byte("revoked"), 0o600))
	broken("wrong token", 101, func() { must(t, os.WriteFile(filepath.Join(s.dir, "token"), token, 0o600)) })
	s.audit(nil)
}

// TestClockGoesBack: the machine's clock goes back an hour while the stream
// is silent. Polls go on, nothing is lost, nothing sent twice.
func TestClockGoesBack(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, kind, simulator.Options{})
			must(t, s.sim.Inject(simulator.Fault{Kind: simulator.FaultSilentStream}))
			var behind atomic.Int64
			stop := s.serveHere(func() time.Time { return time.Now().Add(-time.Duration(behind.Load())) })
			defer stop()
			person := s.approver()
			defer person()
			posts := []string{s.post(0)}
			until(t, time.Minute, "the first mention is answered", func() bool { return s.has(posts) && len(s.public()) == 1 && s.settled() })
			until(t, time.Minute, "polls tick", func() bool {
				return s.number("select count(*) from schedules where name = 'poll:shop_help'") == 1
			})
			behind.Store(int64(time.Hour))
			for n := range 5 {
				posts = append(posts, s.post(1+n))
			}
			until(t, time.Minute, "the mentions after the jump are stored and answered", func() bool {
				return s.has(posts) && len(s.public()) == len(posts) && s.settled()
			})
			person()
			stop()
			s.audit(s.public())
		})
	}
}

// here wires the program in this process, on another clock.
func (s *shop) here(now func() time.Time) *app {
	s.Helper()
	name := "DATABASE_" + rand.Text()
	must(s.T, os.Setenv(name, s.db.URL)) // t.Setenv is not for parallel tests
	s.Cleanup(func() { os.Unsetenv(name) })
	s.set("url_env: DATABASE", "url_env: "+name)
	cfg, err := config.Load(s.config)
	must(s.T, err)
	a, err := wire(s.Context(), cfg, tuning{sweep: quick.Sweep, settle: quick.Settle, look: quick.Look,
		lease: quick.Lease, call: quick.Call, now: now, log: quietLog()})
	must(s.T, err)
	return a
}

// serveHere runs serve in this process.
func (s *shop) serveHere(now func() time.Time) (stop func()) {
	s.Helper()
	a := s.here(now)
	l, err := net.Listen("tcp", a.cfg.Listen)
	must(s.T, err)
	return s.running(a, l)
}

func (s *shop) running(a *app, l net.Listener) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.Context()))
	ended := make(chan error, 1)
	go func() { ended <- a.serve(ctx, l, true) }()
	var once sync.Once
	return func() {
		once.Do(func() {
			cancel()
			if err := errors.Join(<-ended, a.close()); err != nil {
				s.Errorf("serve: %v", err)
			}
		})
	}
}
