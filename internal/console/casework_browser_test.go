package console

import (
	"testing"
	"time"
)

// The work on a case is a key away on the card, and its sheets take digits.
func TestBrowserWorksOnACaseByKeys(t *testing.T) {
	s := newShop(t)
	cases := s.three(t)
	s.live = time.Now()
	b := newBrowser(t, s)
	b.enter("ana")
	b.open("/")
	b.until(has("#card-title", cases[0].Number))
	b.press("n")
	b.until(`document.activeElement.id === "casenote"`)
	eval[bool](b, `((document.activeElement.value = "the courier has it"), true)`)
	b.until(`document.activeElement.value === "the courier has it"`)
	eval[bool](b, `(document.querySelector("#casenote").form.requestSubmit(), true)`)
	b.until(has("#notice", "Noted on "+cases[0].Number))
	b.until(has(".notes", "the courier has it"))
	b.settled()
	b.press("x")
	b.until(`document.activeElement.dataset.reason === "1"`)
	b.press("s") // one sheet at a time
	b.until(`document.querySelectorAll("details.pop[open]").length === 1 && document.activeElement.value === "1h"`)
	b.press("2")
	b.until(has("#notice", "Put off "+cases[0].Number))
	b.until(has("#card-title", cases[1].Number))
	d, err := s.Case(t.Context(), cases[0].Number)
	must(t, err)
	if d.Case.SnoozedUntil.IsZero() || d.Case.Escalated || len(d.Notes) != 1 {
		t.Errorf("%+v, %d notes", d.Case, len(d.Notes))
	}
	b.settled()
	b.press("x")
	b.until(`document.activeElement.dataset.reason === "1"`)
	b.press("1")
	b.until(has("#card", "A refund or credit must be decided."))
}
