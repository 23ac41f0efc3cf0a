package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"socialwatch"
	"socialwatch/internal/config"
	"socialwatch/triage"
)

// ourShop gathers what the configuration says of the shop, and remembers for
// each value where it stands.
type ourShop struct {
	options triage.Options
	paths   map[string][]string // of the values of an option, by its name
}

// shopOptions are triage's options, or what is wrong with them, each fault
// with file, line and column.
func shopOptions(cfg config.Config) (triage.Options, error) {
	s := newOurShop(cfg)
	if err := s.options.Check(); err != nil {
		return s.options, s.faults(cfg, err)
	}
	return s.options, nil
}

func newOurShop(cfg config.Config) ourShop {
	t, o := cfg.Triage, cfg.Triage.Official
	s := ourShop{paths: map[string][]string{}, options: triage.Options{HighValue: t.HighValue, Phrases: map[socialwatch.Intent][]string{}}}
	add := func(to *[]string, option, path string, values []string) {
		*to = append(*to, values...)
		for i := range values {
			s.paths[option] = append(s.paths[option], fmt.Sprintf("%s[%d]", path, i))
		}
	}
	add(&s.options.Brands, "Brands", "triage.brands", t.Brands)
	add(&s.options.Products, "Products", "triage.products", t.Products)
	add(&s.options.OrderPatterns, "OrderPatterns", "triage.order_patterns", t.OrderPatterns)
	for intent, phrases := range t.Phrases {
		s.options.Phrases[socialwatch.Intent(intent)] = phrases
	}
	ours := &s.options.Official
	add(&ours.Handles, "Official.Handles", "triage.official.handles", o.Handles)
	add(&ours.Phones, "Official.Phones", "triage.official.numbers", o.Numbers)
	add(&ours.Sites, "Official.Sites", "triage.official.sites", o.Sites)
	for i, a := range cfg.Accounts {
		at := fmt.Sprintf("accounts[%d]", i)
		s.options.Handles = append(s.options.Handles, a.Handle)
		s.paths["Handles"] = append(s.paths["Handles"], at+".handle")
		add(&ours.Phones, "Official.Phones", at+".numbers", a.Numbers)
		add(&ours.Sites, "Official.Sites", at+".links", a.Links)
		if u, err := url.Parse(a.Private); err == nil && strings.Contains(u.Hostname(), ".") {
			ours.Sites = append(ours.Sites, u.Hostname())
			s.paths["Official.Sites"] = append(s.paths["Official.Sites"], at+".private")
		}
	}
	return s
}

// faults puts triage's errors where the values stand in the file.
func (s ourShop) faults(cfg config.Config, err error) error {
	var all []error
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	} else {
		all = []error{err}
	}
	for i, one := range all {
		var wrong *triage.OptionError
		if errors.As(one, &wrong) {
			all[i] = cfg.Fault(s.path(wrong), fmt.Sprintf("%q %s", wrong.Value, wrong.Advice))
		}
	}
	return errors.Join(all...)
}

func (s ourShop) path(e *triage.OptionError) string {
	switch {
	case e.Option == "HighValue":
		return "triage.high_value." + e.Key
	case e.Option == "Phrases" && e.Index < 0:
		return "triage.phrases." + e.Key
	case e.Option == "Phrases":
		return fmt.Sprintf("triage.phrases.%s[%d]", e.Key, e.Index)
	case e.Index >= 0 && e.Index < len(s.paths[e.Option]):
		return s.paths[e.Option][e.Index]
	}
	return "triage"
}

// team is who works on a case from this assessment on: the team for accounts
// taken over or for fraud, else the one that has it, else the account's.
func team(cfg config.Config, account, current string, a socialwatch.Assessment) string {
	special, own := "", ""
	switch {
	case a.Has(socialwatch.SignalTakeover):
		special = cfg.Triage.Teams.Account
	case a.Has(socialwatch.SignalScamCall, socialwatch.SignalImpostor), a.Intent == socialwatch.ScamReport:
		special = cfg.Triage.Teams.Scam
	}
	if acc, err := cfg.Account(account); err == nil {
		own = acc.Team
	}
	return cmp.Or(special, current, own)
}
