package main

import (
	"net/http"
	"time"
)

// stuck is after how long a client that takes nothing of its answer is cut off.
const stuck = 30 * time.Second

// cutSlowReaders gives each part of an answer its time, so that an answer may be of
// any length but who reads nothing holds no connection. A handler that sets
// deadlines of its own, as a stream does, is left alone.
func cutSlowReaders(next http.Handler, each time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := &timedWriter{ResponseWriter: w, to: http.NewResponseController(w), each: each}
		defer p.part() // what is buffered is sent after the handler has ended
		next.ServeHTTP(p, r)
	})
}

type timedWriter struct {
	http.ResponseWriter
	to   *http.ResponseController
	each time.Duration
	own  bool // the handler's deadline stands
}

func (p *timedWriter) part() {
	if !p.own {
		_ = p.to.SetWriteDeadline(time.Now().Add(p.each)) // a writer without deadlines is a test's
	}
}

// Write implements http.ResponseWriter.
func (p *timedWriter) Write(b []byte) (int, error) {
	p.part()
	return p.ResponseWriter.Write(b)
}

// SetWriteDeadline is called by http.ResponseController's; zero gives the
// deadlines back to us.
func (p *timedWriter) SetWriteDeadline(at time.Time) error {
	p.own = !at.IsZero()
	return p.to.SetWriteDeadline(at)
}

// Unwrap is for http.ResponseController.
func (p *timedWriter) Unwrap() http.ResponseWriter { return p.ResponseWriter }
