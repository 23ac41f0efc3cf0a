package console

import (
	"errors"
	"fmt"
	"net/http"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// setView is the page on which somebody with a link sets a password.
type setView struct{ Code, Login, Problem string }

// passwordPage greets who comes by a link. The link stays usable until a
// password is set, so that looking costs nothing.
func (c *Console) passwordPage(w http.ResponseWriter, r *http.Request) error {
	return c.showPassword(w, r, http.StatusOK, r.URL.Query().Get("code"), "")
}

func (c *Console) showPassword(w http.ResponseWriter, r *http.Request, status int, code, problem string) error {
	p, err := c.linked(r, code)
	if err != nil {
		return err
	}
	return c.show(w, r, status, "password", view{Title: say("password.set"), Class: "plain", Body: setView{code, p.Login, problem}})
}

func (c *Console) linked(r *http.Request, code string) (socialwatch.Person, error) {
	hash := auth.LinkHash(code)
	if hash == "" || c.o.Logins.NoPasswords {
		return socialwatch.Person{}, errLinkOver
	}
	p, err := c.o.Links.LinkPerson(r.Context(), hash, store.LinkPassword, c.o.Now())
	if errors.Is(err, socialwatch.ErrNotFound) {
		return p, errLinkOver
	}
	return p, err
}

// errLinkOver refuses a link that is unknown, used or over.
var errLinkOver = errors.New("the link is over")

func (c *Console) setPassword(w http.ResponseWriter, r *http.Request) error {
	code := r.PostFormValue("code")
	if _, err := c.linked(r, code); err != nil { // before a hash is made for strangers
		return err
	}
	hash, err := auth.HashPassword(r.Context(), r.PostFormValue("new"))
	if err != nil {
		return c.showPassword(w, r, http.StatusUnprocessableEntity, code, sentence(err, errNone))
	}
	_, err = c.o.Links.TakeLink(r.Context(), auth.LinkHash(code), hash, socialwatch.Micros(c.o.Now()))
	if errors.Is(err, socialwatch.ErrNotFound) {
		return errLinkOver
	}
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return see(w, r, "/login?done=password")
}
