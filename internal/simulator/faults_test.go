package simulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLostAnswerComesAfterTheWrite(t *testing.T) {
	r := newRig(t, Options{})
	parent := r.post("customer1", "@help where", PostOptions{})
	form := url.Values{"status": {"@customer1 looking"}, "in_reply_to_id": {parent}}
	for _, k := range []struct {
		kind  FaultKind
		taken int
	}{{FaultLostBefore, 0}, {FaultLostAfter, 1}, {FaultTruncated, 2}, {FaultGatewayTimeout, 3}, {FaultServerError, 3}} {
		must(t, r.m.Inject(Fault{Kind: k.kind, Route: "POST /api/v1/statuses", Count: 1}))
		a, err := r.send("POST", "/api/v1/statuses", form)
		if err == nil && a.status == http.StatusOK {
			t.Errorf("%s: the answer arrived", k.kind)
		}
		if n := len(r.m.Published("help", parent)); n != k.taken {
			t.Errorf("%s: %d posts taken, want %d", k.kind, n, k.taken)
		}
	}
	ok[statusJSON](r, "POST", "/api/v1/statuses", form)
}

func TestRestartKeepsPortAndState(t *testing.T) {
	r := newRig(t, Options{})
	r.post("customer1", "@help before", PostOptions{})
	base := r.m.URL()
	r.m.Stop()
	if _, err := r.send("GET", "/api/v1/notifications", nil); err == nil {
		t.Fatal("a stopped server answers")
	}
	r.post("customer1", "@help meanwhile", PostOptions{})
	must(t, r.m.Start())
	if r.m.URL() != base {
		t.Errorf("address moved from %s to %s", base, r.m.URL())
	}
	if n := len(r.notes("")); n != 2 {
		t.Errorf("%d notifications after the restart, want 2", n)
	}
}

func TestTokensAndScopes(t *testing.T) {
	r := newRig(t, Options{})
	weak, err := r.m.Token("help", "read:statuses")
	must(t, err)
	r.want(401, "GET", "/api/v1/notifications", nil, "Authorization", "Bearer nonsense")
	r.want(403, "GET", "/api/v1/notifications", nil, "Authorization", "Bearer "+weak)
	r.m.Revoke(r.token)
	r.want(401, "GET", "/api/v1/notifications", nil)
}

func TestRateLimitTellsHeadersAndEnds(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	r := newRig(t, Options{RateLimit: RateLimit{Requests: 2, Per: 5 * time.Minute}, Now: func() time.Time { return now }})
	a := r.want(200, "GET", "/api/v1/notifications", nil)
	if a.header.Get("X-RateLimit-Remaining") != "1" || a.header.Get("X-RateLimit-Reset") != "2026-11-20T09:05:00.000Z" {
		t.Errorf("headers: %v", a.header)
	}
	r.want(200, "GET", "/api/v1/notifications", nil)
	r.want(429, "GET", "/api/v1/notifications", nil)
	now = now.Add(5 * time.Minute)
	r.want(200, "GET", "/api/v1/notifications", nil)
}

func TestFaultAnswersByFlavour(t *testing.T) {
	g, m := newRig(t, Options{Flavour: FlavourGoToSocial}), newRig(t, Options{})
	for _, r := range []*rig{g, m} {
		for _, k := range []FaultKind{FaultUnavailable, FaultRateLimited, FaultUnauthorized, FaultForbidden, FaultInvalidJSON} {
			must(t, r.m.Inject(Fault{Kind: k, Count: 1, Delay: 3 * time.Second}))
		}
	}
	path := "/api/v1/notifications"
	if got := g.want(503, "GET", path, nil).header.Values("Retry-After"); len(got) != 2 || got[0] != "3" {
		t.Errorf("GoToSocial 503: %v", got)
	}
	if got := g.want(429, "GET", path, nil).header; got.Get("Retry-After") != "" || got.Get("X-RateLimit-Reset") == "" {
		t.Errorf("GoToSocial 429: %v", got)
	}
	if got := m.want(503, "GET", path, nil).header.Values("Retry-After"); len(got) != 1 {
		t.Errorf("Mastodon 503: %v", got)
	}
	m.want(429, "GET", path, nil)
	m.want(401, "GET", path, nil)
	m.want(403, "GET", path, nil)
	if a := m.want(200, "GET", path, nil); json.Valid(a.body) {
		t.Errorf("valid JSON: %s", a.body)
	}
	m.want(200, "GET", path, nil)
	if err := m.m.Inject(Fault{Kind: "gremlin"}); err == nil {
		t.Error("an unknown fault was taken")
	}
}

func TestFaultHitsItsRouteAfterSkip(t *testing.T) {
	r := newRig(t, Options{})
	must(t, r.m.Inject(Fault{Kind: FaultServerError, Route: "GET /api/v1/notifications", Skip: 1, Count: 1}))
	r.want(200, "GET", "/api/v2/instance", nil)
	for _, status := range []int{200, 500, 200} {
		r.want(status, "GET", "/api/v1/notifications", nil)
	}
	if n := r.m.Requests()["GET /api/v1/notifications"]; n != 3 {
		t.Errorf("%d requests counted, want 3", n)
	}
}

func TestRedirectTurnsPostIntoGet(t *testing.T) {
	r := newRig(t, Options{})
	must(t, r.m.Inject(Fault{Kind: FaultRedirect}))
	r.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	a := r.want(301, "POST", "/api/v1/statuses", url.Values{"status": {"x"}})
	if n := len(r.m.Published("help", "")); n != 0 || !strings.HasPrefix(a.header.Get("Location"), "http://localhost:") {
		t.Errorf("%d published, Location %s", n, a.header.Get("Location"))
	}
}

func TestControlAPIDrivesAndAudits(t *testing.T) {
	r := newRig(t, Options{})
	sim := func(method, path, body string) map[string]any {
		t.Helper()
		req, _ := http.NewRequest(method, r.m.URL()+path, bytes.NewReader([]byte(body)))
		req.Header.Set("Content-Type", "application/json")
		resp, err := r.http.Do(req)
		must(t, err)
		defer resp.Body.Close()
		var v map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&v); err != nil || resp.StatusCode != 200 || resp.ContentLength < 1 {
			t.Fatalf("%s %s: %d %v %v, length %d", method, path, resp.StatusCode, err, v, resp.ContentLength)
		}
		return v
	}
	id := sim("POST", "/_sim/posts", `{"author":"customer9@far.example","text":"@help x","visibility":"unlisted"}`)["id"].(string)
	if got := statusIDs(r.notes("")); !slices.Equal(got, []string{id}) {
		t.Errorf("notifications %v", got)
	}
	sim("POST", "/_sim/faults", `{"kind":"server_error","count":1}`)
	r.want(500, "GET", "/api/v1/notifications", nil)
	if truth := sim("GET", "/_sim/truth?account=help", ""); len(truth["must"].([]any)) != 1 {
		t.Errorf("truth %v", truth)
	}
	sim("DELETE", "/_sim/posts/"+id, "")
	sim("POST", "/_sim/outage", `{"ms":20}`)
	a, err := r.send("POST", "/_sim/posts", url.Values{"author": {"x"}})
	for err != nil {
		a, err = r.send("POST", "/_sim/posts", url.Values{"author": {"x"}})
	}
	if a.status != http.StatusUnsupportedMediaType {
		t.Errorf("a form reached the control API: %d", a.status)
	}
}
