package triage

import (
	"strings"

	"socialwatch"
)

// maxDigits bounds the digits that one number of any kind has.
const maxDigits = 34

// group reads digits from s in groups parted by one space, hyphen or dot, and
// returns the digits, and for each group how many digits and bytes lie up to
// its end.
func group(s string, max int) (all [maxDigits]byte, ends [maxDigits][2]int, groups int) {
	count, i := 0, 0
	for i < len(s) && count < max {
		n := digits(s[i:])
		if n == 0 || count+n > max {
			return all, ends, groups
		}
		copy(all[count:], s[i:i+n])
		count, i = count+n, i+n
		ends[groups] = [2]int{count, i}
		groups++
		if i+1 >= len(s) || strings.IndexByte(" -.", s[i]) < 0 {
			break
		}
		i++
	}
	return all, ends, groups
}

// maxCard is how many digits a payment card has at most (ISO/IEC 7812).
const maxCard = 19

// cardGroups are the digits of what may be a card, in groups.
type cardGroups struct {
	all   [maxCard]byte
	count int
	ends  [maxCard]cardEnd
	n     int // groups
}

// cardEnd is the end of one group.
type cardEnd struct {
	count, length int  // digits and bytes up to there
	usual         bool // only single spaces, dashes and dots part the groups
	short         bool // a group before it has one or two digits
}

// cardMarks are what people write between groups besides spaces and dashes:
// any punctuation but that of prices and names.
const cardMarks = "!\"#&'()*+,./:;<=>?[\\]^_`{|}~"

func (c *cardGroups) read(s string) {
	usual, short := true, false
	for i := 0; ; {
		n := digitsUpTo(s[i:], maxCard+1)
		if n == 0 || c.count+n > maxCard {
			return
		}
		copy(c.all[c.count:], s[i:i+n])
		c.count, i = c.count+n, i+n
		c.ends[c.n] = cardEnd{c.count, i, usual, short}
		c.n++
		if i == len(s) || c.count == maxCard {
			return
		}
		g := gapAt(s[i:], cardMarks)
		if g.size == 0 {
			return
		}
		usual = usual && g.seen <= 1 && g.marks == 0 && g.breaks == 0
		short = short || n < 3 && g.seen > 0
		i += g.size
	}
}

// card finds payment cards: 12 to 19 digits, alone or in groups, with an
// issuer's first digit (ISO/IEC 7812: 2 to 6) and a right Luhn digit. Where
// something unusual parts the groups, each but the last has at least three
// digits, unlike dates and times. A word may go on before and behind.
func (e *scanner) card(i int) int {
	s := e.s[i:]
	if s[0] < '2' || s[0] > '6' {
		return 0
	}
	if n := digitsUpTo(s, 12); n < 12 && (n == len(s) || gapAt(s[n:], cardMarks).size == 0) {
		return 0
	}
	var c cardGroups
	c.read(s)
	for g := c.n - 1; g >= 0; g-- {
		end := c.ends[g]
		if end.count < 12 {
			break
		}
		if !end.usual && (end.short || end.count < 13) || end.count == 12 && !e.ends(i+end.length) {
			continue
		}
		glued := i > 0 && handleByte(e.s[i-1]) || !e.ends(i+end.length)
		if luhnValid(c.all[:end.count]) && (!glued || s[0] != '2' || mastercard2(c.all[:end.count])) {
			return e.take(socialwatch.Card, string(c.all[:end.count]), i, end.length)
		}
	}
	return 0
}

// mastercard2 reports whether d is of the one range of cards that start with 2,
// 2221 to 2720. Numbers of cases that begin with the year are as long.
func mastercard2(d []byte) bool {
	return len(d) == 16 && string(d[:4]) >= "2221" && string(d[:4]) <= "2720"
}

func luhnValid(d []byte) bool {
	sum := 0
	for k := range d {
		v := int(d[len(d)-1-k] - '0')
		if k%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

// plainNumber finds order and tracking numbers without a form of their own,
// where the words before say what they are.
func (e *scanner) plainNumber(i int) int {
	s, n, count := e.s[i:], 0, 0
	for n < len(s) && n < 30 && handleByte(s[n]) && s[n] != '_' {
		if s[n] >= '0' && s[n] <= '9' {
			count++
		}
		n++
	}
	if n < 6 || n > 24 || count < 5 || count < n-6 || !e.ends(i+n) {
		return 0
	}
	switch e.context(i) {
	case saysOrder:
		return e.take(socialwatch.OrderNumber, strings.ToUpper(s[:n]), i, n)
	case saysTracking:
		if n >= 8 {
			return e.take(socialwatch.TrackingNumber, strings.ToUpper(s[:n]), i, n)
		}
	}
	return 0
}

type context uint8

const (
	saysNothing context = iota
	saysPhone
	saysOrder
	saysTracking
	saysOther
)

// contextWidth is how many bytes before a number a word may stand that tells
// what the number is.
const contextWidth = 32

// aboutNumbers are the concepts of such words, by what they say.
var aboutNumbers = [...]string{saysPhone: "about_phone", saysOrder: "about_order",
	saysTracking: "about_tracking", saysOther: "about_other"}

// contextAt is what the last such word before the folded offset at says.
func (t *Triage) contextAt(b *board, at int32) context {
	best, says := at-contextWidth-1, saysNothing
	for c := saysPhone; c <= saysOther; c++ {
		for _, h := range b.hits[t.shape.about[c]] {
			if h.end <= at && h.start > best {
				best, says = h.start, c
			}
		}
	}
	return says
}
