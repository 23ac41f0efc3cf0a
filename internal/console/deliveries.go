package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"socialwatch"
	"socialwatch/internal/store"
)

// linkTab is one of several lists of a page.
type linkTab struct {
	URL, Text string
	Current   bool
}

// deliveryView is one event for one endpoint, without its words.
type deliveryView struct {
	ID               int64
	What, Kind, Case string
	At, Tried        moment
	State, Class     string
	Tries, Answer    string
	Next             string // try; empty: there is none
	Dead             bool
	Label            string // of the button
}

// deliveryStates are the lists of deliveries, by their name in the address.
var deliveryStates = []socialwatch.DeliveryState{"", socialwatch.DeliveryPending, socialwatch.DeliveryDelivered, socialwatch.DeliveryDead}

// deliveriesOf fills in the deliveries that the address asks for.
func (c *Console) deliveriesOf(r *http.Request, h socialwatch.WebhookHealth, v *hookPage) error {
	q := r.URL.Query()
	f := store.DeliveryFilter{WebhookID: h.ID, After: q.Get("after")}
	for _, state := range deliveryStates {
		tab := linkTab{URL: hookPath(h) + "#deliveries", Text: say("deliveries.all")}
		if state != "" {
			tab = linkTab{URL: hookPath(h) + "?state=" + string(state) + "#deliveries", Text: say("deliveries." + string(state))}
		}
		if string(state) == q.Get("state") {
			f.State, tab.Current = state, true
		}
		v.Tabs = append(v.Tabs, tab)
	}
	list, next, err := c.o.Webhooks.Deliveries.Deliveries(r.Context(), f)
	if err != nil {
		return fmt.Errorf("read deliveries: %w", err)
	}
	for _, d := range list {
		v.Deliveries = append(v.Deliveries, c.deliveryView(h, d))
	}
	if next != "" {
		v.More = hookPath(h) + "?" + url.Values{"state": {string(f.State)}, "after": {next}}.Encode() + "#deliveries"
	}
	v.Empty = emptyView{Kind: "calm", Title: say("deliveries.none"), Lines: []string{say("deliveries.none.text")}}
	if f.State != "" || f.After != "" {
		v.Empty = emptyView{Kind: "filtered", Title: say("deliveries.none.state"), URL: hookPath(h) + "#deliveries", URLText: say("deliveries.all")}
	}
	return nil
}

func (c *Console) deliveryView(h socialwatch.WebhookHealth, d socialwatch.Delivery) deliveryView {
	v := deliveryView{ID: d.ID, What: cut(label("event", d.Kind)), Kind: cut(d.Kind), Case: d.CaseNumber, At: c.moment(d.EventAt), Tried: c.moment(d.TriedAt),
		State: say("deliveries." + string(d.State)), Answer: deliveryAnswer(d)}
	switch d.Tries {
	case 0:
	case 1:
		v.Tries = say("delivery.try")
	default:
		v.Tries = say("delivery.tries", d.Tries)
	}
	switch d.State {
	case socialwatch.DeliveryDelivered:
		v.Class = "good"
	case socialwatch.DeliveryDead:
		v.Class, v.Dead = "bad", true
		v.Label = say("delivery.again.label", v.What, v.At.Full)
	default:
		if d.Tries > 0 {
			v.Class = "warn"
		}
		v.Next = c.nextTry(h, d)
	}
	return v
}

// nextTry says when a delivery that waits is tried.
func (c *Console) nextTry(h socialwatch.WebhookHealth, d socialwatch.Delivery) string {
	at := later(d.NextAt, h.RestUntil)
	switch {
	case h.State != socialwatch.WebhookActive:
		return say("delivery.next.resumed")
	case at.After(c.o.Now()):
		return say("delivery.next", c.moment(at).Clock)
	}
	return say("delivery.next.due")
}

// deliveryAnswer is what the last call brought.
func deliveryAnswer(d socialwatch.Delivery) string {
	switch {
	case d.State == socialwatch.DeliveryDelivered && d.Status > 0:
		return say("delivery.took", d.Status)
	case d.Error != "":
		return cut(d.Error)
	}
	return say("fig.none")
}

// redeliver has one dead delivery of an endpoint tried again, or all.
func (c *Console) redeliver(w http.ResponseWriter, r *http.Request) error {
	return c.onHook(w, r, "hook_again", func(by socialwatch.Person, h socialwatch.WebhookHealth) error {
		again := store.Redelivery{Name: h.Name, By: by.Login, At: socialwatch.Micros(c.o.Now())}
		if typed := r.PostFormValue("delivery"); typed != "all" {
			id, err := strconv.ParseInt(typed, 10, 64)
			if err != nil {
				return socialwatch.ErrNotFound
			}
			again.IDs = []int64{id}
		}
		n, err := c.o.Webhooks.Deliveries.Redeliver(r.Context(), again)
		if err != nil {
			return fmt.Errorf("redeliver: %w", err)
		}
		if n == 0 {
			return &badError{say("delivery.again.none")}
		}
		return nil
	})
}
