package triage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"socialwatch"
)

// Sum is what the points of one target come to.
type Sum struct {
	Target  string               `json:"target"` // what the points count for: an intent, case, urgency, …
	Base    int                  `json:"base"`   // what every mention starts with
	Points  int                  `json:"points"` // Base and the points of Signals
	Signals []socialwatch.Signal `json:"signals"`
}

// Term is one summand of a step.
type Term struct {
	Name   string `json:"name"`
	Points int    `json:"points"`
}

// Step is one comparison that the decision is made of.
type Step struct {
	Decides string `json:"decides"` // intent, must, escalate, urgency, sentiment, score, ignored or thanks
	Terms   []Term `json:"terms"`   // none if Total stands for itself
	Total   int    `json:"total"`   // of Terms
	Rule    string `json:"rule"`    // how Total decides, with the threshold
	Outcome string `json:"outcome"`
}

// Explanation is an assessment taken apart, so that a person can add it up
// again.
type Explanation struct {
	Intents []Sum  `json:"intents"` // all eleven, the highest first: the first has won
	Others  []Sum  `json:"others"`  // case, urgency, sentiment, score, thanks, must and ignored
	Steps   []Step `json:"steps"`   // in the order in which they are decided
	// Agrees says whether the points give the assessment. It is false for one
	// that was changed afterwards, or made by rules with other thresholds.
	Agrees bool `json:"agrees"`
}

// Explain sums an assessment's signals and holds the sums against the
// thresholds. Every outcome is decided anew from the signals.
func (t *Triage) Explain(a socialwatch.Assessment) Explanation {
	sums := make([]Sum, targetCount)
	for i := range sums {
		sums[i].Target, sums[i].Base = targetNames[i], t.base[i]
	}
	for _, s := range a.Signals {
		if i := targetOf(s.Name); i >= 0 {
			sums[i].Signals = append(sums[i].Signals, s)
		}
	}
	points := t.base
	for i := range sums {
		for _, s := range sums[i].Signals {
			points[i] += s.Points
		}
		sums[i].Points = points[i]
		slices.SortStableFunc(sums[i].Signals, func(a, b socialwatch.Signal) int {
			return cmp.Compare(max(b.Points, -b.Points), max(a.Points, -a.Points))
		})
	}
	noise := strongestNoise(a.Signals)
	d := decide(points, noise.Name)
	e := Explanation{Steps: steps(sums, d, noise), Agrees: same(a, d)}
	e.Intents, e.Others = slices.Clone(sums[:len(socialwatch.Intents)]), sums[len(socialwatch.Intents):]
	slices.SortStableFunc(e.Intents, func(a, b Sum) int {
		won := string(d.Intent) // also where no sum is above 0
		if (a.Target == won) != (b.Target == won) {
			if a.Target == won {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.Points, a.Points)
	})
	return e
}

// Other is the sum of a target that is no intent; the zero Sum if there is
// none of that name.
func (e Explanation) Other(target string) Sum {
	for _, s := range e.Others {
		if s.Target == target {
			return s
		}
	}
	return Sum{}
}

// strongestNoise is the noise rule that applies unless a problem outranks it,
// with its points.
func strongestNoise(signals []socialwatch.Signal) (best Term) {
	for _, s := range signals {
		if name, ok := strings.CutPrefix(s.Name, targetNames[targetIgnored]+"."); ok && s.Points > best.Points {
			best = Term{name, s.Points}
		}
	}
	return best
}

func same(a, b socialwatch.Assessment) bool {
	return a.Intent == b.Intent && a.Escalate == b.Escalate && a.Urgency == b.Urgency && a.Sentiment == b.Sentiment &&
		a.Score == b.Score && a.Ignored == b.Ignored && a.Thanks == b.Thanks
}

// steps are the comparisons of decide, whose outcome is d.
func steps(sums []Sum, d socialwatch.Assessment, noise Term) []Step {
	intent := sums[slices.Index(socialwatch.Intents, d.Intent)]
	evidence, u := sums[targetCase].Points, sums[targetUrgency].Points
	forced := sums[targetMust].Points > 0
	all := []Step{
		{Decides: "intent", Total: intent.Points, Outcome: string(d.Intent), Rule: "the highest sum wins"},
		{Decides: "escalate", Total: evidence, Outcome: escalates(evidence, forced), Rule: fmt.Sprintf("from %d a human must act", escalateFloor)},
		{Decides: "urgency", Total: u, Outcome: urgencyNames[d.Urgency],
			Rule: fmt.Sprintf("from %d pressed, from %d severe", pressedFloor, severeFloor)},
		{Decides: "sentiment", Total: sums[targetSentiment].Points, Outcome: sentimentNames[d.Sentiment+1],
			Rule: fmt.Sprintf("below %d negative, from %d positive", negativeBelow, positiveFrom)},
		added(Step{Decides: "score", Outcome: fmt.Sprint(d.Score), Rule: "within 0 and 100"},
			Term{"middle", scoreMiddle}, Term{"case", evidence}, Term{"a quarter of urgency", u / urgencyInScore}, Term{"own points", sums[targetScore].Points}),
	}
	if must := sums[targetMust].Points; must != 0 {
		all = slices.Insert(all, 1, Step{Decides: "must", Total: must, Rule: "from 1 a human must act, whatever the rest says", Outcome: yesNo(forced)})
	}
	if noise.Name != "" {
		all = append(all, Step{Decides: "ignored", Terms: []Term{noise}, Total: noise.Points, Outcome: yesNo(d.Ignored != ""),
			Rule: noise.Name + " applies, " + outranks(intent, sums[otherIntent], d.Escalate)})
	}
	if thanks := sums[targetThanks]; len(thanks.Signals) > 0 {
		rule := "from 1 only thanks"
		if thanks.Points > 0 {
			rule += ", " + outranks(intent, sums[otherIntent], d.Escalate)
		}
		all = append(all, Step{Decides: "thanks", Total: thanks.Points, Rule: rule, Outcome: yesNo(d.Thanks)})
	}
	return all
}

// escalates is whether a human must act, and that must decided it where the
// evidence does not.
func escalates(evidence int, forced bool) string {
	if forced && evidence < escalateFloor {
		return "yes, by must"
	}
	return yesNo(forced || evidence >= escalateFloor)
}

// outranks says whether something outranks noise and thanks.
func outranks(intent, other Sum, escalate bool) string {
	problem := slices.Index(socialwatch.Intents, socialwatch.Intent(intent.Target)) < problemIntents
	switch {
	case escalate:
		return "but a human must act"
	case problem && intent.Points >= other.Points+problemFloor:
		return fmt.Sprintf("but %s with %d is %d or more above other with %d", intent.Target, intent.Points, problemFloor, other.Points)
	case problem:
		return fmt.Sprintf("and %s with %d is not %d above other with %d", intent.Target, intent.Points, problemFloor, other.Points)
	}
	return fmt.Sprintf("and %s is no problem", intent.Target)
}

func added(s Step, terms ...Term) Step {
	for _, t := range terms {
		s.Terms = append(s.Terms, t)
		s.Total += t.Points
	}
	return s
}

var (
	urgencyNames   = [...]string{"calm", "pressed", "severe"}
	sentimentNames = [...]string{"negative", "neutral", "positive"} // from -1
)

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
