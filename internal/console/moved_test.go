package console

import (
	"fmt"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store/dbtest"
)

// TestTheApproverIsToldThatTheThreadMoved: what came while a reply was on its way
// stands on its card and in the notice.
func TestTheApproverIsToldThatTheThreadMoved(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1", text: "@shop_help my order is late"})
	ana := s.enter(t, "ana")
	rp := s.replyOf(t, cs.Number)
	ana.submit(ana.get("/"), "/approve", nil)
	path := fmt.Sprintf("/replies/%d", rp.ID)
	s.advance(time.Minute)
	s.end(t, rp.ID, socialwatch.Outcome{State: socialwatch.ReplySent, Post: socialwatch.Published{PostID: "9900"}})
	_, err := dbtest.Raw(t, s.options).Exec(fmt.Sprintf("update replies set moved = 'the customer wrote again' where id = %d", rp.ID))
	must(t, err)
	ana.get(path).has(t, "While it was on its way: the customer wrote again. Look whether it still fits.")
	ana.get(fmt.Sprintf("/?done=%d", rp.ID)).has(t, `class="notice warn"`, "the customer wrote again")
}
