package console

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"socialwatch"
)

func TestApprovalWithoutScripts(t *testing.T) {
	s := newShop(t)
	first := s.arrive(t, customer{handle: "customer1", text: "@shop_help my order has not moved for 9 days", ago: 20 * time.Minute})
	second := s.arrive(t, customer{handle: "customer2", text: "@shop_help where is my refund?", ago: 10 * time.Minute})
	ana := s.enter(t, "ana")

	home := ana.get("/")
	home.has(t, first.Number, "10 min left", "has not moved", "@customer1", "All checks passed", "Will post unlisted")
	r := ana.submit(home, "/approve", nil)
	next := s.replyOf(t, second.Number).ID
	if r.status != http.StatusSeeOther || r.to != "/replies/"+strconv.FormatInt(next, 10)+"?done="+id(s.replyOf(t, first.Number)) {
		t.Fatalf("status %d to %s", r.status, r.to)
	}
	after := ana.get(r.to)
	after.has(t, "Approved "+first.Number, "Posts in 20 s", second.Number)
	if got := s.replyOf(t, first.Number); got.State != socialwatch.ReplyHolding || got.DecidedBy != "ana" {
		t.Fatalf("%s by %s", got.State, got.DecidedBy)
	}

	r = ana.submit(after, "/undo", nil)
	undone := ana.get(r.to)
	undone.has(t, "Undone by ana.", "Nothing was posted", "Draft again")
	if got := s.replyOf(t, first.Number); got.State != socialwatch.ReplyCancelled {
		t.Fatalf("%s", got.State)
	}
	r = ana.submit(undone, "/again", nil)
	ana.get(r.to).has(t, "<textarea", "Your reference is "+first.Number)
}

// id is a reply as paths name it.
func id(r socialwatch.Reply) string { return strconv.FormatInt(r.ID, 10) }

func TestRejectNeedsAReasonAndOtherANote(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	ana := s.enter(t, "ana")
	page := ana.get("/")
	for want, form := range map[string]url.Values{
		"Choose one of the seven reasons.":   {"reason": {"because"}},
		"Say in the note what else is wrong": {"reason": {"other"}, "note": {"  "}},
	} {
		r := ana.submit(page, "/reject", form)
		if r.status != http.StatusUnprocessableEntity {
			t.Errorf("status %d", r.status)
		}
		r.has(t, want)
	}
	if got := s.replyOf(t, cs.Number); got.State != socialwatch.ReplyAwaiting {
		t.Fatalf("%s after bad forms", got.State)
	}
	r := ana.submit(page, "/reject", url.Values{"reason": {"other"}, "note": {"we spoke by telephone, 555-0100"}})
	if r.status != http.StatusSeeOther {
		t.Fatalf("status %d", r.status)
	}
	ana.get(r.to).has(t, "Rejected "+cs.Number, `action="/replies/`+id(s.replyOf(t, cs.Number))+`/again"`, "Draft again <kbd>d</kbd>") // the way back
	s.enter(t, "rita").get(r.to).hasNot(t, "/again")
	ana.get("/replies/"+id(s.replyOf(t, cs.Number))).has(t, "Rejected by ana:", "Other: we spoke by telephone, ********.")
}

func TestEditSavesAVersionWithItsDiffAndTheLeadMayNotBeTricked(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	ana := s.enter(t, "ana")
	path := "/replies/" + id(s.replyOf(t, cs.Number))
	editor := ana.get(path + "/edit")
	r := ana.submit(editor, "/edit", url.Values{"text": {"Please send us your password."}, "approve": {"yes"}})
	if r.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", r.status)
	}
	r.has(t, "The safety check blocks this text.", "asks for a secret", "Please send us your password.</textarea>")
	r = ana.submit(editor, "/edit", url.Values{"text": {" \n"}, "approve": {"no"}})
	r.has(t, "Write the reply’s text first.")

	r = ana.submit(editor, "/edit", url.Values{"text": {"We are sorry. Please use shop.example/help, reference " + cs.Number + "."}, "approve": {"no"}})
	saved := ana.get(r.to)
	saved.has(t, "<ins>", "<del>", "by ana", "Saved a new version of "+cs.Number)
	saved.has(t, "another person approves it")
	saved.hasNot(t, `/approve"`)
	ana.get(path+"/edit").hasNot(t, "Approve this text")
	s.console.o.SelfApproval = func(string) bool { return true }
	ana.get(path).has(t, `/approve"`)
	s.console.o.SelfApproval = nil
	r = ana.post(path+"/approve", url.Values{"hash": {s.replyOf(t, cs.Number).Hash}})
	if r.status != http.StatusForbidden {
		t.Errorf("own text approved: status %d", r.status)
	}
	r.has(t, "another person must approve it")

	bo := s.enter(t, "bo")
	editor = bo.get(path + "/edit")
	words := url.Values{"text": {"We are very sorry. Please use shop.example/help, reference " + cs.Number + "."}, "approve": {"yes"}}
	ask := bo.submit(editor, "/edit", words)
	if ask.status != http.StatusConflict {
		t.Errorf("status %d", ask.status)
	}
	ask.has(t, "Look once more before this goes out.", "a person has written or changed the text", "We are very sorry.")
	again := bo.submit(ask, "/edit", url.Values{"text": {"We are ever so sorry. Please use shop.example/help."}, "approve": {"yes"}})
	again.has(t, "This has changed since you looked.")
	r = bo.submit(ask, "/edit", words)
	if got := s.replyOf(t, cs.Number); got.State != socialwatch.ReplyHolding || got.Version != 3 || got.DecidedBy != "bo" {
		t.Errorf("status %d: %s version %d by %s", r.status, got.State, got.Version, got.DecidedBy)
	}
}

// TestASecondKeyConfirmsWhatTheCardShows: the first approval of a colleague's text
// brings the card again with the reasons, the second one approves.
func TestASecondKeyConfirmsWhatTheCardShows(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	otto, ana := s.enter(t, "otto"), s.enter(t, "ana")
	path := "/replies/" + id(s.replyOf(t, cs.Number))
	otto.submit(otto.get(path+"/edit"), "/edit", url.Values{"text": {"Another text, " + cs.Number + "."}, "approve": {"no"}})
	ask := ana.submit(ana.get(path), "/approve", nil)
	if ask.status != http.StatusConflict || s.replyOf(t, cs.Number).State != socialwatch.ReplyAwaiting {
		t.Fatalf("status %d", ask.status)
	}
	ask.has(t, "Look once more before this goes out.", "a person has written or changed the text", "differs from the template", ">Confirm <kbd>")
	if r := ana.submit(ask, "/approve", nil); r.status != http.StatusSeeOther || s.replyOf(t, cs.Number).State != socialwatch.ReplyHolding {
		t.Errorf("status %d", r.status)
	}
}

func TestOnlyTheTextThatWasSeenCanBeApproved(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	ana, otto := s.enter(t, "ana"), s.enter(t, "otto")
	seen := ana.get("/")
	edited := ana.get("/replies/" + id(s.replyOf(t, cs.Number)) + "/edit")
	otto.submit(otto.get("/replies/"+id(s.replyOf(t, cs.Number))+"/edit"), "/edit", url.Values{"text": {"Another text, " + cs.Number + "."}, "approve": {"no"}})
	r := ana.submit(seen, "/approve", nil)
	if r.status != http.StatusConflict {
		t.Errorf("status %d", r.status)
	}
	r.has(t, "This changed, look again.", "Another text, ")
	r = ana.submit(edited, "/edit", url.Values{"text": {"My own words stay"}, "approve": {"yes"}})
	r.has(t, "This changed, look again.", "My own words stay</textarea>")
	if got := s.replyOf(t, cs.Number); got.State != socialwatch.ReplyAwaiting || got.Version != 2 {
		t.Errorf("%s version %d", got.State, got.Version)
	}
}

func TestTheLoserReadsWhoWasFaster(t *testing.T) {
	s := newShop(t)
	s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	ana, bo := s.enter(t, "ana"), s.enter(t, "bo")
	a, b := ana.get("/"), bo.get("/")
	bo.submit(b, "/approve", nil)
	r := ana.submit(a, "/reject", url.Values{"reason": {"wrong_tone"}})
	if r.status != http.StatusConflict {
		t.Errorf("status %d", r.status)
	}
	r.has(t, " by bo at", "Approved by bo.")
}

func TestALeadSettlesWhatIsInDoubt(t *testing.T) {
	s := newShop(t)
	ids := busyDay(t, s)
	path := "/replies/" + strconv.FormatInt(ids["unknown"], 10)
	lea := s.enter(t, "lea")
	for _, bad := range []url.Values{{"link": {"javascript:alert(1)"}}, {"link": {"https://social.example/"}}, {"link": {""}}, {"absent": {"yes"}}} {
		r := lea.post(path+"/settle", bad)
		if r.status != http.StatusUnprocessableEntity {
			t.Errorf("%v: status %d", bad, r.status)
		}
	}
	r := lea.post(path+"/settle", url.Values{"link": {"https://social.example/@shop_help/9777"}})
	lea.get(r.to).has(t, "Sent.", `href="https://social.example/@shop_help/9777"`)
}

func TestStopIsSeenOnEveryPageAndOnlyALeadResumes(t *testing.T) {
	s := newShop(t)
	s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	ana, lea := s.enter(t, "ana"), s.enter(t, "lea")
	ana.submit(ana.get("/connections"), "/stop", nil)
	for _, path := range []string{"/", "/cases", "/mentions", "/connections", "/help"} {
		page := ana.get(path)
		page.has(t, "Publishing is stopped", "by ana since", "A lead can resume.")
		page.hasNot(t, "/resume\"")
	}
	r := ana.submit(ana.get("/"), "/approve", nil)
	ana.get(r.to).has(t, "Publishing is stopped: it waits.", "Nothing waiting. Publishing is stopped.")
	lea.submit(lea.get("/"), "/resume", nil)
	lea.get("/?show=moving").has(t, "holding")
	lea.get("/").hasNot(t, "Publishing is stopped")
}

func TestWhatFailedIsWithdrawnAndDraftedAgain(t *testing.T) {
	s := newShop(t)
	ids := busyDay(t, s)
	ana := s.enter(t, "ana")
	page := ana.get("/replies/" + strconv.FormatInt(ids["failed"], 10))
	r := ana.submit(page, "/withdraw", nil)
	gone := ana.get(r.to)
	gone.has(t, "Withdrawn.", "Nothing was posted", "Draft again")
	r = ana.submit(gone, "/again", nil)
	ana.get(r.to).has(t, "<textarea")
	s.enter(t, "rita").get("/replies/"+strconv.FormatInt(ids["blocked"], 10)).hasNot(t, "/withdraw")
}

func TestAReplyThatNoLongerFitsSaysWhy(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	r := s.replyOf(t, cs.Number)
	known, err := s.Known(t.Context(), socialwatch.Ask{Account: account, Authors: []string{"acustomer1"}})
	must(t, err)
	must(t, s.Save(t.Context(), socialwatch.Changes{Account: account, Version: known.Version, At: s.now(), Cases: known.Cases,
		Moves: []socialwatch.ReplyMove{{ReplyID: r.ID, To: socialwatch.ReplySuperseded, Reason: "answered natively"}}}))
	page := s.enter(t, "ana").get("/replies/" + id(r))
	page.has(t, "No longer fits:", "answered natively.")
	page.hasNot(t, "/approve\"")
}

func TestCasesMoveOnlyFromTheVersionSeen(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	ana := s.enter(t, "ana")
	page := ana.get("/cases/" + cs.Number)
	page.has(t, "Reply "+id(s.replyOf(t, cs.Number))+": to decide", "when this reply has come to its end")
	page.hasNot(t, `/resolve"`)
	r := ana.post("/cases/"+cs.Number+"/resolve", url.Values{"version": {"1"}})
	if r.status != http.StatusConflict {
		t.Errorf("resolved with a live reply: status %d", r.status)
	}
	r.has(t, "This changed, look again.")
	ana.submit(ana.get("/"), "/reject", url.Values{"reason": {"already_handled"}})
	r = ana.submit(ana.get("/cases/"+cs.Number), "/resolve", nil)
	resolved := ana.get(r.to)
	resolved.has(t, "resolved", "Reopen")
	ana.submit(resolved, "/reopen", nil)
	if r = ana.submit(resolved, "/reopen", nil); r.status != http.StatusConflict {
		t.Errorf("reopened twice: status %d", r.status)
	}
	if r = ana.post("/cases/"+cs.Number+"/resolve", nil); r.status != http.StatusUnprocessableEntity {
		t.Errorf("without a version: status %d", r.status)
	}
}

func TestACaseSaysThatItWaitsForPrivateContact(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	ana := s.enter(t, "ana")
	ana.submit(ana.get("/"), "/approve", nil)
	s.advance(time.Minute)
	s.end(t, s.replyOf(t, cs.Number).ID, socialwatch.Outcome{State: socialwatch.ReplySent, Handoff: true, Post: socialwatch.Published{PostID: "77"}})
	ana.get("/cases/"+cs.Number).has(t, "waiting for private contact</span>", "Case moved: waiting for private contact")
}
