package triage

import (
	"strings"
	"unicode/utf8"
)

// jointKind is what stands between two groups of digits.
type jointKind uint8

const (
	noJoint   jointKind = iota
	invisible           // has no width
	blank
	dash
	lineBreak
	mark // other punctuation
)

// joint tells the character that s starts with and its length in bytes; 0 if
// it is a letter, a digit or a sign of another script.
func joint(s string) (size int, kind jointKind) {
	b := s[0]
	switch {
	case b == ' ' || b == '\t':
		return 1, blank
	case b == '-':
		return 1, dash
	case b == '\n' || b == '\r':
		return 1, lineBreak
	case b < utf8.RuneSelf:
		if b != '_' && handleByte(b) {
			return 0, noJoint
		}
		return 1, mark
	case strings.IndexByte("\xc2\xe1\xe2\xe3\xef", b) < 0: // what the runes below begin with
		return 0, noJoint
	}
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r == 0x2028 || r == 0x2029 || r == 0x85:
		return size, lineBreak
	case r == 0xA0 || r == 0x1680 || r >= 0x2000 && r <= 0x200A || r == 0x202F || r == 0x205F || r == 0x3000:
		return size, blank
	case r >= 0x2010 && r <= 0x2015 || r == 0x2212 || r == 0x2043 || r == 0xFE58 || r == 0xFE63:
		return size, dash
	case r == 0xAD || r >= 0x200B && r <= 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2060 && r <= 0x2069 || r == 0xFEFF:
		return size, invisible
	case r == 0xB7 || r == 0x2022:
		return size, mark
	}
	return 0, noJoint
}

// gap is what parts two groups of digits.
type gap struct {
	size   int // bytes
	seen   int // characters that have a width, but for brackets
	marks  int // of them punctuation other than space, hyphen and dot
	breaks int // of them line breaks
}

// maxGap is how many characters part two groups; with what is not counted they
// are at most twice as many.
const maxGap = 3

// gapAt reads the gap that s starts with: up to three characters, brackets and
// what has no width not counted, of which each is a space, a dash, a line break
// or one of allowed. The size is 0 if there is none, or no digit behind it.
func gapAt(s, allowed string) gap {
	var g gap
	for n := 0; g.size < len(s) && n < 2*maxGap; n++ {
		b := s[g.size]
		if b >= '0' && b <= '9' {
			return g
		}
		size, kind := joint(s[g.size:])
		switch {
		case size == 0 || kind == mark && strings.IndexByte(allowed, b) < 0:
			return gap{}
		case kind == lineBreak:
			g.breaks++
		case kind == mark && b != '.':
			g.marks++
		}
		if kind != invisible && b != '(' && b != ')' {
			if g.seen++; g.seen > maxGap {
				return gap{}
			}
		}
		g.size += size
	}
	if g.size < len(s) && s[g.size] >= '0' && s[g.size] <= '9' {
		return g
	}
	return gap{}
}
