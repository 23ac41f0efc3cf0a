package main

import (
	"fmt"
	"slices"
	"strings"

	"socialwatch"
	"socialwatch/internal/config"
	"socialwatch/responder"
)

// checkTemplates holds every template against every account that may use it,
// and names the languages that lack some.
func (a *app) checkTemplates() []finding {
	var found []finding
	for _, acc := range a.cfg.Accounts {
		what := "account " + acc.Name + ", templates"
		of := append(a.examine(what, acc), a.tooLong(what, acc)...)
		n, ours := socialwatch.Network(acc.On()), a.accounts[acc.Name]
		warn := func(format string, args ...any) {
			of = append(of, finding{What: what, Warn: true, Text: fmt.Sprintf(format, args...)})
		}
		for _, lang := range ours.Languages {
			if lacks := a.templates.Missing(lang, n); len(lacks) > 0 {
				warn("no template in %q for %s: the account's first language or English answers until you add some (docs/templates.md)", lang, briefly(lacks))
			}
		}
		if fault := ours.RouteFault(); fault != "" {
			warn("%s", fault)
		}
		if linkRefused(acc) {
			warn("private is a link, which x.links refuses: customers are asked for a direct message")
		}
		if len(of) == 0 {
			of = []finding{{What: what, OK: true, Text: "each is safe and fits " + acc.On()}}
		}
		found = append(found, of...)
	}
	return found
}

// examine names each thing wrong with an account's templates once, with the
// first file that has it.
func (a *app) examine(what string, acc config.Account) []finding {
	var found []finding
	files := map[string]int{} // by what is wrong
	n, ours := socialwatch.Network(acc.On()), a.accounts[acc.Name]
	for _, t := range a.templates.List() {
		if !t.On(n) || !ours.Answers(t.Language) {
			continue
		}
		for _, f := range a.responder.Examine(t, ours, n) {
			if f.Rule == responder.RuleTooLong && ours.Room.Limit > 0 {
				continue // tooLong tells of all at once
			}
			line := findingLine(f)
			if files[line]++; files[line] == 1 {
				found = append(found, finding{What: what, Warn: !f.Blocks, Text: t.Source + ": " + line})
			}
		}
	}
	for i, f := range found {
		file, line, _ := strings.Cut(f.Text, ": ")
		if more := files[line] - 1; more > 0 {
			found[i].Text = fmt.Sprintf("%s and %d more: %s", file, more, line)
		}
	}
	return found
}

// tooLong names the templates that are longer, at their longest values and in
// characters as people see them, than the configuration says that the account's
// network takes.
func (a *app) tooLong(what string, acc config.Account) []finding {
	type measured struct {
		file   string
		length int
	}
	var over []measured
	n, ours := socialwatch.Network(acc.On()), a.accounts[acc.Name]
	if ours.Room.Limit == 0 {
		return nil
	}
	for _, t := range a.templates.List() {
		if !t.On(n) || !ours.Answers(t.Language) {
			continue
		}
		if length, limit := a.responder.Longest(t, ours, n); length > limit {
			over = append(over, measured{t.Source, length})
		}
	}
	if len(over) == 0 {
		return nil
	}
	slices.SortStableFunc(over, func(a, b measured) int { return b.length - a.length })
	var names []string
	for _, m := range over[:min(3, len(over))] {
		names = append(names, fmt.Sprintf("%s (%d)", m.file, m.length))
	}
	list := strings.Join(names, ", ")
	if more := len(over) - len(names); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	are := counted(len(over), "template") + " are"
	if len(over) == 1 {
		are = "1 template is"
	}
	return []finding{{What: what, Text: fmt.Sprintf("%s longer than the %d characters of inbound.max_length at the longest values: %s. "+
		"Write shorter ones in a folder of your own (docs/templates.md), or raise inbound.max_length if %s takes more; "+
		"what does not fit is not drafted, and a person must write",
		are, ours.Room.Limit, list, acc.On())}}
}

// briefly names a few intents and counts many.
func briefly(intents []socialwatch.Intent) string {
	if len(intents) > 3 {
		return counted(len(intents), "intent")
	}
	var s []string
	for _, i := range intents {
		s = append(s, string(i))
	}
	return strings.Join(s, ", ")
}
