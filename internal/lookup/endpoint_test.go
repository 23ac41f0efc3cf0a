package lookup

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"socialwatch"
)

var testNow = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// ask asks a shop that answers by h about one order.
func ask(t *testing.T, h http.HandlerFunc, o EndpointOptions, number string) Answer {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	if o.URL == "" {
		o.URL = "/orders/{order}"
	}
	o.URL, o.Now = server.URL+o.URL, func() time.Time { return testNow }
	e := NewEndpoint(o)
	defer e.Close()
	return e.Ask(t.Context(), []string{number})[0]
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }
}

func TestEndpointReadsTheFactsByTheirPaths(t *testing.T) {
	got := ask(t, says(`{"order":{"state":" In  transit ","sum":{"amount":"129.00","currency":"eur"}},
		"shipments":[{"at":"2026-11-01T10:00:00Z"},{"at":"2026-11-20T10:00:00+02:00"}],"refund_state":"none","expected_at":"2026-12-24"}`),
		EndpointOptions{Fields: map[string]string{FactStatus: "order.state", FactValue: "order.sum.amount", FactCurrency: "order.sum.currency",
			FactMoved: "shipments.-1.at"}}, "A1")
	want := socialwatch.OrderFacts{Status: "In transit", Value: 12900, Currency: "EUR", Refund: "none",
		MovedAt: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC), ExpectedAt: time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)}
	if got.Err != nil || !got.Found || got.Facts != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestEndpointIsAskedWithTheNumberEncodedAndTheSecretHeader(t *testing.T) {
	for number, want := range map[string]string{
		"555-0100":      "/orders/555-0100?n=555-0100",
		"../admin?x=1#": "/orders/%2E%2E%2Fadmin%3Fx%3D1%23?n=%2E%2E%2Fadmin%3Fx%3D1%23",
		"ö&a=b":         "/orders/%C3%B6%26a%3Db?n=%C3%B6%26a%3Db",
	} {
		var uri, auth string
		got := ask(t, func(w http.ResponseWriter, r *http.Request) {
			uri, auth = r.RequestURI, r.Header.Get("Authorization")
			fmt.Fprint(w, `{"status":"shipped"}`)
		}, EndpointOptions{URL: "/orders/{order}?n={order}", Header: map[string]string{"Authorization": "Bearer s3cret"}}, number)
		if got.Err != nil || uri != want || auth != "Bearer s3cret" {
			t.Errorf("%q: asked %s with %q: %+v", number, uri, auth, got)
		}
	}
	asked := false
	for _, number := range []string{"", "..", ".", "///", strings.Repeat("9", 200)} {
		if got := ask(t, func(http.ResponseWriter, *http.Request) { asked = true }, EndpointOptions{}, number); got.Err != nil || got.Found || asked {
			t.Errorf("%q: %+v, asked %v", number, got, asked)
		}
	}
}

func TestEndpointThatIsHostileOnlyFails(t *testing.T) {
	elsewhere := false
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere = true }))
	defer target.Close()
	done := make(chan struct{})
	defer close(done)
	for name, c := range map[string]struct {
		h    http.HandlerFunc
		want string // of the error; empty: not found
	}{
		"404": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, ""},
		"410": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(410) }, ""},
		"500": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, "answered 500"},
		"401": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, "answered 401"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target.URL, 302) },
			"answered 302: redirects are not followed, write the address that it leads to"},
		"huge": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"status":"`)
			for range 100 {
				fmt.Fprint(w, strings.Repeat("a", 10_000))
			}
		}, "answered more than 64 kB"},
		"drip": {func(w http.ResponseWriter, r *http.Request) {
			for {
				if _, err := fmt.Fprint(w, " "); err != nil {
					return
				}
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
					return
				case <-time.After(5 * time.Millisecond):
				}
			}
		}, "no answer in time"},
		"silence": {func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-done:
			}
		}, "no answer in time"},
		"no JSON":    {says("<html>login</html>"), "its answer is no JSON"},
		"two values": {says(`{"status":"a"} {"status":"b"}`), "its answer is no JSON"},
		"null":       {says("null"), "its answer has none of the fields: see lookup.fields"},
		"other JSON": {says(`[1,{"status":[]}]`), "its answer has none of the fields: see lookup.fields"},
		"deep":       {says(strings.Repeat("[", 60_000)), "its answer is no JSON"},
		"hang up": {func(http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		}, "no answer: it closed the connection"},
	} {
		t.Run(name, func(t *testing.T) {
			o := EndpointOptions{Timeout: time.Minute}
			if c.want == "no answer in time" {
				o.Timeout = 150 * time.Millisecond
			}
			got := ask(t, c.h, o, "555-0100123")
			text := ""
			if got.Err != nil {
				text = got.Err.Error()
			}
			if got.Found || text != c.want {
				t.Errorf("got %+v, want %q", got, c.want)
			}
			if strings.Contains(text, "0100123") || strings.Contains(text, "127.0.0.1") {
				t.Errorf("the error tells number or address: %s", text)
			}
		})
	}
	if elsewhere {
		t.Error("a redirect was followed")
	}
}

func TestEndpointThatIsBusySaysForHowLong(t *testing.T) {
	got := ask(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "90")
		w.WriteHeader(429)
	}, EndpointOptions{}, "1")
	busy, ok := got.Err.(*Busy)
	if !ok || busy.After != 90*time.Second {
		t.Errorf("got %+v", got)
	}
}

func TestEndpointThatIsNotThereTellsNoNumber(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	got := NewEndpoint(EndpointOptions{URL: server.URL + "/{order}", Now: time.Now}).Ask(context.Background(), []string{"555-0100123"})[0]
	if got.Err == nil || strings.Contains(got.Err.Error(), "0100123") || strings.Contains(got.Err.Error(), "http") {
		t.Errorf("got %+v", got)
	}
}

func TestEndpointIsAskedAFewAtOnce(t *testing.T) {
	var now, most, arrived atomic.Int32
	full := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		if arrived.Add(1) == Concurrent {
			close(full)
		}
		<-full // all that may come at once are here
		fmt.Fprint(w, `{"status":"x"}`)
	}))
	defer server.Close()
	var orders []string
	for i := range 10 {
		orders = append(orders, fmt.Sprint(i))
	}
	for i, a := range NewEndpoint(EndpointOptions{URL: server.URL + "/{order}", Now: time.Now}).Ask(t.Context(), orders) {
		if !a.Found {
			t.Errorf("order %d: %+v", i, a)
		}
	}
	if most.Load() > Concurrent {
		t.Errorf("%d questions at once", most.Load())
	}
}

func TestWhatCannotBeIsLeftOut(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want socialwatch.OrderFacts
	}{
		"negative":          {`{"status":"x","value":"-5.00","currency":"EUR"}`, socialwatch.OrderFacts{Status: "x"}},
		"negative minor":    {`{"status":"x","value_minor":-1,"currency":"EUR"}`, socialwatch.OrderFacts{Status: "x"}},
		"exponent":          {`{"status":"x","value":1e999999999,"currency":"EUR"}`, socialwatch.OrderFacts{Status: "x"}},
		"too much":          {`{"status":"x","value_minor":99999999999999999,"currency":"EUR"}`, socialwatch.OrderFacts{Status: "x"}},
		"no currency":       {`{"status":"x","value":5}`, socialwatch.OrderFacts{Status: "x"}},
		"bad currency":      {`{"status":"x","value":5,"currency":"<b>"}`, socialwatch.OrderFacts{Status: "x"}},
		"yen":               {`{"value":1290,"currency":"JPY"}`, socialwatch.OrderFacts{Value: 1290, Currency: "JPY"}},
		"dinar":             {`{"value":"1.2345","currency":"KWD"}`, socialwatch.OrderFacts{Value: 1235, Currency: "KWD"}},
		"moved in future":   {`{"status":"x","last_movement_at":"2027-01-01"}`, socialwatch.OrderFacts{Status: "x"}},
		"delivered later":   {`{"status":"x","delivered_at":"2027-01-01"}`, socialwatch.OrderFacts{Status: "x"}},
		"clock ahead":       {`{"last_movement_at":"2026-11-29T12:03:00Z"}`, socialwatch.OrderFacts{MovedAt: testNow}},
		"year 9999":         {`{"status":"x","expected_at":"9999-01-01","refund_at":"0001-01-01"}`, socialwatch.OrderFacts{Status: "x"}},
		"seconds":           {`{"last_movement_at":1764000000}`, socialwatch.OrderFacts{MovedAt: time.Unix(1764000000, 0).UTC()}},
		"html stays text":   {`{"status":"<script>alert(1)</script>"}`, socialwatch.OrderFacts{Status: "<script>alert(1)</script>"}},
		"turned and NUL":    {`{"status":"a\u202eb\u0000c\u200bd\ud800"}`, socialwatch.OrderFacts{Status: "abcd\ufffd"}},
		"10,000 characters": {`{"status":"` + strings.Repeat("ab ", 3400) + `"}`, socialwatch.OrderFacts{Status: strings.TrimSpace(strings.Repeat("ab ", 26)+"a") + "…"}},
		"zalgo":             {`{"status":"a` + strings.Repeat("\u0301", 50) + `"}`, socialwatch.OrderFacts{Status: "a\u0301\u0301"}},
		"Hindi":             {`{"status":"विलंबित हो गया"}`, socialwatch.OrderFacts{Status: "विलंबित हो गया"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ask(t, says(c.body), EndpointOptions{}, "1"); got.Err != nil || got.Facts != c.want {
				t.Errorf("got  %+v (%v)\nwant %+v", got.Facts, got.Err, c.want)
			}
		})
	}
}

func FuzzAnswersAreBounded(f *testing.F) {
	for _, s := range []string{`{"status":"x","value":"1.5","currency":"EUR","last_movement_at":"2026-11-01"}`, `[]`, `{"status":"\u202e"}`, "\xff"} {
		f.Add(s)
	}
	e := NewEndpoint(EndpointOptions{Now: func() time.Time { return testNow }})
	f.Fuzz(func(t *testing.T, body string) {
		a := e.read(strings.NewReader(body))
		if a.Found == (a.Err != nil) {
			t.Fatalf("%+v", a)
		}
		v := a.Facts
		if len([]rune(v.Status)) > maxText || len([]rune(v.Refund)) > maxText || strings.ContainsAny(v.Status+v.Refund, "\x00\n\u202e") ||
			v.Value < 0 || v.Value > maxMinor || v.MovedAt.After(testNow) {
			t.Fatalf("%+v", v)
		}
	})
}
