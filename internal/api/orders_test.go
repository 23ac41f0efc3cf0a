package api_test

import (
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/api"
)

func TestCaseTellsWhatTheShopSaysOfItsOrders(t *testing.T) {
	g := newRig(t)
	one := g.seed(1)[0]
	if _, err := g.fx.Number(t.Context(), 1000); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	if _, err := g.fx.EnrolOrders(t.Context(), now, 1000); err != nil {
		t.Fatal(err)
	}
	tasks, err := g.fx.ClaimLookups(t.Context(), now, time.Minute, 10)
	if err != nil || len(tasks) != 1 {
		t.Fatal(tasks, err)
	}
	err = g.fx.FinishLookup(t.Context(), tasks[0], socialwatch.LookupResult{Outcome: socialwatch.LookupFound, At: now, NextAt: now.Add(time.Hour),
		Facts:   socialwatch.OrderFacts{Status: "shipped", MovedAt: now.Add(-time.Hour), Value: 12900, Currency: "EUR"},
		Signals: []socialwatch.OrderSignal{{Name: socialwatch.SignalHighValue, Found: 12900, From: 10000, Currency: "EUR", Points: 15}}})
	if err != nil {
		t.Fatal(err)
	}
	for number, scopes := range map[string][]string{"*****233": {api.ScopeRead}, "100-2233": {api.ScopeRead, api.ScopeEntities}} {
		c := &api.Client{BaseURL: g.url, Token: g.token("", scopes...), HTTP: g.http}
		d, err := c.Case(t.Context(), one.Case.Number)
		if err != nil || len(d.OrderFacts) != 1 {
			t.Fatal(d.OrderFacts, err)
		}
		if o := d.OrderFacts[0]; o.Order != number || o.Status != "shipped" || *o.ValueMinor != 12900 || o.RefundAt != nil || len(o.Signals) != 1 {
			t.Errorf("%+v", o)
		}
	}
}
