package console

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"socialwatch"
)

// ottoEdits has an author change the draft of a case.
func (s *shop) ottoEdits(t testing.TB, cs socialwatch.Case) {
	t.Helper()
	r := s.replyOf(t, cs.Number)
	_, err := s.desk.Edit(t.Context(), socialwatch.Decision{ReplyID: r.ID, Hash: r.Hash, By: s.person(t, "otto"), Text: "Another text, " + cs.Number + "."}, false)
	must(t, err)
}

func (s *shop) is(t testing.TB, cs socialwatch.Case, want socialwatch.ReplyState) {
	t.Helper()
	if got := s.replyOf(t, cs.Number).State; got != want {
		t.Errorf("%s is %s, want %s", cs.Number, got, want)
	}
}

func TestBrowserConfirmsByTheSameKeyInPlaceAndStaysInTheList(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	cases := s.matters(t, 4) // orders at 0 and 2
	s.ottoEdits(t, cases[0])
	b.enter("ana")
	b.open("/?intent=stuck_order")
	b.until(has("#card", cases[0].Number))
	eval[int](b, "window.kept = 1")
	// Pressed again at once, however slow the test is: its meaning has just changed.
	eval[int](b, `new MutationObserver((_, o) => {
		if (!document.querySelector("#card .actions .ask")) return;
		o.disconnect();
		document.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true }));
		window.again = 1;
	}).observe(document.body, { childList: true, subtree: true }), 1`)
	b.press("a")
	b.until(has("#card .actions .ask", "Look once more") + " && window.again")
	s.is(t, cases[0], socialwatch.ReplyAwaiting)
	b.settled()
	b.press("a")
	b.until(has("#notice", "Approved "+cases[0].Number))
	b.until(has("#card", cases[2].Number))
	s.is(t, cases[0], socialwatch.ReplyHolding)
	if got := eval[string](b, `location.pathname + new URLSearchParams(location.search).get("intent")`); got != "/replies/"+id(s.replyOf(t, cases[2].Number))+"stuck_order" {
		t.Errorf("the address is %s", got)
	}
	b.settled()
	b.press("e")
	b.until(`document.activeElement.id === "text"`)
	b.press(" Thank you.")
	b.do(chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.until(has("#editor .ask", "a person has written or changed the text"))
	b.settled()
	b.do(chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.until(has("#notice", "Approved "+cases[2].Number))
	s.is(t, cases[2], socialwatch.ReplyHolding)
}

func TestDraftOfAnIncidentIsConfirmedOnItsPage(t *testing.T) {
	s := newShop(t)
	id, cases := s.outage(t, 3)
	s.ottoEdits(t, cases[0])
	ana := s.enter(t, "ana")
	page := ana.get(fmt.Sprintf("/incidents/%d", id))
	ask := ana.submit(page, "/approve", nil) // the first on it
	if ask.status != http.StatusConflict {
		t.Fatalf("status %d", ask.status)
	}
	ask.has(t, "Look once more before this goes out.", "Quick Post, Stuck order", cases[1].Number, ">Confirm <kbd>")
	s.is(t, cases[0], socialwatch.ReplyAwaiting)
	r := ana.submit(ask, "/approve", nil)
	if r.status != http.StatusSeeOther || r.to != fmt.Sprintf("/incidents/%d?done=%d", id, s.replyOf(t, cases[0].Number).ID) {
		t.Errorf("status %d to %s", r.status, r.to)
	}
	s.is(t, cases[0], socialwatch.ReplyHolding)
	s.is(t, cases[1], socialwatch.ReplyAwaiting)
}
