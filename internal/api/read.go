package api

import (
	"net/http"
	"net/url"
	"slices"

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
	q, err := query(r, "state", "account", "limit", "cursor")
	if err != nil {
		return nil, err
	}
	states, err := oneOf(q, "state", replyStates)
	if err != nil {
		return nil, err
	}
	l, err := readListing(q, c)
	if err != nil {
		return nil, err
	}
	rows, next, err := s.Reader.Queue(r.Context(), store.QueueFilter{Accounts: l.accounts, States: states,
		After: l.after, Limit: l.limit})
	if err != nil {
		return nil, err
	}
	return page(rows, next, viewRow), nil
}

func (s *server) reply(r *http.Request, c caller) (any, error) {
	if _, err := query(r); err != nil {
		return nil, err
	}
	card, err := s.card(r, c)
	if err != nil {
		return nil, err
	}
	return c.viewCard(card), nil
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
	q, err := query(r, "state", "account", "limit", "cursor")
	if err != nil {
		return nil, err
	}
	states, err := oneOf(q, "state", caseStates)
	if err != nil {
		return nil, err
	}
	l, err := readListing(q, c)
	if err != nil {
		return nil, err
	}
	rows, next, err := s.Reader.Cases(r.Context(), store.CaseFilter{Accounts: l.accounts, States: states,
		After: l.after, Limit: l.limit})
	if err != nil {
		return nil, err
	}
	return page(rows, next, c.viewCaseRow), nil
}

func (s *server) caseDetail(r *http.Request, c caller) (any, error) {
	if _, err := query(r); err != nil {
		return nil, err
	}
	d, err := s.Reader.Case(r.Context(), r.PathValue("number"))
	if isNotFound(err) || err == nil && !c.reads(d.Case.Account) {
		return nil, kindNotFound.of("there is no case %.40q: GET %s/cases lists them", r.PathValue("number"), base)
	}
	if err != nil {
		return nil, err
	}
	return c.viewDetail(d), nil
}

// events is the feed. It is not divided by account, so only who may read all
// of them reads it.
func (s *server) events(r *http.Request, c caller) (any, error) {
	q, err := query(r, "after", "limit")
	if err != nil {
		return nil, err
	}
	if !c.reads(socialwatch.AllAccounts) {
		return nil, kindRole.of("%s needs the role reader on all accounts to read the event log, which holds all of them", c.person.Login)
	}
	after, err := number(q, "after", 0, maxNumber, 0)
	if err != nil {
		return nil, err
	}
	limit, err := number(q, "limit", 1, store.PageMax, store.PageDefault)
	if err != nil {
		return nil, err
	}
	events, err := s.Events.Events(r.Context(), after, int(limit))
	if err != nil {
		return nil, err
	}
	p := EventPage{Items: each(events, viewEvent), Next: after}
	if len(events) > 0 {
		p.Next = events[len(events)-1].Seq
	}
	return p, nil
}

// maxNumber is the largest whole number that every JSON reader keeps exactly.
const maxNumber = 1<<53 - 1

var replyStates = []socialwatch.ReplyState{socialwatch.ReplyProposed, socialwatch.ReplyChecked, socialwatch.ReplyAwaiting,
	socialwatch.ReplyApproved, socialwatch.ReplyHolding, socialwatch.ReplySending, socialwatch.ReplySent,
	socialwatch.ReplyBlocked, socialwatch.ReplyRejected, socialwatch.ReplyWithdrawn, socialwatch.ReplySuperseded,
	socialwatch.ReplyExpired, socialwatch.ReplyCancelled, socialwatch.ReplyFailed, socialwatch.ReplyUnknown}

var caseStates = []socialwatch.CaseState{socialwatch.CaseNew, socialwatch.CaseOpen, socialwatch.CaseWaiting,
	socialwatch.CaseResolved, socialwatch.CaseClosed, socialwatch.CaseMerged}
