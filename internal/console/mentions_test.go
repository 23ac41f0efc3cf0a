package console

import (
	"context"
	"fmt"
	"net/http"
	"testing"

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
	if a := otto.post("/mentions/x/promote", nil); a.status != http.StatusNotFound {
		t.Errorf("status %d", a.status)
	}
}
