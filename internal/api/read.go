package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"socialwatch"
	"socialwatch/internal/store"
)

func (s *server) me(r *http.Request, c caller) (any, error) {
	if _, err := query(r); err != nil {
		return nil, err
	}
	me := Me{Kind: "system", Token: c.name, Scopes: list(c.scopes), Roles: map[string]socialwatch.Role{}}
	if p := c.person; p != nil {
		me.Kind, me.Login, me.Name = "person", p.Login, p.Name
		for account, role := range p.Roles {
			me.Roles[account] = role
		}
	}
	return me, nil
}

// reads reports whether the caller may read what belongs to an account. A
// system's token reads all.
func (c caller) reads(account string) bool {
	return c.person == nil || c.person.May(socialwatch.RoleReader, account)
}

// accounts are those that a list shows: the ones asked for, else all that the
// caller may read; nil means every one.
func (c caller) accounts(q url.Values) ([]string, error) {
	for _, name := range q["account"] {
		if !c.reads(name) {
			return nil, kindRole.of("%s needs the role reader on account %.100q, which an admin grants", c.person.Login, name)
		}
	}
	if asked := q["account"]; len(asked) > 0 || c.reads(socialwatch.AllAccounts) {
		return asked, nil
	}
	own := []string{}
	for name := range c.person.Roles {
		if c.reads(name) {
			own = append(own, name)
		}
	}
	slices.Sort(own)
	return own, nil
}

// listing is what the parameters of every list say.
type listing struct {
	accounts []string
	after    string
	limit    int
}

func readListing(q url.Values, c caller) (listing, error) {
	accounts, err := c.accounts(q)
	if err != nil {
		return listing{}, err
	}
	limit, err := number(q, "limit", 1, store.PageMax, store.PageDefault)
	return listing{accounts, q.Get("cursor"), int(limit)}, err
}

// page is one page of rows as the API shows them.
func page[R, V any](rows []R, next string, view func(R) V) Page[V] {
	p := Page[V]{Items: each(rows, view)}
	if next != "" {
		p.Next = &next
	}
	return p
}

func (s *server) replies(r *http.Request, c caller) (any, error) {
	q, err := query(r, "state", "account", "case", "network", "intent", "language", "level", "team", "assignee", "escalated", "snoozed", "limit", "cursor")
	if err != nil {
		return nil, err
	}
	l, err := readListing(q, c)
	if err != nil {
		return nil, err
	}
	if err := filled(q, "case", "network", "language", "team", "assignee"); err != nil {
		return nil, err
	}
	f := store.QueueFilter{Accounts: l.accounts, Network: socialwatch.Network(q.Get("network")), Languages: q["language"], Teams: q["team"], // one at most
		Assignee: q.Get("assignee"), Case: q.Get("case"), After: l.after, Limit: l.limit}
	if f.States, err = oneOf(q, "state", replyStates); err != nil {
		return nil, err
	}
	if f.Intents, err = oneOf(q, "intent", socialwatch.Intents); err != nil {
		return nil, err
	}
	if f.Level, err = level(q); err != nil {
		return nil, err
	}
	if f.Escalated, err = only(q, "escalated"); err != nil {
		return nil, err
	}
	if f.Snoozed, err = only(q, "snoozed"); err != nil {
		return nil, err
	}
	rows, next, err := s.Reader.Queue(r.Context(), f)
	if err != nil {
		return nil, err
	}
	return page(rows, next, c.viewRow), nil
}

// level reads the parameter of that name; 0 without it.
func level(q url.Values) (int, error) {
	n, err := number(q, "level", 1, 4, 0)
	return int(n), err
}

func (s *server) reply(r *http.Request, c caller) (any, error) {
	if _, err := query(r); err != nil {
		return nil, err
	}
	card, err := s.card(r, c)
	if err != nil {
		return nil, err
	}
	v := c.viewCard(card)
	v.Changed = s.viewChanged(card)
	return v, nil
}

// card reads the reply that the address names. One that the caller may not
// read is not there.
func (s *server) card(r *http.Request, c caller) (store.Card, error) {
	missing := kindNotFound.of("there is no reply %.40q: GET %s/replies lists them", r.PathValue("id"), base)
	id, ok := digits(r.PathValue("id"))
	if !ok {
		return store.Card{}, missing
	}
	card, err := s.Reader.Card(r.Context(), id)
	if isNotFound(err) || err == nil && !c.reads(card.Case.Account) {
		return store.Card{}, missing
	}
	return card, err
}

func (s *server) cases(r *http.Request, c caller) (any, error) {
	q, err := query(r, "state", "account", "network", "intent", "level", "team", "assignee", "tag", "customer", "escalated", "snoozed",
		"incident", "updated_since", "limit", "cursor")
	if err != nil {
		return nil, err
	}
	l, err := readListing(q, c)
	if err != nil {
		return nil, err
	}
	if q.Has("tag") {
		q.Set("tag", store.Tag(q.Get("tag")))
	}
	if q.Has("customer") {
		q.Set("customer", strings.TrimPrefix(q.Get("customer"), "@"))
	}
	if err := filled(q, "network", "team", "assignee", "tag", "customer"); err != nil {
		return nil, err
	}
	f := store.CaseFilter{Accounts: l.accounts, Network: socialwatch.Network(q.Get("network")), Team: q.Get("team"), Assignee: q.Get("assignee"),
		Tag: q.Get("tag"), Customer: q.Get("customer"), After: l.after, Limit: l.limit}
	if err := chooseCases(q, &f); err != nil {
		return nil, err
	}
	rows, next, err := s.Reader.Cases(r.Context(), f)
	if err != nil {
		return nil, err
	}
	return page(rows, next, c.viewCaseRow), nil
}

// chooseCases reads the parameters that may be wrong.
func chooseCases(q url.Values, f *store.CaseFilter) (err error) {
	if f.States, err = oneOf(q, "state", caseStates); err != nil {
		return err
	}
	if f.Intent, err = one(q, "intent", socialwatch.Intents); err != nil {
		return err
	}
	if f.Level, err = level(q); err != nil {
		return err
	}
	if f.Escalated, err = only(q, "escalated"); err != nil {
		return err
	}
	if f.Snoozed, err = only(q, "snoozed"); err != nil {
		return err
	}
	if f.Incident, err = number(q, "incident", 1, maxNumber, 0); err != nil {
		return err
	}
	f.Updated, err = since(q, "updated_since")
	return err
}

func (s *server) caseDetail(r *http.Request, c caller) (any, error) {
	if _, err := query(r); err != nil {
		return nil, err
	}
	d, err := s.caseOf(r, c)
	if err != nil {
		return nil, err
	}
	return c.viewDetail(d), nil
}

func (s *server) events(r *http.Request, c caller) (any, error) {
	q, err := query(r, "after", "kind", "account", "limit")
	if err != nil {
		return nil, err
	}
	f, err := c.feed(q)
	if err != nil {
		return nil, err
	}
	if f.After, err = number(q, "after", 0, maxNumber, 0); err != nil {
		return nil, err
	}
	limit, err := number(q, "limit", 1, store.PageMax, store.PageDefault)
	if err != nil {
		return nil, err
	}
	f.Limit = int(limit)
	events, next, err := s.Events.Feed(r.Context(), f)
	if err != nil {
		return nil, err
	}
	return EventPage{Items: each(events, viewEvent), Next: next}, nil
}

// feed is what of the log the caller asks for. Without accounts it holds all of
// them, and what is nobody's, so only who may read all of them reads that.
func (c caller) feed(q url.Values) (store.FeedFilter, error) {
	f := store.FeedFilter{Kinds: q["kind"]}
	if !q.Has("account") {
		if !c.reads(socialwatch.AllAccounts) {
			return f, kindRole.of("%s needs the role reader on all accounts to read the whole event log: name accounts with the parameter account", c.person.Login)
		}
		return f, nil
	}
	var err error
	f.Accounts, err = c.accounts(q)
	return f, err
}

// maxNumber is the largest whole number that every JSON reader keeps exactly.
const maxNumber = 1<<53 - 1

var replyStates = []socialwatch.ReplyState{socialwatch.ReplyProposed, socialwatch.ReplyChecked, socialwatch.ReplyAwaiting,
	socialwatch.ReplyApproved, socialwatch.ReplyHolding, socialwatch.ReplySending, socialwatch.ReplySent,
	socialwatch.ReplyBlocked, socialwatch.ReplyRejected, socialwatch.ReplyWithdrawn, socialwatch.ReplySuperseded,
	socialwatch.ReplyExpired, socialwatch.ReplyCancelled, socialwatch.ReplyFailed, socialwatch.ReplyUnknown}

var caseStates = []socialwatch.CaseState{socialwatch.CaseNew, socialwatch.CaseOpen, socialwatch.CaseWaiting,
	socialwatch.CaseResolved, socialwatch.CaseClosed, socialwatch.CaseMerged}
