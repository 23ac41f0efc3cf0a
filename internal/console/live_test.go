package console

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"socialwatch"
	"socialwatch/internal/store"
)

// rowOf is the row of a case's reply.
func (s *shop) rowOf(t testing.TB, cs socialwatch.Case) string {
	return fmt.Sprintf(`#rows .row[data-id="%s"]`, id(s.replyOf(t, cs.Number)))
}

// A queue that is longer than the page: what colleagues decide is dimmed where
// it stands, what follows on later pages is not new, and typed text stays.
func TestBrowserDimsWhatColleaguesDecideInALongQueue(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	var cases []socialwatch.Case
	for i := range 60 {
		cases = append(cases, s.arrive(t, customer{handle: fmt.Sprintf("customer%d", i), text: "@shop_help where is my order?",
			ago: 10 * time.Minute, target: time.Hour + time.Duration(i)*time.Minute}))
	}
	b.enter("ana")
	b.open("/")
	b.until(has("#queue-title .count", "60"))
	place := `[...document.querySelectorAll("#rows .row")].map((r) => Math.round(r.getBoundingClientRect().top)).join()`
	b.press("e")
	b.until(`document.documentElement.classList.contains("js") && document.activeElement.id === "text"`)
	b.press(" Typed.")
	before := eval[string](b, place)
	bo := s.enter(t, "bo")
	decide := func(cs socialwatch.Case, how string) {
		form := map[string][]string{"reason": {"wrong_tone"}}
		bo.submit(bo.get("/replies/"+id(s.replyOf(t, cs.Number))), how, form)
	}
	decide(cases[40], "/reject")
	b.until(has(s.rowOf(t, cases[40])+".ended", "rejected"))
	decide(cases[41], "/approve")
	b.until(has(s.rowOf(t, cases[41])+".ended", "holding"))
	b.until(has("#queue-title .count", "58"))
	if eval[bool](b, `!document.getElementById("fresh").hidden`) {
		t.Error("later pages of the list are said to be new")
	}
	late := s.arrive(t, customer{handle: "customer99", text: "@shop_help where is my order", ago: time.Hour})
	b.until(has("#fresh", "1 new, press ."))
	bo.post("/replies/"+id(s.replyOf(t, cases[3].Number))+"/lease", nil)
	b.until(has(s.rowOf(t, cases[3])+" .deciding", "being decided by bo"))
	if after := eval[string](b, place); after != before {
		t.Errorf("rows moved from\n%s to\n%s", before, after)
	}

	// The draft that is open is decided by a colleague: what was typed stays.
	decide(cases[0], "/reject")
	b.until(has("#frozen", "Rejected by bo"))
	if text := eval[string](b, `document.getElementById("text").value`); !strings.HasSuffix(text, " Typed.") {
		t.Errorf("typed text became %q", text)
	}
	b.open("/")
	b.until(has("#rows .row:first-child", "@customer99"))
	if got := s.replyOf(t, late.Number).State; got != socialwatch.ReplyAwaiting {
		t.Error(got)
	}
}

// What happens while the channel is broken is there when it is back.
func TestBrowserMissesNothingWhileTheChannelIsBroken(t *testing.T) {
	s := newShop(t)
	var away atomic.Bool
	at := s.console.serve
	s.console.serve = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if away.Load() && r.Header.Get("Sec-Ch-Ua") != "" { // of the browser
			panic(http.ErrAbortHandler)
		}
		at.ServeHTTP(w, r)
	})
	b := newBrowser(t, s)
	cases := s.three(t)
	b.enter("ana")
	b.open("/")
	b.until(has("#queue-title .count", "3"))
	away.Store(true)
	s.server.CloseClientConnections()
	b.until(has(".offline-note", "No connection"))
	bo := s.enter(t, "bo")
	bo.submit(bo.get("/replies/"+id(s.replyOf(t, cases[1].Number))), "/reject", map[string][]string{"reason": {"wrong_tone"}})
	s.arrive(t, customer{handle: "customer9", text: "@shop_help where is my order", ago: time.Hour})
	away.Store(false)
	b.until(has("#rows .row.ended", "rejected"))
	b.until(has("#fresh", "1 new, press ."))
	b.until(`!document.querySelector(".offline-note")`)
	bo.submit(bo.get("/replies/"+id(s.replyOf(t, cases[2].Number))), "/reject", map[string][]string{"reason": {"wrong_tone"}})
	b.until(has(s.rowOf(t, cases[2])+".ended", "rejected"))
}

// Updates can be paused, and stay so on the next page (WCAG 2.2.2).
func TestBrowserPausesUpdates(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	cases := s.three(t)
	b.enter("ana")
	b.open("/")
	b.until(has("#pause", "Pause updates"))
	b.until(has("#queue-title .count", "3"))
	b.do(chromedp.Click(chromedp.CSS("#pause")))
	b.until(has("#paused", "Updates are paused"))
	bo := s.enter(t, "bo")
	bo.submit(bo.get("/replies/"+id(s.replyOf(t, cases[1].Number))), "/reject", map[string][]string{"reason": {"wrong_tone"}})
	b.open("/replies/" + id(s.replyOf(t, cases[0].Number)))
	b.until(has("#paused", "Updates are paused"))
	bo.submit(bo.get("/replies/"+id(s.replyOf(t, cases[2].Number))), "/reject", map[string][]string{"reason": {"wrong_tone"}})
	// A page that is not paused is told: so this one would have been.
	told := s.enter(t, "lea").follow("rows=" + id(s.replyOf(t, cases[2].Number))).look()
	if told.Replies[0].State != "rejected" || eval[bool](b, `Boolean(document.querySelector("#rows .row.ended"))`) {
		t.Errorf("%+v, or a paused page has changed", told)
	}
	b.do(chromedp.Click(chromedp.CSS("#pause")))
	b.until(has("#rows .row.ended", "rejected"))
	b.until(`document.getElementById("paused").textContent === ""`)
}

// Whoever is logged out elsewhere logs in again and comes back.
func TestBrowserNoticesTheEndOfItsSession(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	cases := s.three(t)
	b.enter("ana")
	path := "/replies/" + id(s.replyOf(t, cases[1].Number))
	b.open(path)
	b.until(has("#queue-title .count", "3"))
	must(t, s.EndSessions(t.Context(), store.SessionEnd{PersonID: s.person(t, "ana").ID, By: "ana", At: s.now()}))
	b.until(`location.pathname === "/login" && new URLSearchParams(location.search).get("back") === "` + path + `"`)
}

// The page of an incident: approving takes no page load and moves nothing,
// drafts that colleagues decide freeze where they stand, others are offered.
func TestBrowserKeepsAnIncidentLive(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	incident, cases := s.outage(t, 12)
	draft := func(i int) string {
		return fmt.Sprintf(`#drafts .draft[data-id="%s"]`, id(s.replyOf(t, cases[i].Number)))
	}
	b.enter("ana")
	b.open(fmt.Sprintf("/incidents/%d", incident))
	b.until(`performance.now() - (window.since ??= performance.now()) > 600`)
	eval[int](b, `window.kept = 1`)
	place := `[...document.querySelectorAll("#drafts .draft")].map((d) => d.dataset.id + " " + d.querySelector("form.approve [data-key]")?.dataset.key).join()`
	before := eval[string](b, place)
	b.press("3")
	b.until(has("#notice", "Approved "+cases[2].Number))
	b.until(has(draft(2)+".ended .why", "Approved "+cases[2].Number))
	b.until(`document.activeElement.closest(".draft")?.dataset.id === "` + id(s.replyOf(t, cases[3].Number)) + `"`)

	bo := s.enter(t, "bo")
	bo.submit(bo.get("/replies/"+id(s.replyOf(t, cases[0].Number))), "/reject", map[string][]string{"reason": {"wrong_tone"}})
	b.until(has(draft(0)+".ended .why", "rejected"))
	b.press("1")
	bo.post("/replies/"+id(s.replyOf(t, cases[4].Number))+"/lease", nil)
	b.until(has(draft(4)+" .deciding", "being decided by bo"))
	b.until(has("#fresh", "2 more, press ."))
	if after := eval[string](b, place); after != before || eval[int](b, "window.kept || 0") != 1 {
		t.Errorf("drafts changed from %s to %s, or a page was loaded", before, after)
	}
	if got := s.replyOf(t, cases[0].Number); got.State != socialwatch.ReplyRejected {
		t.Errorf("a frozen draft is %s", got.State)
	}
	b.press(".")
	b.until(`document.querySelectorAll("#drafts .draft:not(.ended)").length === 10`)
	if eval[int](b, "window.kept || 0") != 1 {
		t.Error("a page was loaded")
	}
	b.press("1") // what has just come has not been read
	if got := s.replyOf(t, cases[1].Number); got.State != socialwatch.ReplyAwaiting {
		t.Errorf("a draft that had just come is %s", got.State)
	}
}
