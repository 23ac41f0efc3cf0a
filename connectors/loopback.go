package connectors

import (
	"net/netip"
	"strings"
)

// Loopback reports whether a name or address is surely this machine, where no
// encryption is needed. Names are not resolved.
func Loopback(name string) bool {
	if addr, err := netip.ParseAddr(name); err == nil {
		return addr.IsLoopback()
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}
