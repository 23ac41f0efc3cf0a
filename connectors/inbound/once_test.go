package inbound

import (
	"net/http"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator/reset"
)

// TestAnAttemptIsOneCall: the endpoint may have published.
func TestAnAttemptIsOneCall(t *testing.T) {
	reset.IsCalledOnce(t, func(s *reset.Server) error {
		c, err := New(Options{Account: "shop", Network: "facebook", Host: "facebook.example", Secrets: secret, MaxLength: 500,
			Callback: s.URL + "/replies", Timeout: 20 * time.Second})
		must(t, err)
		s.Trust(c.Replier.(replier).http.Transport.(*http.Transport))
		_, err = c.Replier.Reply(t.Context(), socialwatch.Payload{Network: "facebook", Host: "facebook.example", Account: "shop",
			ParentID: "1", ParentBy: "9", Text: "We are sorry"}, "key")
		return err
	})
}
