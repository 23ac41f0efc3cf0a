package eval

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"socialwatch"
)

// Floors of who asked us not to write any more, on testdata/opt_out.jsonl: the
// lines that want opt_out and, as many, that speak of newsletters, orders,
// charges and silence in like words. A miss is a person whom we bother against
// their will, a false one a customer who gets no draft.
const (
	optOutRecall    = 0.95
	optOutPrecision = 0.95
	optOutLines     = 60 // of each kind at least
)

func TestOptOutFloors(t *testing.T) {
	name := filepath.Join("..", "testdata", "opt_out.jsonl")
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := Read(file, name)
	if err != nil {
		t.Fatal(err)
	}
	assess := byHandle(t)
	var wanted, found, right, others int
	languages := map[string]bool{}
	for _, l := range lines {
		want, has := slices.Contains(l.Want, "opt_out"), assess(l).Has(socialwatch.SignalOptOut)
		languages[l.Language] = true
		if want {
			wanted++
		} else {
			others++
		}
		if has {
			found++
		}
		if want && has {
			right++
		}
		if want != has {
			t.Logf("%s: found %t: %s", l.Place, has, l.Text)
		}
	}
	recall, precision := ratio(right, wanted), ratio(right, found)
	t.Logf("recall %.3f of %d, precision %.3f of %d, %d lines of another matter", recall, wanted, precision, found, others)
	if recall < optOutRecall || precision < optOutPrecision {
		t.Errorf("recall %.3f, precision %.3f: under %.2f or %.2f", recall, precision, optOutRecall, optOutPrecision)
	}
	if wanted < optOutLines || others < optOutLines || len(languages) < 8 {
		t.Errorf("%d and %d lines in %d languages", wanted, others, len(languages))
	}
}
