package responder

import (
	"fmt"
	"strings"
	"testing"

	"socialwatch"
)

func show(parts []socialwatch.DiffPart) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(map[socialwatch.DiffOp]string{socialwatch.DiffSame: "", socialwatch.DiffAdded: "+", socialwatch.DiffRemoved: "-"}[p.Op])
		fmt.Fprintf(&b, "[%s]", p.Text)
	}
	return b.String()
}

func TestWordDiff(t *testing.T) {
	tests := []struct {
		old, new, want string
		added, removed int
	}{
		{"", "", "", 0, 0},
		{"same words", "same words", "[same words]", 0, 0},
		{"", "new words", "+[new words]", 2, 0},
		{"old words", "", "-[old words]", 0, 2},
		{"We are sorry.", "We are very sorry.", "[We are ]+[very ][sorry.]", 1, 0},
		{"one two three", "four five six", "-[one two three]+[four five six]", 3, 3},
		{"It is late. Please wait.", "It is late! Please wait.", "[It is late]-[.]+[!][ Please wait.]", 0, 0},
		{"ありがとうございます", "ありがとうございました", "[ありがとうございま]-[す]+[した]", 2, 1},
	}
	for _, tt := range tests {
		got := WordDiff(tt.old, tt.new)
		added, removed := WordCounts(got)
		if show(got) != tt.want || added != tt.added || removed != tt.removed {
			t.Errorf("%q to %q: %s +%d −%d, want %s +%d −%d", tt.old, tt.new, show(got), added, removed, tt.want, tt.added, tt.removed)
		}
	}
}

func requireWhole(t *testing.T, old, new string) {
	t.Helper()
	var a, b strings.Builder
	for _, p := range WordDiff(old, new) {
		if p.Text == "" {
			t.Fatalf("%q to %q: an empty part", old, new)
		}
		if p.Op != socialwatch.DiffAdded {
			a.WriteString(p.Text)
		}
		if p.Op != socialwatch.DiffRemoved {
			b.WriteString(p.Text)
		}
	}
	if a.String() != old || b.String() != new {
		t.Fatalf("%q to %q gives %q to %q", old, new, a.String(), b.String())
	}
}

func TestWordDiffOfLongTextsStaysWhole(t *testing.T) {
	requireWhole(t, strings.Repeat("a b c ", 5000), strings.Repeat("a c b d ", 5000))
	requireWhole(t, "x", strings.Repeat("y x ", 20_000))
}

func FuzzWordDiff(f *testing.F) {
	f.Add("We are sorry.", "We are very sorry.")
	f.Add("a\u0301 b", "á  b\n")
	f.Fuzz(requireWhole)
}
