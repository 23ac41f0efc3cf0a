package connectors

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"

	"socialwatch"
)

// TextOf turns a post's HTML into the text that is stored and that spans
// count in: paragraphs, breaks, list items, quotations and preformatted text
// make line breaks, entities are decoded, and a link stands with its whole
// address, because networks shorten what is visible. handle gives what stands
// for a link to a person's page ("@customer1@far.example"), empty for any
// other link; nil is a handle that knows nobody. Paragraphs of the class
// quote-inline, which repeat the address of a quoted post, are dropped.
//
// The work is linear in the length of s, whatever s holds, and the result is
// clean in the sense of socialwatch.CleanText.
func TextOf(s string, handle func(href string) string) string {
	t := texter{handle: handle}
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		switch z.Next() {
		case html.ErrorToken:
			t.closeLink()
			return socialwatch.CleanText(t.out.String())
		case html.TextToken:
			t.words(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			t.open(z)
		case html.EndTagToken:
			name, _ := z.TagName()
			t.close(string(name))
		}
	}
}

// texter writes text while the tags go by. It keeps no tree, so that deep
// nesting costs nothing.
type texter struct {
	handle func(string) string
	out    strings.Builder
	breaks int  // line breaks owed before the next word, at most 2
	space  bool // a space is owed
	begun  bool // something was written
	pre    int  // depth of pre
	quote  bool // inside a paragraph that repeats a quoted post's address
	hidden bool // inside script or style

	inLink bool
	link   strings.Builder // visible text of the open link
	href   string
	class  string
}

// blocks says how many line breaks stand around an element.
var blocks = map[string]int{
	"p": 2, "div": 2, "blockquote": 2, "pre": 2, "ul": 2, "ol": 2, "table": 2,
	"h1": 2, "h2": 2, "h3": 2, "h4": 2, "h5": 2, "h6": 2,
	"li": 1, "tr": 1, "dt": 1, "dd": 1, "hr": 1,
}

func (t *texter) open(z *html.Tokenizer) {
	raw, more := z.TagName()
	name := string(raw)
	if n := blocks[name]; n > 0 {
		t.closeLink()
		t.quote = false
		t.breaks = max(t.breaks, n)
	}
	switch name {
	case "p":
		_, class := attributes(z, more)
		t.quote = hasClass(class, "quote-inline")
	case "a":
		t.closeLink()
		t.href, t.class = attributes(z, more)
		t.inLink = true
	case "br":
		t.closeLink()
		t.breaks = min(t.breaks+1, 2)
	case "pre":
		t.pre++
	case "script", "style":
		t.hidden = true
	}
}

func (t *texter) close(name string) {
	if n := blocks[name]; n > 0 {
		t.closeLink()
		t.quote = false
		t.breaks = max(t.breaks, n)
	}
	switch name {
	case "a":
		t.closeLink()
	case "pre":
		t.pre = max(t.pre-1, 0)
	case "script", "style":
		t.hidden = false
	}
}

func attributes(z *html.Tokenizer, more bool) (href, class string) {
	for more {
		var k, v []byte
		k, v, more = z.TagAttr()
		switch string(k) {
		case "href":
			href = string(v)
		case "class":
			class = string(v)
		}
	}
	return href, class
}

func hasClass(classes, want string) bool {
	for c := range strings.FieldsSeq(classes) {
		if c == want {
			return true
		}
	}
	return false
}

// words takes text in: of the open link, or for the output.
func (t *texter) words(s string) {
	switch {
	case t.quote || t.hidden:
	case t.inLink:
		t.link.WriteString(s)
	default:
		t.write(s)
	}
}

// closeLink ends the open link and writes what stands for it.
func (t *texter) closeLink() {
	if !t.inLink {
		return
	}
	t.inLink = false
	visible := t.link.String()
	t.link.Reset()
	if t.quote {
		return
	}
	if t.handle != nil {
		if h := t.handle(t.href); h != "" {
			t.write(h)
			return
		}
	}
	href := strings.Join(strings.Fields(t.href), "")
	shown := strings.TrimSuffix(strings.TrimSpace(visible), "…")
	switch {
	case !webAddress(href) || hasClass(t.class, "mention") || hasClass(t.class, "hashtag"):
		t.write(visible)
	case strings.Contains(href, shown):
		t.write(href)
	default:
		t.write(visible + " " + href)
	}
}

func webAddress(href string) bool {
	scheme, _, ok := strings.Cut(href, "://")
	return ok && (strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http"))
}

// write puts s out; runs of white space become one space, except in pre.
func (t *texter) write(s string) {
	if t.pre > 0 {
		if s != "" {
			t.settle()
			t.out.WriteString(s)
		}
		return
	}
	for s != "" {
		n := strings.IndexAny(s, " \t\r\n\f")
		if n == 0 {
			t.space = true
			s = strings.TrimLeft(s, " \t\r\n\f")
			continue
		}
		if n < 0 {
			n = len(s)
		}
		t.settle()
		t.out.WriteString(s[:n])
		s = s[n:]
	}
}

// settle writes the breaks or the space that are owed.
func (t *texter) settle() {
	switch {
	case !t.begun:
	case t.breaks > 0:
		t.out.WriteString("\n\n"[:t.breaks])
	case t.space:
		t.out.WriteByte(' ')
	}
	t.begun, t.breaks, t.space = true, 0, false
}

// SameWords reports whether a and b say the same: equal in letters and
// digits, whatever a server did to spaces, quotation marks, markup and the
// handles in front. It is for finding a post of ours again.
func SameWords(a, b string) bool { return words(a) == words(b) }

func words(s string) string {
	s = strings.TrimSpace(s)
	for strings.HasPrefix(s, "@") {
		end := strings.IndexFunc(s, unicode.IsSpace)
		if end < 0 {
			return ""
		}
		s = strings.TrimLeftFunc(s[end:], unicode.IsSpace)
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}
