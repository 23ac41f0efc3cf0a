package legacy

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dghubble/go-twitter/twitter"
	"github.com/dghubble/oauth1"

	"socialwatch"
	"socialwatch/connectors"
)

// bodyLimit bounds an answer: a page of 200 posts, each with one inside, stays
// far below.
const bodyLimit = 8 << 20

// call is what the client must know of a request that the library makes.
type call struct {
	name  string                     // of the endpoint: each has a rate limit of its own
	item  string                     // in the ledger
	most  int                        // objects that it can bring
	write bool                       // shows in public: what can't be told afterwards is Unknown
	spare bool                       // may use the part of the rate limit that is kept for replies
	holds func(body []byte) []string // objects of the ledger in an answer
}

// answer is what X said to a call. Header is set also beside an error, when
// there was an answer at all.
type answer struct {
	header http.Header
	body   []byte
}

// do makes one call by the library. It asks the ledger for leave and settles
// after. Errors are NetworkErrors; those that say that we are out of credit
// halt the account. It never repeats a call.
func (c *client) do(ctx context.Context, k call, ask func(*twitter.Client) error) (answer, error) {
	if wait := c.budget(k.name).Take(c.opt.Now(), k.spare); wait > 0 {
		return answer{}, readError(&apiError{status: http.StatusTooManyRequests, wait: wait, ours: true})
	}
	cost := socialwatch.Costing{Account: c.opt.Account, Item: k.item, Most: k.most, Write: k.write}
	var reservation int64
	if c.opt.Ledger != nil {
		var err error
		if reservation, err = c.opt.Ledger.Reserve(ctx, cost); err != nil {
			return answer{}, ledgerError(err)
		}
	}
	a, err := c.exchange(ctx, k, ask)
	if c.opt.Ledger != nil {
		// The caller may have gone; what was done was done.
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.opt.Timeout)
		defer cancel()
		c.settle(after, reservation, cost, k.charged(a, err))
		if socialwatch.ReasonOf(err) == socialwatch.OutOfCredit {
			c.halt(after, err)
		}
	}
	return a, err
}

func (c *client) settle(ctx context.Context, reservation int64, cost socialwatch.Costing, objects []string) {
	if err := c.opt.Ledger.Settle(ctx, reservation, cost, objects); err != nil {
		c.log.Warn("calls not counted", "item", cost.Item, "problem", err)
	}
}

func (c *client) halt(ctx context.Context, why error) {
	text := strings.TrimPrefix(why.Error(), string(socialwatch.OutOfCredit)+": ")
	if err := c.opt.Ledger.Halt(ctx, c.opt.Account, text); err != nil {
		c.log.Error("account not halted", "problem", err)
	}
}

// ledgerError keeps the class that the ledger gives; a ledger that fails says
// nothing of the call, which was not made.
func ledgerError(err error) error {
	var ne *socialwatch.NetworkError
	if errors.As(err, &ne) {
		return ne
	}
	return readError(fmt.Errorf("ask for leave to call: %w", err))
}

// charged are the objects of the ledger in a call's answer. A write that may
// have taken effect counts as one that did.
func (k call) charged(a answer, err error) []string {
	switch {
	case err == nil:
		return k.holds(a.body)
	case socialwatch.ReasonOf(err) == socialwatch.Unknown:
		return []string{"unsure-" + rand.Text()}
	}
	return nil
}

// exchange runs the library with a client of its own for this call, because
// that is the only way to give it a context.
func (c *client) exchange(ctx context.Context, k call, ask func(*twitter.Client) error) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opt.Timeout)
	defer cancel()
	x := &exchange{client: c, call: k, ctx: ctx}
	signed := oauth1.NewClient(context.WithValue(ctx, oauth1.HTTPClient, &http.Client{Transport: x}), c.oauth, c.token)
	err := ask(twitter.NewClient(&http.Client{
		Transport:     target{c.base, signed.Transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}))
	a := answer{header: x.header, body: x.body}
	if x.body != nil {
		return a, nil // what the library makes of it does not matter
	}
	err = cmp.Or(err, errors.New("the library made no request"))
	if k.write {
		return a, writeError(err, x.sent.Load())
	}
	return a, readError(err)
}

// target sends the library's requests to our base. It stands above the
// signing, so that the signature is for the server that gets the request.
type target struct {
	base *url.URL
	next http.RoundTripper
}

func (t target) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = t.base.Scheme, t.base.Host, ""
	return t.next.RoundTrip(r)
}

// exchange is the way of one request beneath library and signing. It lends the
// request its call's context, reads the whole answer, and passes on none but
// 200: of anything else the library could make an empty post without an error.
type exchange struct {
	*client
	call call
	ctx  context.Context // the library has no other way in

	sent   atomic.Bool // the request may have reached the server
	header http.Header
	body   []byte // of a good answer; nil: there was none
}

func (x *exchange) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := httptrace.WithClientTrace(x.ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { x.sent.Store(true) },
	})
	r = r.Clone(ctx)
	r.Header.Set("User-Agent", x.opt.UserAgent)
	way := x.read
	if x.call.write {
		way = x.write
		r.GetBody = nil // net/http must not send it twice
	}
	resp, err := way.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() // it was read to its end or is of no use
	x.header = resp.Header
	body, err := io.ReadAll(io.LimitReader(resp.Body, bodyLimit+1))
	if refusal := x.refusal(resp, body); refusal != nil {
		return nil, refusal
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the answer: %w", err)
	case len(body) > bodyLimit:
		return nil, fmt.Errorf("the answer is longer than %d MB", bodyLimit>>20)
	}
	x.body = body
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// refusal is the error of an answer that is none of 200. Its headers tell of
// the rate limit.
func (x *exchange) refusal(resp *http.Response, body []byte) error {
	now := x.opt.Now()
	budget := x.budget(x.call.name)
	budget.Note(resp.Header, now)
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	e := newAPIError(resp.StatusCode, body)
	if e.status == http.StatusTooManyRequests || e.status == http.StatusServiceUnavailable {
		e.wait = connectors.Wait(resp.Header, now)
	}
	if loc, err := url.Parse(resp.Header.Get("Location")); err == nil && loc.Host != "" {
		e.redirect = loc.Scheme + "://" + loc.Host
	}
	if e.status == http.StatusTooManyRequests && e.reason(x.call.write) == socialwatch.RateLimited {
		budget.Refused(e.wait, now)
	}
	return e
}

// rates are the limits of the endpoints called lately.
func (c *client) rates(now time.Time) []socialwatch.Rate {
	c.mu.Lock()
	defer c.mu.Unlock()
	return connectors.Rates(c.budgets, now)
}

// budget is the rate limit of an endpoint.
func (c *client) budget(name string) *connectors.RateBudget {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.budgets[name]
	if b == nil {
		b = &connectors.RateBudget{}
		c.budgets[name] = b
	}
	return b
}
