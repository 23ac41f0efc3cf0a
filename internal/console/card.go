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
	"unicode/utf8"

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
	DueOf     string // how long it was given
	Given     bool   // the first response
	Clocks    []clockView

	Lease           leaseView
	Escalation      string
	Incident        int64 // of whose cases it is one; 0: none
	Impostors       []impostorView
	Work            workView
	Orders          []orderView
	Problem, Status *noteView
	Ask             *noteView // what needs a second look

	// What they wrote.
	Handle, Name, Reach, Where, Nth, Original, Warning, Lang string
	Long                                                     string // how much there is of a text too long to show at once; empty: it is not
	Posted                                                   moment
	Gone                                                     bool
	Text                                                     []piece
	Media                                                    []mediaView
	Chips                                                    []chip
	Signals                                                  []socialwatch.Signal
	Trace                                                    traceView

	// What we would say.
	OursTitle, Prefix, Reply, ReplyWarning, ReplyLang, Language, Visibility string
	Template, Gloss, EditBadge, Author, Length, Cost                        string
	TooLong, SelfApproved                                                   bool
	Expires                                                                 *moment
	Findings                                                                findingsView
	Passed                                                                  []string // checks that found nothing
	PassedText                                                              string
	Diff                                                                    []DiffPart
	DiffTitle                                                               string
	DiffOpen                                                                bool

	actsView
	Changed  *changedView // since the draft before, which gave way to this one
	Opening  *postView    // what they wrote first, where the post to answer is a later one
	Thread   []postView
	Earlier  []fact
	Others   []fact // other replies of the case
	Attempt  int    // the newest call
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
	MayWithdraw, MayExtend                                       bool
	Longer                                                       string // text of the button that extends
	mayApproveEdit                                               bool   // an edited text, in the same step
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
	Newer     bool // to a newer draft of the case
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
	reply               int64 // 0 for theirs
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
		Level: cs.Level, Team: cs.Team, Score: cs.Score, Due: c.due(cs.DueAt, responded), DueOf: span(cs.DueAt.Sub(cs.OpenedAt)), Given: responded,
		actsView: c.acts(p, card), Status: c.status(card), Attempts: c.attempts(card.Attempts), History: c.history(card.Events),
	}
	v.Escalation = escalation(cs)
	if !card.Parent.GoneAt.IsZero() {
		v.Revision = "gone"
	}
	v.Clocks = c.clocks(cs, card.Targets)
	v.Incident, v.Impostors = cs.Incident, c.impostors(card.Impostors)
	c.theirs(v, card)
	c.ours(v, card)
	c.cardWork(v, p, card)
	v.Orders = c.orderViews(card.Orders)
	v.Earlier, v.Others = earlier(card.Earlier), c.others(card.Others)
	v.Thread = c.thread(card.Thread, append(slices.Clone(card.Others), rp), card.Parent.ID)
	v.Opening = opening(v.Thread)
	c.changes(v, card)
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

// others leads to the other replies of a case that nobody sees in its thread:
// drafts that ended, and those on their way.
func (c *Console) others(replies []socialwatch.Reply) []fact {
	var out []fact
	for _, r := range slices.Backward(replies) {
		if r.State == socialwatch.ReplySent {
			continue
		}
		text := say("reply.n", r.ID) + ": " + label("reply", string(r.State))
		if why := reasonText(r.Reason); r.Reason != "" && why != label("reply", string(r.State)) {
			text += ", " + why
		}
		out = append(out, fact{c.moment(r.CreatedAt).Clock, text, "/replies/" + strconv.FormatInt(r.ID, 10)})
	}
	return out
}

// maxSignals is how many signals a card names; the trace has all.
const maxSignals = 8

// theirs fills in what the customer wrote.
func (c *Console) theirs(v *cardView, card store.Card) {
	m, a := card.Parent.Mention, card.Parent.Assessment
	v.Handle, v.Name, v.Reach, v.Long = m.Author.Handle, m.Author.Name, short(m.Author.Followers), long(m.Text)
	v.Where, v.Original, v.Warning = where(m.Network, m.Visibility), link(m.URL), m.Warning
	v.Posted, v.Gone, v.Lang = c.moment(m.CreatedAt), !card.Parent.GoneAt.IsZero(), tongue(cmp.Or(a.Language, m.Language))
	shown := evidence(a.Signals, a.Intent, a.Ignored != "")
	v.Text, v.Signals = pieces(m.Text, shown), strongest(shown, maxSignals)
	v.Nth = nth(card)
	v.Chips = postChips(card.Parent)
	for _, f := range m.Media {
		v.Media = append(v.Media, mediaView{f.Kind, f.Description})
	}
	v.Trace = traced(card)
	if c.vip(m.Author) {
		v.Chips = append([]chip{{"warn", say("chip.vip")}}, v.Chips...)
	}
}

// nth says that the post is not the customer's first in the case.
func nth(card store.Card) string {
	at := slices.IndexFunc(card.Thread, func(m store.MentionRow) bool { return m.ID == card.Parent.ID })
	switch {
	case at > 0:
		since := card.Parent.Mention.CreatedAt.Sub(card.Thread[0].Mention.CreatedAt)
		return say("nth", ordinal(at+1), span(since))
	case len(card.Thread) > 1:
		return say("nth.first", len(card.Thread))
	}
	return ""
}

// A text of more characters or lines than these is shown in part, with the rest
// a press away.
const manyRunes, manyLines = 900, 14

// long is how much there is of a long text; empty for one that is not.
func long(text string) string {
	n := utf8.RuneCountInString(text)
	if n <= manyRunes && strings.Count(text, "\n") < manyLines {
		return ""
	}
	return say("long", n)
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
