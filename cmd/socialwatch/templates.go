package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/connectors/twitter"
	"socialwatch/internal/config"
	"socialwatch/internal/console"
	"socialwatch/internal/store"
	"socialwatch/responder"
	"socialwatch/triage"
)

func newTemplates(f *flags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "templates",
		Short: "List the reply templates, or try what a post is answered with",
		Long: "Lists every template with its language, intent, version and owner, those of the\n" +
			"configured folder in place of the built-in ones. docs/templates.md says how to\n" +
			"write them; socialwatch check holds them against each account.",
		Example: "  socialwatch templates\n  socialwatch templates try '@shop_help order 555-0100123-0000001 still not shipped'",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := rulesOf(f.config)
			if err != nil {
				return err
			}
			all := listed(a.templates.List())
			return out(cmd, f, all, func() {
				w := table(cmd.OutOrStdout())
				fmt.Fprintln(w, "LANGUAGE\tINTENT\tTEMPLATE\tVERSION\tWORDINGS\tHANDOFF\tOWNER\tFILE")
				for _, t := range all {
					fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\n", t.Language, t.Intent, t.ID, t.Version, len(t.Wordings),
						yesNo(t.Handoff), harmless(t.Owner), harmless(t.File))
				}
				w.Flush()
			})
		},
	}
	cmd.AddCommand(newTemplatesTry(f))
	return cmd
}

// rulesOf compiles triage and templates as the configuration has them, or as
// they are shipped where there is none.
func rulesOf(path string) (*app, error) {
	a := &app{}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		if a.cfg, err = config.Load(path); err != nil {
			return nil, err
		}
	}
	return a, a.rules()
}

// listedTemplate is one line of the list.
type listedTemplate struct {
	ID       string                `json:"id"`
	Version  int                   `json:"version"`
	Intent   socialwatch.Intent    `json:"intent"`
	Language string                `json:"lang"`
	Networks []socialwatch.Network `json:"networks"` // empty: all
	Slots    []string              `json:"slots"`
	Handoff  bool                  `json:"handoff"`
	Owner    string                `json:"owner"`
	Gloss    string                `json:"gloss"`
	Wordings []string              `json:"wordings"`
	File     string                `json:"file"`
}

func listed(all []responder.Template) []listedTemplate {
	list := make([]listedTemplate, len(all))
	for i, t := range all {
		list[i] = listedTemplate{ID: t.ID, Version: t.Version, Intent: t.Intent, Language: t.Language, Networks: t.Networks,
			Slots: t.Slots, Handoff: t.Handoff, Owner: t.Owner, Gloss: t.Gloss, Wordings: t.Wordings, File: t.Source}
	}
	return list
}

func newTemplatesTry(f *flags) *cobra.Command {
	var t trial
	cmd := &cobra.Command{
		Use:   "try TEXT",
		Short: "Show how a post is assessed, with what it would be answered, and what the safety check says",
		Long: "Assesses one public post, chooses and fills a template as for a new case, and\n" +
			"checks the result. Nothing is stored. --incident answers it as one of many.",
		Example: "  socialwatch templates try 'mi pedido 555-0100123-0000001 no llega, ya van 12 días'",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := rulesOf(f.config)
			if err != nil {
				return err
			}
			r, err := t.run(a, args[0])
			if err != nil {
				return err
			}
			return out(cmd, f, r, func() { r.show(&explainer{w: cmd.OutOrStdout(), paint: painter(cmd.OutOrStdout())}) })
		},
	}
	cmd.Flags().StringVar(&t.account, "account", "", "answer from this account; default: the first of the configuration")
	cmd.Flags().StringVar(&t.number, "case", "K-1042", "number of the case")
	cmd.Flags().BoolVar(&t.incident, "incident", false, "the case is one of many of a spike")
	return cmd
}

// trial is what a post is tried with.
type trial struct {
	account, number string
	incident        bool
}

// tried is what came of it.
type tried struct {
	Account    string                `json:"account,omitempty"`
	Assessment triage.Result         `json:"assessment"`
	Why        string                `json:"why"`
	Level      int                   `json:"level"`
	Escalation string                `json:"escalation,omitempty"`
	Template   string                `json:"template,omitempty"`
	Version    int                   `json:"template_version,omitempty"`
	Language   string                `json:"lang,omitempty"`
	Gloss      string                `json:"gloss,omitempty"`
	Handoff    bool                  `json:"handoff"`
	Text       string                `json:"text,omitempty"`
	Length     int                   `json:"length,omitempty"`
	Limit      int                   `json:"limit,omitempty"`
	Findings   []socialwatch.Finding `json:"findings"`

	says, post string
	assessed   socialwatch.Assessment
}

func (t trial) run(a *app, text string) (tried, error) {
	if strings.TrimSpace(text) == "" {
		return tried{}, usageError{errors.New("the post is empty: write its text")}
	}
	m := post("", text, "")
	m.Visibility = socialwatch.Public
	if names, err := a.names(t.account); err == nil {
		acc, err := a.cfg.Account(names[0])
		if err != nil {
			return tried{}, err
		}
		m.Account, m.Network = acc.Name, socialwatch.Network(acc.On())
	} else if t.account != "" {
		return tried{}, err
	}
	as := a.triage.Assess(m, socialwatch.History{})
	account := a.accounts[m.Account]
	answer := a.responder.Respond(responder.Input{Mention: m, Assessment: as, CaseNumber: t.number, Account: account,
		Calendar: a.calendars[m.Account], Targets: a.targets, Incident: t.incident})
	r := tried{Account: m.Account, Assessment: triage.NewResult("", as), Why: answer.Why, Level: answer.Level,
		Escalation: answer.Escalation, Findings: []socialwatch.Finding{}, says: decision(a.triage.Explain(as), as), post: m.Text, assessed: as}
	if d := answer.Draft; d != nil {
		x, _ := a.templates.Get(d.Template, d.Language)
		r.Template, r.Version, r.Language, r.Text, r.Gloss, r.Handoff = d.Template, d.TemplateV, d.Language, d.Text, x.Gloss, x.Handoff
		p := socialwatch.Payload{Text: d.Text, Network: m.Network, Language: d.Language, Template: d.Template, TemplateV: d.TemplateV,
			Visibility: socialwatch.Public}
		p.Length, p.Limit = account.Measure(d.Text, m.Network)
		r.Length, r.Limit = p.Length, p.Limit
		r.Findings = append(r.Findings, a.responder.Check(responder.CheckInput{Payload: p, Parent: m.Post, Language: as.Language, Account: account, TemplateText: d.Text})...)
	}
	return r, nil
}

// bench is the console's test bench.
type bench struct{ a *app }

func (b bench) Templates() []console.Template {
	var all []console.Template
	for _, t := range b.a.templates.List() {
		all = append(all, console.Template{ID: t.ID, Version: t.Version, Intent: t.Intent, Language: t.Language, Owner: t.Owner,
			Gloss: t.Gloss, Slots: t.Slots, Wordings: t.Wordings, Handoff: t.Handoff, Networks: t.Networks})
	}
	return all
}

func (b bench) Try(account, text string) (console.Trial, error) {
	r, err := trial{account: account, number: b.a.cfg.Cases.Prefix + "1042"}.run(b.a, text)
	if err != nil {
		return console.Trial{}, err
	}
	t := console.Trial{Assessment: r.assessed, Level: r.Level, Escalation: r.Escalation, Why: r.Why, Gloss: r.Gloss,
		Handoff: r.Handoff, Findings: r.Findings}
	if r.Text != "" {
		t.Draft = &socialwatch.Payload{Text: r.Text, Language: r.Language, Template: r.Template, TemplateV: r.Version,
			Length: r.Length, Limit: r.Limit}
	}
	return t, nil
}

func (b bench) Rules() (string, []console.Rule) {
	var all []console.Rule
	for _, r := range b.a.triage.List() {
		one := console.Rule{Name: r.Name, When: r.When}
		for _, w := range r.Weights {
			one.Weights = append(one.Weights, console.Weight(w))
		}
		all = append(all, one)
	}
	return b.a.triage.Rules(), all
}

// replayLines is how many changed mentions the console lists.
const replayLines = 20

func (b bench) Replay(ctx context.Context, accounts []string, last int) (console.Replay, error) {
	span := store.PastFilter{Accounts: accounts, Last: last}
	d := newReplayed(span, b.a.triage.Rules())
	if err := d.take(ctx, b.a.store.Past(ctx, span), b.a.triage, replayLines); err != nil {
		return console.Replay{}, err
	}
	r := console.Replay{Rules: d.Rules, Mentions: d.Mentions, Gone: d.Gone, Redacted: d.Redacted, Changed: d.Changed, LeftOff: d.LeftOff}
	for _, c := range d.Changes {
		r.Changes = append(r.Changes, console.Change{What: c.What, From: c.From, To: c.To, Mentions: c.Mentions})
	}
	for _, l := range d.Lines {
		line := console.Replayed{Case: l.Case, Text: l.Text, Lang: l.lang}
		for _, c := range l.Changes {
			line.Changes = append(line.Changes, console.Change{What: c.What, From: c.From, To: c.To, Mentions: 1})
		}
		r.Lines = append(r.Lines, line)
	}
	return r, nil
}

// show writes it for people.
func (r tried) show(p *explainer) {
	p.text(r.post)
	p.line("\n%s", p.paint(bold, r.says))
	p.line("level %d; %s", r.Level, r.Why)
	if r.Escalation != "" {
		p.line("%s", r.Escalation)
	}
	if r.Text == "" {
		return
	}
	p.line("")
	p.text(r.Text)
	says := r.Gloss
	if r.Handoff {
		says += " The case then waits for the customer."
	}
	p.line("%s", p.paint(dim, says))
	p.line("%d of %d characters", r.Length, r.Limit)
	for _, f := range r.Findings {
		p.line("%s", findingLine(f))
	}
	if len(r.Findings) == 0 {
		p.line("all checks passed")
	}
}

func findingLine(f socialwatch.Finding) string {
	what := "warns"
	if f.Blocks {
		what = "BLOCKS"
	}
	if f.Words != "" {
		return fmt.Sprintf("%s: %s on “%s”: %s", what, f.Rule, oneLine(f.Words), f.Mend)
	}
	return fmt.Sprintf("%s: %s: %s", what, f.Rule, f.Mend)
}

// route is an account's private route for replies: none where it is a link
// and replies with one are refused, so customers are asked for a message.
func route(acc config.Account) string {
	if linkRefused(acc) {
		return ""
	}
	return acc.Private
}

func linkRefused(acc config.Account) bool {
	return socialwatch.Network(acc.Network) == socialwatch.X && acc.X.Links != string(twitter.LinksPriced) && strings.Contains(acc.Private, "://")
}
