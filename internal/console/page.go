package console

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

//go:embed pages
var pageFiles embed.FS

// pages are the parsed templates, one set for each page.
type pages struct{ sets map[string]*template.Template }

func newPages(a *assets) (*pages, error) {
	words, err := json.Marshal(scriptWords())
	if err != nil {
		return nil, fmt.Errorf("words of scripts: %w", err)
	}
	funcs := template.FuncMap{
		"t":        say,
		"list":     func(s ...any) []any { return s },
		"asset":    func(name string) string { return a.urls[name] },
		"jswords":  func() string { return string(words) },
		"keylist":  keyList,
		"language": language,
	}
	p := &pages{sets: map[string]*template.Template{}}
	for _, name := range []string{"login", "error", "help", "approvals", "cases", "case", "mentions", "incidents", "incident", "templates", "connections",
		"settings", "people", "person", "secret", "password", "audit", "reports", "rules", "search", "webhooks", "webhook", "webhookremove", "erase"} {
		files := []string{"pages/layout.html", "pages/approvals.html", "pages/parts.html", "pages/casework.html", "pages/hookparts.html", "pages/orders.html", "pages/changed.html", "pages/" + name + ".html"}
		set, err := template.New(name).Funcs(funcs).ParseFS(pageFiles, files...)
		if err != nil {
			return nil, fmt.Errorf("parse page %s: %w", name, err)
		}
		p.sets[name] = set
	}
	return p, nil
}

// view is what every page shows, and its own part in Body.
type view struct {
	Title   string
	Class   string // of the body: decides what a narrow screen shows
	Nav     string
	Path    string
	Now     string // by which pages set their timers
	Theme   string // light, dark or empty: the system's
	Keys    bool   // single-key shortcuts are on
	Keymap  string // for modules; empty: our keys
	Notify  bool   // the reader is told of breaches in this browser
	Person  socialwatch.Person
	Roles   string
	Stopped stopView
	Banners []bannerView
	Broken  bool
	Sign    string // of the banners: another one when they have changed
	Body    any
}

type stopView struct {
	Stopped   bool
	By        string
	At        moment
	MayResume bool
}

// page adapts a handler that may fail.
func (c *Console) page(handle func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := handle(w, r); err != nil {
			c.fail(w, r, err)
		}
	})
}

// show renders a whole page, or with ?part= one part of it for a module.
func (c *Console) show(w http.ResponseWriter, r *http.Request, status int, name string, v view) error {
	v.Person, _ = auth.PersonFrom(r.Context())
	v.Theme, v.Keys = preferences(r)
	keys := keymapOf(r)
	v.Keymap = keys.script()
	v.Notify = notified(r)
	v.Path, v.Now = r.URL.Path, c.moment(c.o.Now()).ISO
	entry := "layout"
	switch part := r.URL.Query().Get("part"); part {
	case "queue", "card", "check":
		if name == "approvals" {
			entry = part
		}
	case "banners", "notice":
		if status == http.StatusOK { // a refusal shows why
			entry = part
		}
	}
	if (entry == "layout" || entry == "queue" || entry == "banners") && v.Person.Login != "" {
		if err := c.surround(r.Context(), &v); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	if err := c.pages.sets[name].ExecuteTemplate(&b, entry, v); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	// A browser that has gone away is no failure.
	_ = sendHTML(w, r, status, keys.show(b.Bytes()))
	return nil
}

// healthAge is how old the state of the connections on a page may be.
const healthAge = 2 * time.Second

// health is how the installation does, for banners.
type health struct {
	at     time.Time
	conns  []store.Connection
	purses map[string]socialwatch.Purse
	stop   store.StopState
	sign   string // of what banners say of it
	alarms []socialwatch.Alarm
}

// look reads the health, or takes what another page read a moment ago.
func (c *Console) look(ctx context.Context) (health, error) {
	c.mu.Lock()
	h := c.health
	c.mu.Unlock()
	now := c.o.Now()
	if age := now.Sub(h.at); age >= 0 && age < healthAge {
		return h, nil
	}
	conns, err := c.o.Connections.Connections(ctx, now)
	if err != nil {
		return h, fmt.Errorf("read connections: %w", err)
	}
	stop, err := c.o.Connections.Stopped(ctx)
	if err != nil {
		return h, fmt.Errorf("read the stop: %w", err)
	}
	purses, err := c.o.Purses(ctx, nil)
	if err != nil {
		return h, fmt.Errorf("read spending: %w", err)
	}
	alarms, err := c.o.Alarms(ctx)
	if err != nil {
		return h, fmt.Errorf("read alarms: %w", err)
	}
	h = health{at: now, conns: conns, purses: purses, stop: stop, alarms: alarms}
	if h.sign, err = c.signOf(ctx, h); err != nil {
		return h, err
	}
	c.mu.Lock()
	c.health = h
	c.mu.Unlock()
	return h, nil
}

// changed forgets the health after a change of it.
func (c *Console) changed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.health = health{}
}

func (c *Console) surround(ctx context.Context, v *view) error {
	h, err := c.look(ctx)
	if err != nil {
		return err
	}
	v.Stopped = stopView{Stopped: h.stop.Stopped, By: h.stop.By, At: c.moment(h.stop.At), MayResume: anywhere(v.Person, socialwatch.RoleLead)}
	v.Roles, v.Sign = roles(v.Person), h.sign
	if v.Stopped.Stopped {
		v.Banners = append(v.Banners, stopBanner(v.Stopped))
	}
	v.Banners = append(v.Banners, unattended(h.alarms, v.Person)...)
	if v.Nav == "approvals" {
		spikes, err := c.spikes(ctx, v.Person)
		if err != nil {
			return err
		}
		v.Banners = append(v.Banners, spikes...)
	}
	for _, conn := range h.conns {
		if !v.Person.May(socialwatch.RoleReader, conn.Name) {
			continue
		}
		if s := c.judge(conn, h.purses[conn.Name]); s.broken {
			v.Broken = true
			b := bannerView{Kind: "warn", Title: s.alarm, Text: s.means}
			if v.Nav != "connections" {
				b.URL, b.Look = "/connections#"+conn.Name, say("connections")
			}
			v.Banners = append(v.Banners, b)
		}
	}
	return nil
}

func roles(p socialwatch.Person) string {
	var all []string
	for _, role := range socialwatch.Roles {
		for account, r := range p.Roles {
			if r == role {
				all = append(all, say("role.on", say("role."+string(role)), accountName(account)))
			}
		}
	}
	return strings.Join(all, ", ")
}

// errorView is a page that says what went wrong and what to do.
type errorView struct{ Title, Text, Do, Back, BackText, ID string }

// fail shows an error. What is not of a known class is logged with a number
// that the page names, and its text stays out of the page.
func (c *Console) fail(w http.ResponseWriter, r *http.Request, err error) {
	v, status := c.explain(r, err)
	if status == http.StatusInternalServerError {
		v.ID = errorID()
		c.o.Log.Error("page failed", "id", v.ID, "method", r.Method, "route", r.Pattern, "err", err)
	}
	if showErr := c.show(w, r, status, "error", view{Title: v.Title, Class: "plain", Body: v}); showErr != nil {
		// The database is away: a page without its surroundings.
		bare := r.WithContext(auth.WithPerson(r.Context(), socialwatch.Person{}))
		if err := c.show(w, bare, status, "error", view{Title: v.Title, Class: "plain", Body: v}); err != nil {
			c.o.Log.Error("error page failed", "id", v.ID, "err", err)
		}
	}
}

func (c *Console) explain(r *http.Request, err error) (errorView, int) {
	v := errorView{Back: "/", BackText: say("to.approvals")}
	if r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/replies/") {
		v.Back, v.BackText = path.Dir(r.URL.Path), say("to.reply")
	}
	var right *rightError
	var tooBig *http.MaxBytesError
	var bad *badError
	switch {
	case errors.As(err, &right):
		p, _ := auth.PersonFrom(r.Context())
		v.Title, v.Text = say("right.title"), say("right.text", say("right."+string(right.role)), accountName(right.account))
		v.Do = say("right.do", say("role."+string(right.role)), p.Login)
		return v, http.StatusForbidden
	case errors.Is(err, socialwatch.ErrForbidden):
		v.Title, v.Text, v.Do = say("right.title"), sentence(err, socialwatch.ErrForbidden), say("right.ask")
		return v, http.StatusForbidden
	case errors.Is(err, errLinkOver):
		v.Title, v.Text, v.Do, v.Back, v.BackText = say("link.over"), say("link.over.text"), say("link.over.do"), "/login", say("login.title")
		return v, http.StatusGone
	case errors.Is(err, errForeign):
		v.Title, v.Text, v.Do = say("foreign.title"), say("foreign.text"), say("foreign.do")
		return v, http.StatusForbidden
	case errors.Is(err, socialwatch.ErrNotFound):
		return errorView{Title: say("notfound.title"), Text: say("notfound.text"), Back: v.Back, BackText: v.BackText}, http.StatusNotFound
	case errors.Is(err, socialwatch.ErrConflict):
		v.Title, v.Text = say("conflict.title"), sentence(err, socialwatch.ErrConflict)
		return v, http.StatusConflict
	case errors.Is(err, store.ErrCursor):
		v.Title, v.Text, v.Back, v.BackText = say("cursor.title"), say("cursor.text"), r.URL.Path, say("cursor.do")
		return v, http.StatusBadRequest
	case errors.As(err, &tooBig):
		v.Title, v.Text = say("big.title"), say("big.text")
		return v, http.StatusRequestEntityTooLarge
	case errors.As(err, &bad):
		v.Title, v.Text = say("bad.title"), bad.text
		return v, http.StatusUnprocessableEntity
	}
	if text, blocks := c.o.Refused(err); text != "" {
		v.Title, v.Text = say("bad.title"), refusal(text, blocks)
		return v, http.StatusUnprocessableEntity
	}
	v.Title, v.Text, v.Do = say("failed.title"), say("failed.text"), say("failed.do")
	return v, http.StatusInternalServerError
}

// refusal is why a text of a person is not taken.
func refusal(text string, blocks []socialwatch.Finding) string {
	var lines []string
	for _, f := range findings(blocks).Rows {
		if f.Blocks {
			lines = append(lines, say("bad.finding", f.Rule, f.Mend))
		}
	}
	if len(lines) == 0 {
		return told(text)
	}
	return say("bad.blocked") + " " + strings.Join(lines, "; ")
}

// badError is a form that can't be taken; its text says what to do.
type badError struct{ text string }

func (e *badError) Error() string { return e.text }

// sentence is what an error tells a person: its text without the class at its
// end.
func sentence(err, class error) string {
	s := strings.TrimSuffix(strings.TrimSuffix(err.Error(), class.Error()), ": ")
	return capital(toldOf(cmp.Or(s, class.Error()))) + "."
}

// capital begins a text with a capital letter.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
