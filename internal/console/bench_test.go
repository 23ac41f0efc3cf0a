package console

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkQueuePage answers a request for the page of approvals with 50
// drafts waiting and the card of the first, from the database to the last
// byte.
func BenchmarkQueuePage(b *testing.B) {
	const rows = 50
	s := newShop(b)
	for i := range rows {
		s.arrive(b, customer{handle: fmt.Sprintf("customer%d", i), name: "Customer",
			text: fmt.Sprintf("@shop_help my order 100-%07d still hasn't arrived and nobody answers. Where is it?", i)})
	}
	r := httptest.NewRequestWithContext(b.Context(), "GET", "/", nil)
	r.AddCookie(s.enter(b, "ana").cookie)
	size := 0
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		s.console.ServeHTTP(w, r)
		if w.Code != http.StatusOK || strings.Count(w.Body.String(), "@customer") < rows {
			b.Fatalf("%d, %d bytes: not the page of %d drafts", w.Code, w.Body.Len(), rows)
		}
		size = w.Body.Len()
	}
	b.ReportMetric(float64(size), "bytes/page")
}
