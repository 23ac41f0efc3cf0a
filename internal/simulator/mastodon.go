package simulator

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Flavour says which server software a Mastodon stand-in behaves like.
type Flavour string

// The flavours of a Mastodon stand-in.
const (
	// FlavourMastodon honours Idempotency-Key for an hour, tells its API
	// version, has a notification policy, counts graphemes with a URL as 23,
	// and answers 422 to what it cannot accept.
	FlavourMastodon Flavour = "mastodon"
	// FlavourGoToSocial ignores Idempotency-Key, has ULIDs for ids, no API
	// version, no policy and no quotes, counts code points with URLs in full,
	// wants a User-Agent, and advertises wss:// while it serves plain HTTP.
	FlavourGoToSocial Flavour = "gotosocial"
)

// RateLimit allows Requests in each fixed window of length Per: for each
// account on Mastodon, for each client address on GoToSocial. The zero value
// is no limit, and then no X-RateLimit headers are sent.
type RateLimit struct {
	Requests int
	Per      time.Duration
}

// LateCommits makes notifications become visible later than their id was
// drawn, and so out of the order of ids, as on servers with several workers.
// Share (0 to 1) of the notifications are late, each by a random part of Max.
// The zero value makes none late.
type LateCommits struct {
	Share float64
	Max   time.Duration
}

// Options sets up a Mastodon stand-in. The zero value is a Mastodon-flavoured
// server named social.example with the usual limits and no rate limit.
type Options struct {
	Flavour       Flavour       // default FlavourMastodon
	Domain        string        // of local accounts; default social.example
	MaxCharacters int           // of a status with its warning; default 500
	PingInterval  time.Duration // of streams; default 30 s, negative for never
	StreamingURL  string        // advertised streaming base; default by flavour
	RateLimit     RateLimit
	LateCommits   LateCommits
	Seed          uint64           // of everything random
	Now           func() time.Time // default time.Now
}

func (o Options) withDefaults() Options {
	if o.Flavour == "" {
		o.Flavour = FlavourMastodon
	}
	if o.Domain == "" {
		o.Domain = "social.example"
	}
	if o.MaxCharacters == 0 {
		o.MaxCharacters = 500
	}
	if o.PingInterval == 0 {
		o.PingInterval = 30 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Mastodon is a stand-in for one server with the Mastodon client API. It is an
// http.Handler; Start serves it on loopback. All methods are safe for
// concurrent use. Close it when done.
type Mastodon struct {
	opt Options
	mux *http.ServeMux

	mu       sync.Mutex // guards all state below; held for short, never over I/O
	changed  chan struct{}
	rng      *rand.Rand
	ids      idSource
	accounts []*account
	byAcct   map[string]*account // lower-cased acct; local ones without domain
	tokens   map[string]*token
	statuses map[string]*status
	order    []*status // in the order of posting
	keys     map[string]keyEntry
	windows  map[string]*window
	faults   []*Fault
	requests map[string]int
	streams  map[*stream]struct{}
	timers   map[*time.Timer]struct{}
	cuts     int // how often CutStreams was called
	closed   bool
	life     context.Context // ends with Close
	end      context.CancelFunc

	running  sync.WaitGroup // handlers, streams, timers' work, delayed starts
	listenMu sync.Mutex     // guards what follows; taken before mu
	addr     string
	server   *http.Server
	served   chan struct{}
}

// NewMastodon returns a stand-in without accounts that is not yet listening.
func NewMastodon(o Options) *Mastodon {
	o = o.withDefaults()
	m := &Mastodon{
		opt:      o,
		changed:  make(chan struct{}),
		rng:      rand.New(rand.NewPCG(o.Seed, 0x5eed)),
		ids:      newIDSource(o.Flavour),
		byAcct:   map[string]*account{},
		tokens:   map[string]*token{},
		statuses: map[string]*status{},
		keys:     map[string]keyEntry{},
		windows:  map[string]*window{},
		requests: map[string]int{},
		streams:  map[*stream]struct{}{},
		timers:   map[*time.Timer]struct{}{},
	}
	m.life, m.end = context.WithCancel(context.Background())
	m.mux = m.routes()
	return m
}

// gts reports whether the server behaves like GoToSocial.
func (m *Mastodon) gts() bool { return m.opt.Flavour == FlavourGoToSocial }

// now is the server's time as its API tells it: UTC, milliseconds.
func (m *Mastodon) now() time.Time { return m.opt.Now().UTC().Truncate(time.Millisecond) }

// notify wakes everyone in Await. The caller holds mu.
func (m *Mastodon) notify() {
	close(m.changed)
	m.changed = make(chan struct{})
}
