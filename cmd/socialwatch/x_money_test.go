package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator/twitter"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// person is somebody at a browser.
type person struct {
	s *shop
	c *http.Client
}

// browser logs a new person in at the console.
func (s *shop) browser(login string, role socialwatch.Role) person {
	s.Helper()
	_, err := addPerson(s.Context(), dbtest.Reopen(s.T, s.db), socialwatch.Person{Login: login,
		Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: role}}, shopPassword)
	must(s.T, err)
	jar, err := cookiejar.New(nil)
	must(s.T, err)
	p := person{s, &http.Client{Jar: jar, Timeout: 30 * time.Second}}
	if page := p.send("/login", url.Values{"login": {login}, "password": {shopPassword}}); page.code != http.StatusOK || strings.Contains(page.text, `name="password"`) {
		s.Fatalf("%s is not logged in: %+v", login, page)
	}
	return p
}

func (p person) send(path string, form url.Values) page {
	p.s.Helper()
	return p.read(p.c.PostForm(p.s.url+path, form))
}

func (p person) open(path string) page {
	p.s.Helper()
	return p.read(p.c.Get(p.s.url + path))
}

func (p person) read(res *http.Response, err error) page {
	p.s.Helper()
	must(p.s.T, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(p.s.T, err)
	return page{res.StatusCode, string(b)}
}

// asked counts all requests that have reached the stand-in.
func (s *shop) asked() (n int) {
	for _, of := range s.x.Requests() {
		n += of
	}
	return n
}

// failing waits until some more polls have failed.
func (s *shop) failing(more int64) {
	s.Helper()
	before := s.number("select failures from accounts")
	until(s.T, time.Minute, "polls fail", func() bool {
		s.execute("update accounts set next_at = null") // no waiting for the next one
		return s.number("select failures from accounts") >= before+more
	})
}

// released approves all drafts.
func (s *shop) released(want int) {
	s.Helper()
	until(s.T, time.Minute, "drafts wait", func() bool {
		return int(s.number("select count(*) from replies where state = 'awaiting'")) == want
	})
	n, err := approveAll(s.Context(), s.client())
	must(s.T, err)
	if n != want {
		s.Fatalf("%d replies are approved, want %d", n, want)
	}
}

// TestOutOfCreditStopsEverything: X's word that the credit is used up stops
// every call of the account, wherever it comes from; people are told everywhere,
// and when an admin has resumed it in the console all approved replies go out,
// each once.
func TestOutOfCreditStopsEverything(t *testing.T) {
	for _, kind := range kindsOnX(t, store.SQLite) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newXShop(t, kind, twitter.Options{LimitScale: 100}, "")
			d, two := s.serve(), s.twin()
			d2 := two.serve()
			s.ready()
			admin := s.browser("adam", socialwatch.RoleAdmin)
			lead := s.browser("lena", socialwatch.RoleLead)
			for n := range 3 {
				s.tweet(n)
			}
			until(t, time.Minute, "drafts wait", func() bool { return len(s.rows()) == 3 })
			must(t, s.x.Inject(twitter.Fault{Kind: twitter.FaultCredits, Route: createRoute, Skip: 1})) // one is paid for
			s.released(3)
			const halted = `socialwatch_account_halted{account="shop_help"}`
			until(t, time.Minute, "the account is halted", func() bool { return s.metrics()[halted] == 1 })
			until(t, time.Minute, "one reply is out", func() bool { return s.sent() == 1 })

			s.failing(1) // by now what was under way has come
			before := s.x.Requests()
			s.failing(5)
			s.failing(2)
			if now := s.x.Requests(); !maps.Equal(now, before) {
				t.Errorf("calls under a halt: %v, before %v", now, before)
			}
			s.saysHalted(admin)
			if p := lead.send("/connections/shop_help/unpause", nil); p.code != http.StatusForbidden || s.metrics()[halted] != 1 {
				t.Errorf("a lead resumes the account: %d", p.code)
			}
			s.x.ClearFaults()
			if p := admin.send("/connections/shop_help/unpause", nil); p.code != http.StatusOK {
				t.Errorf("an admin resumes the account: %+v", p)
			}
			until(t, time.Minute, "all replies are out", func() bool { return s.sent() == 3 })
			s.ready()
			d.end()
			d2.end()
			under := map[string]int{}
			for _, p := range s.public() {
				under[p.parent]++
			}
			if sent := s.audit(s.public()); sent != 3 || len(under) != 3 {
				t.Errorf("%d replies are sent under %d posts", sent, len(under))
			}
			if spent, billed := s.spent(), socialwatch.MicroUSD(s.x.Bill().Total); spent != billed {
				t.Errorf("%s noted, %s billed", spent.Dollars(), billed.Dollars())
			}
		})
	}
}

func (s *shop) sent() int64 {
	s.Helper()
	return s.number("select count(*) from replies where state = 'sent'")
}

// saysHalted looks at every place where a halt must be told.
func (s *shop) saysHalted(admin person) {
	s.Helper()
	if p := s.get("/readyz"); p.code != http.StatusServiceUnavailable || !strings.Contains(p.text, "out of credit") {
		s.Errorf("/readyz: %+v", p)
	}
	if p := admin.open("/connections"); !strings.Contains(p.text, "/connections/shop_help/unpause") || !strings.Contains(p.text, "credit") {
		s.Errorf("Connections: %+v", p)
	}
	if a := s.do("check"); a.code != exitFailed || !strings.Contains(a.out, "under Connections") {
		s.Errorf("check: %+v", a)
	}
	if a := s.do("poll", "--once"); a.code != exitDone && !strings.Contains(a.errors, "under Connections") {
		s.Errorf("poll --once: %+v", a)
	}
}

// seed notes that the account has spent so much more today.
func (s *shop) seed(amount socialwatch.MicroUSD) {
	s.Helper()
	must(s.T, dbtest.Reopen(s.T, s.db).Charge(s.Context(), 0, socialwatch.Costing{Account: "shop_help", Item: "create",
		Price: amount}, []string{fmt.Sprintf("create:seed-%d", time.Now().UnixNano())}, time.Now()))
}

// TestBudgetEndsReadingBeforeReplies: from 80 % of the day's budget on polls come
// rarely, from 95 % on not at all, and what is approved still goes out until the
// budget is used up.
func TestBudgetEndsReadingBeforeReplies(t *testing.T) {
	for _, kind := range kindsOnX(t, store.SQLite) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newXShop(t, kind, twitter.Options{LimitScale: 100}, ", budget_day: 5")
			d := s.serve()
			s.ready()
			polls := func() int { return s.x.Requests()[mentionsRoute] }
			posts := []string{s.tweet(0), s.tweet(1), s.tweet(2), s.tweet(3)}
			until(t, time.Minute, "drafts wait", func() bool { return len(s.rows()) == 4 })
			s.seed(4_000_000 - s.spent())
			until(t, time.Minute, "the next poll is far", func() bool { return s.nextPoll() > 14*time.Minute })
			before := polls()
			s.ticked(3)
			if n := polls() - before; n != 0 || s.nextPoll() > 15*time.Minute+time.Second {
				t.Errorf("at 80 %%: %d polls, the next one in %s", n, s.nextPoll())
			}
			s.ready()

			s.seed(4_760_000 - s.spent())
			before = polls()
			s.failing(2)
			if n := polls() - before; n != 0 || !strings.Contains(s.trouble(), "the budget of $5") {
				t.Errorf("at 95 %%: %d polls; Connections: %s", n, s.trouble())
			}
			for _, post := range posts[:3] {
				s.approve(post)
			}
			until(t, time.Minute, "these replies are out", func() bool { return s.sent() == 3 })

			s.seed(4_999_000 - s.spent())
			created := s.x.Requests()[createRoute]
			s.approve(posts[3])
			until(t, time.Minute, "the log says so", func() bool { return strings.Contains(d.log.String(), "the budget of $5.00 for this day is used up") })
			s.failing(2)
			if n := s.x.Requests()[createRoute] - created; n != 0 || s.sent() != 3 {
				t.Errorf("at 100 %%: %d calls to publish, %d sent", n, s.sent())
			}
			s.set("budget_day: 5", "budget_day: 6")
			d.end()
			d = s.serve() // with more money it goes on by itself
			until(t, time.Minute, "the last reply is out", func() bool { return s.sent() == 4 })
			d.end()
			s.audit(s.public())
		})
	}
}

// nextPoll is how far ahead the next poll is.
func (s *shop) nextPoll() time.Duration {
	s.Helper()
	st := dbtest.Reopen(s.T, s.db)
	state, err := st.Account(s.Context(), "shop_help")
	must(s.T, err)
	return time.Until(state.NextAt)
}

// ticked waits until the schedule of polls has gone on so often.
func (s *shop) ticked(n int) {
	s.Helper()
	at := func() (text string) {
		must(s.T, s.look().QueryRow("select cast(next_at as text) from schedules where name = 'poll:shop_help'").Scan(&text))
		return text
	}
	seen := []string{at()}
	until(s.T, time.Minute, "the schedule goes on", func() bool {
		if now := at(); !slices.Contains(seen, now) {
			seen = append(seen, now)
		}
		return len(seen) > n
	})
}
