package console

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"socialwatch"
)

// jsPlaces is where rows, card and its parts stand on the screen.
const jsPlaces = `[...document.querySelectorAll("#rows .row, #card, #card-title, #theirs-title, #ours-title, .draft, .draft .actions")].filter((n) => n.checkVisibility())
	.map((n) => (n.dataset.id || n.id || n.className) + " at " + Math.round(n.getBoundingClientRect().top) +
		(n.id === "card" ? "" : " to " + Math.round(n.getBoundingClientRect().bottom))).join("\n")` // a frozen card ends without its buttons

// Alarms, incidents, notices, news of the list and a draft that freezes come and
// go; rows and card stay where they are, on every screen.
func TestBrowserKeepsRowsAndCardInPlaceWhateverComes(t *testing.T) {
	for _, width := range []int64{1440, 1024, 360} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			s := newShop(t)
			b := newBrowser(t, s)
			cases := s.three(t)
			b.view(width, "light")
			b.enter("ana")
			at := func(i int) string { return "/replies/" + id(s.replyOf(t, cases[i].Number)) }
			still := func(what, seen string, do func()) {
				t.Helper()
				before := eval[string](b, jsPlaces)
				do()
				b.until(seen)
				if after := eval[string](b, jsPlaces); after != before {
					t.Errorf("%s moves\n%s\nto\n%s", what, before, after)
				}
			}
			b.open("/")
			b.until(has("#queue-title .count", "3"))
			still("an incident", has("#banners", "10 cases in")+"&&"+has("#fresh", "11 new"), func() {
				s.outage(t, 10)
				s.advance(healthAge)                                                      // by the shop's clock
				s.arrive(t, customer{handle: "customer20", text: "@shop_help thank you"}) // rings once more
			})
			still("a stop", has("#banners", "2 alarms"), func() {
				lea := s.enter(t, "lea")
				lea.submit(lea.get("/connections"), "/stop", nil)
			})
			still("the alarms in whole", has("#banners .sheet", "Show the incident")+"&&"+has("#banners .sheet", "A lead can resume."), func() {
				b.do(chromedp.Click(chromedp.CSS(".alarms > summary")))
			})
			still("the end of a stop", has("#banners", "1 alarm"), func() {
				lea := s.enter(t, "lea")
				lea.submit(lea.get("/connections"), "/resume", nil)
			})

			b.open(at(0))
			title := `String(Math.round(document.getElementById("card-title").getBoundingClientRect().top))`
			b.until(has("#queue-title .count", "14") + "|| innerWidth < 1024")
			before := eval[string](b, title)
			b.settled()
			b.do(chromedp.Click(chromedp.CSS("#card form.approve button")))
			b.until(has("#notice", "Approved "+cases[0].Number) + `&& document.querySelector("#card:not([data-new])").dataset.id !== "` + id(s.replyOf(t, cases[0].Number)) + `"`)
			if after := eval[string](b, title); after != before {
				t.Errorf("with a notice a card's title stands at %s, without at %s", after, before)
			}
			still("what became of the reply", has("#notice", "It is sent"), func() {
				s.advance(25 * time.Second)
				s.end(t, s.replyOf(t, cases[0].Number).ID, socialwatch.Outcome{State: socialwatch.ReplySent, Post: socialwatch.Published{PostID: "9900"}})
			})
			still("a colleague's decision", has("#frozen", "Rejected by bo"), func() {
				bo := s.enter(t, "bo")
				shown := eval[string](b, `document.getElementById("card").dataset.id`)
				bo.submit(bo.get("/replies/"+shown), "/reject", map[string][]string{"reason": {"wrong_tone"}})
			})
		})
	}
}

// On the page of an incident a decision, one's own or a colleague's, its way
// back and what the network says of it move no draft.
func TestBrowserDecidesAndUndoesOnAnIncidentInPlace(t *testing.T) {
	for _, width := range []int64{1440, 360} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			s := newShop(t)
			b := newBrowser(t, s)
			incident, cases := s.outage(t, 4)
			draft := func(i int) string {
				return fmt.Sprintf(`#drafts .draft[data-id="%s"]`, id(s.replyOf(t, cases[i].Number)))
			}
			b.view(width, "light")
			b.enter("ana")
			b.open(fmt.Sprintf("/incidents/%d", incident))
			b.until(`performance.now() - (window.since ??= performance.now()) > 600`)
			eval[int](b, `window.kept = 1, scrollTo(0, 0), 1`)
			heights := `[...document.querySelectorAll(".draft")].map((d) => d.offsetTop + " " + d.offsetHeight).join()`
			before := eval[string](b, heights)
			// Two keys, the second while the first is under way: both count.
			eval[int](b, `document.querySelectorAll("form.approve button")[0].click(), document.querySelectorAll("form.approve button")[1].click(), 1`)
			b.until(has(draft(0)+" .why", "Posts in") + "&&" + has(draft(1)+" .why", "Posts in"))
			bo := s.enter(t, "bo")
			bo.post("/replies/"+id(s.replyOf(t, cases[2].Number))+"/lease", nil)
			b.until(has(draft(2)+" .deciding", "being decided by bo"))
			bo.submit(bo.get("/replies/"+id(s.replyOf(t, cases[3].Number))), "/reject", map[string][]string{"reason": {"wrong_tone"}})
			b.until(has(draft(3)+".ended .why", "rejected"))
			if got := eval[string](b, draft2undo(draft(0), draft(1))); got != "0 1" {
				t.Errorf("the key u stands on %s of the drafts, want the newest alone", got)
			}
			b.until(`!document.querySelector(".draft[data-new]")`)
			b.press("u")
			b.until(has(draft(1)+" .why", "Undone "+cases[1].Number))
			eval[int](b, fmt.Sprintf(`document.querySelector('%s .why button').click(), 1`, draft(0)))
			b.until(has(draft(0)+" .why", "Undone "+cases[0].Number))
			for i := range 2 {
				if got := s.replyOf(t, cases[i].Number).State; got != socialwatch.ReplyCancelled {
					t.Errorf("draft %d is %s", i, got)
				}
			}
			if after := eval[string](b, heights); after != before || eval[int](b, "window.kept || 0") != 1 {
				t.Errorf("drafts moved from %s to %s, or a page was loaded", before, after)
			}
		})
	}
}

func draft2undo(older, newer string) string {
	return fmt.Sprintf(`[%q, %q].map((d) => document.querySelectorAll(d + " .why [data-key=u]").length).join(" ")`, older, newer)
}
