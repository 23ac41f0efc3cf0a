package console

import (
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

type casesView struct {
	Count  string
	Tabs   []tab
	Fields []fieldView
	Tag    string
	Kept   []fact // of the tab, for the form
	Calls  []callView
	Rows   []caseRowView
	More   string
	Empty  emptyView
}

// callView is a note that calls the person who looks.
type callView struct {
	Case, Who, Text string
	At              moment
}

type option struct {
	Value, Text string
	Current     bool
}

type caseRowView struct {
	Number, Intent, Handle, Network, State, StateText, Responded string
	Escalated                                                    bool
	Incident                                                     int64 // 0: none
	Assignee, Team                                               string
	Snoozed                                                      bool
	Score                                                        int
	Due, Next, Updated                                           moment
	NextOf                                                       string // what Next is of
	Raised                                                       moment // since when, as of store.CaseRow
}

var caseStates = []socialwatch.CaseState{socialwatch.CaseNew, socialwatch.CaseOpen, socialwatch.CaseWaiting,
	socialwatch.CaseResolved, socialwatch.CaseClosed, socialwatch.CaseMerged}

func (c *Console) caseRow(row store.CaseRow) caseRowView {
	cs := row.Case
	v := caseRowView{Number: cs.Number, Intent: label("intent", string(cs.Intent)), Handle: cs.Customer.Handle,
		Network: label("network", string(cs.Network)), State: string(cs.State), StateText: label("case", string(cs.State)),
		Responded: responded(cs), Escalated: cs.Escalated, Incident: cs.Incident, Score: cs.Score,
		Assignee: cs.Assignee, Team: cs.Team, Snoozed: !cs.SnoozedUntil.IsZero(),
		Due: c.due(cs.DueAt, !cs.RespondedAt.IsZero()), Updated: c.moment(cs.UpdatedAt)}
	v.Next, v.NextOf = c.nextDue(cs, row.NextAt)
	if !row.RaisedAt.IsZero() {
		v.Raised = c.moment(row.RaisedAt)
	}
	return v
}

// responded is what became of the first response; empty while it is owed.
func responded(cs socialwatch.Case) string {
	switch {
	case cs.RespondedAt.IsZero() && cs.State.Live():
		return ""
	case cs.RespondedAt.IsZero():
		return say("responded.not")
	}
	return say("responded", span(cs.RespondedAt.Sub(cs.OpenedAt)))
}

// caseView is the page of one case.
type caseView struct {
	caseRowView
	Level                             int
	Reach, Account, Escalation, Lacks string
	WaitsFor                          string
	DueOf                             string // how long the first response was given
	Clocks                            []clockView
	Version                           int
	MayResolve, MayReopen             bool
	First                             *replyView // the reply that must come to its end before resolving
	Problem                           *noteView
	Impostors                         []impostorView
	Thread                            []postView
	Replies                           []replyView
	Facts                             []fact
	Work                              workView
	Life                              lifeView
	Vanished                          bool // a reply of ours is gone from the network
	Hints                             []hintView
	Tags                              []string
	Orders                            []orderView
	MayAsk                            bool
	Did                               *didView
	Row                               []store.Field // as case systems see it
	Erase                             string        // where the customer is erased; empty: not by who looks
	History                           []eventView
	Older                             string // where earlier events are; empty: these are all
}

type replyView struct {
	ID                               int64
	State, StateText, Template, Lang string
	Text                             string
}

func (c *Console) caseDetail(w http.ResponseWriter, r *http.Request) error {
	return c.showCase(w, r, http.StatusOK, nil)
}

func (c *Console) showCase(w http.ResponseWriter, r *http.Request, status int, problem *noteView) error {
	p, _ := auth.PersonFrom(r.Context())
	d, err := c.readCase(r, p)
	if err != nil {
		return err
	}
	if after := r.URL.Query().Get("events"); after != "" {
		if d.Events, d.Older, err = c.o.Timeline(r.Context(), d.Case.ID, after, store.EventsShown); err != nil {
			return err
		}
	}
	v := c.caseView(p, d)
	v.Problem = problem
	if problem != nil {
		v.Work.typed(r)
	}
	if v.Did, err = c.did(r.Context(), p, list{}, r.URL.Query()); err != nil {
		return err
	}
	if v.Did != nil {
		v.Did.Here = true
	}
	if err := c.workplace(r.Context(), p, d.Case, v); err != nil {
		return err
	}
	return c.show(w, r, status, "case", view{Title: v.Number + " " + v.Intent, Class: "plain", Nav: "cases", Body: v})
}

func (c *Console) readCase(r *http.Request, p socialwatch.Person) (store.CaseDetail, error) {
	d, err := c.o.Cases.Case(r.Context(), r.PathValue("number"))
	if err != nil {
		return d, fmt.Errorf("read case: %w", err)
	}
	return d, may(p, socialwatch.RoleReader, d.Case.Account)
}

func (c *Console) caseView(p socialwatch.Person, d store.CaseDetail) *caseView {
	cs := d.Case
	v := &caseView{caseRowView: c.caseRow(store.CaseRow{Case: cs, RaisedAt: d.RaisedAt}), Level: cs.Level, Reach: reach(cs.Customer.Followers),
		Account: cs.Account, Version: cs.Version, Thread: c.thread(d.Mentions, d.Replies, 0), History: c.history(d.Events), Facts: c.caseFacts(d),
		Hints: c.hints(p, d), Vanished: len(d.Vanished) > 0, Older: olderEvents(d)}
	v.Facts = append(v.Facts, linkFacts(p, d.Links)...)
	v.Thread = vanished(v.Thread, d.Vanished)
	v.Escalation = escalation(cs)
	if d.WaitsFor != "" {
		v.WaitsFor = label("waits", d.WaitsFor)
	}
	v.Life = c.lifeView(p, d)
	v.DueOf, v.Clocks, v.Impostors = span(cs.DueAt.Sub(cs.OpenedAt)), c.clocks(cs, d.Targets), c.impostors(d.Impostors)
	v.Orders, v.MayAsk = c.orderViews(d.Orders), c.mayAsk(p, cs, d.Orders)
	author := p.May(socialwatch.RoleAuthor, cs.Account)
	live := cs.State.Live() && cs.State != socialwatch.CaseResolved
	ours := author && cs.External.System == ""
	v.MayResolve, v.MayReopen = ours && live, ours && cs.State == socialwatch.CaseResolved
	if !author {
		v.Lacks = say("lacks.author", cs.Account)
	}
	c.correctable(v, d, author)
	v.Work, v.Tags, v.Erase = c.workView(p, cs, d.Notes), d.Tags, c.eraseURL(p, d)
	for _, rp := range slices.Backward(d.Replies) {
		line := replyView{rp.ID, string(rp.State), label("reply", string(rp.State)), templateName(rp.Payload),
			tongue(rp.Payload.Language), rp.Payload.Whole()}
		v.Replies = append(v.Replies, line)
		if !rp.State.Final() && v.MayResolve {
			v.First, v.MayResolve = &line, false
		}
	}
	return v
}

func olderEvents(d store.CaseDetail) string {
	if d.Older == "" {
		return ""
	}
	return "/cases/" + url.PathEscape(d.Case.Number) + "?" + url.Values{"events": {d.Older}}.Encode() + "#history-title"
}

func (c *Console) caseFacts(d store.CaseDetail) []fact {
	cs := d.Case
	facts := []fact{{Name: say("fact.opened"), Value: c.moment(cs.OpenedAt).Full}, {Name: say("fact.updated"), Value: c.moment(cs.UpdatedAt).Full}}
	add := func(key, value string) {
		if value != "" {
			facts = append(facts, fact{Name: say(key), Value: value})
		}
	}
	clock := func(t time.Time) string { return c.moment(t).Full }
	add("fact.breached", clock(d.BreachedAt))
	for _, t := range d.Targets {
		add("fact.breached."+string(t.Name), clock(t.BreachedAt))
	}
	add("fact.resolved", clock(cs.ResolvedAt))
	add("fact.orders", strings.Join(shortOrders(cs.Orders), ", "))
	add("fact.merged", d.MergedFrom)
	add("fact.mentions", strconv.Itoa(len(d.Mentions)))
	return append(facts, earlier(d.Earlier)...)
}

func (c *Console) resolveCase(w http.ResponseWriter, r *http.Request) error {
	return c.moveCase(w, r, socialwatch.CaseResolved)
}

func (c *Console) reopenCase(w http.ResponseWriter, r *http.Request) error {
	return c.moveCase(w, r, socialwatch.CaseOpen)
}

// moveCase changes a case's state if it is still at the version that the
// person saw.
func (c *Console) moveCase(w http.ResponseWriter, r *http.Request, to socialwatch.CaseState) error {
	p, _ := auth.PersonFrom(r.Context())
	d, err := c.readCase(r, p)
	if err != nil {
		return err
	}
	if err := may(p, socialwatch.RoleAuthor, d.Case.Account); err != nil {
		return err
	}
	version, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil {
		return &badError{say("bad.version")}
	}
	_, err = c.o.Cases.SetCaseState(r.Context(), store.CaseMove{Number: d.Case.Number, Version: version, To: to, By: p, At: socialwatch.Micros(c.o.Now())})
	if errors.Is(err, socialwatch.ErrConflict) {
		return c.showCase(w, r, http.StatusConflict, &noteView{Kind: "bad", Title: say("frozen.title"), Text: sentence(err, socialwatch.ErrConflict)})
	}
	if err != nil {
		return fmt.Errorf("move case: %w", err)
	}
	return see(w, r, "/cases/"+url.PathEscape(d.Case.Number))
}
