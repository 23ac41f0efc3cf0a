package responder

import (
	"net/url"
	"strings"
)

// inside holds what stands behind the host of a link to us, in
// text[start:end], against the rules on numbers, e-mail addresses and links: a
// network shows a link like any word. What the account's private route has of
// its own may stand.
func (c *check) inside(start, end int) {
	link := loose(c.text[start:end]).text
	_, rest, ok := strings.Cut(link, "://")
	from := strings.IndexAny(rest, "/?#")
	if !ok || from < 0 || c.within {
		return
	}
	rest = unescaped(c.filled(link, rest[from:]))
	if !strings.ContainsAny(rest, "@:") && countDigits(loose(rest).text) < minOrder {
		return
	}
	w := &check{in: c.in, text: rest, within: true}
	w.read()
	w.numbers()
	w.schemes(w.loose)
	w.emails(w.loose, chains(w.loose.text, w.dots(w.loose, false)))
	for _, f := range w.found {
		c.add(f.Rule, start, end, "in the link: "+f.Mend)
	}
}

// filled is what a folded link has in the place of {case} in the account's private
// route, when it is that; else rest, what stands behind the link's host.
func (c *check) filled(link, rest string) string {
	before, after, slot := strings.Cut(loose(strings.TrimSpace(c.in.Account.Private)).text, slotInRoute)
	switch {
	case link == before && !slot:
		return ""
	case before == "" || !slot || strings.Contains(after, slotInRoute):
		return rest
	}
	value, begins := strings.CutPrefix(link, before)
	value, ends := strings.CutSuffix(value, after)
	if !begins || !ends {
		return rest
	}
	return value
}

// unescaped is a part of a URL as whoever opens it reads it: %40 is the sign @.
// What is no escape stays.
func unescaped(part string) string {
	for range 2 { // an escape may be escaped
		i := strings.IndexByte(part, '%')
		if i < 0 {
			break
		}
		var b strings.Builder
		for ; i >= 0; i = strings.IndexByte(part, '%') {
			b.WriteString(part[:i])
			n := min(3, len(part)-i)
			if s, err := url.PathUnescape(part[i : i+n]); err == nil {
				b.WriteString(s)
			} else {
				n = 1
				b.WriteByte('%')
			}
			part = part[i+n:]
		}
		part = b.String() + part
	}
	return part
}

// numbered are parts of a path behind which the number of a page of ours stands.
var numbered = set(`article articles section sections category categories collection collections solution solutions faq faqs kb
topic topics page pages product products item items app apps news blog events`)

// page reports whether a number that begins at from in a link to us is that of
// a page: in the path, behind a part that says so.
func (c *check) page(from int, text string) bool {
	if !c.within || strings.ContainsAny(text[:from], "?#=&;") {
		return false
	}
	for part := range strings.SplitSeq(text[:from], "/") {
		if numbered[part] {
			return true
		}
	}
	return false
}

// outside is a number without its groups in a link to us that were judged
// there: one may begin in a link and go on behind it.
func (c *check) outside(s stretch) stretch {
	n, digits := 0, 0
	for ; n < len(s.groups); n++ {
		if a, _ := c.loose.span(s.groups[n].from, s.groups[n].to); !c.inLink(a) {
			break
		}
		digits += len(s.groups[n].digits)
	}
	if n == len(s.groups) || digits >= minContact {
		return stretch{s.groups[n:]}
	}
	return s
}
