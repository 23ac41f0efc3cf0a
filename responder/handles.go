package responder

import "strings"

// handles finds everybody whom the reply would notify beside the asker. Our
// own and our partners' addresses may be named.
func (c *check) handles() {
	if names := handleForm.FindAllString(exact(c.in.Payload.Prefix).text, -1); len(names) > 0 {
		for _, n := range names {
			if !c.known(n[1:]) {
				c.add(RuleMentions, 0, 0, "draft anew: what is put in front of the text names somebody else")
			}
		}
	}
	for _, m := range handleForm.FindAllStringIndex(c.exact.text, -1) {
		if m[0] > 0 && inWord(c.exact.text[m[0]-1]) {
			continue // an e-mail address
		}
		name := strings.TrimRight(c.exact.text[m[0]+1:m[1]], ".-")
		a, b := c.exact.span(m[0], m[0]+1+len(name))
		first, _, _ := strings.Cut(name, ".")
		if c.known(name) || !strings.Contains(name, "@") && c.known(first) || c.inLink(a) {
			continue
		}
		c.add(RuleMentions, a, b, "remove the handle: a reply names its asker only; write the asker's full address")
	}
}

// known reports whether a handle is the asker's or one of ours. A handle
// without a host means somebody on the network's own host.
func (c *check) known(name string) bool {
	p := c.in.Payload
	for _, full := range append([]string{p.ParentName}, c.in.Account.Handles...) {
		full = strings.TrimPrefix(exact(strings.TrimSpace(full)).text, "@")
		local, host, _ := strings.Cut(full, "@")
		if full == "" {
			continue
		}
		if name == full || name == local && host == strings.ToLower(p.Host) || host == "" && name == local+"@"+strings.ToLower(p.Host) {
			return true
		}
	}
	return false
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
