package main

import (
	"math"
	"slices"

	"socialwatch"
)

// Scales: points of a weight of one, and the cut points of ordinal targets, as
// decide.go of triage has them.
const (
	pointsPer  = 12.0
	minSupport = 5
	minIntent  = 4 // points of an intent that are worth a signal
	rounds     = 150
)

// ordinal are the targets whose sum of points is compared with cut points: the
// sum reaches cut k exactly when level(post) > k.
var ordinal = []struct {
	target string
	cuts   []float64
	least  float64 // points that are worth a signal
	level  func(p post) int
}{
	{"case", []float64{1}, 2, func(p post) int {
		if p.Escalate {
			return 1
		}
		return 0
	}},
	{"urgency", []float64{20, 50}, 3, func(p post) int { return p.Urgency }},
	{"sentiment", []float64{-10, 10}, 3, func(p post) int { return p.Sentiment + 1 }},
}

// model holds a weight for every condition and target; the last condition's
// place is the base, which every post meets.
type model struct {
	intent [][]float64 // condition, intent
	scalar [][]float64 // ordinal target, condition
}

// fit learns a model. It starts from nothing and takes a fixed number of
// steps, so it is reproducible.
func fit(posts []post, conditions int, p params) *model {
	x := design{posts: posts, conditions: conditions, weights: make([]float64, len(posts))}
	count := make([]float64, len(socialwatch.Intents))
	for i, q := range posts {
		x.weights[i] = 1
		switch {
		case q.own:
			x.weights[i] = p.own
		case q.dev:
			x.weights[i] = p.dev
		}
		count[q.class] += x.weights[i]
	}
	m := &model{}
	for _, o := range ordinal {
		w := x.relaxed(1, o.least, p, slices.Clone(x.weights), func(i int, z, grad []float64) {
			level := o.level(posts[i])
			for k, cut := range o.cuts {
				s := sigmoid(z[0] - cut/pointsPer)
				if level > k {
					s--
				}
				grad[0] += s
			}
		})
		m.scalar = append(m.scalar, column(w))
	}
	balanced := make([]float64, len(posts))
	for i, q := range posts {
		balanced[i] = x.weights[i] * math.Pow(float64(len(posts))/float64(len(count))/count[q.class], p.balance)
	}
	m.intent = x.relaxed(len(count), minIntent, p, balanced, func(i int, z, grad []float64) {
		copy(grad, softmax(z))
		grad[posts[i].class]--
	})
	return m
}

func column(w [][]float64) []float64 {
	var c []float64
	for _, row := range w {
		c = append(c, row[0])
	}
	return c
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

func softmax(z []float64) []float64 {
	top, sum := slices.Max(z), 0.0
	p := make([]float64, len(z))
	for k := range z {
		p[k] = math.Exp(z[k] - top)
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	return p
}

// design is the posts as rows of features.
type design struct {
	posts      []post
	conditions int
	weights    []float64
}

// relaxed chooses the weights that are not zero under the absolute penalty,
// fits these alone without it (Meinshausen, 2007), and once more those that
// came to the least points: a post should have few signals, each of which says much.
func (x *design) relaxed(outputs int, least float64, p params, weights []float64, loss func(i int, z, grad []float64)) [][]float64 {
	chosen := x.minimise(outputs, p, weights, nil, loss)
	p.l1 = 0
	w := x.minimise(outputs, p, weights, chosen, loss)
	for f := range w[:x.conditions] {
		for k := range w[f] {
			if math.Abs(w[f][k])*pointsPer < least {
				w[f][k] = 0
			}
		}
	}
	return x.minimise(outputs, p, weights, w, loss)
}

// minimise finds the weights of the least mean loss with penalties, of
// those that chosen has (nil: of all), by the accelerated proximal gradient method (Beck and Teboulle, 2009). The gradient
// of one post's loss by its sums z is added to grad.
func (x *design) minimise(outputs int, p params, weights []float64, chosen [][]float64, loss func(i int, z, grad []float64)) [][]float64 {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	often := make([]float64, x.conditions+1) // share of the posts that meet a condition
	for _, q := range x.posts {
		for _, f := range q.features {
			often[f] += 1 / float64(len(x.posts))
		}
	}
	step := 1 / (x.steepest(weights, total) + p.l2)
	w, at := matrix(x.conditions+1, outputs), matrix(x.conditions+1, outputs)
	momentum := 1.0
	for range rounds {
		grad := x.gradient(at, weights, total, loss)
		next := (1 + math.Sqrt(1+4*momentum*momentum)) / 2
		for f := range w {
			for k := range w[f] {
				old, v := w[f][k], at[f][k]-step*(grad[f][k]+p.l2*at[f][k])
				switch {
				case f == x.conditions: // the base is free
				case chosen != nil && chosen[f][k] == 0:
					v = 0
				default:
					v = shrink(v, step*p.l1*(1+p.common*often[f]))
				}
				w[f][k] = v
				at[f][k] = v + (momentum-1)/next*(v-old)
			}
		}
		momentum = next
	}
	return w
}

// gradient is that of the mean loss at the given weights.
func (x *design) gradient(at [][]float64, weights []float64, total float64, loss func(i int, z, grad []float64)) [][]float64 {
	outputs := len(at[0])
	grad := matrix(len(at), outputs)
	z, g := make([]float64, outputs), make([]float64, outputs)
	for i, q := range x.posts {
		copy(z, at[x.conditions])
		for _, f := range q.features {
			add(z, at[f], 1)
		}
		clear(g)
		loss(i, z, g)
		scale := weights[i] / total
		add(grad[x.conditions], g, scale)
		for _, f := range q.features {
			add(grad[f], g, scale)
		}
	}
	return grad
}

func shrink(v, by float64) float64 {
	switch {
	case v > by:
		return v - by
	case v < -by:
		return v + by
	}
	return 0
}

// steepest bounds the curvature of the loss: the largest eigenvalue of the
// features' second moments, by power iteration, times the curvature of one sum.
func (x *design) steepest(weights []float64, total float64) float64 {
	v := make([]float64, x.conditions+1)
	for i := range v {
		v[i] = 1
	}
	norm := 0.0
	for range 30 {
		next := make([]float64, len(v))
		for i, q := range x.posts {
			dot := v[x.conditions]
			for _, f := range q.features {
				dot += v[f]
			}
			dot *= weights[i] / total
			next[x.conditions] += dot
			for _, f := range q.features {
				next[f] += dot
			}
		}
		norm = 0
		for _, a := range next {
			norm += a * a
		}
		norm = math.Sqrt(norm)
		for i := range next {
			next[i] /= norm
		}
		v = next
	}
	return norm / 2
}

func matrix(rows, columns int) [][]float64 {
	m := make([][]float64, rows)
	for i := range m {
		m[i] = make([]float64, columns)
	}
	return m
}

func add(to, from []float64, times float64) {
	for k, v := range from {
		to[k] += times * v
	}
}

// points writes the weights as points into the table. The base belongs to the
// rule whose condition is "always".
func (m *model) points(t *table, posts []post) {
	support := make([]int, len(t.rules))
	for _, p := range posts {
		for _, f := range p.features {
			support[f]++
		}
	}
	for k := range t.rules {
		r, base := &t.rules[k], len(t.rules)
		if r.fixed || support[k] < minSupport && r.head != "always" {
			continue
		}
		for target, name := range fitted {
			weight := func(f int) float64 {
				if target < len(socialwatch.Intents) {
					return m.intent[f][target]
				}
				return m.scalar[target-len(socialwatch.Intents)][f]
			}
			w := weight(k)
			if r.head == "always" {
				w = weight(base)
			}
			points := int(math.Round(w * pointsPer))
			r.set(name, points)
		}
	}
}
