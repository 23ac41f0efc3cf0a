package twitter

import (
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"
)

const (
	lengthLimit = 280 // of a post, unless its account pays for longer ones
	linkLength  = 23  // of a link, whatever its own length
)

// length counts a text as X does (docs.x.com, "Counting characters", and its
// published configuration v3): composed (NFC), most letters of most alphabets
// 1, other characters 2, a link 23, an emoji 2 however many code points it is
// made of. A sequence of emoji that no font shows as one counts as one all the
// same, where X may count its parts. The work is linear in the length of text.
func length(text string) int { return measure(text, weight) }

// measure counts text with its links as they count and what is between by
// between.
func measure(text string, between func(string) int) int {
	text = norm.NFC.String(text)
	n, at := 0, 0
	for _, l := range links(text) {
		n += between(text[at:l.start]) + linkLength
		at = l.end
	}
	return n + between(text[at:])
}

// weight is the length of a text without links.
func weight(s string) int {
	n, state := 0, -1
	var cluster string
	for s != "" {
		cluster, s, _, state = uniseg.FirstGraphemeClusterInString(s, state)
		if isEmoji(cluster) {
			n += 2
		} else {
			n += runesWeight(cluster)
		}
	}
	return n
}

func runesWeight(s string) int {
	n := 0
	for _, r := range s {
		n += runeWeight(r)
	}
	return n
}

// runeWeight is 1 for Latin to Georgian, and for spaces, dashes, quotation
// marks and primes; 2 for all else.
func runeWeight(r rune) int {
	switch {
	case r <= 0x10ff, r >= 0x2000 && r <= 0x200d, r >= 0x2010 && r <= 0x201f, r >= 0x2032 && r <= 0x2037:
		return 1
	}
	return 2
}

const (
	joiner    = '\u200d'
	keycap    = '\u20e3'
	asEmoji   = '\ufe0f' // variation selector 16
	pictogram = "\u200d\U0001f600"
)

// isEmoji reports whether a grapheme cluster is one emoji: a keycap, a flag, or
// a pictogram with what may follow it (Unicode TS 51).
func isEmoji(cluster string) bool {
	first, n := utf8.DecodeRuneInString(cluster)
	rest := cluster[n:]
	switch {
	case rest == "":
		return false // weighs what its code point weighs
	case first < utf8.RuneSelf:
		return (first >= '0' && first <= '9' || first == '#' || first == '*') &&
			(rest == string(keycap) || rest == string(asEmoji)+string(keycap))
	case regional(first):
		second, n := utf8.DecodeRuneInString(rest)
		return regional(second) && n == len(rest)
	}
	// A pictogram is what grows together with another across a joiner.
	if uniseg.GraphemeClusterCount(string(first)+pictogram) != 1 {
		return false
	}
	last := rune(0)
	for _, r := range rest {
		if r != joiner && !modifier(r) && last != joiner {
			return false
		}
		last = r
	}
	return last != joiner
}

func regional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// modifier reports whether r may follow a pictogram: a skin tone, the emoji
// selector, a tag as in the flags of regions.
func modifier(r rune) bool {
	return r == asEmoji || r >= 0x1f3fb && r <= 0x1f3ff || r >= 0xe0020 && r <= 0xe007f
}
