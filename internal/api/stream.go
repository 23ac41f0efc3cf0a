package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// Pace is how streams of events keep time; what is zero is as usual.
type Pace struct {
	Look  time.Duration // a look without a bell, which may be lost: 5 s
	Alive time.Duration // between signs of life: 15 s
	Check time.Duration // between looks whether the token still stands: 20 s
	Write time.Duration // a client that takes longer for what it is sent is cut off: 10 s
}

func (p Pace) orUsual() Pace {
	return Pace{cmp.Or(p.Look, 5*time.Second), cmp.Or(p.Alive, 15*time.Second), cmp.Or(p.Check, 20*time.Second), cmp.Or(p.Write, 10*time.Second)}
}

const (
	streamPage   = 200 // events that are held for a client at once
	streamsMax   = 200 // open at once
	streamsToken = 5   // of one token
)

// follower sends one client the events of the log as they are numbered. It
// holds one page of them and reads the next once the client has taken that: who
// is slow is cut off and comes back to where it was.
type follower struct {
	s      *server
	caller caller
	query  url.Values
	filter store.FeedFilter
	wrote  time.Time
}

// stream answers with server-sent events: the feed from where the client says
// that it was.
func (s *server) stream(r *http.Request, c caller) (any, error) {
	q, err := query(r, "after", "kind", "account")
	if err != nil {
		return nil, err
	}
	f := &follower{s: s, caller: c, query: q}
	if f.filter, err = c.feed(q); err != nil {
		return nil, err
	}
	if f.filter.After, err = number(q, "after", 0, maxNumber, 0); err != nil {
		return nil, err
	}
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		n, ok := digits(last)
		if !ok || n > maxNumber {
			return nil, kindInvalid.of("header Last-Event-ID must be the id of an event of this stream")
		}
		f.filter.After = n
	}
	f.filter.Limit = 1 // is there such a place?
	if _, _, err := s.Events.Feed(r.Context(), f.filter); err != nil {
		return nil, err
	}
	f.filter.Limit = streamPage
	return f, nil
}

// follow runs until the client leaves, is too slow, or may read no more.
func (f *follower) follow(w http.ResponseWriter, r *http.Request) {
	s := f.s
	if r.Method == http.MethodHead {
		f.begin(w)
		return
	}
	if !s.streams.Take(f.caller.token) {
		w.Header().Set("Retry-After", "30")
		s.fail(w, r, kindRate.of("this token has %d streams open, or all together %d: close one", streamsToken, streamsMax))
		return
	}
	defer s.streams.Leave(f.caller.token)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	bell, err := s.FeedBell(ctx)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	f.begin(w)
	to := http.NewResponseController(w)
	defer func() { _ = to.SetWriteDeadline(time.Time{}) }() // the connection may be used again
	f.tell(r, bell, func(what []byte) error {
		_ = to.SetWriteDeadline(time.Now().Add(s.Pace.Write)) // a writer without deadlines is a test's
		if _, err := w.Write(what); err != nil {
			return err
		}
		f.wrote = time.Now()
		return to.Flush()
	})
}

func (f *follower) begin(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
}

// tell sends what there is, and then what comes.
func (f *follower) tell(r *http.Request, bell <-chan struct{}, say func([]byte) error) {
	pace := f.s.Pace
	look, check := time.NewTicker(pace.Look), time.NewTicker(pace.Check)
	defer look.Stop()
	defer check.Stop()
	err := say([]byte("retry: 2000\n\n"))
	for more := false; err == nil; {
		if more, err = f.page(r.Context(), say); err != nil {
			return
		}
		var next <-chan struct{}
		if more { // who reads a long log is looked at as often
			next = always
		}
		select {
		case <-next:
		case <-r.Context().Done():
			return
		case <-bell:
		case <-look.C:
			if time.Since(f.wrote) >= pace.Alive {
				// The id lets who reads a few kinds only come back to here.
				err = say(fmt.Appendf(nil, ": alive\nid: %d\n\n", f.filter.After))
			}
		case <-check.C:
			if problem := f.mayStill(r); problem != nil {
				_ = say(ending(problem))
				return
			}
		}
	}
}

// ending is the event that says why a stream ends.
func ending(p *Problem) []byte {
	b, _ := json.Marshal(p) // plain values
	return fmt.Appendf(nil, "event: end\ndata: %s\n\n", b)
}

// always has something to receive.
var always = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// page sends the next events, and reports whether there may be more. A database
// that is away ends no stream: the next look may reach it.
func (f *follower) page(ctx context.Context, say func([]byte) error) (more bool, err error) {
	events, next, err := f.s.Events.Feed(ctx, f.filter)
	if errors.Is(err, store.ErrAhead) { // restored beneath us
		return false, errors.Join(err, say(ending(kindAhead.of("%s", kindAhead.advice))))
	}
	if err != nil || next == f.filter.After {
		return false, ctx.Err()
	}
	var out []byte
	for _, e := range events {
		b, err := json.Marshal(viewEvent(e))
		if err != nil { // unreachable: plain values
			return false, err
		}
		out = fmt.Appendf(out, "id: %d\ndata: %s\n\n", e.Seq, b)
	}
	if len(out) > 0 {
		if err := say(out); err != nil {
			return false, err
		}
	}
	f.filter.After = next
	return true, nil
}

// mayStill says why the caller may no longer read what it reads; nil while it
// may, and while the database is away.
func (f *follower) mayStill(r *http.Request) *Problem {
	hash, _, err := auth.BearerToken(r)
	if err != nil {
		return kindToken.of("%s", err)
	}
	token, err := f.s.Tokens.TokenPerson(r.Context(), hash, socialwatch.Micros(f.s.Now()))
	if isNotFound(err) {
		return kindToken.of("this token has ended: make another with `socialwatch token add`")
	}
	if err != nil {
		return nil
	}
	now := caller{token.ID, token.Name, token.Person, token.Scopes}
	var p *Problem
	if _, err := now.feed(f.query); errors.As(err, &p) {
		return p
	}
	return nil
}
