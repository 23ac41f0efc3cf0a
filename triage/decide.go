package triage

import "socialwatch"

// Thresholds over summed points.
const (
	otherBase      = 10 // what "other" starts with, so that little evidence is none
	escalateFloor  = 40
	problemFloor   = 20 // a problem that outranks noise
	pressedFloor   = 20
	severeFloor    = 50
	sentimentFloor = 10
)

// caseIntents are the intents whose points speak for a case that a human must
// work on: the first seven, without complaints, questions, praise and other.
const caseIntents = 7

// decide turns summed points into the decision. Nothing else enters it but the
// name of the strongest noise rule.
func decide(points [targetCount]int, ignore string) socialwatch.Assessment {
	a := socialwatch.Assessment{Intent: socialwatch.Other}
	best, problem, evidence := 0, 0, points[targetCase]
	for i, intent := range socialwatch.Intents {
		p := points[i]
		if intent == socialwatch.Other {
			p += otherBase
		}
		if p > best {
			a.Intent, best = intent, p
		}
		if i < caseIntents {
			problem, evidence = max(problem, p), evidence+p
		} else if intent == socialwatch.ServiceComplaint {
			problem = max(problem, p)
		}
	}
	a.Escalate = points[targetMust] > 0 || evidence >= escalateFloor && canEscalate(a.Intent)
	switch u := points[targetUrgency]; {
	case u >= severeFloor:
		a.Urgency = 2
	case u >= pressedFloor || a.Escalate:
		a.Urgency = 1
	}
	switch s := points[targetSentiment] - problem/2; {
	case s <= -sentimentFloor:
		a.Sentiment = -1
	case s >= sentimentFloor:
		a.Sentiment = 1
	}
	a.Score = min(100, max(0, (evidence+points[targetUrgency]+points[targetScore])/2))
	if problem < problemFloor && !a.Escalate {
		a.Ignored = ignore
	}
	a.Thanks = points[targetThanks] > 0 && problem < problemFloor && !a.Escalate
	return a
}

// canEscalate leaves out the intents that are never a case by themselves.
func canEscalate(i socialwatch.Intent) bool {
	return i != socialwatch.Question && i != socialwatch.Praise && i != socialwatch.Other
}
