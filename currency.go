package socialwatch

import (
	"fmt"
	"strings"
)

// Currencies of ISO 4217 that do not have two digits behind the point.
const (
	noDigits    = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
	threeDigits = "BHD IQD JOD KWD LYD OMR TND"
	fourDigits  = "CLF UYW"
)

// CurrencyDigits is how many digits a currency has behind the point; false for
// what cannot be a code of ISO 4217.
func CurrencyDigits(code string) (int, bool) {
	if len(code) != 3 || strings.ContainsFunc(code, func(r rune) bool { return r < 'A' || r > 'Z' }) {
		return 0, false
	}
	switch {
	case strings.Contains(noDigits, code):
		return 0, true
	case strings.Contains(threeDigits, code):
		return 3, true
	case strings.Contains(fourDigits, code):
		return 4, true
	}
	return 2, true
}

// Money is an amount in a currency's smallest unit as people read it: "129.00
// EUR"; empty without a currency.
func Money(minor int64, code string) string {
	digits, ok := CurrencyDigits(code)
	if !ok {
		return ""
	}
	sign, text := "", fmt.Sprint(minor)
	if minor < 0 {
		sign, text = "-", text[1:]
	}
	if digits > 0 {
		text = strings.Repeat("0", max(0, digits+1-len(text))) + text
		text = text[:len(text)-digits] + "." + text[len(text)-digits:]
	}
	return sign + text + " " + code
}
