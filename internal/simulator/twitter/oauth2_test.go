package twitter

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

const callback = "http://127.0.0.1:8765/callback"

// visit opens the page of authorization and returns the status and where the
// browser is sent.
func (r *rig) visit(q url.Values) (int, *url.URL) {
	r.t.Helper()
	noFollow := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := noFollow.Get(r.s.URL() + "/i/oauth2/authorize?" + q.Encode())
	must(r.t, err)
	_ = resp.Body.Close()
	to, err := url.Parse(resp.Header.Get("Location"))
	must(r.t, err)
	return resp.StatusCode, to
}

type tokens struct {
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	Type      string `json:"token_type"`
	Scope     string
	ExpiresIn int `json:"expires_in"`
}

// form posts a form, signed in by Basic when the client has a secret.
func (r *rig) form(c Client, path string, form url.Values) answer {
	r.t.Helper()
	req, err := http.NewRequest("POST", r.s.URL()+path, strings.NewReader(form.Encode()))
	must(r.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.Secret != "" {
		req.SetBasicAuth(c.ID, c.Secret)
	}
	resp, err := http.DefaultClient.Do(req)
	must(r.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(r.t, err)
	return answer{resp.StatusCode, resp.Header, body}
}

func (r *rig) as(token, method, path, body string) answer {
	r.t.Helper()
	a, err := r.send(&http.Client{Transport: bearer(token)}, method, path, body)
	must(r.t, err)
	return a
}

type bearer string

func (b bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(req)
}

var verifier = strings.Repeat("Verifier-._~0", 4)

func ask(c Client) url.Values {
	sum := sha256.Sum256([]byte(verifier))
	return url.Values{
		"response_type": {"code"}, "client_id": {c.ID}, "redirect_uri": {callback}, "state": {"s-1"},
		"scope":          {"tweet.read tweet.write users.read offline.access"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
}

func with(v url.Values, name, value string) url.Values {
	c := url.Values{}
	for k, list := range v {
		c[k] = slices.Clone(list)
	}
	if c.Set(name, value); value == "" {
		c.Del(name)
	}
	return c
}

func exchangeForm(c Client, code string) url.Values {
	f := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}
	if c.Secret == "" {
		f.Set("client_id", c.ID)
	}
	return f
}

func refreshForm(c Client, token string) url.Values {
	f := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
	if c.Secret == "" {
		f.Set("client_id", c.ID)
	}
	return f
}

// login goes the whole way.
func (r *rig) login(c Client) tokens {
	r.t.Helper()
	status, to := r.visit(ask(c))
	if status != 302 || !strings.HasPrefix(to.String(), callback+"?") || to.Query().Get("state") != "s-1" {
		r.t.Fatalf("authorize: %d %s", status, to)
	}
	a := r.form(c, "/2/oauth2/token", exchangeForm(c, to.Query().Get("code")))
	if a.status != 200 {
		r.t.Fatalf("token: %d %s", a.status, a.body)
	}
	return decode[tokens](r.t, a)
}

func TestLoginGivesTokensThatWork(t *testing.T) {
	for _, confidential := range []bool{false, true} {
		r := newRig(t, Options{})
		c := r.s.RegisterClient(confidential, callback)
		got := r.login(c)
		if got.Type != "bearer" || got.ExpiresIn != 7200 || got.Refresh == "" || got.Scope != "tweet.read tweet.write users.read offline.access" {
			t.Errorf("tokens %+v", got)
		}
		if a := r.as(got.Access, "POST", "/2/tweets", `{"text":"hello"}`); a.status != 201 {
			t.Errorf("create: %d %s", a.status, a.body)
		}
		r.pass(2 * time.Hour)
		if a := r.as(got.Access, "GET", "/2/users/me", ""); a.status != 401 {
			t.Errorf("expired token: %d", a.status)
		}
	}
}

func TestAuthorizeIsStrict(t *testing.T) {
	r := newRig(t, Options{})
	c := r.s.RegisterClient(false, callback)
	good := ask(c)
	for name, q := range map[string]url.Values{
		"no state": with(good, "state", ""), "plain challenge": with(good, "code_challenge_method", "plain"),
		"no challenge": with(good, "code_challenge", ""), "unknown client": with(good, "client_id", "x"),
		"other port": with(good, "redirect_uri", "http://127.0.0.1:8766/callback"), "token": with(good, "response_type", "token"),
		"slash": with(good, "redirect_uri", callback+"/"), "scope": with(good, "scope", "tweet.read everything"), "extra": with(good, "nonce", "1"),
	} {
		if status, to := r.visit(q); status != 400 || to.String() != "" {
			t.Errorf("%s: %d %s", name, status, to)
		}
	}
	must(t, r.s.Visitor(""))
	if _, to := r.visit(good); to.Query().Get("error") != "access_denied" || to.Query().Has("code") {
		t.Errorf("refused: %s", to)
	}
}

func TestCodesAreShortLivedAndSingleUse(t *testing.T) {
	r := newRig(t, Options{})
	c, other := r.s.RegisterClient(false, callback), r.s.RegisterClient(true, callback)
	newCode := func() string { _, to := r.visit(ask(c)); return to.Query().Get("code") }
	good := exchangeForm(c, newCode())
	for name, f := range map[string]url.Values{
		"verifier": with(good, "code_verifier", strings.Repeat("x", 43)), "redirect": with(good, "redirect_uri", callback+"x"),
		"no verifier": with(good, "code_verifier", ""), "code": with(good, "code", "x"), "secret": with(good, "client_secret", "x"),
		"grant": with(good, "grant_type", "password"),
	} {
		if a := r.form(c, "/2/oauth2/token", f); a.status != 400 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a := r.form(other, "/2/oauth2/token", with(good, "client_id", "")); a.status != 400 {
		t.Errorf("another client's code: %d %s", a.status, a.body)
	}
	for name, client := range map[string]Client{"public with Basic": {c.ID, "x"}, "wrong secret": {other.ID, "x"}} {
		if a := r.form(client, "/2/oauth2/token", with(good, "client_id", "")); a.status != 401 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a := r.form(Client{}, "/2/oauth2/token", with(good, "client_id", other.ID)); a.status != 401 {
		t.Errorf("confidential without Basic: %d %s", a.status, a.body)
	}
	first := decode[tokens](t, r.form(c, "/2/oauth2/token", good))
	if a := r.form(c, "/2/oauth2/token", good); a.status != 400 {
		t.Errorf("the code again: %d", a.status)
	}
	if a := r.as(first.Access, "GET", "/2/users/me", ""); a.status != 401 {
		t.Errorf("tokens of a code used twice: %d", a.status)
	}
	late := exchangeForm(c, newCode())
	r.pass(31 * time.Second)
	if a := r.form(c, "/2/oauth2/token", late); a.status != 400 {
		t.Errorf("late: %d", a.status)
	}
}

func TestReusedRefreshTokenEndsTheFamily(t *testing.T) {
	r := newRig(t, Options{})
	c := r.s.RegisterClient(true, callback)
	first := r.login(c)
	bystander := r.login(c)
	second := decode[tokens](t, r.form(c, "/2/oauth2/token", refreshForm(c, first.Refresh)))
	if second.Refresh == first.Refresh || second.Access == first.Access {
		t.Fatal("the pair was not replaced")
	}
	if a := r.as(first.Access, "GET", "/2/users/me", ""); a.status != 401 {
		t.Errorf("replaced access token: %d", a.status)
	}
	third := decode[tokens](t, r.form(c, "/2/oauth2/token", refreshForm(c, second.Refresh)))
	if a := r.as(third.Access, "GET", "/2/users/me", ""); a.status != 200 {
		t.Errorf("third pair: %d", a.status)
	}
	if a := r.form(c, "/2/oauth2/token", refreshForm(c, first.Refresh)); a.status != 400 || !strings.Contains(string(a.body), "invalid_request") {
		t.Errorf("reuse: %d %s", a.status, a.body)
	}
	if a := r.as(third.Access, "GET", "/2/users/me", ""); a.status != 401 {
		t.Errorf("access after reuse: %d", a.status)
	}
	if a := r.form(c, "/2/oauth2/token", refreshForm(c, third.Refresh)); a.status != 400 {
		t.Errorf("refresh after reuse: %d", a.status)
	}
	if a := r.as(bystander.Access, "GET", "/2/users/me", ""); a.status != 200 {
		t.Errorf("another family: %d", a.status)
	}
}

func TestScopesAreHeld(t *testing.T) {
	r := newRig(t, Options{})
	c := r.s.RegisterClient(false, callback)
	access, refresh, err := r.s.Tokens(c.ID, "shop_help", "tweet.read", "users.read")
	must(t, err)
	if refresh != "" {
		t.Error("a refresh token without offline.access")
	}
	if a := r.as(access, "GET", "/2/users/me", ""); a.status != 200 {
		t.Errorf("read: %d %s", a.status, a.body)
	}
	if a := r.as(access, "POST", "/2/tweets", `{"text":"a"}`); a.status != 403 || !strings.Contains(string(a.body), "tweet.write") {
		t.Errorf("write: %d %s", a.status, a.body)
	}
}

func TestRevokedTokensEndAndAreAnnounced(t *testing.T) {
	r := newRig(t, Options{})
	c := r.s.RegisterClient(false, callback)
	got := r.login(c)
	r.subscribe(got.Access, eventRevoke)
	st := r.stream()
	if a := r.form(c, "/2/oauth2/revoke", url.Values{"client_id": {c.ID}, "token": {got.Refresh}}); a.status != 200 {
		t.Fatalf("revoke: %d %s", a.status, a.body)
	}
	if a := r.as(got.Access, "GET", "/2/users/me", ""); a.status != 401 {
		t.Errorf("after: %d", a.status)
	}
	if e := st.next(); e.Data.Type != eventRevoke || e.Data.Filter.UserID != r.shop {
		t.Errorf("event %+v", e)
	}
}
