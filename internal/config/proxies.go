package config

import (
	"fmt"
	"net/netip"
)

func (c Config) checkProxies(add func(path, format string, args ...any)) {
	for i, text := range c.Trusted {
		switch p, err := netip.ParsePrefix(text); {
		case err != nil || p != p.Masked():
			add(fmt.Sprintf("trusted_proxies[%d]", i), "write a network such as 172.18.0.0/16, or one address as 172.18.0.2/32")
		case p.Bits() == 0:
			add(fmt.Sprintf("trusted_proxies[%d]", i), "everybody could call himself as he likes: write the proxy's own address, such as 172.18.0.2/32")
		}
	}
}

// Proxies are those of trusted_proxies.
func (c Config) Proxies() (all []netip.Prefix) {
	for _, text := range c.Trusted {
		if p, err := netip.ParsePrefix(text); err == nil {
			all = append(all, p)
		}
	}
	return all
}
