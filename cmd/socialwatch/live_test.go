package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// TestLiveKilledTwice is TestKilledTwiceNothingLostNothingTwice against a real
// server with the Mastodon API, Mastodon or GoToSocial. It needs two accounts
// there; more customers, with commas between their tokens, get more answers.
// It posts twenty unlisted statuses as customers and answers them as the shop,
// and deletes what it posted. Over plain HTTP on loopback the
// way to the server is cut for a while too. It makes about 200 requests: once
// in five minutes is within every stock rate limit.
//
//	SOCIALWATCH_TEST_MASTODON_URL=http://localhost:8080 \
//	SOCIALWATCH_TEST_MASTODON_HELP_TOKEN=... \
//	SOCIALWATCH_TEST_MASTODON_CUSTOMER_TOKEN=... \
//	go test ./cmd/socialwatch -run Live -v
func TestLiveKilledTwice(t *testing.T) {
	base := os.Getenv("SOCIALWATCH_TEST_MASTODON_URL")
	help := os.Getenv("SOCIALWATCH_TEST_MASTODON_HELP_TOKEN")
	customer := os.Getenv("SOCIALWATCH_TEST_MASTODON_CUSTOMER_TOKEN")
	if base == "" || help == "" || customer == "" {
		t.Skip("set SOCIALWATCH_TEST_MASTODON_URL, _HELP_TOKEN and _CUSTOMER_TOKEN to run against a real server")
	}
	kinds := dbtest.Kinds(t)
	killLive(t, kinds[len(kinds)-1], liveRun{base: base, help: help, customer: customer, every: 1500 * time.Millisecond})
}

// TestLiveStepsWorkOnTheStandIn keeps the steps of TestLiveKilledTwice in
// order, and within the stock limit of GoToSocial.
func TestLiveStepsWorkOnTheStandIn(t *testing.T) {
	t.Parallel()
	sim := simulator.NewMastodon(simulator.Options{Flavour: simulator.FlavourGoToSocial,
		RateLimit: simulator.RateLimit{Requests: 300, Per: 5 * time.Minute}})
	must(t, sim.Start())
	t.Cleanup(sim.Close)
	var tokens []string
	for _, acct := range []string{"shop_help", "customer1", "customer2", "customer3", "customer4"} {
		_, err := sim.AddAccount(acct)
		must(t, err)
		token, err := sim.Token(acct)
		must(t, err)
		tokens = append(tokens, token)
	}
	killLive(t, store.SQLite, liveRun{base: sim.URL(), help: tokens[0], customer: strings.Join(tokens[1:], ","), every: 500 * time.Millisecond})
	requests := 0
	for _, n := range sim.Requests() {
		requests += n
	}
	t.Logf("%d requests: %v", requests, sim.Requests())
	if requests > 280 {
		t.Errorf("%d requests in one run: too many for a stock server", requests)
	}
}

// liveRun is a run against a server.
type liveRun struct {
	base, help, customer string
	every                time.Duration // between two mentions
}

const liveMentions = 20

func killLive(t *testing.T, kind store.Kind, run liveRun) {
	t.Helper()
	base, cut, mend := run.base, func() {}, func() {}
	if u, err := url.Parse(run.base); err == nil && u.Scheme == "http" {
		p := newProxy(t, u.Host)
		base, cut, mend = p.address(t, run.base), p.cut, p.mend
	}
	s := openShop(t, dbtest.New(t, kind), account{url: base, token: run.help, every: "@every 5s"})
	s.pace = pace{Sweep: 10 * time.Second, Settle: 2 * time.Second, Look: 30 * time.Second, Lease: 3 * time.Second, Call: 3 * time.Second}
	shop := liveAPI{run.base, run.help}
	var customers []liveAPI
	for token := range strings.SplitSeq(run.customer, ",") {
		customers = append(customers, liveAPI{run.base, token})
	}
	var me struct{ ID, Acct string }
	must(t, shop.call(t.Context(), http.MethodGet, "/api/v1/accounts/verify_credentials", nil, &me))
	d := s.serve()
	until(t, time.Minute, "the account is read", func() bool {
		return s.number("select count(*) from accounts where good_at is not null") == 1
	})
	stop := s.approver()
	defer stop()
	tick := time.NewTicker(run.every)
	defer tick.Stop()
	var posts []string
	for n := range liveMentions {
		<-tick.C
		posts = append(posts, customers[n%len(customers)].complain(t, me.Acct, n))
		switch n {
		case liveMentions / 4, liveMentions * 3 / 4:
			s.killWhenBusy(d)
			d = s.serve()
		case liveMentions / 2:
			cut()
		case liveMentions * 5 / 8:
			mend()
		}
	}
	mend()
	until(t, 4*time.Minute, "every mention is stored and every reply has its end", func() bool { return s.has(posts) && s.settled() })
	stop()
	for _, r := range s.rows() {
		if r.state == socialwatch.ReplyUnknown {
			s.done(append([]string{"resolve", fmt.Sprint(r.id)}, customers[0].look(t, me.ID, r.parent)...)...)
		}
	}
	until(t, time.Minute, "what was resolved is sent", s.settled)
	d.end()
	var public []published
	for _, post := range posts {
		public = append(public, customers[0].answers(t, me.ID, post)...)
	}
	t.Cleanup(func() { cleanUp(t, shop, customers, public, posts) })
	stored := s.stored()
	for _, post := range posts {
		if stored[post] != 1 {
			t.Errorf("post %s is stored %d times", post, stored[post])
		}
	}
	if sent := s.audit(public); sent == 0 {
		t.Error("no reply was sent: this shows nothing")
	} else {
		t.Logf("%d stored, %d replies made, %d sent", len(posts), len(s.rows()), sent)
	}
}

// killWhenBusy kills the program when a reply is about to be sent, or soon
// when none is.
func (s *shop) killWhenBusy(d *daemon) {
	s.Helper()
	end := time.Now().Add(3 * time.Second)
	until(s.T, 10*time.Second, "a reply is on its way", func() bool {
		for _, r := range s.rows() {
			if r.state == socialwatch.ReplyHolding || r.state == socialwatch.ReplySending {
				return true
			}
		}
		return time.Now().After(end)
	})
	d.kill()
}

func cleanUp(t *testing.T, shop liveAPI, customers []liveAPI, public []published, posts []string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, p := range public {
		if err := shop.call(ctx, http.MethodDelete, "/api/v1/statuses/"+p.id, nil, nil); err != nil {
			t.Logf("a reply was left behind: %v", err)
		}
	}
	for n, id := range posts {
		if err := customers[n%len(customers)].call(ctx, http.MethodDelete, "/api/v1/statuses/"+id, nil, nil); err != nil {
			t.Logf("a customer's post was left behind: %v", err)
		}
	}
}

// liveAPI is a client apart from the code under test.
type liveAPI struct{ base, token string }

func (a liveAPI) complain(t *testing.T, handle string, n int) string {
	t.Helper()
	matters := []string{"order 555-%07d-0000001 still has not arrived", "where is my refund for order 555-%07d-0000001",
		"order 555-%07d-0000001 came broken", "you charged me twice for order 555-%07d-0000001"}
	var s struct{ ID string }
	must(t, a.call(t.Context(), http.MethodPost, "/api/v1/statuses", url.Values{"visibility": {"unlisted"}, "language": {"en"},
		"status": {"@" + handle + " " + fmt.Sprintf(matters[n%len(matters)], 100+n)}}, &s))
	return s.ID
}

// answers are the replies of an account right under a post.
func (a liveAPI) answers(t *testing.T, accountID, post string) (found []published) {
	t.Helper()
	var thread struct {
		Descendants []struct {
			ID      string
			Parent  string `json:"in_reply_to_id"`
			Account struct{ ID string }
		}
	}
	must(t, a.call(t.Context(), http.MethodGet, "/api/v1/statuses/"+post+"/context", nil, &thread))
	for _, d := range thread.Descendants {
		if d.Account.ID == accountID && d.Parent == post {
			found = append(found, published{d.ID, d.Parent})
		}
	}
	return found
}

// look is what a person who looks under a post says of a reply in doubt.
func (a liveAPI) look(t *testing.T, accountID, post string) []string {
	t.Helper()
	if found := a.answers(t, accountID, post); len(found) > 0 {
		return []string{"--link", a.base + "/@shop/" + found[0].id}
	}
	return []string{"--absent"}
}

func (a liveAPI) call(ctx context.Context, method, path string, form url.Values, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(a.base, "/")+path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	req.Header.Set("User-Agent", "socialwatch live test")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(resp.Body)
	err = errors.Join(err, resp.Body.Close())
	switch {
	case err != nil:
		return err
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("%s %s: HTTP %d: %.200s", method, path, resp.StatusCode, body)
	case out == nil:
		return nil
	}
	return json.Unmarshal(body, out)
}
