package twitter

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// What X makes a link of, by its published conformance cases: an address with
// http:// or https://, or a bare domain of Latin letters, in both cases with a
// top-level domain that exists.

const (
	maxLabel = 63   // of a label of a domain, in ASCII
	maxLink  = 4096 // characters
	maxSlug  = 40   // of X's own short links
)

// stretch is a part of a text in bytes.
type stretch struct{ from, to int }

// findLinks finds the links of a text, in order.
func findLinks(text string) []stretch {
	var found []stretch
	for at := 0; at < len(text); {
		link, next := linkAt(text, at)
		if link.to > link.from {
			found = append(found, link)
		}
		at = max(next, at+1)
	}
	return found
}

// linkAt looks for a link that begins at a place, and tells where to go on.
func linkAt(text string, at int) (link stretch, next int) {
	before := runeBefore(text, at)
	if size := scheme(text[at:]); size > 0 && !asciiAlnum(before) && !strings.ContainsRune("@＠$#＃", before) {
		if end := domainEnd(text, at+size, hostRune); end > 0 {
			end = behindDomain(text, end)
			if end = shortened(text, at, at+size, end); end > 0 && utf8.RuneCountInString(text[at:end]) <= maxLink {
				return stretch{at, end}, end
			}
			return stretch{}, at + size
		}
	}
	r, size := utf8.DecodeRuneInString(text[at:])
	if !bareRune(r) {
		return stretch{}, at + size
	}
	if !strings.ContainsRune("@＠$#＃-_./", before) && !asciiAlnum(before) {
		if end := domainEnd(text, at, bareRune); end > 0 {
			end = behindDomain(text, end)
			return stretch{at, end}, end
		}
	}
	for at < len(text) { // the rest of this run of letters is no beginning
		if r, size = utf8.DecodeRuneInString(text[at:]); !bareRune(r) {
			break
		}
		at += size
	}
	return stretch{}, at
}

func runeBefore(text string, at int) rune {
	if at == 0 {
		return ' '
	}
	r, _ := utf8.DecodeLastRuneInString(text[:at])
	return r
}

func scheme(text string) int {
	for _, s := range []string{"https://", "http://"} {
		if len(text) >= len(s) && strings.EqualFold(text[:len(s)], s) {
			return len(s)
		}
	}
	return 0
}

func asciiAlnum(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func latinAccent(r rune) bool { return r >= 0xC0 && r <= 0x24F && r != 0xD7 && r != 0xF7 }

// bareRune may stand in a domain without a scheme.
func bareRune(r rune) bool { return asciiAlnum(r) || latinAccent(r) }

// hostRune may stand in a domain behind a scheme.
func hostRune(r rune) bool {
	return asciiAlnum(r) || r > 0x7F && r != utf8.RuneError && !unicode.IsSpace(r) && !unicode.IsControl(r) && r != 0xFEFF
}

// domainEnd is where a domain ends that begins at a place: at the last of its
// labels that is a top-level domain. It is 0 without one.
func domainEnd(text string, at int, letter func(rune) bool) int {
	best, labels, under := 0, 0, false
	for {
		end := labelEnd(text, at, letter)
		label := text[at:end]
		if labels > 0 && !under {
			if n := topLevel(text, at); n > 0 {
				best = at + n
			}
		}
		if !validLabel(label) || end == len(text) || text[end] != '.' {
			return best
		}
		under = strings.Contains(label, "_")
		at, labels = end+1, labels+1
	}
}

func labelEnd(text string, at int, letter func(rune) bool) int {
	for at < len(text) {
		r, size := utf8.DecodeRuneInString(text[at:])
		if !letter(r) && r != '-' && r != '_' {
			break
		}
		at += size
	}
	return at
}

func validLabel(label string) bool {
	if label == "" || strings.ContainsAny(label[:1]+label[len(label)-1:], "-_") {
		return false
	}
	ascii, err := idna.Punycode.ToASCII(strings.ReplaceAll(label, "_", "-"))
	foreign := ascii != label && strings.HasPrefix(strings.ToLower(label), "xn--")
	return err == nil && len(ascii) <= maxLabel && (!foreign || strings.EqualFold(ascii, label))
}

// topLevel is the length of the top-level domain at a place, 0 without one. A
// Latin one ends where its letters end; another may be followed by letters.
func topLevel(text string, at int) int {
	end := at
	for end < len(text) && (asciiAlnum(rune(text[end])) || text[end] == '-') {
		end++
	}
	if end > at {
		if next, _ := utf8.DecodeRuneInString(text[end:]); next == '@' || next == '+' || next == '_' || !knownTop(text[at:end]) {
			return 0
		}
		return end - at
	}
	const longest = 24 // code points of a top-level domain that is not Latin
	best := 0
	for n := 0; end < len(text) && n < longest; n++ {
		r, size := utf8.DecodeRuneInString(text[end:])
		if r < 0x80 || !unicode.In(r, unicode.L, unicode.M) {
			break
		}
		end += size
		if knownTop(text[at:end]) {
			best = end - at
		}
	}
	return best
}

// knownTop reports whether a top-level domain exists.
func knownTop(top string) bool {
	ascii, err := idna.Punycode.ToASCII(strings.ToLower(top))
	if err != nil {
		return false
	}
	_, real := publicsuffix.PublicSuffix("x." + ascii)
	return real
}

// behindDomain is where a link ends whose domain ends at a place: behind a
// port, a path and a query.
func behindDomain(text string, at int) int {
	if at+1 < len(text) && text[at] == ':' && text[at+1] >= '0' && text[at+1] <= '9' {
		for at++; at < len(text) && text[at] >= '0' && text[at] <= '9'; {
			at++
		}
	}
	if at < len(text) && text[at] == '/' {
		at = walk(text, at, at+1, pathRune, pathLast)
	}
	if at < len(text) && text[at] == '?' {
		at = walk(text, at, at, queryRune, queryLast)
	}
	return at
}

// walk goes over runes that may stand in a part of a link, and over balanced
// parentheses, and ends behind the last that may end it.
func walk(text string, start, end int, inside, last func(rune) bool) int {
	best := end
	for at := start; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		if r == '(' {
			if size = balanced(text[at:], inside); size == 0 {
				break
			}
			at += size
			best = at
			continue
		}
		if !inside(r) {
			break
		}
		if at += size; last(r) {
			best = at
		}
	}
	return best
}

// balanced is the length of the parentheses that a text begins with, 0 if
// they are not closed, hold what no link holds, or are nested more than twice.
func balanced(text string, inside func(rune) bool) int {
	depth := 0
	for i, r := range text {
		switch {
		case r == '(':
			if depth++; depth > 2 {
				return 0
			}
		case r == ')':
			if depth--; depth == 0 {
				return i + 1
			}
		case !inside(r):
			return 0
		}
	}
	return 0
}

func pathLetter(r rune) bool {
	return asciiAlnum(r) || latinAccent(r) || r >= 0x400 && r <= 0x4FF
}

func pathRune(r rune) bool {
	return pathLetter(r) || strings.ContainsRune("!*';:=+,.$/%#[]-_~@|&–", r)
}
func pathLast(r rune) bool { return pathLetter(r) || strings.ContainsRune("+-=_#/", r) }

func queryRune(r rune) bool {
	return asciiAlnum(r) || strings.ContainsRune("!?*'@;:&=+$/%#[]-_.,~|", r)
}
func queryLast(r rune) bool { return asciiAlnum(r) || strings.ContainsRune("-_&=#/", r) }

// shortened holds X's own short links to their form: a slug of letters and
// digits. It is 0 when the slug is too long.
func shortened(text string, from, host, end int) int {
	const domain = "t.co/"
	if !strings.HasPrefix(strings.ToLower(text[host:end]), domain) {
		return end
	}
	at := host + len(domain)
	for at < end && asciiAlnum(rune(text[at])) {
		at++
	}
	switch n := at - host - len(domain); {
	case n == 0:
		return end
	case n > maxSlug:
		return 0
	}
	if at < end && text[at] == '?' {
		return walk(text, at, at, queryRune, queryLast)
	}
	return at
}
