package responder

// listed reports whether a sign that also stands between what is listed parts
// the groups.
func (s stretch) listed() bool {
	for _, g := range s.groups[1:] {
		if g.listed {
			return true
		}
	}
	return false
}

// parts are what such signs part.
func (s stretch) parts() []stretch {
	var out []stretch
	start := 0
	for i := range s.groups {
		if i > start && s.groups[i].listed {
			out, start = append(out, stretch{s.groups[start:i]}), i
		}
	}
	return append(out, stretch{s.groups[start:]})
}

// list reports whether groups that such signs part are several quantities, or
// one with its thousands apart, rather than one number: 36, 38, 40 and 1,000,000.
func (s stretch) list(text string) bool {
	return s.listed() && (s.thousands(text) || s.decimals(text) || s.quantities())
}

// quantities reports numbers as people list them: rising or falling, or no more
// than four short ones.
func (s stretch) quantities() bool {
	rising, falling, short := true, true, len(s.groups) <= 4
	for i, g := range s.groups {
		n := len(g.digits)
		if n > 4 || n > 1 && g.digits[0] == '0' || n == 4 && g.digits[3] != '0' && !year(g.digits) {
			return false
		}
		short = short && n <= 2
		if i > 0 {
			before := s.groups[i-1].digits
			less := len(before) < n || len(before) == n && before < g.digits
			rising, falling = rising && less, falling && !less && before != g.digits
		}
	}
	return rising || falling || short
}

// maxQuantity is how many digits the count of anything has, unless it is round.
const maxQuantity = 9

// thousands reports one quantity with commas between its thousands.
func (s stretch) thousands(text string) bool {
	n := 0
	for i, g := range s.groups {
		if i == 0 && (len(g.digits) > 3 || g.digits[0] == '0') || i > 0 && (len(g.digits) != 3 || text[s.groups[i-1].to:g.from] != ",") {
			return false
		}
		n += len(g.digits)
	}
	return n <= maxQuantity || s.groups[len(s.groups)-1].digits == "000"
}

// decimals reports amounts without their currency: 12,99, 13.99 and 14,99.
func (s stretch) decimals(text string) bool {
	for i, g := range s.groups {
		tight := i > 0 && g.from == s.groups[i-1].to+1 && (text[g.from-1] == ',' || text[g.from-1] == '.')
		if i%2 == 0 && (tight || len(g.digits) > 4 || g.digits[0] == '0') || i%2 == 1 && (!tight || len(g.digits) != 2) {
			return false
		}
	}
	return len(s.groups)%2 == 0
}
