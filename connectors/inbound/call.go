package inbound

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/noanswer"
)

// mostAnswer bounds an answer of the callback, in bytes.
const mostAnswer = 1 << 20

// way is how the callback is called: without redirects, which could carry a
// reply elsewhere or twice, and with a connection for each call, as Go sends a
// request again by itself when one that was kept turns out to be closed (and,
// see do, when HTTP/2 resets it).
// Private addresses are allowed: the operator has named this one.
func way(timeout time.Duration) *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableKeepAlives = true
	return &http.Client{Transport: t, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// call is one call of the callback.
type call struct {
	id   string // webhook-id
	key  string // Idempotency-Key; empty: none
	body any

	connected atomic.Bool // the request may have reached somebody
}

// reached is an answer of the callback.
type reached struct {
	status int
	header http.Header
	body   []byte
}

// do makes a call. Its error is that of no answer, or of one that was cut.
func (c *client) do(ctx context.Context, k *call) (reached, error) {
	body, err := json.Marshal(k.body)
	if err != nil {
		return reached{}, err
	}
	if k.id == "" {
		k.id = "msg_" + rand.Text()
	}
	at := c.opt.Now()
	signature, err := c.keys.sign(k.id, at, body)
	if err != nil {
		return reached{}, err
	}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { k.connected.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.opt.Callback, bytes.NewReader(body))
	if err != nil {
		return reached{}, errors.New("inbound.callback is no address") // the error would quote it
	}
	req.GetBody = nil // net/http must not send it twice
	h := req.Header
	h.Set("Content-Type", "application/json")
	h.Set("Accept", "application/json")
	h.Set("User-Agent", c.opt.UserAgent)
	h.Set(headerID, k.id)
	h.Set(headerTime, fmt.Sprint(at.Unix()))
	h.Set(headerSignature, signature)
	if k.key != "" {
		h.Set("Idempotency-Key", k.key)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return reached{}, unanswered(ctx, err)
	}
	defer resp.Body.Close() // it was read to its end or is of no use
	got, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer+1))
	switch {
	case err != nil:
		err = unanswered(ctx, err)
	case len(got) > mostAnswer:
		err = errors.New("the answer is longer than 1 MB")
	}
	return reached{resp.StatusCode, resp.Header, got}, err
}

// unanswered is err in words that hold nothing of the address, which may have a
// secret. The end of a context is still to be seen in it.
func unanswered(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", noanswer.Say(err), ctx.Err())
	}
	return errors.New(noanswer.Say(err))
}

// refusal classes an answer that is no success. Only what surely had no effect
// is anything but otherwise.
func (c *client) refusal(r reached, otherwise socialwatch.Reason) *socialwatch.NetworkError {
	ne := &socialwatch.NetworkError{Reason: otherwise, Err: fmt.Errorf("the callback answers HTTP %d", r.status)}
	switch s := r.status; {
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		ne.Reason = socialwatch.Unauthorized
		ne.Err = fmt.Errorf("the callback answers HTTP %d: it refuses our signature, so look at the secret and the clock on both sides", s)
	case s == http.StatusGone:
		ne.Reason = socialwatch.Gone
	case s == http.StatusTooManyRequests:
		ne.Reason, ne.RetryAfter = socialwatch.RateLimited, connectors.Wait(r.header, c.opt.Now())
	case s == http.StatusServiceUnavailable && r.header.Get("Retry-After") != "":
		ne.Reason, ne.RetryAfter = socialwatch.Temporary, connectors.Wait(r.header, c.opt.Now())
	case s == http.StatusRequestTimeout:
	case s >= 300 && s < 400:
		ne.Reason = socialwatch.Refused
		ne.Err = fmt.Errorf("the callback answers HTTP %d: it redirects, which is not followed; write the address it leads to", s)
	case s >= 400 && s < 500:
		ne.Reason = socialwatch.Refused
	}
	return ne
}
