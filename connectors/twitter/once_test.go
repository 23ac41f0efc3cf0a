package twitter

import (
	"net/http"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"socialwatch/internal/sendonce"
	"socialwatch/internal/simulator/reset"
)

// TestATokenIsAskedForOnce: a refresh token counts once.
func TestATokenIsAskedForOnce(t *testing.T) {
	reset.IsCalledOnce(t, func(s *reset.Server) error {
		c := &client{opt: Options{}.withDefaults(), ways: newWays(Options{Timeout: 20 * time.Second})}
		s.Trust(c.ways.write.Transport.(sendonce.Transport).Way.(*http.Transport))
		cfg := oauth2.Config{ClientID: "app", Endpoint: oauth2.Endpoint{TokenURL: s.URL, AuthStyle: oauth2.AuthStyleInParams}}
		_, err := cfg.TokenSource(c.oauth2Context(t.Context()), &oauth2.Token{RefreshToken: "r"}).Token()
		return err
	})
}
