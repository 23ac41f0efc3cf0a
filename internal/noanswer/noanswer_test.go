package noanswer

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestWhatIsSaidHoldsNothingOfTheCall: neither the address nor what came back.
func TestWhatIsSaidHoldsNothingOfTheCall(t *testing.T) {
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_, _ = c.Write([]byte("GET " + r.URL.String() + " HTTP/1.1\r\n\r\n"))
			_ = c.Close()
		}
	}))
	defer echo.Close()
	at := echo.Listener.Addr().String()
	given, cancel := context.WithCancel(t.Context())
	cancel()
	for want, to := range map[string]struct {
		ctx  context.Context
		host string
	}{
		"no answer that HTTP knows":              {t.Context(), at},
		"no answer: the call was given up":       {given, at},
		"no answer: its name cannot be resolved": {t.Context(), "token.invalid"},
	} {
		req, err := http.NewRequestWithContext(to.ctx, http.MethodGet, "http://"+to.host+"/replies?token=s3cret", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = http.DefaultClient.Do(req)
		if err == nil || !strings.Contains(err.Error(), "s3cret") || Say(err) != want {
			t.Errorf("%v is said as %q, want %q", err, Say(err), want)
		}
	}
}
