package console

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Figures of the live channel. Below 100 ms speed has no value to a person;
// one write for each client is what it costs.
const (
	quiet      = 50 * time.Millisecond  // changes this close together are one
	pace       = 100 * time.Millisecond // at most ten updates a second
	heartbeat  = 15 * time.Second       // keeps proxies from closing, finds dead clients
	lookAnyway = 30 * time.Second       // a bell may be lost
	maxStream  = 10 * time.Minute       // then the browser comes back and its session is read again
	writeLimit = 10 * time.Second       // a client that takes longer is gone
)

// hub tells every open page that something has changed, never what: pages
// fetch what their reader may see.
type hub struct {
	mu      sync.Mutex
	clients map[chan struct{}]bool
	max     int
	ended   bool
}

// run passes bells on until ctx ends, then ends every stream.
func (h *hub) run(ctx context.Context, bell <-chan struct{}) {
	anyway := time.NewTicker(lookAnyway)
	defer anyway.Stop()
	for {
		select {
		case <-ctx.Done():
			h.end()
			return
		case <-bell:
			if !sleep(ctx, quiet) {
				continue
			}
			drain(bell)
			h.ring()
			sleep(ctx, pace-quiet)
		case <-anyway.C:
			h.ring()
		}
	}
}

func drain(bell <-chan struct{}) {
	select {
	case <-bell:
	default:
	}
}

// sleep reports false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func (h *hub) ring() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.clients {
		select {
		case c <- struct{}{}:
		default: // one is on its way already
		}
	}
}

func (h *hub) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
	for c := range h.clients {
		close(c)
		delete(h.clients, c)
	}
}

func (h *hub) join() (chan struct{}, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended || len(h.clients) >= h.max {
		return nil, false
	}
	if h.clients == nil {
		h.clients = map[chan struct{}]bool{}
	}
	c := make(chan struct{}, 1)
	h.clients[c] = true
	return c, true
}

func (h *hub) leave(c chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.clients, c)
}

// Every client gets the same bytes, made once.
var (
	sayChange = []byte("event: change\ndata: 1\n\n")
	sayAlive  = []byte(": alive\n\n")
	sayHello  = []byte("retry: 2000\n\n")
)

// ServeHTTP is the stream of one page.
func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	changes, ok := h.join()
	if !ok {
		w.Header().Set("Retry-After", fmt.Sprint(int(lookAnyway.Seconds())))
		http.Error(w, "too many open pages: this one looks for changes now and then", http.StatusServiceUnavailable)
		return
	}
	defer h.leave(changes)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	alive, over := time.NewTicker(heartbeat), time.NewTimer(maxStream)
	defer alive.Stop()
	defer over.Stop()
	ctl := http.NewResponseController(w)
	defer func() { _ = ctl.SetWriteDeadline(time.Time{}) }() // the connection may be used again
	for say := sayHello; ; {
		// Recorders know no deadline: then the server's own holds.
		_ = ctl.SetWriteDeadline(time.Now().Add(writeLimit))
		if _, err := w.Write(say); err != nil {
			return
		}
		if err := ctl.Flush(); err != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-over.C:
			return
		case _, open := <-changes:
			if !open {
				return
			}
			say = sayChange
		case <-alive.C:
			say = sayAlive
		}
	}
}
