package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"socialwatch/internal/simulator/twitter"
	"socialwatch/internal/store"
)

// Routes of the stand-in of X whose requests are counted.
const (
	tokenRoute    = "POST /2/oauth2/token"
	mentionsRoute = "GET /2/users/{id}/mentions"
	streamRoute   = "GET /2/activity/stream"
)

// jump is a clock that a test puts forward.
type jump struct{ by atomic.Int64 }

func (j *jump) now() time.Time      { return time.Now().Add(time.Duration(j.by.Load())) }
func (j *jump) add(d time.Duration) { j.by.Add(int64(d)) }

// newOAuthShop is newXShop whose account signs in by OAuth 2.0 and is not
// logged in yet. The browser comes back to back.
func newOAuthShop(t *testing.T, kind store.Kind, o twitter.Options, more string) (s *shop, back string) {
	t.Helper()
	s = newXShop(t, kind, o, more)
	back = freeAddress(t)
	c := s.x.RegisterClient(true, "http://"+back+loginPath)
	must(t, os.WriteFile(filepath.Join(s.dir, "x"), fmt.Appendf(nil, "CLIENT_ID=%s\nCLIENT_SECRET=%s\nBEARER=%s\n",
		c.ID, c.Secret, s.x.Bearer()), 0o600))
	s.key(newKey())
	return s, back
}

// newKey is what `openssl rand -base64 32` prints.
func newKey() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.StdEncoding.EncodeToString(b)
}

// key sets the keys that seal tokens; "" takes them out of the environment.
func (s *shop) key(text string) {
	env := s.env[:0:0]
	for _, v := range s.env {
		if !strings.HasPrefix(v, "SOCIALWATCH_KEY=") {
			env = append(env, v)
		}
	}
	if text != "" {
		env = append(env, "SOCIALWATCH_KEY="+text)
	}
	s.env = env
}

// twin is the same shop served at another address, on the same database.
func (s *shop) twin() *shop {
	s.Helper()
	two := *s
	listen := freeAddress(s.T)
	b, err := os.ReadFile(s.config)
	must(s.T, err)
	two.config = filepath.Join(s.dir, "twin.yaml")
	two.url = "http://" + listen
	text := strings.Replace(string(b), "listen: "+strings.TrimPrefix(s.url, "http://"), "listen: "+listen, 1)
	must(s.T, os.WriteFile(two.config, []byte(text), 0o600))
	return &two
}

// consenting is a `socialwatch login` under way.
type consenting struct {
	s        *shop
	cmd      *exec.Cmd
	out, log *log
	in       io.WriteCloser
}

func (s *shop) login(args ...string) *consenting {
	s.Helper()
	l := &consenting{s: s, out: &log{}, log: &log{}}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.Context()), time.Minute)
	s.Cleanup(cancel)
	l.cmd = s.command(ctx, append([]string{"login", "shop_help"}, args...)...)
	l.cmd.Stdout, l.cmd.Stderr = l.out, l.log
	var err error
	l.in, err = l.cmd.StdinPipe()
	must(s.T, err)
	must(s.T, l.cmd.Start())
	return l
}

var consentPage = regexp.MustCompile(`(?m)^ +(http://\S+/i/oauth2/authorize\S+)$`)

// page waits for the address of the consent page.
func (l *consenting) page() (address string) {
	l.s.Helper()
	until(l.s.T, time.Minute, "the address is printed", func() bool {
		if m := consentPage.FindStringSubmatch(l.log.String()); m != nil {
			address = m[1]
		}
		return address != ""
	})
	return address
}

// decided is where X sends the browser once the person has decided.
func (l *consenting) decided() string {
	l.s.Helper()
	alone := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := alone.Get(l.page())
	must(l.s.T, err)
	defer res.Body.Close()
	if res.StatusCode != http.StatusFound {
		l.s.Fatalf("the consent page answers %d: %v", res.StatusCode, l.s.x.Refusals())
	}
	return res.Header.Get("Location")
}

// visit is the browser on an address.
func visit(t *testing.T, address string) page {
	t.Helper()
	res, err := http.Get(address)
	must(t, err)
	defer res.Body.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(res.Body)
	must(t, err)
	return page{res.StatusCode, b.String()}
}

// end waits for the command.
func (l *consenting) end() answer {
	l.s.Helper()
	_ = l.cmd.Wait() // the code is looked at
	noRace(l.s.T, l.log.String())
	return answer{l.cmd.ProcessState.ExitCode(), l.out.String(), l.log.String()}
}

// loggedIn runs a whole login.
func (s *shop) loggedIn(back string) {
	s.Helper()
	l := s.login("--listen", back)
	visit(s.T, l.page())
	if a := l.end(); a.code != exitDone {
		s.Fatalf("login: %+v", a)
	}
}

// busy reports whether the machine has much more to do than it can: then times
// say nothing.
func busy(t *testing.T) bool {
	t.Helper()
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return false
	}
	var load float64
	_, err = fmt.Sscan(string(b), &load)
	return err == nil && load > 1.5*float64(runtime.NumCPU())
}
