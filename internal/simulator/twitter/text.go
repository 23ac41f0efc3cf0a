package twitter

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
)

type partKind int

const (
	partPlain partKind = iota
	partURL
	partHandle
	partTag
	partCash
)

// part is a stretch of a post's text as its author typed it.
type part struct {
	kind partKind
	text string
}

// entities are the parts of a served text with their places in code points.
type entities struct {
	mentions, urls, hashtags, cashtags []object
}

// partPattern finds candidates. A link without a scheme is one only when its
// last label is a top-level domain, which splitText checks.
var partPattern = regexp.MustCompile(`(?i)https?://[^\s<>"]+` +
	`|(?:[\p{L}\p{N}](?:[\p{L}\p{N}_-]*[\p{L}\p{N}])?\.)+\p{L}{2,}(?::\d+)?(?:[/?#][^\s<>"]*)?` +
	`|[@＠][a-z0-9_]{1,20}` +
	`|[#＃][\p{L}\p{N}_]*\p{L}[\p{L}\p{N}_]*` +
	`|\$[a-z]{1,6}(?:[._][a-z]{1,2})?`)

// splitText cuts a typed text into plain stretches, links, handles, tags and
// cashtags, by the rules that X publishes for its clients, read strictly: a
// bare domain is a link with or without a path.
func splitText(text string) []part {
	var parts []part
	plain := func(to string) {
		if to == "" {
			return
		}
		if n := len(parts); n > 0 && parts[n-1].kind == partPlain {
			parts[n-1].text += to
			return
		}
		parts = append(parts, part{partPlain, to})
	}
	for at := 0; at < len(text); {
		m := partPattern.FindStringIndex(text[at:])
		if m == nil {
			plain(text[at:])
			break
		}
		from, to := at+m[0], at+m[1]
		plain(text[at:from])
		kind, size := classify(text, from, to)
		if kind == partPlain {
			plain(text[from : from+size])
		} else {
			parts = append(parts, part{kind, text[from : from+size]})
		}
		at = from + size
	}
	return parts
}

// classify says what the candidate text[from:to] is and how many bytes of it
// count.
func classify(text string, from, to int) (partKind, int) {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	if from == 0 {
		before = ' '
	}
	found := text[from:to]
	kind, refused := partURL, false
	switch first, _ := utf8.DecodeRuneInString(found); first {
	case '@', '＠':
		kind = partHandle
		refused = asciiWord(before) || strings.ContainsRune("!#$%&*@＠", before) || asciiWord(after) ||
			after == '@' || after == '＠' || after >= 0xC0 && after <= 0x24F || strings.HasPrefix(text[to:], "://")
	case '#', '＃':
		kind = partTag
		refused = before == '&' || before == '_' || unicode.IsLetter(before) || unicode.IsDigit(before)
	case '$':
		kind = partCash
		refused = !unicode.IsSpace(before) || unicode.IsLetter(after) || unicode.IsDigit(after)
	default:
		return classifyURL(found, before)
	}
	if refused {
		kind = partPlain
	}
	return kind, len(found)
}

func asciiWord(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// classifyURL takes any dotted host behind a scheme for a link, and a bare one
// when its top-level domain exists.
func classifyURL(found string, before rune) (partKind, int) {
	found = trimURL(found)
	rest := strings.ToLower(found)
	schemed := strings.HasPrefix(rest, "https://") || strings.HasPrefix(rest, "http://")
	if schemed {
		_, rest, _ = strings.Cut(rest, "://")
	}
	if i := strings.IndexAny(rest, "/?#:"); i >= 0 {
		rest = rest[:i]
	}
	dot := strings.LastIndexByte(rest, '.')
	dotted := dot > 0 && dot < len(rest)-1
	if schemed && dotted || dotted && !strings.ContainsRune("-_./@", before) && knownTop(rest[dot:]) {
		return partURL, len(found)
	}
	return partPlain, max(len(found), 1)
}

// trimURL drops punctuation that ends the sentence rather than the link, and
// a closing bracket without its opening one.
func trimURL(u string) string {
	for u != "" {
		r, size := utf8.DecodeLastRuneInString(u)
		closing := r == ')' && strings.Count(u, "(") < strings.Count(u, ")")
		if !closing && !strings.ContainsRune(".,;:!?'\"…*~`]}>»”’", r) {
			break
		}
		u = u[:len(u)-size]
	}
	return u
}

// knownTop reports whether a top-level domain, with its point, exists.
func knownTop(top string) bool {
	_, real := publicsuffix.PublicSuffix("x" + top)
	return real
}

// hasLink reports whether X would make a link of something in the text.
func hasLink(text string) bool {
	return slices.ContainsFunc(splitText(text), func(p part) bool { return p.kind == partURL })
}

// handles are the users whom the text names, each once, in order. The caller
// holds mu.
func (s *Server) handles(text string) []*user {
	var found []*user
	for _, p := range splitText(text) {
		if p.kind != partHandle {
			continue
		}
		if u := s.find(strings.TrimPrefix(p.text, "＠")); u != nil && !slices.Contains(found, u) {
			found = append(found, u)
		}
	}
	return found
}

// escape is how X writes text in JSON: three characters as HTML entities.
var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace
