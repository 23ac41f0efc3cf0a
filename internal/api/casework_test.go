package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// act posts to a case and returns it.
func (g *rig) act(token, number, what, body string) api.Case {
	g.t.Helper()
	status, _, got := g.do(request{method: http.MethodPost, path: "/api/v1/cases/" + number + "/" + what, token: token, media: "application/json", body: body})
	var c api.Case
	if err := json.Unmarshal([]byte(got), &c); err != nil || status != 200 {
		g.t.Fatalf("%s %s: %d %s", what, body, status, got)
	}
	return c
}

func TestPeopleAndSystemsWorkOnCases(t *testing.T) {
	g := newRig(t)
	for i, who := range []struct{ login, actor string }{{"", "system:token of "}, {"ana", "ana"}} {
		number, token := g.seed(i + 1)[0].Case.Number, g.token(who.login, api.ScopeCases)
		v := 1
		do := func(what, body string) api.Case {
			t.Helper()
			c := g.act(token, number, what, strings.Replace(body, "V", fmt.Sprint(v), 1))
			v = c.Version
			return c
		}
		if c := do("assign", `{"version":V,"assignee":"cy","team":"trust"}`); c.Assignee != "cy" || c.Team != "trust" {
			t.Errorf("%+v", c)
		}
		if c := do("assign", `{"version":V,"assignee":""}`); c.Assignee != "" || c.Team != "trust" {
			t.Errorf("%+v", c)
		}
		do("tags", `{"add":["Parcel lost"],"remove":["x"]}`)
		do("notes", `{"text":"Call 555-0147\r\nagain."}`)
		if c := do("snooze", `{"version":V,"until":"2026-11-02T10:00:00Z"}`); c.SnoozedUntil == nil || c.SnoozedUntil.Hour() != 10 {
			t.Errorf("%+v", c.SnoozedUntil)
		}
		if c := do("wake", `{"version":V}`); c.SnoozedUntil != nil {
			t.Errorf("%+v", c.SnoozedUntil)
		}
		if c := do("snooze", `{"version":V}`); c.SnoozedUntil == nil {
			t.Error("not put off until the next mention")
		}
		if c := do("escalate", `{"version":V,"reason":"other","words":"Ask the boss."}`); !c.Escalated || strings.Contains(c.Escalation, "boss") {
			t.Errorf("%+v", c)
		}
		if c := do("state", `{"version":V,"state":"waiting"}`); c.State != socialwatch.CaseWaiting {
			t.Errorf("%+v", c)
		}
		d, err := g.fx.Case(t.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Notes) != 2 || d.Notes[0].Body != "Call ********\nagain." || d.Notes[0].Author != who.actor || !slices.Equal(d.Tags, []string{"parcel-lost"}) {
			t.Errorf("notes %+v, tags %v", d.Notes, d.Tags)
		}
		for _, e := range d.Events[:9] {
			if e.Actor != who.actor {
				t.Errorf("%s by %q, want %q", e.Kind, e.Actor, who.actor)
			}
		}
	}
}

func TestWorkOnACaseThatHasChangedIsRefusedWithWhoChangedIt(t *testing.T) {
	g := newRig(t)
	number, robot := g.seed(1)[0].Case.Number, g.token("", api.ScopeCases)
	g.clock = g.clock.Add(time.Minute)
	g.act(g.token("cy", api.ScopeCases), number, "assign", `{"version":1,"assignee":"cy"}`)
	for what, body := range map[string]string{"assign": `"assignee":"bo"`, "snooze": `"until":"2026-11-03T10:00:00Z"`, "wake": "",
		"escalate": `"reason":"refund"`, "state": `"state":"open"`} {
		body = strings.TrimSuffix(`{"version":1,`+body, ",") + "}"
		status, problem, got := g.do(request{method: "POST", path: "/api/v1/cases/" + number + "/" + what, token: robot, media: "application/json", body: body})
		var p api.Problem
		if err := json.Unmarshal([]byte(got), &p); err != nil || status != 409 || problem != "conflict" || p.CurrentCase == nil {
			t.Errorf("%s: %d %s", what, status, got)
			continue
		}
		if c := p.CurrentCase; c.ChangedBy != "cy" || !c.ChangedAt.Equal(g.clock) || c.Change != "case.assigned" || c.Version != 2 || c.Assignee != "cy" ||
			!strings.Contains(p.Detail, "by cy at 09:02") {
			t.Errorf("%s: %+v, %s", what, c, p.Detail)
		}
		g.expect(request{method: "POST", path: "/api/v1/cases/" + number + "/" + what, token: robot, media: "application/json",
			body: strings.Replace(body, `"version":1`, `"version":0`, 1)}, 400, "invalid-request")
	}
}

func TestWorkOnCasesKeepsToRights(t *testing.T) {
	g := newRig(t)
	number := g.seed(1)[0].Case.Number
	path := "/api/v1/cases/" + number
	post := func(login, what, body string, scopes ...string) request {
		return request{method: "POST", path: path + what, token: g.token(login, scopes...), media: "application/json", body: body}
	}
	g.expect(post("di", "/notes", `{"text":"a"}`, api.ScopeCases), 404, "not-found") // of another account
	g.expect(post("cy", "/assign", `{"version":1,"assignee":"bo"}`, api.ScopeCases), 403, "role-required")
	g.expect(post("cy", "/notes", `{"text":"a"}`, api.ScopeRead, api.ScopeDecide), 403, "scope-required")
	g.expect(post("", "/assign", `{"version":1,"assignee":"di"}`, api.ScopeCases), 409, "not-possible") // who may not work on it
	for what, bodies := range map[string][]string{
		"/notes":    {`{"text":""}`, `{"text":" \u0000"}`, `{"text":"` + strings.Repeat("a", 4001) + `"}`, `{"text":["a"]}`},
		"/assign":   {`{"version":1}`, `{"version":"1","assignee":"bo"}`, `{"version":1.5,"assignee":"bo"}`, `{"version":1,"assignee":null}`, `{"version":1,"team":"nobody's"}`},
		"/tags":     {`{}`, `{"add":[]}`, `{"add":"x"}`, `{"add":["--"]}`, `{"add":["555-0147"]}`, `{"add":[1]}`, `{"add":["123","456"]}`},
		"/snooze":   {`{"version":1,"until":"2026-11-01T10:00:00Z"}`, `{"version":1,"until":"2027-11-01T10:00:00Z"}`, `{"version":1,"until":"tomorrow"}`, `{"until":"2026-11-03T10:00:00Z"}`},
		"/escalate": {`{"version":1,"reason":"anger"}`, `{"version":1,"reason":"other"}`, `{"version":1,"reason":"refund","words":"now"}`, `{"version":1,"reason":"refund","team":"x"}`},
		"/state":    {`{"version":1,"state":"closed"}`, `{"version":1,"state":"merged"}`, `{"version":1}`},
	} {
		for _, body := range bodies {
			g.expect(post("ana", what, body, api.ScopeCases), 400, "invalid-request")
		}
	}
	if d, err := g.fx.Case(t.Context(), number); err != nil || d.Case.Version != 1 || len(d.Notes) > 0 {
		t.Errorf("something got through: %+v, %v", d.Case, err)
	}
}

func TestAnIgnoredMentionIsPromotedOnce(t *testing.T) {
	g := newRig(t)
	id := g.ignored()
	q := request{method: "POST", path: fmt.Sprintf("/api/v1/mentions/%d/promote", id), token: g.token("", api.ScopeCases), key: "p"}
	_, _, body := g.do(q)
	var m api.MentionItem
	if err := json.Unmarshal([]byte(body), &m); err != nil || m.CaseNumber == "" || m.ID != id || m.Account != storetest.Account {
		t.Fatalf("%s", body)
	}
	if _, _, again := g.do(q); again != body {
		t.Errorf("again: %s", again)
	}
	q.key = ""
	g.expect(q, 409, "conflict")
}

func TestAReplyIsWithdrawnByAPerson(t *testing.T) {
	g := newRig(t)
	r := g.seed(1)[0].Reply
	q := request{method: "POST", path: fmt.Sprintf("/api/v1/replies/%d/withdraw", r.ID), token: g.token("bo", api.ScopeDecide),
		media: "application/json", body: `{"hash":"` + r.Hash + `","note":"Answered by telephone."}`}
	status, _, body := g.do(q)
	if status != 200 || !strings.Contains(body, `"state":"withdrawn"`) {
		t.Errorf("%d %s", status, body)
	}
	g.expect(q, 409, "conflict")
}

func TestASystemLeadsWhatItHasClaimed(t *testing.T) {
	g := newRig(t)
	number, crm := g.seed(1)[0].Case.Number, g.token("", api.ScopeCases)
	path := "/api/v1/cases/" + number
	post := func(token, what, body string) request {
		return request{method: "POST", path: path + what, token: token, media: "application/json", body: body}
	}
	for _, bad := range []string{`{"version":1}`, `{"version":1,"reference":"4711","url":"http://crm.example"}`, `{"version":1,"reference":"a\u0001"}`, `{"reference":"4711"}`} {
		g.expect(post(crm, "/claim", bad), 400, "invalid-request")
	}
	g.expect(post(g.token("ana", api.ScopeCases), "/claim", `{"version":1,"reference":"4711"}`), 403, "system-required")
	c := g.act(crm, number, "claim", `{"version":1,"reference":"4711","url":"https://crm.example/4711"}`)
	if c.External == nil || *c.External != (api.External{System: "token of ", Reference: "4711", URL: "https://crm.example/4711"}) {
		t.Errorf("%+v", c.External)
	}
	lead := g.token("ana", api.ScopeCases)
	g.expect(post(lead, "/state", `{"version":2,"state":"open"}`), 403, "owned-elsewhere")
	g.expect(post(lead, "/assign", `{"version":2,"assignee":"ana"}`), 403, "owned-elsewhere")
	g.act(lead, number, "notes", `{"text":"People still write."}`)
	if c := g.act(crm, number, "state", `{"version":2,"state":"open"}`); c.State != socialwatch.CaseOpen {
		t.Errorf("%+v", c)
	}
	g.expect(post(g.token("cy", api.ScopeCases), "/release", `{"version":3}`), 403, "role-required")
	if c := g.act(crm, number, "release", `{"version":3}`); c.External != nil {
		t.Errorf("%+v", c.External)
	}
	g.expect(post(crm, "/release", `{"version":4}`), 409, "not-possible")
}

// asked is a reply of ours having asked the customer for private contact.
func (g *rig) asked(number string) {
	g.t.Helper()
	db := dbtest.Raw(g.t, g.fx.Options)
	defer db.Close()
	if _, err := db.Exec("insert into handoffs (case_id, account, asked_at) select id, account, opened_at from cases where number = '" + number + "'"); err != nil {
		g.t.Fatal(err)
	}
}

func TestASystemSaysThatTheCustomerCameInPrivate(t *testing.T) {
	g := newRig(t)
	number, crm := g.seed(1)[0].Case.Number, g.token("", api.ScopeCases)
	q := request{method: "POST", path: "/api/v1/cases/" + number + "/private-contact", token: crm, media: "application/json", body: `{"version":1}`}
	g.expect(q, 409, "not-possible")
	g.asked(number)
	q.body = `{}`
	g.expect(q, 400, "invalid-request")
	q.body = `{"version":9}`
	g.expect(q, 409, "conflict")
	if c := g.act(crm, number, "private-contact", `{"version":1}`); c.Version != 2 {
		t.Errorf("%+v", c)
	}
	if d, err := g.fx.Case(t.Context(), number); err != nil || d.WaitsFor != "" || d.Events[0].Kind != socialwatch.EventPrivateReceived || !strings.HasPrefix(d.Events[0].Actor, "system:") {
		t.Errorf("%v: %+v", err, d.Events)
	}
}

func TestALeadMergesCasesOverTheAPI(t *testing.T) {
	g := newRig(t)
	two := g.seed(2)
	older, younger := two[0].Case.Number, two[1].Case.Number
	db := dbtest.Raw(g.t, g.fx.Options)
	defer db.Close()
	if _, err := db.Exec("update cases set customer_id = '" + two[0].Case.Customer.ID + "'"); err != nil {
		t.Fatal(err)
	}
	lead := g.token("ana", api.ScopeCases, api.ScopeRead)
	post := func(token, number, what, body string) request {
		return request{method: "POST", path: "/api/v1/cases/" + number + "/" + what, token: token, media: "application/json", body: body}
	}
	whole := `{"version":1,"other":"` + younger + `","other_version":1}`
	g.expect(post(g.token("cy", api.ScopeCases), older, "merge", whole), 403, "role-required")
	for _, bad := range []string{`{"version":1}`, `{"version":1,"other":"K-0","other_version":1}`, `{"version":1,"other":"` + younger + `"}`} {
		g.expect(post(lead, older, "merge", bad), 400, "invalid-request")
	}
	g.expect(post(lead, older, "merge", strings.Replace(whole, `"other_version":1`, `"other_version":7`, 1)), 409, "conflict")
	g.expect(post(lead, younger, "unmerge", `{"version":1}`), 409, "not-possible") // it is not merged
	q := post(lead, older, "merge", whole)
	q.key = "merge-once"
	status, _, body := g.do(q)
	var c api.Case
	if err := json.Unmarshal([]byte(body), &c); err != nil || status != 200 || c.Number != older || c.Version != 2 {
		t.Fatalf("%d %s", status, body)
	}
	if _, _, again := g.do(q); again != body {
		t.Errorf("sent again: %s", again)
	}
	g.expect(post(lead, younger, "unmerge", `{"version":1}`), 409, "conflict")
	// The survivor has this version too, but who says it saw the other case.
	g.expect(post(lead, younger, "state", `{"version":2,"state":"resolved"}`), 409, "conflict")
	if c := g.act(lead, younger, "unmerge", `{"version":2}`); c.Number != younger || c.State == socialwatch.CaseMerged {
		t.Errorf("%+v", c)
	}
	crm := g.token("", api.ScopeCases)
	if c := g.act(crm, older, "private-answer", `{"version":3}`); c.RespondedAt == nil {
		t.Errorf("%+v", c)
	}
	g.expect(post(crm, older, "private-answer", `{"version":3}`), 409, "conflict")
	g.expect(post(crm, older, "merge", `{"version":4,"other":"`+younger+`","other_version":3}`), 403, "role-required")
}
