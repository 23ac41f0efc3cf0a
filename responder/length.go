package responder

import (
	"strings"
	"unicode/utf8"

	"socialwatch"
)

// networkRoom is what a network takes in one reply, and how it counts: less than
// what follows is never counted there.
type networkRoom struct {
	limit   int
	address int  // what the asker's address in front may take
	double  bool // letters of scripts such as Japanese, and emoji, count twice
	link    int  // what any link counts; 0: in full
}

// rooms are those of the networks whose limit a template can reach; whoever
// fits all of them fits Threads, Instagram and Facebook as well. X counts the
// address as nothing (notes/x.md section 5, bluesky.md section 5, mastodon.md
// section 6).
var rooms = map[socialwatch.Network]networkRoom{
	socialwatch.X:        {limit: 280, double: true, link: 23},
	"bluesky":            {limit: 300},
	socialwatch.Mastodon: {limit: 500, address: 40},
}

// Measure counts a reply without its address as a network does, never too
// low, and says how much it may have. For a network that is not known it is
// the one of those known that the text fits worst.
func Measure(text string, n socialwatch.Network) (length, limit int) {
	if r, ok := rooms[n]; ok {
		return r.count(text), r.limit - r.address
	}
	for _, r := range rooms {
		l, max := r.count(text), r.limit-r.address
		if limit == 0 || l-max > length-limit || l-max == length-limit && max < limit {
			length, limit = l, max
		}
	}
	return length, limit
}

// Room is what a reply may have on an account whose network is not known here.
type Room struct {
	Limit int                   // 0: that of the network
	Count func(text string) int // what Limit counts; nil: code points
}

// Measure is the function Measure, and where the account has a Room it counts
// as that says.
func (a Account) Measure(text string, n socialwatch.Network) (length, limit int) {
	switch {
	case a.Room.Limit == 0:
		return Measure(text, n)
	case a.Room.Count == nil:
		return utf8.RuneCountInString(text), a.Room.Limit
	}
	return a.Room.Count(text), a.Room.Limit
}

// fits reports whether a reply is short enough for an account.
func (a Account) fits(text string, n socialwatch.Network) bool {
	length, limit := a.Measure(text, n)
	return length <= limit
}

// over is by how much a text is too long for the network of a template that
// it fits worst, and what that network takes. What others take only their
// accounts say.
func (t Template) over(text string) (by, limit int) {
	networks := t.Networks
	if len(networks) == 0 {
		networks = []socialwatch.Network{""}
	}
	for _, n := range networks {
		if _, known := rooms[n]; !known && n != "" {
			continue
		}
		if l, most := Measure(text, n); limit == 0 || l-most > by {
			by, limit = l-most, most
		}
	}
	return by, limit
}

// count counts as the network does.
func (r networkRoom) count(text string) int {
	n := 0
	for text != "" {
		i := strings.Index(text, "https://")
		if r.link == 0 || i < 0 {
			return n + r.letters(text)
		}
		end := strings.IndexFunc(text[i:], func(c rune) bool { return c <= ' ' || c > '~' })
		if end < 0 {
			end = len(text) - i
		}
		link := strings.TrimRight(text[i:i+end], ".,;:!?)")
		n += r.letters(text[:i]) + r.link
		text = text[i+len(link):]
	}
	return n
}

// letters counts code points; graphemes, which networks count, are no more.
// Those that twitter-text's configuration version 3 does not name count twice.
func (r networkRoom) letters(text string) int {
	if !r.double {
		return utf8.RuneCountInString(text)
	}
	n := 0
	for _, c := range text {
		n += 2
		if c <= 0x10FF || c >= 0x2000 && c <= 0x200D || c >= 0x2010 && c <= 0x201F || c >= 0x2032 && c <= 0x2037 {
			n--
		}
	}
	return n
}
