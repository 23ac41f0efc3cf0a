package responder

import (
	"net/netip"
	"strings"

	"golang.org/x/net/idna"

	"socialwatch/internal/confusable"
)

// maxLabels is how many dots between words may be looked at for a host.
const maxLabels = 20

// cover marks a stretch as dealt with; false when it overlaps one that is.
func (c *check) cover(start, end int) bool {
	for _, s := range c.covered {
		if start < s[1] && s[0] < end {
			return false
		}
	}
	if len(c.covered) == maxLinks {
		c.add(RuleLink, start, end, "remove links: nobody can look through so many")
		return false
	}
	c.covered = append(c.covered, [2]int{start, end})
	return true
}

func (c *check) link(f folded, start, end int) {
	whole := strings.TrimRight(f.text[start:end], ".,;:!?)'\"")
	if whole == "" {
		return
	}
	a, b := f.span(start, start+len(whole))
	if !c.cover(a, b) {
		return
	}
	scheme, rest, _ := strings.Cut(exact(c.text[a:b]).text, ":")
	authority := strings.TrimLeft(rest, `/\`)
	if n := strings.IndexAny(authority, "/?#"); n >= 0 {
		authority = authority[:n]
	}
	switch {
	case scheme != "https" && scheme != "http":
		c.add(RuleLink, a, b, "write a plain https link to one of our hosts")
	case strings.ContainsAny(authority, `@\`) || !strings.HasPrefix(rest, "//"):
		c.add(RuleLookalike, a, b, "write the link plainly: what stands before the host misleads")
	default:
		c.host(authority, a, b)
	}
}

// bare checks labels with dots between: a host when they end in a top-level
// domain, start with www or go on with a path.
func (c *check) bare(f folded, h chain) {
	if h.start > 0 && (f.text[h.start-1] == '@' || f.text[h.start-1] == '#') {
		return
	}
	if ip, err := netip.ParseAddr(h.host()); err == nil && ip.Is4() {
		if a, b := f.span(h.start, h.end); c.cover(a, b) {
			c.add(RuleLink, a, b, "remove the address: only links to our own hosts may stand here")
		}
		return
	}
	if len(h.dots) > maxLabels {
		if a, b := f.span(h.start, h.end); c.cover(a, b) {
			c.add(RuleLink, a, b, "remove the dots: nobody can tell whether it is a link")
		}
		return
	}
	path := h.end < len(f.text) && f.text[h.end] == '/' && h.end+1 < len(f.text) && f.text[h.end+1] > ' '
	for ; len(h.dots) > 0; h, path = h.cut(), false {
		if h.isLink(path) {
			if a, b := f.span(h.start, h.end); c.cover(a, b) {
				c.host(exactHost(c.text[a:b], h), a, b)
			}
			return
		}
	}
}

// isLink reports whether the whole chain may be taken for a host. Dots in
// words or between spaces need a top-level domain that is no everyday word.
func (h chain) isLink(path bool) bool {
	top, plain := h.top(), true
	for _, d := range h.dots {
		if d.spaced && !spelledTops[top] && !(path && countries[top] && strings.TrimSpace(h.text[d.from:d.to]) == ".") && !(d.from+2 == d.to && h.text[d.from+1] == '.' && generic[top]) {
			return false
		}
		plain = plain && d.plain
	}
	if !plain {
		return generic[top] || countries[top]
	}
	return isHost(h.host(), top, path) || generic[loose(top).text]
}

// exactHost is the host as the network reads it, with its dots mended.
func exactHost(original string, h chain) string {
	for _, d := range h.dots {
		if !d.plain {
			return h.host()
		}
	}
	if h := exact(original).text; strings.Contains(h, ".") {
		return h
	}
	return h.host()
}

// isHost reports whether a network or a reader may take it for a link. A
// missing space after a full stop often makes one: networks link it too.
func isHost(host, tld string, surely bool) bool {
	before := strings.TrimSuffix(host, "."+tld)
	switch {
	case strings.HasPrefix(host, "www."), surely && letters(tld) > 1:
		return true
	case (tld == "am" || tld == "pm") && letters(before) == 0:
		return false
	}
	return generic[tld] || countries[tld] || strings.HasPrefix(tld, "xn--")
}

// host judges the host of a link, in text[start:end].
func (c *check) host(authority string, start, end int) {
	name := hostOf("https://" + authority)
	ascii, err := idna.Lookup.ToASCII(name)
	switch {
	case err == nil && c.allowedHost(ascii):
		c.inside(start, end)
	case isAddress(name):
		c.add(RuleLink, start, end, "write the name of one of our hosts, not a bare address")
	case err != nil || strings.Contains(ascii, "xn--") || ascii != name:
		c.add(RuleLookalike, start, end, "write the host in plain letters: it may pose as another")
	case c.resembles(ascii):
		c.add(RuleLookalike, start, end, "check the spelling: it is nearly one of our hosts, but not one")
	case shorteners[ascii]:
		c.add(RuleLink, start, end, "write the full link: a shortener hides where it leads")
	default:
		c.add(RuleLink, start, end, "remove the link, or ask an admin to allow the host; after a full stop, write a space")
	}
}

// hostOf is the host of a URL in small letters, without port and final dot.
func hostOf(url string) string {
	_, h, _ := strings.Cut(url, "://")
	if n := strings.IndexAny(h, `/?#\`); n >= 0 {
		h = h[:n]
	}
	if n := strings.LastIndexByte(h, '@'); n >= 0 {
		h = h[n+1:]
	}
	if !strings.HasPrefix(h, "[") {
		h, _, _ = strings.Cut(h, ":")
	}
	return strings.TrimSuffix(strings.ToLower(h), ".")
}

// isAddress reports an IP address, in any writing that browsers accept.
func isAddress(host string) bool {
	if strings.HasPrefix(host, "[") {
		return true
	}
	for part := range strings.SplitSeq(host, ".") {
		digits := "0123456789"
		if hex, ok := strings.CutPrefix(part, "0x"); ok {
			part, digits = hex, digits+"abcdef"
		}
		if part == "" || strings.Trim(part, digits) != "" {
			return false
		}
	}
	return true
}

// allowedHost reports whether a host is on the account's list: equal to an
// entry, equal but for www., or below an entry that begins with "*.".
func (c *check) allowedHost(host string) bool {
	for _, allowed := range c.ours() {
		if below, ok := strings.CutPrefix(allowed, "*."); ok && strings.HasSuffix(host, "."+below) {
			return true
		}
		if host == allowed || host == "www."+allowed {
			return true
		}
	}
	return false
}

// ours lists our hosts in their ASCII form; that of the private route too.
func (c *check) ours() []string {
	if c.hosts != nil {
		return c.hosts
	}
	out := []string{}
	for _, h := range c.in.Account.AllowHosts {
		h = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(h)), ".")
		below, rest := "", h
		if r, ok := strings.CutPrefix(h, "*."); ok {
			below, rest = "*.", r
		}
		if a, err := idna.Lookup.ToASCII(rest); err == nil {
			h = below + a
		}
		out = append(out, h)
	}
	if h := hostOf(c.in.Account.Private); h != "" {
		out = append(out, h)
	}
	c.hosts = out
	return out
}

// resembles reports a host that a hurried reader takes for one of ours: equal
// once look-alike letters are folded, one letter off, or carrying our host or
// our name inside.
func (c *check) resembles(host string) bool {
	for _, our := range c.ours() {
		our = strings.TrimPrefix(our, "*.")
		a, b := skeleton(host), skeleton(our)
		if a == b || len(b) >= 6 && confusable.OneEdit(a, b) || strings.Contains(a, b) {
			return true
		}
		if dotless := strings.ReplaceAll(b, ".", ""); len(dotless) >= 8 && strings.Contains(strings.ReplaceAll(a, ".", ""), dotless) {
			return true
		}
		if name, _, _ := strings.Cut(b, "."); len(name) >= 6 && strings.Contains(a, name) {
			return true
		}
	}
	return false
}

var skeletons = strings.NewReplacer("rn", "m", "vv", "w", "cl", "d", "0", "o", "1", "l", "i", "l", "5", "s", "-", "", "_", "")

func skeleton(host string) string {
	return skeletons.Replace(loose(strings.TrimPrefix(host, "www.")).text)
}
