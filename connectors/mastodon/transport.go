package mastodon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"socialwatch/connectors"
)

// call is what one operation tells the transport and learns from it. An
// operation makes its requests one after the other.
type call struct {
	key   string // Idempotency-Key of a write
	spare bool   // may use the part of the budget that is kept for replies

	requests  int
	connected atomic.Bool // the last request may have reached the server
	header    http.Header // of the last answer
}

type callKey struct{}

func withCall(ctx context.Context, k *call) context.Context {
	return context.WithValue(ctx, callKey{}, k)
}

// transport is the way of every request, ours and the library's. It never
// retries, follows no redirect, and turns every answer but 200 and 202 into a
// statusError, which also keeps the library from sleeping on a 429.
type transport struct {
	c     *client
	read  *http.Transport
	write *http.Transport
}

func newTransport(c *client) *transport {
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.ResponseHeaderTimeout = 0 // the client's timeout covers all
	t := &transport{c: c, read: base, write: base.Clone()}
	// Each write has a connection of its own. On a kept one net/http would
	// send a POST again by itself when the server closes it, because it takes
	// a request with an Idempotency-Key as safe to repeat, and GoToSocial
	// posts the same key twice.
	t.write.DisableKeepAlives = true
	return t
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	k, _ := r.Context().Value(callKey{}).(*call)
	if k == nil {
		k = &call{}
	}
	now := t.c.opt.Now()
	isRead := r.Method == http.MethodGet
	if isRead {
		if wait := t.c.budget.Take(now, k.spare); wait > 0 {
			closeBody(r)
			return nil, &statusError{code: http.StatusTooManyRequests, wait: wait, ours: true}
		}
	}
	k.requests++
	k.connected.Store(false)
	k.header = nil
	ctx := httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { k.connected.Store(true) },
	})
	r = r.Clone(ctx)
	r.Header.Set("User-Agent", t.c.opt.UserAgent) // GoToSocial answers 418 without (R17)
	way := t.read
	if !isRead {
		way = t.write
		r.GetBody = nil // see newTransport
		if k.key != "" {
			r.Header.Set("Idempotency-Key", k.key)
		}
	}
	resp, err := way.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	k.header = resp.Header
	if isRead { // a write's headers may tell of the posting limit instead
		t.c.budget.Note(resp.Header, now)
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusAccepted {
		e := newStatusError(resp, now)
		if isRead && e.code == http.StatusTooManyRequests {
			t.c.budget.Refused(e.wait, now)
		}
		return nil, e
	}
	resp.Body = &limitedBody{ReadCloser: resp.Body, left: t.c.opt.AnswerLimit}
	return resp, nil
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close() // RoundTrippers must close it, also on errors
	}
}

// limitedBody fails instead of ending when the answer is too long, so that
// a cut answer is never taken as a whole one.
type limitedBody struct {
	io.ReadCloser
	left int
}

var errTooLong = errors.New("the answer is too long")

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// statusError is an answer with another status than 200 or 202.
type statusError struct {
	code     int
	wait     time.Duration // 0 when the server names none
	api      bool          // the answer is the API's own, not that of some proxy
	ours     bool          // no request was made: our own budget is used up
	redirect string        // where a redirect leads, without the path
}

func newStatusError(resp *http.Response, now time.Time) *statusError {
	defer resp.Body.Close() // nothing more is wanted of it
	e := &statusError{code: resp.StatusCode}
	if e.code == http.StatusTooManyRequests || e.code == http.StatusServiceUnavailable {
		e.wait = connectors.Wait(resp.Header, now)
	}
	if loc, err := url.Parse(resp.Header.Get("Location")); err == nil && loc.Host != "" {
		e.redirect = loc.Scheme + "://" + loc.Host
	}
	head, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // a cut text only fails the test below
	var answer struct {
		Error *json.RawMessage `json:"error"`
	}
	e.api = json.Unmarshal(bytes.TrimSpace(head), &answer) == nil && answer.Error != nil
	return e
}

// Error tells the status and what to do. The server's own words are left out:
// they may repeat a post or a handle.
func (e *statusError) Error() string {
	switch {
	case e.ours:
		return "the server's rate limit is used up, or what is left of it is kept for replies"
	case e.code >= 300 && e.code < 400 && e.redirect != "":
		return fmt.Sprintf("HTTP %d: base_url redirects to %s: write that address into base_url", e.code, e.redirect)
	case e.code >= 300 && e.code < 400:
		return fmt.Sprintf("HTTP %d: base_url redirects: write the server's own address into base_url", e.code)
	case e.code == http.StatusUnauthorized:
		return "HTTP 401: the token is not valid: make a new one and give it to socialwatch"
	case e.code == http.StatusForbidden:
		return "HTTP 403: the token lacks a scope, or the account may not do this: " +
			"it needs read:accounts read:statuses read:notifications write:statuses"
	case e.code == http.StatusNotFound && !e.api:
		return "HTTP 404, and not from a Mastodon API: look at base_url and at what stands before the server"
	}
	return strings.TrimSpace(fmt.Sprintf("HTTP %d %s", e.code, http.StatusText(e.code)))
}

// absent reports whether the server says that there is no such thing, or no
// such call.
func absent(err error) bool {
	var e *statusError
	return errors.As(err, &e) && (e.code == http.StatusNotFound || e.code == http.StatusGone)
}

// get reads JSON. Its errors are those of readError.
func (c *client) get(ctx context.Context, path string, q url.Values, out any) error {
	resp, err := c.request(ctx, path, q)
	if err != nil {
		return readError(err)
	}
	defer resp.Body.Close() // it was read to its end or is of no use
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return readError(connectors.NotUnderstood(err))
	}
	return nil
}

// beginning reads the first n bytes of an answer, and its header.
func (c *client) beginning(ctx context.Context, path string, q url.Values, n int64) ([]byte, http.Header, error) {
	resp, err := c.request(ctx, path, q)
	if err != nil {
		return nil, nil, readError(err)
	}
	defer resp.Body.Close() // no more of it is wanted
	raw, err := io.ReadAll(io.LimitReader(resp.Body, n))
	if err != nil {
		return nil, nil, readError(err)
	}
	return raw, resp.Header, nil
}

func (c *client) request(ctx context.Context, path string, q url.Values) (*http.Response, error) {
	u := *c.base
	u.Path = path
	u.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.opt.Token)
	req.Header.Set("Accept", "application/json")
	return c.http.Do(req)
}
