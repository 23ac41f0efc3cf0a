package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/internal/auth"
	"socialwatch/internal/config"
	"socialwatch/internal/console"
	"socialwatch/internal/publish"
	"socialwatch/responder"
	"socialwatch/triage"
)

// handler is all that is served: console, API, and what operators ask.
func (a *app) handler(ctx context.Context) (http.Handler, error) {
	if err := console.Speak(a.cfg.Language); err != nil {
		return nil, fmt.Errorf("language: %w", err)
	}
	o, err := a.consoleOptions()
	if err != nil {
		return nil, err
	}
	page, err := console.New(o)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	a.operation(mux)
	mux.Handle("/hooks/{account}", a.receive(func(r *http.Request) string { return r.PathValue("account") }))
	mux.Handle("/", page)
	return apart(api.New(a.apiOptions()), mux), nil
}

// apart keeps the API out of a mux, which would redirect what has // in it
// before the API can refuse it.
func apart(v1, rest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			v1.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	})
}

// consoleOptions gives the console all that it can show.
func (a *app) consoleOptions() (console.Options, error) {
	every, err := a.pollEvery()
	if err != nil {
		return console.Options{}, err
	}
	sso, err := a.sso()
	if err != nil {
		return console.Options{}, err
	}
	return console.Options{
		Casework: a.store, Life: a.store, CaseLinks: a.store, Notebook: a.store, Mask: a.mask, Row: a.store.ConsumerRow, Timeline: a.store.Timeline, Release: a.store.ReleaseCase, Promote: a.promote,
		Live: a.store, Queue: a.store, Cases: a.store, Connections: a.store, Decider: a.desk, Control: a.desk,
		Logins: a.logins, Incidents: a.store, Anew: a.desk.Anew, Worded: a.worded, Check: a.desk.Preview, Withdraw: a.store.Withdraw, Extend: a.desk.Extend, Leases: a.store, Refused: refused,
		Handles: a.handles(), Gloss: a.gloss, Bench: bench{a},
		Diff: wordDiff, Bell: a.store.Bell, Purses: a.ledger.Purses, Rates: a.rates,
		SSO: sso, People: a.store, Sessions: a.store, Links: a.store, Tokens: a.store, Audit: a.store, Reports: a.store, Search: a.store,
		Breaches: a.store, Alerts: a.alertLines, Alarms: a.store.Alarms,
		Webhooks: &console.Webhooks{Endpoints: a.store, Secrets: a.hooks, Deliveries: a.store},
		Lookups:  a.lookups(), Eraser: a.store, SelfApproval: a.selfApproval,
		House: house(a.cfg), Scopes: api.Scopes,
		Every: every, Missed: a.cfg.Polling.Stale,
		Now: a.now, Log: a.log,
	}, nil
}

func (a *app) apiOptions() api.Options {
	return api.Options{Reader: a.store, Mentions: a.store, Events: a.store, FeedBell: a.store.FeedBell, Tokens: a.store, Requests: a.store,
		Decider: a.desk, Control: a.desk, Holds: a.desk, Leases: a.store, Casework: a.store, Casebook: a.store, Owners: a.store, CaseLife: a.store,
		Withdraw: a.store.Withdraw, Promote: a.promote, Mask: a.mask, Teams: house(a.cfg).Teams, Refused: refused, Diff: responder.WordDiff,
		Receive: a.receive(func(r *http.Request) string { return r.URL.Query().Get("account") }), Rate: a.tuning.rate, Now: a.now, Log: a.log}
}

// rates is what the network's rate limits leave an account, as far as this
// process knows.
func (a *app) rates(account string, now time.Time) []socialwatch.Rate {
	if c := a.connectors[account]; c != nil && c.Rates != nil {
		return c.Rates(now)
	}
	return nil
}

// sso is single sign-on as configured; nil without.
func (a *app) sso() (*auth.SSO, error) {
	o := a.cfg.SignIn.OIDC
	if !o.Enabled() {
		return nil, nil
	}
	secret, err := o.Secret()
	if err != nil {
		return nil, err
	}
	roles := map[string]map[string]socialwatch.Role{}
	for group, accounts := range o.Roles {
		roles[group] = map[string]socialwatch.Role{}
		for account, role := range accounts {
			roles[group][account] = socialwatch.Role(role)
		}
	}
	scopes := o.Scopes
	if len(scopes) == 0 {
		scopes = []string{"profile", "email"}
	}
	return &auth.SSO{Issuer: o.Issuer, ClientID: o.ClientID, ClientSecret: secret, Name: cmp.Or(o.Name, "single sign-on"),
		Redirect: strings.TrimSuffix(address(a.cfg), "/") + "/login/sso/callback", Scopes: scopes,
		GroupsClaim: cmp.Or(o.GroupsClaim, "groups"), Roles: roles, People: a.store, Logins: a.logins}, nil
}

// house is what the settings page shows of the configuration.
func house(cfg config.Config) console.House {
	first := targetsOf(cfg.Cases.Targets).First
	h := console.House{WideReach: cfg.Replies.WideReach, Targets: first[:],
		Address: strings.TrimSuffix(address(cfg), "/"), Hold: cfg.Replies.Hold, Expiry: cfg.Replies.Expiry, SelfApproval: cfg.Replies.SelfApproval,
		Masked: cfg.Privacy.MaskStored, Hours: map[string]console.Hours{}}
	for _, a := range cfg.Accounts {
		c := cfg.Calendars[a.Calendar]
		h.Hours[a.Name] = console.Hours{Calendar: a.Calendar, Zone: c.Zone, Times: c.Hours, Holidays: c.Holidays}
		h.Languages, h.Teams = append(h.Languages, a.Languages...), append(h.Teams, a.Team)
	}
	h.Teams = append(h.Teams, cfg.Triage.Teams.Account, cfg.Triage.Teams.Scam)
	h.Teams = slices.DeleteFunc(h.Teams, func(name string) bool { return name == "" })
	return h
}

// refused finds what a person must change in what they gave; "" when err is
// none of that.
func refused(err error) (string, []socialwatch.Finding) {
	var blocked *publish.BlockedError
	if errors.As(err, &blocked) {
		return blocked.Error(), blocked.Findings
	}
	var input *publish.InputError
	if errors.As(err, &input) {
		return input.Text, nil
	}
	return "", nil
}

// mask takes out of what a person writes on a case what posts are stored
// without, and who can be reached where in any case.
func (a *app) mask(text string) string {
	m := socialwatch.Mention{Post: socialwatch.Post{Text: text}}
	m, _ = a.triage.Redact(m, a.triage.Assess(m, socialwatch.History{}), triage.Redactable)
	return m.Text
}

// promote makes a case of a mention that a rule ignored.
func (a *app) promote(ctx context.Context, mentionID int64, by socialwatch.Person) (string, error) {
	row, err := a.store.Mention(ctx, mentionID)
	if err != nil {
		return "", err
	}
	c := a.connector(row.Mention.Account)
	if c == nil {
		return "", fmt.Errorf("account %s is no longer in the configuration: %w", row.Mention.Account, socialwatch.ErrNotPossible)
	}
	return a.intake.Promote(ctx, c, row.Mention, by)
}

// handles are what the accounts are called on their networks.
func (a *app) handles() map[string]string {
	of := map[string]string{}
	for _, acc := range a.cfg.Accounts {
		of[acc.Name] = acc.Handle
	}
	return of
}

// gloss is what a template says, in English.
func (a *app) gloss(template, language string) string {
	t, _ := a.templates.Get(template, language)
	return t.Gloss
}

func wordDiff(old, text string) []console.DiffPart {
	var parts []console.DiffPart
	for _, p := range responder.WordDiff(old, text) {
		parts = append(parts, console.DiffPart{Op: string(p.Op), Text: p.Text})
	}
	return parts
}
