package responder

import (
	"fmt"
	"time"

	"socialwatch"
)

// Level is the priority of a case, 1 (most urgent) to 4; the table is in the
// package's comment.
func Level(a socialwatch.Assessment) int {
	switch {
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

// Target is the business time until the first response of a level.
func Target(level int) time.Duration {
	switch level {
	case 1:
		return 15 * time.Minute
	case 2:
		return 30 * time.Minute
	case 3:
		return 60 * time.Minute
	}
	return 240 * time.Minute
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

// wants says what a customer who wants a person asks for.
var wants = map[string]string{
	"must.asks_for_human": "the customer asks for a person",
	"must.bot_denied":     "the customer does not want an automatic answer",
	"must.asks_for_call":  "the customer asks for a call",
}

// escalation is why a human must act beyond the reply, empty when none must:
// triage says so, or somebody reports a fraud. Never for praise, unless the
// customer wants a person.
func escalation(a socialwatch.Assessment) string {
	if a.Has(socialwatch.SignalImpostor) {
		return "Someone must have the account that poses as us taken down, and warn the customers it answered."
	}
	if signal := a.WantsHuman(); signal != "" {
		return "Someone must take over: " + wants[signal] + "."
	}
	if a.Intent == socialwatch.Praise || !a.Escalate && a.Intent != socialwatch.ScamReport {
		return ""
	}
	act := acts[a.Intent]
	if act == "" {
		act = "Someone must look into the customer's matter"
	}
	if e, ok := a.Entity(socialwatch.DaysWaited); ok {
		return fmt.Sprintf("%s: the customer has waited for %s days.", act, e.Value)
	}
	if a.Urgency >= 2 {
		return act + ": the post is severe."
	}
	return act + "."
}
