package twitter

import (
	"slices"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"
)

// The lengths of X's counting, in weighted characters.
const (
	maxLength  = 280    // of a post
	longLength = 25_000 // of a long post by a subscriber
	urlLength  = 23     // of any link
)

// weightedLength counts a text as X does: after NFC, links as 23, an emoji
// sequence as 2, the Latin and general punctuation ranges as 1 a code point,
// all else as 2.
func weightedLength(text string) int {
	n := 0
	for _, p := range splitText(norm.NFC.String(text)) {
		if p.kind == partURL {
			n += urlLength
			continue
		}
		n += plainLength(p.text)
	}
	return n
}

func plainLength(text string) int {
	n := 0
	for g := uniseg.NewGraphemes(text); g.Next(); {
		runes := g.Runes()
		if isEmoji(runes) {
			n += 2
			continue
		}
		for _, r := range runes {
			n += runeWeight(r)
		}
	}
	return n
}

func runeWeight(r rune) int {
	switch {
	case r <= 0x10FF, r >= 0x2000 && r <= 0x200D, r >= 0x2010 && r <= 0x201F, r >= 0x2032 && r <= 0x2037:
		return 1
	}
	return 2
}

// isEmoji reports whether a grapheme cluster is one emoji: a keycap, a flag,
// or something that begins with a pictograph and is not told to be text.
func isEmoji(c []rune) bool {
	const asText, asEmoji, keycap = 0xFE0E, 0xFE0F, 0x20E3
	switch r := c[0]; {
	case slices.Contains(c, asText):
		return false
	case r == '#' || r == '*' || r >= '0' && r <= '9':
		return slices.Contains(c, keycap)
	case r == 0xA9 || r == 0xAE:
		return slices.Contains(c, asEmoji)
	case r >= 0x1F1E6 && r <= 0x1F1FF:
		return len(c) == 2
	default:
		return pictograph(r)
	}
}

// pictograph reports whether the code point is one of the blocks that hold
// emoji. All of them weigh 2 alone, so a wide net changes nothing for one.
func pictograph(r rune) bool {
	return r >= 0x1F000 && r <= 0x1FAFF || r >= 0x2600 && r <= 0x27BF || r >= 0x2190 && r <= 0x21FF ||
		r >= 0x2300 && r <= 0x23FF || r >= 0x25A0 && r <= 0x25FF || r >= 0x2B00 && r <= 0x2BFF ||
		r == 0x203C || r == 0x2049 || r == 0x2122 || r == 0x2139 || r == 0x24C2 ||
		r == 0x3030 || r == 0x303D || r == 0x3297 || r == 0x3299
}
