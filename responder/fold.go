package responder

import (
	"cmp"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"socialwatch/internal/confusable"
)

// folded is a text made comparable, with the way back: byte i of text comes
// from bytes from[i] to to[i] of the original, which are whole runes. Without
// from, byte i comes from byte i.
type folded struct {
	text     string
	from, to []int32
}

// span maps a span of the folded text to the original. start < end.
func (f folded) span(start, end int) (int, int) {
	if f.from == nil {
		return start, end
	}
	return int(f.from[start]), int(f.to[end-1])
}

// exact folds what the networks themselves fold in hosts and handles:
// compatibility forms and case; characters without a picture vanish.
func exact(s string) folded {
	if f, ok := foldASCII(s); ok {
		return f
	}
	return fold(s, exactPages)
}

// loose folds everything that looks alike, for finding words and numbers:
// also diacritics, letters of other scripts, digits of other scripts.
func loose(s string) folded {
	if f, ok := foldASCII(s); ok {
		return f
	}
	return fold(s, loosePages)
}

// foldASCII folds what both ways fold alike.
func foldASCII(s string) (folded, bool) {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf || ignorable(rune(s[i])) {
			return folded{}, false
		}
	}
	return folded{text: strings.ToLower(s)}, true
}

// pages keep what single runes fold to, made when first needed. They are safe
// for concurrent use.
type pages struct {
	letter   func(rune) string
	composes bool // what follows a rune may change what it folds to
	made     [0x200]atomic.Pointer[[256]string]
}

var (
	exactPages = &pages{letter: exactLetter, composes: true}
	loosePages = &pages{letter: looseLetter}
)

func (p *pages) of(r rune) string {
	if int(r>>8) >= len(p.made) {
		return p.letter(r)
	}
	page := p.made[r>>8].Load()
	if page == nil {
		page = new([256]string)
		for i := range page {
			page[i] = p.letter(r&^0xFF + rune(i))
		}
		p.made[r>>8].Store(page)
	}
	return page[r&0xFF]
}

func exactLetter(r rune) string {
	if ignorable(r) {
		return ""
	}
	return strings.Map(lowered, norm.NFKC.String(string(r)))
}

func looseLetter(r rune) string {
	if ignorable(r) {
		return ""
	}
	var b strings.Builder
	for _, d := range norm.NFKD.String(string(r)) {
		if !ignorable(d) && !passes(d) {
			b.WriteString(cmp.Or(counted(d), spell(lookalike(d))))
		}
	}
	return b.String()
}

func lowered(r rune) rune {
	if ignorable(r) {
		return -1
	}
	return unicode.ToLower(r)
}

// passes reports marks that a reader does not miss: those of Latin letters, what
// encloses a letter or digit, such as a keycap, and the dot that Hindi often
// leaves out. Other marks of Indic scripts and Thai are letters.
func passes(r rune) bool {
	return unicode.Is(unicode.Me, r) || unicode.Is(unicode.Mn, r) && (r < 0x900 || r >= 0xE00 || r == 0x93C)
}

// fold folds s rune by rune, and what normalisation may change as one as one.
func fold(s string, p *pages) folded {
	var f folded
	text := make([]byte, 0, len(s)+8)
	f.from, f.to = make([]int32, 0, len(s)+8), make([]int32, 0, len(s)+8)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		at := len(text)
		switch {
		case r < utf8.RuneSelf && (!p.composes || alone(s, i+n)):
			if !ignorable(r) {
				text = append(text, byte(unicode.ToLower(r)))
			}
		case p.composes && !alone(s, i+n):
			n = max(n, norm.NFKC.NextBoundaryInString(s[i:], true))
			whole := strings.ToValidUTF8(strings.Map(visible, s[i:i+n]), "\uFFFD")
			text = append(text, strings.Map(lowered, norm.NFKC.String(whole))...)
		default:
			text = append(text, p.of(r)...)
		}
		for range len(text) - at {
			f.from, f.to = append(f.from, int32(i)), append(f.to, int32(i+n))
		}
		if len(text) == at && at > 0 && unicode.In(r, unicode.Mn, unicode.Me) && !ignorable(r) {
			f.to[at-1] = int32(i + n) // the mark belongs to its letter
		}
		i += n
	}
	f.text = string(text)
	return f
}

// alone reports whether what stands before i is not changed by what follows.
func alone(s string, i int) bool {
	return i >= len(s) || s[i] < utf8.RuneSelf || norm.NFKC.PropertiesString(s[i:]).BoundaryBefore() && !joiner(s[i:])
}

// joiner reports characters without a picture at the start of s: what stands
// around them may join.
func joiner(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return ignorable(r)
}

// visible drops a rune that has no picture of its own.
func visible(r rune) rune {
	if ignorable(r) {
		return -1
	}
	return r
}

// ignorable reports whether a rune shows nothing: Unicode's default ignorable
// code points, joiners, marks of direction, variation selectors and tags, and
// letters that are drawn blank.
func ignorable(r rune) bool {
	switch {
	case r < 0xAD:
		return unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r'
	case r == 0xAD, r == 0x34F, r == 0x61C, r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5,
		r >= 0x180B && r <= 0x180F, r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E,
		r >= 0x2060 && r <= 0x206F, r == 0x2800, r == 0x3164, r == 0xFEFF, r == 0xFFA0,
		r >= 0xFE00 && r <= 0xFE0F, r >= 0xFFF0 && r <= 0xFFFB, r >= 0x1D173 && r <= 0x1D17A,
		r >= 0xE0000 && r <= 0xE0FFF:
		return true
	}
	return false
}

// spell writes a letter that looks like two as two.
func spell(r rune) string {
	switch r {
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'ß':
		return "ss"
	}
	return string(r)
}

// counted writes a number in a circle or another form that Unicode does not
// take apart; "" when r is none.
func counted(r rune) string {
	for _, row := range [][3]rune{{0x2776, 0x277F, 1}, {0x2780, 0x2789, 1}, {0x278A, 0x2793, 1}, {0x24EB, 0x24F4, 11}, {0x24F5, 0x24FE, 1},
		{0x24FF, 0x24FF, 0}, {0x3021, 0x3029, 1}, {0x1F10B, 0x1F10B, 0}, {0x1F10C, 0x1F10C, 0}, {0x1F51F, 0x1F51F, 10}} {
		if r >= row[0] && r <= row[1] {
			return strconv.Itoa(int(r - row[0] + row[2]))
		}
	}
	return ""
}

// lookalike maps a rune to the plain letter, digit or sign it looks like.
func lookalike(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		return unicode.ToLower(r)
	case unicode.Is(unicode.Nd, r):
		return digit(r)
	case unicode.IsSpace(r):
		if r == 0x85 || r == 0x2028 || r == 0x2029 {
			return '\n'
		}
		return ' '
	case r >= 0x1F1E6 && r <= 0x1F1FF:
		return 'a' + r - 0x1F1E6
	case r >= 0x1F150 && r <= 0x1F169:
		return 'a' + r - 0x1F150
	case r >= 0x1F170 && r <= 0x1F189:
		return 'a' + r - 0x1F170
	}
	return confusable.Letter(r)
}

// digit maps a decimal digit of any script to ASCII: Unicode lays them out in
// tens, from zero to nine.
func digit(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return '0' + (r-rune(t.Lo))%10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return '0' + (r-rune(t.Lo))%10
		}
	}
	return r
}
