package inbound

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"socialwatch"
)

// TestACallbackThatEchoesTellsNoSecret: what it sends back instead of HTTP
// is the request line, in which the address may hold a secret.
func TestACallbackThatEchoesTellsNoSecret(t *testing.T) {
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_, _ = c.Write([]byte("POST " + r.URL.String() + " HTTP/1.1\r\n\r\n"))
			_ = c.Close()
		}
	}))
	defer echo.Close()
	r := newRig(t, true)
	o := r.options()
	o.Callback = echo.URL + "/replies?token=s3cret"
	c := r.open(o)
	_, probed := c.Prober.Probe(t.Context())
	_, found := c.Finder.Find(t.Context(), socialwatch.Payload{})
	for name, err := range map[string]error{"probe": probed, "find": found} {
		if err == nil || !strings.Contains(err.Error(), "no answer that HTTP knows") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
