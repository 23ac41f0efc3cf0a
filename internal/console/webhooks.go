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
	"time"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// Endpoints reads, changes and removes who is told of events. Changes are
// refused with ErrForbidden, ErrNotFound and ErrConflict.
type Endpoints interface {
	WebhookHealths(ctx context.Context) ([]socialwatch.WebhookHealth, error)
	ChangeWebhook(ctx context.Context, c socialwatch.WebhookChange) error
	RemoveWebhook(ctx context.Context, name, by string, at time.Time) error
}

// EndpointSecrets makes and tries what is sealed of an endpoint. What a person
// can mend is an error with a method Problem, which names it.
type EndpointSecrets interface {
	Add(ctx context.Context, name, url string, f socialwatch.WebhookFilter, after int64, by string) (secret string, err error)
	Rotate(ctx context.Context, name string, overlap time.Duration, by string) (secret string, err error)
	Test(ctx context.Context, name, by string) error
	Check(w socialwatch.Webhook) error
}

// Deliveries lists what endpoints were told, and has it told again.
type Deliveries interface {
	Deliveries(ctx context.Context, f store.DeliveryFilter) (list []socialwatch.Delivery, next string, err error)
	Redeliver(ctx context.Context, r store.Redelivery) (int64, error)
}

// Webhooks are the parts of the page of webhooks.
type Webhooks struct {
	Endpoints  Endpoints
	Secrets    EndpointSecrets
	Deliveries Deliveries
}

type hooksView struct {
	Notice    *noteView
	Count     string
	Rows      []hookView
	Empty     emptyView
	Name, URL string // as typed into a form that was refused
	Form      hookForm
}

// hookView is an endpoint and how it does.
type hookView struct {
	ID                            int64
	Name, Host, Told, State, Kind string
	Problem                       *connProblem
	Figures                       []fact
	Dead                          string // says that some are; empty: none
}

// hookAdmin refuses who may not see to webhooks.
func (c *Console) hookAdmin(r *http.Request) (socialwatch.Person, error) {
	if c.o.Webhooks == nil {
		return socialwatch.Person{}, socialwatch.ErrNotFound
	}
	return admin(r)
}

func (c *Console) webhooks(w http.ResponseWriter, r *http.Request) error {
	return c.showHooks(w, r, http.StatusOK, &hooksView{Notice: done(r)}, socialwatch.WebhookFilter{})
}

func (c *Console) showHooks(w http.ResponseWriter, r *http.Request, status int, v *hooksView, chosen socialwatch.WebhookFilter) error {
	if _, err := c.hookAdmin(r); err != nil {
		return err
	}
	list, err := c.o.Webhooks.Endpoints.WebhookHealths(r.Context())
	if err != nil {
		return fmt.Errorf("read webhooks: %w", err)
	}
	for _, h := range list {
		v.Rows = append(v.Rows, c.hookView(h))
	}
	v.Count = strconv.Itoa(len(list))
	v.Empty = emptyView{Kind: "first", Title: say("hooks.none"), Lines: []string{say("hooks.what"), say("hooks.what.more")},
		URL: "#add", URLText: say("hook.add")}
	if v.Form, err = c.hookForm(r, chosen); err != nil {
		return err
	}
	return c.show(w, r, status, "webhooks", view{Title: say("hooks"), Class: "plain", Nav: "settings", Body: v})
}

// hookView says how an endpoint does: what stops it first, then what went
// wrong.
func (c *Console) hookView(h socialwatch.WebhookHealth) hookView {
	v := hookView{ID: h.ID, Name: cut(h.Name), Host: cut(hookHost(h.Address)), Told: cut(hookTold(h.Filter)), Figures: c.hookFigures(h)}
	if h.Dead > 0 {
		v.Dead = say("hook.dead.n", h.Dead)
	}
	err := c.o.Webhooks.Secrets.Check(h.Webhook)
	switch {
	case err != nil:
		v.State, v.Kind = say("hook.unusable"), "bad"
		v.Problem = &connProblem{Kind: "bad", Title: say("hook.unusable.title"), Text: hookProblem(err), Do: say("hook.kept")}
	case h.State == socialwatch.WebhookDisabled:
		v.State, v.Kind = say("hook.disabled"), "bad"
		v.Problem = &connProblem{Kind: "bad", Title: say("hook.disabled.title"), Text: say("hook.disabled.text", cut(h.Why)), Do: say("hook.disabled.do")}
	case h.State == socialwatch.WebhookPaused:
		v.State, v.Kind = say("hook.paused"), "warn"
		v.Problem = &connProblem{Kind: "warn", Title: say("hook.paused.title"), Do: say("hook.kept")}
	case h.Failures > 0:
		since := c.moment(h.FailedAt).Clock
		v.State, v.Kind = say("hook.fails", since), "bad"
		v.Problem = &connProblem{Kind: "bad", Title: say("hook.failing", since, h.Failures), Text: cut(h.Error), Do: say("hook.do")}
	case h.DeliveredAt.IsZero():
		v.State = say("hook.idle")
	default:
		v.State, v.Kind = say("hook.good"), "good"
	}
	if h.Dead > 0 && (v.Kind == "good" || v.Kind == "") {
		v.Kind = "warn"
	}
	return v
}

func (c *Console) hookFigures(h socialwatch.WebhookHealth) []fact {
	oldest, log := say("fig.none"), strconv.Itoa(h.Pending)
	if !h.Oldest.IsZero() {
		oldest = c.moment(h.Oldest).Age
	}
	if h.Behind > 0 && h.State != socialwatch.WebhookActive {
		log = say("hook.waiting.log", h.Pending, h.Behind)
	}
	return []fact{{Name: say("hook.waiting"), Value: log}, {Name: say("hook.oldest"), Value: oldest},
		{Name: say("hook.dead"), Value: strconv.Itoa(h.Dead)}, {Name: say("hook.last"), Value: c.moment(h.DeliveredAt).Ago}}
}

// longest is how many characters of what others have written lists show.
const longest = 500

// cut is a text, or the beginning of a long one.
func cut(s string) string {
	if r := []rune(s); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return s
}

// hookHost is the host of an address: the rest may hold secrets.
func hookHost(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return say("fig.none")
	}
	return u.Host
}

// hookTold says in words what a filter chooses.
func hookTold(f socialwatch.WebhookFilter) string {
	parts := []string{say("hook.told.all")}
	if len(f.Kinds) > 0 {
		names := make([]string, len(f.Kinds))
		for i, kind := range f.Kinds {
			names[i] = kindText(kind)
		}
		parts[0] = strings.Join(names, ", ")
	}
	if len(f.Accounts) > 0 {
		parts = append(parts, say("hook.told.accounts", strings.Join(f.Accounts, ", ")))
	}
	if len(f.Levels) > 0 {
		levels := make([]string, len(f.Levels))
		for i, level := range f.Levels {
			levels[i] = strconv.Itoa(level)
		}
		parts = append(parts, say("hook.told.levels", strings.Join(levels, ", ")))
	}
	if f.Escalated {
		parts = append(parts, say("hook.told.escalated"))
	}
	return strings.Join(parts, "; ")
}

// kindText is a kind of event of a filter, or all of a group, in words.
func kindText(kind string) string {
	if group, ok := strings.CutSuffix(kind, ".*"); ok && slices.Contains(hookGroups, group) {
		return say("audit.all", say("audit."+group))
	}
	if strings.HasSuffix(kind, "*") {
		return kind
	}
	return label("event", kind)
}

// hookRefusal is why an endpoint cannot be as a person wants it, by a name for which
// the catalogue has words.
type hookRefusal interface {
	error
	Problem() string
}

// hookProblem is what a person can mend, in words; empty when err is something else.
func hookProblem(err error) string {
	var bad *badError
	if errors.As(err, &bad) {
		return bad.text
	}
	var p hookRefusal
	if !errors.As(err, &p) {
		return ""
	}
	if key := "hook.bad." + p.Problem(); say(key) != key {
		return say(key)
	}
	return p.Error()
}

// addHook makes an endpoint, which is told of what happens from now on.
func (c *Console) addHook(w http.ResponseWriter, r *http.Request) error {
	by, err := c.hookAdmin(r)
	if err != nil {
		return err
	}
	v := &hooksView{Name: strings.TrimSpace(r.PostFormValue("name")), URL: strings.TrimSpace(r.PostFormValue("url"))}
	f, err := c.formFilter(r, socialwatch.WebhookFilter{})
	var secret string
	if err == nil {
		secret, err = c.o.Webhooks.Secrets.Add(r.Context(), v.Name, v.URL, f, -1, by.Login)
	}
	problem, status := hookProblem(err), http.StatusUnprocessableEntity
	switch {
	case err == nil:
		return c.showSecret(w, r, secretView{Title: say("hook.added", v.Name), Text: say("hook.secret"), Secret: secret, How: say("hook.verify"), Back: "/settings/webhooks"})
	case errors.Is(err, socialwatch.ErrConflict):
		problem, status = say("hook.taken", v.Name), http.StatusConflict
	case problem == "":
		return fmt.Errorf("add a webhook: %w", err)
	}
	v.Notice = &noteView{Kind: "bad", Title: problem}
	return c.showHooks(w, r, status, v, f)
}

// hookLine is one line on Connections, when endpoints need people.
func (c *Console) hookLine(r *http.Request) (*noteView, error) {
	if c.o.Webhooks == nil {
		return nil, nil
	}
	list, err := c.o.Webhooks.Endpoints.WebhookHealths(r.Context())
	if err != nil {
		return nil, fmt.Errorf("read webhooks: %w", err)
	}
	note := &noteView{Kind: "warn", Title: say("hooks.line")}
	var parts []string
	for _, h := range list {
		v := c.hookView(h)
		if v.Kind == "bad" {
			note.Kind, v.Dead = "bad", strings.Join(some([]string{v.State, v.Dead}), ", ")
		}
		if v.Dead != "" {
			parts = append(parts, say("hooks.line.one", v.Name, v.Dead))
		}
	}
	if len(parts) == 0 {
		return nil, nil
	}
	note.Text = say("hooks.line.all", strings.Join(parts, "; "))
	if p, _ := auth.PersonFrom(r.Context()); manages(p) {
		note.Link = &linkView{URL: "/settings/webhooks", Text: say("hooks.look")}
	}
	return note, nil
}
