package console

import (
	"net/http"
	"net/url"
	"slices"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// shows are the lists of replies by name, in the order of the tabs.
var shows = []struct {
	name, text string
	states     []socialwatch.ReplyState
}{
	{"", "tab.waiting", []socialwatch.ReplyState{socialwatch.ReplyAwaiting}},
	{"snoozed", "tab.snoozed", []socialwatch.ReplyState{socialwatch.ReplyAwaiting}},
	{"person", "tab.person", []socialwatch.ReplyState{socialwatch.ReplyUnknown, socialwatch.ReplyFailed, socialwatch.ReplyBlocked}},
	{"moving", "tab.moving", []socialwatch.ReplyState{socialwatch.ReplyHolding, socialwatch.ReplyApproved, socialwatch.ReplySending}},
	{"over", "tab.over", []socialwatch.ReplyState{socialwatch.ReplySent, socialwatch.ReplyRejected, socialwatch.ReplyWithdrawn,
		socialwatch.ReplySuperseded, socialwatch.ReplyExpired, socialwatch.ReplyCancelled}},
}

// list is what a person chose to see, from the address. It goes with every
// link and form of the desk, so that a decision leads on in the same list.
type list struct {
	show, account, after string
	mine                 string               // on or off; empty: on for who has languages or teams
	languages, teams     []string             // of the post; of the case
	intents              []socialwatch.Intent // of the case
	order                store.Order
	states               []socialwatch.ReplyState
}

// Values of "mine" in an address.
const mineOn, mineOff = "on", "off"

// orders are those that people may choose.
var orders = []store.Order{store.OrderDue, store.OrderWaiting, store.OrderNewest, store.OrderReach}

// maxChosen bounds the languages, teams and intents of an address.
const maxChosen = 20

// listOf reads the list of an address.
func listOf(q url.Values) list {
	l := list{show: q.Get("show"), account: q.Get("account"), mine: q.Get("mine"), after: q.Get("after"), languages: some(q["lang"]), teams: some(q["team"])}
	for _, intent := range some(q["intent"]) {
		l.intents = append(l.intents, socialwatch.Intent(intent))
	}
	if l.mine != mineOn && l.mine != mineOff {
		l.mine = ""
	}
	if order := store.Order(q.Get("order")); slices.Contains(orders, order) {
		l.order = order
	}
	for _, s := range shows {
		if s.name == l.show {
			l.states = s.states
			return l
		}
	}
	l.show, l.states = shows[0].name, shows[0].states
	return l
}

// listFrom is the list of a page, or the one that a form brought along in its
// field "list".
func listFrom(r *http.Request) list {
	q := r.URL.Query()
	if kept := r.PostFormValue("list"); kept != "" {
		// What cannot be read of it chooses nothing.
		q, _ = url.ParseQuery(kept)
	}
	return listOf(q)
}

// some are the values given for a filter.
func some(given []string) []string {
	given = slices.DeleteFunc(slices.Clone(given), func(s string) bool { return s == "" })
	return given[:min(len(given), maxChosen)]
}

// isMine reports whether the list shows what p works on and nothing else.
func (l list) isMine(p socialwatch.Person) bool { return works(p) && l.mine != mineOff }

// everybody is the value of "mine" by which p sees everybody's.
func (l list) everybody(p socialwatch.Person) string {
	if works(p) {
		return mineOff
	}
	return ""
}

// filtered reports whether the list may hide some of its replies from p.
func (l list) filtered(p socialwatch.Person) bool {
	return l.isMine(p) || l.account != "" || l.after != "" || len(l.languages)+len(l.teams)+len(l.intents) > 0
}

// kept is the list for the field of a form, without its place.
func (l list) kept() string {
	l.after = ""
	return l.values().Encode()
}

func (l list) values() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"show": l.show, "account": l.account, "mine": l.mine, "order": string(l.order), "after": l.after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for name, values := range map[string][]string{"lang": l.languages, "team": l.teams} {
		if len(values) > 0 {
			q[name] = values
		}
	}
	for _, intent := range l.intents {
		q.Add("intent", string(intent))
	}
	return q
}

// at is an address that keeps the list.
func (l list) at(path string, more ...string) string {
	q := l.values()
	for i := 0; i+1 < len(more); i += 2 {
		if more[i+1] != "" {
			q.Set(more[i], more[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// filter is the list as the store reads it for p. What is chosen by name goes
// before what is "mine".
func (l list) filter(p socialwatch.Person) store.QueueFilter {
	f := store.QueueFilter{Accounts: visible(p, l.account), States: l.states, Languages: l.languages, Teams: l.teams, Intents: l.intents,
		Snoozed: l.show == "snoozed", Order: l.order, After: l.after}
	if !l.isMine(p) {
		return f
	}
	if l.account == "" && anywhere(p, socialwatch.RoleAuthor) {
		f.Accounts = with(p, socialwatch.RoleAuthor)
	}
	// What belongs to no language or team is everybody's.
	if len(f.Languages) == 0 && len(p.Languages) > 0 {
		f.Languages = append(slices.Clone(p.Languages), "", undetermined)
	}
	if len(f.Teams) == 0 && len(p.Teams) > 0 {
		f.Teams = append(slices.Clone(p.Teams), "")
	}
	return f
}

// undetermined is the language of posts in which triage finds none.
const undetermined = "und"

// taking asks for the next free draft of the list for who sent r.
func (c *Console) taking(r *http.Request, l list, left int64) store.Taking {
	p, _ := auth.PersonFrom(r.Context())
	f := l.filter(p)
	return store.Taking{Accounts: f.Accounts, Languages: f.Languages, Teams: f.Teams, Intents: f.Intents, Order: f.Order, By: p, Left: left, Now: socialwatch.Micros(c.o.Now())}
}
