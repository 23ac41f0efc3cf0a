package socialwatch

import "time"

// Kinds of event about what the program watches for. Each begins or ends an
// Alarm, once; Data has "account". With EventUnattended it also names the first
// draft that is overdue: "case", its number, "level", "intent" and "due_at".
const (
	EventUnattended   = "queue.unattended" // an overdue draft waits and no approver of its account is signed in
	EventAttended     = "queue.attended"   // no longer
	EventPollsMissed  = "polling.missed"   // "since" is the last poll that worked
	EventPollsWorking = "polling.working"  // again
)

// Kinds of alarm.
const (
	AlarmUnattended = "unattended"
	AlarmPolls      = "polls"
)

// Alarm is a state of an account that needs people, while it lasts.
type Alarm struct {
	Kind    string
	Account string
	Since   time.Time // when the program saw it
}

// Overdue is a draft that awaits approval past the target of its case, which
// nobody has answered yet.
type Overdue struct {
	ReplyID    int64
	CaseNumber string
	Level      int
	Intent     Intent
	DueAt      time.Time
}

// AlertEvent is an event with what an alert tells of its case: nothing that a
// customer has written or goes by. The fields of the case are empty for an
// event of none.
type AlertEvent struct {
	Event
	Account     string // of the case, or of Data
	Level       int
	Intent      Intent
	Target      TargetName // that was breached: the first or the next response
	DueAt       time.Time  // of that target
	RespondedAt time.Time
	Answered    bool // meanwhile
}

// AlertState is how telling an endpoint of alerts goes.
type AlertState struct {
	Name     string
	Seq      int64     // of the last event that was told or passed over
	ToldAt   time.Time // last message that arrived; zero: none yet
	Messages int64     // that arrived
	Failures int       // since then, in a row
	Error    string    // of the last failure; empty after a success; without secrets
	FailedAt time.Time // first of these failures
	NextAt   time.Time // no try before this
}
