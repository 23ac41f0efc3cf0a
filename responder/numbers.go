package responder

import (
	"regexp"
	"strings"
)

// stretch is digits that a reader takes for one number: groups with a few
// separators between. from and to are offsets into the folded text.
type stretch struct {
	groups []group
}

type group struct {
	digits   string
	from, to int
}

func (s stretch) digits() string {
	var b strings.Builder
	for _, g := range s.groups {
		b.WriteString(g.digits)
	}
	return b.String()
}

var (
	shortCase = regexp.MustCompile(`\b[a-z]{1,6}-\d{1,5}\b`) // a case number; too short to identify an order
	lettered  = regexp.MustCompile(`[a-z]-?$`)               // an order number may begin with letters
	// What has digits and is no identifier; a letter x takes their place.
	harmless = []*regexp.Regexp{
		regexp.MustCompile(`\b(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:[0-2]?\d|3[01])\b`),
		regexp.MustCompile(`\b(?:[0-2]?\d|3[01])[-/.](?:[0-2]?\d|3[01])[-/.](?:(?:19|20)\d\d|\d\d)\b`),
		regexp.MustCompile(`\b(?:19|20)\d\d ?[-/] ?(?:19|20)\d\d\b`),
		regexp.MustCompile(`\b(?:[01]?\d|2[0-4]):[0-5]\d(?: ?[-] ?(?:[01]?\d|2[0-4]):[0-5]\d)?\b`),
		regexp.MustCompile(`(?:[$€£¥₹]|\b(?:usd|eur|gbp|inr|jpy|brl|mxn|rs\.?)) ?\d{1,3}(?:[.,']?\d{3})?(?:[.,]\d{2})?\b`),
		regexp.MustCompile(`\b\d{1,3}(?:[.,']?\d{3})?(?:[.,]\d{2})? ?(?:[$€£¥₹]|(?:usd|eur|gbp|inr|jpy|brl|mxn|euros?|dollars?|pounds?)\b)`),
	}
	digitToken = regexp.MustCompile(`[0-9oil]*[0-9][0-9oil]*`)
	orderWord  = regexp.MustCompile(`(?:\b(?:orders?|tracking|shipment|parcel|package|consignment|waybill|awb|invoice|booking|reference|refund|return|ticket|txn|transaction|bestellung|sendung|commande|pedido|ordine|id)\b|#)[^0-9\n]{0,20}$`)
	callWord   = regexp.MustCompile(`\b(?:call|ring|dial|phone|text|sms|whatsapp|telephone|tel|hotline|helpline)\b[^0-9.\n]{0,20}$`)
	caseToken  = regexp.MustCompile(`\b[a-z0-9]+(?:-[a-z0-9]+)*\b`)
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
	folded := blank(c.loose.text, shortCase)
	if countDigits(folded) < minCall {
		return
	}
	folded = c.withoutOurs(folded)
	parent := parentNumbers(c.in.Parent.Text)
	for _, s := range stretches(folded) {
		for _, s := range c.withoutAllowed(s) {
			c.number(s, folded, parent)
		}
	}
}

// number judges one number by its digits and the words before it.
func (c *check) number(s stretch, folded string, parent []string) {
	digits := s.digits()
	n := len(digits)
	from, to := s.groups[0].from, s.groups[len(s.groups)-1].to
	a, b := c.loose.span(from, to)
	if c.inLink(a) {
		return
	}
	before := folded[max(0, from-30):from]
	switch {
	case card(s):
		c.add(RuleCardNumber, a, b, "remove the card number")
	case n >= minMixed && to < len(folded) && ascii(folded[to]),
		n >= minOrder && (orderWord.MatchString(before) || lettered.MatchString(before) || repeats(digits, parent)), n > maxContact:
		c.add(RuleOrderNumber, a, b, "remove the number, or keep its last four digits: anybody can read the reply")
	case n >= minContact, n >= minCall && callWord.MatchString(before):
		c.add(RuleContact, a, b, "remove the number, or ask an admin to allow it")
	}
}

// withoutOurs blanks dates, times, amounts, and our case number: the one the
// input names, or one that stands in the filled template.
func (c *check) withoutOurs(text string) string {
	for _, re := range harmless {
		text = blank(text, re)
	}
	number := loose(c.in.CaseNumber).text
	b := []byte(text)
	for _, m := range caseToken.FindAllStringIndex(text, -1) {
		token := text[m[0]:m[1]]
		if len(token) <= maxCase && letters(token) > 0 && len(onlyDigits(token)) >= minOrder && (token == number || containsWord(c.template, token)) {
			copy(b[m[0]:m[1]], strings.Repeat("x", len(token)))
		}
	}
	return string(b)
}

// blank replaces what re matches, unless the match is part of a longer number.
func blank(text string, re *regexp.Regexp) string {
	b := []byte(text)
	for _, m := range re.FindAllStringIndex(text, -1) {
		if m[0] > 0 && glue(text, m[0]-1, -1) || m[1] < len(text) && glue(text, m[1], 1) {
			continue
		}
		for i := m[0]; i < m[1]; i++ {
			b[i] = 'x'
		}
	}
	return string(b)
}

// glue reports whether a digit stands at i, or behind one joining sign there.
func glue(text string, i, step int) bool {
	if strings.IndexByte("-./", text[i]) >= 0 {
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

// stretches splits folded text into numbers. Letters o, i and l count as
// digits in a group that has nothing but them and digits.
func stretches(text string) []stretch {
	var out []stretch
	end := -1
	for _, m := range digitToken.FindAllStringIndex(text, -1) {
		g := group{from: m[0], to: m[1], digits: text[m[0]:m[1]]}
		if m[0] > 0 && ascii(text[m[0]-1]) || m[1] < len(text) && ascii(text[m[1]]) {
			trimmed := strings.TrimLeft(g.digits, "oil")
			g.from += len(g.digits) - len(trimmed)
			g.digits = strings.TrimRight(trimmed, "oil")
			g.to = g.from + len(g.digits)
		}
		g.digits = strings.NewReplacer("o", "0", "i", "1", "l", "1").Replace(g.digits)
		if end >= 0 && joins(text[end:g.from]) {
			last := &out[len(out)-1]
			last.groups = append(last.groups, g)
		} else {
			out = append(out, stretch{groups: []group{g}})
		}
		end = g.to
	}
	return out
}

// joins reports whether a number goes on across these separators.
func joins(between string) bool {
	return len(between) <= 5 && strings.Trim(between, " \t\n-./()+_*~|\\") == ""
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
	national := strings.TrimLeft(digits, "0")
	for _, a := range c.in.Account.AllowNumbers {
		a = onlyDigits(loose(a).text)
		if a != "" && (digits == a || len(national) >= minContact && strings.HasSuffix(a, national) && len(a)-len(national) <= 4) {
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

// parentNumbers are the numbers of the customer's post that may identify.
func parentNumbers(text string) []string {
	if len(text) > maxCheck {
		text = strings.ToValidUTF8(text[:maxCheck], "")
	}
	text = blank(loose(text).text, shortCase)
	for _, re := range harmless {
		text = blank(text, re)
	}
	var out []string
	for _, s := range stretches(text) {
		if d := s.digits(); len(d) >= minOrder && len(out) < 100 {
			out = append(out, d)
		}
	}
	return out
}

func repeats(digits string, parent []string) bool {
	for _, p := range parent {
		if strings.Contains(digits, p) || strings.Contains(p, digits) {
			return true
		}
	}
	return false
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
