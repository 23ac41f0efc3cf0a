package triage

// linkLength is the length of the link that starts at i, 0 if none does.
func linkLength(s string, i int) int {
	if b := s[i] | 0x20; b != 'h' && b != 'w' || i+1 == len(s) {
		return 0
	}
	if b := s[i+1] | 0x20; b != 't' && b != 'w' {
		return 0
	}
	rest := s[i:]
	if !prefixFold(rest, "http://") && !prefixFold(rest, "https://") && !prefixFold(rest, "www.") {
		return 0
	}
	n := 0
	for n < len(rest) && rest[n] > ' ' && rest[n] != '"' && rest[n] != '<' && rest[n] != '>' && rest[n] < 0x80 {
		n++
	}
	return n
}

func prefixFold(s, lowered string) bool {
	if len(s) < len(lowered) {
		return false
	}
	for i := 0; i < len(lowered); i++ {
		if byteFold[s[i]] != lowered[i] {
			return false
		}
	}
	return true
}

// handleLength is the length of the handle that starts with the @ at i, with
// its host if it has one: @name or @name@host.example.
func handleLength(s string, i int) int {
	n := 1
	for i+n < len(s) && handleByte(s[i+n]) {
		n++
	}
	if n == 1 || i+n+1 >= len(s) || s[i+n] != '@' || !handleByte(s[i+n+1]) {
		return n
	}
	for n++; i+n < len(s) && (handleByte(s[i+n]) || s[i+n] == '.' || s[i+n] == '-'); n++ {
	}
	for s[i+n-1] == '.' || s[i+n-1] == '-' {
		n--
	}
	return n
}

func handleByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z'
}
