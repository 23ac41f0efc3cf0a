package triage

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"socialwatch"
)

// The lines of rules.txt, in the order in which they are applied:
//
//	name: condition -> target points, target points
//	                             a signal for each target, named target.name,
//	                             when the condition holds; a condition of one
//	                             concept needs no name; none instead of
//	                             targets: of no weight
//	always -> target points      what every mention starts with; no signal
//	hit concept: condition       a new hit of a concept, spanning its parts
//	drop concept: condition      the hits of the concept in it do not count
//	any concept: a b c           every hit of a, b or c is a hit of concept
//
// A condition is one concept or several joined by
//
//	a < b 12     a before b in the same sentence, at most 12 bytes between
//	a & b 60     in any order, at most 60 bytes between
//	a & b        anywhere in the text
//	… !c         and no hit of c anywhere
//
// where a|b stands for either.

type ruleKind uint8

const (
	emit ruleKind = iota
	derive
	erase
	union
)

type term struct {
	concepts []uint16
	ordered  bool
	gap      int32 // -1: anywhere
}

type rule struct {
	kind    ruleKind
	concept uint16 // derived, erased or united
	name    string // of the signals, without their target
	when    string // the condition, as written
	outs    []out
	terms   []term
	absent  []uint16

	firstOut int32  // place of outs among those of all rules
	plain    bool   // the condition is a hit of the concept only, nothing else
	only     uint16 // that concept
}

// prepare puts the rule's outputs with those of all others and looks whether
// it can be decided fast, as half of the rules can.
func (r *rule) prepare(c *compiled) {
	r.firstOut = int32(len(c.outs))
	c.outs = append(c.outs, r.outs...)
	r.plain = len(r.terms) == 1 && len(r.terms[0].concepts) == 1 && len(r.absent) == 0
	r.only = r.terms[0].concepts[0]
}

// out is one signal of a rule.
type out struct {
	name   string
	target int
	points int
}

// targets are what points count for: the eleven intents first.
const (
	targetCase = iota + 11
	targetUrgency
	targetSentiment
	targetScore
	targetThanks
	targetMust
	targetIgnored
	targetCount
)

var targetNames = func() []string {
	var names []string
	for _, intent := range socialwatch.Intents {
		names = append(names, string(intent))
	}
	return append(names, "case", "urgency", "sentiment", "score", "thanks", "must", "ignored")
}()

// targetOf is what a signal's points count for, -1 if nothing.
func targetOf(signal string) int {
	prefix, _, _ := strings.Cut(signal, ".")
	return slices.Index(targetNames, prefix)
}

func readRules(fsys fs.FS, l *lexicon) ([]rule, error) {
	var rules []rule
	seen := map[string]bool{}
	err := eachLine(fsys, rulesFile, func(line string) error {
		r, err := l.rule(line)
		if err != nil {
			return err
		}
		if r.kind == emit && seen[r.name] {
			return fmt.Errorf("rule %s stands twice: give it another name", r.name)
		}
		seen[r.name] = true
		rules = append(rules, r)
		return nil
	})
	return rules, err
}

func (l *lexicon) rule(line string) (rule, error) {
	if head, outs, ok := strings.Cut(line, "->"); ok {
		name, condition, ok := strings.Cut(head, ":")
		if name = strings.TrimSpace(name); !ok {
			condition = name
		}
		if !plainName(name) {
			return rule{}, fmt.Errorf("write name: condition -> target points, not %q; a name has small letters, digits and _", line)
		}
		r := rule{name: name, when: strings.Join(strings.Fields(condition), " ")}
		var err error
		if r.outs, err = readOuts(name, outs); err != nil {
			return r, err
		}
		return r, l.condition(&r, strings.Fields(condition))
	}
	head, condition, ok := strings.Cut(line, ":")
	words := strings.Fields(head)
	if !ok || len(words) != 2 {
		return rule{}, fmt.Errorf("write name: condition -> target points, or hit, drop or any concept: condition, not %q", line)
	}
	kind, ok := map[string]ruleKind{"hit": derive, "any": union, "drop": erase}[words[0]]
	if !ok {
		return rule{}, fmt.Errorf("%s %s: a line starts with hit, drop or any, or has a ->", words[0], words[1])
	}
	if !plainName(words[1]) {
		return rule{}, fmt.Errorf("concept %q: a name has small letters, digits and _", words[1])
	}
	r := rule{kind: kind, concept: l.concept(words[1])}
	return r, l.condition(&r, strings.Fields(condition))
}

// readOuts reads "stuck_order 12, urgency 3", or "none" for a condition that
// was found to have no weight.
func readOuts(name, list string) ([]out, error) {
	var outs []out
	if strings.TrimSpace(list) == "none" {
		return nil, nil
	}
	for _, part := range strings.Split(list, ",") {
		words := strings.Fields(part)
		if len(words) != 2 {
			return nil, fmt.Errorf("rule %s: write target points, not %q", name, part)
		}
		points, err := strconv.Atoi(words[1])
		if err != nil {
			return nil, fmt.Errorf("points of %s: %q is no whole number", name, words[1])
		}
		target := slices.Index(targetNames, words[0])
		if target < 0 {
			return nil, fmt.Errorf("rule %s: target %s is none of %v", name, words[0], targetNames)
		}
		if slices.ContainsFunc(outs, func(o out) bool { return o.target == target }) {
			return nil, fmt.Errorf("rule %s: target %s stands twice", name, words[0])
		}
		outs = append(outs, out{words[0] + "." + name, target, points})
	}
	return outs, nil
}

func (l *lexicon) condition(r *rule, words []string) error {
	next := term{gap: -1}
	for _, w := range words {
		switch {
		case w == "<" || w == "&":
			next = term{ordered: w == "<", gap: -1}
			if next.ordered {
				next.gap = orderedGap
			}
		case w[0] >= '0' && w[0] <= '9':
			gap, err := strconv.Atoi(w)
			if err != nil || len(r.terms) < 2 {
				return fmt.Errorf("gap %q: write a < b 12", w)
			}
			r.terms[len(r.terms)-1].gap = int32(gap)
		case w[0] == '!':
			ids, err := l.alternatives(w[1:])
			if err != nil {
				return err
			}
			r.absent = append(r.absent, ids...)
		default:
			ids, err := l.alternatives(w)
			if err != nil {
				return err
			}
			if r.kind == union && len(r.terms) == 1 {
				r.terms[0].concepts = append(r.terms[0].concepts, ids...)
				continue
			}
			next.concepts = ids
			r.terms = append(r.terms, next)
		}
	}
	if len(r.terms) == 0 {
		return fmt.Errorf("a condition starts with a concept")
	}
	return nil
}

func (l *lexicon) alternatives(list string) ([]uint16, error) {
	var ids []uint16
	for _, name := range strings.Split(list, "|") {
		id, ok := l.concepts[name]
		if !ok {
			return nil, fmt.Errorf("unknown concept %q: no lexicon has a phrase for it and no line above makes it", name)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// span is a stretch of folded text.
type span struct{ start, end int32 }

// maxHits is how many hits of one concept are kept: more say nothing new, and
// pairs of hits stay few in a long text.
const maxHits = 8

// board holds the hits of one text by concept.
type board struct {
	hits    [][]span
	has     []bool // which concepts have hits
	touched []uint16
	text    []byte
	pairs   []span // scratch of match
	swap    []span
}

func (b *board) reset() {
	for _, c := range b.touched {
		b.hits[c], b.has[c] = b.hits[c][:0], false
	}
	b.touched = b.touched[:0]
}

func (b *board) add(c uint16, s span) {
	h := b.hits[c]
	if len(h) == 0 {
		b.has[c] = true
		b.touched = append(b.touched, c)
	}
	if len(h) < maxHits {
		b.hits[c] = append(h, s)
	}
}

// match returns the spans in which the rule's condition holds, at most
// maxHits, in the order of their first parts. The slice is valid until the
// next call.
func (b *board) match(r *rule) []span {
	if r.plain {
		return b.hits[r.only]
	}
	for _, c := range r.absent {
		if b.has[c] {
			return nil
		}
	}
	for i := range r.terms {
		if !b.any(r.terms[i].concepts) {
			return nil
		}
	}
	b.pairs = b.pairs[:0]
	for _, c := range r.terms[0].concepts {
		b.pairs = append(b.pairs, b.hits[c]...)
	}
	for i := 1; i < len(r.terms); i++ {
		b.join(&r.terms[i])
	}
	if len(b.pairs) > maxHits && r.kind != erase {
		b.pairs = b.pairs[:maxHits]
	}
	return b.pairs
}

func (b *board) any(concepts []uint16) bool {
	for _, c := range concepts {
		if b.has[c] {
			return true
		}
	}
	return false
}

// join keeps of the pairs those that meet a hit of t, each widened by the
// first such hit.
func (b *board) join(t *term) {
	b.swap = b.swap[:0]
	for _, s := range b.pairs {
		for _, c := range t.concepts {
			if k := slices.IndexFunc(b.hits[c], func(h span) bool { return b.near(s, h, t) }); k >= 0 {
				b.swap = append(b.swap, widen(s, b.hits[c][k]))
				break
			}
		}
	}
	b.pairs, b.swap = b.swap, b.pairs
}

func widen(s, h span) span {
	if s.end == 0 {
		return h
	}
	if h.end == 0 {
		return s
	}
	return span{min(s.start, h.start), max(s.end, h.end)}
}

// orderedGap is the gap of a < b where the rule gives none.
const orderedGap = 40

// ends reports whether a hit of c ends at the offset, or at most gap before it.
func (b *board) ends(c uint16, at, gap int32) bool {
	return slices.ContainsFunc(b.hits[c], func(h span) bool { return h.end > 0 && h.end <= at && h.end >= at-gap })
}

// starts reports whether a hit of c starts at the offset, or at most gap
// behind it.
func (b *board) starts(c uint16, at, gap int32) bool {
	return slices.ContainsFunc(b.hits[c], func(h span) bool { return h.end > 0 && h.start >= at && h.start <= at+gap })
}

// near reports whether h stands to s as t wants. Hits outside the text, whose
// span is empty, are near to nothing but meet "anywhere".
func (b *board) near(s, h span, t *term) bool {
	switch {
	case t.gap < 0 && !t.ordered:
		return true
	case s.end == 0 || h.end == 0:
		return false
	case h.start >= s.end:
		gap := h.start - s.end
		return (t.gap < 0 || gap <= t.gap) && (!t.ordered || !sentenceEnd(b.text[s.end:h.start]))
	case t.ordered:
		return false
	case s.start >= h.end:
		return s.start-h.end <= t.gap
	}
	return s != h // they overlap
}

// sentenceEnd reports whether a sentence ends in text.
func sentenceEnd(text []byte) bool {
	for i, c := range text {
		switch c {
		case '!', '?', ';', partMark:
			return true
		case '.':
			if i+1 == len(text) || text[i+1] == ' ' || text[i+1] == '.' {
				return true
			}
		case 0xE0, 0xE3: // the full stops of Hindi and Japanese
			if i+2 < len(text) && (string(text[i:i+3]) == "।" || string(text[i:i+3]) == "。") {
				return true
			}
		}
	}
	return false
}

// erase takes the hits of concept c that lie within spans off the board.
func (b *board) erase(c uint16, spans []span) {
	b.hits[c] = slices.DeleteFunc(b.hits[c], func(h span) bool {
		return slices.ContainsFunc(spans, func(s span) bool { return h.start >= s.start && h.end <= s.end })
	})
	b.has[c] = len(b.hits[c]) > 0
}
