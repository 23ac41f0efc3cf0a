package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/config"
	"socialwatch/internal/intake"
	"socialwatch/internal/ledger"
	"socialwatch/internal/outbox"
	"socialwatch/internal/outbox/webhook"
	"socialwatch/internal/publish"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// source answers each fetch.
type source func(context.Context) (connectors.Batch, error)

func (s source) Fetch(ctx context.Context, _ []byte) (connectors.Batch, error) { return s(ctx) }

// threadReader is told when threads are read.
type threadReader func()

func (r threadReader) Read(_ context.Context, roots []string, _ time.Time) ([]connectors.Thread, error) {
	r()
	threads := make([]connectors.Thread, len(roots))
	for i, root := range roots {
		threads[i] = connectors.Thread{Root: root, Gone: true}
	}
	return threads, nil
}

// goneLooks says that everything is gone, and tells what it was asked.
type goneLooks chan []string

func (l goneLooks) Get(_ context.Context, ids []string) ([]connectors.Look, error) {
	l <- ids
	looks := make([]connectors.Look, len(ids))
	for i, id := range ids {
		looks[i] = connectors.Look{ID: id, Gone: true}
	}
	return looks, nil
}

// part is an app on a database with nothing but the account of storetest,
// whose network has nothing new, and what else a test adds.
func part(t *testing.T, now time.Time) (*app, *connectors.Connector, storetest.Fixture) {
	t.Helper()
	fx := storetest.On(t, dbtest.New(t, store.SQLite))
	a := &app{store: fx.Store, now: func() time.Time { return now }, log: quietLog(), worker: "w",
		tuning: tuning{lease: leaseTTL}, connectors: map[string]*connectors.Connector{}}
	a.cfg.Polling = config.Polling{Every: "@every 1m", Stale: 3}
	a.ledger = &ledger.Ledger{Store: a.store, Now: a.now}
	a.intake = &intake.Intake{Store: fx.Store, Now: a.now}
	a.publisher = &publish.Publisher{Sends: a.store, Looks: a.store, Replies: a.store, Connector: a.connector,
		Check: a.check, Worker: "w", Now: a.now, Log: a.log}
	a.sequencer = &outbox.Sequencer{Store: a.store}
	a.deliverer = &webhook.Deliverer{Queue: a.store, Worker: "w", Now: a.now, Log: a.log}
	return a, a.connect(storetest.Account, func(context.Context) (connectors.Batch, error) { return connectors.Batch{}, nil }), fx
}

func (a *app) connect(account string, s source) *connectors.Connector {
	c := &connectors.Connector{Network: socialwatch.Mastodon, Host: storetest.Host, Account: account, Source: s}
	a.connectors[account] = c
	return c
}

// TestOnlyStoredPostsThatGoAreLookedAt: the stream tells of every deleted post
// of everybody followed; only stored ones cost a request, all that wait one.
func TestOnlyStoredPostsThatGoAreLookedAt(t *testing.T) {
	t.Parallel()
	a, c, fx := part(t, storetest.Start.Add(time.Minute))
	var ids []string
	for _, s := range fx.Seed(t, "post", 3) {
		ids = append(ids, s.Mention.ID)
	}
	asked := make(goneLooks, 10)
	c.Lookup = asked
	gone := make(chan string, 64)
	for n := range 20 {
		gone <- fmt.Sprint("somebody's ", n)
	}
	gone <- ids[0]
	gone <- ids[1]
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); a.lookAtGone(ctx, c, gone) }()
	if got := <-asked; !slices.Equal(got, ids[:2]) {
		t.Errorf("looked at %q, want %q at once", got, ids[:2])
	}
	until(t, time.Minute, "the first are gone", func() bool {
		k, err := fx.Known(t.Context(), socialwatch.Ask{Account: c.Account, PostIDs: ids})
		must(t, err)
		return k.Mentions[ids[0]].Gone && k.Mentions[ids[1]].Gone && !k.Mentions[ids[2]].Gone
	})
	gone <- ids[0] // told again
	gone <- ids[2]
	if got := <-asked; !slices.Equal(got, ids[2:]) {
		t.Errorf("looked at %q, want %q", got, ids[2:])
	}
	cancel()
	<-ended
	if len(asked) > 0 {
		t.Errorf("looked at %q too", <-asked)
	}
}

// TestPanicIsOneAccountsError: the other accounts are read, and the next run
// is not kept out by a lease.
func TestPanicIsOneAccountsError(t *testing.T) {
	t.Parallel()
	a, good, fx := part(t, storetest.Start)
	must(t, fx.EnsureAccount(t.Context(), "odd", string(socialwatch.Mastodon), "odd.example"))
	a.connect("odd", func(context.Context) (connectors.Batch, error) { panic(errors.New("index out of range")) })
	for range 2 {
		err := a.once(t.Context(), []string{"odd", good.Account})
		if err == nil || !strings.HasPrefix(err.Error(), "account odd: panic: index out of range\n") {
			t.Errorf("once: %v", err)
		}
	}
	list, err := fx.Connections(t.Context(), storetest.Start)
	if err != nil || list[0].Name != good.Account || list[0].GoodAt.IsZero() {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestHangingServerTakesOnlyItsOwnTime: the threads of another account are
// read, drafts expire and events get numbers, and the account is named.
func TestHangingServerTakesOnlyItsOwnTime(t *testing.T) {
	t.Parallel()
	a, good, fx := part(t, storetest.Start.Add(24*time.Hour))
	fx.Seed(t, "post", 1)
	read := 0
	good.Threads = threadReader(func() { read++ })
	must(t, fx.EnsureAccount(t.Context(), "slow", string(socialwatch.Mastodon), "slow.example"))
	a.connect("slow", func(ctx context.Context) (connectors.Batch, error) {
		<-ctx.Done()
		return connectors.Batch{}, ctx.Err()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	err := a.once(ctx, []string{"slow", good.Account})
	if err == nil || !strings.HasPrefix(err.Error(), "account slow: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("once: %v", err)
	}
	stats, err := fx.Stats(t.Context())
	if err != nil || read != 1 || stats.Replies[socialwatch.ReplyAwaiting] != 0 || !stats.OldestUnnumbered.IsZero() || ctx.Err() != nil {
		t.Errorf("threads read %d times, %+v, %v, %v", read, stats, err, ctx.Err())
	}
}

// TestShareIsOfWhatIsLeft: in parts of the time that remains.
func TestShareIsOfWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		for _, want := range []time.Duration{20 * time.Second, 20*time.Second + 20*time.Second/3} {
			part, cancel := share(ctx, 2, 3)
			<-part.Done()
			cancel()
			if took := time.Since(begun).Round(time.Millisecond); took != want.Round(time.Millisecond) {
				t.Errorf("ended after %s, want %s", took, want)
			}
		}
	})
}

// TestRestEndsWhenTheClockWentBack: a network may ask for a day's rest; more is
// none of its.
func TestRestEndsWhenTheClockWentBack(t *testing.T) {
	t.Parallel()
	now := storetest.Start
	a := &app{now: func() time.Time { return now }}
	longest := a.pollAgain(&socialwatch.NetworkError{Reason: socialwatch.RateLimited, RetryAfter: 100 * time.Hour})
	for _, c := range []struct {
		name  string
		state socialwatch.AccountState
		want  bool
	}{
		{"new", socialwatch.AccountState{}, false},
		{"paused", socialwatch.AccountState{Paused: true}, true},
		{"for a minute", socialwatch.AccountState{NextAt: now.Add(time.Minute)}, true},
		{"over", socialwatch.AccountState{NextAt: now}, false},
		{"as long as a network can ask", socialwatch.AccountState{NextAt: longest}, true},
		{"noted before the clock went back", socialwatch.AccountState{NextAt: now.Add(24*time.Hour + time.Microsecond)}, false},
	} {
		if got := a.rests(c.state); got != c.want {
			t.Errorf("%s: rests %v", c.name, got)
		}
	}
}

// TestAnUnreadAccountSaysSinceWhenAndWhy: nobody is told of "ever".
func TestAnUnreadAccountSaysSinceWhenAndWhy(t *testing.T) {
	t.Parallel()
	a, c, fx := part(t, storetest.Start)
	a.begun = storetest.Start.Add(-time.Hour)
	says := func(want string) {
		t.Helper()
		if got := strings.Join(a.problems(t.Context()), "\n"); !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	says("account " + c.Account + ": no poll has run, and this process has been up since 2026")
	for range 2 {
		must(t, fx.RecordPoll(t.Context(), socialwatch.PollResult{Account: c.Account, At: storetest.Start.Add(-10 * time.Minute), Err: "401", Reason: socialwatch.Unauthorized}))
	}
	says("no poll has worked yet, 2 in a row have failed, the last at " + storetest.Start.Add(-10*time.Minute).Format(time.RFC3339) + " (unauthorized): see Connections")
	must(t, fx.RecordPoll(t.Context(), socialwatch.PollResult{Account: c.Account, At: storetest.Start.Add(-8 * time.Minute)}))
	says("no good poll since " + storetest.Start.Add(-8*time.Minute).Format(time.RFC3339) + ", the last try was at")
}

// TestGoodPollInTheFutureIsNoReadiness: it was noted before a clock went back,
// and would hide missed polls for as long as the clock jumped.
func TestGoodPollInTheFutureIsNoReadiness(t *testing.T) {
	t.Parallel()
	a, c, fx := part(t, storetest.Start)
	for _, p := range []struct {
		good, begun time.Duration
		want        string
	}{
		{-time.Minute, -time.Hour, ""},
		{30 * time.Second, -time.Hour, ""}, // another host's clock
		{-4 * time.Minute, -time.Hour, "no good poll since"},
		{2 * time.Minute, -time.Hour, "lies in the future"},
		{3 * time.Hour, -time.Minute, ""}, // not yet time to complain
	} {
		must(t, fx.RecordPoll(t.Context(), socialwatch.PollResult{Account: c.Account, At: storetest.Start.Add(p.good)}))
		a.begun = storetest.Start.Add(p.begun)
		got := a.problems(t.Context())
		if (p.want == "") != (len(got) == 0) || !strings.Contains(strings.Join(got, "\n"), p.want) {
			t.Errorf("good poll at %s, begun at %s: %q, want %q", p.good, p.begun, got, p.want)
		}
	}
}

// TestReadinessAndAlarmsAgree: what /readyz tells of missed polls is an alarm, and
// nothing else is; neither reads what grows with the mentions.
func TestReadinessAndAlarmsAgree(t *testing.T) {
	t.Parallel()
	a, c, fx := part(t, storetest.Start)
	adam := fx.Hire(t, "adam", socialwatch.RoleAdmin)
	db := dbtest.Raw(t, fx.Options)
	defer db.Close()
	_, err := db.Exec("alter table mentions rename to away")
	must(t, err)
	good := func(age time.Duration) func() error {
		return func() error {
			return fx.RecordPoll(t.Context(), socialwatch.PollResult{Account: c.Account, At: storetest.Start.Add(-age)})
		}
	}
	for _, p := range []struct {
		what        string
		begun       time.Duration
		do          func() error
		told, alarm bool
	}{
		{"too early to tell", time.Minute, good(time.Hour), false, false},
		{"late", time.Hour, good(4 * time.Minute), true, true},
		{"good", time.Hour, good(3 * time.Minute), false, false},
		{"late again", time.Hour, good(4 * time.Minute), true, true},
		{"paused", time.Hour, func() error { return fx.Pause(t.Context(), c.Account, adam, storetest.Start) }, false, false},
		{"resumed", time.Hour, func() error { return fx.Unpause(t.Context(), c.Account, adam, storetest.Start) }, true, true},
		{"halted, of which its event tells", time.Hour, func() error { return fx.Halt(t.Context(), c.Account, "no credit", storetest.Start) }, true, false},
	} {
		must(t, p.do())
		a.begun = storetest.Start.Add(-p.begun)
		told := a.problems(t.Context())
		must(t, a.watch(t.Context()))
		alarms, err := fx.Alarms(t.Context())
		must(t, err)
		if (len(told) > 0) != p.told || (len(alarms) > 0) != p.alarm {
			t.Errorf("%s: /readyz says %q, alarms %+v", p.what, told, alarms)
		}
	}
}
