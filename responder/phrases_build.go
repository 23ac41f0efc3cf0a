package responder

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// node is a step of the nondeterministic automaton: a byte of a range, or an
// end of a list's phrase, or (lo above hi) none of both.
type node struct {
	lo, hi byte
	next   int32
	free   []int32 // what can be reached without reading
	list   int32   // the list completed here, or none
}

// builder makes phrases of patterns.
type builder struct {
	nodes []node
}

// newBuilder begins with the node where every phrase begins.
func newBuilder() *builder {
	return &builder{nodes: []node{{lo: 1, list: none}}}
}

func (b *builder) node(n node) int32 {
	b.nodes = append(b.nodes, n)
	return int32(len(b.nodes) - 1)
}

func (b *builder) split(to ...int32) int32 {
	return b.node(node{lo: 1, list: none, free: to})
}

// add puts a pattern into a list: a regular expression (RE2) over folded text
// without assertions, in which \w stands for any letter.
func (b *builder) add(pattern string, list int) error {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return fmt.Errorf("%q: %w", pattern, err)
	}
	end := b.node(node{lo: 1, list: int32(list)})
	start, err := b.compile(re.Simplify(), end)
	if err != nil {
		return fmt.Errorf("%q: %w", pattern, err)
	}
	if slices.Contains(b.closure(start), end) {
		return fmt.Errorf("%q: it fits an empty text: name at least one word", pattern)
	}
	b.nodes[0].free = append(b.nodes[0].free, start)
	return nil
}

// compile returns where re begins when it goes on to next.
func (b *builder) compile(re *syntax.Regexp, next int32) (int32, error) {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return next, nil
	case syntax.OpLiteral:
		for i := len(re.Rune) - 1; i >= 0; i-- {
			next = b.letter(re.Rune[i], next)
		}
		return next, nil
	case syntax.OpCharClass:
		return b.class(wide(re.Rune), next), nil
	case syntax.OpCapture:
		return b.compile(re.Sub[0], next)
	case syntax.OpConcat:
		var err error
		for i := len(re.Sub) - 1; i >= 0 && err == nil; i-- {
			next, err = b.compile(re.Sub[i], next)
		}
		return next, err
	case syntax.OpAlternate:
		var to []int32
		for _, sub := range re.Sub {
			s, err := b.compile(sub, next)
			if err != nil {
				return 0, err
			}
			to = append(to, s)
		}
		return b.split(to...), nil
	case syntax.OpQuest, syntax.OpStar, syntax.OpPlus:
		return b.repeat(re, next)
	}
	return 0, fmt.Errorf("%v cannot be used here: write words, classes and repetitions", re)
}

func (b *builder) repeat(re *syntax.Regexp, next int32) (int32, error) {
	if re.Op == syntax.OpQuest {
		s, err := b.compile(re.Sub[0], next)
		return b.split(s, next), err
	}
	loop := b.split(next)
	if sub := re.Sub[0]; sub.Op == syntax.OpCharClass && beyond(wide(sub.Rune)) {
		// Repeated without a count, a byte of a letter is as good as the letter.
		s := b.split(b.ascii(sub.Rune, loop), b.node(node{lo: utf8.RuneSelf, hi: 0xFF, next: loop, list: none}))
		b.nodes[loop].free = append(b.nodes[loop].free, s)
		if re.Op == syntax.OpPlus {
			return s, nil
		}
		return loop, nil
	}
	s, err := b.compile(re.Sub[0], loop)
	b.nodes[loop].free = append(b.nodes[loop].free, s)
	if re.Op == syntax.OpPlus {
		return s, err
	}
	return loop, err
}

func (b *builder) letter(r rune, next int32) int32 {
	bytes := utf8.AppendRune(nil, r)
	for i := len(bytes) - 1; i >= 0; i-- {
		next = b.node(node{lo: bytes[i], hi: bytes[i], next: next, list: none})
	}
	return next
}

// wide is a class with every letter beyond ASCII when it has those of ASCII
// alone, as \w of RE2 does.
func wide(ranges []rune) []rune {
	has := func(r rune) bool {
		for i := 0; i < len(ranges); i += 2 {
			if ranges[i] <= r && r <= ranges[i+1] {
				return true
			}
		}
		return false
	}
	if ranges[len(ranges)-1] < utf8.RuneSelf && has('a') && has('z') && has('0') && has('_') {
		return append(slices.Clone(ranges), utf8.RuneSelf, unicode.MaxRune)
	}
	return ranges
}

// beyond reports whether a class has every letter beyond ASCII.
func beyond(ranges []rune) bool {
	last := len(ranges) - 2
	return ranges[last] <= utf8.RuneSelf && ranges[last+1] == unicode.MaxRune
}

// ascii compiles what a class has of ASCII.
func (b *builder) ascii(ranges []rune, next int32) int32 {
	var to []int32
	for i := 0; i < len(ranges) && ranges[i] < utf8.RuneSelf; i += 2 {
		to = append(to, b.node(node{lo: byte(ranges[i]), hi: byte(min(ranges[i+1], utf8.RuneSelf-1)), next: next, list: none}))
	}
	return b.split(to...)
}

// class compiles a class of runes.
func (b *builder) class(ranges []rune, next int32) int32 {
	to := []int32{b.ascii(ranges, next)}
	for i := 0; i < len(ranges); i += 2 {
		if ranges[i+1] >= utf8.RuneSelf {
			to = b.runes(max(ranges[i], utf8.RuneSelf), ranges[i+1], next, to)
		}
	}
	return b.split(to...)
}

// runes appends to out where the UTF-8 of each rune from lo to hi begins. A range
// is parted until each byte of it has a range of its own.
func (b *builder) runes(lo, hi rune, next int32, out []int32) []int32 {
	for _, last := range []rune{0x7FF, 0xFFFF} { // of two bytes, of three
		if lo <= last && hi > last {
			return b.runes(last+1, hi, next, b.runes(lo, last, next, out))
		}
	}
	if lo <= 0xDFFF && hi >= 0xD800 { // surrogates are no text
		if lo < 0xD800 {
			out = b.runes(lo, 0xD7FF, next, out)
		}
		if hi > 0xDFFF {
			out = b.runes(0xE000, hi, next, out)
		}
		return out
	}
	for bits := range 3 {
		tail := rune(1)<<(6*(bits+1)) - 1
		if lo&^tail == hi&^tail {
			continue
		}
		if lo&tail != 0 {
			return b.runes(lo|tail+1, hi, next, b.runes(lo, lo|tail, next, out))
		}
		if hi&tail != tail {
			return b.runes(hi&^tail, hi, next, b.runes(lo, hi&^tail-1, next, out))
		}
	}
	from, to := utf8.AppendRune(nil, lo), utf8.AppendRune(nil, hi)
	for i := len(from) - 1; i >= 0; i-- {
		next = b.node(node{lo: from[i], hi: to[i], next: next, list: none})
	}
	return append(out, next)
}

// closure returns what is reached from a node without reading, sorted, less
// the nodes that only split.
func (b *builder) closure(at int32) []int32 {
	seen, out := map[int32]bool{}, []int32{}
	for todo := []int32{at}; len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[n] {
			continue
		}
		seen[n] = true
		if x := &b.nodes[n]; x.lo <= x.hi || x.list >= 0 {
			out = append(out, n)
		}
		todo = append(todo, b.nodes[n].free...)
	}
	slices.Sort(out)
	return out
}

// build ends the building.
func (b *builder) build() *phrases {
	p := &phrases{nodes: b.nodes, closures: make([][]int32, len(b.nodes))}
	p.closures[0] = b.closure(0)
	for _, n := range b.nodes {
		if n.lo <= n.hi && n.list < 0 && p.closures[n.next] == nil {
			p.closures[n.next] = b.closure(n.next)
		}
	}
	p.cache.Store(p.empty())
	return p
}
