package socialwatch

import "time"

// CaseState is where a case stands.
type CaseState string

// States of a case.
const (
	CaseNew      CaseState = "new"      // nobody has acted
	CaseOpen     CaseState = "open"     // somebody has acted
	CaseWaiting  CaseState = "waiting"  // for the customer or another team
	CaseResolved CaseState = "resolved" // done; a follow-up within ReopenTime reopens it
	CaseClosed   CaseState = "closed"   // ReopenTime after resolving; a follow-up opens a new case
	CaseMerged   CaseState = "merged"   // into MergedInto
)

// Live reports whether a follow-up may attach to a case in this state.
func (s CaseState) Live() bool {
	return s == CaseNew || s == CaseOpen || s == CaseWaiting || s == CaseResolved
}

// Case is a customer's matter that wants something from us.
type Case struct {
	ID          int64
	Number      string // what people quote: K-1042; never reused
	Account     string
	Network     Network
	Host        string
	Customer    Author // as of the newest mention
	State       CaseState
	Level       int // 1 (most urgent) to 4
	Intent      Intent
	Score       int // 0–100, that of the most urgent mention
	Escalated   bool
	Escalation  string   // why a human must act beyond the reply; empty when Escalated is false
	Orders      []string // order numbers the customer gave, sorted
	OpenedAt    time.Time
	UpdatedAt   time.Time
	DueAt       time.Time // first response due
	RespondedAt time.Time // first response, zero until given
	AskedAt     time.Time // since when the customer waits for an answer; zero: nothing is owed
	ResolvedAt  time.Time
	LookAt      time.Time // next look into its threads; zero: no more
	Looks       int       // looks done, for the back-off
	Team        string    // who works on it; empty: nobody in particular
	Assignee    string
	MergedInto  int64
	Linked      int64 // the earlier case this one follows
	Incident    int64 // of whose cases it is one; 0: none
	// SnoozedUntil is until when its drafts are hidden from the queue, or
	// UntilMention; a mention ends it sooner. Zero: they are not.
	SnoozedUntil time.Time
	External     External // zero: it is ours
	Version      int      // rises with every change; 0 means not stored yet
}

// External is who owns a case that another system has claimed. Its state,
// assignee, merges and end are decided there; posts and our replies still come
// to it.
type External struct {
	System string // its role in the database
	Ref    string // what the system calls the case
	URL    string // https; may be empty
}

// SystemActor is the actor of what another system has us do.
func SystemActor(system string) string { return "system:" + system }

// ReopenTime is how long a resolved case may be reopened, before it is closed
// (product rule).
const ReopenTime = 72 * time.Hour

// Reopenable reports whether a follow-up at now attaches to the case rather
// than opening a new one: it is live, and if resolved then for less than
// ReopenTime.
func (c Case) Reopenable(now time.Time) bool {
	return c.State.Live() && (c.State != CaseResolved || now.Sub(c.ResolvedAt) < ReopenTime)
}

// Event is one line of the append-only log. Data holds plain values, never a
// customer's words or handle.
type Event struct {
	ID          int64
	Seq         int64 // 0 until the sequencer has numbered it
	Kind        string
	CaseID      int64  // 0 for events of the installation, such as a stop
	CaseNumber  string // as read from the log; writers leave it empty
	CaseVersion int
	ReplyID     int64
	Actor       string // login of a person, "socialwatch", or a SystemActor
	At          time.Time
	Data        map[string]any
}

// System is the actor of everything that no person did.
const System = "socialwatch"

// Kinds of event. A reply's moves are "reply." + the new state.
const (
	EventCaseOpened      = "case.opened"
	EventCaseUpdated     = "case.updated"
	EventCaseReopened    = "case.reopened"
	EventCaseState       = "case.state"
	EventCaseEscalated   = "case.escalated"
	EventCaseResponded   = "case.responded"
	EventCaseBreached    = "case.breached"    // data.target is overdue, once
	EventCaseNoted       = "case.noted"       // data.note_id; the words are private
	EventCaseSnoozed     = "case.snoozed"     // data.until
	EventCaseWoken       = "case.woken"       // a snooze has ended; data.why is time, overdue, mention or person
	EventCaseAssigned    = "case.assigned"    // data.assignee and data.team, with was_assignee and was_team
	EventCaseTagged      = "case.tagged"      // data.added and data.removed
	EventCaseClaimed     = "case.claimed"     // another system owns it now: data.system, data.reference, data.url
	EventCaseReleased    = "case.released"    // it is ours again: data.system and data.reference of who had it
	EventCaseLookedUp    = "case.looked_up"   // data.outcome, and level, score and due_at where the answer lifted the case
	EventMentionPromoted = "mention.promoted" // an ignored one got a case; data.was is the noise rule
	EventMentionAttached = "mention.attached"
	EventMentionEdited   = "mention.edited"
	EventMentionGone     = "mention.gone"       // deleted, author suspended or blocking us
	EventThreadMoved     = "reply.thread_moved" // the thread moved after sending began
	EventReplyExtended   = "reply.extended"     // the undo window was made longer
	EventIncidentOpened  = "incident.opened"    // data.incident is its id
	EventIncidentEnded   = "incident.ended"
	EventStopped         = "publishing.stopped"
	EventResumed         = "publishing.resumed"
)

// NothingDue is the deadline of a case in which no clock runs: its drafts stand
// last in the queue.
var NothingDue = UntilMention

// UntilMention is a snooze that only a mention or a person ends.
var UntilMention = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// EscalationReason is why a person says that a human must act: a name for
// choices and a sentence for who reads the case.
type EscalationReason struct{ Name, Sentence string }

// EscalationReasons are the choices; beside them stand a person's own words.
var EscalationReasons = []EscalationReason{
	{"refund", "A refund or credit must be decided."},
	{"order", "The order must be changed, sent again or collected."},
	{"account", "The customer's account or payment must be looked into."},
	{"legal", "Legal matter, press, or somebody of public weight."},
	{"danger", "Somebody may be in danger."},
}

// EscalationOther is the reason of an escalation in a person's own words. They
// are a note on the case, which only people read: the event has this, and the
// case says EscalationNoted.
const (
	EscalationOther = "other"
	EscalationNoted = "A person says why in a note."
)

// Values of data.how in EventCaseResponded.
const (
	RespondedByReply  = "reply"
	RespondedNatively = "native"
	RespondedPrivate  = "private" // a person says that we have answered in private
)

// EscalationMissed is why a case is escalated whose customer did not come to us in
// private when asked.
const EscalationMissed = "The customer has not come to us in private: write again, or resolve it."

// EscalationVanished is why a case is escalated whose customer can read our reply no
// longer.
const EscalationVanished = "Our reply is gone from the network: write again, or resolve it."

// WaitsForPrivate is the value "waits_for" in the data of EventCaseState, or of
// EventCaseUpdated where the case waited already: our reply has asked the
// customer for private contact.
const WaitsForPrivate = "private_contact"

// Gap is a stretch of time in which mentions may have been missed.
type Gap struct {
	Account string
	From    time.Time
	To      time.Time // zero while it lasts
	Reason  string
}

// SetAside is something a network sent that could not be decoded. It is kept,
// raw, so that nothing is lost unseen; the walk goes on without it.
type SetAside struct {
	Account string
	ID      string // the network's id if it could be read, else a hash of Raw
	Raw     []byte
	Problem string
	At      time.Time
}
