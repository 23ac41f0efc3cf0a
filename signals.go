package socialwatch

import (
	"slices"
	"strings"
)

// Signals of triage that other parts act on.
const (
	SignalImpostor = "must.impostor"   // the author poses as us
	SignalScamCall = "must.scam_call"  // somebody tells of a fraud in our name
	SignalTakeover = "must.takeover"   // somebody else is in the customer's account
	SignalSafety   = "must.safety"     // danger to people: fire, injury, violence, a will to die
	SignalOptOut   = "ignored.opt_out" // the author asks us not to write to them any more
)

// gravest orders the signals by which a human must act, gravest first.
var gravest = append([]string{SignalImpostor, SignalSafety, SignalTakeover, SignalScamCall}, HumanSignals...)

// Must is the gravest signal by which a human must act whatever the rest says,
// and how grave it is: 0 without one, 1 for a signal that no other part acts on.
func (a Assessment) Must() (name string, gravity int) {
	for _, s := range a.Signals {
		if !strings.HasPrefix(s.Name, "must.") {
			continue
		}
		g := 1
		if i := slices.Index(gravest, s.Name); i >= 0 {
			g = 1 + len(gravest) - i
		}
		if g > gravity {
			name, gravity = s.Name, g
		}
	}
	return name, gravity
}

// Has reports whether one of the signals is there.
func (a Assessment) Has(names ...string) bool {
	return slices.ContainsFunc(a.Signals, func(s Signal) bool { return slices.Contains(names, s.Name) })
}
