package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// me is the assignee of an address that stands for whoever looks.
const me = "me"

// byDeadline is the order of an address by deadline.
const byDeadline = "due"

// caseFilter reads the filter of an address for p.
func caseFilter(p socialwatch.Person, q url.Values) store.CaseFilter {
	f := store.CaseFilter{Accounts: visible(p, q.Get("account")), After: q.Get("after"), Intent: socialwatch.Intent(q.Get("intent")),
		Team: q.Get("team"), Assignee: q.Get("assignee"), Tag: store.Tag(q.Get("tag")), Snoozed: q.Get("show") == "snoozed", Raised: q.Get("show") == "raised", Due: q.Get("order") == byDeadline}
	if state := socialwatch.CaseState(q.Get("state")); slices.Contains(caseStates, state) {
		f.States = []socialwatch.CaseState{state}
	}
	if f.Assignee == me {
		f.Assignee = p.Login
	}
	return f
}

func (c *Console) caseList(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p, _ := auth.PersonFrom(r.Context())
	calls, err := c.o.Notebook.Calls(r.Context(), p.Login, visible(p, ""))
	if err != nil {
		return err
	}
	v := &casesView{Tabs: caseTabs(q, len(calls)), Tag: q.Get("tag")}
	page := view{Title: say("cases"), Class: "plain", Nav: "cases", Body: v}
	if q.Get("show") == "calls" {
		for _, k := range calls {
			v.Calls = append(v.Calls, callView{Case: k.Case, Who: k.Note.Author, Text: k.Note.Body, At: c.moment(k.Note.At)})
		}
		v.Empty = emptyView{Kind: "calm", Title: say("calls.none")}
		return c.show(w, r, http.StatusOK, "cases", page)
	}
	f := caseFilter(p, q)
	rows, next, err := c.o.Cases.Cases(r.Context(), f)
	if err != nil {
		return fmt.Errorf("read cases: %w", err)
	}
	if !f.Raised {
		if rows, err = c.raisedFirst(r.Context(), f, rows); err != nil {
			return err
		}
	}
	if v.Fields, err = c.caseFields(r, p); err != nil {
		return err
	}
	v.Count = count(len(rows), next)
	for _, row := range rows {
		v.Rows = append(v.Rows, c.caseRow(row))
	}
	if next != "" {
		v.More = addressOf(q, "after", next)
	}
	if show := q.Get("show"); show != "" {
		v.Kept = []fact{{Name: "show", Value: show}}
	}
	v.Empty = emptyView{Kind: "calm", Title: say("empty.cases")}
	if len(without(q, "after")) > 0 {
		v.Empty = emptyView{Kind: "filtered", Title: say("empty.filtered"), URL: "/cases", URLText: say("empty.clear")}
	}
	return c.show(w, r, http.StatusOK, "cases", page)
}

// addressOf is the address of the list with one value changed.
func addressOf(q url.Values, name, value string) string {
	q = without(q, name)
	if value != "" {
		q.Set(name, value)
	}
	if len(q) == 0 {
		return "/cases"
	}
	return "/cases?" + q.Encode()
}

// caseTabs are the lists that people look at most.
func caseTabs(q url.Values, calls int) []tab {
	show, mine := q.Get("show"), q.Get("assignee") == me
	called := say("calls")
	if calls > 0 {
		called += fmt.Sprintf(" (%d)", calls)
	}
	return []tab{
		{"/cases", say("cases.all"), show == "" && !mine},
		{"/cases?assignee=" + me, say("cases.mine"), show == "" && mine},
		{"/cases?show=snoozed", say("tab.snoozed"), show == "snoozed"},
		{"/cases?show=raised", say("tab.raised"), show == "raised"},
		{"/cases?show=calls", called, show == "calls"},
	}
}

// caseFields are the controls of the list as the address sets them.
func (c *Console) caseFields(r *http.Request, p socialwatch.Person) ([]fieldView, error) {
	q := r.URL.Query()
	h, err := c.look(r.Context())
	if err != nil {
		return nil, err
	}
	states, intents, teams, names := map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}
	for _, s := range caseStates {
		states[string(s)] = label("case", string(s))
	}
	for _, i := range socialwatch.Intents {
		intents[string(i)] = label("intent", string(i))
	}
	for _, team := range c.teams(p, "") {
		teams[team] = team
	}
	for _, name := range accounts(p, h) {
		names[name] = name
	}
	people, err := c.colleagues(r.Context(), "")
	if err != nil {
		return nil, err
	}
	people[me] = say("filter.me")
	one := func(name string) []string { return some([]string{q.Get(name)}) }
	fields := []fieldView{field("state", "cases.live", one("state"), states), field("intent", "filter.all", one("intent"), intents)}
	if len(teams) > 0 || q.Get("team") != "" {
		fields = append(fields, field("team", "filter.all", one("team"), teams))
	}
	fields = append(fields, field("assignee", "filter.anybody", one("assignee"), people))
	if len(names) > 1 || q.Get("account") != "" {
		fields = append(fields, field("account", "filter.all", one("account"), names))
	}
	return append(fields, field("order", "order.newest", one("order"), map[string]string{byDeadline: say("cases.due")})), nil
}
