package twitter

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxCarried is how many users X carries into a reply.
const maxCarried = 50

// carried are the users whose @ X puts before a reply to the parent: its
// author and whom it names, but not the replier. The caller holds mu.
func (s *Server) carried(parent *post, replier *user) []*user {
	var all []*user
	for _, u := range append([]*user{parent.author}, s.addressees(parent)...) {
		if u != replier && !slices.Contains(all, u) && len(all) < maxCarried {
			all = append(all, u)
		}
	}
	return all
}

// leading cuts the handles at the beginning of a text off it.
func leading(text string) (handles []string, rest string) {
	rest = text
	for {
		parts := splitText(rest)
		if len(parts) == 0 || parts[0].kind != partHandle {
			return handles, rest
		}
		handles = append(handles, parts[0].text)
		rest = strings.TrimLeft(strings.TrimPrefix(rest, parts[0].text), " ")
	}
}

// render fills in the served form of a version, and whom its post names. The
// caller holds mu.
func (s *Server) render(p *post, v *version) {
	p.explicit = s.handles(v.typed)
	v.prefix = ""
	heads, _ := leading(v.typed)
	for _, u := range p.implicit {
		if !slices.ContainsFunc(heads, func(h string) bool { return s.find(strings.TrimPrefix(h, "＠")) == u }) {
			v.prefix += "@" + u.handle + " "
		}
	}
	text := v.typed
	if p.reposted != nil {
		text = "RT @" + p.reposted.author.handle + ": " + p.reposted.newest().typed
	}
	v.full, v.ents = s.serve(v.prefix + text)
	if p.quoted != nil {
		s.appendLink(v, "https://x.com/"+p.quoted.author.handle+"/status/"+idText(p.quotedID))
	}
	v.cut = v.full
	if weightedLength(text) > maxLength {
		v.cut = cutText(v.full, v.id)
	}
}

// cutText is what `text` holds of a long post: its beginning and a link to it.
func cutText(full string, id uint64) string {
	keep := []rune(full)
	keep = keep[:min(len(keep), maxLength-urlLength-2)]
	text := string(keep)
	if i := strings.LastIndexByte(text, ' '); i > 0 {
		text = text[:i]
	}
	return text + "… " + shortLink("https://x.com/i/web/status/"+idText(id))
}

// shortLink is the t.co form in which X serves a link.
func shortLink(url string) string {
	const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	h := fnv.New64a()
	_, _ = h.Write([]byte(url))
	var b [10]byte
	for i, n := 0, h.Sum64(); i < len(b); i++ {
		b[i] = digits[n%62]
		n /= 62
	}
	return "https://t.co/" + string(b[:])
}

// serve writes a typed text as X serves it and tells where its entities are.
// The caller holds mu.
func (s *Server) serve(typed string) (string, entities) {
	var b strings.Builder
	var e entities
	at := 0
	for _, p := range splitText(typed) {
		out := escape(p.text)
		if p.kind == partURL {
			out = shortLink(expanded(p.text))
		}
		end := at + utf8.RuneCountInString(out)
		s.addEntity(&e, p, at, end)
		b.WriteString(out)
		at = end
	}
	return b.String(), e
}

func (s *Server) addEntity(e *entities, p part, start, end int) {
	o := object{"start": start, "end": end}
	_, size := utf8.DecodeRuneInString(p.text)
	switch p.kind {
	case partURL:
		fillURL(o, p.text)
		e.urls = append(e.urls, o)
	case partHandle:
		o["username"] = p.text[size:]
		if u := s.find(p.text[size:]); u != nil {
			o["username"], o["id"] = u.handle, idText(u.id)
			e.mentions = append(e.mentions, o)
		}
	case partTag:
		o["tag"] = p.text[size:]
		e.hashtags = append(e.hashtags, o)
	case partCash:
		o["tag"] = p.text[size:]
		e.cashtags = append(e.cashtags, o)
	}
}

func expanded(url string) string {
	if l := strings.ToLower(url); strings.HasPrefix(l, "http://") || strings.HasPrefix(l, "https://") {
		return url
	}
	return "http://" + url
}

func fillURL(o object, url string) {
	full := expanded(url)
	_, shown, _ := strings.Cut(full, "://")
	shown = strings.TrimPrefix(shown, "www.")
	if r := []rune(shown); len(r) > 27 {
		shown = string(r[:26]) + "…"
	}
	o["url"], o["expanded_url"], o["display_url"] = shortLink(full), full, shown
}

// appendLink puts the link to a quoted post behind the text.
func (s *Server) appendLink(v *version, url string) {
	start := utf8.RuneCountInString(v.full) + 1
	o := object{"start": start, "end": start + utf8.RuneCountInString(shortLink(url))}
	fillURL(o, url)
	v.full = fmt.Sprintf("%s %s", v.full, shortLink(url))
	v.ents.urls = append(v.ents.urls, o)
}
