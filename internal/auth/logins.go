package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"socialwatch"
)

// Store is what logging in needs of the database. Hashes go in, never
// secrets.
type Store interface {
	// PersonByLogin returns ErrNotFound for an unknown login.
	PersonByLogin(ctx context.Context, login string) (p socialwatch.Person, hash string, disabled bool, err error)
	AddSession(ctx context.Context, s socialwatch.Session) error
	// SessionPerson returns ErrNotFound for a session that is unknown, over
	// or of a disabled person. With use it notes that the person is there.
	SessionPerson(ctx context.Context, hash string, now time.Time, use bool) (socialwatch.Person, error)
	EndSession(ctx context.Context, hash string) error
}

// Links are what admins and the terminal hand out to enter without a password.
type Links interface {
	// TakeLink uses a link up: to enter, or to set a password's hash. It
	// returns ErrNotFound for one that is unknown, used or over.
	TakeLink(ctx context.Context, hash, passwordHash string, now time.Time) (socialwatch.Person, error)
}

// ErrNoPasswords refuses a password where the configuration has switched
// logging in by one off.
var ErrNoPasswords = errors.New("logging in by a password is switched off")

// ErrWrongLogin says nothing about which part was wrong.
var ErrWrongLogin = errors.New("login or password is wrong")

// WaitError refuses a try after too many wrong ones.
type WaitError struct{ Wait time.Duration }

func (e *WaitError) Error() string {
	return fmt.Sprintf("too many wrong tries: wait %s", e.Wait.Round(time.Second))
}

// Logins opens, reads and ends the sessions of people. Set Store; the other
// fields may stay zero. It is safe for concurrent use.
type Logins struct {
	Store  Store
	Links  Links         // nil: none but those of Invite
	Life   time.Duration // of a session; 0: 12 h
	Secure bool          // people use https: the cookie never travels without
	Now    func() time.Time
	// Proxies are believed about whom they pass on (X-Forwarded-For).
	Proxies []netip.Prefix
	// NoPasswords switches Login off. Check goes on: a terminal asks for the
	// password that a person has.
	NoPasswords bool

	tries throttle
	mu    sync.Mutex
	once  map[string]invitation // by hash of the code
}

type invitation struct {
	login   string
	expires time.Time
}

// Login opens a session for a right password. It answers ErrWrongLogin, a
// *WaitError after too many tries, ErrNoPasswords, or the database's error.
func (l *Logins) Login(ctx context.Context, login, password string, from From) (*http.Cookie, error) {
	if l.NoPasswords {
		return nil, ErrNoPasswords
	}
	person, err := l.Check(ctx, login, password, from.Address)
	if err != nil {
		return nil, err
	}
	return l.open(ctx, person, from)
}

// Check is Login without a session: it returns whose password it is.
func (l *Logins) Check(ctx context.Context, login, password, address string) (socialwatch.Person, error) {
	login = strings.TrimSpace(login)
	if wait := l.tries.take(login, address, l.now()); wait > 0 {
		return socialwatch.Person{}, &WaitError{wait}
	}
	person, hash, disabled, err := l.Store.PersonByLogin(ctx, login)
	if err != nil && !errors.Is(err, socialwatch.ErrNotFound) {
		l.tries.giveBack(login, address)
		return socialwatch.Person{}, fmt.Errorf("log in: %w", err)
	}
	if err != nil || disabled {
		hash = ""
	}
	ok, err := matches(ctx, password, hash)
	if err != nil {
		return socialwatch.Person{}, fmt.Errorf("log in: %w", err)
	}
	if !ok {
		return socialwatch.Person{}, ErrWrongLogin
	}
	l.tries.giveBack(login, address)
	return person, nil
}

// Invite returns a code that opens one session for login without a password,
// once, within life. Codes live in this process only.
func (l *Logins) Invite(login string, life time.Duration) string {
	code := newSecret()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.once == nil {
		l.once = map[string]invitation{}
	}
	l.once[hashOf(code)] = invitation{login, l.now().Add(life)}
	return code
}

// Redeem opens the session that an Invite promised, or a link to enter.
func (l *Logins) Redeem(ctx context.Context, code string, from From) (*http.Cookie, error) {
	person, err := l.invited(ctx, code)
	if errors.Is(err, ErrWrongLogin) && l.Links != nil && isSecret(code) {
		person, err = l.Links.TakeLink(ctx, hashOf(code), "", l.now())
		if errors.Is(err, socialwatch.ErrNotFound) {
			err = ErrWrongLogin
		}
	}
	if errors.Is(err, ErrWrongLogin) {
		return nil, ErrWrongLogin
	}
	if err != nil {
		return nil, fmt.Errorf("log in by a link: %w", err)
	}
	return l.open(ctx, person, from)
}

func (l *Logins) invited(ctx context.Context, code string) (socialwatch.Person, error) {
	l.mu.Lock()
	inv, ok := l.once[hashOf(code)]
	delete(l.once, hashOf(code))
	l.mu.Unlock()
	if !ok || l.now().After(inv.expires) {
		return socialwatch.Person{}, ErrWrongLogin
	}
	person, _, disabled, err := l.Store.PersonByLogin(ctx, inv.login)
	if err == nil && disabled {
		err = ErrWrongLogin
	}
	return person, err
}

func (l *Logins) open(ctx context.Context, p socialwatch.Person, from From) (*http.Cookie, error) {
	secret, at := newSecret(), socialwatch.Micros(l.now())
	life := l.Life
	if life <= 0 {
		life = 12 * time.Hour
	}
	session := socialwatch.Session{Hash: hashOf(secret), PersonID: p.ID, CreatedAt: at, ExpiresAt: at.Add(life),
		Address: from.short(), Agent: from.Agent}
	if err := l.Store.AddSession(ctx, session); err != nil {
		return nil, fmt.Errorf("open session: %w", err)
	}
	c := l.cookie(secret)
	c.MaxAge = int(life.Seconds())
	return c, nil
}

// Logout ends the request's session in the database and returns the cookie
// that clears the browser's.
func (l *Logins) Logout(r *http.Request) (*http.Cookie, error) {
	gone := l.cookie("")
	gone.MaxAge = -1
	c, err := r.Cookie(gone.Name)
	if err != nil {
		return gone, nil
	}
	if err := l.Store.EndSession(r.Context(), hashOf(c.Value)); err != nil && !errors.Is(err, socialwatch.ErrNotFound) {
		return gone, fmt.Errorf("end session: %w", err)
	}
	return gone, nil
}

// SessionHash is the hash under which the request's session is stored, empty
// when it carries none.
func (l *Logins) SessionHash(r *http.Request) string {
	c, err := r.Cookie(l.cookie("").Name)
	if err != nil || !isSecret(c.Value) {
		return ""
	}
	return hashOf(c.Value)
}

// Person returns whose session the request carries: ErrNotFound when it
// carries none that is valid now. Roles are as stored now. It counts as use of
// the session, unless the request is Unasked.
func (l *Logins) Person(r *http.Request) (socialwatch.Person, error) {
	hash := l.SessionHash(r)
	if hash == "" {
		return socialwatch.Person{}, socialwatch.ErrNotFound
	}
	unasked := r.Context().Value(unaskedKey{}) != nil
	p, err := l.Store.SessionPerson(r.Context(), hash, l.now(), !unasked)
	if err != nil {
		return socialwatch.Person{}, fmt.Errorf("read session: %w", err)
	}
	return p, nil
}

// Middleware puts the session's person into the request's context; without a
// valid session the request goes to anonymous. A database that does not
// answer goes to failed.
func (l *Logins) Middleware(next, anonymous http.Handler, failed func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := l.Person(r)
		switch {
		case errors.Is(err, socialwatch.ErrNotFound):
			anonymous.ServeHTTP(w, r)
		case err != nil:
			failed(w, r, err)
		default:
			next.ServeHTTP(w, r.WithContext(WithPerson(r.Context(), p)))
		}
	})
}

// cookie is the session's cookie. With https its name makes browsers refuse
// one that another host or plain http has set.
func (l *Logins) cookie(value string) *http.Cookie {
	name := "socialwatch"
	if l.Secure {
		name = "__Host-socialwatch"
	}
	return &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, Secure: l.Secure, SameSite: http.SameSiteLaxMode}
}

func (l *Logins) now() time.Time {
	if l.Now != nil {
		return l.Now()
	}
	return time.Now()
}

type unaskedKey struct{}

// Unasked returns r as a request that an open page makes by itself: it says
// nothing about whether a person is there.
func Unasked(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), unaskedKey{}, true))
}

type personKey struct{}

// WithPerson returns a context that carries p.
func WithPerson(ctx context.Context, p socialwatch.Person) context.Context {
	return context.WithValue(ctx, personKey{}, p)
}

// PersonFrom returns the person who makes the request, and false when nobody
// has logged in.
func PersonFrom(ctx context.Context) (socialwatch.Person, bool) {
	p, ok := ctx.Value(personKey{}).(socialwatch.Person)
	return p, ok
}
