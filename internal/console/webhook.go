package console

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"socialwatch"
)

type hookPage struct {
	hookView
	Notice      *noteView
	Version     int  // of the secrets
	Paused, Off bool // by a person, by the program
	Overlaps    []option
	Chosen      *socialwatch.WebhookFilter // by a form that was refused
	Form        hookForm
	Tabs        []linkTab
	Deliveries  []deliveryView
	More        string
	Empty       emptyView
	DeadN       int
}

// overlaps are how long an old secret may sign beside a new one.
var overlaps = []time.Duration{0, time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour}

// usualOverlap is offered first.
const usualOverlap = 24 * time.Hour

// chosenHook is the endpoint whose page it is.
func (c *Console) chosenHook(r *http.Request) (by socialwatch.Person, h socialwatch.WebhookHealth, err error) {
	if by, err = c.hookAdmin(r); err != nil {
		return by, h, err
	}
	list, err := c.o.Webhooks.Endpoints.WebhookHealths(r.Context())
	if err != nil {
		return by, h, fmt.Errorf("read webhooks: %w", err)
	}
	for _, h := range list {
		if strconv.FormatInt(h.ID, 10) == r.PathValue("id") {
			return by, h, nil
		}
	}
	return by, h, socialwatch.ErrNotFound
}

func (c *Console) webhook(w http.ResponseWriter, r *http.Request) error {
	return c.showHook(w, r, http.StatusOK, &hookPage{Notice: done(r)})
}

func (c *Console) showHook(w http.ResponseWriter, r *http.Request, status int, v *hookPage) error {
	_, h, err := c.chosenHook(r)
	if err != nil {
		return err
	}
	v.hookView, v.Version, v.Paused, v.Off = c.hookView(h), h.Version, h.State == socialwatch.WebhookPaused, h.State == socialwatch.WebhookDisabled
	v.DeadN = h.Dead
	for _, d := range overlaps {
		v.Overlaps = append(v.Overlaps, option{d.String(), say("hook.overlap." + strconv.Itoa(int(d.Hours()))), d == usualOverlap})
	}
	chosen := h.Filter
	if v.Chosen != nil {
		chosen = *v.Chosen
	}
	if v.Form, err = c.hookForm(r, chosen); err != nil {
		return err
	}
	if err := c.deliveriesOf(r, h, v); err != nil {
		return err
	}
	return c.show(w, r, status, "webhook", view{Title: v.Name, Class: "plain", Nav: "settings", Body: v})
}

// onHook runs an admin's change of the endpoint whose page it is, and leads back
// there. What a person can mend is told on the page.
func (c *Console) onHook(w http.ResponseWriter, r *http.Request, key string, run func(by socialwatch.Person, h socialwatch.WebhookHealth) error) error {
	by, h, err := c.chosenHook(r)
	if err != nil {
		return err
	}
	err = run(by, h)
	switch problem := hookProblem(err); {
	case problem != "":
		return c.showHook(w, r, http.StatusUnprocessableEntity, &hookPage{Notice: &noteView{Kind: "bad", Title: problem}})
	case errors.Is(err, socialwatch.ErrConflict):
		return c.showHook(w, r, http.StatusConflict, &hookPage{Notice: &noteView{Kind: "bad", Title: say("hook.changed")}})
	case err != nil:
		return err
	}
	return see(w, r, hookPath(h)+"?done="+key)
}

func hookPath(h socialwatch.WebhookHealth) string {
	return "/settings/webhooks/" + strconv.FormatInt(h.ID, 10)
}

// changeOfHook is a change by a person now.
func (c *Console) changeOfHook(by socialwatch.Person, h socialwatch.WebhookHealth) socialwatch.WebhookChange {
	return socialwatch.WebhookChange{Name: h.Name, By: by.Login, At: socialwatch.Micros(c.o.Now())}
}

func (c *Console) saveHook(w http.ResponseWriter, r *http.Request) error {
	_, h, err := c.chosenHook(r)
	if err != nil {
		return err
	}
	f, err := c.formFilter(r, h.Filter)
	if problem := hookProblem(err); problem != "" {
		return c.showHook(w, r, http.StatusUnprocessableEntity, &hookPage{Notice: &noteView{Kind: "bad", Title: problem}, Chosen: &f})
	}
	if err != nil {
		return err
	}
	return c.onHook(w, r, "hook_saved", func(by socialwatch.Person, h socialwatch.WebhookHealth) error {
		change := c.changeOfHook(by, h)
		change.Filter = &f
		return c.o.Webhooks.Endpoints.ChangeWebhook(r.Context(), change)
	})
}

func (c *Console) pauseHook(w http.ResponseWriter, r *http.Request) error {
	return c.setHook(w, r, "hook_paused", socialwatch.WebhookPaused)
}

func (c *Console) resumeHook(w http.ResponseWriter, r *http.Request) error {
	return c.setHook(w, r, "hook_resumed", socialwatch.WebhookActive)
}

func (c *Console) setHook(w http.ResponseWriter, r *http.Request, key string, state socialwatch.WebhookState) error {
	return c.onHook(w, r, key, func(by socialwatch.Person, h socialwatch.WebhookHealth) error {
		change := c.changeOfHook(by, h)
		change.State = state
		return c.o.Webhooks.Endpoints.ChangeWebhook(r.Context(), change)
	})
}

// testHook calls an endpoint while the person waits.
func (c *Console) testHook(w http.ResponseWriter, r *http.Request) error {
	by, h, err := c.chosenHook(r)
	if err != nil {
		return err
	}
	var p hookRefusal
	err = c.o.Webhooks.Secrets.Test(r.Context(), h.Name, by.Login)
	if errors.As(err, &p) {
		v := &hookPage{Notice: &noteView{Kind: "bad", Title: hookProblem(err)}}
		if p.Problem() == "answer" {
			v.Notice.Text = p.Error()
		}
		return c.showHook(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return fmt.Errorf("test a webhook: %w", err)
	}
	return see(w, r, hookPath(h)+"?done=hook_tested")
}

// rotateHook shows a new secret, once. A form that comes twice rotates once.
func (c *Console) rotateHook(w http.ResponseWriter, r *http.Request) error {
	by, h, err := c.chosenHook(r)
	if err != nil {
		return err
	}
	if r.PostFormValue("version") != strconv.Itoa(h.Version) {
		return c.showHook(w, r, http.StatusConflict, &hookPage{Notice: &noteView{Kind: "bad", Title: say("hook.changed")}})
	}
	overlap, err := time.ParseDuration(r.PostFormValue("overlap"))
	if err != nil || !slices.Contains(overlaps, overlap) {
		return &badError{say("hook.bad.overlap")}
	}
	secret, err := c.o.Webhooks.Secrets.Rotate(r.Context(), h.Name, overlap, by.Login)
	if err != nil {
		return c.onHook(w, r, "", func(socialwatch.Person, socialwatch.WebhookHealth) error { return err })
	}
	text := say("hook.secret") + " " + say("hook.rotated.now")
	if overlap > 0 {
		text = say("hook.secret") + " " + say("hook.rotated", c.moment(c.o.Now().Add(overlap)).Full)
	}
	return c.showSecret(w, r, secretView{Title: say("hook.rotated.title", h.Name), Text: text, Secret: secret, How: say("hook.verify"), Back: hookPath(h)})
}

type hookRemoval struct {
	hookView
	Notice *noteView
	Text   string
}

// askRemoveHook is the page that asks for the endpoint's name.
func (c *Console) askRemoveHook(w http.ResponseWriter, r *http.Request) error {
	return c.showRemoveHook(w, r, http.StatusOK, nil)
}

func (c *Console) showRemoveHook(w http.ResponseWriter, r *http.Request, status int, notice *noteView) error {
	_, h, err := c.chosenHook(r)
	if err != nil {
		return err
	}
	v := &hookRemoval{hookView: c.hookView(h), Notice: notice, Text: say("hook.remove.text", h.Pending, h.Dead)}
	return c.show(w, r, status, "webhookremove", view{Title: say("hook.remove"), Class: "plain", Nav: "settings", Body: v})
}

// removeHook forgets an endpoint whose name was typed.
func (c *Console) removeHook(w http.ResponseWriter, r *http.Request) error {
	by, h, err := c.chosenHook(r)
	if err != nil {
		return err
	}
	if strings.TrimSpace(r.PostFormValue("name")) != h.Name {
		return c.showRemoveHook(w, r, http.StatusUnprocessableEntity, &noteView{Kind: "bad", Title: say("hook.remove.other")})
	}
	if err := c.o.Webhooks.Endpoints.RemoveWebhook(r.Context(), h.Name, by.Login, socialwatch.Micros(c.o.Now())); err != nil {
		return fmt.Errorf("remove a webhook: %w", err)
	}
	return see(w, r, "/settings/webhooks?done=hook_removed")
}
