package twitter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// run is a longest stretch of characters that host names may hold, cut at its
// dots.
type run struct {
	text       string
	start, end int
	labels     []label
}

// label is a part of a run between dots.
type label struct {
	start, end int
	sound      bool // begins and ends as a name may
	under      int  // the last underscore in it, -1 without
	tld        int  // where a top-level domain at its beginning ends, 0 without
	far        int  // the last label whose top-level domain ends a name that begins with this one, 0 without
}

// hostRun finds the first run at or behind from.
func hostRun(text string, from int) (run, bool) {
	begin := strings.IndexFunc(text[from:], runRune)
	if begin < 0 {
		return run{}, false
	}
	r := run{text: text, start: from + begin}
	r.end = len(text)
	if n := strings.IndexFunc(text[r.start:], func(c rune) bool { return !runRune(c) }); n >= 0 {
		r.end = r.start + n
	}
	at := r.start
	for name := range strings.SplitSeq(text[r.start:r.end], ".") {
		r.labels = append(r.labels, r.cut(at, name))
		at += len(name) + 1
	}
	for i := len(r.labels) - 2; i >= 0; i-- {
		if r.labels[i].sound {
			r.labels[i].far = r.reach(r.labels[i].start, i)
		}
	}
	return r, true
}

func (r *run) cut(at int, name string) label {
	l := label{start: at, end: at + len(name), under: strings.LastIndexByte(name, '_')}
	if l.under >= 0 {
		l.under += at
	}
	first, _ := utf8.DecodeRuneInString(name)
	last, _ := utf8.DecodeLastRuneInString(name)
	l.sound = name != "" && nameRune(first) && nameRune(last)
	if n := 0; at > r.start && name != "" {
		if n = topLevel(name, r.text[l.end:]); n > 0 {
			l.tld = at + n
		}
	}
	return l
}

// reach is the last label with a top-level domain that ends a host name which
// begins at p in label i, 0 without. It needs far of the labels behind i.
func (r *run) reach(p, i int) int {
	l := r.labels[i]
	if p >= l.end || i+1 >= len(r.labels) {
		return 0
	}
	first, _ := utf8.DecodeRuneInString(r.text[p:])
	last, _ := utf8.DecodeLastRuneInString(r.text[:l.end])
	if !nameRune(first) || !nameRune(last) {
		return 0
	}
	next := r.labels[i+1]
	if next.far > 0 {
		return next.far
	}
	if next.tld > 0 && l.under < p { // no underscore right before the top
		return i + 1
	}
	return 0
}

// latin returns the host names in ASCII and Latin letters within the name from
// p, in label i, to the top-level domain of label last.
func (r *run) latin(p, i, last int) []span {
	var names []span
	for j, low := i, p; j < last; {
		begin, top, m := r.plainTail(low, r.labels[j].end), 0, j+1
		for ; begin < r.labels[j].end && m <= last; m++ {
			l := r.labels[m]
			if l.tld > 0 {
				top = m
			}
			if r.plainTail(l.start, l.end) > l.start {
				break
			}
		}
		if top > 0 {
			low = r.labels[top].tld
			names = append(names, span{begin, low})
			j = top
			continue
		}
		if m > last {
			break
		}
		j, low = m, r.labels[m].start
	}
	return names
}

// plainTail is where the ASCII and Latin letters, digits and hyphens begin that
// end at end, low at the least.
func (r *run) plainTail(low, end int) int {
	for low < end {
		c, n := utf8.DecodeLastRuneInString(r.text[low:end])
		if c != '-' && !alphanumeric(c) && !unicode.Is(accents, c) {
			break
		}
		end -= n
	}
	return end
}

// runRune reports whether c may stand in a host name or between its parts.
func runRune(c rune) bool { return c == '-' || c == '_' || c == '.' || nameRune(c) }

// nameRune reports whether X takes c as a letter of a host name, which is
// everything but what it counts as punctuation, space, marker of direction or
// no character.
func nameRune(c rune) bool {
	if c < utf8.RuneSelf {
		return c >= ' ' && !strings.ContainsRune(" !'#%&()*+,\\-./:;<=>?@[]^_{|}~$", c) || c < ' ' && (c < '\t' || c > '\r')
	}
	switch {
	case c >= 0x202a && c <= 0x202e, c == 0x061c, c == 0x200e, c == 0x200f, c >= 0x2066 && c <= 0x2069:
		return false
	case c == 0x85, c == 0xa0, c == 0x1680, c == 0x180e, c >= 0x2000 && c <= 0x200a,
		c == 0x2028, c == 0x2029, c == 0x202f, c == 0x205f, c == 0x3000:
		return false
	}
	return c != 0xfeff && c != 0xfffe && c != 0xffff
}

// accents are the letters and marks beside ASCII that X takes as Latin.
var accents = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0xc0, Hi: 0xd6, Stride: 1}, {Lo: 0xd8, Hi: 0xf6, Stride: 1}, {Lo: 0xf8, Hi: 0x24f, Stride: 1},
		{Lo: 0x253, Hi: 0x254, Stride: 1}, {Lo: 0x256, Hi: 0x257, Stride: 1}, {Lo: 0x259, Hi: 0x25b, Stride: 2},
		{Lo: 0x263, Hi: 0x263, Stride: 1}, {Lo: 0x268, Hi: 0x268, Stride: 1}, {Lo: 0x26f, Hi: 0x26f, Stride: 1},
		{Lo: 0x272, Hi: 0x272, Stride: 1}, {Lo: 0x289, Hi: 0x289, Stride: 1}, {Lo: 0x28b, Hi: 0x28b, Stride: 1},
		{Lo: 0x2bb, Hi: 0x2bb, Stride: 1}, {Lo: 0x300, Hi: 0x36f, Stride: 1}, {Lo: 0x1e00, Hi: 0x1eff, Stride: 1},
	},
	LatinOffset: 2,
}

// pathLetter reports whether c is a letter or digit that a path may hold.
func pathLetter(c rune) bool {
	return alphanumeric(c) || c >= 0x400 && c <= 0x4ff || unicode.Is(accents, c)
}

// pathRune reports whether c may stand in a path outside parentheses.
func pathRune(c rune) bool {
	return pathLetter(c) || strings.ContainsRune("!*';:=+,.$/%#[]-–_~@|&", c)
}

func alphanumeric(c rune) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
