package alert

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"socialwatch/internal/noanswer"
)

// Sender writes into channels. Make one with NewSender; it is safe for
// concurrent use.
type Sender struct {
	client *http.Client
	now    func() time.Time
}

// NewSender makes a sender whose calls end after a time. It follows no
// redirect: a message and its secret address belong to one host.
func NewSender(timeout time.Duration, now func() time.Time) *Sender {
	return &Sender{now: now, client: &http.Client{Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Failure says why an endpoint did not take a message. Its text holds no
// secret.
type Failure struct {
	Text       string
	RetryAfter time.Duration // that it asks for; 0: none
}

func (f *Failure) Error() string { return f.Text }

// answerLimit bounds what is read of an answer.
const answerLimit = 4 << 10

// Send says a message once. The error is a *Failure unless the message or the
// address cannot be used at all.
func (s *Sender) Send(ctx context.Context, e Endpoint, m Message) error {
	body, err := payload(e.Kind, m)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(body))
	if err != nil {
		return errors.New("its address is none") // the error would quote it
	}
	req.GetBody = nil // net/http must not send it again by itself
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "socialwatch")
	res, err := s.client.Do(req)
	if err != nil {
		return &Failure{Text: noanswer.Say(err)}
	}
	defer res.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(res.Body, answerLimit))
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		return nil
	}
	f := &Failure{Text: fmt.Sprintf("answered %d", res.StatusCode), RetryAfter: s.retryAfter(res.Header.Get("Retry-After"))}
	if code := problem(answer); code != "" {
		f.Text += " " + code
	}
	return f
}

// code is a word by which services name what is wrong: anything else of an
// answer may hold anything.
var code = regexp.MustCompile(`^[A-Za-z][A-Za-z_]{2,60}$`)

// problem is the code in an answer: the whole of Slack's, error.code of a
// workflow's.
func problem(answer []byte) string {
	if text := strings.TrimSpace(string(answer)); code.MatchString(text) {
		return text
	}
	var v struct {
		Error struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	if json.Unmarshal(answer, &v) == nil && code.MatchString(v.Error.Code) {
		return v.Error.Code
	}
	return ""
}

// retryAfter reads the header, as seconds or a date; 0 when it says nothing.
func (s *Sender) retryAfter(header string) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(min(max(seconds, 0), int(longRest.Seconds()))) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(s.now()))
	}
	return 0
}
