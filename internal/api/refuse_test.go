package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// operation is one documented operation with an address and a body that are
// as they should be.
type operation struct {
	request
	id     string
	public bool
	has    func(status int) bool
}

// target is what operations act on.
type target struct {
	reply, mention int64 // the mention has no case
	number, hash   string
	version        int // of the case
}

func (g *rig) target(s storetest.Seeded) target {
	g.t.Helper()
	d, err := g.fx.Case(g.t.Context(), s.Case.Number)
	if err != nil {
		g.t.Fatal(err)
	}
	return target{s.Reply.ID, g.ignored(), d.Case.Number, s.Reply.Hash, d.Case.Version}
}

// operations lists what the document lists, for the target given.
func operations(t *testing.T, on target) []operation {
	t.Helper()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	hash, version := on.hash, fmt.Sprintf(`"version":%d`, on.version)
	bodies := map[string]string{
		"approveReply": `{"hash":"` + hash + `"}`, "undoReply": `{"hash":"` + hash + `"}`, "extendReply": `{"hash":"` + hash + `"}`,
		"rejectReply":  `{"hash":"` + hash + `","reason":"wrong_tone"}`,
		"editReply":    `{"hash":"` + hash + `","text":"Other words.","approve":false}`,
		"leaseReply":   `{"end":false}`,
		"resolveReply": `{"absent":true,"attempt":1}`, "stopPublishing": ``, "resumePublishing": `{}`,
		"withdrawReply": `{"hash":"` + hash + `"}`, "promoteMention": ``,
		"noteCase": `{"text":"Sent again."}`, "tagCase": `{"add":["parcel"]}`,
		"assignCase": `{` + version + `,"assignee":"bo"}`, "snoozeCase": `{` + version + `}`, "wakeCase": `{` + version + `}`,
		"claimCase": `{` + version + `,"reference":"4711"}`, "releaseCase": `{` + version + `}`, "privateContact": `{` + version + `}`,
		"privateAnswer": `{` + version + `}`, "mergeCases": `{` + version + `,"other":"K-0","other_version":1}`, "unmergeCase": `{` + version + `}`,
		"escalateCase": `{` + version + `,"reason":"refund"}`, "moveCase": `{` + version + `,"state":"open"}`,
	}
	var all []operation
	for path, item := range doc.Paths.Map() {
		path = strings.NewReplacer("/mentions/{id}", fmt.Sprint("/mentions/", on.mention), "{id}", fmt.Sprint(on.reply), "{number}", on.number, "{name}", "conflict").Replace(path)
		for method, op := range item.Operations() {
			if op.OperationID == "pushMentions" { // signed, without a token: TestPushedMentions
				continue
			}
			one := operation{id: op.OperationID, public: op.Security != nil && len(*op.Security) == 0,
				has:     func(status int) bool { return op.Responses.Status(status) != nil },
				request: request{method: method, path: "/api/v1" + path, body: bodies[op.OperationID]}}
			if one.body != "" {
				one.media = "application/json; charset=utf-8"
			}
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return all
}

// decides reports whether only a person may.
func (op operation) decides() bool {
	return op.method == "POST" && !strings.Contains(op.path, "/cases/") && !strings.Contains(op.path, "/mentions/")
}

// expect sends q and wants this answer, with a detail.
func (g *rig) expect(q request, status int, kind string) {
	g.t.Helper()
	got, problem, body := g.do(q)
	if got != status || problem != kind || status >= 400 && !strings.Contains(body, `"detail":"`) {
		g.t.Errorf("%s %s: %d %s, want %d %s: %.300s", q.method, q.path, got, problem, status, kind, body)
	}
}

func TestEveryOperationRefusesInTheSameWords(t *testing.T) {
	g := newRig(t)
	one := g.seed(1)[0]
	on := g.target(one)
	all := operations(t, on)
	lead, robot := g.token("ana", api.Scopes...), g.token("", api.Scopes...)
	narrow := map[string]string{"GET": g.token("ana", api.ScopeDecide), "POST": g.token("ana", api.ScopeRead)}
	for _, op := range all {
		g.expect(with(op, func(q *request) { q.method = "PATCH" }), 405, "method-not-allowed")
		g.expect(with(op, func(q *request) { q.method = "OPTIONS" }), 405, "method-not-allowed")
		g.expect(with(op, func(q *request) { q.path += "/" }), 404, "not-found")
		if op.public {
			continue
		}
		g.expect(op.request, 401, "token-required")
		for _, bad := range []string{"swt_", "x", strings.Repeat("a", 47), "swt_" + strings.Repeat("A", 43)} {
			g.expect(with(op, func(q *request) { q.token = bad }), 401, "token-required")
		}
		g.expect(with(op, func(q *request) { q.token = narrow[op.method] }), 403, "scope-required")
		g.expect(with(op, func(q *request) { q.token, q.path = lead, q.path+"?nonsense=1" }), 400, "invalid-request")
		g.expect(with(op, func(q *request) { q.token, q.path = lead, q.path+"?a=%zz" }), 400, "invalid-request")
		if op.has(404) {
			g.expect(with(op, func(q *request) {
				q.token = lead
				q.path = strings.NewReplacer("/replies/1", "/replies/9999999", one.Case.Number, "K-0", fmt.Sprint("/mentions/", on.mention), "/mentions/9999999").Replace(q.path)
			}), 404, "not-found")
		}
		if op.method != "POST" {
			continue
		}
		if op.decides() {
			g.expect(with(op, func(q *request) { q.token = robot }), 403, "person-required")
		}
		g.expect(with(op, func(q *request) { q.token, q.media, q.body = lead, "text/plain", "hash" }), 415, "unsupported-media-type")
		g.expect(with(op, func(q *request) { q.token, q.media, q.body = lead, "", `{"hash":""}` }), 415, "unsupported-media-type")
		g.expect(with(op, func(q *request) {
			q.token, q.media, q.body = lead, "application/json", `{"note":"`+strings.Repeat("a", 70_000)+`"}`
		}), 413, "body-too-large")
	}
}

func with(op operation, change func(*request)) request {
	q := op.request
	change(&q)
	return q
}

// twin is a second case of a case's customer, by number.
func (g *rig) twin(of socialwatch.Case) string {
	g.t.Helper()
	db := dbtest.Raw(g.t, g.fx.Options)
	defer db.Close()
	if _, err := db.Exec(`insert into cases (id, number, account, network, host, customer_id, customer, state, level, intent, score, escalated, escalation,
		orders, opened_at, updated_at, due_at, version, team) select 5000, 'K-5000', account, network, host, customer_id, customer, 'open', level, intent,
		score, escalated, escalation, orders, opened_at, updated_at, due_at, 1, team from cases where number = '` + of.Number + `'`); err != nil {
		g.t.Fatal(err)
	}
	return "K-5000"
}

// whole is a case with its twin merged into it.
func (g *rig) whole(c socialwatch.Case, twin string) socialwatch.Case {
	g.t.Helper()
	w := store.CaseWork{Number: c.Number, Version: c.Version, By: socialwatch.Person{Login: "ana"}, At: start}
	c, err := g.fx.Merge(g.t.Context(), store.Merge{CaseWork: w, Other: twin, OtherVersion: 1})
	if err != nil {
		g.t.Fatal(err)
	}
	return c
}

func TestEveryOperationAnswersWell(t *testing.T) {
	for _, op := range operations(t, target{}) {
		t.Run(op.id, func(t *testing.T) {
			g := newRig(t)
			one := g.seed(1)[0]
			if op.id == "wakeCase" {
				w := store.CaseWork{Number: one.Case.Number, Version: one.Case.Version, By: socialwatch.Person{Login: "ana"}, At: start}
				if _, err := g.fx.Snooze(t.Context(), store.Snooze{CaseWork: w}); err != nil {
					t.Fatal(err)
				}
			}
			if op.id == "releaseCase" {
				w := store.CaseWork{Number: one.Case.Number, Version: one.Case.Version, By: socialwatch.Person{Login: "system:token of "}, At: start}
				if _, err := g.fx.ClaimCase(t.Context(), w, socialwatch.External{System: "token of ", Ref: "4711"}); err != nil {
					t.Fatal(err)
				}
			}
			if op.id == "privateContact" {
				g.asked(one.Case.Number)
			}
			other := ""
			if op.id == "mergeCases" || op.id == "unmergeCase" {
				other = g.twin(one.Case)
			}
			if op.id == "unmergeCase" {
				one.Case = g.whole(one.Case, other)
			}
			op := operations(t, g.target(one))[slices.IndexFunc(
				operations(t, target{}), func(o operation) bool { return o.id == op.id })]
			op.body = strings.Replace(op.body, "K-0", other, 1)
			if op.id == "unmergeCase" {
				op.path = strings.Replace(op.path, one.Case.Number, other, 1)
			}
			op.token = g.token("ana", api.Scopes...)
			if op.id == "claimCase" {
				op.token = g.token("", api.Scopes...)
			}
			if op.id == "undoReply" || op.id == "extendReply" || op.id == "resolveReply" {
				if _, err := g.as("ana").Approve(t.Context(), one.Reply.ID, one.Reply.Hash, ""); err != nil {
					t.Fatal(err)
				}
			}
			if op.id == "resolveReply" {
				g.doubt(one.Reply)
			}
			kind := ""
			if op.id == "getProblem" {
				kind = "conflict" // a problem's page is a problem, found
			}
			if op.id != "streamEvents" { // which has no end
				g.expect(op.request, 200, kind)
			}
			if op.method == "GET" {
				g.expect(with(op, func(q *request) { q.method = "HEAD" }), 200, "")
			}
		})
	}
}

func TestRateIsLimitedForEachTokenAlone(t *testing.T) {
	g := newRig(t, func(o *api.Options) { o.Rate = 0.5 })
	one := g.seed(1)[0]
	for _, op := range operations(t, g.target(one)) {
		if op.public {
			continue
		}
		me := g.as("ana")
		op.token = me.Token
		if _, err := me.Me(t.Context()); err != nil {
			t.Fatal(err)
		}
		g.expect(op.request, 429, "rate-limited")
		_, err := me.Me(t.Context())
		if p := problemOf(t, err, "rate-limited"); p.RetryAfter < time.Second || p.RetryAfter > 3*time.Second {
			t.Errorf("wait %s", p.RetryAfter)
		}
	}
	slow := g.as("bo")
	for i := range 4 {
		if _, err := slow.Me(t.Context()); err != nil {
			t.Errorf("request %d after a wait: %v", i, err)
		}
		g.clock = g.clock.Add(2 * time.Second)
	}
}

func TestFailureOfTheDatabaseIsLoggedNotShown(t *testing.T) {
	g := newRig(t)
	one := g.seed(1)[0]
	token := g.token("ana", api.Scopes...)
	all := operations(t, g.target(one))
	g.fx.Close()
	for _, op := range all {
		if op.public {
			continue
		}
		op.token = token
		status, problem, body := g.do(op.request)
		if status != 500 || problem != "internal" || strings.Contains(body, "sql") {
			t.Errorf("%s: %d %s", op.id, status, body)
		}
	}
	if log := g.log.String(); !strings.Contains(log, "closed") || strings.Contains(log, token) || strings.Contains(log, one.Mention.Author.Handle) {
		t.Errorf("log:\n%s", log)
	}
}

func TestHostileRequestsAreRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		g := newRigOn(t, o)
		one := g.seed(1)[0]
		token, hash := g.token("ana", api.Scopes...), one.Reply.Hash
		approve := fmt.Sprintf("/api/v1/replies/%d/approve", one.Reply.ID)
		edit := fmt.Sprintf("/api/v1/replies/%d/edit", one.Reply.ID)
		resolve := fmt.Sprintf("/api/v1/replies/%d/resolve", one.Reply.ID)
		for _, body := range []string{``, ` `, `null`, `[]`, `"x"`, `{`, `{}`, `{"hash"`, `{"hash":`, `{"hash":null}`, `{"hash":1}`, `{"hash":["` + hash + `"]}`,
			`{"hash":"` + hash + `"`, `{"hash":"` + hash + `"} x`, `{"hash":"` + hash + `"}{}`, `{"HASH":"` + hash + `"}`, `{"hash":"` + hash + `","hash":"` + hash + `"}`,
			`{"hash":"` + hash + `","person":"bo"}`, `{"hash":"` + strings.ToUpper(hash) + `"}`, `{"hash":"` + hash[1:] + `"}`, `{"hash":""}`,
			"{\"hash\":\"" + hash + "\xff\"}", `{"hash":"` + hash + `\u0000"}`, strings.Repeat(`{"hash":`, 5000)} {
			g.expect(request{method: "POST", path: approve, token: token, media: "application/json", body: body}, 400, "invalid-request")
		}
		for _, body := range []string{`{"hash":"` + hash + `","text":""}`, `{"hash":"` + hash + `","text":"\u0000 \n"}`,
			`{"hash":"` + hash + `","text":"ok","approve":"true"}`, `{"hash":"` + hash + `"}`} {
			g.expect(request{method: "POST", path: edit, token: token, media: "application/json", body: body}, 400, "invalid-request")
		}
		for _, body := range []string{`{}`, `{"absent":false}`, `{"link":"","absent":false}`, `{"absent":true}`, `{"absent":true,"attempt":0}`, `{"link":"https://social.example/1","absent":true}`,
			`{"link":"javascript:alert(1)"}`, `{"link":"https://social.example/"}`, `{"link":"https:///x"}`, `{"link":"9050"}`,
			`{"link":"https://a:b@social.example/9"}`, `{"link":"https://social.example/9\n"}`, `{"link":"https://social.example/.."}`} {
			g.expect(request{method: "POST", path: resolve, token: token, media: "application/json", body: body}, 400, "invalid-request")
		}
		for path, status := range map[string]int{
			"/api/v1/replies?limit=0": 400, "/api/v1/replies?limit=501": 400, "/api/v1/replies?limit=x": 400, "/api/v1/replies?limit=": 400,
			"/api/v1/replies?limit=1&limit=2": 400, "/api/v1/replies?limit=%2B5": 400, "/api/v1/replies?state=lost": 400, "/api/v1/cases?state=awaiting": 400,
			"/api/v1/replies?cursor=%00": 400, "/api/v1/replies?cursor=" + strings.Repeat("A", 5000): 400, "/api/v1/events?after=-1": 400,
			"/api/v1/events?after=9007199254740992": 400, "/api/v1/events?after=1e3": 400, "/api/v1/replies?a;b": 400,
			"/api/v1/replies?" + strings.Repeat("account=a&", 101): 400, "/api/v1/replies?account=%00%ff": 200, "/api/v1/replies?account=%27%20or%201=1": 200,
			"/api/v1/events?after=9007199254740991": 409,
			"/api/v1/replies/0":                     404, "/api/v1/replies/01": 404, "/api/v1/replies/-1": 404, "/api/v1/replies/x": 404,
			"/api/v1/replies/9223372036854775807": 404, "/api/v1/replies/9223372036854775808": 404, "/api/v1/replies/%00": 404,
			"/api/v1/cases/%00": 404, "/api/v1/cases/%ff": 404, "/api/v1/cases/" + strings.Repeat("K", 9000): 404, "/api/v1/cases/K-1%2F..": 404,
			"/api/v1/cases/" + strings.ToLower(one.Case.Number): 404,
			"/api/v1//replies": 404, "/api/v1/../v1/me": 404, "/api/v1": 404, "/api/v2/me": 404, "/": 404, "/api/v1/problems/x": 404,
		} {
			if got, problem, body := g.do(request{method: "GET", path: path, token: token}); got != status {
				t.Errorf("GET %.80s: %d %s, want %d: %.200s", path, got, problem, status, body)
			}
		}
		if card, err := g.fx.Card(t.Context(), one.Reply.ID); err != nil || card.Reply.Version != 1 || card.Reply.DecidedBy != "" {
			t.Errorf("something got through: %+v, %v", card.Reply, err)
		}
		if g.log.Len() > 0 {
			t.Errorf("logged as failures:\n%s", g.log)
		}
	})
}

func TestTokenOfDisabledPersonIsNone(t *testing.T) {
	g := newRig(t)
	c := g.as("bo")
	if _, err := c.Me(t.Context()); err != nil {
		t.Fatal(err)
	}
	g.fx.Disable(t, "bo")
	_, err := c.Me(t.Context())
	problemOf(t, err, "token-required")

	p, _, _, err := g.fx.PersonByLogin(t.Context(), "ana")
	if err != nil {
		t.Fatal(err)
	}
	secret, hash := auth.NewToken()
	if err := g.fx.AddToken(t.Context(), store.NewToken{Name: "short", Hash: hash, PersonID: &p.ID, Scopes: api.Scopes,
		CreatedAt: start, ExpiresAt: start.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	c.Token = secret
	if _, err := c.Me(t.Context()); err != nil {
		t.Fatal(err)
	}
	g.clock = start.Add(time.Hour)
	_, err = c.Me(t.Context())
	problemOf(t, err, "token-required")
}

func TestDocumentIsServedAsItIs(t *testing.T) {
	g := newRig(t)
	status, _, body := g.do(request{method: http.MethodGet, path: "/api/v1/openapi.json"})
	doc, err := openapi3.NewLoader().LoadFromData([]byte(body))
	if status != 200 || err != nil {
		t.Fatalf("%d, %v", status, err)
	}
	if err := doc.Validate(t.Context()); err != nil || doc.OpenAPI != "3.0.3" {
		t.Error(doc.OpenAPI, err)
	}
	for _, name := range sorted(doc.Components.Schemas) {
		if s := doc.Components.Schemas[name].Value; s.Type.Is("object") && name != "Publishing" && len(s.Properties) == 0 {
			t.Errorf("%s has no properties", name)
		}
	}
}
