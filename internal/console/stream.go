package console

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
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

// stream tells each open page that something has changed, never what: pages
// fetch what their reader may see. It ends with the request's context.
type stream struct {
	bell func(ctx context.Context) (<-chan struct{}, error) // nil: none rings
	max  int64                                              // open pages at once
	open atomic.Int64
}

// Every client gets the same bytes, made once.
var (
	sayChange = []byte("event: change\ndata: 1\n\n")
	sayAlive  = []byte(": alive\n\n")
	sayHello  = []byte("retry: 2000\n\n")
)

func (s *stream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer s.open.Add(-1)
	if s.open.Add(1) > s.max {
		w.Header().Set("Retry-After", fmt.Sprint(int(lookAnyway.Seconds())))
		http.Error(w, "too many open pages: this one looks for changes now and then", http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxStream)
	defer cancel()
	var bell <-chan struct{}
	if s.bell != nil {
		// Without a bell pages look now and then.
		bell, _ = s.bell(ctx)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	to := http.NewResponseController(w)
	defer func() { _ = to.SetWriteDeadline(time.Time{}) }() // the connection may be used again
	follow(ctx, bell, func(what []byte) error {
		// Recorders know no deadline: then the server's own holds.
		_ = to.SetWriteDeadline(time.Now().Add(writeLimit))
		if _, err := w.Write(what); err != nil {
			return err
		}
		return to.Flush()
	})
}

// follow says what is to be said until ctx ends or say fails.
func follow(ctx context.Context, bell <-chan struct{}, say func([]byte) error) {
	alive, anyway := time.NewTicker(heartbeat), time.NewTicker(lookAnyway)
	defer alive.Stop()
	defer anyway.Stop()
	for what := sayHello; say(what) == nil; {
		if bytes.Equal(what, sayChange) && !pass(ctx, pace-quiet) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-bell:
			if !pass(ctx, quiet) {
				return
			}
			select { // what rang meanwhile is told with it
			case <-bell:
			default:
			}
			what = sayChange
		case <-anyway.C:
			what = sayChange
		case <-alive.C:
			what = sayAlive
		}
	}
}

// pass lets time pass and reports false when ctx ended first.
func pass(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
