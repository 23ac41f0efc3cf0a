package webhook

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Guard says where calls may go.
type Guard struct {
	// Allow are networks that calls may go to though they are not public, and
	// the only ones that they may go to without TLS.
	Allow []netip.Prefix
}

// Why a connection was not made.
var (
	errRefused = newProblem("private", "its address is not public: webhooks.allow_private in the configuration can allow it")
	errPlain   = newProblem("plain", "without TLS only networks of webhooks.allow_private are called")
)

// unicast is all of IPv6 that is given out for the public internet; translators
// of addresses have theirs beside it, and some of special within it.
var unicast = netip.MustParsePrefix("2000::/3")

// special are networks that are no place on the public internet though they
// look like one.
var special = prefixes("0.0.0.0/8", "100.64.0.0/10", "168.63.129.16/32", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
	"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")

func prefixes(list ...string) (all []netip.Prefix) {
	for _, one := range list {
		all = append(all, netip.MustParsePrefix(one))
	}
	return all
}

// check refuses an address that calls may not go to.
func (g Guard) check(addr netip.Addr, plain bool) error {
	addr = addr.Unmap().WithZone("")
	if within(addr, g.Allow) {
		return nil
	}
	switch {
	case plain:
		return errPlain
	case !addr.IsGlobalUnicast(), addr.IsPrivate(), addr.Is6() && !unicast.Contains(addr), within(addr, special):
		return errRefused
	}
	return nil
}

func within(addr netip.Addr, list []netip.Prefix) bool {
	for _, p := range list {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// control looks at the address that is connected to, after names are resolved:
// what a name meant when it was checked counts for nothing.
func (g Guard) control(plain bool) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return errRefused
		}
		return g.check(at.Addr(), plain)
	}
}

// CheckURL refuses an address that can be no endpoint's, in words for who gave
// it. That it is taken says nothing of where its name leads: that is looked at
// with each call.
func (g Guard) CheckURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return nil, newProblem("address", "write an address such as https://desk.example/hooks/socialwatch") // the error would quote it
	case len(text) > maxURL:
		return nil, newProblem("long", fmt.Sprintf("an address has at most %d bytes", maxURL))
	case u.User != nil:
		return nil, newProblem("userinfo", "an address holds no name and password: calls are signed instead")
	case u.Fragment != "":
		return nil, newProblem("fragment", "an address has no part behind #")
	case u.Scheme == "http" && len(g.Allow) == 0:
		return nil, newProblem("http", "write an https address: http is for networks of webhooks.allow_private alone")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, newProblem("scheme", "write an https address")
	}
	if addr, err := netip.ParseAddr(u.Hostname()); err == nil {
		if err := g.check(addr, u.Scheme == "http"); err != nil {
			return nil, err
		}
	}
	return u, nil
}

const maxURL = 2000

// shown is what of an address may be shown: a query often holds a secret.
func shown(u *url.URL) string {
	visible := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	text := visible.String()
	if u.RawQuery != "" {
		text += "?…"
	}
	return text
}

// transport carries calls, with TLS and without it under their own rules. No
// proxy of the environment is asked, which would connect where we may not look.
type transport struct{ tls, plain *http.Transport }

func newTransport(g Guard) transport {
	one := func(plain bool) *http.Transport {
		dialer := &net.Dialer{Timeout: dialTime, Control: g.control(plain)}
		return &http.Transport{DialContext: dialer.DialContext, ForceAttemptHTTP2: true, DisableCompression: true, TLSHandshakeTimeout: dialTime, MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConnsPerHost: inFlight, MaxIdleConns: 64, IdleConnTimeout: 90 * time.Second}
	}
	return transport{tls: one(false), plain: one(true)}
}

const dialTime = 10 * time.Second

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.EqualFold(r.URL.Scheme, "https") {
		return t.tls.RoundTrip(r)
	}
	return t.plain.RoundTrip(r)
}

// CloseIdleConnections is called by http.Client's.
func (t transport) CloseIdleConnections() {
	t.tls.CloseIdleConnections()
	t.plain.CloseIdleConnections()
}
