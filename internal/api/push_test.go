package api_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"socialwatch/connectors"
	"socialwatch/connectors/inbound"
	"socialwatch/internal/api"
	"socialwatch/internal/intake"
	"socialwatch/internal/store/storetest"
)

const pushSecret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

// signedPush is a request as a program of the shop's sends it.
func signedPush(t *testing.T, url, body string) *http.Request {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(pushSecret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := w.Sign("msg_1", start, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("webhook-id", "msg_1")
	r.Header.Set("webhook-timestamp", fmt.Sprint(start.Unix()))
	r.Header.Set("webhook-signature", signature)
	return r
}

// TestPushedMentions holds signed requests against the document.
func TestPushedMentions(t *testing.T) {
	var door intake.Door
	g := newRig(t, func(o *api.Options) {
		o.Receive = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := inbound.New(inbound.Options{Account: storetest.Account, Network: "facebook", Host: "facebook.example",
				Secrets: pushSecret, MaxLength: 500, Tray: door, Now: o.Now})
			if err != nil {
				t.Error(err)
				return
			}
			known := map[string]*connectors.Connector{storetest.Account: c}[r.URL.Query().Get("account")]
			if known == nil {
				inbound.Unknown().ServeHTTP(w, r)
				return
			}
			known.Receiver.ServeHTTP(w, r)
		})
	})
	door = intake.Door{Waiting: g.fx, Now: func() time.Time { return g.clock }}
	if err := g.fx.EnsureAccount(t.Context(), storetest.Account, "facebook", "facebook.example"); err != nil {
		t.Fatal(err)
	}
	url := g.url + "/api/v1/mentions?account=" + storetest.Account
	post := fmt.Sprintf(`{"kind":"post","id":"1","created_at":%q,"text":"where is it","author":{"id":"7","handle":"customer1"}}`, start.Format(time.RFC3339))
	for _, tc := range []struct {
		name, body string
		change     func(*http.Request)
		status     int
		says       string
	}{
		{"accepted", `{"mentions":[` + post + `,{"kind":"deletion","id":"2"}]}`, nil, 202, `"accepted":["1","2"],"refused":[]`},
		{"larger than other bodies", `{"mentions":[` + strings.Replace(post, "where is it", strings.Repeat("a", 200_000), 1) + `]}`, nil, 202, `"accepted":["1"]`},
		{"one refused", `{"mentions":[{"kind":"post","id":"3"},` + post + `]}`, nil, 202, `"refused":[{"index":0,"id":"3","why":"created_at`},
		{"not JSON", `{`, nil, 400, "invalid-request"},
		{"too large", `{"mentions":["` + strings.Repeat("a", 1<<20) + `"]}`, nil, 413, "body-too-large"},
		{"no account", `{"mentions":[` + post + `]}`, func(r *http.Request) { r.URL.RawQuery = "account=nobody" }, 401, "signature-required"},
		{"unknown parameter", `{"mentions":[` + post + `]}`, func(r *http.Request) { r.URL.RawQuery += "&foo=1" }, 400, `parameter \"foo\" is not known`},
		{"other bytes", `{"mentions":[` + post + `]}`, func(r *http.Request) { r.Header.Set("webhook-id", "msg_2") }, 401, "signature-required"},
		{"other media", `{"mentions":[` + post + `]}`, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 415, "unsupported-media-type"},
	} {
		r := signedPush(t, url, tc.body)
		if tc.change != nil {
			tc.change(r)
		}
		if status, got := g.send(r); status != tc.status || !strings.Contains(got, tc.says) {
			t.Errorf("%s: %d %.300s", tc.name, status, got)
		}
	}
	g.fx.Close()
	if status, got := g.send(signedPush(t, url, `{"mentions":[`+post+`]}`)); status != 503 || !strings.Contains(got, "unavailable") {
		t.Errorf("without a database: %d %s", status, got)
	}
}

func (g *rig) send(r *http.Request) (int, string) {
	g.t.Helper()
	res, err := g.http.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}
