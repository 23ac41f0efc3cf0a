package console

import (
	"net/http"
	"net/url"
	"testing"
)

// TestALeadMergesCasesOfACustomerAndTakesThemApart: the forms stand where they
// can work, and who may not is refused.
func TestALeadMergesCasesOfACustomerAndTakesThemApart(t *testing.T) {
	s := newShop(t)
	older := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	younger := s.arrive(t, customer{handle: "customer1", text: "@shop_help and my coat too"})
	otto, lea := s.enter(t, "otto"), s.enter(t, "lea")
	page := otto.get("/cases/" + younger.Number)
	page.has(t, "/answered")
	page.hasNot(t, "/merge", "/unmerge", "/private")
	if a := otto.post("/cases/"+younger.Number+"/merge", url.Values{"version": {"1"}, "other": {older.Number + " 1"}}); a.status != http.StatusForbidden {
		t.Errorf("an author merges: %d", a.status)
	}
	if a := lea.post("/cases/"+younger.Number+"/merge", url.Values{"version": {"1"}, "other": {older.Number + " 9"}}); a.status != http.StatusConflict {
		t.Errorf("at another version: %d", a.status)
	}
	back := lea.submit(lea.get("/cases/"+younger.Number), "/merge", url.Values{"other": {older.Number + " 1"}})
	merged := lea.get(back.to)
	merged.has(t, "Take "+younger.Number+" out again", "where is my order", "and my coat too")
	back = lea.submit(merged, "/unmerge", nil)
	lea.get(back.to).hasNot(t, "/unmerge", "and my coat too")
	lea.get("/cases/"+younger.Number).has(t, "and my coat too", "Merge undone")
}

func TestAnAnswerInPrivateCounts(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	otto := s.enter(t, "otto")
	back := otto.submit(otto.get("/cases/"+cs.Number), "/answered", nil)
	otto.get(back.to).has(t, "The answer on "+cs.Number+" counts.", "Answered: in private")
	if a := otto.post("/cases/"+cs.Number+"/private", url.Values{"version": {"2"}}); a.status != http.StatusConflict {
		t.Errorf("private contact that nobody asked for: %d", a.status)
	}
}

func TestACaseOfDangerSaysWhatToDo(t *testing.T) {
	s := newShop(t)
	danger := s.arrive(t, customer{handle: "customer1", text: "@shop_help your driver hit me", escalated: english["told.escalated.must.safety"]})
	other := s.arrive(t, customer{handle: "customer2", text: "@shop_help is there a human being", escalated: english["told.escalated.must.asks_for_human"]})
	ana := s.enter(t, "ana")
	ana.get("/cases/"+danger.Number).has(t, "Someone must act at once", "call the emergency services")
	ana.get("/replies/"+id(s.replyOf(t, danger.Number))).has(t, "call the emergency services")
	ana.get("/cases/"+other.Number).hasNot(t, "emergency services")
}
