package main

import (
	"fmt"
	"slices"

	"socialwatch"
)

// tally counts one yes-or-no figure.
type tally struct{ hit, found, wanted float64 }

func (t *tally) add(found, wanted bool) {
	if found {
		t.found++
	}
	if wanted {
		t.wanted++
	}
	if found && wanted {
		t.hit++
	}
}

func (t tally) f1() float64 { return 2 * t.hit / max(1, t.found+t.wanted) }

func (t tally) String() string {
	return fmt.Sprintf("P %.3f R %.3f F1 %.3f (%.0f)", t.hit/max(1, t.found), t.hit/max(1, t.wanted), t.f1(), t.wanted)
}

// figures are what the held-out posts of one source say.
type figures struct {
	by                            [11]tally
	flagged, escalate             tally
	n, intent, urgency, sentiment float64
}

func (f *figures) add(q post, got prediction) {
	f.n++
	if got.class == q.class {
		f.intent++
	}
	for k := range f.by {
		f.by[k].add(got.class == k, q.class == k)
	}
	f.flagged.add(got.class < 3, q.class < 3) // the first three intents are the flagged ones
	f.escalate.add(got.level[0] > 0, q.Escalate)
	if got.level[1] == q.Urgency {
		f.urgency++
	}
	if got.level[2]-1 == q.Sentiment {
		f.sentiment++
	}
}

func (f *figures) print(name string) {
	macro := 0.0
	for k, t := range f.by {
		macro += t.f1() / float64(len(f.by))
		fmt.Printf("  %-18s %v\n", socialwatch.Intents[k], t)
	}
	fmt.Printf("%s, %.0f posts held out in turn: intent %.3f, macro-F1 %.3f, urgency %.3f, sentiment %.3f\n  flagged  %v\n  escalate %v\n",
		name, f.n, f.intent/f.n, macro, f.urgency/f.n, f.sentiment/f.n, f.flagged, f.escalate)
}

// validate fits without each fifth of the real posts and measures on it.
func validate(posts []post, conditions int, p params) {
	var dev, more figures
	for fold := range p.folds {
		train, test := split(posts, fold, p.folds)
		m := fit(train, conditions, p)
		for _, q := range test {
			if q.dev {
				dev.add(q, m.predict(q))
			} else {
				more.add(q, m.predict(q))
			}
		}
	}
	more.print("labels.tsv")
	dev.print("dev.jsonl")
}

// prediction is what a model says of a post: the intent's place, and the level
// of each ordinal target.
type prediction struct {
	class int
	level []int
}

func (m *model) predict(q post) prediction {
	base := len(m.intent) - 1
	z := slices.Clone(m.intent[base])
	for _, f := range q.features {
		add(z, m.intent[f], 1)
	}
	var out prediction
	for k := range z {
		if z[k] > z[out.class] {
			out.class = k
		}
	}
	for o, w := range m.scalar {
		sum, level := w[base], 0
		for _, f := range q.features {
			sum += w[f]
		}
		for _, cut := range ordinal[o].cuts {
			if sum*pointsPer >= cut {
				level++
			}
		}
		out.level = append(out.level, level)
	}
	return out
}
