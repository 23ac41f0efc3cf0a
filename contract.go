package socialwatch

import (
	"encoding/json"
	"time"
)

// CaseV1 is one row of the view cases_v1, as JSON has it: docs/consumers.md.
type CaseV1 struct {
	CaseID          int64      `json:"case_id"`
	Number          string     `json:"number"`
	Account         string     `json:"account"`
	Network         string     `json:"network"`
	Host            string     `json:"host"`
	CustomerHandle  string     `json:"customer_handle"`
	State           string     `json:"state"`
	Level           int        `json:"level"`
	Intent          string     `json:"intent"`
	Score           int        `json:"score"`
	Escalated       bool       `json:"escalated"`
	Escalation      string     `json:"escalation"`
	OpenedAt        time.Time  `json:"opened_at"`
	UpdatedAt       time.Time  `json:"updated_at"`
	DueAt           *time.Time `json:"due_at"`
	RespondedAt     *time.Time `json:"responded_at"`
	BreachedAt      *time.Time `json:"breached_at"`
	ResolvedAt      *time.Time `json:"resolved_at"`
	Assignee        string     `json:"assignee"`
	MergedInto      *int64     `json:"merged_into"`
	FollowsCaseID   *int64     `json:"follows_case_id"`
	Version         int        `json:"version"`
	FirstPostURL    string     `json:"first_post_url"`
	FirstPostMasked string     `json:"first_post_masked"`
	Mentions        int        `json:"mentions"`
	Team            string     `json:"team"`
	IncidentID      *int64     `json:"incident_id"`
	Tags            []string   `json:"tags"`
	SnoozedUntil    *time.Time `json:"snoozed_until"`
	ExternalSystem  string     `json:"external_system"`
	ExternalRef     string     `json:"external_ref"`
	ExternalURL     string     `json:"external_url"`

	AskedAt              *time.Time `json:"asked_at"`
	NextDueAt            *time.Time `json:"next_due_at"`
	NextBreachedAt       *time.Time `json:"next_breached_at"`
	ResolutionDueAt      *time.Time `json:"resolution_due_at"`
	ResolutionBreachedAt *time.Time `json:"resolution_breached_at"`
}

// EventV1 is one row of the view case_events_v1, as JSON has it.
type EventV1 struct {
	Seq         int64           `json:"seq"`
	Kind        string          `json:"kind"`
	CaseID      *int64          `json:"case_id"`
	CaseNumber  *string         `json:"case_number"`
	CaseVersion int             `json:"case_version"`
	ReplyID     *int64          `json:"reply_id"`
	Actor       string          `json:"actor"`
	At          time.Time       `json:"at"`
	Data        json.RawMessage `json:"data"`
}

// Letter is a claimed delivery with what it says: an event and, as it stands
// now, the event's case; nil for an event of none.
type Letter struct {
	DeliveryID int64
	Attempt    int // of the claim
	Tries      int // this one counted
	LeaseUntil time.Time
	Event      EventV1
	Case       *CaseV1
}
