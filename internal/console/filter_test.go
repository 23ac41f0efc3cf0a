package console

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// matters are posts of two intents by turns, the most urgent first.
func (s *shop) matters(t testing.TB, n int) (cases []socialwatch.Case) {
	texts := []string{"@shop_help where is my order?", "@shop_help where is my refund?"}
	for i := range n {
		cases = append(cases, s.arrive(t, customer{handle: "customer" + string(rune('1'+i)), text: texts[i%2], ago: time.Duration(25-i) * time.Minute}))
	}
	return cases
}

func TestDecisionsLeadOnInTheFilteredListToWhatIsFree(t *testing.T) {
	s := newShop(t)
	cases := s.matters(t, 9) // orders at 0, 2, 4, 6, 8
	at := func(i int) string { return "/replies/" + id(s.replyOf(t, cases[i].Number)) }
	ana, bo := s.enter(t, "ana"), s.enter(t, "bo")
	bo.post(at(2)+"/lease", nil)

	const filter = "intent=stuck_order"
	page := ana.get("/?" + filter)
	page.has(t, cases[0].Number, `data-url="/?`+filter+`"`, `href="`+at(0)+`/edit?`+filter+`"`)
	page.hasNot(t, at(1)+"\"", at(1)+"?")
	r := ana.submit(page, "/approve", nil)
	if want := at(4) + "?done=" + id(s.replyOf(t, cases[0].Number)) + "&" + filter; r.to != want {
		t.Fatalf("approved: to %s, want %s past the one that bo holds", r.to, want)
	}
	if got := s.replyOf(t, cases[4].Number).Lease.By; got != "ana" {
		t.Errorf("the next one is leased by %q", got)
	}
	page = ana.get(r.to)
	if r = ana.submit(page, "/undo", nil); r.to != at(0)+"?done="+id(s.replyOf(t, cases[0].Number))+"&"+filter {
		t.Errorf("undone: to %s", r.to)
	}
	bad := ana.submit(page, "/reject", nil)
	bad.has(t, "Choose one of the seven reasons.", `data-url="/?`+filter+`"`)
	if r = ana.submit(bad, "/reject", url.Values{"reason": {"wrong_tone"}}); r.to != at(6)+"?done="+id(s.replyOf(t, cases[4].Number))+"&"+filter {
		t.Errorf("rejected: to %s", r.to)
	}
	editor := ana.get(at(6) + "/edit?" + filter)
	editor.has(t, `href="`+at(6)+`?`+filter+`" data-key="Esc"`)
	r = ana.submit(editor, "/edit", url.Values{"text": {"Sorry, " + cases[6].Number + "."}, "approve": {"no"}})
	if r.to != at(6)+"?done="+id(s.replyOf(t, cases[6].Number))+"&"+filter {
		t.Errorf("saved: to %s", r.to)
	}
	// Hers waits for a colleague now, his is held: the last one is left.
	ana.submit(ana.get(at(8)+"?"+filter), "/approve", nil)
	r = ana.submit(ana.get(at(1)+"?intent=refund_delay&team=team-x"), "/reject", url.Values{"reason": {"wrong_tone"}})
	if r.to != at(3)+"?done="+id(s.replyOf(t, cases[1].Number))+"&intent=refund_delay&team=team-x" {
		t.Errorf("another list: to %s", r.to)
	}
	r = ana.submit(ana.get(at(6)+"?"+filter), "/reject", url.Values{"reason": {"wrong_tone"}})
	if r.status != http.StatusSeeOther || r.to != "/?done="+id(s.replyOf(t, cases[6].Number))+"&"+filter {
		t.Errorf("nothing free: status %d to %s", r.status, r.to)
	}
}

func TestTheListBeginsWithMineForWhoHasSaidWhatIsMine(t *testing.T) {
	s := newShop(t)
	s.console.o.House.Teams = []string{"team-x", "trust"}
	english := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order?"})
	ana := s.enter(t, "ana")
	ana.get("/").has(t, english.Number, "With languages and teams of yours")
	must(t, s.ChangePerson(t.Context(), store.PersonChange{Login: "ana", Languages: []string{"es"}, Teams: []string{"trust"}, By: "ana", At: s.now()}))
	mine := ana.get("/")
	mine.has(t, "Nothing here with this filter", "1 are hidden by it", `href="/?mine=off"`, `<option value="on" selected>Mine: Spanish, trust</option>`)
	mine.hasNot(t, english.Number)
	ana.get("/?mine=off").has(t, english.Number, `<option value="off" selected>`)
	ana.get("/?lang=en&team=team-x").has(t, english.Number) // what is named goes first
	if r := ana.submit(mine, "/take", nil); r.to != "/?free=none" {
		t.Errorf("Take next handed out what is not mine: to %s", r.to)
	}
	if r := ana.submit(ana.get("/?mine=off"), "/take", nil); r.to != "/replies/"+id(s.replyOf(t, english.Number))+"?mine=off" {
		t.Errorf("to %s", r.to)
	}
	must(t, s.ChangePerson(t.Context(), store.PersonChange{Login: "ana", Languages: []string{"en"}, Teams: []string{}, By: "ana", At: s.now()}))
	ana.get("/").has(t, english.Number)
}

func TestFilterShowsAndKeepsWhatTheAddressChooses(t *testing.T) {
	s := newShop(t)
	s.console.o.House.Languages, s.console.o.House.Teams = []string{"en", "es"}, []string{"team-x"}
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order?"})
	page := s.enter(t, "lea").get("/?lang=en&lang=pt&intent=stuck_order&account=" + account)
	page.has(t, cs.Number, `<select name="lang" multiple size="4">`, `<option value="pt" selected>Portuguese</option>`, `<option value="en" selected>`,
		`<option value="es">Spanish</option>`, `<option value="stuck_order" selected>`, "shop_help · English · Portuguese · Stuck order",
		`href="/?account=shop_help&amp;intent=stuck_order&amp;lang=en&amp;lang=pt&amp;show=over"`)
}

func TestTheChosenOrderLeadsOnThroughDecisions(t *testing.T) {
	s := newShop(t)
	cases := s.matters(t, 3) // the oldest first
	at := func(i int) string { return "/replies/" + id(s.replyOf(t, cases[i].Number)) }
	ana := s.enter(t, "ana")
	page := ana.get("/?order=newest")
	page.has(t, `<option value="newest" selected>Newest first</option>`, `data-url="`+at(2)+`?order=newest"`)
	if r := ana.submit(page, "/approve", nil); r.to != at(1)+"?done="+id(s.replyOf(t, cases[2].Number))+"&order=newest" {
		t.Errorf("to %s", r.to)
	}
	ana.get("/?order=waiting").has(t, `data-url="`+at(0)+`?order=waiting"`)
	ana.get("/?order=sideways").has(t, `data-url="`+at(0)+`"`)
}
