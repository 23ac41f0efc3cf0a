package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"socialwatch/triage/eval"
)

// evalRun runs eval in this process, without a configuration.
func evalRun(t *testing.T, input string, args ...string) (string, error) {
	t.Helper()
	return here(t, "", input, append([]string{"eval"}, args...)...)
}

const (
	lateLine   = `{"id":"1","text":"@shop_help my parcel is still not here, 12 days late, where is it?","lang":"en","intent":"stuck_order","escalate":true,"urgency":1,"sentiment":-1}`
	praiseLine = `{"id":"2","text":"@shop_help thank you so much, great service!","lang":"en","intent":"praise","escalate":false,"urgency":0,"sentiment":1}`
)

func TestEvalMeasuresFilesAndStandardInputTogether(t *testing.T) {
	file := filepath.Join(t.TempDir(), "late.jsonl")
	must(t, os.WriteFile(file, []byte(lateLine+"\n"), 0o600))
	got, err := evalRun(t, praiseLine, "--json", file, "-")
	must(t, err)
	var r eval.Report
	must(t, json.Unmarshal([]byte(got), &r))
	if r.Posts != 2 || r.IntentAccuracy != 1 || r.EscalateF1 != 1 || r.Rules == "" {
		t.Errorf("two plain posts: %+v", r.Group)
	}
}

func TestEvalNamesBadLinesAndGoesOn(t *testing.T) {
	got, err := evalRun(t, lateLine+"\nno json\n"+praiseLine, "-")
	if err == nil || !strings.Contains(err.Error(), "stdin:2: ") || !strings.Contains(got, "2 posts") {
		t.Errorf("err %v, out %s", err, got)
	}
	_, err = evalRun(t, lateLine, "-", filepath.Join(t.TempDir(), "absent.jsonl"))
	if err == nil || !strings.Contains(err.Error(), "absent.jsonl") {
		t.Errorf("a file that is not there: %v", err)
	}
	_, err = evalRun(t, lateLine+"\n"+strings.Replace(praiseLine, `"lang"`, `"handle":"@@","lang"`, 1), "-")
	if err == nil || !strings.Contains(err.Error(), `stdin:2: triage: Handles[0]: "@"`) {
		t.Errorf("a handle without a name: %v", err)
	}
	if got, err := evalRun(t, "no json", "-"); err == nil || got != "" {
		t.Errorf("no line is good: %v, out %s", err, got)
	}
}

func TestEvalWritesAPage(t *testing.T) {
	page := filepath.Join(t.TempDir(), "report.html")
	_, err := evalRun(t, lateLine, "-", "--html", page)
	must(t, err)
	b, err := os.ReadFile(page)
	must(t, err)
	if !bytes.HasPrefix(b, []byte("<!doctype html>")) || bytes.Count(b, []byte("<svg")) != 3 {
		t.Errorf("%d bytes, %d pictures", len(b), bytes.Count(b, []byte("<svg")))
	}
	if _, err := evalRun(t, lateLine, "-", "--html", filepath.Join(page, "below")); err == nil {
		t.Error("a page that cannot be written is no error")
	}
}

func TestEvalHoldsFiguresToTheirFloors(t *testing.T) {
	floors := filepath.Join(t.TempDir(), "floors.txt")
	must(t, os.WriteFile(floors, []byte("en.escalate_f1 1 # holds\nposts 3\n"), 0o600))
	got, err := evalRun(t, lateLine+"\n"+praiseLine, "-", "--floors", floors)
	if err == nil || !strings.Contains(err.Error(), "posts is 2, under its floor 3") || strings.Contains(err.Error(), "escalate_f1") {
		t.Errorf("err %v", err)
	}
	if !strings.Contains(got, "2 posts") {
		t.Error("the report is missing when a floor fails")
	}
	must(t, os.WriteFile(floors, []byte("macro_f1\n"), 0o600))
	if _, err := evalRun(t, lateLine, "-", "--floors", floors); err == nil || !strings.Contains(err.Error(), "floors.txt:1") {
		t.Errorf("a floor without a number: %v", err)
	}
}

func TestEvalTriesOtherRules(t *testing.T) {
	dir := t.TempDir()
	_, err := evalRun(t, lateLine, "-", "--rules", dir)
	if err == nil || !strings.HasPrefix(err.Error(), "triage: --rules "+dir+": ") || !strings.Contains(err.Error(), "rules.txt") {
		t.Errorf("a folder without rules: %v", err)
	}
	var usage usageError
	if _, err := evalRun(t, ""); !errors.As(err, &usage) {
		t.Errorf("no file: %v", err)
	}
}

func TestEvalOfNoPostsIsAnError(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.jsonl")
	must(t, os.WriteFile(empty, []byte("\n"), 0o600))
	if got, err := evalRun(t, "", empty); err == nil || err.Error() != "no posts: nothing to measure" || got != "" {
		t.Errorf("%v, out %s", err, got)
	}
	if got, err := evalRun(t, "no json", "--json", "-"); err == nil || !strings.Contains(err.Error(), "stdin:1: ") || !strings.HasSuffix(err.Error(), "\nno posts: nothing to measure") || got != "" {
		t.Errorf("%v, out %s", err, got)
	}
}
