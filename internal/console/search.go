package console

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// Searcher finds cases by words.
type Searcher interface {
	Search(ctx context.Context, f store.SearchFilter) (store.SearchResult, error)
}

type searchView struct {
	Query    string
	Asked    bool
	Account  string
	Accounts []string
	States   []option
	From, To string // as typed
	Zone     string
	Count    string
	Notes    []noteView
	Rows     []foundView
	More     string
	Empty    emptyView
	MayErase bool
}

// foundView is a case that was found.
type foundView struct {
	caseRowView
	Opened moment
	Hits   []hitView
	Plain  bool // the words stand in its names or numbers: Hits shows how it began
}

type hitView struct {
	Kind, By, Lang string
	At             moment
	Text           []piece
}

const (
	hitWidth = 240              // characters of a text that a row shows
	lateness = 10 * time.Second // what search may be behind without a word
)

func (c *Console) search(w http.ResponseWriter, r *http.Request) error {
	p, _ := auth.PersonFrom(r.Context())
	q := r.URL.Query()
	f, err := c.searchFilter(p, q)
	if err != nil {
		return err
	}
	v := &searchView{Query: f.Query, Asked: f.Query != "", Account: q.Get("account"), From: q.Get("from"), To: q.Get("to"),
		Zone: c.o.Now().In(c.o.Zone).Format("MST")}
	for _, s := range caseStates {
		v.States = append(v.States, option{string(s), label("case", string(s)), q.Get("state") == string(s)})
	}
	if v.Asked {
		found, err := c.o.Search.Search(r.Context(), f)
		if err != nil {
			return fmt.Errorf("search: %w", err)
		}
		if found.Number != "" && !filtered(q) {
			return see(w, r, "/cases/"+url.PathEscape(found.Number))
		}
		c.found(v, q, found)
	}
	h, err := c.look(r.Context())
	if err != nil {
		return err
	}
	v.Accounts, v.MayErase = accounts(p, h), c.o.Eraser != nil && anywhere(p, socialwatch.RoleLead)
	return c.show(w, r, http.StatusOK, "search", view{Title: say("search"), Class: "plain", Nav: "search", Body: v})
}

// searchFilter reads what the address asks for, of accounts that p may read.
func (c *Console) searchFilter(p socialwatch.Person, q url.Values) (f store.SearchFilter, err error) {
	f = store.SearchFilter{Query: q.Get("q"), Accounts: visible(p, q.Get("account")), After: q.Get("after")}
	for _, s := range caseStates {
		if q.Get("state") == string(s) {
			f.States = []socialwatch.CaseState{s}
		}
	}
	if f.From, err = c.typedTime(q.Get("from"), 0); err != nil {
		return f, err
	}
	f.To, err = c.typedTime(q.Get("to"), 1)
	return f, err
}

// filtered reports whether the address asks for more than words.
func filtered(q url.Values) bool {
	for _, key := range []string{"account", "state", "from", "to", "after"} {
		if q.Get(key) != "" {
			return true
		}
	}
	return false
}

// found fills in a page of results.
func (c *Console) found(v *searchView, q url.Values, r store.SearchResult) {
	switch {
	case r.Count > store.SearchCountMax:
		v.Count = say("search.many", store.SearchCountMax)
	case len(r.Rows) > 0 && q.Get("after") == "":
		v.Count = strconv.Itoa(r.Count)
	}
	if r.Cut {
		v.Notes = append(v.Notes, noteView{Kind: "warn", Text: say("search.cut")})
	}
	if !r.Late.IsZero() && c.o.Now().Sub(r.Late) > lateness {
		v.Notes = append(v.Notes, noteView{Kind: "warn", Text: say("search.late", c.moment(r.Late).Clock)})
	}
	for _, row := range r.Rows {
		v.Rows = append(v.Rows, c.foundRow(row))
	}
	if r.Next != "" {
		next := without(q, "after")
		next.Set("after", r.Next)
		v.More = "/search?" + next.Encode()
	}
	switch {
	case r.None:
		v.Empty = emptyView{Kind: "calm", Title: say("search.none")}
	case filtered(q):
		v.Empty = emptyView{Kind: "filtered", Title: say("empty.filtered"), URL: "/search?" + url.Values{"q": {v.Query}}.Encode(), URLText: say("empty.clear")}
	default:
		v.Empty = emptyView{Kind: "calm", Title: say("search.nothing"), Lines: []string{say("search.nothing.why")}}
	}
}

func (c *Console) foundRow(row store.SearchRow) foundView {
	v := foundView{caseRowView: c.caseRow(row.CaseRow), Opened: c.moment(row.Case.OpenedAt)}
	for _, h := range row.Hits {
		spans := make([]socialwatch.Signal, len(h.Spans))
		for i, s := range h.Spans {
			spans[i] = socialwatch.Signal{Name: "found", Start: s.Start, End: s.End, Points: 1}
		}
		v.Hits = append(v.Hits, hitView{Kind: h.Kind, By: h.By, Lang: tongue(h.Language), At: c.moment(h.At), Text: excerpt(h.Text, spans, hitWidth)})
	}
	if len(v.Hits) == 0 && row.Body != "" {
		v.Plain = true
		v.Hits = []hitView{{Kind: store.HitPost, By: row.Case.Customer.Handle, At: v.Opened, Text: excerpt(row.Body, nil, hitWidth)}}
	}
	return v
}
