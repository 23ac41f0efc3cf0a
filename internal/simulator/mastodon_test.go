package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// rig is a running simulator with one shop and its token.
type rig struct {
	t     *testing.T
	m     *Mastodon
	token string
	http  *http.Client
}

func newRig(t *testing.T, o Options) *rig {
	t.Helper()
	m := NewMastodon(o)
	t.Cleanup(m.Close)
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.AddAccount("help"); err != nil {
		t.Fatal(err)
	}
	token, err := m.Token("help")
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	return &rig{t: t, m: m, token: token, http: &http.Client{Transport: transport, Timeout: 10 * time.Second}}
}

func (r *rig) post(author, text string, o PostOptions) string {
	r.t.Helper()
	id, err := r.m.Post(author, text, o)
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (r *rig) send(method, path string, form url.Values, headers ...string) (answer, error) {
	r.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.m.URL()+path, body)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, data}, err
}

// ok sends and wants a 200, decoded.
func ok[T any](r *rig, method, path string, form url.Values, headers ...string) T {
	r.t.Helper()
	a, err := r.send(method, path, form, headers...)
	if err != nil {
		r.t.Fatal(err)
	}
	var v T
	if a.status != http.StatusOK {
		r.t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
	}
	if err := json.Unmarshal(a.body, &v); err != nil {
		r.t.Fatalf("%s %s: %v in %s", method, path, err, a.body)
	}
	return v
}

func (r *rig) want(status int, method, path string, form url.Values, headers ...string) answer {
	r.t.Helper()
	a, err := r.send(method, path, form, headers...)
	if err != nil {
		r.t.Fatal(err)
	}
	if a.status != status {
		r.t.Fatalf("%s %s: %d, want %d: %s", method, path, a.status, status, a.body)
	}
	return a
}

type statusJSON struct {
	ID, Visibility, Content string
	InReplyTo               *string `json:"in_reply_to_id"`
	EditedAt                *string `json:"edited_at"`
	Mentions                []struct{ Acct, URL string }
	Quote                   *struct{ State string }
}

type noteJSON struct {
	ID, Type  string
	CreatedAt string `json:"created_at"`
	Filtered  bool
	Status    *statusJSON
}

func (r *rig) notes(query string) []noteJSON {
	r.t.Helper()
	return ok[[]noteJSON](r, "GET", "/api/v1/notifications?types[]=mention&types[]=quote&"+query, nil)
}

func statusIDs(notes []noteJSON) []string {
	ids := []string{}
	for _, n := range notes {
		ids = append(ids, n.Status.ID)
	}
	return ids
}

func TestMinIDGivesOldestPageAndSinceIDNewest(t *testing.T) {
	for _, f := range []Flavour{FlavourMastodon, FlavourGoToSocial} {
		t.Run(string(f), func(t *testing.T) {
			r := newRig(t, Options{Flavour: f})
			var ids []string
			for i := range 100 {
				ids = append(ids, r.post("customer1@far.example", "@help order "+strconv.Itoa(i), PostOptions{}))
			}
			newest := func(from, to int) []string {
				part := slices.Clone(ids[from:to])
				slices.Reverse(part)
				return part
			}
			first := r.notes("limit=1&min_id=0")[0]
			check := func(query string, want []string) {
				t.Helper()
				if got := statusIDs(r.notes(query)); !slices.Equal(got, want) {
					t.Errorf("%s: got %d: %v\nwant %d: %v", query, len(got), got, len(want), want)
				}
			}
			check("", newest(60, 100))
			check("limit=1000", newest(20, 100))
			check("limit=40&min_id="+first.ID, newest(1, 41))
			check("limit=40&since_id="+first.ID, newest(60, 100))
			last := r.notes("limit=1")[0]
			check("min_id="+last.ID, []string{})
			check("limit=10&max_id="+last.ID, newest(89, 99))
		})
	}
}

func TestForeignCursorIsOldestPageOrEternallyEmpty(t *testing.T) {
	m := newRig(t, Options{})
	m.post("customer1", "@help one", PostOptions{})
	if got := m.notes("min_id=01JABCDEFGHJKMNPQRSTVWXYZ0"); len(got) != 1 {
		t.Errorf("Mastodon answers a ULID with %d notifications, want the oldest page", len(got))
	}
	g := newRig(t, Options{Flavour: FlavourGoToSocial})
	g.post("customer1", "@help one", PostOptions{})
	if got := g.notes("min_id=4100"); len(got) != 0 {
		t.Errorf("GoToSocial answers a decimal cursor with %d notifications, want none", len(got))
	}
}

func TestLinkHeaderLeadsBothWays(t *testing.T) {
	r := newRig(t, Options{})
	for range 3 {
		r.post("customer1", "@help again", PostOptions{})
	}
	a := r.want(200, "GET", "/api/v1/notifications?limit=2", nil)
	link := a.header.Get("Link")
	if !strings.Contains(link, `max_id=`) || !strings.Contains(link, `rel="next"`) || !strings.Contains(link, `rel="prev"`) {
		t.Errorf("Link: %s", link)
	}
}

func TestLateCommitShowsLowerIDAfterHigherOne(t *testing.T) {
	r := newRig(t, Options{})
	late := r.post("customer1", "@help first, commits late", PostOptions{Hold: true})
	early := r.post("customer2", "@help second", PostOptions{})
	seen := r.notes("min_id=0")
	if got := statusIDs(seen); !slices.Equal(got, []string{early}) {
		t.Fatalf("before release: %v", got)
	}
	if err := r.m.Release(late); err != nil {
		t.Fatal(err)
	}
	if got := r.notes("min_id=" + seen[0].ID); len(got) != 0 {
		t.Errorf("a walk from the head sees the late one: %v", statusIDs(got))
	}
	if got := statusIDs(r.notes("min_id=0")); !slices.Equal(got, []string{early, late}) {
		t.Errorf("after release: %v", got)
	}
}

func TestLateCommitsByShareAllAppear(t *testing.T) {
	r := newRig(t, Options{LateCommits: LateCommits{Share: 1, Max: 30 * time.Millisecond}, Seed: 7})
	for range 20 {
		r.post("customer1", "@help x", PostOptions{})
	}
	r.await(func() bool { return len(r.m.Truth("help").Must) == 20 })
}

func (r *rig) await(cond func() bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
	defer cancel()
	if err := r.m.Await(ctx, cond); err != nil {
		r.t.Fatal("condition did not come true: ", err)
	}
}

func TestMutedShowsBelowAfterUnmuteAndFilteredOnlyOnRequest(t *testing.T) {
	r := newRig(t, Options{})
	if _, err := r.m.AddAccount("customer2"); err != nil {
		t.Fatal(err)
	}
	r.post("customer1", "@help zero", PostOptions{})
	must(t, r.m.Mute("help", "customer1"))
	must(t, r.m.Filter("help", "customer2"))
	a := r.post("customer1", "@help muted", PostOptions{})
	b := r.post("customer2", "@help filtered", PostOptions{})
	c := r.post("customer3", "@help plain", PostOptions{})
	if got := statusIDs(r.notes("")); !slices.Equal(got, []string{c}) {
		t.Errorf("plain read: %v", got)
	}
	notes := r.notes("include_filtered=true")
	if got := statusIDs(notes); !slices.Equal(got, []string{c, b}) || !notes[1].Filtered {
		t.Errorf("with filtered: %v", got)
	}
	must(t, r.m.Unmute("help", "customer1"))
	must(t, r.m.Accept("help", "customer2"))
	if got := statusIDs(r.notes("")); !slices.Equal(got[:3], []string{c, b, a}) {
		t.Errorf("after unmute and accept: %v", got)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestPolicyDropsAndFiltersByClass(t *testing.T) {
	r := newRig(t, Options{})
	must(t, r.m.SetPolicy("help", Policy{ForPrivateMentions: "drop", ForNotFollowing: "filter"}))
	r.post("customer1", "@help psst", PostOptions{Visibility: "direct"})
	open := r.post("customer1", "@help loud", PostOptions{})
	if got := statusIDs(r.notes("include_filtered=true")); !slices.Equal(got, []string{open}) {
		t.Errorf("got %v", got)
	}
	p := ok[Policy](r, "GET", "/api/v2/notifications/policy", nil)
	if p.ForPrivateMentions != "drop" || p.ForNotFollowing != "filter" || p.ForNewAccounts != "accept" {
		t.Errorf("policy told: %+v", p)
	}
	newRig(t, Options{Flavour: FlavourGoToSocial}).want(404, "GET", "/api/v2/notifications/policy", nil)
}

func TestIdempotencyKeyIsHonouredByMastodonForAnHourOnly(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	form := url.Values{"status": {"@customer1 sorry"}}
	post := func(r *rig) string {
		return ok[statusJSON](r, "POST", "/api/v1/statuses", form, "Idempotency-Key", "reply-1-v1").ID
	}
	r := newRig(t, Options{Now: clock})
	first, again := post(r), post(r)
	if first != again {
		t.Error("Mastodon posted the same key twice")
	}
	now = now.Add(61 * time.Minute)
	if post(r) == first {
		t.Error("Mastodon kept the key for more than an hour")
	}
	g := newRig(t, Options{Flavour: FlavourGoToSocial, Now: clock})
	if post(g) == post(g) {
		t.Error("GoToSocial honoured the key")
	}
	if n := len(g.m.Published("help", "")); n != 2 {
		t.Errorf("audit counts %d posts, want 2", n)
	}
}

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

func TestBareHandleReachesLocalStranger(t *testing.T) {
	r := newRig(t, Options{})
	for _, a := range []string{"customer1", "customer1@far.example"} {
		if _, err := r.m.AddAccount(a); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		text string
		want []string
	}{
		{"@customer1 hello", []string{"customer1"}},
		{"@customer1@far.example hello", []string{"customer1@far.example"}},
		{"@customer1@social.example hello", []string{"customer1"}},
		{"@nobody@far.example hello", []string{}},
		{"mail a@customer1 or x/@customer1", []string{}},
		{"(@customer1@far.example), and @help.", []string{"customer1@far.example", "help"}},
	}
	for _, tt := range tests {
		s := ok[statusJSON](r, "POST", "/api/v1/statuses", url.Values{"status": {tt.text}})
		got := []string{}
		for _, m := range s.Mentions {
			got = append(got, m.Acct)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q mentions %v, want %v", tt.text, got, tt.want)
		}
	}
}

func TestPostingIsValidated(t *testing.T) {
	long := strings.Repeat("x", 480) + " https://shop.example/" + strings.Repeat("y", 200)
	tests := []struct {
		name           string
		form           url.Values
		mastodon, gots int
	}{
		{"empty", url.Values{"status": {" \n"}}, 422, 400},
		{"too long", url.Values{"status": {strings.Repeat("x", 501)}}, 422, 400},
		{"too long with warning", url.Values{"status": {strings.Repeat("x", 490)}, "spoiler_text": {"order trouble"}}, 422, 400},
		{"language", url.Values{"status": {"a"}, "language": {"tlh"}}, 422, 400},
		{"visibility", url.Values{"status": {"a"}, "visibility": {"secret"}}, 422, 422},
		{"no parent", url.Values{"status": {"a"}, "in_reply_to_id": {"99"}}, 404, 404},
		{"long link", url.Values{"status": {long[5:]}}, 200, 400},
		{"graphemes", url.Values{"status": {strings.Repeat("👩‍👩‍👧", 300)}}, 200, 400},
		{"region", url.Values{"status": {"a"}, "language": {"pt-BR"}}, 200, 200},
	}
	m, g := newRig(t, Options{}), newRig(t, Options{Flavour: FlavourGoToSocial})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m.want(tt.mastodon, "POST", "/api/v1/statuses", tt.form)
			g.want(tt.gots, "POST", "/api/v1/statuses", tt.form)
		})
	}
}

func TestJSONBodyPostsLikeAForm(t *testing.T) {
	r := newRig(t, Options{})
	body := `{"status":"hello","visibility":"unlisted","in_reply_to_id":null,"sensitive":false}`
	req, _ := http.NewRequest("POST", r.m.URL()+"/api/v1/statuses", strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+r.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.http.Do(req)
	must(t, err)
	defer resp.Body.Close()
	if p := r.m.Published("help", ""); resp.StatusCode != 200 || len(p) != 1 || p[0].Visibility != "unlisted" {
		t.Errorf("%d, %+v", resp.StatusCode, p)
	}
}

func TestDirectIsReadByAddresseesOnly(t *testing.T) {
	r := newRig(t, Options{})
	open := r.post("customer1", "@help where is it", PostOptions{})
	seen := r.post("customer1", "@help my number", PostOptions{InReplyTo: open, Visibility: "direct"})
	hidden := r.post("customer1", "@customer2 not for help", PostOptions{InReplyTo: open, Visibility: "direct", Mentions: []string{"customer2"}})
	follow := r.post("customer1", "still nothing", PostOptions{InReplyTo: seen})
	type thread struct{ Ancestors, Descendants []statusJSON }
	got := ok[thread](r, "GET", "/api/v1/statuses/"+open+"/context", nil)
	ids := []string{}
	for _, s := range got.Descendants {
		ids = append(ids, s.ID)
	}
	if !slices.Equal(ids, []string{seen, follow}) {
		t.Errorf("descendants %v", ids)
	}
	up := ok[thread](r, "GET", "/api/v1/statuses/"+follow+"/context", nil)
	if len(up.Ancestors) != 2 || up.Ancestors[0].ID != open {
		t.Errorf("ancestors %v", up.Ancestors)
	}
	r.want(404, "GET", "/api/v1/statuses/"+hidden, nil)
	if got := r.m.Truth("help").Unaddressed; !slices.Equal(got, []string{follow}) {
		t.Errorf("unaddressed: %v", got)
	}
}

func TestBlockedAndSuspendedAreGone(t *testing.T) {
	r := newRig(t, Options{})
	id := r.post("customer1@far.example", "@help where", PostOptions{})
	must(t, r.m.Block("customer1@far.example", "help"))
	r.want(404, "GET", "/api/v1/statuses/"+id, nil)
	acct := ok[struct{ ID string }](r, "GET", "/api/v1/accounts/lookup?acct=customer1@far.example", nil)
	rel := ok[[]map[string]any](r, "GET", "/api/v1/accounts/relationships?id[]="+acct.ID, nil)
	if len(rel) != 1 || rel[0]["blocked_by"] != true {
		t.Errorf("relationships: %v", rel)
	}
	must(t, r.m.Unblock("customer1@far.example", "help"))
	must(t, r.m.Suspend("customer1@far.example"))
	r.want(404, "GET", "/api/v1/statuses/"+id, nil)
	a := ok[map[string]any](r, "GET", "/api/v1/accounts/"+acct.ID, nil)
	if a["suspended"] != true {
		t.Errorf("account: %v", a)
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

func TestGoToSocialWantsUserAgentAndIgnoresSeveralIDs(t *testing.T) {
	r := newRig(t, Options{Flavour: FlavourGoToSocial})
	r.want(418, "GET", "/api/v1/notifications", nil, "User-Agent", "")
	if a, _ := r.send("GET", "/api/v1/statuses?id[]=1", nil); a.status != 404 && a.status != 405 {
		t.Errorf("several ids: %d", a.status)
	}
	m := newRig(t, Options{})
	one, two := m.post("customer1", "a", PostOptions{}), m.post("customer1", "b", PostOptions{})
	if got := ok[[]statusJSON](m, "GET", "/api/v1/statuses?id[]="+one+"&id[]="+two+"&id[]=77", nil); len(got) != 2 {
		t.Errorf("several ids: %v", got)
	}
}

func TestInstanceTellsTheFlavour(t *testing.T) {
	type instance struct {
		Version       string
		APIVersions   map[string]int `json:"api_versions"`
		Configuration struct {
			URLs     struct{ Streaming string }
			Statuses struct {
				Max int `json:"max_characters"`
			}
		}
	}
	m := newRig(t, Options{MaxCharacters: 640})
	i := ok[instance](m, "GET", "/api/v2/instance", nil)
	if i.APIVersions["mastodon"] == 0 || i.Configuration.Statuses.Max != 640 || !strings.HasPrefix(i.Configuration.URLs.Streaming, "ws://") {
		t.Errorf("Mastodon: %+v", i)
	}
	g := ok[instance](newRig(t, Options{Flavour: FlavourGoToSocial}), "GET", "/api/v2/instance", nil)
	if len(g.APIVersions) != 0 || !strings.HasPrefix(g.Configuration.URLs.Streaming, "wss://") || !strings.Contains(g.Version, "gotosocial") {
		t.Errorf("GoToSocial: %+v", g)
	}
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

func TestEditHistoryAndOddElement(t *testing.T) {
	r := newRig(t, Options{})
	id := r.post("customer1", "@help frist", PostOptions{Odd: true})
	must(t, r.m.Edit(id, "@help first"))
	s := ok[statusJSON](r, "GET", "/api/v1/statuses/"+id, nil)
	if s.EditedAt == nil || !strings.Contains(s.Content, "first") {
		t.Errorf("status: %+v", s)
	}
	if h := ok[[]statusJSON](r, "GET", "/api/v1/statuses/"+id+"/history", nil); len(h) != 2 || !strings.Contains(h[0].Content, "frist") {
		t.Errorf("history: %+v", h)
	}
	if n := r.notes(""); len(n) != 1 || n[0].CreatedAt != "" {
		t.Errorf("odd element: %+v", n)
	}
}

func TestQuoteNotifiesOnMastodonOnly(t *testing.T) {
	for f, want := range map[Flavour]int{FlavourMastodon: 1, FlavourGoToSocial: 0} {
		r := newRig(t, Options{Flavour: f})
		own := ok[statusJSON](r, "POST", "/api/v1/statuses", url.Values{"status": {"we are sorry"}})
		r.post("customer1@far.example", "never again", PostOptions{Quote: own.ID})
		notes := r.notes("")
		if len(notes) != want {
			t.Errorf("%s: %d notifications, want %d", f, len(notes), want)
		}
		if want == 1 && (notes[0].Type != "quote" || !strings.Contains(notes[0].Status.Content, "quote-inline")) {
			t.Errorf("%s: %+v", f, notes[0])
		}
	}
}

func TestContentIsHTMLAsServersEmitIt(t *testing.T) {
	r := newRig(t, Options{})
	id := r.post("customer1@far.example", "@help a<b & c\nline\n\nhttps://www.shop.example/orders/555-0100123-0000001/track #late", PostOptions{})
	got := ok[statusJSON](r, "GET", "/api/v1/statuses/"+id, nil).Content
	for _, want := range []string{
		`<span class="h-card" translate="no"><a href="https://social.example/@help" class="u-url mention">@<span>help</span></a></span>`,
		`a&lt;b &amp; c<br />line</p><p>`,
		`<span class="invisible">https://www.</span><span class="ellipsis">`,
		`class="mention hashtag" rel="tag">#<span>late</span></a></p>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("content lacks %s\n%s", want, got)
		}
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
		if err := json.NewDecoder(resp.Body).Decode(&v); err != nil || resp.StatusCode != 200 {
			t.Fatalf("%s %s: %d %v %v", method, path, resp.StatusCode, err, v)
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

type frame struct {
	Stream         []string
	Event, Payload string
	Error          string
}

func (r *rig) dial(query string) *websocket.Conn {
	r.t.Helper()
	ws := strings.Replace(r.m.URL(), "http", "ws", 1) + "/api/v1/streaming" + query
	c, _, err := websocket.DefaultDialer.DialContext(r.t.Context(), ws, http.Header{
		"Authorization": {"Bearer " + r.token}, "User-Agent": {"test"}})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	return c
}

func next(t *testing.T, c *websocket.Conn) frame {
	t.Helper()
	var f frame
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if err := c.ReadJSON(&f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestStreamRingsForMentionsAndDeletesNotForEdits(t *testing.T) {
	r := newRig(t, Options{})
	early := r.post("customer1", "@help before the stream", PostOptions{})
	c := r.dial("?stream=user")
	r.await(func() bool { return r.m.Streams("help") == 1 })
	first := r.post("customer1", "@help one", PostOptions{})
	must(t, r.m.Edit(first, "@help one, edited"))
	later := r.post("customer1", "no handle yet", PostOptions{})
	must(t, r.m.Edit(later, "@help now with handle"))
	held := r.post("customer2", "@help held", PostOptions{Hold: true})
	ok[statusJSON](r, "POST", "/api/v1/statuses", url.Values{"status": {"@customer1 ours"}, "in_reply_to_id": {first}})
	must(t, r.m.Release(held))
	must(t, r.m.Delete(first))
	want := []struct{ event, id string }{
		{"notification", first}, {"notification", later}, {"update", ""}, {"notification", held}, {"delete", first}}
	for _, w := range want {
		f := next(t, c)
		if f.Event != w.event || !strings.Contains(f.Payload, w.id) || strings.Contains(f.Payload, early) || f.Stream[0] != "user" {
			t.Fatalf("got %s %s, want %s %s", f.Event, f.Payload, w.event, w.id)
		}
	}
	if got := statusIDs(r.notes("")); !slices.Equal(got, []string{held, later, early}) {
		t.Errorf("after the delete: %v", got)
	}
}

func TestStreamRefusals(t *testing.T) {
	r := newRig(t, Options{})
	if f := next(t, r.dial("?stream=nonsense")); f.Error == "" || f.Event != "" {
		t.Errorf("Mastodon refuses with %+v", f)
	}
	ws := strings.Replace(r.m.URL(), "http", "ws", 1) + "/api/v1/streaming?stream=user&access_token=bad"
	if _, resp, err := websocket.DefaultDialer.Dial(ws, nil); err == nil || resp.StatusCode != 401 {
		t.Errorf("a bad token is answered %v", err)
	}
}

func TestStreamBreaksOnStopAndRevoke(t *testing.T) {
	r := newRig(t, Options{})
	c := r.dial("?stream=user")
	r.await(func() bool { return r.m.Streams("help") == 1 })
	r.m.Stop()
	if _, _, err := c.ReadMessage(); err == nil {
		t.Error("the stream outlived the server")
	}
	must(t, r.m.Start())
	c = r.dial("?stream=user")
	r.await(func() bool { return r.m.Streams("help") == 1 })
	r.m.Revoke(r.token)
	if _, _, err := c.ReadMessage(); err == nil {
		t.Error("the stream outlived its token")
	}
}

func TestStreamPingsUnlessSilent(t *testing.T) {
	r := newRig(t, Options{PingInterval: 5 * time.Millisecond})
	c := r.dial("?stream=user")
	pinged := errors.New("pinged")
	c.SetPingHandler(func(string) error { return pinged })
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, _, err := c.ReadMessage(); !errors.Is(err, pinged) {
		t.Fatalf("no ping but %v", err)
	}
	must(t, r.m.Inject(Fault{Kind: FaultSilentStream}))
	c = r.dial("?stream=user")
	_ = c.SetReadDeadline(time.Now().Add(60 * time.Millisecond))
	c.SetPingHandler(func(string) error { return pinged })
	if _, _, err := c.ReadMessage(); errors.Is(err, pinged) {
		t.Error("a silent stream pings")
	}
}
