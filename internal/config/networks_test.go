package config

import (
	"fmt"
	"strings"
	"testing"
)

func TestTrustedProxiesAreNetworks(t *testing.T) {
	const account = "accounts:\n  - {name: shop_help, network: mastodon, base_url: https://social.example, token_env: T}\n"
	for _, tc := range []struct{ text, proxies, want string }{
		{"", "[127.0.0.0/8 ::1/128]", ""},
		{"trusted_proxies: [172.18.0.2/32, 10.0.0.0/8]", "[172.18.0.2/32 10.0.0.0/8]", ""},
		{"trusted_proxies: []", "[]", ""},
		{"trusted_proxies: [172.18.0.2]", "", "trusted_proxies[0]: write a network such as"},
		{"trusted_proxies: [10.0.0.1/8]", "", "trusted_proxies[0]: write a network such as"},
		{"trusted_proxies: [127.0.0.0/8, 0.0.0.0/0]", "", "trusted_proxies[1]: everybody could call himself"},
	} {
		c, err := Parse("f.yaml", []byte(account+tc.text))
		if tc.want != "" {
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: %v", tc.text, err)
			}
			continue
		}
		if got := fmt.Sprint(c.Proxies()); err != nil || got != tc.proxies {
			t.Errorf("%q: %s, %v", tc.text, got, err)
		}
	}
}
