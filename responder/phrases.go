package responder

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// phrases finds many phrases in folded text. It looks where a word begins
// only, and there only for the phrases that can begin with those two bytes,
// because one expression of them all costs many times as much.
type phrases struct {
	at map[[2]byte]*regexp.Regexp // anchored
}

// compilePhrases makes a finder of regular expressions, each of which must
// begin with a letter or digit that it names.
func compilePhrases(list []string) (phrases, error) {
	by := map[[2]byte][]string{}
	for _, p := range list {
		parsed, err := syntax.Parse(p, syntax.Perl)
		if err != nil {
			return phrases{}, fmt.Errorf("%q: %w", p, err)
		}
		prog, err := syntax.Compile(parsed.Simplify())
		if err != nil {
			return phrases{}, fmt.Errorf("%q: %w", p, err)
		}
		s := starts{prog: prog, seen: map[[2]int]bool{}, pairs: map[[2]byte]bool{}}
		if s.walk(uint32(prog.Start), -1); s.open {
			return phrases{}, fmt.Errorf("%q: begin it with letters, not with a wide class", p)
		}
		for pair := range s.pairs {
			by[pair] = append(by[pair], p)
		}
	}
	f := phrases{at: map[[2]byte]*regexp.Regexp{}}
	same := map[string]*regexp.Regexp{}
	for pair, group := range by {
		key := strings.Join(group, "|")
		if same[key] == nil {
			same[key] = regexp.MustCompile("^(?:" + key + ")") // each part parsed above
		}
		f.at[pair] = same[key]
	}
	return f, nil
}

// starts collects the pairs of bytes that a match can begin with.
type starts struct {
	prog  *syntax.Prog
	seen  map[[2]int]bool
	pairs map[[2]byte]bool
	open  bool // a class too wide to list
}

// walk follows the program from pc; first is the byte read so far, or -1.
func (s *starts) walk(pc uint32, first int) {
	if s.seen[[2]int{int(pc), first}] {
		return
	}
	s.seen[[2]int{int(pc), first}] = true
	switch in := &s.prog.Inst[pc]; in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		s.walk(in.Out, first)
		s.walk(in.Arg, first)
	case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
		s.walk(in.Out, first)
	case syntax.InstRune, syntax.InstRune1:
		s.class(in, first)
	case syntax.InstFail:
	case syntax.InstMatch:
		if first < 0 {
			s.open = true
			return
		}
		for b := range 256 {
			s.pairs[[2]byte{byte(first), byte(b)}] = true
		}
	default:
		s.open = true
	}
}

func (s *starts) class(in *syntax.Inst, first int) {
	for i := 0; i < len(in.Rune); i += 2 {
		last := in.Rune[min(i+1, len(in.Rune)-1)]
		if last-in.Rune[i] > 256 || syntax.Flags(in.Arg)&syntax.FoldCase != 0 {
			s.open = true
			return
		}
		for r := in.Rune[i]; r <= last; r++ {
			b := utf8.AppendRune(nil, r)
			switch {
			case first >= 0:
				s.pairs[[2]byte{byte(first), b[0]}] = true
			case len(b) > 1:
				s.pairs[[2]byte{b[0], b[1]}] = true
			default:
				s.walk(in.Out, int(b[0]))
			}
		}
	}
}

// all returns the spans of all phrases, none overlapping: at each place the
// first of the list that fits, in its greediest form.
func (p phrases) all(text string) [][]int {
	var out [][]int
	for i := 0; i < len(text); i++ {
		b := text[i]
		if b < 0xC0 && (!wordByte(b) || i > 0 && wordByte(text[i-1])) {
			continue
		}
		pair := [2]byte{b}
		if i+1 < len(text) {
			pair[1] = text[i+1]
		}
		re := p.at[pair]
		if re == nil {
			continue
		}
		if m := re.FindStringIndex(text[i:]); m != nil && m[1] > 0 {
			out = append(out, []int{i, i + m[1]})
			i += m[1] - 1
		}
	}
	return out
}

// first returns the span of the first phrase, or nil.
func (p phrases) first(text string) []int {
	if all := p.all(text); len(all) > 0 {
		return all[0]
	}
	return nil
}

// in reports whether a phrase stands in text.
func (p phrases) in(text string) bool { return p.first(text) != nil }

// wordByte is what \b calls a word character.
func wordByte(b byte) bool { return b == '_' || b >= '0' && b <= '9' || ascii(b) }
