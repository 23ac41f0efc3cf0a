package jobs

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"socialwatch"
)

func TestParseRefusesWhatWouldSpinOrCrash(t *testing.T) {
	for _, spec := range []string{"", "TZ=UTC", "CRON_TZ=Nowhere/None * * * * *", "0 0 30 2 *", "@every 0s",
		"@every -1m", "@every 10ms", "@reboot", "* * * * 7", "every minute"} {
		if s, err := Parse(spec); err == nil {
			t.Errorf("%q was taken: %v", spec, s)
		} else if !strings.Contains(err.Error(), "bad schedule") {
			t.Errorf("%q: %v", spec, err)
		}
	}
}

func TestParseMeansUTC(t *testing.T) {
	s, err := Parse("30 2 * * *")
	if err != nil {
		t.Fatal(err)
	}
	zone := time.FixedZone("far", -7*3600)
	next := s.Next(time.Date(2026, 11, 20, 0, 0, 0, 0, zone))
	if next.UTC().Hour() != 2 || next.UTC().Minute() != 30 {
		t.Fatalf("next = %v", next.UTC())
	}
}

func FuzzParse(f *testing.F) {
	f.Add("*/5 * * * *")
	f.Add("@every 20s")
	f.Add("TZ=UTC")
	f.Fuzz(func(t *testing.T, spec string) {
		if s, err := Parse(spec); err == nil && s.Next(time.Unix(0, 0)).IsZero() {
			t.Fatal("a schedule that never comes")
		}
	})
}

// rows is a table of leases and ticks in memory.
type rows struct {
	mu    sync.Mutex
	next  map[string]time.Time
	holds map[string]string
	until map[string]time.Time
	lost  bool
}

func (r *rows) Tick(_ context.Context, name, _ string, now, next time.Time) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if due, ok := r.next[name]; ok && now.Before(due) {
		return false, nil
	}
	r.next[name] = next
	return true, nil
}

func (r *rows) Untick(_ context.Context, name string, now, next time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next[name].Equal(next) {
		r.next[name] = now
	}
	return nil
}

func (r *rows) Acquire(_ context.Context, name, holder string, ttl time.Duration, now time.Time) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h := r.holds[name]; h != "" && h != holder && now.Before(r.until[name]) {
		return 0, socialwatch.ErrLeaseHeld
	}
	r.holds[name], r.until[name] = holder, now.Add(ttl)
	return 1, nil
}

func (r *rows) Renew(_ context.Context, name, holder string, _ int64, ttl time.Duration, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lost || r.holds[name] != holder {
		return socialwatch.ErrConflict
	}
	r.until[name] = now.Add(ttl)
	return nil
}

func (r *rows) Release(_ context.Context, name, _ string, _ int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.holds, name)
	return nil
}

func newRows() *rows {
	return &rows{next: map[string]time.Time{}, holds: map[string]string{}, until: map[string]time.Time{}}
}

func TestTwoRunnersShareTicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, ctx := newRows(), t.Context()
		ctx, cancel := context.WithTimeout(ctx, 10*time.Minute+time.Second)
		defer cancel()
		var mu sync.Mutex
		runs := 0
		job := Job{Name: "poll", Spec: "@every 1m", Run: func(context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			runs++
			if runs == 2 {
				panic("one bad run")
			}
			return errors.New("logged, not fatal")
		}}
		var wg sync.WaitGroup
		for range 2 {
			runner := &Runner{Ticks: r, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
			wg.Go(func() {
				if err := runner.Run(ctx, []Job{job}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if runs != 10 {
			t.Fatalf("%d runs in ten minutes, want 10", runs)
		}
	})
}

// TestADutyThatItsTimeCutsGoesOn: who runs now and then, for a while, gets through
// work that takes longer, once a day; what has failed waits for the next day.
func TestADutyThatItsTimeCutsGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runner := &Runner{Ticks: newRows(), Now: time.Now}
		left, runs, failed := 5, 0, false
		job := Job{Name: "retain", Spec: "@daily", Run: func(ctx context.Context) error {
			runs++
			for ; left > 0; left-- {
				select {
				case <-ctx.Done():
					if failed {
						return ctx.Err()
					}
					return nil
				case <-time.After(20 * time.Second):
				}
			}
			return nil
		}}
		pass := func(wantRuns, wantLeft int, wantErr error) {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
			defer cancel()
			for _, j := range runner.Due([]Job{job}) {
				if err := j.Do(ctx); !errors.Is(err, wantErr) {
					t.Errorf("run %d: %v, want %v", runs, err, wantErr)
				}
			}
			if runs != wantRuns || left != wantLeft {
				t.Errorf("%d runs, %d left, want %d and %d", runs, left, wantRuns, wantLeft)
			}
			time.Sleep(time.Minute)
		}
		pass(1, 3, nil)
		pass(2, 1, nil)
		pass(3, 0, nil)
		pass(3, 0, nil) // the tick is taken
		left, failed = 5, true
		pass(3, 5, nil)
		time.Sleep(24 * time.Hour)
		pass(4, 3, context.DeadlineExceeded)
		pass(4, 3, nil)
	})
}

func TestAJobRestsWhileItsBellRings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		bell := make(chan struct{}, 1)
		var runs []time.Duration
		begun := time.Now()
		job := Job{Name: "publish", Spec: "@every 1m", Local: true, Wake: bell, Rest: 100 * time.Millisecond,
			Run: func(context.Context) error { runs = append(runs, time.Since(begun)); return nil }}
		runner := &Runner{Ticks: newRows(), Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := runner.Run(ctx, []Job{job}); err != nil {
				t.Error(err)
			}
		})
		for range 250 { // for half a second
			select {
			case bell <- struct{}{}:
			default:
			}
			time.Sleep(2 * time.Millisecond)
		}
		wg.Wait()
		if len(runs) != 6 || runs[0] != 0 {
			t.Errorf("ran at %v: want at once, and what rang meanwhile once after each rest", runs)
		}
	})
}

func TestHoldEndsWorkWhenTheLeaseIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRows()
		lease := Lease{Name: "poll/a", Holder: "one", TTL: 30 * time.Second, Now: time.Now}
		err := Hold(t.Context(), r, lease, func(ctx context.Context) error {
			other := lease
			other.Holder = "two"
			if err := Hold(ctx, r, other, func(context.Context) error { return nil }); !errors.Is(err, socialwatch.ErrLeaseHeld) {
				t.Errorf("second holder: %v", err)
			}
			r.mu.Lock()
			r.lost = true
			r.mu.Unlock()
			<-ctx.Done()
			return nil
		})
		if !errors.Is(err, errLost) {
			t.Fatalf("err = %v", err)
		}
	})
}

func TestPanicGivesTheLeaseUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, runs := newRows(), 0
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		lease := Lease{Name: "poll/a", Holder: "one", TTL: 30 * time.Second, Now: time.Now}
		work := func(context.Context) error { runs++; panic("a bad post") }
		job := Job{Name: "poll", Spec: "@every 1m", Run: func(ctx context.Context) error { return Hold(ctx, r, lease, work) }}
		runner := &Runner{Ticks: r, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
		if err := runner.Run(ctx, []Job{job}); err != nil {
			t.Fatal(err)
		}
		other := lease
		other.Holder = "two"
		if err := Hold(t.Context(), r, other, func(context.Context) error { return nil }); err != nil {
			t.Errorf("after %d panics another process gets the lease: %v", runs, err)
		}
	})
}

func TestALastingFailureIsNoFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		begun := time.Now()
		job := Job{Name: "publish", Spec: "@every 1s", Local: true, Run: func(context.Context) error {
			if time.Since(begun) < 5*time.Minute {
				return errors.New("the database is away")
			}
			return nil
		}}
		runner := &Runner{Ticks: newRows(), Now: time.Now, Log: slog.New(slog.NewTextHandler(&out, nil))}
		if err := runner.Run(ctx, []Job{job}); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(out.String(), "job failed"); n < 4 || n > 6 {
			t.Errorf("%d lines in five minutes", n)
		}
		if strings.Count(out.String(), "job works again") != 1 {
			t.Error("nothing says that it works again")
		}
	})
}
