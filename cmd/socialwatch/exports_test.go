package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"socialwatch/internal/simulator"
	"socialwatch/internal/store/dbtest"
)

// TestCellsAreNoFormulas whatever a customer calls himself or writes.
func TestCellsAreNoFormulas(t *testing.T) {
	for text, want := range map[string]string{"=1+1": "'=1+1", "+44": "'+44", "-x": "'-x", "@sum(a1)": "'@sum(a1)", " =1": "' =1", "\t=1": "'\t=1", "\rx": "'\rx",
		"＝1": "'＝1", "a=1": "a=1", "": "", "K-1001": "K-1001"} {
		if got := csvCell(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for value, want := range map[any]string{nil: "", int64(-1): "-1", true: "true", time.Unix(0, 0).UTC(): "1970-01-01T00:00:00Z"} {
		if got := csvCell(value); got != want {
			t.Errorf("%v: %q, want %q", value, got, want)
		}
	}
}

// TestExportsAtTheTerminal: files that other programs read, for their owner alone,
// with masked words; a person's own words in theirs.
func TestExportsAtTheTerminal(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, kind, simulator.Options{})
			_, err := s.sim.Post("customer42@far.example", "@shop_help@social.example =SUM(1) my order has not moved for 12 days, ring +44 20 7946 0958",
				simulator.PostOptions{})
			must(t, err)
			s.done("poll", "--once")
			file := filepath.Join(t.TempDir(), "mentions.csv")
			if out := s.done("export", "mentions", "--format", "csv", "--since", "7d", "--out", file); !strings.Contains(out, "1 row") {
				t.Errorf("says %q", out)
			}
			raw, err := os.ReadFile(file)
			must(t, err)
			rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
			if err != nil || len(rows) != 2 || strings.Contains(string(raw), "7946") || !strings.Contains(string(raw), "not moved") {
				t.Errorf("%v\n%s", err, raw)
			}
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
			for _, what := range []string{"cases", "mentions", "replies", "events"} {
				n := 0
				for line := range strings.Lines(s.done("export", what)) {
					if n++; !json.Valid([]byte(line)) || strings.Contains(line, "7946") {
						t.Errorf("%s: %s", what, line)
					}
				}
				if n == 0 {
					t.Errorf("no %s", what)
				}
			}
			if out := s.doWith("@customer42@far.example\n", "export", "person", "--author", "-").out; !json.Valid([]byte(out)) || !strings.Contains(out, "7946 0958") {
				t.Errorf("of a person: %s", out)
			}
			for _, bad := range [][]string{{"cases", "--format", "xls"}, {"cases", "--since", "soon"}, {"cases", "--json"}, {"person"}} {
				if a := s.do(append([]string{"export"}, bad...)...); a.code != exitUsage {
					t.Errorf("%v: %+v", bad, a)
				}
			}
		})
	}
}
