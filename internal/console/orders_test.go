package console

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"socialwatch"
)

// tell stores what the shop says about the order of a case, as a look-up does.
func (s *shop) tell(t testing.TB, cs socialwatch.Case, r socialwatch.LookupResult) {
	t.Helper()
	for {
		n, err := s.Number(t.Context(), 1000)
		must(t, err)
		if n == 0 {
			break
		}
	}
	_, err := s.EnrolOrders(t.Context(), s.now(), 10_000)
	must(t, err)
	tasks, err := s.ClaimLookups(t.Context(), s.now(), time.Minute, 1000)
	must(t, err)
	for _, k := range tasks {
		if k.CaseID != cs.ID {
			must(t, s.ReturnLookup(t.Context(), k))
			continue
		}
		r.At, r.NextAt = s.now(), s.now().Add(6*time.Hour)
		must(t, s.FinishLookup(t.Context(), k, r))
	}
}

// asks lets the console of a shop ask about orders.
func (s *shop) asks() {
	s.console.o.Lookups = &Lookups{Ask: s.AskOrders, Patience: 5, State: func(ctx context.Context) (socialwatch.LookupState, error) { return s.Lookups(ctx, s.now()) }}
}

func (s *shop) found(status string) socialwatch.LookupResult {
	return socialwatch.LookupResult{Outcome: socialwatch.LookupFound, Level: 1, Score: 80, DueAt: s.now().Add(15 * time.Minute),
		Facts: socialwatch.OrderFacts{Status: status, MovedAt: s.now().Add(-9*24*time.Hour - time.Hour), Value: 12900, Currency: "EUR", Refund: "none"},
		Signals: []socialwatch.OrderSignal{{Name: socialwatch.SignalNotMoved, Found: 9, From: 5, Points: 20},
			{Name: socialwatch.SignalHighValue, Found: 12900, From: 10000, Currency: "EUR", Points: 15}}}
}

// ordered is a case whose customer names an order.
func (s *shop) ordered(t testing.TB, handle, order string) socialwatch.Case {
	t.Helper()
	return s.arrive(t, customer{handle: handle, followers: 88, ago: 20 * time.Minute, level: 3, target: 2 * time.Hour,
		text: "@shop_help my order " + order + " has not moved for 9 days", order: order})
}

// read is a page's text without its tags, white space folded.
func (a answer) read() string {
	return strings.Join(strings.Fields(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(a.body, ""))), " ")
}

func (s *shop) cardOf(t testing.TB, login, number string) answer {
	t.Helper()
	return s.enter(t, login).get(fmt.Sprintf("/replies/%d", s.replyOf(t, number).ID))
}

// says fails unless a page's text has all the parts.
func says(t testing.TB, a answer, parts ...string) {
	t.Helper()
	text := a.read()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("status %d: the page does not say %q:\n%s", a.status, p, text)
		}
	}
}

func TestCardSaysWhatTheShopSays(t *testing.T) {
	s := newShop(t)
	s.asks()
	cs := s.ordered(t, "customer1", "SW-100233")
	s.tell(t, cs, s.found("<b>shipped</b>"))
	s.advance(2 * time.Minute)
	card := s.cardOf(t, "ana", cs.Number)
	says(t, card, "Order …233: <b>shipped</b>, last movement 9 days ago, 129.00 EUR, refund: none, asked 2 min ago",
		"no movement for 9 days (threshold 5) +20", "high value: 129.00 EUR (threshold 100.00 EUR) +15", "Level 1")
	card.hasNot(t, "<b>shipped</b>")
}

// Beside the posts, which are the customer's own words, no order number stands
// whole.
func TestOrderNumbersStandMaskedBesideThePosts(t *testing.T) {
	s := newShop(t)
	s.asks()
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order", order: "SW-100233"})
	s.tell(t, cs, s.found("in transit"))
	for path, list := range map[string]string{"/cases/" + cs.Number: "Order numbers…233", "/replies/" + id(s.replyOf(t, cs.Number)): "Order …233"} {
		page := s.enter(t, "otto").get(path)
		says(t, page, list)
		page.hasNot(t, "100233")
	}
}

func TestCasePageSaysAllAndAsksAgainOnceAMinute(t *testing.T) {
	s := newShop(t)
	s.asks()
	cs := s.ordered(t, "customer1", "SW-100233")
	s.tell(t, cs, s.found("in transit"))
	path := "/cases/" + cs.Number
	page := s.enter(t, "rita").get(path)
	says(t, page, "no movement for 9 days", "Asked the shop about an order: found, made it level 1")
	page.hasNot(t, "Ask again")
	otto := s.enter(t, "otto")
	page = otto.get(path)
	no := otto.submit(page, "/orders", nil)
	if no.status != http.StatusConflict {
		t.Errorf("asked again within a minute: %d", no.status)
	}
	says(t, no, "Not asked again:", "wait a minute")
	s.advance(2 * time.Minute)
	if yes := otto.submit(page, "/orders", nil); yes.status != http.StatusSeeOther {
		t.Errorf("asked again: %d", yes.status)
	}
	tasks, err := s.ClaimLookups(t.Context(), s.now(), time.Minute, 10)
	if err != nil || len(tasks) != 1 {
		t.Errorf("%d orders are due, %v", len(tasks), err)
	}
	if no := s.enter(t, "rita").post(path+"/orders", nil); no.status != http.StatusForbidden {
		t.Errorf("a reader asks: %d", no.status)
	}
}

func TestCardSaysWhenTheShopCouldNotBeAsked(t *testing.T) {
	s := newShop(t)
	s.asks()
	cs := s.ordered(t, "customer1", "SW-100233")
	s.tell(t, cs, s.found("in transit"))
	s.advance(7 * time.Hour)
	s.tell(t, cs, socialwatch.LookupResult{Outcome: socialwatch.LookupFailed, Why: "no answer in time"})
	must(t, s.RecordLookup(t.Context(), "no answer in time", s.now(), s.now().Add(time.Minute)))
	says(t, s.cardOf(t, "ana", cs.Number), "The shop could not be asked: no answer in time. This was told 7 h ago. in transit")
	says(t, s.enter(t, "ana").get("/connections"), "Look-ups of orders", "failures in a row: 1", "It is left alone until")
}
