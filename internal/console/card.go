package console

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// cardView is one reply with all that a decision needs.
type cardView struct {
	ID        int64
	State     string
	Open      bool // a decision is due: changes freeze the card
	Hash      string
	Revision  string // changes with the post
	Case      string
	Intent    string
	CaseState string
	Level     int
	Team      string
	Score     int
	Due       moment
	DueOf     string

	Lease           leaseView
	Escalation      string
	Incident        int64 // of whose cases it is one; 0: none
	Impostors       []impostorView
	Problem, Status *noteView

	// What they wrote.
	Handle, Name, Reach, Where, Nth, Original, Warning, Lang string
	Posted                                                   moment
	Gone                                                     bool
	Text                                                     []piece
	Media                                                    []mediaView
	Chips                                                    []chip
	Signals                                                  []socialwatch.Signal
	Trace                                                    []fact

	// What we would say.
	OursTitle, Prefix, Reply, ReplyWarning, ReplyLang, Language, Visibility string
	Template, Gloss, EditBadge, Author, Length, Cost                        string
	TooLong                                                                 bool
	Expires                                                                 *moment
	Findings                                                                findingsView
	Diff                                                                    []DiffPart
	DiffTitle                                                               string
	DiffOpen                                                                bool

	actsView
	Thread   []postView
	Earlier  []fact
	Attempt  int // the newest call
	Attempts []string
	History  []eventView
	List     string // back to the list
	Self     string // the address of this card in the list
	EditURL  string
	Kept     string // of the list, for forms
	Next     string // id of the reply to show after a decision
	Edit     *editView
}

// actsView is what this person may do now.
type actsView struct {
	MayApprove, MayEdit, MayReject, MayUndo, MayAgain, MaySettle bool
	MayWithdraw                                                  bool
	mayApproveEdit                                               bool // an edited text, in the same step
	ApproveText                                                  string
	Confirm                                                      string // digest that the approval confirms; empty: nothing is asked
	Reasons                                                      []reason
	Note                                                         string // typed already
	Link                                                         string // typed already
	Lacks                                                        string
}

type reason struct {
	Value, Text string
	Number      int
	Note        bool // its button follows the note
}

// noteView is a message within a card or page.
type noteView struct {
	Kind, Title, Text   string
	At                  *moment
	Lines               []string
	Link                *linkView
	HoldUntil           string
	HoldTotal, HoldLeft int // seconds
}

// linkView leads somewhere; without URL its text is only shown.
type linkView struct {
	URL, Text string
	Outside   bool
}

type mediaView struct{ Kind, Text string }

type fact struct{ Name, Value, URL string }

type findingsView struct{ Rows []findingView }

type findingView struct {
	Blocks            bool
	Rule, Words, Mend string
}

// postView is one post of a thread: theirs, or ours once it stands.
type postView struct {
	Ours, Current, Gone bool
	Who, Lang, URL      string
	At                  moment
	Text                []piece
	Chips               []chip
	Correct             *correctView // on the page of a case
	at                  time.Time
	mention             int64 // 0 for ours
}

type eventView struct {
	At        moment
	Text, Who string
}

// card reads a reply for p, who must be a reader of its account.
func (c *Console) card(ctx context.Context, p socialwatch.Person, id int64) (*cardView, error) {
	card, err := c.o.Queue.Card(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read reply %d: %w", id, err)
	}
	if err := may(p, socialwatch.RoleReader, card.Reply.Payload.Account); err != nil {
		return nil, err
	}
	return c.cardView(p, card), nil
}

func (c *Console) cardView(p socialwatch.Person, card store.Card) *cardView {
	rp, cs := card.Reply, card.Case
	responded := !cs.RespondedAt.IsZero()
	v := &cardView{
		ID: rp.ID, Attempt: rp.Attempt, State: string(rp.State), Hash: rp.Hash, Revision: card.Parent.Mention.Revision(),
		Open: open(rp), Lease: c.leaseView(p, rp),
		Case: cs.Number, Intent: label("intent", string(cs.Intent)), CaseState: label("case", string(cs.State)),
		Level: cs.Level, Team: cs.Team, Score: cs.Score, Due: c.due(cs.DueAt, responded), DueOf: c.dueOf(cs),
		actsView: c.acts(p, card), Status: c.status(card), Attempts: c.attempts(card.Attempts), History: c.history(card.Events),
	}
	if cs.Escalated {
		v.Escalation = label("escalation", cs.Escalation)
	}
	if !card.Parent.GoneAt.IsZero() {
		v.Revision = "gone"
	}
	v.Incident, v.Impostors = cs.Incident, c.impostors(card.Impostors)
	c.theirs(v, card)
	c.ours(v, card)
	v.Earlier = earlier(card.Earlier)
	v.Thread = c.thread(card.Thread, append(slices.Clone(card.Others), rp), card.Parent.ID)
	return v
}

// earlier leads to other cases of the same customer.
func earlier(rows []store.CaseRow) []fact {
	var out []fact
	for _, e := range rows {
		out = append(out, fact{say("fact.earlier"), e.Case.Number + " " + label("intent", string(e.Case.Intent)) + ", " + label("case", string(e.Case.State)),
			"/cases/" + url.PathEscape(e.Case.Number)})
	}
	return out
}

func (c *Console) dueOf(cs socialwatch.Case) string {
	target := span(cs.DueAt.Sub(cs.OpenedAt))
	switch {
	case !cs.RespondedAt.IsZero():
		return say("due.was")
	case c.o.Now().After(cs.DueAt):
		return say("due.late", target)
	}
	return say("due.of", target)
}

// maxSignals is how many signals a card names; the trace has all.
const maxSignals = 8

// theirs fills in what the customer wrote.
func (c *Console) theirs(v *cardView, card store.Card) {
	m, a := card.Parent.Mention, card.Parent.Assessment
	v.Handle, v.Name, v.Reach = m.Author.Handle, m.Author.Name, reach(m.Author.Followers)
	v.Where, v.Original, v.Warning = where(m.Network, m.Visibility), link(m.URL), m.Warning
	v.Posted, v.Gone, v.Lang = c.moment(m.CreatedAt), !card.Parent.GoneAt.IsZero(), tongue(cmp.Or(a.Language, m.Language))
	shown := evidence(a.Signals, a.Intent, a.Ignored != "")
	v.Text, v.Signals = pieces(m.Text, shown), strongest(shown, maxSignals)
	if n := len(card.Thread); n > 1 {
		v.Nth = say("nth.second", n)
	}
	v.Chips = postChips(card.Parent)
	for _, f := range m.Media {
		v.Media = append(v.Media, mediaView{f.Kind, f.Description})
	}
	v.Trace = trace(a)
}

func trace(a socialwatch.Assessment) []fact {
	facts := []fact{
		{Name: say("trace.intent"), Value: label("intent", string(a.Intent))},
		{Name: say("trace.score"), Value: strconv.Itoa(a.Score)},
		{Name: say("trace.urgency"), Value: label("urgency", strconv.Itoa(a.Urgency))},
		{Name: say("trace.sentiment"), Value: label("sentiment", strconv.Itoa(a.Sentiment))},
		{Name: say("trace.language"), Value: language(a.Language)},
	}
	for _, e := range a.Entities {
		facts = append(facts, fact{Name: say("trace.entity"), Value: label("entity", string(e.Kind)) + " " + strings.TrimSpace(e.Value+" "+e.Currency)})
	}
	for _, s := range a.Signals {
		at := ""
		if s.End > s.Start {
			at = fmt.Sprintf(" [%d:%d]", s.Start, s.End)
		}
		facts = append(facts, fact{Name: s.Name, Value: fmt.Sprintf("%+d%s", s.Points, at)})
	}
	return append(facts, fact{Name: say("trace.rules"), Value: a.Rules})
}

// marked is a post's text with its evidence.
func marked(m store.MentionRow) []piece {
	a := m.Assessment
	return pieces(m.Mention.Text, evidence(a.Signals, a.Intent, a.Ignored != ""))
}

func postChips(m store.MentionRow) []chip {
	var chips []chip
	if !m.GoneAt.IsZero() {
		chips = append(chips, chip{"bad", say("chip.gone")})
	} else if !m.Mention.EditedAt.IsZero() {
		chips = append(chips, chip{"warn", say("chip.edited")})
	}
	if m.Mention.Author.Bot {
		chips = append(chips, chip{"", say("chip.bot")})
	}
	if m.Assessment.Thanks {
		chips = append(chips, chip{"", say("chip.thanks")})
	}
	return chips
}

// ours fills in the exact text that will be public.
func (c *Console) ours(v *cardView, card store.Card) {
	rp := card.Reply
	pl := rp.Payload
	v.Prefix, v.Reply, v.ReplyWarning = pl.Prefix, pl.Text, pl.Warning
	v.ReplyLang, v.Language, v.Visibility = tongue(pl.Language), language(pl.Language), label("visibility", string(pl.Visibility))
	v.Length, v.TooLong = say("length", pl.Length, pl.Limit), pl.Limit > 0 && pl.Length > pl.Limit
	v.Cost = cost(pl)
	if c.o.Gloss != nil && pl.Template != "" && pl.Language != "en" { // the language of these pages
		v.Gloss = c.o.Gloss(pl.Template, pl.Language)
	}
	v.Template, v.OursTitle = templateName(pl), c.oursTitle(rp)
	v.Findings = findings(rp.Findings)
	if rp.Author != socialwatch.System {
		v.Author = say("by", rp.Author)
	}
	if rp.State == socialwatch.ReplyAwaiting && !rp.ExpiresAt.IsZero() {
		v.Expires = c.at(rp.ExpiresAt)
	}
	c.versions(v, card)
}

// cost is what sending takes, empty where the network charges nothing.
func cost(pl socialwatch.Payload) string {
	if pl.Cost == 0 {
		return ""
	}
	return say("cost", pl.Cost.Dollars())
}

// versions compares the text with the first version, word by word.
func (c *Console) versions(v *cardView, card store.Card) {
	v.EditBadge = say("badge.same")
	if card.Original() == "" {
		v.EditBadge = say("badge.hand")
	}
	if len(card.Versions) < 2 {
		return
	}
	v.Diff = c.o.Diff(card.Versions[0].Payload.Text, card.Reply.Payload.Text)
	added, removed := 0, 0
	for _, d := range v.Diff {
		switch d.Op {
		case "added":
			added += len(strings.Fields(d.Text))
		case "removed":
			removed += len(strings.Fields(d.Text))
		}
	}
	if added+removed > 0 && card.Original() != "" {
		v.EditBadge = say("badge.edited", added, removed)
	}
	v.DiffTitle, v.DiffOpen = say("versions.title", card.Reply.Version), v.Open
}

func templateName(pl socialwatch.Payload) string {
	if pl.Template == "" {
		return say("template.hand")
	}
	return say("template", pl.Template, pl.TemplateV)
}

func (c *Console) oursTitle(rp socialwatch.Reply) string {
	as := c.handle(rp.Payload.Account)
	switch {
	case rp.State == socialwatch.ReplySent:
		return say("ours.sent", as)
	case rp.State.Final() || rp.State == socialwatch.ReplyFailed || rp.State == socialwatch.ReplyUnknown:
		return say("ours.draft", as)
	}
	return say("ours."+string(rp.Payload.Visibility), as)
}

// handle is what an account is called on its network.
func (c *Console) handle(account string) string { return cmp.Or(c.o.Handles[account], account) }

func findings(all []socialwatch.Finding) findingsView {
	var v findingsView
	for _, f := range all {
		v.Rows = append(v.Rows, findingView{f.Blocks, label("rule", f.Rule), f.Words, f.Mend})
	}
	return v
}

// thread is the conversation in order: their posts, and what we published.
func (c *Console) thread(theirs []store.MentionRow, replies []socialwatch.Reply, current int64) []postView {
	var all []postView
	for _, m := range theirs {
		all = append(all, postView{Current: m.ID == current, Gone: !m.GoneAt.IsZero(), Who: who(m.Mention.Author.Handle),
			Lang: tongue(cmp.Or(m.Assessment.Language, m.Mention.Language)), URL: link(m.Mention.URL), At: c.moment(m.Mention.CreatedAt),
			Text: marked(m), Chips: postChips(m), at: m.Mention.CreatedAt, mention: m.ID})
	}
	for _, rp := range replies {
		if rp.State == socialwatch.ReplySent {
			all = append(all, postView{Ours: true, Who: "@" + c.handle(rp.Payload.Account), Lang: tongue(rp.Payload.Language), URL: link(rp.PostURL),
				At: c.moment(rp.SentAt), Text: []piece{{Text: rp.Payload.Whole()}}, Chips: []chip{{"good", say("chip.ours")}}, at: rp.SentAt})
		}
	}
	slices.SortStableFunc(all, func(a, b postView) int { return a.at.Compare(b.at) })
	return all
}

// who is the author of a post; the handle of one that is gone is erased.
func who(handle string) string {
	if handle == "" {
		return say("author.gone")
	}
	return "@" + handle
}

func (c *Console) history(events []socialwatch.Event) []eventView {
	var out []eventView
	for _, e := range events {
		v := eventView{At: c.moment(e.At), Text: eventText(e)}
		if e.Actor != socialwatch.System {
			v.Who = say("event.by", e.Actor)
		}
		out = append(out, v)
	}
	return out
}

// eventText says what happened.
func eventText(e socialwatch.Event) string {
	text := label("event", e.Kind)
	if to, ok := e.Data["to"].(string); ok && e.Kind == socialwatch.EventCaseState {
		text += ": " + label("case", to)
	}
	if what, ok := e.Data["waits_for"].(string); ok {
		text += " " + label("waits", what)
	}
	if team, ok := e.Data["team"].(string); ok && e.Kind == socialwatch.EventCaseUpdated {
		text += ": " + say("team") + " " + team
	}
	if e.Kind == store.EventCorrected {
		text += ": " + correctedText(e)
	}
	if why, ok := e.Data["reason"].(string); ok && why != "" {
		text += ": " + reasonText(why)
	}
	if n, ok := e.Data["version"].(float64); ok && strings.HasPrefix(e.Kind, "reply.") && n > 1 {
		text += fmt.Sprintf(" (version %d)", int(n))
	}
	return text
}
