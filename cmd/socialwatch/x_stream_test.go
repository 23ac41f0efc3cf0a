package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/config"
	"socialwatch/internal/simulator/twitter"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// newPushShop is a shop on X whose mentions are pushed, logged in.
func newPushShop(t *testing.T, kind store.Kind, o twitter.Options) (s *shop, back string) {
	t.Helper()
	o.LimitScale = 100
	s, back = newOAuthShop(t, kind, o, ", stream: true")
	s.loggedIn(back)
	return s, back
}

// streaming waits until so many streams are open and Connections says so.
func (s *shop) streaming(n int) {
	s.Helper()
	until(s.T, time.Minute, "the stream is open", func() bool {
		return s.x.Streams() == n && s.number("select count(*) from accounts where stream_up") == 1
	})
}

// drafted waits for a draft under a post and says how long that took.
func (s *shop) drafted(post string) time.Duration {
	s.Helper()
	begun := time.Now()
	until(s.T, time.Minute, "a draft is there", func() bool {
		for _, r := range s.rows() {
			if r.parent == post {
				return true
			}
		}
		return false
	})
	return time.Since(begun)
}

// charged is what the stand-in has billed for an item.
func (s *shop) charged(item string) (objects int, amount socialwatch.MicroUSD) {
	for _, c := range s.x.Bill().Charges {
		if c.Item == item {
			objects, amount = objects+c.Objects, amount+socialwatch.MicroUSD(c.Amount)
		}
	}
	return objects, amount
}

// TestPushedMentions: with two serving processes one stream is open. Mentions
// come by it within a second, also when polls fail, are stored once and billed
// once, as events alone; when the one process dies the other takes over.
func TestPushedMentions(t *testing.T) {
	for _, kind := range kindsOnX(t, store.SQLite) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s, _ := newPushShop(t, kind, twitter.Options{})
			d, two := s.serve(), s.twin()
			s.streaming(1)
			d2 := two.serve()
			s.ready()
			opened := s.x.Requests()[streamRoute]
			// No poll: what comes comes by the stream.
			must(t, s.x.Inject(twitter.Fault{Kind: twitter.FaultUnavailable, Route: mentionsRoute}))
			var posts []string
			var slowest time.Duration
			for n := range 5 {
				posts = append(posts, s.tweet(n))
				slowest = max(slowest, s.drafted(posts[n]))
			}
			t.Logf("the slowest draft stood there after %s", slowest)
			if most := time.Second; !raced && slowest > most && !busy(t) {
				t.Errorf("a draft took %s", slowest)
			}
			s.x.ClearFaults()
			until(t, time.Minute, "polls work again", func() bool { return s.trouble() == "" })
			if n, amount := s.charged("stream_event"); n != 5 || amount != 25_000 {
				t.Errorf("%d events for %s", n, amount.Dollars())
			}
			if n, _ := s.charged("mention_read"); n != 0 {
				t.Errorf("%d mentions were paid for again by polls", n)
			}
			if n, now := s.x.Streams(), s.x.Requests()[streamRoute]; n != 1 || now != opened {
				t.Errorf("%d streams are open after %d more attempts", n, now-opened)
			}
			d.kill()
			// What X still sends to the dead it charges as events; we note what the poll costs.
			until(t, time.Minute, "X has noticed", func() bool { return s.x.Streams() == 0 || s.x.Requests()[streamRoute] > opened })
			posts = append(posts, s.tweet(10))
			until(t, time.Minute, "the other process has the stream", func() bool { return s.x.Requests()[streamRoute] > opened })
			two.streaming(1)
			posts = append(posts, s.tweet(11))
			until(t, time.Minute, "all is stored", func() bool { return s.has(posts) })
			d2.end()
			if spent, billed := s.spent(), socialwatch.MicroUSD(s.x.Bill().Total); spent != billed {
				t.Errorf("%s noted, %s billed", spent.Dollars(), billed.Dollars())
			}
			s.audit(nil)
		})
	}
}

// TestKilledBetweenEventAndIntake: what stands in the inbox when the program is
// killed is taken in by the next one, without asking the network for it; what
// was not there yet is brought by the poll. Nothing is paid for twice.
func TestKilledBetweenEventAndIntake(t *testing.T) {
	for _, kind := range kindsOnX(t, store.Postgres) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s, _ := newPushShop(t, kind, twitter.Options{})
			d := s.serve()
			s.streaming(1)
			s.ready()
			must(t, s.x.Inject(twitter.Fault{Kind: twitter.FaultUnavailable, Route: mentionsRoute}))
			release := s.noIntake(kind)
			first := s.tweet(1)
			until(t, time.Minute, "the post waits in the inbox", func() bool { return s.number("select count(*) from inbox") == 1 })
			d.kill()
			release()
			looked := s.x.Requests()["GET /2/tweets"]
			d = s.serve()
			s.drafted(first)
			if n := s.number("select count(*) from inbox"); n != 0 {
				t.Errorf("%d posts still wait", n)
			}
			if n := s.x.Requests()["GET /2/tweets"]; n != looked {
				t.Errorf("%d posts were read again", n-looked)
			}
			s.x.ClearFaults()
			s.streaming(1)
			// Killed while the event's post is looked up, before the inbox has it.
			must(t, s.x.Inject(twitter.Fault{Kind: twitter.FaultLatency, Route: "GET /2/tweets", Delay: 5 * time.Second}))
			second := s.tweet(2)
			until(t, time.Minute, "the event's post is looked up", func() bool { return s.x.Requests()["GET /2/tweets"] > looked })
			d.kill()
			s.x.ClearFaults()
			d = s.serve()
			s.drafted(second)
			d.end()
			if n, _ := s.charged("stream_event"); n != 2 {
				t.Errorf("%d events were billed", n)
			}
			if n, _ := s.charged("mention_read"); n != 0 {
				t.Errorf("%d mentions were paid for again", n)
			}
			s.audit(nil)
		})
	}
}

// noIntake keeps mentions from being stored until release.
func (s *shop) noIntake(kind store.Kind) (release func()) {
	s.Helper()
	begin := []string{"create trigger not_yet before insert on mentions begin select raise(abort, 'not yet'); end"}
	end := []string{"drop trigger not_yet"}
	if kind == store.Postgres {
		begin = []string{"create function not_yet() returns trigger language plpgsql as $$ begin raise exception 'not yet'; end $$",
			"create trigger not_yet before insert on mentions for each row execute function not_yet()"}
		end = []string{"drop trigger not_yet on mentions", "drop function not_yet()"}
	}
	for _, q := range begin {
		s.execute(q)
	}
	return func() {
		for _, q := range end {
			s.execute(q)
		}
	}
}

// TestAPausedAccountHasNoStream, because all that it brings is paid for; what
// was written meanwhile comes when the account is resumed.
func TestAPausedAccountHasNoStream(t *testing.T) {
	t.Parallel()
	s, _ := newPushShop(t, store.SQLite, twitter.Options{})
	d := s.serve()
	s.streaming(1)
	s.execute("update accounts set paused_by = 'test'")
	until(t, time.Minute, "the stream is closed", func() bool { return s.x.Streams() == 0 })
	opened := s.x.Requests()[streamRoute]
	post := s.tweet(1)
	if n, _ := s.charged("stream_event"); n != 0 || s.x.Requests()[streamRoute] != opened {
		t.Errorf("%d events were paid for", n)
	}
	s.execute("update accounts set paused_by = null")
	s.streaming(1)
	s.drafted(post)
	d.end()
	s.audit(nil)
}

// TestTwoStreamsOfOneAppAreRefused, whatever names their secrets have: each
// would bring, and cost, what is for both accounts.
func TestTwoStreamsOfOneAppAreRefused(t *testing.T) {
	fx := storetest.On(t, dbtest.New(t, store.SQLite))
	t.Setenv("STREAM_KEY", newKey())
	accounts := func(second config.XAccount) error {
		cfg := config.Config{Secrets: config.Secrets{KeyEnv: "STREAM_KEY"}, Accounts: []config.Account{
			{Name: "one", Handle: "shop_help", Network: "x", X: config.XAccount{SecretsEnv: "STREAM_ONE", Stream: true}},
			{Name: "two", Handle: "shop_es", Network: "x", X: second}}}
		return (&app{cfg: cfg, store: fx.Store, now: time.Now, log: quietLog()}).networks()
	}
	for _, env := range []string{"STREAM_ONE", "STREAM_TWO"} {
		t.Setenv(env+"_CLIENT_ID", env)
		t.Setenv(env+"_BEARER", "hidden-1")
	}
	for _, env := range []string{"STREAM_ONE", "STREAM_TWO"} {
		err := accounts(config.XAccount{SecretsEnv: env, Stream: true})
		if err == nil || !strings.Contains(err.Error(), "accounts one and two") || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v", env, err)
		}
	}
	must(t, accounts(config.XAccount{SecretsEnv: "STREAM_TWO"}))
	t.Setenv("STREAM_TWO_BEARER", "hidden-2")
	must(t, accounts(config.XAccount{SecretsEnv: "STREAM_TWO", Stream: true}))
}

func (s *shop) execute(query string) {
	s.Helper()
	_, err := s.look().Exec(query)
	must(s.T, err)
}

// TestPollCoversBreaks: what is written while the stream is cut, or silent, is
// brought by a poll, though polls come rarely.
func TestPollCoversBreaks(t *testing.T) {
	t.Parallel()
	s, _ := newPushShop(t, store.SQLite, twitter.Options{})
	s.set(`every: "@every 1s"`, `every: "@every 1h"`)
	d := s.serve()
	s.streaming(1)
	var posts []string
	for n := range 6 {
		s.x.CutStreams()
		posts = append(posts, s.tweet(n)) // no stream takes it
	}
	until(t, time.Minute, "all is stored", func() bool { return s.has(posts) })
	if n, _ := s.charged("mention_read"); n == 0 {
		t.Error("no break was covered by a poll: this shows nothing")
	}
	s.streaming(1)
	d.end()
	s.audit(nil)
}

// TestRightsTakenAway: when the account's owner takes the app's rights back, the
// stream ends for good and polls fail; logs and Connections say what to do, and
// after a new login polls go on by themselves.
func TestRightsTakenAway(t *testing.T) {
	t.Parallel()
	s, back := newPushShop(t, store.SQLite, twitter.Options{})
	d := s.serve()
	s.streaming(1)
	s.ready()
	must(t, s.x.Revoke("shop_help"))
	until(t, time.Minute, "it is said", func() bool {
		return strings.Contains(d.log.String(), "stream refused for good") && s.x.Streams() == 0 &&
			strings.Contains(s.trouble(), "run socialwatch login shop_help")
	})
	until(t, time.Minute, "/readyz says so", func() bool { return s.get("/readyz").code == http.StatusServiceUnavailable })
	opened := s.x.Requests()[streamRoute]
	asked := s.x.Requests()[tokenRoute]
	post := s.tweet(1)
	failures := s.number("select failures from accounts")
	until(t, time.Minute, "polls go on failing", func() bool { return s.number("select failures from accounts") >= failures+3 })
	if n := s.x.Requests()[streamRoute] - opened; n != 0 {
		t.Errorf("the stream was tried %d times after its end", n)
	}
	if n := s.x.Requests()[tokenRoute] - asked; n != 0 {
		t.Errorf("X was asked for tokens %d times after the end", n)
	}
	s.loggedIn(back)
	until(t, time.Minute, "polls go on", func() bool { return s.has([]string{post}) && s.trouble() == "" })
	d.end()
}
