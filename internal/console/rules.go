package console

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"socialwatch"
	"socialwatch/internal/auth"
)

// Rule is a rule of triage: a condition, and what it weighs.
type Rule struct {
	Name    string
	When    string // empty: phrases of the configuration
	Weights []Weight
}

// Weight is what a rule adds to a sum.
type Weight struct {
	Target string // an intent, or what else is summed up
	Points int
}

// Replay is what would be different about stored mentions with the rules and
// the configuration of now. Nothing was changed.
type Replay struct {
	Rules    string // version
	Mentions int    // assessed
	Gone     int    // not assessed: their text is erased
	Redacted int    // assessed without personal data that is not stored
	Changed  int
	Changes  []Change // with how often
	Lines    []Replayed
	LeftOff  int // changed ones beyond Lines
}

// Change is one thing that would be different, and about how many mentions.
type Change struct {
	What, From, To string
	Mentions       int
}

// Replayed is a mention that would be assessed differently. Text is masked.
type Replayed struct {
	Case, Text, Lang string // Lang is that of the text
	Changes          []Change
}

// lasts are how many mentions of each account a replay may take.
var lasts = []int{200, 1000, 5000}

type rulesView struct {
	Version  string
	Count    int
	Groups   []ruleGroup
	Example  *trialView
	MayPlay  bool
	Lasts    []option
	Replayed *replayView
}

// ruleGroup is the rules that weigh for one thing, the heaviest first.
type ruleGroup struct {
	Title string
	Rows  []ruleRow
}

type ruleRow struct {
	Name, Plain, When string
	Points            string
	weight            int
}

type replayView struct {
	Told    string
	Notes   []string
	Changes []changeView
	Lines   []replayedView
	LeftOff string
}

type changeView struct {
	What, From, To string
	Mentions       int
}

type replayedView struct {
	Case, Text, Lang, Changes string
}

// rules shows the rules of triage, and what they would change.
func (c *Console) rules(w http.ResponseWriter, r *http.Request) error {
	p, _ := auth.PersonFrom(r.Context())
	version, all := c.o.Bench.Rules()
	v := &rulesView{Version: version, Count: len(all), Groups: ruleGroups(all), MayPlay: anywhere(p, socialwatch.RoleLead)}
	for _, n := range lasts {
		v.Lasts = append(v.Lasts, option{strconv.Itoa(n), strconv.Itoa(n), r.URL.Query().Get("last") == strconv.Itoa(n)})
	}
	if own := c.benchAccounts(p); len(own) > 0 {
		example := &benchView{Account: own[0], Post: say("rules.example.post", c.handle(own[0]))}
		if err := c.try(example); err != nil {
			return err
		}
		v.Example = example.Result
	}
	if typed := r.URL.Query().Get("last"); typed != "" {
		n, err := strconv.Atoi(typed)
		if err != nil || !slices.Contains(lasts, n) {
			return &badError{say("rules.bad.last")}
		}
		if !v.MayPlay {
			return &rightError{socialwatch.RoleLead, socialwatch.AllAccounts}
		}
		replay, err := c.o.Bench.Replay(r.Context(), held(p, socialwatch.RoleLead, ""), n)
		if err != nil {
			return fmt.Errorf("replay the last mentions: %w", err)
		}
		v.Replayed = replayed(replay)
	}
	return c.show(w, r, http.StatusOK, "rules", view{Title: say("rules"), Class: "plain", Nav: "templates", Body: v})
}

// ruleGroups sorts rules by what they weigh for: the intents first.
func ruleGroups(all []Rule) []ruleGroup {
	of := map[string][]ruleRow{}
	var targets []string
	for _, i := range socialwatch.Intents {
		targets = append(targets, string(i))
	}
	for _, rule := range all {
		row := ruleRow{Name: rule.Name, Plain: label("signal", rule.Name), When: cmp.Or(rule.When, say("rules.own"))}
		for _, w := range rule.Weights {
			if !slices.Contains(targets, w.Target) {
				targets = append(targets, w.Target)
			}
			row.Points, row.weight = fmt.Sprintf("%+d", w.Points), w.Points
			of[w.Target] = append(of[w.Target], row)
		}
	}
	var groups []ruleGroup
	for _, target := range targets {
		rows := of[target]
		if len(rows) == 0 {
			continue
		}
		slices.SortStableFunc(rows, func(a, b ruleRow) int { return cmp.Compare(b.weight, a.weight) })
		title := label("target", target)
		if slices.Contains(socialwatch.Intents, socialwatch.Intent(target)) {
			title = label("intent", target)
		}
		groups = append(groups, ruleGroup{say("rules.group", title, len(rows)), rows})
	}
	return groups
}

// replayed is a replay for people.
func replayed(r Replay) *replayView {
	v := &replayView{Told: say("rules.told", r.Changed, r.Mentions, r.Rules)}
	if r.Gone > 0 {
		v.Notes = append(v.Notes, say("rules.gone", r.Gone))
	}
	if r.Redacted > 0 {
		v.Notes = append(v.Notes, say("rules.redacted", r.Redacted))
	}
	for _, ch := range r.Changes {
		v.Changes = append(v.Changes, changeView{label("change", ch.What), changeValue(ch.What, ch.From), changeValue(ch.What, ch.To), ch.Mentions})
	}
	for _, l := range r.Lines {
		line := replayedView{Case: l.Case, Text: l.Text, Lang: tongue(l.Lang)}
		for i, ch := range l.Changes {
			if i > 0 {
				line.Changes += "; "
			}
			line.Changes += say("rules.change", label("change", ch.What), changeValue(ch.What, ch.From), changeValue(ch.What, ch.To))
		}
		v.Lines = append(v.Lines, line)
	}
	if r.LeftOff > 0 {
		v.LeftOff = say("rules.left", r.LeftOff)
	}
	return v
}

// changeValue is a value that would change, as people read it.
func changeValue(what, value string) string {
	switch what {
	case "intent", "ignored", "urgency":
		return label(what, value)
	case "language":
		return language(value)
	}
	return value
}
