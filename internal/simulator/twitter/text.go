package twitter

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
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

// partPattern finds candidates for all but links.
var partPattern = regexp.MustCompile(`(?i)[@＠][a-z0-9_]{1,20}` +
	`|[#＃][\p{L}\p{M}\p{Nd}_\x{200c}\x{200d}·・〃〜～゠־׳״་]*[\p{L}\p{M}][\p{L}\p{M}\p{Nd}_\x{200c}\x{200d}·・〃〜～゠־׳״་]*` +
	`|\$[a-z]{1,6}(?:[._][a-z]{1,2})?`)

// splitText cuts a typed text into plain stretches, links, handles, tags and
// cashtags, by the rules that X publishes for its clients.
func splitText(text string) []part {
	var parts []part
	last := 0
	add := func(kind partKind, at stretch) {
		if at.from > last {
			parts = append(parts, part{partPlain, text[last:at.from]})
		}
		parts = append(parts, part{kind, text[at.from:at.to]})
		last = at.to
	}
	links := findLinks(text)
	for _, m := range partPattern.FindAllStringIndex(text, -1) {
		for len(links) > 0 && links[0].from <= m[0] {
			add(partURL, links[0])
			links = links[1:]
		}
		if kind := classify(text, m[0], m[1]); kind != partPlain && m[0] >= last {
			add(kind, stretch{m[0], m[1]})
		}
	}
	for _, l := range links {
		if l.from >= last {
			add(partURL, l)
		}
	}
	if last < len(text) {
		parts = append(parts, part{partPlain, text[last:]})
	}
	return parts
}

// retweetSign is what may stand right before an @ although it is a word.
var retweetSign = regexp.MustCompile(`(?i)(?:^|[^a-z0-9_+~.-])rt$`)

// classify says what the candidate text[from:to] is.
func classify(text string, from, to int) partKind {
	before := runeBefore(text, from)
	after, _ := utf8.DecodeRuneInString(text[to:])
	kind, refused := partPlain, false
	switch first, _ := utf8.DecodeRuneInString(text[from:]); first {
	case '@', '＠':
		kind = partHandle
		word := asciiWord(before) && !retweetSign.MatchString(text[max(0, from-3):from])
		refused = word || strings.ContainsRune("!#$%&*@＠", before) || asciiWord(after) ||
			after == '@' || after == '＠' || latinAccent(after) || strings.HasPrefix(text[to:], "://")
	case '#', '＃':
		kind = partTag
		refused = before == '&' || before == '_' || unicode.IsLetter(before) || unicode.IsDigit(before) ||
			strings.HasPrefix(text[to:], "://") || after == '#' || after == '＃'
	case '$':
		kind = partCash
		refused = !unicode.IsSpace(before) || unicode.IsLetter(after) || unicode.IsDigit(after)
	}
	if refused {
		return partPlain
	}
	return kind
}

func asciiWord(r rune) bool { return r == '_' || asciiAlnum(r) }

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
