package triage

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"socialwatch"
)

// TestDanger holds testdata/danger.txt: who tells of danger is seen whatever
// else they say, and a figure of speech is none.
func TestDanger(t *testing.T) {
	file, err := os.Open(filepath.Join("testdata", "danger.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	tr, language := shop(t), ""
	count := map[string]int{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		kind, text, _ := strings.Cut(lines.Text(), " ")
		switch {
		case strings.HasPrefix(kind, "["):
			language = kind
		case kind == "+" || kind == "-":
			count[language+kind]++
			a := assess(t, tr, "@shop_help "+text)
			if has(a, socialwatch.SignalSafety) != (kind == "+") {
				t.Errorf("%s %s%s", language, lines.Text(), explain("@shop_help "+text, a))
			}
			if kind == "+" && (!a.Escalate || a.Urgency != 2 || a.Ignored != "") {
				t.Errorf("%s %s: escalate %v, urgency %d, ignored %q", language, text, a.Escalate, a.Urgency, a.Ignored)
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Error(err)
	}
	for _, l := range []string{"en", "de", "es", "fr", "hi", "it", "ja", "pt"} {
		if plus, minus := count["["+l+"]+"], count["["+l+"]-"]; plus < 30 || minus < 20 {
			t.Errorf("%s: %d posts of danger and %d others, want 30 and 20", l, plus, minus)
		}
	}
}
