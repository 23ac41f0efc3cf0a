package console

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/auth"
	"socialwatch/internal/ledger"
	"socialwatch/internal/publish"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
	"socialwatch/responder"
)

const (
	account  = "shop_help"
	host     = "social.example"
	password = "four random words"
)

// shop is a console on a real database, with the real desk and safety check;
// only the network is missing, and triage, for which a word list stands.
type shop struct {
	*store.Store
	options store.Options
	console *Console
	desk    *publish.Desk
	server  *httptest.Server
	logins  *auth.Logins
	ledger  *ledger.Ledger

	mu    sync.Mutex
	clock time.Time
	live  time.Time // since when the clock runs by itself; zero: it stands
	posts int
}

func (s *shop) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.live.IsZero() {
		return socialwatch.Micros(s.clock.Add(time.Since(s.live)))
	}
	return s.clock
}

func (s *shop) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = s.clock.Add(d)
}

var people = map[string]socialwatch.Role{"rita": socialwatch.RoleReader, "otto": socialwatch.RoleAuthor,
	"ana": socialwatch.RoleApprover, "bo": socialwatch.RoleApprover, "lea": socialwatch.RoleLead, "max": socialwatch.RoleAdmin}

var hashOnce = sync.OnceValues(func() (string, error) { return auth.HashPassword(context.Background(), password) })

func newShop(t testing.TB) *shop {
	t.Helper()
	// Cookies and browsers live by the real clock; tests add to it.
	o := dbtest.New(t, store.SQLite)
	s := &shop{Store: dbtest.Reopen(t, o), options: o, clock: socialwatch.Micros(time.Now())}
	storetest.TemplateApproved(t, o, socialwatch.Payload{Account: account, Template: "missing-delivery", TemplateV: 4, Language: "en"})
	must(t, s.EnsureAccount(t.Context(), account, string(socialwatch.Mastodon), host))
	hash, err := hashOnce()
	must(t, err)
	for login, role := range people {
		_, err := s.AddPerson(t.Context(), socialwatch.Person{Login: login, Name: strings.ToUpper(login[:1]) + login[1:],
			Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: role}}, hash, s.now())
		must(t, err)
	}
	conn := &connectors.Connector{Account: account, Network: socialwatch.Mastodon, Host: host, Composer: composer{}}
	s.desk = &publish.Desk{Decisions: s.Store, Switches: s.Store, Replies: s.Store, Check: safe, Hold: 20 * time.Second, Now: s.now, Holds: s.Store, Compare: compare,
		Connector: func(string) *connectors.Connector { return conn }}
	s.ledger = &ledger.Ledger{Store: s.Store, Budgets: map[string]socialwatch.Budget{}, Now: s.now}
	s.logins = &auth.Logins{Store: s.Store, Links: s.Store, Now: s.now}
	s.console, err = New(Options{Casework: s.Store, Life: s.Store, CaseLinks: s.Store, Notebook: s.Store, Mask: masked, Row: s.ConsumerRow, Timeline: s.Timeline, Release: s.ReleaseCase,
		Queue: s.Store, Live: s.Store, Breaches: s.Store, Cases: s.Store, Connections: s.Store, Decider: s.desk, Control: s.desk, Logins: s.logins,
		People: s.Store, Sessions: s.Store, Links: s.Store, Tokens: s.Store, Audit: s.Store, Reports: s.Store, Search: s.Store, Eraser: s.Store, House: house, Scopes: []string{"read", "decide", "entities"},
		Incidents: s.Store, Anew: s.desk.Anew, Worded: func(p socialwatch.Payload) bool { return strings.HasPrefix(p.Template, "incident") },
		Check: s.desk.Preview, Diff: wordDiff, Withdraw: s.Withdraw, Extend: s.desk.Extend, Leases: s.Store, Bell: s.Bell, Purses: s.ledger.Purses, Handles: map[string]string{account: account}, Bench: bench{}, Now: s.now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	must(t, err)
	s.serve(t)
	return s
}

func (s *shop) serve(t testing.TB) {
	ctx, stop := context.WithCancel(context.Background())
	s.server = httptest.NewUnstartedServer(s.console)
	s.server.Config.BaseContext = func(net.Listener) context.Context { return ctx }
	s.server.Start()
	t.Cleanup(func() {
		stop()
		s.server.Close()
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type composer struct{}

func (composer) Compose(d socialwatch.Draft) (socialwatch.Payload, error) {
	p := socialwatch.Payload{Network: d.Parent.Network, Host: d.Parent.Host, Account: d.Account, ParentID: d.Parent.ID,
		ParentRev: d.Parent.Revision(), ParentBy: d.Parent.Author.ID, ParentName: d.Parent.Author.Handle,
		Prefix: "@" + d.Parent.Author.Handle + " ", Text: d.Text, Visibility: socialwatch.Unlisted, Language: d.Language,
		Template: d.Template, TemplateV: d.TemplateV, Limit: 500}
	p.Length = len([]rune(p.Whole()))
	return p, nil
}

func safe(rc socialwatch.ReplyContext, p socialwatch.Payload) []socialwatch.Finding {
	return responder.Safety{}.Check(responder.CheckInput{Payload: p, Parent: rc.Parent.Post, TemplateText: rc.Original,
		Account: responder.Account{AllowHosts: []string{"shop.example"}}})
}

func wordDiff(old, new string) []DiffPart {
	var parts []DiffPart
	for _, p := range responder.WordDiff(old, new) {
		parts = append(parts, DiffPart{string(p.Op), p.Text})
	}
	return parts
}

// telling are words that tell an intent in these tests.
var telling = []struct {
	words, signal string
	points        int
}{
	{"has not moved", "stuck_order.not_moved", 30}, {"is late", "stuck_order.late", 15}, {"where is my order", "stuck_order.where", 33},
	{"failed attempt", "stuck_order.attempt", 31}, {"DELIVERED", "missing_delivery.said_delivered", 28}, {"marked delivered", "missing_delivery.said_delivered", 28},
	{"nothing here", "missing_delivery.not_here", 22}, {"refund", "refund_delay.refund", 26}, {"still waiting", "refund_delay.waiting", 17},
	{"charged twice", "billing.charged_twice", 34}, {"broken", "return_exchange.damaged", 30}, {"one-time code", "scam_report.code", 32},
	{"does the", "question.asks", 14}, {"thank you", "praise.thanks", 12}, {"via @shop_help", "ignored.promotion", 45},
	{"9 days", "case.days_waited", 19}, {"6 days", "case.days_waited", 11}, {"3 weeks", "case.days_waited", 21}, {"THIRD time", "urgency.repeated", 21},
	{"ridiculous", "urgency.anger", 12}, {"Please help", "case.fix_it", 8}, {"not ", "sentiment.neg", -6},
	{"human being", "must.asks_for_human", 1},
}

func assess(m socialwatch.Mention) socialwatch.Assessment {
	a := socialwatch.Assessment{Rules: "test-1", Intent: socialwatch.Other, Language: "en", Masked: m.Text}
	best := 0
	for _, w := range telling {
		at := strings.Index(m.Text, w.words)
		if at < 0 {
			continue
		}
		a.Signals = append(a.Signals, socialwatch.Signal{Name: w.signal, Start: at, End: at + len(w.words), Points: w.points})
		a.Score = min(100, max(0, a.Score+w.points))
		if of, _, _ := strings.Cut(w.signal, "."); w.points > best && of != "case" && of != "ignored" && of != "urgency" && of != "must" {
			a.Intent, best = socialwatch.Intent(of), w.points
		}
	}
	return a
}

// customer is one post that comes in.
type customer struct {
	handle, name, text string
	followers          int
	ago                time.Duration
	target             time.Duration // of the first response
	level              int
	url                string // of the post; empty: one of the host
	profile            string
	edit               func(*socialwatch.Mention)
	answer             string // the draft; empty: the usual one
	caseID             int64  // the case it joins, without a draft
	ignored            string
	escalated          string
	order              string // number that the text names
}

const usual = "We are sorry this has not arrived. We would like to trace it together: please use shop.example/help. Your reference is %s."

// arrive stores a post with its case and draft, as intake does, and returns
// the number of its case.
func (s *shop) arrive(t testing.TB, cu customer) socialwatch.Case {
	t.Helper()
	ctx := t.Context()
	s.posts++
	at := s.now().Add(-cu.ago)
	id := strconv.Itoa(9000 + s.posts)
	m := socialwatch.Mention{Account: account, Kind: socialwatch.KindMention, Post: socialwatch.Post{
		Network: socialwatch.Mastodon, Host: host, ID: id, RootID: id, Text: socialwatch.CleanText(cu.text), Language: "en",
		Author: socialwatch.Author{ID: "a" + cu.handle, Handle: cu.handle, Name: cu.name, URL: cu.profile, Followers: cu.followers},
		URL:    cu.url, Visibility: socialwatch.Public, CreatedAt: at}}
	if m.URL == "" {
		m.URL = "https://social.example/@someone/" + id
	}
	if cu.edit != nil {
		cu.edit(&m)
	}
	a := assess(m)
	e := socialwatch.Entry{Mention: m, Assessment: a}
	known, err := s.Known(ctx, socialwatch.Ask{Account: account, PostIDs: []string{id}, Authors: []string{m.Author.ID}})
	must(t, err)
	changes := socialwatch.Changes{Account: account, Version: known.Version, At: s.now()}
	var cs socialwatch.Case
	switch {
	case cu.ignored != "":
		e.Assessment.Ignored = cu.ignored
	case cu.caseID != 0:
		e.CaseID = cu.caseID
	default:
		cs = s.open(t, cu, m, a)
		e.CaseID, e.Reply = cs.ID, s.draft(t, cu, m, cs)
		changes.Cases = []socialwatch.Case{cs}
		changes.Events = []socialwatch.Event{{Kind: socialwatch.EventCaseOpened, CaseID: cs.ID, Actor: socialwatch.System, At: s.now()}}
	}
	changes.Entries = []socialwatch.Entry{e}
	must(t, s.Save(ctx, changes))
	return cs
}

func (s *shop) open(t testing.TB, cu customer, m socialwatch.Mention, a socialwatch.Assessment) socialwatch.Case {
	refs, err := s.NextCases(t.Context(), 1)
	must(t, err)
	return socialwatch.Case{ID: refs[0].ID, Number: refs[0].Number, Account: account, Network: m.Network, Host: m.Host, Customer: m.Author,
		State: socialwatch.CaseNew, Team: "team-x", Level: max(cu.level, 1), Intent: a.Intent, Score: a.Score, Escalated: cu.escalated != "", Escalation: cu.escalated,
		Orders: strings.Fields(cu.order), OpenedAt: m.CreatedAt, UpdatedAt: s.now(), DueAt: m.CreatedAt.Add(max(cu.target, 30*time.Minute)), Version: 0}
}

func (s *shop) draft(t testing.TB, cu customer, m socialwatch.Mention, cs socialwatch.Case) *socialwatch.Reply {
	text := cu.answer
	if text == "" {
		text = fmt.Sprintf(usual, cs.Number)
	}
	p, err := composer{}.Compose(socialwatch.Draft{Account: account, Parent: m.Post, Text: text, Language: "en", Template: "missing-delivery", TemplateV: 4})
	must(t, err)
	r := &socialwatch.Reply{State: socialwatch.ReplyAwaiting, Version: 1, Payload: p, Hash: p.Hash(), Author: socialwatch.System,
		CreatedAt: s.now(), ExpiresAt: s.now().Add(4 * time.Hour)}
	r.Findings = safe(socialwatch.ReplyContext{Parent: m, Original: text}, p)
	if socialwatch.AnyBlocks(r.Findings) {
		r.State, r.Reason = socialwatch.ReplyBlocked, "the safety check blocks it"
	}
	return r
}

// replyOf is the newest reply of a case.
func (s *shop) replyOf(t testing.TB, number string) socialwatch.Reply {
	t.Helper()
	d, err := s.Case(t.Context(), number)
	must(t, err)
	if len(d.Replies) == 0 {
		t.Fatalf("case %s has no reply", number)
	}
	return d.Replies[len(d.Replies)-1]
}

// end takes an approved reply through one call that ends as told.
func (s *shop) end(t testing.TB, id int64, o socialwatch.Outcome) {
	t.Helper()
	rc, err := s.Context(t.Context(), id)
	must(t, err)
	a, err := s.Claim(t.Context(), socialwatch.Claim{ReplyID: id, Hash: rc.Reply.Hash, Worker: "test", Now: s.now(), Lease: time.Minute})
	must(t, err)
	o.At = s.now()
	must(t, s.Finish(t.Context(), a, o))
}

func (s *shop) person(t testing.TB, login string) socialwatch.Person {
	p, _, _, err := s.PersonByLogin(t.Context(), login)
	must(t, err)
	return p
}

// visitor is a browser without scripts: cookies, pages, forms.
type visitor struct {
	t      testing.TB
	shop   *shop
	client *http.Client
	cookie *http.Cookie
}
