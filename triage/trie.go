package triage

import (
	"cmp"
	"math"
	"slices"
	"unicode"
	"unicode/utf8"
)

// phrase is one compiled phrase: its length in folded bytes, what it stands
// for, and whether a word may go on behind it.
type phrase struct {
	length     int32
	twin       int32 // another phrase with the same text, -1 if none
	right      bool  // a word must end there
	concepts   []uint16
	words      []uint8    // languages that the phrase is a common word of
	quantities []quantity // what it says about time
}

// entry is a compiled phrase, small because each hit looks one up: what it
// means lies in the trie's tables, concepts first, then languages.
type entry struct {
	twin       int32 // another phrase with the same text, -1 if none
	from       int32 // its first meaning
	time       int32 // its first quantity
	length     int16
	concepts   uint8
	languages  uint8
	quantities uint8
	right      bool
}

// trie finds phrases by walking from every place where one may begin for as
// long as some phrase goes on: a few bytes for most words, never more than the
// longest phrase. It is a double array (Aoe, 1989), one cell a step, so that
// the lexicons of all languages stay within a core's cache. Read-only after
// build, so safe for concurrent use.
type trie struct {
	cells   []cell
	out     []int32   // per cell, the first phrase that ends there, -1 if none
	begins  [256]bool // the bytes that phrases begin with
	entries []entry
	means   []uint16   // concepts and languages
	times   []quantity // what phrases say about time
}

// cell is a state: its children lie at base + byte, and are its own if they
// name it as their parent. State 0 is the root. Where a phrase ends, base is
// stored as its complement, below zero; out says which.
type cell struct{ base, parent int32 }

const noParent = -1

// newTrie builds the trie of the phrases' folded texts, breadth first so that
// the states near the root lie together.
func newTrie(texts []string, phrases []phrase) *trie {
	order := make([]int32, len(texts))
	t := &trie{}
	for i := range order {
		order[i] = int32(i)
		t.begins[texts[i][0]] = true
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(texts[a], texts[b]), cmp.Compare(a, b))
	})
	for _, p := range phrases {
		t.entries = append(t.entries, t.compact(p))
	}
	t.grow(1)
	t.cells[0].parent = 0
	type todo struct {
		state, depth int
		of           []int32 // phrases that begin as the state says, sorted
	}
	queue, room := []todo{{of: order}}, [2]int{256, 256}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for len(at.of) > 0 && len(texts[at.of[0]]) == at.depth {
			k := at.of[0]
			t.entries[k].twin, t.out[at.state] = t.out[at.state], k
			at.of = at.of[1:]
		}
		groups, base := byByte(at.of, texts, at.depth), 0
		if len(groups) > 0 {
			base = t.place(groups, texts, at.depth, &room)
		}
		if t.cells[at.state].base = int32(base); t.out[at.state] >= 0 {
			t.cells[at.state].base = ^int32(base)
		}
		for _, g := range groups {
			child := base + int(texts[g[0]][at.depth])
			t.cells[child].parent = int32(at.state)
			queue = append(queue, todo{child, at.depth + 1, g})
		}
	}
	t.grow(len(t.cells) + 256) // so that base + byte is always a cell
	return t
}

// compact puts what a phrase means into the tables. Longer lists than an entry
// can count do not occur: a phrase belongs to a few concepts and languages.
func (t *trie) compact(p phrase) entry {
	e := entry{twin: -1, from: int32(len(t.means)), time: int32(len(t.times)), length: int16(min(p.length, math.MaxInt16)),
		concepts: uint8(len(p.concepts)), languages: uint8(len(p.words)), quantities: uint8(len(p.quantities)), right: p.right}
	t.means = append(t.means, p.concepts...)
	for _, language := range p.words {
		t.means = append(t.means, uint16(language))
	}
	t.times = append(t.times, p.quantities...)
	return e
}

// byByte cuts sorted phrases where their byte at depth changes.
func byByte(of []int32, texts []string, depth int) [][]int32 {
	var groups [][]int32
	for start := 0; start < len(of); {
		end := start + 1
		for end < len(of) && texts[of[end]][depth] == texts[of[start]][depth] {
			end++
		}
		groups = append(groups, of[start:end])
		start = end
	}
	return groups
}

// place finds a base at which all children fall on free cells. A single child
// takes the first free cell from room[0] on, which is never so near the start
// that a byte could not reach it; more children, which rarely fit
// between others, go on from where the last ones fitted, room[1].
func (t *trie) place(groups [][]int32, texts []string, depth int, room *[2]int) int {
	for room[0] < len(t.cells) && t.cells[room[0]].parent != noParent {
		room[0]++
	}
	from := &room[min(len(groups), 2)-1]
	for base := *from - int(texts[groups[0][0]][depth]); ; base++ {
		t.grow(base + 256)
		if !slices.ContainsFunc(groups, func(g []int32) bool {
			return t.cells[base+int(texts[g[0]][depth])].parent != noParent
		}) {
			if len(groups) > 1 {
				room[1] = base + int(texts[groups[0][0]][depth])
			}
			return base
		}
	}
}

func (t *trie) grow(n int) {
	for len(t.cells) < n {
		t.cells, t.out = append(t.cells, cell{parent: noParent}), append(t.out, -1)
	}
}

// scan takes every phrase of the folded text that keeps its word boundaries,
// or lies in a hashtag, where words are not parted.
func (t *trie) scan(s *scratch) {
	text, tagEnd, prev := s.fold.text, 0, false
	for i := 0; i < len(text); {
		b, n := text[i], 1
		word := wordByte[b]
		switch {
		case b == '#':
			tagEnd = i + maxTag
		case b <= ' ':
			tagEnd = 0
		case b >= utf8.RuneSelf:
			var r rune
			r, n = utf8.DecodeRune(text[i:])
			word = wordRune(r)
		}
		inside := word && prev
		if t.begins[b] && (!inside || i < tagEnd) {
			t.walk(s, i, inside, i < tagEnd)
		}
		prev = word
		i += n
	}
}

// walk follows the text from start as long as a phrase goes on. inside says
// that start lies within a word.
func (t *trie) walk(s *scratch, start int, inside, tag bool) {
	text, state, base := s.fold.text, int32(0), t.cells[0].base
	for i := start; i < len(text); i++ {
		next := base + int32(text[i])
		c := t.cells[next]
		if c.parent != state || next == 0 {
			return
		}
		if state, base = next, c.base; base >= 0 {
			continue
		}
		base = ^base
		for k := t.out[state]; k >= 0; k = t.entries[k].twin {
			e := &t.entries[k]
			if !inside && (!e.right || !wordAfter(text, i+1)) {
				t.take(s, e, span{int32(start), int32(i + 1)})
				t.takeWord(s, e, span{int32(start), int32(i + 1)})
			} else if tag && e.length >= minInTag {
				t.take(s, e, span{int32(start), int32(i + 1)})
			}
		}
	}
}

// take puts what a phrase stands for on the board.
func (t *trie) take(s *scratch, e *entry, at span) {
	for _, c := range t.means[e.from : e.from+int32(e.concepts)] {
		s.board.add(c, at)
	}
}

// takeWord takes what only a phrase that is no part of a word says: a time, or
// the language.
func (t *trie) takeWord(s *scratch, e *entry, at span) {
	for _, q := range t.times[e.time : e.time+int32(e.quantities)] {
		if len(s.times) < maxTimes {
			s.times = append(s.times, timeHit{at, q})
		}
	}
	if e.languages == 0 {
		return
	}
	share, from := vote/int(e.languages), e.from+int32(e.concepts)
	for _, l := range t.means[from : from+int32(e.languages)] {
		s.votes[l] += share
	}
}

// Hashtags: words inside need some length, and a tag has an end.
const (
	minInTag = 4
	maxTag   = 60
)

func wordAfter(text []byte, i int) bool {
	if i >= len(text) {
		return false
	}
	if b := text[i]; b < utf8.RuneSelf {
		return wordByte[b]
	}
	r, _ := utf8.DecodeRune(text[i:])
	return wordRune(r)
}

// wordRune reports whether r is part of a word that is parted from the next
// one by a space: scripts beyond U+2000 are not.
func wordRune(r rune) bool {
	return r < 0x2000 && (r < utf8.RuneSelf && wordByte[byte(r)] || r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.Is(unicode.M, r)))
}

// wordByte marks the folded ASCII bytes that words consist of.
var wordByte = func() (set [256]bool) {
	for b := range set {
		set[b] = b >= 'a' && b <= 'z' || b >= '0' && b <= '9'
	}
	return set
}()
