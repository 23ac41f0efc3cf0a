package console

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"socialwatch"
)

// shopX is an account on a network that charges.
const shopX = "shop_x"

// spends makes an account on X that has spent so much today, in thousandths of
// a dollar: half of it for reading at most.
func (s *shop) spends(t testing.TB, name string, budget socialwatch.Budget, today int) {
	t.Helper()
	must(t, s.EnsureAccount(t.Context(), name, string(socialwatch.X), "x.com"))
	must(t, s.RecordPoll(t.Context(), socialwatch.PollResult{Account: name, At: s.now().Add(-5 * time.Second)}))
	s.ledger.Budgets[name] = budget
	objects := func(kind string, n int) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprint(kind, ":", i)
		}
		return list
	}
	for _, c := range []struct {
		item    string
		price   socialwatch.MicroUSD
		objects []string
	}{{"create", 10_000, objects("create", today/20)}, {"mention_read", 1_000, objects("post", today-today/20*10)}} {
		costing := socialwatch.Costing{Account: name, Item: c.item, Price: c.price, Most: len(c.objects)}
		must(t, s.ledger.Settle(t.Context(), 0, costing, c.objects))
	}
}

const dollar = socialwatch.MicroUSD(1_000_000)

// panel is the part of the page about one account.
func (a answer) panel(t testing.TB, name string) answer {
	t.Helper()
	_, after, ok := strings.Cut(a.body, `id="`+name+`"`)
	if !ok {
		t.Fatalf("no panel of %s", name)
	}
	a.body, _, _ = strings.Cut(after, "\n </section>")
	return a
}

func TestConnectionsTellWhatIsSpent(t *testing.T) {
	s := newShop(t)
	s.spends(t, shopX, socialwatch.Budget{Day: 2 * dollar, Month: 50 * dollar}, 1000)
	s.spends(t, "shop_free", socialwatch.Budget{}, 0)
	rita := s.enter(t, "rita")
	page := rita.get("/connections")
	page.panel(t, shopX).has(t, "Spending", "$1.00 of $2.00, 50 %", "$1.00 of $50.00, 2 %", `<svg class="good"`, `<rect width="50" height="1"/>`, `<rect width="2" height="1"/>`,
		"Forecast for "+s.now().UTC().Format("January"), "about $", "This month by item", `<th scope="row">replies</th><td class="num">50</td><td class="num">$0.50</td>`,
		`<th scope="row">mentions read</th><td class="num">500</td><td class="num">$0.50</td>`, "Days and months are UTC", "checked 5 s ago")
	for _, name := range []string{account, "shop_free"} {
		page.panel(t, name).hasNot(t, "Spending", "<rect")
	}
	page.hasNot(t, "style=", "<script>")
	delete(s.ledger.Budgets, shopX)
	s.console.changed()
	page = rita.get("/connections").panel(t, shopX)
	page.has(t, "<dd>$1.00</dd>")
	page.hasNot(t, "<rect")
}

func TestForecastAboveTheBudgetIsTold(t *testing.T) {
	s := newShop(t)
	s.spends(t, shopX, socialwatch.Budget{Month: dollar + 1}, 1000)
	purses, err := s.ledger.Purses(t.Context(), nil)
	must(t, err)
	above := purses[shopX].Forecast > dollar+1 // all but the last minutes of a month
	page := s.enter(t, "rita").get("/connections")
	if strings.Contains(page.body, "above the budget: reading will stop") != above {
		t.Errorf("forecast %s, the page says %v", purses[shopX].Forecast.Dollars(), !above)
	}
}

func TestShortMoneyWarnsAndRaisesNoFalseAlarm(t *testing.T) {
	s := newShop(t)
	if s.now().UTC().Hour() == 23 { // what follows is of one day
		s.advance(time.Hour)
	}
	s.spends(t, shopX, socialwatch.Budget{Day: dollar}, 850)
	must(t, s.RecordPoll(t.Context(), socialwatch.PollResult{Account: account, At: s.now()}))
	rita := s.enter(t, "rita")
	panel := rita.get("/connections").panel(t, shopX)
	panel.has(t, "Polls come every 15 min at most.", "At 95 % reading stops", "slowed down", "$0.85 of $1.00, 85 %", `<svg class="warn"`)
	s.advance(14 * time.Minute) // forty polls at the usual pace
	must(t, s.RecordPoll(t.Context(), socialwatch.PollResult{Account: account, At: s.now()}))
	page := rita.get("/connections")
	page.panel(t, shopX).has(t, "slowed down")
	page.hasNot(t, `class="banner`)
	s.advance(32 * time.Minute)
	must(t, s.RecordPoll(t.Context(), socialwatch.PollResult{Account: account, At: s.now()}))
	rita.get("/").has(t, "X (shop_x) unchecked for 46 min: no poll has run.")
}

func TestUsedUpBudgetAlarms(t *testing.T) {
	s := newShop(t)
	s.spends(t, shopX, socialwatch.Budget{Day: dollar}, 950)
	_, err := s.ledger.Reserve(t.Context(), socialwatch.Costing{Account: shopX, Item: "mention_read", Price: 1000, Most: 1})
	must(t, s.RecordPoll(t.Context(), socialwatch.PollResult{Account: shopX, At: s.now(), Err: fmt.Sprintf("poll %s: %v", shopX, err), Reason: socialwatch.ReasonOf(err)}))
	rita := s.enter(t, "rita")
	rita.get("/").has(t, `banner warn`, "X (shop_x) is not read: its budget is used up.", "New posts wait there unread.", `href="/connections#shop_x"`)
	panel := rita.get("/connections").panel(t, shopX)
	panel.has(t, "The budget is used up.", "The budget of $1.00 for this day, of which 95 % are for reading, is used up", "raise budget_day in the configuration.", "budget used up", `<svg class="bad"`)
	panel.hasNot(t, "Add credit", "out_of_credit", "Resume")
}

func TestHaltIsShownAndResumedByAnAdmin(t *testing.T) {
	s := newShop(t)
	s.spends(t, shopX, socialwatch.Budget{}, 100)
	must(t, s.ledger.Halt(t.Context(), shopX, `credits <b>depleted</b>`))
	lea := s.enter(t, "lea")
	lea.get("/").has(t, "X (shop_x) is out of credit: the network says “credits &lt;b&gt;depleted&lt;/b&gt;”.", "Nothing is read or sent there until an admin resumes it.")
	panel := lea.get("/connections").panel(t, shopX)
	panel.has(t, "No paid call has been made since", "Add credit or raise the limit", "An admin can resume.", "out of credit")
	panel.hasNot(t, "/unpause", "/pause")
	if a := lea.post("/connections/"+shopX+"/unpause", nil); a.status != http.StatusForbidden {
		t.Errorf("a lead resumes: %d", a.status)
	}
	max := s.enter(t, "max")
	page := max.get("/connections")
	page.panel(t, shopX).has(t, ">Resume</button>")
	if n := strings.Count(page.panel(t, shopX).body, "<form"); n != 1 {
		t.Errorf("%d forms, want one button", n)
	}
	if a := max.submit(page, "/connections/"+shopX+"/unpause", nil); a.status != http.StatusSeeOther {
		t.Errorf("status %d", a.status)
	}
	page = max.get("/connections")
	page.hasNot(t, "out of credit", `class="banner`)
	page.panel(t, shopX).has(t, "/connections/"+shopX+"/pause")
	if _, err := s.ledger.Reserve(t.Context(), socialwatch.Costing{Account: shopX, Price: 1, Most: 1}); err != nil {
		t.Error(err)
	}
}

// moneyDay fills a shop with accounts that cost money, in every state.
func moneyDay(t testing.TB, s *shop) {
	s.spends(t, shopX, socialwatch.Budget{Day: 5 * dollar, Month: 10 * dollar}, 1240)
	s.spends(t, "shop_x_slow", socialwatch.Budget{Day: dollar, Month: 50 * dollar}, 850)
	s.spends(t, "shop_x_used", socialwatch.Budget{Day: dollar}, 950)
	_, err := s.ledger.Reserve(t.Context(), socialwatch.Costing{Account: "shop_x_used", Item: "mention_read", Price: 1000, Most: 100})
	must(t, s.RecordPoll(t.Context(), socialwatch.PollResult{Account: "shop_x_used", At: s.now(), Err: err.Error(), Reason: socialwatch.ReasonOf(err), NextAt: s.now().Add(5 * time.Minute)}))
	s.spends(t, "shop_x_halted", socialwatch.Budget{}, 310)
	must(t, s.ledger.Halt(t.Context(), "shop_x_halted", "credits depleted"))
}
