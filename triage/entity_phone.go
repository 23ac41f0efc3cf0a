package triage

import (
	"strings"

	"socialwatch"
)

// dialled are the digits of what may be a telephone number.
type dialled struct {
	all    [maxDialled]byte
	count  int
	length int // bytes
	groups int
	first  part // the first group
	tight  part // what lies before the first loose gap
	loose  bool // three characters or a line break part two groups
	broken bool // a line break ended it, and digits follow
}

// part is a beginning of it: its digits, bytes and groups.
type part struct{ count, length, groups int }

func (d *dialled) part() part { return part{d.count, d.length, d.groups} }

// cut leaves the given part.
func (d *dialled) cut(p part) {
	d.count, d.length, d.groups, d.loose = p.count, p.length, p.groups, false
}

// maxNumber is how many digits a telephone number has at most (E.164); maxDialled
// counts the 00 before it.
const (
	maxNumber  = 15
	maxDialled = maxNumber + 2
)

// readDialled reads the digits that s starts with and their separators: up to
// three spaces, dashes, dots, slashes and brackets, and line breaks if wanted.
func readDialled(s string, lines bool) dialled {
	var d dialled
	limit, apart := maxNumber, true
	if strings.HasPrefix(s, "00") {
		limit = maxDialled
	}
	for i := 0; i < len(s); {
		n := digitsUpTo(s[i:], maxDialled+1)
		if n == 0 || d.count+n > limit || d.groups > 0 && n <= 2 && i+n < len(s) && letter(s[i+n]) {
			break
		}
		copy(d.all[d.count:], s[i:i+n])
		d.count, i, d.length = d.count+n, i+n, i+n
		if apart {
			d.groups++
		}
		if d.groups == 1 {
			d.first = d.part()
		}
		if i == len(s) {
			break
		}
		g := gapAt(s[i:], ".()/")
		if g.size == 0 {
			break
		}
		if g.breaks > 0 && !lines {
			d.broken = true
			break
		}
		if !d.loose && (g.seen == maxGap || g.breaks > 0) {
			d.loose, d.tight = true, d.part()
		}
		apart = g.seen > 0
		i += g.size
	}
	return d
}

func (d *dialled) number() []byte { return d.all[:d.count] }

// international reports whether it starts with 00 and a country's code.
func (d *dialled) international() bool {
	return d.count >= 10 && d.all[0] == '0' && d.all[1] == '0' && d.all[2] != '0'
}

// completeNumber is how many digits a number with its country's code has that
// is hardly continued on the next line.
const completeNumber = 11

// phone finds telephone numbers: with + or 00 and 8 to 15 digits (E.164);
// grouped with 9 to 11 digits; ungrouped with 10 or 11 where a word before
// speaks of a telephone, or where nothing before says that it is another
// number.
func (e *scanner) phone(i int) int {
	s, open := e.s[i:], 0
	for open < len(s) && open < 2 && (s[open] == '+' && open == 0 || s[open] == '(') {
		open++
	}
	if open == len(s) || !isDigit(s[open]) {
		return 0
	}
	d := readDialled(s[open:], false)
	if d.broken && d.count < completeNumber {
		if long := readDialled(s[open:], true); e.dials(i, open, &long) {
			return e.takePhone(i, open, &long)
		}
	}
	if e.dials(i, open, &d) {
		return e.takePhone(i, open, &d)
	}
	for _, p := range [...]part{d.tight, d.first} { // numbers side by side
		if p.count < 7 || p.count == d.count || p == d.first && p.count < 10 {
			continue
		}
		if d.cut(p); e.dials(i, open, &d) {
			return e.takePhone(i, open, &d)
		}
	}
	return 0
}

// takePhone records the number d that starts open bytes behind i.
func (e *scanner) takePhone(i, open int, d *dialled) int {
	number := d.number()
	switch {
	case e.s[i] == '+' || e.s[i] == '(' && open > 1:
		return e.take(socialwatch.Phone, "+"+string(number), i, open+d.length)
	case d.international():
		return e.take(socialwatch.Phone, "+"+string(number[2:]), i, open+d.length)
	case e.messenger(i):
		return e.take(socialwatch.Phone, "+"+string(number), i, open+d.length)
	}
	return e.take(socialwatch.Phone, string(number), i, open+d.length)
}

// dials reports whether what d read behind the open bytes at i is a telephone
// number.
func (e *scanner) dials(i, open int, d *dialled) bool {
	s, number, count := e.s[i:], d.number(), d.count
	plus, length := s[0] == '+', open+d.length
	if open > 0 && s[open-1] == '(' && strings.IndexByte(s[:length], ')') < 0 {
		return false
	}
	if !e.ends(i+length) && (count < 10 || !plus && !d.international()) {
		return false
	}
	if plus {
		return count >= 8 && count <= maxNumber
	}
	if count < 7 || dated(s) {
		return false
	}
	before := e.context(i)
	if d.international() && (before == saysPhone || before == saysNothing && count >= 12 || d.groups > 1 && count >= 11 && before != saysOrder) {
		return true
	}
	grouped := count >= 9 && count <= 11 && phoneGroups(number, d.groups)
	switch {
	case before == saysPhone && count <= 13:
		return !d.loose || count >= 9 && (number[0] == '0' || open > 0 || grouped)
	case d.groups > 1:
		return before == saysNothing && grouped
	case before == saysNothing && mobile(number):
		return true
	}
	return count >= 8 && count <= maxNumber && e.messenger(i)
}

// dated reports whether s starts with a date whose year has four digits.
func dated(s string) bool {
	n := digitsUpTo(s, 3)
	if n == 0 || n > 2 || n == len(s) || strings.IndexByte("/.-", s[n]) < 0 {
		return false
	}
	m := n + 1 + digitsUpTo(s[n+1:], 3)
	if m == n+1 || m > n+3 || m == len(s) || s[m] != s[n] || digitsUpTo(s[m+1:], 5) != 4 {
		return false
	}
	return strings.HasPrefix(s[m+1:], "19") || strings.HasPrefix(s[m+1:], "20")
}

// phoneGroups tells a grouped telephone number from numbers side by side.
func phoneGroups(number []byte, groups int) bool {
	return number[0] == '0' && groups <= 5 || len(number) == 10 && groups == 3 ||
		len(number) == 10 && groups <= 2 && number[0] >= '6' || len(number) == 11 && number[0] == '1' && groups == 4
}

// mobile tells an ungrouped mobile number: 10 digits as in India, or 10 to 11
// with the leading 0 of a national number.
func mobile(number []byte) bool {
	return len(number) == 10 && number[0] >= '6' || len(number) == 11 && number[0] == '0' && number[1] != '0'
}

// messengers are links that end in a telephone number.
var messengers = []string{"wa.me/", "t.me/", "telegram.me/", "signal.me/#p/", "whatsapp.com/send?phone=", "whatsapp.com/send/?phone="}

// messenger reports whether the link of a messenger ends at i.
func (e *scanner) messenger(i int) bool {
	if i <= e.done || e.s[i-1] != '/' && e.s[i-1] != '=' {
		return false
	}
	for _, m := range messengers {
		if at := i - len(m); at >= e.done && prefixFold(e.s[at:], m) && (at == 0 || !handleByte(e.s[at-1])) {
			return true
		}
	}
	return false
}

// link takes the personal data that the link from start to end carries: the
// number of a messenger's account, and e-mail addresses.
func (e *scanner) link(start, end int) {
	for i := start; i < end; i++ {
		switch b := e.s[i]; {
		case b == '@':
			if from, to := e.emailAround(i, start, end); to > 0 && (from == start || e.s[from-1] != '@') {
				e.takeEmail(from, to)
				start, i = to, to-1
			}
		case isDigit(b) && (e.s[i-1] == '/' || e.s[i-1] == '=' || e.s[i-1] == '+' || i-start > 3 && prefixFold(e.s[i-3:], "%2b")):
			at := i
			switch e.s[i-1] {
			case '+':
				at--
			case 'b', 'B':
				at -= len("%2b")
			}
			n := digitsUpTo(e.s[i:end], maxNumber+1)
			if n >= 8 && n <= maxNumber && e.ends(i+n) && e.messenger(at) {
				e.take(socialwatch.Phone, "+"+e.s[i:i+n], i, n)
				start = i + n
			}
			i += n - 1
		}
	}
}

// calls are the words that a number is glued to: no space parts them.
var calls = []string{"call", "phone", "ph", "tel", "mob", "cell", "contact", "whatsapp", "wa", "dial", "text", "sms", "no", "num", "number", "nr",
	"cel", "handy", "movil", "portable", "numero", "nummer", "watsapp"}

// startsCall are those that more letters may follow: callme, phoneno, mobileno.
const startsCall = 4

// glued finds the telephone numbers that letters stand right before or behind
// in the word from word to end, and cards that do not begin it. It returns
// where to go on.
func (e *scanner) glued(word, i, end int) int {
	for i < end {
		n := digits(e.s[i:end])
		k := 0
		if n >= 12 {
			k = e.card(i)
		}
		if k == 0 && n >= 10 && n <= maxDialled {
			k = e.gluedPhone(word, i, n)
		}
		if k > 0 {
			e.done = i + k
			word = e.done
		}
		for i += max(n, k); i < end && !isDigit(e.s[i]); i++ {
		}
	}
	return max(i, end)
}

// gluedPhone finds the telephone number of n digits at i in a word that
// begins before it or goes on behind it.
func (e *scanner) gluedPhone(word, i, n int) int {
	d := dialled{count: n, groups: 1}
	copy(d.all[:], e.s[i:i+n])
	if n > 13 && !d.international() {
		return 0
	}
	before := e.context(word)
	says := before == saysPhone
	if before != saysNothing && !says {
		return 0
	}
	if word < i {
		says = callWord(strings.TrimRight(e.s[word:i], "_"))
	} else {
		rest := strings.TrimLeft(e.s[i+n:min(len(e.s), i+n+2)], "_")
		says = rest != "" && rest[0] >= 'a' && rest[0] <= 'z' && (says || d.international() || mobile(d.number()))
	}
	if !says {
		return 0
	}
	d.length = n
	return e.takePhone(i, 0, &d)
}

// callWord reports whether w is, or begins with, a word that a telephone
// number follows.
func callWord(w string) bool {
	for _, c := range calls {
		if prefixFold(w, c) && (len(w) == len(c) || len(c) >= startsCall && len(w) <= 12 && digits(w[len(c):]) == 0) {
			return true
		}
	}
	return false
}
