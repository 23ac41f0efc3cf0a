package responder

import "strings"

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

// stretches splits folded text into numbers. Letters o, i and l count as
// digits in a group that has nothing but them and digits. joints are words
// across which a number goes on.
func stretches(text string, joints [][2]int) []stretch {
	var out []stretch
	end := -1
	for i := 0; i < len(text); {
		g, next := digitGroup(text, i)
		if i = next; g.digits == "" {
			continue
		}
		for len(joints) > 0 && joints[0][0] < end {
			joints = joints[1:]
		}
		if end >= 0 && (joins(text[end:g.from]) || len(joints) > 0 && joints[0][1] <= g.from &&
			joins(text[end:joints[0][0]]) && joins(text[joints[0][1]:g.from])) {
			last := &out[len(out)-1]
			last.groups = append(last.groups, g)
		} else {
			out = append(out, stretch{groups: []group{g}})
		}
		end = g.to
	}
	return out
}

// digitGroup reads the group that begins at i or behind, and says where to go
// on; without digits if there is none at i.
func digitGroup(text string, i int) (group, int) {
	end, real := i, false
	for end < len(text) && asDigit[text[end]] != 0 {
		real = real || text[end] <= '9'
		end++
	}
	if !real {
		return group{}, max(end, i+1)
	}
	from, to := i, end
	if i > 0 && ascii(text[i-1]) || end < len(text) && ascii(text[end]) {
		for text[from] > '9' {
			from++
		}
		for text[to-1] > '9' {
			to--
		}
	}
	digits := make([]byte, 0, to-from)
	for _, b := range []byte(text[from:to]) {
		digits = append(digits, asDigit[b])
	}
	return group{string(digits), from, to}, end
}

// asDigit is what a byte is as a digit, 0 if none.
var asDigit = func() (set [256]byte) {
	for b := byte('0'); b <= '9'; b++ {
		set[b] = b
	}
	set['o'], set['i'], set['l'] = '0', '1', '1'
	return set
}()

// distance is how many bytes stand between two places, spaces that stand
// together counted as one, up to a few hundred.
func distance(text string, from, to int) int {
	n := 0
	for i := from; i < min(to, from+400); i++ {
		if !space(text[i]) || i == from || !space(text[i-1]) {
			n++
		}
	}
	return max(n, to-from-400)
}

// joins reports whether a number goes on across these separators.
func joins(between string) bool {
	return distance(between, 0, len(between)) <= maxGap && strings.Trim(between, separators) == ""
}

// maxGap is how many separators may stand between two groups of one number.
const maxGap = 5

// separators stand between the groups of one number.
const separators = " \t\n-./()+_*~|\\"
