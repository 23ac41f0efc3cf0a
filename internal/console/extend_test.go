package console

import (
	"net/http"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/responder"
)

func TestAnUndoWindowIsExtendedWhereOneIs(t *testing.T) {
	s := newShop(t)
	cases := s.matters(t, 3) // orders at 0 and 2
	ana, bo := s.enter(t, "ana"), s.enter(t, "bo")
	next := ana.get(ana.submit(ana.get("/?intent=stuck_order"), "/approve", nil).to)
	next.has(t, "Posts in 20 s", "Wait 20 s longer")
	here := "/replies/" + id(s.replyOf(t, cases[2].Number)) + "?done=" + id(s.replyOf(t, cases[0].Number)) + "&intent=stuck_order"
	r := ana.submit(next, "/extend", nil)
	if r.to != here {
		t.Errorf("to %s, want %s", r.to, here)
	}
	ana.get(r.to).has(t, "Posts in 40 s", cases[2].Number)
	bo.get(here).hasNot(t, "/extend\"")
	form := map[string][]string{"hash": {s.replyOf(t, cases[0].Number).Hash}}
	path := "/replies/" + id(s.replyOf(t, cases[0].Number)) + "/extend"
	if r := bo.post(path, form); r.status != http.StatusForbidden {
		t.Errorf("another's: status %d", r.status)
	}
	for range 13 {
		ana.post(path, form)
	}
	ana.get(here).hasNot(t, "/extend\"") // five minutes are the most
	s.advance(6 * time.Minute)
	if r := ana.post(path, form); r.status != http.StatusConflict {
		t.Errorf("over: status %d", r.status)
	}
}

func TestBrowserExtendsTheUndoWindowInPlace(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	cases := s.three(t)
	b.enter("ana")
	b.open("/")
	b.press("a")
	b.until(has("#card", cases[1].Number))
	b.press("j")
	b.until(has("#card", cases[2].Number))
	eval[int](b, `window.kept = 1, document.querySelector('#notice [action$="/extend"] button').click(), 1`)
	b.until(has("#notice", "Posts in 3")) // 30-odd seconds are left
	if !eval[bool](b, has("#card", cases[2].Number)+" && window.kept === 1") {
		t.Error("extending has led away")
	}
}

func TestAnEndedCardLeadsToItsNewerDraftInTheSameList(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order?"})
	ana := s.enter(t, "ana")
	old := s.replyOf(t, cs.Number)
	ana.submit(ana.get("/"), "/approve", nil)
	undone := ana.get(ana.submit(ana.get("/replies/"+id(old)), "/undo", nil).to)
	ana.submit(undone, "/again", nil)
	fresh := s.replyOf(t, cs.Number)
	ana.get("/replies/"+id(old)+"?lang=en").has(t, `<a href="/replies/`+id(fresh)+`?lang=en" data-newer>A newer draft waits: look</a>`)
	ana.get("/replies/"+id(fresh)).has(t, "Other answers", `<a href="/replies/`+id(old)+`">Reply `+id(old)+`: undone`)
}

func TestFirstRunOffersTheDemoAndAnAccount(t *testing.T) {
	if got := firstRun(); len(got.Links) != 2 || got.Links[0].URL != "/help#demo" || got.Links[1].URL != "/help#connect" {
		t.Errorf("%+v", got)
	}
	s := newShop(t)
	s.enter(t, "ana").get("/help").has(t, `id="demo"`, "socialwatch demo", `id="connect"`, "socialwatch init")
}

func TestRowAndCardShowHowFarATextIsTheTemplates(t *testing.T) {
	for want, rp := range map[string]socialwatch.Reply{
		"unchanged":     {Payload: socialwatch.Payload{Template: "x"}, Version: 1, Edit: socialwatch.Edit{Kind: socialwatch.EditNone}},
		"slots only":    {Payload: socialwatch.Payload{Template: "x"}, Version: 2, Edit: socialwatch.Edit{Kind: socialwatch.EditSlots, Added: 1}},
		"edited +14 −3": {Payload: socialwatch.Payload{Template: "x"}, Version: 2, Edit: socialwatch.Edit{Kind: socialwatch.EditWords, Added: 14, Removed: 3}},
		"own words":     {Version: 1, Edit: socialwatch.Edit{Kind: socialwatch.EditWritten}},
		"edited":        {Payload: socialwatch.Payload{Template: "x"}, Version: 2},
	} {
		if got := badge(rp); got != want {
			t.Errorf("%+v: %q, want %q", rp.Edit, got, want)
		}
	}
}

func compare(rc socialwatch.ReplyContext, text string) socialwatch.Change {
	return responder.Compare(rc.Original, rc.Slots, rc.Reply.Payload.Text, text)
}
