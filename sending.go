package socialwatch

import "time"

// ReplyContext is a reply with what is needed to check, decide and send it.
type ReplyContext struct {
	Reply      Reply
	Case       Case
	Parent     Mention
	ParentGone bool
	Assessment Assessment
	Original   string      // text of version 1, as the template filled it; empty when a person wrote it
	Slots      []Span      // of Original: what the template's slots cover
	FirstBy    string      // who wrote version 1: a login, or System
	Authors    []string    // who wrote any of its versions, FirstBy too
	InDoubt    bool        // another reply of the case is sending or unknown
	Answered   bool        // a reply to the parent, this one too, is or may be public, or our people answered it in the network's own app
	OptedOut   bool        // a stored mention of the parent's author on this account has SignalOptOut
	SameText   []time.Time // when other replies of the account with this very text were decided: the newest OftenFrom
	Impostor   string      // full handle of who poses as us in the parent's thread; empty: nobody known
	Moved      string      // how the thread has moved since the decision; empty while it stands
	Stopped    bool        // publishing is stopped
	// NewTemplate says that the reply has a template of which nobody has approved
	// this version as it is, on this account.
	NewTemplate bool
}

// Approval is a person's yes, ready to be stored.
type Approval struct {
	Decision
	At        time.Time
	Hold      time.Duration // undo window; 0 sends at once
	ExpiresAt time.Time
	Key       string    // SendKey of the reply and the hash
	Findings  []Finding // of the check at approval: stored with it
	CheckedBy string    // version of that check
	// Confirmed is what the person confirmed by a second key; the event names it.
	Confirmed Confirmation
	// FirstUse says that the text is as the template of the payload filled it:
	// from now on this version of it is no new one on the account.
	FirstUse bool
	// SelfApproval lets who wrote a version of the reply approve it; the event says so.
	SelfApproval bool
	// Colleague says that the approver must not be who has written any of its versions,
	// whatever SelfApproval: a person's edit of another's draft (SecondPerson).
	Colleague bool
}

// Revision is a person's edit: a new version of a reply that awaits or is
// blocked. With Approval it is edited and approved as one decision.
type Revision struct {
	Decision
	Payload   Payload // composed from Decision.Text
	Change    Change
	Findings  []Finding
	CheckedBy string // version of the check that gave Findings; so below
	At        time.Time
	ExpiresAt time.Time
	Approval  *Approval
}

// Proposal is a reply that a person wrote from nothing, or again after an
// earlier one was rejected, cancelled, expired or sent.
type Proposal struct {
	MentionID int64
	By        Person
	Payload   Payload
	Findings  []Finding
	CheckedBy string
	At        time.Time
	ExpiresAt time.Time
}

// Redraft is another draft of the program's for the post of a draft of its own
// that awaits a decision, in its place, because a person asks for it.
type Redraft struct {
	Decision  // Hash is that of the draft that goes
	Payload   Payload
	Slots     []Span // of the payload's text, as Draft.Slots
	Findings  []Finding
	CheckedBy string
	Why       string // it goes
	At        time.Time
	ExpiresAt time.Time
}

// Claim asks for the right to make one call.
type Claim struct {
	ReplyID int64
	Hash    string // recomputed by the publisher: must be the approved one
	Worker  string
	Now     time.Time
	Lease   time.Duration // twice the request timeout
}

// Outcome is how an attempt, or a look after it, ended.
type Outcome struct {
	State   ReplyState // ReplySent, ReplyFailed or ReplyUnknown
	Post    Published
	Reason  string
	RetryAt time.Time // failed: when another attempt may help; zero: a person decides. unknown: when the same request goes again
	LookAt  time.Time // unknown: next look; zero with RetryAt: handed to a person
	Counted bool      // a look that got an answer
	Handoff bool      // sent: the text asks for private contact, and the case waits for that
	At      time.Time
}

// Published is a post of ours.
type Published struct {
	PostID string
	URL    string
}

// Settlement is a person's word on a reply in doubt: it stands at URL, or it
// surely does not stand.
type Settlement struct {
	ReplyID int64
	By      Person
	Attempt int       // the newest call when By looked: a word about an earlier one settles nothing
	Post    Published // zero with Absent
	Absent  bool      // then the reply becomes failed and is sent once more
	Handoff bool      // see Outcome
	At      time.Time
}
