package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// Figures of one open page.
const (
	heartbeat  = 15 * time.Second // keeps proxies from closing, finds dead clients
	checkAgain = 5 * time.Second  // whether the session is still open, and its rights the same
	onceLimit  = 10 * time.Second // a first look that takes longer has failed
	maxStream  = 10 * time.Minute // then the browser comes back
	writeLimit = 10 * time.Second // a client that takes longer is gone
)

// stream tells each open page what has changed of what it shows (see hub), for
// as long as its session is open. It ends with the request's context.
type stream struct {
	hub    *hub
	person func(r *http.Request) (socialwatch.Person, error) // whose session it is
	open   auth.Seats[string]                                // by login
	asking auth.Seats[string]                                // of those that ask once
}

// pagesOwn bounds the live pages of one person.
const pagesOwn = 20

var (
	sayAlive = []byte(": alive\n\n")
	sayHello = []byte("retry: 2000\n\n")
	sayOver  = []byte("event: over\ndata: 1\n\n") // the session is
)

// ServeHTTP answers with a stream of events, or with once=yes with what the
// first of them would tell: pages without a stream look so now and then.
func (s *stream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p, _ := auth.PersonFrom(r.Context())
	watch := newWatcher(p, r.URL.Query())
	seats, once := &s.open, r.URL.Query().Get("once") != ""
	if once {
		seats = &s.asking
	}
	if !seats.Take(p.Login) {
		w.Header().Set("Retry-After", "30")
		http.Error(w, "too many open pages: this one looks for changes now and then", http.StatusServiceUnavailable)
		return
	}
	defer seats.Leave(p.Login)
	if watch.filter.After != "" {
		if _, err := s.hub.live.Glance(r.Context(), watch.filter); errors.Is(err, store.ErrCursor) {
			http.Error(w, "no such page of a list", http.StatusBadRequest)
			return
		}
	}
	if once {
		s.once(w, r, watch)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), maxStream)
	defer cancel()
	s.hub.join(watch)
	defer s.hub.leave(watch)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	to := http.NewResponseController(w)
	defer func() { _ = to.SetWriteDeadline(time.Time{}) }() // the connection may be used again
	same := func() (bool, error) {
		now, err := s.person(r)
		return reflect.DeepEqual(now, p), err
	}
	s.tell(ctx, watch, same, func(what []byte) error {
		// Recorders know no deadline: then the server's own holds.
		_ = to.SetWriteDeadline(time.Now().Add(writeLimit))
		if _, err := w.Write(what); err != nil {
			return err
		}
		return to.Flush()
	})
}

// tell says what is to be said until ctx ends, say fails, or the page's person
// is not the same any more: then the browser comes back with the new rights, or
// hears that the session is over.
func (s *stream) tell(ctx context.Context, watch *watcher, same func() (bool, error), say func([]byte) error) {
	alive, check := time.NewTicker(heartbeat), time.NewTicker(checkAgain)
	defer alive.Stop()
	defer check.Stop()
	for what := sayHello; say(what) == nil; {
		select {
		case <-ctx.Done():
			return
		case <-watch.wake:
			what = fmt.Appendf(nil, "event: look\ndata: %s\n\n", s.hub.take(watch))
		case <-alive.C:
			what = sayAlive
		case <-check.C:
			ok, err := same()
			if errors.Is(err, socialwatch.ErrNotFound) {
				_ = say(sayOver)
				return
			}
			if err == nil && !ok {
				return
			}
			what = nil // a database that is away ends no session
		}
	}
}

func (s *stream) once(w http.ResponseWriter, r *http.Request, watch *watcher) {
	ctx, cancel := context.WithTimeout(r.Context(), onceLimit)
	defer cancel()
	s.hub.join(watch)
	defer s.hub.leave(watch)
	select {
	case <-ctx.Done():
		http.Error(w, "the database takes too long: this page asks again", http.StatusServiceUnavailable)
	case <-watch.wake:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(s.hub.take(watch)) // a browser that has gone away is no failure
	}
}

// unasked marks what open pages ask for by themselves, day and night: the
// stream, and what scripts fetch because it told them so.
func unasked(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/events" || r.Header.Get("Unasked") != "" {
			r = auth.Unasked(r)
		}
		next.ServeHTTP(w, r)
	})
}
