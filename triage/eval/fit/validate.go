package main

import (
	"fmt"
	"io"
	"slices"

	"socialwatch"
	"socialwatch/triage/eval"
)

// validate fits without each part of the real posts in turn, and writes the
// figures on what was held out: of dev.jsonl, then of labels.tsv.
func validate(w io.Writer, posts []post, conditions int, p params) error {
	found := map[string]socialwatch.Assessment{}
	var dev, more []eval.Line
	for fold := range p.folds {
		train, test := split(posts, fold, p.folds)
		m := fit(train, conditions, p)
		for _, q := range test {
			got := m.predict(q)
			found[q.ID] = socialwatch.Assessment{Intent: socialwatch.Intents[got.class], Escalate: got.level[0] > 0,
				Urgency: got.level[1], Sentiment: got.level[2] - 1}
			line := eval.Line{ID: q.ID, Text: q.Text, Intent: q.Intent, Escalate: q.Escalate, Urgency: &q.Urgency, Sentiment: &q.Sentiment}
			if q.dev {
				dev = append(dev, line)
			} else {
				more = append(more, line)
			}
		}
	}
	for _, part := range []struct {
		name  string
		lines []eval.Line
	}{{"dev.jsonl", dev}, {"labels.tsv", more}} {
		fmt.Fprintf(w, "%s, each post held out once:\n", part.name)
		r := eval.Measure(part.lines, func(l eval.Line) socialwatch.Assessment { return found[l.ID] })
		if err := r.WriteText(w); err != nil {
			return err
		}
	}
	return nil
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
