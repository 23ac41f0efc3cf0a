package main

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"socialwatch"
	"socialwatch/internal/config"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
)

func TestUserCommandsChangePeople(t *testing.T) {
	s := newShop(t, store.SQLite, simulator.Options{})
	t.Parallel()
	if a := s.doWith("four random words\n", "user", "add", "nia", "--role", "reader", "--team", "support", "--language", "en,es"); a.code != exitDone {
		t.Fatalf("%+v", a)
	}
	s.done("user", "set", "nia", "--role", "approver", "--account", "shop_help", "--name", "Nia N.", "--language", "")
	s.done("user", "set", "nia", "--role", "none")
	if a := s.do("user", "list"); !strings.Contains(a.out, "Nia N.") || !strings.Contains(a.out, "approver on shop_help") || !strings.Contains(a.out, "support") || strings.Contains(a.out, "en,es") {
		t.Errorf("%s", a.out)
	}
	if a := s.doWith("a whole new password\n", "user", "set", "nia", "--password"); a.code != exitDone {
		t.Errorf("%+v", a)
	}
	for _, tc := range [][]string{{"no person", "user", "set", "nobody", "--name", "x"}, {"no account", "user", "set", "nia", "--role", "lead", "--account", "shop_x9"},
		{"no sign_in.oidc", "user", "set", "nia", "--subject", "s"}, {"nobody", "user", "link", "nobody"}} {
		if a := s.do(tc[1:]...); a.code != exitFailed || a.errors == "" {
			t.Errorf("%v: %+v", tc, a)
		}
	}
	for _, args := range [][]string{{"user", "set", "nia", "--role", "king"}, {"user", "link", "nia", "--life", "0s"}, {"user", "link", "nia", "--life", "999h"}} {
		if a := s.do(args...); a.code != exitUsage {
			t.Errorf("%v: %+v", args, a)
		}
	}
}

// TestLinkOfTheTerminalEntersOnce: the way in when single sign-on is away.
func TestLinkOfTheTerminalEntersOnce(t *testing.T) {
	s := newShop(t, store.SQLite, simulator.Options{})
	t.Parallel()
	a := s.do("user", "link", shopLogin, "--enter")
	_, code, ok := strings.Cut(strings.TrimSpace(a.out), "/login?code=")
	if !ok || strings.Contains(a.errors, code) {
		t.Fatalf("%+v", a)
	}
	d := s.serve()
	defer d.end()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, want := range []int{http.StatusSeeOther, http.StatusUnauthorized} {
		resp, err := client.PostForm(s.url+"/login", map[string][]string{"code": {code}})
		must(t, err)
		resp.Body.Close()
		if resp.StatusCode != want || (len(resp.Cookies()) == 1) != (want == http.StatusSeeOther) {
			t.Errorf("%d, want %d: %v", resp.StatusCode, want, resp.Header)
		}
	}
}

func TestSingleSignOnIsWiredFromTheConfiguration(t *testing.T) {
	cfg := config.Config{PublicURL: "https://watch.shop.example/", SignIn: config.SignIn{OIDC: config.OIDC{Issuer: "https://id.example", ClientID: "sw",
		ClientSecretEnv: "SOCIALWATCH_TEST_OIDC", Roles: map[string]map[string]string{"support": {"*": "approver"}}}}}
	a := &app{cfg: cfg}
	if _, err := a.sso(); err == nil || !strings.Contains(err.Error(), "SOCIALWATCH_TEST_OIDC is not set") {
		t.Errorf("%v", err)
	}
	t.Setenv("SOCIALWATCH_TEST_OIDC", "secret")
	sso, err := a.sso()
	if err != nil || sso.Redirect != "https://watch.shop.example/login/sso/callback" || sso.ClientSecret != os.Getenv("SOCIALWATCH_TEST_OIDC") ||
		sso.Roles["support"]["*"] != socialwatch.RoleApprover || sso.GroupsClaim != "groups" || sso.Name != "single sign-on" || len(sso.Scopes) != 2 {
		t.Errorf("%+v, %v", sso, err)
	}
	if none, err := (&app{}).sso(); none != nil || err != nil {
		t.Errorf("%v, %v", none, err)
	}
}
