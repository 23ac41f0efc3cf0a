package alert

import (
	"testing"
	"time"

	"socialwatch/internal/simulator/reset"
)

// TestAMessageIsOneCall: net/http sends a request again by itself, without a
// pause, when an endpoint ends it in certain ways.
func TestAMessageIsOneCall(t *testing.T) {
	for _, code := range reset.Codes() {
		e := reset.New(code)
		defer e.Close()
		s := NewSender(2*time.Second, time.Now)
		s.client.Transport = e.Client().Transport
		err := s.Send(t.Context(), Endpoint{Kind: Slack, URL: e.URL}, Message{Sections: []Section{{Title: "Late", Lines: []Line{{Text: "one"}}}}})
		if n := e.Taken(); n != 1 || err == nil {
			t.Errorf("%v: %d calls; %v", code, n, err)
		}
	}
}
