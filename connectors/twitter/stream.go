package twitter

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// waker is X's activity stream: it brings posts, each of which is paid for, so
// they go into the inbox and are not read again.
type waker struct{ *client }

const (
	// silence after which a stream is dead: X promises a sign of life every 20
	// seconds, which may be a little late.
	silence = 22 * time.Second
	// steady is how long a connection lives that was a good one.
	steady = 30 * time.Second
	// lineLimit bounds one event: a post of 25,000 characters stays far below.
	lineLimit = 1 << 20
)

// Wake subscribes where we are not yet and keeps one stream open. It rings on
// every connect, because what was missed in a break only a poll brings, and for
// every post, once it stands in the inbox. It returns nil when ctx ends, and an
// Unauthorized error when X refuses the app or the account for good or the
// account's owner takes the app's rights away.
func (w waker) Wake(ctx context.Context, ring func(connectors.Ring), up func(bool)) error {
	s := &stream{waker: w, ring: ring, up: up, posts: newMemory()}
	for {
		begun := time.Now()
		err := s.listen(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if socialwatch.ReasonOf(err) == socialwatch.Unauthorized {
			return err
		}
		if s.open && time.Since(begun) >= steady {
			s.pace = pace{}
			s.cleared = false
		}
		delay := s.pace.next(err)
		w.log.Info("stream broken", "again_in", delay, "error", err)
		if !pause(ctx, delay) {
			return nil
		}
	}
}

// pause waits, and reports false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// stream is one Wake on its way.
type stream struct {
	waker
	ring    func(connectors.Ring)
	up      func(bool)
	me      self
	open    bool // the last attempt got as far as a stream
	cleared bool // other connections were ended
	pace    pace
	posts   memory // ids of versions
}

// listen holds one connection until it breaks.
func (s *stream) listen(ctx context.Context) (err error) {
	s.open = false
	defer func() { err = s.refused(ctx, err) }()
	if s.me, err = s.learn(ctx); err != nil {
		return err
	}
	if err := s.leave(ctx); err != nil {
		return err
	}
	if err := s.subscribe(ctx, s.me); err != nil {
		return err
	}
	live, end := context.WithCancelCause(ctx)
	defer end(nil)
	watch := time.AfterFunc(s.opt.Timeout, func() { end(errSilent) }) // a refusal may have no end, too
	defer watch.Stop()
	body, err := s.client.open(live, call{path: "/2/activity/stream", auth: authApp})
	if err != nil {
		return err
	}
	watch.Reset(silence)
	defer body.Close() // it is over either way
	s.open = true
	s.up(true)
	defer s.up(false)
	s.ring(connectors.Ring{})
	err = s.read(live, living{body, watch})
	if cause := context.Cause(live); errors.Is(cause, errSilent) {
		err = readError(cause)
	}
	return err
}

var (
	errSilent = fmt.Errorf("X sent nothing for %v", silence)
	errEnded  = errors.New("X has ended the stream")
)

// living puts off the end of a connection whenever something comes.
type living struct {
	io.Reader
	watch *time.Timer
}

func (l living) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if n > 0 {
		l.watch.Reset(silence)
	}
	return n, err
}

// read acts on what comes: on all lines that are there at once together, so
// that a burst is looked up by the hundred. Meanwhile nobody listens, and so
// silence says nothing.
func (s *stream) read(ctx context.Context, from living) error {
	in := bufio.NewReaderSize(from, lineLimit)
	for {
		lines, broken := waiting(in)
		from.watch.Stop()
		if err := s.act(ctx, lines); err != nil {
			return err
		}
		from.watch.Reset(silence)
		switch {
		case errors.Is(broken, io.EOF):
			return readError(errEnded)
		case broken != nil:
			return readError(connectors.Bare(broken))
		}
	}
}

// waiting waits for a line and returns it with those that have come behind it,
// as many as one look-up serves. Empty lines, which are signs of life, are left
// out.
func waiting(in *bufio.Reader) (lines [][]byte, err error) {
	for range lookupLimit {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return lines, err
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			lines = append(lines, bytes.Clone(line))
		}
		if err != nil {
			return lines, err
		}
		if ahead, _ := in.Peek(in.Buffered()); bytes.IndexByte(ahead, '\n') < 0 {
			break
		}
	}
	return lines, nil
}

// leave asks the ledger whether another event may be paid for.
func (s *stream) leave(ctx context.Context) error {
	if s.opt.Ledger == nil {
		return nil
	}
	c := s.costing(ItemStreamEvent, 1)
	reservation, err := s.opt.Ledger.Reserve(ctx, c)
	if err != nil {
		return ledgerError(err)
	}
	if err := s.opt.Ledger.Settle(ctx, reservation, c, nil); err != nil {
		return ledgerError(err)
	}
	return nil
}

// refused does what some refusals ask for: too many streams are all ended
// once, as one of ours may be a dead process's; without credit the account is
// halted.
func (s *stream) refused(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	var e *apiError
	if errors.As(err, &e) && e.mark == markConnections && !s.cleared {
		s.cleared = true
		if _, err := s.do(ctx, call{method: http.MethodDelete, path: "/2/connections/all", auth: authApp}); err != nil {
			s.log.Warn("other streams not ended", "error", err)
		}
	}
	if errors.As(err, &e) && e.reason(false) == socialwatch.OutOfCredit && s.opt.Ledger != nil {
		if err := s.opt.Ledger.Halt(ctx, s.opt.Account, e.Error()); err != nil {
			s.log.Error("account not halted", "problem", err)
		}
	}
	return err
}

// memory holds the newest few thousand names.
type memory struct {
	known map[string]bool
	order []string
	next  int
}

const remembered = 4096

func newMemory() memory { return memory{known: map[string]bool{}} }

func (m *memory) has(name string) bool { return name != "" && m.known[name] }

func (m *memory) add(name string) {
	if name == "" || m.known[name] {
		return
	}
	m.known[name] = true
	if len(m.order) < remembered {
		m.order = append(m.order, name)
		return
	}
	delete(m.known, m.order[m.next])
	m.order[m.next] = name
	m.next = (m.next + 1) % remembered
}
