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

// card finds payment cards: 12 to 19 digits, alone or in groups, with an
// issuer's first digit (ISO/IEC 7812: 2 to 6) and a right Luhn digit.
func (e *scanner) card(i int) int {
	s := e.s[i:]
	if s[0] < '2' || s[0] > '6' {
		return 0
	}
	all, ends, groups := group(s, 19)
	for g := groups - 1; g >= 0; g-- {
		count, length := ends[g][0], ends[g][1]
		if count < 12 {
			break
		}
		if e.ends(i+length) && luhnValid(all[:count]) {
			return e.take(socialwatch.Card, string(all[:count]), i, length)
		}
	}
	return 0
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

// phone finds telephone numbers: with + and 8 to 15 digits (E.164); grouped
// with 9 to 11 digits; ungrouped with 10 or 11 where a word before speaks of a
// telephone, or where nothing before says that it is another number.
func (e *scanner) phone(i int) int {
	s, open := e.s[i:], 0
	plus := s[0] == '+'
	if plus || s[0] == '(' {
		open = 1
	}
	if len(s) <= open || digits(s[open:]) == 0 {
		return 0
	}
	number, length, groups := phoneDigits(s[open:])
	length += open
	count := len(number)
	if !e.ends(i + length) {
		return 0
	}
	before := e.context(i)
	switch {
	case plus && count >= 8 && count <= 15:
		number = "+" + number
	case before == saysPhone && count >= 7 && count <= 13:
	case groups > 1 && count >= 9 && count <= 11 && before == saysNothing && phoneGroups(number, groups):
	case groups == 1 && before == saysNothing && mobile(number):
	default:
		return 0
	}
	if s[0] == '(' && !strings.Contains(s[:length], ")") {
		return 0
	}
	return e.take(socialwatch.Phone, number, i, length)
}

// phoneDigits reads the digits of a telephone number with their separators.
func phoneDigits(s string) (number string, length, groups int) {
	var all [16]byte
	count, i := 0, 0
	for i < len(s) {
		n := digits(s[i:])
		if n == 0 || count+n > 15 {
			break
		}
		copy(all[count:], s[i:i+n])
		count, i, length = count+n, i+n, i+n
		groups++
		for k := 0; k < 2 && i < len(s) && strings.IndexByte(" -.()/", s[i]) >= 0; k++ {
			i++
		}
		if i == length {
			break
		}
	}
	return string(all[:count]), length, groups
}

// phoneGroups tells a grouped telephone number from numbers side by side.
func phoneGroups(number string, groups int) bool {
	return number[0] == '0' && groups <= 5 || len(number) == 10 && groups == 3 ||
		len(number) == 10 && groups == 2 && number[0] >= '6' || len(number) == 11 && number[0] == '1' && groups == 4
}

// mobile tells an ungrouped mobile number: 10 digits as in India, or 10 to 11
// with the leading 0 of a national number.
func mobile(number string) bool {
	return len(number) == 10 && number[0] >= '6' || len(number) == 11 && number[0] == '0' && number[1] != '0'
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
