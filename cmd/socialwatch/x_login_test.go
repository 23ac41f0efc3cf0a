package main

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch/internal/simulator/twitter"
	"socialwatch/internal/store"
)

// TestLoginByConsent: both ways to come back, and each way to fail, say what
// they should; nothing secret is printed or stands readable on the disk.
func TestLoginByConsent(t *testing.T) {
	for _, kind := range kindsOnX(t, store.SQLite) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			var clock jump
			s, back := newOAuthShop(t, kind, twitter.Options{Now: clock.now}, "")
			must(t, noteUser(s.x, "customer1"))
			key := strings.TrimPrefix(s.env[len(s.env)-1], "SOCIALWATCH_KEY=")
			var said []string
			failed := func(what string, a answer, words string) {
				t.Helper()
				said = append(said, a.out, a.errors)
				if a.code != exitFailed || !strings.Contains(a.errors, words) || s.number("select count(*) from credentials") != 0 {
					t.Errorf("%s: %+v, want %q and no tokens stored", what, a, words)
				}
			}
			s.key("")
			failed("no key", s.do("login", "shop_help", "--listen", back), "openssl rand -base64 32")
			if strings.Contains(said[1], "/i/oauth2/authorize") {
				t.Error("consent was asked for without a key to keep it")
			}
			s.key(key)
			s.refusedLogins(back, &clock, failed)

			must(t, s.x.Visitor("shop_help"))
			l := s.login("--listen", back)
			to := l.decided()
			if p := visit(t, "http://"+back+loginPath+"?state=somebodys&code=x"); p.code != http.StatusBadRequest {
				t.Errorf("a visitor with another state: %+v", p)
			}
			if p := visit(t, to); p.code != http.StatusOK {
				t.Errorf("the browser came back: %+v", p)
			}
			a := l.end()
			if a.code != exitDone || !strings.Contains(a.out, "@shop_help") {
				t.Errorf("login: %+v", a)
			}
			said = append(said, a.out, a.errors)
			a = s.pasted(back, func(to string) string { return to })
			if a.code != exitDone {
				t.Errorf("login --paste: %+v", a)
			}
			said = append(said, a.out, a.errors, s.done("poll", "--once"), s.done("check"))
			s.secretsHidden(said, key)
		})
	}
}

// noteUser makes a user of the stand-in.
func noteUser(x *twitter.Server, handle string) error {
	_, err := x.AddUser(handle)
	return err
}

// refusedLogins are those that end without tokens after the consent page.
func (s *shop) refusedLogins(back string, clock *jump, failed func(what string, a answer, words string)) {
	s.Helper()
	come := func() answer {
		s.Helper()
		l := s.login("--listen", back)
		visit(s.T, l.page())
		return l.end()
	}
	must(s.T, s.x.Visitor(""))
	failed("denied", come(), "the access was not allowed")
	must(s.T, s.x.Visitor("customer1"))
	failed("another account", come(), "log in at X as @shop_help")
	must(s.T, s.x.Visitor("shop_help"))
	l := s.login("--listen", back)
	to := l.decided()
	clock.add(31 * time.Second)
	visit(s.T, to)
	failed("code too old", l.end(), "good for 30 seconds")
	failed("pasted state of another login", s.pasted(back, func(to string) string {
		u, err := url.Parse(to)
		must(s.T, err)
		q := u.Query()
		q.Set("state", "another")
		u.RawQuery = q.Encode()
		return u.String()
	}), "does not belong to this login")
	failed("pasted nonsense", s.pasted(back, func(string) string { return "no idea" }), "that is not the address")
	taken := http.Server{Addr: back}
	var wg sync.WaitGroup
	wg.Go(func() { _ = taken.ListenAndServe() })
	until(s.T, time.Minute, "the address is taken", func() bool { r, err := http.Get("http://" + back); return err == nil && r.Body.Close() == nil })
	a := s.do("login", "shop_help", "--listen", back)
	failed("address taken", a, "--paste")
	if strings.Contains(a.errors, "/i/oauth2/authorize") {
		s.Error("consent was asked for and nobody listens for it")
	}
	must(s.T, taken.Close())
	wg.Wait()
}

// pasted is a login whose address is pasted, changed by change.
func (s *shop) pasted(back string, change func(string) string) answer {
	s.Helper()
	l := s.login("--paste", "--listen", back)
	_, err := fmt.Fprintln(l.in, change(l.decided()))
	must(s.T, err)
	return l.end()
}

// secretsHidden looks for what the stand-in gave out, in what was said and in
// all files of the database.
func (s *shop) secretsHidden(said []string, key string) {
	s.Helper()
	secrets := []string{"sim-a2-", "sim-r2-", "sim-code-", "simcl", key}
	for _, secret := range secrets {
		if strings.Contains(strings.Join(said, "\n"), secret) {
			s.Errorf("%s… was printed", secret[:6])
		}
	}
	if n := s.number("select count(*) from credentials where account = 'shop_help'"); n != 1 {
		s.Fatalf("%d rows of tokens", n)
	}
	if !strings.HasPrefix(s.db.URL, "sqlite:") {
		var sealed []byte
		must(s.T, s.look().QueryRow("select sealed from credentials").Scan(&sealed))
		for _, secret := range secrets {
			if len(sealed) < 100 || strings.Contains(string(sealed), secret) {
				s.Errorf("%d bytes of tokens hold %s", len(sealed), secret[:6])
			}
		}
		return
	}
	files := 0
	must(s.T, filepath.WalkDir(filepath.Dir(s.sqliteFile()), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		for _, secret := range secrets {
			if strings.Contains(string(b), secret) {
				s.Errorf("%s holds %s", filepath.Base(path), secret[:6])
			}
		}
		return err
	}))
	if files == 0 {
		s.Error("no file was looked at")
	}
}

// TestOneRefreshForAll: two serving processes and three others find the access
// token ended at the same time. One renews it, the login lives on, and so it
// does under a new key.
func TestOneRefreshForAll(t *testing.T) {
	for _, kind := range kindsOnX(t, store.Postgres) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			var clock jump
			s, back := newOAuthShop(t, kind, twitter.Options{Now: clock.now}, "")
			old := strings.TrimPrefix(s.env[len(s.env)-1], "SOCIALWATCH_KEY=")
			s.loggedIn(back)
			fresh := newKey()
			s.key(fresh)
			if a := s.do("poll", "--once"); a.code != exitFailed || !strings.Contains(a.errors, "no key opens it") {
				t.Errorf("poll with another key: %+v", a)
			}
			s.key(fresh + "," + old)
			d, two := s.serve(), s.twin()
			d2 := two.serve()
			s.ready()
			posts := []string{s.tweet(0)}
			until(t, time.Minute, "the first mention is stored", func() bool { return s.has(posts) })
			before := s.x.Requests()[tokenRoute]
			// Slow, so that all find the old token refused before a new one is there.
			must(t, s.x.Inject(twitter.Fault{Kind: twitter.FaultLatency, Route: tokenRoute, Delay: 500 * time.Millisecond}))
			clock.add(3 * time.Hour)
			var wg sync.WaitGroup
			answers := make([]answer, 3)
			for i := range answers {
				wg.Go(func() { answers[i] = s.do("check") })
			}
			posts = append(posts, s.tweet(1))
			wg.Wait()
			for _, a := range answers {
				if a.code != exitDone {
					t.Errorf("check: %+v", a)
				}
			}
			until(t, time.Minute, "mentions are read on", func() bool { return s.has(posts) })
			if n := s.x.Requests()[tokenRoute] - before; n != 1 {
				t.Errorf("%d renewals, want 1", n)
			}
			stop := s.approver()
			until(t, time.Minute, "both are answered", func() bool { return len(s.public()) == 2 && s.settled() })
			stop()
			d.end()
			d2.end()
			s.key(fresh) // the renewed one is sealed with the new key alone
			s.done("poll", "--once")
			if logs := d.log.String() + d2.log.String(); strings.Contains(logs, "sim-a2-") || strings.Contains(logs, "sim-r2-") {
				t.Error("a token stands in a log")
			}
			s.audit(s.public())
		})
	}
}

// TestKilledAroundALogin: a login that is killed half way stores nothing and can
// be done again; killed right after it was stored, it holds.
func TestKilledAroundALogin(t *testing.T) {
	t.Parallel()
	s, back := newOAuthShop(t, store.SQLite, twitter.Options{}, "")
	must(t, s.x.Inject(twitter.Fault{Kind: twitter.FaultLatency, Route: tokenRoute, Count: 1, Delay: 30 * time.Second}))
	l := s.login("--listen", back)
	visit(t, l.page())
	until(t, time.Minute, "the code is exchanged", func() bool { return s.x.Requests()[tokenRoute] > 0 })
	must(t, l.cmd.Process.Kill())
	_ = l.end()
	if n := s.number("select count(*) from credentials"); n != 0 {
		t.Errorf("%d rows of tokens after half a login", n)
	}
	if a := s.do("poll", "--once"); a.code != exitFailed || !strings.Contains(a.errors, "run socialwatch login shop_help") {
		t.Errorf("poll without a login: %+v", a)
	}
	l = s.login("--listen", back)
	visit(t, l.page())
	until(t, time.Minute, "the tokens are stored", func() bool { return s.number("select count(*) from credentials") == 1 })
	must(t, l.cmd.Process.Kill())
	_ = l.end()
	d := s.serve()
	s.ready()
	post := s.tweet(1)
	until(t, time.Minute, "the mention is stored", func() bool { return s.has([]string{post}) })
	d.end()
}

// TestKilledWhileRenewing: when X has not seen the renewal the next process does
// it once the dead one's right has ended. When X's answer is lost the login is
// over, as X takes a token once: that is said, X is not asked again and again,
// and a new login mends it without a restart.
func TestKilledWhileRenewing(t *testing.T) {
	t.Parallel()
	var clock jump
	s, back := newOAuthShop(t, store.SQLite, twitter.Options{Now: clock.now}, "")
	s.loggedIn(back)
	d := s.serve()
	s.ready()
	expire := func() {
		clock.add(3 * time.Hour)
		before := s.x.Requests()[tokenRoute]
		until(t, time.Minute, "the token is being renewed", func() bool { return s.x.Requests()[tokenRoute] > before })
	}
	must(t, s.x.Inject(twitter.Fault{Kind: twitter.FaultLatency, Route: tokenRoute, Count: 1, Delay: 30 * time.Second}))
	expire()
	d.kill()
	_, err := s.look().Exec("update leases set until = 0 where name = 'token/shop_help'") // half a minute later
	must(t, err)
	d = s.serve()
	post := s.tweet(1)
	until(t, time.Minute, "the mention is stored", func() bool { return s.has([]string{post}) })

	must(t, s.x.Inject(twitter.Fault{Kind: twitter.FaultLostAfter, Route: tokenRoute, Count: 1}))
	expire()
	until(t, time.Minute, "Connections says what to do", func() bool { return strings.Contains(s.trouble(), "run socialwatch login shop_help") })
	failures := s.number("select failures from accounts")
	asked := s.x.Requests()[tokenRoute]
	until(t, time.Minute, "polls go on failing", func() bool { return s.number("select failures from accounts") >= failures+3 })
	if n := s.x.Requests()[tokenRoute] - asked; n > 0 {
		t.Errorf("X was asked %d times more for a login that is over", n)
	}
	post = s.tweet(2)
	s.loggedIn(back)
	until(t, time.Minute, "the mention is stored after a new login", func() bool { return s.has([]string{post}) && s.trouble() == "" })
	d.end()
}
