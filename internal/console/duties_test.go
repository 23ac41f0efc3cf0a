package console

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"socialwatch"
)

// TestPostIsShownAsNetworksWant: name, handle, unaltered text, the network, and
// the time as a link to the post; and of one that is gone none of it.
func TestPostIsShownAsNetworksWant(t *testing.T) {
	s := newShop(t)
	lea := s.enter(t, "lea")
	cs := s.arrive(t, customer{handle: "customer1", name: "Customer One", ago: time.Minute, url: "https://x.com/customer1/status/77",
		text: "@shop_help where is my <parcel> & lamp?", edit: func(m *socialwatch.Mention) { m.ID = "77" }})
	card := fmt.Sprintf("/replies/%d", s.replyOf(t, cs.Number).ID)
	timeLink := regexp.MustCompile(`<a href="https://x\.com/customer1/status/77"[^>]*><time datetime=`)
	for _, path := range []string{card, "/mentions", "/cases/" + cs.Number} {
		page := lea.get(path)
		page.has(t, "@customer1", "&lt;parcel&gt; &amp; lamp?")
		if !timeLink.MatchString(page.body) {
			t.Errorf("%s: the time does not lead to the post", path)
		}
	}
	lea.get(card).has(t, "Customer One", "on Mastodon")
	k, err := s.Known(t.Context(), socialwatch.Ask{Account: cs.Account})
	must(t, err)
	must(t, s.Save(t.Context(), socialwatch.Changes{Account: cs.Account, Version: k.Version, At: s.now(), Gone: []string{"77"}}))
	for _, path := range []string{card, "/mentions", "/cases/" + cs.Number} {
		page := lea.get(path)
		page.has(t, "name erased", "deleted or is no longer visible")
		page.hasNot(t, "status/77", "lamp?", "Customer One")
	}
}
