package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// noting is a note on the first case by a system.
func (g *rig) noting(key string) (request, string) {
	g.t.Helper()
	number := g.seed(1)[0].Case.Number
	return request{method: "POST", path: "/api/v1/cases/" + number + "/notes", token: g.token("", api.Scopes...),
		media: "application/json", body: `{"text":"Sent again."}`, key: key}, number
}

func (g *rig) notes(number string) int { return len(g.read(number).Notes) }

// read reads a case as it is stored.
func (g *rig) read(number string) store.CaseDetail {
	g.t.Helper()
	d, err := g.fx.Case(g.t.Context(), number)
	if err != nil {
		g.t.Fatal(err)
	}
	return d
}

// grant gives a person a role on the account, and no other.
func (g *rig) grant(login string, role socialwatch.Role) {
	g.t.Helper()
	roles := map[string]socialwatch.Role{storetest.Account: role}
	if err := g.fx.ChangePerson(g.t.Context(), store.PersonChange{By: store.Terminal, Login: login, Roles: roles, At: start}); err != nil {
		g.t.Fatal(err)
	}
}

func TestAWriteSentTwiceHasOneEffectAndOneAnswer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		g := newRigOn(t, o)
		q, number := g.noting("one")
		_, _, first := g.do(q)
		g.clock = g.clock.Add(23 * time.Hour)
		status, _, again := g.do(q)
		if status != 200 || again != first || g.notes(number) != 1 {
			t.Errorf("%d, %d notes\n%s\n%s", status, g.notes(number), first, again)
		}
		g.expect(with(operation{request: q}, func(q *request) { q.body = `{"text":"Other words."}` }), 422, "key-used")
		g.expect(with(operation{request: q}, func(q *request) { q.path = strings.Replace(q.path, "notes", "tags", 1) }), 422, "key-used")
		// Another token's keys are its own, and after a day a key is free.
		g.expect(with(operation{request: q}, func(q *request) { q.token = g.token("ana", api.Scopes...) }), 200, "")
		g.clock = g.clock.Add(time.Hour)
		g.expect(q, 200, "")
		if n := g.notes(number); n != 3 {
			t.Errorf("%d notes", n)
		}
	})
}

// TestARefusalThatMayBeAnotherWayLaterGivesTheKeyBack: once rights are mended, the
// case is read again or the thing is there, the same key will do, for the same
// request and for a mended one; of all that one has an effect, once.
func TestARefusalThatMayBeAnotherWayLaterGivesTheKeyBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		g := newRigOn(t, o)
		q, number := g.noting("one")
		change := func(f func(*request)) request { return with(operation{request: q}, f) }
		g.expect(change(func(q *request) { q.body = `{"txt":1}` }), 400, "invalid-request")
		g.expect(q, 200, "") // mended

		at := g.read(number)
		snooze := func(version int) request {
			return change(func(q *request) {
				q.path, q.body, q.key = "/api/v1/cases/"+number+"/snooze", fmt.Sprintf(`{"version":%d}`, version), "two"
			})
		}
		g.expect(snooze(at.Case.Version+7), 409, "conflict")
		g.expect(snooze(at.Case.Version+7), 409, "conflict")
		g.expect(snooze(at.Case.Version), 200, "") // read again
		g.expect(snooze(at.Case.Version), 200, "") // the kept answer: the version is an old one by now
		g.expect(snooze(at.Case.Version+7), 422, "key-used")
		if after := g.read(number); after.Case.Version != at.Case.Version+1 {
			t.Errorf("version %d, was %d", after.Case.Version, at.Case.Version)
		}

		absent := change(func(q *request) { q.path, q.key = "/api/v1/cases/K-99999/notes", "three" })
		g.expect(absent, 404, "not-found")
		g.expect(change(func(q *request) { q.key = "three" }), 200, "")

		g.grant("cy", socialwatch.RoleReader)
		cy := change(func(q *request) { q.token, q.key, q.body = g.token("cy", api.Scopes...), "four", `{"text":"Mended."}` })
		g.expect(cy, 403, "role-required")
		g.grant("cy", socialwatch.RoleAuthor)
		g.expect(cy, 200, "")
		g.expect(cy, 200, "")
		if n := g.notes(number); n != 3 {
			t.Errorf("%d notes", n)
		}
	})
}

func TestKeysAreOneWord(t *testing.T) {
	g := newRig(t)
	q, _ := g.noting("one")
	for _, bad := range []string{"a b", strings.Repeat("k", 201), "ü"} {
		g.expect(with(operation{request: q}, func(q *request) { q.key = bad }), 400, "invalid-request")
	}
}

func TestOfManyCallsWithOneKeyOneHasAnEffect(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		g := newRigOn(t, o)
		q, number := g.noting("one")
		var calls sync.WaitGroup
		for range 8 {
			calls.Go(func() {
				if status, problem, body := g.do(q); status != 200 && problem != "key-busy" {
					t.Errorf("%d %s", status, body)
				}
			})
		}
		calls.Wait()
		g.expect(q, 200, "")
		if n := g.notes(number); n != 1 {
			t.Errorf("%d notes", n)
		}
	})
}

// forgetful loses the answers, as a process does that dies after the effect.
type forgetful struct{ api.Requests }

func (f forgetful) Keep(context.Context, store.Request, store.Answer) error { return nil }

func TestAWriteWhoseAnswerWasLostIsAnsweredWithHowThingsStand(t *testing.T) {
	g := newRig(t, func(o *api.Options) { o.Requests = forgetful{o.Requests} })
	one := g.seed(1)[0]
	path := "/api/v1/cases/" + one.Case.Number
	q := request{method: "POST", path: path + "/assign", token: g.token("", api.Scopes...), media: "application/json",
		body: fmt.Sprintf(`{"version":%d,"assignee":"bo"}`, one.Case.Version), key: "one"}
	g.expect(q, 200, "")
	g.clock = g.clock.Add(time.Minute)
	status, _, body := g.do(q) // its version is an old one: doing it again would be a conflict
	var c api.Case
	if err := json.Unmarshal([]byte(body), &c); err != nil || status != 200 || c.Assignee != "bo" || c.Version != one.Case.Version+1 {
		t.Errorf("%d %s", status, body)
	}
}

func TestAReplayIsMarked(t *testing.T) {
	g := newRig(t)
	q, _ := g.noting("one")
	for _, want := range []string{"", "true"} {
		req, err := http.NewRequestWithContext(t.Context(), q.method, g.url+q.path, strings.NewReader(q.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Authorization": {"Bearer " + q.token}, "Content-Type": {q.media}, "Idempotency-Key": {q.key}}
		res, err := g.http.Transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if got := res.Header.Get("Idempotent-Replayed"); got != want {
			t.Errorf("replayed %q, want %q", got, want)
		}
		if res.Header.Get("RateLimit") == "" || res.Header.Get("RateLimit-Policy") != `"token";q=2000;w=2` {
			t.Errorf("limits: %v", res.Header)
		}
	}
}

// busy says of every key that a call has it.
type busy struct{ api.Requests }

func (busy) Begin(_ context.Context, r store.Request) (store.Request, store.Answer, bool, error) {
	return r, store.Answer{}, false, fmt.Errorf("begin: %w", store.ErrKeyBusy)
}

func TestEveryWriteKnowsKeys(t *testing.T) {
	g := newRig(t)
	q, _ := g.noting("one")
	lead := g.token("ana", api.Scopes...)
	q.token = lead
	g.expect(q, 200, "")
	one := g.seed(2)[0]
	for _, op := range operations(t, g.target(one)) {
		if op.method == "POST" {
			g.expect(with(op, func(q *request) { q.token, q.key = lead, "one" }), 422, "key-used")
		}
	}
	g = newRig(t, func(o *api.Options) { o.Requests = busy{o.Requests} })
	one, lead = g.seed(1)[0], g.token("ana", api.Scopes...)
	for _, op := range operations(t, g.target(one)) {
		if op.method == "POST" {
			g.expect(with(op, func(q *request) { q.token, q.key = lead, "two" }), 409, "key-busy")
		}
	}
	if d, err := g.fx.Case(t.Context(), one.Case.Number); err != nil || d.Case.Version != one.Case.Version {
		t.Errorf("something got through: %+v, %v", d.Case, err)
	}
}
