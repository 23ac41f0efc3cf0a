package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"socialwatch/internal/config"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// The stream that the latency is measured over: each mention is a case of its
// own and gets a draft, which is the worst case.
const (
	latencyEvery = 20 * time.Millisecond // 50 mentions a second
	latencyRound = 400                   // mentions, 8 s
	latencyText  = "@shop_help my order 100-%07d still hasn't shipped and it's day 12. Where is it?"
)

// BenchmarkMentionToQueue measures the time from a customer's post on the
// simulated network to its draft in what store.Queue gives, with all of serve
// running: stream, connector, intake, jobs, publisher, console. Each iteration
// is one round on each database, one after the other; the figures are medians
// of the rounds. Two figures tell what the machine added in the same time:
// late-p99-ms, how late the posting goroutine itself woke, and disk-p99-ms,
// how long the disk took to make 4 kB durable. Run it with -benchtime=5x or
// more.
func BenchmarkMentionToQueue(b *testing.B) {
	lines := map[store.Kind]*latencyLine{}
	kinds := dbtest.Kinds(b)
	for _, kind := range kinds {
		lines[kind] = newLatencyLine(b, dbtest.New(b, kind))
	}
	p50, p99, worst := map[store.Kind][]float64{}, map[store.Kind][]float64{}, map[store.Kind]float64{}
	var late, disk []float64
	for b.Loop() {
		for _, kind := range kinds {
			probed := probe(b)
			took, woke := lines[kind].round(b)
			disk = append(disk, quantile(probed(), 0.99))
			p50[kind] = append(p50[kind], quantile(took, 0.50))
			p99[kind] = append(p99[kind], quantile(took, 0.99))
			worst[kind] = max(worst[kind], quantile(took, 1))
			late = append(late, quantile(woke, 0.99))
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(quantile(late, 0.5), "late-p99-ms")
	b.ReportMetric(quantile(disk, 0.5), "disk-p99-ms")
	for _, kind := range kinds {
		b.ReportMetric(quantile(p50[kind], 0.5), string(kind)+"-p50-ms")
		b.ReportMetric(quantile(p99[kind], 0.5), string(kind)+"-p99-ms")
		b.ReportMetric(worst[kind], string(kind)+"-worst-ms")
	}
}

// quantile sorts v and returns its q-quantile, the nearest rank from above.
func quantile(v []float64, q float64) float64 {
	slices.Sort(v)
	return v[min(int(q*float64(len(v))), len(v)-1)]
}

// probe makes 4 kB durable ten times a second until the function that it
// returns is called, which tells how many milliseconds each time took.
func probe(b *testing.B) func() []float64 {
	f, err := os.Create(filepath.Join(b.TempDir(), "probe"))
	if err != nil {
		b.Fatal(err)
	}
	end := make(chan struct{})
	var took []float64
	var wg sync.WaitGroup
	wg.Go(func() {
		defer f.Close()
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			begun := time.Now()
			if _, err := f.Write(make([]byte, 4096)); err != nil {
				b.Errorf("probe the disk: %v", err)
			}
			if err := f.Sync(); err != nil {
				b.Errorf("probe the disk: %v", err)
			}
			took = append(took, time.Since(begun).Seconds()*1000)
			select {
			case <-tick.C:
			case <-end:
				return
			}
		}
	})
	return func() []float64 { close(end); wg.Wait(); return took }
}

// latencyLine is one running program with its network and its watcher.
type latencyLine struct {
	sim    *simulator.Mastodon
	app    *app
	bell   <-chan struct{}
	posted int    // customers so far
	after  string // the queue was read up to here
}

func newLatencyLine(b *testing.B, o store.Options) *latencyLine {
	l := &latencyLine{sim: simulator.NewMastodon(simulator.Options{})}
	b.Cleanup(l.sim.Close)
	ctx, cancel := context.WithCancel(context.Background())
	fatal := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	fatal(l.sim.Start())
	_, err := l.sim.AddAccount("shop_help")
	fatal(err)
	token, err := l.sim.Token("shop_help")
	fatal(err)
	tokenFile := filepath.Join(b.TempDir(), "token")
	fatal(os.WriteFile(tokenFile, []byte(token), 0o600))
	env := "SOCIALWATCH_BENCH_" + o.Schema // the address may hold a password
	b.Setenv(env, o.URL)
	cfg, err := config.Parse("bench", fmt.Appendf(nil, `
database: {url_env: %s, schema: %q}
accounts:
  - {name: shop_help, network: mastodon, base_url: %q, token_file: %q, languages: [en]}
`, env, o.Schema, l.sim.URL(), tokenFile))
	fatal(err)
	l.app, err = wire(ctx, cfg, tuning{log: quietLog()})
	fatal(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	fatal(err)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := l.app.serve(ctx, listener, true); err != nil {
			b.Errorf("serve: %v", err)
		}
	})
	b.Cleanup(func() {
		cancel()
		wg.Wait()
		fatal(l.app.close())
	})
	l.bell, err = l.app.store.Bell(ctx)
	fatal(err)
	fatal(l.sim.Await(b.Context(), func() bool { return l.sim.Streams("shop_help") > 0 }))
	return l
}

// round posts one round of mentions and waits until the last has its draft in
// the queue. It returns, in milliseconds, how long each took, and how late
// each post was made.
func (l *latencyLine) round(b *testing.B) (took, woke []float64) {
	ctx, cancel := context.WithTimeout(b.Context(), 2*time.Minute)
	defer cancel()
	var mu sync.Mutex
	posted := map[string]time.Time{} // by post id
	var wg sync.WaitGroup
	wg.Go(func() {
		begun := time.Now()
		for i := range latencyRound {
			due := begun.Add(time.Duration(i) * latencyEvery)
			select {
			case <-time.After(time.Until(due)):
			case <-ctx.Done():
				return
			}
			l.posted++
			mu.Lock() // until the post's id is known, nobody asks for it
			now := time.Now()
			id, err := l.sim.Post(fmt.Sprintf("customer%d", l.posted), fmt.Sprintf(latencyText, l.posted), simulator.PostOptions{})
			posted[id] = now
			mu.Unlock()
			woke = append(woke, now.Sub(due).Seconds()*1000)
			if err != nil {
				b.Errorf("post: %v", err)
				return
			}
		}
	})
	for len(took) < latencyRound {
		select {
		case <-l.bell:
		case <-ctx.Done():
			wg.Wait()
			b.Fatalf("%d of %d drafts seen: %v", len(took), latencyRound, ctx.Err())
		}
		seen := l.look(b, ctx)
		now := time.Now()
		mu.Lock()
		for _, id := range seen {
			if at, ok := posted[id]; ok {
				took = append(took, now.Sub(at).Seconds()*1000)
				delete(posted, id)
			}
		}
		mu.Unlock()
	}
	wg.Wait()
	return took, woke
}

// look returns the parents of the drafts in the queue beyond the pages that
// were full before. All drafts have the same target, so that new ones come
// last.
func (l *latencyLine) look(b *testing.B, ctx context.Context) []string {
	var seen []string
	for {
		rows, next, err := l.app.store.Queue(ctx, store.QueueFilter{After: l.after, Limit: 20})
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range rows {
			seen = append(seen, r.Reply.Payload.ParentID)
		}
		if next == "" {
			return seen
		}
		l.after = next
	}
}
