package triage

import (
	"strconv"
	"strings"

	"socialwatch"
)

// currencies are the ways to write one, longest first where one begins with
// another. A word must not go on after letters.
var currencies = []struct{ text, code string }{
	{"us$", "USD"}, {"ca$", "CAD"}, {"c$", "CAD"}, {"au$", "AUD"}, {"a$", "AUD"}, {"r$", "BRL"}, {"nz$", "NZD"},
	{"$", "USD"}, {"£", "GBP"}, {"€", "EUR"}, {"₹", "INR"}, {"¥", "JPY"},
	{"rupees", "INR"}, {"rupee", "INR"}, {"rs.", "INR"}, {"rs", "INR"}, {"inr", "INR"},
	{"usd", "USD"}, {"eur", "EUR"}, {"gbp", "GBP"}, {"cad", "CAD"}, {"aud", "AUD"}, {"jpy", "JPY"}, {"chf", "CHF"}, {"brl", "BRL"},
	{"euros", "EUR"}, {"euro", "EUR"}, {"pounds", "GBP"}, {"quid", "GBP"}, {"dollars", "USD"}, {"dollar", "USD"},
	{"bucks", "USD"}, {"yen", "JPY"}, {"円", "JPY"}, {"reais", "BRL"}, {"francs", "CHF"},
}

// currencyAt returns the currency written at the start of s and its length.
func currencyAt(s string) (string, int) {
	if s == "" {
		return "", 0
	}
	for _, c := range currencies {
		if byteFold[s[0]] != c.text[0] || !prefixFold(s, c.text) {
			continue
		}
		n := len(c.text)
		if b := c.text[n-1]; b >= 'a' && b <= 'z' && n < len(s) && s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z' {
			continue
		}
		return c.code, n
	}
	return "", 0
}

// currencyBefore returns the currency that ends at i, not before the offset
// done, and where it begins.
func (e *scanner) currencyBefore(i int) (string, int) {
	end := i
	for end > e.done && i-end < 2 && (e.s[end-1] == ' ' || e.s[end-1] == '.' || e.s[end-1] == ':') {
		end--
	}
	for _, c := range currencies {
		start := end - len(c.text)
		if start < e.done || byteFold[e.s[end-1]] != c.text[len(c.text)-1] || !prefixFold(e.s[start:], c.text) {
			continue
		}
		if b := c.text[0]; b >= 'a' && b <= 'z' && start > 0 && handleByte(e.s[start-1]) {
			continue
		}
		return c.code, start
	}
	return "", 0
}

// amountBefore finds money with its currency before the number at i.
func (e *scanner) amountBefore(i int) int {
	code, start := e.currencyBefore(i)
	if code == "" {
		return 0
	}
	value, m := money(e.s[i:], code)
	end := i + m
	if m == 0 || end < len(e.s) && handleByte(e.s[end]) {
		return 0
	}
	if strings.HasPrefix(e.s[end:], "/-") {
		end += 2
	}
	return start + e.takeAmount(value, code, start, end-start)
}

// amountAfter finds money with its currency behind the number at i, or the
// Indian "/-".
func (e *scanner) amountAfter(i int) int {
	s := e.s[i:]
	if s[0] < '0' || s[0] > '9' || !currencyBehind(s) {
		return 0
	}
	value, m := money(s, "")
	if m == 0 {
		return 0
	}
	if strings.HasPrefix(s[m:], "/-") {
		return e.takeAmount(decimals(value, "INR"), "INR", i, m+2)
	}
	k := m
	if k < len(s) && s[k] == ' ' {
		k++
	}
	code, n := currencyAt(s[k:])
	if n == 0 || k > m && startsAmount(s[k+n:]) {
		return 0
	}
	return e.takeAmount(decimals(value, code), code, i, k+n)
}

// maxAmount bounds the digits and separators of one amount.
const maxAmount = 24

// currencyBehind reports whether a currency or "/-" may stand behind the number
// that s starts with. Most numbers have none, and reading one allocates.
func currencyBehind(s string) bool {
	n := 0
	for n < len(s) && n < maxAmount && (isDigit(s[n]) || s[n] == '.' || s[n] == ',') {
		n++
	}
	switch rest := s[n:]; {
	case rest == "":
		return false
	case rest[0]|0x20 == 'k', prefixFold(rest, " lakh"), strings.HasPrefix(rest, "/-"):
		return true
	case rest[0] == ' ':
		n++
	}
	code, _ := currencyAt(s[n:])
	return code != ""
}

// startsAmount tells "2 $5 vouchers" from "5 $".
func startsAmount(s string) bool { return digits(s) > 0 }

func (e *scanner) takeAmount(value, code string, i, n int) int {
	e.take(socialwatch.Amount, value, i, n)
	e.found[len(e.found)-1].Currency = code
	return n
}

// money reads a number with grouping and decimals as they are written around
// the world: 1,299.99 and 1.299,99 and 1,00,000, and 75k. The value has two
// decimals if code is known.
func money(s, code string) (string, int) {
	var whole, fraction strings.Builder
	n := digits(s)
	if n == 0 || n > 9 {
		return "", 0
	}
	whole.WriteString(s[:n])
	for n+1 < len(s) && (s[n] == ',' || s[n] == '.') && whole.Len() < 12 {
		k := digits(s[n+1:])
		switch {
		case k == 0 || k > 3:
			return finish(whole.String(), "", s, n, code)
		case k == 3, k == 2 && indianGroups(s[n:]):
			whole.WriteString(s[n+1 : n+1+k])
		default:
			fraction.WriteString(s[n+1 : n+1+k])
			return finish(whole.String(), fraction.String(), s, n+1+k, code)
		}
		n += 1 + k
	}
	return finish(whole.String(), "", s, n, code)
}

// indianGroups reports whether s goes on with groups of two digits and a last
// one of three, each behind the separator that s starts with: the ,00,000 of
// 1,00,000. Without the last group it is a fraction and the end of a sentence.
func indianGroups(s string) bool {
	sep := s[0]
	for range 4 { // up to 1,00,00,00,00,000
		if len(s) < 3 || s[0] != sep {
			return false
		}
		switch digitsUpTo(s[1:], 4) {
		case 3:
			return true
		case 2:
			s = s[3:]
		default:
			return false
		}
	}
	return false
}

// finish reads a "k" or "lakh" behind the number and writes the value.
func finish(whole, fraction, s string, n int, code string) (string, int) {
	zeros := 0
	switch {
	case n < len(s) && s[n]|0x20 == 'k' && (n+1 == len(s) || !handleByte(s[n+1])):
		zeros, n = 3, n+1
	case prefixFold(s[n:], " lakh"):
		zeros, n = 5, n+5
	}
	if zeros > 0 {
		fraction += strings.Repeat("0", max(0, zeros-len(fraction)))
		whole += fraction[:zeros]
		fraction = fraction[zeros:]
	}
	value := strings.TrimLeft(whole, "0")
	if value == "" {
		value = "0"
	}
	if fraction != "" {
		value += "." + fraction
	}
	if code != "" {
		value = decimals(value, code)
	}
	return value, n
}

// decimals gives a value the decimals of its currency (ISO 4217): none for the
// yen, else two.
func decimals(value, code string) string {
	whole, fraction, _ := strings.Cut(value, ".")
	if code == "JPY" {
		return whole
	}
	return whole + "." + (fraction + "00")[:2]
}

// exceeds reports whether an amount is at least its currency's threshold.
func exceeds(e socialwatch.Entity, thresholds map[string]float64) bool {
	limit, ok := thresholds[e.Currency]
	if !ok {
		return false
	}
	v, err := strconv.ParseFloat(e.Value, 64)
	return err == nil && v >= limit
}
