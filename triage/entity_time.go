package triage

import (
	"fmt"
	"strconv"
	"strings"

	"socialwatch"
)

var monthDays = [13]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

var monthNames = []string{"january", "february", "march", "april", "may", "june", "july",
	"august", "september", "october", "november", "december"}

// monthAt reads a month's name, whole or by its first three letters (Sept as
// well), and returns its number and length.
func monthAt(s string) (int, int) {
	n := 0
	for n < len(s) && n < 10 && s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z' {
		n++
	}
	if n < 3 || n > 9 {
		return 0, 0
	}
	word := strings.ToLower(s[:n])
	for m, name := range monthNames {
		if word == name || word == name[:3] || word == "sept" && m == 8 {
			return m + 1, n
		}
	}
	return 0, 0
}

// date finds dates whose day and month are beyond doubt: 26th Oct, October 26,
// 21-Oct-2020, 2020-10-26, 26/10/2020, and "on 26/10". 05/04/2020 has two
// readings, so it is none.
func (e *scanner) date(i int) int {
	s := e.s[i:]
	if month, n := monthAt(s); n > 0 {
		return e.monthFirst(i, month, n)
	}
	n := digits(s)
	if n != 1 && n != 2 && n != 4 {
		return 0
	}
	if n == 4 {
		if len(s) >= 10 && patternLength("####-##-##", s) > 0 && e.ends(i+10) {
			return e.takeDate(atoi(s[5:7]), atoi(s[8:10]), s[:4], i, 10)
		}
		return 0
	}
	day, k := atoi(s[:n]), n
	if k+1 < len(s) && (s[k] == '/' || s[k] == '.' || s[k] == '-') && digits(s[k+1:]) > 0 {
		return e.numericDate(i, day, k)
	}
	k += ordinal(s[k:])
	k += separator(s[k:])
	if prefixFold(s[k:], "of ") {
		k += 3
	}
	month, m := monthAt(s[k:])
	if m == 0 || k == n && !e.ends(i+k+m) {
		return 0
	}
	k += m
	year, y := yearAt(s[k:])
	return e.takeDate(month, day, year, i, k+y)
}

func (e *scanner) monthFirst(i, month, n int) int {
	s := e.s[i:]
	k := n + separator(s[n:])
	d := digits(s[k:])
	if k == n || d == 0 || d > 2 {
		return 0
	}
	day := atoi(s[k : k+d])
	k += d
	k += ordinal(s[k:])
	if !e.ends(i + k) {
		return 0
	}
	year, y := yearAt(s[k:])
	return e.takeDate(month, day, year, i, k+y)
}

// numericDate reads 26/10 or 26.10.2020. One of the two numbers must be over
// 12; without a year a word such as "since" must stand before.
func (e *scanner) numericDate(i, first, k int) int {
	s := e.s[i:]
	sep := s[k]
	n := digits(s[k+1:])
	if n > 2 {
		return 0
	}
	second := atoi(s[k+1 : k+1+n])
	k += 1 + n
	year := ""
	if k+2 < len(s) && s[k] == sep {
		if y := digits(s[k+1:]); y == 2 || y == 4 {
			year = s[k+1 : k+1+y]
			if y == 2 {
				year = "20" + year
			}
			k += 1 + y
		}
	}
	day, month := first, second
	if second > 12 {
		day, month = second, first
	}
	if day <= 12 && day != month || !e.ends(i+k) || year == "" && (sep != '/' || !datePreposition(e.s[:i])) {
		return 0
	}
	return e.takeDate(month, day, year, i, k)
}

func datePreposition(before string) bool {
	word := lastWord(before)
	switch word {
	case "on", "since", "by", "from", "dated", "till", "until", "of", "before", "after", "for":
		return true
	}
	return false
}

// lastWord is the word before a place, lower case, at most 12 letters.
func lastWord(before string) string {
	end := len(before)
	for end > 0 && before[end-1] == ' ' && end > len(before)-3 {
		end--
	}
	start := end
	for start > 0 && end-start < 12 && (before[start-1]|0x20 >= 'a' && before[start-1]|0x20 <= 'z') {
		start--
	}
	return strings.ToLower(before[start:end])
}

func (e *scanner) takeDate(month, day int, year string, i, n int) int {
	if month < 1 || month > 12 || day < 1 || day > monthDays[month] {
		return 0
	}
	if year == "" {
		year = "-"
	}
	return e.take(socialwatch.Date, fmt.Sprintf("%s-%02d-%02d", year, month, day), i, n)
}

// ordinal is the length of the "th" after a day.
func ordinal(s string) int {
	for _, o := range [...]string{"st", "nd", "rd", "th"} {
		if prefixFold(s, o) {
			return 2
		}
	}
	return 0
}

// separator is the length of what stands between day, month and year.
func separator(s string) int {
	n := 0
	for n < len(s) && n < 2 && strings.IndexByte(" -,./", s[n]) >= 0 {
		n++
	}
	return n
}

// yearAt reads a year from 1990 to 2099 behind a separator.
func yearAt(s string) (string, int) {
	k := separator(s)
	if k == 0 || digits(s[k:]) != 4 || s[k] != '2' && s[k:k+2] != "19" {
		return "", 0
	}
	return s[k : k+4], k + 4
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// units of waiting in hours, by their first letters.
var units = []struct {
	text  string
	hours int
}{
	{"business days", 24}, {"working days", 24}, {"days", 24}, {"day", 24}, {"weeks", 168}, {"week", 168},
	{"wks", 168}, {"wk", 168}, {"months", 720}, {"month", 720}, {"hours", 1}, {"hrs", 1}, {"hour", 1},
}

var numberWords = []string{"zero", "one", "two", "three", "four", "five", "six", "seven",
	"eight", "nine", "ten", "eleven", "twelve"}

// countAt reads a number of at most three digits, or a word for one.
func countAt(s string) (int, int) {
	if n := digits(s); n > 0 {
		if n > 3 {
			return 0, 0
		}
		return atoi(s[:n]), n
	}
	for _, special := range [...]struct {
		text  string
		value int
	}{{"a couple of", 2}, {"couple of", 2}, {"a", 1}, {"an", 1}} {
		if n := len(special.text); prefixFold(s, special.text) && n < len(s) && s[n] == ' ' {
			return special.value, n
		}
	}
	for v, word := range numberWords {
		if n := len(word); v > 0 && prefixFold(s, word) && n < len(s) && (s[n] == ' ' || s[n] == '-') {
			return v, n
		}
	}
	return 0, 0
}

// wait finds how long the customer has waited, in whole days: "day 23", "5
// days", "two weeks", "48 hours". A promise or a property is no wait: "within
// 5 days", "next 2 weeks", "30 day warranty".
func (e *scanner) wait(i int) int {
	s := e.s[i:]
	if prefixFold(s, "day") && len(s) > 4 && (s[3] == ' ' || s[3] == ':' || s[3] == '#') {
		k := 4
		if s[k] == ' ' || s[k] == '#' {
			k++
		}
		if n := digits(s[k:]); n > 0 && n <= 3 && e.ends(i+k+n) && atoi(s[k:k+n]) > 0 && lastWord(e.s[:i]) != "business" {
			return e.take(socialwatch.DaysWaited, strconv.Itoa(atoi(s[k:k+n])), i, k+n)
		}
		return 0
	}
	count, n := countAt(s)
	if count == 0 {
		return 0
	}
	k := n
	if k < len(s) && s[k] == '+' {
		k++
	}
	if k < len(s) && (s[k] == ' ' || s[k] == '-') {
		k++
	}
	for _, u := range units {
		if !prefixFold(s[k:], u.text) || !e.ends(i+k+len(u.text)) {
			continue
		}
		k += len(u.text)
		if hours := count * u.hours; hours >= 24 && !promise(e.s[:i], e.s[i+k:]) {
			return e.take(socialwatch.DaysWaited, strconv.Itoa(hours/24), i, k)
		}
		return 0
	}
	return 0
}

// promise reports whether the words around a stretch of time make it a term
// and not a wait.
func promise(before, after string) bool {
	switch lastWord(before) {
	case "within", "in", "next", "another", "every", "per", "max", "maximum", "under", "only", "upto", "to", "of", "any":
		return true
	}
	after = strings.TrimLeft(after[:min(len(after), 16)], " -")
	for _, w := range [...]string{"warranty", "return", "policy", "plan", "guarantee", "trial", "deliver", "shipping",
		"prime", "old", "free", "replace", "from now", "more", "early"} {
		if prefixFold(after, w) {
			return true
		}
	}
	return false
}
