package auth

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// allowance is how many tries may fail at once, and how soon one more may.
type allowance struct {
	burst int
	every time.Duration
}

// A person who mistypes is never kept out; a guesser gets few tries from one
// address, and a thousand addresses together still get few at one login.
var (
	perPair    = allowance{5, time.Minute}
	perAddress = allowance{20, 30 * time.Second}
	perLogin   = allowance{50, 30 * time.Second}
)

// maxBuckets bounds the memory of a throttle. When full, buckets that were
// used least go first, then any.
const maxBuckets = 10_000

// throttle counts tries in memory: a restart forgets them.
type throttle struct {
	mu      sync.Mutex
	buckets map[string]bucket
}

// bucket holds when it will be full again; it is empty when that is
// burst × every away.
type bucket struct {
	fullAt time.Time
	of     allowance
}

// take counts one try at login from address. A wait above zero means that it
// is refused and not counted.
func (t *throttle) take(login, address string, now time.Time) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	keys := bucketKeys(login, address)
	for key, of := range keys {
		b := t.buckets[key]
		if w := b.fullAt.Sub(now.Add(time.Duration(of.burst-1) * of.every)); w > wait {
			wait = w
		}
	}
	if wait > 0 {
		return wait
	}
	t.makeRoom(now)
	for key, of := range keys {
		from := t.buckets[key].fullAt
		if from.Before(now) {
			from = now
		}
		t.buckets[key] = bucket{fullAt: from.Add(of.every), of: of}
	}
	return 0
}

// giveBack forgets one try, because it was right.
func (t *throttle) giveBack(login, address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, of := range bucketKeys(login, address) {
		if b, ok := t.buckets[key]; ok {
			t.buckets[key] = bucket{fullAt: b.fullAt.Add(-of.every), of: of}
		}
	}
}

func (t *throttle) makeRoom(now time.Time) {
	if t.buckets == nil {
		t.buckets = map[string]bucket{}
	}
	if len(t.buckets)+3 <= maxBuckets {
		return
	}
	for key, b := range t.buckets {
		if !b.fullAt.After(now) {
			delete(t.buckets, key)
		}
	}
	for _, all := range []bool{false, true} {
		for key, b := range t.buckets {
			if len(t.buckets) <= maxBuckets*9/10 {
				return
			}
			if all || b.fullAt.Sub(now) < time.Duration(b.of.burst/2)*b.of.every {
				delete(t.buckets, key)
			}
		}
	}
}

func bucketKeys(login, address string) map[string]allowance {
	login = strings.ToLower(login)
	if len(login) > 200 {
		login = login[:200]
	}
	return map[string]allowance{"p " + address + " " + login: perPair, "a " + address: perAddress, "l " + login: perLogin}
}

// Address names who calls, for throttling: the IPv4 address or the IPv6 /64. A
// proxy that is trusted is believed about the address that it saw, and so is
// the one before it; nobody else's word counts.
func (l *Logins) Address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	// A proxy may add a line of its own instead of to the one that it got.
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		before, known := hopAddress(strings.TrimSpace(hop))
		if !known || !l.trusts(addr) {
			break
		}
		addr = before
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			return p.String()
		}
	}
	return addr.String()
}

// hopAddress reads what a proxy writes: an address, with a port at some.
func hopAddress(hop string) (netip.Addr, bool) {
	if addr, err := netip.ParseAddr(hop); err == nil {
		return addr, true
	}
	at, err := netip.ParseAddrPort(hop)
	return at.Addr(), err == nil
}

func (l *Logins) trusts(proxy netip.Addr) bool {
	proxy = proxy.Unmap().WithZone("")
	return slices.ContainsFunc(l.Proxies, func(p netip.Prefix) bool { return p.Contains(proxy) })
}
