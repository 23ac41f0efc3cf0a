// Package console is the web page where people decide: server-rendered, works
// without scripts, with small modules and a live channel on top. It renders
// what the store reads and hands decisions to the publisher's desk; it decides
// nothing itself but who may see what.
package console

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// Queue reads replies and mentions.
type Queue interface {
	Queue(ctx context.Context, f store.QueueFilter) (rows []store.QueueRow, next string, err error)
	Card(ctx context.Context, replyID int64) (store.Card, error)
	Mentions(ctx context.Context, f store.MentionFilter) (rows []store.MentionRow, next string, err error)
	Mention(ctx context.Context, id int64) (store.MentionRow, error)
}

// Cases reads and moves cases.
type Cases interface {
	Cases(ctx context.Context, f store.CaseFilter) (rows []store.CaseRow, next string, err error)
	Case(ctx context.Context, number string) (store.CaseDetail, error)
	SetCaseState(ctx context.Context, m store.CaseMove) (socialwatch.Case, error)
	Correct(ctx context.Context, c store.Correction) error
}

// Connections reads how polling does, and pauses it.
type Connections interface {
	Connections(ctx context.Context, now time.Time) ([]store.Connection, error)
	Pause(ctx context.Context, account string, by socialwatch.Person, at time.Time) error
	Unpause(ctx context.Context, account string, by socialwatch.Person, at time.Time) error
	Stopped(ctx context.Context) (store.StopState, error)
}

// Decider takes decisions about one reply. Errors are ErrConflict (the text
// says who was faster or what changed), ErrForbidden, ErrNotFound, and
// *socialwatch.ConfirmError where a second key is needed; a text that the safety
// check blocks leaves the reply blocked.
type Decider interface {
	Approve(ctx context.Context, d socialwatch.Decision) (socialwatch.Reply, error)
	Reject(ctx context.Context, d socialwatch.Decision) (socialwatch.Reply, error)
	Edit(ctx context.Context, d socialwatch.Decision, approve bool) (socialwatch.Reply, error)
	Undo(ctx context.Context, d socialwatch.Decision) (socialwatch.Reply, error)
}

// Control takes what is decided beyond one draft.
type Control interface {
	Stop(ctx context.Context, by socialwatch.Person) error
	Resume(ctx context.Context, by socialwatch.Person) error
	Settle(ctx context.Context, s socialwatch.Settlement) (socialwatch.Reply, error)
	// Again drafts d.Text anew for the post of an ended reply.
	Again(ctx context.Context, d socialwatch.Decision) (socialwatch.Reply, error)
}

// DiffPart is a stretch of a word diff. Op is same, added or removed.
type DiffPart struct{ Op, Text string }

// Options are the parts that the console stands on. All are needed but those
// that say otherwise.
type Options struct {
	Queue       Queue
	Cases       Cases
	Casework    Casework
	Life        CaseLife
	CaseLinks   CaseLinks
	Notebook    Notebook
	Connections Connections
	Decider     Decider
	Control     Control
	Logins      *auth.Logins
	Live        Live // see also Bell
	// Breaches tells who wants to know that a case has passed its target; nil:
	// nobody is told.
	Breaches Breaches
	// Leases tells colleagues who is deciding; nil: nobody is told.
	Leases   Leases
	SSO      *auth.SSO // nil: no single sign-on
	People   People
	Sessions Sessions
	Links    Links
	Tokens   Tokens
	Audit    Auditor
	Reports  Reports
	Search   Searcher
	// Incidents reads spikes and impostors; nil: no page shows them.
	Incidents Incidents
	// Anew puts what an incident's template says in the place of a draft, which
	// the decision names by its hash; ErrConflict leaves it. Worded reports
	// whether a payload has such a text already. nil: no such button.
	Anew   func(ctx context.Context, d socialwatch.Decision) (socialwatch.Reply, error)
	Worded func(socialwatch.Payload) bool
	// Mask takes personal data out of what a person writes on a case.
	Mask func(text string) string
	// Timeline is one page of a case's events, the newest first, behind a cursor.
	Timeline func(ctx context.Context, caseID int64, after string, limit int) (events []socialwatch.Event, next string, err error)
	// Row is what case systems see of a case; nil: no page shows it.
	Row func(ctx context.Context, caseID int64) ([]store.Field, error)
	// Release makes a case ours again that another system has claimed; nil: no
	// such button.
	Release func(ctx context.Context, w store.CaseWork) (socialwatch.Case, error)
	// Promote makes a case of a mention that a rule ignored and returns its
	// number; nil: no such button.
	Promote func(ctx context.Context, mentionID int64, by socialwatch.Person) (number string, err error)
	// Check composes and checks a text for a reply without storing it, and says
	// what approving it would ask.
	Check func(ctx context.Context, replyID int64, text string) (socialwatch.Checked, error)
	Diff  func(old, new string) []DiffPart
	// Withdraw ends a reply that is blocked, failed or waits under Stop; nil:
	// no such button.
	Withdraw func(ctx context.Context, d socialwatch.Decision, at time.Time) (socialwatch.Reply, error)
	// SelfApproval reports whether people may approve on an account what they wrote
	// themselves; nil: nowhere.
	SelfApproval func(account string) bool
	// Extend makes an undo window longer by socialwatch.HoldStep; nil: no such
	// button.
	Extend func(ctx context.Context, d socialwatch.Decision) (socialwatch.Reply, error)
	// Refused finds what a person must change in what they gave, and what
	// blocks it; "" when an error is none of that; nil: none ever is.
	Refused func(error) (text string, blocks []socialwatch.Finding)
	// Bell rings after changes; nil: pages look for them now and then.
	Bell func(ctx context.Context) (<-chan struct{}, error)
	// Purses tells how the money of accounts (nil: of all) stands, by account;
	// nil: no network charges.
	Purses func(ctx context.Context, accounts []string) (map[string]socialwatch.Purse, error)
	// Rates tells what the network's rate limits leave an account; nil: nothing
	// is known of any.
	Rates func(account string, now time.Time) []socialwatch.Rate
	// Handles are what accounts are called on their networks; one that is
	// missing goes by its name.
	Handles map[string]string
	// Alerts tells how the endpoints of alerts do, and Alarms what needs people
	// at once; nil: nothing is told and watched.
	Alerts func(ctx context.Context) ([]Alert, error)
	Alarms func(ctx context.Context) ([]socialwatch.Alarm, error)
	// Lookups are questions to the shop's own system; nil: none are asked.
	Lookups *Lookups
	// Bench lists templates and tries posts.
	Bench Bench
	// Eraser erases people; nil: no page does.
	Eraser Eraser
	// Webhooks are the endpoints of case systems; nil: no page shows them.
	Webhooks *Webhooks
	// Gloss says in the approvers' language what a template says; nil: nothing
	// is known of any.
	Gloss func(template, language string) string
	// House is what the configuration says, for people to read.
	House House
	// Scopes are those that tokens of the API may have, the first by default.
	Scopes []string
	// Every is the polling interval and Missed how many polls may fail until
	// pages raise the alarm; 0: 20 s and 3.
	Every  time.Duration
	Missed int
	// Zone is where times are shown in; nil: UTC.
	Zone    *time.Location
	Clients int // live pages at once, 20 of a person; 0: 500
	Now     func() time.Time
	Log     *slog.Logger
}

// Console is the web page. It is safe for concurrent use. Its event streams
// end with their requests: give the server a BaseContext that ends at shutdown.
type Console struct {
	o      Options
	pages  *pages
	assets *assets
	stream *stream
	serve  http.Handler

	mu     sync.Mutex
	health health // read at most every healthAge
}

// New makes the console; the error names what is missing or wrong in it.
func New(o Options) (*Console, error) {
	for name, missing := range map[string]bool{"Queue": o.Queue == nil, "Live": o.Live == nil, "Cases": o.Cases == nil, "Connections": o.Connections == nil,
		"Decider": o.Decider == nil, "Control": o.Control == nil, "Logins": o.Logins == nil, "People": o.People == nil, "Sessions": o.Sessions == nil,
		"Links": o.Links == nil, "Tokens": o.Tokens == nil, "Audit": o.Audit == nil, "Reports": o.Reports == nil, "Search": o.Search == nil, "Scopes": len(o.Scopes) == 0, "Check": o.Check == nil, "Diff": o.Diff == nil,
		"Bench":    o.Bench == nil,
		"Casework": o.Casework == nil, "Life": o.Life == nil, "CaseLinks": o.CaseLinks == nil, "Notebook": o.Notebook == nil, "Mask": o.Mask == nil, "Timeline": o.Timeline == nil} {
		if missing {
			return nil, fmt.Errorf("make the console: no %s", name)
		}
	}
	o = o.withDefaults()
	a, err := newAssets()
	if err != nil {
		return nil, fmt.Errorf("make the console: %w", err)
	}
	p, err := newPages(a)
	if err != nil {
		return nil, fmt.Errorf("make the console: %w", err)
	}
	c := &Console{o: o, pages: p, assets: a}
	c.stream = &stream{hub: newHub(o, c.sign), person: o.Logins.Person,
		open: auth.Seats[string]{All: o.Clients, Own: pagesOwn}, asking: auth.Seats[string]{All: o.Clients, Own: pagesOwn}}
	c.serve = c.secure(c.routes())
	return c, nil
}

func (o Options) withDefaults() Options {
	if o.Every <= 0 {
		o.Every = 20 * time.Second
	}
	if o.Missed <= 0 {
		o.Missed = 3
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Clients <= 0 {
		o.Clients = 500
	}
	if o.Purses == nil {
		o.Purses = func(context.Context, []string) (map[string]socialwatch.Purse, error) { return nil, nil }
	}
	if o.Alerts == nil {
		o.Alerts = func(context.Context) ([]Alert, error) { return nil, nil }
	}
	if o.Alarms == nil {
		o.Alarms = func(context.Context) ([]socialwatch.Alarm, error) { return nil, nil }
	}
	if o.Refused == nil {
		o.Refused = func(error) (string, []socialwatch.Finding) { return "", nil }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.serve.ServeHTTP(w, r) }

// routes are all pages. Those under people need a session.
func (c *Console) routes() http.Handler {
	people := http.NewServeMux()
	for pattern, handle := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /{$}":                            c.approvals,
		"GET /replies/{id}":                   c.reply,
		"GET /replies/{id}/edit":              c.editor,
		"POST /replies/{id}/edit":             c.edit,
		"POST /replies/{id}/check":            c.check,
		"POST /replies/{id}/approve":          c.approve,
		"POST /replies/{id}/reject":           c.reject,
		"POST /replies/{id}/extend":           c.extend,
		"POST /replies/{id}/undo":             c.undo,
		"POST /replies/{id}/again":            c.again,
		"POST /replies/{id}/withdraw":         c.withdraw,
		"POST /replies/{id}/settle":           c.settle,
		"POST /replies/{id}/lease":            c.lease,
		"POST /replies/{id}/lease/end":        c.endLease,
		"POST /take":                          c.take,
		"GET /cases":                          c.caseList,
		"GET /cases/{number}":                 c.caseDetail,
		"POST /cases/{number}/resolve":        c.resolveCase,
		"POST /cases/{number}/reopen":         c.reopenCase,
		"POST /cases/{number}/correct":        c.correct,
		"POST /cases/{number}/note":           c.addNote,
		"POST /cases/{number}/seen":           c.seeCalls,
		"POST /cases/{number}/escalate":       c.escalate,
		"POST /cases/{number}/snooze":         c.snooze,
		"POST /cases/{number}/wake":           c.wake,
		"POST /cases/{number}/take":           c.takeCase,
		"POST /cases/{number}/give":           c.giveCase,
		"POST /cases/{number}/tags":           c.tagCase,
		"POST /cases/{number}/answered":       c.answeredPrivately,
		"POST /cases/{number}/private":        c.privateContact,
		"POST /cases/{number}/merge":          c.mergeCase,
		"POST /cases/{number}/unmerge":        c.unmergeCase,
		"POST /cases/{number}/orders":         c.askOrders,
		"POST /cases/{number}/link":           c.linkCase,
		"POST /cases/{number}/release":        c.releaseCase,
		"GET /incidents":                      c.incidents,
		"GET /incidents/{id}":                 c.incident,
		"POST /incidents/{id}/anew":           c.anew,
		"GET /mentions":                       c.mentions,
		"POST /mentions/{id}/promote":         c.promote,
		"POST /mentions/{id}/correct":         c.correctMention,
		"GET /templates":                      c.bench,
		"POST /templates":                     c.bench,
		"GET /connections":                    c.connections,
		"POST /connections/{account}/pause":   c.pause,
		"POST /connections/{account}/unpause": c.unpause,
		"POST /stop":                          c.stop,
		"POST /resume":                        c.resume,
		"GET /help":                           c.help,
		"POST /settings":                      c.settings,
		"GET /rules":                          c.rules,
		"GET /reports":                        c.reports,
		"GET /search":                         c.search,
		"GET /reports.csv":                    c.reportFile,
		"GET /erase":                          c.askErase,
		"POST /erase":                         c.erase,
		"GET /audit":                          c.audit,
		"GET /audit.csv":                      c.auditFile,
		"GET /settings":                       c.settingsPage,
		"POST /settings/notify":               c.saveNotify,
		"POST /settings/me":                   c.saveMe,
		"POST /settings/password":             c.changePassword,
		"POST /settings/sessions":             c.endSessions,
		"POST /settings/tokens":               c.addToken,
		"POST /settings/tokens/{id}/revoke":   c.revokeToken,
		"GET /settings/people":                c.people,
		"POST /settings/people":               c.addPerson,
		"GET /settings/people/{id}":           c.person,
		"POST /settings/people/{id}":          c.savePerson,
		"POST /settings/people/{id}/disable":  c.disable,
		"POST /settings/people/{id}/enable":   c.enable,
		"POST /settings/people/{id}/reset":    c.resetPassword,
		"POST /settings/people/{id}/sessions": c.endTheirSessions,

		"GET /settings/webhooks":                 c.webhooks,
		"POST /settings/webhooks":                c.addHook,
		"GET /settings/webhooks/{id}":            c.webhook,
		"POST /settings/webhooks/{id}":           c.saveHook,
		"POST /settings/webhooks/{id}/pause":     c.pauseHook,
		"POST /settings/webhooks/{id}/resume":    c.resumeHook,
		"POST /settings/webhooks/{id}/test":      c.testHook,
		"POST /settings/webhooks/{id}/rotate":    c.rotateHook,
		"POST /settings/webhooks/{id}/redeliver": c.redeliver,
		"GET /settings/webhooks/{id}/remove":     c.askRemoveHook,
		"POST /settings/webhooks/{id}/remove":    c.removeHook,

		"/": func(http.ResponseWriter, *http.Request) error { return socialwatch.ErrNotFound },
	} {
		people.Handle(pattern, c.page(handle))
	}
	people.Handle("GET /events", c.stream)

	all := http.NewServeMux()
	all.Handle("GET /assets/{file}", c.assets)
	all.Handle("GET /login", c.page(c.loginPage))
	all.Handle("POST /login", c.page(c.login))
	all.Handle("GET /login/sso", c.page(c.beginSSO))
	all.Handle("GET /login/sso/callback", c.page(c.endSSO))
	all.Handle("GET /password", c.page(c.passwordPage))
	all.Handle("POST /password", c.page(c.setPassword))
	all.Handle("POST /logout", c.page(c.logout))
	all.Handle("/", unasked(c.o.Logins.Middleware(people, c.page(c.stranger), c.fail)))
	return all
}
