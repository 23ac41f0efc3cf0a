package twitter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"socialwatch"
	"socialwatch/connectors"
	sim "socialwatch/internal/simulator/twitter"
)

// description is a description of X's API, by which requests are judged.
type description struct {
	doc    *openapi3.T
	router routers.Router
}

func readDescription(t *testing.T, name string) *description {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(name)
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil // requests of the test go elsewhere
	// What X writes beside its requests (examples, patterns) is no matter of ours.
	router, err := legacy.NewRouter(doc, openapi3.DisableExamplesValidation(), openapi3.DisableSchemaPatternValidation(),
		openapi3.DisableSchemaDefaultsValidation())
	if err != nil {
		t.Fatal(err)
	}
	return &description{doc, router}
}

// undescribed are calls that are no part of the API: X describes the token
// endpoint elsewhere, and the stand-in has its store of job files below its own
// address.
var undescribed = map[string]bool{"POST /2/oauth2/token": true,
	"PUT /2/compliance/jobs/{id}/upload": true, "GET /2/compliance/jobs/{id}/download": true}

// judge tells what is wrong with a request, beyond what the library looks at:
// X also refuses parameters that it does not know.
func (d *description) judge(r *http.Request, body []byte) error {
	if undescribed[callOf(r)] {
		return nil
	}
	// X's pages name this event, its description does not: a refusal is borne
	// with, so everything else about the request is judged.
	body = bytes.Replace(body, []byte(`"`+eventRevoke+`"`), []byte(`"`+eventMention+`"`), 1)
	at := r.Clone(r.Context())
	at.URL = &url.URL{Path: r.URL.Path, RawQuery: r.URL.RawQuery}
	at.Body = io.NopCloser(bytes.NewReader(body))
	route, params, err := d.router.FindRoute(at)
	if err != nil {
		return fmt.Errorf("no such call: %w", err)
	}
	known := map[string]bool{}
	for _, list := range []openapi3.Parameters{route.PathItem.Parameters, route.Operation.Parameters} {
		for _, p := range list {
			known[p.Value.Name] = p.Value.In == "query"
		}
	}
	var wrong []error
	for name := range at.URL.Query() {
		if !known[name] {
			wrong = append(wrong, fmt.Errorf("unknown parameter %s", name))
		}
	}
	return errors.Join(append(wrong, openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: at, PathParams: params, Route: route,
		Options: &openapi3filter.Options{MultiError: true, SkipSettingDefaults: true,
			RejectWhenRequestBodyNotSpecified: len(body) > 0, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}))...)
}

func TestDescriptionJudges(t *testing.T) {
	d := readDescription(t, "testdata/openapi.yaml")
	for name, tc := range map[string]struct {
		method, target, body string
		good                 bool
	}{
		"mentions":             {"GET", "/2/users/42/mentions?max_results=100&since_id=5&tweet.fields=lang,entities", "", true},
		"reply":                {"POST", "/2/tweets", `{"text":"t","reply":{"in_reply_to_tweet_id":"5"}}`, true},
		"no such call":         {"GET", "/2/users/42/mention", "", false},
		"no such method":       {"PUT", "/2/tweets", `{}`, false},
		"unknown parameter":    {"GET", "/2/users/42/mentions?exclude=replies", "", false},
		"too many results":     {"GET", "/2/users/42/mentions?max_results=101", "", false},
		"id is no number":      {"GET", "/2/users/42/mentions?since_id=x", "", false},
		"unknown field":        {"GET", "/2/users/42/mentions?tweet.fields=lang,moods", "", false},
		"no query":             {"GET", "/2/tweets/search/recent", "", false},
		"unknown field in it":  {"POST", "/2/tweets", `{"text":"t","reply":{"in_reply_to_tweet_id":"5"},"mood":1}`, false},
		"id as a number":       {"POST", "/2/tweets", `{"text":"t","reply":{"in_reply_to_tweet_id":5}}`, false},
		"body where none is":   {"DELETE", "/2/tweets/5", `{}`, false},
		"not an id in a path":  {"DELETE", "/2/tweets/five", "", false},
		"of another host even": {"GET", "https://api.x.com/2/users/me", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), tc.method, tc.target, strings.NewReader(tc.body))
			if tc.body != "" {
				r.Header.Set("Content-Type", "application/json")
			}
			if err := d.judge(r, []byte(tc.body)); (err == nil) != tc.good {
				t.Errorf("good %v: %v", tc.good, err)
			}
		})
	}
}

// recorder stands before the stand-in and judges what comes.
type recorder struct {
	t    *testing.T
	sim  http.Handler
	with *description

	mu   sync.Mutex
	seen map[string]int // good requests by method and path, ids left out
}

func (rec *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		rec.t.Error(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	call := callOf(r)
	if !strings.HasPrefix(r.URL.Path, "/2/") { // an address that X gave for one use
		rec.sim.ServeHTTP(w, r)
		return
	}
	if err := rec.with.judge(r, body); err != nil {
		rec.t.Errorf("%s?%s: %v", call, r.URL.RawQuery, err)
	}
	rec.mu.Lock()
	rec.seen[call]++
	rec.mu.Unlock()
	rec.sim.ServeHTTP(w, r)
}

// callOf is the method and path of a request, without the ids in it.
func callOf(r *http.Request) string {
	parts := strings.Split(path.Clean("/"+r.URL.Path), "/")
	for i, part := range parts {
		if _, err := parseID(part); err == nil && i > 2 {
			parts[i] = "{id}"
		}
	}
	return r.Method + " " + strings.Join(parts, "/")
}

func (rec *recorder) count(call string) int {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.seen[call]
}

// TestRequestsFitXsDescription makes every call of the connector and judges the
// requests by X's own description of its API where SOCIALWATCH_X_OPENAPI tells
// its path (it may not be kept with this program), and always by ours.
func TestRequestsFitXsDescription(t *testing.T) {
	documents := map[string]string{"ours": "testdata/openapi.yaml"}
	if name := os.Getenv("SOCIALWATCH_X_OPENAPI"); name != "" {
		documents["X's"] = name
	}
	for name, file := range documents {
		t.Run(name, func(t *testing.T) {
			d := readDescription(t, file)
			r := newRig(t, sim.Options{})
			rec := &recorder{t: t, sim: r.sim, with: d, seen: map[string]int{}}
			srv := httptest.NewServer(rec)
			t.Cleanup(srv.Close)
			o := r.byConsent("shop_help")
			o.BaseURL, o.Bearer, o.PostFields, o.Links = srv.URL, r.sim.Bearer(), d.spellsPost(), LinksPriced
			everyRead(r, o)
			everyWrite(r, o)
			everyStream(r, o, rec)
			logIn(r, o)
			for _, call := range calls {
				if rec.seen[call] == 0 {
					t.Errorf("%s was not made", call)
				}
			}
			for call := range rec.seen {
				if !slices.Contains(calls, call) {
					t.Errorf("%s is not on the list", call)
				}
			}
		})
	}
}

// spellsPost reports whether the description has post.fields for tweet.fields,
// which this test then asks with, as the option of that name does.
func (d *description) spellsPost() bool {
	op := d.doc.Paths.Find("/2/users/{id}/mentions").Get
	return op.Parameters.GetByInAndName("query", "tweet.fields") == nil
}

// calls are all that the connector makes.
var calls = []string{
	"GET /2/users/me", "GET /2/users/by/username/shop_help", "GET /2/users/{id}/mentions", "GET /2/users/{id}/tweets",
	"GET /2/tweets/search/recent", "GET /2/tweets", "GET /2/usage/tweets", "POST /2/tweets", "DELETE /2/tweets/{id}",
	"GET /2/activity/subscriptions", "POST /2/activity/subscriptions", "GET /2/activity/stream", "DELETE /2/connections/all",
	"POST /2/compliance/jobs", "GET /2/compliance/jobs/{id}", "PUT /2/compliance/jobs/{id}/upload",
	"GET /2/compliance/jobs/{id}/download", "POST /2/oauth2/token",
}

// everyRead reads in ways that use every parameter.
func everyRead(r *rig, o Options) {
	r.Helper()
	c, in := r.connect(o), r.inbox()
	in.poll(c)
	ids := r.burst(1100, "order") // tokens, until_id, search
	in.poll(c)
	in.holds(ids...)
	follow := r.post("customer1", "any news?", sim.PostOptions{InReplyTo: ids[0], Untagged: true})
	r.pass(2 * time.Minute)
	threads, err := c.Threads.Read(r.Context(), ids[:20], r.now())
	r.must(err)
	if len(threads[0].Posts) != 1 || threads[0].Posts[0].ID != follow || threads[0].Posts[0].ParentID != ids[0] {
		r.Errorf("%+v", threads[0])
	}
	_, err = c.Lookup.Get(r.Context(), ids[:120])
	r.must(err)
	_, err = c.Prober.Probe(r.Context())
	r.must(err)
	alone := o
	alone.Auth, alone.Stream = Auth{}, false
	r.inbox().poll(r.connect(alone))
	r.sameBill()
	r.must(r.sim.Delete(ids[7]))
	gone, err := c.Compliance.Gone(r.Context(), ids[:20])
	if r.must(err); !slices.Equal(gone, ids[7:8]) {
		r.Errorf("gone: %v", gone)
	}
}

// everyWrite answers an edited post, looks for the answer and takes it back.
func everyWrite(r *rig, o Options) {
	r.Helper()
	c, in := r.connect(o), r.inbox()
	id := r.post("customer1", "@shop_help order 1001", sim.PostOptions{})
	r.pass(time.Minute)
	_, err := r.sim.Edit(id, "@shop_help order 1002")
	r.must(err)
	in.poll(c)
	p, err := c.Composer.Compose(socialwatch.Draft{Account: "shop", Parent: in.mentions[id].Post, Text: "Sorry. Case K-1, shop.com."})
	r.must(err)
	done, err := c.Replier.Reply(r.Context(), p, "key-1")
	r.must(err)
	found, err := c.Finder.Find(r.Context(), p)
	if r.must(err); found != done {
		r.Errorf("found %+v, want %+v", found, done)
	}
	r.must(c.Deleter.Delete(r.Context(), done.PostID))
	r.sameBill()
}

// everyStream opens more streams than X allows.
func everyStream(r *rig, o Options, rec *recorder) {
	r.Helper()
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	for n := range 3 {
		c, opened := r.connect(o), make(chan struct{}, 1)
		running.Go(func() {
			err := c.Waker.Wake(ctx, func(connectors.Ring) {
				select {
				case opened <- struct{}{}:
				default:
				}
			}, func(bool) {})
			if err != nil {
				r.Error(err)
			}
		})
		if n < 2 {
			r.soon("a stream is open", func() bool { return len(opened) > 0 })
		}
	}
	r.soon("too many streams are ended", func() bool { return rec.count("DELETE /2/connections/all") > 0 })
}

// logIn asks for a token as after a person's consent; the code is junk, the
// request is not.
func logIn(r *rig, o Options) {
	r.Helper()
	l := r.connect(o).Login
	_, state, err := l.Begin("http://127.0.0.1:9/back")
	r.must(err)
	if _, _, err := l.Finish(r.Context(), state, state.State, "junk"); socialwatch.ReasonOf(err) != socialwatch.Unauthorized {
		r.Error(err)
	}
}
