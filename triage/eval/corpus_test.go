package eval

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"socialwatch"
	"socialwatch/triage"
)

// TestCorpusFloors holds the rules to floors: all figures on the half of our
// own corpus that no point is fitted on, the wanted signals on all of it, because
// their rules are set by hand.
func TestCorpusFloors(t *testing.T) {
	data := filepath.Join("..", "testdata")
	files, err := filepath.Glob(filepath.Join(data, "corpus", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	var lines []Line
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		some, err := Read(file, name)
		file.Close()
		if err != nil {
			t.Error(err)
		}
		lines = append(lines, some...)
	}
	held := slices.DeleteFunc(slices.Clone(lines), func(l Line) bool { return !HeldOut(l.ID) })
	holds(t, held, filepath.Join(data, "floors.txt"))
	holds(t, lines, filepath.Join(data, "floors-signals.txt"))
}

// holds measures the lines and holds them to the floors of a file.
func holds(t *testing.T, lines []Line, name string) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	floors, err := ReadFloors(file, name)
	if err != nil {
		t.Fatal(err)
	}
	r := Measure(lines, byHandle(t))
	t.Log(asText(t, r))
	if err := r.Check(floors); err != nil {
		t.Error(err)
	}
}

// byHandle assesses each line as addressed to its own handle, as the command
// does.
func byHandle(t *testing.T) func(Line) socialwatch.Assessment {
	made := map[string]func(Line) socialwatch.Assessment{}
	return func(l Line) socialwatch.Assessment {
		assess, ok := made[l.Handle]
		if !ok {
			var o triage.Options
			if l.Handle != "" {
				o.Handles = []string{l.Handle}
			}
			assess = assessor(t, o)
			made[l.Handle] = assess
		}
		return assess(l)
	}
}
