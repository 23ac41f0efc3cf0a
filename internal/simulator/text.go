package simulator

import (
	"html"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

type partKind int

const (
	partPlain partKind = iota
	partURL
	partHandle
	partTag
)

// part is a stretch of a status's text.
type part struct {
	kind partKind
	text string
}

var partPattern = regexp.MustCompile(`https?://[^\s<>"]+[^\s<>".,;:!?)]` +
	`|@[A-Za-z0-9_]+(?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?(?:@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d+)?)?` +
	`|#[\p{L}\p{N}_]*\p{L}[\p{L}\p{N}_]*`)

// splitText cuts a text into plain stretches, links, handles and tags. A
// handle or tag right after a letter, digit or slash (as in an e-mail address)
// is plain.
func splitText(text string) []part {
	var parts []part
	last := 0
	for _, at := range partPattern.FindAllStringIndex(text, -1) {
		p := part{partURL, text[at[0]:at[1]]}
		switch p.text[0] {
		case '@':
			p.kind = partHandle
		case '#':
			p.kind = partTag
		}
		if p.kind != partURL && at[0] > 0 && wordByte(text[at[0]-1]) {
			continue
		}
		if at[0] > last {
			parts = append(parts, part{partPlain, text[last:at[0]]})
		}
		parts = append(parts, p)
		last = at[1]
	}
	if last < len(text) {
		parts = append(parts, part{partPlain, text[last:]})
	}
	return parts
}

func wordByte(b byte) bool {
	return b == '_' || b == '/' || b >= 0x80 ||
		b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
}

// reservedURL is the length at which Mastodon counts every link.
const reservedURL = 23

// length counts a status with its warning as the flavour does: GoToSocial in
// code points, Mastodon in graphemes with a link as 23 and a handle without
// its domain.
func (m *Mastodon) length(text, spoiler string) int {
	if m.gts() {
		return utf8.RuneCountInString(text) + utf8.RuneCountInString(spoiler)
	}
	n := uniseg.GraphemeClusterCount(spoiler)
	for _, p := range splitText(text) {
		switch p.kind {
		case partURL:
			n += reservedURL
		case partHandle:
			user, _, _ := strings.Cut(p.text[1:], "@")
			n += 1 + len(user)
		default:
			n += uniseg.GraphemeClusterCount(p.text)
		}
	}
	return n
}

// render writes a status's text as the HTML that the flavour emits. The
// caller holds mu.
func (m *Mastodon) render(s *status, text string) string {
	br := "<br />"
	if m.gts() {
		br = "<br>"
	}
	var b strings.Builder
	if s.quoted != nil && !m.gts() {
		b.WriteString(`<p class="quote-inline">RE: ` + linkHTML(m.statusURL(s.quoted)) + `</p>`)
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for para := range strings.SplitSeq(text, "\n\n") {
		para = strings.Trim(para, "\n")
		if para == "" {
			continue
		}
		b.WriteString("<p>")
		for _, p := range splitText(para) {
			b.WriteString(strings.ReplaceAll(m.partHTML(s.author, p), "\n", br))
		}
		b.WriteString("</p>")
	}
	return b.String()
}

func (m *Mastodon) partHTML(author *account, p part) string {
	switch p.kind {
	case partURL:
		return linkHTML(p.text)
	case partTag:
		name := p.text[1:]
		return `<a href="` + m.base() + `/tags/` + html.EscapeString(strings.ToLower(name)) +
			`" class="mention hashtag" rel="tag">#<span>` + html.EscapeString(name) + `</span></a>`
	case partHandle:
		if a := m.resolve(author, p.text); a != nil {
			return `<span class="h-card" translate="no"><a href="` + m.accountURL(a) +
				`" class="u-url mention">@<span>` + a.username + `</span></a></span>`
		}
	}
	return html.EscapeString(p.text)
}

// linkHTML shows a link as Mastodon does: the scheme and all beyond 30
// characters are there but invisible.
func linkHTML(url string) string {
	scheme, rest, _ := strings.Cut(url, "://")
	prefix := scheme + "://"
	if strings.HasPrefix(rest, "www.") {
		prefix, rest = prefix+"www.", rest[4:]
	}
	shown, hidden, class := rest, "", ""
	if r := []rune(rest); len(r) > 30 {
		shown, hidden, class = string(r[:30]), string(r[30:]), "ellipsis"
	}
	return `<a href="` + html.EscapeString(url) + `" target="_blank" rel="nofollow noopener" translate="no">` +
		`<span class="invisible">` + prefix + `</span><span class="` + class + `">` + html.EscapeString(shown) +
		`</span><span class="invisible">` + html.EscapeString(hidden) + `</span></a>`
}
