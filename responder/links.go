package responder

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLinks is how many links and addresses are looked at; no reply has more.
const maxLinks = 64

// links checks everything that is or may become a link, and e-mail addresses,
// in both foldings: one shows what the network sees, the other what a reader
// sees. Longest forms first; what they cover is not looked at again.
func (c *check) links() {
	c.schemes(c.exact)
	if c.loose.from == nil {
		c.linksIn(c.exact, true)
		return
	}
	c.schemes(c.loose)
	c.linksIn(c.exact, false)
	c.linksIn(c.loose, true)
}

// linksIn looks at one folding for what has no scheme; said also takes dots written as words.
func (c *check) linksIn(f folded, said bool) {
	dots := c.dots(f, said)
	hosts := chains(f.text, dots)
	c.emails(f, hosts)
	for _, h := range hosts {
		if h.start < h.dots[0].from {
			c.bare(f, h)
		}
	}
}

// schemes finds links with a scheme, however their slashes are written:
// browsers mend them; and addresses in brackets.
func (c *check) schemes(f folded) {
	text := f.text
	for i := strings.IndexByte(text, ':'); i >= 0 && i+1 < len(text); i = indexFrom(text, ':', i+1) {
		start := i
		for start > 0 && i-start < 21 && (ascii(text[start-1]) || text[start-1] >= '0' && text[start-1] <= '9' || strings.IndexByte("+.-", text[start-1]) >= 0) {
			start--
		}
		for start < i && !ascii(text[start]) {
			start++
		}
		if next := text[i+1]; i-start < 2 || next != '/' && next != '\\' && (next <= ' ' || next == '<' || next == '>' || next == '"' || !schemes[text[start:i]]) {
			continue
		}
		end := i + 1
		for end < len(text) && !space(text[end]) && strings.IndexByte("<>\"", text[end]) < 0 {
			end++
		}
		c.link(f, start, end)
		i = end - 1
	}
	for i := strings.IndexByte(text, '['); i >= 0; i = indexFrom(text, '[', i+1) {
		end := i + 1
		for end < len(text) && (strings.IndexByte("0123456789abcdef:.", text[end]) >= 0) {
			end++
		}
		if end < len(text) && text[end] == ']' && strings.IndexByte(text[i:end], ':') >= 0 {
			if a, b := f.span(i, end+1); c.cover(a, b) {
				c.add(RuleLink, a, b, "remove the address: only links to our own hosts may stand here")
			}
		}
	}
}

func indexFrom(text string, b byte, from int) int {
	if i := strings.IndexByte(text[from:], b); i >= 0 {
		return from + i
	}
	return -1
}

// dot is what parts two labels of a host, with the spaces around it.
type dot struct {
	from, to int
	plain    bool // a full stop and nothing else
	spaced   bool // a full stop or a word between spaces, without brackets
}

// dots finds what may part the labels of a host: full stops, also in brackets
// or behind a space, and words for them. They stand between letters or digits.
func (c *check) dots(f folded, said bool) []dot {
	var out []dot
	text := f.text
	words := c.sections(secDot, said)
	for i := 0; i < len(text); i++ {
		for len(words) > 0 && words[0][0] < i {
			words = words[1:]
		}
		d := dot{i, i + 1, true, false}
		switch {
		case text[i] == '.':
			if c.sentenceEnd(f, i) {
				continue
			}
			if i > 0 && space(text[i-1]) {
				d = dot{back(text, i), forth(text, i+1), false, true}
			}
		case strings.IndexByte("([{<", text[i]) >= 0:
			inner := forth(text, i+1)
			end := inner
			if end < len(text) && text[end] == '.' {
				end++
			} else if w, ok := at(words, inner); ok {
				end = w
			}
			end = forth(text, end)
			if end == inner || end >= len(text) || strings.IndexByte(")]}>", text[end]) < 0 {
				continue
			}
			d = dot{back(text, i), forth(text, end+1), false, false}
		case len(words) > 0 && words[0][0] == i && i > 0 && (space(text[i-1]) || text[i] >= utf8.RuneSelf):
			d = dot{back(text, i), forth(text, words[0][1]), false, true}
		default:
			continue
		}
		if d.from > 0 && d.to < len(text) && (len(out) == 0 || d.from >= out[len(out)-1].to) && label(text, d.from, -1) && label(text, d.to, 1) {
			out = append(out, d)
		}
	}
	return out
}

// sentenceEnd reports whether a dot is the full stop of Japanese behind a word with
// hiragana: prose, not a label.
func (c *check) sentenceEnd(f folded, i int) bool {
	if f.from == nil {
		return false
	}
	if r, _ := utf8.DecodeRuneInString(c.text[f.from[i]:]); r != '。' && r != '｡' {
		return false
	}
	return strings.ContainsFunc(f.text[labelStart(f.text, i):i], func(r rune) bool { return unicode.Is(unicode.Hiragana, r) })
}

// sections returns the spans of a section's phrases in the folded text.
func (c *check) sections(s section, wanted bool) [][2]int {
	if !wanted || len(c.board.by[s]) == 0 {
		return nil
	}
	var out [][2]int
	for _, h := range c.board.by[s] {
		a, b := c.board.words.place(int(h.from), int(h.to))
		out = append(out, [2]int{a, b})
	}
	return out
}

// at returns the end of the span that begins at i.
func at(spans [][2]int, i int) (int, bool) {
	for _, s := range spans {
		if s[0] >= i {
			return s[1], s[0] == i
		}
	}
	return 0, false
}

// back skips spaces before i, forth from i on; a few at most.
func back(text string, i int) int {
	for n := 0; n < 3 && i > 0 && space(text[i-1]); n++ {
		i--
	}
	return i
}

func forth(text string, i int) int {
	for n := 0; n < 3 && i < len(text) && space(text[i]); n++ {
		i++
	}
	return i
}

// label reports whether a rune of a host's label stands before or behind i.
func label(text string, i, step int) bool {
	r, _ := utf8.DecodeRuneInString(text[i:])
	if step < 0 {
		r, _ = utf8.DecodeLastRuneInString(text[:i])
		return labelRune(r)
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

func labelRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 0 && wordBytes[byte(r)] || r == '-' || r >= 'A' && r <= 'Z'
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.M, r))
}

// labelEnd is where the label that begins at i ends, labelStart where the one
// that ends at i begins.
//
// Scripts without spaces end a label in plain letters: "shop.exampleを".
func labelEnd(text string, i int) int {
	plain := i < len(text) && text[i] < utf8.RuneSelf
	for i < len(text) {
		r, n := utf8.DecodeRuneInString(text[i:])
		if !labelRune(r) || plain && r >= 0x2E80 {
			break
		}
		i += n
	}
	return i
}

func labelStart(text string, i int) int {
	plain := i > 0 && text[i-1] < utf8.RuneSelf
	for i > 0 {
		r, n := utf8.DecodeLastRuneInString(text[:i])
		if !labelRune(r) || plain && r >= 0x2E80 {
			break
		}
		i -= n
	}
	for i < len(text) && text[i] == '-' {
		i++
	}
	return i
}

// chain is labels with dots between.
type chain struct {
	text       string
	start, end int
	dots       []dot
}

// cut is the chain without what begins at its last dot.
func (h chain) cut() chain {
	n := len(h.dots) - 1
	return chain{h.text, h.start, h.dots[n].from, h.dots[:n]}
}

// host is the labels with plain dots between.
func (h chain) host() string {
	var b strings.Builder
	from := h.start
	for _, d := range h.dots {
		b.WriteString(h.text[from:d.from])
		b.WriteByte('.')
		from = d.to
	}
	b.WriteString(h.text[from:h.end])
	return b.String()
}

// top is the last label.
func (h chain) top() string { return h.text[h.dots[len(h.dots)-1].to:h.end] }

// chains groups dots that have one label between.
func chains(text string, dots []dot) []chain {
	var out []chain
	for i := 0; i < len(dots); {
		h := chain{text: text, start: labelStart(text, dots[i].from)}
		j := i
		for {
			h.end = labelEnd(text, dots[j].to)
			if j++; j == len(dots) || dots[j].from != h.end {
				break
			}
		}
		h.dots = dots[i:j]
		out = append(out, h)
		i = j
	}
	return out
}

// startsAt returns the chain that begins at i.
func startsAt(all []chain, i int) (chain, bool) {
	k, ok := slices.BinarySearchFunc(all, i, func(h chain, i int) int { return h.start - i })
	if !ok {
		return chain{}, false
	}
	return all[k], true
}

// emails finds e-mail addresses, the sign in brackets or written out too.
func (c *check) emails(f folded, hosts []chain) {
	text := f.text
	for i := strings.IndexByte(text, '@'); i >= 0; i = indexFrom(text, '@', i+1) {
		c.email(f, hosts, i, i+1)
	}
	if !strings.ContainsAny(text, "([{<") && len(c.board.by[secAt]) == 0 {
		return
	}
	for _, w := range c.sections(secAt, c.loose.text == text) {
		from, to := w[0], w[1]
		open, end := back(text, from), forth(text, to)
		if open > 0 && end < len(text) && strings.IndexByte("([{<", text[open-1]) >= 0 && strings.IndexByte(")]}>", text[end]) >= 0 {
			c.email(f, hosts, back(text, open-1), forth(text, end+1))
			continue
		}
		if h, ok := startsAt(hosts, end); ok && (!h.dots[len(h.dots)-1].plain || text[from:to] != "at") &&
			(spelledTops[h.top()] || countries[h.top()] && signWords[text[from:to]]) {
			c.email(f, hosts, open, end)
		}
	}
}

// signWords are words that mean the sign of an address and nothing else.
var signWords = set("chiocciola arroba arobase arrobase klammeraffe アットマーク")

// email judges an address whose sign stands between from and to.
func (c *check) email(f folded, hosts []chain, from, to int) {
	text := f.text
	start := from
	for start > 0 {
		r, n := utf8.DecodeLastRuneInString(text[:start])
		if !labelRune(r) && strings.IndexRune(".%+", r) < 0 {
			break
		}
		start -= n
	}
	if start == from || start > 0 && text[start-1] == '@' {
		return // a handle
	}
	h, ok := startsAt(hosts, to)
	if !ok {
		return
	}
	if a, b := f.span(start, h.end); c.cover(a, b) && !c.allowedHost(h.host()) && !c.ownHandle(exact(c.text[a:b]).text) {
		c.add(RuleContact, a, b, "remove the e-mail address, or ask an admin to allow its host")
	}
}
