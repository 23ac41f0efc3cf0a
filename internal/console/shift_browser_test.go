package console

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"socialwatch"
)

// jsOrder is the order of the rows.
const jsOrder = `[...document.querySelectorAll("#rows .row")].map((r) => r.dataset.id).join()`

// TestBrowserShowsTheRowOfTheCardItTook: a card that came after the list was
// loaded brings the list along, but not under the pointer.
func TestBrowserShowsTheRowOfTheCardItTook(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	s.three(t)
	b.enter("ana")
	b.open("/")
	late := func(handle string) string {
		return id(s.replyOf(t, s.arrive(t, customer{handle: handle, text: "@shop_help where is my order", ago: time.Hour}).Number))
	}
	first := late("customer8")
	b.until(has("#fresh", "1 new"))
	b.press("f")
	b.until(`document.querySelector('#rows .row[data-id="` + first + `"].current > a') === document.activeElement`)
	b.until(`document.querySelector("#fresh").hidden`)

	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 200, 600))
	b.until(`document.querySelector("#queue:hover")`)
	before := eval[string](b, jsOrder)
	second := late("customer9")
	b.until(has("#fresh", "1 new"))
	b.settled()
	b.press("f")
	b.until(`document.getElementById("card").dataset.id === "` + second + `"`)
	if after := eval[string](b, jsOrder); after != before {
		t.Errorf("under the pointer rows %s became %s", before, after)
	}
}

// TestBrowserAsksNothingOfAFrozenCard: when the thread moves while somebody is
// asked to look once more, there is nothing to confirm.
func TestBrowserAsksNothingOfAFrozenCard(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	cs := s.three(t)[0]
	b.enter("ana")
	b.open("/replies/" + id(s.replyOf(t, cs.Number)) + "/edit")
	b.until(`document.activeElement.id === "text"`)
	b.press(" You should have READ it.")
	b.do(chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	b.until(has(".ask", "Look once more"))
	edit := `document.querySelector("#text").value.endsWith("READ it.")`
	b.until(edit)
	s.again(t, cs, "", "We are sorry. Please use shop.example/help.")
	b.until(has("#frozen", "This changed, look again."))
	b.until(`!document.querySelector(".ask")`)
	b.until(`document.activeElement.closest("#frozen, #editor")`)
	b.until(edit) // what was typed stays
}

// TestBrowserKeepsButtonsWhereTheyAreWhenItAsks: the second look widens no
// button, so that none comes under the pointer of another.
func TestBrowserKeepsButtonsWhereTheyAreWhenItAsks(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	r := s.replyOf(t, s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"}).Number)
	_, err := s.desk.Edit(t.Context(), socialwatch.Decision{ReplyID: r.ID, Hash: r.Hash, By: s.person(t, "otto"), Text: "We are VERY sorry. Please use shop.example/help."}, false)
	must(t, err)
	for _, width := range []int64{1440, 1024, 360} {
		b.view(width, "light")
		b.enter("ana")
		b.open("/replies/" + id(r))
		places := `[...document.querySelectorAll("#actions > :not(.ask, .deciding)")].map((n) => Math.round(n.getBoundingClientRect().left)).join()`
		before := eval[string](b, places)
		b.settled()
		b.do(chromedp.Click(chromedp.CSS("#card form.approve button")))
		b.until(has(".ask", "Look once more"))
		if after := eval[string](b, places); after != before {
			t.Errorf("at %d px buttons move from %s to %s", width, before, after)
		}
	}
}
