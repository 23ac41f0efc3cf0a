package console

import (
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

// decideScope is what a system's token never has: only people decide.
const decideScope = "decide"

type tokensView struct {
	Scopes []option
	Rows   []tokenView
}

type tokenView struct {
	ID                  int64
	Name, Owner, Scopes string
	Made, Used          moment
	Ends                string
	Over                bool
	Label               string
}

func (c *Console) tokensView(tokens []store.Token, scopes []string) tokensView {
	v := tokensView{}
	for _, s := range scopes {
		v.Scopes = append(v.Scopes, option{s, say("scope." + s), s == c.o.Scopes[0]})
	}
	for _, t := range tokens {
		row := tokenView{ID: t.ID, Name: t.Name, Owner: say("token.system"), Scopes: strings.Join(t.Scopes, ", "), Made: c.moment(t.CreatedAt),
			Used: c.moment(t.UsedAt), Ends: say("never"), Label: say("token.label", t.Name)}
		if t.Person != nil {
			row.Owner = t.Person.Login
		}
		if !t.ExpiresAt.IsZero() {
			row.Ends = date("year", t.ExpiresAt.In(c.o.Zone))
			row.Over = !c.o.Now().Before(t.ExpiresAt)
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

// secretView shows a secret, once.
type secretView struct {
	Title, Text, Secret, Back string
	How                       string // it is used; may be empty
	Link                      bool
}

func (c *Console) showSecret(w http.ResponseWriter, r *http.Request, v secretView) error {
	return c.show(w, r, http.StatusOK, "secret", view{Title: v.Title, Class: "plain", Nav: "settings", Body: v})
}

// maxTokenName bounds the names of tokens, which stand in the audit.
const maxTokenName = 100

// addToken makes a token of the reader's own, or of a system.
func (c *Console) addToken(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fmt.Errorf("read form: %w", err)
	}
	p, _ := auth.PersonFrom(r.Context())
	n := store.NewToken{Name: strings.TrimSpace(r.PostFormValue("name")), Scopes: r.PostForm["scope"], By: p.Login, CreatedAt: socialwatch.Micros(c.o.Now())}
	system := r.PostFormValue("owner") == "system"
	back := "/settings#tokens"
	if system {
		if err := may(p, socialwatch.RoleAdmin, socialwatch.AllAccounts); err != nil {
			return err
		}
		back = "/settings/people#tokens"
	} else {
		n.PersonID = &p.ID
	}
	if n.Name == "" || len(n.Name) > maxTokenName {
		return &badError{say("bad.token")}
	}
	for _, s := range n.Scopes {
		if !slices.Contains(c.o.Scopes, s) || system && s == decideScope {
			return &badError{say("bad.scope")}
		}
	}
	days, err := strconv.Atoi(r.PostFormValue("days"))
	if err != nil || days < 0 || days > 3660 || len(n.Scopes) == 0 {
		return &badError{say("bad.scope")}
	}
	if days > 0 {
		n.ExpiresAt = n.CreatedAt.Add(time.Duration(days) * 24 * time.Hour)
	}
	var secret string
	secret, n.Hash = auth.NewToken()
	if err := c.o.Tokens.AddToken(r.Context(), n); err != nil {
		return fmt.Errorf("make a token: %w", err)
	}
	return c.showSecret(w, r, secretView{Title: say("token.made", n.Name), Text: say("token.once"), Secret: secret, Back: back})
}

func (c *Console) revokeToken(w http.ResponseWriter, r *http.Request) error {
	p, _ := auth.PersonFrom(r.Context())
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return socialwatch.ErrNotFound
	}
	if err := c.o.Tokens.RevokeToken(r.Context(), id, p.Login, socialwatch.Micros(c.o.Now())); err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	if r.PostFormValue("back") == "people" {
		return see(w, r, "/settings/people?done=token#tokens")
	}
	return see(w, r, "/settings?done=token#tokens")
}
