package console

import (
	"errors"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// masked stands for triage: it knows one number.
func masked(text string) string { return strings.ReplaceAll(text, "555-0100", "********") }

func TestANoteIsMaskedAndCallsAColleague(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	otto, ana := s.enter(t, "otto"), s.enter(t, "ana")
	card := "/replies/" + id(s.replyOf(t, cs.Number))
	done := otto.submit(otto.get(card), "/note", url.Values{"note": {"ring 555-0100 <b>\r\n(@ana, please)"}})
	if done.status != http.StatusSeeOther || done.to != card+"?case="+cs.Number+"&did=noted" {
		t.Fatalf("%d to %q", done.status, done.to)
	}
	otto.get(done.to).has(t, "Noted on "+cs.Number+".", "ring ******** &lt;b&gt;\n(@ana, please)", "calls ana")
	ana.get("/cases").has(t, "Calls for me (1)")
	ana.get("/cases?show=calls").has(t, `href="/cases/`+cs.Number+`"`, "(@ana, please)")
	page := ana.get("/cases/" + cs.Number)
	page.has(t, "A note calls you.", `<span class="chip warn">calls ana</span>`)
	if to := ana.submit(page, "/seen", nil).to; to != "/cases/"+cs.Number+"?case="+cs.Number+"&did=seen" {
		t.Errorf("to %q", to)
	}
	ana.get("/cases?show=calls").has(t, "Nobody calls you.")
	refused := otto.submit(otto.get(card), "/note", url.Values{"note": {strings.Repeat("x", store.NoteMax+1)}})
	if refused.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", refused.status)
	}
	refused.has(t, "A note has 1 to 4000 characters.", strings.Repeat("x", store.NoteMax))
}

func TestSnoozeIsOneKeyAwayAndComesBack(t *testing.T) {
	s := newShop(t)
	first := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order", target: 9 * time.Hour})
	second := s.arrive(t, customer{handle: "customer2", text: "@shop_help my refund", target: 10 * time.Hour})
	ana := s.enter(t, "ana")
	r, next := s.replyOf(t, first.Number), s.replyOf(t, second.Number)
	page := ana.get("/replies/" + id(r) + "?intent=stuck_order&intent=refund_delay")
	page.has(t, `data-key="s"`, `data-key="x"`, `data-key="n"`)
	done := ana.submit(page, "/snooze", url.Values{"until": {"1h"}})
	if done.status != http.StatusSeeOther || !strings.HasPrefix(done.to, "/replies/"+id(next)+"?") || !strings.Contains(done.to, "intent=stuck_order") {
		t.Fatalf("%d to %q", done.status, done.to)
	}
	page = ana.get(done.to)
	page.has(t, "Put off "+first.Number, "the next mention or its target")
	ana.get("/").hasNot(t, `data-id="`+id(r)+`"`)
	ana.get("/?show=snoozed").has(t, `data-id="`+id(r)+`"`)
	ana.get("/cases?show=snoozed").has(t, first.Number)
	if back := ana.submit(page, "/wake", nil); back.to != "/replies/"+id(r)+"?case="+first.Number+"&did=woken&intent=stuck_order&intent=refund_delay" {
		t.Errorf("back to %q", back.to)
	}
	ana.get("/").has(t, `data-id="`+id(r)+`"`)
	gone := s.now().Add(-9 * time.Hour) // the newest day whose 9:00 is over
	for _, date := range []string{"", "yesterday", gone.Format(time.DateOnly), s.now().AddDate(1, 0, 0).Format(time.DateOnly)} {
		a := ana.submit(ana.get("/cases/"+first.Number), "/snooze", url.Values{"until": {"date"}, "date": {date}})
		if a.status != http.StatusUnprocessableEntity {
			t.Errorf("%q: status %d", date, a.status)
		}
	}
}

func TestTimesOfASnoozeAreTheAccounts(t *testing.T) {
	s := newShop(t)
	s.clock = time.Date(2026, 11, 29, 23, 30, 0, 0, time.UTC) // the next day in Berlin
	c := s.console
	c.o.House.Hours = map[string]Hours{account: {Zone: "Europe/Berlin"}}
	for chosen, want := range map[string]string{"tomorrow": "2026-12-01T08:00:00Z", "4h": "2026-11-30T03:30:00Z", "date": "2026-12-24T08:00:00Z"} {
		at, err := c.snoozeUntil(account, chosen, "2026-12-24")
		if got := at.UTC().Format(time.RFC3339); err != nil || got != want {
			t.Errorf("%s: %s, want %s, %v", chosen, got, want, err)
		}
	}
	if at, err := c.snoozeUntil(account, "mention", ""); err != nil || !at.IsZero() {
		t.Errorf("%s, %v", at, err)
	}
	if _, err := c.snoozeUntil(account, "", ""); !errors.As(err, new(*badError)) {
		t.Errorf("%v", err)
	}
}

func TestAPersonEscalates(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	otto := s.enter(t, "otto")
	page := otto.get("/cases/" + cs.Number)
	otto.submit(page, "/escalate", url.Values{"reason": {"other"}}).has(t, "Choose why, or say it")
	otto.submit(page, "/escalate", url.Values{"reason": {"refund"}, "team": {"nowhere"}}).has(t, "There is no such team.")
	if a := otto.submit(page, "/escalate", url.Values{"reason": {"other"}, "words": {"call 555-0100 first"}}); a.status != http.StatusSeeOther {
		t.Fatalf("status %d", a.status)
	}
	// What the second one saw is no longer so.
	late := otto.submit(page, "/escalate", url.Values{"reason": {"refund"}})
	if late.status != http.StatusConflict {
		t.Errorf("status %d", late.status)
	}
	late.has(t, "It has changed since you saw it (Escalated by otto at")
	fresh := otto.get("/cases/" + cs.Number)
	fresh.has(t, "call ******** first", "Escalated: Other", "A person says why in a note.")
	otto.submit(fresh, "/escalate", url.Values{"reason": {"refund"}})
	otto.get("/replies/"+id(s.replyOf(t, cs.Number))).has(t, "call ******** first", "A person says why in a note. A refund or credit must be decided.", "Escalate", "/note\"")
	if r := s.replyOf(t, cs.Number); r.State != socialwatch.ReplyAwaiting {
		t.Errorf("the draft is %s", r.State)
	}
}

func TestTakingGivingAndTaggingACase(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	other := s.arrive(t, customer{handle: "customer2", text: "@shop_help my refund"})
	ana, lea := s.enter(t, "ana"), s.enter(t, "lea")
	// Who approves in a case that nobody has may stay with it.
	r := s.replyOf(t, cs.Number)
	done := ana.submit(ana.get("/replies/"+id(r)), "/approve", url.Values{"next": {id(s.replyOf(t, other.Number))}})
	page := ana.get(done.to)
	page.has(t, "Nobody has "+cs.Number)
	if a := ana.submit(page, "/cases/"+cs.Number+"/take", nil); a.to != "/replies/"+id(s.replyOf(t, other.Number))+"?case="+cs.Number+"&did=assigned" {
		t.Errorf("%d to %q", a.status, a.to)
	}
	ana.get("/replies/"+id(r)).has(t, "ana has it")
	ana.get("/cases?assignee=me").has(t, cs.Number)
	ana.get("/cases?assignee=me").hasNot(t, other.Number)
	ana.get("/cases/"+cs.Number).hasNot(t, "/give\"")
	if a := lea.submit(lea.get("/cases/"+cs.Number), "/give", url.Values{"login": {"otto"}, "team": {"team-x"}}); a.status != http.StatusSeeOther {
		t.Fatalf("status %d", a.status)
	}
	lea.get("/cases/"+cs.Number).has(t, "Assigned: otto")
	if a := lea.submit(lea.get("/cases/"+cs.Number), "/give", url.Values{"login": {"rita"}, "team": {"team-x"}}); a.status != http.StatusConflict {
		t.Errorf("to a reader: status %d", a.status)
	}
	ana.submit(ana.get("/cases/"+cs.Number), "/tags", url.Values{"add": {"#VIP, lost <b>"}})
	page = ana.get("/cases/" + cs.Number)
	page.has(t, `href="/cases?tag=vip"`, `href="/cases?tag=lost"`, `href="/cases?tag=b"`, "Tagged: &#43;b &#43;lost &#43;vip", "<code>tags</code>", "<code>snoozed_until</code>")
	ana.get("/cases?tag=VIP").has(t, cs.Number)
	ana.get("/cases?tag=VIP").hasNot(t, other.Number)
	for _, personal := range []string{"555-0100", "call-555-0100", "1234567", "ok 12-34 56", "٠١٢٣٤٥"} {
		ana.submit(page, "/tags", url.Values{"add": {personal}}).has(t, "Tags go to other systems and stay there")
	}
	ana.submit(page, "/tags", url.Values{"remove": {"vip"}})
	ana.get("/cases?tag=vip").has(t, "Nothing here with this filter.")
	ana.get("/cases?intent=refund_delay").has(t, other.Number)
	ana.get("/cases?intent=refund_delay").hasNot(t, cs.Number)
}

func TestReadersDoNoCasework(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	rita := s.enter(t, "rita")
	page := rita.get("/cases/" + cs.Number)
	page.hasNot(t, "/note\"", "/escalate\"", "/snooze\"", "/take\"", "/tags\"", "/give\"")
	form := url.Values{"version": {"1"}, "note": {"x"}, "reason": {"refund"}, "until": {"1h"}, "add": {"x"}}
	for _, act := range []string{"note", "escalate", "snooze", "wake", "take", "tags"} {
		a := rita.post("/cases/"+cs.Number+"/"+act, form)
		if a.status != http.StatusForbidden {
			t.Errorf("%s: status %d", act, a.status)
		}
	}
	if a := s.enter(t, "ana").post("/cases/"+cs.Number+"/give", form); a.status != http.StatusForbidden {
		t.Errorf("give: status %d", a.status)
	}
}

func TestEveryEventOfACaseCanBeReached(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	known, err := s.Known(t.Context(), socialwatch.Ask{Account: account})
	must(t, err)
	c := socialwatch.Changes{Account: account, Version: known.Version, At: s.now()}
	for range store.EventsShown {
		c.Events = append(c.Events, socialwatch.Event{Kind: socialwatch.EventCaseUpdated, CaseID: cs.ID, Actor: socialwatch.System, At: s.now()})
	}
	must(t, s.Save(t.Context(), c))
	ana := s.enter(t, "ana")
	page := ana.get("/cases/" + cs.Number)
	page.hasNot(t, "Case opened")
	page.has(t, "Older ones")
	older := regexp.MustCompile(`href="(/cases/[^"]*events=[^"#]*)#history-title"`).FindStringSubmatch(page.body)
	if older == nil {
		t.Fatal("no way to older events")
	}
	page = ana.get(html.UnescapeString(older[1]))
	page.has(t, "Case opened")
	page.hasNot(t, "Older ones")
	if a := ana.get("/cases/" + cs.Number + "?events=nonsense"); a.status != http.StatusBadRequest {
		t.Errorf("a bad place: status %d", a.status)
	}
}
