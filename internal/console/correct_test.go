package console

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

func TestACorrectionIsKeptAndChangesNothingElse(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1@far.example", text: "my refund is late", escalated: "refund"})
	before, err := s.Case(t.Context(), cs.Number)
	must(t, err)
	otto := s.enter(t, "otto")
	path := "/cases/" + cs.Number
	page := otto.get(path)
	page.has(t, "Found: Refund delay, a reply is enough.", `<option value="refund_delay" selected>`)
	a := otto.submit(page, "/correct", url.Values{"intent": {"billing"}, "escalate": {"yes"}})
	if a.status != http.StatusSeeOther || a.to != path {
		t.Fatalf("status %d to %s", a.status, a.to)
	}
	a = otto.submit(otto.get(path), "/correct", url.Values{"intent": {"stuck_order"}})
	page = otto.get(path)
	page.has(t, "Found: Refund delay, a reply is enough.", "Corrected by otto: Stuck order, a reply is enough.", `<option value="stuck_order" selected>`,
		"Assessment corrected: Billing, a human must act", "Assessment corrected: Stuck order, a reply is enough")
	s.enter(t, "rita").get(path).hasNot(t, "/correct\"")
	s.enter(t, "rita").get(path).has(t, "Corrected by otto: Stuck order")
	after, err := s.Case(t.Context(), cs.Number)
	must(t, err)
	if after.Case.Version != before.Case.Version || after.Case.Intent != before.Case.Intent || after.Mentions[0].Assessment.Intent != before.Mentions[0].Assessment.Intent {
		t.Errorf("the correction changed the case: %+v", after.Case)
	}
	var labels []store.Label
	for l, err := range s.Labels(t.Context(), time.Time{}) {
		must(t, err)
		labels = append(labels, l)
	}
	if len(labels) != 1 || labels[0].Corrected == nil || labels[0].Corrected.Intent != socialwatch.StuckOrder || labels[0].Corrected.By != "otto" {
		t.Errorf("labels %+v", labels)
	}
}

func TestACorrectionOfWhatNobodySawIsRefused(t *testing.T) {
	s := newShop(t)
	cs := s.arrive(t, customer{handle: "customer1@far.example", text: "my refund is late"})
	other := s.arrive(t, customer{handle: "customer2@far.example", text: "my parcel is late"})
	otto := s.enter(t, "otto")
	path := "/cases/" + cs.Number
	page := otto.get(path)
	if a := otto.submit(page, "/correct", url.Values{"intent": {"lateness"}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Choose what the post is about.") {
		t.Errorf("an intent that is none: %d", a.status)
	}
	d, err := s.Case(t.Context(), other.Number)
	must(t, err)
	for _, id := range []string{"x", "999", "-1", strconv.FormatInt(d.Mentions[0].ID, 10)} {
		if a := otto.post(path+"/correct", url.Values{"mention": {id}, "revision": {"0"}, "intent": {"billing"}}); a.status != http.StatusNotFound {
			t.Errorf("post %s of another case: status %d", id, a.status)
		}
	}
	a := otto.submit(page, "/correct", url.Values{"intent": {"billing"}, "revision": {"older"}})
	if a.status != http.StatusConflict {
		t.Errorf("an edited post: status %d", a.status)
	}
	a.has(t, "The customer has edited or deleted the post")
	for l, err := range s.Labels(t.Context(), time.Time{}) {
		t.Errorf("a label from what was refused: %+v, %v", l, err)
	}
}
