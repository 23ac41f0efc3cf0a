package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const triagePage = "../../docs/triage.md"

// TestTheDocumentedExplanationIsWhatTheProgramPrints from the rules that stand
// above it; -update writes it anew.
func TestTheDocumentedExplanationIsWhatTheProgramPrints(t *testing.T) {
	data, err := os.ReadFile(triagePage)
	must(t, err)
	page := string(data)
	dir := t.TempDir()
	for _, name := range []string{"rules.txt", "en.txt"} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(block(t, page, name)), 0o600))
	}
	got, err := triageRun(t, "", "--explain", "--rules", dir, "--text",
		"@shop_help order 555-0100123-0000001 is 12 days late and nobody answers my mails. I want my refund of £1,129.99 or I go to court! Is there a human?")
	must(t, err)
	if want := block(t, page, "explain"); got != want {
		if *update {
			must(t, os.WriteFile(triagePage, []byte(strings.Replace(page, "```explain\n"+want, "```explain\n"+got, 1)), 0o644))
		}
		t.Errorf("docs/triage.md differs; -update writes it anew\ngot:\n%s\nwant:\n%s", got, want)
	}
}

// block is the fenced block of a page with this info string.
func block(t *testing.T, page, info string) string {
	t.Helper()
	m := regexp.MustCompile("(?ms)^```" + regexp.QuoteMeta(info) + "\n(.*?)^```$").FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no block %s", info)
	}
	return m[1]
}
