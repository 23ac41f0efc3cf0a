package eval

import (
	"os"
	"path/filepath"
	"testing"

	"socialwatch"
	"socialwatch/triage"
)

// TestCorpusFloors holds the rules to the floors on our own corpus, whatever
// languages it has.
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
	file, err := os.Open(filepath.Join(data, "floors.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	floors, err := ReadFloors(file, file.Name())
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
