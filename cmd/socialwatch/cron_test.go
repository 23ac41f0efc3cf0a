package main

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// TestDayByCrontabLoop plays a day on which nothing but the system's cron
// reads the network: `poll --once` again and again, now and then two at a time
// as when one takes longer than cron waits, beside `serve --no-poll`.
func TestDayByCrontabLoop(t *testing.T) {
	speed := 4_000.0 // fifteen hours in 13.5 s
	if soak {
		speed = 500
	}
	kinds := dbtest.Kinds(t)
	if raced && !soak {
		kinds = kinds[len(kinds)-1:] // SQLite takes a minute then
	}
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			dayByCrontab(t, kind, speed)
		})
	}
}

func dayByCrontab(t *testing.T, kind store.Kind, speed float64) {
	s := newShop(t, kind, simulator.Options{LateCommits: simulator.LateCommits{Share: 0.05, Max: 300 * time.Millisecond}})
	s.pace.Look = 4 * time.Second
	d := s.serve("--no-poll")
	person := s.approver()
	defer person()
	s.done("poll", "--once")
	cron := s.crontab()
	defer cron.stop()
	if _, err := simulator.Play(t.Context(), simulator.Stages{simulator.OnMastodon: s.sim}, simulator.Day(1), speed, nil); err != nil {
		t.Fatal(err)
	}
	var r report
	until(t, 3*time.Minute, "the day comes to rest", func() bool {
		if !s.settled() {
			return false
		}
		r = s.report()
		return r.Lost == 0
	})
	person()
	cron.stop()
	r = s.report()
	t.Logf("%d runs of poll --once, %d pairs among them: %+v", cron.runs, cron.pairs, r)
	if len(r.Broken) > 0 || r.Lost+r.Doubled+r.SentTwice+r.Unknown > 0 || r.Sent == 0 || r.Cases == 0 || r.Gaps > 0 {
		t.Errorf("the day's report: %+v", r)
	}
	for _, failed := range cron.failed {
		// The network is away for a while on this day, which it says.
		if !strings.Contains(failed, "account shop_help") {
			t.Errorf("poll --once: %s", failed)
		}
	}
	s.audit(s.public())
	d.end()
}

// report is the demo's, on this shop.
func (s *shop) report() report {
	s.Helper()
	st, err := store.Open(s.Context(), s.db)
	must(s.T, err)
	defer st.Close()
	r, err := (&demo{stands: []stand{onMastodon(s.sim)}, app: &app{store: st}}).report(s.Context())
	must(s.T, err)
	return r
}

// crontab runs `poll --once` until it is stopped, first and every third time
// two at once.
type crontab struct {
	stop        func()
	runs, pairs int
	failed      []string // what failed runs said
}

func (s *shop) crontab() *crontab {
	c := &crontab{}
	ctx, cancel := context.WithCancel(s.Context())
	var wg sync.WaitGroup
	c.stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	wg.Go(func() {
		for turn := 0; ctx.Err() == nil; turn++ {
			n := 1
			if turn%3 == 0 {
				n, c.pairs = 2, c.pairs+1
			}
			said := make(chan string, n)
			for range n {
				go func() { said <- s.cronRun() }()
			}
			for range n {
				c.runs++
				if text := <-said; text != "" {
					c.failed = append(c.failed, text)
				}
			}
		}
	})
	return c
}

// cronRun is one run, which ends by itself; it returns what went wrong.
func (s *shop) cronRun() string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := s.command(ctx, "poll", "--once", "--max-time", "20s")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil && said.Len() > 0:
		return "it succeeded and was not silent: " + said.String()
	case err == nil:
		return ""
	case !errors.As(err, &exit) || exit.ExitCode() != exitFailed:
		return err.Error() + ": " + said.String()
	}
	return said.String()
}
