package responder

import "sort"

// way is one of the ways to answer that a sentence offers ("send us a DM", "or
// tell us here"), up to where it ends in the words.
type way struct {
	to      int32
	private bool
}

// private reports whether the answer to a request at from in sentence i goes
// to us alone: the reply itself is direct, or that way of the sentence is
// private, or it goes on from a sentence that was.
func (c *check) private(language int, from int32, i int) bool {
	if !c.in.Payload.Visibility.Wider("direct") && c.in.Payload.Visibility != "" {
		return true
	}
	ways := c.ways(i)
	k := sort.Search(len(ways), func(k int) bool { return ways[k].to > from })
	if k == len(ways) { // it says to answer in public
		return false
	}
	return ways[k].private || c.follows(language, i)
}

// ways are those that sentence i offers, none if anybody may read the answer.
func (c *check) ways(i int) []way {
	b := c.board
	ways, ok := b.ways[i]
	if !ok {
		ways = c.waysOf(b.sentences[i])
		b.ways[i] = ways
	}
	return ways
}

// follows reports whether sentence i goes on from one that said private.
func (c *check) follows(language, i int) bool {
	b := c.board
	key := [2]int{language, i}
	known, ok := b.goesOn[key]
	if !ok && i > 0 {
		if _, there := b.first(secThere, language, b.sentences[i]); there {
			known = b.saysPrivate(b.sentences[i-1])
		}
		b.goesOn[key] = known
	}
	return known
}

// waysOf parts a sentence where it offers another way; none if it says that
// anybody may read the answer.
func (c *check) waysOf(at sentence) []way {
	b := c.board
	for _, h := range b.within(secPublic, at) {
		if !b.denied(h, at) {
			return nil
		}
	}
	var ways []way
	from := at.from
	end := func(to int32) {
		start, stop := c.place(int(from), int(to))
		ways = append(ways, way{to, b.saysPrivate(sentence{from, to}) || c.linksTo(start, stop)})
		from = to
	}
	for _, or := range b.within(secOr, at) {
		if or.from > from && b.parts(or, at) {
			end(or.from)
		}
	}
	end(at.to)
	return ways
}

// denied reports whether a public way is named as the one not to take, before
// it or behind it and before any private one: "in private, not in public".
func (b *board) denied(public found, at sentence) bool {
	if b.before(secNegated, public, at) {
		return true
	}
	rest := b.clause(public, at)
	if private := b.within(secPrivate, rest); len(private) > 0 {
		rest.to = private[0].from
	}
	return b.negatedIn(public.language, rest)
}

// parts reports whether a word such as "or" stands between two ways, not
// between two things.
func (b *board) parts(or found, at sentence) bool {
	for _, s := range []section{secAsk, secPrivate, secPublic} {
		if b.right(s, or, at) {
			return true
		}
	}
	return b.before(secAskAfter, or, at)
}

// saysPrivate reports whether a private way stands within that is open. Hits
// in any language count: languages share many of these words.
func (b *board) saysPrivate(at sentence) bool {
	for _, h := range b.within(secPrivate, at) {
		if h.to <= at.to && !b.overlapped(secClosed, h) {
			return true
		}
	}
	return false
}

// overlapped reports whether a phrase of a section lies over some of x.
func (b *board) overlapped(s section, x found) bool {
	for _, h := range b.within(s, sentence{max(0, x.from-maxPhrase), x.to}) {
		if h.to > x.from {
			return true
		}
	}
	return false
}

// linksTo reports whether one of our own links stands between: a form of ours
// is private.
func (c *check) linksTo(from, to int) bool {
	for _, s := range c.covered {
		if s[0] < from || s[1] > to {
			continue
		}
		if h := hostOf(c.text[s[0]:s[1]]); h != "" && c.allowedHost(h) || c.allowedHost(hostOf("https://"+c.text[s[0]:s[1]])) {
			return true
		}
	}
	return false
}
