package console

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

// deskView is the page of approvals: the queue and one card.
type deskView struct {
	Self     string // address of this list, for modules
	Kept     string // of the list, for forms
	Filter   filterView
	Take     bool   // a draft may be handed out
	Left     int64  // whose card is shown
	NoneFree string // why none was left to hand out
	Tabs     []tab
	Count    string
	Rows     []rowView
	More     string
	Empty    emptyView
	Raised   *raisedView
	Card     *cardView
	Done     *doneView
	Did      *didView
}

type tab struct {
	URL, Text string
	Current   bool
}

type emptyView struct {
	Kind, Title  string
	Lines, Code  []string
	URL, URLText string
	Links        []linkView // instead
}

func (c *Console) approvals(w http.ResponseWriter, r *http.Request) error {
	switch r.URL.Query().Get("part") {
	case "banners", "notice":
		return c.aside(w, r)
	}
	return c.desk(w, r, http.StatusOK, 0, nil)
}

// aside answers for the parts of the page that stand beside queue and card.
func (c *Console) aside(w http.ResponseWriter, r *http.Request) error {
	p, _ := auth.PersonFrom(r.Context())
	done, err := c.done(r.Context(), p, listFrom(r), r.URL.Query())
	if err != nil {
		return err
	}
	if incident, err := strconv.ParseInt(r.URL.Query().Get("incident"), 10, 64); err == nil {
		done.on(incident)
	}
	return c.show(w, r, http.StatusOK, "approvals", view{Nav: "approvals", Body: &deskView{Done: done}})
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

// chooses marks the row of the reply whose card is shown; 0: none is.
func (v *deskView) chooses(id int64) {
	v.Left = id
	for i := range v.Rows {
		v.Rows[i].Current = v.Rows[i].ID == id
	}
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
	l := listFrom(r)
	body, rows, err := c.queue(ctx, p, l)
	if err != nil {
		return err
	}
	if id == 0 && len(rows) > 0 {
		id = c.firstFree(p, rows)
	}
	title := say("approvals")
	if id != 0 && r.URL.Query().Get("part") != "queue" {
		card, err := c.card(ctx, p, id)
		if err != nil {
			return err
		}
		card.Next, card.List, card.Self = c.nextRow(p, rows, id), l.at("/"), l.at("/replies/"+strconv.FormatInt(id, 10))
		card.EditURL, card.Kept = l.at("/replies/"+strconv.FormatInt(id, 10)+"/edit"), l.kept()
		if s := card.Status; s != nil && s.Link != nil && s.Link.Newer {
			s.Link.URL = l.at(s.Link.URL)
		}
		if adapt != nil {
			if err := adapt(card); err != nil {
				return err
			}
		}
		body.Card, title = card, card.Case+" "+card.Intent
	}
	body.chooses(id)
	body.NoneFree = noneFree(r, len(rows) > 0 || body.Filter.Chosen != "")
	if body.Done, err = c.done(ctx, p, l, r.URL.Query()); err != nil {
		return err
	}
	if body.Done != nil {
		body.Done.At = id
	}
	if body.Did, err = c.did(ctx, p, l, r.URL.Query()); err != nil {
		return err
	}
	body.Done.offerAt(id)
	return c.show(w, r, status, "approvals", view{Title: title, Class: class, Nav: "approvals", Body: body})
}

// noneFree says that "take next" found nothing; empty when it was not asked for.
func noneFree(r *http.Request, some bool) string {
	switch {
	case r.URL.Query().Get("free") != "none":
		return ""
	case some:
		return say("take.none")
	}
	return say("take.nothing")
}

// firstFree is the first reply of a list that no colleague is deciding about, or
// the first when all are.
func (c *Console) firstFree(p socialwatch.Person, rows []store.QueueRow) int64 {
	at := slices.IndexFunc(rows, func(q store.QueueRow) bool { return c.deciding(p, q.Reply) == "" })
	return rows[max(at, 0)].Reply.ID
}

// nextRow is what follows a reply in the list that no colleague is deciding
// about; behind the last comes the first again. Empty when there is none.
func (c *Console) nextRow(p socialwatch.Person, rows []store.QueueRow, id int64) string {
	at := slices.IndexFunc(rows, func(q store.QueueRow) bool { return q.Reply.ID == id })
	for i := range rows {
		next := rows[(at+1+i)%len(rows)].Reply
		if next.ID != id && c.deciding(p, next) == "" {
			return strconv.FormatInt(next.ID, 10)
		}
	}
	return ""
}

func (c *Console) queue(ctx context.Context, p socialwatch.Person, l list) (*deskView, []store.QueueRow, error) {
	rows, next, err := c.o.Queue.Queue(ctx, l.filter(p))
	if err != nil {
		return nil, nil, fmt.Errorf("read the queue: %w", err)
	}
	total := len(rows)
	if next != "" {
		g, err := c.o.Live.Glance(ctx, l.filter(p))
		if err != nil {
			return nil, nil, fmt.Errorf("count the queue: %w", err)
		}
		total = g.Count
	}
	h, err := c.look(ctx)
	if err != nil {
		return nil, nil, err
	}
	above, err := c.raised(ctx, p, l)
	if err != nil {
		return nil, nil, err
	}
	v := &deskView{Self: l.at("/"), Raised: above, Filter: c.filterView(p, l, h), Count: most(total),
		Kept: l.kept(), Take: c.o.Leases != nil && l.show == "" && anywhere(p, socialwatch.RoleApprover)}
	for _, s := range shows {
		to := l
		to.show, to.after = s.name, ""
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

// most is how many there are, as far as they are counted.
func most(n int) string {
	if n > store.GlanceCount {
		return say("count.more", store.GlanceCount)
	}
	return strconv.Itoa(n)
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
		return firstRun(), nil
	case len(names) == 0:
		return emptyView{Kind: "right", Title: say("empty.right"), Lines: []string{say("empty.right.do", p.Login)}}, nil
	case l.filtered(p):
		all := list{show: l.show, mine: l.everybody(p)}
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

// firstRun is the queue before any account is connected.
func firstRun() emptyView {
	return emptyView{Kind: "first", Title: say("empty.first"), Lines: []string{say("empty.first.what")}, Links: []linkView{
		{URL: "/help#demo", Text: say("empty.first.demo")}, {URL: "/help#connect", Text: say("empty.first.real")}}}
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
