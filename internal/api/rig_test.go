package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/api"
	"socialwatch/internal/auth"
	"socialwatch/internal/publish"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
	"socialwatch/responder"
)

// raw are personal data that stand in the seeded posts.
var raw = []string{"customer1@mail.example", "555-0147", "cracked lid", "Mrs Customer"}

var start = storetest.Start.Add(time.Minute)

// rig is the API on a real database, with the desk that takes decisions.
type rig struct {
	t     *testing.T
	fx    storetest.Fixture
	desk  *publish.Desk
	opts  api.Options
	url   string
	http  *http.Client
	log   *bytes.Buffer
	clock time.Time
}

func newRig(t *testing.T, change ...func(*api.Options)) *rig {
	t.Helper()
	return newRigOn(t, dbtest.New(t, store.SQLite), change...)
}

func newRigOn(t *testing.T, o store.Options, change ...func(*api.Options)) *rig {
	t.Helper()
	g := &rig{t: t, fx: storetest.On(t, o), log: &bytes.Buffer{}, clock: start}
	now := func() time.Time { return g.clock }
	storetest.TemplateApproved(t, o, storetest.Payload(storetest.Mention("1", "customer1"), ""))
	g.desk = &publish.Desk{Decisions: g.fx, Switches: g.fx, Replies: g.fx, Check: check, Now: now, Hold: 20 * time.Second, Holds: g.fx,
		Connector: func(string) *connectors.Connector { return &connectors.Connector{Composer: composer{}} }}
	g.opts = api.Options{Reader: g.fx, Events: g.fx, Tokens: g.fx, Decider: g.desk, Control: g.desk, Holds: g.desk, Leases: g.fx, Refused: refused,
		Mentions: g.fx, FeedBell: g.fx.FeedBell, Requests: g.fx, Casework: g.fx, Casebook: g.fx, Owners: g.fx, CaseLife: g.fx, Withdraw: g.fx.Withdraw, Promote: g.promote, Teams: []string{"support", "trust"},
		Mask: func(text string) string { return strings.ReplaceAll(text, "555-0147", "********") }, Diff: responder.WordDiff, Rate: 1000, Now: now, Log: slog.New(slog.NewTextHandler(g.log, nil))}
	for _, f := range change {
		f(&g.opts)
	}
	server := httptest.NewServer(api.New(g.opts))
	t.Cleanup(server.Close)
	g.url, g.http = server.URL, &http.Client{Transport: newContract(t)}
	for login, roles := range map[string]map[string]socialwatch.Role{
		"ana": {"*": socialwatch.RoleLead}, "bo": {storetest.Account: socialwatch.RoleApprover},
		"cy": {storetest.Account: socialwatch.RoleAuthor}, "di": {"other": socialwatch.RoleLead}, "ed": {},
	} {
		if _, err := g.fx.AddPerson(t.Context(), socialwatch.Person{Login: login, Name: "N " + login, Roles: roles}, "", start); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

func check(_ socialwatch.ReplyContext, p socialwatch.Payload) []socialwatch.Finding {
	if i := strings.Index(p.Text, "guaranteed"); i >= 0 {
		return []socialwatch.Finding{{Rule: "promise", Blocks: true, Words: "guaranteed", Mend: "leave it out", Start: i, End: i + 10}}
	}
	return nil
}

func refused(err error) (string, []socialwatch.Finding) {
	var blocked *publish.BlockedError
	var input *publish.InputError
	switch {
	case errors.As(err, &blocked):
		return blocked.Error(), blocked.Findings
	case errors.As(err, &input):
		return input.Text, nil
	}
	return "", nil
}

var errCompose = errors.New("the text addresses somebody else: leave @ out")

// promote is intake's, as far as the API sees it.
func (g *rig) promote(ctx context.Context, mentionID int64, by socialwatch.Person) (string, error) {
	m, err := g.fx.Mention(ctx, mentionID)
	switch {
	case err != nil:
		return "", err
	case !by.May(socialwatch.RoleAuthor, m.Mention.Account):
		return "", fmt.Errorf("%s needs the role author: %w", by.Login, socialwatch.ErrForbidden)
	case m.CaseID != 0:
		return "", fmt.Errorf("it has a case already: %w", socialwatch.ErrConflict)
	}
	c := g.fx.Changes(g.t)
	one := g.fx.NewCase(g.t, m.Mention)
	c.By, c.Past = by.Login, true
	c.Cases, c.Events = []socialwatch.Case{one}, []socialwatch.Event{{Kind: socialwatch.EventMentionPromoted, CaseID: one.ID, Actor: by.Login, At: g.clock}}
	c.Entries = []socialwatch.Entry{{Mention: m.Mention, Assessment: storetest.Assessment(m.Mention), CaseID: one.ID}}
	return one.Number, g.fx.Save(ctx, c)
}

// composer does what a network's does with a person's text.
type composer struct{}

func (composer) Compose(d socialwatch.Draft) (socialwatch.Payload, error) {
	if strings.Contains(d.Text, "@") {
		return socialwatch.Payload{}, errCompose
	}
	return storetest.Payload(socialwatch.Mention{Post: d.Parent, Account: d.Account}, d.Text), nil
}

// token makes a token; an empty login makes a system's.
func (g *rig) token(login string, scopes ...string) string {
	g.t.Helper()
	secret, hash := auth.NewToken()
	n := store.NewToken{Name: "token of " + login, Hash: hash, Scopes: scopes, CreatedAt: start}
	if login != "" {
		p, _, _, err := g.fx.PersonByLogin(g.t.Context(), login)
		if err != nil {
			g.t.Fatal(err)
		}
		n.PersonID = &p.ID
	}
	if err := g.fx.AddToken(g.t.Context(), n); err != nil {
		g.t.Fatal(err)
	}
	return secret
}

// as is a client with a fresh token of all scopes.
func (g *rig) as(login string) *api.Client {
	g.t.Helper()
	return &api.Client{BaseURL: g.url, Token: g.token(login, api.Scopes...), HTTP: g.http}
}

// request is one raw request.
type request struct {
	method, path, token string
	media, body         string
	key                 string // Idempotency-Key; "": none
}

// do sends a raw request and returns the status, the problem's name and the
// body.
func (g *rig) do(q request) (status int, problem string, body string) {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), q.method, g.url+q.path, strings.NewReader(q.body))
	if err != nil {
		g.t.Fatal(err)
	}
	if q.token != "" {
		req.Header.Set("Authorization", "Bearer "+q.token)
	}
	if q.media != "" {
		req.Header.Set("Content-Type", q.media)
	}
	if q.key != "" {
		req.Header.Set("Idempotency-Key", q.key)
	}
	res, err := g.http.Transport.RoundTrip(req)
	if err != nil {
		g.t.Fatal(err)
	}
	b, _ := io.ReadAll(res.Body)
	var p api.Problem
	_ = jsonUnmarshal(b, &p)
	_, name, _ := strings.Cut(p.Type, "/problems/")
	return res.StatusCode, name, string(b)
}

// seed stores n cases with a post full of personal data and an awaiting reply
// each.
func (g *rig) seed(n int) []storetest.Seeded {
	g.t.Helper()
	c := g.fx.Batch(g.t, fmt.Sprintf("p%d", len(raw)+n), n)
	for i := range c.Entries {
		m, a := &c.Entries[i].Mention, &c.Entries[i].Assessment
		m.Text = "@help write to customer1@mail.example or 555-0147, order 100-2233"
		a.Masked = "@help write to ********************** or ********, order 100-2233"
		m.Author.Name, m.Warning = "Mrs Customer", "cracked lid"
		m.Media = []socialwatch.Media{{Kind: "image", Description: "cracked lid of Mrs Customer"}}
		a.Signals = []socialwatch.Signal{{Name: "order", Start: 57, End: 65, Points: 5}}
		a.Entities = []socialwatch.Entity{
			{Kind: socialwatch.Email, Value: "customer1@mail.example", Start: 15, End: 37},
			{Kind: socialwatch.Phone, Value: "555-0147", Start: 41, End: 49},
			{Kind: socialwatch.OrderNumber, Value: "100-2233", Start: 57, End: 65},
		}
	}
	g.fx.MustSave(g.t, c)
	k := g.fx.Know(g.t, ids(c), nil)
	seeded := make([]storetest.Seeded, n)
	for i := range seeded {
		seeded[i] = storetest.Seeded{Case: k.Cases[i], Mention: c.Entries[i].Mention, Reply: k.Replies[i]}
	}
	return seeded
}

// ignored stores a mention that has no case and returns its id.
func (g *rig) ignored() int64 {
	g.t.Helper()
	c := g.fx.Changes(g.t)
	m := storetest.Mention(fmt.Sprint("noise", c.Version), "customer9")
	a := storetest.Assessment(m)
	a.Ignored = "promotion"
	c.Entries = []socialwatch.Entry{{Mention: m, Assessment: a}}
	g.fx.MustSave(g.t, c)
	rows, _, err := g.fx.Mentions(g.t.Context(), store.MentionFilter{Show: store.ShowIgnored})
	if err != nil || len(rows) == 0 {
		g.t.Fatal(rows, err)
	}
	return rows[0].ID
}

func ids(c socialwatch.Changes) []string {
	var all []string
	for _, e := range c.Entries {
		all = append(all, e.Mention.ID)
	}
	return all
}

// doubt makes a reply unknown, the way the publisher does.
func (g *rig) doubt(r socialwatch.Reply) {
	g.t.Helper()
	g.clock = g.clock.Add(time.Minute)
	a, err := g.fx.Claim(g.t.Context(), socialwatch.Claim{ReplyID: r.ID, Hash: r.Hash, Worker: "w", Now: g.clock, Lease: time.Minute})
	if err != nil {
		g.t.Fatal(err)
	}
	if err := g.fx.Finish(g.t.Context(), a, socialwatch.Outcome{State: socialwatch.ReplyUnknown, Reason: "no answer", At: g.clock}); err != nil {
		g.t.Fatal(err)
	}
}

func problemOf(t *testing.T, err error, kind string) *api.Problem {
	t.Helper()
	var p *api.Problem
	if !errors.As(err, &p) || p.Type != "/api/v1/problems/"+kind {
		t.Fatalf("got %v (%+v), want %s", err, p, kind)
	}
	if p.Detail == "" || p.Title == "" {
		t.Errorf("a problem without words: %+v", p)
	}
	return p
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
