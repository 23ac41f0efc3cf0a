package console

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"socialwatch"
)

// filterView are the controls of the list.
type filterView struct {
	Show   string
	Fields []fieldView
	Work   bool   // the person has languages or teams: "mine" means something
	Chosen string // what the list shows, in words; empty: everything in its own order
	Clear  string // the address without the filter
}

// fieldView is one choice; of several when the address names several.
type fieldView struct {
	Name, Label string
	Options     []option
	Many        bool
}

// field makes a choice among the values by name; all is its first, empty one.
func field(name, all string, chosen []string, values map[string]string) fieldView {
	f := fieldView{Name: name, Label: say("filter." + name), Many: len(chosen) > 1, Options: []option{{"", say(all), len(chosen) == 0}}}
	for _, value := range chosen { // what the address names can be seen and taken back
		if values[value] == "" {
			values[value] = value
		}
	}
	names := slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		return cmp.Or(strings.Compare(values[a], values[b]), strings.Compare(a, b))
	})
	for _, value := range names {
		f.Options = append(f.Options, option{value, values[value], slices.Contains(chosen, value)})
	}
	return f
}

// filterView are the controls as l sets them.
func (c *Console) filterView(p socialwatch.Person, l list, h health) filterView {
	names := map[string]string{}
	for _, name := range accounts(p, h) {
		names[name] = name
	}
	languages, teams, intents := map[string]string{}, map[string]string{}, map[string]string{}
	for _, code := range slices.Concat(c.o.House.Languages, p.Languages, l.languages) {
		languages[code] = language(code)
	}
	for _, team := range slices.Concat(c.o.House.Teams, p.Teams) {
		teams[team] = team
	}
	for _, intent := range socialwatch.Intents {
		intents[string(intent)] = label("intent", string(intent))
	}
	v := filterView{Show: l.show, Work: works(p), Clear: list{show: l.show, mine: l.everybody(p)}.at("/")}
	if len(names) > 1 || l.account != "" {
		v.Fields = append(v.Fields, field("account", "filter.all", some([]string{l.account}), names))
	}
	v.Fields = append(v.Fields, field("lang", "filter.all", l.languages, languages))
	if len(teams) > 0 || len(l.teams) > 0 {
		v.Fields = append(v.Fields, field("team", "filter.all", l.teams, teams))
	}
	v.Fields = append(v.Fields, field("intent", "filter.all", texts(l.intents), intents))
	if v.Work {
		v.Fields = append([]fieldView{{Name: "mine", Label: say("filter.mine"), Options: []option{
			{"on", say("mine.on", mineText(p)), l.isMine(p)}, {"off", say("mine.off"), !l.isMine(p)}}}}, v.Fields...)
	}
	byOrder := fieldView{Name: "order", Label: say("filter.order")}
	for _, o := range orders {
		byOrder.Options = append(byOrder.Options, option{string(o), say("order." + cmp.Or(string(o), "due")), o == l.order})
	}
	v.Fields = append(v.Fields, byOrder)
	v.Chosen = chosen(v.Fields)
	return v
}

func texts[S ~string](values []S) (all []string) {
	for _, v := range values {
		all = append(all, string(v))
	}
	return all
}

// chosen says in words what the fields choose beyond their first option; of
// "mine" the first is the choice.
func chosen(fields []fieldView) string {
	var words []string
	for _, f := range fields {
		for i, o := range f.Options {
			if o.Current && (i > 0) != (f.Name == "mine") {
				words = append(words, o.Text)
			}
		}
	}
	return strings.Join(words, " · ")
}

// works reports whether "mine" means anything for p.
func works(p socialwatch.Person) bool { return len(p.Languages)+len(p.Teams) > 0 }

// mineText are p's languages and teams in words.
func mineText(p socialwatch.Person) string {
	var words []string
	for _, code := range p.Languages {
		words = append(words, language(code))
	}
	return strings.Join(append(words, p.Teams...), ", ")
}
