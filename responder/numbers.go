package responder

import (
	"slices"
	"strings"
)

// Lengths of numbers, in digits.
const (
	minContact = 7  // shortest subscriber number that is no quantity
	maxContact = 15 // ITU-T E.164
	minOrder   = 6  // behind a word such as order, or repeating the customer's
	minCard    = 12 // ISO/IEC 7812
	maxCard    = 19
	minMixed   = 8 // in one word with letters: 1Z…, TBA…
	minCall    = 3 // behind a word such as call
)

// numbers finds telephone, order and card numbers, however they are split.
func (c *check) numbers() {
	if said := c.saidDigits(); len(said) > 0 {
		for _, s := range said {
			c.number(s, c.loose.text)
		}
	}
	if countDigits(c.loose.text) < minCall {
		return
	}
	text := harmless(c.loose.text)
	all := stretches(text, c.joints())
	for _, s := range all {
		for _, s := range c.withoutAllowed(s) {
			if !c.number(s, text) && s.listed() {
				for _, part := range s.parts() {
					c.number(part, text)
				}
			}
		}
	}
	c.partedCards(all)
}

// number judges one number by its digits and the words before it, and reports
// whether it may not stand. Of what may be a list it says less: its parts are
// judged, too.
func (c *check) number(s stretch, text string) bool {
	if s = c.outside(s); len(s.groups) == 0 {
		return false
	}
	digits, listed, list := s.digits(), s.listed(), s.list(text)
	n := len(digits)
	from, to := s.groups[0].from, s.groups[len(s.groups)-1].to
	a, b := c.loose.span(from, to)
	switch {
	case card(s) && !(c.page(from, text) && !issued(digits)) && !(listed && s.quantities()) && (n > maxContact || !strings.HasSuffix(strings.TrimRight(text[:from], " ("), "+")):
		c.add(RuleCardNumber, a, b, "remove the card number")
	case n < minCall || c.ourNumber(from, to) || c.page(from, text) && !c.repeats(digits):
		return false
	case n >= minOrder && c.repeats(digits), !list && (n > maxContact || n >= minMixed && to < len(text) && ascii(text[to]) ||
		n >= minOrder && (c.named(secOrder, from, text) || lettered(text[:from]))):
		c.add(RuleOrderNumber, a, b, "remove the number, or keep its last four digits: anybody can read the reply")
	case !list && n >= minContact, !listed && !year(digits) && !emergency[digits] && (c.named(secCall, from, text) || c.called(to, text)):
		c.add(RuleContact, a, b, "remove the number, or ask an admin to allow it")
	default:
		return false
	}
	return true
}

// year reports four digits that are hardly a telephone number.
func year(digits string) bool {
	return len(digits) == 4 && (digits[:2] == "19" || digits[:2] == "20")
}

// emergency are the numbers of police, fire brigades, ambulances and lifelines
// where the check's languages are spoken: whoever is in danger may be sent there.
var emergency = map[string]bool{"112": true, "911": true, "988": true, "999": true, "000": true, "111": true,
	"110": true, "114": true, "3114": true, "113": true, "115": true, "117": true, "118": true, "119": true, "122": true, "133": true,
	"144": true, "061": true, "062": true, "091": true, "100": true, "101": true, "102": true, "108": true,
	"188": true, "190": true, "192": true, "193": true}

// nearWord is how many bytes may stand between a word and its number.
const nearWord = 24

// named reports whether a phrase of a section stands before a number at from,
// with no other number and no full stop between.
func (c *check) named(s section, from int, text string) bool {
	if s == secOrder && from > 0 && strings.HasSuffix(strings.TrimRight(text[:from], " "), "#") {
		return true
	}
	all := c.board.by[s]
	for k := c.board.behind(s, from) - 1; k >= 0; k-- {
		start, end := c.board.words.place(int(all[k].from), int(all[k].to))
		if end <= from {
			return distance(text, end, from) <= nearWord && !apart(text[end:from])
		}
		if from-start > maxPhrase {
			break
		}
	}
	return false
}

// apart reports whether what stands between a word and a number shows that
// they do not belong together.
func apart(between string) bool {
	return strings.ContainsAny(between, "0123456789") || strings.Contains(between, ". ") || strings.Contains(between, "\n\n")
}

// called reports whether a number that ends at to is followed by a phrase that
// says to call it, in languages whose verb comes last.
func (c *check) called(to int, text string) bool {
	all := c.board.by[secCallAfter]
	k := c.board.behind(secCallAfter, to)
	if k == len(all) {
		return false
	}
	start, _ := c.board.words.place(int(all[k].from), int(all[k].to))
	return distance(text, to, start) <= nearWord && !apart(text[to:start])
}

// lettered reports whether letters lead straight into a number: SW-123456.
func lettered(before string) bool {
	before = strings.TrimSuffix(before, "-")
	return before != "" && ascii(before[len(before)-1])
}

// ourNumber reports whether a number is part of our case's own, or of one that
// the filled template names.
func (c *check) ourNumber(from, to int) bool {
	text := c.loose.text
	for from > 0 && (inWord(text[from-1]) || text[from-1] == '-') {
		from--
	}
	for to < len(text) && (inWord(text[to]) || text[to] == '-') {
		to++
	}
	token := strings.Trim(text[from:to], "-")
	if len(token) > maxCase || letters(token) == 0 {
		return false
	}
	if shortCase(token) || token == loose(c.in.CaseNumber).text {
		return true
	}
	return c.in.TemplateText != "" && len(c.in.TemplateText) <= maxCheck && containsWord(loose(c.in.TemplateText).text, token)
}

// shortCase reports a case number that is too short to identify an order:
// K-1042.
func shortCase(token string) bool {
	name, digits, ok := strings.Cut(token, "-")
	return ok && name != "" && len(name) <= 6 && letters(name) == len(name) && digits != "" && len(digits) <= 5 && onlyDigits(digits) == digits
}

// harmless puts letters in the place of dates, times, amounts and measures,
// unless they are part of a longer number.
func harmless(text string) string {
	var hits [][2]int
	for _, h := range theVocabulary().numbers.scan(text, nil) {
		from, to := int(h.from), int(h.to)
		if len(hits) > 0 && from < hits[len(hits)-1][1] || from > 0 && glue(text, from-1, -1) || to < len(text) && glue(text, to, 1) {
			continue
		}
		hits = append(hits, [2]int{from, to})
	}
	if len(hits) == 0 {
		return text
	}
	b := []byte(text)
	for _, h := range hits {
		for i := h[0]; i < h[1]; i++ {
			if b[i] < 0x80 {
				b[i] = 'x'
			}
		}
	}
	for range 2 { // there and back: one that is none makes more of its neighbours
		for _, h := range hits {
			if besides(b, h[0]-1, -1)+besides(b, h[1], 1) >= minBeside {
				copy(b[h[0]:h[1]], text[h[0]:h[1]])
			}
		}
		slices.Reverse(hits)
	}
	return string(b)
}

// minBeside is how many digits beside a date, time, amount or measure make it a
// part of a longer number.
const minBeside = 2

// besides counts the digits of a number that goes on from i in the direction of
// step, across separators; a year is none.
func besides(b []byte, i, step int) int {
	var run []byte
	for gap := 0; i >= 0 && i < len(b) && len(run) < minContact && gap <= maxGap; i += step {
		switch {
		case b[i] >= '0' && b[i] <= '9':
			run, gap = append(run, b[i]), 0
			continue
		case gap > 0 && space(b[i]) && space(b[i-step]): // spaces that stand together are one
		default:
			gap++
		}
		if strings.IndexByte(separators, b[i]) < 0 {
			break
		}
	}
	if step < 0 {
		slices.Reverse(run)
	}
	if year(string(run)) {
		return 0
	}
	return len(run)
}

// glue reports whether a digit stands at i, or behind one joining sign there: a
// comma joins thousands.
func glue(text string, i, step int) bool {
	if text[i] == ',' && i+4 <= len(text) && onlyDigits(text[i+1:i+4]) == text[i+1:i+4] || strings.IndexByte("-./", text[i]) >= 0 {
		i += step
	}
	return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9'
}

func containsWord(text, word string) bool {
	for i := 0; ; {
		n := strings.Index(text[i:], word)
		if n < 0 {
			return false
		}
		a, b := i+n, i+n+len(word)
		if (a == 0 || !inWord(text[a-1])) && (b == len(text) || !inWord(text[b])) {
			return true
		}
		i = a + 1
	}
}

// withoutAllowed cuts numbers of the allow-list out of a stretch.
func (c *check) withoutAllowed(s stretch) []stretch {
	for i := range s.groups {
		for j := min(len(s.groups), i+maxContact); j > i; j-- {
			if !c.allowedNumber(stretch{s.groups[i:j]}.digits()) {
				continue
			}
			var rest []stretch
			if i > 0 {
				rest = append(rest, stretch{s.groups[:i]})
			}
			if j < len(s.groups) {
				rest = append(rest, c.withoutAllowed(stretch{s.groups[j:]})...)
			}
			return rest
		}
	}
	return []stretch{s}
}

// allowedNumber compares digits, with or without the country's prefix.
func (c *check) allowedNumber(digits string) bool {
	if c.allowed == nil {
		c.allowed = make([]string, 0, len(c.in.Account.AllowNumbers))
		for _, a := range c.in.Account.AllowNumbers {
			if a = onlyDigits(loose(a).text); a != "" {
				c.allowed = append(c.allowed, a)
			}
		}
	}
	national := strings.TrimLeft(digits, "0")
	for _, a := range c.allowed {
		if digits == a || len(national) >= minContact && strings.HasSuffix(a, national) && len(a)-len(national) <= 4 {
			return true
		}
	}
	return false
}

// card reports whether some run of whole groups is a card number.
func card(s stretch) bool {
	for i := range s.groups {
		digits := ""
		for j := i; j < len(s.groups) && len(digits) <= maxCard; j++ {
			digits += s.groups[j].digits
			if len(digits) >= minCard && len(digits) <= maxCard && luhn(digits) {
				return true
			}
		}
	}
	return false
}

func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0 && strings.Trim(digits, "0") != ""
}

// repeats reports whether digits are, or are in, or hold a number of the
// customer's post that may identify.
func (c *check) repeats(digits string) bool {
	if c.parent == nil {
		c.parent = parentNumbers(c.in.Parent.Text)
	}
	for _, p := range c.parent {
		if strings.Contains(digits, p) || strings.Contains(p, digits) {
			return true
		}
	}
	return false
}

func parentNumbers(text string) []string {
	if len(text) > maxCheck {
		text = strings.ToValidUTF8(text[:maxCheck], "")
	}
	out := []string{}
	for _, s := range stretches(harmless(loose(text).text), nil) {
		if d := s.digits(); len(d) >= minOrder && len(out) < 100 {
			out = append(out, d)
		}
	}
	return out
}

// countDigits counts what a number may be made of.
func countDigits(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			n++
		}
	}
	return n
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
