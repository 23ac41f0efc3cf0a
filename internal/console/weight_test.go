package console

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// What a queue page of fifty drafts and a card may weigh on its first load.
const (
	mostRequests = 4
	mostBytes    = 60_000
)

func fifty(t testing.TB, s *shop) {
	t.Helper()
	for i := range 50 {
		s.arrive(t, customer{handle: fmt.Sprintf("customer%d", i), name: "Customer", text: fmt.Sprintf(
			"@shop_help my order 100-%07d still hasn't arrived, it has not moved for 9 days and nobody answers. Where is it? This is the THIRD time I ask.", i)})
	}
}

// asked is a request as a browser makes it: without unpacking.
func (v *visitor) asked(path, accept string, more ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(v.t.Context(), "GET", path, nil)
	r.Header.Set("Accept-Encoding", accept)
	for i := 0; i+1 < len(more); i += 2 {
		r.Header.Set(more[i], more[i+1])
	}
	r.AddCookie(v.cookie)
	w := httptest.NewRecorder()
	v.shop.console.ServeHTTP(w, r)
	return w
}

func TestAQueuePageIsLight(t *testing.T) {
	s := newShop(t)
	fifty(t, s)
	ana := s.enter(t, "ana")
	first := ana.asked("/", "gzip, deflate, br")
	z, err := gzip.NewReader(first.Body)
	must(t, err)
	page, err := io.ReadAll(z)
	must(t, err)
	if n := strings.Count(string(page), `<li class="row`); n != 50 {
		t.Fatalf("%d rows", n)
	}
	packed := ana.asked("/", "gzip").Body.Len()
	t.Logf("page: %d bytes, %d packed", len(page), packed)
	requests, bytes := 1, packed
	for _, m := range regexp.MustCompile(`(?:href|src)="(/assets/[^"]+)"`).FindAllStringSubmatch(string(page), -1) {
		w := ana.asked(m[1], "gzip")
		if w.Header().Get("Content-Encoding") != "gzip" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %v", m[1], w.Header())
		}
		t.Logf("%s: %d packed", m[1], w.Body.Len())
		requests, bytes = requests+1, bytes+w.Body.Len()
	}
	if requests > mostRequests || bytes > mostBytes {
		t.Errorf("%d requests, %d bytes", requests, bytes)
	}
}

func TestAssetsComePackedWhereTheyAreTaken(t *testing.T) {
	s := newShop(t)
	ana := s.enter(t, "ana")
	url := s.console.assets.urls["main.js"]
	plain := s.console.assets.files[strings.TrimPrefix(url, "/assets/")].plain
	for accept, packed := range map[string]bool{"gzip": true, "br, gzip;q=0.5": true, "GZIP": true, "": false, "br": false, "gzip;q=0": false,
		"gzip; q=0.000": false, "gzip;q=0.001": true, "x-gzipped": false} {
		w := ana.asked(url, accept)
		body := io.Reader(w.Body)
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != packed {
			t.Errorf("%q: packed %t", accept, got)
			continue
		}
		if packed {
			z, err := gzip.NewReader(w.Body)
			must(t, err)
			body = z
		}
		got, err := io.ReadAll(body)
		must(t, err)
		if string(got) != string(plain) || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/javascript") {
			t.Errorf("%q: %d bytes of %s", accept, len(got), w.Header().Get("Content-Type"))
		}
		again := ana.asked(url, accept, "If-None-Match", w.Header().Get("ETag"))
		if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%q: status %d for what is known", accept, again.Code)
		}
	}
}

// The browser's own count: everything it fetched until the page had loaded.
// The live channel opens after that.
func TestBrowserLoadsAQueuePageInFourRequests(t *testing.T) {
	s := newShop(t)
	fifty(t, s)
	b := newBrowser(t, s)
	b.enter("ana")
	b.open("/")
	b.until(`performance.getEntriesByType("navigation")[0].loadEventEnd > 0`)
	loaded := `[performance.getEntriesByType("navigation")[0], ...performance.getEntriesByType("resource").filter((r) => r.startTime < performance.getEntriesByType("navigation")[0].loadEventStart)]`
	urls := eval[[]string](b, loaded+`.map((r) => r.name)`)
	bytes := eval[int](b, loaded+`.reduce((n, r) => n + r.encodedBodySize, 0)`)
	t.Logf("%d bytes in %d requests: %s", bytes, len(urls), strings.Join(urls, " "))
	if len(urls) > mostRequests || bytes > mostBytes || bytes < 5000 {
		t.Errorf("%d requests, %d bytes", len(urls), bytes)
	}
	if n := eval[int](b, `document.querySelectorAll("#rows .row").length`); n != 50 {
		t.Errorf("%d rows", n)
	}
}
