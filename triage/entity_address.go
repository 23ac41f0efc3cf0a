package triage

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"socialwatch"
)

// address finds fragments that lead to a door: a house number with its street
// as English, French, German, Spanish, Italian, Portuguese and Indian addresses
// write it, British postcodes, ZIP codes with their state, and other postal
// codes behind a street or a word that announces them.
func (e *scanner) address(i int) int {
	s := e.s[i:]
	if n := postcode(s); n > 0 && e.ends(i+n) {
		return e.take(socialwatch.Address, s[:n], i, n)
	}
	k := digits(s)
	if k == 0 || k > 6 {
		return 0
	}
	if start, end := e.postalCode(i, k); end > 0 {
		return e.takeAddress(start, end, i)
	}
	if start, end := e.indianHouse(i); end > 0 {
		return e.takeAddress(start, end, i)
	}
	end := i + k
	if k > 5 {
		return 0
	}
	if end < len(e.s) && letter(e.s[end]) && e.ends(end+1) {
		end++ // 12a
	}
	if n := e.streetBehind(end); n > 0 {
		return e.takeAddress(i, n, i)
	}
	if start := e.streetBefore(i, end); start >= 0 && e.ends(end) {
		return e.takeAddress(start, end, i)
	}
	return 0
}

// takeAddress records what lies between two offsets, with the postal code and
// town that may follow, and returns how far it reaches from i.
func (e *scanner) takeAddress(start, end, i int) int {
	end = e.town(end)
	e.take(socialwatch.Address, e.s[start:end], start, end-start)
	return end - i
}

func letter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// capitalised reports whether s starts with a capital letter.
func capitalised(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r)
}

// maxStreet is the length in bytes of a street's name that is looked at.
const maxStreet = 24

// wordAt is the word of letters, hyphens and apostrophes at i.
func (e *scanner) wordAt(i int) string {
	n := i
	for n < len(e.s) && n-i <= maxStreet {
		if b := e.s[n]; b < utf8.RuneSelf {
			if !letter(b) && b != '\'' && b != '-' {
				break
			}
			n++
			continue
		}
		size, _ := joint(e.s[n:])
		if size > 0 { // a space or dash that is not ASCII
			break
		}
		_, size = utf8.DecodeRuneInString(e.s[n:])
		n += size
	}
	if n-i > maxStreet {
		return ""
	}
	return e.s[i:n]
}

func oneOf(list []string, word string) bool {
	for _, w := range list {
		if len(w) == len(word) && strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

var (
	// streetWords end the name of a street, as English addresses write it.
	streetWords = []string{"street", "st", "road", "rd", "avenue", "ave", "lane", "ln", "drive", "dr", "close", "court",
		"crescent", "terrace", "boulevard", "blvd", "square", "gardens", "grove", "parkway", "pkwy", "nagar", "marg"}
	// rueWords begin one, as French addresses write it, behind the number.
	rueWords = []string{"rue", "avenue", "av", "boulevard", "bd", "allée", "allee", "impasse", "chemin", "quai", "route", "place", "cours", "square"}
	repeated = []string{"bis", "ter", "quater"}
	// joins stand within a name, in small letters.
	joins = []string{"de", "du", "des", "la", "le", "les", "l", "d", "del", "los", "las", "el", "y", "da", "do", "das", "dos",
		"e", "della", "delle", "dei", "degli", "di", "von", "der", "den", "am", "im", "zum", "zur"}
)

// streetBehind is where the street behind a house number ends, 0 if none
// stands there.
func (e *scanner) streetBehind(i int) int {
	i = e.skip(i, " ,")
	first := e.wordAt(i)
	if oneOf(repeated, first) {
		i = e.skip(i+len(first), " ,")
		first = e.wordAt(i)
	}
	if oneOf(rueWords, first) {
		if n := e.nameEnd(i + len(first)); n > 0 {
			return n
		}
	}
	for words := 0; words < 4; words++ {
		w := e.wordAt(i)
		if w == "" || w[0] >= 'a' {
			return 0
		}
		if words > 0 && oneOf(streetWords, w) && e.ends(i+len(w)) {
			return i + len(w)
		}
		next := e.skip(i+len(w), " ,")
		if next == i+len(w) {
			return 0
		}
		i = next
	}
	return 0
}

// skip is the offset of the first byte from i on that is none of set, at most
// three on.
func (e *scanner) skip(i int, set string) int {
	for n := 0; n < 3 && i < len(e.s) && strings.IndexByte(set, e.s[i]) >= 0; n++ {
		i++
	}
	return i
}

// nameEnd is where the name of a street that starts behind i ends: up to five
// words, the last of them with a capital.
func (e *scanner) nameEnd(i int) int {
	end := 0
	for range 5 {
		if i >= len(e.s) || e.s[i] != ' ' {
			break
		}
		w := e.wordAt(i + 1)
		_, tail, elided := strings.Cut(w, "'")
		switch {
		case w == "":
			return end
		case capitalised(w) || elided && capitalised(tail):
			end = i + 1 + len(w)
		case !oneOf(joins, w) || end > 0:
			return end
		}
		i += 1 + len(w)
	}
	return end
}

// lead is a word that begins a street's name, as Spanish, Italian and
// Portuguese addresses write it, before the number.
type lead struct {
	text   string
	strong bool // means nothing else
}

var leads = []lead{{"calle", true}, {"c/", true}, {"avenida", true}, {"avda", true}, {"avda.", true}, {"rua", true}, {"r.", false},
	{"viale", true}, {"piazza", true}, {"vicolo", true}, {"travessa", true}, {"praça", true}, {"alameda", true}, {"paseo", true},
	{"plaza", false}, {"via", false}, {"corso", false}, {"av.", false}, {"av", false}, {"estrada", false}, {"rodovia", false}}

// numberMarks may stand between a street and its number.
var numberMarks = []string{"nº", "n°", "n.º", "n.", "nr", "nr.", "no", "no.", "num", "num.", "numero", "número"}

// maxStreetWords is how many words a street's name has that stands before its
// number.
const maxStreetWords = 6

// streetBefore is where the street before the house number at i begins, -1 if
// none stands there; end is where the number ends.
func (e *scanner) streetBefore(i, end int) int {
	capital := false
	pos := e.back(i)
	for words := 0; words < maxStreetWords; words++ {
		at, ok := e.wordBefore(pos)
		if !ok {
			return -1
		}
		w := e.s[at:pos]
		if words == 0 && oneOf(numberMarks, w) {
			pos = e.back(at)
			continue
		}
		if start := e.germanStreet(at, w); start >= 0 && !capital {
			return start
		}
		if l, found := leadOf(w); found {
			if capital && (l.strong || capitalised(w) && !e.goesOn(end)) {
				return at
			}
			return -1
		}
		switch {
		case capitalised(w):
			capital = true
		case !oneOf(joins, w):
			return -1
		}
		if at == 0 || e.s[at-1] != ' ' {
			return -1
		}
		pos = at - 1
	}
	return -1
}

// back skips a comma and a space before i.
func (e *scanner) back(i int) int {
	for n := 0; n < 2 && i > e.done && (e.s[i-1] == ' ' || e.s[i-1] == ','); n++ {
		i--
	}
	return i
}

// wordBefore is where the word that ends at i begins, not before what was
// read already.
func (e *scanner) wordBefore(i int) (int, bool) {
	at := i
	for at > e.done && i-at <= maxStreet && strings.IndexByte(" \n\t,;:!?()\"", e.s[at-1]) < 0 {
		at--
	}
	return at, at < i && i-at <= maxStreet
}

func leadOf(w string) (lead, bool) {
	for _, l := range leads {
		if len(l.text) == len(w) && strings.EqualFold(l.text, w) {
			return l, true
		}
	}
	return lead{}, false
}

// goesOn reports whether a word in small letters follows: then the number
// counts something.
func (e *scanner) goesOn(i int) bool {
	return i+1 < len(e.s) && e.s[i] == ' ' && letter(e.s[i+1]) && e.s[i+1] >= 'a'
}

var (
	// germanStreets end the name of a street, mostly as one word with it.
	germanStreets = []string{"straße", "strasse", "str.", "str", "gasse", "allee", "weg", "platz", "ring", "damm", "ufer", "chaussee"}
	// noStreets end so and are none.
	noStreets = []string{"heimweg", "rückweg", "hinweg", "arbeitsweg", "umweg", "ausweg", "parkplatz", "arbeitsplatz",
		"stellplatz", "sitzplatz", "hering", "montag", "ehering"}
)

// germanStreet is where the name of a street begins whose last word, at the
// offset, is w; -1 if it is none: Hauptstraße, Berliner Str.
func (e *scanner) germanStreet(at int, w string) int {
	for _, end := range germanStreets {
		head := len(w) - len(end)
		if head < 0 || !strings.EqualFold(w[head:], end) {
			continue
		}
		switch {
		case head >= 3 && capitalised(w) && !oneOf(noStreets, w):
			return at
		case head == 0 && capitalised(w) && at > 0 && e.s[at-1] == ' ':
			if before, ok := e.wordBefore(at - 1); ok && capitalised(e.s[before:]) && at-1-before > 3 {
				return before
			}
		}
	}
	return -1
}
