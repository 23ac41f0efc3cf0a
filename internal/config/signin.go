package config

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
)

// SignIn says how people log in to the console.
type SignIn struct {
	Passwords bool `yaml:"passwords" example:"true" doc:"False switches logging in by a password off; oidc is needed then. On the day it is away, socialwatch user link LOGIN --enter lets a person in."`
	OIDC      OIDC `yaml:"oidc" doc:"Single sign-on by OpenID Connect. Register the address public_url + /login/sso/callback at the provider."`
}

// OIDC is an identity provider.
type OIDC struct {
	Issuer          string                       `yaml:"issuer" example:"https://id.shop.example" doc:"Address of the provider, exactly as it names itself."`
	ClientID        string                       `yaml:"client_id" example:"socialwatch" doc:"What the provider calls this program."`
	ClientSecretEnv string                       `yaml:"client_secret_env" example:"SOCIALWATCH_OIDC_SECRET" doc:"Environment variable that holds the client's secret. Empty for a public client."`
	Name            string                       `yaml:"name" example:"Shop account" doc:"What people call it; stands on the button. Empty: single sign-on."`
	Scopes          []string                     `yaml:"scopes" example:"[profile, email, groups]" doc:"What is asked for beside openid. Empty: profile and email."`
	GroupsClaim     string                       `yaml:"groups_claim" example:"groups" doc:"Claim with a person's groups, in the ID token or else the user info; a path has dots, such as realm_access.roles. Empty: groups."`
	Roles           map[string]map[string]string `yaml:"roles" example:"{support: {\"*\": approver}, leads: {shop_help: lead}}" doc:"Roles (reader, author, approver, lead, admin) by group, then by account or * for all. People get them at each login; who is in none of the groups stays out."`
}

// Enabled reports whether the file names an identity provider.
func (o OIDC) Enabled() bool { return o.Issuer != "" }

// Secret reads the client's secret; empty for a public client.
func (o OIDC) Secret() (string, error) {
	if o.ClientSecretEnv == "" {
		return "", nil
	}
	if v := strings.TrimSpace(os.Getenv(o.ClientSecretEnv)); v != "" {
		return v, nil
	}
	return "", fmt.Errorf("sign_in.oidc.client_secret_env: the environment variable %s is not set: export it with the client's secret", o.ClientSecretEnv)
}

// personRoles are those of package socialwatch, which this one does not know.
var personRoles = []string{"reader", "author", "approver", "lead", "admin"}

func (c Config) checkSignIn(add func(path, format string, args ...any)) {
	o := c.SignIn.OIDC
	at := func(key, format string, args ...any) { add("sign_in.oidc."+key, format, args...) }
	if !o.Enabled() {
		if !c.SignIn.Passwords {
			add("sign_in.passwords", "nobody could log in: name an identity provider under sign_in.oidc first, or write true")
		}
		if o.ClientID != "" || len(o.Roles) > 0 || o.ClientSecretEnv != "" {
			at("issuer", "write the provider's address, such as https://id.shop.example")
		}
		return
	}
	if u, err := url.Parse(o.Issuer); err != nil || u.Host == "" || u.RawQuery != "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		at("issuer", "write the provider's https address, such as https://id.shop.example")
	}
	if o.ClientID == "" {
		at("client_id", "write what the provider calls this program, such as socialwatch")
	}
	if o.ClientSecretEnv != "" && !variable.MatchString(o.ClientSecretEnv) {
		at("client_secret_env", "write the variable's name, such as SOCIALWATCH_OIDC_SECRET, never the secret itself")
	}
	if len(o.Roles) == 0 {
		at("roles", "say which group has which role, such as {support: {\"*\": approver}}: else nobody comes in")
	}
	for _, group := range slices.Sorted(maps.Keys(o.Roles)) {
		for _, account := range slices.Sorted(maps.Keys(o.Roles[group])) {
			if _, err := c.Account(account); err != nil && account != "*" {
				at("roles."+group+"."+account, "there is no account of this name: write one of accounts, or * for all")
			}
			if role := o.Roles[group][account]; !slices.Contains(personRoles, role) {
				at("roles."+group+"."+account, "unknown role %q: write one of %s", role, strings.Join(personRoles, ", "))
			}
		}
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
