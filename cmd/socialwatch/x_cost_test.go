package main

import (
	"fmt"
	"testing"
	"time"

	"socialwatch/internal/simulator/twitter"
)

// TestWhatAMonthOnXCosts: mentions and approved replies go through the whole
// program for hours at its real pace, on the stand-in with X's prices and rate
// limits. The ledger agrees with the bill, item by item, and 10,000 of both
// cost at most a quarter more than the mentions and the replies alone.
func TestWhatAMonthOnXCosts(t *testing.T) {
	if !soak {
		t.Skip("plays hours of a day, which takes minutes: make soak")
	}
	t.Parallel()
	const mentions, spread = 2000, 6 * time.Hour // X allows 100 posts in 15 minutes
	begin := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	p := play(t, begin, "@every 20s", twitter.Options{})
	p.every("@every 1m", p.approves)
	p.customers(mentions, 0, begin.Add(time.Minute), spread, nil)
	p.until(begin.Add(spread + 30*time.Minute))

	if sent := p.audit(p.public()); sent != mentions {
		t.Errorf("%d replies are sent, want %d", sent, mentions)
	}
	items, _ := p.bill()
	text, total := monthly(items, 10_000/float64(mentions), []string{"user_read"})
	t.Logf("%d mentions and replies:%s", mentions, text)
	t.Logf("requests: %v", p.x.Requests())
	if most := 1.25 * 10_000 * (0.001 + 0.010); total > most {
		t.Errorf("10,000 mentions and replies cost $%.2f, want at most $%.2f", total, most)
	}
	if refusals := p.x.Refusals(); len(refusals) > 0 {
		t.Errorf("X refused %v", refusals)
	}
}

// TestWhatWasReadIsNotPaidForAgain: cases stay open for days, new ones come every
// day, and customers answer without the handle hours and days later. Each of
// these answers is found and paid for once, and of our own posts only those are
// read twice that stood there shortly before midnight.
func TestWhatWasReadIsNotPaidForAgain(t *testing.T) {
	if !soak {
		t.Skip("plays hours of a day, which takes minutes: make soak")
	}
	t.Parallel()
	const days, each, polls = 4, 100, "@every 1m"
	begin := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	p := play(t, begin, polls, twitter.Options{})
	p.pace("threads:shop_help", polls)
	p.every("@every 10m", p.approves)
	follow := 0
	later := func(post string, n int) {
		after := time.Hour
		switch n % 6 {
		case 0:
			after = 30 * time.Hour
		case 1:
		default:
			return
		}
		at := p.now().Add(after)
		if at.After(begin.Add(time.Duration(days)*24*time.Hour - 2*time.Hour)) {
			return // no look would come in time
		}
		follow++
		p.once(at, func() {
			under := p.x.Published("shop_help", post)
			_, err := p.x.Post(fmt.Sprintf("customer%d", n), "thank you, and when does it come", twitter.PostOptions{InReplyTo: under[0].ID, Untagged: true})
			must(t, err)
		})
	}
	for d := range days {
		p.customers(each, d*each, begin.Add(time.Duration(d)*24*time.Hour+time.Minute), 22*time.Hour, later)
	}
	p.until(begin.Add(time.Duration(days) * 24 * time.Hour))

	items, _ := p.bill()
	text, _ := monthly(items, 1, nil)
	t.Logf("%d mentions a day on %d days, %d follow-ups:%s", each, days, follow, text)
	if found := p.number("select count(*) from mentions") - int64(days*each); found != int64(follow) {
		t.Errorf("%d follow-ups are stored, want %d", found, follow)
	}
	if n := items["post_read"].Objects; n > follow {
		t.Errorf("%d follow-ups were paid for %d times", follow, n)
	}
	if own, created := items["own_read"].Objects, items["create"].Objects; own > created*5/4 {
		t.Errorf("of %d replies %d were read", created, own)
	}
}
