package responder

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxStack is how many marks may stand on one letter; no language of ours
// needs more, and more cover the lines around.
const maxStack = 3

// hidden finds characters that do not show, reorder the text or cover it, and
// leaves those that a script or an emoji needs.
func (c *check) hidden() {
	if strings.IndexFunc(c.text, unusual) < 0 {
		return
	}
	runes, at := decode(c.text)
	stack := 0
	for i, r := range runes {
		switch {
		case r == utf8.RuneError && at[i+1]-at[i] == 1:
			c.add(RuleHidden, at[i], at[i+1], "remove the broken character: the text is not valid UTF-8")
			continue
		case unicode.Is(unicode.Mn, r) && !ignorable(r):
			if stack++; stack == maxStack+1 {
				c.add(RuleHidden, at[i], at[i+1], "remove the pile of accents")
			}
			continue
		}
		stack = 0
		if (ignorable(r) || unicode.Is(unicode.Co, r)) && !needed(runes, i) {
			c.add(RuleHidden, at[i], at[i+1], "remove the character that does not show, or type the words again")
		}
	}
}

// unusual reports runes that hidden must look at closely.
func unusual(r rune) bool {
	return ignorable(r) || r == utf8.RuneError || r >= 0x300 && (unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Co, r))
}

// decode returns the runes of s and where each begins, with the end of s.
func decode(s string) ([]rune, []int) {
	runes, at := make([]rune, 0, len(s)), make([]int, 0, len(s)+1)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		runes, at = append(runes, r), append(at, i)
		i += n
	}
	return runes, append(at, len(s))
}

// needed reports whether the ignorable rune at i does what it is for.
func needed(runes []rune, i int) bool {
	before, after := near(runes, i-1), near(runes, i+1)
	switch r := runes[i]; {
	case r == 0xFE0F || r == 0xFE0E: // emoji or text form, or a keycap
		return emoji(before) || after == 0x20E3 && (before == '#' || before == '*' || before >= '0' && before <= '9')
	case r == 0x200D && (emoji(before) || before == 0xFE0F): // an emoji made of several
		return emoji(after)
	case r == 0x200C || r == 0x200D: // joins or parts letters of cursive and Indic scripts
		return unicode.In(before, joining...) && unicode.In(after, joining...)
	case r >= 0xE0020 && r <= 0xE007F: // a flag made of tags
		return flag(runes, i)
	}
	return false
}

var joining = []*unicode.RangeTable{unicode.Arabic, unicode.Devanagari, unicode.Bengali, unicode.Gujarati,
	unicode.Gurmukhi, unicode.Kannada, unicode.Malayalam, unicode.Oriya, unicode.Sinhala, unicode.Tamil, unicode.Telugu}

func near(runes []rune, i int) rune {
	if i < 0 || i >= len(runes) {
		return 0
	}
	return runes[i]
}

// emoji reports runes that take an emoji form (the blocks that hold them,
// skin tones included).
func emoji(r rune) bool {
	return r >= 0x1F000 && r <= 0x1FAFF || r >= 0x2190 && r <= 0x21FF || r >= 0x2300 && r <= 0x23FF ||
		r >= 0x25A0 && r <= 0x27BF || r >= 0x2900 && r <= 0x297F || r >= 0x2B00 && r <= 0x2BFF ||
		r == 0xA9 || r == 0xAE || r == 0x203C || r == 0x2049 || r == 0x2122 || r == 0x2139 || r == 0x24C2 ||
		r == 0x3030 || r == 0x303D || r == 0x3297 || r == 0x3299
}

// flag reports whether the tag at i belongs to one of the three flags in use:
// a black flag, the tags of a region, the end.
func flag(runes []rune, i int) bool {
	start := i
	for start > 0 && i-start < 7 && runes[start-1] >= 0xE0020 && runes[start-1] <= 0xE007F {
		start--
	}
	region := ""
	for k := start; k < len(runes) && k-start < 6 && runes[k] >= 0xE0020 && runes[k] <= 0xE007F; k++ {
		if runes[k] == 0xE007F {
			break
		}
		region += string(runes[k] - 0xE0000)
	}
	end := near(runes, start+len(region))
	return near(runes, start-1) == 0x1F3F4 && end == 0xE007F && i <= start+len(region) &&
		(region == "gbeng" || region == "gbsct" || region == "gbwls")
}
