package config

import (
	"fmt"
	"net/netip"
)

// network reads one entry of a list of networks.
func network(text string) (p netip.Prefix, ok bool) {
	p, err := netip.ParsePrefix(text)
	return p, err == nil && p == p.Masked()
}

// networks are those of a list that was checked.
func networks(list []string) (all []netip.Prefix) {
	for _, text := range list {
		if p, ok := network(text); ok {
			all = append(all, p)
		}
	}
	return all
}

// Networks are those of AllowPrivate.
func (w Webhooks) Networks() []netip.Prefix { return networks(w.AllowPrivate) }

// Proxies are those of trusted_proxies.
func (c Config) Proxies() []netip.Prefix { return networks(c.Trusted) }

func (c Config) checkNetworks(add func(path, format string, args ...any)) {
	for i, text := range c.Webhooks.AllowPrivate {
		if _, ok := network(text); !ok {
			add(fmt.Sprintf("webhooks.allow_private[%d]", i), "write a network such as 10.20.0.0/16, or one address as 10.20.0.5/32")
		}
	}
	for i, text := range c.Trusted {
		switch p, ok := network(text); {
		case !ok:
			add(fmt.Sprintf("trusted_proxies[%d]", i), "write a network such as 172.18.0.0/16, or one address as 172.18.0.2/32")
		case p.Bits() == 0:
			add(fmt.Sprintf("trusted_proxies[%d]", i), "everybody could call himself as he likes: write the proxy's own address, such as 172.18.0.2/32")
		}
	}
}
