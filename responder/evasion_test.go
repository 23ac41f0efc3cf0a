package responder

import (
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/idna"

	"socialwatch"
)

// disguises are ways to write a text so that a program reads another, letter by
// letter but for the last ones.
var disguises = map[string]func(text string, rnd *rand.Rand) string{
	"twin letters": runes(func(r rune, rnd *rand.Rand) string {
		row := map[rune]string{'a': "аα", 'e': "еε", 'o': "оο", 'p': "р", 'c': "с", 'i': "іı", 's': "ѕ", 'u': "υ", 'n': "ո", 'd': "ԁ"}[r]
		if all := []rune(row); len(all) > 0 && rnd.IntN(2) == 0 {
			return string(all[rnd.IntN(len(all))])
		}
		return string(r)
	}),
	"full width": runes(func(r rune, _ *rand.Rand) string {
		if r > ' ' && r < 0x7F {
			return string(r + 0xFEE0)
		}
		return string(r)
	}),
	"bold mathematics": runes(func(r rune, _ *rand.Rand) string {
		switch {
		case r >= 'a' && r <= 'z':
			return string(r - 'a' + 0x1D41A)
		case r >= '0' && r <= '9':
			return string(r - '0' + 0x1D7CE)
		}
		return string(r)
	}),
	"accents": runes(func(r rune, rnd *rand.Rand) string {
		if strings.ContainsRune("aeiou", r) && rnd.IntN(2) == 0 {
			return string(r) + "\u0301"
		}
		return string(r)
	}),
	"digits of other scripts": runes(func(r rune, rnd *rand.Rand) string {
		if r >= '0' && r <= '9' {
			return string(r - '0' + []rune{0x660, 0x6F0, 0x966, 0xE50, 0x1D7D8}[rnd.IntN(5)])
		}
		return string(r)
	}),
	"zero width": runes(func(r rune, rnd *rand.Rand) string {
		if rnd.IntN(3) == 0 {
			return string(r) + string([]rune{0x200B, 0x200C, 0x2060, 0xFEFF, 0xAD, 0x34F}[rnd.IntN(6)])
		}
		return string(r)
	}),
	"case": runes(func(r rune, rnd *rand.Rand) string {
		switch {
		case r >= 0x250: // a capital may look like another letter than its small form
			return string(r)
		case rnd.IntN(2) == 0:
			return strings.ToUpper(string(r))
		}
		return strings.ToLower(string(r))
	}),
	"more spaces": runes(func(r rune, rnd *rand.Rand) string {
		if r == ' ' {
			return []string{"  ", " \t", "\n", "   "}[rnd.IntN(4)]
		}
		return string(r)
	}),
	"wide spaces": runes(func(r rune, rnd *rand.Rand) string {
		if r == ' ' {
			return string([]rune{0xA0, 0x2003, 0x202F, 0x3000}[rnd.IntN(4)])
		}
		return string(r)
	}),
	"split numbers": func(text string, rnd *rand.Rand) string {
		return digitRuns.ReplaceAllStringFunc(text, func(run string) string {
			if run[0] > '9' { // K-1042 33 may be a short code, and a number
				return run
			}
			sign := []string{" ", "-", ".", "/", "_", "\u2011", "\u2013", " - ", "\u00B7"}[rnd.IntN(9)]
			var groups []string
			for run != "" {
				n := min(2+rnd.IntN(3), len(run))
				groups, run = append(groups, run[:n]), run[n:]
			}
			return strings.Join(groups, sign)
		})
	},
	"listed numbers": func(text string, rnd *rand.Rand) string {
		return digitRuns.ReplaceAllStringFunc(text, func(run string) string {
			if run[0] > '9' {
				return run
			}
			sign := []string{", ", ",", ":", "; ", "→", " ➡\uFE0F ", "] [", "ー", " 📞 ", "=", "、"}[rnd.IntN(11)]
			b := run[:2]
			for i := 2; i < len(run); i++ {
				if i%3 == 2 && i+1 < len(run) {
					b += sign
				}
				b += run[i : i+1]
			}
			if all := stretches(loose(b).text, nil); len(all) == 1 && all[0].list(loose(b).text) {
				return run // several quantities to any reader
			}
			return b
		})
	},
	"keycaps": runes(func(r rune, rnd *rand.Rand) string {
		if r >= '0' && r <= '9' {
			return string(r) + []string{"\uFE0F\u20E3", "\u20E3", "\u20DD"}[rnd.IntN(3)]
		}
		return string(r)
	}),
	"digits in circles": runes(func(r rune, rnd *rand.Rand) string {
		switch {
		case r == '0':
			return string([]rune{0x24FF, 0x24EA, 0x1F10C}[rnd.IntN(3)])
		case r > '0' && r <= '9':
			return string(r - '1' + []rune{0x2776, 0x2780, 0x278A, 0x24F5, 0x2460}[rnd.IntN(5)])
		}
		return string(r)
	}),
	"punycode": func(text string, rnd *rand.Rand) string {
		return hostForm.ReplaceAllStringFunc(text, func(host string) string {
			labels := strings.Split(host, ".")
			for i, label := range labels[:len(labels)-1] {
				if posing := strings.NewReplacer("a", "а", "e", "е", "o", "о", "p", "р").Replace(label); posing != label && rnd.IntN(4) > 0 {
					labels[i], _ = idna.Punycode.ToASCII(posing)
				}
			}
			return strings.Join(labels, ".")
		})
	},
}

var (
	digitRuns = regexp.MustCompile(`(?:[A-Za-z]-?)?[0-9]{6,}`)
	hostForm  = regexp.MustCompile(`[a-z0-9-]+(?:\.[a-z0-9-]+)+`)
)

// runes makes a disguise of one of letters.
func runes(f func(rune, *rand.Rand) string) func(string, *rand.Rand) string {
	return func(text string, rnd *rand.Rand) string {
		var b strings.Builder
		for _, r := range text {
			b.WriteString(f(r, rnd))
		}
		return b.String()
	}
}

func disguise(text, how string, seed uint64) string {
	return disguises[how](text, rand.New(rand.NewPCG(seed, 1)))
}

// violations are the examples that must block.
func violations(t testing.TB) []example {
	t.Helper()
	return slices.DeleteFunc(corpus(t), func(e example) bool {
		return !slices.ContainsFunc(e.rules, func(rule string) bool { return blocking[rule] }) || !socialwatch.AnyBlocks(Safety{}.Check(public(e.text)))
	})
}

func TestDisguisedViolationsStillBlock(t *testing.T) {
	tried, missed := 0, 0
	for _, e := range violations(t) {
		for how := range disguises {
			for seed := range uint64(3) {
				text := disguise(e.text, how, seed)
				tried++
				if !socialwatch.AnyBlocks(Safety{}.Check(public(text))) {
					if missed++; missed < 20 {
						t.Errorf("%s as %s: %q passes", e.where, how, text)
					}
				}
			}
		}
	}
	t.Logf("%d disguised violations, %d missed", tried, missed)
}

// FuzzCheck holds that no text breaks the check, and that what it finds lies
// in the text.
func FuzzCheck(f *testing.F) {
	examples := corpus(f)
	for i, e := range examples {
		f.Add(e.text, uint64(i))
	}
	f.Add("\xf0\x9f4111\xff1111 1111\u20e3 1111 {{\ufb03}} www.\u0345\u0308.com @\u202e", uint64(1))
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		in := public(text)
		in.TemplateText = examples[seed%uint64(len(examples))].text
		first := Safety{}.Check(in)
		requireSpans(t, text, first)
		if again := (Safety{}).Check(in); !slices.Equal(first, again) {
			t.Fatalf("%q: checked again: %+v, before %+v", text, again, first)
		}
		for _, folded := range []folded{exact(text), loose(text)} {
			if folded.from != nil && (len(folded.from) != len(folded.text) || len(folded.to) != len(folded.text)) {
				t.Fatalf("folding of %q loses its way back", text)
			}
		}
	})
}

// FuzzEvasion disguises violations in two ways at once: they must still block.
func FuzzEvasion(f *testing.F) {
	all := violations(f)
	names := slices.Sorted(maps.Keys(disguises))
	for i := range 200 {
		f.Add(uint16(i*37), uint64(i), byte(i), byte(i/7))
	}
	f.Fuzz(func(t *testing.T, which uint16, seed uint64, first, second byte) {
		e := all[int(which)%len(all)]
		one, two := names[int(first)%len(names)], names[int(second)%len(names)]
		if one == two {
			return // spaces twice part paragraphs
		}
		text := disguise(disguise(e.text, one, seed), two, seed+1)
		if !socialwatch.AnyBlocks(Safety{}.Check(public(text))) {
			t.Errorf("%s as %s and %s: %q passes", e.where, one, two, text)
		}
	})
}
