package responder

import (
	"fmt"
	"regexp/syntax"
	"slices"
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
		return b.class(re.Rune, next)
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

// class compiles a class of runes: any letter, or a few.
func (b *builder) class(ranges []rune, next int32) (int32, error) {
	var to []int32
	total, letters := 0, rune(0)
	for i := 0; i < len(ranges); i += 2 {
		lo, hi := ranges[i], ranges[i+1]
		if lo < utf8.RuneSelf {
			to = append(to, b.node(node{lo: byte(lo), hi: byte(min(hi, utf8.RuneSelf-1)), next: next, list: none}))
			if lo <= 'a' && hi >= 'z' || lo <= '0' && hi >= '9' || lo <= '_' && hi >= '_' {
				letters++
			}
			lo = utf8.RuneSelf
		}
		if hi > 0xFFFF {
			letters = 3
			continue
		}
		for r := lo; r <= hi; r++ {
			if total++; total > 400 {
				return 0, fmt.Errorf("a class of more than 400 letters: name fewer, or \\w for any")
			}
			to = append(to, b.letter(r, next))
		}
	}
	if letters >= 3 {
		to = append(to, b.node(node{lo: utf8.RuneSelf, hi: 0xFF, next: next, list: none}))
	}
	return b.split(to...), nil
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
