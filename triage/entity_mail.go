package triage

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"socialwatch"
)

// maxLocal and maxDomain bound an address as RFC 5321 does, in bytes.
const (
	maxLocal  = 64
	maxDomain = 255
)

// hasMail reports whether s may hold an e-mail address.
func hasMail(s string) bool {
	for i := strings.IndexByte(s, '@'); i >= 0; {
		if i > 0 && (handleByte(s[i-1]) || s[i-1] >= utf8.RuneSelf) {
			return true
		}
		next := strings.IndexByte(s[i+1:], '@')
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

func mailByte(b byte) bool {
	return handleByte(b) || b == '.' || b == '%' || b == '+' || b == '-'
}

// mailLetter reports whether r, not ASCII, may stand in an address (RFC 6531);
// crowded letters are those of scripts without spaces between words, where a
// sentence goes on right before and behind an address.
func mailLetter(r rune) (ok, crowded bool) {
	ok = r != utf8.RuneError && (unicode.IsLetter(r) || unicode.Is(unicode.M, r) || unicode.IsDigit(r))
	return ok, r >= 0x0E00 && r < 0x1E00 || r >= 0x2E80
}

// atAhead is the offset of the @ behind the local part that goes on at i; 0 if
// none does.
func (e *scanner) atAhead(i int) int {
	for n := i; n < len(e.s) && n-i <= maxLocal; {
		switch b := e.s[n]; {
		case b == '@':
			return n
		case mailByte(b):
			n++
		case b < utf8.RuneSelf:
			return 0
		default:
			r, size := utf8.DecodeRuneInString(e.s[n:])
			if ok, crowded := mailLetter(r); !ok || crowded {
				return 0
			}
			n += size
		}
	}
	return 0
}

// emailAround is the e-mail address around the @ at i, between the offsets low
// and high; the end is 0 if there is none.
func (e *scanner) emailAround(i, low, high int) (start, end int) {
	s := e.s
	start = i
	for start > low && i-start < maxLocal {
		if b := s[start-1]; b < utf8.RuneSelf {
			if !mailByte(b) {
				break
			}
			start--
			continue
		}
		r, size := utf8.DecodeLastRuneInString(s[low:start])
		if ok, crowded := mailLetter(r); !ok || crowded {
			break
		}
		start -= size
	}
	for start < i && s[start] < utf8.RuneSelf && !handleByte(s[start]) {
		start++
	}
	if start == i {
		return 0, 0
	}
	return start, e.domain(i+1, high)
}

// domain is where the domain at i ends, 0 if there is none. What another @
// follows is still part of the local part: people write a@b@example.com.
func (e *scanner) domain(i, high int) int {
	s, n, first, dot, crowd := e.s, i, i, 0, 0
	high = min(high, i+maxDomain)
	for n < high {
		b, size := s[n], 1
		switch {
		case b == '.':
			dot, crowd = n, 0
		case b == '@' && n > first && n+1 < high && handleByte(s[n+1]):
			first, dot, crowd = n+1, 0, 0
		case b == '-' || b != '_' && handleByte(b):
		default:
			var r rune
			r, size = utf8.DecodeRuneInString(s[n:])
			ok, crowded := mailLetter(r)
			if b < utf8.RuneSelf || !ok || n+size > high {
				high = n
				continue
			}
			if crowded && crowd == 0 && n > first && letter(s[n-1]) {
				crowd = n // a sentence goes on behind an ASCII label
			}
		}
		n += size
	}
	if crowd > 0 {
		n = crowd
	}
	for n > first && (s[n-1] == '.' || s[n-1] == '-') {
		n--
	}
	if dot >= n {
		dot = strings.LastIndexByte(s[first:n], '.') + first
	}
	if dot <= first || n-dot < 3 || isDigit(s[dot+1]) {
		return 0
	}
	return n
}

func (e *scanner) takeEmail(start, end int) {
	e.take(socialwatch.Email, strings.ToLower(e.s[start:end]), start, end-start)
}
