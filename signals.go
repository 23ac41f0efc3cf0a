package socialwatch

import "slices"

// Signals of triage that other parts act on.
const (
	SignalImpostor = "must.impostor"  // the author poses as us
	SignalScamCall = "must.scam_call" // somebody tells of a fraud in our name
	SignalTakeover = "must.takeover"  // somebody else is in the customer's account
)

// Has reports whether one of the signals is there.
func (a Assessment) Has(names ...string) bool {
	return slices.ContainsFunc(a.Signals, func(s Signal) bool { return slices.Contains(names, s.Name) })
}
