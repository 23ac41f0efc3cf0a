package twitter

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

func TestFaultsDoTheirWorkOrNot(t *testing.T) {
	tests := []struct {
		kind   FaultKind
		status int // 0: the connection breaks
		done   bool
	}{
		{FaultLostBefore, 0, false}, {FaultLostAfter, 0, true}, {FaultTruncated, 0, true}, {FaultGatewayTimeout, 504, true},
		{FaultInvalidJSON, 200, true}, {FaultServerError, 500, false}, {FaultUnavailable, 503, false}, {FaultRateLimited, 429, false},
		{FaultUnauthorized, 401, false}, {FaultForbidden, 403, false}, {FaultLegacy, 403, false}, {FaultCredits, 402, false},
		{FaultCapped, 429, false},
	}
	for _, tt := range tests {
		t.Run(string(tt.kind), func(t *testing.T) {
			r := newRig(t, Options{})
			must(t, r.s.Inject(Fault{Kind: tt.kind, Route: "POST /2/tweets", Skip: 1, Count: 1}))
			r.want(201, r.user, "POST", "/2/tweets", `{"text":"first"}`)
			a, err := r.send(r.user, "POST", "/2/tweets", `{"text":"second"}`)
			if (err != nil) != (tt.status == 0) || err == nil && a.status != tt.status {
				t.Errorf("answer %d, %v", a.status, err)
			}
			if done := len(r.s.Published("shop_help", "")) == 2; done != tt.done {
				t.Errorf("done: %v", done)
			}
			r.want(201, r.user, "POST", "/2/tweets", `{"text":"third"}`)
			if n := r.s.Requests()["POST /2/tweets"]; n != 3 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestShareOfRequestsFails(t *testing.T) {
	r := newRig(t, Options{LimitScale: -1, Seed: 7})
	must(t, r.s.Inject(Fault{Kind: FaultUnavailable, Route: "GET ", Share: 0.25}))
	failed := 0
	for range 200 {
		a, err := r.send(nil, "GET", "/2/tweets?ids=1", "")
		must(t, err)
		if a.status == 503 {
			failed++
		}
	}
	if failed < 30 || failed > 70 {
		t.Errorf("%d of 200 failed", failed)
	}
	for _, f := range []Fault{{Kind: "unknown"}, {Kind: FaultLatency, Share: 2}} {
		if r.s.Inject(f) == nil {
			t.Errorf("%+v was taken", f)
		}
	}
}

func TestStateOutlastsStopAndStart(t *testing.T) {
	r := newRig(t, Options{})
	id := r.post("customer1", "@shop_help a", PostOptions{})
	url := r.s.URL()
	st := r.stream()
	r.s.Stop()
	if _, err := r.send(nil, "GET", "/2/tweets?ids=1", ""); err == nil {
		t.Error("a stopped server answers")
	}
	if _, err := st.in.ReadString('\n'); err == nil {
		t.Error("a stopped server streams")
	}
	must(t, r.s.Start())
	if got := r.mentions("").ids(); r.s.URL() != url || !slices.Equal(got, []string{id}) {
		t.Errorf("after restart at %s: %v", r.s.URL(), got)
	}
	r.s.Close()
	if r.s.Start() == nil {
		t.Error("a closed server starts")
	}
}

func TestTruthKnowsWhatAWatcherMustKnow(t *testing.T) {
	r := newRig(t, Options{})
	ours := r.post("shop_help", "we are open", PostOptions{})
	must1 := r.post("customer1", "@shop_help a", PostOptions{})
	seen := r.post("customer2", "@shop_help b", PostOptions{})
	r.mentions("")
	never := r.post("customer3", "@shop_help c", PostOptions{})
	held := r.post("customer1", "@shop_help d", PostOptions{Hold: true})
	quote := r.post("customer1", "look", PostOptions{Quote: ours})
	carried := r.post("customer4", "same here", PostOptions{InReplyTo: must1})
	silent := r.post("customer4", "me too", PostOptions{InReplyTo: must1, Untagged: true})
	r.post("customer5", "", PostOptions{Repost: must1})
	must(t, r.s.Delete(seen))
	must(t, r.s.Delete(never))
	want := Truth{[]string{must1, carried}, []string{seen}, []string{never, held}, []string{quote}, []string{silent}}
	if got := r.s.Truth("@Shop_Help"); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestControlAPIDrivesAndAudits(t *testing.T) {
	r := newRig(t, Options{})
	call := func(status int, method, path, body string) map[string]any {
		t.Helper()
		a := r.raw(method, r.s.URL()+path, "application/json", body)
		if a.status != status {
			t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
		}
		var v map[string]any
		_ = json.Unmarshal(a.body, &v) // lists stay nil
		return v
	}
	if u := call(200, "POST", "/_sim/users", `{"handle":"other_shop"}`); u["id"] == "" || u["access_secret"] == nil {
		t.Errorf("user %v", u)
	}
	id := call(200, "POST", "/_sim/posts", `{"author":"customer1","text":"@shop_help a","hold":true}`)["id"].(string)
	call(200, "POST", "/_sim/posts/"+id+"/release", `{}`)
	next := call(200, "PUT", "/_sim/posts/"+id, `{"text":"@shop_help b"}`)["id"]
	if got := r.mentions("").ids(); !slices.Equal(got, []string{next.(string)}) {
		t.Errorf("mentions %v", got)
	}
	if truth := call(200, "GET", "/_sim/truth?account=shop_help", ""); fmt.Sprint(truth["must"]) != "["+id+"]" {
		t.Errorf("truth %v", truth)
	}
	if bill := call(200, "GET", "/_sim/bill", ""); bill["total"] != 1000.0 {
		t.Errorf("bill %v", bill)
	}
	client := call(200, "POST", "/_sim/clients", `{"confidential":true,"redirects":["http://127.0.0.1:1/"]}`)
	pair := call(200, "POST", "/_sim/tokens", fmt.Sprintf(`{"client_id":%q,"handle":"shop_help"}`, client["client_id"]))
	if a := r.as(pair["access_token"].(string), "GET", "/2/users/me", ""); a.status != 200 {
		t.Errorf("token: %d", a.status)
	}
	call(200, "POST", "/_sim/relations", `{"kind":"block","from":"customer1","to":"shop_help"}`)
	call(200, "POST", "/_sim/faults", `{"kind":"server_error","route":"GET /2/users/me","share":1}`)
	r.want(500, r.user, "GET", "/2/users/me", "")
	call(200, "DELETE", "/_sim/faults", "")
	call(200, "DELETE", "/_sim/posts/"+id, "")
	call(404, "DELETE", "/_sim/posts/"+id, "")
	call(400, "POST", "/_sim/posts", `{"author":"customer1","words":"x"}`)
	if a := r.raw("POST", r.s.URL()+"/_sim/posts", "text/plain", `{}`); a.status != 415 {
		t.Errorf("a form: %d", a.status)
	}
	a := r.raw("POST", r.s.URL()+"/_sim/outage", "application/json", `{"ms":50}`)
	if a.status != 200 || a.header.Get("Content-Length") != strconv.Itoa(len(a.body)) {
		t.Errorf("outage: %d, length %q: the answer ends with the server", a.status, a.header.Get("Content-Length"))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for back := false; !back; {
		resp, err := http.Get(r.s.URL() + "/_sim/requests")
		if back = err == nil; back {
			_ = resp.Body.Close()
		} else if ctx.Err() != nil {
			t.Fatal("the server did not come back")
		}
	}
}

func TestBurstIsServedInTime(t *testing.T) {
	r := newRig(t, Options{LimitScale: -1})
	r.subscribed(eventMention)
	st := r.stream()
	var readers sync.WaitGroup
	began := time.Now()
	readers.Go(func() {
		for range 1500 {
			st.next()
		}
	})
	var writers sync.WaitGroup
	for w := range 3 {
		writers.Go(func() {
			for i := range 500 {
				if _, err := r.s.Post(fmt.Sprintf("customer%d", w), fmt.Sprintf("@shop_help order %d-%d", w, i), PostOptions{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 2 {
		readers.Go(func() {
			for range 40 {
				if a, err := r.send(r.user, "GET", "/2/users/"+r.shop+"/mentions?max_results=100", ""); err != nil || a.status != 200 {
					t.Error(a.status, err)
				}
			}
		})
	}
	writers.Wait()
	readers.Wait()
	n := 0
	for next := ""; ; {
		p := r.get("/2/tweets/search/recent?max_results=100&query=%40shop_help" + next)
		n += len(p.Data)
		if p.Meta.Next == "" {
			break
		}
		next = "&next_token=" + p.Meta.Next
	}
	if n != 1500 || len(r.s.Truth("shop_help").Must) != 1500 {
		t.Errorf("%d found", n)
	}
	if d := time.Since(began); d > time.Minute { // a busy machine takes twelve seconds
		t.Errorf("took %v", d)
	}
	t.Logf("1500 posts, 80 pages beside them, all searched: %v", time.Since(began))
}
