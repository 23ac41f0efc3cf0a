package webhook

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"socialwatch/internal/simulator/reset"
)

func TestATryIsOneCall(t *testing.T) {
	reset.IsCalledOnce(t, func(e *reset.Server) error {
		s := NewSender(Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, 20*time.Second, time.Now)
		e.Trust(s.client.Transport.(transport).tls)
		if a := s.send(t.Context(), secrets{URL: e.URL, Keys: []secret{{Text: newSecret()}}}, message{id: "msg_1", body: []byte("{}")}); a.error != "" {
			return errors.New(a.error)
		}
		return nil
	})
}
