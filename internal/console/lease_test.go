package console

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"socialwatch"
)

func TestColleaguesSeeWhoIsDeciding(t *testing.T) {
	s := newShop(t)
	cases := s.three(t)
	first := s.replyOf(t, cases[0].Number)
	ana, bo, lea := s.enter(t, "ana"), s.enter(t, "bo"), s.enter(t, "lea")
	card := ana.get("/replies/" + id(first))
	card.has(t, `data-lease="/replies/`+id(first)+`/lease"`)
	card.hasNot(t, "being decided")
	if r := ana.post("/replies/"+id(first)+"/lease", nil); r.status != http.StatusNoContent {
		t.Fatalf("status %d", r.status)
	}
	ana.get("/replies/"+id(first)).hasNot(t, "being decided") // she knows
	page := bo.get("/replies/" + id(first))
	page.has(t, `<span class="deciding">being decided by ana</span>`, `<span>being decided by ana</span>`)
	page.hasNot(t, "Let others take it")
	bo.get("/replies/"+id(s.replyOf(t, cases[1].Number))).has(t, `aria-live="polite"></div>`) // nobody is at this one
	if r := bo.post("/replies/"+id(first)+"/lease", nil); r.status != http.StatusConflict {
		t.Errorf("a second one: status %d", r.status)
	}
	if r := bo.post("/replies/"+id(first)+"/lease/end", nil); r.status != http.StatusForbidden {
		t.Errorf("a colleague ended it: status %d", r.status)
	}
	r := lea.submit(lea.get("/replies/"+id(first)), "/lease/end", nil)
	lea.get(r.to).hasNot(t, "being decided")
	if got := s.replyOf(t, cases[0].Number).Lease; got.By != "" {
		t.Errorf("%+v", got)
	}

	ana.post("/replies/"+id(first)+"/lease", nil)
	s.advance(socialwatch.DecisionLease)
	bo.get("/").hasNot(t, "being decided") // without a sign it is over
	ana.post("/replies/"+id(first)+"/lease", nil)
	if r := bo.submit(bo.get("/replies/"+id(first)), "/approve", nil); r.status != http.StatusSeeOther { // it hinders nobody
		t.Errorf("status %d", r.status)
	}
	if got := s.replyOf(t, cases[0].Number); got.DecidedBy != "bo" || got.Lease.By != "" {
		t.Errorf("decided by %s, leased %+v", got.DecidedBy, got.Lease)
	}
	if r := ana.post("/replies/"+id(first)+"/lease", nil); r.status != http.StatusConflict {
		t.Errorf("leased what is decided: status %d", r.status)
	}
	rita := s.enter(t, "rita")
	rita.get("/replies/"+id(s.replyOf(t, cases[1].Number))).hasNot(t, "data-lease", "Take next")
	for _, path := range []string{"/replies/" + id(s.replyOf(t, cases[1].Number)) + "/lease", "/take"} {
		if r := rita.post(path, nil); r.status != http.StatusForbidden {
			t.Errorf("%s by a reader: status %d", path, r.status)
		}
	}
}

func TestTakeNextHandsOutTheFirstFreeDraftOfTheFilter(t *testing.T) {
	s := newShop(t)
	cases := s.three(t)
	reply := func(i int) string { return id(s.replyOf(t, cases[i].Number)) }
	ana, bo := s.enter(t, "ana"), s.enter(t, "bo")
	for i, step := range []struct {
		v    *visitor
		at   string
		want string
	}{
		{ana, "/", "/replies/" + reply(0)},
		{bo, "/", "/replies/" + reply(1)},
		{ana, "/replies/" + reply(0), "/replies/" + reply(2)}, // she leaves the first
		{bo, "/replies/" + reply(1), "/replies/" + reply(0)},
		{bo, "/?account=" + account + "&lang=en&team=team-x", "/replies/" + reply(1) + "?account=shop_help&lang=en&team=team-x"},
		{bo, "/?lang=es", "/?free=none&lang=es"},
	} {
		if r := step.v.submit(step.v.get(step.at), "/take", nil); r.status != http.StatusSeeOther || r.to != step.want {
			t.Errorf("step %d: status %d to %s, want %s", i, r.status, r.to, step.want)
		}
	}
	bo.get("/?lang=es").has(t, "Nothing here with this filter", "3 are hidden by it")
	bo.get("/replies/"+reply(1)+"?free=none").has(t, "Nothing is free: colleagues are deciding")
	if r := bo.post("/take", url.Values{"list": {"account=another"}}); r.to != "/?account=another&free=none" {
		t.Errorf("status %d to %s", r.status, r.to)
	}
	if r := bo.post("/take", url.Values{"list": {"team=x&team=&team=y"}}); r.to != "/?free=none&team=x&team=y" {
		t.Errorf("status %d to %s", r.status, r.to)
	}
	bo.get("/?show=person").hasNot(t, "Take next")
}

// The page itself tells colleagues, sees them, and takes the next one in place.
func TestBrowserTellsAndShowsWhoIsDeciding(t *testing.T) {
	s := newShop(t)
	b := newBrowser(t, s)
	cases := s.three(t)
	b.enter("ana")
	_, err := chromedp.Call(b.ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	must(t, err)
	b.open("/")
	leased := func(i int, by string) {
		t.Helper()
		deadline, tick := time.After(20*time.Second), time.NewTicker(20*time.Millisecond)
		defer tick.Stop()
		for s.replyOf(t, cases[i].Number).Lease.By != by {
			select {
			case <-deadline:
				t.Fatalf("leased by %q, want %q", s.replyOf(t, cases[i].Number).Lease.By, by)
			case <-tick.C:
			}
		}
	}
	leased(0, "ana") // a moment of attention
	bo := s.enter(t, "bo")
	bo.post("/replies/"+id(s.replyOf(t, cases[1].Number))+"/lease", nil)
	b.until(has("#rows .row:nth-child(2) .deciding", "being decided by bo"))
	height := `document.querySelector("#rows").offsetHeight`
	before := eval[int](b, height)
	eval[int](b, `window.kept = 1`)
	b.press("f")
	b.until(has("#card", cases[2].Number)) // behind hers and past his
	leased(2, "ana")
	leased(0, "")
	if eval[int](b, "window.kept || 0") != 1 {
		t.Error("taking the next one has loaded a page")
	}
	bo.submit(bo.get("/replies/"+id(s.replyOf(t, cases[1].Number))), "/reject", map[string][]string{"reason": {"wrong_tone"}})
	b.until(has("#rows .row.ended", "rejected"))
	bo.post("/replies/"+id(s.replyOf(t, cases[0].Number))+"/lease", nil)
	b.until(has("#rows .row:first-child .deciding", "being decided by bo"))
	if after := eval[int](b, height); after > before+30 { // the chip of the ended row
		t.Errorf("rows grew from %d to %d", before, after)
	}
	b.press("k")
	b.press("k")
	b.until(has("#card #deciding", "being decided by bo"))
}

// An overdue draft stands on top, marked, and can be approved; one that nobody
// decided about in time is drafted again, never sent.
func TestOverdueDraftsAreApprovedAndExpiredOnesDraftedAgain(t *testing.T) {
	s := newShop(t)
	late := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order?", ago: time.Hour, target: 30 * time.Minute})
	early := s.arrive(t, customer{handle: "customer2", text: "@shop_help where is my order?", target: 5 * time.Hour})
	ana := s.enter(t, "ana")
	page := ana.get("/")
	page.has(t, "30 min overdue", `<a href="/cases/`+late.Number+`">`)
	if r := ana.submit(page, "/approve", nil); r.status != http.StatusSeeOther || s.replyOf(t, late.Number).State != socialwatch.ReplyHolding {
		t.Errorf("status %d, %s", r.status, s.replyOf(t, late.Number).State)
	}
	s.advance(4 * time.Hour)
	if _, err := s.Expire(t.Context(), s.now()); err != nil {
		t.Fatal(err)
	}
	old := s.replyOf(t, early.Number)
	gone := ana.get("/replies/" + id(old))
	gone.has(t, "Draft again")
	r := ana.submit(gone, "/again", nil)
	fresh := s.replyOf(t, early.Number)
	if old.State != socialwatch.ReplyExpired || r.to != "/replies/"+id(fresh)+"/edit" || fresh.State != socialwatch.ReplyAwaiting ||
		fresh.Payload.Text != old.Payload.Text || !fresh.ExpiresAt.Equal(s.now().Add(4*time.Hour)) {
		t.Errorf("%s, to %s, fresh %+v", old.State, r.to, fresh)
	}
}
