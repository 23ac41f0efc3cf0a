package responder

import (
	"strings"
	"unicode/utf8"
)

// spelling is a text as its words are read: one space between words, hyphens
// as spaces, digits and signs within a word as the letters they stand for
// (passw0rd), letters written apart as one word (p.i.n). Byte i of text comes
// from byte at[i] of the folded text.
type spelling struct {
	text string
	at   []int32
	hard []bool // a sentence ends at this byte whatever follows; nil: none
}

// place maps a span to the folded text. start < end.
func (s spelling) place(start, end int) (int, int) {
	return int(s.at[start]), int(s.at[end-1]) + 1
}

// spelled reads folded text. original, the text before folding, tells the full
// stops of scripts that put no space behind them.
func spelled(f folded, original string) spelling {
	s := speller{text: f.text, out: make([]byte, 0, len(f.text)), at: make([]int32, 0, len(f.text))}
	for i := 0; i < len(s.text); {
		if n := s.apart(i); n > 0 {
			i += n
			continue
		}
		i += s.next(i)
	}
	words := spelling{text: string(s.out), at: s.at}
	if f.from != nil {
		words.hard = make([]bool, len(s.out))
		for i, b := range s.out {
			if b == '.' || b == '?' || b == '!' {
				r, _ := utf8.DecodeRuneInString(original[f.from[s.at[i]]:])
				words.hard[i] = strings.ContainsRune("。｡！？।॥", r)
			}
		}
	}
	return words
}

type speller struct {
	text string
	out  []byte
	at   []int32
}

func (s *speller) put(b byte, at int) {
	s.out, s.at = append(s.out, b), append(s.at, int32(at))
}

// next takes one byte, or all spaces that stand together.
func (s *speller) next(i int) int {
	b := s.text[i]
	if space(b) {
		n, lines := 0, 0
		for ; i+n < len(s.text) && space(s.text[i+n]); n++ {
			if s.text[i+n] == '\n' {
				lines++
			}
		}
		if b = ' '; lines > 1 {
			b = '\n'
		}
		s.put(b, i)
		return n
	}
	before, after := byte(0), byte(0)
	if i > 0 {
		before = s.text[i-1]
	}
	if i+1 < len(s.text) {
		after = s.text[i+1]
	}
	switch {
	case b == '-' && inWord(before) && inWord(after):
		b = ' '
	case leet[b] != 0 && ascii(before) && (ascii(after) || leet[after] != 0),
		b == '0' && !inWord(before) && ascii(after):
		b = leet[b]
	}
	s.put(b, i)
	return 1
}

func space(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

// apart joins three or more single letters with the same sign between each
// two, and returns how far they reach. The one of "e-mail" is of that word.
func (s *speller) apart(i int) int {
	if !ascii(s.text[i]) || i > 0 && inWord(s.text[i-1]) || i+4 >= len(s.text) {
		return 0
	}
	sep := s.text[i+1]
	if strings.IndexByte(" .-_*/|", sep) < 0 {
		return 0
	}
	end := i
	for end+2 < len(s.text) && s.text[end+1] == sep && (ascii(s.text[end+2]) || leet[s.text[end+2]] != 0) &&
		(end+3 == len(s.text) || !inWord(s.text[end+3])) && !strings.HasPrefix(s.text[end+2:], "e-mail") {
		end += 2
	}
	if end-i < 4 {
		return 0
	}
	for k := i; k <= end; k += 2 {
		b := s.text[k]
		if leet[b] != 0 {
			b = leet[b]
		}
		s.put(b, k)
	}
	return end - i + 1
}

// leet is what digits and signs within a word stand for.
var leet = [256]byte{'0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '$': 's', '@': 'a'}

func ascii(b byte) bool { return b >= 'a' && b <= 'z' }
