package store

import (
	"strings"

	"socialwatch"
)

// Columns of each row type, in one place: reads name their columns, so that a
// newer schema's additional ones do no harm. Joins use prefixed.
const (
	caseColumns = `id, number, account, network, host, customer_id, customer, state, level, intent, score,
escalated, escalation, orders, opened_at, updated_at, due_at, responded_at, resolved_at, look_at, looks,
assignee, merged_into, linked, version, team, incident_id, snoozed_until, external_system, external_ref, external_url, asked_at`

	replyColumns = `id, case_id, mention_id, state, version, payload, hash, findings, author, reason,
decided_by, decided_at, hold_until, expires_at, key, attempt, sent_at, post_id, post_url, created_at,
decider, deciding_until, edit, words_added, words_removed, checked_by, self_approved, hold_from, moved, retry_at`

	mentionColumns = `id, network, host, post_id, account, kind, case_id, author_id, author_handle, author_name,
author_url, followers, bot, body, warning, language, visibility, url, parent_id, parent_by, root_id, media,
created_at, edited_at, revision, received_at, gone_at, rules, intent, escalate, urgency, sentiment, lang, score,
ignored, thanks, masked, signals, entities`

	eventColumns = `id, seq, kind, case_id, case_version, reply_id, actor, at, data,
coalesce((select number from cases where cases.id = events.case_id), '') as case_number`
)

// liveReplies are the states from which a reply may still move, as the indexes
// of the schema name them; a test holds them to the states that are not Final.
const liveReplies = `('proposed','checked','awaiting','approved','holding','sending','blocked','failed','unknown')`

// prefixed returns columns with an alias in front of each: "m.id, m.network".
// With as, each is also renamed for an embedded struct tagged db:"as":
// `m.id "m.id"`.
func prefixed(alias, columns string, as bool) string {
	names := strings.Split(strings.ReplaceAll(columns, "\n", " "), ",")
	for i, n := range names {
		n = alias + "." + strings.TrimSpace(n)
		if as {
			n += ` "` + n + `"`
		}
		names[i] = n
	}
	return strings.Join(names, ", ")
}

// customer is what cases.customer holds beside the id.
type customer struct {
	Handle    string `json:"handle"`
	Name      string `json:"name"`
	URL       string `json:"url"`
	Followers int    `json:"followers"`
	Bot       bool   `json:"bot"`
}

// caseRow is one row of cases.
type caseRow struct {
	ID          int64            `db:"id"`
	Number      string           `db:"number"`
	Account     string           `db:"account"`
	Network     string           `db:"network"`
	Host        string           `db:"host"`
	CustomerID  string           `db:"customer_id"`
	Customer    jsonOf[customer] `db:"customer"`
	State       string           `db:"state"`
	Level       int              `db:"level"`
	Intent      string           `db:"intent"`
	Score       int              `db:"score"`
	Escalated   bool             `db:"escalated"`
	Escalation  string           `db:"escalation"`
	Orders      jsonOf[[]string] `db:"orders"`
	OpenedAt    moment           `db:"opened_at"`
	UpdatedAt   moment           `db:"updated_at"`
	DueAt       moment           `db:"due_at"`
	RespondedAt moment           `db:"responded_at"`
	ResolvedAt  moment           `db:"resolved_at"`
	LookAt      moment           `db:"look_at"`
	Looks       int              `db:"looks"`
	Assignee    string           `db:"assignee"`
	MergedInto  *int64           `db:"merged_into"`
	Linked      *int64           `db:"linked"`
	Version     int              `db:"version"`
	Team        string           `db:"team"`
	Incident    *int64           `db:"incident_id"`
	Snoozed     moment           `db:"snoozed_until"`
	Owner       string           `db:"external_system"`
	OwnerRef    string           `db:"external_ref"`
	OwnerURL    string           `db:"external_url"`
	AskedAt     moment           `db:"asked_at"`
}

func (r caseRow) value() socialwatch.Case {
	c := r.Customer.V
	return socialwatch.Case{
		ID: r.ID, Number: r.Number, Account: r.Account, Network: socialwatch.Network(r.Network), Host: r.Host,
		Customer: socialwatch.Author{ID: r.CustomerID, Handle: c.Handle, Name: c.Name, URL: c.URL,
			Followers: c.Followers, Bot: c.Bot},
		State: socialwatch.CaseState(r.State), Level: r.Level, Intent: socialwatch.Intent(r.Intent), Score: r.Score,
		Escalated: r.Escalated, Escalation: r.Escalation, Orders: r.Orders.V,
		OpenedAt: r.OpenedAt.Time, UpdatedAt: r.UpdatedAt.Time, DueAt: r.DueAt.Time,
		RespondedAt: r.RespondedAt.Time, ResolvedAt: r.ResolvedAt.Time, LookAt: r.LookAt.Time, Looks: r.Looks,
		Team: r.Team, Assignee: r.Assignee, MergedInto: deref(r.MergedInto), Linked: deref(r.Linked), Incident: deref(r.Incident),
		SnoozedUntil: r.Snoozed.Time, AskedAt: r.AskedAt.Time, External: socialwatch.External{System: r.Owner, Ref: r.OwnerRef, URL: r.OwnerURL}, Version: r.Version,
	}
}

// replyRow is one row of replies, less the sending lease and the queue tuple.
type replyRow struct {
	ID        int64                         `db:"id"`
	CaseID    int64                         `db:"case_id"`
	MentionID int64                         `db:"mention_id"`
	State     string                        `db:"state"`
	Version   int                           `db:"version"`
	Payload   jsonOf[socialwatch.Payload]   `db:"payload"`
	Hash      string                        `db:"hash"`
	Findings  jsonOf[[]socialwatch.Finding] `db:"findings"`
	Author    string                        `db:"author"`
	Reason    string                        `db:"reason"`
	DecidedBy string                        `db:"decided_by"`
	DecidedAt moment                        `db:"decided_at"`
	HoldUntil moment                        `db:"hold_until"`
	ExpiresAt moment                        `db:"expires_at"`
	Key       *string                       `db:"key"`
	Attempt   int                           `db:"attempt"`
	SentAt    moment                        `db:"sent_at"`
	PostID    *string                       `db:"post_id"`
	PostURL   string                        `db:"post_url"`
	CreatedAt moment                        `db:"created_at"`
	Decider   string                        `db:"decider"`
	Deciding  moment                        `db:"deciding_until"`
	CheckedBy string                        `db:"checked_by"`
	Self      bool                          `db:"self_approved"`
	HoldFrom  moment                        `db:"hold_from"`
	Moved     string                        `db:"moved"`
	RetryAt   moment                        `db:"retry_at"`
	editRow
}

// editRow is the badge of a version.
type editRow struct {
	Kind    string `db:"edit"`
	Added   int    `db:"words_added"`
	Removed int    `db:"words_removed"`
}

func (r editRow) edit() socialwatch.Edit {
	return socialwatch.Edit{Kind: socialwatch.EditKind(r.Kind), Added: r.Added, Removed: r.Removed}
}

func (r replyRow) value() socialwatch.Reply {
	return socialwatch.Reply{
		ID: r.ID, CaseID: r.CaseID, MentionID: r.MentionID, State: socialwatch.ReplyState(r.State),
		Version: r.Version, Payload: r.Payload.V, Hash: r.Hash, Findings: r.Findings.V, Author: r.Author,
		Reason: r.Reason, DecidedBy: r.DecidedBy, DecidedAt: r.DecidedAt.Time, HoldUntil: r.HoldUntil.Time,
		ExpiresAt: r.ExpiresAt.Time, Key: deref(r.Key), Attempt: r.Attempt, SentAt: r.SentAt.Time,
		PostID: deref(r.PostID), PostURL: r.PostURL, CreatedAt: r.CreatedAt.Time,
		Lease: socialwatch.Lease{By: r.Decider, Until: r.Deciding.Time}, Edit: r.edit(), CheckedBy: r.CheckedBy,
		SelfApproved: r.Self, HoldFrom: r.HoldFrom.Time, Moved: r.Moved, RetryAt: r.RetryAt.Time,
	}
}

// attachment is one element of mentions.media.
type attachment struct {
	Kind        string `json:"kind"`
	Description string `json:"description"`
}

// mentionRow is one row of mentions with its newest assessment.
type mentionRow struct {
	ID           int64                        `db:"id"`
	Network      string                       `db:"network"`
	Host         string                       `db:"host"`
	PostID       string                       `db:"post_id"`
	Account      string                       `db:"account"`
	Kind         string                       `db:"kind"`
	CaseID       *int64                       `db:"case_id"`
	AuthorID     string                       `db:"author_id"`
	AuthorHandle string                       `db:"author_handle"`
	AuthorName   string                       `db:"author_name"`
	AuthorURL    string                       `db:"author_url"`
	Followers    int                          `db:"followers"`
	Bot          bool                         `db:"bot"`
	Body         string                       `db:"body"`
	Warning      string                       `db:"warning"`
	Language     string                       `db:"language"`
	Visibility   string                       `db:"visibility"`
	URL          string                       `db:"url"`
	ParentID     string                       `db:"parent_id"`
	ParentBy     string                       `db:"parent_by"`
	RootID       string                       `db:"root_id"`
	Media        jsonOf[[]attachment]         `db:"media"`
	CreatedAt    moment                       `db:"created_at"`
	EditedAt     moment                       `db:"edited_at"`
	Revision     string                       `db:"revision"`
	ReceivedAt   moment                       `db:"received_at"`
	GoneAt       moment                       `db:"gone_at"`
	Rules        string                       `db:"rules"`
	Intent       string                       `db:"intent"`
	Escalate     bool                         `db:"escalate"`
	Urgency      int                          `db:"urgency"`
	Sentiment    int                          `db:"sentiment"`
	Lang         string                       `db:"lang"`
	Score        int                          `db:"score"`
	Ignored      string                       `db:"ignored"`
	Thanks       bool                         `db:"thanks"`
	Masked       string                       `db:"masked"`
	Signals      jsonOf[[]socialwatch.Signal] `db:"signals"`
	Entities     jsonOf[[]socialwatch.Entity] `db:"entities"`
}

// gone reports whether the post is deleted or hidden from us; its text is
// erased then.
func (r mentionRow) gone() bool { return !r.GoneAt.IsZero() }

func (r mentionRow) mention() socialwatch.Mention {
	m := socialwatch.Mention{
		Post: socialwatch.Post{
			Network: socialwatch.Network(r.Network), Host: r.Host, ID: r.PostID,
			Author: socialwatch.Author{ID: r.AuthorID, Handle: r.AuthorHandle, Name: r.AuthorName,
				URL: r.AuthorURL, Followers: r.Followers, Bot: r.Bot},
			Text: r.Body, Warning: r.Warning, Language: r.Language,
			Visibility: socialwatch.Visibility(r.Visibility), URL: r.URL,
			ParentID: r.ParentID, ParentBy: r.ParentBy, RootID: r.RootID,
			CreatedAt: r.CreatedAt.Time, EditedAt: r.EditedAt.Time,
		},
		Account: r.Account, Kind: socialwatch.MentionKind(r.Kind),
	}
	for _, a := range r.Media.V {
		m.Media = append(m.Media, socialwatch.Media(a))
	}
	return m
}

// assessment of the mention. The signals of a gone one keep name and points;
// their spans are 0, because the words are no more.
func (r mentionRow) assessment() socialwatch.Assessment {
	signals := r.Signals.V
	if r.gone() {
		for i := range signals {
			signals[i].Start, signals[i].End = 0, 0
		}
	}
	return socialwatch.Assessment{
		Rules: r.Rules, Intent: socialwatch.Intent(r.Intent), Escalate: r.Escalate, Urgency: r.Urgency,
		Sentiment: r.Sentiment, Language: r.Lang, Score: r.Score, Ignored: r.Ignored, Thanks: r.Thanks,
		Signals: signals, Entities: r.Entities.V, Masked: r.Masked,
	}
}

// eventRow is one row of events.
type eventRow struct {
	ID          int64                  `db:"id"`
	Seq         *int64                 `db:"seq"`
	Kind        string                 `db:"kind"`
	CaseID      *int64                 `db:"case_id"`
	CaseVersion int                    `db:"case_version"`
	CaseNumber  string                 `db:"case_number"`
	ReplyID     *int64                 `db:"reply_id"`
	Actor       string                 `db:"actor"`
	At          moment                 `db:"at"`
	Data        jsonOf[map[string]any] `db:"data"`
}

func (r eventRow) value() socialwatch.Event {
	return socialwatch.Event{ID: r.ID, Seq: deref(r.Seq), Kind: r.Kind, CaseID: deref(r.CaseID),
		CaseNumber: r.CaseNumber, CaseVersion: r.CaseVersion, ReplyID: deref(r.ReplyID), Actor: r.Actor, At: r.At.Time, Data: r.Data.V}
}

// deref is the value at p, or the zero value for null.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// orNull makes an argument of which the zero value means null.
func orNull[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// rowValues converts rows to what leaves the store.
func rowValues[R interface{ value() V }, V any](rows []R) []V {
	if len(rows) == 0 {
		return nil
	}
	out := make([]V, len(rows))
	for i, r := range rows {
		out[i] = r.value()
	}
	return out
}
