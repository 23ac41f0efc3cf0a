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
	Count    string
	Account  string
	Accounts []string
	States   []option
	Rows     []caseRowView
	More     string
	Empty    emptyView
}

type option struct {
	Value, Text string
	Current     bool
}

type caseRowView struct {
	Number, Intent, Handle, Network, State, StateText, Responded string
	Escalated                                                    bool
	Incident                                                     int64 // 0: none
	Score                                                        int
	Due, Updated                                                 moment
}

var caseStates = []socialwatch.CaseState{socialwatch.CaseNew, socialwatch.CaseOpen, socialwatch.CaseWaiting,
	socialwatch.CaseResolved, socialwatch.CaseClosed, socialwatch.CaseMerged}

func (c *Console) caseList(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p, _ := auth.PersonFrom(r.Context())
	f := store.CaseFilter{Accounts: visible(p, q.Get("account")), After: q.Get("after")}
	v := &casesView{Account: q.Get("account")}
	for _, s := range caseStates {
		chosen := q.Get("state") == string(s)
		if chosen {
			f.States = []socialwatch.CaseState{s}
		}
		v.States = append(v.States, option{string(s), label("case", string(s)), chosen})
	}
	rows, next, err := c.o.Cases.Cases(r.Context(), f)
	if err != nil {
		return fmt.Errorf("read cases: %w", err)
	}
	h, err := c.look(r.Context())
	if err != nil {
		return err
	}
	v.Accounts, v.Count = accounts(p, h), count(len(rows), next)
	for _, row := range rows {
		v.Rows = append(v.Rows, c.caseRow(row))
	}
	if next != "" {
		q.Set("after", next)
		v.More = "/cases?" + q.Encode()
	}
	v.Empty = emptyView{Kind: "calm", Title: say("empty.cases")}
	if len(f.States) > 0 || v.Account != "" {
		v.Empty = emptyView{Kind: "filtered", Title: say("empty.filtered"), URL: "/cases", URLText: say("empty.clear")}
	}
	return c.show(w, r, http.StatusOK, "cases", view{Title: say("cases"), Class: "plain", Nav: "cases", Body: v})
}

func (c *Console) caseRow(row store.CaseRow) caseRowView {
	cs := row.Case
	return caseRowView{Number: cs.Number, Intent: label("intent", string(cs.Intent)), Handle: cs.Customer.Handle,
		Network: label("network", string(cs.Network)), State: string(cs.State), StateText: label("case", string(cs.State)),
		Responded: responded(cs), Escalated: cs.Escalated, Incident: cs.Incident, Score: cs.Score,
		Due: c.due(cs.DueAt, !cs.RespondedAt.IsZero()), Updated: c.moment(cs.UpdatedAt)}
}

func responded(cs socialwatch.Case) string {
	if cs.RespondedAt.IsZero() {
		return ""
	}
	return say("responded", span(cs.RespondedAt.Sub(cs.OpenedAt)))
}

// caseView is the page of one case.
type caseView struct {
	caseRowView
	Level                                   int
	Reach, Account, Team, Escalation, Lacks string
	WaitsFor                                string
	Version                                 int
	MayResolve, MayReopen                   bool
	Problem                                 *noteView
	Impostors                               []impostorView
	Thread                                  []postView
	Replies                                 []replyView
	Facts                                   []fact
	History                                 []eventView
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
	v := c.caseView(p, d)
	v.Problem = problem
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
	v := &caseView{caseRowView: c.caseRow(store.CaseRow{Case: cs}), Level: cs.Level, Reach: reach(cs.Customer.Followers),
		Account: cs.Account, Team: cs.Team, Version: cs.Version, Thread: c.thread(d.Mentions, d.Replies, 0), History: c.history(d.Events), Facts: c.caseFacts(d)}
	if cs.Escalated {
		v.Escalation = label("escalation", cs.Escalation)
	}
	if d.WaitsFor != "" {
		v.WaitsFor = label("waits", d.WaitsFor)
	}
	v.Impostors = c.impostors(d.Impostors)
	author := p.May(socialwatch.RoleAuthor, cs.Account)
	live := cs.State.Live() && cs.State != socialwatch.CaseResolved
	v.MayResolve, v.MayReopen = author && live, author && cs.State == socialwatch.CaseResolved
	if !author {
		v.Lacks = say("lacks.author", cs.Account)
	}
	c.correctable(v, d, author)
	for _, rp := range slices.Backward(d.Replies) {
		v.Replies = append(v.Replies, replyView{rp.ID, string(rp.State), label("reply", string(rp.State)), templateName(rp.Payload),
			tongue(rp.Payload.Language), rp.Payload.Whole()})
	}
	return v
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
	add("fact.resolved", clock(cs.ResolvedAt))
	add("fact.assignee", cs.Assignee)
	add("fact.orders", strings.Join(cs.Orders, ", "))
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
