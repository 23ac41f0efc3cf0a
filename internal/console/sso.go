package console

import (
	"errors"
	"fmt"
	"net/http"

	"socialwatch"
	"socialwatch/internal/auth"
)

// beginSSO sends a person to the identity provider.
func (c *Console) beginSSO(w http.ResponseWriter, r *http.Request) error {
	if c.o.SSO == nil {
		return socialwatch.ErrNotFound
	}
	address, cookie, err := c.o.SSO.Begin(r.Context(), backTo(r.URL.Query().Get("back")))
	if err != nil {
		return c.ssoFailed(w, r, err)
	}
	http.SetCookie(w, cookie)
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// endSSO takes the provider's answer. Its cookie counts once, whatever comes.
func (c *Console) endSSO(w http.ResponseWriter, r *http.Request) error {
	if c.o.SSO == nil {
		return socialwatch.ErrNotFound
	}
	session, back, err := c.o.SSO.Finish(r)
	http.SetCookie(w, c.o.SSO.Forget())
	if err != nil {
		return c.ssoFailed(w, r, err)
	}
	http.SetCookie(w, session)
	return see(w, r, backTo(back))
}

// ssoFailed says what went wrong and what to do; details are for the log.
func (c *Console) ssoFailed(w http.ResponseWriter, r *http.Request, err error) error {
	var key string
	status := http.StatusForbidden
	switch {
	case errors.Is(err, auth.ErrAway):
		key, status = "away", http.StatusBadGateway
	case errors.Is(err, auth.ErrFlow):
		key, status = "flow", http.StatusBadRequest
	case errors.Is(err, auth.ErrRefused):
		key = "refused"
	case errors.Is(err, auth.ErrNoRole):
		key = "norole"
	case errors.Is(err, socialwatch.ErrForbidden):
		key = "out"
	default:
		return fmt.Errorf("single sign-on: %w", err)
	}
	c.o.Log.Warn("single sign-on failed", "why", key, "err", err)
	v := errorView{Title: say("sso." + key), Text: say("sso." + key + ".text"), Do: say("sso." + key + ".do"), Back: "/login", BackText: say("sso.again")}
	return c.show(w, r, status, "error", view{Title: v.Title, Class: "plain", Body: v})
}
