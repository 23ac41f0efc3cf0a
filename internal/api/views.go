package api

import (
	"slices"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// Page is one page of a list. Next is the cursor of the following one; nil at
// the end.
type Page[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next"`
}

// Reply is a reply in its newest version.
type Reply struct {
	ID              int64                  `json:"id"`
	CaseNumber      string                 `json:"case_number"`
	Account         string                 `json:"account"`
	Network         socialwatch.Network    `json:"network"`
	State           socialwatch.ReplyState `json:"state"`
	Version         int                    `json:"version"`
	Hash            string                 `json:"hash"`       // what a decision is bound to
	Text            string                 `json:"text"`       // what a person may edit
	WholeText       string                 `json:"whole_text"` // as it will stand in public
	Warning         string                 `json:"warning"`    // content warning above it; "" for none
	Visibility      socialwatch.Visibility `json:"visibility"`
	Language        string                 `json:"language"`
	Template        string                 `json:"template"` // "" when written by hand
	TemplateVersion int                    `json:"template_version"`
	Length          int                    `json:"length"` // by the network's own count
	Limit           int                    `json:"limit"`
	CostUSD         float64                `json:"cost_usd"`  // what the network will charge; 0: nothing
	ParentID        string                 `json:"parent_id"` // post that it answers
	Findings        []socialwatch.Finding  `json:"findings"`
	Author          string                 `json:"author"`
	Reason          string                 `json:"reason"` // why it is blocked, rejected, superseded, failed, expired; a colleague's note follows for people's tokens
	DecidedBy       string                 `json:"decided_by"`
	DecidedAt       *time.Time             `json:"decided_at"`
	HoldUntil       *time.Time             `json:"hold_until"`
	ExpiresAt       *time.Time             `json:"expires_at"`
	Attempts        int                    `json:"attempt_count"`
	SentAt          *time.Time             `json:"sent_at"`
	PublishedID     string                 `json:"published_id"`
	PublishedURL    string                 `json:"published_url"`
	Lease           *Lease                 `json:"lease"` // null when nobody is known to be deciding
	CreatedAt       *time.Time             `json:"created_at"`
	Edit            socialwatch.EditKind   `json:"edit"`          // against what its template filled in; "" when that is not known
	WordsAdded      int                    `json:"words_added"`   // by that edit
	WordsRemoved    int                    `json:"words_removed"` // by that edit
	CheckedBy       string                 `json:"checked_by"`    // version of the check that gave findings; "" when that is not known
	SelfApproved    bool                   `json:"self_approved"` // who approved it has written it
	ThreadMoved     string                 `json:"thread_moved"`  // how, after sending began; "" when it has not
}

// Lease says that somebody is deciding about a reply. It informs only.
type Lease struct {
	By    string    `json:"by"`
	Until time.Time `json:"until"` // over then unless renewed; it may have passed
}

// ReplyItem is a reply of a list, with what it answers.
type ReplyItem struct {
	Reply
	Case CaseBrief `json:"case"`
	Post Post      `json:"post"`
}

// ReplyDetail is one reply with its history.
type ReplyDetail struct {
	ReplyItem
	Assessment Assessment `json:"assessment"`
	Versions   []Version  `json:"versions"` // oldest first
	Attempts   []Attempt  `json:"attempts"` // oldest first
	InDoubt    bool       `json:"in_doubt"` // another reply of the case is sending or unknown: no approval now
	LookAt     *time.Time `json:"look_at"`  // unknown: next look; null with retry_at: a person must resolve it
	RetryAt    *time.Time `json:"retry_at"` // failed or unknown: next attempt; failed, null: a person decides
	Changed    *Changed   `json:"changed"`  // since the draft before it; null unless that one was superseded
}

// CaseBrief is what a reply's row shows of its case.
type CaseBrief struct {
	Number    string                `json:"number"`
	State     socialwatch.CaseState `json:"state"`
	Level     int                   `json:"level"`
	Intent    socialwatch.Intent    `json:"intent"`
	Score     int                   `json:"score"`
	Escalated bool                  `json:"escalated"`
	Team      string                `json:"team"`
	OpenedAt  *time.Time            `json:"opened_at"`
	DueAt     *time.Time            `json:"due_at"`
	Responded bool                  `json:"responded"`
	Breached  bool                  `json:"breached"`
	NextAt    *time.Time            `json:"next_at"`   // the case's deadline: the queue's order
	RaisedAt  *time.Time            `json:"raised_at"` // when it was raised because its customer did not come in private
}

// Post is a customer's post. Masked is its text with personal data replaced
// by *; offsets of Signals count its bytes.
type Post struct {
	ID           string                 `json:"id"`
	AuthorHandle string                 `json:"author_handle"`
	AuthorURL    string                 `json:"author_url"`
	Followers    int                    `json:"followers"`
	Visibility   socialwatch.Visibility `json:"visibility"`
	URL          string                 `json:"url"`
	Language     string                 `json:"language"`
	Masked       string                 `json:"masked"`
	Signals      []socialwatch.Signal   `json:"signals"`
	PostedAt     *time.Time             `json:"posted_at"`
	EditedAt     *time.Time             `json:"edited_at"`
	Gone         bool                   `json:"gone"` // deleted or hidden from us; its text is erased
}

// Assessment is what triage says of a post beyond its signals.
type Assessment struct {
	Rules     string               `json:"rules"`
	Intent    socialwatch.Intent   `json:"intent"`
	Escalate  bool                 `json:"escalate"`
	Urgency   int                  `json:"urgency"`
	Sentiment int                  `json:"sentiment"`
	Score     int                  `json:"score"`
	Entities  []socialwatch.Entity `json:"entities"` // personal data left out; numbers masked without the scope entities
}

// Version is one version of a reply.
type Version struct {
	Version   int        `json:"version"`
	Hash      string     `json:"hash"`
	Text      string     `json:"text"`
	Author    string     `json:"author"`
	CreatedAt *time.Time `json:"created_at"`

	Edit         socialwatch.EditKind   `json:"edit"`
	WordsAdded   int                    `json:"words_added"`
	WordsRemoved int                    `json:"words_removed"`
	CheckedBy    string                 `json:"checked_by"`
	Diff         []socialwatch.DiffPart `json:"diff"` // by word, against the version before
}

// Attempt is one call to publish.
type Attempt struct {
	N       int                    `json:"n"`
	BegunAt *time.Time             `json:"begun_at"`
	EndedAt *time.Time             `json:"ended_at"`
	Outcome socialwatch.ReplyState `json:"outcome"` // "" while under way
	Reason  string                 `json:"reason"`
}

// Publishing is the switch.
type Publishing struct {
	Stopped bool `json:"stopped"`
}

// Me is whose token it is.
type Me struct {
	Kind   string                      `json:"kind"`  // person or system
	Token  string                      `json:"token"` // its name
	Login  string                      `json:"login"` // "" for a system
	Name   string                      `json:"name"`
	Scopes []string                    `json:"scopes"`
	Roles  map[string]socialwatch.Role `json:"roles"` // by account, or *
}

func (c caller) viewReply(r socialwatch.Reply, caseNumber string) Reply {
	p := r.Payload
	return Reply{ID: r.ID, CaseNumber: caseNumber, Account: p.Account, Network: p.Network,
		State: r.State, Version: r.Version, Hash: r.Hash, Text: p.Text, WholeText: p.Whole(), Warning: p.Warning,
		Visibility: p.Visibility, Language: p.Language, Template: p.Template, TemplateVersion: p.TemplateV,
		Length: p.Length, Limit: p.Limit, CostUSD: float64(p.Cost) / 1e6, ParentID: p.ParentID, Findings: list(r.Findings),
		Author: r.Author, Reason: c.reason(r), DecidedBy: r.DecidedBy, DecidedAt: at(r.DecidedAt),
		HoldUntil: at(r.HoldUntil), ExpiresAt: at(r.ExpiresAt), Attempts: r.Attempt, SentAt: at(r.SentAt),
		PublishedID: r.PostID, PublishedURL: r.PostURL, Lease: viewLease(r), CreatedAt: at(r.CreatedAt),
		Edit: r.Edit.Kind, WordsAdded: r.Edit.Added, WordsRemoved: r.Edit.Removed, CheckedBy: r.CheckedBy,
		SelfApproved: r.SelfApproved, ThreadMoved: r.Moved}
}

// reason is why a reply is where it is. What a colleague wrote beside it is for
// people: a system gets the reason alone.
func (c caller) reason(r socialwatch.Reply) string {
	if c.person == nil && (r.State == socialwatch.ReplyRejected || r.State == socialwatch.ReplyWithdrawn) {
		return store.WithoutNote(r.Reason)
	}
	return r.Reason
}

// viewLease is nil for a reply about which nothing is to be decided.
func viewLease(r socialwatch.Reply) *Lease {
	if r.Lease.By == "" || r.State != socialwatch.ReplyAwaiting && r.State != socialwatch.ReplyBlocked {
		return nil
	}
	return &Lease{r.Lease.By, r.Lease.Until.UTC()}
}

func (c caller) viewRow(r store.QueueRow) ReplyItem {
	return ReplyItem{
		Reply: c.viewReply(r.Reply, r.CaseNumber),
		Case: CaseBrief{Number: r.CaseNumber, State: r.CaseState, Level: r.Level, Intent: r.Intent, Score: r.Score,
			Escalated: r.Escalated, Team: r.Team, OpenedAt: at(r.OpenedAt), DueAt: at(r.DueAt), Responded: r.Responded, Breached: r.Breached,
			NextAt: at(r.NextAt), RaisedAt: at(r.RaisedAt)},
		Post: Post{ID: r.Reply.Payload.ParentID, AuthorHandle: r.Author.Handle, AuthorURL: r.Author.URL,
			Followers: r.Author.Followers, Visibility: r.Visibility, URL: r.PostURL, Language: r.Language,
			Masked: r.Masked, Signals: list(r.Signals), PostedAt: at(r.PostedAt), EditedAt: at(r.EditedAt), Gone: r.Gone},
	}
}

func (c caller) viewCard(card store.Card) ReplyDetail {
	one := card.Case
	return ReplyDetail{
		ReplyItem: ReplyItem{
			Reply: c.viewReply(card.Reply, one.Number),
			Case: CaseBrief{Number: one.Number, State: one.State, Level: one.Level, Intent: one.Intent, Score: one.Score,
				Escalated: one.Escalated, Team: one.Team, OpenedAt: at(one.OpenedAt), DueAt: at(one.DueAt),
				Responded: !one.RespondedAt.IsZero(), Breached: card.Breached, NextAt: at(card.NextAt), RaisedAt: at(card.RaisedAt)},
			Post: viewPost(card.Parent),
		},
		Assessment: c.viewAssessment(card.Parent.Assessment),
		Versions: each(card.Versions, func(v store.Version) Version {
			return Version{v.N, v.Hash, v.Payload.Text, v.Author, at(v.At), v.Edit.Kind, v.Edit.Added, v.Edit.Removed, v.CheckedBy, list(v.Diff)}
		}),
		Attempts: each(card.Attempts, func(a store.AttemptRow) Attempt {
			return Attempt{a.N, at(a.BegunAt), at(a.EndedAt), a.Outcome, a.Reason}
		}),
		InDoubt: card.InDoubt, LookAt: at(card.LookAt), RetryAt: at(card.Reply.RetryAt),
	}
}

func viewPost(m store.MentionRow) Post {
	p := m.Mention.Post
	return Post{ID: p.ID, AuthorHandle: p.Author.Handle, AuthorURL: p.Author.URL, Followers: p.Author.Followers,
		Visibility: p.Visibility, URL: p.URL, Language: m.Assessment.Language, Masked: m.Assessment.Masked,
		Signals: list(m.Assessment.Signals), PostedAt: at(p.CreatedAt), EditedAt: at(p.EditedAt), Gone: !m.GoneAt.IsZero()}
}

// number is an order or tracking number as the caller may see it: its last
// three characters are what the masked text shows as well.
func (c caller) number(value string) string {
	if slices.Contains(c.scopes, ScopeEntities) {
		return value
	}
	all := []rune(value)
	hidden := len(all) - 3
	if hidden <= 0 {
		hidden = len(all)
	}
	return strings.Repeat("*", hidden) + string(all[hidden:])
}

// shown are the entities that travel as typed values; the others are personal
// data and masked.
var shown = []socialwatch.EntityKind{socialwatch.OrderNumber, socialwatch.TrackingNumber, socialwatch.Amount,
	socialwatch.DaysWaited, socialwatch.Date, socialwatch.CaseNumber}

func (c caller) viewAssessment(a socialwatch.Assessment) Assessment {
	v := Assessment{Rules: a.Rules, Intent: a.Intent, Escalate: a.Escalate, Urgency: a.Urgency,
		Sentiment: a.Sentiment, Score: a.Score, Entities: []socialwatch.Entity{}}
	for _, e := range a.Entities {
		if slices.Contains(shown, e.Kind) {
			if e.Kind == socialwatch.OrderNumber || e.Kind == socialwatch.TrackingNumber {
				e.Value = c.number(e.Value)
			}
			v.Entities = append(v.Entities, e)
		}
	}
	return v
}

// at is a time as the API writes it: UTC, null when it is not known.
func at(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// known is null for 0, which no id and no number of ours is.
func known(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

// list is never null.
func list[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

func each[R, V any](rows []R, view func(R) V) []V {
	all := make([]V, len(rows))
	for i, r := range rows {
		all[i] = view(r)
	}
	return all
}
