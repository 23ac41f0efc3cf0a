package responder

import (
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

// words returns the embedded lists with one of them changed.
func changedWords(t *testing.T, name string, change func(string) string) fstest.MapFS {
	t.Helper()
	fs := fstest.MapFS{}
	entries, err := wordFiles.ReadDir("words")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := wordFiles.ReadFile("words/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if e.Name() == name {
			data = []byte(change(string(data)))
		}
		fs["words/"+e.Name()] = &fstest.MapFile{Data: data}
	}
	return fs
}

func TestVersionChangesWithAnyWord(t *testing.T) {
	now := Safety{}.Version()
	if !regexp.MustCompile(`^\d+-[0-9a-f]{8}$`).MatchString(now) || now != (Safety{WideReach: 3}).Version() {
		t.Errorf("version %q", now)
	}
	v, err := readVocabulary(changedWords(t, "pt.txt", func(s string) string { return strings.Replace(s, "senhas?", "senha", 1) }))
	if err != nil || v.digest == theVocabulary().digest {
		t.Errorf("a word changed, the digest did not: %v", err)
	}
}

func TestBrokenListsAreRefusedWithTheLine(t *testing.T) {
	for _, tt := range []struct {
		change func(string) string
		want   string
	}{
		{func(s string) string { return strings.Replace(s, "[secret]", "[secrets]", 1) }, "unknown section"},
		{func(s string) string { return s[:strings.Index(s, "[at]")] }, "section [at] is missing"},
		{func(s string) string { return "stray\n" + s }, `1: "stray" stands before`},
		{func(s string) string { return s + "\none-two" }, "write a space for a hyphen"},
		{func(s string) string { return s + "\na(b" }, "missing closing"},
		{func(s string) string { return s + "\n(?:a)?" }, "empty text"},
		{func(s string) string { return s + "\na.b" }, "cannot be used here"},
		{func(s string) string { return s + `\n\Sab` }, "class in a capital"},
	} {
		_, err := readVocabulary(changedWords(t, "de.txt", func(s string) string { return strings.ReplaceAll(tt.change(s), `\n`, "\n") }))
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "words/de.txt:") {
			t.Errorf("want %q, got %v", tt.want, err)
		}
	}
}

// TestLanguagesOfTriageAreThoseOfTheCheck needs no list of its own: triage has
// a lexicon for each.
func TestLanguagesOfTriageAreThoseOfTheCheck(t *testing.T) {
	entries, err := os.ReadDir("../triage/lexicon")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "rules.txt" {
			if _, err := wordFiles.ReadFile("words/" + e.Name()); err != nil {
				t.Errorf("triage reads %s, the safety check has no words in it", e.Name())
			}
		}
	}
}

// TestStatesMadeMeanwhileChangeNothing checks the corpus by many at once with
// an automaton that begins empty, and one that had to begin anew.
func TestStatesMadeMeanwhileChangeNothing(t *testing.T) {
	examples := corpus(t)
	v, err := readVocabulary(wordFiles)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i, e := range examples {
				text := spelled(loose(e.text), e.text).text
				if i == len(examples)/2 {
					v.words.cache.Store(v.words.empty())
				}
				got, want := v.words.scan(text, nil), theVocabulary().words.scan(text, nil)
				if len(got) != len(want) {
					t.Errorf("%q: %d hits, %d by another", text, len(got), len(want))
				}
			}
		})
	}
	all.Wait()
}
