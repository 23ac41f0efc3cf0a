// Package spike finds incidents: many customers who name the same carrier,
// place or link within an hour. What it finds can be explained in one
// sentence, from counts alone; see Find.
package spike

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"socialwatch"
)

// The rules of a spike (product note, section 6): the last hour above the mean
// and two standard deviations of that hour over seven days, and ten posts, of
// which each case counts once.
const (
	hour     = time.Hour
	days     = 7
	minCases = 10
	sigmas   = 2
)

const (
	// rarer is how many times the share of the cases with a term must have
	// grown: a busy Monday is no incident.
	rarer = 3
	// shares is the part of an incident's cases that want the same.
	shares = 1. / 3
	// enough is how many cases of before tell which words are usual. With
	// fewer only names and links make an incident.
	enough = 200
	// endBelow ends an incident: fewer cases with posts in the last hour.
	endBelow = 3
)

// Window is what Find looks at: posts of cases without an incident.
type Window struct {
	Now  []socialwatch.SpikePost   // of the last hour
	Days [][]socialwatch.SpikePost // of the same hour a day before, two days before, …: all seven
	Day  []socialwatch.SpikePost   // of the day before the last hour
	Ours []string                  // our own names, which are in every post, normalised by Term
}

// Found is an incident to be opened, with its cases.
type Found struct {
	Incident socialwatch.Incident
	CaseIDs  []int64 // sorted
}

// Find returns the incidents of a window, the largest first; a case is one of
// at most one. A term makes an incident when the cases of the last hour with it
// are at least ten, more than the mean and two standard deviations of that hour
// over seven days, and a share of all cases three times that of before; and
// when a third of them want the same. Terms are names, links, and, where
// enough is known of before, words.
func Find(w Window) []Found {
	now, before := gather(w.Now), gather(usual(w))
	all := len(now)
	var past []cases
	for _, d := range w.Days {
		past = append(past, gather(d))
	}
	for len(past) < days {
		past = append(past, cases{})
	}
	var found []Found
	for _, t := range candidates(now, before, w.Ours) {
		some := now.with(t)
		if len(some) < minCases {
			continue
		}
		e := weigh(some, past, before, t)
		e.Of, e.Written = all, some.written(t)
		intent, n := common(some)
		if !e.stands() || float64(n) < shares*float64(len(some)) {
			continue
		}
		f := Found{Incident: socialwatch.Incident{Term: t.text, Kind: t.kind, Intent: intent, Cases: len(some),
			Severity: socialwatch.SeverityOf(len(some)), Evidence: e.SpikeEvidence}}
		for id, c := range some {
			f.CaseIDs = append(f.CaseIDs, id)
			if f.Incident.BeganAt.IsZero() || c.at.Before(f.Incident.BeganAt) {
				f.Incident.BeganAt = c.at
			}
			delete(now, id)
		}
		slices.Sort(f.CaseIDs)
		found = append(found, f)
	}
	return found
}

// usual are the posts of before that tell what is usual: those of an earlier
// incident do not.
func usual(w Window) []socialwatch.SpikePost {
	all := slices.Concat(append(slices.Clone(w.Days), w.Day)...)
	return slices.DeleteFunc(all, func(p socialwatch.SpikePost) bool { return p.Incident != 0 })
}

// Fits reports whether what a customer wrote belongs to an incident that goes
// on. Praise does not, and neither does who poses as us.
func Fits(i socialwatch.Incident, a socialwatch.Assessment) bool {
	return i.EndedAt.IsZero() && a.Intent != socialwatch.Praise && !a.Has(socialwatch.SignalImpostor) &&
		readPost(a.Masked, a.Language).says(term{i.Term, i.Kind})
}

// Term is a name as Find and Window.Ours know it.
func Term(name string) string {
	tokens, _ := read(name)
	var words []string
	for _, t := range tokens {
		if t.word != "" {
			words = append(words, t.word)
		}
	}
	return strings.Join(words, " ")
}

type term struct {
	text string
	kind socialwatch.TermKind
}

// said is what a case says in its posts of a window.
type said struct {
	posts  []post
	intent socialwatch.Intent // of its last post
	at     time.Time          // of its first
}

type cases map[int64]said

func gather(posts []socialwatch.SpikePost) cases {
	all := cases{}
	for _, p := range posts {
		if p.Intent == socialwatch.Praise {
			continue
		}
		c := all[p.CaseID]
		if c.at.IsZero() || p.At.Before(c.at) {
			c.at = p.At
		}
		c.posts, c.intent = append(c.posts, readPost(p.Text, p.Language)), p.Intent
		all[p.CaseID] = c
	}
	return all
}

func (all cases) with(t term) cases {
	some := cases{}
	for id, c := range all {
		if slices.ContainsFunc(c.posts, func(p post) bool { return p.says(t) }) {
			some[id] = c
		}
	}
	return some
}

// written is how most cases write a term; of several the first by the alphabet.
func (all cases) written(t term) string {
	best, n := t.text, map[string]int{}
	for _, c := range all {
		for _, p := range c.posts {
			if w := p.names[t.text]; w != "" {
				n[w]++
			}
		}
	}
	for w := range n {
		if n[w] > n[best] || n[w] == n[best] && w < best {
			best = w
		}
	}
	return best
}

// minCapitals is how many cases write a name as one until it is looked for in
// the others, who may write it small.
const minCapitals = 3

// candidates are the terms that enough cases may hold: names and links by how
// many hold them, then words, those first that were the rarest before.
func candidates(now, before cases, ours []string) []term {
	n, words := map[term]int{}, len(before) >= enough
	for _, c := range now {
		mine := map[term]bool{}
		for _, p := range c.posts {
			for name := range p.names {
				mine[term{name, socialwatch.TermName}] = true
			}
			for _, h := range p.hosts {
				mine[term{h, socialwatch.TermLink}] = true
			}
			for _, w := range p.words {
				if words && len([]rune(w)) >= minWord {
					mine[term{w, socialwatch.TermWord}] = true
				}
			}
		}
		for t := range mine {
			n[t]++
		}
	}
	var list []term
	rare := map[term]int{} // of words alone
	for t, count := range n {
		least := minCases
		if t.kind == socialwatch.TermName {
			least = minCapitals
		}
		if count >= least && !slices.Contains(ours, t.text) {
			list = append(list, t)
			if t.kind == socialwatch.TermWord {
				rare[t] = 1 + len(before.with(t))
			}
		}
	}
	slices.SortFunc(list, func(a, b term) int {
		return cmp.Or(rare[a]-rare[b], n[b]-n[a], len(b.text)-len(a.text), strings.Compare(a.text, b.text))
	})
	return list
}

// evidence is a SpikeEvidence that can be judged.
type evidence struct{ socialwatch.SpikeEvidence }

func weigh(some cases, past []cases, before cases, t term) evidence {
	e := evidence{socialwatch.SpikeEvidence{Cases: len(some)}}
	for _, d := range past {
		n := len(d.with(t))
		e.Days = append(e.Days, n)
		e.Mean += float64(n) / float64(len(past))
	}
	for _, n := range e.Days {
		e.Sigma += (float64(n) - e.Mean) * (float64(n) - e.Mean) / float64(len(e.Days))
	}
	e.Sigma = math.Sqrt(e.Sigma)
	if len(before) > 0 {
		e.Before = float64(len(before.with(t))) / float64(len(before))
	}
	return e
}

func (e evidence) stands() bool {
	n := float64(e.Cases)
	return e.Cases >= minCases && n > e.Mean+sigmas*e.Sigma && n/float64(e.Of) >= rarer*e.Before
}

// common is the intent that most of the cases want, and how many do. Where two
// are as many, the one that says more comes first: the order of Intents.
func common(some cases) (most socialwatch.Intent, n int) {
	count := map[socialwatch.Intent]int{}
	for _, c := range some {
		count[c.intent]++
	}
	for _, i := range socialwatch.Intents {
		if count[i] > n {
			most, n = i, count[i]
		}
	}
	return most, n
}
