package triage

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"socialwatch"
)

// TestPageSaysWhatDecides: thresholds, intents, and the rules that are noise or
// force a human, as docs/triage.md tells them.
func TestPageSaysWhatDecides(t *testing.T) {
	data, err := os.ReadFile("../docs/triage.md")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := fs.ReadFile(Lexicons(), rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		fmt.Sprintf("| `case` | from %d a human must act |", escalateFloor),
		fmt.Sprintf("| `urgency` | from %d pressed, from %d severe |", pressedFloor, severeFloor),
		fmt.Sprintf("| `sentiment` | below %d negative, from %d positive |", negativeBelow, positiveFrom),
		fmt.Sprintf("| `score` | %d + `case` + %s of `urgency` + its own points", scoreMiddle, map[int]string{4: "a quarter"}[urgencyInScore]),
		fmt.Sprintf("one of the first %s intents wins with %d points or more above `other`", map[int]string{8: "eight"}[problemIntents], problemFloor),
	}
	for _, i := range socialwatch.Intents {
		want = append(want, fmt.Sprintf("\n| `%s` | ", i))
	}
	for _, m := range regexp.MustCompile(`(?m)^([a-z_]+)(?::.*)? ->.*\b(must|ignored) [0-9]`).FindAllStringSubmatch(string(rules), -1) {
		want = append(want, map[string]string{"must": "`must." + m[1] + "`", "ignored": "\n| `" + m[1] + "` | "}[m[2]])
	}
	for _, w := range want {
		if !strings.Contains(string(data), w) {
			t.Errorf("docs/triage.md does not say %q", w)
		}
	}
	if len(want) < 30 {
		t.Errorf("only %d things to say", len(want))
	}
}
