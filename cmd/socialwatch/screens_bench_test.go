//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/auth"
	"socialwatch/internal/config"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// The burst of BenchmarkMentionToScreens. A matter opens a case of its own, gets
// a draft and goes to the top of the queue; the other mentions are noise.
const (
	screenNoise = "I just saved 20%% with a discount code via @shop_help, number %d"
	screenRate  = 1000 // mentions a second
	screenPages = 20   // open consoles
	screenTrip  = 25 * time.Millisecond
	screenWarm  = 5 * time.Second  // played before, and not measured
	screenTime  = 60 * time.Second // SOCIALWATCH_BENCH_SECONDS overrides it
)

// BenchmarkMentionToScreens measures the time from a mention's creation until
// every one of twenty consoles has been told of its draft, over real HTTP, and
// the processor time that all of it takes: this process, with the consoles'
// readers, and the database server. Everything from intake on is that of serve;
// the network is a source in this process whose answers take screenTrip. Of the
// mentions one in five is a matter, and then each, which is the worst case.
func BenchmarkMentionToScreens(b *testing.B) {
	whole := benchTime(screenTime)
	for _, kind := range dbtest.Kinds(b) {
		for name, every := range map[string]int{"fifth": 5, "each": 1} {
			b.Run(string(kind)+"/"+name, func(b *testing.B) { mentionToScreens(b, kind, every, whole) })
		}
	}
}

// benchTime is how long a burst is played.
func benchTime(usual time.Duration) time.Duration {
	if s, err := strconv.Atoi(os.Getenv("SOCIALWATCH_BENCH_SECONDS")); err == nil && s > 0 {
		return time.Duration(s) * time.Second
	}
	return usual
}

func mentionToScreens(b *testing.B, kind store.Kind, every int, whole time.Duration) {
	for b.Loop() {
		o := dbtest.New(b, kind)
		l := newScreens(b, o, wave{every: every, rate: screenRate, pages: screenPages})
		// A database that has been in use: its planner knows the tables.
		l.play(b, screenWarm)
		if kind == store.Postgres { // SQLite is used without
			statistics(b, o)
		}
		server := serverOf(b, o)
		began, cpu, theirs, told := time.Now(), ownTime(b), serverTime(server), l.updates()
		l.play(b, whole)
		took := time.Since(began).Seconds()
		own, db := (ownTime(b)-cpu).Seconds()/took, (serverTime(server)-theirs).Seconds()/took
		late, lost := l.late(b, o, l.created)
		l.end()
		if lost > 0 {
			b.Logf("%d of %d were pushed off a list before it was told", lost, len(late))
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(quantile(late, 0.5), "p50-ms")
		b.ReportMetric(quantile(late, 0.99), "p99-ms")
		b.ReportMetric(own, "own-cores")
		b.ReportMetric(db, "database-cores")
		b.ReportMetric(own+db, "cores")
		b.ReportMetric(float64(l.updates()-told)/float64(screenPages)/took, "updates/s")
	}
}

// screens is the program with its open consoles.
type screens struct {
	app    *app
	tap    *tap
	stored []time.Time // when each mention was
	pages  []*screen
	end    func()
}

// tap is a network on which one mention a millisecond is created.
type tap struct {
	host  string
	begun time.Time
	first int // mentions before begun
	whole int // mentions in all
	every int // so many mentions are one matter
	base  time.Time
	rate  int // mentions a second
}

// wave is what is played to open consoles.
type wave struct{ every, rate, pages int }

// Fetch returns what was created behind the cursor, at most 200.
func (p *tap) Fetch(ctx context.Context, cur []byte) (b connectors.Batch, err error) {
	from, _ := strconv.Atoi(string(cur))
	select {
	case <-ctx.Done():
		return b, ctx.Err()
	case <-time.After(screenTrip):
	}
	to := min(p.first+int(time.Since(p.begun)/(time.Second/time.Duration(p.rate))), p.whole)
	if p.begun.IsZero() {
		to = 0
	}
	if b.More = to > from+200; b.More {
		to = from + 200
	}
	for i := from; i < to; i++ {
		id := strconv.Itoa(i)
		text := screenNoise
		if i%p.every == 0 {
			text = latencyText
		}
		// The newest is the oldest by its date, and so the most urgent.
		at := p.base.Add(-time.Duration(i) * time.Millisecond)
		b.Mentions = append(b.Mentions, socialwatch.Mention{Account: "shop_help", Kind: socialwatch.KindMention, Post: socialwatch.Post{
			Network: socialwatch.Mastodon, Host: p.host, ID: id, RootID: id, Text: fmt.Sprintf(text, i), Language: "en",
			Author: socialwatch.Author{ID: "a" + id, Handle: "customer" + id + "@" + p.host}, Visibility: socialwatch.Public, CreatedAt: at,
			URL: "https://" + p.host + "/" + id}})
	}
	b.Cursor = []byte(strconv.Itoa(max(from, to)))
	return b, nil
}

func newScreens(b *testing.B, o store.Options, of wave) *screens {
	fatal := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	token, env := filepath.Join(b.TempDir(), "token"), "SOCIALWATCH_BENCH_"+o.Schema
	fatal(os.WriteFile(token, []byte("none"), 0o600))
	b.Setenv(env, o.URL)
	cfg, err := config.Parse("bench", fmt.Appendf(nil, `
database: {url_env: %s, schema: %q}
accounts:
  - {name: shop_help, network: mastodon, base_url: "https://social.example", token_file: %q, languages: [en]}
`, env, o.Schema, token))
	fatal(err)
	l := &screens{}
	l.app, err = wire(ctx, cfg, tuning{log: quietLog()})
	fatal(err)
	c := l.app.connectors["shop_help"]
	l.tap = &tap{host: c.Host, base: time.Now(), every: of.every, rate: of.rate}
	// Nothing that would ask the network again.
	*c = connectors.Connector{Account: c.Account, Network: c.Network, Host: c.Host, Source: l.tap, Composer: c.Composer}
	_, err = l.app.intake.Poll(ctx, c)
	fatal(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	fatal(err)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := l.app.serve(ctx, listener, false); err != nil {
			b.Errorf("serve: %v", err)
		}
	})
	l.end = func() { cancel(); wg.Wait(); fatal(l.app.close()) }
	for i := range of.pages {
		login := fmt.Sprint("ana", i/screenPages) // nobody may have more pages open
		if i%screenPages == 0 {
			_, err = l.app.store.AddPerson(ctx, socialwatch.Person{Login: login, Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: socialwatch.RoleApprover}}, "", time.Now())
			fatal(err)
		}
		cookie, err := l.app.logins.Redeem(ctx, l.app.logins.Invite(login, time.Hour), auth.From{Address: "127.0.0.1"})
		fatal(err)
		p, err := openScreen(ctx, "http://"+listener.Addr().String()+"/events?rows=1,2,3", cookie)
		fatal(err)
		wg.Go(p.read)
		l.pages = append(l.pages, p)
	}
	return l
}

// play lets the mentions be created and takes them in, until all consoles have
// been told of the last.
func (l *screens) play(b *testing.B, whole time.Duration) {
	l.tap.first = l.tap.whole
	l.tap.whole += int(whole.Seconds() * float64(l.tap.rate))
	l.tap.begun = time.Now()
	ctx, cancel := context.WithTimeout(b.Context(), 3*whole)
	defer cancel()
	c := l.app.connectors["shop_help"]
	for stored := l.tap.first; stored < l.tap.whole; {
		r, err := l.app.intake.Poll(ctx, c)
		if err != nil {
			b.Fatal(err)
		}
		stored += r.Stored
		for now := time.Now(); len(l.stored) < stored; {
			l.stored = append(l.stored, now)
		}
	}
	select { // the last of them is told
	case <-time.After(time.Second):
	case <-ctx.Done():
	}
}

func statistics(b *testing.B, o store.Options) {
	db := dbtest.Raw(b, o)
	defer db.Close()
	if _, err := db.Exec("analyze"); err != nil {
		b.Fatal(err)
	}
}

// created is when a mention was.
func (l *screens) created(i int) time.Time {
	return l.tap.begun.Add(time.Duration(i-l.tap.first+1) * time.Second / time.Duration(l.tap.rate))
}

// late returns how many milliseconds after since each console was told of each
// mention. One that it was never told of, because others pushed it off
// the list before, counts as told when all was over, and as lost.
func (l *screens) late(b *testing.B, o store.Options, since func(i int) time.Time) (all []float64, lost int) {
	db := dbtest.Raw(b, o)
	defer db.Close()
	rows, err := db.Query("select r.id, m.post_id from replies r join mentions m on m.id = r.mention_id")
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	over, n := time.Now(), 0
	for rows.Next() {
		var id int64
		var post string
		if err := rows.Scan(&id, &post); err != nil {
			b.Fatal(err)
		}
		i, _ := strconv.Atoi(post)
		if i < l.tap.first {
			continue
		}
		n++
		then := since(i)
		for _, p := range l.pages {
			at, ok := p.at(id)
			if !ok {
				at = over
				lost++
			}
			all = append(all, max(0, at.Sub(then).Seconds()*1000))
		}
	}
	if err := rows.Err(); err != nil || n != (l.tap.whole-l.tap.first)/l.tap.every {
		b.Fatalf("%d drafts of %d mentions, %v", n, l.tap.whole, err)
	}
	return all, lost
}

func (l *screens) updates() (n int) {
	for _, p := range l.pages {
		p.mu.Lock()
		n += p.updates
		p.mu.Unlock()
	}
	return n
}

// screen is an open console: it reads the stream as the page's module does.
type screen struct {
	resp *http.Response

	mu      sync.Mutex
	seen    map[int64]time.Time // when it was first told of a reply
	updates int
}

func openScreen(ctx context.Context, url string, cookie *http.Cookie) (*screen, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	r.AddCookie(cookie)
	resp, err := (&http.Client{Transport: &http.Transport{}}).Do(r)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", resp.StatusCode)
	}
	return &screen{resp: resp, seen: map[int64]time.Time{}}, err
}

func (p *screen) read() {
	defer p.resp.Body.Close()
	in := bufio.NewScanner(p.resp.Body)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		text, ok := bytes.CutPrefix(in.Bytes(), []byte("data: "))
		if !ok {
			continue
		}
		var told struct {
			List struct{ IDs []int64 }
		}
		if json.Unmarshal(text, &told) != nil {
			return
		}
		now := time.Now()
		p.mu.Lock()
		p.updates++
		for _, id := range told.List.IDs {
			if _, ok := p.seen[id]; !ok {
				p.seen[id] = now
			}
		}
		p.mu.Unlock()
	}
}

func (p *screen) at(id int64) (time.Time, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ok := p.seen[id]
	return at, ok
}

func ownTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// serverOf is the process id of the database's server, "" for none.
func serverOf(b *testing.B, o store.Options) string {
	db := dbtest.Raw(b, o)
	defer db.Close()
	var pid string
	if err := db.QueryRow("select pg_backend_pid()").Scan(&pid); err != nil {
		return ""
	}
	return statOf(pid)[1]
}

// statOf are the fields of /proc/PID/stat behind the name.
func statOf(pid string) []string {
	text, _ := os.ReadFile("/proc/" + pid + "/stat")
	_, after, _ := strings.Cut(string(text), ") ")
	return append(strings.Fields(after), make([]string, 20)...)
}

// serverTime is the processor time of the server's processes, living and ended.
func serverTime(server string) (sum time.Duration) {
	if server == "" {
		return 0
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 on Linux
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		pid := filepath.Base(filepath.Dir(name))
		f, fields := statOf(pid), []int{11, 12} // user and system
		if pid == server {
			fields = []int{11, 12, 13, 14} // and those of children that have ended
		} else if f[1] != server {
			continue
		}
		for _, i := range fields {
			n, _ := strconv.ParseInt(f[i], 10, 64)
			sum += time.Duration(n) * tick
		}
	}
	return sum
}
