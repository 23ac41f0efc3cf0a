// Package connectortest states once what every connector promises, as tests
// that run against a network's stand-in over real HTTP. A connector's own
// tests call Run; what only its network has is tested beside it.
package connectortest

import (
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// Setup is a fresh stand-in of a network with one account of ours. Its
// functions fail the test they are given when the stand-in can't comply.
type Setup struct {
	// Connect returns a new connector of our account, as after a restart:
	// nothing is carried over but what the network holds. It is complete but
	// for the parts that the network does not have. A sweep is due on every
	// Fetch.
	Connect func(t *testing.T) *connectors.Connector
	// Other is Connect for another account on the same server.
	Other func(t *testing.T) *connectors.Connector
	// Pass lets time go by on the clock of all connectors.
	Pass func(d time.Duration)

	People People
	Faults Faults
	// Pushed returns all that the network has pushed so far: for one that only
	// pushes, whose connector has no Source, see RunPushed. Nil for any other.
	Pushed func(t *testing.T) socialwatch.Push
	// Audit lists what our account has published under a post and not taken
	// back, in order of publishing: the truth, however it was answered.
	Audit func(t *testing.T, parentID string) []Reply
	// Secrets must never stand in an error: the token, handles of customers.
	Secrets []string
	Lacks   Lacks
}

// Lacks says what a network does not have, or has no need of. What a promise
// says of it is left out, and nothing else. The zero value lacks nothing.
type Lacks struct {
	Servers       bool // all handles are of one server: no domain stands in them
	Warnings      bool // posts have no content warnings
	Visibilities  bool // every post that we see is public
	LongestPost   int  // characters of a customer's longest post; 0: far more than any page
	StreamDeletes bool // the stream tells of no deletions
	// Reading costs money, so Threads brings only what neither Source nor
	// Lookup does: no root, no mention of ours, and no thread is gone.
	FreeThreads bool
	// Our own posts stand in a list of their own, so a reply is found, or
	// surely absent, whatever became of its parent.
	ParentlessFind bool
}

// Say is a post by a customer.
type Say struct {
	By         string // a name; "": "customer1". A name with a domain is on another server.
	Text       string // may hold anything, NUL and invalid UTF-8 too
	ToUs       bool   // our handle stands in front
	Under      string // the post that it answers, "" for none
	Visibility socialwatch.Visibility
	Warning    string
	Late       bool // its id is drawn now, it becomes visible with Faults.Release
	Odd        bool // the network tells of it in a way that can't be decoded
}

// People are the customers, and what they do to their posts.
type People interface {
	Say(t *testing.T, s Say) (postID string)
	Edit(t *testing.T, postID, text string)
	Delete(t *testing.T, postID string)
	// Block makes the author of a post block us.
	Block(t *testing.T, postID string)
}

// Fault is something that goes wrong.
type Fault string

// Faults, until Clear.
const (
	AnswerLost   Fault = "publishing takes effect, its answer is lost"
	AnswerCut    Fault = "publishing takes effect, its answer is cut"
	GatewayError Fault = "publishing takes effect, a proxy answers 504"
	ServerError  Fault = "publishing answers 500"
	Down         Fault = "the server accepts no connection"
	Busy         Fault = "every request is refused: too many, wait a minute"
	NoToken      Fault = "every request is refused: the token is not valid"
	ReadsFail    Fault = "every read but the next three answers 500"
	Slow         Fault = "every answer takes two seconds"
)

// Faults makes things go wrong.
type Faults interface {
	Begin(t *testing.T, f Fault)
	Clear(t *testing.T)
	CutStreams(t *testing.T)
	Release(t *testing.T, postID string)
}

// Reply is a post of ours as the network holds it.
type Reply struct {
	PostID     string
	Text       string
	Warning    string
	Visibility socialwatch.Visibility
	Addressed  []string // author ids of all who were addressed
}

// Run runs every promise on a Setup of its own.
func Run(t *testing.T, setup func(t *testing.T) Setup) { run(t, setup, true) }

// RunPushed runs the promises of a network that only pushes: those that are not
// about fetching or a stream.
func RunPushed(t *testing.T, setup func(t *testing.T) Setup) { run(t, setup, false) }

func run(t *testing.T, setup func(t *testing.T) Setup, fetches bool) {
	promises := []struct {
		name    string
		test    func(*rig)
		fetched bool // it is about fetching, or a stream
	}{
		{"FirstFetchHoldsThePresentPage", firstFetch, true},
		{"BacklogOfAnySizeComesWhole", backlog, true},
		{"IDsOutOfOrderAreFound", lateIDs, true},
		{"SteadyLoadDoesNotStarveTheSweep", steadyLoad, true},
		{"OneCursorTwiceGivesTheSame", sameCursor, true},
		{"FailedFetchLosesNothing", failedFetch, true},
		{"ForeignCursorIsRefused", foreignCursor, true},
		{"OddElementIsSetAside", oddElement, false},
		{"TextIsClean", cleanText, false},
		{"OwnPostsAreNoMentions", ownPosts, false},
		{"LookupTellsEditsAndDeletions", lookup, false},
		{"LookupAnswersForEachInOrder", lookupOrder, false},
		{"ThreadsHoldFollowUps", followUps, true},
		{"GoneThreadIsGone", goneThread, true},
		{"ReplyStandsUnderItsPostForItsAuthor", replyStands, false},
		{"ReplyIsNeverWiderThanItsPost", replyVisibility, false},
		{"ReplyIsRefusedWhenThePostIsGone", replyGone, false},
		{"ComposeCountsAndKeeps", compose, false},
		{"LostAnswerIsUnknownAndFound", lostAnswer, false},
		{"AbsentReplyIsNotFound", absent, false},
		{"UnreadableThreadIsNoAbsence", unreadable, false},
		{"FailuresHaveTheirClass", classes, false},
		{"DeleteTakesBack", takeBack, false},
		{"CancelledCallsEnd", cancelled, false},
		{"WakeRings", wake, false},
		{"WakeEndsWhenRefused", wakeRefused, true},
		{"ProbeReports", probe, false},
	}
	for _, p := range promises {
		if p.fetched && !fetches {
			continue
		}
		t.Run(p.name, func(t *testing.T) { p.test(&rig{T: t, Setup: setup(t)}) })
	}
}
