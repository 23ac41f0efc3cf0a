package responder

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// stretch is digits that a reader takes for one number: groups with a few
// separators between. from and to are offsets into the folded text.
type stretch struct {
	groups []group
}

type group struct {
	digits   string
	from, to int
	listed   bool // behind a sign that also stands between what is listed
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
		joined := false
		if end >= 0 {
			joined, g.listed = joins(text[end:g.from])
			if !joined && len(joints) > 0 && joints[0][1] <= g.from {
				before, _ := joins(text[end:joints[0][0]])
				after, _ := joins(text[joints[0][1]:g.from])
				joined = before && after
			}
		}
		if joined {
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
	return group{digits: string(digits), from: from, to: to}, end
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

// joins reports whether a number may go on across these signs; listed whether
// they also stand between numbers that are listed.
func joins(between string) (joined, listed bool) {
	n, before := 0, ' '
	for _, r := range between {
		if n == 0 || r != ' ' && r != '\n' && r != '\t' || before != ' ' && before != '\n' && before != '\t' {
			n++
		}
		before = r
		switch {
		case n > maxGap, r == '#': // # begins another number
			return false, false
		case r < utf8.RuneSelf && strings.IndexByte(separators, byte(r)) >= 0, r == 'ー':
		case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r), r == utf8.RuneError:
			return false, false
		default:
			listed = true
		}
	}
	return true, listed
}

// maxGap is how many signs may stand between two groups of one number.
const maxGap = 5

// separators stand between the groups of one number.
const separators = " \t\n-./()+_*~|\\"
