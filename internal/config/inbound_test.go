package config

import (
	"strings"
	"testing"
)

const inboundAccount = `accounts:
  - name: fb
    network: inbound
    inbound: {network: facebook, host: facebook.com, secret_env: FB, callback: "https://bridge.shop.example/r", max_length: 2000, find: true, guard: 24h}
`

func TestInboundAccountsAreChecked(t *testing.T) {
	c, err := Parse("f.yaml", []byte(inboundAccount))
	if err != nil || c.Accounts[0].On() != "facebook" {
		t.Fatal(err)
	}
	if _, err := c.Accounts[0].Inbound.Secret("fb"); err == nil || !strings.Contains(err.Error(), "FB is not set") {
		t.Errorf("%v", err)
	}
	t.Setenv("FB", " whsec_a ")
	if s, err := c.Accounts[0].Inbound.Secret("fb"); s != "whsec_a" || err != nil {
		t.Errorf("%q %v", s, err)
	}
	for _, tc := range []struct{ old, new, want string }{
		{"network: facebook", "network: x", "inbound.network: write what the network is called"},
		{"network: facebook", "network: Facebook", "inbound.network: write what"},
		{"host: facebook.com", "host: https://facebook.com", "inbound.host: write where"},
		{"secret_env: FB", "secret_env: whsec_YWJj=", "inbound.secret_env: write the name"},
		{"max_length: 2000", "max_length: 0", "inbound.max_length: write"},
		{"find: true", "count: bytes", "inbound.count: write characters"},
		{"find: true", "visibility: all", "inbound.visibility: write"},
		{"guard: 24h", "guard: -1h", "inbound.guard: write"},
		{`callback: "https://bridge.shop.example/r", `, "", "inbound.callback: find and guard belong"},
		{"    inbound:", "    token_env: T\n    inbound:", "network: base_url, token_env"},
		{"network: inbound", "network: mastodon\n    base_url: https://a.example\n    token_env: T", "inbound: belongs to an account"},
	} {
		_, err := Parse("f.yaml", []byte(strings.Replace(inboundAccount, tc.old, tc.new, 1)))
		if err == nil || !strings.Contains(err.Error(), "accounts[0]."+tc.want) || strings.Contains(err.Error(), "YWJj") {
			t.Errorf("%s: %v", tc.new, err)
		}
	}
}
