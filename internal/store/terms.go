package store

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// term is a word of a text as search compares it, and where it stands.
type term struct {
	text       string
	start, end int // bytes of the text, end exclusive
	first      int // end of its first character
	kind       termKind
}

type termKind int

const (
	word termKind = iota
	pair          // two characters that follow each other in a script without spaces
	tail          // the last character of such a stretch
	lone          // a stretch of one such character
)

// maxTerm bounds a term in bytes; the rest of a longer word does not count.
const maxTerm = 96

// terms cuts a text into words. Case, accents, width and hidden characters do
// not count. Scripts without spaces between words give every pair of
// neighbours, and the last character by itself, so that each character begins
// a term.
func terms(text string) []term {
	c := cutter{}
	var it norm.Iter
	it.InitString(norm.NFKD, text)
	for !it.Done() {
		start := it.Pos()
		char := it.Next()
		for it.Pos() == start && !it.Done() { // one character that stands for several
			char = append(slices.Clone(char), it.Next()...)
		}
		if r, _ := utf8.DecodeRuneInString(text[start:]); !inWord(r) && !hidden(r) {
			c.endWord()
			c.endRun()
		}
		if folded := fold(char); folded != "" {
			c.add(folded, start, it.Pos())
		}
	}
	c.endWord()
	c.endRun()
	return c.out
}

// cutter gathers characters to terms.
type cutter struct {
	out        []term
	buf        []byte // of the word that goes on
	start, end int
	first      int
	run        []term // characters of a stretch without spaces
}

// add takes the next character of a word or stretch.
func (c *cutter) add(char string, start, end int) {
	r, _ := utf8.DecodeRuneInString(char)
	if unspaced(r) {
		c.endWord()
		c.run = append(c.run, term{text: char, start: start, end: end, first: end})
		return
	}
	c.endRun()
	if len(c.buf) == 0 {
		if unicode.IsMark(r) {
			return // without a letter before it
		}
		c.start, c.first = start, end
	}
	if c.end = end; len(c.buf)+len(char) <= maxTerm {
		c.buf = append(c.buf, char...)
	}
}

func (c *cutter) endWord() {
	if len(c.buf) > 0 {
		c.out = append(c.out, term{text: string(c.buf), start: c.start, end: c.end, first: c.first})
		c.buf = c.buf[:0]
	}
}

func (c *cutter) endRun() {
	for i, t := range c.run {
		switch {
		case len(c.run) == 1:
			t.kind = lone
		case i == len(c.run)-1:
			t.kind = tail
		default:
			next := c.run[i+1]
			t.text, t.end, t.kind = t.text+next.text, next.end, pair
		}
		c.out = append(c.out, t)
	}
	c.run = c.run[:0]
}

// letters that NFKD leaves whole and people type without.
var plainLetters = map[rune]string{'ß': "ss", 'ſ': "s", 'ς': "σ", 'ı': "i", 'ø': "o", 'ł': "l", 'đ': "d", 'æ': "ae", 'œ': "oe"}

// inWord reports whether a character belongs to words.
func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) }

// hidden reports whether words are compared without a character: accents,
// joiners, hyphens for the end of a line.
func hidden(r rune) bool {
	return r >= 0x300 && r <= 0x36f || unicode.In(r, unicode.Cf, unicode.Variation_Selector)
}

// fold is a decomposed character as it is compared; empty when it does not
// count.
func fold(char []byte) string {
	if len(char) == 1 && char[0] < utf8.RuneSelf {
		return asciiFold[char[0]]
	}
	var b strings.Builder
	for i := 0; i < len(char); {
		r, n := utf8.DecodeRune(char[i:])
		i += n
		r = unicode.ToLower(r)
		if plain := plainLetters[r]; plain != "" {
			b.WriteString(plain)
		} else if inWord(r) && !hidden(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

var asciiFold = func() (all [utf8.RuneSelf]string) {
	for c := range byte(utf8.RuneSelf) {
		if r := unicode.ToLower(rune(c)); unicode.IsLetter(r) || unicode.IsNumber(r) {
			all[c] = string(r)
		}
	}
	return all
}()

// unspaced reports whether a character's script sets no spaces between words.
func unspaced(r rune) bool {
	return r >= 0xe00 && (r == 'ー' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar))
}

// whole is a number or handle as one term, whatever stands between its parts;
// each character of keep stays.
func whole(text, keep string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(text) {
		r = unicode.ToLower(r)
		if unicode.IsLetter(r) || unicode.IsNumber(r) || strings.ContainsRune(keep, r) {
			b.WriteRune(r)
		}
		if b.Len() >= maxTerm {
			break
		}
	}
	return b.String()
}

// handleTerm is how a handle is found by its @; empty for none.
func handleTerm(handle string) string {
	h := whole(strings.TrimPrefix(handle, "@"), "@_.-")
	if h == "" {
		return ""
	}
	return "@" + h
}

// numberTerm is how an order or tracking number is found as a whole; empty for
// none.
func numberTerm(number string) string {
	n := whole(number, "")
	if n == "" {
		return ""
	}
	return "#" + n
}

// accountTerm stands among the words of each case of an account. A case is
// still asked whose it is; with the term few of another account are asked.
func accountTerm(account string) string { return "#@" + whole(account, "_.-") }

// wanted is one word of a query: any of the ways to find it.
type wanted [][]lexeme

// lexeme is a term of the index that must be there, or one that begins so.
type lexeme struct {
	text   string
	prefix bool
}

// matches reports whether a term of a text is the lexeme.
func (l lexeme) matches(text string) bool {
	return text == l.text || l.prefix && strings.HasPrefix(text, l.text)
}

const (
	maxLexemes = 32 // of a query; what comes after does not count
	maxQuery   = 1000
	minPrefix  = 3 // letters of an unfinished word
	minNumber  = 4
)

// wants reads a query: words that must all be there, of which the last may be
// unfinished. Nothing in it is an operator. cut reports whether a part of it
// does not count.
func wants(query string) (all []wanted, cut bool) {
	if len(query) > maxQuery {
		query, cut = strings.ToValidUTF8(query[:maxQuery], ""), true
	}
	fields := strings.Fields(query)
	n := 0
	for i, field := range fields {
		w := want(field, i == len(fields)-1)
		for _, way := range w {
			n += len(way)
		}
		if n > maxLexemes {
			return all, true
		}
		if len(w) > 0 {
			all = append(all, w)
		}
	}
	return all, cut
}

// want is one field of a query. With last it may be the beginning of a word.
func want(field string, last bool) wanted {
	if strings.HasPrefix(field, "@") {
		if h := handleTerm(field); h != "" {
			return wanted{{{h, last && utf8.RuneCountInString(h) > minPrefix}}}
		}
		return nil
	}
	var way []lexeme
	found := terms(field)
	for i, t := range found {
		switch t.kind {
		case tail: // its pair is there
		case lone:
			way = append(way, lexeme{t.text, true})
		case pair:
			way = append(way, lexeme{t.text, false})
		default:
			way = append(way, lexeme{t.text, last && i == len(found)-1 && utf8.RuneCountInString(t.text) >= minPrefix})
		}
	}
	if len(way) > maxLexemes/2 {
		way = way[:maxLexemes/2] // one long stretch without spaces
	}
	if len(way) == 0 {
		return nil
	}
	if n := numberTerm(field); len(n) > minNumber && strings.ContainsAny(n, "0123456789") {
		return wanted{way, {{n, last}}}
	}
	return wanted{way}
}

// matchText is what the database is asked for. Lexemes hold letters, digits
// and @#_.- only, so that quotes are all they need.
func (k Kind) matchText(all []wanted) string {
	quote, and, or, prefix := `"`, " AND ", " OR ", " *"
	if k == Postgres {
		quote, and, or, prefix = `'`, " & ", " | ", ":*"
	}
	words := make([]string, len(all))
	for i, w := range all {
		ways := make([]string, len(w))
		for j, way := range w {
			parts := make([]string, len(way))
			for n, l := range way {
				if parts[n] = quote + l.text + quote; l.prefix {
					parts[n] += prefix
				}
			}
			ways[j] = "(" + strings.Join(parts, and) + ")"
		}
		words[i] = "(" + strings.Join(ways, or) + ")"
	}
	return strings.Join(words, and)
}

// Span is a stretch of a text in bytes, End exclusive.
type Span struct{ Start, End int }

// found returns where words of a query stand in a text with its numbers, in
// order and without overlap, and how many of the words do.
func found(all []wanted, text string, numbers []term) (spans []Span, words int) {
	in := append(terms(text), numbers...)
	for _, w := range all {
		before := len(spans)
		for _, way := range w {
			for _, l := range way {
				for _, t := range in {
					if !l.matches(t.text) {
						continue
					}
					if t.kind == pair && len(l.text) < len(t.text) {
						t.end = t.first
					}
					spans = append(spans, Span{t.start, t.end})
				}
			}
		}
		if len(spans) > before {
			words++
		}
	}
	return merged(spans), words
}

func merged(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return a.Start - b.Start })
	var out []Span
	for _, s := range spans {
		if n := len(out); n > 0 && s.Start <= out[n-1].End {
			out[n-1].End = max(out[n-1].End, s.End)
			continue
		}
		out = append(out, s)
	}
	return out
}
