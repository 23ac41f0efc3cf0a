package triage

import (
	"strings"

	"socialwatch"
)

// streetWords end the name of a street, as English addresses write it.
var streetWords = map[string]bool{"street": true, "st": true, "road": true, "rd": true, "avenue": true,
	"ave": true, "lane": true, "ln": true, "drive": true, "dr": true, "close": true, "court": true,
	"crescent": true, "terrace": true, "boulevard": true, "blvd": true, "square": true, "gardens": true,
	"grove": true, "parkway": true, "pkwy": true, "nagar": true, "marg": true}

// address finds fragments that lead to a door: a house number with a street,
// and British postcodes.
func (e *scanner) address(i int) int {
	s := e.s[i:]
	if n := postcode(s); n > 0 && e.ends(i+n) {
		return e.take(socialwatch.Address, s[:n], i, n)
	}
	k := digits(s)
	if k == 0 || k > 5 {
		return 0
	}
	if k < len(s) && s[k]|0x20 >= 'a' && s[k]|0x20 <= 'd' {
		k++
	}
	for words := 0; words < 4; words++ {
		if k >= len(s) || s[k] != ' ' && s[k] != ',' {
			return 0
		}
		for k < len(s) && (s[k] == ' ' || s[k] == ',') && k < 60 {
			k++
		}
		n := 0
		for k+n < len(s) && n < 20 && s[k+n]|0x20 >= 'a' && s[k+n]|0x20 <= 'z' {
			n++
		}
		if n == 0 || s[k] >= 'a' {
			return 0
		}
		if words > 0 && streetWords[strings.ToLower(s[k:k+n])] && e.ends(i+k+n) {
			return e.take(socialwatch.Address, s[:k+n], i, k+n)
		}
		k += n
	}
	return 0
}

// postcode is the length of the British postcode that s starts with: one or
// two capitals, one or two digits or a digit and a capital, a space, a digit
// and two capitals (BS 7666, without the letters it leaves out).
func postcode(s string) int {
	k := 0
	for k < len(s) && k < 2 && s[k] >= 'A' && s[k] <= 'Z' {
		k++
	}
	if k == 0 || k >= len(s) || digits(s[k:k+1]) == 0 {
		return 0
	}
	k++
	if k < len(s) && (digits(s[k:k+1]) == 1 || s[k] >= 'A' && s[k] <= 'Z') {
		k++
	}
	if k+4 > len(s) || s[k] != ' ' || digits(s[k+1:k+2]) == 0 {
		return 0
	}
	for _, c := range []byte(s[k+2 : k+4]) {
		if c < 'A' || c > 'Z' || strings.IndexByte("CIKMOV", c) >= 0 {
			return 0
		}
	}
	return k + 4
}
