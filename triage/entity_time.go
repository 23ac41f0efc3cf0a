package triage

import (
	"fmt"
	"strconv"

	"socialwatch"
)

// quantity is what a phrase says about time.
type quantity struct {
	kind  quantityKind
	value int32
}

type quantityKind uint8

const (
	aNumber quantityKind = iota
	inHours              // a unit of time, in hours
	aMonth
)

// quantityKinds are the heads of a lexicon's lines that carry a number.
var quantityKinds = []string{"number", "hours", "month"}

func newQuantity(kind, number string) (quantity, error) {
	n, err := strconv.Atoi(number)
	switch {
	case err != nil || n < 1:
	case kind == "number" && n < 1000:
		return quantity{aNumber, int32(n)}, nil
	case kind == "hours" && n < 10000:
		return quantity{inHours, int32(n)}, nil
	case kind == "month" && n <= 12:
		return quantity{aMonth, int32(n)}, nil
	}
	return quantity{}, fmt.Errorf("%s %s: write number 2, hours 24 or month 10 before the colon", kind, number)
}

// timeHit is a quantity found in the text.
type timeHit struct {
	span
	quantity
}

// maxTimes bounds the quantities of one text that are kept.
const maxTimes = 64

// findTimes finds waits and the dates that have words in them, in the folded
// text, from the quantities that the lexicons' phrases gave.
func (t *Triage) findTimes(s *scratch) {
	for k, h := range s.times {
		if h.end > s.main {
			continue
		}
		switch h.kind {
		case inHours:
			t.wait(s, k)
		case aMonth:
			t.date(s, h)
		}
	}
	for _, h := range s.board.hits[t.shape.dayNumber] {
		if n, value := numberAfter(s.fold.text, h.end); n > 0 && h.end <= s.main {
			s.takeTime(socialwatch.DaysWaited, strconv.Itoa(value), h.start, n)
		}
	}
}

// takeTime records what lies between two folded offsets.
func (s *scratch) takeTime(kind socialwatch.EntityKind, value string, start, end int32) {
	a, b := s.fold.original(start, end)
	s.scan.merge(socialwatch.Entity{Kind: kind, Value: value, Start: a, End: b})
}

// wait finds how long the customer has waited, in whole days: "5 days", "two
// weeks", "48 hours". A promise or a property is no wait: "within 5 days",
// "next 2 weeks", "30 day warranty".
func (t *Triage) wait(s *scratch, k int) {
	unit := s.times[k]
	start, count := numberBefore(s.fold.text, unit.start)
	if count == 0 {
		start, count = s.wordBefore(k)
	}
	hours := count * int(unit.value)
	if hours < 24 || s.board.ends(t.shape.term, start, 1) || s.board.starts(t.shape.termAfter, unit.end, 1) {
		return
	}
	s.takeTime(socialwatch.DaysWaited, strconv.Itoa(hours/24), start, unit.end)
}

// wordBefore finds a number in words right before the unit times[k].
func (s *scratch) wordBefore(k int) (start int32, count int) {
	at := s.times[k].start
	for j := len(s.times) - 1; j >= 0; j-- {
		h := s.times[j]
		if h.kind == aNumber && h.end <= at && h.end >= at-1 && (count == 0 || h.start < start) {
			start, count = h.start, int(h.value)
		}
	}
	return start, count
}

// numberBefore reads a number of at most three digits that ends at the folded
// offset at, or one space or plus sign before it.
func numberBefore(text []byte, at int32) (start int32, value int) {
	end := at
	for end > 0 && at-end < 2 && (text[end-1] == ' ' || text[end-1] == '+') {
		end--
	}
	start = end
	for start > 0 && isDigit(text[start-1]) {
		start--
	}
	if n := end - start; n == 0 || n > 3 || !wordStarts(text, start) {
		return 0, 0
	}
	return start, atoi(string(text[start:end]))
}

// numberAfter reads a number from 1 to 999 behind the folded offset at, and
// returns where it ends.
func numberAfter(text []byte, at int32) (end int32, value int) {
	for n := 0; n < 2 && int(at) < len(text) && (text[at] == ' ' || text[at] == '#' || text[at] == ':'); n++ {
		at++
	}
	n := int32(digits(text[at:]))
	if n == 0 || n > 3 || wordAfter(text, int(at+n)) {
		return 0, 0
	}
	if value = atoi(string(text[at : at+n])); value == 0 {
		return 0, 0
	}
	return at + n, value
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// wordStarts reports whether no word or decimal number goes on before at.
func wordStarts(text []byte, at int32) bool {
	if at == 0 {
		return true
	}
	b := text[at-1]
	return !wordByte[b] && b != '$' && (b != '.' && b != ',' || at < 2 || !isDigit(text[at-2]))
}

var monthDays = [13]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// date finds the dates around a month's name: 26th Oct, 26 de octubre, October
// 26, 21-Oct-2020, and "in March" where a word for "in" or "since" stands
// before it. A single letter or two may stand between day and month.
func (t *Triage) date(s *scratch, month timeHit) {
	text := s.fold.text
	start, day := dayBefore(text, month.start)
	end := month.end
	if day == 0 {
		start = month.start
		if after, d := dayAfter(text, end); d > 0 {
			day, end = d, after
		}
	}
	if day > monthDays[month.value] || day == 0 && !s.board.ends(t.shape.since, start, 1) {
		return
	}
	year := "-"
	if after, y := yearAfter(text, end); y != "" {
		year, end = y, after
	}
	value := fmt.Sprintf("%s-%02d", year, month.value)
	if day > 0 {
		value += fmt.Sprintf("-%02d", day)
	}
	s.takeTime(socialwatch.Date, value, start, end)
}

// dayBefore reads the day that stands before a month: "26 ", "26th of ",
// "1er ", "26. ".
func dayBefore(text []byte, at int32) (start int32, day int) {
	i := skipBack(text, at)
	if i == at && (i == 0 || !isDigit(text[i-1])) {
		return 0, 0
	}
	if w := shortWordBack(text, i); w < i && w > 0 && text[w-1] == ' ' { // of, de, di
		if back := skipBack(text, w); back < w && endsDay(text, back) {
			i = back
		}
	}
	i = shortWordBack(text, i) // st, nd, er, º
	end := i
	for i > 0 && isDigit(text[i-1]) {
		i--
	}
	if n := end - i; n == 0 || n > 2 || !wordStarts(text, i) {
		return 0, 0
	}
	return i, atoi(string(text[i:end]))
}

// endsDay reports whether a digit, or one with two letters behind it, ends at
// the offset.
func endsDay(text []byte, at int32) bool {
	at = shortWordBack(text, at)
	return at > 0 && isDigit(text[at-1])
}

func skipBack(text []byte, at int32) int32 {
	i := at
	for i > 0 && at-i < 2 && isSeparator(text[i-1]) {
		i--
	}
	return i
}

// shortWordBack is where a run of at most two letters that ends at the offset
// begins; the offset itself if there is none or it is longer.
func shortWordBack(text []byte, at int32) int32 {
	i := at
	for i > 0 && at-i < 3 && text[i-1] >= 'a' && text[i-1] <= 'z' {
		i--
	}
	if at-i > 2 {
		return at
	}
	return i
}

func isSeparator(b byte) bool { return b == ' ' || b == ',' || b == '.' || b == '/' }

// dayAfter reads the day behind a month, "26" or "26th", and where it ends.
func dayAfter(text []byte, at int32) (end int32, day int) {
	i := skip(text, at)
	n := int32(digits(text[i:]))
	if n == 0 || n > 2 {
		return 0, 0
	}
	end = i + n
	for k := int32(0); k < 2 && int(end) < len(text) && text[end] >= 'a' && text[end] <= 'z'; k++ {
		end++
	}
	if wordAfter(text, int(end)) || int(end) < len(text) && (text[end] == '%' || text[end] == ':') {
		return 0, 0
	}
	return end, atoi(string(text[i : i+n]))
}

// skip goes over at most two separators.
func skip(text []byte, at int32) int32 {
	for n := 0; n < 2 && int(at) < len(text) && isSeparator(text[at]); n++ {
		at++
	}
	return at
}

// yearAfter reads a year from 1990 to 2099 behind the offset, perhaps with
// "de" between.
func yearAfter(text []byte, at int32) (end int32, year string) {
	i := skip(text, at)
	if i == at {
		return 0, ""
	}
	if k := i + 2; int(k) < len(text) && text[k] == ' ' && text[i] == 'd' {
		i = k + 1
	}
	if digits(text[i:]) != 4 || text[i] != '2' && string(text[i:i+2]) != "19" {
		return 0, ""
	}
	return i + 4, string(text[i : i+4])
}

// numericDate reads 2020-10-26, 26/10/2020, 26.10.2020 and "since 26/10".
// 05/04/2020 has two readings, so it is none: one of the two numbers must be
// over 12, and without a year a word such as "since" must stand before.
func (e *scanner) numericDate(i int) int {
	s := e.s[i:]
	k := digits(s)
	if k == 4 && len(s) >= 10 && isoDate.length(s) > 0 && e.ends(i+10) {
		return e.takeDate(atoi(s[5:7]), atoi(s[8:10]), s[:4], i, 10)
	}
	if k == 0 || k > 2 || k+1 >= len(s) || s[k] != '/' && s[k] != '.' && s[k] != '-' {
		return 0
	}
	sep, n := s[k], digits(s[k+1:])
	if n == 0 || n > 2 {
		return 0
	}
	day, month := atoi(s[:k]), atoi(s[k+1:k+1+n])
	k += 1 + n
	year := ""
	if k+2 < len(s) && s[k] == sep {
		if y := digits(s[k+1:]); y == 2 || y == 4 {
			year = "20"[:4-y] + s[k+1:k+1+y]
			k += 1 + y
		}
	}
	if month > 12 {
		day, month = month, day
	}
	if day <= 12 && day != month || !e.ends(i+k) || year == "" && (sep == '-' || !e.since(i)) {
		return 0
	}
	return e.takeDate(month, day, year, i, k)
}

var isoDate = pattern{form: "####-##-##"}

func (e *scanner) takeDate(month, day int, year string, i, n int) int {
	if month < 1 || month > 12 || day < 1 || day > monthDays[month] {
		return 0
	}
	if year == "" {
		year = "-"
	}
	return e.take(socialwatch.Date, fmt.Sprintf("%s-%02d-%02d", year, month, day), i, n)
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}
