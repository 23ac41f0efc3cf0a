package responder

import (
	"strings"
	"unicode"
)

// bare reports whether a sentence consists of nothing but x and courtesy, or
// its last clause does and says please.
func (b *board) bare(x found, at sentence) bool {
	text := b.words.text
	start := max(at.from, x.from-askReach) // what may lead up to x is shorter
	clause := int32(strings.LastIndexAny(text[start:x.from], ",:")) + 1
	if clause == 0 && start > at.from {
		return false
	}
	start += clause
	for start < x.from && strings.IndexByte(" \"'(,", text[start]) >= 0 {
		start++
	}
	if start < x.from && !b.led(x, start) {
		return false
	}
	x = b.listed(x, at)
	if clause == 0 && nothing(text[x.to:at.to]) {
		return true
	}
	for _, h := range b.within(secPlease, sentence{x.to, min(at.to, x.to+3)}) {
		if h.language == x.language && strings.Trim(text[x.to:h.from], " ,") == "" && nothing(text[h.to:at.to]) {
			return true
		}
	}
	return false
}

// nothing reports whether a text has no words.
func nothing(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
}

// listed is x with what is listed behind it: "date of birth and postcode".
func (b *board) listed(x found, at sentence) found {
	for range maxListed {
		next, ok := b.nextListed(x, at)
		if !ok {
			break
		}
		x.to = next
	}
	return x
}

// maxListed is how many things behind one are looked at.
const maxListed = 4

// nextListed is where the thing listed right behind x ends.
func (b *board) nextListed(x found, at sentence) (int32, bool) {
	for _, s := range []section{secPersonal, secSecret} {
		for _, h := range b.within(s, sentence{x.to, min(at.to, x.to+askBack/4)}) {
			from := x.to + int32(len(b.words.text[x.to:h.from])-len(strings.TrimLeft(b.words.text[x.to:h.from], " ,&+/")))
			if h.language == x.language && (from == h.from || b.led(h, from)) {
				return h.to, true
			}
		}
	}
	return 0, false
}

// led reports whether nothing but an article or the like leads from start to x.
func (b *board) led(x found, start int32) bool {
	for _, h := range b.within(secNominal, sentence{start, start + 1}) {
		if h.language == x.language && (h.to >= x.from || strings.TrimSpace(b.words.text[h.to:x.from]) == "") {
			return true
		}
	}
	return false
}
