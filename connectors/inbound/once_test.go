package inbound

import (
	"net/http"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator/reset"
)

// TestAnAttemptIsOneCall: net/http sends a request again by itself when an
// endpoint ends it in certain ways, although it may have published.
func TestAnAttemptIsOneCall(t *testing.T) {
	for _, code := range reset.Codes() {
		s := reset.New(code)
		defer s.Close()
		c, err := New(Options{Account: "shop", Network: "facebook", Host: "facebook.example", Secrets: secret, MaxLength: 500,
			Callback: s.URL + "/replies", Timeout: 2 * time.Second})
		must(t, err)
		s.Trust(c.Replier.(replier).http.Transport.(*http.Transport))
		_, err = c.Replier.Reply(t.Context(), socialwatch.Payload{Network: "facebook", Host: "facebook.example", Account: "shop",
			ParentID: "1", ParentBy: "9", Text: "We are sorry"}, "key")
		if n := s.Taken(); n != 1 || err == nil {
			t.Errorf("%v: %d calls; %v", code, n, err)
		}
	}
}
