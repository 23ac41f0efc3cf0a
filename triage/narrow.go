package triage

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// narrow copies s with full-width and the like as plain letters and digits,
// and the decimal digits of all scripts as ASCII digits, case kept, one to one
// otherwise.
func (f *folded) narrow(s string) {
	f.step(0, true)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		digit, decimal := decimalDigit(r)
		switch {
		case decimal:
			f.step(i, false)
			f.text = append(f.text, digit)
			f.step(i+n, true)
		case needsNFKC(r):
			if out := norm.NFKC.String(s[i : i+n]); out != "" {
				f.step(i, false)
				f.text = append(f.text, out...)
			}
			f.step(i+n, true)
		default:
			f.text = append(f.text, s[i:i+n]...)
		}
		i += n
	}
}

// decimalDigit is the ASCII digit of a decimal digit of another script, such
// as Devanagari and Arabic. (Category Nd lies in blocks of ten from zero on;
// the widths and fonts of ASCII digits are needsNFKC's.)
func decimalDigit(r rune) (byte, bool) {
	if r < 0x0660 || r >= 0x2000 && r < 0xA000 || r >= 0x1F200 && r < 0x1FB00 { // punctuation, kana, han, emoji
		return 0, false
	}
	if !unicode.IsDigit(r) || needsNFKC(r) {
		return 0, false
	}
	zero := r
	for zero > r-9 && unicode.IsDigit(zero-1) {
		zero--
	}
	return '0' + byte(r-zero), true
}
