package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"socialwatch"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// TestAPersonIsErasedAtTheTerminal: nothing changes in a dry run; then the words
// leave rows and files, the network's own copy is not taken in again, and what the
// person writes afterwards is a new matter.
func TestAPersonIsErasedAtTheTerminal(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, kind, simulator.Options{})
			const who, word = "customer42@far.example", "platypus"
			post := func(text string) {
				_, err := s.sim.Post(who, "@shop_help@social.example "+text, simulator.PostOptions{})
				must(t, err)
				s.done("poll", "--once")
			}
			post("where is my " + word + "? Order 555-0000042-0000001 has not moved for 12 days")
			erase := func(more ...string) (e socialwatch.Erased) {
				t.Helper()
				out := s.done(append([]string{"erase", "--json", "--author", who, "--reason", "letter of Monday"}, more...)...)
				must(t, json.Unmarshal([]byte(out), &e))
				return e
			}
			dry := erase("--dry-run")
			if dry.Mentions != 1 || len(dry.Cases) != 1 || s.number("select count(*) from mentions where body like '%"+word+"%'") != 1 {
				t.Fatalf("dry run: %+v", dry)
			}
			if e := erase(); e.Mentions != 1 || e.Withdrawn != 1 || len(e.Cases) != 1 || e.Cases[0] != dry.Cases[0] {
				t.Errorf("erased %+v, announced %+v", e, dry)
			}
			s.done("vacuum")
			if kind == store.SQLite {
				for _, end := range []string{"", "-wal"} {
					if raw, _ := os.ReadFile(s.sqliteFile() + end); bytes.Contains(raw, []byte(word)) || bytes.Contains(raw, []byte("customer42")) {
						t.Errorf("the file%s still holds it", end)
					}
				}
			}
			s.done("poll", "--once")
			if out := s.done("erase", "--author", who, "--reason", "again"); !strings.Contains(out, "Nothing is stored") {
				t.Errorf("again: %s", out)
			}
			post("hello again, my parcel has not moved for 9 days")
			if n := s.number("select count(*) from cases where state = 'new' and erased_at is null"); n != 1 {
				t.Errorf("%d new cases of what came later, want 1", n)
			}
			if n := s.number("select count(*) from events where kind = 'case.erased' and actor = 'terminal:test'"); n != 1 {
				t.Errorf("%d events tell of it", n)
			}
			for _, bad := range [][]string{{"--author", who}, {"--reason", "x"}, {"--author", who, "--reason", "wish of " + who}} {
				if a := s.do(append([]string{"erase"}, bad...)...); a.code != exitUsage {
					t.Errorf("%v: %+v", bad, a)
				}
			}
		})
	}
}
