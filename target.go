package socialwatch

import "time"

// Kinds of event about what a case owes, hand-offs, merges, links, and replies that
// are gone.
const (
	EventCaseWarned      = "case.warned"           // three quarters of data.target are over, once; see EventCaseBreached
	EventPrivateReceived = "case.private_received" // the customer has come to us in private
	EventPrivateMissed   = "case.private_missed"   // they have not, for too long
	EventCaseMerged      = "case.merged"           // on both cases: data.from and data.into are their ids
	EventCaseUnmerged    = "case.unmerged"         // on both cases: as above, and data.to, the state of this one
	EventCaseLinked      = "case.linked"           // on both cases: data.from, the id of the younger, follows data.into
	EventReplyGone       = "reply.gone"            // the network shows a sent reply of ours no longer: data.post_id
)

// TargetName names one of a case's promises of time.
type TargetName string

// Targets of a case. The first response's DueAt stands in the case too.
const (
	FirstResponse TargetName = "first_response"
	NextResponse  TargetName = "next_response" // to what the customer said after an answer of ours
	Resolution    TargetName = "resolution"
)

// Target is one that runs, in business time.
type Target struct {
	Name   TargetName
	Since  time.Time // from when it counts
	WarnAt time.Time // three quarters are over; zero while the clock stands
	DueAt  time.Time // zero while the clock stands

	WarnedAt   time.Time // as stored; zero: not warned
	BreachedAt time.Time // as stored; zero: in time so far
}

// Stands reports whether the clock stands.
func (t Target) Stands() bool { return t.DueAt.IsZero() }

// Rest is a stretch in which the clocks of a case stood, because it waited or
// was resolved. To is zero while it lasts.
type Rest struct{ From, To time.Time }
