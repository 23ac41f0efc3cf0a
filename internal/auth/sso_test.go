package auth

import (
	"testing"
	"time"

	"golang.org/x/oauth2"

	"socialwatch/internal/simulator/reset"
)

// TestACodeIsExchangedOnce: it counts once.
func TestACodeIsExchangedOnce(t *testing.T) {
	reset.IsCalledOnce(t, func(e *reset.Server) error {
		s := &SSO{Client: e.Client()}
		s.Client.Timeout = time.Minute
		cfg := oauth2.Config{ClientID: "socialwatch", Endpoint: oauth2.Endpoint{TokenURL: e.URL, AuthStyle: oauth2.AuthStyleInParams}}
		_, err := cfg.Exchange(s.client(t.Context()), "code")
		return err
	})
}
