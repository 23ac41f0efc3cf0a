package console

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// Casework is what people do with a case beside its replies. ErrConflict, with
// a text that says what changed, when the case is not as they saw it.
type Casework interface {
	Escalate(ctx context.Context, e store.Escalation) (socialwatch.Case, error)
	Snooze(ctx context.Context, z store.Snooze) (socialwatch.Case, error)
	Wake(ctx context.Context, w store.CaseWork) (socialwatch.Case, error)
	Assign(ctx context.Context, a store.Assignment) (socialwatch.Case, error)
}

// Notebook is what people write on cases.
type Notebook interface {
	AddNote(ctx context.Context, n store.NewNote) (store.Note, error)
	Calls(ctx context.Context, login string, accounts []string) ([]store.Call, error)
	SeeCalls(ctx context.Context, w store.CaseWork) error
	Tag(ctx context.Context, g store.Tagging) (socialwatch.Case, error)
}

// workView is the work on one case, on its page and on the cards of its
// replies.
type workView struct {
	Number  string
	Version int
	Reply   int64 // whose card it stands on; 0: the case's page
	Next    string
	Kept    string // of the list, for forms

	Owned                *ownedView // nil: it is ours
	May, MaySnooze       bool
	Reasons              []reason
	Teams                []option
	Times                []reason // of a snooze
	DateMin, DateMax     string
	Snoozed              string // until when, in words; empty: it is not
	Assignee             string
	MayTake, MayLeave    bool
	MayGive              bool
	Colleagues           []option
	Notes                []noteLine
	Calls                bool // one of the notes calls who looks
	Note, Words, Date    string
	OpenNote, OpenReason bool // a form that was refused
}

// noteLine is one note.
type noteLine struct {
	Who, Text string
	At        moment
	Calls     []chip
}

// URL is where the forms of the case lead.
func (v workView) URL() string { return "/cases/" + url.PathEscape(v.Number) }

func (c *Console) workView(p socialwatch.Person, cs socialwatch.Case, notes []store.Note) workView {
	author, live := p.May(socialwatch.RoleAuthor, cs.Account), cs.State.Live()
	v := workView{Number: cs.Number, Version: cs.Version, May: author && live, Assignee: cs.Assignee,
		MaySnooze: author && live && cs.State != socialwatch.CaseResolved, MayGive: p.May(socialwatch.RoleLead, cs.Account) && live,
		MayTake: author && live && cs.Assignee == "", MayLeave: author && live && cs.Assignee == p.Login, Snoozed: c.snoozedText(cs)}
	if v.Owned = c.owned(p, cs); v.Owned != nil {
		v.MayGive, v.MayTake, v.MayLeave = false, false, false
	}
	if v.May {
		for i, r := range socialwatch.EscalationReasons {
			v.Reasons = append(v.Reasons, reason{Value: r.Name, Text: say("escalate." + r.Name), Number: i + 1})
		}
		v.Reasons = append(v.Reasons, reason{Value: socialwatch.EscalationOther, Text: say("escalate.other"), Number: len(v.Reasons) + 1, Note: true})
		for _, team := range c.givable(p, cs) {
			v.Teams = append(v.Teams, option{team, team, team == cs.Team})
		}
	}
	if v.MaySnooze {
		v.Times, v.DateMin, v.DateMax = c.snoozeTimes(cs)
	}
	for _, n := range notes {
		line := noteLine{Who: n.Author, Text: n.Body, At: c.moment(n.At)}
		for _, login := range n.Calls {
			kind := ""
			if slices.Contains(n.Open, login) {
				kind = "warn"
			}
			line.Calls = append(line.Calls, chip{kind, say("note.calls", login)})
		}
		v.Calls = v.Calls || slices.Contains(n.Open, p.Login)
		v.Notes = append(v.Notes, line)
	}
	return v
}

// cardWork is the work on the case of a card.
func (c *Console) cardWork(v *cardView, p socialwatch.Person, card store.Card) {
	v.Work = c.workView(p, card.Case, card.Notes)
	v.Work.Reply = card.Reply.ID
	if v.Work.Snoozed != "" {
		v.Expires = nil // its time stands still
	}
}

// Placed is the work with the way back of the card's forms.
func (v *cardView) Placed() workView {
	w := v.Work
	w.Next, w.Kept = v.Next, v.Kept
	return w
}

// teams are those that a case may go to.
func (c *Console) teams(p socialwatch.Person, now string) []string {
	all := slices.Concat(c.o.House.Teams, p.Teams, []string{now})
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(s string) bool { return s == "" })
}

// colleagues are those who may work on an account, empty: on any, by login.
func (c *Console) colleagues(ctx context.Context, account string) (map[string]string, error) {
	all, err := c.o.People.People(ctx)
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	names := map[string]string{}
	for _, row := range all {
		p := row.Person
		if !row.Disabled && (account == "" && anywhere(p, socialwatch.RoleAuthor) || account != "" && p.May(socialwatch.RoleAuthor, account)) {
			names[p.Login] = p.Login
		}
	}
	return names, nil
}

// workplace completes the page of a case.
func (c *Console) workplace(ctx context.Context, p socialwatch.Person, cs socialwatch.Case, v *caseView) (err error) {
	if c.o.Row != nil {
		if v.Row, err = c.o.Row(ctx, cs.ID); err != nil {
			return err
		}
	}
	if !v.Work.MayGive {
		return nil
	}
	names, err := c.colleagues(ctx, cs.Account)
	for _, login := range slices.Sorted(maps.Keys(names)) {
		v.Work.Colleagues = append(v.Work.Colleagues, option{login, login, login == cs.Assignee})
	}
	return err
}

// zone is where an account's people are.
func (c *Console) zone(account string) *time.Location {
	if name := c.o.House.Hours[account].Zone; name != "" {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	return c.o.Zone
}

// morning is when people begin, days from now.
func (c *Console) morning(account string, days int) time.Time {
	now := c.o.Now().In(c.zone(account))
	return time.Date(now.Year(), now.Month(), now.Day()+days, 9, 0, 0, 0, now.Location())
}

// Choices of a snooze.
const (
	untilMention = "mention"
	untilDate    = "date"
)

func (c *Console) snoozeTimes(cs socialwatch.Case) (times []reason, first, last string) {
	for i, value := range []string{"1h", "4h", "tomorrow", untilMention, untilDate} {
		times = append(times, reason{Value: value, Text: say("snooze." + value), Number: i + 1, Note: value == untilDate})
	}
	return times, c.morning(cs.Account, 1).Format(time.DateOnly), c.morning(cs.Account, 89).Format(time.DateOnly)
}

// snoozeUntil reads a chosen time; the zero time is the next mention.
func (c *Console) snoozeUntil(account, chosen, date string) (time.Time, error) {
	now := c.o.Now()
	switch chosen {
	case "1h":
		return now.Add(time.Hour), nil
	case "4h":
		return now.Add(4 * time.Hour), nil
	case "tomorrow":
		return c.morning(account, 1), nil
	case untilMention:
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return day, &badError{say("bad.date")}
	}
	at := time.Date(day.Year(), day.Month(), day.Day(), 9, 0, 0, 0, c.zone(account))
	if !at.After(now) || at.After(c.morning(account, 90)) {
		return at, &badError{say("bad.date")}
	}
	return at, nil
}

// snoozedText says until when a case is hidden; empty when it is not.
func (c *Console) snoozedText(cs socialwatch.Case) string {
	switch {
	case cs.SnoozedUntil.IsZero():
		return ""
	case cs.SnoozedUntil.Equal(socialwatch.UntilMention):
		return say("snoozed.mention")
	}
	return say("snoozed.until", date("until", cs.SnoozedUntil.In(c.zone(cs.Account))))
}

// didView tells what was done with a case.
type didView struct {
	Text    string
	MayWake bool
	MayTake bool
	Here    bool // it stands on the page of the case
	Work    workView
}

// did tells of the work that the address names as just done, as the case
// stands now. One that is gone or hidden from the person is not mentioned.
func (c *Console) did(ctx context.Context, p socialwatch.Person, l list, q url.Values) (*didView, error) {
	what, number := q.Get("did"), q.Get("case")
	if _, known := entry("did." + what); !known || number == "" {
		return nil, nil
	}
	d, err := c.o.Cases.Case(ctx, number)
	if errors.Is(err, socialwatch.ErrNotFound) || err == nil && !p.May(socialwatch.RoleReader, d.Case.Account) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read case: %w", err)
	}
	v := &didView{Text: say("did."+what, d.Case.Number), Work: c.workView(p, d.Case, nil)}
	v.Work.Kept = l.kept()
	v.Work.Reply, _ = strconv.ParseInt(q.Get("back"), 10, 64)
	if what == "snoozed" && v.Work.Snoozed != "" {
		v.Text, v.MayWake = v.Text+" "+v.Work.Snoozed, v.Work.MaySnooze
	}
	return v, nil
}

// offer is the way to take the case of a reply that p has just approved, when
// nobody has it; nil otherwise.
func (c *Console) offer(p socialwatch.Person, card store.Card, l list) *workView {
	if card.Reply.DecidedBy != p.Login || card.Reply.State.Final() {
		return nil
	}
	v := c.workView(p, card.Case, nil)
	if !v.MayTake {
		return nil
	}
	v.Kept = l.kept()
	return &v
}

// offerAt lets the offer lead back to the card that is shown.
func (v *doneView) offerAt(reply int64) {
	if v != nil && v.Offer != nil {
		v.Offer.Reply = reply
	}
}

// work runs a form about a case: do gets the case as the person saw it. It
// leads back to where the form stood.
func (c *Console) work(w http.ResponseWriter, r *http.Request, what string, do func(store.CaseDetail, store.CaseWork) error) error {
	if err := r.ParseForm(); err != nil {
		return fmt.Errorf("read form: %w", err)
	}
	p, _ := auth.PersonFrom(r.Context())
	d, err := c.readCase(r, p)
	if err != nil {
		return err
	}
	version, err := strconv.Atoi(r.PostForm.Get("version"))
	if err != nil {
		return &badError{say("bad.version")}
	}
	err = do(d, store.CaseWork{Number: d.Case.Number, Version: version, By: p, At: socialwatch.Micros(c.o.Now())})
	var bad *badError
	switch {
	case err == nil:
		return c.worked(w, r, d.Case.Number, what)
	case errors.As(err, &bad):
		return c.notWorked(w, r, http.StatusUnprocessableEntity, &noteView{Kind: "bad", Title: say("bad.title") + ":", Text: bad.text})
	case errors.Is(err, socialwatch.ErrConflict):
		return c.notWorked(w, r, http.StatusConflict, &noteView{Kind: "bad", Title: say("frozen.title"), Text: sentence(err, socialwatch.ErrConflict)})
	}
	return err
}

// worked leads back from a form: to the card, or the next one when the draft is
// out of the way, or to the page of the case.
func (c *Console) worked(w http.ResponseWriter, r *http.Request, number, what string) error {
	q := r.PostForm
	reply, err := strconv.ParseInt(q.Get("reply"), 10, 64)
	if err != nil || reply <= 0 {
		return see(w, r, "/cases/"+url.PathEscape(number)+"?"+url.Values{"did": {what}, "case": {number}}.Encode())
	}
	to, back := "/replies/"+strconv.FormatInt(reply, 10), ""
	if what == "snoozed" {
		to, back = "/", strconv.FormatInt(reply, 10)
		if next, err := strconv.ParseInt(q.Get("next"), 10, 64); err == nil && next > 0 && next != reply {
			to = "/replies/" + strconv.FormatInt(next, 10)
		}
	}
	return see(w, r, listFrom(r).at(to, "did", what, "case", number, "back", back))
}

// notWorked shows the form's page with what is wrong and what was typed.
func (c *Console) notWorked(w http.ResponseWriter, r *http.Request, status int, problem *noteView) error {
	reply, err := strconv.ParseInt(r.PostForm.Get("reply"), 10, 64)
	if err != nil || reply <= 0 {
		return c.showCase(w, r, status, problem)
	}
	return c.desk(w, r, status, reply, func(v *cardView) error {
		v.Problem = problem
		v.Work.typed(r)
		return nil
	})
}

// typed keeps what a refused form brought.
func (v *workView) typed(r *http.Request) {
	v.Note, v.Words, v.Date = r.PostForm.Get("note"), r.PostForm.Get("words"), r.PostForm.Get("date")
	v.OpenNote, v.OpenReason = v.Note != "", v.Words != ""
}

// mask takes personal data out of what a person wrote on a case.
func (c *Console) mask(text string) string {
	return c.o.Mask(socialwatch.CleanText(strings.ReplaceAll(text, "\r\n", "\n")))
}
