package lookup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"socialwatch"
	"socialwatch/internal/noanswer"
)

// Endpoint is an HTTP endpoint of the shop's. The operator names it, so it may
// well be on a private address; it cannot send us elsewhere, because no redirect
// is followed. Make one with NewEndpoint; it is safe for concurrent use.
type Endpoint struct {
	url    string // with {order}
	header http.Header
	fields map[string]string // path by fact
	client *http.Client
	now    func() time.Time
}

// EndpointOptions say how an endpoint is asked.
type EndpointOptions struct {
	URL     string            // with {order} where the number stands
	Header  map[string]string // secrets among them
	Fields  map[string]string // paths in the answer by fact; a fact without one has its own name for a path
	Timeout time.Duration     // of one question; 0: 3 s
	Now     func() time.Time
}

// order is where the number stands in an address.
const order = "{order}"

// Concurrent is how many questions an endpoint is asked at once.
const Concurrent = 4

// NewEndpoint makes an endpoint.
func NewEndpoint(o EndpointOptions) *Endpoint {
	if o.Timeout <= 0 {
		o.Timeout = 3 * time.Second
	}
	header := http.Header{"Accept": {"application/json"}, "User-Agent": {"socialwatch"}}
	for name, value := range o.Header {
		header.Set(name, value)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxResponseHeaderBytes = 64 << 10
	transport.MaxConnsPerHost, transport.MaxIdleConnsPerHost = Concurrent, Concurrent
	return &Endpoint{url: o.URL, header: header, fields: o.Fields, now: o.Now,
		client: &http.Client{Timeout: o.Timeout, Transport: transport, // the time of reading the body too
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Close ends the connections that nobody uses.
func (e *Endpoint) Close() error {
	e.client.CloseIdleConnections()
	return nil
}

// Ask asks about each order, a few at once.
func (e *Endpoint) Ask(ctx context.Context, orders []string) []Answer {
	answers := make([]Answer, len(orders))
	turns := make(chan struct{}, Concurrent)
	var wg sync.WaitGroup
	for i, o := range orders {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			answers[i] = e.one(ctx, o)
		})
	}
	wg.Wait()
	return answers
}

func (e *Endpoint) one(ctx context.Context, number string) Answer {
	if !plausible(number) {
		return Answer{}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.ReplaceAll(e.url, order, encoded(number)), nil)
	if err != nil {
		return Answer{Err: errors.New("its address is none")} // the error would quote it
	}
	req.Header = e.header.Clone()
	res, err := e.client.Do(req)
	if err != nil {
		return Answer{Err: errors.New(noanswer.Say(err))}
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusGone:
		return Answer{}
	case res.StatusCode >= 300 && res.StatusCode < 400:
		return Answer{Err: fmt.Errorf("answered %d: redirects are not followed, write the address that it leads to", res.StatusCode)}
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable:
		return Answer{Err: &Busy{fmt.Sprintf("answered %d", res.StatusCode), e.retryAfter(res.Header.Get("Retry-After"))}}
	case res.StatusCode != http.StatusOK:
		return Answer{Err: fmt.Errorf("answered %d", res.StatusCode)}
	}
	return e.read(res.Body)
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 10

func (e *Endpoint) read(body io.Reader) Answer {
	data, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	switch {
	case err != nil:
		return Answer{Err: errors.New(noanswer.Say(err))}
	case len(data) > maxAnswer:
		return Answer{Err: errors.New("answered more than 64 kB")}
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if d.Decode(&v) != nil || d.More() {
		return Answer{Err: errors.New("its answer is no JSON")}
	}
	f, told := facts(func(name string) any { return at(v, e.path(name)) }, e.now())
	if !told {
		return Answer{Err: errors.New("its answer has none of the fields: see lookup.fields")}
	}
	return Answer{Found: true, Facts: f}
}

func (e *Endpoint) path(fact string) string {
	if p, ok := e.fields[fact]; ok {
		return p
	}
	return fact
}

// at is what stands at a path such as shipments.0.moved_at; nil when nothing
// does.
func at(v any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err == nil && i < 0 {
				i += len(in) // -1 is the last one
			}
			if err != nil || i < 0 || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

// maxNumber bounds what can be an order number, in bytes.
const maxNumber = 128

// plausible reports whether a text can be an order number: dots alone would
// climb in the address.
func plausible(number string) bool {
	return len(number) <= maxNumber && strings.ContainsFunc(number, func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 0x7f
	})
}

// encoded is a number with all but plain letters, digits, - and _ percent-encoded,
// so that it is one part of an address wherever it stands in it.
func encoded(number string) string {
	var b strings.Builder
	for _, c := range []byte(number) {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// retryAfter reads the header, as seconds or a date; 0 when it says nothing.
func (e *Endpoint) retryAfter(header string) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(min(max(seconds, 0), int(socialwatch.LongestLookupRest.Seconds()))) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(e.now()))
	}
	return 0
}
