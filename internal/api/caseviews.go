package api

import (
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// Case is a customer's matter.
type Case struct {
	ID             int64                 `json:"id"`
	Number         string                `json:"number"`
	Account        string                `json:"account"`
	Network        socialwatch.Network   `json:"network"`
	Host           string                `json:"host"`
	CustomerHandle string                `json:"customer_handle"`
	CustomerURL    string                `json:"customer_url"`
	State          socialwatch.CaseState `json:"state"`
	Level          int                   `json:"level"`
	Intent         socialwatch.Intent    `json:"intent"`
	Score          int                   `json:"score"`
	Escalated      bool                  `json:"escalated"`
	Escalation     string                `json:"escalation"`
	Orders         []string              `json:"orders"` // masked without the scope entities
	OpenedAt       *time.Time            `json:"opened_at"`
	UpdatedAt      *time.Time            `json:"updated_at"`
	DueAt          *time.Time            `json:"due_at"`
	RespondedAt    *time.Time            `json:"responded_at"`
	BreachedAt     *time.Time            `json:"breached_at"`
	ResolvedAt     *time.Time            `json:"resolved_at"`
	Team           string                `json:"team"`
	Assignee       string                `json:"assignee"`
	SnoozedUntil   *time.Time            `json:"snoozed_until"`
	MergedInto     *int64                `json:"merged_into"`
	FollowsCaseID  *int64                `json:"follows_case_id"`
	Version        int                   `json:"version"`
	External       *External             `json:"external"` // null: it is ours
}

// External is who owns a case that another system has claimed.
type External struct {
	System    string `json:"system"`
	Reference string `json:"reference"` // what the system calls it
	URL       string `json:"url"`       // where it stands there; "" when that is not known
}

// CaseItem is a case of a list.
type CaseItem struct {
	Case
	MentionCount    int                    `json:"mention_count"`
	FirstPostMasked string                 `json:"first_post_masked"`
	ReplyState      socialwatch.ReplyState `json:"reply_state"` // of its newest reply; "" without one
}

// CaseDetail is one case with all that belongs to it.
type CaseDetail struct {
	Case
	MergedFrom string     `json:"merged_from"` // the number asked for, when a merge leads here
	Mentions   []Mention  `json:"mentions"`    // oldest first
	Replies    []Reply    `json:"replies"`     // oldest first
	Earlier    []CaseItem `json:"earlier"`     // other cases of the customer, newest first, at most 5
	Events     []Event    `json:"events"`      // newest first, at most 200
	Tags       []string   `json:"tags"`        // sorted
	WaitsFor   string     `json:"waits_for"`   // private_contact while it waits for that, else ""

	OrderFacts []OrderFacts `json:"order_facts"` // what the shop's own system says; empty where it is not asked
}

// MentionItem is a post that was taken in, of a case or ignored.
type MentionItem struct {
	Mention
	Account    string              `json:"account"`
	Network    socialwatch.Network `json:"network"`
	Host       string              `json:"host"`
	CaseNumber string              `json:"case_number"` // "" without a case
	Ignored    string              `json:"ignored"`     // noise rule by which it has none; "" for none
}

// Mention is a post of a case.
type Mention struct {
	ID         int64                   `json:"id"`
	Kind       socialwatch.MentionKind `json:"kind"`
	Post       Post                    `json:"post"`
	Assessment Assessment              `json:"assessment"`
	ReceivedAt *time.Time              `json:"received_at"`
}

func (c caller) viewCase(one socialwatch.Case, breached time.Time) Case {
	return Case{ID: one.ID, Number: one.Number, Account: one.Account, Network: one.Network, Host: one.Host,
		CustomerHandle: one.Customer.Handle, CustomerURL: one.Customer.URL, State: one.State, Level: one.Level,
		Intent: one.Intent, Score: one.Score, Escalated: one.Escalated, Escalation: one.Escalation, Orders: each(one.Orders, c.number),
		OpenedAt: at(one.OpenedAt), UpdatedAt: at(one.UpdatedAt), DueAt: at(one.DueAt), RespondedAt: at(one.RespondedAt),
		BreachedAt: at(breached), ResolvedAt: at(one.ResolvedAt), Team: one.Team, Assignee: one.Assignee, SnoozedUntil: at(one.SnoozedUntil),
		MergedInto: known(one.MergedInto), FollowsCaseID: known(one.Linked), Version: one.Version, External: viewExternal(one.External)}
}

func (c caller) viewCaseRow(r store.CaseRow) CaseItem {
	return CaseItem{c.viewCase(r.Case, r.BreachedAt), r.Mentions, r.Masked, r.Reply}
}

func (c caller) viewDetail(d store.CaseDetail) CaseDetail {
	return CaseDetail{
		Case: c.viewCase(d.Case, d.BreachedAt), MergedFrom: d.MergedFrom,
		Mentions: each(d.Mentions, c.viewPosted), Tags: list(d.Tags), WaitsFor: d.WaitsFor,
		Replies: each(d.Replies, func(r socialwatch.Reply) Reply { return c.viewReply(r, d.Case.Number) }),
		Earlier: each(d.Earlier, c.viewCaseRow),
		Events:  each(d.Events, viewEvent), OrderFacts: each(d.Orders, c.viewOrder),
	}
}

func (c caller) viewPosted(m store.MentionRow) Mention {
	return Mention{m.ID, m.Mention.Kind, viewPost(m), c.viewAssessment(m.Assessment), at(m.ReceivedAt)}
}

func (c caller) viewMention(m store.MentionRow) MentionItem {
	p := m.Mention
	return MentionItem{c.viewPosted(m), p.Account, p.Network, p.Host, m.CaseNumber, m.Assessment.Ignored}
}

// viewCurrentCase says who has changed a case.
func viewCurrentCase(d store.CaseDetail) *CurrentCase {
	v := &CurrentCase{Number: d.Case.Number, State: d.Case.State, Assignee: d.Case.Assignee, Version: d.Case.Version, ChangedAt: at(d.Case.UpdatedAt)}
	if len(d.Events) > 0 {
		e := d.Events[0]
		v.Change, v.ChangedBy, v.ChangedAt = e.Kind, e.Actor, at(e.At)
	}
	return v
}
