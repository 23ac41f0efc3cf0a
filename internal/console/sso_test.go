package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

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
