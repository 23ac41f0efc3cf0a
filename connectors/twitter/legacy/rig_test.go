package legacy

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" // what OAuth 1.0a signs with
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// clock is where all tests begin.
var clock = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// fake is a small X with API v1.1: one account of ours, and its mentions.
type fake struct {
	*testing.T
	url string

	mu    sync.Mutex
	now   time.Time
	posts []map[string]any // mentions and posts of ours, by rising id
	calls []string         // METHOD path
	// instead answers a call in place of the server; false leaves it to it.
	instead func(w http.ResponseWriter, r *http.Request) bool
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{T: t, now: clock}
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	f.url = s.URL
	return f
}

func (f *fake) options() Options {
	return Options{Account: "shop_x", Handle: "shop_help", BaseURL: f.url, Now: f.time,
		ConsumerKey: "ck", ConsumerSecret: "consumer-secret", AccessToken: "at", AccessSecret: "access-secret"}
}

func (f *fake) time() time.Time { f.mu.Lock(); defer f.mu.Unlock(); return f.now }
func (f *fake) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

func (f *fake) connect(change ...func(*Options)) *connectors.Connector {
	f.Helper()
	o := f.options()
	for _, c := range change {
		c(&o)
	}
	c, err := New(o)
	if err != nil {
		f.Fatal(err)
	}
	return c
}

// with makes the server answer calls of a path in another way.
func (f *fake) with(path string, answer func(w http.ResponseWriter, r *http.Request)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.instead = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, path) {
			return false
		}
		answer(w, r)
		return true
	}
}

// saying answers with a status and a body.
func saying(status int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// say makes a customer mention us, so long before now, and returns the id.
func (f *fake) say(ago time.Duration, fields string) string {
	f.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.now.Add(-ago)
	id := strconv.FormatInt(snowflake(at)+int64(len(f.posts)), 10)
	var p map[string]any
	if fields != "" {
		fields = "," + fields
	}
	if err := json.Unmarshal([]byte(tweet(id, `"created_at":"`+at.Format(time.RubyDate)+`"`+fields)), &p); err != nil {
		f.Fatal(err)
	}
	f.add(p)
	return id
}

func (f *fake) add(p map[string]any) {
	f.posts = append(f.posts, p)
	slices.SortFunc(f.posts, func(a, b map[string]any) int { return int(numberOf(a)>>10 - numberOf(b)>>10) })
}

func numberOf(p map[string]any) int64 {
	n, _ := strconv.ParseInt(fmt.Sprint(p["id_str"]), 10, 64)
	return n
}

func (f *fake) count(path string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		if strings.Contains(c, path) {
			n++
		}
	}
	return n
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, r.Method+" "+r.URL.Path)
	w.Header().Set("Date", f.now.Format(http.TimeFormat))
	if problem := f.signature(r); problem != "" {
		f.Errorf("%s %s: %s", r.Method, r.URL.Path, problem)
		saying(401, `{"errors":[{"code":32,"message":"Could not authenticate you."}]}`)(w, r)
		return
	}
	if instead := f.instead; instead != nil {
		done := func() bool {
			f.mu.Unlock() // it may wait, or panic
			defer f.mu.Lock()
			return instead(w, r)
		}()
		if done {
			return
		}
	}
	f.serve(w, r)
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	var answer any
	switch path, query := strings.TrimPrefix(r.URL.Path, "/1.1/"), r.Form; path {
	case "account/verify_credentials.json":
		w.Header().Set("X-Access-Level", "read-write")
		answer = map[string]any{"id": 42, "id_str": "42", "screen_name": "Shop_Help"}
	case "statuses/mentions_timeline.json":
		answer = f.timeline(query, func(p map[string]any) bool { return !own(p) }, 800)
	case "statuses/user_timeline.json":
		answer = f.timeline(query, own, 3200)
	case "statuses/lookup.json":
		ids := strings.Split(query.Get("id"), ",")
		answer = f.filter(func(p map[string]any) bool { return slices.Contains(ids, fmt.Sprint(p["id_str"])) })
	case "statuses/update.json":
		answer = f.update(query)
	case "statuses/destroy/" + strings.TrimPrefix(path, "statuses/destroy/"):
		id := strings.TrimSuffix(strings.TrimPrefix(path, "statuses/destroy/"), ".json")
		gone := f.filter(func(p map[string]any) bool { return p["id_str"] == id })
		if len(gone) == 0 {
			saying(404, `{"errors":[{"code":144,"message":"No status found with that ID."}]}`)(w, r)
			return
		}
		f.posts = f.filter(func(p map[string]any) bool { return p["id_str"] != id })
		answer = gone[0]
	default:
		f.Errorf("%s %s", r.Method, r.URL)
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		f.Log(err) // the caller has gone
	}
}

func own(p map[string]any) bool {
	by, _ := p["user"].(map[string]any) // of an odd post there is none
	return by["id_str"] == "42"
}

func (f *fake) filter(which func(map[string]any) bool) []map[string]any {
	list := []map[string]any{}
	for _, p := range f.posts {
		if which(p) {
			list = append(list, p)
		}
	}
	return list
}

// timeline gives a page, newest first, of the newest posts that X reaches.
func (f *fake) timeline(q url.Values, which func(map[string]any) bool, reach int) []map[string]any {
	if q.Get("tweet_mode") != "extended" {
		f.Error("a timeline was asked for in short texts")
	}
	all := f.filter(which)
	all = all[max(0, len(all)-reach):]
	since, _ := strconv.ParseInt(q.Get("since_id"), 10, 64)
	top, _ := strconv.ParseInt(q.Get("max_id"), 10, 64)
	size, _ := strconv.Atoi(q.Get("count"))
	page := []map[string]any{}
	for _, p := range slices.Backward(all) {
		if n := numberOf(p); n > since && (top == 0 || n <= top) && len(page) < size {
			page = append(page, p)
		}
	}
	return page
}

func (f *fake) update(q url.Values) map[string]any {
	if q.Get("auto_populate_reply_metadata") != "true" {
		f.Error("a reply without its metadata stands alone")
	}
	id := strconv.FormatInt(snowflake(f.now)+int64(len(f.posts)), 10)
	p := map[string]any{"id_str": id, "created_at": f.now.Format(time.RubyDate), "full_text": "@customer1 " + q.Get("status"),
		"in_reply_to_status_id_str": q.Get("in_reply_to_status_id"),
		"user":                      map[string]any{"id_str": "42", "screen_name": "shop_help"}}
	f.add(p)
	return p
}

// signature checks a request as RFC 5849 has it, for the address at which the
// server got it. It reads the request's form.
func (f *fake) signature(r *http.Request) string {
	if err := r.ParseForm(); err != nil {
		return err.Error()
	}
	params := map[string]string{}
	for part := range strings.SplitSeq(strings.TrimPrefix(r.Header.Get("Authorization"), "OAuth "), ", ") {
		name, value, _ := strings.Cut(part, "=")
		params[name], _ = url.QueryUnescape(strings.Trim(value, `"`))
	}
	told := params["oauth_signature"]
	delete(params, "oauth_signature")
	if params["oauth_consumer_key"] != "ck" || params["oauth_token"] != "at" {
		return "keys are missing"
	}
	for name := range r.Form {
		params[name] = r.Form.Get(name)
	}
	var pairs []string
	for name, value := range params {
		pairs = append(pairs, escape(name)+"="+escape(value))
	}
	slices.Sort(pairs)
	base := r.Method + "&" + escape("http://"+r.Host+r.URL.Path) + "&" + escape(strings.Join(pairs, "&"))
	mac := hmac.New(sha1.New, []byte("consumer-secret&access-secret"))
	mac.Write([]byte(base))
	if want := base64.StdEncoding.EncodeToString(mac.Sum(nil)); told != want {
		return "the signature is not that of this address"
	}
	return ""
}

// escape is the percent encoding of RFC 5849, section 3.6.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// reason fails the test unless err has the class and tells no secret.
func (f *fake) reason(err error, want socialwatch.Reason) {
	f.Helper()
	var ne *socialwatch.NetworkError
	if !errors.As(err, &ne) || ne.Reason != want {
		f.Errorf("reason %q, want %q: %v", socialwatch.ReasonOf(err), want, err)
	}
	for _, secret := range []string{"consumer-secret", "access-secret", "customer1", "never came", f.url, "api.twitter.com"} {
		if err != nil && strings.Contains(err.Error(), secret) {
			f.Errorf("an error tells %q: %v", secret, err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// book is a ledger that notes what it is told.
type book struct {
	mu      sync.Mutex
	no      error
	objects []string
	halted  string
}

func (b *book) Reserve(_ context.Context, c socialwatch.Costing) (int64, error) {
	if c.Account != "shop_x" || c.Item == "" || c.Most < 1 || c.Price != 0 {
		panic(fmt.Sprintf("%+v", c))
	}
	return 1, b.no
}

func (b *book) Settle(ctx context.Context, _ int64, c socialwatch.Costing, objects []string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, o := range objects {
		b.objects = append(b.objects, c.Item+" "+o)
	}
	return ctx.Err()
}

func (b *book) Halt(_ context.Context, account, why string) error {
	b.halted = account + ": " + why
	return nil
}
