package auth

import (
	"testing"

	"golang.org/x/oauth2"

	"socialwatch/internal/simulator/reset"
)

// TestACodeIsExchangedOnce: it counts once, and net/http sends a request again
// by itself when a server ends it in certain ways.
func TestACodeIsExchangedOnce(t *testing.T) {
	for _, code := range reset.Codes() {
		e := reset.New(code)
		defer e.Close()
		s := &SSO{Client: e.Client()}
		s.Client.Timeout = 2e9
		cfg := oauth2.Config{ClientID: "socialwatch", Endpoint: oauth2.Endpoint{TokenURL: e.URL, AuthStyle: oauth2.AuthStyleInParams}}
		_, err := cfg.Exchange(s.client(t.Context()), "code")
		if n := e.Taken(); n != 1 || err == nil {
			t.Errorf("%v: %d calls; %v", code, n, err)
		}
	}
}
