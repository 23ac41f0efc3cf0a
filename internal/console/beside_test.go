package console

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"socialwatch/internal/store/dbtest"
)

// TestAStrangerWhoQuotesANumberIsAHint: the page says who quotes the case, an
// author links, and who may only read sees no button.
func TestAStrangerWhoQuotesANumberIsAHint(t *testing.T) {
	s := newShop(t)
	own := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	other := s.arrive(t, customer{handle: "customer2", text: "@shop_help it is about " + own.Number})
	s.exec(t, fmt.Sprintf("insert into quotes (number, mention_id) select '%s', id from mentions where case_id = %d on conflict do nothing", own.Number, other.ID))
	otto, rea := s.enter(t, "otto"), s.enter(t, "rita")
	page := rea.get("/cases/" + own.Number)
	page.has(t, "quotes "+own.Number)
	page.hasNot(t, "/link")
	if a := rea.post("/cases/"+own.Number+"/link", url.Values{"version": {"1"}, "other": {other.Number + " 1"}}); a.status != http.StatusForbidden {
		t.Errorf("a reader links: %d", a.status)
	}
	back := otto.submit(otto.get("/cases/"+own.Number), "/link", nil)
	page = otto.get(back.to)
	page.has(t, "Followed by", other.Number, "Linked with another case")
	page.hasNot(t, "/link")
	otto.get("/cases/"+other.Number).has(t, "Follows", own.Number)
}

func TestACaseWhoseReplyIsGoneSaysSo(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help where is my order"})
	page := s.enter(t, "otto").get("/cases/" + cs.Number)
	page.hasNot(t, "our reply is gone")
	s.exec(t, fmt.Sprintf("update replies set gone_at = created_at where case_id = %d", cs.ID))
	s.enter(t, "otto").get("/cases/"+cs.Number).has(t, "our reply is gone")
}

// exec runs SQL on the shop's database.
func (s *shop) exec(t testing.TB, query string) {
	t.Helper()
	if _, err := dbtest.Raw(t, s.options).Exec(query); err != nil {
		t.Fatal(query, err)
	}
}
