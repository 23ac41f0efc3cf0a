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

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// Eraser finds people of whom something is stored, and erases that.
type Eraser interface {
	Subjects(ctx context.Context, who string) ([]socialwatch.Subject, error)
	ErasePerson(ctx context.Context, e socialwatch.Erasure) (socialwatch.Erased, error)
}

// eraseView is the page on which a lead erases a person: who it is, what is
// stored, and what became of it.
type eraseView struct {
	Who     string // as typed
	Asked   bool
	Notice  *noteView
	Choices []subjectView // whom the words may mean
	One     *subjectView
	Case    string // where the person came from; empty: from search
	Report  *erasedView
	Done    bool
	// Why and Typed are what a refused form brought.
	Why, Typed string
}

// WhyMax bounds Why, in characters.
func (eraseView) WhyMax() int { return socialwatch.ErasureNoteMax }

// subjectView is a person as one network knows them.
type subjectView struct {
	Network, Host, ID          string
	NetworkText, Name, Handles string
	Accounts                   string
	URL                        string
}

// erasedView is what an erasure does, or has done.
type erasedView struct {
	None           bool
	Rows           []fact
	Cases, Touched []string
	Kept           []keptView
}

// keptView is a case that has to wait.
type keptView struct {
	Case  string
	Reply int64
	Text  string
}

// mayErase refuses who is nowhere a lead.
func (c *Console) mayErase(r *http.Request) (socialwatch.Person, error) {
	p, _ := auth.PersonFrom(r.Context())
	if c.o.Eraser == nil {
		return p, socialwatch.ErrNotFound
	}
	if !anywhere(p, socialwatch.RoleLead) {
		return p, &rightError{socialwatch.RoleLead, socialwatch.AllAccounts}
	}
	return p, nil
}

// eraseURL is where a lead erases the customer of a case; empty: not here, or it
// is done.
func (c *Console) eraseURL(p socialwatch.Person, d store.CaseDetail) string {
	done := slices.ContainsFunc(d.Events, func(e socialwatch.Event) bool { return e.Kind == socialwatch.EventCaseErased })
	if done || c.o.Eraser == nil || !p.May(socialwatch.RoleLead, d.Case.Account) {
		return ""
	}
	return "/erase?" + url.Values{"case": {d.Case.Number}}.Encode()
}

// askErase shows whom the address names and what erasing them would take;
// nothing is changed.
func (c *Console) askErase(w http.ResponseWriter, r *http.Request) error {
	p, err := c.mayErase(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	v := &eraseView{Who: strings.TrimSpace(q.Get("who")), Case: q.Get("case")}
	var found []socialwatch.Subject
	switch {
	case v.Case != "":
		found, err = c.customerOf(r.Context(), p, v.Case)
	case v.Who != "":
		found, err = c.subjects(r.Context(), p, v.Who, func(s socialwatch.Subject) bool { return q.Get("id") == "" || meant(s, q) })
	default:
		return c.showErase(w, r, http.StatusOK, v)
	}
	if err != nil {
		return err
	}
	v.Asked = true
	if len(found) == 1 {
		return c.previewErase(w, r, http.StatusOK, v, found[0])
	}
	for _, s := range found {
		v.Choices = append(v.Choices, subjectViewOf(s))
	}
	return c.showErase(w, r, http.StatusOK, v)
}

// erase erases the person whom the form names, when what was typed is theirs.
func (c *Console) erase(w http.ResponseWriter, r *http.Request) error {
	p, err := c.mayErase(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return fmt.Errorf("read form: %w", err)
	}
	f := r.PostForm
	v := &eraseView{Asked: true, Case: f.Get("case"), Why: strings.TrimSpace(socialwatch.CleanText(f.Get("why"))), Typed: strings.TrimSpace(f.Get("typed"))}
	found, err := c.subjects(r.Context(), p, f.Get("id"), func(s socialwatch.Subject) bool { return meant(s, f) })
	if err != nil {
		return err
	}
	if len(found) != 1 {
		return c.showErase(w, r, http.StatusOK, v) // nothing is stored any more
	}
	whom := found[0]
	e := socialwatch.Erasure{Subject: whom, Actor: p.Login, Note: v.Why, At: socialwatch.Micros(c.o.Now())}
	problem := ""
	switch typed, bad := strings.TrimPrefix(v.Typed, "@"), e.Check(); {
	case errors.Is(bad, socialwatch.ErrErasureNoteLength):
		problem = say("erase.bad.why", socialwatch.ErasureNoteMax)
	case errors.Is(bad, socialwatch.ErrErasureNoteNames):
		problem = say("erase.bad.named")
	case !strings.EqualFold(typed, nameOf(whom)):
		problem = say("erase.bad.typed")
	}
	if problem != "" {
		v.Notice = &noteView{Kind: "bad", Title: problem}
		return c.previewErase(w, r, http.StatusUnprocessableEntity, v, whom)
	}
	done, err := c.o.Eraser.ErasePerson(r.Context(), e)
	if err != nil {
		return err
	}
	v.Done, v.Report = true, erasedViewOf(done)
	return c.showErase(w, r, http.StatusOK, v)
}

// previewErase shows what erasing a person would take.
func (c *Console) previewErase(w http.ResponseWriter, r *http.Request, status int, v *eraseView, whom socialwatch.Subject) error {
	would, err := c.o.Eraser.ErasePerson(r.Context(), socialwatch.Erasure{Subject: whom, At: socialwatch.Micros(c.o.Now()), DryRun: true})
	if err != nil {
		return err
	}
	one := subjectViewOf(whom)
	v.One, v.Report = &one, erasedViewOf(would)
	return c.showErase(w, r, status, v)
}

func (c *Console) showErase(w http.ResponseWriter, r *http.Request, status int, v *eraseView) error {
	return c.show(w, r, status, "erase", view{Title: say("erase"), Class: "plain", Nav: "cases", Body: v})
}

// subjects are those of the people whom words name that are meant and that p may
// erase: a person is erased for all our accounts there, so p must be a lead on
// each of them.
func (c *Console) subjects(ctx context.Context, p socialwatch.Person, who string, is func(socialwatch.Subject) bool) ([]socialwatch.Subject, error) {
	found, err := c.o.Eraser.Subjects(ctx, who)
	if err != nil {
		return nil, err
	}
	var led []socialwatch.Subject
	var refused error
	for _, s := range found {
		at := slices.IndexFunc(s.Accounts, func(account string) bool { return !p.May(socialwatch.RoleLead, account) })
		switch {
		case !is(s):
		case at < 0:
			led = append(led, s)
		default:
			refused = may(p, socialwatch.RoleLead, s.Accounts[at])
		}
	}
	if len(led) == 0 {
		return nil, refused
	}
	return led, nil
}

// customerOf is the customer of a case that p leads.
func (c *Console) customerOf(ctx context.Context, p socialwatch.Person, number string) ([]socialwatch.Subject, error) {
	d, err := c.o.Cases.Case(ctx, number)
	if err != nil {
		return nil, fmt.Errorf("read case: %w", err)
	}
	cs := d.Case
	if err := may(p, socialwatch.RoleLead, cs.Account); err != nil {
		return nil, err
	}
	return c.subjects(ctx, p, cs.Customer.ID, func(s socialwatch.Subject) bool {
		return s.ID == cs.Customer.ID && s.Network == cs.Network && s.Host == cs.Host
	})
}

// meant reports whether an address or a form names exactly this person.
func meant(s socialwatch.Subject, q url.Values) bool {
	return s.ID == q.Get("id") && string(s.Network) == q.Get("network") && s.Host == q.Get("host")
}

// nameOf is what is typed to erase a person: the first of their handles, or the
// network's id where none is stored.
func nameOf(s socialwatch.Subject) string {
	if len(s.Handles) == 0 {
		return s.ID
	}
	return s.Handles[0]
}

func subjectViewOf(s socialwatch.Subject) subjectView {
	v := subjectView{Network: string(s.Network), Host: s.Host, ID: s.ID, NetworkText: label("network", string(s.Network)), Name: nameOf(s),
		Handles: strings.Join(s.Handles, ", "), Accounts: strings.Join(s.Accounts, ", ")}
	v.URL = "/erase?" + url.Values{"who": {s.ID}, "id": {s.ID}, "network": {v.Network}, "host": {s.Host}}.Encode()
	return v
}

func erasedViewOf(e socialwatch.Erased) *erasedView {
	v := &erasedView{None: e.None(), Cases: e.Cases, Touched: e.Touched}
	for _, n := range e.Counts() {
		v.Rows = append(v.Rows, fact{Name: say("erase.n." + n.Kind), Value: strconv.Itoa(n.N)})
	}
	for _, k := range e.Kept {
		v.Kept = append(v.Kept, keptView{Case: k.Number, Reply: k.ReplyID, Text: label("reply", string(k.State))})
	}
	return v
}
