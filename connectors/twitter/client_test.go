package twitter

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// books is a ledger that keeps what it is told.
type books struct {
	mu       sync.Mutex
	reserved []socialwatch.Costing
	settled  map[string]string // item by object
	open     int
	halted   string
	refuse   error
}

func (b *books) Reserve(_ context.Context, c socialwatch.Costing) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse != nil {
		return 0, b.refuse
	}
	b.reserved = append(b.reserved, c)
	b.open++
	return int64(len(b.reserved)), nil
}

func (b *books) Settle(_ context.Context, reservation int64, c socialwatch.Costing, objects []string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if reservation != 0 {
		b.open--
	}
	if b.settled == nil {
		b.settled = map[string]string{}
	}
	for _, o := range objects {
		if _, paid := b.settled[o]; !paid {
			b.settled[o] = c.Item
		}
	}
	return nil
}

func (b *books) Halt(_ context.Context, _, why string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.halted = why
	return nil
}

// fake is a server with hand-made answers.
func fake(t *testing.T, o Options, h http.HandlerFunc) (*client, *books) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	ledger := &books{}
	o.Account, o.Handle, o.BaseURL = "shop", "shop_help", srv.URL
	if o.Ledger == nil {
		o.Ledger = ledger
	}
	if o.Auth == (Auth{}) && o.Bearer == "" {
		o.Auth = fourSecrets
	}
	c, err := newClient(o)
	if err != nil {
		t.Fatal(err)
	}
	return c, ledger
}

var fourSecrets = Auth{ConsumerKey: "key-1", ConsumerSecret: "hidden-1", AccessToken: "token-1", AccessSecret: "hidden-2"}

func say(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func TestFailuresHaveTheirClass(t *testing.T) {
	const problems = "https://api.x.com/2/problems/"
	for name, tc := range map[string]struct {
		status      int
		body        string
		read, write socialwatch.Reason
		halts       bool
	}{
		"invalid":            {400, `{"title":"Invalid Request","type":"` + problems + `invalid-request","errors":[{"message":"x"}]}`, "refused", "refused", false},
		"token":              {401, `{"title":"Unauthorized","type":"about:blank","status":401}`, "unauthorized", "unauthorized", false},
		"credits":            {402, `{"title":"Payment Required","type":"` + problems + `credits-depleted","detail":"credits depleted"}`, "out_of_credit", "out_of_credit", true},
		"402 alone":          {402, ``, "out_of_credit", "out_of_credit", true},
		"usage cap":          {429, `{"title":"UsageCapExceeded","type":"https://api.twitter.com/2/problems/usage-capped"}`, "out_of_credit", "out_of_credit", true},
		"usage cap by words": {429, `{"title":"UsageCapExceeded","period":"Monthly"}`, "out_of_credit", "out_of_credit", true},
		"rate":               {429, `{"title":"Too Many Requests","type":"` + problems + `rate-limit-exceeded"}`, "rate_limited", "rate_limited", false},
		"rate without words": {429, ``, "rate_limited", "rate_limited", false},
		"duplicate":          {403, `{"title":"Forbidden","status":403,"type":"about:blank","detail":"You are not allowed to create a Tweet with duplicate content."}`, "unauthorized", "duplicate", false},
		"duplicate, v1.1":    {403, `{"errors":[{"code":187,"message":"Status is a duplicate."}]}`, "unauthorized", "duplicate", false},
		"not summoned":       {403, `{"status":403,"type":"about:blank","detail":"you have not been mentioned or otherwise engaged by the author"}`, "refused", "refused", false},
		"access level":       {403, `{"type":"` + problems + `client-forbidden","reason":"client-not-enrolled"}`, "unauthorized", "unauthorized", false},
		"453":                {403, `{"errors":[{"code":453,"message":"limited v1.1 endpoints"}]}`, "unauthorized", "unauthorized", false},
		"wrong kind":         {403, `{"type":"` + problems + `unsupported-authentication"}`, "unauthorized", "unauthorized", false},
		"protected":          {403, `{"type":"` + problems + `not-authorized-for-resource"}`, "gone", "gone", false},
		"reply to a deleted": {403, `{"type":"about:blank","detail":"You attempted to reply to a Tweet that is deleted or not visible to you."}`, "gone", "gone", false},
		"deleted":            {404, `{"type":"` + problems + `resource-not-found","title":"Not Found Error"}`, "gone", "gone", false},
		"a proxy's 404":      {404, `<html>nothing here</html>`, "temporary", "temporary", false},
		"a firewall's 403":   {403, `<html>checking your browser</html>`, "temporary", "unknown", false},
		"a proxy's 407":      {407, ``, "temporary", "unknown", false},
		"some other 403":     {403, `{"type":"about:blank","detail":"no"}`, "unauthorized", "refused", false},
		"broken":             {500, `{"errors":[{"code":131,"message":"Internal error"}]}`, "temporary", "unknown", false},
		"unavailable":        {503, ``, "temporary", "unknown", false},
		"redirect":           {302, ``, "refused", "refused", false},
		"odd shapes":         {403, `{"type":7,"errors":{"a":1},"title":["x"],"code":"453"}`, "unauthorized", "unauthorized", false},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			for _, write := range []bool{false, true} {
				c, ledger := fake(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
					calls++
					say(tc.status, tc.body)(w, r)
				})
				k, want := call{path: "/2/tweets", auth: authUser, cost: c.costing(ItemPostRead, 100)}, tc.read
				if write {
					k, want = call{method: http.MethodPost, path: "/2/tweets", body: map[string]string{"text": "t"},
						auth: authUser, cost: c.costing(ItemCreate, 1), write: true}, tc.write
				}
				_, err := c.do(t.Context(), k)
				if got := socialwatch.ReasonOf(err); got != want {
					t.Errorf("write %v: reason %q, want %q: %v", write, got, want, err)
				}
				if ledger.open != 0 || (len(ledger.settled) > 0) != (want == "unknown") {
					t.Errorf("write %v: %d reservations open, settled %v", write, ledger.open, ledger.settled)
				}
				if (ledger.halted != "") != tc.halts {
					t.Errorf("write %v: halted by %q", write, ledger.halted)
				}
			}
			if calls != 2 {
				t.Errorf("%d requests, want one for each call", calls)
			}
		})
	}
}

func TestUncertainWritesCountAsSpent(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"cut off":       func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"gateway":       say(504, "<html>"),
		"names no post": say(201, `{"data":{}}`),
		"no JSON":       say(201, `{"data":{"id":"12`),
	} {
		t.Run(name, func(t *testing.T) {
			c, ledger := fake(t, Options{}, h)
			_, _ = c.do(t.Context(), call{method: http.MethodPost, path: "/2/tweets", body: map[string]string{"text": "t"},
				auth: authUser, cost: c.costing(ItemCreate, 1), write: true})
			for object, item := range ledger.settled {
				if !strings.HasPrefix(object, "create:unsure-") || item != ItemCreate {
					t.Errorf("settled %s as %s", object, item)
				}
			}
			if len(ledger.settled) != 1 || ledger.open != 0 {
				t.Errorf("%d objects settled, %d reservations open", len(ledger.settled), ledger.open)
			}
		})
	}
}

func TestServerThatIsNotThereIsNoUnknown(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	ledger := &books{}
	c, err := newClient(Options{Account: "shop", Handle: "shop_help", BaseURL: srv.URL, Auth: fourSecrets, Ledger: ledger})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.do(t.Context(), call{method: http.MethodPost, path: "/2/tweets", body: map[string]string{}, auth: authUser,
		cost: c.costing(ItemCreate, 1), write: true})
	if socialwatch.ReasonOf(err) != socialwatch.Temporary || len(ledger.settled) != 0 {
		t.Errorf("%v, settled %v", err, ledger.settled)
	}
	if strings.Contains(err.Error(), "/2/") { // addresses hold handles and ids
		t.Errorf("the error tells the address: %v", err)
	}
}

func TestAnswersAreSettledByWhatTheyHold(t *testing.T) {
	for name, tc := range map[string]struct {
		item, body string
		want       map[string]string
	}{
		"list": {ItemMentionRead, `{"data":[{"id":"18446744073709551615"},{"id":"9"},{"text":"odd"}],"includes":{"users":[{"id":"5"}]}}`,
			map[string]string{"post:18446744073709551615": ItemMentionRead, "post:9": ItemMentionRead}},
		"nothing": {ItemPostRead, `{"meta":{"result_count":0}}`, map[string]string{}},
		"user":    {ItemUserRead, `{"data":{"id":"42"}}`, map[string]string{"user:42": ItemUserRead}},
		"created": {ItemCreateLink, `{"data":{"id":"77","text":"t"}}`, map[string]string{"create:77": ItemCreateLink}},
	} {
		t.Run(name, func(t *testing.T) {
			c, ledger := fake(t, Options{}, say(200, tc.body))
			if _, err := c.do(t.Context(), call{path: "/2/x", auth: authUser, cost: c.costing(tc.item, 3)}); err != nil {
				t.Fatal(err)
			}
			if len(ledger.settled) != len(tc.want) {
				t.Fatalf("settled %v, want %v", ledger.settled, tc.want)
			}
			for o, item := range tc.want {
				if ledger.settled[o] != item {
					t.Errorf("%s settled as %q, want %q", o, ledger.settled[o], item)
				}
			}
		})
	}
}

func TestRefusedReservationMakesNoCall(t *testing.T) {
	none := &socialwatch.NetworkError{Reason: socialwatch.OutOfCredit, Err: context.Canceled}
	ledger := &books{refuse: none}
	c, _ := fake(t, Options{Ledger: ledger}, func(http.ResponseWriter, *http.Request) { t.Error("a call was made") })
	_, err := c.do(t.Context(), call{path: "/2/tweets", auth: authUser, cost: c.costing(ItemPostRead, 1)})
	if socialwatch.ReasonOf(err) != socialwatch.OutOfCredit || ledger.halted != "" {
		t.Errorf("%v, halted %q", err, ledger.halted)
	}
}

// TestRateLimitKeepsAShareForReplies reads until the connector itself refuses.
func TestRateLimitKeepsAShareForReplies(t *testing.T) {
	left, now := 20, time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	c, _ := fake(t, Options{Now: func() time.Time { return now }}, func(w http.ResponseWriter, _ *http.Request) {
		left--
		h := w.Header()
		h["x-rate-limit-limit"], h["x-rate-limit-remaining"] = []string{"20"}, []string{itoa(left)}
		h["x-rate-limit-reset"] = []string{itoa(int(now.Add(10 * time.Minute).Unix()))}
		h.Set("Date", now.Format(http.TimeFormat))
		_, _ = w.Write([]byte(`{}`))
	})
	read := func(spare bool, path string) error {
		_, err := c.do(t.Context(), call{path: path, auth: authUser, spare: spare})
		return err
	}
	var err error
	for range 40 {
		err = read(false, "/2/tweets")
	}
	var ne *socialwatch.NetworkError
	if !asNetwork(err, &ne) || ne.Reason != socialwatch.RateLimited || ne.RetryAfter != 10*time.Minute || left != 2 {
		t.Fatalf("after 40 reads %d of 20 are left: %v", left, err)
	}
	if err := read(true, "/2/tweets"); err != nil || left != 1 {
		t.Fatalf("the share that is kept for replies can't be used: %v", err)
	}
	if err := read(false, "/2/users/42/mentions"); err != nil {
		t.Fatalf("another endpoint is limited too: %v", err)
	}
	now, left = now.Add(11*time.Minute), 20
	if err := read(false, "/2/tweets"); err != nil {
		t.Fatalf("after the window: %v", err)
	}
}

// keeper is a token store for one process.
type keeper struct {
	mu     sync.Mutex
	token  connectors.Token
	events []string
}

func (k *keeper) Token(context.Context, string) (connectors.Token, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.token == (connectors.Token{}) {
		return k.token, socialwatch.ErrNotFound
	}
	return k.token, nil
}

func (k *keeper) Refresh(ctx context.Context, _ string, stale connectors.Token,
	renew func(context.Context, connectors.Token) (connectors.Token, error)) (connectors.Token, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.token != stale {
		return k.token, nil
	}
	fresh, err := renew(ctx, k.token)
	if err != nil {
		return connectors.Token{}, err
	}
	k.token = fresh
	k.events = append(k.events, "stored")
	return fresh, nil
}

func (k *keeper) Put(_ context.Context, _ string, t connectors.Token) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.token = t
	return nil
}

func TestTokenIsRenewedOnceAndStoredBeforeUse(t *testing.T) {
	for name, tc := range map[string]struct {
		expires time.Duration // from now; 0: not known
		secret  string
		dead    bool // the new token is refused too
		want    []string
	}{
		"on 401":                    {0, "", false, []string{"old", "renew", "stored", "new"}},
		"on 401, confidential":      {0, "app-secret", false, []string{"old", "renew", "stored", "new"}},
		"before its end":            {30 * time.Second, "", false, []string{"renew", "stored", "new"}},
		"refused even when renewed": {0, "", true, []string{"old", "renew", "stored", "new"}},
	} {
		t.Run(name, func(t *testing.T) {
			k := &keeper{token: connectors.Token{Access: "old-access", Refresh: "old-refresh"}}
			if tc.expires != 0 {
				k.token.Expires = time.Now().Add(tc.expires)
			}
			event := func(s string) { k.events = append(k.events, s) }
			c, _ := fake(t, Options{Auth: Auth{ClientID: "app", ClientSecret: tc.secret}, Tokens: k},
				func(w http.ResponseWriter, r *http.Request) {
					id, secret, basic := r.BasicAuth()
					switch {
					case r.URL.Path == "/2/oauth2/token":
						event("renew")
						if r.FormValue("refresh_token") != "old-refresh" || basic != (tc.secret != "") ||
							basic && (id != "app" || secret != tc.secret) || !basic && r.FormValue("client_id") != "app" {
							t.Error("the token request is not as X wants it")
						}
						w.Header().Set("Content-Type", "application/json")
						say(200, `{"token_type":"bearer","expires_in":7200,"access_token":"new-access","refresh_token":"new-refresh"}`)(w, r)
					case r.Header.Get("Authorization") == "Bearer new-access":
						event("new")
						if tc.dead {
							w.WriteHeader(401)
						}
					default:
						event("old")
						w.WriteHeader(401)
					}
				})
			_, err := c.do(t.Context(), call{path: "/2/tweets", auth: authUser})
			if (socialwatch.ReasonOf(err) == socialwatch.Unauthorized) != tc.dead {
				t.Fatal(err)
			}
			if strings.Join(k.events, " ") != strings.Join(tc.want, " ") {
				t.Fatalf("happened: %v, want %v", k.events, tc.want)
			}
			if k.token.Refresh != "new-refresh" || k.token.Expires.Before(time.Now().Add(time.Hour)) {
				t.Fatal("the new pair is not kept whole")
			}
		})
	}
}

func TestDeadLoginAsksForANewOne(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		want   socialwatch.Reason
	}{"refused": {400, socialwatch.Unauthorized}, "down": {503, socialwatch.Temporary}} {
		t.Run(name, func(t *testing.T) {
			k := &keeper{token: connectors.Token{Access: "old-access", Refresh: "old-refresh"}}
			c, _ := fake(t, Options{Auth: Auth{ClientID: "app"}, Tokens: k}, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/2/oauth2/token" {
					w.Header().Set("Content-Type", "application/json")
					say(tc.status, `{"error":"invalid_request","error_description":"old-refresh is no good"}`)(w, r)
					return
				}
				w.WriteHeader(401)
			})
			_, err := c.do(t.Context(), call{path: "/2/tweets", auth: authUser})
			if socialwatch.ReasonOf(err) != tc.want || strings.Contains(err.Error(), "old-") ||
				(tc.status == 400) != strings.Contains(err.Error(), "socialwatch login shop") {
				t.Fatal(err)
			}
		})
	}
	c, _ := fake(t, Options{Auth: Auth{ClientID: "app"}, Tokens: &keeper{}}, say(200, "{}"))
	_, err := c.do(t.Context(), call{path: "/2/tweets", auth: authUser})
	if socialwatch.ReasonOf(err) != socialwatch.Unauthorized || !strings.Contains(err.Error(), "socialwatch login shop") {
		t.Fatal(err)
	}
}
