package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// deskView is the page of approvals: the queue and one card.
type deskView struct {
	Self     string // address of this list, for modules
	Show     string
	Account  string
	Accounts []string
	Hidden   []fact // of the filter, for forms
	Take     bool   // a draft may be handed out
	Left     int64  // whose card is shown
	NoneFree bool   // none was left to hand out
	Tabs     []tab
	Count    string
	Rows     []rowView
	More     string
	Empty    emptyView
	Card     *cardView
	Done     *doneView
}

type tab struct {
	URL, Text string
	Current   bool
}

type emptyView struct {
	Kind, Title  string
	Lines, Code  []string
	URL, URLText string
}

// shows are the lists of replies by name, in the order of the tabs.
var shows = []struct {
	name, text string
	states     []socialwatch.ReplyState
}{
	{"", "tab.waiting", []socialwatch.ReplyState{socialwatch.ReplyAwaiting}},
	{"person", "tab.person", []socialwatch.ReplyState{socialwatch.ReplyUnknown, socialwatch.ReplyFailed, socialwatch.ReplyBlocked}},
	{"moving", "tab.moving", []socialwatch.ReplyState{socialwatch.ReplyHolding, socialwatch.ReplyApproved, socialwatch.ReplySending}},
	{"over", "tab.over", []socialwatch.ReplyState{socialwatch.ReplySent, socialwatch.ReplyRejected, socialwatch.ReplyWithdrawn,
		socialwatch.ReplySuperseded, socialwatch.ReplyExpired, socialwatch.ReplyCancelled}},
}

// list is what a person chose to see, from the address.
type list struct {
	show, account, after string
	languages, teams     []string // of the post; of the case
	states               []socialwatch.ReplyState
}

// maxChosen bounds the languages and the teams of an address.
const maxChosen = 20

func listOf(q url.Values) list {
	l := list{show: q.Get("show"), account: q.Get("account"), after: q.Get("after"), languages: some(q["lang"]), teams: some(q["team"])}
	for _, s := range shows {
		if s.name == l.show {
			l.states = s.states
			return l
		}
	}
	l.show, l.states = shows[0].name, shows[0].states
	return l
}

// some are the values given for a filter.
func some(given []string) []string {
	given = slices.DeleteFunc(slices.Clone(given), func(s string) bool { return s == "" })
	return given[:min(len(given), maxChosen)]
}

// filtered reports whether the list may hide some of its replies.
func (l list) filtered() bool {
	return l.account != "" || l.after != "" || len(l.languages)+len(l.teams) > 0
}

// hidden are the languages and teams as fields of a form.
func (l list) hidden() (fields []fact) {
	for _, s := range l.languages {
		fields = append(fields, fact{Name: "lang", Value: s})
	}
	for _, s := range l.teams {
		fields = append(fields, fact{Name: "team", Value: s})
	}
	return fields
}

// at is an address that keeps the list.
func (l list) at(path string, more ...string) string {
	q := url.Values{}
	for _, f := range l.hidden() {
		q.Add(f.Name, f.Value)
	}
	for i, pair := 0, append([]string{"show", l.show, "account", l.account, "after", l.after}, more...); i+1 < len(pair); i += 2 {
		if pair[i+1] != "" {
			q.Set(pair[i], pair[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func (c *Console) approvals(w http.ResponseWriter, r *http.Request) error {
	return c.desk(w, r, http.StatusOK, 0, nil)
}

// reply shows the page of one reply; the queue stands beside it.
func (c *Console) reply(w http.ResponseWriter, r *http.Request) error {
	id, err := replyID(r)
	if err != nil {
		return err
	}
	return c.desk(w, r, http.StatusOK, id, nil)
}

func replyID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, fmt.Errorf("reply %q: %w", r.PathValue("id"), socialwatch.ErrNotFound)
	}
	return id, nil
}

// desk shows the queue with the card of a reply; 0 means the first of the
// queue. adapt may change the card, for the editor and for problems.
func (c *Console) desk(w http.ResponseWriter, r *http.Request, status int, id int64, adapt func(*cardView) error) error {
	ctx := r.Context()
	p, _ := auth.PersonFrom(ctx)
	class := "at-card"
	if id == 0 {
		class = "at-list"
	}
	l := listOf(r.URL.Query())
	body, rows, err := c.queue(ctx, p, l)
	if err != nil {
		return err
	}
	if id == 0 && len(rows) > 0 {
		id = rows[0].Reply.ID
	}
	title := say("approvals")
	if id != 0 && r.URL.Query().Get("part") != "queue" {
		card, err := c.card(ctx, p, id)
		if err != nil {
			return err
		}
		card.Next, card.List = nextRow(rows, id), l.at("/")
		if adapt != nil {
			if err := adapt(card); err != nil {
				return err
			}
		}
		body.Card, title = card, card.Case+" "+card.Intent
	}
	for i := range body.Rows {
		body.Rows[i].Current = body.Rows[i].ID == id
	}
	body.Left, body.NoneFree = id, r.URL.Query().Get("free") == "none"
	if body.Done, err = c.done(ctx, p, r.URL.Query()); err != nil {
		return err
	}
	return c.show(w, r, status, "approvals", view{Title: title, Class: class, Nav: "approvals", Body: body})
}

// nextRow is what follows a reply in the list, or comes before its end.
func nextRow(rows []store.QueueRow, id int64) string {
	at := slices.IndexFunc(rows, func(q store.QueueRow) bool { return q.Reply.ID == id })
	switch {
	case at >= 0 && at+1 < len(rows):
		return strconv.FormatInt(rows[at+1].Reply.ID, 10)
	case at > 0:
		return strconv.FormatInt(rows[at-1].Reply.ID, 10)
	}
	return ""
}

func (c *Console) queue(ctx context.Context, p socialwatch.Person, l list) (*deskView, []store.QueueRow, error) {
	f := store.QueueFilter{Accounts: visible(p, l.account), States: l.states, Languages: l.languages, Teams: l.teams, After: l.after}
	rows, next, err := c.o.Queue.Queue(ctx, f)
	if err != nil {
		return nil, nil, fmt.Errorf("read the queue: %w", err)
	}
	h, err := c.look(ctx)
	if err != nil {
		return nil, nil, err
	}
	v := &deskView{Self: l.at("/"), Show: l.show, Account: l.account, Accounts: accounts(p, h), Count: count(len(rows), next),
		Hidden: l.hidden(), Take: c.o.Leases != nil && l.show == "" && anywhere(p, socialwatch.RoleApprover)}
	for _, s := range shows {
		to := list{show: s.name, account: l.account, languages: l.languages, teams: l.teams}
		v.Tabs = append(v.Tabs, tab{to.at("/"), say(s.text), s.name == l.show})
	}
	if next != "" {
		more := l
		more.after = next
		v.More = more.at("/")
	}
	for _, q := range rows {
		row := c.row(q, l)
		row.Deciding = c.deciding(p, q.Reply)
		v.Rows = append(v.Rows, row)
	}
	if len(rows) == 0 {
		v.Empty, err = c.emptyQueue(ctx, p, l, h)
	}
	return v, rows, err
}

// accounts are those that p may read, by name.
func accounts(p socialwatch.Person, h health) []string {
	var names []string
	for _, conn := range h.conns {
		if p.May(socialwatch.RoleReader, conn.Name) {
			names = append(names, conn.Name)
		}
	}
	return names
}

func count(n int, next string) string {
	if next != "" {
		return say("count.more", n)
	}
	return strconv.Itoa(n)
}

// emptyQueue says why there is nothing: every reason reads differently.
func (c *Console) emptyQueue(ctx context.Context, p socialwatch.Person, l list, h health) (emptyView, error) {
	names := accounts(p, h)
	switch {
	case len(h.conns) == 0 && l.account == "":
		return emptyView{Kind: "first", Title: say("empty.first"), Lines: []string{say("empty.first.demo"), say("empty.first.real")},
			Code: []string{"socialwatch demo", "socialwatch init\nsocialwatch check\nsocialwatch serve"}}, nil
	case len(names) == 0:
		return emptyView{Kind: "right", Title: say("empty.right"), Lines: []string{say("empty.right.do", p.Login)}}, nil
	case l.filtered():
		all := list{show: l.show}
		hidden, next, err := c.o.Queue.Queue(ctx, store.QueueFilter{Accounts: visible(p, ""), States: l.states})
		if err != nil {
			return emptyView{}, fmt.Errorf("count what the filter hides: %w", err)
		}
		if len(hidden) > 0 {
			return emptyView{Kind: "filtered", Title: say("empty.filtered"), Lines: []string{say("empty.hidden", count(len(hidden), next))},
				URL: all.at("/"), URLText: say("empty.clear")}, nil
		}
	}
	if l.show != "" {
		return emptyView{Kind: "calm", Title: say("empty." + l.show), Lines: []string{say("empty." + l.show + ".what")}}, nil
	}
	return c.calm(h, names), nil
}

// calm is an empty queue with the reason to believe that it is complete, or
// why it may not be.
func (c *Console) calm(h health, names []string) emptyView {
	v := emptyView{Kind: "calm", Title: say("empty.calm")}
	if h.stop.Stopped {
		v.Kind, v.Title = "stopped", say("empty.stopped")
	}
	for _, conn := range h.conns {
		if !slices.Contains(names, conn.Name) {
			continue
		}
		s := c.judge(conn, h.purses[conn.Name])
		switch {
		case s.broken:
			v.Kind, v.Title = "broken", say("empty.broken")
			v.Lines = append(v.Lines, s.alarm+" "+say("alarm.missing"))
			v.URL, v.URLText = "/connections#"+conn.Name, say("connections")
		case conn.PausedBy != "":
			v.Lines = append(v.Lines, connName(conn)+": "+say("conn.paused")+".")
		default:
			v.Lines = append(v.Lines, say("empty.checked", connName(conn), span(c.o.Now().Sub(conn.GoodAt))))
		}
	}
	return v
}

// doneView tells what became of the decision just made, as it stands now.
type doneView struct {
	ID        int64
	Kind      string
	State     string
	Label     string
	Title     string
	Text      string
	HoldUntil string
	Hash      string
	MayUndo   bool
	URL       string
}

// done reads the reply that the address names as just decided. One that is
// gone or hidden from the person is not mentioned.
func (c *Console) done(ctx context.Context, p socialwatch.Person, q url.Values) (*doneView, error) {
	id, err := strconv.ParseInt(q.Get("done"), 10, 64)
	if err != nil {
		return nil, nil
	}
	card, err := c.o.Queue.Card(ctx, id)
	if errors.Is(err, socialwatch.ErrNotFound) || err == nil && !p.May(socialwatch.RoleReader, card.Reply.Payload.Account) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read reply %d: %w", id, err)
	}
	return c.doneView(p, card), nil
}

func (c *Console) doneView(p socialwatch.Person, card store.Card) *doneView {
	rp := card.Reply
	v := &doneView{ID: rp.ID, Kind: "good", State: string(rp.State), Label: label("reply", string(rp.State)), Hash: rp.Hash,
		MayUndo: mayUndo(p, rp), URL: "/replies/" + strconv.FormatInt(rp.ID, 10)}
	number := card.Case.Number
	switch rp.State {
	case socialwatch.ReplyHolding:
		v.Title, v.Text = say("done.approved", number), c.holdText(rp)
		v.HoldUntil = c.moment(rp.HoldUntil).ISO
	case socialwatch.ReplyApproved:
		v.Title, v.Text = say("done.approved", number), say("done.waiting")
	case socialwatch.ReplySending:
		v.Title, v.Text = say("done.approved", number), say("done.sending")
	case socialwatch.ReplySent:
		v.Title, v.Text = say("done.approved", number), say("done.sent")
	case socialwatch.ReplyRejected:
		v.Title, v.Text = say("done.rejected", number), say("done.nothing")
	case socialwatch.ReplyCancelled:
		v.Title, v.Text = say("done.cancelled", number), say("done.nothing")
	case socialwatch.ReplyWithdrawn:
		v.Title, v.Text = say("done.withdrawn", number), say("done.nothing")
	case socialwatch.ReplyAwaiting:
		v.Title = say("done.edited", number)
	case socialwatch.ReplyBlocked:
		v.Kind, v.Title, v.Text = "bad", say("done.blocked", number), say("status.blocked")
	default:
		v.Kind, v.Title, v.Text = "warn", number+".", say("done.now", v.Label)
	}
	return v
}

func (c *Console) holdText(rp socialwatch.Reply) string {
	left := rp.HoldUntil.Sub(c.o.Now())
	if left <= 0 {
		return say("status.holding.due")
	}
	return say("status.holding", span(left))
}

func mayUndo(p socialwatch.Person, rp socialwatch.Reply) bool {
	return rp.State == socialwatch.ReplyHolding && mayTakeBack(p, rp)
}

// mayTakeBack reports whether p may take an approval back: an approver one's
// own, a lead anybody's.
func mayTakeBack(p socialwatch.Person, rp socialwatch.Reply) bool {
	account := rp.Payload.Account
	return p.May(socialwatch.RoleApprover, account) &&
		(rp.DecidedBy == p.Login || p.May(socialwatch.RoleLead, account))
}
