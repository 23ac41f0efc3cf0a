package responder

import (
	"strings"
	"unicode"

	"github.com/rivo/uniseg"

	"socialwatch"
)

// diffWords bounds the work and memory of a diff: where the differing middle
// of either text is longer, it counts as replaced as a whole.
const diffWords = 1000

// WordDiff compares two texts word by word, words being those of Unicode's
// segmentation, so that scripts without spaces work too.
func WordDiff(old, new string) []socialwatch.DiffPart {
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
	d.put(socialwatch.DiffSame, a[:head]...)
	d.middle(a[head:len(a)-tail], b[head:len(b)-tail])
	d.put(socialwatch.DiffSame, a[len(a)-tail:]...)
	return d.parts()
}

// WordCounts counts the words that a diff added and removed; spaces and
// punctuation alone count as none.
func WordCounts(parts []socialwatch.DiffPart) (added, removed int) {
	for _, p := range parts {
		if p.Op == socialwatch.DiffSame {
			continue
		}
		n := countWords(p.Text)
		if p.Op == socialwatch.DiffAdded {
			added += n
		} else {
			removed += n
		}
	}
	return added, removed
}

// isWord reports whether a segment is more than spaces and punctuation.
func isWord(w string) bool {
	return strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
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

func (d *diff) put(op socialwatch.DiffOp, tokens ...string) {
	text := strings.Join(tokens, "")
	if text == "" {
		return
	}
	if len(d.runs) == 0 {
		d.runs = append(d.runs, run{})
	}
	last := &d.runs[len(d.runs)-1]
	if op != socialwatch.DiffSame && last.same != "" {
		d.runs = append(d.runs, run{})
		last = &d.runs[len(d.runs)-1]
	}
	switch op {
	case socialwatch.DiffSame:
		last.same += text
	case socialwatch.DiffAdded:
		last.added += text
	case socialwatch.DiffRemoved:
		last.removed += text
	}
}

// middle aligns two word lists by their longest common subsequence.
func (d *diff) middle(a, b []string) {
	if len(a) == 0 || len(b) == 0 || max(len(a), len(b)) > diffWords {
		d.put(socialwatch.DiffRemoved, a...)
		d.put(socialwatch.DiffAdded, b...)
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
			d.put(socialwatch.DiffSame, a[i])
			i, j = i+1, j+1
		case common[(i+1)*width+j] >= common[i*width+j+1]:
			d.put(socialwatch.DiffRemoved, a[i])
			i++
		default:
			d.put(socialwatch.DiffAdded, b[j])
			j++
		}
	}
	d.put(socialwatch.DiffRemoved, a[i:]...)
	d.put(socialwatch.DiffAdded, b[j:]...)
}

// parts turns runs into parts. A space that stayed between two changes joins
// them: "removed three words" reads better than one by one.
func (d *diff) parts() []socialwatch.DiffPart {
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
	var out []socialwatch.DiffPart
	for _, r := range joined {
		for _, p := range []socialwatch.DiffPart{
			{Op: socialwatch.DiffRemoved, Text: r.removed}, {Op: socialwatch.DiffAdded, Text: r.added}, {Op: socialwatch.DiffSame, Text: r.same}} {
			if p.Text != "" {
				out = append(out, p)
			}
		}
	}
	return out
}
