package console

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// Template is a reply template as people look at it.
type Template struct {
	ID       string
	Version  int
	Intent   socialwatch.Intent
	Language string
	Owner    string
	Gloss    string // what it says, in English
	Slots    []string
	Wordings []string
	Handoff  bool
	Networks []socialwatch.Network // empty: all
}

// Trial is what became of a post on the test bench: nothing of it is stored.
type Trial struct {
	Assessment socialwatch.Assessment
	Level      int
	Escalation string
	Why        string
	Draft      *socialwatch.Payload // nil: nothing to say
	Gloss      string
	Handoff    bool
	Findings   []socialwatch.Finding
}

// Bench is the test bench: it assesses and answers without effects.
type Bench interface {
	Templates() []Template
	// Try answers a post to an account as for a new case.
	Try(account, text string) (Trial, error)
	// Rules lists the rules of triage, with their version.
	Rules() (version string, rules []Rule)
	// Replay assesses anew the newest mentions of accounts (nil: all), at most
	// last of each, and tells what would be different.
	Replay(ctx context.Context, accounts []string, last int) (Replay, error)
}

// benchLimit bounds a text on the bench, in bytes: more than any network takes.
const benchLimit = 32 << 10

type benchView struct {
	Account   string
	Accounts  []string
	Post      string
	Language  string
	Languages []languageTab
	Rows      []templateView
	Result    *trialView
}

type languageTab struct {
	Tag, Name string
	Count     int
	Current   bool
}

type templateView struct {
	Name, Intent, Gloss, Owner, Lang string
	Edits                            string
	Slots                            []string
	Wordings                         []string
	Chips                            []chip
}

type trialView struct {
	Intent, Lang, Escalation, Why             string
	Level, Priority                           int
	Text                                      []piece
	Signals                                   []socialwatch.Signal
	Reply, ReplyLang, Template, Length, Gloss string
	Handoff                                   bool
	Findings                                  findingsView
}

// bench shows the templates of one language, and what a post is answered with.
func (c *Console) bench(w http.ResponseWriter, r *http.Request) error {
	p, _ := auth.PersonFrom(r.Context())
	v := &benchView{Accounts: c.benchAccounts(p), Language: cmp.Or(r.URL.Query().Get("lang"), "en")}
	edits, err := c.edits(r.Context(), p)
	if err != nil {
		return err
	}
	v.fill(c.o.Bench.Templates(), edits)
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, benchLimit+4<<10)
		if err := r.ParseForm(); err != nil {
			return &badError{say("bench.long")}
		}
		v.Post, v.Account = r.PostFormValue("post"), r.PostFormValue("account")
		if len(v.Post) > benchLimit {
			return &badError{say("bench.long")}
		}
		if v.Account != "" && !slices.Contains(v.Accounts, v.Account) {
			return &rightError{socialwatch.RoleReader, v.Account}
		}
		if err := c.try(v); err != nil {
			return err
		}
	}
	return c.show(w, r, http.StatusOK, "templates", view{Title: say("templates"), Class: "plain", Nav: "templates", Body: v})
}

// templateKey is one version of a template in one language.
type templateKey struct {
	id       string
	version  int
	language string
}

// editDays are the days over which the page of templates counts edits.
const editDays = 30

// edits is how often templates were edited lately, on the accounts that a
// person may read.
func (c *Console) edits(ctx context.Context, p socialwatch.Person) (map[templateKey]store.TemplateEdits, error) {
	now := socialwatch.Micros(c.o.Now())
	all, err := c.o.Reports.TemplateEdits(ctx, store.ReportFilter{From: now.AddDate(0, 0, -editDays), To: now, Accounts: visible(p, "")})
	if err != nil {
		return nil, err
	}
	of := make(map[templateKey]store.TemplateEdits, len(all))
	for _, e := range all {
		of[templateKey{e.Template, e.Version, e.Language}] = e
	}
	return of, nil
}

// benchAccounts are those that a person may read.
func (c *Console) benchAccounts(p socialwatch.Person) []string {
	var own []string
	for name := range c.o.Handles {
		if p.May(socialwatch.RoleReader, name) {
			own = append(own, name)
		}
	}
	slices.Sort(own)
	return own
}

func (c *Console) try(v *benchView) error {
	text := socialwatch.CleanText(v.Post)
	if text == "" {
		return &badError{say("bench.empty")}
	}
	t, err := c.o.Bench.Try(v.Account, text)
	if err != nil {
		return errors.Join(errors.New("try a post"), err)
	}
	a := t.Assessment
	m := store.MentionRow{Mention: socialwatch.Mention{Post: socialwatch.Post{Text: text}}, Assessment: a}
	res := &trialView{Intent: label("intent", string(a.Intent)), Level: t.Level, Priority: a.Score,
		Lang: tongue(a.Language), Escalation: told(t.Escalation), Why: told(t.Why), Text: marked(m), Gloss: t.Gloss, Handoff: t.Handoff,
		Signals: strongest(evidence(a.Signals, a.Intent, a.Ignored != ""), maxSignals), Findings: findings(t.Findings)}
	if d := t.Draft; d != nil {
		res.Reply, res.ReplyLang, res.Template = d.Whole(), tongue(d.Language), templateName(*d)
		res.Length = say("length", d.Length, d.Limit)
	}
	v.Result = res
	return nil
}

// fill lists the templates of the view's language, and the languages.
func (v *benchView) fill(all []Template, edits map[templateKey]store.TemplateEdits) {
	count := map[string]int{}
	for _, t := range all {
		count[t.Language]++
		if t.Language != v.Language {
			continue
		}
		row := templateView{Name: say("template", t.ID, t.Version), Intent: label("intent", string(t.Intent)), Gloss: t.Gloss,
			Owner: t.Owner, Lang: tongue(t.Language), Slots: t.Slots, Wordings: t.Wordings, Edits: say("bench.unsaid")}
		if e := edits[templateKey{t.ID, t.Version, t.Language}]; e.Said > 0 {
			row.Edits = say("bench.edits", share(e.Edited, e.Said), e.Said)
		}
		if t.Handoff {
			row.Chips = append(row.Chips, chip{"", say("bench.handoff")})
		}
		for _, n := range t.Networks {
			row.Chips = append(row.Chips, chip{"", label("network", string(n))})
		}
		v.Rows = append(v.Rows, row)
	}
	for tag, n := range count {
		v.Languages = append(v.Languages, languageTab{Tag: tag, Name: language(tag), Count: n, Current: tag == v.Language})
	}
	slices.SortFunc(v.Languages, func(a, b languageTab) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(v.Rows, func(a, b templateView) int { return cmp.Compare(a.Name, b.Name) })
}
