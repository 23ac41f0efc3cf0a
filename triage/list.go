package triage

// Rule is a rule that gives signals, for people to read.
type Rule struct {
	Name    string   // of its signals, without their target
	When    string   // its condition as rules.txt has it; empty: the shop's own phrases
	Weights []Weight // none: of no weight
}

// Weight is what a rule adds to a sum.
type Weight struct {
	Target string // an intent, case, urgency, sentiment, score, thanks, must or ignored
	Points int
}

// List returns the rules that give signals, in the order in which they are
// applied. The points of "always" are what every mention starts with.
func (t *Triage) List() []Rule {
	var list []Rule
	for _, r := range t.rules {
		if r.kind != emit {
			continue
		}
		one := Rule{Name: r.name, When: r.when}
		for _, o := range r.outs {
			one.Weights = append(one.Weights, Weight{targetNames[o.target], o.points})
		}
		list = append(list, one)
	}
	return list
}
