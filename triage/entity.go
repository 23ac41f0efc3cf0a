package triage

import (
	"errors"
	"slices"
	"strings"

	"socialwatch"
)

// scanner finds the entities that are written with digits, and e-mail
// addresses, in one pass over a text. Every attempt at one place looks a
// bounded number of bytes ahead and back, so the whole is linear. Waits and
// dates with words in them are found afterwards (entity_time.go).
type scanner struct {
	s       string
	orders  []pattern
	context func(at int) context // what the words before a place speak of
	since   func(at int) bool    // whether a word such as "since" ends at a place
	found   []socialwatch.Entity
	numbers []span // short bare numbers, for counts such as "3 times"
	done    int    // end of the last entity or skipped stretch
	wordEnd int    // end of the last word that was looked at
}

// scan fills found, in the order of the text, without overlaps.
func (e *scanner) scan(s string) {
	e.s, e.found, e.numbers, e.done = s, e.found[:0], e.numbers[:0], 0
	e.wordEnd = 0
	mail := hasMail(s)
	for i := 0; i < len(s); {
		b := s[i]
		switch {
		case !trigger[b]:
			i++
			continue
		case b == '@':
			i += max(1, e.atSign(i))
		case b >= '0' && b <= '9':
			i = e.token(i, mail)
		default:
			if i > 0 && handleByte(s[i-1]) {
				i++
				continue
			}
			n := linkLength(s, i)
			if n == 0 {
				i++
				continue
			}
			e.link(i, i+n)
			i += n
		}
		e.done = i
	}
}

// trigger marks the bytes at which scan looks closer: digits, the @, and what
// a link begins with.
var trigger = func() (set [256]bool) {
	for _, b := range []byte("0123456789@hHwW") {
		set[b] = true
	}
	return set
}()

// atSign reads the e-mail address around the @ at i, or the handle that starts
// there, and returns how far to go on.
func (e *scanner) atSign(i int) int {
	if start, end := e.emailAround(i, e.done, len(e.s)); end > 0 {
		e.takeEmail(start, end)
		return end - i
	}
	return handleLength(e.s, i)
}

// maxWord is how far back a word with digits in it may have begun.
const maxWord = 24

// token tries the kinds that can hold the digit at i, the first of its word,
// and returns where to go on: behind the entity, or behind the word.
func (e *scanner) token(i int, mail bool) int {
	word := i
	for word > e.done && i-word < maxWord && handleByte(e.s[word-1]) {
		word--
	}
	if i >= e.wordEnd {
		e.wordEnd = i
		for e.wordEnd < len(e.s) && handleByte(e.s[e.wordEnd]) {
			e.wordEnd++
		}
	}
	end := e.wordEnd
	if mail {
		if at := e.atAhead(i); at > 0 {
			if start, n := e.emailAround(at, e.done, len(e.s)); n > 0 {
				e.takeEmail(start, n)
				return n
			}
		}
	}
	if n := e.prefixed(i, word); n > 0 {
		return n
	}
	if n := e.tracking(word); n > 0 {
		return word + n
	}
	if n := e.card(i); n > 0 {
		return i + n
	}
	for _, try := range tries {
		if n := try(e, word); n > 0 {
			return word + n
		}
	}
	if end-i >= 10 {
		return e.glued(word, i, end)
	}
	if word == i && end-i <= 3 && digits(e.s[i:end]) == end-i {
		e.numbers = append(e.numbers, span{int32(i), int32(end)})
	}
	return end
}

// tries are the kinds that start with their word, in order of precedence.
// Numbers that check themselves come before. (A variable filled at start,
// because the kinds are methods that lead back to it.)
var tries []func(e *scanner, i int) int

func init() {
	tries = []func(e *scanner, i int) int{
		(*scanner).numericDate, (*scanner).amountAfter, (*scanner).address, (*scanner).phone, (*scanner).plainNumber,
	}
}

// prefixed tries the kinds that may begin before the word of their first
// digit, at i: order numbers, case numbers, amounts behind a currency,
// telephone numbers behind + or (. It returns where the entity ends, 0 if
// there is none.
func (e *scanner) prefixed(i, word int) int {
	if n := e.order(i); n > 0 {
		return n
	}
	if n := e.caseNumber(i); n > 0 {
		return n
	}
	if n := e.amountBefore(i); n > 0 {
		return n
	}
	start := word
	for start > e.done && word-start < 2 && (e.s[start-1] == '+' || e.s[start-1] == '(') {
		start--
	}
	if start < word && (start == 0 || !handleByte(e.s[start-1]) || e.s[start] == '+' && !isDigit(e.s[start-1]) && digitsUpTo(e.s[word:], 8) == 8) {
		if n := e.phone(start); n > 0 {
			return start + n
		}
	}
	return 0
}

// take records an entity and returns its length.
func (e *scanner) take(kind socialwatch.EntityKind, value string, i, n int) int {
	e.found = append(e.found, socialwatch.Entity{Kind: kind, Value: value, Start: i, End: i + n})
	return n
}

// ends reports whether no word or number goes on at i.
func (e *scanner) ends(i int) bool { return i >= len(e.s) || !handleByte(e.s[i]) }

// digits is the number of ASCII digits that s starts with.
func digits[T string | []byte](s T) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// digitsUpTo is digits, but looks at no more than max bytes.
func digitsUpTo(s string, max int) int { return digits(s[:min(len(s), max)]) }

// caseNumber finds one of ours, K-123; i is at its first digit.
func (e *scanner) caseNumber(i int) int {
	s := e.s
	if i < e.done+2 || s[i-1] != '-' || s[i-2]|0x20 != 'k' || i > 2 && handleByte(s[i-3]) {
		return 0
	}
	n := digits(s[i:])
	if n == 0 || n > 12 || !e.ends(i+n) {
		return 0
	}
	e.take(socialwatch.CaseNumber, "K-"+s[i:i+n], i-2, n+2)
	return i + n
}

// pattern is a form of order numbers: # is a digit, A a capital or small
// letter, the rest itself. first is the offset of the first digit.
type pattern struct {
	form  string
	first int
}

// publicOrders are the two public forms of order numbers: 3-7-7 digits, and OD
// with 18 digits.
var publicOrders = []pattern{{form: "###-#######-#######"}, {form: "OD##################", first: 2}}

// newPattern checks a pattern and says what is wrong with it.
func newPattern(form string) (pattern, error) {
	switch {
	case strings.Count(form, "#") < 3:
		return pattern{}, errors.New("write at least three #, each stands for a digit")
	case len(form) > 40:
		return pattern{}, errors.New("write at most 40 characters")
	}
	for k := 0; k < len(form); k++ {
		if c := form[k]; c <= ' ' || c >= 0x7f || k == 0 && c != '#' && !handleByte(c) {
			return pattern{}, errors.New("write only letters, digits, # and punctuation, starting with a letter, digit or #")
		}
	}
	return pattern{form, strings.IndexAny(form, "#0123456789")}, nil
}

// length is the length of what matches the pattern at the start of s, 0 if it
// does not.
func (p pattern) length(s string) int {
	if len(s) < len(p.form) {
		return 0
	}
	for k := 0; k < len(p.form); k++ {
		c := s[k]
		switch p.form[k] {
		case '#':
			if c < '0' || c > '9' {
				return 0
			}
		case 'A':
			if c |= 0x20; c < 'a' || c > 'z' {
				return 0
			}
		default:
			if byteFold[c] != byteFold[p.form[k]] {
				return 0
			}
		}
	}
	return len(p.form)
}

// order finds the order numbers whose first digit is at i.
func (e *scanner) order(i int) int {
	for _, p := range e.orders {
		start := i - p.first
		if start < e.done || start > 0 && handleByte(e.s[start-1]) {
			continue
		}
		if n := p.length(e.s[start:]); n > 0 && e.ends(start+n) {
			e.take(socialwatch.OrderNumber, strings.ToUpper(e.s[start:start+n]), start, n)
			return start + n
		}
	}
	return 0
}

// merge puts an entity of the text into its place, unless another one holds
// part of it.
func (e *scanner) merge(x socialwatch.Entity) {
	k, _ := slices.BinarySearchFunc(e.found, x.Start, func(a socialwatch.Entity, start int) int { return a.Start - start })
	if k > 0 && e.found[k-1].End > x.Start || k < len(e.found) && e.found[k].Start < x.End {
		return
	}
	e.found = slices.Insert(e.found, k, x)
}
