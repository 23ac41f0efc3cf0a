package responder

import (
	"fmt"
	"strings"

	"socialwatch"
)

// Level is the priority of a case, 1 (most urgent) to 4; the table is in the
// package's comment.
func Level(a socialwatch.Assessment) int {
	switch {
	case a.Has(socialwatch.SignalSafety):
		return 1
	case a.Intent == socialwatch.Praise && a.WantsHuman() == "":
		return 4
	case a.Escalate && (a.Urgency >= 2 || a.Score >= 80):
		return 1
	case a.Escalate && (a.Urgency == 1 || a.Score >= 60),
		a.Intent == socialwatch.ScamReport, a.Intent == socialwatch.AccountAccess, a.Urgency >= 2:
		return 2
	case a.Escalate, a.Urgency == 1, a.Intent == socialwatch.ServiceComplaint:
		return 3
	}
	return 4
}

// acts says what a human must do about an intent, beyond the reply.
var acts = map[socialwatch.Intent]string{
	socialwatch.StuckOrder:       "Someone must find out where the order is stuck",
	socialwatch.MissingDelivery:  "Someone must trace the parcel",
	socialwatch.RefundDelay:      "Someone must look up the refund",
	socialwatch.Billing:          "Someone must check the charge",
	socialwatch.ReturnExchange:   "Someone must arrange the return or replacement",
	socialwatch.AccountAccess:    "Someone must check the account",
	socialwatch.ScamReport:       "Someone must look at the reported fraud",
	socialwatch.ServiceComplaint: "Someone must look into the complaint",
}

// musts says what a human must do because of a signal, whatever else a post is.
var musts = map[string]string{
	socialwatch.SignalImpostor: "Someone must have the account that poses as us taken down, and warn the customers it answered.",
	socialwatch.SignalSafety:   "Someone must act at once: the post tells of danger to people.",
	socialwatch.SignalTakeover: "Someone must secure the account: somebody else may be in it.",
	socialwatch.SignalScamCall: "Someone must look at the reported fraud in our name.",
	"must.asks_for_human":      "Someone must take over: the customer asks for a person.",
	"must.bot_denied":          "Someone must take over: the customer does not want an automatic answer.",
	"must.asks_for_call":       "Someone must take over: the customer asks for a call.",
}

// escalation is why a human must act beyond the reply, empty when none must:
// triage says so, or somebody reports a fraud. The gravest signal gives the
// reason. Never for praise, unless a signal of musts is there.
func escalation(a socialwatch.Assessment) string {
	signal, _ := a.Must()
	if reason := musts[signal]; reason != "" {
		return reason
	}
	if a.Intent == socialwatch.Praise || !a.Escalate && a.Intent != socialwatch.ScamReport {
		return ""
	}
	act := acts[a.Intent]
	if act == "" {
		act = "Someone must look into the customer's matter"
	}
	switch waits := waited(a); len(waits) {
	case 0:
	case 1:
		return fmt.Sprintf("%s: the customer has waited for %s days.", act, waits[0])
	default:
		return fmt.Sprintf("%s: the customer writes of %s days.", act, strings.Join(waits, " and "))
	}
	if a.Urgency >= 2 {
		return act + ": the post is severe."
	}
	return act + "."
}
