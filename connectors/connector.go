// Package connectors says what a connector to a social network is, and holds
// what several of them share. A connector turns a network's calls into the
// values of the root package and back; it keeps no state that a cursor or a
// payload does not carry.
package connectors

import (
	"context"
	"net/http"
	"time"

	"socialwatch"
)

// Connector is one of our accounts on one network, as small parts. A nil part
// means that the network or the account cannot do that. All parts are safe
// for concurrent use.
type Connector struct {
	Account  string // its name in the configuration
	Network  socialwatch.Network
	Host     string // lower case, no port unless unusual
	Source   Source
	Threads  Threads
	Lookup   Lookup
	Composer Composer
	Replier  Replier
	Finder   Finder
	Deleter  Deleter
	Waker    Waker
	Receiver http.Handler // mounted under /hooks/<account>
	Prober   Prober

	// Paid says that the network charges for reading a post, also again: it is
	// read again only before it is shown or answered, and nightly.
	Paid bool
	// OneReply says that the network allows automation one reply to a post, ours
	// in its own app included: nothing more is drafted or sent once a post has one.
	OneReply   bool
	Compliance Compliance // nil: nightly looks read every post again
	Login      Login      // nil: the tokens come from the configuration
	// Rates tells what the network's rate limits leave, as far as is known at
	// now; nil: no limit is watched.
	Rates func(now time.Time) []socialwatch.Rate
}

// Source reads what is addressed to us.
type Source interface {
	// Fetch returns the next batch after cur. The zero cursor means "from
	// now on, with the network's present page". A batch may repeat what an
	// earlier one held and never skips; storing Batch.Cursor together with
	// the batch is what makes the next Fetch go on. On an error the batch is
	// void. A cursor of another host or account is refused with an error
	// that says so, never used.
	Fetch(ctx context.Context, cur []byte) (Batch, error)
}

// Batch is what one Fetch found. Mentions are in no promised order.
type Batch struct {
	Mentions  []socialwatch.Mention
	Edits     []socialwatch.Mention // known or not: the newest revision
	Deletions []string              // post ids
	SetAside  []socialwatch.SetAside
	Gaps      []socialwatch.Gap
	More      bool   // fetch again at once
	Cursor    []byte // opaque; nil leaves the stored one
	Cost      Cost
}

// Cost is what calls used up.
type Cost struct {
	Requests int
}

// Threads reads the conversations that open cases stand in.
type Threads interface {
	// Read returns the threads with these root posts, in order, with our own
	// posts. A thread that is gone or hidden from us has Gone set, one that
	// alone could not be read has Err set, and the others are returned. What
	// would fail every thread fails the call: RateLimited, Unauthorized, a
	// server that can't be reached or says that it is unavailable, an ended
	// ctx. Posts older than since were read before: a connector whose network
	// charges for each may leave them out. The zero since leaves out nothing
	// that the network still gives.
	Read(ctx context.Context, roots []string, since time.Time) ([]Thread, error)
}

// Thread is the present state of one conversation as we may see it. With Err
// set nothing is known of it, and Gone and Posts are zero.
type Thread struct {
	Root  string
	Gone  bool
	Err   error              // why this thread alone could not be read
	Posts []socialwatch.Post // root included, ordered by (CreatedAt, ID)
}

// Lookup reads the present state of posts: before one is shown for approval,
// right before it is answered, and nightly.
type Lookup interface {
	// Get answers for the ids, in order. An id whose post alone could not be
	// read or understood is left out: nothing is known of that post, neither
	// that it stands unchanged nor that it is gone. What would fail every id
	// fails the call, as with Threads.Read.
	Get(ctx context.Context, ids []string) ([]Look, error)
}

// Look is the present state of one post. Post is the zero value when Gone.
type Look struct {
	ID   string
	Gone bool // deleted, suspended or blocking us
	Post socialwatch.Post
}

// Composer makes the final form of a reply. It is pure but for limits that
// the network's Prober has learnt.
type Composer interface {
	// Compose adds what the network needs in front, chooses the visibility
	// (never wider than the parent's), keeps a content warning (the
	// customer's own only when it is short and plain) and counts the length as
	// the network does. It never cuts: a payload longer than
	// its limit is the safety check's matter.
	Compose(d socialwatch.Draft) (socialwatch.Payload, error)
}

// Replier publishes.
type Replier interface {
	// Reply publishes p under its parent and returns the new post. It is
	// called once for each attempt and never retries by itself. Its errors
	// are NetworkErrors: Unknown whenever the call may have taken effect;
	// any other reason only when it surely has not. key is the same on every
	// attempt of one approved reply.
	Reply(ctx context.Context, p socialwatch.Payload, key string) (socialwatch.Published, error)
	// Guard is how long the server surely refuses or answers alike a second
	// Reply with the same key; 0 when it does not, or is not known to.
	Guard() time.Duration
}

// Finder looks for a reply of ours that a lost answer left in doubt.
type Finder interface {
	// Find returns our own post under p's parent with p's text. The zero
	// Published with a nil error means that it surely is not visible now.
	Find(ctx context.Context, p socialwatch.Payload) (socialwatch.Published, error)
}

// Deleter takes back a post of ours.
type Deleter interface {
	Delete(ctx context.Context, postID string) error
}

// Ring is what a doorbell says: fetch now, or look at a post.
type Ring struct {
	Deleted string // id of a post that was deleted; empty: something is new
	Kept    bool   // what is new stands in the Inbox: nothing need be fetched
}

// Waker is a doorbell. It carries no data: the poll is the truth. One that
// gets whole posts, and pays for them, puts them into the Inbox before it rings.
type Waker interface {
	// Wake keeps a stream open and calls ring, which never blocks, on every
	// connect and every happening, until ctx ends or the network refuses for
	// good (401, 403: NetworkError Unauthorized). It reconnects by itself.
	// up reports changes of the connection's state.
	Wake(ctx context.Context, ring func(Ring), up func(bool)) error
}

// Prober tells whether the account works.
type Prober interface {
	// Probe talks to the network with the account's token and reports each
	// thing it checked. Its error is for what makes all else pointless.
	Probe(ctx context.Context) ([]Check, error)
}

// Check is one thing that was checked.
type Check struct {
	Name string
	OK   bool
	Warn bool   // works, but mentions or replies may suffer
	Text string // what was found, and when not OK what to do
}

type forReply struct{}

// ForReply marks calls under the returned context as a part of sending a
// reply, such as the look at its thread: a connector lets them use the money
// and the share of the rate limit that are kept for replies.
func ForReply(ctx context.Context) context.Context { return context.WithValue(ctx, forReply{}, true) }

// IsForReply reports whether ctx comes from ForReply.
func IsForReply(ctx context.Context) bool { return ctx.Value(forReply{}) != nil }
