package publish

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// Decisions stores what people decide. The database picks the winner with
// one conditional update; the loser gets ErrConflict that names the winner.
type Decisions interface {
	Approve(ctx context.Context, a socialwatch.Approval) (socialwatch.Reply, error)
	Reject(ctx context.Context, d socialwatch.Decision, at time.Time) (socialwatch.Reply, error)
	Revise(ctx context.Context, r socialwatch.Revision) (socialwatch.Reply, error)
	Undo(ctx context.Context, d socialwatch.Decision, at time.Time) (socialwatch.Reply, error)
}

// Holds makes undo windows longer.
type Holds interface {
	Extend(ctx context.Context, d socialwatch.Decision, at time.Time) (socialwatch.Reply, error)
}

// Switches stores the stop, and people's word on replies in doubt.
type Switches interface {
	Stop(ctx context.Context, by string, at time.Time) error
	Resume(ctx context.Context, by socialwatch.Person, at time.Time, hold time.Duration) error
	Settle(ctx context.Context, s socialwatch.Settlement) (socialwatch.Reply, error)
	Propose(ctx context.Context, p socialwatch.Proposal) (socialwatch.Reply, error)
}

// Redrafts stores drafts in the place of others.
type Redrafts interface {
	Redraft(ctx context.Context, r socialwatch.Redraft) (socialwatch.Reply, error)
}

// Desk takes people's decisions about replies: it knows their rights, checks
// the payload once more and binds the approval to its hash. The console and
// the API speak to it; nothing else approves. It is safe for concurrent use.
type Desk struct {
	Decisions Decisions
	Switches  Switches
	Replies   Contexts
	Connector func(account string) *connectors.Connector
	Refresh   func(ctx context.Context, c *connectors.Connector, postIDs []string) error
	Check     func(socialwatch.ReplyContext, socialwatch.Payload) []socialwatch.Finding
	CheckedBy string // version of Check, stored with what it found
	// Compare says what another text makes of a reply: its badge and its diff;
	// nil: that is not known.
	Compare func(rc socialwatch.ReplyContext, text string) socialwatch.Change
	// Language is the language of a text, as ISO 639-1, empty when that is not
	// sure; nil: never.
	Language func(text string) string
	Holds    Holds
	Hold     time.Duration                  // undo window; 0 sends at once
	Expiry   time.Duration                  // life of a version; 0: four hours
	Handoff  func(socialwatch.Payload) bool // see Publisher.Handoff
	// Incident drafts what an incident's template says to the post of a reply;
	// nil: no template fits.
	Incident     func(context.Context, socialwatch.ReplyContext) (*socialwatch.Draft, error)
	Redrafts     Redrafts
	SelfApproval func(account string) bool // may an author approve own text there; nil: nowhere
	// Second says when an edit of another's draft needs a colleague's approval;
	// empty: never.
	Second socialwatch.SecondPerson
	Now    func() time.Time
}

// BlockedError is the refusal of a text by the safety check: change the text,
// or let an admin widen the allow-list.
type BlockedError struct{ Findings []socialwatch.Finding }

func (e *BlockedError) Error() string {
	var rules []string
	for _, f := range e.Findings {
		if f.Blocks {
			rules = append(rules, f.Rule+" ("+f.Mend+")")
		}
	}
	if len(rules) == 0 {
		return "the safety check warns of something new since this reply was approved: look again, and edit it, or approve it with its text"
	}
	return "the safety check blocks this reply: " + strings.Join(rules, "; ")
}

// InputError is the refusal of what a person gave; its text says what to give
// instead.
type InputError struct{ Text string }

func (e *InputError) Error() string { return e.Text }

// Reject ends a reply for one of the RejectReasons; "other" needs a note.
func (d *Desk) Reject(ctx context.Context, dec socialwatch.Decision) (socialwatch.Reply, error) {
	rc, err := d.open(ctx, dec, socialwatch.RoleApprover)
	if err != nil {
		return rc.Reply, err
	}
	return d.Decisions.Reject(ctx, dec, d.now())
}

// Edit makes a new version with dec.Text, and with approve decides it in the
// same step. A text that the check blocks is kept as blocked version when it
// is only edited, and refused when it is to be approved; one that changes nothing
// is kept only where it may lift a block. With approve it is an approval like any other, so it
// needs a second key (see Approve): Preview tells the digest.
func (d *Desk) Edit(ctx context.Context, dec socialwatch.Decision, approve bool) (socialwatch.Reply, error) {
	open := d.look
	if !approve {
		open = func(ctx context.Context, dec socialwatch.Decision) (socialwatch.ReplyContext, error) {
			return d.open(ctx, dec, socialwatch.RoleAuthor)
		}
	}
	rc, err := open(ctx, dec)
	if err != nil {
		return rc.Reply, err
	}
	payload, findings, err := d.compose(rc, dec.Text)
	if err != nil {
		return rc.Reply, err
	}
	if !approve && payload.Hash() == rc.Reply.Hash && rc.Reply.State == socialwatch.ReplyAwaiting {
		return rc.Reply, &InputError{"nothing is changed: the text stands as it was"}
	}
	rev := socialwatch.Revision{Decision: dec, Payload: payload, Change: d.change(rc, payload.Text), Findings: findings,
		CheckedBy: d.CheckedBy, At: d.now(), ExpiresAt: d.now().Add(or(d.Expiry, 4*time.Hour))}
	if approve {
		if socialwatch.AnyBlocks(findings) {
			return rc.Reply, &BlockedError{findings}
		}
		a := d.approval(rc, dec, payload, findings)
		if err := d.confirmed(rc, a); err != nil {
			return rc.Reply, err
		}
		rev.Approval = &a
	}
	return d.Decisions.Revise(ctx, rev)
}

// Undo takes an approval back while the reply still holds: own ones for an
// approver, any for a lead.
func (d *Desk) Undo(ctx context.Context, dec socialwatch.Decision) (socialwatch.Reply, error) {
	rc, err := d.open(ctx, dec, socialwatch.RoleApprover)
	if err != nil {
		return rc.Reply, err
	}
	if account := rc.Reply.Payload.Account; rc.Reply.DecidedBy != dec.By.Login && !dec.By.May(socialwatch.RoleLead, account) {
		return rc.Reply, forbidden(dec.By, socialwatch.RoleLead, account)
	}
	return d.Decisions.Undo(ctx, dec, d.now())
}

func (d *Desk) change(rc socialwatch.ReplyContext, text string) socialwatch.Change {
	if d.Compare == nil {
		return socialwatch.Change{}
	}
	return d.Compare(rc, text)
}

// Preview composes and checks a text for a reply without storing it: what the
// editor shows, and with the text that stands what approving it would ask.
func (d *Desk) Preview(ctx context.Context, replyID int64, text string) (socialwatch.Checked, error) {
	rc, err := d.Replies.Context(ctx, replyID)
	if err != nil {
		return socialwatch.Checked{}, err
	}
	p, findings, err := d.compose(rc, text)
	if err != nil {
		return socialwatch.Checked{}, err
	}
	return socialwatch.Checked{Payload: p, Findings: findings, Confirm: rc.Confirmation(p, findings)}, nil
}

// Again drafts a person's own text for the post of an ended reply: after a
// rejection, an undo, an expiry, or to say more.
func (d *Desk) Again(ctx context.Context, dec socialwatch.Decision) (socialwatch.Reply, error) {
	rc, err := d.Replies.Context(ctx, dec.ReplyID)
	if err != nil {
		return rc.Reply, err
	}
	if account := rc.Reply.Payload.Account; !dec.By.May(socialwatch.RoleAuthor, account) {
		return rc.Reply, forbidden(dec.By, socialwatch.RoleAuthor, account)
	}
	payload, findings, err := d.compose(rc, dec.Text)
	if err != nil {
		return rc.Reply, err
	}
	return d.Switches.Propose(ctx, socialwatch.Proposal{MentionID: rc.Reply.MentionID, By: dec.By,
		Payload: payload, Findings: findings, CheckedBy: d.CheckedBy, At: d.now(), ExpiresAt: d.now().Add(or(d.Expiry, 4*time.Hour))})
}

// Anew puts what an incident's template says in the place of a draft of the
// program's that awaits a decision. ErrConflict when no such template fits, when
// a person has worked on the draft, or when it is not the one that was seen.
func (d *Desk) Anew(ctx context.Context, dec socialwatch.Decision) (socialwatch.Reply, error) {
	rc, err := d.open(ctx, dec, socialwatch.RoleAuthor)
	if err != nil {
		return rc.Reply, err
	}
	draft, err := d.Incident(ctx, rc)
	if err == nil && draft == nil {
		err = fmt.Errorf("no wording for incidents fits reply %d: %w", dec.ReplyID, socialwatch.ErrConflict)
	}
	if err != nil {
		return rc.Reply, err
	}
	c := d.Connector(draft.Account)
	if c == nil || c.Composer == nil {
		return rc.Reply, fmt.Errorf("account %q is not configured here or cannot reply: add it to the configuration", draft.Account)
	}
	payload, err := c.Composer.Compose(*draft)
	if err != nil {
		return rc.Reply, &InputError{"the reply cannot be composed: " + err.Error()}
	}
	rc.Original, rc.Slots, rc.SameText = draft.Text, nil, nil
	if payload.Text == draft.Text {
		rc.Slots = draft.Slots
	}
	return d.Redrafts.Redraft(ctx, socialwatch.Redraft{Decision: dec, Payload: payload, Slots: rc.Slots, Findings: d.Check(rc, payload),
		CheckedBy: d.CheckedBy, Why: "drafted anew for the incident", At: d.now(), ExpiresAt: d.now().Add(or(d.Expiry, 4*time.Hour))})
}

// compose makes the payload of a person's text and checks it.
func (d *Desk) compose(rc socialwatch.ReplyContext, text string) (socialwatch.Payload, []socialwatch.Finding, error) {
	old := rc.Reply.Payload
	c := d.Connector(old.Account)
	if c == nil || c.Composer == nil {
		return old, nil, fmt.Errorf("account %q is not configured here or cannot reply: add it to the configuration", old.Account)
	}
	text = socialwatch.CleanText(text)
	payload, err := c.Composer.Compose(socialwatch.Draft{Account: old.Account, Parent: rc.Parent.Post,
		Quotes: rc.Parent.Kind == socialwatch.KindQuote, Text: text, Language: d.language(old, text), Template: old.Template, TemplateV: old.TemplateV})
	if err != nil {
		return old, nil, &InputError{"the reply cannot be composed: " + err.Error()}
	}
	if payload.Text != old.Text {
		rc.SameText = nil // it counts the old words
	}
	return payload, d.Check(rc, payload), nil
}

// language is that of a person's text: where it is surely another than before,
// the words decide.
func (d *Desk) language(old socialwatch.Payload, text string) string {
	if d.Language == nil || text == old.Text {
		return old.Language
	}
	is, _, _ := strings.Cut(old.Language, "-")
	if now := d.Language(text); now != "" && now != is {
		return now
	}
	return old.Language
}

// Stop ends all publishing at once, until somebody resumes.
func (d *Desk) Stop(ctx context.Context, by socialwatch.Person) error {
	if !anywhere(by, socialwatch.RoleApprover) {
		return forbidden(by, socialwatch.RoleApprover, socialwatch.AllAccounts)
	}
	return d.Switches.Stop(ctx, by.Login, d.now())
}

// Resume lets approved replies go on, each with a fresh undo window.
func (d *Desk) Resume(ctx context.Context, by socialwatch.Person) error {
	if !anywhere(by, socialwatch.RoleLead) {
		return forbidden(by, socialwatch.RoleLead, socialwatch.AllAccounts)
	}
	return d.Switches.Resume(ctx, by, d.now(), d.Hold)
}

// Settle stores a lead's word on a reply in doubt. Post.URL alone is enough:
// the post's id is the last part of its path. Without an Attempt it is about
// the newest call as it stands now.
func (d *Desk) Settle(ctx context.Context, s socialwatch.Settlement) (socialwatch.Reply, error) {
	rc, err := d.Replies.Context(ctx, s.ReplyID)
	if err != nil {
		return rc.Reply, err
	}
	if account := rc.Reply.Payload.Account; !s.By.May(socialwatch.RoleLead, account) {
		return rc.Reply, forbidden(s.By, socialwatch.RoleLead, account)
	}
	if s.Absent == (s.Post.URL != "") {
		return rc.Reply, &InputError{"say either where the reply stands (its link) or that it is absent"}
	}
	if !s.Absent && s.Post.PostID == "" {
		if s.Post.PostID = postOf(s.Post.URL); s.Post.PostID == "" {
			return rc.Reply, &InputError{"the link must be the address of the published post, such as https://social.example/@shop_help/9050"}
		}
	}
	if s.Attempt == 0 {
		s.Attempt = rc.Reply.Attempt
	}
	s.At, s.Handoff = d.now(), d.Handoff != nil && d.Handoff(rc.Reply.Payload)
	return d.Switches.Settle(ctx, s)
}

// postOf is the id of the post at an address, "" when it is none: the last part
// of the path, or the one behind "status", as X adds parts for pictures.
func postOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	if _, rest, ok := strings.Cut(u.Path, "/status/"); ok {
		id, _, _ := strings.Cut(rest, "/")
		return id
	}
	if id := path.Base(u.Path); id != "/" && id != "." {
		return id
	}
	return ""
}

// open reads the reply and refuses whoever may not, and whoever saw another
// version.
func (d *Desk) open(ctx context.Context, dec socialwatch.Decision, role socialwatch.Role) (socialwatch.ReplyContext, error) {
	rc, err := d.Replies.Context(ctx, dec.ReplyID)
	if err != nil {
		return rc, err
	}
	if account := rc.Reply.Payload.Account; !dec.By.May(role, account) {
		return rc, forbidden(dec.By, role, account)
	}
	if rc.Reply.Hash != dec.Hash {
		return rc, fmt.Errorf("reply %d has another text now: look at it again: %w", dec.ReplyID, socialwatch.ErrConflict)
	}
	return rc, nil
}

func anywhere(p socialwatch.Person, role socialwatch.Role) bool {
	for account := range p.Roles {
		if p.May(role, account) {
			return true
		}
	}
	return false
}

func forbidden(p socialwatch.Person, role socialwatch.Role, account string) error {
	where := "on account " + account
	if account == socialwatch.AllAccounts {
		where = "on any account"
	}
	return fmt.Errorf("%s needs the role %s %s, which an admin grants: %w", p.Login, role, where, socialwatch.ErrForbidden)
}

func (d *Desk) now() time.Time { return socialwatch.Micros(d.Now()) }
