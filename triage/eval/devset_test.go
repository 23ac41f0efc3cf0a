package eval

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"socialwatch"
	"socialwatch/triage"
)

// TestDevSet measures the rules on the shared labelled posts, which are not
// part of this repository. Floors stand for the development posts only; of
// the unread quarter it prints figures and nothing else.
func TestDevSet(t *testing.T) {
	dev := readShared(t, "dev.jsonl")
	rest := readShared(t, "unread-quarter.jsonl")
	assess := assessor(t, triage.Options{Handles: brands(dev)})
	r := Measure(dev, assess)
	t.Logf("dev: %s", asText(t, r))
	t.Logf("unread quarter: %s", asText(t, Measure(rest, assess)))
	floors := []Floor{{Place: "dev", Key: "escalate_f1", Min: 0.75}, {Place: "dev", Key: "intent_accuracy", Min: 0.55}}
	if err := r.Check(floors); err != nil {
		t.Error(err)
	}
}

func assessor(t *testing.T, o triage.Options) func(Line) socialwatch.Assessment {
	t.Helper()
	tr, err := triage.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return func(l Line) socialwatch.Assessment {
		m := socialwatch.Mention{Post: socialwatch.Post{ID: l.ID, Text: socialwatch.CleanText(l.Text)}}
		return tr.Assess(m, socialwatch.History{})
	}
}

func asText(t *testing.T, r Report) string {
	t.Helper()
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// brands are the shops' handles: those that the posts were found by, and those
// that many posts name (the data gives numbers to some).
func brands(posts []Line) []string {
	count := map[string]int{}
	for _, p := range posts {
		count[p.Handle] += 3
		for _, word := range strings.Fields(p.Text) {
			if n := handleEnd(word, 1); word[0] == '@' && n > 1 {
				count[word[1:n]]++
			}
		}
	}
	var handles []string
	for h, n := range count {
		if h != "" && n >= 3 {
			handles = append(handles, h)
		}
	}
	return handles
}

func readShared(t *testing.T, name string) []Line {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "triage", name))
	if err != nil {
		t.Skipf("shared labelled posts are not on this machine: %v", err)
	}
	defer file.Close()
	posts, err := Read(file, name)
	if err != nil {
		t.Fatal(err)
	}
	return posts
}
