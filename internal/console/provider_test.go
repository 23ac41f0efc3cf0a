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
