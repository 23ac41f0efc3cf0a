package api

import (
	"context"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// base is where everything stands; a change that is not additive gets a new
// one.
const base = "/api/v1"

// Scopes of a token.
const (
	ScopeRead     = "read"     // every GET
	ScopeCases    = "cases"    // work on cases and mentions
	ScopeDecide   = "decide"   // all else; of use to a person's token only
	ScopeEntities = "entities" // order and tracking numbers in full
)

// Scopes lists all scopes.
var Scopes = []string{ScopeRead, ScopeCases, ScopeDecide, ScopeEntities}

// Reader is what the API reads.
type Reader interface {
	Queue(ctx context.Context, f store.QueueFilter) (rows []store.QueueRow, next string, err error)
	Card(ctx context.Context, replyID int64) (store.Card, error)
	Cases(ctx context.Context, f store.CaseFilter) (rows []store.CaseRow, next string, err error)
	Case(ctx context.Context, number string) (store.CaseDetail, error)
}

// Mentions is what was taken in.
type Mentions interface {
	Mentions(ctx context.Context, f store.MentionFilter) (rows []store.MentionRow, next string, err error)
	Mention(ctx context.Context, id int64) (store.MentionRow, error)
}

// Log is the event log.
type Log interface {
	Feed(ctx context.Context, f store.FeedFilter) (events []socialwatch.Event, next int64, err error)
}

// Bell rings after events have got their numbers. Bells can be lost: who waits
// for one looks now and then as well.
type Bell func(ctx context.Context) (<-chan struct{}, error)

// Casework is what people and systems do with a case. ErrConflict, with a text
// that says what changed, when the case is not as they saw it.
type Casework interface {
	Escalate(ctx context.Context, e store.Escalation) (socialwatch.Case, error)
	Snooze(ctx context.Context, z store.Snooze) (socialwatch.Case, error)
	Wake(ctx context.Context, w store.CaseWork) (socialwatch.Case, error)
	Assign(ctx context.Context, a store.Assignment) (socialwatch.Case, error)
}

// Casebook is what they write on cases, and where they take them, with errors
// as Casework's.
type Casebook interface {
	AddNote(ctx context.Context, n store.NewNote) (store.Note, error)
	Tag(ctx context.Context, g store.Tagging) (socialwatch.Case, error)
	SetCaseState(ctx context.Context, m store.CaseMove) (socialwatch.Case, error)
}

// Owners moves cases between us and the systems that claim them, with errors
// as Casework's, and *store.OwnedError while another system has one.
type Owners interface {
	ClaimCase(ctx context.Context, w store.CaseWork, as socialwatch.External) (socialwatch.Case, error)
	GiveBackCase(ctx context.Context, w store.CaseWork) (socialwatch.Case, error)
	ReleaseCase(ctx context.Context, w store.CaseWork) (socialwatch.Case, error)
	// PrivateContact notes that the customer has come to us in private.
	PrivateContact(ctx context.Context, w store.CaseWork) (socialwatch.Case, error)
}

// Requests are writes that programs name by a key, so that they may send them
// again.
type Requests interface {
	Begin(ctx context.Context, r store.Request) (begun store.Request, was store.Answer, again bool, err error)
	Keep(ctx context.Context, r store.Request, a store.Answer) error
	Free(ctx context.Context, r store.Request, a store.Answer) error
}

// Tokens knows tokens by the hash of their secret. It answers ErrNotFound for
// one that is unknown, over or of a disabled person.
type Tokens interface {
	TokenPerson(ctx context.Context, hash string, now time.Time) (store.Token, error)
}

// Decider takes people's decisions about replies. It knows their rights and
// answers ErrForbidden, ErrConflict or ErrNotFound with a text that says what
// to do and may be shown.
type Decider interface {
	Approve(ctx context.Context, d socialwatch.Decision) (socialwatch.Reply, error)
	Reject(ctx context.Context, d socialwatch.Decision) (socialwatch.Reply, error)
	Edit(ctx context.Context, d socialwatch.Decision, approve bool) (socialwatch.Reply, error)
	Undo(ctx context.Context, d socialwatch.Decision) (socialwatch.Reply, error)
}

// Holds makes undo windows longer, with errors as Decider's.
type Holds interface {
	Extend(ctx context.Context, d socialwatch.Decision) (socialwatch.Reply, error)
}

// Leases tells colleagues who is deciding about a reply, with errors as
// Decider's, and ErrLeaseHeld while somebody else is.
type Leases interface {
	Lease(ctx context.Context, replyID int64, by socialwatch.Person, now time.Time) (socialwatch.Reply, error)
	EndLease(ctx context.Context, replyID int64, by socialwatch.Person, now time.Time) (socialwatch.Reply, error)
}

// Control stops and resumes publishing and settles replies in doubt, with
// errors as Decider's.
type Control interface {
	Stop(ctx context.Context, by socialwatch.Person) error
	Resume(ctx context.Context, by socialwatch.Person) error
	Settle(ctx context.Context, s socialwatch.Settlement) (socialwatch.Reply, error)
}

// Options is what the API stands on. All but Teams, Rate and Pace are needed.
type Options struct {
	Reader   Reader
	Mentions Mentions
	Events   Log
	FeedBell Bell
	Tokens   Tokens
	Requests Requests
	Decider  Decider
	Control  Control
	Holds    Holds
	Leases   Leases
	Casework Casework
	Casebook Casebook
	Owners   Owners
	CaseLife CaseLife
	// Withdraw ends a reply that is not on its way, with errors as Decider's.
	Withdraw func(ctx context.Context, d socialwatch.Decision, at time.Time) (socialwatch.Reply, error)
	// Promote makes a case of an ignored mention and returns its number, with
	// errors as Decider's.
	Promote func(ctx context.Context, mentionID int64, by socialwatch.Person) (number string, err error)
	Mask    func(text string) string // takes personal data out of what is written on a case
	Teams   []string                 // that a case may go to, beside those of the person
	// Refused returns what to tell when err of Decider or Control is the refusal
	// of what the person gave, with the findings when the safety check refused
	// it; "" for any other error.
	Refused func(err error) (text string, findings []socialwatch.Finding)
	// Receive takes signed requests with mentions, bodies of any size.
	Receive http.Handler
	// Diff compares two texts word by word.
	Diff func(old, new string) []socialwatch.DiffPart
	Rate float64 // requests a second for each token, twice as many at once; 0: 20
	Pace Pace    // of streams; zero: as Pace says
	Now  func() time.Time
	Log  *slog.Logger
}

type server struct {
	Options
	limiter limiter
	streams auth.Seats[int64] // by token
}

// caller is whose token a request carries: a person's, or with a nil Person a
// system's.
type caller struct {
	token  int64
	name   string // of the token
	person *socialwatch.Person
	scopes []string
}

// actor is who works on cases. A system has the rights of an author everywhere.
func (c caller) actor() socialwatch.Person {
	if c.person != nil {
		return *c.person
	}
	return socialwatch.Person{Login: socialwatch.SystemActor(c.name), Name: c.name,
		Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: socialwatch.RoleAuthor}}
}

// operation is what a route does.
type operation func(r *http.Request, c caller) (any, error)

// route is one operation. An empty scope means that anybody may ask. A write
// has now, which answers with how things stand: what a write that has had its
// effect is answered with when its own answer is lost.
type route struct {
	method, path string
	scope        string
	do, now      operation
}

// received is the route of signed requests, which carry no token: Receive does
// all that the others share.
var received = route{method: "POST", path: "/mentions"}

// received reports whether a request is for Receive.
func (s *server) received(r *http.Request) bool {
	return r.Method == received.method && r.URL.Path == base+received.path
}

func (s *server) routes() []route {
	return slices.Concat(s.reads(), s.decisions(), s.works(), []route{received})
}

func (s *server) reads() []route {
	return []route{
		{"GET", "/openapi.json", "", s.document, nil},
		{"GET", "/problems/{name}", "", s.kind, nil},
		{"GET", "/me", ScopeRead, s.me, nil},
		{"GET", "/replies", ScopeRead, s.replies, nil},
		{"GET", "/replies/{id}", ScopeRead, s.reply, nil},
		{"GET", "/cases", ScopeRead, s.cases, nil},
		{"GET", "/cases/{number}", ScopeRead, s.caseDetail, nil},
		{"GET", "/mentions", ScopeRead, s.mentions, nil},
		{"GET", "/mentions/{id}", ScopeRead, s.mention, nil},
		{"GET", "/events", ScopeRead, s.events, nil},
		{"GET", "/events/stream", ScopeRead, s.stream, nil},
	}
}

func (s *server) decisions() []route {
	return []route{
		{"POST", "/replies/{id}/approve", ScopeDecide, s.approve, s.replyNow},
		{"POST", "/replies/{id}/reject", ScopeDecide, s.reject, s.replyNow},
		{"POST", "/replies/{id}/edit", ScopeDecide, s.edit, s.replyNow},
		{"POST", "/replies/{id}/withdraw", ScopeDecide, s.withdraw, s.replyNow},
		{"POST", "/replies/{id}/undo", ScopeDecide, s.undo, s.replyNow},
		{"POST", "/replies/{id}/extend", ScopeDecide, s.extend, s.replyNow},
		{"POST", "/replies/{id}/lease", ScopeDecide, s.lease, s.replyNow},
		{"POST", "/replies/{id}/resolve", ScopeDecide, s.resolve, s.replyNow},
		{"POST", "/stop", ScopeDecide, s.stop, publishing(true)},
		{"POST", "/resume", ScopeDecide, s.resume, publishing(false)},
	}
}

func (s *server) works() []route {
	return []route{
		{"POST", "/cases/{number}/notes", ScopeCases, s.note, s.caseNow},
		{"POST", "/cases/{number}/assign", ScopeCases, s.assign, s.caseNow},
		{"POST", "/cases/{number}/tags", ScopeCases, s.tag, s.caseNow},
		{"POST", "/cases/{number}/snooze", ScopeCases, s.snooze, s.caseNow},
		{"POST", "/cases/{number}/wake", ScopeCases, s.wake, s.caseNow},
		{"POST", "/cases/{number}/escalate", ScopeCases, s.escalate, s.caseNow},
		{"POST", "/cases/{number}/state", ScopeCases, s.move, s.caseNow},
		{"POST", "/cases/{number}/claim", ScopeCases, s.claim, s.caseNow},
		{"POST", "/cases/{number}/release", ScopeCases, s.release, s.caseNow},
		{"POST", "/cases/{number}/private-contact", ScopeCases, s.privateContact, s.caseNow},
		{"POST", "/cases/{number}/private-answer", ScopeCases, s.privateAnswer, s.caseNow},
		{"POST", "/cases/{number}/merge", ScopeCases, s.merge, s.caseNow},
		{"POST", "/cases/{number}/unmerge", ScopeCases, s.unmerge, s.caseNow},
		{"POST", "/mentions/{id}/promote", ScopeCases, s.promote, s.promoted},
	}
}

// New returns the handler of everything under /api/v1/. It is safe for
// concurrent use.
func New(o Options) http.Handler {
	if o.Rate <= 0 {
		o.Rate = 20
	}
	o.Pace = o.Pace.orUsual()
	s := &server{Options: o, limiter: limiter{perSecond: o.Rate, buckets: map[string]*bucket{}}, streams: auth.Seats[int64]{All: streamsMax, Own: streamsToken}}
	mux := http.NewServeMux()
	byPath := map[string][]route{}
	for _, one := range s.routes() {
		byPath[one.path] = append(byPath[one.path], one)
	}
	for p, routes := range byPath {
		mux.Handle(base+p, s.methods(routes))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, kindNotFound.of("there is nothing at this address; %s/openapi.json lists all there is", base))
	})
	return s.outermost(mux)
}

// outermost is what every answer has in common.
func (s *server) outermost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		if !s.received(r) { // which has a limit of its own
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		}
		// The mux would redirect, in HTML.
		if p := r.URL.EscapedPath(); p != path.Clean(p) {
			s.fail(w, r, kindNotFound.of("there is nothing at this address: write it without //, . or a slash at the end"))
			return
		}
		defer s.caught(w, r)
		next.ServeHTTP(w, r)
	})
}

// caught answers a request whose work has panicked.
func (s *server) caught(w http.ResponseWriter, r *http.Request) {
	switch v := recover(); v {
	case nil:
	case http.ErrAbortHandler:
		panic(v)
	default:
		s.fail(w, r, socialwatch.Panicked(v))
	}
}

// methods chooses among the routes of one path.
func (s *server) methods(routes []route) http.Handler {
	var allow []string
	for _, one := range routes {
		if allow = append(allow, one.method); one.method == "GET" {
			allow = append(allow, "HEAD")
		}
	}
	slices.Sort(allow)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == "HEAD" {
			method = "GET"
		}
		i := slices.IndexFunc(routes, func(one route) bool { return one.method == method })
		if i >= 0 && s.received(r) {
			if _, err := query(r, "account"); err != nil {
				s.fail(w, r, err)
				return
			}
			s.Receive.ServeHTTP(w, r)
			return
		}
		if i < 0 {
			w.Header().Set("Allow", strings.Join(allow, ", "))
			s.fail(w, r, kindMethod.of("use %s", strings.Join(allow, " or ")))
			return
		}
		c, err := s.admit(w, r, routes[i])
		if err != nil {
			s.fail(w, r, err)
			return
		}
		if routes[i].now != nil {
			s.write(w, r, c, routes[i])
			return
		}
		s.read(w, r, c, routes[i].do)
	})
}

// admit lets a request through to a route, or says why not.
func (s *server) admit(w http.ResponseWriter, r *http.Request, one route) (caller, error) {
	if one.scope == "" {
		return caller{}, nil
	}
	hash, given, err := auth.BearerToken(r)
	if !given || err != nil {
		w.Header().Set("WWW-Authenticate", "Bearer")
		if err != nil {
			return caller{}, kindToken.of("%s", err)
		}
		return caller{}, kindToken.of("send Authorization: Bearer swt_… with a token that `socialwatch token add` has made")
	}
	token, err := s.Tokens.TokenPerson(r.Context(), hash, socialwatch.Micros(s.Now()))
	if isNotFound(err) {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		return caller{}, kindToken.of("this token is unknown, has expired, or its person is disabled: make another with `socialwatch token add`")
	}
	if err != nil {
		return caller{}, err
	}
	c := caller{token.ID, token.Name, token.Person, token.Scopes}
	wait, left := s.limiter.take(hash, s.Now())
	s.limiter.tell(w.Header(), left)
	if wait > 0 {
		seconds := strconv.Itoa(int(wait/time.Second) + 1)
		w.Header().Set("Retry-After", seconds)
		return c, kindRate.of("this token asks too often: wait %s s", seconds)
	}
	if one.scope == ScopeDecide && c.person == nil {
		return c, kindPerson.of("token %q is a system's: decide with the token of a person who holds the role for it", c.name)
	}
	if !slices.Contains(c.scopes, one.scope) {
		return c, kindScope.of("token %q lacks the scope %s: make one that has it with `socialwatch token add`", c.name, one.scope)
	}
	return c, nil
}
