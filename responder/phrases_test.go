package responder

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// TestPatternsAreThoseOfRE2 holds the automaton against Go's regexp: a count
// counts letters, not bytes, and what a class leaves out is left out.
func TestPatternsAreThoseOfRE2(t *testing.T) {
	pieces := strings.Split("a b z q é ß क ् を。、 す は 字 😀 \u07ff \u0800 \ud7fb \ue000 \uffff \U00010000 \U0010ffff", " ")
	pieces = append(pieces, " ")
	r := rand.New(rand.NewPCG(1, 2))
	for _, pattern := range []string{`a[^ 。、]{0,2}b`, `a\w{1,3}b`, `a[^ ]+b`, `a\w*?[^b]?z`, `は[ぁ-ん]{2}す?`, `q[^a-z]{1,2}q`, `a[\x{7ff}-\x{ffff}]{2}b`,
		`a[^\x{800}字]b`, `[ßé]{1,2}(?:字|[^字]す)`, `a[\x{d000}-\x{10ffff}]b`, `a[^\d ]{0,3}[をは]`} {
		b := newBuilder()
		if err := b.add(pattern, 0); err != nil {
			t.Fatal(err)
		}
		p := b.build()
		whole := regexp.MustCompile(`^(?:` + strings.ReplaceAll(pattern, `\w`, `[\w\x80-\x{10ffff}]`) + `)$`)
		fit := 0
		for range 20_000 {
			text := ""
			for range 1 + r.IntN(6) {
				text += pieces[r.IntN(len(pieces))]
			}
			if r.IntN(2) == 0 {
				text = "a" + text + "b"
			}
			want := whole.MatchString(text)
			got := false
			for _, h := range p.walk(p.cache.Load(), text, 0, nil) {
				got = got || int(h.to) == len(text)
			}
			if got != want {
				t.Fatalf("%s fits %q: %v, want %v", pattern, text, got, want)
			}
			if want {
				fit++
			}
		}
		if fit == 0 {
			t.Errorf("%s fits nothing here", pattern)
		}
	}
}
