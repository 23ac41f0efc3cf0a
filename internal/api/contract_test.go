package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"socialwatch/internal/api"
)

func init() {
	openapi3filter.RegisterBodyDecoder("text/event-stream", openapi3filter.PlainBodyDecoder)
	openapi3.DefineStringFormatValidator("date-time", openapi3.NewCallbackValidator(func(s string) error {
		at, err := time.Parse(time.RFC3339Nano, s)
		if err == nil && !strings.HasSuffix(s, "Z") {
			err = fmt.Errorf("%s (%s) is not written in UTC", s, at)
		}
		return err
	}))
}

// document is the document as the handler is held against it, for any host.
var document = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(api.Document())
	if err != nil {
		return nil, err
	}
	doc.Servers = openapi3.Servers{{URL: "http://api.test" + doc.Servers[0].URL}}
	return doc, doc.Validate(context.Background())
})

// seen are the answers that the tests have had, as "operation status".
var seen sync.Map

// TestMain fails when the tests left out an answer that the document promises.
func TestMain(m *testing.M) {
	code := m.Run()
	partial := false
	for _, name := range []string{"test.run", "test.skip", "test.fuzz", "test.list"} {
		f := flag.Lookup(name)
		partial = partial || f != nil && f.Value.String() != ""
	}
	if code == 0 && !partial {
		doc, err := document()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		for _, answer := range documented(doc) {
			if _, ok := seen.Load(answer); !ok {
				fmt.Fprintln(os.Stderr, "FAIL: documented, but no test had this answer:", answer)
				code = 1
			}
		}
	}
	os.Exit(code)
}

func documented(doc *openapi3.T) []string {
	var all []string
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			for status := range op.Responses.Map() {
				all = append(all, op.OperationID+" "+status)
			}
		}
	}
	slices.Sort(all)
	return all
}

// contract is the transport of every test: it holds each answer against the
// document, and each request that was answered well.
type contract struct {
	t      testing.TB
	doc    *openapi3.T
	router routers.Router
}

func newContract(t testing.TB) *contract {
	t.Helper()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &contract{t, doc, router}
}

func (c *contract) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		sent, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(got))
	if err := c.hold(r, sent, res, got); err != nil {
		c.t.Errorf("%s %s: %d %s\n%v", r.Method, r.URL.Path, res.StatusCode, got, err)
	}
	return res, nil
}

// hold says what about an exchange is not as the document has it.
func (c *contract) hold(r *http.Request, sent []byte, res *http.Response, got []byte) error {
	if err := c.everyAnswer(r, res, got); err != nil || r.Method == http.MethodHead {
		return err
	}
	at := r.Clone(r.Context())
	at.URL.Scheme, at.URL.Host = "http", "api.test"
	at.Body = io.NopCloser(bytes.NewReader(sent))
	route, params, err := c.router.FindRoute(at)
	if err != nil || strings.HasSuffix(r.URL.Path, "/") { // the router is lenient there
		if res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusMethodNotAllowed {
			return fmt.Errorf("an operation that is not documented: %v", err)
		}
		return c.isProblem(res, got)
	}
	seen.Store(fmt.Sprint(route.Operation.OperationID, " ", res.StatusCode), true)
	opts := &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true, SkipSettingDefaults: true,
		RejectWhenRequestBodyNotSpecified: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}
	in := &openapi3filter.RequestValidationInput{Request: at, PathParams: params, Route: route, Options: opts}
	var problems []error
	if invalid := openapi3filter.ValidateRequest(r.Context(), in); invalid != nil && res.StatusCode < 400 {
		problems = append(problems, fmt.Errorf("answered well, though the document does not allow it: %w", invalid))
	}
	return errors.Join(append(problems, openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: res.StatusCode, Header: res.Header,
		Body: io.NopCloser(bytes.NewReader(got)), Options: opts}))...)
}

// everyAnswer is what holds without a document.
func (c *contract) everyAnswer(r *http.Request, res *http.Response, got []byte) error {
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Referrer-Policy": "no-referrer",
		"Access-Control-Allow-Origin": ""} {
		if have := res.Header.Get(name); have != want {
			return fmt.Errorf("header %s is %q, want %q", name, have, want)
		}
	}
	_, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	all := fmt.Sprint(res.Header) + string(got)
	if len(secret) > 8 && strings.Contains(all, secret) {
		return errors.New("the answer holds the token")
	}
	for _, word := range raw {
		if strings.Contains(all, word) {
			return fmt.Errorf("the answer holds %q, which is to be masked", word)
		}
	}
	return nil
}

func (c *contract) isProblem(res *http.Response, got []byte) error {
	if media := res.Header.Get("Content-Type"); media != "application/problem+json" {
		return fmt.Errorf("content type %q", media)
	}
	var v any
	if err := jsonUnmarshal(got, &v); err != nil {
		return err
	}
	return c.doc.Components.Schemas["Problem"].Value.VisitJSON(v)
}

// TestWhatMayBeNullSaysOfWhichType: OpenAPI 3.0.3 knows "nullable" only beside
// "type"; kin-openapi lets it pass elsewhere, other validators do not.
func TestWhatMayBeNullSaysOfWhichType(t *testing.T) {
	var doc any
	if err := json.Unmarshal(api.Document(), &doc); err != nil {
		t.Fatal(err)
	}
	var look func(at string, v any)
	look = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if v["nullable"] == true && v["type"] == nil {
				t.Errorf("%s is nullable without a type", at)
			}
			for name, inner := range v {
				look(at+"/"+name, inner)
			}
		case []any:
			for i, inner := range v {
				look(fmt.Sprint(at, "/", i), inner)
			}
		}
	}
	look("#", doc)
}
