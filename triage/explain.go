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
	Base    int                  `json:"base"`   // what it starts with, without any signal
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
func Explain(a socialwatch.Assessment) Explanation {
	sums := make([]Sum, targetCount)
	for i := range sums {
		sums[i].Target = targetNames[i]
		if sums[i].Target == string(socialwatch.Other) {
			sums[i].Base = otherBase
		}
	}
	for _, s := range a.Signals {
		if i := targetOf(s.Name); i >= 0 {
			sums[i].Signals = append(sums[i].Signals, s)
		}
	}
	var points [targetCount]int
	for i := range sums {
		for _, s := range sums[i].Signals {
			points[i] += s.Points
		}
		sums[i].Points = sums[i].Base + points[i]
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
	intent := slices.Index(socialwatch.Intents, d.Intent)
	evidence, problem := matters(sums)
	u := sums[targetUrgency].Points
	all := []Step{
		{Decides: "intent", Total: sums[intent].Points, Outcome: string(d.Intent),
			Rule: fmt.Sprintf("the highest sum wins, other starts with %d", otherBase)},
		escalates(evidence, d),
		{Decides: "urgency", Total: u, Outcome: urgencyNames[d.Urgency],
			Rule: fmt.Sprintf("from %d pressed, as is all that escalates; from %d severe", pressedFloor, severeFloor)},
		added(Step{Decides: "sentiment", Outcome: sentimentNames[d.Sentiment+1],
			Rule: fmt.Sprintf("down from %d negative, from %d positive", -sentimentFloor, sentimentFloor)},
			Term{"sentiment", sums[targetSentiment].Points}, Term{"half of " + problem.Name, -(problem.Points / 2)}),
		added(Step{Decides: "score", Outcome: fmt.Sprint(d.Score), Rule: "half of it, from 0 to 100"},
			Term{"evidence", evidence.Total}, Term{"urgency", u}, Term{"score", sums[targetScore].Points}),
	}
	if must := sums[targetMust].Points; must != 0 {
		all = slices.Insert(all, 1, Step{Decides: "must", Total: must, Rule: "from 1 a human must act, whatever the rest says", Outcome: yesNo(must > 0)})
	}
	unless := fmt.Sprintf("unless it escalates or a problem has %d (%s has %d)", problemFloor, problem.Name, problem.Points)
	if noise.Name != "" {
		all = append(all, Step{Decides: "ignored", Terms: []Term{noise}, Total: noise.Points, Rule: unless, Outcome: cmp.Or(d.Ignored, "no")})
	}
	if thanks := sums[targetThanks]; len(thanks.Signals) > 0 {
		all = append(all, Step{Decides: "thanks", Total: thanks.Points, Rule: "from 1 only thanks, " + unless, Outcome: yesNo(d.Thanks)})
	}
	return all
}

// matters sums what speaks for a case, and finds the strongest problem.
func matters(sums []Sum) (evidence Step, problem Term) {
	evidence = added(Step{Decides: "escalate"}, Term{"case", sums[targetCase].Points})
	for i, s := range sums[:len(socialwatch.Intents)] {
		matter := i < caseIntents
		if matter && s.Points != 0 {
			evidence = added(evidence, Term{s.Target, s.Points})
		}
		if (matter || s.Target == string(socialwatch.ServiceComplaint)) && s.Points > problem.Points {
			problem = Term{s.Target, s.Points}
		}
	}
	problem.Name = cmp.Or(problem.Name, "no problem")
	return evidence, problem
}

func escalates(s Step, d socialwatch.Assessment) Step {
	s.Rule, s.Outcome = fmt.Sprintf("from %d a human must act", escalateFloor), yesNo(d.Escalate)
	if s.Total >= escalateFloor && !canEscalate(d.Intent) {
		s.Rule += fmt.Sprintf(", but never for %s", d.Intent)
	}
	return s
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
