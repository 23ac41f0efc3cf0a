package twitter

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// editTime is how long a post can be edited, by X's guide.
const editTime = 30 * time.Minute

// MicroUSD amounts are millionths of a US dollar.
type MicroUSD = int64

// Options sets up a stand-in. The zero value is an X with its real limits,
// prices and clock, unlimited credit, and the usual rules.
type Options struct {
	// Owner is the handle under which the developer app was made: its own
	// mentions and posts are cheap to read. Default: the first user made.
	Owner string
	// Credits is the balance in micro USD at the start; 0 is unlimited. When
	// it is used up, paid calls are answered with 402.
	Credits MicroUSD
	// PostCap is how many posts may be read in a calendar month (UTC) before
	// 429 usage-capped; 0 is X's 3 million.
	PostCap int
	// LimitScale multiplies all rate limits; 0 is 1, negative is no limits.
	LimitScale float64
	// DuplicateWindow is how long the text of a post may not be used again by
	// its author; 0 is a day (X tells no number).
	DuplicateWindow time.Duration
	// Heartbeat is the time between two heartbeats of a stream; 0 is 10 s (X
	// promises 20 s or less), negative is never.
	Heartbeat time.Duration
	// FullEvents puts more of a post into the events of streams than the four
	// fields of X's sample: its conversation, entities, references.
	FullEvents bool
	// JobTime is how long a compliance job works after the upload.
	JobTime time.Duration
	Seed    uint64           // of everything random
	Now     func() time.Time // the clock of posts, prices and limits; default time.Now
	// SignatureNow is the clock against which the timestamps of OAuth 1.0a
	// are checked, which libraries take from the real one. Default time.Now.
	SignatureNow func() time.Time
}

func (o Options) withDefaults() Options {
	if o.PostCap == 0 {
		o.PostCap = 3_000_000
	}
	if o.LimitScale == 0 {
		o.LimitScale = 1
	}
	if o.DuplicateWindow == 0 {
		o.DuplicateWindow = 24 * time.Hour
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.SignatureNow == nil {
		o.SignatureNow = time.Now
	}
	return o
}

// Server is a stand-in of X with one developer app. It is an http.Handler;
// Start serves it on loopback. All methods are safe for concurrent use. Close
// it when done.
type Server struct {
	opt Options
	mux *http.ServeMux

	mu       sync.Mutex // guards all state below; held for short, never over I/O
	changed  chan struct{}
	rng      *rand.Rand
	ids      idSource
	users    []*user
	byHandle map[string]*user // lower-cased
	byID     map[uint64]*user
	posts    map[uint64]*post // by the id of every version
	order    []*post          // in the order of posting
	index    []*post          // that are not deleted, oldest newest-version id first
	app      app
	oauth    oauth2
	activity activity
	jobs     []*job
	bill     bill
	windows  map[string]*window
	texts    map[string]time.Time // of duplicate content: when last posted
	epoch    int                  // of page tokens
	faults   []*Fault
	requests map[string]int
	refusals []string
	closed   bool
	life     context.Context // ends with Close
	end      context.CancelFunc

	running  sync.WaitGroup // handlers, streams, delayed starts
	listenMu sync.Mutex     // guards what follows; taken before mu
	addr     string
	server   *http.Server
	served   chan struct{}
}

// New returns a stand-in without users that is not yet listening.
func New(o Options) *Server {
	o = o.withDefaults()
	s := &Server{
		opt:      o,
		changed:  make(chan struct{}),
		rng:      rand.New(rand.NewPCG(o.Seed, 0x5eed)),
		byHandle: map[string]*user{},
		byID:     map[uint64]*user{},
		posts:    map[uint64]*post{},
		oauth:    newOAuth2(),
		activity: activity{streams: map[*stream]struct{}{}},
		bill:     newBill(o.Credits),
		windows:  map[string]*window{},
		texts:    map[string]time.Time{},
		requests: map[string]int{},
	}
	s.app = newApp(s.rng)
	s.life, s.end = context.WithCancel(context.Background())
	s.mux = s.routes()
	return s
}

// now is the server's time: UTC, milliseconds.
func (s *Server) now() time.Time { return s.opt.Now().UTC().Truncate(time.Millisecond) }

// notify wakes everyone in Await. The caller holds mu.
func (s *Server) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Await returns when cond holds. It looks again whenever something has been
// posted, changed, read or connected, and ends with the context's error.
func (s *Server) Await(ctx context.Context, cond func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if cond() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
