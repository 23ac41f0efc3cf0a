package simulator

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// stream is one websocket of a client.
type stream struct {
	token *token
	conn  *websocket.Conn
	quit  chan struct{}
	wake  chan struct{}
	once  sync.Once

	names []string // streams subscribed to; guarded by Mastodon.mu, like queue
	queue [][]byte
}

// cut ends the stream; the client sees the connection break.
func (s *stream) cut() {
	s.once.Do(func() {
		close(s.quit)
		_ = s.conn.Close()
	})
}

// push queues a frame. The caller holds Mastodon.mu.
func (s *stream) push(frame []byte) {
	s.queue = append(s.queue, frame)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

const (
	streamWriteWait = 10 * time.Second
	streamReadLimit = 4096 // bytes of a client's message
)

func (m *Mastodon) serveStream(w http.ResponseWriter, r *http.Request) {
	if p := r.Header.Get("Sec-WebSocket-Protocol"); p != "" && r.Header.Get("Authorization") == "" {
		r.Header.Set("Authorization", "Bearer "+p)
	}
	m.mu.Lock()
	t, err := m.authenticate(r, "")
	cuts := m.cuts
	m.mu.Unlock()
	if t == nil || err != nil {
		m.tell(w, nil, &apiError{http.StatusUnauthorized, "Error: Invalid access token"})
		return
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	s := &stream{token: t, conn: conn, quit: make(chan struct{}), wake: make(chan struct{}, 1)}
	defer s.cut()
	m.mu.Lock()
	if m.closed || m.cuts != cuts || m.tokens[t.text] != t { // cut while shaking hands
		m.mu.Unlock()
		return
	}
	m.streams[s] = struct{}{}
	if name := r.URL.Query().Get("stream"); name != "" {
		m.subscribe(s, name)
	}
	m.notify()
	m.mu.Unlock()
	defer m.forget(s)

	var reading sync.WaitGroup
	defer reading.Wait()
	defer s.cut()
	reading.Go(func() { m.readStream(s) })
	m.writeStream(s)
}

// subscribe adds a stream by name. One that is refused gets an error frame on
// Mastodon and silence on GoToSocial. The caller holds mu.
func (m *Mastodon) subscribe(s *stream, name string) {
	known := name == "user" || name == "user:notification" && !m.gts()
	allowed := s.token.allows("read:notifications") && (name != "user" || s.token.allows("read:statuses"))
	if known && allowed {
		if !slices.Contains(s.names, name) {
			s.names = append(s.names, name)
		}
		return
	}
	if m.gts() {
		return
	}
	refusal := object{"error": "Unknown stream type", "status": http.StatusBadRequest}
	if known {
		refusal = object{"error": "Access token does not have the required scopes", "status": http.StatusUnauthorized}
	}
	frame, err := json.Marshal(refusal)
	if err == nil {
		s.push(frame)
	}
}

func (m *Mastodon) forget(s *stream) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.streams, s)
	m.notify()
}

// readStream takes pongs and subscriptions until the connection ends. A client
// that misses two pings in a row is dropped.
func (m *Mastodon) readStream(s *stream) {
	defer s.cut()
	s.conn.SetReadLimit(streamReadLimit)
	renew := func() {
		if m.opt.PingInterval > 0 {
			_ = s.conn.SetReadDeadline(time.Now().Add(2*m.opt.PingInterval + streamWriteWait))
		}
	}
	renew()
	s.conn.SetPongHandler(func(string) error { renew(); return nil })
	for {
		_, data, err := s.conn.ReadMessage()
		if err != nil {
			return
		}
		renew()
		var ask struct{ Type, Stream string }
		if json.Unmarshal(data, &ask) != nil {
			continue
		}
		m.mu.Lock()
		switch ask.Type {
		case "subscribe":
			m.subscribe(s, ask.Stream)
		case "unsubscribe":
			s.names = slices.DeleteFunc(s.names, func(n string) bool { return n == ask.Stream })
		}
		m.mu.Unlock()
	}
}

// writeStream sends frames and pings until the stream is cut.
func (m *Mastodon) writeStream(s *stream) {
	var pings <-chan time.Time
	if m.opt.PingInterval > 0 {
		t := time.NewTicker(m.opt.PingInterval)
		defer t.Stop()
		pings = t.C
	}
	for {
		kind, frames := websocket.TextMessage, [][]byte(nil)
		select {
		case <-s.quit:
			return
		case <-pings:
			kind, frames = websocket.PingMessage, [][]byte{nil}
		case <-s.wake:
			m.mu.Lock()
			frames, s.queue = s.queue, nil
			m.mu.Unlock()
		}
		if m.silent() {
			continue
		}
		for _, f := range frames {
			_ = s.conn.SetWriteDeadline(time.Now().Add(streamWriteWait))
			if s.conn.WriteMessage(kind, f) != nil {
				return
			}
		}
	}
}

// emit sends an event with a JSON payload to the owner's streams and reports
// whether any took it. The caller holds mu.
func (m *Mastodon) emit(owner *account, event string, payload func() any) bool {
	if !m.listening(owner) {
		return false
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(payload()) != nil {
		return false
	}
	return m.emitRaw(owner, event, strings.TrimSpace(b.String()))
}

func (m *Mastodon) listening(owner *account) bool {
	for s := range m.streams {
		if s.token.owner == owner {
			return true
		}
	}
	return false
}

// emitRaw sends an event with a plain payload. The caller holds mu.
func (m *Mastodon) emitRaw(owner *account, event, payload string) bool {
	taken := false
	for s := range m.streams {
		if s.token.owner != owner {
			continue
		}
		for _, name := range s.names {
			if name == "user:notification" && event != "notification" {
				continue
			}
			frame, err := json.Marshal(object{"stream": []string{name}, "event": event, "payload": payload})
			if err == nil {
				s.push(frame)
				taken = true
			}
		}
	}
	return taken
}

// CutStreams breaks all open streams, as a restart of the streaming server
// does; new ones are accepted.
func (m *Mastodon) CutStreams() {
	m.mu.Lock()
	open := slices.Collect(maps.Keys(m.streams))
	clear(m.streams)
	m.cuts++
	m.notify()
	m.mu.Unlock()
	for _, s := range open {
		s.cut()
	}
}

// Streams is the number of open streams of an account.
func (m *Mastodon) Streams(acct string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for s := range m.streams {
		if s.token.owner == m.find(acct) {
			n++
		}
	}
	return n
}
