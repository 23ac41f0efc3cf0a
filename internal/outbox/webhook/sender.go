package webhook

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
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"socialwatch"
	"socialwatch/internal/noanswer"
)

// Payload is what an endpoint gets.
type Payload struct {
	Type      string    `json:"type"`      // the kind of event
	Timestamp time.Time `json:"timestamp"` // when it happened
	Data      Data      `json:"data"`
}

// Data is the event and, as it stands when sent, its case.
type Data struct {
	Event socialwatch.EventV1 `json:"event"`
	Case  *socialwatch.CaseV1 `json:"case"`
}

// TestType is the type of the message by which people see that an endpoint
// works.
const TestType = "webhook.test"

// message is one signed call.
type message struct {
	id   string // the same for each try
	body []byte
}

// longestPost bounds the customer's words in a message, in bytes: whatever they
// are, the message is smaller than the 1 MiB that receivers read.
const longestPost = 100_000

// write is json.Marshal without six bytes for each <, > and &.
func write(v any) ([]byte, error) {
	var b bytes.Buffer
	to := json.NewEncoder(&b)
	to.SetEscapeHTML(false)
	err := to.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// letter makes the message of a delivery. Its id holds the time too: after a
// restore the log gives numbers anew that were sent before.
func letter(ref string, l socialwatch.Letter) (message, error) {
	if c := l.Case; c != nil && len(c.FirstPostMasked) > longestPost {
		short := *c
		short.FirstPostMasked = strings.ToValidUTF8(c.FirstPostMasked[:longestPost], "") + "…"
		l.Case = &short
	}
	body, err := write(Payload{Type: l.Event.Kind, Timestamp: l.Event.At, Data: Data{Event: l.Event, Case: l.Case}})
	if err != nil {
		return message{}, fmt.Errorf("write the event %d: %w", l.Event.Seq, err)
	}
	return message{id: fmt.Sprintf("msg_%s_%d_%d", ref, l.Event.Seq, l.Event.At.UnixMicro()), body: body}, nil
}

// Sender calls endpoints. Make one with NewSender; it is safe for concurrent
// use.
type Sender struct {
	Guard   Guard
	timeout time.Duration
	client  *http.Client
	now     func() time.Time
}

// Bounds of one call.
const (
	CallTime    = 15 * time.Second
	answerLimit = 4 << 10
	longestAsk  = 24 * time.Hour // the most that an endpoint may ask for
)

// NewSender makes a sender whose calls end after timeout; 0: CallTime.
func NewSender(g Guard, timeout time.Duration, now func() time.Time) *Sender {
	if timeout <= 0 {
		timeout = CallTime
	}
	return &Sender{Guard: g, timeout: timeout, now: now, client: &http.Client{Timeout: timeout, Transport: newTransport(g),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// answer is how a call ended. Error is empty when the endpoint took the
// message, and holds no secret and nothing of what was answered.
type answer struct {
	status     int // 0: none
	error      string
	retryAfter time.Duration
}

// send calls once. The time of the call is signed too.
func (s *Sender) send(ctx context.Context, to secrets, m message) answer {
	at := s.now()
	signature, err := to.sign(m.id, at, m.body)
	if err != nil {
		return answer{error: err.Error()}
	}
	if _, err := s.Guard.CheckURL(to.URL); err != nil { // the configuration may have changed
		return answer{error: err.Error()}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, bytes.NewReader(m.body))
	if err != nil {
		return answer{error: "its address is none"} // the error would quote it
	}
	req.GetBody = nil // net/http must not send it again by itself
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "socialwatch")
	req.Header.Set(standardwebhooks.HeaderWebhookID, m.id)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	res, err := s.client.Do(req)
	if err != nil {
		return answer{error: noAnswer(err)}
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, answerLimit)) // so that the connection can be used again
	a := answer{status: res.StatusCode, retryAfter: s.retryAfter(res.Header.Get("Retry-After"))}
	switch {
	case a.status >= 200 && a.status < 300:
	case a.status >= 300 && a.status < 400:
		a.error = fmt.Sprintf("answered %d: redirects are not followed", a.status)
	default:
		a.error = fmt.Sprintf("answered %d", a.status)
	}
	return a
}

// noAnswer says why a call failed, or was not made.
func noAnswer(err error) string {
	for _, own := range []error{errRefused, errPlain} {
		if errors.Is(err, own) {
			return own.Error()
		}
	}
	return noanswer.Say(err)
}

// retryAfter reads the header, as seconds or a date; 0 when it says nothing.
func (s *Sender) retryAfter(header string) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(min(max(seconds, 0), int(longestAsk.Seconds()))) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(0, at.Sub(s.now())), longestAsk)
	}
	return 0
}
