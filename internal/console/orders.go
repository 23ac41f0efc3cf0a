package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/internal/auth"
)

// Lookups are how the shop's own system is asked about orders.
type Lookups struct {
	// State tells how asking does.
	State func(ctx context.Context) (socialwatch.LookupState, error)
	// Ask makes the shop be asked at once about the orders of a case;
	// ErrConflict, with a text, when it was only just asked.
	Ask func(ctx context.Context, number string, by socialwatch.Person, at time.Time) error
	// Patience is how many failures in a row mean that the system is down.
	Patience int
}

// orderView is what the shop says about one order of a case.
type orderView struct {
	Name    string   // "Order …233"
	Facts   []string // the short ones of a card
	Problem string
	Asked   moment
	Signals []orderSignal
	List    []fact // all, for the page of the case
}

// orderSignal is a fact that lifted the case.
type orderSignal struct {
	Text   string
	Points int
}

func (c *Console) orderViews(orders []socialwatch.CaseOrder) []orderView {
	var all []orderView
	for _, o := range orders {
		all = append(all, c.orderView(o))
	}
	return all
}

func (c *Console) orderView(o socialwatch.CaseOrder) orderView {
	v := orderView{Name: say("order", o.Last()), Asked: c.moment(o.AskedAt)}
	switch o.Outcome {
	case socialwatch.LookupWaiting:
		v.Problem = say("order.waiting")
		return v
	case socialwatch.LookupNotFound:
		v.Problem = say("order.not_found")
		return v
	case socialwatch.LookupFailed:
		v.Problem = say("order.failed", told(o.Why))
		if !o.FactsAt.IsZero() {
			v.Problem = say("order.failed.since", told(o.Why), c.moment(o.FactsAt).Ago)
		}
	}
	for _, s := range o.Signals {
		v.Signals = append(v.Signals, orderSignal{signalText(s), s.Points})
	}
	c.orderFacts(&v, o.Facts)
	return v
}

// orderFacts fills in what an order's facts say: in short for a card, and whole.
func (c *Console) orderFacts(v *orderView, f socialwatch.OrderFacts) {
	add := func(name, value, short string) {
		if value != "" {
			v.List = append(v.List, fact{Name: say(name), Value: value})
			v.Facts = append(v.Facts, short)
		}
	}
	at := func(name string, t time.Time) {
		if !t.IsZero() {
			v.List = append(v.List, fact{Name: say(name), Value: c.moment(t).Full})
		}
	}
	add("order.status", f.Status, f.Status)
	if !f.MovedAt.IsZero() {
		v.Facts = append(v.Facts, say("order.moved.short", c.moment(f.MovedAt).Ago))
	}
	at("order.moved", f.MovedAt)
	value := socialwatch.Money(f.Value, f.Currency)
	add("order.value", value, value)
	add("order.refund", f.Refund, say("order.refund.short", f.Refund))
	at("order.refund_at", f.RefundAt)
	at("order.delivered", f.DeliveredAt)
	at("order.expected", f.ExpectedAt)
}

// signalText says what was found and from when on it counts.
func signalText(s socialwatch.OrderSignal) string {
	switch s.Name {
	case socialwatch.SignalNotMoved:
		return say("order.not_moved", s.Found, s.From)
	case socialwatch.SignalHighValue:
		return say("order.high_value", socialwatch.Money(s.Found, s.Currency), socialwatch.Money(s.From, s.Currency))
	}
	return label("signal", s.Name)
}

// shortOrders are order numbers as the console shows them beside a post's own words.
func shortOrders(orders []string) []string {
	all := make([]string, len(orders))
	for i, order := range orders {
		all[i] = socialwatch.LastOf(order)
	}
	return all
}

// mayAsk reports whether p may have the shop asked again about a case's orders.
func (c *Console) mayAsk(p socialwatch.Person, cs socialwatch.Case, orders []socialwatch.CaseOrder) bool {
	return c.o.Lookups != nil && len(orders) > 0 && p.May(socialwatch.RoleAuthor, cs.Account)
}

// askOrders has the shop asked again about the orders of a case.
func (c *Console) askOrders(w http.ResponseWriter, r *http.Request) error {
	p, _ := auth.PersonFrom(r.Context())
	d, err := c.readCase(r, p)
	if err != nil {
		return err
	}
	if err := may(p, socialwatch.RoleAuthor, d.Case.Account); err != nil {
		return err
	}
	if c.o.Lookups == nil {
		return socialwatch.ErrNotFound
	}
	err = c.o.Lookups.Ask(r.Context(), d.Case.Number, p, socialwatch.Micros(c.o.Now()))
	if errors.Is(err, socialwatch.ErrConflict) {
		return c.showCase(w, r, http.StatusConflict, &noteView{Kind: "bad", Title: say("order.ask.no"), Text: sentence(err, socialwatch.ErrConflict)})
	}
	if err != nil {
		return fmt.Errorf("ask about orders: %w", err)
	}
	return see(w, r, "/cases/"+url.PathEscape(d.Case.Number)+"#orders")
}

// lookupView is the shop's own system on Connections; nil where none is asked.
func (c *Console) lookupView(ctx context.Context) (*alertView, error) {
	if c.o.Lookups == nil {
		return nil, nil
	}
	s, err := c.o.Lookups.State(ctx)
	if err != nil {
		return nil, fmt.Errorf("read how look-ups do: %w", err)
	}
	v := &alertView{Name: say("lookup"), Kind: "good", State: say("lookup.good"), Figures: []fact{
		{Name: say("lookup.answered"), Value: c.moment(s.GoodAt).Ago}, {Name: say("lookup.waiting"), Value: most(s.Waiting)}}}
	switch {
	case s.Failures >= max(1, c.o.Lookups.Patience):
		v.Kind, v.State = "bad", say("lookup.down")
	case s.Failures > 0:
		v.Kind, v.State = "warn", say("lookup.failing")
	case s.GoodAt.IsZero():
		v.Kind, v.State = "", say("lookup.idle")
	}
	if s.Failures > 0 {
		v.Problem = &connProblem{Kind: v.Kind, Title: say("lookup.failed", c.moment(s.FailedAt).Clock, s.Failures), Text: told(s.Error), Do: say("lookup.do")}
		if s.Rests(c.o.Now()) {
			v.Problem.Do = say("lookup.rests", c.moment(s.NextAt).Clock) + " " + v.Problem.Do
		}
	}
	return v, nil
}

// lookedUpText is what an event of a look-up tells.
func lookedUpText(e socialwatch.Event) string {
	outcome, _ := e.Data["outcome"].(string)
	parts := []string{label("looked_up", outcome)}
	if level, ok := e.Data["level"].(float64); ok {
		parts = append(parts, say("looked_up.lifted", int(level)))
	}
	return strings.Join(parts, ", ")
}
