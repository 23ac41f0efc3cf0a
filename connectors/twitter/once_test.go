package twitter

import (
	"net/http"
	"testing"

	"golang.org/x/oauth2"

	"socialwatch/internal/simulator/reset"
)

// TestATokenIsAskedForOnce: a refresh token counts once, and net/http sends a
// request again by itself when a server ends it in certain ways.
func TestATokenIsAskedForOnce(t *testing.T) {
	for _, code := range reset.Codes() {
		s := reset.New(code)
		defer s.Close()
		c := &client{opt: Options{}.withDefaults()}
		c.ways = newWays(Options{Timeout: 2e9})
		s.Trust(c.ways.write.Transport.(once).way.(*http.Transport))
		cfg := oauth2.Config{ClientID: "app", Endpoint: oauth2.Endpoint{TokenURL: s.URL, AuthStyle: oauth2.AuthStyleInParams}}
		_, err := cfg.TokenSource(c.oauth2Context(t.Context()), &oauth2.Token{RefreshToken: "r"}).Token()
		if n := s.Taken(); n != 1 || err == nil {
			t.Errorf("%v: %d calls; %v", code, n, err)
		}
	}
}
