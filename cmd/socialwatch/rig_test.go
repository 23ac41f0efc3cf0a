package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	goflag "flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/internal/simulator"
	"socialwatch/internal/simulator/twitter"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// childEnv makes the test binary the real program: its arguments are
// socialwatch's. So the races of the program under test are found too, and
// kill -9 is one.
const childEnv = "SOCIALWATCH_TEST_CHILD"

// pace is the part of tuning that a child is told, and what limits it.
type pace struct {
	Sweep, Settle, Look, Lease, Call time.Duration
	FileLimit                        uint64 // bytes that a file may have; 0: no limit
}

// quick is the pace of tests against the stand-in.
var quick = pace{Sweep: time.Second, Settle: 300 * time.Millisecond, Look: time.Second,
	Lease: 2 * time.Second, Call: time.Second}

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		os.Exit(runChild(text))
	}
	// Most of these tests wait for a process of their own: more of them at once
	// than there are cores.
	if runtime.GOMAXPROCS(0) < 6 {
		_ = goflag.Set("test.parallel", "6")
	}
	goflag.Parse() // -parallel on the command line wins
	os.Exit(m.Run())
}

func runChild(text string) int {
	var p pace
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		panic(err)
	}
	if p.FileLimit > 0 {
		signal.Ignore(syscall.SIGXFSZ) // the write then fails, as on a full disk
		limit := syscall.Rlimit{Cur: p.FileLimit, Max: p.FileLimit}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			panic(err)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, os.Args[1:], tuning{sweep: p.Sweep, settle: p.Settle, look: p.Look, lease: p.Lease, call: p.Call})
}

// shop is one installation: a network, a database, a configuration, a lead.
type shop struct {
	*testing.T
	sim    *simulator.Mastodon // nil on X and against a real server
	x      *twitter.Server     // nil on Mastodon
	db     store.Options
	pace   pace
	dir    string
	config string
	url    string // of the console and API
	env    []string
	token  string // of anna, a lead, with the right to decide
	raw    *sql.DB
}

const (
	shopLogin    = "anna"
	shopPassword = "four random words here"
)

// account is what the configuration says of the one account.
type account struct{ url, token, every string }

// newShop makes a shop on a stand-in and a fresh database.
func newShop(t *testing.T, kind store.Kind, o simulator.Options) *shop {
	t.Helper()
	sim := simulator.NewMastodon(o)
	must(t, sim.Start())
	t.Cleanup(sim.Close)
	_, err := sim.AddAccount("shop_help")
	must(t, err)
	token, err := sim.Token("shop_help")
	must(t, err)
	s := openShop(t, dbtest.New(t, kind), account{url: sim.URL(), token: token, every: "@every 1s"})
	s.sim = sim
	return s
}

// openShop makes a shop on any network and database.
func openShop(t *testing.T, db store.Options, a account) *shop {
	t.Helper()
	dir := t.TempDir()
	s := &shop{T: t, db: db, pace: quick, dir: dir, config: filepath.Join(dir, "socialwatch.yaml")}
	listen := freeAddress(t)
	s.url = "http://" + listen
	must(t, os.WriteFile(filepath.Join(dir, "token"), []byte(a.token), 0o600))
	s.configure(listen, a)
	st := dbtest.Reopen(t, db)
	person, err := addPerson(t.Context(), st, socialwatch.Person{Login: shopLogin,
		Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: socialwatch.RoleLead}}, shopPassword)
	must(t, err)
	s.token, err = addToken(t.Context(), st, store.NewToken{Name: "test", PersonID: &person.ID, Scopes: api.Scopes}, 1)
	must(t, err)
	s.env = []string{"DATABASE=" + db.URL, "SOCIALWATCH_TOKEN=" + s.token}
	return s
}

func (s *shop) configure(listen string, a account) {
	s.Helper()
	must(s.T, os.WriteFile(s.config, fmt.Appendf(nil, `
database: {url_env: DATABASE, schema: %q}
listen: %s
replies: {hold: 0s}
polling: {every: %q, missed: 3}
accounts:
  - {name: shop_help, network: mastodon, base_url: %q, token_file: %q, languages: [en], links: [shop.example]}
`, s.db.Schema, listen, a.every, a.url, filepath.Join(s.dir, "token")), 0o600))
}

// freeAddress is where nobody listens, nor comes to listen by chance.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := simulator.Listen()
	must(t, err)
	defer l.Close()
	return l.Addr().String()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// until looks again and again until cond holds.
func until(t testing.TB, most time.Duration, what string, cond func() bool) {
	t.Helper()
	end := time.NewTimer(most)
	defer end.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-end.C:
			t.Fatalf("not within %s: %s", most, what)
		}
	}
}

// command is the real program in a process of its own.
func (s *shop) command(ctx context.Context, args ...string) *exec.Cmd {
	s.Helper()
	text, err := json.Marshal(s.pace)
	must(s.T, err)
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Dir = s.dir
	cmd.Env = append([]string{childEnv + "=" + string(text), "SOCIALWATCH_CONFIG=" + s.config, "USER=test",
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "GORACE=halt_on_error=1 atexit_sleep_ms=0"}, s.env...)
	return cmd
}

// answer is what a command came to.
type answer struct {
	code        int
	out, errors string
}

func (s *shop) do(args ...string) answer { return s.doWith("", args...) }

func (s *shop) doWith(input string, args ...string) answer {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	cmd := s.command(ctx, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.Fatal(err)
	}
	noRace(s.T, stderr.String())
	return answer{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// done runs a command that must succeed and returns its output.
func (s *shop) done(args ...string) string {
	s.Helper()
	a := s.do(args...)
	if a.code != exitDone {
		s.Fatalf("socialwatch %s: exit code %d: %s", strings.Join(args, " "), a.code, a.errors)
	}
	return a.out
}

func noRace(t testing.TB, stderr string) {
	t.Helper()
	if strings.Contains(stderr, "DATA RACE") || strings.Contains(stderr, "panic: ") {
		t.Errorf("the program crashed or raced:\n%s", stderr)
	}
}

// daemon is a running `socialwatch serve`.
type daemon struct {
	s   *shop
	cmd *exec.Cmd
	log *log
}

// log is a buffer that may be read while it is written.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serve starts `socialwatch serve` and waits until it answers.
func (s *shop) serve(args ...string) *daemon {
	s.Helper()
	d := &daemon{s: s, log: &log{}}
	// Not the test's context: its end would kill before the clean-up below.
	d.cmd = s.command(context.Background(), append([]string{"serve"}, args...)...)
	d.cmd.Stderr = d.log
	must(s.T, d.cmd.Start())
	s.Cleanup(func() {
		if d.cmd.ProcessState == nil {
			d.kill()
		}
		if s.Failed() {
			s.Logf("log of serve:\n%s", d.log)
		}
	})
	until(s.T, 2*time.Minute, "serve answers", func() bool { return s.get("/healthz").code == http.StatusOK })
	return d
}

// kill is kill -9.
func (d *daemon) kill() {
	d.s.Helper()
	must(d.s.T, d.cmd.Process.Kill())
	_ = d.cmd.Wait() // says that it was killed
	noRace(d.s.T, d.log.String())
}

// end asks it to end and checks that it does so cleanly.
func (d *daemon) end() {
	d.s.Helper()
	must(d.s.T, d.cmd.Process.Signal(syscall.SIGTERM))
	if err := d.cmd.Wait(); err != nil {
		d.s.Errorf("serve was told to end: %v", err)
	}
	noRace(d.s.T, d.log.String())
}

// page is an answer of the server; code 0 means that there was none.
type page struct {
	code int
	text string
}

func (s *shop) get(path string) page {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		return page{}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return page{}
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return page{}
	}
	return page{res.StatusCode, string(b)}
}

func (s *shop) client() *api.Client { return &api.Client{BaseURL: s.url, Token: s.token} }

// approver is a person who approves every draft until the returned function
// is called. While the program is down the person tries again.
func (s *shop) approver() (stop func()) {
	ctx, cancel := context.WithCancel(s.Context())
	var wg sync.WaitGroup
	c := s.client()
	wg.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				_, _ = approveAll(ctx, c) // down or too fast: again
			}
		}
	})
	return func() { cancel(); wg.Wait() }
}
