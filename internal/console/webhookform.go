package console

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"socialwatch"
)

// hookForm are the fields by which events are chosen.
type hookForm struct {
	Kinds     []kindGroup
	Others    string // kinds that no box stands for
	Accounts  []option
	Levels    []option
	Escalated bool
}

// hookGroups are the kinds of event that endpoints are told of, by what they are
// about.
var hookGroups = []string{"case", "reply", "mention", "incident", "queue", "publishing", "polling"}

func (c *Console) hookForm(r *http.Request, f socialwatch.WebhookFilter) (hookForm, error) {
	h, err := c.look(r.Context())
	if err != nil {
		return hookForm{}, err
	}
	v := hookForm{Kinds: hookKinds(f.Kinds), Escalated: f.Escalated}
	var others []string
	for _, kind := range f.Kinds {
		if !slices.ContainsFunc(v.Kinds, func(g kindGroup) bool { return g.has(kind) }) {
			others = append(others, kind)
		}
	}
	v.Others = strings.Join(others, ", ")
	for _, name := range hookAccounts(h, f) {
		v.Accounts = append(v.Accounts, option{name, name, slices.Contains(f.Accounts, name)})
	}
	for level := 1; level <= 4; level++ {
		v.Levels = append(v.Levels, option{strconv.Itoa(level), say("level", level), slices.Contains(f.Levels, level)})
	}
	return v, nil
}

// hookAccounts are the accounts that are known here, and those that a filter
// names though they have left the configuration.
func hookAccounts(h health, f socialwatch.WebhookFilter) []string {
	names := slices.Clone(f.Accounts)
	for _, conn := range h.conns {
		names = append(names, conn.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// hookKinds are the choices of kinds.
func hookKinds(chosen []string) []kindGroup {
	var groups []kindGroup
	for _, name := range hookGroups {
		all := name + ".*"
		g := kindGroup{Text: say("audit." + name), All: option{all, say("audit.all", say("audit."+name)), slices.Contains(chosen, all)}}
		for key := range english {
			if kind, ok := strings.CutPrefix(key, "event."); ok && strings.HasPrefix(kind, name+".") {
				g.Kinds = append(g.Kinds, option{kind, say(key), slices.Contains(chosen, kind)})
			}
		}
		slices.SortFunc(g.Kinds, func(a, b option) int { return cmp.Compare(a.Text, b.Text) })
		groups = append(groups, g)
	}
	return groups
}

func (g kindGroup) has(kind string) bool {
	return g.All.Value == kind || slices.ContainsFunc(g.Kinds, func(o option) bool { return o.Value == kind })
}

// Open reports whether something of the group is chosen.
func (g kindGroup) Open() bool {
	return g.All.Current || slices.ContainsFunc(g.Kinds, func(o option) bool { return o.Current })
}

// formFilter reads what a form chooses; a badError says what is wrong with it.
// Accounts are those known here, and those that the filter had before.
func (c *Console) formFilter(r *http.Request, before socialwatch.WebhookFilter) (f socialwatch.WebhookFilter, err error) {
	f.Escalated = r.PostFormValue("escalated") != ""
	f.Kinds = append(slices.Clone(r.PostForm["kind"]), words(r.PostFormValue("kinds"))...)
	slices.Sort(f.Kinds)
	f.Kinds = slices.Compact(f.Kinds)
	whole := slices.Clone(f.Kinds)
	f.Kinds = slices.DeleteFunc(f.Kinds, func(kind string) bool {
		group, _, _ := strings.Cut(kind, ".")
		return kind != group+".*" && slices.Contains(whole, group+".*") // which holds it
	})
	h, err := c.look(r.Context())
	if err != nil {
		return f, err
	}
	known := hookAccounts(h, before)
	for _, name := range r.PostForm["account"] {
		if !slices.Contains(known, name) {
			return f, &badError{say("hook.bad.filter")}
		}
		f.Accounts = append(f.Accounts, name)
	}
	for _, text := range r.PostForm["level"] {
		level, _ := strconv.Atoi(text) // 0 is none
		f.Levels = append(f.Levels, level)
	}
	if f.Check() != nil {
		return f, &badError{say("hook.bad.filter")}
	}
	return f, nil
}
