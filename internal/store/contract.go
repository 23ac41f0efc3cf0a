package store

import (
	"time"

	"socialwatch"
)

const (
	eventV1Columns = `seq, kind, case_id, case_number, case_version, reply_id, actor, at, data`
	caseV1Columns  = `case_id, number, account, network, host, customer_handle, state, level, intent, score, escalated, escalation,
    opened_at, updated_at, due_at, responded_at, breached_at, resolved_at, assignee, merged_into, follows_case_id, version,
    first_post_url, first_post_masked, mentions, team, incident_id, tags, snoozed_until,
    external_system, external_ref, external_url,
    asked_at, next_due_at, next_breached_at, resolution_due_at, resolution_breached_at`

	sqlEventsV1 = `select ` + eventV1Columns + ` from case_events_v1 where seq in (?)`
	sqlCasesV1  = `select ` + caseV1Columns + ` from cases_v1 where case_id in (?)`
)

// caseV1Row is one row of cases_v1.
type caseV1Row struct {
	CaseID          int64            `db:"case_id"`
	Number          string           `db:"number"`
	Account         string           `db:"account"`
	Network         string           `db:"network"`
	Host            string           `db:"host"`
	CustomerHandle  *string          `db:"customer_handle"`
	State           string           `db:"state"`
	Level           int              `db:"level"`
	Intent          string           `db:"intent"`
	Score           int              `db:"score"`
	Escalated       bool             `db:"escalated"`
	Escalation      string           `db:"escalation"`
	OpenedAt        moment           `db:"opened_at"`
	UpdatedAt       moment           `db:"updated_at"`
	DueAt           moment           `db:"due_at"`
	RespondedAt     moment           `db:"responded_at"`
	BreachedAt      moment           `db:"breached_at"`
	ResolvedAt      moment           `db:"resolved_at"`
	Assignee        string           `db:"assignee"`
	MergedInto      *int64           `db:"merged_into"`
	FollowsCaseID   *int64           `db:"follows_case_id"`
	Version         int              `db:"version"`
	FirstPostURL    *string          `db:"first_post_url"`
	FirstPostMasked *string          `db:"first_post_masked"`
	Mentions        int              `db:"mentions"`
	Team            string           `db:"team"`
	IncidentID      *int64           `db:"incident_id"`
	Tags            jsonOf[[]string] `db:"tags"`
	SnoozedUntil    moment           `db:"snoozed_until"`
	ExternalSystem  string           `db:"external_system"`
	ExternalRef     string           `db:"external_ref"`
	ExternalURL     string           `db:"external_url"`

	AskedAt              moment `db:"asked_at"`
	NextDueAt            moment `db:"next_due_at"`
	NextBreachedAt       moment `db:"next_breached_at"`
	ResolutionDueAt      moment `db:"resolution_due_at"`
	ResolutionBreachedAt moment `db:"resolution_breached_at"`
}

func (r caseV1Row) value() socialwatch.CaseV1 {
	return socialwatch.CaseV1{
		CaseID: r.CaseID, Number: r.Number, Account: r.Account, Network: r.Network, Host: r.Host,
		CustomerHandle: deref(r.CustomerHandle), State: r.State, Level: r.Level, Intent: r.Intent, Score: r.Score,
		Escalated: r.Escalated, Escalation: r.Escalation, OpenedAt: r.OpenedAt.Time, UpdatedAt: r.UpdatedAt.Time,
		DueAt: orNever(r.DueAt), RespondedAt: orNever(r.RespondedAt), BreachedAt: orNever(r.BreachedAt), ResolvedAt: orNever(r.ResolvedAt),
		Assignee: r.Assignee, MergedInto: r.MergedInto, FollowsCaseID: r.FollowsCaseID, Version: r.Version,
		FirstPostURL: deref(r.FirstPostURL), FirstPostMasked: deref(r.FirstPostMasked), Mentions: r.Mentions,
		Team: r.Team, IncidentID: r.IncidentID, Tags: r.Tags.V, SnoozedUntil: orNever(r.SnoozedUntil),
		ExternalSystem: r.ExternalSystem, ExternalRef: r.ExternalRef, ExternalURL: r.ExternalURL,
		AskedAt: orNever(r.AskedAt), NextDueAt: orNever(r.NextDueAt), NextBreachedAt: orNever(r.NextBreachedAt),
		ResolutionDueAt: orNever(r.ResolutionDueAt), ResolutionBreachedAt: orNever(r.ResolutionBreachedAt),
	}
}

// orNever is a time that may be null.
func orNever(m moment) *time.Time {
	if m.IsZero() {
		return nil
	}
	return &m.Time
}
