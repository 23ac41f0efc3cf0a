package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// orderDesk is a shop's system that keeps who asks waiting until it opens.
type orderDesk struct {
	*httptest.Server
	mu    sync.Mutex
	asked map[string]int // by path
	first chan struct{}  // closed with the first question
	door  chan struct{}  // closed once it opens
	open  func()         // answers all who wait, and all who come
}

func newOrderDesk(t *testing.T) *orderDesk {
	d := &orderDesk{asked: map[string]int{}, first: make(chan struct{}), door: make(chan struct{})}
	d.open = sync.OnceFunc(func() { close(d.door) })
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		if len(d.asked) == 0 {
			close(d.first)
		}
		d.asked[r.URL.Path]++
		d.mu.Unlock()
		select {
		case <-d.door:
			fmt.Fprint(w, `{"status":"in transit","last_movement_at":"2026-11-01"}`)
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { d.open(); d.Close() })
	return d
}

// questions are how often each path was asked for.
func (d *orderDesk) questions() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.asked)
}

// asks makes a shop that asks a system about orders.
func asks(t *testing.T, kind store.Kind, lookup string) *shop {
	t.Helper()
	s := newShop(t, kind, simulator.Options{})
	text, err := os.ReadFile(s.config)
	must(t, err)
	must(t, os.WriteFile(s.config, append(text, "triage: {order_patterns: ['555-#######-#######']}\nlookup: "+lookup+"\n"...), 0o600))
	return s
}

// TestProcessKilledWhileItAsksLosesNoOrder: kill -9 with questions on their way.
// The next process asks each again, once, every order gets its answer, and
// nothing is asked about any more.
func TestProcessKilledWhileItAsksLosesNoOrder(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			desk := newOrderDesk(t)
			s := asks(t, kind, fmt.Sprintf("{url: '%s/first/{order}', timeout: 2s}", desk.URL))
			d := s.serve()
			const orders = 6
			for n := range orders {
				s.post(n)
			}
			<-desk.first
			d.kill()
			late := s.post(orders) // nobody reads it now
			desk.open()
			s.set("/first/", "/second/")
			d = s.serve()
			until(t, time.Minute, "the shop has told of each order", func() bool {
				return s.number("select count(*) from case_orders where outcome = 'found' and status = 'in transit'") == orders+1
			})
			d.end()
			if !s.has([]string{late}) || s.number("select count(*) from case_orders where lease_until is not null or tries > 0") != 0 ||
				s.number("select failures from lookup_state") != 0 {
				t.Error("something is still held, or counts as failed")
			}
			before := 0
			for path, n := range desk.questions() {
				if strings.HasPrefix(path, "/first/") { // some of them may have come after the kill
					before += n
				} else if n > 1 {
					t.Errorf("after the kill %s was asked for %d times", path, n)
				}
			}
			if soon := s.number("select count(*) from case_orders where due_at is null"); soon != 0 {
				t.Errorf("%d orders are never asked about again", soon)
			}
			t.Logf("%d questions were on their way when it was killed", before)
		})
	}
}

// TestShopThatHangsDelaysNothing: while the shop's system answers nobody, posts
// are taken in, cases made and replies sent; told to end, the program does, and
// what it asked is asked again.
func TestShopThatHangsDelaysNothing(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			desk := newOrderDesk(t)
			s := asks(t, kind, fmt.Sprintf("{url: '%s/{order}', timeout: 30s}", desk.URL))
			d := s.serve()
			s.post(0)
			<-desk.first
			var ids []string
			for n := range 10 {
				ids = append(ids, s.post(n+1))
			}
			stop := s.approver()
			until(t, time.Minute, "all is taken in and answered", func() bool { return s.has(ids) && len(s.public()) == 11 })
			stop()
			if n := s.number("select count(*) from case_orders where outcome <> 'waiting'"); n != 0 {
				t.Fatalf("the shop has answered %d questions", n)
			}
			d.end()
			desk.open()
			if n := s.number("select count(*) from case_orders where lease_until is not null or tries > 0"); n != 0 {
				t.Errorf("%d orders are held by a program that has ended", n)
			}
			d = s.serve()
			until(t, time.Minute, "the shop has told of each order", func() bool {
				return s.number("select count(*) from case_orders where outcome = 'found'") == 11
			})
			d.end()
		})
	}
}

// views are a shop's views of each kind, by what is right or wrong with them.
func views(t *testing.T, kind store.Kind) (store.Options, string) {
	t.Helper()
	o := dbtest.New(t, kind)
	db := dbtest.Raw(t, o)
	defer db.Close()
	slow := "with recursive n(i) as (select 1 union all select i + 1 from n) select cast(count(*) as text) as order_number, '' as status from n"
	if kind == store.Postgres {
		slow = "select case when pg_sleep(60) is null then '' else '1' end as order_number, '' as status"
	}
	for _, q := range []string{
		"create table rows (order_number text, status text, last_movement_at text, value numeric, currency text)",
		"insert into rows values ('SW-1', 'in transit', '2020-01-05T10:00:00Z', 129.5, 'EUR'), ('SW-2', null, null, null, null)",
		"create view good as select * from rows",
		"create view nameless as select order_number as number, status from rows",
		"create view bare as select 'SW-1' as order_number, 'x' as state",
		"create view whole as select 1 as order_number, 'x' as status",
		"create view slow as " + slow,
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if kind == store.Postgres {
		return o, o.Schema + "."
	}
	return o, ""
}

func TestLookupAndCheckReadAView(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			o, schema := views(t, kind)
			t.Setenv("SOCIALWATCH_TEST_DATABASE", o.URL)
			missing, nameless, whole := "whether it is there", "column order_number", "The shop knows no such order."
			probed := "warn  lookup: the view has no order with the number"
			if kind == store.Postgres {
				missing, whole = "it is not there: create it", "its order_number must be text"
				probed = "BAD   lookup: look up the order: the view cannot be read: its order_number must be text"
			}
			for _, tc := range []struct{ view, order, says, check string }{
				{"good", "SW-1", "status         in transit\nlast movement  2020-01-05T10:00:00Z\nvalue          129.50 EUR\nlifts by       no movement for", "ok    lookup: the probe was found in"},
				{"good", "SW-2", "", "warn  lookup: the probe was found, and nothing is told of it"},
				{"good", "' or 1=1 --", "The shop knows no such order.\n", "warn  lookup: the view has no order with the number"},
				{"good", "", "", "ok    lookup: the view can be read; name an order under lookup.probe"},
				{"gone", "SW-1", missing, "BAD   lookup: look up the order: the view cannot be read"},
				{"gone", "", "", "BAD   lookup: look up the order: the view cannot be read"},
				{"nameless", "SW-1", nameless, "BAD   lookup: look up the order: the view cannot be read"},
				{"bare", "SW-1", "none of the columns status, last_movement_at", "none of the columns status"},
				{"whole", "SW-2", whole, probed},
				{"slow", "1", "the view did not answer in time", "BAD   lookup: look up the order: the view did not answer in time"},
			} {
				timeout := map[bool]string{true: "1s", false: "30s"}[tc.view == "slow"]
				cfg := fmt.Sprintf("database: {url_env: SOCIALWATCH_TEST_DATABASE, schema: %q}\nlookup: {view: '%s%s', timeout: %s, stuck_after: 5, probe: %q}\n",
					o.Schema, schema, tc.view, timeout, tc.order)
				if tc.order != "" {
					out, err := here(t, cfg, "", "lookup", tc.order)
					if err != nil {
						out += err.Error()
					}
					if !strings.Contains(out, tc.says) || tc.says == "" && out != "" || err != nil && strings.Contains(out, tc.order) && len(tc.order) > 1 {
						t.Errorf("lookup %q in %s says %s", tc.order, tc.view, out)
					}
				}
				if out, _ := here(t, cfg, "", "check"); !strings.Contains(out, tc.check) {
					t.Errorf("check of %s with %q says\n%s", tc.view, tc.order, out)
				}
			}
		})
	}
}

func TestLookupAndCheckAskAnEndpoint(t *testing.T) {
	t.Setenv("SOCIALWATCH_TEST_ORDERS", "Bearer s3cret")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/orders/SW-1":
			if r.Header.Get("Authorization") != "Bearer s3cret" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			fmt.Fprint(w, `{"order":{"state":"in transit\u001b[31m"},"last_movement_at":"2020-01-05","value":"129.00","currency":"EUR"}`)
		case "/slow/SW-1":
			<-r.Context().Done()
		case "/page/SW-1":
			fmt.Fprint(w, "<html>SW-1")
		case "/moved/SW-1":
			http.Redirect(w, r, "/orders/SW-1", http.StatusMovedPermanently)
		case "/broken/SW-1":
			w.WriteHeader(http.StatusInternalServerError)
		case "/busy/SW-1":
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	const auth = ", headers_env: {Authorization: SOCIALWATCH_TEST_ORDERS}, fields: {status: order.state}"
	for _, tc := range []struct{ url, more, order, says, check string }{
		{server.URL + "/orders/{order}", auth, "SW-1", "status         in transit[31m\nlast movement  2020-01-05T00:00:00Z\nvalue          129.00 EUR\nlifts by       no movement for", "of it is told: status, last movement, value"},
		{server.URL + "/orders/{order}", auth, "SW-9", "The shop knows no such order.\n", "warn  lookup: the shop knows no order with the number under lookup.probe: name one that it has, or see whether lookup.url is right"},
		{server.URL + "/order/{order}", auth, "SW-1", "The shop knows no such order.\n", "or see whether lookup.url is right"},
		{server.URL + "/orders/{order}", "", "SW-1", "answered 401", "BAD   lookup: look up the order: answered 401"},
		{server.URL + "/orders/{order}", ", headers_env: {Authorization: SOCIALWATCH_TEST_NOBODY}", "SW-1", "SOCIALWATCH_TEST_NOBODY is not set", "BAD   lookup: lookup.headers_env"},
		{server.URL + "/orders/{order}", ", headers_env: {Authorization: SOCIALWATCH_TEST_NOBODY}", "", "", "BAD   lookup: lookup.headers_env"},
		{server.URL + "/orders/{order}", auth + ", probe: ''", "", "", "ok    lookup: configured; name an order under lookup.probe"},
		{server.URL + "/orders/{order}", strings.Replace(auth, "{status: order.state}", "{status: a, last_movement_at: b, value: c}", 1), "SW-1", "has none of the fields: see lookup.fields", "has none of the fields: see lookup.fields"},
		{server.URL + "/slow/{order}", "", "SW-1", "no answer in time", "BAD   lookup: look up the order: no answer in time"},
		{server.URL + "/page/{order}", "", "SW-1", "its answer is no JSON", "its answer is no JSON"},
		{server.URL + "/moved/{order}", "", "SW-1", "redirects are not followed", "redirects are not followed"},
		{server.URL + "/broken/{order}", "", "SW-1", "answered 500", "answered 500"},
		{server.URL + "/busy/{order}", "", "SW-1", "answered 503", "answered 503"},
		{"http://127.0.0.1:1/orders/{order}", "", "SW-1", "no answer: connection refused", "BAD   lookup: look up the order: no answer"},
	} {
		probe, timeout := "", "30s"
		if tc.order != "" {
			probe = ", probe: " + tc.order
		}
		if strings.Contains(tc.url, "/slow/") {
			timeout = "500ms"
		}
		cfg := fmt.Sprintf("lookup: {url: '%s', timeout: %s, stuck_after: 5%s%s}\n", tc.url, timeout, tc.more, probe)
		if tc.order != "" {
			out, err := here(t, cfg, "", "lookup", tc.order)
			if err != nil {
				out += err.Error()
			}
			if !strings.Contains(out, tc.says) || tc.says == "" && out != "" || strings.Contains(out, tc.order) || strings.Contains(out, "s3cret") || strings.Contains(out, "\x1b") {
				t.Errorf("lookup at %s%s says %s", tc.url, tc.more, out)
			}
		}
		if out, _ := here(t, cfg, "", "check"); !strings.Contains(out, tc.check) || strings.Contains(out, "s3cret") {
			t.Errorf("check of %s%s says\n%s", tc.url, tc.more, out)
		}
	}
}

func TestLookupPrintsJSONAndSaysWhatIsMissing(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"status":"in transit","last_movement_at":"2020-01-05","value_minor":12900,"currency":"EUR"}`)
	}))
	defer server.Close()
	out, err := here(t, fmt.Sprintf("lookup: {url: '%s/{order}', stuck_after: 5}\ntriage: {high_value: {EUR: 100}}\n", server.URL), "", "lookup", "SW-1", "--json")
	must(t, err)
	var got orderAnswer
	must(t, json.Unmarshal([]byte(out), &got))
	if !got.Found || got.Facts.Value != 12900 || len(got.Signals) != 2 {
		t.Errorf("printed %s", out)
	}
	if out, err := here(t, "listen: 127.0.0.1:0\n", "", "lookup", "SW-1"); err == nil || !strings.Contains(err.Error(), "neither lookup.url nor lookup.view") {
		t.Errorf("without a look-up: %s %v", out, err)
	}
	if _, err := here(t, "lookup: {url: 'https://shop.example/{order}'}\n", "", "lookup"); err == nil || !strings.Contains(err.Error(), "ORDER") {
		t.Errorf("without a number: %v", err)
	}
}
