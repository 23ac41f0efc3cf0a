package twitter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"time"

	"socialwatch/internal/simulator"
)

var errClosed = errors.New("the stand-in is closed")

// Start listens on 127.0.0.1 and serves. The first Start picks a free port,
// later ones use the same port again; state is kept in between. It does
// nothing when the server is already running.
func (s *Server) Start() error {
	s.listenMu.Lock()
	defer s.listenMu.Unlock()
	if s.isClosed() {
		return fmt.Errorf("start X: %w", errClosed)
	}
	if s.server != nil {
		return nil
	}
	l, err := simulator.ListenAt(s.addr)
	if err != nil {
		return fmt.Errorf("start X: %w", err)
	}
	s.addr = l.Addr().String()
	s.server = &http.Server{
		Handler: s, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
	}
	s.served = make(chan struct{})
	go func(h *http.Server, done chan struct{}) {
		defer close(done)
		_ = h.Serve(l) // ends by Stop
	}(s.server, s.served)
	return nil
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// Stop refuses connections and cuts all that are open, streams too, as a
// server that is shut down hard; requests in work may still be taken. Start
// brings it back with its state and port.
func (s *Server) Stop() {
	s.listenMu.Lock()
	defer s.listenMu.Unlock()
	if s.server == nil {
		return
	}
	_ = s.server.Close()
	<-s.served
	s.server = nil
	s.CutStreams()
}

// Outage stops the server for a while. It returns early, with the server
// still stopped, only when the context ends.
func (s *Server) Outage(ctx context.Context, d time.Duration) error {
	s.Stop()
	if !pause(ctx, d) {
		return fmt.Errorf("outage: %w", ctx.Err())
	}
	return s.Start()
}

// Close stops the server for good and waits for all it has started.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.end()
	s.mu.Unlock()
	s.Stop()
	s.CutStreams()
	s.running.Wait()
}

// URL is the base URL, such as http://127.0.0.1:40321; empty before the first
// Start. It stays the same over Stop and Start.
func (s *Server) URL() string {
	s.listenMu.Lock()
	defer s.listenMu.Unlock()
	if s.addr == "" {
		return ""
	}
	return "http://" + s.addr
}

// pause waits, or reports false when the context ends first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
