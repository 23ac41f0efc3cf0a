package webhook

import (
	"net/netip"
	"testing"
	"time"

	"socialwatch/internal/simulator/reset"
)

// TestATryIsOneCall: net/http sends a request again by itself, without a pause,
// when an endpoint ends it in certain ways.
func TestATryIsOneCall(t *testing.T) {
	for _, code := range reset.Codes() {
		e := reset.New(code)
		defer e.Close()
		s := NewSender(Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, 2*time.Second, time.Now)
		e.Trust(s.client.Transport.(transport).tls)
		a := s.send(t.Context(), secrets{URL: e.URL, Keys: []secret{{Text: newSecret()}}}, message{id: "msg_1", body: []byte("{}")})
		if n := e.Taken(); n != 1 || a.error == "" {
			t.Errorf("%v: %d calls; %+v", code, n, a)
		}
	}
}
