package simulator

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Start listens on 127.0.0.1 and serves. The first Start picks a free port,
// later ones use the same port again; state is kept in between. It does
// nothing when the server is already running.
func (m *Mastodon) Start() error {
	m.listenMu.Lock()
	defer m.listenMu.Unlock()
	if m.isClosed() {
		return fmt.Errorf("start simulator: it is closed")
	}
	if m.server != nil {
		return nil
	}
	l, err := ListenAt(m.addr)
	if err != nil {
		return fmt.Errorf("start simulator: %w", err)
	}
	m.addr = l.Addr().String()
	m.server = &http.Server{
		Handler: m, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
	}
	m.served = make(chan struct{})
	go func(s *http.Server, done chan struct{}) {
		defer close(done)
		_ = s.Serve(l) // ends by Stop
	}(m.server, m.served)
	return nil
}

// firstPort is anywhere, so that processes keep apart; tried counts on from it.
var (
	firstPort = rand.Uint32N(20_000)
	tried     atomic.Uint32
)

// Listen listens on 127.0.0.1 at a port below those that systems give out by
// themselves: nobody else gets it by chance once the listener is closed, until
// somebody listens there again.
func Listen() (l net.Listener, err error) {
	for range 1000 {
		if l, err = net.Listen("tcp4", fmt.Sprint("127.0.0.1:", 10_000+(firstPort+tried.Add(1))%20_000)); err == nil {
			return l, nil
		}
	}
	return nil, err
}

// ListenAt listens at an address, or at a new one when it is empty.
func ListenAt(addr string) (net.Listener, error) {
	if addr == "" {
		return Listen()
	}
	return net.Listen("tcp4", addr)
}

func (m *Mastodon) isClosed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.closed
}

// Stop refuses connections and cuts all that are open, streams too, as a
// server that is shut down hard; requests in work may still be taken. Start
// brings it back with its state.
func (m *Mastodon) Stop() {
	m.listenMu.Lock()
	defer m.listenMu.Unlock()
	if m.server == nil {
		return
	}
	_ = m.server.Close()
	<-m.served
	m.server = nil
	m.CutStreams()
}

// Outage stops the server for a while. It returns early, with the server
// still stopped, only when the context ends.
func (m *Mastodon) Outage(ctx context.Context, d time.Duration) error {
	m.Stop()
	if !pause(ctx, d) {
		return fmt.Errorf("outage: %w", ctx.Err())
	}
	return m.Start()
}

// Close stops the server for good and waits for all it has started.
func (m *Mastodon) Close() {
	m.mu.Lock()
	m.closed = true
	m.end()
	for t := range m.timers {
		if t.Stop() {
			m.running.Done()
		}
		delete(m.timers, t)
	}
	m.mu.Unlock()
	m.Stop()
	m.CutStreams()
	m.running.Wait()
}

// URL is the base URL, such as http://127.0.0.1:40321; empty before the first
// Start. It stays the same over Stop and Start.
func (m *Mastodon) URL() string {
	m.listenMu.Lock()
	defer m.listenMu.Unlock()
	if m.addr == "" {
		return ""
	}
	return "http://" + m.addr
}
