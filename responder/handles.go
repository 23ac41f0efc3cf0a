package responder

import (
	"slices"
	"strings"
)

// handles finds everybody whom the reply would notify beside the asker. Our
// own and our partners' addresses may be named.
func (c *check) handles() {
	prefix := exact(c.in.Payload.Prefix).text
	for i := strings.IndexByte(prefix, '@'); i >= 0; i = indexFrom(prefix, '@', i+1) {
		name := handle(prefix, i+1)
		if name != "" && !c.known(name) {
			c.add(RuleMentions, 0, 0, "draft anew: what is put in front of the text names somebody else")
		}
		i += len(name)
	}
	text := c.exact.text
	for i := strings.IndexByte(text, '@'); i >= 0; i = indexFrom(text, '@', i+1) {
		name := handle(text, i+1)
		if name == "" || i > 0 && inWord(text[i-1]) {
			continue // an e-mail address
		}
		a, b := c.exact.span(i, i+1+len(name))
		first, _, _ := strings.Cut(name, ".")
		if !c.known(name) && (strings.Contains(name, "@") || !c.known(first)) && !c.inLink(a) {
			c.add(RuleMentions, a, b, "remove the handle: a reply names its asker only; write the asker's full address")
		}
		i += len(name)
	}
}

// handle is the name that begins at i, with its host if one follows.
func handle(text string, i int) string {
	end := handlePart(text, i)
	if end > i && end < len(text) && text[end] == '@' {
		if host := handlePart(text, end+1); host > end+1 {
			end = host
		}
	}
	return strings.TrimRight(text[i:end], ".-")
}

func handlePart(text string, i int) int {
	if i < len(text) && (text[i] == '.' || text[i] == '-') {
		return i
	}
	for i < len(text) {
		end := labelEnd(text, i)
		if end < len(text) && text[end] == '.' {
			end++
		}
		if end == i {
			break
		}
		i = end
	}
	return i
}

// known reports whether a handle is the asker's or one of ours. A handle
// without a host means somebody on the network's own host.
func (c *check) known(name string) bool {
	return c.ownHandle(name) || c.is(name, c.in.Payload.ParentName)
}

// ownHandle reports whether a handle, folded and without its first sign, is one of
// ours.
func (c *check) ownHandle(name string) bool {
	return slices.ContainsFunc(c.in.Account.Handles, func(full string) bool { return c.is(name, full) })
}

// is reports whether name means the full handle.
func (c *check) is(name, full string) bool {
	full = strings.TrimPrefix(exact(strings.TrimSpace(full)).text, "@")
	own := strings.ToLower(c.in.Payload.Host)
	local, host, _ := strings.Cut(full, "@")
	return full != "" && (name == full || name == local && host == own || host == "" && name == local+"@"+own)
}

// inLink reports whether a place lies in a link that was judged already.
func (c *check) inLink(at int) bool {
	for _, s := range c.covered {
		if at > s[0] && at < s[1] {
			return true
		}
	}
	return false
}

func inWord(b byte) bool { return b == '_' || b >= '0' && b <= '9' || ascii(b) || b >= 0x80 }
