package triage

import "strings"

// announced are words that announce a postal code, and how many digits it has;
// tail is how many follow its hyphen in the long form.
var announced = []struct {
	text     string
	min, max int
	tail     int
}{
	{"pincode", 6, 6, 0}, {"pin code", 6, 6, 0}, {"pin", 6, 6, 0}, {"plz", 4, 5, 0}, {"postleitzahl", 4, 5, 0},
	{"zip", 5, 5, 4}, {"zip code", 5, 5, 4}, {"zipcode", 5, 5, 4}, {"cp", 5, 5, 0}, {"c.p.", 5, 5, 0},
	{"code postal", 5, 5, 0}, {"codigo postal", 4, 5, 3}, {"código postal", 4, 5, 3}, {"cod postal", 4, 5, 3},
	{"cap", 5, 5, 0}, {"cep", 5, 5, 3}, {"postcode", 4, 6, 0},
}

// states are those of the United States, their capital and armed forces' posts.
const states = "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY AA AE AP PR "

// spoken are states whose letters are a word in capitals as well: they need
// the comma behind the town.
const spoken = "DE HI ID IN LA MA ME OH OK OR PA AL "

// postalCode is where the postal code whose first k digits are at i begins and
// ends; the end is 0 if it is none.
func (e *scanner) postalCode(i, k int) (start, end int) {
	if k == 5 {
		if start := e.state(i); start >= 0 {
			return start, e.plusFour(i + 5)
		}
	}
	before := e.trimBack(i)
	for _, a := range announced {
		at := before - len(a.text)
		if k < a.min || k > a.max || at < e.done || !strings.EqualFold(e.s[at:before], a.text) || at > 0 && handleByte(e.s[at-1]) {
			continue
		}
		end := i + k
		if a.tail > 0 && end < len(e.s) && e.s[end] == '-' && digits(e.s[end+1:]) == a.tail {
			end += 1 + a.tail
		}
		if e.ends(end) {
			return i, end
		}
	}
	return 0, 0
}

// plusFour is where a ZIP code of five digits that ends at i ends with its four
// more, if they are there; 0 if the number goes on otherwise.
func (e *scanner) plusFour(i int) int {
	if i < len(e.s) && e.s[i] == '-' && digits(e.s[i+1:]) == 4 && e.ends(i+5) {
		return i + 5
	}
	if e.ends(i) {
		return i
	}
	return 0
}

// state is where the abbreviated state before a ZIP code begins, -1 if none
// does. A town stands before it, with a comma or at least with a capital.
func (e *scanner) state(i int) int {
	at := i - 3
	if at < e.done+2 || e.s[i-1] != ' ' || !strings.Contains(states, e.s[at:i]) || e.s[at-1] != ' ' {
		return -1
	}
	if e.s[at-2] == ',' {
		return at
	}
	if strings.Contains(spoken, e.s[at:i]) {
		return -1
	}
	town, ok := e.wordBefore(at - 1)
	if !ok || !capitalised(e.s[town:]) || town+1 >= len(e.s) || capitalised(e.s[town+1:]) {
		return -1
	}
	return at
}

// trimBack skips what stands between a word and its number.
func (e *scanner) trimBack(i int) int {
	for n := 0; n < 4 && i > e.done && strings.IndexByte(" :.-#=", e.s[i-1]) >= 0; n++ {
		if e.s[i-1] == '.' && i > e.done+1 && letter(e.s[i-2]) && i > e.done+2 && e.s[i-3] == '.' {
			break // c.p.
		}
		i--
	}
	return i
}

// houseWords announce the number of a house, as Indian addresses write it.
var houseWords = []string{"h.no", "h. no", "h no", "hno", "house no", "house number", "flat no", "flat number", "plot no", "plot number",
	"door no", "d.no", "makan no", "makan number"}

// indianHouse is the announced house number around the digit at i, from its
// word to its end: H.No. 12-3-45/A. The end is 0 if there is none.
func (e *scanner) indianHouse(i int) (start, end int) {
	before := e.trimBack(i)
	for _, w := range houseWords {
		at := before - len(w)
		if at < e.done || !strings.EqualFold(e.s[at:before], w) || at > 0 && handleByte(e.s[at-1]) {
			continue
		}
		end := i
		for end < len(e.s) && end-i < 20 && (handleByte(e.s[end]) && e.s[end] != '_' || strings.IndexByte("-/", e.s[end]) >= 0 && end+1 < len(e.s) && handleByte(e.s[end+1])) {
			end++
		}
		if e.ends(end) {
			return at, end
		}
	}
	return 0, 0
}

// town is where an address that ends at i ends with the postal code and the
// town that may follow: ", 10115 Berlin".
func (e *scanner) town(i int) int {
	at := e.skip(i, ", \n")
	if at == i || at >= len(e.s) {
		return i
	}
	if strings.HasPrefix(e.s[at:], "D-") || strings.HasPrefix(e.s[at:], "F-") {
		at += 2
	}
	k := digits(e.s[at:])
	if k < 4 || k > 6 {
		return i
	}
	end := at + k
	if end < len(e.s) && e.s[end] == '-' && digits(e.s[end+1:]) == 3 && k < 6 {
		end += 4
	}
	if !e.ends(end) || end+1 >= len(e.s) || e.s[end] != ' ' || !capitalised(e.s[end+1:]) {
		return i // a number alone may be anything
	}
	name := e.wordAt(end + 1)
	if name == "" {
		return end // longer than a town's name
	}
	return end + 1 + len(name)
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
