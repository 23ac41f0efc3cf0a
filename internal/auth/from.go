package auth

import (
	"net/http"
	"net/netip"
	"strings"
)

// From says where a login comes from: the address counts tries, and the
// session keeps a shortened one by which its owner knows it again.
type From struct {
	Address string // as Address gives it
	Agent   string // browser and system, such as "Firefox on Linux"
}

// From reads where a request comes from.
func (l *Logins) From(r *http.Request) From {
	return From{Address: l.Address(r), Agent: agent(r.UserAgent())}
}

// short is the address without its last part: enough to tell home from
// abroad, too little to find anybody.
func (f From) short() string {
	if p, err := netip.ParsePrefix(f.Address); err == nil { // IPv6
		if wide, err := p.Addr().Prefix(48); err == nil {
			return wide.String()
		}
	}
	if a, err := netip.ParseAddr(f.Address); err == nil && a.Is4() {
		return f.Address[:strings.LastIndexByte(f.Address, '.')] + ".x"
	}
	return ""
}

// families are what names browsers and systems in a User-Agent. Each claims to
// be those before it, so the first match from the top is the one.
var families = struct{ browsers, systems [][2]string }{
	browsers: [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}},
	systems: [][2]string{{"Android", "Android"}, {"iPhone", "iOS"}, {"iPad", "iPadOS"}, {"CrOS", "ChromeOS"},
		{"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"}},
}

// agent names browser and system of a User-Agent, empty when it knows neither.
func agent(header string) string {
	find := func(in [][2]string) string {
		for _, f := range in {
			if strings.Contains(header, f[0]) {
				return f[1]
			}
		}
		return ""
	}
	browser, system := find(families.browsers), find(families.systems)
	if browser != "" && system != "" {
		return browser + " on " + system
	}
	return browser + system
}
