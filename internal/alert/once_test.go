package alert

import (
	"testing"
	"time"

	"socialwatch/internal/simulator/reset"
)

func TestAMessageIsOneCall(t *testing.T) {
	reset.IsCalledOnce(t, func(e *reset.Server) error {
		s := NewSender(time.Minute, time.Now)
		s.client.Transport = e.Client().Transport
		return s.Send(t.Context(), Endpoint{Kind: Slack, URL: e.URL}, Message{Sections: []Section{{Title: "Late", Lines: []Line{{Text: "one"}}}}})
	})
}
