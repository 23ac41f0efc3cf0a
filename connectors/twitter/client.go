package twitter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// bodyLimit bounds an answer. A page of a hundred posts stays far below, unless
// somebody fills long ones with tags, of each of which X tells the place.
const bodyLimit = 8 << 20

// errTooLong is an answer above bodyLimit: fewer posts must be asked for. What X
// charges for it is settled when they are read, for a post is charged once a day.
var errTooLong = fmt.Errorf("the answer is longer than %d MB", bodyLimit>>20)

// call is one request to X.
type call struct {
	method string // "": GET
	path   string // of the API: /2/tweets
	query  url.Values
	body   any // sent as JSON; nil: none
	auth   authKind

	cost   socialwatch.Costing // what the answer's objects cost; no Item: the call is free
	object string              // what the call itself is charged as; "": what the answer holds
	write  bool                // shows in public: what can't be told afterwards is Unknown
	spare  bool                // may use the part of the rate limit that is kept for replies
	bare   bool                // of posts no more than their ids and short texts

	token   string // instead of the stored one: of a login that is not finished
	address string // instead of path: one that X gave for this one call, used unsigned
	raw     []byte // instead of body, as text
}

// answer is what X said to a call. Header is set also beside an error, when
// there was an answer at all.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do makes one call. It asks the ledger for leave and settles with what the
// answer says was charged; errors are NetworkErrors, and those that say that
// we are out of credit halt the account. It never repeats a call but once after a
// token was renewed, when X has refused the old one.
func (c *client) do(ctx context.Context, k call) (answer, error) {
	if connectors.IsForReply(ctx) {
		k.cost.Write, k.spare = true, true
	}
	if wait := c.budget(k).Take(c.opt.Now(), k.spare); wait > 0 {
		return answer{}, readError(&apiError{status: http.StatusTooManyRequests, wait: wait, ours: true})
	}
	metered := c.opt.Ledger != nil && k.cost.Item != ""
	var reservation int64
	if metered {
		var err error
		if reservation, err = c.opt.Ledger.Reserve(ctx, k.cost); err != nil {
			return answer{}, ledgerError(err)
		}
	}
	a, err := c.exchange(ctx, k)
	reason := socialwatch.ReasonOf(err)
	// The caller may have gone; what was spent was spent.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.opt.Timeout)
	defer cancel()
	if metered {
		if err := c.settle(after, reservation, k, a, reason); err != nil {
			// The reservation now counts in full, and the answer stands.
			c.log.Warn("spending not settled", "item", k.cost.Item, "problem", err)
		}
	}
	if reason == socialwatch.OutOfCredit && k.address == "" && c.opt.Ledger != nil {
		if err := c.opt.Ledger.Halt(after, c.opt.Account, bareText(err)); err != nil {
			c.log.Error("account not halted", "problem", err)
		}
	}
	return a, err
}

// exchange makes the call, once more after a token was renewed: a call that X
// refused with 401 surely did nothing.
func (c *client) exchange(ctx context.Context, k call) (answer, error) {
	switch {
	case k.auth == authUser && c.user == authNone:
		return answer{}, unauthorized("only the app's bearer token is configured, which can't do this: " +
			"give the secrets of OAuth 1.0a or the client id of OAuth 2.0")
	case k.auth == authApp && c.opt.Bearer == "":
		return answer{}, unauthorized("the app's bearer token is needed for this and not configured")
	case k.auth != authUser || c.user != authOAuth2:
		return c.once(ctx, k, c.opt.Bearer)
	case k.token != "":
		return c.once(ctx, k, k.token)
	}
	tok, renewed, err := c.userToken(ctx)
	if err != nil {
		return answer{}, err
	}
	a, err := c.once(ctx, k, tok.Access)
	if a.status != http.StatusUnauthorized || renewed {
		return a, err
	}
	if tok, err = c.refresh(ctx, tok); err != nil {
		return a, err
	}
	return c.once(ctx, k, tok.Access)
}

// once makes one request. Its errors are NetworkErrors.
func (c *client) once(ctx context.Context, k call, token string) (answer, error) {
	var sent atomic.Bool
	failed := func(err error) error {
		if k.write {
			return writeError(err, sent.Load())
		}
		return readError(err)
	}
	resp, err := c.send(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	}), k, token, c.way(k))
	if err != nil {
		return answer{}, failed(err)
	}
	defer resp.Body.Close() // it was read to its end or is of no use
	a := answer{status: resp.StatusCode, header: resp.Header}
	if err := c.refusal(k, resp); err != nil {
		return a, failed(err)
	}
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, c.most+1))
	if err == nil && int64(len(a.body)) > c.most {
		err = errTooLong
	}
	if err != nil {
		return a, failed(err)
	}
	return a, nil
}

// open makes a call whose answer has no end and returns its body for the
// caller to read and close. It is not metered: what comes is settled as it
// comes. Errors are NetworkErrors.
func (c *client) open(ctx context.Context, k call) (io.ReadCloser, error) {
	if wait := c.budget(k).Take(c.opt.Now(), k.spare); wait > 0 {
		return nil, readError(&apiError{status: http.StatusTooManyRequests, wait: wait, ours: true})
	}
	resp, err := c.send(ctx, k, c.opt.Bearer, c.ways.stream)
	if err != nil {
		return nil, readError(err)
	}
	if err := c.refusal(k, resp); err != nil {
		_ = resp.Body.Close() // what it told is in err
		return nil, readError(err)
	}
	return resp.Body, nil
}

// way chooses the HTTP client.
func (c *client) way(k call) *http.Client {
	signed := k.auth == authUser && c.user == authOAuth1
	switch read := k.verb() == http.MethodGet; {
	case signed && read:
		return c.ways.signedRead
	case signed:
		return c.ways.signedWrite
	case read:
		return c.ways.read
	}
	return c.ways.write
}

func (k call) verb() string {
	if k.method == "" {
		return http.MethodGet
	}
	return k.method
}

// send builds the request and sends it.
func (c *client) send(ctx context.Context, k call, token string, way *http.Client) (*http.Response, error) {
	address := k.address
	if address == "" {
		u := *c.base
		u.Path, u.RawQuery = k.path, k.query.Encode()
		address = u.String()
	}
	body, kind := k.raw, "text/plain"
	if k.body != nil {
		var err error
		if body, err = json.Marshal(k.body); err != nil {
			return nil, err
		}
		kind = "application/json"
	}
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, k.verb(), address, content)
	if err != nil {
		return nil, err
	}
	req.GetBody = nil // a body is sent once
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.opt.UserAgent)
	bearer := k.auth == authApp || k.auth == authUser && c.user == authOAuth2
	if bearer && k.address == "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return way.Do(req)
}

// refusal is the error that an answer is, nil for a success. It takes in what
// the headers tell of the rate limit.
func (c *client) refusal(k call, resp *http.Response) error {
	now := c.opt.Now()
	if k.address == "" {
		c.budget(k).Note(resp.Header, now)
	}
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return nil
	}
	var wait time.Duration
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable {
		wait = connectors.Wait(resp.Header, now)
	}
	head, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // a cut text only leaves the mark unknown
	e := newAPIError(resp.StatusCode, head, wait)
	if loc, err := url.Parse(resp.Header.Get("Location")); err == nil && loc.Host != "" {
		e.redirect = loc.Scheme + "://" + loc.Host
	}
	if e.status == http.StatusTooManyRequests && e.reason(k.write) == socialwatch.RateLimited {
		c.budget(k).Refused(wait, now)
	}
	return e
}

// rates are the limits of the endpoints called lately.
func (c *client) rates(now time.Time) []socialwatch.Rate {
	c.mu.Lock()
	defer c.mu.Unlock()
	return connectors.Rates(c.budgets, now)
}

// budget is the rate limit of a call's endpoint: X counts each by itself, and
// the user's calls apart from the app's.
func (c *client) budget(k call) *connectors.RateBudget {
	parts := strings.Split(k.path, "/")
	for i, p := range parts {
		if _, err := parseID(p); err == nil && i > 2 {
			parts[i] = ":id"
		}
	}
	key := string(k.auth) + " " + k.verb() + " " + strings.Join(parts, "/")
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.budgets[key]
	if b == nil {
		b = &connectors.RateBudget{}
		c.budgets[key] = b
	}
	return b
}
