package triage

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"socialwatch"
)

// given is what the terms and thresholds of an explanation say, read the way a
// person reads them: without decide.
func given(e Explanation) (escalate bool, urgency, sentiment, score int, ignored string, thanks bool) {
	at := map[string]Step{}
	for _, s := range e.Steps {
		at[s.Decides] = s
	}
	escalate = at["must"].Total > 0 || at["escalate"].Total >= escalateFloor
	if u := at["urgency"].Total; u >= severeFloor {
		urgency = 2
	} else if u >= pressedFloor {
		urgency = 1
	}
	if s := at["sentiment"].Total; s < negativeBelow {
		sentiment = -1
	} else if s >= positiveFrom {
		sentiment = 1
	}
	score = min(100, max(0, at["score"].Total))
	other := 0
	for _, s := range e.Intents {
		if s.Target == string(socialwatch.Other) {
			other = s.Points
		}
	}
	won := socialwatch.Intent(e.Intents[0].Target)
	quiet := won == socialwatch.Question || won == socialwatch.Praise || won == socialwatch.Other
	open := !escalate && (quiet || e.Intents[0].Points < other+problemFloor)
	if s, ok := at["ignored"]; ok && open {
		ignored = s.Terms[0].Name
	}
	return escalate, urgency, sentiment, score, ignored, open && at["thanks"].Total > 0
}

// TestSumsOfAnExplanationGiveTheDecision on random points: whoever changes
// decide must change steps with it.
func TestSumsOfAnExplanationGiveTheDecision(t *testing.T) {
	tri, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 1))
	for range 20_000 {
		points := tri.base
		var a socialwatch.Assessment
		for range rng.IntN(12) {
			target, n := rng.IntN(targetCount), rng.IntN(60)-20
			if target == targetIgnored {
				n = max(n, 0)
			}
			points[target] += n
			a.Signals = append(a.Signals, socialwatch.Signal{Name: fmt.Sprintf("%s.rule%d", targetNames[target], len(a.Signals)), Points: n})
		}
		d := decide(points, strongestNoise(a.Signals).Name)
		d.Signals = a.Signals
		e := tri.Explain(d)
		escalate, urgency, sentiment, score, ignored, thanks := given(e)
		got := socialwatch.Assessment{Intent: socialwatch.Intent(e.Intents[0].Target), Escalate: escalate, Urgency: urgency,
			Sentiment: sentiment, Score: score, Ignored: ignored, Thanks: thanks}
		if !same(got, d) || !e.Agrees {
			t.Fatalf("the explanation gives %+v\ndecided was %+v\n%+v", got, d, e.Steps)
		}
	}
}

func TestExplanationSumsEverySignalOfAnAssessment(t *testing.T) {
	m := socialwatch.Mention{Post: socialwatch.Post{Text: "@shop_help order 555-0100123-0000001 is 12 days late, nobody answers. " +
		"I want my refund of £129.99 or I go to court! Call me."}}
	tri, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	a := tri.Assess(m, socialwatch.History{})
	e := tri.Explain(a)
	if !e.Agrees {
		t.Errorf("the points do not give the assessment: %+v", e.Steps)
	}
	n := 0
	for _, s := range append(e.Intents, e.Others...) {
		sum := s.Base
		for i, one := range s.Signals {
			sum += one.Points
			if i > 0 && max(one.Points, -one.Points) > max(s.Signals[i-1].Points, -s.Signals[i-1].Points) {
				t.Errorf("%s: %s stands behind a weaker one", s.Target, one.Name)
			}
			if !strings.HasPrefix(one.Name, s.Target+".") {
				t.Errorf("%s stands under %s", one.Name, s.Target)
			}
		}
		n += len(s.Signals)
		if sum != s.Points {
			t.Errorf("%s: %d, its signals sum to %d", s.Target, s.Points, sum)
		}
	}
	if n != len(a.Signals) || len(e.Intents) != len(socialwatch.Intents) || e.Other("case").Target != "case" {
		t.Errorf("%d of %d signals, %d intents", n, len(a.Signals), len(e.Intents))
	}
	for _, s := range e.Steps {
		total := 0
		for _, term := range s.Terms {
			total += term.Points
		}
		if s.Rule == "" || s.Outcome == "" || len(s.Terms) > 0 && total != s.Total {
			t.Errorf("step %+v", s)
		}
	}
	if a.Score++; tri.Explain(a).Agrees {
		t.Error("a changed assessment agrees with its signals")
	}
}
