package triage

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bytes that stand for something longer in folded text. Phrases may contain
// them: a lexicon writes "@" for a handle and "http" for a link.
const (
	handleMark = 0x01
	linkMark   = 0x02
	partMark   = 0x03 // between the text and what lies outside it
)

// segment says that from folded offset f on, folded bytes come from original
// offset o on: one to one if literal, else as a whole.
type segment struct {
	f, o    int32
	literal bool
}

// shape counts what the letters themselves do not say.
type shape struct {
	upper, lower   int // ASCII letters by case, outside handles and links
	words          int
	handles, links int
	kana, han      int
	devanagari     int
	otherLetters   int // letters of scripts without a language of ours
	firstHandle    [2]int32
	wide           bool // a letter or digit in another width or font
}

// folded is a text made comparable, with the way back to the original.
type folded struct {
	text  []byte
	segs  []segment
	shape shape
	run   int  // length of the run of one ASCII letter at the end of text
	first int  // original offset of that run
	word  bool // a word goes on at the end of text
	dense int  // letters of a script without spaces, for counting words
}

const (
	plain = iota
	upper
	lower
	space
	drop
	other
	at
	mark2 // lead byte of a two-byte rune
	wide  // lead byte of a longer rune, or an invalid byte
)

var (
	byteKind [256]uint8
	byteFold [256]byte
	twoFold  [0x800]string // folded form of U+0080 to U+07FF
)

func init() {
	for i := range byteKind {
		b := byte(i)
		byteFold[i] = b
		switch {
		case b >= 'A' && b <= 'Z':
			byteKind[i], byteFold[i] = upper, b+'a'-'A'
		case b >= 'a' && b <= 'z':
			byteKind[i] = lower
		case b <= ' ' || b == 0x7f || b == '-' || b == '_':
			byteKind[i], byteFold[i] = space, ' '
		case b == '\'' || b == '`':
			byteKind[i] = drop
		case b == '@':
			byteKind[i] = at
		case b >= 0xC2 && b <= 0xDF:
			byteKind[i] = mark2
		case b >= 0x80:
			byteKind[i] = wide
		}
	}
	for r := rune(0x80); r < 0x800; r++ {
		twoFold[r] = foldRune(r)
	}
}

// foldRune is the slow, exact folding of one rune: compatibility form, lower
// case, without combining marks; spaces become one space, quotes nothing.
func foldRune(r rune) string {
	switch {
	case r == '´' || r == 0x00AD || r == 0xFE0F || r >= 0x200B && r <= 0x200F ||
		r >= 0x202A && r <= 0x202E || r >= 0x2060 && r <= 0x2069 || r == 0xFEFF:
		return ""
	case r == 0x2018 || r == 0x2019 || r == 0x201B || r == 0x02BC || r == 0x2032:
		return ""
	case r == 0x201C || r == 0x201D || r == 0x201E || r == '«' || r == '»':
		return "\""
	case r >= 0x2010 && r <= 0x2015 || unicode.IsSpace(r) || r == 0x2028 || r == 0x2029:
		return " "
	case r == 'ø' || r == 'Ø':
		return "o"
	case r == 'æ' || r == 'Æ':
		return "ae"
	case r == 'ß':
		return "ss"
	}
	if digit, ok := decimalDigit(r); ok {
		return string(rune(digit))
	}
	var out []rune
	for _, d := range norm.NFKD.String(string(r)) {
		if !unicode.Is(unicode.Mn, d) || d >= 0x900 && d < 0xE00 {
			out = append(out, unicode.ToLower(d))
		}
	}
	return string(out)
}

// needsNFKC reports whether r is a full-width, half-width, mathematical,
// circled or squared form of another letter.
func needsNFKC(r rune) bool {
	return r >= 0xFF00 && r <= 0xFFEF || r >= 0x1D400 && r <= 0x1D7FF ||
		r >= 0x2460 && r <= 0x24FF || r >= 0x1F100 && r <= 0x1F1AF || r >= 0x3300 && r <= 0x33FF
}

func (f *folded) reset() {
	f.text, f.segs, f.shape, f.run, f.dense = f.text[:0], f.segs[:0], shape{}, 0, 0
}

// step starts a new segment at the end of the folded text.
func (f *folded) step(o int, literal bool) {
	n := int32(len(f.text))
	if k := len(f.segs); o > 0 && k > 0 && f.segs[k-1].f == n {
		f.segs[k-1] = segment{n, int32(o), literal}
		return
	}
	f.segs = append(f.segs, segment{n, int32(o), literal})
}

// put appends s as the folded form of the original bytes from o to end.
func (f *folded) put(s string, o, end int) {
	if s == " " && len(f.text) > 0 && f.text[len(f.text)-1] == ' ' {
		s = ""
	}
	if s != "" {
		f.step(o, false)
		f.text = append(f.text, s...)
		f.run = 0
	}
	f.step(end, true)
}

// add folds s and appends it. It is called with the whole text once.
func (f *folded) add(s string) {
	f.step(0, true)
	f.word = false
	for i := 0; i < len(s); {
		b := s[i]
		kind := byteKind[b]
		if kind == upper || kind == lower {
			if !f.word {
				if n := linkLength(s, i); n > 0 {
					f.shape.links++
					f.put(string(rune(linkMark)), i, i+n)
					i += n
					continue
				}
				f.word = true
				f.shape.words++
			}
			if kind == upper {
				f.shape.upper++
			} else {
				f.shape.lower++
			}
			if c, n := byteFold[b], len(f.text); n == 0 || f.text[n-1] != c {
				f.run, f.first = 1, i
				f.text = append(f.text, c)
			} else {
				f.again(c, i)
			}
			i++
			continue
		}
		if kind != drop && kind < mark2 {
			f.word = false
		}
		i += f.other(s, i, kind)
	}
}

// letterOfWord counts the words of the letters that are not ASCII: as for
// ASCII where spaces part them, every second letter of the scripts that have
// none.
func (f *folded) letterOfWord(r rune) {
	switch {
	case r >= 0x2E80 && (unicode.Is(unicode.Han, r) || unicode.In(r, unicode.Hiragana, unicode.Katakana)):
		if f.dense++; f.dense%lettersPerWord == 1 {
			f.shape.words++
		}
		f.word = false
	case unicode.IsLetter(r) || unicode.Is(unicode.M, r):
		if !f.word && unicode.IsLetter(r) {
			f.word = true
			f.shape.words++
		}
	default:
		f.word = false
	}
}

// lettersPerWord is how many letters of Japanese make a word, by and large.
const lettersPerWord = 2

// again appends a letter that is the same as the one before it; three or more
// of the same become one.
func (f *folded) again(c byte, o int) {
	n := len(f.text)
	f.run++
	switch {
	case f.run == 3:
		for k := len(f.segs); k > 0 && int(f.segs[k-1].f) >= n-2; k-- {
			f.segs = f.segs[:k-1]
		}
		f.text = f.text[:n-2]
		f.put(string(rune(c)), f.first, o+1)
		f.run = 3
		return
	case f.run > 3:
		f.segs[len(f.segs)-1].o = int32(o + 1)
		return
	case f.run == 1:
		f.first = o
	}
	f.text = append(f.text, c)
}

// other folds the byte or rune at i that is not an ASCII letter and returns
// its length in the original.
func (f *folded) other(s string, i int, kind uint8) int {
	switch kind {
	case space:
		if n := len(f.text); n > 0 && f.text[n-1] == ' ' {
			f.step(i+1, true)
			return 1
		}
		f.text = append(f.text, ' ')
		return 1
	case drop:
		f.step(i+1, true)
		return 1
	case at:
		if n := handleLength(s, i); n > 1 && (i == 0 || !handleByte(s[i-1]) && s[i-1] != '+' && s[i-1] != '-') {
			if f.shape.handles == 0 {
				f.shape.firstHandle = [2]int32{int32(i), int32(i + n)}
			}
			f.shape.handles++
			f.put(string(rune(handleMark)), i, i+n)
			return n
		}
	case mark2, wide:
		return f.rune(s, i)
	}
	f.text = append(f.text, s[i])
	return 1
}

// rune folds the rune at i, which is not ASCII.
func (f *folded) rune(s string, i int) int {
	r, n := utf8.DecodeRuneInString(s[i:])
	switch {
	case r == utf8.RuneError && n == 1:
		f.put("?", i, i+1)
		f.text[len(f.text)-1] = partMark
		return 1
	case r < 0x800:
		f.letterOfWord(r)
		f.put(twoFold[r], i, i+n)
		f.shape.wide = f.shape.wide || r >= 0x660 && unicode.IsDigit(r)
		if r >= 0x370 && unicode.IsLetter(r) {
			f.shape.otherLetters++
		}
		return n
	}
	f.letterOfWord(r)
	f.script(r)
	if needsNFKC(r) {
		f.shape.wide = true
		if m := voicingMark(s[i+n:]); m > 0 && r >= 0xFF66 && r <= 0xFF9D {
			f.put(norm.NFKC.String(s[i:i+n+m]), i, i+n+m)
			return n + m
		}
	}
	_, decimal := decimalDigit(r)
	f.shape.wide = f.shape.wide || decimal
	if decimal || r >= 0x2000 && r < 0x2070 || r == 0xFEFF || r == 0xFE0F || r == 0x3000 || r == 0x1680 ||
		r >= 0x1E00 && r < 0x1F00 || needsNFKC(r) {
		f.put(foldRune(r), i, i+n)
		return n
	}
	f.text = append(f.text, s[i:i+n]...)
	return n
}

// voicingMark is the length of the half-width voicing mark that s starts with:
// half-width kana carry it as a letter of its own.
func voicingMark(s string) int {
	if len(s) >= 3 && (s[:3] == "\uff9e" || s[:3] == "\uff9f") {
		return 3
	}
	return 0
}

func (f *folded) script(r rune) {
	switch {
	case r >= 0x3040 && r <= 0x30FF || r >= 0xFF66 && r <= 0xFF9D:
		f.shape.kana++
	case r >= 0x4E00 && r <= 0x9FFF:
		f.shape.han++
	case r >= 0x0900 && r <= 0x097F:
		f.shape.devanagari++
	case r >= 0x0980 && r < 0x1E00 && unicode.IsLetter(r), r >= 0xAC00 && r <= 0xD7A3:
		f.shape.otherLetters++
	}
}

// segAt is the index of the segment that holds folded offset p.
func (f *folded) segAt(p int32) int {
	lo, hi := 0, len(f.segs)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; f.segs[mid].f <= p {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// original maps a folded span to the original text.
func (f *folded) original(start, end int32) (int, int) {
	a := f.segs[f.segAt(start)]
	if a.literal {
		a.o += start - a.f
	}
	k := f.segAt(end - 1)
	b := f.segs[k]
	if b.literal {
		return int(a.o), int(b.o + end - b.f)
	}
	return int(a.o), int(f.segs[k+1].o) // put always opens a segment behind
}

// position maps an original offset to the folded text: the first folded
// offset whose original is not before o.
func (f *folded) position(o int) int32 {
	lo, hi := 0, len(f.segs)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; int(f.segs[mid].o) <= o {
			lo = mid
		} else {
			hi = mid
		}
	}
	p := f.segs[lo].f
	if f.segs[lo].literal {
		p += max(0, int32(o)-f.segs[lo].o)
	}
	if lo+1 < len(f.segs) && p > f.segs[lo+1].f {
		p = f.segs[lo+1].f
	}
	return p
}
