package console

import (
	"compress/gzip"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"socialwatch"
)

// maxForm bounds what a form may send: a reply is at most some thousand
// characters on any network.
const maxForm = 256 << 10

// policy lets pages use nothing but our own files: no inline script or style,
// no frames, no foreign host, forms only to us.
const policy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

// secure sets the headers of every answer, bounds forms and refuses forms of
// other sites.
func (c *Console) secure(next http.Handler) http.Handler {
	csrf := http.NewCrossOriginProtection()
	csrf.SetDenyHandler(c.page(func(http.ResponseWriter, *http.Request) error { return errForeign }))
	next = csrf.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Date", c.o.Now().UTC().Format(http.TimeFormat)) // by which pages set their timers
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
		h.Set("Cache-Control", "no-store") // customers' words stay out of caches
		if c.o.Logins.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		next.ServeHTTP(w, r)
	})
}

// errForeign refuses a form that another site sent.
var errForeign = errors.New("a form of another site")

// packers are writers of gzip, each half a megabyte, for the next page.
var packers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is one that there is
	return z
}}

// sendHTML writes a page, packed where the browser can unpack it.
func sendHTML(w http.ResponseWriter, r *http.Request, status int, body []byte) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Add("Vary", "Accept-Encoding")
	if len(body) < 1024 || !unpacks(r) {
		w.WriteHeader(status)
		_, err := w.Write(body)
		return err
	}
	w.Header().Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	z := packers.Get().(*gzip.Writer)
	defer packers.Put(z)
	z.Reset(w)
	if _, err := z.Write(body); err != nil {
		return err
	}
	return z.Close()
}

// unpacks reports whether who asks takes gzip.
func unpacks(r *http.Request) bool {
	for one := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(one), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return !refusedWeight.MatchString(weight)
		}
	}
	return false
}

// refusedWeight is the weight of a coding that is not wanted.
var refusedWeight = regexp.MustCompile(`^\s*q=0(\.0*)?\s*$`)

// may refuses whoever lacks the role on the account; the page says which
// right is missing and which role grants it.
func may(p socialwatch.Person, role socialwatch.Role, account string) error {
	if p.May(role, account) {
		return nil
	}
	return &rightError{role, account}
}

// rightError is ErrForbidden with what is missing.
type rightError struct {
	role    socialwatch.Role
	account string
}

func (e *rightError) Error() string {
	return "needs the role " + string(e.role) + " on " + accountName(e.account)
}

func (e *rightError) Unwrap() error { return socialwatch.ErrForbidden }

func accountName(account string) string {
	if account == socialwatch.AllAccounts {
		return say("account.all")
	}
	return say("account.one", account)
}

// visible is the filter of accounts that p may read: nil for all.
func visible(p socialwatch.Person, chosen string) []string {
	if chosen != "" {
		if p.May(socialwatch.RoleReader, chosen) {
			return []string{chosen}
		}
		return []string{}
	}
	return with(p, socialwatch.RoleReader)
}

// with are the accounts on which p holds the role: nil for all.
func with(p socialwatch.Person, role socialwatch.Role) []string {
	if p.May(role, socialwatch.AllAccounts) {
		return nil
	}
	accounts := []string{}
	for a := range p.Roles {
		if p.May(role, a) {
			accounts = append(accounts, a)
		}
	}
	slices.Sort(accounts)
	return accounts
}

// anywhere reports whether p holds the role on any account.
func anywhere(p socialwatch.Person, role socialwatch.Role) bool {
	for a := range p.Roles {
		if p.May(role, a) {
			return true
		}
	}
	return false
}
