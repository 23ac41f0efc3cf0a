package twitter

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dghubble/oauth1"
)

// rig is a running stand-in with one shop, whose calls a library signs.
type rig struct {
	t      *testing.T
	s      *Server
	shop   string // id of shop_help
	user   *http.Client
	mu     sync.Mutex
	offset time.Duration // of the stand-in's clock
}

func newRig(t *testing.T, o Options) *rig {
	t.Helper()
	r := &rig{t: t}
	if o.Now == nil {
		base := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
		o.Now = func() time.Time { r.mu.Lock(); defer r.mu.Unlock(); return base.Add(r.offset) }
	}
	r.s = New(o)
	t.Cleanup(r.s.Close)
	must(t, r.s.Start())
	var err error
	r.shop, err = r.s.AddUser("shop_help")
	must(t, err)
	r.user = r.signed("shop_help")
	return r
}

// signed is a client that signs by OAuth 1.0a.
func (r *rig) signed(handle string) *http.Client {
	c, err := r.s.Credentials(handle)
	must(r.t, err)
	transport := &http.Transport{DisableKeepAlives: true}
	ctx := context.WithValue(context.Background(), oauth1.HTTPClient, &http.Client{Transport: transport})
	return oauth1.NewConfig(c.ConsumerKey, c.ConsumerSecret).Client(ctx, oauth1.NewToken(c.AccessToken, c.AccessSecret))
}

// pass lets the stand-in's clock run.
func (r *rig) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.offset += d
}

// post publishes a second after the last post.
func (r *rig) post(author, text string, o PostOptions) string {
	r.t.Helper()
	r.pass(time.Second)
	id, err := r.s.Post(author, text, o)
	must(r.t, err)
	return id
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// page is what the tests look at of an answer.
type page struct {
	Data []struct {
		ID, Text string
		History  []string `json:"edit_history_tweet_ids"`
	}
	Errors   []map[string]any
	Includes map[string][]map[string]any
	Meta     struct {
		Count  int    `json:"result_count"`
		Newest string `json:"newest_id"`
		Oldest string `json:"oldest_id"`
		Next   string `json:"next_token"`
	}
}

func (p page) ids() []string {
	ids := []string{}
	for _, d := range p.Data {
		ids = append(ids, d.ID)
	}
	return ids
}

func (r *rig) send(client *http.Client, method, path, body string) (answer, error) {
	r.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.s.URL()+path, in)
	must(r.t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if client == nil {
		client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		req.Header.Set("Authorization", "Bearer "+r.s.Bearer())
	}
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, data}, err
}

// want sends and wants a status.
func (r *rig) want(status int, client *http.Client, method, path, body string) answer {
	r.t.Helper()
	a, err := r.send(client, method, path, body)
	must(r.t, err)
	if a.status != status {
		r.t.Fatalf("%s %s %s: %d, want %d: %s", method, path, body, a.status, status, a.body)
	}
	return a
}

func decode[T any](t *testing.T, a answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return v
}

// get reads a page as the shop.
func (r *rig) get(path string) page {
	r.t.Helper()
	return decode[page](r.t, r.want(200, r.user, "GET", path, ""))
}

func (r *rig) mentions(query string) page {
	r.t.Helper()
	return r.get("/2/users/" + r.shop + "/mentions?" + query)
}

func (r *rig) search(query string) page {
	r.t.Helper()
	return r.get("/2/tweets/search/recent?query=" + url.QueryEscape(query))
}

// reply answers a post as the shop.
func (r *rig) reply(status int, to, text string) answer {
	r.t.Helper()
	body, err := json.Marshal(object{"text": text, "reply": object{"in_reply_to_tweet_id": to}})
	must(r.t, err)
	return r.want(status, r.user, "POST", "/2/tweets", string(body))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
