package twitter

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// conformance reads a file of the cases that X publishes with its twitter-text
// library. They are not ours to keep here: SOCIALWATCH_TWITTER_TEXT names the
// folder "conformance" of a copy.
func conformance(t *testing.T, file string, into any) {
	t.Helper()
	dir := os.Getenv("SOCIALWATCH_TWITTER_TEXT")
	if dir == "" {
		t.Skip("SOCIALWATCH_TWITTER_TEXT names no folder with X's conformance cases")
	}
	raw, err := os.ReadFile(filepath.Join(dir, file))
	must(t, err)
	must(t, yaml.Unmarshal(raw, into))
}

func TestLengthAgreesWithXsConformanceCases(t *testing.T) {
	var file struct {
		Tests struct {
			Emoji []struct {
				Description, Text string
				Expected          struct {
					Length int `yaml:"weightedLength"`
				}
			} `yaml:"WeightedTweetsWithDiscountedEmojiCounterTest"`
		}
	}
	conformance(t, "validate.yml", &file)
	if len(file.Tests.Emoji) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range file.Tests.Emoji {
		if got := weightedLength(c.Text); got != c.Expected.Length {
			t.Errorf("%s: %d, want %d", c.Description, got, c.Expected.Length)
		}
	}
}

func TestEntitiesAgreeWithXsConformanceCases(t *testing.T) {
	type set []struct {
		Description, Text string
		Expected          []string
	}
	var file struct {
		Tests struct{ Mentions, Urls, Cashtags, Hashtags set }
	}
	conformance(t, "extract.yml", &file)
	for kind, cases := range map[partKind]set{
		partHandle: file.Tests.Mentions, partURL: file.Tests.Urls, partCash: file.Tests.Cashtags, partTag: file.Tests.Hashtags,
	} {
		if len(cases) == 0 {
			t.Fatal("no cases")
		}
		for _, c := range cases {
			var got []string
			for _, p := range splitText(c.Text) {
				if p.kind == kind {
					got = append(got, strings.TrimLeft(p.text, "@＠#＃$"))
				}
			}
			if !slices.Equal(got, c.Expected) {
				t.Errorf("%s: %q, want %q", c.Description, got, c.Expected)
			}
		}
	}
}
