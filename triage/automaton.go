package triage

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// phrase is one compiled phrase: its length in folded bytes, what it stands
// for, and at which ends a word must not go on.
type phrase struct {
	length      int32
	twin        int32    // another phrase with the same text, -1 if none
	left, right bool     // a word boundary is wanted there
	concepts    []uint16 // what a hit means
	words       []uint8  // languages that the phrase is a common word of
}

// automaton finds all phrases in one pass (Aho and Corasick, 1975), as a
// dense table over the byte classes that occur in phrases. Read-only after
// build, so safe for concurrent use.
type automaton struct {
	class   [256]uint8
	classes int
	next    []uint16 // state*classes + class
	out     []int32  // first phrase that ends in the state, -1 if none
	suffix  []uint16 // next state on the failure path that has a phrase
	phrases []phrase
}

// maxStates is the limit of the table's 16-bit states.
const maxStates = 1 << 16

type trieNode struct {
	next map[byte]int
	out  int32
}

// newAutomaton builds the automaton of the phrases' folded texts. It reports
// false when they need more states than the table holds.
func newAutomaton(texts []string, phrases []phrase) (*automaton, bool) {
	a := &automaton{phrases: phrases}
	nodes := []trieNode{{next: map[byte]int{}, out: -1}}
	for i, text := range texts {
		at := 0
		for k := 0; k < len(text); k++ {
			b := text[k]
			if a.class[b] == 0 {
				a.classes++
				a.class[b] = uint8(a.classes)
			}
			child, ok := nodes[at].next[b]
			if !ok {
				child = len(nodes)
				nodes[at].next[b] = child
				nodes = append(nodes, trieNode{next: map[byte]int{}, out: -1})
			}
			at = child
		}
		phrases[i].twin = nodes[at].out
		nodes[at].out = int32(i)
	}
	a.classes++
	if len(nodes) >= maxStates || a.classes > 255 {
		return nil, false
	}
	a.link(nodes)
	return a, true
}

// link fills the table breadth first, so that a state's failure state is
// complete before the state itself.
func (a *automaton) link(nodes []trieNode) {
	n := len(nodes)
	a.next = make([]uint16, n*a.classes)
	a.out, a.suffix = make([]int32, n), make([]uint16, n)
	fail := make([]int, n)
	queue := []int{0}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		a.out[s] = nodes[s].out
		if f := fail[s]; s != 0 {
			copy(a.next[s*a.classes:(s+1)*a.classes], a.next[f*a.classes:(f+1)*a.classes])
			a.suffix[s] = uint16(f)
			if a.out[f] < 0 {
				a.suffix[s] = a.suffix[f]
			}
		}
		keys := make([]byte, 0, len(nodes[s].next))
		for b := range nodes[s].next {
			keys = append(keys, b)
		}
		slices.Sort(keys)
		for _, b := range keys {
			child, cell := nodes[s].next[b], s*a.classes+int(a.class[b])
			if s != 0 {
				fail[child] = int(a.next[cell])
			}
			a.next[cell] = uint16(child)
			queue = append(queue, child)
		}
	}
}

// scan calls found for every phrase that keeps its word boundaries.
func (a *automaton) scan(text []byte, found func(p *phrase, start, end int32)) {
	state := 0
	for i, b := range text {
		state = int(a.next[state*a.classes+int(a.class[b])])
		if state == 0 {
			continue
		}
		s := state
		if a.out[s] < 0 {
			s = int(a.suffix[s])
		}
		for ; s != 0; s = int(a.suffix[s]) {
			for k := a.out[s]; k >= 0; k = a.phrases[k].twin {
				if p := &a.phrases[k]; p.bounded(text, i+1) {
					found(p, int32(i+1)-p.length, int32(i+1))
				}
			}
		}
	}
}

// bounded reports whether the phrase that ends at end keeps its word
// boundaries, or lies in a hashtag, where words are not parted.
func (p *phrase) bounded(text []byte, end int) bool {
	return p.whole(text, end) || p.length >= minInTag && inTag(text, end-int(p.length))
}

// whole reports whether no word goes on at either end.
func (p *phrase) whole(text []byte, end int) bool {
	return (!p.right || !wordAfter(text, end)) && (!p.left || !wordBefore(text, end-int(p.length)))
}

const (
	minInTag = 4
	maxTag   = 60
)

// inTag reports whether offset i lies in a hashtag, whose words are not
// separated.
func inTag(text []byte, i int) bool {
	for n := 0; i > 0 && n < maxTag; n++ {
		i--
		switch b := text[i]; {
		case b == '#':
			return true
		case b <= ' ':
			return false
		}
	}
	return false
}

func wordAfter(text []byte, i int) bool {
	if i >= len(text) {
		return false
	}
	if b := text[i]; b < utf8.RuneSelf {
		return wordByte(b)
	}
	r, _ := utf8.DecodeRune(text[i:])
	return r < 0x2000 && (unicode.IsLetter(r) || unicode.Is(unicode.M, r))
}

func wordBefore(text []byte, i int) bool {
	if i == 0 {
		return false
	}
	if b := text[i-1]; b < utf8.RuneSelf {
		return wordByte(b)
	}
	r, _ := utf8.DecodeLastRune(text[:i])
	return r < 0x2000 && (unicode.IsLetter(r) || unicode.Is(unicode.M, r))
}

func wordByte(b byte) bool { return b >= 'a' && b <= 'z' || b >= '0' && b <= '9' }
