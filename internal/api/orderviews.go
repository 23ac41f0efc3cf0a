package api

import (
	"time"

	"socialwatch"
)

// OrderFacts are what the shop's own system says about an order of a case.
type OrderFacts struct {
	Order          string                    `json:"order"`   // masked without the scope entities
	Outcome        socialwatch.LookupOutcome `json:"outcome"` // of the last time it was asked
	Why            string                    `json:"why"`     // of a failure
	AskedAt        *time.Time                `json:"asked_at"`
	FactsAt        *time.Time                `json:"facts_at"` // when what follows was told: earlier than asked_at after a failure
	Status         string                    `json:"status"`   // the shop's words
	LastMovementAt *time.Time                `json:"last_movement_at"`
	ValueMinor     *int64                    `json:"value_minor"` // in the currency's smallest unit
	Currency       string                    `json:"currency"`
	RefundState    string                    `json:"refund_state"` // the shop's words
	RefundAt       *time.Time                `json:"refund_at"`
	DeliveredAt    *time.Time                `json:"delivered_at"`
	ExpectedAt     *time.Time                `json:"expected_at"`
	Signals        []socialwatch.OrderSignal `json:"signals"` // by which it lifted the case
}

func (c caller) viewOrder(o socialwatch.CaseOrder) OrderFacts {
	f := o.Facts
	v := OrderFacts{Order: c.number(o.Order), Outcome: o.Outcome, Why: o.Why, AskedAt: at(o.AskedAt), FactsAt: at(o.FactsAt),
		Status: f.Status, LastMovementAt: at(f.MovedAt), Currency: f.Currency, RefundState: f.Refund, RefundAt: at(f.RefundAt),
		DeliveredAt: at(f.DeliveredAt), ExpectedAt: at(f.ExpectedAt), Signals: list(o.Signals)}
	if f.Currency != "" {
		v.ValueMinor = &f.Value
	}
	return v
}
