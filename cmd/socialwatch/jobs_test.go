package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch/internal/config"
	"socialwatch/internal/jobs"
	"socialwatch/internal/simulator"
	"socialwatch/internal/simulator/chat"
	"socialwatch/internal/store"
	"socialwatch/internal/store/storetest"
)

// TestAPassRunsEveryJobOfServe: all but what a poll takes in by itself; duties
// once, when their tick is due.
func TestAPassRunsEveryJobOfServe(t *testing.T) {
	t.Parallel()
	a, c, _ := part(t, storetest.Start)
	a.cfg.Alerts = []config.Alert{{Name: "room"}}
	c.Compliance = &registry{}
	w := a.work(noBell, map[string]rings{c.Account: {kept: make(chan struct{})}})
	ran := make(chan string, 100)
	for _, list := range [][]jobs.Job{w.reads[c.Account], w.pushed, w.sends, w.keeps, w.tells, w.duties} {
		for i, j := range list {
			list[i].Run = func(context.Context) error { ran <- j.Name; return nil }
		}
	}
	pass := func(after time.Duration) (names []string) {
		t.Helper()
		a.now = func() time.Time { return storetest.Start.Add(after) }
		must(t, w.once(t.Context(), a.runner(), []string{c.Account}))
		for len(ran) > 0 {
			names = append(names, <-ran)
		}
		slices.Sort(names)
		return names
	}
	always := []string{"alert:room", "commands", "deadlines", "follow", "lookup", "poll:help", "publish", "sequencer", "spikes", "threads:help", "watch"}
	duties := []string{"rehydrate:help", "reports", "requests", "retain", "shown:help", "webhook-prune"}
	whole := slices.Sorted(slices.Values(slices.Concat(always, duties)))
	for _, p := range []struct {
		after time.Duration
		want  []string
	}{{0, always}, {24 * time.Hour, whole}, {24*time.Hour + time.Second, always}} {
		if got := pass(p.after); !slices.Equal(got, p.want) {
			t.Errorf("after %s a pass runs %q, want %q", p.after, got, p.want)
		}
	}
	var served []string
	for _, j := range w.all() {
		served = append(served, j.Name)
	}
	slices.Sort(served)
	if got := slices.DeleteFunc(served, func(name string) bool { return name == "inbox:help" }); !slices.Equal(got, whole) {
		t.Errorf("serve runs %q beside the inbox, want %q", got, whole)
	}
}

// TestCronAloneErasesAndAlarms: a shop without any `serve` keeps every promise of
// time, hour by hour over some days.
func TestCronAloneErasesAndAlarms(t *testing.T) {
	t.Parallel()
	p := newPlayed(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
	p.shop = newShop(t, store.SQLite, simulator.Options{Now: p.now})
	room := chat.New(false)
	t.Cleanup(room.Close)
	const name = "ALERT_OF_CRON_ALONE" // t.Setenv is not for parallel tests
	must(t, os.Setenv(name, room.URL()))
	t.Cleanup(func() { os.Unsetenv(name) })
	p.set("replies: {hold: 0s}", "replies: {hold: 0s}\nprivacy: {retain: {ignored: 48h}}\nalerts: [{name: room, kind: slack, url_env: "+name+"}]")
	p.set(`every: "@every 1s"`, `every: "@every 1h"`)
	a := p.here(p.now)
	defer a.close()
	pass := func(hours int) (err error) {
		t.Helper()
		for range hours {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
			err = a.once(ctx, []string{"shop_help"})
			cancel()
			p.clock.Add(time.Hour.Microseconds())
		}
		return err
	}
	says := func(want string) {
		t.Helper()
		for _, m := range room.Said() {
			if strings.Contains(m.Text, want) {
				return
			}
		}
		t.Errorf("by %s nobody was told %q: %q", p.now().Format(time.DateTime), want, room.Said())
	}
	must(t, pass(1)) // the channel is told of what happens from now on
	p.post(1)
	_, err := p.sim.Post("customer2@far.example", "@shop_help@social.example giveaway: win a free voucher, retweet and follow to enter the contest", simulator.PostOptions{})
	must(t, err)
	must(t, pass(6))
	says("no approver is signed in, and the first draft is overdue: K-1001")
	kept := func() int64 { return p.number("select count(*) from mentions where case_id is null and body <> ''") }
	if n := kept(); n != 1 {
		t.Fatalf("%d posts without a case", n)
	}
	must(t, pass(36))
	if n := kept(); n != 1 {
		t.Errorf("erased before its time: %d posts without a case", n)
	}
	must(t, pass(27)) // two nights later
	if n := kept(); n != 0 {
		t.Errorf("%d posts without a case are kept for ever", n)
	}
	p.sim.Stop()
	if err := pass(5); err == nil {
		t.Error("nobody is told that the network is away")
	}
	says("no poll has worked for too long")
}
