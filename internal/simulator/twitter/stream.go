package twitter

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"
)

const (
	maxStreams     = 2      // connections of one app
	maxFrames      = 10_000 // that wait for a slow client, who is cut then
	streamPatience = 10 * time.Second
)

// activity is the state of the activity API.
type activity struct {
	subscriptions []*subscription
	streams       map[*stream]struct{}
	disturb       Disturbance
}

// Disturbance makes streams deliver as X warns that they may.
type Disturbance struct {
	Duplicates bool `json:"duplicates"` // every event comes twice, with the same event_uuid
	Unordered  bool `json:"unordered"`  // every other event comes after the next one, or with the next heartbeat
}

// stream is one connection of a client.
type stream struct {
	wake  chan struct{}
	quit  chan struct{} // closed under Server.mu
	ended bool          // guarded by Server.mu, like what follows
	queue [][]byte
	late  []byte // held back to come out of order
}

// push queues a frame, disturbed as asked for. The caller holds mu.
func (s *Server) push(st *stream, frame []byte) {
	if s.silentStreams() {
		return
	}
	switch d := s.activity.disturb; {
	case d.Unordered && st.late == nil:
		st.late = frame
		return
	case d.Duplicates:
		st.queue = append(st.queue, frame, frame)
	default:
		st.queue = append(st.queue, frame)
	}
	st.flushLate(s.activity.disturb.Duplicates)
	if len(st.queue) > maxFrames {
		st.cut()
	}
	st.ring()
}

// flushLate puts the frame that was held back into the queue.
func (st *stream) flushLate(twice bool) {
	if st.late == nil {
		return
	}
	st.queue = append(st.queue, st.late)
	if twice {
		st.queue = append(st.queue, st.late)
	}
	st.late = nil
}

func (st *stream) ring() {
	select {
	case st.wake <- struct{}{}:
	default:
	}
}

// cut ends a stream after what is queued. The caller holds Server.mu.
func (st *stream) cut() {
	if !st.ended {
		st.ended = true
		close(st.quit)
	}
}

// silentStreams reports whether streams are to say nothing. The caller holds
// mu.
func (s *Server) silentStreams() bool {
	return slices.ContainsFunc(s.faults, func(f *Fault) bool { return f.Kind == FaultSilentStream })
}

// openStream admits a connection, within the limits. The caller holds mu.
func (s *Server) openStream(c *call) (*stream, error) {
	if err := readQuery(c.r).err(); err != nil { // backfill and recovery are for other products
		return nil, err
	}
	if !s.bill.afford(0) {
		return nil, creditsDepleted()
	}
	if len(s.activity.streams) >= maxStreams {
		p := newProblem(http.StatusTooManyRequests, "ConnectionException", problemBase+"streaming-connection",
			"This stream is currently at the maximum allowed connection limit.")
		p.body["connection_issue"] = "TooManyConnections"
		return nil, p
	}
	st := &stream{wake: make(chan struct{}, 1), quit: make(chan struct{})}
	s.activity.streams[st] = struct{}{}
	s.notify()
	return st, nil
}

func (s *Server) closeStream(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.activity.streams, st)
	s.notify()
}

// serveStream is GET /2/activity/stream.
func (s *Server) serveStream(w http.ResponseWriter, r *http.Request) {
	op := &route{pattern: r.Pattern, auth: authApp, app: 450}
	var st *stream
	op.do = func(c *call) (_ any, err error) { st, err = s.openStream(c); return nil, err }
	c, err := readCall(r)
	if err == nil {
		_, err = s.perform(w, c, op)
	}
	if err != nil {
		s.tell(w, r, 0, nil, err)
		return
	}
	defer s.closeStream(st)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(http.StatusOK)
	if s.writeStream(w, r, st) {
		panic(http.ErrAbortHandler) // the client sees the connection break
	}
}

// writeStream sends frames and heartbeats until the client goes (false) or the
// stream is cut (true).
func (s *Server) writeStream(w http.ResponseWriter, r *http.Request, st *stream) bool {
	var beats <-chan time.Time
	if s.opt.Heartbeat > 0 {
		t := time.NewTicker(s.opt.Heartbeat)
		defer t.Stop()
		beats = t.C
	}
	out := http.NewResponseController(w)
	frames := [][]byte{nil} // a heartbeat at once
	for {
		_ = out.SetWriteDeadline(time.Now().Add(streamPatience))
		for _, f := range frames {
			if _, err := w.Write(append(slices.Clip(f), '\r', '\n')); err != nil {
				return false
			}
		}
		if out.Flush() != nil {
			return false
		}
		select {
		case <-r.Context().Done():
			return false
		case <-st.quit:
			s.flushRest(w, st)
			_ = out.Flush()
			return true
		case <-beats:
			frames = s.takeFrames(st, true)
		case <-st.wake:
			frames = s.takeFrames(st, false)
		}
	}
}

// takeFrames empties the queue; a heartbeat is an empty frame behind it.
func (s *Server) takeFrames(st *stream, beat bool) [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.silentStreams() {
		st.queue = nil
		return nil
	}
	if beat {
		st.flushLate(s.activity.disturb.Duplicates)
		st.queue = append(st.queue, nil)
	}
	frames := st.queue
	st.queue = nil
	return frames
}

// flushRest sends what was queued before the cut, such as the reason for it.
func (s *Server) flushRest(w http.ResponseWriter, st *stream) {
	for _, f := range s.takeFrames(st, false) {
		_, _ = w.Write(append(slices.Clip(f), '\r', '\n'))
	}
}

// CutStreams breaks all open streams without a word; new ones are accepted.
func (s *Server) CutStreams() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cutStreams()
}

// cutStreams ends all streams and makes room for new ones. The caller holds mu.
func (s *Server) cutStreams() int {
	open := slices.Collect(maps.Keys(s.activity.streams))
	for _, st := range open {
		st.cut()
	}
	clear(s.activity.streams)
	s.notify()
	return len(open)
}

// breakStreams tells all streams why, and ends them. The caller holds mu.
func (s *Server) breakStreams(kind, detail string) {
	s.streamError(kind, detail)
	s.cutStreams()
}

func (s *Server) streamError(kind, detail string) {
	frame, err := json.Marshal(object{"errors": []object{{
		"title": kind, "disconnect_type": kind, "detail": detail, "type": problemBase + kind,
	}}})
	if err != nil {
		return
	}
	for st := range s.activity.streams {
		st.queue = append(st.queue, frame)
		st.ring()
	}
}

// StreamError sends an errors object into all streams, as X does before and
// during operational trouble; with cut they end after it.
func (s *Server) StreamError(cut bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.streamError("operational-disconnect", "This stream has been disconnected for operational reasons.")
	if cut {
		s.cutStreams()
	}
}

// Disturb makes streams repeat or reorder events from now on.
func (s *Server) Disturb(d Disturbance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.activity.disturb = d
	for st := range s.activity.streams {
		st.flushLate(false)
		st.ring()
	}
}

// Streams is the number of open streams.
func (s *Server) Streams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.activity.streams)
}

// endConnections is DELETE /2/connections/all.
func (s *Server) endConnections(c *call) (any, error) {
	if err := readQuery(c.r).err(); err != nil {
		return nil, err
	}
	return object{"data": object{"successful_kills": s.cutStreams(), "failed_kills": 0, "results": []object{}}}, nil
}
