package twitter

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// X makes links of more than addresses with http in front: a host name alone
// with a real top-level domain is one. The rules are those that X publishes as
// conformance cases; they count a link as 23 characters, and a post with one
// costs twenty times as much.

// span is a part of a text, in bytes.
type span struct{ start, end int }

const (
	linkLimit  = 4096 // UTF-16 units of a whole link; longer ones stay text
	labelLimit = 63   // characters of a part of a host name, as DNS sees it
	slugLimit  = 40   // characters behind X's own shortener
	tldLimit   = 24   // runes of a top-level domain that is not ASCII
)

// links returns the parts of text that X turns into links, in order. The work
// is linear in the length of text.
func links(text string) []span {
	l := linker{text: text}
	for l.from < len(text) {
		r, found := hostRun(text, l.from)
		if !found {
			break
		}
		l.scan(r)
	}
	return l.found
}

// linker walks through a text. Everything before from is decided.
type linker struct {
	text  string
	from  int
	past  int // end of the last link, taken or passed over
	found []span
}

// scan looks for links that begin within r and leaves from behind it, or behind
// the last link.
func (l *linker) scan(r run) {
	label := 0
	for p := r.start; p < r.end; {
		for label < len(r.labels)-1 && p > r.labels[label].end {
			label++
		}
		if end := l.at(r, p, label); end > 0 {
			l.past, p = end, end
			continue
		}
		_, n := utf8.DecodeRuneInString(l.text[p:])
		p += n
	}
	l.from = max(l.past, r.end)
}

// at decides about the link that begins at p, which stands in a label of r. It
// returns where to go on, 0 when nothing begins here.
func (l *linker) at(r run, p, label int) int {
	before := rune(0)
	if p > 0 {
		if p <= l.past {
			return 0 // the character before belongs to the last link
		}
		before, _ = utf8.DecodeLastRuneInString(l.text[:p])
		if alphanumeric(before) || strings.ContainsRune("@＠$#＃\ufffe\ufeff\uffff", before) {
			return 0
		}
	}
	if n := scheme(l.text[p:]); n > 0 {
		if end := l.full(p, p+n); end > 0 {
			return end
		}
	}
	return l.bare(r, p, label, strings.ContainsRune("-_./", before))
}

// full takes a link with http in front, whose host begins at host.
func (l *linker) full(p, host int) int {
	r, found := hostRun(l.text, host)
	if !found || r.start != host {
		return 0
	}
	last := r.reach(host, 0)
	if last == 0 {
		return 0
	}
	hostEnd := r.labels[last].tld
	end := l.tail(hostEnd)
	if !validHost(l.text[host:hostEnd]) || tooLong(l.text[p:end], l.text[host:hostEnd]) {
		return end // X passes over it
	}
	if slug, short := shortened(l.text[p:end]); short {
		if slug == 0 {
			return end
		}
		end = p + slug
	}
	l.found = append(l.found, span{p, end})
	return end
}

// bare takes links without http: of a name in other scripts only the ASCII and
// Latin parts that are host names by themselves.
func (l *linker) bare(r run, p, label int, joined bool) int {
	last := r.reach(p, label)
	if last == 0 {
		return 0
	}
	hostEnd := r.labels[last].tld
	end := l.tail(hostEnd)
	if joined {
		return end // X passes over it
	}
	for _, n := range r.latin(p, label, last) {
		host := l.text[n.start:n.end]
		if at := l.port(hostEnd); n.end == hostEnd && at < len(l.text) && l.text[at] == '/' {
			n.end = end
		}
		if validHost(host) && !tooLong("https://"+l.text[n.start:n.end], host) {
			l.found = append(l.found, n)
		}
	}
	return end
}

// scheme is the length of http:// or https:// in front of s, 0 without.
func scheme(s string) int {
	for _, w := range []string{"https://", "http://"} {
		if len(s) > len(w) && strings.EqualFold(s[:len(w)], w) {
			return len(w)
		}
	}
	return 0
}

// tail is where port, path and query behind a host end.
func (l *linker) tail(at int) int {
	at = pathEnd(l.text, l.port(at))
	return queryEnd(l.text, at)
}

func (l *linker) port(at int) int {
	if at == len(l.text) || l.text[at] != ':' {
		return at
	}
	end := at + 1
	for end < len(l.text) && l.text[end] >= '0' && l.text[end] <= '9' {
		end++
	}
	if end == at+1 {
		return at
	}
	return end
}

// pathEnd is where the path that begins at ends: behind the last character of
// it that may be a path's last one, or behind balanced parentheses.
func pathEnd(text string, at int) int {
	if at == len(text) || text[at] != '/' {
		return at
	}
	end := at + 1
	for p := end; p < len(text); {
		if text[p] == '(' {
			if p = group(text, p, 1); p == 0 {
				return end
			}
			end = p
			continue
		}
		r, n := utf8.DecodeRuneInString(text[p:])
		if !pathRune(r) {
			return end
		}
		p += n
		if pathLetter(r) || strings.ContainsRune("+-=_#/", r) {
			end = p
		}
	}
	return end
}

// group is where the parentheses that open at p close again, 0 when they don't.
// One pair may stand within.
func group(text string, p, depth int) int {
	begin := p + 1
	for p = begin; p < len(text); {
		switch c := text[p]; {
		case c == ')' && p > begin:
			return p + 1
		case c == '(' && depth > 0:
			if p = group(text, p, depth-1); p == 0 {
				return 0
			}
			depth = 0
		default:
			r, n := utf8.DecodeRuneInString(text[p:])
			if !pathRune(r) {
				return 0
			}
			p += n
		}
	}
	return 0
}

func queryEnd(text string, at int) int {
	if at == len(text) || text[at] != '?' {
		return at
	}
	end := at
	for p := at + 1; p < len(text); p++ {
		c := rune(text[p])
		ends := alphanumeric(c) || strings.ContainsRune("-_&=#/", c)
		if ends {
			end = p + 1
		} else if !strings.ContainsRune("!?*'@();:+$%[].,~|", c) {
			break
		}
	}
	return end
}

// shortened reports whether a link is of X's own shortener, and how much of it
// counts: 0 when its slug is too long to be one.
func shortened(link string) (int, bool) {
	rest := link[scheme(link):]
	const host = "t.co/"
	if len(rest) <= len(host) || !strings.EqualFold(rest[:len(host)], host) {
		return 0, false
	}
	begin := len(link) - len(rest) + len(host)
	end := begin
	for end < len(link) && alphanumeric(rune(link[end])) {
		end++
	}
	switch {
	case end == begin:
		return 0, false
	case end-begin > slugLimit:
		return 0, true
	}
	return queryEnd(link, end), true
}

// validHost reports whether every part of a name fits into DNS.
func validHost(host string) bool {
	for label := range strings.SplitSeq(host, ".") {
		if len(label) <= labelLimit && ascii(label) {
			continue
		}
		if utf8.RuneCountInString(label) > labelLimit { // can't become shorter
			return false
		}
		name, err := idna.Punycode.ToASCII(strings.ToLower(label))
		if err != nil || len(name) > labelLimit {
			return false
		}
	}
	return true
}

// tooLong reports whether a link is longer than X takes, in UTF-16 and with
// its host as DNS sees it.
func tooLong(link, host string) bool {
	if len(link) < linkLimit/8 { // however it is written
		return false
	}
	name, err := idna.Punycode.ToASCII(strings.ToLower(host))
	return err != nil || units(link)-units(host)+len(name) > linkLimit
}

func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// topLevel is the length of the top-level domain that label begins with; next
// is what follows the label in the text. It is 0 when there is none.
func topLevel(label, next string) int {
	plain := 0
	for plain < len(label) && alphanumeric(rune(label[plain])) {
		plain++
	}
	if name := strings.ToLower(label[:min(len(label), 4)]); name == "xn--" && len(label) > 4 {
		end := 4
		for end < len(label) && (alphanumeric(rune(label[end])) || label[end] == '-') {
			end++
		}
		if end > 4 {
			return end
		}
	}
	if n := foreignTop(label, next); n > 0 {
		return n
	}
	if plain == 0 || plain > labelLimit || !edge(label[plain:], next) || !registered(label[:plain]) {
		return 0
	}
	return plain
}

// foreignTop looks for a top-level domain that is not all ASCII. Nothing
// separates it from words of the same script that follow.
func foreignTop(label, next string) int {
	var ends []int
	foreign := false
	for i, r := range label {
		n := utf8.RuneLen(r)
		if n < 0 || len(ends) == tldLimit || !unicode.In(r, unicode.L, unicode.M, unicode.Nd) {
			break
		}
		foreign = foreign || r >= utf8.RuneSelf
		ends = append(ends, i+n)
	}
	if !foreign {
		return 0
	}
	for _, end := range slices.Backward(ends) {
		if !ascii(label[:end]) && edge(label[end:], next) && registered(label[:end]) {
			return end
		}
	}
	return 0
}

// edge reports whether a top-level domain may end before rest, or before next
// when rest is empty.
func edge(rest, next string) bool {
	s := rest
	if s == "" {
		s = next
	}
	return s == "" || !alphanumeric(rune(s[0])) && !strings.ContainsRune("@+-", rune(s[0]))
}

// registered reports whether name is a top-level domain of the public suffix
// list. X's own list may be some months older or newer.
func registered(name string) bool {
	name = strings.ToLower(name)
	if !ascii(name) {
		var err error
		if name, err = idna.Punycode.ToASCII(name); err != nil {
			return false
		}
	}
	// Some are on the list only with a wildcard below them.
	_, known := publicsuffix.PublicSuffix("some-name." + name)
	return known
}
