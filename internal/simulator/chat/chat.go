// Package chat is a stand-in for the webhooks of chat services, for tests.
package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Channel is a channel of a chat service behind a webhook: an incoming webhook of
// Slack, or a workflow of Teams. It takes what the real ones take and nothing
// else: it refuses a payload that they would refuse or that could say what its
// sender does not mean.
type Channel struct {
	teams  bool
	server *httptest.Server
	secret string

	mu       sync.Mutex
	said     []Message
	refused  []string
	calls    int
	faults   []Fault
	every    time.Duration
	lastCall time.Time
}

// Message is one message of the channel.
type Message struct {
	At    time.Time
	Text  string   // plain, a line for each line
	Links []string // in order
}

// Fault is how the next call fails.
type Fault struct {
	Status     int    // 0: the connection ends without an answer
	RetryAfter string // header
	Body       string
	Keep       bool          // the message is said all the same: only its answer is lost
	Hang       time.Duration // before the answer; the sender may have gone
}

// New opens a channel of Slack or, with teams, of Teams.
func New(teams bool) *Channel {
	c := &Channel{teams: teams, secret: "T0000/B0000/s3cr3t-of-the-channel"}
	c.server = httptest.NewServer(c)
	return c
}

// Close ends the server.
func (c *Channel) Close() {
	c.server.CloseClientConnections()
	c.server.Close()
}

// URL is the channel's secret address.
func (c *Channel) URL() string {
	if c.teams {
		return c.server.URL + "/workflows/abc/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=" + url.QueryEscape(c.secret)
	}
	return c.server.URL + "/services/" + c.secret
}

// Secret is what must stand in no log, error or page.
func (c *Channel) Secret() string { return "s3cr3t-of-the-channel" }

// Fail makes the next calls fail, one after the other.
func (c *Channel) Fail(faults ...Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = append(c.faults, faults...)
}

// Limit allows one call in a time, as Slack does in a second: others get 429.
func (c *Channel) Limit(every time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.every = every
}

// Said are the messages of the channel.
func (c *Channel) Said() []Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.said)
}

// Refused says why payloads were refused.
func (c *Channel) Refused() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.refused)
}

// Calls counts all calls.
func (c *Channel) Calls() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls
}

func (c *Channel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	m, err := c.read(r, body)
	status, answer, fault := c.judge(m, err)
	if fault.Hang > 0 {
		select {
		case <-r.Context().Done():
			return
		case <-time.After(fault.Hang):
		}
	}
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	if fault.RetryAfter != "" {
		w.Header().Set("Retry-After", fault.RetryAfter)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer)
}

// judge decides what becomes of a call.
func (c *Channel) judge(m Message, err error) (status int, answer string, fault Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	if err != nil {
		c.refused = append(c.refused, err.Error())
		return http.StatusBadRequest, "invalid_payload", fault
	}
	now := time.Now()
	if len(c.faults) > 0 {
		fault, c.faults = c.faults[0], c.faults[1:]
		if fault.Keep {
			c.said = append(c.said, m)
		}
		return fault.Status, fault.Body, fault
	}
	if wait := c.every - now.Sub(c.lastCall); wait > 0 {
		return http.StatusTooManyRequests, "rate_limited", Fault{RetryAfter: strconv.Itoa(int(wait/time.Second) + 1)}
	}
	m.At, c.lastCall = now, now
	c.said = append(c.said, m)
	if c.teams {
		return http.StatusAccepted, "", fault
	}
	return http.StatusOK, "ok", fault
}

func (c *Channel) read(r *http.Request, body []byte) (m Message, err error) {
	switch {
	case r.Method != http.MethodPost:
		return m, errors.New("not a POST")
	case r.Header.Get("Content-Type") != "application/json":
		return m, errors.New("not JSON by its header")
	case !strings.HasSuffix(c.URL(), r.URL.RequestURI()):
		return m, errors.New("not the channel's address")
	case c.teams:
		return readTeams(body)
	}
	return readSlack(body)
}

// strict decodes one value with known fields alone.
func strict(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return errors.New("more than one value")
	}
	return nil
}

// Slack's markup: links, and the three characters that must be entities.
var (
	slackLink   = regexp.MustCompile(`<(https?://[^<>|]+)\|([^<>|]+)>`)
	slackEntity = regexp.MustCompile(`&(amp|lt|gt);`)
)

const slackLongest = 40_000 // characters; more is cut

func readSlack(body []byte) (m Message, err error) {
	var v struct {
		Text        string `json:"text"`
		UnfurlLinks *bool  `json:"unfurl_links"`
		UnfurlMedia *bool  `json:"unfurl_media"`
	}
	if err := strict(body, &v); err != nil {
		return m, err
	}
	if v.Text == "" || len([]rune(v.Text)) > slackLongest {
		return m, fmt.Errorf("no_text, or too much of it: %d bytes", len(v.Text))
	}
	for _, l := range slackLink.FindAllStringSubmatch(v.Text, -1) {
		m.Links = append(m.Links, unescape(l[1]))
	}
	plain := slackLink.ReplaceAllString(v.Text, "$2")
	if strings.ContainsAny(plain, "<>") || strings.Contains(slackEntity.ReplaceAllString(plain, ""), "&") {
		return m, fmt.Errorf("a control character that is no link and no entity: %q", plain)
	}
	m.Text = strings.ReplaceAll(unescape(plain), "*", "")
	return m, nil
}

func unescape(s string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

const teamsLongest = 28 << 10 // bytes

// teamsCard is the part of Adaptive Cards that is understood here.
type teamsCard struct {
	Schema  string `json:"$schema"`
	Type    string `json:"type"`
	Version string `json:"version"`
	Body    []struct {
		Type    string `json:"type"`
		Spacing string `json:"spacing"`
		Inlines []struct {
			Type   string `json:"type"`
			Text   string `json:"text"`
			Weight string `json:"weight"`
			Select *struct {
				Type string `json:"type"`
				URL  string `json:"url"`
			} `json:"selectAction"`
		} `json:"inlines"`
	} `json:"body"`
	MSTeams struct {
		Width string `json:"width"`
	} `json:"msteams"`
}

func readTeams(body []byte) (m Message, err error) {
	var v struct {
		Type        string `json:"type"`
		Attachments []struct {
			ContentType string          `json:"contentType"`
			ContentURL  json.RawMessage `json:"contentUrl"`
			Content     teamsCard       `json:"content"`
		} `json:"attachments"`
	}
	if len(body) > teamsLongest {
		return m, fmt.Errorf("request entity too large: %d bytes", len(body))
	}
	if err := strict(body, &v); err != nil {
		return m, err
	}
	if v.Type != "message" || len(v.Attachments) != 1 {
		return m, errors.New("not a message with one attachment")
	}
	a := v.Attachments[0]
	if a.ContentType != "application/vnd.microsoft.card.adaptive" || string(a.ContentURL) != "null" {
		return m, errors.New("the attachment is no Adaptive Card")
	}
	return a.Content.read()
}

func (c teamsCard) read() (m Message, err error) {
	if c.Schema != "http://adaptivecards.io/schemas/adaptive-card.json" || c.Type != "AdaptiveCard" || len(c.Body) == 0 ||
		!slices.Contains([]string{"1.2", "1.3", "1.4", "1.5"}, c.Version) || c.MSTeams.Width != "Full" {
		return m, errors.New("no Adaptive Card that Teams shows")
	}
	var lines []string
	for _, b := range c.Body {
		if b.Type != "RichTextBlock" || len(b.Inlines) == 0 || !slices.Contains([]string{"", "Small", "Large"}, b.Spacing) {
			return m, fmt.Errorf("a block %q with %d inlines", b.Type, len(b.Inlines))
		}
		line := ""
		for _, i := range b.Inlines {
			if i.Type != "TextRun" || i.Text == "" || i.Weight != "" && i.Weight != "Bolder" {
				return m, fmt.Errorf("a run %q without text", i.Type)
			}
			line += i.Text
			if i.Select == nil {
				continue
			}
			if u, err := url.Parse(i.Select.URL); err != nil || i.Select.Type != "Action.OpenUrl" || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
				return m, fmt.Errorf("an action %q", i.Select.Type)
			}
			m.Links = append(m.Links, i.Select.URL)
		}
		if b.Spacing == "Small" {
			line = "• " + line
		}
		lines = append(lines, line)
	}
	m.Text = strings.Join(lines, "\n")
	return m, nil
}
