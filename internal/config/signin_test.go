package config

import (
	"strings"
	"testing"
)

func TestSignInIsChecked(t *testing.T) {
	const account = "accounts:\n  - {name: shop_help, network: mastodon, base_url: https://social.example, token_env: T}\n"
	const good = account + "sign_in:\n  passwords: false\n  oidc: {issuer: https://id.shop.example, client_id: sw, client_secret_env: SECRET, roles: {support: {\"*\": approver, shop_help: lead}}}\n"
	c, err := Parse("f.yaml", []byte(good))
	if err != nil || !c.SignIn.OIDC.Enabled() || c.SignIn.Passwords || c.SignIn.OIDC.Roles["support"]["shop_help"] != "lead" {
		t.Fatalf("%+v, %v", c.SignIn, err)
	}
	if c, err := Parse("f.yaml", []byte(account)); err != nil || !c.SignIn.Passwords {
		t.Errorf("passwords are on unless said: %v", err)
	}
	for _, tc := range []struct{ old, new, want string }{
		{"https://id.shop.example", "http://id.shop.example", "f.yaml:5:18: sign_in.oidc.issuer: write the provider's https address"},
		{"https://id.shop.example", "id.shop.example", "sign_in.oidc.issuer: write the provider's https address"},
		{"issuer: https://id.shop.example, ", "", "sign_in.passwords: nobody could log in"},
		{"issuer: https://id.shop.example, ", "", "sign_in.oidc.issuer: write the provider's address"},
		{"client_id: sw, ", "", "sign_in.oidc.client_id: write what the provider calls"},
		{"SECRET", "\"a secret!\"", "sign_in.oidc.client_secret_env: write the variable's name"},
		{"approver", "king", `unknown role "king": write one of reader`},
		{"shop_help: lead", "shop_es: lead", "sign_in.oidc.roles.support.shop_es: there is no account of this name"},
		{", roles: {support: {\"*\": approver, shop_help: lead}}", "", "sign_in.oidc.roles: say which group"},
	} {
		if _, err := Parse("f.yaml", []byte(strings.Replace(good, tc.old, tc.new, 1))); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s → %s: %v", tc.old, tc.new, err)
		}
	}
	if _, err := Parse("f.yaml", []byte(strings.Replace(good, "https://id.shop.example", "http://127.0.0.1:9", 1))); err != nil {
		t.Errorf("a provider on this machine: %v", err)
	}
	t.Setenv("SECRET", " s3 ")
	if s, err := c.SignIn.OIDC.Secret(); err != nil || s != "s3" {
		t.Errorf("%q, %v", s, err)
	}
	t.Setenv("SECRET", "")
	if _, err := c.SignIn.OIDC.Secret(); err == nil || !strings.Contains(err.Error(), "SECRET is not set") {
		t.Errorf("%v", err)
	}
}
