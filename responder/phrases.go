package responder

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"
)

// phrases finds the phrases of many lists in one walk over a text: a
// deterministic automaton of all of them, walked from wherever a word begins
// for as long as some phrase goes on. Its states are made when a text first
// needs them and kept, as all of them would fill the memory; the results do
// not depend on which are there. Safe for concurrent use.
type phrases struct {
	nodes    []node
	closures [][]int32 // what is reached from a node without reading
	mu       sync.Mutex
	cache    atomic.Pointer[cache]
}

// cache is the states made so far; when they are too many, a new one begins.
type cache struct {
	root  *state
	known map[string]*state
}

// maxStates keeps hostile texts from taking the memory of the program.
const maxStates = 40_000

// state is a set of nodes; an empty one ends a walk.
type state struct {
	set   []int32
	done  []uint16 // the lists that are complete here
	edges atomic.Pointer[edges]
}

// edges are the next states known so far: a few with their bytes, or one for
// each byte. Read-only.
type edges struct {
	bytes []byte
	to    []*state
	all   *[256]*state
}

// fewEdges is how many edges are searched one by one.
const fewEdges = 8

// none stands for no list, no ask.
const none = -1

// hit is a phrase of a list in a text.
type hit struct {
	list     uint16
	from, to int32
}

// maxPhrase is how many bytes a phrase may be long: it keeps a walk over a
// hostile text linear.
const maxPhrase = 240

// scan appends the hits of all lists to out, in order of where they begin:
// from each place the longest phrase of each list.
func (p *phrases) scan(text string, out []hit) []hit {
	c := p.cache.Load()
	inside := false
	for i := 0; i < len(text); {
		b, n := text[i], 1
		word := wordBytes[b]
		if b >= utf8.RuneSelf {
			var r rune
			r, n = utf8.DecodeRuneInString(text[i:])
			word = wordRune(r)
		}
		if !word || !inside {
			out = p.walk(c, text, i, out)
		}
		inside = word
		i += n
	}
	return out
}

// walk appends what begins at start.
func (p *phrases) walk(c *cache, text string, start int, out []hit) []hit {
	first, at := len(out), c.root
	for i := start; i < min(len(text), start+maxPhrase); i++ {
		next := at.next(text[i])
		if next == nil {
			next = p.step(c, at, text[i])
		}
		if at = next; len(at.set) == 0 {
			return out
		}
		if len(at.done) > 0 && ends(text, i+1) {
			for _, list := range at.done {
				out = longest(out, first, hit{list, int32(start), int32(i + 1)})
			}
		}
	}
	return out
}

// next is where b leads, nil if nobody has asked yet.
func (s *state) next(b byte) *state {
	e := s.edges.Load()
	if e == nil {
		return nil
	}
	if e.all != nil {
		return e.all[b]
	}
	if i := bytes.IndexByte(e.bytes, b); i >= 0 {
		return e.to[i]
	}
	return nil
}

// step makes the state that b leads to.
func (p *phrases) step(c *cache, at *state, b byte) *state {
	var set []int32
	for _, n := range at.set {
		if x := &p.nodes[n]; x.list < 0 && x.lo <= b && b <= x.hi {
			set = append(set, p.closures[x.next]...)
		}
	}
	slices.Sort(set)
	set = slices.Compact(set)
	p.mu.Lock()
	defer p.mu.Unlock()
	key := keyOf(set)
	next := c.known[key]
	if next == nil {
		next = p.state(set)
		c.known[key] = next
		if len(c.known) >= maxStates && p.cache.Load() == c {
			p.cache.Store(p.empty())
		}
	}
	at.edges.Store(at.edges.Load().with(b, next))
	return next
}

// with returns e and one edge more.
func (e *edges) with(b byte, to *state) *edges {
	switch {
	case e == nil:
		return &edges{bytes: []byte{b}, to: []*state{to}}
	case e.all == nil && len(e.to) < fewEdges:
		return &edges{bytes: append(slices.Clone(e.bytes), b), to: append(slices.Clone(e.to), to)}
	}
	all := new([256]*state)
	if e.all != nil {
		*all = *e.all
	}
	for i, known := range e.bytes {
		all[known] = e.to[i]
	}
	all[b] = to
	return &edges{all: all}
}

// state describes a set of nodes.
func (p *phrases) state(set []int32) *state {
	s := &state{set: set}
	for _, n := range set {
		if l := p.nodes[n].list; l >= 0 && !slices.Contains(s.done, uint16(l)) {
			s.done = append(s.done, uint16(l))
		}
	}
	return s
}

func (p *phrases) empty() *cache {
	return &cache{root: p.state(p.closures[0]), known: map[string]*state{}}
}

func keyOf(set []int32) string {
	k := make([]byte, 0, 4*len(set))
	for _, n := range set {
		k = binary.LittleEndian.AppendUint32(k, uint32(n))
	}
	return string(k)
}

// longest puts h in the place of a shorter hit of the same list and start.
func longest(out []hit, first int, h hit) []hit {
	for k := first; k < len(out); k++ {
		if out[k].list == h.list {
			out[k].to = h.to
			return out
		}
	}
	return append(out, h)
}

// ends reports whether no word goes on across i.
func ends(text string, i int) bool {
	if i >= len(text) {
		return true
	}
	if text[i] < utf8.RuneSelf && !wordBytes[text[i]] {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[i:])
	return !wordRune(before) || !wordRune(after)
}

// wordRune reports whether r is part of a word that a space parts from the
// next one: scripts beyond U+2000 do without.
func wordRune(r rune) bool {
	return r < 0x2000 && (r < utf8.RuneSelf && wordBytes[byte(r)] || r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.Is(unicode.M, r)))
}

// wordBytes marks the folded ASCII bytes that words consist of.
var wordBytes = func() (set [256]bool) {
	for b := range set {
		set[b] = b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z'
	}
	return set
}()
