package console

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"socialwatch"
)

func TestAnIgnoredMentionIsMadeACaseByAButton(t *testing.T) {
	s := newShop(t)
	s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	s.arrive(t, customer{handle: "deals", text: "20% off via @shop_help", ignored: "promotion"})
	s.arrive(t, customer{handle: "customer2", text: "love it, thank you", ignored: "praise"})
	var asked []int64
	s.console.o.Promote = func(_ context.Context, id int64, by socialwatch.Person) (string, error) {
		asked = append(asked, id)
		if len(asked) > 1 {
			return "", fmt.Errorf("it has a case already: %w", socialwatch.ErrConflict)
		}
		return "K-1001", nil
	}
	s.enter(t, "rita").get("/mentions").hasNot(t, "/promote\"")
	otto := s.enter(t, "otto")
	page := otto.get("/mentions")
	page.has(t, `action="/mentions/2/promote"`, `action="/mentions/3/promote"`)
	page.hasNot(t, `action="/mentions/1/promote"`)
	a := otto.submit(page, "/mentions/3/promote", nil)
	if a.status != http.StatusSeeOther || len(asked) != 1 || asked[0] != 3 {
		t.Fatalf("%d, %v", a.status, asked)
	}
	otto.get(a.to).has(t, "K-1001 is a case now.")
	if a := otto.submit(page, "/mentions/2/promote", nil); a.status != http.StatusConflict {
		t.Errorf("status %d", a.status)
	}
	_, err := s.AddPerson(t.Context(), socialwatch.Person{Login: "else", Name: "Else", Roles: map[string]socialwatch.Role{"another": socialwatch.RoleLead}}, "", s.now())
	must(t, err)
	for _, path := range []string{"/mentions/1/promote", "/mentions/2/promote", "/mentions/99/promote"} { // theirs is none of them
		if a := s.enter(t, "else").post(path, nil); a.status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, a.status)
		}
	}
	if len(asked) != 2 {
		t.Errorf("promoted %v", asked)
	}
	if a := otto.post("/mentions/x/promote", nil); a.status != http.StatusNotFound {
		t.Errorf("status %d", a.status)
	}
}

// A post that a rule ignored wrongly is labelled with what it is about, without
// becoming a case.
func TestAnIgnoredMentionIsCorrectedWithoutACase(t *testing.T) {
	s := newShop(t)
	s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	s.arrive(t, customer{handle: "deals", text: "20% off via @shop_help, but I was charged twice", ignored: "promotion"})
	otto := s.enter(t, "otto")
	page := otto.get("/mentions?show=ignored")
	page.has(t, "Ignored wrongly?", "The post stays without a case")
	otto.get("/mentions").hasNot(t, `action="/mentions/1/correct"`)
	a := otto.submit(page, "/mentions/2/correct", url.Values{"intent": {"billing"}, "escalate": {"yes"}})
	if a.status != http.StatusSeeOther || a.to != "/mentions?show=ignored#m2" {
		t.Fatalf("status %d to %q", a.status, a.to)
	}
	said := "Corrected by otto: Billing, a human must act."
	otto.get("/mentions").has(t, said, `<option value="billing" selected>`)
	rita := s.enter(t, "rita")
	rita.get("/mentions").has(t, said)
	rita.get("/mentions").hasNot(t, "/correct\"")
	for status, form := range map[int]url.Values{
		http.StatusUnprocessableEntity: {"revision": {"0"}, "intent": {"late"}},
		http.StatusConflict:            {"revision": {"older"}, "intent": {"billing"}},
	} {
		if a := otto.post("/mentions/2/correct", form); a.status != status {
			t.Errorf("%v: status %d, want %d", form, a.status, status)
		}
	}
	for _, path := range []string{"/mentions/x/correct", "/mentions/99/correct"} {
		if a := otto.post(path, url.Values{"revision": {"0"}, "intent": {"billing"}}); a.status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, a.status)
		}
	}
	if a := rita.post("/mentions/2/correct", url.Values{"revision": {"0"}, "intent": {"billing"}}); a.status != http.StatusForbidden {
		t.Errorf("a reader: status %d", a.status)
	}
	n := 0
	for l, err := range s.Labels(t.Context(), time.Time{}) {
		must(t, err)
		n++
		if l.Corrected == nil || l.Corrected.Intent != socialwatch.Billing || !l.Corrected.Escalate {
			t.Errorf("label %+v", l)
		}
	}
	if n != 1 {
		t.Errorf("%d labels", n)
	}
}
