package responder

import (
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// Op says what became of a part of a text.
type Op string

// Ops.
const (
	Same    Op = "same"
	Added   Op = "added"
	Removed Op = "removed"
)

// DiffPart is a stretch of a word diff. The Same and Removed parts in order
// are the old text, the Same and Added ones the new text, byte for byte.
type DiffPart struct {
	Op   Op
	Text string
}

// diffWords bounds the work and memory of a diff: where the differing middle
// of either text is longer, it counts as replaced as a whole.
const diffWords = 1000

// WordDiff compares two texts word by word, words being those of Unicode's
// segmentation, so that scripts without spaces work too.
func WordDiff(old, new string) []DiffPart {
	a, b := words(old), words(new)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var d diff
	d.put(Same, a[:head]...)
	d.middle(a[head:len(a)-tail], b[head:len(b)-tail])
	d.put(Same, a[len(a)-tail:]...)
	return d.parts()
}

// WordCounts counts the words that a diff added and removed; spaces and
// punctuation alone count as none.
func WordCounts(parts []DiffPart) (added, removed int) {
	for _, p := range parts {
		if p.Op == Same {
			continue
		}
		n := 0
		for _, w := range words(p.Text) {
			if strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
				n++
			}
		}
		if p.Op == Added {
			added += n
		} else {
			removed += n
		}
	}
	return added, removed
}

func words(s string) []string {
	var out []string
	for state := -1; s != ""; {
		var w string
		w, s, state = uniseg.FirstWordInString(s, state)
		out = append(out, w)
	}
	return out
}

// diff collects runs: what was removed and added between same words.
type diff struct {
	runs []run
}

type run struct{ removed, added, same string }

func (d *diff) put(op Op, tokens ...string) {
	text := strings.Join(tokens, "")
	if text == "" {
		return
	}
	if len(d.runs) == 0 {
		d.runs = append(d.runs, run{})
	}
	last := &d.runs[len(d.runs)-1]
	if op != Same && last.same != "" {
		d.runs = append(d.runs, run{})
		last = &d.runs[len(d.runs)-1]
	}
	switch op {
	case Same:
		last.same += text
	case Added:
		last.added += text
	case Removed:
		last.removed += text
	}
}

// middle aligns two word lists by their longest common subsequence.
func (d *diff) middle(a, b []string) {
	if len(a) == 0 || len(b) == 0 || max(len(a), len(b)) > diffWords {
		d.put(Removed, a...)
		d.put(Added, b...)
		return
	}
	width := len(b) + 1
	common := make([]int32, (len(a)+1)*width) // longest common subsequence of a[i:] and b[j:]
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i*width+j] = common[(i+1)*width+j+1] + 1
			} else {
				common[i*width+j] = max(common[(i+1)*width+j], common[i*width+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			d.put(Same, a[i])
			i, j = i+1, j+1
		case common[(i+1)*width+j] >= common[i*width+j+1]:
			d.put(Removed, a[i])
			i++
		default:
			d.put(Added, b[j])
			j++
		}
	}
	d.put(Removed, a[i:]...)
	d.put(Added, b[j:]...)
}

// parts turns runs into parts. A space that stayed between two changes joins
// them: "removed three words" reads better than one by one.
func (d *diff) parts() []DiffPart {
	var joined []run
	for _, r := range d.runs {
		if n := len(joined); n > 0 {
			last := &joined[n-1]
			changed := last.removed != "" || last.added != ""
			if changed && strings.TrimSpace(last.same) == "" {
				last.removed += last.same + r.removed
				last.added += last.same + r.added
				last.same = r.same
				continue
			}
		}
		joined = append(joined, r)
	}
	var out []DiffPart
	for _, r := range joined {
		for _, p := range []DiffPart{{Removed, r.removed}, {Added, r.added}, {Same, r.same}} {
			if p.Text != "" {
				out = append(out, p)
			}
		}
	}
	return out
}
