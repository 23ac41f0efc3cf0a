package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/auth"
	"socialwatch/internal/config"
	"socialwatch/internal/intake"
	"socialwatch/internal/ledger"
	"socialwatch/internal/lookup"
	"socialwatch/internal/outbox"
	"socialwatch/internal/outbox/webhook"
	"socialwatch/internal/publish"
	"socialwatch/internal/spike"
	"socialwatch/internal/store"
	"socialwatch/internal/vault"
	"socialwatch/responder"
	"socialwatch/templates"
	"socialwatch/triage"
)

// app is the wired program: the only place that knows every part.
type app struct {
	cfg        config.Config
	store      *store.Store
	triage     *triage.Triage
	responder  *responder.Responder
	templates  *responder.Templates
	accounts   map[string]responder.Account
	calendars  map[string]responder.Calendar // by account name
	targets    responder.Targets
	connectors map[string]*connectors.Connector
	ledger     *ledger.Ledger
	tokens     *vault.Vault
	intake     *intake.Intake
	publisher  *publish.Publisher
	desk       *publish.Desk
	sequencer  *outbox.Sequencer
	deliverer  *webhook.Deliverer
	hooks      *webhook.Manager
	numbered   chan struct{} // rings when events were numbered
	logins     *auth.Logins
	looker     *lookup.Looker // nil: the shop is not asked about orders
	shop       io.Closer      // of what it asks
	worker     string         // unique among processes
	log        *slog.Logger
	now        func() time.Time
	tuning     tuning
	begun      time.Time
}

// tuning shortens what a demo or a test can't wait for. The zero value is
// what the networks need.
type tuning struct {
	sweep  time.Duration // of a connector: how often, and how old its anchor
	settle time.Duration // of the publisher, and its first wait after a failure
	look   time.Duration // between two looks into a thread, and between the jobs that do
	lease  time.Duration // how long a killed process keeps an account from others
	call   time.Duration // of one call to publish
	rate   float64       // requests a second of one API token
	now    func() time.Time
	log    *slog.Logger
}

// open reads the configuration and wires everything on it.
func open(ctx context.Context, f *flags) (*app, error) {
	cfg, err := config.Load(f.config)
	if err != nil {
		return nil, err
	}
	return wire(ctx, cfg, f.tuning)
}

func storeOptions(cfg config.Config) (store.Options, error) {
	url, err := cfg.DatabaseURL()
	return store.Options{URL: url, Schema: cfg.Database.Schema, Pooler: cfg.Database.Pooler,
		CasePrefix: cfg.Cases.Prefix, MaxConns: cfg.Database.MaxOpen}, err
}

// openStore opens the database alone, for commands that need no network.
func openStore(ctx context.Context, f *flags) (config.Config, *store.Store, error) {
	cfg, err := config.Load(f.config)
	if err != nil {
		return cfg, nil, err
	}
	opts, err := storeOptions(cfg)
	if err != nil {
		return cfg, nil, err
	}
	s, err := store.Open(ctx, opts)
	return cfg, s, err
}

func wire(ctx context.Context, cfg config.Config, t tuning) (*app, error) {
	if t.log == nil {
		t.log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	if t.lease == 0 {
		t.lease = leaseTTL
	}
	if t.now == nil {
		t.now = time.Now
	}
	host, _ := os.Hostname()
	a := &app{cfg: cfg, now: t.now, log: t.log, tuning: t, begun: t.now(),
		worker: fmt.Sprintf("%s/%d/%d", host, os.Getpid(), time.Now().UnixNano()),
	}
	if err := a.rules(); err != nil {
		return nil, err
	}
	opts, err := storeOptions(cfg)
	if err != nil {
		return nil, err
	}
	if a.store, err = store.Open(ctx, opts); err != nil {
		return nil, err
	}
	if err := a.networks(); err != nil {
		a.close()
		return nil, err
	}
	if err := errors.Join(a.enroll(ctx), a.look()); err != nil {
		a.close()
		return nil, err
	}
	a.pipeline()
	return a, nil
}

// enroll makes the accounts' rows: without one an account can spend nothing.
func (a *app) enroll(ctx context.Context) error {
	for _, c := range a.connectors {
		if err := a.store.EnsureAccount(ctx, c.Account, string(c.Network), c.Host); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) close() error {
	var shop error
	if a.shop != nil {
		shop = a.shop.Close()
	}
	return errors.Join(shop, a.store.Close())
}

// rules compiles what is pure: triage, templates, calendars.
func (a *app) rules() error {
	opts, err := shopOptions(a.cfg)
	if err != nil {
		return err
	}
	if a.triage, err = triage.New(opts); err != nil {
		return fmt.Errorf("triage: %w", err)
	}
	var own fs.FS
	if a.cfg.Templates != "" {
		own = os.DirFS(a.cfg.Templates)
	}
	if a.templates, err = responder.Load(templates.FS, own); err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	a.responder = responder.New(a.templates, responder.Safety{WideReach: a.cfg.Replies.WideReach})
	a.targets = targetsOf(a.cfg.Cases.Targets)
	a.accounts, a.calendars = map[string]responder.Account{}, map[string]responder.Calendar{}
	for _, acc := range a.cfg.Accounts {
		a.accounts[acc.Name] = responder.Account{Name: acc.Name, Handles: []string{acc.Handle}, Languages: acc.Languages,
			AllowHosts: acc.Links, AllowNumbers: acc.Numbers, Private: route(acc),
			Room: replyRoom(acc)}
		if c, ok := a.cfg.Calendars[acc.Calendar]; ok {
			if a.calendars[acc.Name], err = responder.ParseCalendar(c.Zone, c.Hours, c.Holidays); err != nil {
				return fmt.Errorf("calendars.%s: %w", acc.Calendar, err)
			}
		}
	}
	return nil
}

// pipeline joins the parts in the order in which a mention passes them.
func (a *app) pipeline() {
	a.intake = &intake.Intake{Store: a.store, Waiting: a.store, Now: a.now, Expiry: a.cfg.Replies.Expiry,
		Rules: intake.Rules{Assess: a.triage.Assess, Respond: a.respond, Check: a.checkDraft, Redact: a.redact, Fits: spike.Fits, CheckedBy: a.responder.SafetyVersion()}}
	if a.tuning.look > 0 {
		a.intake.LookAfter = func(int) time.Duration { return a.tuning.look }
	}
	a.desk = &publish.Desk{Decisions: a.store, Switches: a.store, Replies: a.store,
		Connector: a.connector, Refresh: a.lookFirst, Check: a.check, CheckedBy: a.responder.SafetyVersion(), Compare: compare, Language: a.triage.Language, Holds: a.store, Now: a.now,
		Hold: a.cfg.Replies.Hold, Expiry: a.cfg.Replies.Expiry, Handoff: a.handoff, Incident: a.asIncident, Redrafts: a.store,
		SelfApproval: a.selfApproval, Second: socialwatch.SecondPerson(a.cfg.Replies.EditSecondPerson)}
	a.publisher = &publish.Publisher{Sends: a.store, Looks: a.store, Replies: a.store,
		Connector: a.connector, Refresh: a.intake.LookAround, Check: a.check, CheckedBy: a.responder.SafetyVersion(), Worker: a.worker,
		Timeout: a.tuning.call, Settle: a.tuning.settle, Backoff: a.tuning.settle, Resend: a.resend, Handoff: a.handoff, Now: a.now, Log: a.log}
	a.sequencer = &outbox.Sequencer{Store: a.store}
	a.webhooks()
	a.logins = &auth.Logins{Store: a.store, Links: a.store, Proxies: a.cfg.Proxies(), NoPasswords: !a.cfg.SignIn.Passwords, Secure: strings.HasPrefix(a.cfg.PublicURL, "https://"), Now: a.now}
}

func (a *app) connector(account string) *connectors.Connector { return a.connectors[account] }

// lookFirst looks at posts before a decision about them. What it stores happened on
// the network: it is no effect of the request that decides.
func (a *app) lookFirst(ctx context.Context, c *connectors.Connector, posts []string) error {
	return a.intake.Look(store.Apart(ctx), c, posts)
}

// selfApproval reports whether authors may approve their own text on an account.
func (a *app) selfApproval(account string) bool {
	acc, err := a.cfg.Account(account)
	return err == nil && acc.MayApproveOwn(a.cfg.Replies)
}

// compare says what another text makes of a reply.
func compare(rc socialwatch.ReplyContext, text string) socialwatch.Change {
	return responder.Compare(rc.Original, rc.Slots, rc.Reply.Payload.Text, text)
}

func (a *app) resend(account string) bool {
	acc, err := a.cfg.Account(account)
	return err == nil && acc.ResendWhenAbsent
}

// handoff reports whether a text comes from a template that sends the customer
// to our private route.
func (a *app) handoff(p socialwatch.Payload) bool {
	t, _ := a.templates.Get(p.Template, p.Language)
	return t.Handoff
}

// respond lends the responder what the configuration knows of the account.
func (a *app) respond(s intake.Situation) intake.Answer {
	r := a.responder.Respond(responder.Input{Mention: s.Mention, Assessment: s.Assessment,
		CaseNumber: s.CaseNumber, FollowUp: s.FollowUp, Used: s.Used, Given: s.Given, Earlier: s.Earlier, Incident: s.Incident, Now: s.Now,
		Account: a.accounts[s.Mention.Account], Calendar: a.calendars[s.Mention.Account], Targets: a.targets})
	return intake.Answer{Draft: r.Draft, Why: r.Why, Escalate: r.Escalate, Escalation: r.Escalation,
		Level: r.Level, DueAt: r.DueAt, Team: team(a.cfg, s.Mention.Account, s.Team, s.Assessment)}
}

// redact takes out what the configuration wants stored posts to be without.
func (a *app) redact(m socialwatch.Mention, as socialwatch.Assessment) (socialwatch.Mention, socialwatch.Assessment) {
	kinds := make([]socialwatch.EntityKind, len(a.cfg.Privacy.MaskStored))
	for i, kind := range a.cfg.Privacy.MaskStored {
		kinds[i] = socialwatch.EntityKind(kind)
	}
	return a.triage.Redact(m, as, kinds)
}

func (a *app) checkDraft(t intake.Text) []socialwatch.Finding {
	p := t.Payload
	return a.responder.Check(responder.CheckInput{Payload: p, Parent: t.Parent.Post, Language: t.Language,
		Account: a.accounts[p.Account], TemplateText: t.Original, Impostor: t.Impostor, SameText: t.Said, Incident: a.ofIncident(p, t.Original)})
}

// ofIncident reports whether a text is what an incident's template says, which
// may go out often.
func (a *app) ofIncident(p socialwatch.Payload, original string) bool {
	return a.worded(p) && p.Text == original
}

// saidOften counts the decisions of the last hour.
func (a *app) saidOften(at []time.Time) (n int) {
	for _, t := range at {
		if a.now().Sub(t) < time.Hour {
			n++
		}
	}
	return n
}

func (a *app) check(rc socialwatch.ReplyContext, p socialwatch.Payload) []socialwatch.Finding {
	in := responder.CheckInput{Payload: p, Parent: rc.Parent.Post, Language: rc.Assessment.Language, Account: a.accounts[p.Account],
		TemplateText: rc.Original, Slots: rc.Slots, CaseNumber: rc.Case.Number, EarlierUnknown: rc.InDoubt,
		SameText: a.saidOften(rc.SameText), Incident: a.ofIncident(p, rc.Original), Impostor: rc.Impostor}
	switch {
	case rc.ParentGone:
		in.NotAnswerable = "the post is gone"
	case rc.OptedOut:
		in.NotAnswerable = "the customer asked us not to write to them"
	}
	if c := a.connector(p.Account); c != nil {
		in.Answered = c.OneReply && rc.Answered
	}
	return a.responder.Check(in)
}

// names lists the configured accounts, those asked for if any.
func (a *app) names(only string) ([]string, error) {
	if only != "" {
		_, err := a.cfg.Account(only)
		return []string{only}, err
	}
	var all []string
	for _, acc := range a.cfg.Accounts {
		all = append(all, acc.Name)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no accounts in the configuration: add one under accounts (`socialwatch init` shows how)")
	}
	return all, nil
}

// plain makes an error safe for one line of a log or table.
func plain(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
