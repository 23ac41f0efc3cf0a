package eval

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
)

// Counts say how many posts were labelled with something, how many triage gave
// it to, and how many of these are the same.
type counts struct{ hit, predicted, support int }

func (c *counts) add(predicted, labelled bool, n int) {
	if predicted {
		c.predicted += n
	}
	if labelled {
		c.support += n
	}
	if predicted && labelled {
		c.hit += n
	}
}

// defined reports whether there was anything to find or anything found;
// without, F1 has no value.
func (c counts) defined() bool { return c.predicted+c.support > 0 }

func (c counts) precision() float64 { return ratio(c.hit, c.predicted) }
func (c counts) recall() float64    { return ratio(c.hit, c.support) }
func (c counts) f1() float64        { return ratio(2*c.hit, c.predicted+c.support) }

func (c counts) score() Score {
	return Score{Precision: round(c.precision()), Recall: round(c.recall()), F1: round(c.f1()),
		Support: c.support, Predicted: c.predicted}
}

// ratio is a/b, 0 if b is 0.
func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// round keeps four decimals, so that reports are the same on every machine.
func round(x float64) float64 { return math.Round(x*1e4) / 1e4 }

// macro is the mean F1 of those that occur or are predicted.
func macro(all []counts) float64 {
	sum, n := 0.0, 0
	for _, c := range all {
		if c.defined() {
			sum += c.f1()
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// pair is a label and what triage said instead.
type pair struct{ labelled, predicted int }

// agreement is the accuracy and macro-F1 of pairs.
func agreement(pairs []pair) Agreement {
	by := map[int]*counts{}
	of := func(v int) *counts {
		if by[v] == nil {
			by[v] = &counts{}
		}
		return by[v]
	}
	same := 0
	for _, p := range pairs {
		of(p.labelled).support++
		of(p.predicted).predicted++
		if p.labelled == p.predicted {
			of(p.labelled).hit++
			same++
		}
	}
	var all []counts
	for _, v := range slices.Sorted(maps.Keys(by)) { // sums of floats depend on their order
		all = append(all, *by[v])
	}
	return Agreement{Accuracy: round(ratio(same, len(pairs))), MacroF1: round(macro(all)), Posts: len(pairs)}
}

// tally counts posts by labelled intent, predicted intent and the same two for
// escalate, which is all that the resampled figures depend on.
type tally struct {
	intents int
	flagged []bool // by intent
	cells   []int
}

func newTally(flagged []bool) tally {
	return tally{intents: len(flagged), flagged: flagged, cells: make([]int, len(flagged)*len(flagged)*4)}
}

// cell is the place of a post in the tally.
func (t tally) cell(labelled, predicted int, escalate, escalated bool) int {
	at := (labelled*t.intents + predicted) * 4
	if escalate {
		at += 2
	}
	if escalated {
		at++
	}
	return at
}

func (t tally) posts(labelled, predicted int) int {
	n := 0
	for _, c := range t.cells[t.cell(labelled, predicted, false, false):][:4] {
		n += c
	}
	return n
}

// sums are the counts of one tally.
type sums struct {
	same, all         int
	intents           []counts
	flagged, escalate counts
}

// sum adds the tally up; intents is reused.
func (t tally) sum(intents []counts) sums {
	s := sums{intents: intents[:t.intents]}
	clear(s.intents)
	for l := range t.intents {
		for p := range t.intents {
			n := t.posts(l, p)
			if n == 0 {
				continue
			}
			s.all += n
			s.intents[l].support += n
			s.intents[p].predicted += n
			if l == p {
				s.same += n
				s.intents[l].hit += n
			}
			s.flagged.add(t.flagged[p], t.flagged[l], n)
			for e, m := range t.cells[t.cell(l, p, false, false):][:4] {
				s.escalate.add(e&1 == 1, e&2 == 2, m)
			}
		}
	}
	return s
}

// resamples is how often the posts are drawn anew. 1,000 give the bounds of a
// 95 % interval to about a tenth of its width.
const resamples = 1000

// bounds are the resampled intervals of a tally's figures.
type bounds struct {
	accuracy, macro, flagged, escalate Interval
	intents                            []Interval
}

// bootstrap draws as many posts with replacement as there are, many times, and
// takes the middle 95 % of each figure (percentile method). A draw in which a
// figure has no value does not count for it. Places are the posts' cells.
func (t tally) bootstrap(places []int) bounds {
	rng := rand.New(rand.NewPCG(20261123, 1))
	draw := newTally(t.flagged)
	intents := make([]counts, t.intents)
	figures := make([][]float64, 4+t.intents)
	note := func(i int, defined bool, v float64) {
		if defined {
			figures[i] = append(figures[i], v)
		}
	}
	for range resamples {
		clear(draw.cells)
		for range places {
			draw.cells[places[rng.IntN(len(places))]]++
		}
		s := draw.sum(intents)
		note(0, s.all > 0, ratio(s.same, s.all))
		note(1, s.all > 0, macro(s.intents))
		note(2, s.flagged.defined(), s.flagged.f1())
		note(3, s.escalate.defined(), s.escalate.f1())
		for i, c := range s.intents {
			note(4+i, c.defined(), c.f1())
		}
	}
	out := make([]Interval, len(figures))
	for i, values := range figures {
		out[i] = middle(values)
	}
	return bounds{accuracy: out[0], macro: out[1], flagged: out[2], escalate: out[3], intents: out[4:]}
}

// middle is the middle 95 % of values.
func middle(values []float64) Interval {
	if len(values) == 0 {
		return Interval{}
	}
	slices.Sort(values)
	cut := len(values) * 25 / 1000
	return Interval{Low: round(values[cut]), High: round(values[len(values)-1-cut])}
}

// wilson is the 95 % interval of a share by Wilson's score, which holds for
// few posts too.
func wilson(hit, n int) Interval {
	if n == 0 {
		return Interval{}
	}
	const z = 1.959964
	p, all := ratio(hit, n), float64(n)
	mid := (p + z*z/(2*all)) / (1 + z*z/all)
	half := z / (1 + z*z/all) * math.Sqrt(p*(1-p)/all+z*z/(4*all*all))
	return Interval{Low: round(max(0, mid-half)), High: round(min(1, mid+half))}
}
