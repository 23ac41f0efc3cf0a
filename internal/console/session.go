package console

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"socialwatch/internal/auth"
)

type loginView struct {
	Problem, Login, Back, Code string
	Done                       string // what the page before did
	NoPasswords                bool
	SSO, SSOName               string // where single sign-on begins
}

func (c *Console) loginPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	v := loginView{Back: backTo(q.Get("back")), Code: q.Get("code")}
	if q.Get("done") == "password" {
		v.Done = say("login.password.set")
	}
	return c.showLogin(w, r, http.StatusOK, v)
}

func (c *Console) showLogin(w http.ResponseWriter, r *http.Request, status int, v loginView) error {
	v.NoPasswords = c.o.Logins.NoPasswords
	if c.o.SSO != nil {
		v.SSO, v.SSOName = "/login/sso?"+url.Values{"back": {v.Back}}.Encode(), c.o.SSO.Name
	}
	return c.show(w, r, status, "login", view{Title: say("login.title"), Class: "plain", Body: v})
}

// stranger sends those without a session to log in, and back afterwards.
func (c *Console) stranger(w http.ResponseWriter, r *http.Request) error {
	switch {
	case r.URL.Path == "/events":
		w.WriteHeader(http.StatusNoContent) // tells the browser not to come back
		return nil
	case r.URL.Query().Has("part"):
		w.WriteHeader(http.StatusUnauthorized)
		return nil
	case r.Method != http.MethodGet || r.URL.Path == "/":
		return see(w, r, "/login")
	}
	return see(w, r, "/login?"+url.Values{"back": {r.URL.RequestURI()}}.Encode())
}

func (c *Console) login(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fmt.Errorf("read form: %w", err)
	}
	var cookie *http.Cookie
	var err error
	f := r.PostForm
	back := backTo(f.Get("back"))
	wrong := say("login.wrong")
	if code := f.Get("code"); code != "" {
		wrong = say("login.used")
		cookie, err = c.o.Logins.Redeem(r.Context(), code, c.o.Logins.From(r))
	} else {
		cookie, err = c.o.Logins.Login(r.Context(), f.Get("login"), f.Get("password"), c.o.Logins.From(r))
	}
	var wait *auth.WaitError
	switch {
	case errors.As(err, &wait):
		w.Header().Set("Retry-After", fmt.Sprint(int(wait.Wait.Seconds())+1))
		return c.showLogin(w, r, http.StatusTooManyRequests, loginView{Problem: say("login.wait", span(wait.Wait)), Login: f.Get("login"), Back: back})
	case errors.Is(err, auth.ErrNoPasswords):
		return c.showLogin(w, r, http.StatusForbidden, loginView{Problem: say("password.off"), Back: back})
	case errors.Is(err, auth.ErrWrongLogin):
		return c.showLogin(w, r, http.StatusUnauthorized, loginView{Problem: wrong, Login: f.Get("login"), Back: back})
	case err != nil:
		return err
	}
	http.SetCookie(w, cookie)
	return see(w, r, back)
}

func (c *Console) logout(w http.ResponseWriter, r *http.Request) error {
	cookie, err := c.o.Logins.Logout(r)
	http.SetCookie(w, cookie)
	if err != nil {
		return err
	}
	return see(w, r, "/login")
}

func (c *Console) help(w http.ResponseWriter, r *http.Request) error {
	return c.show(w, r, http.StatusOK, "help", view{Title: say("help.title"), Class: "plain", Body: keymapOf(r).own()})
}

// Cookies of preferences: they hold nothing about anybody.
const (
	keysCookie   = "socialwatch-keys"
	keymapCookie = "socialwatch-keymap"
	themeCookie  = "socialwatch-theme"
)

// settings stores a preference in the browser.
func (c *Console) settings(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fmt.Errorf("read form: %w", err)
	}
	for name, field := range map[string]string{keysCookie: "keys", themeCookie: "theme"} {
		if v := r.PostForm.Get(field); v != "" {
			c.prefer(w, name, v)
		}
	}
	if r.PostForm.Has("keymap") {
		return c.saveKeys(w, r)
	}
	return see(w, r, "/help")
}

// prefer keeps a preference in the browser.
func (c *Console) prefer(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true,
		Secure: c.o.Logins.Secure, SameSite: http.SameSiteLaxMode})
}

func preferences(r *http.Request) (theme string, keys bool) {
	keys = true
	if k, err := r.Cookie(keysCookie); err == nil && k.Value == "off" {
		keys = false
	}
	if t, err := r.Cookie(themeCookie); err == nil && (t.Value == "light" || t.Value == "dark") {
		theme = t.Value
	}
	return theme, keys
}

// errorID names one failure in the page and in the log.
func errorID() string { return rand.Text()[:10] }
