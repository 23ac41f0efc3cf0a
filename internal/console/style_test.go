package console

import (
	"math"
	"regexp"
	"strconv"
	"testing"
)

// TestEveryPairOfColoursCanBeRead holds the tokens to WCAG 2.2 AA: 4.5:1 for
// text, 3:1 for the edges of controls, in light and dark.
func TestEveryPairOfColoursCanBeRead(t *testing.T) {
	css, err := assetFiles.ReadFile("assets/console.css")
	must(t, err)
	tokens := map[string][2]float64{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\);`).FindAllStringSubmatch(string(css), -1) {
		tokens[m[1]] = [2]float64{luminance(t, m[2]), luminance(t, m[3])}
	}
	grounds := []string{"ground", "panel", "sunken", "hover", "chosen"}
	type pair struct {
		ink, ground string
		least       float64
	}
	pairs := []pair{{"on-accent", "accent", 4.5}, {"on-accent", "accent-deep", 4.5}, {"mark-ink", "mark", 4.5}, {"good", "good-ground", 4.5},
		{"warn", "warn-ground", 4.5}, {"bad", "bad-ground", 4.5}, {"ink", "good-ground", 4.5}, {"ink", "warn-ground", 4.5}, {"ink", "bad-ground", 4.5},
		{"link", "good-ground", 4.5}, {"mark-edge", "panel", 3}, {"edge", "panel", 3}, {"edge", "ground", 3}}
	for _, g := range grounds {
		for _, ink := range []string{"ink", "ink-soft", "link", "accent"} {
			pairs = append(pairs, pair{ink, g, 4.5})
		}
	}
	for _, g := range []string{"panel", "ground", "chosen", "hover"} {
		for _, ink := range []string{"good", "warn", "bad"} {
			pairs = append(pairs, pair{ink, g, 4.5})
		}
	}
	for _, p := range pairs {
		for i, scheme := range []string{"light", "dark"} {
			a, okA := tokens[p.ink]
			b, okB := tokens[p.ground]
			if !okA || !okB {
				t.Fatalf("no token %s or %s", p.ink, p.ground)
			}
			if got := (math.Max(a[i], b[i]) + .05) / (math.Min(a[i], b[i]) + .05); got < p.least {
				t.Errorf("%s on %s, %s: %.2f:1, want %.1f:1", p.ink, p.ground, scheme, got, p.least)
			}
		}
	}
}

// luminance is WCAG's relative luminance of a colour.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(hex, 16, 32)
	must(t, err)
	sum := 0.0
	for i, weight := range []float64{.2126, .7152, .0722} {
		c := float64(n>>(16-8*i)&255) / 255
		if c <= .04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
