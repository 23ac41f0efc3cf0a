package store

import (
	"errors"
	"time"

	"socialwatch"
)

// ErrCursor means that a paging cursor is not one of ours or belongs to
// another list: start again without one.
var ErrCursor = errors.New("this cursor does not belong to this list: start from its beginning")

// Limits of one page.
const (
	PageDefault = 50  // when a filter's Limit is 0 or less
	PageMax     = 500 // a higher Limit counts as this
)

// Kinds of event about an account's polling; Data is {"account": name}, of
// EventHalted also "why" in the network's words. EventUnpaused ends both others.
const (
	EventPaused   = "polling.paused"
	EventHalted   = "polling.halted" // the network says that we are out of credit
	EventUnpaused = "polling.resumed"
)

// StopState says whether publishing is stopped. The zero value: it is not.
type StopState struct {
	Stopped bool
	By      string    // login, or socialwatch
	At      time.Time // since when
}

// QueueFilter chooses replies of the queue.
type QueueFilter struct {
	Accounts  []string                 // nil: all; empty and not nil: none
	States    []socialwatch.ReplyState // none: awaiting
	Incident  int64                    // of cases of this incident; 0: of any case
	Languages []string                 // of the post, as triage found it; none: all
	Teams     []string                 // of the case; none: all
	Intents   []socialwatch.Intent     // of the case; none: all
	Snoozed   bool                     // of the awaiting ones those whose case is snoozed, which are left out else
	Network   socialwatch.Network      // of the case; empty: every one
	Level     int                      // of the case, 1 to 4; 0: every one
	Escalated bool                     // only of escalated cases
	Assignee  string                   // of the case; empty: everybody's and nobody's
	Case      string                   // number; empty: of any
	Order     Order
	After     string // cursor of the page before, in the same order; empty: the first page
	Limit     int    // see PageDefault and PageMax
}

// QueueRow is one reply of the queue with what its two lines show. Body and
// Warning are the customer's own words, for the console; whatever leaves it
// (API, logs, exports) takes Masked.
type QueueRow struct {
	Reply socialwatch.Reply // whole; Reply.Payload.Text is what would be public

	CaseNumber string
	CaseState  socialwatch.CaseState
	Level      int // 1 (most urgent) to 4
	Score      int // the case's, 0–100
	Intent     socialwatch.Intent
	Escalated  bool
	Team       string    // who works on the case
	Assignee   string    // login of the person who does; empty: nobody
	Incident   int64     // of whose cases it is one; 0: none
	DueAt      time.Time // first response due
	NextAt     time.Time // as of CaseRow; zero also of a reply at its end
	RaisedAt   time.Time // as of CaseRow
	OpenedAt   time.Time // of the case
	Responded  bool      // the case has its first response: DueAt counts no longer
	Breached   bool      // DueAt passed without one

	Network    socialwatch.Network
	Host       string
	Author     socialwatch.Author // of the post
	Visibility socialwatch.Visibility
	PostURL    string
	PostedAt   time.Time
	EditedAt   time.Time // of the post; zero when never edited
	Gone       bool      // the post is deleted or hidden from us; the texts are empty
	Language   string    // as triage found it
	Body       string
	Warning    string
	Masked     string
	Signals    []socialwatch.Signal // spans in Body and Masked alike; 0 when Gone
}

// Blocks counts the findings of the row's reply that block.
func (r QueueRow) Blocks() int { return countFindings(r.Reply.Findings, true) }

// Warns counts those that warn.
func (r QueueRow) Warns() int { return countFindings(r.Reply.Findings, false) }

func countFindings(all []socialwatch.Finding, blocks bool) (n int) {
	for _, f := range all {
		if f.Blocks == blocks {
			n++
		}
	}
	return n
}

// Card is all that a person needs to decide about one reply. Like QueueRow it
// holds customers' words: only Masked texts may leave the console.
type Card struct {
	Reply     socialwatch.Reply
	Case      socialwatch.Case
	Breached  bool       // the case's first response was overdue
	NextAt    time.Time  // as of CaseRow
	RaisedAt  time.Time  // as of CaseRow
	Parent    MentionRow // the post that the reply answers
	Thread    []MentionRow
	Others    []socialwatch.Reply // of the same case, oldest first, Reply itself left out
	Earlier   []CaseRow           // other cases of the same customer, newest first, at most 5
	Versions  []Version           // oldest first; the last is Reply's own
	Attempts  []AttemptRow        // oldest first
	Events    []socialwatch.Event // of the reply, oldest first
	InDoubt   bool                // another reply of the case is sending or unknown: no approval now
	LookAt    time.Time           // unknown: next look; zero with Reply.RetryAt: a person must settle it
	Impostors []MentionRow        // posts in the case's threads by whom poses as us, oldest first
	Notes     []Note              // of the case, oldest first
	Changed   *Changed            // since the draft before; nil unless that one was superseded
	Publishes StopState

	// Targets are those of the case that run, and those that have run, by name.
	Targets []socialwatch.Target
	// Orders are those of the case that the shop is asked about, by number.
	Orders []socialwatch.CaseOrder
}

// Original is the text of version 1 when the program filled it in from a
// template; empty when a person wrote it.
func (c Card) Original() string {
	if len(c.Versions) == 0 || c.Versions[0].Author != socialwatch.System {
		return ""
	}
	return c.Versions[0].Payload.Text
}

// Version is one version of a reply.
type Version struct {
	N        int // from 1
	Payload  socialwatch.Payload
	Hash     string
	Findings []socialwatch.Finding
	Author   string // login, or socialwatch
	At       time.Time
	Edit     socialwatch.Edit // how its text differs from what the template filled in
	// Diff is against the version before; empty for the first, and once the words
	// have been erased.
	Diff      []socialwatch.DiffPart
	CheckedBy string // version of the safety check that gave Findings; may be empty
}

// AttemptRow is one numbered call to publish, as written down.
type AttemptRow struct {
	N          int
	Hash       string
	Worker     string
	BegunAt    time.Time
	LeaseUntil time.Time
	EndedAt    time.Time              // zero while under way
	Outcome    socialwatch.ReplyState // sent, failed or unknown; empty while under way
	Reason     string
}

// CaseFilter chooses cases.
type CaseFilter struct {
	Accounts []string                // nil: all; empty and not nil: none
	States   []socialwatch.CaseState // none: every state but merged
	Incident int64                   // those of this incident; 0: all
	Intent   socialwatch.Intent      // empty: every one
	Team     string                  // empty: every one
	Assignee string                  // login; empty: everybody's and nobody's
	Tag      string                  // as Tag makes it; empty: all
	Snoozed  bool                    // only those that are snoozed

	Network   socialwatch.Network // empty: every one
	Level     int                 // 1 to 4; 0: every one
	Escalated bool                // only those that are escalated
	Customer  string              // handle, in any case of its letters; empty: everybody's
	Updated   time.Time           // changed then or later, in that order; zero: whenever
	Due       bool                // only those that have a deadline (see CaseRow.NextAt), the soonest first; not with Updated
	Raised    bool                // only raised ones (see CaseRow.RaisedAt), the longest raised first; not with Updated

	After string
	Limit int
}

// CaseRow is one case of a list.
type CaseRow struct {
	Case       socialwatch.Case
	BreachedAt time.Time              // zero: the first response was in time, or is not due yet
	NextAt     time.Time              // the case's deadline: of the first response, then of the answer to what the customer said since, else of resolving; zero: no clock runs
	RaisedAt   time.Time              // when it was raised because the customer did not come to us in private; zero: it was not, or they came or were answered
	Mentions   int                    // posts that the case holds
	Reply      socialwatch.ReplyState // of its newest reply; empty without one
	Body       string                 // of its first post, for the console
	Masked     string                 // the same, for all else
}

// CaseDetail is one case with all that belongs to it.
type CaseDetail struct {
	Case       socialwatch.Case
	BreachedAt time.Time
	RaisedAt   time.Time           // as of CaseRow
	MergedFrom string              // the number asked for, when it leads to this case because of a merge
	Mentions   []MentionRow        // oldest first
	Replies    []socialwatch.Reply // oldest first, ended ones too
	Earlier    []CaseRow           // other cases of the same customer, newest first, at most 5
	Events     []socialwatch.Event // the newest 200, newest first
	Older      string              // cursor for Timeline; empty when Events holds all
	Corrected  map[int64]Corrected // by mention; those that a person has corrected
	Impostors  []MentionRow        // posts in its threads by whom poses as us, oldest first
	Notes      []Note              // oldest first
	Tags       []string            // sorted
	WaitsFor   string              // socialwatch.WaitsForPrivate while the case waits for that; else empty

	// Hints are posts and cases of others that may belong to it, the newest first.
	Hints []Hint
	// Links are the case that it follows and those that follow it, oldest first.
	Links []LinkedCase
	// Vanished is by reply id when a sent reply of ours was found gone from the network.
	Vanished map[int64]time.Time
	// Merged are the cases that were merged into it, oldest merge first.
	Merged []MergedCase
	// Targets are those that run, and those that have run, by name.
	Targets []socialwatch.Target
	// Orders are those that the shop is asked about, by number.
	Orders []socialwatch.CaseOrder
}

// CaseMove is a person's change of a case's state.
type CaseMove struct {
	Number  string
	Version int // that the person saw
	To      socialwatch.CaseState
	By      socialwatch.Person
	At      time.Time
}

// MentionFilter chooses mentions.
type MentionFilter struct {
	Accounts []string // nil: all; empty and not nil: none
	Show     MentionShow
	Network  socialwatch.Network // empty: every one
	Intent   socialwatch.Intent  // empty: every one
	Language string              // as triage found it; empty: every one
	After    string
	Limit    int
}

// MentionShow narrows a list of mentions.
type MentionShow string

// What a list of mentions shows.
const (
	ShowAll     MentionShow = ""
	ShowIgnored MentionShow = "ignored" // those without a case
	ShowCases   MentionShow = "cases"   // those with one
)

// MentionRow is a mention as stored. Mention.Text is the customer's own words;
// Assessment.Masked is what may leave the console.
type MentionRow struct {
	ID         int64
	CaseID     int64  // 0 without a case
	CaseNumber string // empty without a case
	Mention    socialwatch.Mention
	Assessment socialwatch.Assessment
	ReceivedAt time.Time
	GoneAt     time.Time // deleted or hidden from us since; the texts are empty then
	// Corrected is what a person said of it while it had no case; nil: nobody
	// did, or it is not read in a list of mentions.
	Corrected *Corrected
}

// GapRow is a gap in what an account took in.
type GapRow struct {
	From    time.Time
	To      time.Time // zero while it lasts
	Reason  string
	NotedAt time.Time
}

// Connection is how one account's polling does.
type Connection struct {
	Name     string
	Network  socialwatch.Network
	Host     string
	PausedBy string // login; empty: it polls
	PausedAt time.Time
	PolledAt time.Time // last try; zero: never
	GoodAt   time.Time // last try that worked; zero: none did
	NextAt   time.Time // no poll before this
	Failures int       // in a row
	Error    string    // of the last try; empty when it worked
	Reason   socialwatch.Reason
	Lag      time.Duration // of the newest mention: stored minus posted
	NewestAt time.Time     // when the newest mention was posted, or stored if dated later; zero: none yet
	StreamUp bool
	StreamAt time.Time // since when; zero: it has no stream
	Gaps     []GapRow  // open ones, and those of the last 7 days; newest first
	Aside    int       // items set aside because they could not be read
	// Silence is the longest time between two mentions in the last 7 days, or
	// among the last 200 when fewer than two are that recent, 0 with fewer than
	// two in all: what is usual here, measured at most 10 minutes ago. A
	// silence alarm compares it with the time since NewestAt.
	Silence time.Duration
	Queue   int // replies that await approval; GlanceCount+1: there are more
	// HaltedAt is since when no paid call is made because the network says that
	// we are out of credit; zero: calls are made.
	HaltedAt  time.Time
	HaltedWhy string // the network's words
	Cursor    []byte // where reading stands, as its connector wrote it after the last good poll; opaque
}

// quietest is the shortest silence that can alarm, whatever is usual.
const quietest = time.Hour

// Silent reports whether no mention has come for three times the longest
// silence of the last seven days, and for an hour at least: a network that
// falls silent unnoticed looks like a calm day (product rule).
func (c Connection) Silent(now time.Time) bool {
	return c.PausedBy == "" && c.Silence > 0 && now.Sub(c.NewestAt) > max(3*c.Silence, quietest)
}

// Stats are the figures of /metrics, read at one moment.
type Stats struct {
	Replies          map[socialwatch.ReplyState]int // of the states that are not final; absent means 0
	OldestAwaiting   time.Time                      // when the longest waiting reply was drafted; zero: none waits
	HandedOver       int                            // unknown replies that only a person can settle
	OldestUnnumbered time.Time                      // oldest event without a number; zero: all have one
	Mentions         int64                          // the number of the newest: about how many were taken in
	Aside            int
	OpenGaps         int
	Stop             StopState
}
