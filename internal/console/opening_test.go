package console

import (
	"fmt"
	"testing"
	"time"
)

// TestAFollowUpStandsBelowTheComplaint: whoever decides sees what the matter is.
func TestAFollowUpStandsBelowTheComplaint(t *testing.T) {
	if got := opening([]postView{{Ours: true}, {mention: 1}, {mention: 2, Current: true}}); got == nil || got.mention != 1 {
		t.Errorf("%+v", got)
	}
	if got := opening([]postView{{mention: 1, Current: true}, {mention: 2}}); got != nil {
		t.Errorf("%+v", got)
	}
	s := newShop(t)
	first := s.arrive(t, customer{handle: "customer1", text: "@shop_help parcel marked delivered but nothing here", ago: time.Hour})
	ana := s.enter(t, "ana")
	ana.get(fmt.Sprintf("/replies/%d", s.replyOf(t, first.Number).ID)).hasNot(t, "post before")
}
