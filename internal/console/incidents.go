package console

import (
	"context"
	"errors"
	"fmt"
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

// Incidents reads spikes, and who poses as us.
type Incidents interface {
	Incidents(ctx context.Context, accounts []string) ([]socialwatch.Incident, error)
	Incident(ctx context.Context, id int64, accounts []string) (i socialwatch.Incident, opened []time.Time, err error)
	Impostors(ctx context.Context, accounts []string) ([]store.MentionRow, error)
}

// incidentLine is an incident in a list or a banner.
type incidentLine struct {
	URL, Title, Headline, Severity, SeverityText string
	Cases                                        int
	Began                                        moment
	Ended                                        string
	Over                                         bool
}

func (c *Console) incidentLine(i socialwatch.Incident) incidentLine {
	term := i.Term
	if i.Evidence.Written != "" {
		term = i.Evidence.Written
	}
	v := incidentLine{URL: "/incidents/" + strconv.FormatInt(i.ID, 10), Title: say("incident.title", term, label("intent", string(i.Intent))),
		Severity: string(i.Severity), SeverityText: label("severity", string(i.Severity)), Cases: i.Cases, Began: c.moment(i.BeganAt),
		Ended: say("incident.on"), Over: !i.EndedAt.IsZero()}
	v.Headline = say("incident.headline", i.Cases, span(max(i.LastAt.Sub(i.BeganAt), time.Minute)), v.Title)
	if v.Over {
		v.Ended = c.moment(i.EndedAt).Clock
	}
	return v
}

// spikes are the incidents that go on, for banners.
func (c *Console) spikes(ctx context.Context, p socialwatch.Person) ([]bannerView, error) {
	if c.o.Incidents == nil {
		return nil, nil
	}
	all, err := c.o.Incidents.Incidents(ctx, visible(p, ""))
	if err != nil {
		return nil, fmt.Errorf("read incidents: %w", err)
	}
	var lines []bannerView
	for _, i := range all {
		if i.EndedAt.IsZero() {
			line := c.incidentLine(i)
			lines = append(lines, bannerView{Kind: "warn", Title: line.Headline, URL: line.URL, Look: say("incident.look")})
		}
	}
	return lines, nil
}

type incidentsView struct {
	Rows      []incidentLine
	Impostors []impostorView
}

func (c *Console) incidents(w http.ResponseWriter, r *http.Request) error {
	if c.o.Incidents == nil {
		return socialwatch.ErrNotFound
	}
	p, _ := auth.PersonFrom(r.Context())
	all, err := c.o.Incidents.Incidents(r.Context(), visible(p, ""))
	if err != nil {
		return fmt.Errorf("read incidents: %w", err)
	}
	posts, err := c.o.Incidents.Impostors(r.Context(), visible(p, ""))
	if err != nil {
		return fmt.Errorf("read impostors: %w", err)
	}
	v := &incidentsView{Impostors: c.impostors(posts)}
	for _, i := range all {
		v.Rows = append(v.Rows, c.incidentLine(i))
	}
	return c.show(w, r, http.StatusOK, "incidents", view{Title: say("incidents"), Class: "plain", Nav: "incidents", Body: v})
}

// impostorView is one post by who poses as us.
type impostorView struct {
	mentionView
	Name, Report, ReportText string
}

// reportForms are where networks take reports of impostors; elsewhere the menu
// of the post does.
var reportForms = map[socialwatch.Network]string{socialwatch.X: "https://help.x.com/en/forms/authenticity/impersonation"}

func (c *Console) impostors(rows []store.MentionRow) []impostorView {
	var all []impostorView
	for _, m := range rows {
		v := impostorView{mentionView: c.mention(m), Name: m.Mention.Author.Name}
		if v.Report = reportForms[m.Mention.Network]; v.Report != "" {
			v.ReportText = say("impostor.report", label("network", string(m.Mention.Network)))
		} else if v.Report = v.Original; v.Report != "" {
			v.ReportText = say("impostor.menu", label("network", string(m.Mention.Network)))
		}
		all = append(all, v)
	}
	return all
}

// cardsAtOnce is how many drafts of an incident stand on its page in full: as
// many as there are digits to approve them by.
const cardsAtOnce = 10

// incidentView is the page of one incident.
type incidentView struct {
	incidentLine
	ID        int64
	Accounts  []string
	Why       string
	Usual     string
	Days      string // empty: there was none on any
	Slots     []slotView
	Cards     []incidentCard
	MoreCards string
	Rows      []caseRowView
	More      string
	MayAnew   bool
	AnewText  string
	AnewDone  string
	Done      *doneView
	NoneFree  string   // never: the notice knows it of Approvals
	Did       *didView // never either
}

// incidentCard is one draft in full, with the digit that approves it.
type incidentCard struct {
	*cardView
	Key string
}

// slotView is a stretch of an incident's timeline.
type slotView struct {
	From  string
	Cases int
}

func (c *Console) incident(w http.ResponseWriter, r *http.Request) error {
	return c.showIncident(w, r, http.StatusOK, r.PathValue("id"), func(*cardView) {})
}

// showIncident shows the page of the incident of that id. adapt may change the
// cards.
func (c *Console) showIncident(w http.ResponseWriter, r *http.Request, status int, id string, adapt func(*cardView)) error {
	ctx := r.Context()
	p, _ := auth.PersonFrom(ctx)
	i, opened, err := c.readIncident(ctx, id, p)
	if err != nil {
		return err
	}
	v := &incidentView{incidentLine: c.incidentLine(i), ID: i.ID, Slots: c.timeline(opened)}
	v.explain(i)
	for _, a := range i.Accounts {
		if p.May(socialwatch.RoleReader, a) {
			v.Accounts = append(v.Accounts, a)
		}
	}
	if err := c.incidentCards(ctx, p, i, v); err != nil {
		return err
	}
	for _, card := range v.Cards {
		adapt(card.cardView)
	}
	rows, next, err := c.o.Cases.Cases(ctx, store.CaseFilter{Incident: i.ID, Accounts: visible(p, ""), After: r.URL.Query().Get("after")})
	if err != nil {
		return fmt.Errorf("read cases of an incident: %w", err)
	}
	for _, row := range rows {
		v.Rows = append(v.Rows, c.caseRow(row))
	}
	if next != "" {
		v.More = v.URL + "?" + url.Values{"after": {next}}.Encode()
	}
	if v.Done, err = c.done(ctx, p, list{}, r.URL.Query()); err != nil {
		return err
	}
	v.Done.on(i.ID)
	if n, err := strconv.Atoi(r.URL.Query().Get("anew")); err == nil && n >= 0 {
		v.AnewDone = say("incident.anew.done", n)
	}
	return c.show(w, r, status, "incident", view{Title: v.Title, Class: "plain steady", Nav: "incidents", Body: v})
}

func (c *Console) readIncident(ctx context.Context, typed string, p socialwatch.Person) (i socialwatch.Incident, opened []time.Time, err error) {
	id, err := strconv.ParseInt(typed, 10, 64)
	if err != nil || id <= 0 || c.o.Incidents == nil {
		return i, nil, fmt.Errorf("incident %q: %w", typed, socialwatch.ErrNotFound)
	}
	if i, opened, err = c.o.Incidents.Incident(ctx, id, visible(p, "")); err != nil {
		return i, nil, fmt.Errorf("read incident: %w", err)
	}
	return i, opened, nil
}

// explain says why the incident was opened: what was counted, and what is usual.
func (v *incidentView) explain(i socialwatch.Incident) {
	e := i.Evidence
	v.Why = say("incident.why."+string(i.Kind), e.Cases, e.Of, i.Term)
	if e.Mean == 0 {
		v.Usual = say("incident.usual.none")
	} else {
		v.Usual = say("incident.usual", e.Mean, e.Sigma)
		days := make([]string, len(e.Days))
		for n, d := range e.Days {
			days[n] = strconv.Itoa(d)
		}
		v.Days = strings.Join(days, ", ")
	}
	if e.Before < .005 {
		v.Usual += " " + say("incident.before.none")
	} else {
		v.Usual += " " + say("incident.before", e.Before*100)
	}
}

// slots is how many stretches a timeline has at most.
const slots = 12

// timeline counts cases in stretches of equal length.
func (c *Console) timeline(opened []time.Time) []slotView {
	if len(opened) == 0 {
		return nil
	}
	first := opened[0].Truncate(time.Minute)
	whole := opened[len(opened)-1].Sub(first)
	width := 5 * time.Minute
	for whole >= slots*width {
		width *= 2
	}
	all := make([]slotView, int(whole/width)+1)
	for n := range all {
		all[n].From = c.moment(first.Add(time.Duration(n) * width)).Clock
	}
	for _, at := range opened {
		all[int(at.Sub(first)/width)].Cases++
	}
	return all
}

// incidentCards fills in the drafts that wait, the first of the queue in full.
func (c *Console) incidentCards(ctx context.Context, p socialwatch.Person, i socialwatch.Incident, v *incidentView) error {
	rows, next, err := c.waiting(ctx, p, i)
	if err != nil {
		return err
	}
	anew := 0
	for n, row := range rows {
		if i.EndedAt.IsZero() && c.mayAnew(p, row) {
			anew++
		}
		if n >= cardsAtOnce {
			continue
		}
		card, err := c.card(ctx, p, row.Reply.ID)
		if errors.Is(err, socialwatch.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if ch := card.Changed; ch != nil && len(ch.Posts)+len(ch.Native) == 0 {
			ch.Open = false // the same wording came into each: ten diffs of it hide the drafts
		}
		v.Cards = append(v.Cards, incidentCard{card, strconv.Itoa((n + 1) % cardsAtOnce)})
	}
	if left := len(rows) - len(v.Cards); left > 0 {
		v.MoreCards = say("incident.left", count(left, next))
	}
	v.MayAnew, v.AnewText = anew > 0, say("incident.anew", anew)
	return nil
}

// waiting are the drafts of an incident that await a decision.
func (c *Console) waiting(ctx context.Context, p socialwatch.Person, i socialwatch.Incident) ([]store.QueueRow, string, error) {
	rows, next, err := c.o.Queue.Queue(ctx, store.QueueFilter{Incident: i.ID, Accounts: visible(p, "")})
	if err != nil {
		return nil, "", fmt.Errorf("read drafts of an incident: %w", err)
	}
	return rows, next, nil
}

// mayAnew reports whether a draft may be drafted anew in an incident's words:
// one of the program's that nobody has touched, for who has no answer yet.
func (c *Console) mayAnew(p socialwatch.Person, q store.QueueRow) bool {
	rp := q.Reply
	return c.o.Anew != nil && c.o.Worded != nil && p.May(socialwatch.RoleAuthor, rp.Payload.Account) && rp.Author == socialwatch.System &&
		rp.Version == 1 && !q.Responded && !c.o.Worded(rp.Payload) && c.deciding(p, rp) == ""
}

// anew drafts those that wait anew in an incident's words. Each is a draft like
// any other afterwards. One that changed meanwhile stays as it is.
func (c *Console) anew(w http.ResponseWriter, r *http.Request) error {
	p, _ := auth.PersonFrom(r.Context())
	i, _, err := c.readIncident(r.Context(), r.PathValue("id"), p)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(i.Accounts, func(a string) bool { return p.May(socialwatch.RoleAuthor, a) }) {
		return &rightError{socialwatch.RoleAuthor, i.Accounts[0]}
	}
	done := 0
	rows, _, err := c.waiting(r.Context(), p, i)
	if err != nil {
		return err
	}
	for _, q := range rows {
		if !i.EndedAt.IsZero() || !c.mayAnew(p, q) {
			continue
		}
		_, err := c.o.Anew(r.Context(), socialwatch.Decision{ReplyID: q.Reply.ID, Hash: q.Reply.Hash, By: p})
		switch {
		case err == nil:
			done++
		case !errors.Is(err, socialwatch.ErrConflict):
			return fmt.Errorf("draft reply %d anew: %w", q.Reply.ID, err)
		}
	}
	return see(w, r, "/incidents/"+r.PathValue("id")+"?anew="+strconv.Itoa(done))
}
