package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"socialwatch"
)

// memory is a Store without a database.
type memory struct {
	mu       sync.Mutex
	people   map[string]socialwatch.Person
	hashes   map[string]string
	disabled map[string]bool
	sessions map[string]socialwatch.Session
	err      error
}

func (m *memory) PersonByLogin(_ context.Context, login string) (socialwatch.Person, string, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.people[login]
	if m.err != nil {
		return p, "", false, m.err
	}
	if !ok {
		return p, "", false, socialwatch.ErrNotFound
	}
	return p, m.hashes[login], m.disabled[login], nil
}

func (m *memory) AddSession(_ context.Context, s socialwatch.Session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[s.Hash] = s
	return m.err
}

func (m *memory) SessionPerson(_ context.Context, hash string, now time.Time, use bool) (socialwatch.Person, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return socialwatch.Person{}, m.err
	}
	s, ok := m.sessions[hash]
	for login, p := range m.people {
		if ok && p.ID == s.PersonID && now.Before(s.ExpiresAt) && !m.disabled[login] {
			return p, nil
		}
	}
	return socialwatch.Person{}, socialwatch.ErrNotFound
}

func (m *memory) EndSession(_ context.Context, hash string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sessions, hash)
	return m.err
}

const good = "correct horse battery"

func newMemory(t *testing.T) *memory {
	t.Helper()
	hash, err := HashPassword(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	return &memory{
		people:   map[string]socialwatch.Person{"ana": {ID: 7, Login: "ana"}, "bo": {ID: 8, Login: "bo"}},
		hashes:   map[string]string{"ana": hash},
		disabled: map[string]bool{},
		sessions: map[string]socialwatch.Session{},
	}
}

func withCookie(c *http.Cookie) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	if c != nil {
		r.AddCookie(c)
	}
	return r
}

func TestSessionLivesFromLoginToLogout(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	m := newMemory(t)
	l := &Logins{Store: m, Life: time.Hour, Now: func() time.Time { return now }}
	c, err := l.Login(t.Context(), " ana ", good, From{Address: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure || c.MaxAge != 3600 {
		t.Errorf("cookie %+v", c)
	}
	if _, leaked := m.sessions[c.Value]; leaked {
		t.Error("the store holds the session's secret")
	}
	if p, err := l.Person(withCookie(c)); err != nil || p.Login != "ana" {
		t.Fatalf("%+v, %v", p, err)
	}
	now = now.Add(time.Hour)
	if _, err := l.Person(withCookie(c)); !errors.Is(err, socialwatch.ErrNotFound) {
		t.Errorf("a session outlives its life: %v", err)
	}
	now = now.Add(-time.Minute)
	gone, err := l.Logout(withCookie(c))
	if err != nil || gone.MaxAge >= 0 {
		t.Fatalf("%+v, %v", gone, err)
	}
	if _, err := l.Person(withCookie(c)); !errors.Is(err, socialwatch.ErrNotFound) {
		t.Errorf("the session outlives its logout: %v", err)
	}
}

func TestSessionEndsWhenPersonIsDisabled(t *testing.T) {
	m := newMemory(t)
	l := &Logins{Store: m}
	c, err := l.Login(t.Context(), "ana", good, From{Address: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	m.disabled["ana"] = true
	if _, err := l.Person(withCookie(c)); !errors.Is(err, socialwatch.ErrNotFound) {
		t.Errorf("still in: %v", err)
	}
	if _, err := l.Login(t.Context(), "ana", good, From{Address: "192.0.2.1"}); !errors.Is(err, ErrWrongLogin) {
		t.Errorf("a disabled person logs in: %v", err)
	}
}

func TestWrongLoginsAllReadTheSame(t *testing.T) {
	l := &Logins{Store: newMemory(t)}
	for _, tc := range [][2]string{{"ana", "wrong"}, {"nobody", good}, {"bo", ""}, {"bo", good}, {"ana", strings.Repeat("x", MaxPassword+1)}} {
		if _, err := l.Login(t.Context(), tc[0], tc[1], From{Address: "192.0.2.1"}); err != ErrWrongLogin {
			t.Errorf("%s: %v", tc[0], err)
		}
	}
}

func TestSecureCookieBelongsToThisHostOnly(t *testing.T) {
	l := &Logins{Store: newMemory(t), Secure: true}
	c, err := l.Login(t.Context(), "ana", good, From{Address: "192.0.2.1"})
	if err != nil || !c.Secure || c.Name != "__Host-socialwatch" || c.Path != "/" || c.Domain != "" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestGuessingIsSlowedDownPerLoginAndAddress(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	l := &Logins{Store: newMemory(t), Now: func() time.Time { return now }}
	for range perPair.burst {
		if _, err := l.Login(t.Context(), "ana", "wrong", From{Address: "192.0.2.1"}); err != ErrWrongLogin {
			t.Fatal(err)
		}
	}
	var wait *WaitError
	if _, err := l.Login(t.Context(), "ANA", good, From{Address: "192.0.2.1"}); !errors.As(err, &wait) || wait.Wait != perPair.every {
		t.Fatalf("not throttled: %v", err)
	}
	if _, err := l.Login(t.Context(), "ana", good, From{Address: "192.0.2.2"}); err != nil {
		t.Errorf("another address is shut out too: %v", err)
	}
	now = now.Add(perPair.every)
	if _, err := l.Login(t.Context(), "ana", good, From{Address: "192.0.2.1"}); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestThrottleCountsAddressAndLoginAlone(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	var a, b throttle
	for i := range perAddress.burst {
		if a.take(fmt.Sprint("login", i), "192.0.2.1", now) != 0 {
			t.Fatalf("try %d", i)
		}
	}
	if a.take("fresh", "192.0.2.1", now) == 0 {
		t.Error("one address guesses at many logins")
	}
	for i := range perLogin.burst {
		if b.take("ana", fmt.Sprint("192.0.2.", i), now) != 0 {
			t.Fatalf("try %d", i)
		}
	}
	if b.take("ana", "198.51.100.1", now) == 0 {
		t.Error("many addresses guess at one login")
	}
}

func TestRightPasswordCountsAsNoTry(t *testing.T) {
	l := &Logins{Store: newMemory(t)}
	for i := range perPair.burst + 2 {
		if _, err := l.Login(t.Context(), "ana", good, From{Address: "192.0.2.1"}); err != nil {
			t.Fatalf("login %d: %v", i, err)
		}
	}
}

func TestThrottleStaysSmallUnderAFlood(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	var th throttle
	for i := range 3 * maxBuckets {
		th.take(fmt.Sprint(i%97), fmt.Sprint("address", i), now)
	}
	if len(th.buckets) > maxBuckets {
		t.Errorf("%d buckets", len(th.buckets))
	}
}

func TestAddressBelievesOnlyProxiesThatAreTrusted(t *testing.T) {
	l := &Logins{Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("172.18.0.0/16")}}
	for _, tc := range []struct {
		remote    string
		forwarded []string
		want      string
	}{
		{"192.0.2.1:99", nil, "192.0.2.1"},
		{"192.0.2.1:99", []string{"198.51.100.7"}, "192.0.2.1"},
		{"127.0.0.1:99", nil, "127.0.0.1"},
		{"127.0.0.1:99", []string{"203.0.113.9, 198.51.100.7"}, "198.51.100.7"},
		{"127.0.0.1:99", []string{"203.0.113.9", "198.51.100.7"}, "198.51.100.7"}, // the proxy's own line stands last
		{"127.0.0.1:99", []string{"203.0.113.9", "198.51.100.7, 172.18.0.2"}, "198.51.100.7"},
		{"127.0.0.1:99", []string{"203.0.113.9, nonsense, 172.18.0.2"}, "172.18.0.2"},
		{"172.18.0.3:99", []string{"198.51.100.7"}, "198.51.100.7"},
		{"[::ffff:172.18.0.3]:99", []string{"198.51.100.7"}, "198.51.100.7"},
		{"172.18.0.3:99", []string{"198.51.100.7:5123"}, "198.51.100.7"}, // with a port, as some write
		{"172.18.0.3:99", []string{"[2001:db8:1:2::9]:5123"}, "2001:db8:1:2::/64"},
		{"172.19.0.3:99", []string{"198.51.100.7"}, "172.19.0.3"},
		{"[::1]:99", []string{"nonsense"}, "::/64"},
		{"[2001:db8:1:2:3:4:5:6]:99", nil, "2001:db8:1:2::/64"},
		{"[::ffff:192.0.2.1]:99", nil, "192.0.2.1"},
		{"pipe", nil, "pipe"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr, r.Header["X-Forwarded-For"] = tc.remote, tc.forwarded
		if got := l.Address(r); got != tc.want {
			t.Errorf("%s via %q: %q, want %q", tc.remote, tc.forwarded, got, tc.want)
		}
		if got := (&Logins{}).Address(r); tc.forwarded != nil && tc.want == "198.51.100.7" && got == tc.want {
			t.Errorf("%s via %q is believed though no proxy is trusted", tc.remote, tc.forwarded)
		}
	}
}

func TestInvitationOpensOneSession(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	l := &Logins{Store: newMemory(t), Now: func() time.Time { return now }}
	code := l.Invite("bo", time.Hour)
	c, err := l.Redeem(t.Context(), code, From{})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := l.Person(withCookie(c)); err != nil || p.Login != "bo" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := l.Redeem(t.Context(), code, From{}); !errors.Is(err, ErrWrongLogin) {
		t.Errorf("used twice: %v", err)
	}
	late := l.Invite("bo", time.Hour)
	now = now.Add(2 * time.Hour)
	if _, err := l.Redeem(t.Context(), late, From{}); !errors.Is(err, ErrWrongLogin) {
		t.Errorf("used late: %v", err)
	}
}

func TestMiddlewareTellsPeopleNobodyAndFailureApart(t *testing.T) {
	m := newMemory(t)
	l := &Logins{Store: m}
	c, err := l.Login(t.Context(), "ana", good, From{Address: "192.0.2.1"})
	if err != nil {
		t.Fatal(err)
	}
	say := func(s string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p, _ := PersonFrom(r.Context())
			fmt.Fprint(w, s, p.Login)
		})
	}
	h := l.Middleware(say("person "), say("nobody"), func(w http.ResponseWriter, _ *http.Request, _ error) { fmt.Fprint(w, "failed") })
	forged := &http.Cookie{Name: c.Name, Value: newSecret()}
	for want, r := range map[string]*http.Request{"person ana": withCookie(c), "nobody": withCookie(forged)} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Body.String() != want {
			t.Errorf("%q, want %q", w.Body, want)
		}
	}
	m.err = errors.New("database is away")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, withCookie(c))
	if w.Body.String() != "failed" {
		t.Errorf("%q", w.Body)
	}
	if _, err := l.Login(t.Context(), "ana", good, From{Address: "192.0.2.1"}); err == nil || errors.Is(err, ErrWrongLogin) {
		t.Errorf("a failed database reads as a wrong password: %v", err)
	}
}

func TestPasswordRules(t *testing.T) {
	for pw, ok := range map[string]bool{"": false, "eleven char": false, "twelve chars": true, "пароль двенадцать": true,
		strings.Repeat("a", MaxPassword): true, strings.Repeat("a", MaxPassword+1): false, "twelve\x00chars!": false, "twelve chars\xff": false} {
		hash, err := HashPassword(t.Context(), pw)
		if (err == nil) != ok {
			t.Errorf("%.20q: %v", pw, err)
		}
		if err == nil && !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("hash %q", hash)
		}
	}
	if _, _, _, err := argon2id.DecodeHash(nobody); err != nil {
		t.Errorf("unknown logins would answer at once: %v", err)
	}
}

func TestTokenIsStoredOnlyAsHash(t *testing.T) {
	secret, hash := NewToken()
	if len(secret) != 47 || strings.Contains(hash, secret[4:]) || len(hash) != 64 {
		t.Errorf("%d characters, hash %q", len(secret), hash)
	}
	r := httptest.NewRequest("GET", "/", nil)
	if _, ok, err := BearerToken(r); ok || err != nil {
		t.Error("a token without a header")
	}
	r.Header.Set("Authorization", "bearer "+secret)
	if got, ok, err := BearerToken(r); !ok || err != nil || got != hash {
		t.Errorf("%q, %v, %v", got, ok, err)
	}
	for _, bad := range []string{"", "swt_", secret[:46], secret + "A", "swt-" + secret[4:], secret[:46] + "\n", secret[:46] + "!"} {
		if _, err := ParseToken(bad); !errors.Is(err, ErrBadToken) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	secret, _ := NewToken()
	f.Add(secret)
	f.Add("swt_")
	f.Fuzz(func(t *testing.T, s string) {
		hash, err := ParseToken(s)
		if (err == nil) != (len(hash) == 64) {
			t.Fatalf("%q: %q, %v", s, hash, err)
		}
		if err == nil && len(strings.TrimSpace(s)) != 47 {
			t.Fatalf("took %q", s)
		}
	})
}
