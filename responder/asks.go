package responder

import (
	"sort"
	"strings"
)

// How far from an ask what is asked for may stand, in bytes: behind it, and
// before it in languages whose verb comes last.
const (
	askReach = 90
	askBack  = 110
)

// What to do about a request.
const (
	mendSecret   = "remove the question: nobody of ours ever asks for it, not even in private"
	mendPersonal = "ask for it in private: say \"in a direct message\" in the same sentence"
)

// sentence is a sentence of the words, and the phrases that part its clauses.
type sentence struct{ from, to int32 }

// sentences splits the words. A full stop ends a sentence only before white
// space, so hosts and amounts stay whole.
func sentences(s spelling) []sentence {
	out := make([]sentence, 0, 8)
	start, said := 0, false
	for i := 0; i < len(s.text); i++ {
		b, last := s.text[i], i+1 == len(s.text)
		stop := b == '\n' || (b == '.' || b == '!' || b == '?' || b == ';') &&
			(last || s.text[i+1] == ' ' || s.text[i+1] == '\n' || s.hard != nil && s.hard[i])
		said = said || b > ' '
		if stop || last {
			if said {
				out = append(out, sentence{int32(start), int32(i + 1)})
			}
			start, said = i+1, false
		}
	}
	return out
}

// board holds what was found in the words: the hits of each section in order
// of where they begin, and the language of each.
type board struct {
	words     spelling
	sentences []sentence
	by        [sections][]found
	ways      map[int][]way   // by sentence: what it offers
	goesOn    map[[2]int]bool // by language and sentence: it goes on from one that said private
	committed map[[2]int]bool // by language and sentence: it says that something will be
}

// found is a phrase of a section.
type found struct {
	language int
	from, to int32
}

func newBoard(words spelling) *board {
	b := &board{words: words, sentences: sentences(words),
		ways: map[int][]way{}, goesOn: map[[2]int]bool{}, committed: map[[2]int]bool{}}
	v := theVocabulary()
	for _, h := range v.words.scan(words.text, make([]hit, 0, 64)) {
		language, s := v.of(h.list)
		b.by[s] = append(b.by[s], found{language, h.from, h.to})
	}
	return b
}

// within returns the hits of a section that begin within a sentence.
func (b *board) within(s section, at sentence) []found {
	all := b.by[s]
	return all[search(all, at.from):search(all, at.to)]
}

// search is the index of the first hit that begins at or behind from.
func search(all []found, from int32) int {
	low, high := 0, len(all)
	for low < high {
		if mid := (low + high) / 2; all[mid].from < from {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// behind is the index of the first hit of a section that begins at or behind a
// place of the folded text.
func (b *board) behind(s section, place int) int {
	all := b.by[s]
	return sort.Search(len(all), func(k int) bool { return int(b.words.at[all[k].from]) >= place })
}

// before reports whether a phrase of a section in x's language leads up to x
// with nothing but spaces and quotation marks between.
func (b *board) before(s section, x found, at sentence) bool {
	for _, h := range b.within(s, sentence{max(at.from, x.from-maxPhrase), x.from}) {
		if h.language == x.language && (h.to >= x.from || strings.Trim(b.words.text[h.to:x.from], " \"':") == "") {
			return true
		}
	}
	return false
}

// right reports whether a phrase of a section begins right behind x.
func (b *board) right(s section, x found, at sentence) bool {
	for _, h := range b.within(s, sentence{x.to, min(at.to, x.to+3)}) {
		if h.language == x.language && strings.Trim(b.words.text[x.to:h.from], " ,") == "" {
			return true
		}
	}
	return false
}

// negated reports whether x is turned around: by what stands before it, in it,
// or in some languages behind it in the same clause.
func (b *board) negated(x found, at sentence) bool {
	if b.before(secNegated, x, at) {
		return true
	}
	for _, h := range b.within(secNegated, sentence{x.from, x.to}) {
		if h.language == x.language && !b.overlapped(secFirm, h) {
			return true
		}
	}
	return b.negatedIn(x.language, b.clause(x, at))
}

// clause is what stands behind x in its clause.
func (b *board) clause(x found, at sentence) sentence {
	end := max(x.to, min(at.to, x.to+maxPhrase))
	if i := strings.IndexAny(b.words.text[x.to:end], ",:"); i >= 0 {
		end = x.to + int32(i)
	}
	for _, h := range b.within(secBreak, sentence{x.to, end}) {
		if h.language == x.language {
			end = h.from
			break
		}
	}
	return sentence{x.to, end}
}

// negatedIn reports whether what turns the words before it around stands within.
func (b *board) negatedIn(language int, at sentence) bool {
	for _, h := range b.within(secNegatedAfter, at) {
		if h.language == language {
			return true
		}
	}
	return false
}

// meant reports whether an ask is none that says not to: nothing turns it
// around, or what seems to only makes it polite (why not, anything but).
func (b *board) meant(ask found, at sentence) bool {
	return !b.negated(ask, at) || b.touched(secCoax, ask)
}

// touched reports whether a phrase of a section in x's language overlaps x or
// stands beside it.
func (b *board) touched(s section, x found) bool {
	for _, h := range b.within(s, sentence{max(0, x.from-maxPhrase), x.to + 2}) {
		if h.language == x.language && h.to+1 >= x.from {
			return true
		}
	}
	return false
}

// asks finds requests for secrets, and for personal data where anybody can
// read the answer.
func (c *check) asks() {
	b := c.board
	if len(b.by[secSecret]) == 0 && len(b.by[secPersonal]) == 0 && len(b.by[secQuestion]) == 0 {
		return
	}
	for i := range b.sentences {
		at := b.sentences[i]
		for _, ask := range b.within(secAsk, at) {
			if !b.before(secOurs, ask, at) && b.meant(ask, at) && !b.right(secAbout, ask, at) && !b.overlapped(secOwn, ask) {
				c.asked(ask.language, ask.from, sentence{ask.from + 1, min(at.to, ask.to+askReach)}, i)
			}
		}
		for _, ask := range b.within(secAskAfter, at) {
			if !b.before(secOurs, ask, at) && b.meant(ask, at) {
				c.asked(ask.language, none, sentence{max(at.from, ask.from-askBack), ask.to}, i)
			}
		}
		c.referred(i)
		c.invites(i)
		for _, x := range b.within(secQuestion, at) {
			if !b.before(secOurs, x, at) && !b.right(secThing, x, at) && !c.private(x.language, x.from, i) {
				start, end := c.place(int(x.from), int(x.to))
				c.add(RulePersonal, start, end, mendPersonal)
			}
		}
		for _, s := range []section{secSecret, secPersonal} { // "your order number, please?"
			for _, x := range b.within(s, at) {
				if b.bare(x, at) && !b.saysNot(x.language, sentence{x.from, x.to}) {
					c.asked(x.language, x.from, sentence{x.from, x.to}, i)
				}
			}
		}
	}
}

// referred finds what is asked for by what stands before it: "surname and postcode
// will do" in its clause, "read it out to me" in its sentence or the last one.
func (c *check) referred(i int) {
	b := c.board
	at := b.sentences[i]
	for _, x := range b.within(secEnough, at) {
		near := b.clauseBefore(x, at)
		if !b.negatedIn(x.language, near) && !b.saysNot(x.language, near) && b.meant(x, at) && !b.right(secAbout, x, at) {
			c.asked(x.language, x.from, near, i)
		}
	}
	for _, x := range b.within(secAskIt, at) {
		if b.before(secOurs, x, at) || !b.meant(x, at) {
			continue
		}
		near := sentence{max(at.from, x.from-askBack), x.to}
		what, ok := b.mentioned(x.language, near)
		if !ok && i > 0 {
			near = b.sentences[i-1]
			near.from = max(near.from, near.to-askBack)
			what, ok = b.mentioned(x.language, near)
		}
		if !ok || near.to <= at.from && c.aside(x.language, near, i) {
			continue
		}
		if told := (sentence{near.from, b.clause(what, near).to}); !b.saysNot(x.language, told) && !b.negatedIn(x.language, told) {
			c.asked(x.language, x.from, near, i)
		}
	}
}

// aside reports whether the sentence before asks for personal data alone, and in
// private, and sentence i does not say to answer in public.
func (c *check) aside(language int, before sentence, i int) bool {
	_, secret := c.board.first(secSecret, language, before)
	return !secret && c.board.saysPrivate(before) && len(c.ways(i)) > 0
}

// clauseBefore is what stands before x in its clause, and x.
func (b *board) clauseBefore(x found, at sentence) sentence {
	start := max(at.from, x.from-askBack)
	if i := strings.LastIndexAny(b.words.text[start:x.from], ",:"); i >= 0 {
		start += int32(i) + 1
	}
	return sentence{start, x.to}
}

// mentioned returns the first secret, else the first personal data, within.
func (b *board) mentioned(language int, at sentence) (found, bool) {
	x, ok := b.first(secSecret, language, at)
	if !ok {
		x, ok = b.first(secPersonal, language, at)
	}
	return x, ok
}

// saysNot reports whether something is turned around within.
func (b *board) saysNot(language int, at sentence) bool {
	_, not := b.first(secNegated, language, at)
	return not
}

// invites finds a question whether we may be told a secret, whatever its verb:
// "is there a reason not to trust us with the code?"
func (c *check) invites(i int) {
	b := c.board
	at := b.sentences[i]
	if !strings.HasSuffix(b.words.text[at.from:at.to], "?") {
		return
	}
	for _, us := range b.within(secUs, at) {
		if b.right(secAbout, us, at) {
			continue
		}
		near := sentence{max(at.from, us.from-askReach), min(at.to, us.to+askReach)}
		if x, ok := b.first(secSecret, us.language, near); ok && !b.severed(x, us) && !b.part(x, secPersonal) {
			start, end := c.place(int(min(x.from, us.from)), int(max(x.to, us.to)))
			c.add(RuleSecret, start, end, mendSecret)
		}
	}
}

// severed reports whether a comma, or a word that parts clauses, stands between
// two phrases.
func (b *board) severed(x, y found) bool {
	from, to := min(x.to, y.to), max(x.from, y.from)
	if from >= to {
		return false
	}
	for _, h := range b.within(secBreak, sentence{from, to}) {
		if h.language == x.language {
			return true
		}
	}
	return strings.ContainsAny(b.words.text[from:to], ",:")
}

// asked records what a request asks for within near, if it is anything we must
// not. from is where the ask begins, none when it stands behind what it is for.
func (c *check) asked(language int, from int32, near sentence, i int) {
	rule, mend := RuleSecret, mendSecret
	x, ok := c.board.first(secSecret, language, near)
	if !ok || c.board.part(x, secPersonal) {
		rule, mend = RulePersonal, mendPersonal
		if x, ok = c.board.first(secPersonal, language, near); !ok {
			return
		}
	}
	if from == none {
		from = x.from
	}
	if rule == RulePersonal && c.private(language, from, i) {
		return
	}
	start, end := c.place(int(min(from, x.from)), int(x.to))
	c.add(rule, start, end, mend)
}

// part reports whether x lies in a longer phrase of a section: a loyalty card
// number is no card number.
func (b *board) part(x found, s section) bool {
	for _, h := range b.within(s, sentence{max(0, x.from-askReach), x.from + 1}) {
		if h.language == x.language && (h.to > x.to || h.to == x.to && h.from < x.from) {
			return true
		}
	}
	return false
}

// first returns the first phrase of a section in a language that lies within.
func (b *board) first(s section, language int, at sentence) (found, bool) {
	for _, h := range b.within(s, at) {
		if h.language == language && h.to <= at.to && (s != secPersonal || !b.right(secThing, h, at)) {
			return h, true
		}
	}
	return found{}, false
}

// place maps a span of the words to the text.
func (c *check) place(start, end int) (int, int) {
	return c.loose.span(c.board.words.place(start, end))
}
