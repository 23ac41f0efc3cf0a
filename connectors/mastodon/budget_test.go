package mastodon

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"socialwatch"
)

// TestLooksBeforeRepliesStopWithTheBudget looks at one post again and again.
func TestLooksBeforeRepliesStopWithTheBudget(t *testing.T) {
	for name, headers := range map[string]bool{"told by headers": true, "told by 429 alone": false} {
		t.Run(name, func(t *testing.T) {
			requests := 0
			var r *rig
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				requests++
				if headers {
					w.Header().Set("X-RateLimit-Limit", "10")
					w.Header().Set("X-RateLimit-Remaining", strconv.Itoa(max(0, 10-requests)))
					w.Header().Set("X-RateLimit-Reset", r.now().Add(4*time.Minute).UTC().Format(time.RFC3339Nano))
				}
				switch {
				case requests > 10:
					w.WriteHeader(http.StatusTooManyRequests)
				case req.URL.Path == "/api/v2/instance":
					fmt.Fprint(w, `{"domain":"social.example"}`)
				case req.URL.Path == "/api/v1/accounts/verify_credentials":
					fmt.Fprint(w, `{"id":"5","acct":"help"}`)
				default:
					fmt.Fprintf(w, plainStatus, "1")
				}
			}))
			t.Cleanup(srv.Close)
			r = &rig{T: t, token: "secret-token", base: srv.URL}
			c := r.open()
			var err error
			for range 40 {
				_, err = c.Lookup.Get(r.ctx(), []string{"1"})
			}
			if socialwatch.ReasonOf(err) != socialwatch.RateLimited || requests < 10 || requests > 11 {
				t.Fatalf("%d requests, at last %v", requests, err)
			}
			requests = 0
			r.pass(5 * time.Minute)
			if _, err = c.Lookup.Get(r.ctx(), []string{"1"}); err != nil {
				t.Fatalf("after the window: %v", err)
			}
		})
	}
}
