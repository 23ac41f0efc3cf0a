package twitter

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"
)

// conformance reads a file of the cases that X publishes with its twitter-text
// library. They are not ours to keep here: SOCIALWATCH_TWITTER_TEXT names the
// folder "conformance" of a copy.
func conformance(t *testing.T, file string, out any) {
	t.Helper()
	dir := os.Getenv("SOCIALWATCH_TWITTER_TEXT")
	if dir == "" {
		t.Skip("SOCIALWATCH_TWITTER_TEXT names no folder with X's conformance cases")
	}
	raw, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(raw, out); err != nil {
		t.Fatal(err)
	}
}

func TestLengthAgreesWithXsConformanceCases(t *testing.T) {
	type set []struct {
		Description, Text string
		Expected          struct {
			Length int `yaml:"weightedLength"`
		}
	}
	var file struct {
		Tests struct {
			Plain   set `yaml:"WeightedTweetsCounterTest"`
			Emoji   set `yaml:"WeightedTweetsWithDiscountedEmojiCounterTest"`
			Markers set `yaml:"UnicodeDirectionalMarkerCounterTest"`
		}
	}
	conformance(t, "validate.yml", &file)
	check := func(name string, cases set, count func(string) int) {
		if len(cases) == 0 {
			t.Fatalf("%s: no cases", name)
		}
		t.Logf("%s: %d cases", name, len(cases))
		for _, tc := range cases {
			if n := count(tc.Text); n != tc.Expected.Length {
				t.Errorf("%s: %s: %d, want %d", name, tc.Description, n, tc.Expected.Length)
			}
		}
	}
	// The first set is of the configuration before emoji were discounted.
	check("plain", file.Tests.Plain, func(s string) int { return measure(s, runesWeight) })
	check("emoji", file.Tests.Emoji, length)
	check("markers", file.Tests.Markers, length)
}

func TestLinksAgreeWithXsConformanceCases(t *testing.T) {
	type set []struct {
		Description, Text string
		Expected          []string
	}
	type indexed []struct {
		Description, Text string
		Expected          []struct {
			URL     string `yaml:"url"`
			Indices [2]int
		}
	}
	var file struct {
		Tests struct {
			URLs    set     `yaml:"urls"`
			Params  set     `yaml:"tco_urls_with_params"`
			Indices indexed `yaml:"urls_with_indices"`
			Markers indexed `yaml:"urls_with_directional_markers"`
		}
	}
	conformance(t, "extract.yml", &file)
	plain := slices.Concat(file.Tests.URLs, file.Tests.Params)
	t.Logf("%d cases", len(plain))
	for _, tc := range plain {
		if got := linkTexts(tc.Text); !slices.Equal(got, tc.Expected) {
			t.Errorf("%s: %q, want %q", tc.Description, got, tc.Expected)
		}
	}
	places := slices.Concat(file.Tests.Indices, file.Tests.Markers)
	t.Logf("%d cases with places", len(places))
	if len(plain) < 50 || len(places) < 5 {
		t.Fatal("cases are missing")
	}
	for _, tc := range places {
		found := links(tc.Text)
		if len(found) != len(tc.Expected) {
			t.Errorf("%s: %q", tc.Description, linkTexts(tc.Text))
			continue
		}
		for i, l := range found {
			want := tc.Expected[i]
			from, to := len([]rune(tc.Text[:l.start])), len([]rune(tc.Text[:l.end]))
			if tc.Text[l.start:l.end] != want.URL || from != want.Indices[0] || to != want.Indices[1] {
				t.Errorf("%s: %q at %d to %d, want %v", tc.Description, tc.Text[l.start:l.end], from, to, want)
			}
		}
	}
}

// TestTopLevelDomainsAgreeWithX allows for domains that were given up, or came,
// after X had written its cases.
func TestTopLevelDomainsAgreeWithX(t *testing.T) {
	type set []struct {
		Text     string
		Expected []string
	}
	var file struct{ Tests map[string]set }
	conformance(t, "tlds.yml", &file)
	all, odd := 0, 0
	for _, cases := range file.Tests {
		for _, tc := range cases {
			all++
			if got := linkTexts(tc.Text); !slices.Equal(got, tc.Expected) {
				odd++
				t.Logf("%q: %q", tc.Text, got)
			}
		}
	}
	t.Logf("%d of %d differ", odd, all)
	if all < 1000 || odd*5 > all {
		t.Fatal("too few agree")
	}
}

func linkTexts(text string) []string {
	var list []string
	for _, l := range links(text) {
		list = append(list, text[l.start:l.end])
	}
	return list
}
