package mastodon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"socialwatch"
	"socialwatch/connectors"
)

// waker is the stream as a doorbell (R3): a websocket, because GoToSocial has
// no server-sent events.
type waker struct{ *client }

const (
	handshakeTimeout = 10 * time.Second
	frameLimit       = 1 << 20 // a status with all its attachments stays far below
	firstMinute      = time.Minute
	longestHold      = 5 * time.Minute  // of what a server's Retry-After may ask
	steady           = 10 * time.Second // a connection that lived so long was a good one
)

// Wake rings on every connect, because nothing is replayed after a break, and
// on every mention. It returns nil when ctx ends.
func (w waker) Wake(ctx context.Context, ring func(connectors.Ring), up func(bool)) error {
	var (
		tries int
		down  time.Time // since when there has been no steady connection
	)
	for {
		lived, err := w.listen(ctx, ring, up)
		if ctx.Err() != nil {
			return nil
		}
		if socialwatch.ReasonOf(err) == socialwatch.Unauthorized {
			return err
		}
		if tries == 0 || lived >= steady {
			tries, down = 0, time.Now()
		}
		tries++
		delay := w.delay(tries, time.Since(down), err)
		w.log.Info("stream broken", "again_in", delay.Round(time.Millisecond), "error", err)
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
	}
}

// delay is how long to wait before the next dial: doubling from a quarter of
// a second, at most Reconnect in the first minute and ReconnectMax after it,
// of which a random half is waited, and never less than the server asks.
func (w waker) delay(tries int, down time.Duration, err error) time.Duration {
	most := w.opt.Reconnect
	if down >= firstMinute {
		most = w.opt.ReconnectMax
	}
	d := min(250*time.Millisecond<<min(tries-1, 10), most)
	d = d/2 + rand.N(d/2+1)
	var ne *socialwatch.NetworkError
	if errors.As(err, &ne) && ne.RetryAfter > d {
		d = min(ne.RetryAfter, longestHold) + rand.N(time.Second)
	}
	return d
}

// listen holds one connection until it breaks and tells how long it lived.
func (w waker) listen(ctx context.Context, ring func(connectors.Ring), up func(bool)) (time.Duration, error) {
	f, err := w.learn(ctx)
	if err != nil {
		return 0, err
	}
	conn, err := w.dial(ctx, f)
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	closing := sync.OnceFunc(func() { _ = conn.Close() }) // it is over either way
	defer closing()
	var watching sync.WaitGroup
	watching.Add(1)
	stop := context.AfterFunc(ctx, func() { defer watching.Done(); closing() })
	defer func() {
		if stop() {
			watching.Done()
		}
		watching.Wait()
	}()
	up(true)
	defer up(false)
	ring(connectors.Ring{})
	err = w.read(conn, ring)
	return time.Since(begun), err
}

// read rings for every frame that matters. The pings of the server renew the
// deadline, so that silence ends a dead connection; that is also how a
// GoToSocial refusal shows.
func (w waker) read(conn *websocket.Conn, ring func(connectors.Ring)) error {
	conn.SetReadLimit(frameLimit)
	renew := func() error { return conn.SetReadDeadline(time.Now().Add(w.opt.PingDeadline)) }
	pong := conn.PingHandler()
	conn.SetPingHandler(func(data string) error {
		if err := renew(); err != nil {
			return err
		}
		return pong(data)
	})
	if err := renew(); err != nil {
		return readError(err)
	}
	for {
		kind, data, err := conn.ReadMessage()
		if err != nil {
			return readError(err)
		}
		if err := renew(); err != nil {
			return readError(err)
		}
		if kind != websocket.TextMessage {
			continue
		}
		if err := w.frame(data, ring); err != nil {
			return err
		}
	}
}

// frame acts on one frame. What can't be decoded is skipped; an error frame
// without an event is how Mastodon refuses a stream.
func (w waker) frame(data []byte, ring func(connectors.Ring)) error {
	var f struct {
		Event   string          `json:"event"`
		Payload json.RawMessage `json:"payload"`
		Error   json.RawMessage `json:"error"`
		Status  int             `json:"status"`
	}
	if json.Unmarshal(data, &f) != nil {
		return nil
	}
	var payload string
	_ = json.Unmarshal(f.Payload, &payload) // not a string: empty, as if there were none
	switch f.Event {
	case "notification":
		if matters(payload) {
			ring(connectors.Ring{})
		}
	case "notifications_merged": // requests were accepted: below the anchor (R4)
		w.deepNow.Store(true)
		ring(connectors.Ring{})
	case "delete":
		if validID(payload) {
			ring(connectors.Ring{Deleted: payload})
		}
	case "":
		if len(f.Error) == 0 {
			return nil
		}
		ne := &socialwatch.NetworkError{Reason: socialwatch.Temporary, Err: errors.New("the server refuses the stream")}
		if f.Status == http.StatusUnauthorized || f.Status == http.StatusForbidden {
			ne.Reason = socialwatch.Unauthorized
		}
		return ne
	}
	return nil
}

// matters reports whether a notification is worth a fetch. Others' likes and
// follows are not; what can't be read might be.
func matters(payload string) bool {
	var n struct {
		Type string `json:"type"`
	}
	return json.Unmarshal([]byte(payload), &n) != nil || n.Type == "" || n.Type == "mention" || n.Type == "quote"
}

func (w waker) dial(ctx context.Context, f facts) (*websocket.Conn, error) {
	address, err := w.streamURL(f.streaming)
	if err != nil {
		return nil, err
	}
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: handshakeTimeout}
	conn, resp, err := dialer.DialContext(ctx, address, http.Header{
		"Authorization": {"Bearer " + w.opt.Token}, // never in the address (R17)
		"User-Agent":    {w.opt.UserAgent},
	})
	if err == nil {
		return conn, nil
	}
	if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
		return nil, readError(fmt.Errorf("open the stream: %w", newStatusError(resp, w.opt.Now())))
	}
	return nil, readError(fmt.Errorf("open the stream: %w", connectors.Bare(err)))
}

// streamURL is where the stream is. It may be another host than the API's.
// A server that is reached by http on its own host streams there by ws,
// whatever it advertises. The token never travels in clear to another place.
func (w waker) streamURL(advertised string) (string, error) {
	u, err := url.Parse(advertised)
	if err != nil || u.Host == "" {
		u = &url.URL{Scheme: "wss", Host: w.base.Host}
	}
	switch u.Scheme {
	case "https":
		u.Scheme = "wss"
	case "http":
		u.Scheme = "ws"
	}
	if w.base.Scheme == "http" && strings.EqualFold(u.Host, w.base.Host) {
		u.Scheme = "ws"
	}
	if u.Scheme != "wss" && (u.Scheme != "ws" || !connectors.Loopback(u.Hostname()) && !w.opt.AllowHTTP) {
		return "", refused("the server advertises a stream without encryption, over which the token would travel in clear")
	}
	u.Path = strings.TrimSuffix(u.Path, "/") + "/api/v1/streaming"
	u.RawQuery = "stream=user"
	u.Fragment, u.User = "", nil
	return u.String(), nil
}
