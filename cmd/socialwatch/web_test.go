package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"socialwatch/internal/api"
)

// TestTheAPIRefusesItsOwnAddresses: in its own words, also where a mux would
// redirect.
func TestTheAPIRefusesItsOwnAddresses(t *testing.T) {
	h := apart(api.New(api.Options{}), http.NewServeMux())
	for _, path := range []string{"/api//v1/stop", "/api/./v1/stop", "/api/v1//stop", "/api/v1/../v1/stop", "/api/"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, nil))
		if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "/api/v1/problems/not-found") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
