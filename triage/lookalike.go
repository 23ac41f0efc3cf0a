package triage

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"socialwatch/internal/confusable"
)

// closeness says how much something passes for ours.
type closeness int

const (
	apart closeness = iota
	akin            // our bare name, or nearly: people and shops share names
	near            // made to be taken for us
)

// likeness is a name of ours, and what everything that looks like it comes to.
type likeness struct{ plain, skeleton string }

func newLikeness(s string) likeness { return nameOf(&folded{}, s).likeness() }

// Limits of what is compared, in folded bytes.
const (
	maxName = 80
	minEdit = 6 // shorter names have too many neighbours for one edit to tell
	minBare = 5 // of a bare name in look-alike letters
	minWord = 4 // a shorter name must be a word of its own
)

// name is the words of a name, folded as a text is and, as many, as they look,
// which differs for capitals of other scripts.
type name struct{ words, looks []string }

func (n name) likeness() likeness {
	return likeness{strings.Join(n.words, ""), skeleton(strings.Join(n.looks, ""))}
}

// unnumbered is s without digits at its end.
func unnumbered(s string) string { return strings.TrimRight(s, "0123456789") }

// upTo is the first k words.
func (n name) upTo(k int) name { return name{n.words[:k], n.looks[:k]} }

// nameOf reads a name. A check mark beside it claims that it was verified and is
// the word "verified".
func nameOf(f *folded, s string) name {
	s = s[:min(len(s), 4*maxName)]
	words := foldedWords(f, s)
	looks := words
	if !ascii(s) {
		if as := foldedWords(f, strings.Map(confusable.Letter, s)); len(as) == len(words) {
			looks = as
		}
	}
	return name{words, looks}
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

func foldedWords(f *folded, s string) []string {
	f.reset()
	f.add(strings.Map(func(r rune) rune {
		if strings.ContainsRune("@.:/", r) {
			return ' '
		}
		return r
	}, s))
	text := string(f.text)
	if strings.ContainsAny(text, "✓✔✅☑") {
		text = checkMarks.Replace(text)
	}
	return strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r)
	})
}

var checkMarks = strings.NewReplacer("✓", " verified ", "✔", " verified ", "✅", " verified ", "☑", " verified ")

// numerals pass for letters, and i for l, each row: what it comes to, then the
// look-alikes.
var numerals = func() map[rune]rune {
	m := map[rune]rune{}
	for _, row := range []string{"a4", "b8", "e3", "li1", "o0", "s5", "t7"} {
		for _, r := range row[1:] {
			m[r] = rune(row[0])
		}
	}
	return m
}()

var letterPairs = strings.NewReplacer("rn", "m", "vv", "w")

// skeleton is what every name that looks like this one comes to.
func skeleton(looks string) string {
	return letterPairs.Replace(strings.Map(func(r rune) rune {
		r = confusable.Letter(r)
		if l, ok := numerals[r]; ok {
			return l
		}
		return r
	}, looks))
}

// countries are the endings that a help desk's handle has for a country or
// region, where a sign parts them from the name.
var countries = []string{"in", "uk", "gb", "us", "ca", "au", "nz", "ie", "eu", "de", "at", "ch", "fr", "be", "nl", "es", "mx",
	"br", "pt", "it", "jp", "sg", "ae", "za"}

// handle says how close another's handle is to ours.
func (g *guard) handle(f *folded, handle string) closeness {
	name, _, _ := strings.Cut(strings.TrimPrefix(handle, "@"), "@")
	n := nameOf(f, name)
	if k := len(n.words) - 1; k > 0 && slices.Contains(countries, n.words[k]) {
		return g.compare(n.upTo(k), true)
	}
	return g.compare(n, false)
}

// display says how close another's display name is to ours.
func (g *guard) display(f *folded, name string) closeness {
	return g.compare(nameOf(f, name), false)
}

// compare says how close a name is to one of ours. desk says that a word
// of a help desk belongs to them that was taken off. Digits at their end are
// looked at both as letters and as a mere number.
func (g *guard) compare(n name, desk bool) closeness {
	if size := len(strings.Join(n.words, "")); size == 0 || size > maxName {
		return apart
	}
	whole := n.likeness()
	best := g.match(n.words, whole, desk)
	if bare := unnumbered(whole.plain); bare != whole.plain && bare != "" {
		looks := skeleton(unnumbered(strings.Join(n.looks, "")))
		best = max(best, g.match(n.words, likeness{bare, looks}, desk))
	}
	return best
}

func (g *guard) match(words []string, whole likeness, desk bool) closeness {
	s := whole.skeleton
	for _, h := range g.handles {
		if s == h.skeleton || len(h.skeleton) >= minEdit && confusable.OneEdit(s, h.skeleton) {
			return near
		}
	}
	best := apart
	if !slices.ContainsFunc(g.brands, func(b likeness) bool { return b.mayBeIn(s) }) {
		return best
	}
	before, after := g.deskRuns(s)
	for i := range before {
		for j := i + 1; before[i] && j <= len(s); j++ {
			if after[j] {
				best = max(best, g.brand(words, whole.plain, s[i:j], desk || i > 0 || j < len(s)))
			}
		}
	}
	return best
}

// mayBeIn reports false for most of what l is not in, even with one edit: an
// edit touches two neighbouring letters, so one third of the name is whole.
func (l likeness) mayBeIn(s string) bool {
	n := len(l.skeleton)
	if n < minEdit {
		return strings.Contains(s, l.skeleton)
	}
	return strings.Contains(s, l.skeleton[:n/3]) || strings.Contains(s, l.skeleton[n/3:2*n/3]) || strings.Contains(s, l.skeleton[2*n/3:])
}

// brand says how close what is left without the words of a help desk is to
// what the shop is called.
func (g *guard) brand(words []string, plain, rest string, desk bool) closeness {
	best := apart
	for _, b := range g.brands {
		switch {
		case rest == b.skeleton && len(b.plain) < minWord && !slices.Contains(words, b.plain):
		case rest == b.skeleton:
			best = max(best, akin)
			if desk || len(b.plain) >= minBare && !strings.Contains(plain, b.plain) {
				return near
			}
		case len(b.skeleton) >= minEdit && confusable.OneEdit(rest, b.skeleton):
			best = max(best, akin)
			if desk {
				return near
			}
		}
	}
	return best
}

// deskRuns says up to which offsets s consists of words of a help desk, and
// from which on.
func (g *guard) deskRuns(s string) (before, after []bool) {
	before, after = make([]bool, len(s)+1), make([]bool, len(s)+1)
	before[0], after[len(s)] = true, true
	for i := range len(s) {
		if before[i] {
			for _, w := range g.desk {
				if strings.HasPrefix(s[i:], w) {
					before[i+len(w)] = true
				}
			}
		}
		if k := len(s) - i; after[k] {
			for _, w := range g.desk {
				if strings.HasSuffix(s[:k], w) {
					after[k-len(w)] = true
				}
			}
		}
	}
	return before, after
}

// core is a handle without the words of a help desk around it: the shortest
// rest, or the handle itself if none would be left.
func (g *guard) core(full likeness) likeness {
	before, after := g.deskRuns(full.skeleton)
	best := full
	if len(full.plain) != len(full.skeleton) {
		return best // offsets differ: letters of other scripts, or rn for m
	}
	for i := range before {
		for j := i + minWord - 1; before[i] && j <= len(full.plain); j++ {
			if after[j] && !before[j] && !after[i] && j-i < len(best.plain) {
				best = likeness{full.plain[i:j], full.skeleton[i:j]}
			}
		}
	}
	return best
}

// site is one of our hosts; name is the part of it that people know.
type site struct {
	host string
	name likeness
}

// newSite reads a host: shop.example, also *.shop.example or www.shop.example.
func newSite(s string) site {
	h := strings.TrimPrefix(strings.TrimPrefix(hostOf(s), "*."), "www.")
	labels, longest := strings.Split(h, "."), ""
	for _, l := range labels[:len(labels)-1] {
		if len(l) > len(longest) {
			longest = l
		}
	}
	return site{h, newLikeness(longest)}
}

func adviseSite(s string) string {
	h := newSite(s).host
	ascii, err := idna.Lookup.ToASCII(h)
	if err != nil || !strings.Contains(ascii, ".") || strings.Trim(s, " ") != s || strings.ContainsAny(s, "/@:?#") {
		return "is no host: write the name alone, such as shop.example"
	}
	return ""
}

// hostOf is the host of a link or of a word, lower case, empty without one.
func hostOf(word string) string {
	word = strings.TrimLeft(word, "(<[{\"'«“")
	if _, rest, ok := strings.Cut(word, "://"); ok {
		word = rest
	}
	if i := strings.IndexAny(word, "/?#\\"); i >= 0 {
		word = word[:i]
	}
	if i := strings.LastIndexByte(word, '@'); i >= 0 {
		if i == 0 || word[0] == '@' {
			return "" // a handle
		}
		word = word[i+1:]
	}
	word, _, _ = strings.Cut(word, ":")
	return strings.ToLower(strings.TrimRight(word, ".,;!)>]}\"'»”…"))
}

// maxLinks bounds how many hosts of one text are compared.
const maxLinks = 20

// link returns the place in a text of the host that comes closest to one of
// ours, and how close. Ours are no look-alikes.
func (g *guard) link(text string) (start, end int, best closeness) {
	if len(g.sites) == 0 {
		return 0, 0, apart
	}
	seen := 0
	for i := 0; i < len(text) && seen < maxLinks; {
		n := strings.IndexAny(text[i:], " \n\t")
		if n < 0 {
			n = len(text) - i
		}
		if word := text[i : i+n]; n > 3 && n < 2048 && strings.IndexByte(word[1:n-1], '.') >= 0 {
			seen++
			if l := g.host(hostOf(word)); l > best {
				start, end, best = i, i+n, l
			}
		}
		i += n + 1
	}
	return start, end, best
}

// host says how close a host is to one of ours.
func (g *guard) host(h string) closeness {
	if strings.Contains(h, "xn--") {
		if plain, err := idna.Punycode.ToUnicode(h); err == nil {
			h = plain
		}
	}
	h = strings.TrimPrefix(h, "www.")
	labels := strings.Split(h, ".")
	if len(labels) < 2 || slices.Contains(labels, "") || len(h) > 4*maxName {
		return apart
	}
	for _, s := range g.sites {
		if h == s.host || strings.HasSuffix(h, "."+s.host) {
			return apart
		}
	}
	best := apart
	for _, s := range g.sites {
		if strings.Contains(h, s.host+".") || strings.Contains(h, s.host+"-") || skeleton(h) == skeleton(s.host) {
			return near
		}
	}
	for _, l := range labels[:len(labels)-1] {
		best = max(best, g.label(l))
	}
	return best
}

// label says how close one label of a foreign host is to the name of a site of
// ours: alone it is akin, since other shops and our own pages elsewhere carry it.
func (g *guard) label(l string) closeness {
	n := nameOf(&folded{}, l)
	best := g.labels.compare(n, false)
	if plain := n.likeness().plain; best == akin && !slices.ContainsFunc(g.sites, func(s site) bool { return s.name.plain == plain }) {
		return near // one edit
	}
	return best
}
