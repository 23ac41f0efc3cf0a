package socialwatch

import "time"

// Ask says what a batch touches: the input of the store's Known.
type Ask struct {
	Account string
	PostIDs []string  // posts of the batch and their parents
	Authors []string  // author ids of the batch
	Since   time.Time // how far back History counts
	Hour    time.Time // how far back Often counts; zero: not at all
}

// OftenFrom is how many equal texts are worth telling.
const OftenFrom = 4

// Known is what the store holds that a batch touches, read at one moment. It
// carries the versions that make a later Save safe.
type Known struct {
	Version   int64              // of the account's intake: every Save raises it by one
	Mentions  map[string]Stored  // by post id: the mentions of Ask.PostIDs that are stored
	OwnPosts  map[string]int64   // case id by post id: Ask.PostIDs that are published replies of ours
	OwnGone   map[string]bool    // those of OwnPosts that are known to be gone
	Cases     []Case             // live and merged cases of Ask.Authors and those of Mentions, and closed ones of theirs for linking
	Replies   []Reply            // replies of those cases that are not final
	Earlier   map[string]int     // mentions since Ask.Since by author id
	Used      map[int64][]string // by case id: templates of its replies that customers may have read
	Human     map[int64]bool     // by case id: a mention of it wants a person (HumanSignals)
	Posts     map[int64][]Past   // by case id: its mentions that later replies must heed, oldest first
	Incidents []Incident         // that span the account and go on
	Often     map[string]int     // by text: replies of the account that were decided since Ask.Hour, where there are OftenFrom or more
	// Active is by case id when its customer, our people or a case system last did
	// something about it.
	Active   map[int64]time.Time
	Posing   []Posing        // posts by whom poses as us, in the threads whose roots are among Ask.PostIDs, oldest first
	OptedOut map[string]bool // authors of Ask.Authors with a stored mention of the account that has SignalOptOut
}

// Past is an earlier post of a case that what we say next must heed: it holds
// personal data, or a signal by which a human must act.
type Past struct {
	PostID     string
	At         time.Time // when we had it as it stands
	Visibility Visibility
	Assessment Assessment // intent, signals and entities alone
	Answers    []string   // what customers may have read of us in the case since
	Answered   bool       // we have said something in the case since, here or in the network's own app
}

// Posing is a post by somebody who poses as us.
type Posing struct {
	RootID   string
	AuthorID string
	Handle   string // full
}

// Stored is a mention as the store holds it.
type Stored struct {
	ID       int64
	Account  string // which of our accounts it is a mention of
	CaseID   int64  // 0 when ignored
	Revision string
	Gone     bool
	Answered bool // a reply of ours to it is or may be public, or our people answered it in the network's own app
}

// Entry is one mention, new or edited, on its way into the store.
type Entry struct {
	Mention    Mention
	Assessment Assessment
	CaseID     int64  // 0: kept without a case
	Reply      *Reply // a draft to store with it; its CaseID and MentionID are filled by the store
	Slots      []Span // of Reply's text: what its template's slots cover
}

// ReplyMove takes a stored reply to another state, if it still is where a
// move to that state is allowed; else Save answers ErrConflict. A thread that
// moves supersedes replies; every other move is a person's or the publisher's,
// and Save refuses it.
type ReplyMove struct {
	ReplyID int64
	To      ReplyState
	Reason  string
}

// Changes is all that one batch changes, stored in one transaction or not at
// all. Save answers ErrConflict when Version or the version of a case is no
// longer what Known told: read again, run again.
type Changes struct {
	Account string
	Version int64  // Known.Version
	Cursor  []byte // nil: unchanged
	At      time.Time
	Entries []Entry  // sorted by post id
	Gone    []string // post ids that are deleted or no longer visible to us; their text is erased
	OwnGone []string // post ids of sent replies of ours that the network shows no longer
	Cases   []Case   // Version 0: new, with an ID from NextCaseIDs; else update where version matches
	Moves   []ReplyMove
	Events  []Event
	Aside   []SetAside
	Gaps    []Gap
	Taken   []int64 // of the inbox: what Entries hold of it, or what was known already
	By      string  // login of the person who does it, an author of Account; empty: the program
	Past    bool    // Entries are history: the account's lag and newest mention stay as they are, and without Cases its version
}

// AccountState is what intake must know of an account before it fetches.
type AccountState struct {
	Name    string
	Cursor  []byte // nil before the first batch
	Version int64  // see Known.Version
	Paused  bool
	NextAt  time.Time // no poll before this; zero: at once
}

// CaseRef is a case's identity, drawn before the case is stored so that a
// draft can quote it. Numbers rise and are never reused; one that is not used
// leaves a hole.
type CaseRef struct {
	ID     int64
	Number string
}

// PollResult is what one poll of an account came to.
type PollResult struct {
	Account string
	At      time.Time
	Err     string // empty when it worked; without words of customers and without secrets
	Reason  Reason // of the error
	NextAt  time.Time
	Stored  int
}

// Watch is a case whose threads are due for a look.
type Watch struct {
	CaseID   int64
	Account  string
	Customer string // author id: only this author's posts are follow-ups
	Roots    []string
	PostIDs  []string  // its mentions, for edits and deletions
	Looks    int       // looks done before this one
	LookAt   time.Time // when to look next; zero: no more
	Looked   time.Time // its threads were read then, or later; zero: never
	New      time.Time // when the first of its posts was written that came since then; zero: none did
	Since    time.Time // what is older need not be read; zero: read all
}

// Empty reports whether saving c would change nothing but the account's
// version.
func (c Changes) Empty() bool {
	return c.Cursor == nil && len(c.Entries)+len(c.Gone)+len(c.OwnGone)+len(c.Cases)+len(c.Moves)+
		len(c.Events)+len(c.Aside)+len(c.Gaps)+len(c.Taken) == 0
}
