package console

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// provider is an OpenID provider of others' making, over real HTTP: zitadel's,
// which is certified, with the storage of its example. Here it gains groups,
// and a key that can be changed.
type provider struct {
	*storage.Storage
	server *httptest.Server
	secret string

	mu      sync.Mutex
	key     signing
	groups  []string
	inToken bool // groups stand in the ID token; else in the user info alone
	down    bool
	forge   func(claims map[string]any, key *signing) // changes ID tokens on their way
}

type signing struct {
	id      string
	private *rsa.PrivateKey
}

func (k signing) ID() string                                  { return k.id }
func (k signing) Key() any                                    { return k.private }
func (k signing) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }

type public struct{ signing }

func (k public) Key() any                           { return &k.private.PublicKey }
func (k public) Use() string                        { return "sig" }
func (k public) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }

func newKey(t testing.TB, id string) signing {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	return signing{id, private}
}

func (p *provider) SigningKey(context.Context) (op.SigningKey, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.key, nil
}

func (p *provider) KeySet(context.Context) ([]op.Key, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return []op.Key{public{p.key}}, nil
}

type talkative struct {
	op.Client
	inToken bool
}

func (c talkative) IDTokenUserinfoClaimsAssertion() bool { return c.inToken }

func (p *provider) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := p.Storage.GetClientByClientID(ctx, id)
	p.mu.Lock()
	defer p.mu.Unlock()
	return talkative{c, p.inToken}, err
}

func (p *provider) say(info *oidc.UserInfo) {
	p.mu.Lock()
	defer p.mu.Unlock()
	info.AppendClaims("groups", p.groups)
}

func (p *provider) SetUserinfoFromRequest(ctx context.Context, info *oidc.UserInfo, r op.IDTokenRequest, scopes []string) error {
	if p.inToken {
		p.say(info)
	}
	return p.Storage.SetUserinfoFromRequest(ctx, info, r, scopes)
}

func (p *provider) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, id, subject, origin string) error {
	p.say(info)
	return p.Storage.SetUserinfoFromToken(ctx, info, id, subject, origin)
}

func (p *provider) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// RoundTrip is the way between us and the provider.
func (p *provider) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil || p.forge == nil || !strings.HasSuffix(r.URL.Path, "/token") {
		return resp, err
	}
	var body map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		return nil, err
	}
	resp.Body.Close()
	raw, _ := body["id_token"].(string)
	token, err := jose.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, err
	}
	claims := map[string]any{}
	if err := json.Unmarshal(token.UnsafePayloadWithoutVerification(), &claims); err != nil {
		return nil, err
	}
	key := p.key
	p.forge(claims, &key)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key.private, KeyID: key.id}}, nil)
	if err != nil {
		return nil, err
	}
	payload, _ := json.Marshal(claims)
	signed, err := signer.Sign(payload)
	if err != nil {
		return nil, err
	}
	body["id_token"], _ = signed.CompactSerialize()
	all, _ := json.Marshal(body)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(all)), int64(len(all))
	return resp, nil
}

const secretOfClient = "a secret between the two"

// withSSO puts a provider beside a shop.
func withSSO(t *testing.T, s *shop) *provider {
	p := &provider{key: newKey(t, "first"), groups: []string{"support"}, inToken: true}
	client := storage.WebClient("socialwatch", secretOfClient, s.server.URL+"/login/sso/callback")
	var router http.Handler
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		down := p.down
		p.mu.Unlock()
		if down {
			http.Error(w, "away", http.StatusServiceUnavailable)
			return
		}
		router.ServeHTTP(w, r)
	}))
	t.Cleanup(p.server.Close)
	p.Storage = storage.NewStorageWithClients(storage.NewUserStore(p.server.URL), map[string]*storage.Client{"socialwatch": client})
	router = exampleop.SetupServer(p.server.URL, p, nil, false)
	s.console.o.SSO = s.sso(p)
	return p
}

func (s *shop) sso(p *provider) *auth.SSO {
	return &auth.SSO{Issuer: p.server.URL, ClientID: "socialwatch", ClientSecret: secretOfClient, Name: "Shop account", Redirect: s.server.URL + "/login/sso/callback",
		Scopes: []string{"profile", "email"}, GroupsClaim: "groups", People: s.Store, Logins: s.logins, Client: &http.Client{Transport: p, Timeout: 5 * time.Second},
		Roles: map[string]map[string]socialwatch.Role{"support": {"*": socialwatch.RoleReader, account: socialwatch.RoleApprover}, "leads": {"*": socialwatch.RoleLead}}}
}

// traveller is a browser that follows redirects between hosts.
type traveller struct {
	t      *testing.T
	client *http.Client
	shop   *shop
}

func travel(t *testing.T, s *shop) *traveller {
	jar, err := cookiejar.New(nil)
	must(t, err)
	return &traveller{t, &http.Client{Jar: jar}, s}
}

func (b *traveller) page(r *http.Response, err error) (answer, *url.URL) {
	b.t.Helper()
	must(b.t, err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	must(b.t, err)
	return answer{status: r.StatusCode, header: r.Header, body: string(body)}, r.Request.URL
}

// provide goes to the provider's login page and logs in there; the answer is
// where that leads.
func (b *traveller) provide(user, back string) (answer, *url.URL) {
	b.t.Helper()
	page, at := b.page(b.client.Get(b.shop.server.URL + "/login/sso?" + url.Values{"back": {back}}.Encode()))
	id := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(page.body)
	if id == nil {
		b.t.Fatalf("%d at %s: %s", page.status, at, page.body)
	}
	return b.page(b.client.PostForm("http://"+at.Host+"/login/username", url.Values{"username": {user}, "password": {"verysecure"}, "id": {id[1]}}))
}

const testUser = "test-user2"

func TestSingleSignOnLetsInByGroupAndSubject(t *testing.T) {
	for _, inToken := range []bool{true, false} {
		s := newShop(t)
		p := withSSO(t, s)
		p.inToken = inToken
		s.stranger(t).get("/login?back=/cases").has(t, `href="/login/sso?back=%2Fcases"`, "Log in with Shop account")
		b := travel(t, s)
		page, at := b.provide(testUser, "/cases?state=new")
		if at.RequestURI() != "/cases?state=new" || page.status != http.StatusOK {
			t.Fatalf("%d at %s: %s", page.status, at, page.body)
		}
		me := s.person(t, testUser)
		if !me.May(socialwatch.RoleApprover, account) || me.May(socialwatch.RoleLead, account) || me.Name != "Test User2" {
			t.Errorf("%+v", me)
		}
		p.set(func() { p.groups = []string{"leads", "cleaners"} })
		travel(t, s).provide(testUser, "/")
		if again := s.person(t, testUser); again.ID != me.ID || !again.May(socialwatch.RoleLead, "any") {
			t.Errorf("the roles of today: %+v", again)
		}
		rows, _, err := s.Audit(t.Context(), store.AuditFilter{People: true, Kind: "people."})
		must(t, err)
		if rows[0].Event.Kind != store.EventPersonChanged || rows[1].Event.Data["issuer"] != p.server.URL {
			t.Errorf("%+v", rows[:2])
		}
	}
}

func TestNobodyComesInByANameAlone(t *testing.T) {
	s := newShop(t)
	p := withSSO(t, s)
	local, err := s.AddPerson(t.Context(), socialwatch.Person{Login: testUser, Name: "Local", Roles: map[string]socialwatch.Role{"*": socialwatch.RoleAdmin}}, "", s.now())
	must(t, err)
	page, _ := travel(t, s).provide(testUser, "/settings")
	page.has(t, testUser+"-2")
	page.hasNot(t, "Manage people")
	_, err = s.AddPerson(t.Context(), socialwatch.Person{Login: "test-user2@zitadel.ch", Roles: map[string]socialwatch.Role{"*": socialwatch.RoleAdmin}}, "", s.now())
	must(t, err)
	if other, _, err := s.PersonByIdentity(t.Context(), p.server.URL, "id2"); err != nil || other.ID == local.ID || other.Login != testUser+"-2" {
		t.Errorf("%+v, %v", other, err)
	}
}

func TestSingleSignOnKeepsOut(t *testing.T) {
	s := newShop(t)
	p := withSSO(t, s)
	p.groups = []string{"cleaners"}
	page, _ := travel(t, s).provide(testUser, "/")
	page.has(t, "You have no role here")
	if _, _, _, err := s.PersonByLogin(t.Context(), testUser); err == nil {
		t.Error("a person without a role was made")
	}
	p.set(func() { p.groups = []string{"support"} })
	b := travel(t, s)
	b.provide(testUser, "/")
	p.set(func() { p.groups = nil })
	page, _ = travel(t, s).provide(testUser, "/")
	page.has(t, "You have no role here")
	if _, at := b.page(b.client.Get(s.server.URL + "/cases")); at.Path != "/login" || len(s.person(t, testUser).Roles) != 0 {
		t.Errorf("rights outlive the group: at %s", at)
	}
	p.set(func() { p.groups = []string{"support"} })
	yes := true
	must(t, s.ChangePerson(t.Context(), store.PersonChange{Login: testUser, Disabled: &yes, By: "max", At: s.now()}))
	page, _ = travel(t, s).provide(testUser, "/")
	page.has(t, "You are shut out")
}

func TestForgedTokensAreRefused(t *testing.T) {
	s := newShop(t)
	p := withSSO(t, s)
	stranger := newKey(t, "first")
	for name, forge := range map[string]func(c map[string]any, k *signing){
		"another nonce":    func(c map[string]any, _ *signing) { c["nonce"] = "another" },
		"no nonce":         func(c map[string]any, _ *signing) { delete(c, "nonce") },
		"another audience": func(c map[string]any, _ *signing) { c["aud"] = []string{"another"} },
		"another party":    func(c map[string]any, _ *signing) { c["aud"], c["azp"] = []string{"socialwatch", "another"}, "another" },
		"nobody's party":   func(c map[string]any, _ *signing) { c["aud"] = []string{"socialwatch", "another"}; delete(c, "azp") },
		"expired":          func(c map[string]any, _ *signing) { c["exp"] = time.Now().Add(-time.Minute).Unix() },
		"another issuer":   func(c map[string]any, _ *signing) { c["iss"] = "https://evil.example" },
		"another's key":    func(_ map[string]any, k *signing) { *k = stranger },
		"an unknown key":   func(_ map[string]any, k *signing) { *k = newKey(t, "second") },
		"another's access": func(c map[string]any, _ *signing) { c["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" },
		"no subject":       func(c map[string]any, _ *signing) { delete(c, "sub") },
	} {
		p.set(func() { p.forge = forge })
		page, _ := travel(t, s).provide(testUser, "/")
		if page.status != http.StatusForbidden {
			t.Errorf("%s: %d", name, page.status)
		}
		page.has(t, "Single sign-on was refused")
	}
	if _, _, _, err := s.PersonByLogin(t.Context(), testUser); err == nil {
		t.Error("a forged token made a person")
	}
	p.set(func() { p.forge = func(map[string]any, *signing) {} })
	if page, at := travel(t, s).provide(testUser, "/cases"); at.Path != "/cases" {
		t.Errorf("%d at %s", page.status, at)
	}
}

func TestSingleSignOnFollowsTheProvidersKeys(t *testing.T) {
	s := newShop(t)
	p := withSSO(t, s)
	travel(t, s).provide(testUser, "/")
	fresh := newKey(t, "second")
	p.set(func() { p.key = fresh })
	if page, at := travel(t, s).provide(testUser, "/cases"); at.Path != "/cases" {
		t.Errorf("%d at %s: %s", page.status, at, page.body)
	}
}

func TestProviderThatIsAwayIsSaidSo(t *testing.T) {
	s := newShop(t)
	p := withSSO(t, s)
	away := func(b *traveller, path string) {
		t.Helper()
		page, _ := b.page(b.client.Get(s.server.URL + path))
		if page.status != http.StatusBadGateway {
			t.Errorf("%d", page.status)
		}
		page.has(t, "Single sign-on does not answer", "user link LOGIN --enter")
	}
	p.set(func() { p.down = true })
	away(travel(t, s), "/login/sso")
	p.set(func() { p.down = false })
	b := travel(t, s) // away between the login there and the code's exchange
	b.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/login/sso/callback" {
			p.set(func() { p.down = true })
		}
		return nil
	}
	page, _ := b.provide(testUser, "/")
	page.has(t, "Single sign-on does not answer")
	p.set(func() { p.down = false })
	if _, at := travel(t, s).provide(testUser, "/cases"); at.Path != "/cases" {
		t.Errorf("at %s", at)
	}
	if in := s.enter(t, "ana").get("/"); in.status != http.StatusOK {
		t.Errorf("sessions: %d", in.status)
	}
}

func TestAnswersThatWereNotAskedForAreRefused(t *testing.T) {
	s := newShop(t)
	withSSO(t, s)
	begin := func() (*visitor, *http.Cookie, url.Values) {
		v := s.stranger(t)
		a := v.get("/login/sso?back=/cases")
		to, err := url.Parse(a.to)
		must(t, err)
		c, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
		must(t, err)
		q := to.Query()
		if q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.MaxAge != 600 || strings.Contains(c.Value, q.Get("state")) {
			t.Fatalf("%s, cookie %+v", a.to, c)
		}
		return v, c, q
	}
	answer := func(v *visitor, c *http.Cookie, q url.Values) answer {
		r, err := http.NewRequestWithContext(t.Context(), "GET", s.server.URL+"/login/sso/callback?"+q.Encode(), nil)
		must(t, err)
		if c != nil {
			r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		}
		return v.do(r)
	}
	v, c, q := begin()
	good := url.Values{"state": {q.Get("state")}, "code": {"guessed"}}
	answer(v, nil, good).has(t, "This login is over")
	answer(v, c, url.Values{"state": {"another"}, "code": {"x"}}).has(t, "This login is over")
	answer(v, &http.Cookie{Name: c.Name, Value: "AAAA" + c.Value[4:]}, good).has(t, "This login is over")
	refused := answer(v, c, good)
	refused.has(t, "Single sign-on was refused")
	if gone, err := http.ParseSetCookie(refused.header.Get("Set-Cookie")); err != nil || gone.MaxAge >= 0 || gone.Name != c.Name {
		t.Errorf("the cookie stays: %+v", gone)
	}
	hostile := answer(v, c, url.Values{"state": {q.Get("state")}, "error": {"<script>alert(1)</script>"}, "error_description": {"<script>alert(2)"}})
	hostile.has(t, "Single sign-on was refused")
	hostile.hasNot(t, "alert(")
	s.advance(11 * time.Minute)
	late := answer(v, c, good)
	late.has(t, "This login is over")
	if v.cookie != nil {
		t.Error("a session was opened")
	}
}

// TestAnswersOfAnotherIssuerAreRefused where the provider names it (RFC 9207).
func TestAnswersOfAnotherIssuerAreRefused(t *testing.T) {
	s := newShop(t)
	p := withSSO(t, s)
	for issuer, in := range map[string]bool{p.server.URL: true, "https://evil.example": false} {
		b := travel(t, s)
		b.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
			if r.URL.Path == "/login/sso/callback" {
				r.URL.RawQuery += "&" + url.Values{"iss": {issuer}}.Encode()
			}
			return nil
		}
		if page, at := b.provide(testUser, "/cases"); (at.Path == "/cases") != in {
			t.Errorf("%s: %d at %s", issuer, page.status, at)
		}
	}
}

func TestSingleSignOnLeadsNowhereElse(t *testing.T) {
	s := newShop(t)
	withSSO(t, s)
	for _, back := range []string{"https://evil.example", "//evil.example/x", "/\\evil.example", "javascript:alert(1)", "/%09/evil.example"} {
		page, at := travel(t, s).provide(testUser, back)
		if "http://"+at.Host != s.server.URL || page.status == http.StatusForbidden {
			t.Errorf("%q leads to %s", back, at)
		}
	}
	plain := newShop(t)
	for _, path := range []string{"/login/sso", "/login/sso/callback"} {
		if a := plain.stranger(t).get(path); a.status != http.StatusNotFound {
			t.Errorf("%s without single sign-on: %d", path, a.status)
		}
	}
}
