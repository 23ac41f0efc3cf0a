package main

import (
	"bytes"
	"errors"
	goflag "flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"socialwatch"
	"socialwatch/triage"
)

var update = goflag.Bool("update", false, "write the golden files anew")

// golden compares with testdata/name, which -update writes anew: read it then.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if got != string(want) {
		t.Errorf("%s differs; -update writes it anew\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

// triageRun runs triage in this process, without a configuration.
func triageRun(t *testing.T, input string, args ...string) (string, error) {
	t.Helper()
	return here(t, "", input, append([]string{"triage"}, args...)...)
}

const lateText = "@shop_help order SW-100234 is late, late, LATE. Nobody answers. Refund my £129.99 or I sue"

// lateRules are rules for lateText whose points nobody fits.
func lateRules(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "rules.txt"), []byte(`
late -> stuck_order 20, case 6, urgency 4
late_order: order < late 40 -> stuck_order 9
refund -> refund_delay 26, case 7
silent -> case 5, urgency 12, sentiment -14, service_complaint 3
sue -> urgency 33, sentiment -9
goods: order -> stuck_order 1
goods2: order -> stuck_order 2
goods3: order -> stuck_order 3
goods4: order -> stuck_order -4
goods5: order -> stuck_order 0
goods6: order -> stuck_order 1
promotion: sue -> ignored 30
`), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "en.txt"), []byte("late: late\norder: order\nrefund: refund\nsilent: nobody answers\nsue: i sue\n"), 0o600))
	return dir
}

func TestExplainShowsHowPointsGiveTheDecision(t *testing.T) {
	for name, args := range map[string][]string{"explain.txt": nil, "explain-all.txt": {"--all"}} {
		got, err := triageRun(t, "", append([]string{"--explain", "--rules", lateRules(t), "--text", lateText}, args...)...)
		must(t, err)
		golden(t, name, got)
	}
}

// TestExplainSaysWhoDecided: evidence alone, must against the evidence, or
// noise that nothing outranks.
func TestExplainSaysWhoDecided(t *testing.T) {
	for _, c := range []struct{ rules, want string }{
		{"always -> case 4", "\ncase          4  yes: from 1 a human must act\n"},
		{"always -> case -20\nsue -> must 1", "\ncase        -20  yes, by must: from 1 a human must act\n"},
		{"always -> case 3\nsue -> must 1", "\ncase          3  yes: from 1 a human must act\n"},
		{"always -> case -20\nsue -> score 15", "\nscore        45  50 middle - 20 case + 15 own points = 45; within 0 and 100\n"},
		{"always -> case 70, urgency 40", "\nscore       100  50 middle + 70 case + 10 a quarter of urgency = 130; within 0 and 100\n"},
		{"always -> case -20, question 5\nsue -> ignored 30", "\nignored      30  yes: sue applies, and question is no problem\n"},
		{"always -> case -20, billing 5\nsue -> ignored 30", "\nignored      30  yes: sue applies, and billing with 5 is not 12 above other with 0\n"},
		{"always -> case -20, billing 12\nsue -> ignored 30", "\nignored      30  no: sue applies, but billing with 12 is 12 or more above other with 0\n"},
		{"always -> case 1\nsue -> ignored 30", "\nignored      30  no: sue applies, but a human must act\n"},
		{"always -> case -20\nsue -> thanks 1", "\nthanks        1  yes: from 1 only thanks, and other is no problem\n"},
	} {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, "rules.txt"), []byte(c.rules+"\n"), 0o600))
		must(t, os.WriteFile(filepath.Join(dir, "en.txt"), []byte("sue: i sue\n"), 0o600))
		got, err := triageRun(t, "", "--explain", "--rules", dir, "--text", lateText)
		must(t, err)
		if !strings.Contains(got, c.want) {
			t.Errorf("%s\n%s\nwant%s", c.rules, got, c.want)
		}
	}
}

func TestExplainReadsLinesAndNamesBadOnes(t *testing.T) {
	got, err := triageRun(t, `{"id":"7","text":"@shop_help thanks!"}`+"\nno json\n"+`{"id":"8\u001b[2J","text":"where is it?"}`, "--explain", "-")
	if err == nil || !strings.Contains(err.Error(), "line 2 ") {
		t.Errorf("err %v", err)
	}
	if !strings.HasPrefix(got, "7\n@shop_help thanks!\n\n") || !strings.Contains(got, "\n8<U+001B>[2J\nwhere is it?\n\n") {
		t.Errorf("got\n%s", got)
	}
	for _, args := range [][]string{{"--explain"}, {"--explain", "-", "--text", "x"}, {"--all", "-"}, {"--explain", "--json", "-"}, {"--text", ""}, {"--explain", "--text", " \n"}} {
		var usage usageError
		if _, err := triageRun(t, "", args...); !errors.As(err, &usage) {
			t.Errorf("%v: %v, want a mistake in usage", args, err)
		}
	}
	if got, err := triageRun(t, "", "--text", "@shop_help thanks!"); err != nil || !strings.HasPrefix(got, `{"id":"","intent":`) {
		t.Errorf("one post without --explain: %v, %s", err, got)
	}
}

// hostile are texts that would move or repaint a terminal, or run out of it.
var hostile = []string{
	"pay \u202eyadot\u202c now \u2066x\u2069 \u200f\u061c", "\x1b[31mred\x1b]0;title\x07 \u009b2J \x00\x7f", "a\u200bb\ufeffc\u2028d\u00ade",
	strings.Repeat("x", 5000), strings.Repeat("荷物", 400), strings.Repeat("👩‍👩‍👧‍👦", 300), strings.Repeat("late ", 2000),
	"\xff\xfe bytes", "tag \U000e0041\U000e0042", strings.Repeat("\n", 300) + "end", "e" + strings.Repeat("\u0301", 500), "private \ue000",
}

func TestExplanationOfHostileTextStaysHarmlessAndNarrow(t *testing.T) {
	engine, err := triage.New(triage.Options{})
	must(t, err)
	for _, text := range hostile {
		explainHarmless(t, engine, text)
	}
}

func FuzzExplanationStaysHarmlessAndNarrow(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	engine, err := triage.New(triage.Options{})
	must(f, err)
	f.Fuzz(func(t *testing.T, text string) { explainHarmless(t, engine, text) })
}

func explainHarmless(t *testing.T, engine *triage.Triage, text string) {
	t.Helper()
	m := post("id"+text, text, "")
	m.Text = text // as no connector hands it on
	var b bytes.Buffer
	p := &explainer{w: &b, paint: func(_, s string) string { return s }, all: true}
	must(t, p.explain(engine, m, engine.Assess(m, socialwatch.History{})))
	if !utf8.Valid(b.Bytes()) {
		t.Errorf("%q: not UTF-8", text)
	}
	for line := range strings.Lines(b.String()) {
		line = strings.TrimSuffix(line, "\n")
		if w := uniseg.StringWidth(line); w > pageWidth {
			t.Errorf("%.40q: %d columns: %.200q", text, w, line)
		}
		if i := strings.IndexFunc(line, func(r rune) bool {
			return r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || r == 0x61c || r == 0x2028
		}); i >= 0 {
			t.Errorf("%.40q: a harmful character in %.200q", text, line)
		}
	}
}

func TestExplanationIsColouredOnlyOnATerminal(t *testing.T) {
	got, err := triageRun(t, "", "--explain", "--text", lateText)
	must(t, err)
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	must(t, err)
	defer file.Close()
	if strings.Contains(got, "\x1b") || painter(file)(bold, "x") != "x" {
		t.Error("colour without a terminal")
	}
}
