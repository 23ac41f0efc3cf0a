package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// People reads and changes who may do what. Errors are ErrForbidden,
// ErrNotFound and ErrConflict, whose text says what stands against it.
type People interface {
	People(ctx context.Context) ([]store.PersonRow, error)
	Enrol(ctx context.Context, n store.NewPerson) (socialwatch.Person, error)
	ChangePerson(ctx context.Context, c store.PersonChange) error
}

// Sessions lists and ends the logins of people.
type Sessions interface {
	Sessions(ctx context.Context, personID int64, now time.Time) ([]socialwatch.Session, error)
	EndSessions(ctx context.Context, e store.SessionEnd) error
}

// Links are what people set their passwords by.
type Links interface {
	AddLink(ctx context.Context, n store.NewLink) error
	LinkPerson(ctx context.Context, hash string, purpose store.LinkPurpose, now time.Time) (socialwatch.Person, error)
	TakeLink(ctx context.Context, hash, passwordHash string, now time.Time) (socialwatch.Person, error)
}

// Tokens lists, makes and revokes tokens of the API.
type Tokens interface {
	Tokens(ctx context.Context, personID *int64) ([]store.Token, error)
	AddToken(ctx context.Context, n store.NewToken) error
	RevokeToken(ctx context.Context, id int64, by string, at time.Time) error
}

type settingsView struct {
	Notice    *noteView
	Roles     string
	Languages string
	Teams     string
	MayManage bool
	Webhooks  bool // there is a page of them for the reader
	Sessions  sessionsView
	Password  passwordView
	Tokens    tokensView
	House     []houseView
}

// sessionsView are the sessions of the reader, or of somebody an admin looks
// at.
type sessionsView struct {
	Post string // where the forms go
	Rows []sessionView
	Many bool // more than the one that the button leaves
}

type sessionView struct {
	ID            int64
	Agent, Where  string
	Current       bool
	Since, Used   moment
	Label, EndsAt string
}

// passwordView says how the reader's password can change.
type passwordView struct{ Off, Has bool }

func (c *Console) settingsPage(w http.ResponseWriter, r *http.Request) error {
	return c.showSettings(w, r, http.StatusOK, done(r))
}

// done is the notice of a change that the page before made.
func done(r *http.Request) *noteView {
	if text, ok := entry("done." + r.URL.Query().Get("done")); ok {
		return &noteView{Kind: "good", Title: text}
	}
	return nil
}

func (c *Console) showSettings(w http.ResponseWriter, r *http.Request, status int, notice *noteView) error {
	p, _ := auth.PersonFrom(r.Context())
	_, hash, _, err := c.o.Logins.Store.PersonByLogin(r.Context(), p.Login)
	if err != nil {
		return fmt.Errorf("read person: %w", err)
	}
	v := &settingsView{Notice: notice, Roles: roles(p), Languages: strings.Join(p.Languages, ", "), Teams: strings.Join(p.Teams, ", "),
		MayManage: manages(p), Webhooks: manages(p) && c.o.Webhooks != nil, Password: passwordView{Off: c.o.Logins.NoPasswords, Has: hash != ""}, House: c.house()}
	if v.Sessions, err = c.sessionsOf(r, p.ID, "/settings"); err != nil {
		return err
	}
	own, err := c.o.Tokens.Tokens(r.Context(), &p.ID)
	if err != nil {
		return fmt.Errorf("read tokens: %w", err)
	}
	v.Tokens = c.tokensView(own, c.o.Scopes)
	return c.show(w, r, status, "settings", view{Title: say("settings"), Class: "plain", Nav: "settings", Body: v})
}

// manages reports whether p manages people.
func manages(p socialwatch.Person) bool {
	return p.May(socialwatch.RoleAdmin, socialwatch.AllAccounts)
}

func (c *Console) sessionsOf(r *http.Request, person int64, base string) (sessionsView, error) {
	v := sessionsView{Post: base + "/sessions"}
	sessions, err := c.o.Sessions.Sessions(r.Context(), person, c.o.Now())
	if err != nil {
		return v, fmt.Errorf("read sessions: %w", err)
	}
	current := c.o.Logins.SessionHash(r)
	others := 0
	for _, s := range sessions {
		row := sessionView{ID: s.ID, Agent: cmp.Or(s.Agent, say("session.unknown")), Where: s.Address, Current: s.Hash == current,
			Since: c.moment(s.CreatedAt), Used: c.moment(later(s.CreatedAt, s.UsedAt)), EndsAt: c.moment(s.ExpiresAt).Clock}
		row.Label = say("session.label", row.Agent, row.Since.Full)
		if !row.Current {
			others++
		}
		v.Rows = append(v.Rows, row)
	}
	v.Many = others > 0
	return v, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// saveMe changes what people change about themselves.
func (c *Console) saveMe(w http.ResponseWriter, r *http.Request) error {
	p, _ := auth.PersonFrom(r.Context())
	languages, teams, problem := work(r)
	if problem != "" {
		return c.showSettings(w, r, http.StatusUnprocessableEntity, &noteView{Kind: "bad", Title: problem})
	}
	change := store.PersonChange{Login: p.Login, Languages: languages, Teams: teams, By: p.Login, At: socialwatch.Micros(c.o.Now())}
	if err := c.o.People.ChangePerson(r.Context(), change); err != nil {
		return fmt.Errorf("change person: %w", err)
	}
	return see(w, r, "/settings?done=saved")
}

// work reads languages and teams of a form; the problem says what is wrong.
func work(r *http.Request) (languages, teams []string, problem string) {
	languages, teams = words(r.PostFormValue("languages")), words(r.PostFormValue("teams"))
	for i, l := range languages {
		languages[i] = strings.ToLower(l)
		if tongue(l) == "" || len(l) > 3 {
			return nil, nil, say("bad.language", l)
		}
	}
	for _, team := range teams {
		if len(team) > 64 {
			return nil, nil, say("bad.team")
		}
	}
	if len(languages) > 50 || len(teams) > 50 {
		return nil, nil, say("bad.many")
	}
	return languages, teams, ""
}

// words are the entries of a list with commas; never nil.
func words(list string) []string {
	all := []string{}
	for part := range strings.SplitSeq(list, ",") {
		if part = strings.Join(strings.Fields(part), " "); part != "" && !slices.Contains(all, part) {
			all = append(all, part)
		}
	}
	return all
}

// changePassword sets the reader's password, who knows the old one. All other
// sessions end.
func (c *Console) changePassword(w http.ResponseWriter, r *http.Request) error {
	p, _ := auth.PersonFrom(r.Context())
	if c.o.Logins.NoPasswords {
		return &badError{say("password.off")}
	}
	bad := func(status int, text string) error {
		return c.showSettings(w, r, status, &noteView{Kind: "bad", Title: text})
	}
	_, err := c.o.Logins.Check(r.Context(), p.Login, r.PostFormValue("password"), c.o.Logins.Address(r))
	var wait *auth.WaitError
	switch {
	case errors.As(err, &wait):
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Wait.Seconds())+1))
		return bad(http.StatusTooManyRequests, say("login.wait", span(wait.Wait)))
	case errors.Is(err, auth.ErrWrongLogin):
		return bad(http.StatusUnprocessableEntity, say("password.wrong"))
	case err != nil:
		return err
	}
	hash, err := auth.HashPassword(r.Context(), r.PostFormValue("new"))
	if err != nil {
		return bad(http.StatusUnprocessableEntity, sentence(err, errNone))
	}
	change := store.PersonChange{Login: p.Login, Password: &hash, Keep: c.o.Logins.SessionHash(r), By: p.Login, At: socialwatch.Micros(c.o.Now())}
	if err := c.o.People.ChangePerson(r.Context(), change); err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	return see(w, r, "/settings?done=password")
}

// errNone is the class of errors that have none.
var errNone = errors.New("")

func (c *Console) endSessions(w http.ResponseWriter, r *http.Request) error {
	p, _ := auth.PersonFrom(r.Context())
	if err := c.end(r, p, p.ID); err != nil {
		return err
	}
	return see(w, r, "/settings?done=sessions#sessions")
}

// end ends the session that a form names, or all but the reader's own.
func (c *Console) end(r *http.Request, by socialwatch.Person, person int64) error {
	e := store.SessionEnd{PersonID: person, Keep: c.o.Logins.SessionHash(r), By: by.Login, At: socialwatch.Micros(c.o.Now())}
	if typed := r.PostFormValue("session"); typed != "all" {
		id, err := strconv.ParseInt(typed, 10, 64)
		if err != nil || id <= 0 {
			return socialwatch.ErrNotFound
		}
		e.ID = id
	}
	if err := c.o.Sessions.EndSessions(r.Context(), e); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}
