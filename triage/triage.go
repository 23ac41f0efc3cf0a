package triage

import (
	"fmt"
	"io/fs"
	"math"
	"math/bits"
	"sync"

	"socialwatch"
)

// engine is the version of what the lexicons do not say: the code.
const engine = "2026-11"

// Rules is the version of the code, the lexicons, the rules and the options,
// such as 2026-11.1f0c77aa: whatever might assess a mention differently
// changes it.
func (t *Triage) Rules() string { return t.version }

// Triage holds the compiled rules. It is immutable and safe for concurrent use.
type Triage struct {
	*compiled
	options   Options
	version   string
	handles   map[string]bool
	orders    []pattern
	highValue map[string]float64
	guard     *guard    // nil: nothing to pose as
	scratch   sync.Pool // of *scratch
}

// compiled are lexicons and rules ready for use.
type compiled struct {
	trie      *trie
	rules     []rule
	wake      [][]uint64       // per concept, the set of rules whose condition starts with it
	outs      []out            // of all rules, so that they lie together
	base      [targetCount]int // points that every mention starts with: those of "always"
	concepts  int
	languages []string
	shape     shapeIDs
	deskWords []string // folded phrases of the concept desk_word
	digest    []byte   // of the folder's files
}

// builtIn compiles the built-in lexicons once.
var builtIn = sync.OnceValues(func() (*compiled, error) { return compile(Lexicons(), Options{}) })

// compile reads a folder and adds what the options say in the shop's own words.
func compile(folder fs.FS, o Options) (*compiled, error) {
	l, err := readLexicon(folder)
	if err != nil {
		return nil, fmt.Errorf("read lexicons: %w", err)
	}
	rules, err := readRules(folder, l)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	rules = append(rules, o.extend(l)...)
	shape := newShapeIDs(l) // the last to make concepts
	if len(l.concepts) > math.MaxUint16 || len(l.languages) > maxLanguages {
		return nil, fmt.Errorf("read lexicons: %d concepts and %d languages, at most %d and %d can be told apart",
			len(l.concepts), len(l.languages), math.MaxUint16, maxLanguages)
	}
	digest, err := digest(folder)
	if err != nil {
		return nil, fmt.Errorf("read lexicons: %w", err)
	}
	c := &compiled{rules: rules, concepts: len(l.concepts), languages: l.languages, shape: shape, deskWords: l.phrasesOf("desk_word"), digest: digest,
		trie: newTrie(l.texts, l.phrases), wake: make([][]uint64, len(l.concepts))}
	for i := range rules {
		r := &rules[i]
		r.prepare(c)
		if r.kind == emit && r.name == alwaysConcept {
			for _, o := range r.outs {
				c.base[o.target] = o.points
			}
			continue
		}
		if r.kind == emit && len(r.outs) == 0 {
			continue
		}
		for _, id := range r.terms[0].concepts {
			if c.wake[id] == nil {
				c.wake[id] = make([]uint64, len(rules)/64+1)
			}
			c.wake[id][i/64] |= 1 << (i % 64)
		}
	}
	return c, nil
}

// scratch is what one assessment works on, reused by later ones.
type scratch struct {
	fold   folded
	narrow folded
	board  board
	scan   scanner
	times  []timeHit
	awake  []uint64 // rules whose first concept is there, still to be looked at
	points [targetCount]int
	votes  []int // common words per language, a word of n languages counts vote/n
	best   int   // points of the strongest noise rule
	ignore string
	sigs   []emitted
	slab   []socialwatch.Signal // not yet given away
	main   int32                // folded length of the text itself; behind it lies what is outside
}

func (t *Triage) newScratch() *scratch {
	backing := make([]span, t.concepts*maxHits)
	s := &scratch{
		board: board{hits: make([][]span, t.concepts), has: make([]bool, t.concepts)},
		votes: make([]int, len(t.languages)),
		awake: make([]uint64, len(t.rules)/64+1),
		scan:  scanner{orders: t.orders},
	}
	for c := range s.board.hits {
		s.board.hits[c] = backing[c*maxHits : c*maxHits : (c+1)*maxHits]
	}
	s.scan.context = func(at int) context { return t.contextAt(&s.board, s.place(at)) }
	s.scan.since = func(at int) bool { return s.board.ends(t.shape.since, s.place(at), 1) }
	return s
}

// place maps an offset of the text that is being scanned to the folded text.
func (s *scratch) place(at int) int32 {
	if s.fold.shape.wide {
		at, _ = s.narrow.original(int32(at), int32(at)+1)
	}
	return s.fold.position(at)
}

func (s *scratch) reset() {
	s.fold.reset()
	s.board.reset()
	clear(s.votes)
	clear(s.awake)
	s.times = s.times[:0]
	s.points, s.best, s.ignore, s.sigs = [targetCount]int{}, 0, "", s.sigs[:0]
}

// Assess says what the mention wants. It is pure and never fails: bytes that
// are no UTF-8, an empty text and 100 kB of anything are assessed in time that
// grows with their length only.
func (t *Triage) Assess(m socialwatch.Mention, h socialwatch.History) socialwatch.Assessment {
	s := t.scratch.Get().(*scratch)
	defer t.scratch.Put(s)
	s.reset()
	s.fold.add(m.Text)
	s.outside(m)
	s.board.text = s.fold.text
	t.trie.scan(s)
	t.findEntities(s, m.Text)
	t.findShapes(s, m, h)
	t.findImpostor(s, m)
	lang := s.language(t.languages)
	if lang == undetermined {
		s.board.add(t.shape.unread, span{})
	}
	s.points = t.base
	t.apply(s)
	a := decide(s.points, s.ignore)
	a.Rules, a.Language = t.version, lang
	a.Signals = t.signals(s)
	a.Entities = append([]socialwatch.Entity{}, s.scan.found...)
	a.Masked = mask(m.Text, a.Entities)
	return a
}

// outside appends the content warning and what the media say: they count, but
// have no place in the text and no part in its shape.
func (s *scratch) outside(m socialwatch.Mention) {
	f := &s.fold
	s.main = int32(len(f.text))
	shape, segs := f.shape, len(f.segs)
	defer func() { f.shape, f.segs = shape, f.segs[:segs] }()
	add := func(text string) {
		if text != "" {
			f.text = append(f.text, ' ', partMark, ' ')
			f.add(text)
		}
	}
	add(m.Warning)
	for _, media := range m.Media {
		add(media.Description)
	}
}

// findEntities scans the text and puts what it finds on the board. Full-width
// digits and letters are narrowed first.
func (t *Triage) findEntities(s *scratch, text string) {
	if s.fold.shape.wide {
		s.narrow.reset()
		s.narrow.narrow(text)
		s.scan.scan(string(s.narrow.text))
		for i := range s.scan.found {
			e := &s.scan.found[i]
			e.Start, e.End = s.narrow.original(int32(e.Start), int32(e.End))
		}
		for i, n := range s.scan.numbers {
			start, end := s.narrow.original(n.start, n.end)
			s.scan.numbers[i] = span{int32(start), int32(end)}
		}
	} else {
		s.scan.scan(text)
	}
	t.findTimes(s)
	for _, e := range s.scan.found {
		at := span{s.fold.position(e.Start), s.fold.position(e.End)}
		s.board.add(t.shape.kind(e.Kind), at)
		if e.Kind == socialwatch.DaysWaited && atoi(e.Value) >= longWait {
			s.board.add(t.shape.longWait, at)
		}
		if e.Kind == socialwatch.Amount && exceeds(e, t.highValue) {
			s.board.add(t.shape.highValue, at)
		}
	}
	for _, n := range s.scan.numbers[:min(len(s.scan.numbers), maxHits)] {
		s.board.add(t.shape.number, span{s.fold.position(int(n.start)), s.fold.position(int(n.end))})
	}
}

// longWait is the wait in days that counts as long.
const longWait = 7

// apply looks at the rules whose first concept is there, in their order, and
// adds the points up. A rule that makes a concept wakes those behind it.
func (t *Triage) apply(s *scratch) {
	for _, c := range s.board.touched {
		for w, set := range t.wake[c] {
			s.awake[w] |= set
		}
	}
	for w := range s.awake {
		for s.awake[w] != 0 {
			bit := bits.TrailingZeros64(s.awake[w])
			s.awake[w] &^= 1 << bit
			r := &t.rules[w*64+bit]
			if spans := s.board.match(r); len(spans) > 0 {
				t.use(s, r, spans, w*64+bit)
			}
		}
	}
}

// use does what the rule of that number says about the spans it holds in.
func (t *Triage) use(s *scratch, r *rule, spans []span, number int) {
	switch r.kind {
	case emit:
		t.emit(s, r, spans[0])
	case erase:
		s.board.erase(r.concept, spans)
	default:
		if !s.board.has[r.concept] {
			t.wakeBehind(s, r.concept, number)
		}
		for _, at := range spans {
			s.board.add(r.concept, at)
		}
	}
}

// wakeBehind wakes the rules behind the numbered one that start with c.
func (t *Triage) wakeBehind(s *scratch, c uint16, number int) {
	for w := number / 64; w < len(t.wake[c]); w++ {
		set := t.wake[c][w]
		if w == number/64 {
			set &= ^uint64(0) << (number % 64) << 1
		}
		s.awake[w] |= set
	}
}

// emitted is one signal: the number of its output among those of all rules,
// and where the rule holds. It has no pointer, so that collecting it costs the
// garbage collector nothing.
type emitted struct {
	out int32
	at  span
}

// emit records the signals of a rule that holds.
func (t *Triage) emit(s *scratch, r *rule, at span) {
	for i := r.firstOut; i < r.firstOut+int32(len(r.outs)); i++ {
		o := &t.outs[i]
		s.sigs = append(s.sigs, emitted{i, at})
		if o.target == targetIgnored {
			s.noise(r.name, o.points)
			continue
		}
		s.points[o.target] += o.points
	}
}

// slabSize is how many signals are allocated at once, for some eight posts: an
// allocation of its own for each was a quarter of the work.
const slabSize = 256

// signals are what was emitted, with their place in the text.
func (t *Triage) signals(s *scratch) []socialwatch.Signal {
	if len(s.slab) < len(s.sigs) {
		s.slab = make([]socialwatch.Signal, max(len(s.sigs), slabSize))
	}
	all := s.slab[:len(s.sigs):len(s.sigs)]
	s.slab = s.slab[len(s.sigs):]
	var last span
	var start, end int
	for i, e := range s.sigs {
		if e.at != last {
			last, start, end = e.at, 0, 0
			if e.at.end > 0 && e.at.end <= s.main {
				start, end = s.fold.original(e.at.start, e.at.end)
			}
		}
		o, to := &t.outs[e.out], &all[i]
		to.Name, to.Points, to.Start, to.End = o.name, o.points, start, end
	}
	return all
}

// noise keeps the strongest noise rule, the first of equals.
func (s *scratch) noise(name string, points int) {
	s.points[targetIgnored] += points
	if points > s.best {
		s.best = points
		s.ignore = name
	}
}

// mask replaces personal data byte for byte with *, and order and tracking
// numbers but for their last three bytes, so that spans hold in both.
func mask(text string, entities []socialwatch.Entity) string {
	var out []byte
	for _, e := range entities {
		end := e.End
		switch e.Kind {
		case socialwatch.Email, socialwatch.Phone, socialwatch.Card, socialwatch.Address:
		case socialwatch.OrderNumber, socialwatch.TrackingNumber:
			end = keepLast(text, e)
		default:
			continue
		}
		if out == nil {
			out = []byte(text)
		}
		for i := e.Start; i < end; i++ {
			out[i] = '*'
		}
	}
	if out == nil {
		return text
	}
	return string(out)
}

// keepLast is where the last three characters of the entity begin.
func keepLast(text string, e socialwatch.Entity) int {
	end := e.End
	for kept := 0; kept < 3 && end > e.Start; kept++ {
		for end--; end > e.Start && text[end]&0xC0 == 0x80; end-- {
		}
	}
	return end
}
