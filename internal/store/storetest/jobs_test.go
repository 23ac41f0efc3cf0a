package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"socialwatch"
)

func TestLeaseFences(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, ttl := t.Context(), time.Minute
		first, err := fx.Acquire(ctx, "poll help", "a", ttl, Start)
		if err != nil {
			t.Fatal(err)
		}
		for _, holder := range []string{"b", "a"} {
			if _, err := fx.Acquire(ctx, "poll help", holder, ttl, Start.Add(59*time.Second)); !errors.Is(err, socialwatch.ErrLeaseHeld) {
				t.Errorf("%s got the held lease: %v", holder, err)
			}
		}
		if _, err := fx.Acquire(ctx, "poll other", "b", ttl, Start); err != nil {
			t.Errorf("another lease: %v", err)
		}
		if err := fx.Renew(ctx, "poll help", "a", first, ttl, Start.Add(30*time.Second)); err != nil {
			t.Errorf("renew: %v", err)
		}
		if _, err := fx.Acquire(ctx, "poll help", "b", ttl, Start.Add(time.Minute)); !errors.Is(err, socialwatch.ErrLeaseHeld) {
			t.Errorf("got the renewed lease: %v", err)
		}
		second, err := fx.Acquire(ctx, "poll help", "b", ttl, Start.Add(90*time.Second))
		if err != nil || second <= first {
			t.Fatalf("ended lease: fence %d after %d, %v", second, first, err)
		}
		if err := fx.Renew(ctx, "poll help", "a", first, ttl, Start.Add(91*time.Second)); !errors.Is(err, socialwatch.ErrLeaseHeld) {
			t.Errorf("the former holder renewed: %v", err)
		}
		if err := fx.Release(ctx, "poll help", "a", first); err != nil {
			t.Errorf("releasing a lost lease: %v", err)
		}
		if err := fx.Renew(ctx, "poll help", "b", second, ttl, Start.Add(92*time.Second)); err != nil {
			t.Errorf("the former holder released it: %v", err)
		}
		if err := fx.Release(ctx, "poll help", "b", second); err != nil {
			t.Fatal(err)
		}
		third, err := fx.Acquire(ctx, "poll help", "c", ttl, Start.Add(93*time.Second))
		if err != nil || third <= second {
			t.Errorf("released lease: fence %d after %d, %v", third, second, err)
		}
	})
}

func TestLeaseOfAClockThatWentBackIsFree(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, ttl := t.Context(), time.Minute
		ahead, err := fx.Acquire(ctx, "poll help", "dead", ttl, Start.Add(3*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		fence, err := fx.Acquire(ctx, "poll help", "b", ttl, Start)
		if err != nil || fence <= ahead {
			t.Fatalf("fence %d after %d, %v", fence, ahead, err)
		}
		if err := fx.Renew(ctx, "poll help", "dead", ahead, ttl, Start.Add(3*time.Hour)); !errors.Is(err, socialwatch.ErrLeaseHeld) {
			t.Errorf("the former holder renewed: %v", err)
		}
		if _, err := fx.Acquire(ctx, "poll help", "c", ttl, Start.Add(-ttl)); !errors.Is(err, socialwatch.ErrLeaseHeld) {
			t.Errorf("a clock one ttl behind takes a lease in force: %v", err)
		}
	})
}

func TestLeaseGoesToOne(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		other := On(t, fx.Options)
		var wg sync.WaitGroup
		won := make(chan int64, 16)
		for i := range 16 {
			f := []Fixture{fx, other}[i%2]
			wg.Go(func() {
				fence, err := f.Acquire(t.Context(), "x", fmt.Sprint(i), time.Minute, Start)
				if err == nil {
					won <- fence
				} else if !errors.Is(err, socialwatch.ErrLeaseHeld) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(won) != 1 {
			t.Errorf("%d took the lease", len(won))
		}
	})
}

func TestTickOnceAmongTwoProcesses(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		other := On(t, fx.Options)
		minute := func(n int) time.Time { return Start.Add(time.Duration(n) * time.Minute) }
		for n := range 10 {
			var wg sync.WaitGroup
			won := make(chan bool, 8)
			for i := range 8 {
				f := []Fixture{fx, other}[i%2]
				wg.Go(func() {
					ok, err := f.Tick(t.Context(), "poll", "@every 1m", minute(n), minute(n+1))
					if err != nil {
						t.Error(err)
					}
					won <- ok
				})
			}
			wg.Wait()
			close(won)
			winners := 0
			for ok := range won {
				if ok {
					winners++
				}
			}
			want := 1
			if n == 0 {
				want = 0 // a new schedule waits for its first tick
			}
			if winners != want {
				t.Errorf("tick %d: %d winners", n, winners)
			}
			if at, err := fx.NextTick(t.Context(), "poll"); err != nil || !at.Equal(minute(n+1)) {
				t.Errorf("next tick %s, %v", at, err)
			}
		}
	})
}

func TestTicksMissedCollapseAndSpecsRestart(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		steps := []struct {
			spec      string
			now, next int // minutes
			won       bool
			due       int
		}{
			{"@every 5m", 0, 5, false, 5},
			{"@every 5m", 4, 9, false, 5},
			{"@every 5m", 63, 65, true, 65}, // twelve missed
			{"@every 5m", 64, 65, false, 65},
			{"@every 1m", 64, 90, false, 90}, // changed: afresh
			{"@every 1m", 90, 91, true, 91},
			{"@every 1m", 89, 90, false, 91}, // another host's clock
			{"@every 1m", 30, 31, true, 31},  // the clock went back
			{"@every 1m", 30, 31, false, 31},
		}
		for i, s := range steps {
			at := func(m int) time.Time { return Start.Add(time.Duration(m) * time.Minute) }
			won, err := fx.Tick(t.Context(), "poll", s.spec, at(s.now), at(s.next))
			if err != nil || won != s.won {
				t.Errorf("step %d: won %v, %v", i, won, err)
			}
			if due, _ := fx.NextTick(t.Context(), "poll"); !due.Equal(at(s.due)) {
				t.Errorf("step %d: due %s, want %s", i, due, at(s.due))
			}
		}
		for _, next := range []time.Time{{}, Start} {
			if _, err := fx.Tick(t.Context(), "poll", "0 0 30 2 *", Start, next); err == nil {
				t.Errorf("a schedule that never comes was taken: %s", next)
			}
		}
		if _, err := fx.NextTick(t.Context(), "none"); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("unknown schedule: %v", err)
		}
	})
}

// TestATickGivenBackIsDue: unless another one was taken meanwhile.
func TestATickGivenBackIsDue(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		hour := func(n int) time.Time { return Start.Add(time.Duration(n) * time.Hour) }
		tick := func(now, next int, want bool) {
			t.Helper()
			if won, err := fx.Tick(t.Context(), "retain", "@daily", hour(now), hour(next)); err != nil || won != want {
				t.Errorf("at %d: won %v, %v", now, won, err)
			}
		}
		back := func(now, next int) {
			t.Helper()
			if err := fx.Untick(t.Context(), "retain", hour(now), hour(next)); err != nil {
				t.Error(err)
			}
		}
		tick(0, 24, false)
		tick(24, 48, true)
		tick(25, 48, false)
		back(24, 48)
		tick(25, 48, true)
		tick(49, 72, true)
		back(25, 48) // a process that comes to itself late
		tick(50, 72, false)
	})
}

func TestThreadsAreDueInTurn(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 3)
		c := fx.Changes(t)
		follow := Mention("post-0001-b", s[0].Mention.Author.ID)
		follow.RootID, follow.Kind = s[0].Mention.ID, socialwatch.KindFollowUp
		other := Mention("post-0001-c", s[0].Mention.Author.ID)
		for _, m := range []socialwatch.Mention{follow, other} {
			c.Entries = append(c.Entries, socialwatch.Entry{Mention: m, Assessment: Assessment(m), CaseID: s[0].Case.ID})
		}
		s[1].Case.LookAt, s[2].Case.LookAt = time.Time{}, s[2].Case.LookAt.Add(-time.Second)
		c.Cases = []socialwatch.Case{s[1].Case, s[2].Case}
		fx.MustSave(t, c)

		now := Start.Add(time.Minute)
		if early, err := fx.DueThreads(t.Context(), Account, Start, 10); err != nil || len(early) != 0 {
			t.Errorf("due early: %v, %v", early, err)
		}
		due, err := fx.DueThreads(t.Context(), Account, now, 10)
		if err != nil || len(due) != 2 || due[0].CaseID != s[2].Case.ID || due[1].CaseID != s[0].Case.ID {
			t.Fatalf("due %+v, %v", due, err)
		}
		if w := due[1]; fmt.Sprint(w.Roots, w.PostIDs, w.Looks) !=
			"[post-0001 post-0001-c] [post-0001 post-0001-b post-0001-c] 0" {
			t.Errorf("watch %+v", w)
		}
		// A Save reschedules one of them before the look is noted.
		c = fx.Changes(t)
		s[2].Case.Version, s[2].Case.Looks, s[2].Case.LookAt = 2, 5, now
		c.Cases = []socialwatch.Case{s[2].Case}
		fx.MustSave(t, c)
		for i := range due {
			if w := due[i]; !w.Looked.IsZero() || w.New.IsZero() {
				t.Errorf("never looked at: %+v", w)
			}
			due[i].Looked, due[i].Looks, due[i].LookAt = now, 1, now.Add(5*time.Minute)
		}
		if err := fx.Looked(t.Context(), due); err != nil {
			t.Fatal(err)
		}
		again, err := fx.DueThreads(t.Context(), Account, now, 10)
		if err != nil || len(again) != 1 || again[0].CaseID != s[2].Case.ID || again[0].Looks != 5 ||
			!again[0].Looked.Equal(now) || !again[0].New.IsZero() {
			t.Errorf("due again %+v, %v", again, err)
		}
	})
}

func TestLookupsVisitEachPostOnce(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		fx.Seed(t, "post", 7)
		c := fx.Changes(t)
		c.Gone = []string{"post-0003"}
		fx.MustSave(t, c)
		for night := 1; night <= 2; night++ {
			at := Start.Add(time.Duration(night) * 24 * time.Hour)
			visited := map[string]int{}
			for range 10 {
				ids, err := fx.DueLookups(t.Context(), Account, at, 4)
				if err != nil {
					t.Fatal(err)
				}
				if len(ids) == 0 {
					break
				}
				for _, id := range ids {
					visited[id]++
				}
			}
			if len(visited) != 6 || visited["post-0001"] != 1 || visited["post-0003"] != 0 {
				t.Errorf("night %d visited %v", night, visited)
			}
		}
	})
}

func TestPollsAreRecorded(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		bad := socialwatch.PollResult{Account: Account, At: Start, Err: "rate limited", Reason: socialwatch.RateLimited,
			NextAt: Start.Add(time.Hour)}
		for range 2 {
			if err := fx.RecordPoll(ctx, bad); err != nil {
				t.Fatal(err)
			}
		}
		if n := count(t, fx, "select failures from accounts where error_reason = 'rate_limited' and good_at is null"); n != 2 {
			t.Errorf("%d failures", n)
		}
		if a, _ := fx.Account(ctx, Account); !a.NextAt.Equal(bad.NextAt) {
			t.Errorf("next at %s", a.NextAt)
		}
		if err := fx.RecordPoll(ctx, socialwatch.PollResult{Account: Account, At: Start}); err != nil {
			t.Fatal(err)
		}
		if n := count(t, fx, "select failures from accounts where error = '' and next_at is null and good_at is not null"); n != 0 {
			t.Errorf("%d failures after a good poll", n)
		}
		if err := fx.RecordPoll(ctx, socialwatch.PollResult{Account: "nobody", At: Start}); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("unknown account: %v", err)
		}
		for i, up := range []bool{true, true, false} {
			if err := fx.SetStream(ctx, Account, up, Start.Add(time.Duration(i)*time.Minute)); err != nil {
				t.Fatal(err)
			}
			if i == 1 && count(t, fx, "select count(*) from accounts where stream_up") != 1 {
				t.Error("stream is not up")
			}
		}
		fx.Seed(t, "post", 1)
		if n := count(t, fx, "select lag_ms from accounts where mention_at is not null and not stream_up"); n != 60_000 {
			t.Errorf("lag %d ms, want 60000", n)
		}
	})
}
