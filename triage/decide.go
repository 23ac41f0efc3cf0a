package triage

import "socialwatch"

// Cut points of summed points. The fitted points hold to them (see eval/fit).
const (
	escalateFloor  = 1
	pressedFloor   = 20
	severeFloor    = 50
	negativeBelow  = -10
	positiveFrom   = 10
	problemFloor   = 12 // points of a problem over those of "other", to outrank noise
	scoreMiddle    = 50 // score of a mention that is just about a case
	urgencyInScore = 4  // a quarter of the points of urgency goes into the score
)

// decide turns summed points into the decision. Nothing else enters it but the
// name of the strongest noise rule. Of equal intents the first one wins, but
// none wins over "other" without more points than it has.
func decide(points [targetCount]int, ignore string) socialwatch.Assessment {
	a := socialwatch.Assessment{}
	best := otherIntent
	for i := range socialwatch.Intents {
		if points[i] > points[best] {
			best = i
		}
	}
	a.Intent = socialwatch.Intents[best]
	a.Escalate = points[targetCase] >= escalateFloor || points[targetMust] > 0
	switch u := points[targetUrgency]; {
	case u >= severeFloor:
		a.Urgency = 2
	case u >= pressedFloor:
		a.Urgency = 1
	}
	switch s := points[targetSentiment]; {
	case s < negativeBelow:
		a.Sentiment = -1
	case s >= positiveFrom:
		a.Sentiment = 1
	}
	a.Score = min(100, max(0, scoreMiddle+points[targetCase]+points[targetUrgency]/urgencyInScore+points[targetScore]))
	if problem := best < problemIntents && points[best] >= points[otherIntent]+problemFloor; !problem && !a.Escalate {
		a.Ignored = ignore
		a.Thanks = points[targetThanks] > 0
	}
	return a
}

// problemIntents are the intents that are a problem: all but questions, praise
// and other, which follow them.
const problemIntents = 8

// otherIntent is the place of the intent that says that it is no matter for us.
const otherIntent = 10
