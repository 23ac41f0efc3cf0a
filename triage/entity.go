package triage

import (
	"fmt"
	"strings"

	"socialwatch"
)

// scanner finds entities in one pass over a text. Every attempt at one place
// looks a bounded number of bytes ahead and back, so the whole is linear.
type scanner struct {
	s       string
	orders  []string // extra order-number patterns
	found   []socialwatch.Entity
	numbers []span // short bare numbers, for counts such as "3 times"
	mail    bool   // an @ stands behind a letter or digit somewhere
}

// scan fills found, in the order of the text, without overlaps: what starts
// first wins, and at one place the first of the kinds in attempt.
func (e *scanner) scan(s string) {
	e.s, e.found, e.numbers, e.mail = s, e.found[:0], e.numbers[:0], hasMail(s)
	for i := 0; i < len(s); {
		b := s[i]
		switch {
		case b == '@':
			i += handleLength(s, i)
			continue
		case !entityStart[b] || i > 0 && joins(s[i-1], b):
			i++
			continue
		}
		if n := linkLength(s, i); n > 0 {
			i += n
			continue
		}
		i += e.attempt(i)
	}
}

// hasMail reports whether s may hold an e-mail address.
func hasMail(s string) bool {
	for i := strings.IndexByte(s, '@'); i >= 0; {
		if i > 0 && handleByte(s[i-1]) {
			return true
		}
		next := strings.IndexByte(s[i+1:], '@')
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// entityStart marks the bytes that an entity can start with.
var entityStart = func() (set [256]bool) {
	for b := range set {
		c := byte(b)
		set[b] = handleByte(c) || c == '+' || c == '(' || c == '$' || c == '#' || c == 0xC2 || c == 0xE2
	}
	return set
}()

// joins reports whether b goes on a word or number that a belongs to.
func joins(a, b byte) bool {
	return handleByte(a) && handleByte(b)
}

// attempt tries the kinds that can start at i and returns how far to go on:
// past the entity, or past the word.
func (e *scanner) attempt(i int) int {
	n, count := e.word(i)
	if e.mail {
		if m := e.email(i); m > 0 {
			return m
		}
	}
	tries := numbered
	if count == 0 && n > 0 {
		switch {
		case digitNear(e.s, i+n):
			tries = worded
		case waitStart[e.s[i]] && n <= maxCountWord:
			tries = spelled
		default:
			tries = tries[:1] // an order pattern of the options may hold words
		}
	}
	for _, try := range tries {
		if m := try(e, i); m > 0 {
			return m
		}
	}
	if n > 0 && n <= 3 && count == n {
		e.numbers = append(e.numbers, span{int32(i), int32(i + n)})
	}
	return max(n, 1)
}

// word is the length of the word or number at i, and how many digits it has.
func (e *scanner) word(i int) (n, count int) {
	for i+n < len(e.s) && handleByte(e.s[i+n]) {
		if e.s[i+n] <= '9' {
			count++
		}
		n++
	}
	return n, count
}

// digitNear reports whether a digit stands within three bytes from i.
func digitNear(s string, i int) bool {
	for k := i; k < len(s) && k < i+3; k++ {
		if s[k] >= '0' && s[k] <= '9' {
			return true
		}
	}
	return false
}

// maxCountWord is the length of the longest word for a number, or of "couple".
const maxCountWord = 6

// waitStart marks the letters that numbers in words and "day" start with.
var waitStart = func() (set [256]bool) {
	for _, c := range "acdefnost" {
		set[c], set[c-'a'+'A'] = true, true
	}
	return set
}()

// The kinds in order of precedence: what can start at a digit or sign, at a
// word before a digit, and at a word alone. Order numbers come first in all.
var numbered, worded, spelled []func(e *scanner, i int) int

func init() {
	numbered = []func(e *scanner, i int) int{
		(*scanner).order, (*scanner).tracking, (*scanner).card, (*scanner).date, (*scanner).amount,
		(*scanner).wait, (*scanner).address, (*scanner).phone, (*scanner).plainNumber,
	}
	worded = []func(e *scanner, i int) int{
		(*scanner).order, (*scanner).caseNumber, (*scanner).date, (*scanner).amount, (*scanner).wait,
	}
	spelled = []func(e *scanner, i int) int{(*scanner).order, (*scanner).wait}
}

// take records an entity and returns its length.
func (e *scanner) take(kind socialwatch.EntityKind, value string, i, n int) int {
	e.found = append(e.found, socialwatch.Entity{Kind: kind, Value: value, Start: i, End: i + n})
	return n
}

// ends reports whether no word or number goes on at i.
func (e *scanner) ends(i int) bool { return i >= len(e.s) || !handleByte(e.s[i]) }

// digits is the number of ASCII digits that s starts with.
func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// maxLocal and maxDomain bound an address as RFC 5321 does.
const (
	maxLocal  = 64
	maxDomain = 255
)

func (e *scanner) email(i int) int {
	s, n := e.s, i
	for n < len(s) && n-i <= maxLocal && (handleByte(s[n]) || strings.IndexByte(".%+-", s[n]) >= 0) {
		n++
	}
	if n == i || n >= len(s) || s[n] != '@' || !handleByte(s[i]) {
		return 0
	}
	n++
	domain, dot := n, 0
	for n < len(s) && n-domain < maxDomain && (handleByte(s[n]) && s[n] != '_' || s[n] == '-' || s[n] == '.') {
		if s[n] == '.' {
			dot = n
		}
		n++
	}
	for n > domain && (s[n-1] == '.' || s[n-1] == '-') {
		n--
	}
	if dot >= n {
		dot = strings.LastIndexByte(s[domain:n], '.') + domain
	}
	if dot <= domain || n-dot < 3 {
		return 0
	}
	return e.take(socialwatch.Email, strings.ToLower(s[i:n]), i, n-i)
}

func (e *scanner) caseNumber(i int) int {
	s := e.s
	if s[i]|0x20 != 'k' || i+2 >= len(s) || s[i+1] != '-' {
		return 0
	}
	n := digits(s[i+2:])
	if n == 0 || n > 12 || !e.ends(i+2+n) {
		return 0
	}
	return e.take(socialwatch.CaseNumber, "K-"+s[i+2:i+2+n], i, n+2)
}

// patternLength is the length of what matches the order-number pattern at the
// start of s, 0 if it does not: # is a digit, A a capital or small letter, the
// rest itself.
func patternLength(pattern, s string) int {
	if len(s) < len(pattern) {
		return 0
	}
	for k := 0; k < len(pattern); k++ {
		c := s[k]
		switch pattern[k] {
		case '#':
			if c < '0' || c > '9' {
				return 0
			}
		case 'A':
			if c |= 0x20; c < 'a' || c > 'z' {
				return 0
			}
		default:
			if byteFold[c] != byteFold[pattern[k]] {
				return 0
			}
		}
	}
	return len(pattern)
}

// checkPattern says what is wrong with an order-number pattern.
func checkPattern(pattern string) error {
	count := strings.Count(pattern, "#")
	switch {
	case count < 3:
		return fmt.Errorf("order pattern %q: write at least three #, each stands for a digit", pattern)
	case len(pattern) > 40:
		return fmt.Errorf("order pattern %q: at most 40 characters", pattern)
	}
	for k := 0; k < len(pattern); k++ {
		if c := pattern[k]; c <= ' ' || c >= 0x7f || k == 0 && !entityStart[c] {
			return fmt.Errorf("order pattern %q: only letters, digits, # and punctuation, starting with a letter, digit or #", pattern)
		}
	}
	return nil
}

// order finds the order numbers of the options and the two public forms:
// 3-7-7 digits, and OD with 18 digits.
func (e *scanner) order(i int) int {
	for _, p := range e.orders {
		if n := patternLength(p, e.s[i:]); n > 0 && e.ends(i+n) {
			return e.take(socialwatch.OrderNumber, strings.ToUpper(e.s[i:i+n]), i, n)
		}
	}
	for _, p := range [...]string{"###-#######-#######", "OD##################"} {
		if n := patternLength(p, e.s[i:]); n > 0 && e.ends(i+n) {
			return e.take(socialwatch.OrderNumber, strings.ToUpper(e.s[i:i+n]), i, n)
		}
	}
	return 0
}
