package responder

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folded is a text made comparable, with the way back: byte i of text comes
// from bytes from[i] to to[i] of the original, which are whole runes.
type folded struct {
	text     string
	from, to []int32
}

// span maps a span of the folded text to the original. start < end.
func (f folded) span(start, end int) (int, int) {
	return int(f.from[start]), int(f.to[end-1])
}

// exact folds what the networks themselves fold in hosts and handles:
// compatibility forms and case; characters without a picture vanish.
func exact(s string) folded { return fold(s, norm.NFKC, unicode.ToLower) }

// loose folds everything that looks alike, for finding words and numbers:
// also diacritics, letters of other scripts, digits of other scripts.
func loose(s string) folded { return fold(s, norm.NFKD, lookalike) }

// fold normalises s piece by piece, pieces being what normalisation may
// change as one, so that each result knows where it came from.
func fold(s string, form norm.Form, letter func(rune) rune) folded {
	var f folded
	var b strings.Builder
	b.Grow(len(s))
	f.from, f.to = make([]int32, 0, len(s)), make([]int32, 0, len(s))
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf && (i+1 == len(s) || s[i+1] < utf8.RuneSelf) { // stands alone
			if !ignorable(rune(s[i])) {
				b.WriteRune(unicode.ToLower(rune(s[i])))
				f.from, f.to = append(f.from, int32(i)), append(f.to, int32(i+1))
			}
			i++
			continue
		}
		n := norm.NFKC.NextBoundaryInString(s[i:], true)
		if n <= 0 {
			n = len(s) - i
		}
		for _, r := range form.String(strings.ToValidUTF8(visible(s[i:i+n]), "\uFFFD")) {
			if form == norm.NFKD && unicode.Is(unicode.Mn, r) && (r < 0x900 || r >= 0xE00) {
				continue
			}
			at := b.Len()
			for _, l := range spell(letter(r)) {
				b.WriteRune(l)
			}
			for ; at < b.Len(); at++ {
				f.from = append(f.from, int32(i))
				f.to = append(f.to, int32(i+n))
			}
		}
		i += n
	}
	f.text = b.String()
	return f
}

// visible drops what has no picture of its own.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if ignorable(r) {
			return -1
		}
		return r
	}, s)
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
	if l, ok := twins[r]; ok {
		return l
	}
	r = unicode.ToLower(r)
	if l, ok := twins[r]; ok {
		return l
	}
	return r
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

// twins are the letters and signs that pass for others in common fonts, each
// row: what it looks like, then the look-alikes. Capitals stand where their
// small form looks different.
var twins = pairs(
	"aаɑαᴀᗅꭺ∀", "bВвβʙᏼьƄΒ", "cсϲᴄƈↄꮯСⅽ", "dԁɗᴅđꭰժ", "eеєɛεᴇεꭼ℮Ε", "fꜰƒϝꬵ", "gɡɢցԍ", "hһнʜհΗНħ", "iіιıɪӏⵏΙІ",
	"jјϳᴊյ", "kкκᴋΚК", "lłʟⅼլ", "mмᴍΜМ", "nηոɴռпΝ", "oоοօᴏσøσОΟ๐", "pрρᴘΡР", "qԛգ", "rгᴦʀꮁ", "sѕꜱʂЅ", "tтτᴛŧΤТ",
	"uυսᴜцՍ", "vνѵᴠ∨", "wωԝшᴡա", "xхχⅹХΧ×", "yуүʏγУΥ", "zᴢʐΖ",
	".․·•‧∙。｡", "/⁄∕╱⧸", ":։∶ː꞉", "-‐‑‒–—―−⁃", "'‘’‚‛ʼ′´`ʹ", "\"“”„‟«»″", "@＠",
)

func pairs(rows ...string) map[rune]rune {
	m := map[rune]rune{}
	for _, row := range rows {
		first, n := utf8.DecodeRuneInString(row)
		for _, r := range row[n:] {
			m[r] = first
		}
	}
	return m
}

// unleet reads digits within a word as the letters they stand for, byte for
// byte: passw0rd. Digits at a word's edge stay.
func unleet(s string) string {
	b := []byte(s)
	for i := 1; i+1 < len(b); i++ {
		if l := leet[b[i]]; l != 0 && ascii(b[i-1]) && (ascii(s[i+1]) || leet[s[i+1]] != 0) {
			b[i] = l
		}
	}
	return string(b)
}

var leet = map[byte]byte{'0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '$': 's'}

func ascii(b byte) bool { return b >= 'a' && b <= 'z' }
