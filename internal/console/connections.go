package console

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

type connectionsView struct {
	MayStop bool
	Rows    []connView
	Empty   emptyView
	Alerts  []alertView
	Hooks   *noteView
	Lookup  *alertView
}

type connView struct {
	Account, Where, State, Kind string
	Paused, MayPause            bool
	Problem                     *connProblem
	Money                       *moneyView
	Figures                     []fact
	Rates                       []rateView
	Cursor                      string // for who may pause
	Gaps                        []string
}

type connProblem struct {
	Kind, Title, Text, Do string
	Resume                bool // needs an admin's word
}

// verdict is how a connection does, in one word and one sentence.
type verdict struct {
	broken         bool // posts may be missing: pages raise the alarm
	silent         bool
	halted, budget bool // broken for want of money: the network's word, or our budget
	slow           bool // to save money
	state          string
	alarm          string
	means          string // what the alarm means to people
}

// judge holds a connection against the rules of alarm: want of money, missed
// polls, or a silence three times as long as the longest of the last week.
func (c *Console) judge(conn store.Connection, p socialwatch.Purse) verdict {
	v, broke := c.broke(conn)
	if !broke {
		v = c.judgePolls(conn, p)
	}
	if v.broken && v.means == "" {
		v.means = say("alarm.missing")
	}
	return v
}

func (c *Console) judgePolls(conn store.Connection, p socialwatch.Purse) verdict {
	now := c.o.Now()
	since, silence := now.Sub(conn.GoodAt), now.Sub(conn.NewestAt)
	switch {
	case conn.PausedBy != "":
		return verdict{state: say("conn.paused")}
	case conn.GoodAt.IsZero() && conn.Failures == 0:
		return verdict{state: say("conn.never")}
	case conn.GoodAt.IsZero():
		return verdict{broken: true, state: say("conn.never"),
			alarm: say("alarm.never", connName(conn), conn.Failures, span(now.Sub(conn.PolledAt)), cmp.Or(told(conn.Error), string(conn.Reason), say("alarm.untold")))}
	case since > time.Duration(c.o.Missed)*c.pace(p):
		v := verdict{broken: true, state: say("conn.broken", span(since)), alarm: say("alarm.late", connName(conn), span(since))}
		if conn.Error != "" {
			v.alarm = say("alarm.broken", connName(conn), span(since), told(conn.Error))
		}
		return v
	case conn.Failures > 0:
		return verdict{state: say("conn.failing")}
	case conn.Silent(now):
		return verdict{broken: true, silent: true, state: say("conn.silent"),
			alarm: say("alarm.silent", connName(conn), span(silence), span(conn.Silence))}
	case p.Pace > 0:
		return verdict{slow: true, state: say("conn.slow", span(since))}
	}
	return verdict{state: say("conn.good", span(since))}
}

func connName(conn store.Connection) string {
	return label("network", string(conn.Network)) + " (" + conn.Name + ")"
}

func (c *Console) connections(w http.ResponseWriter, r *http.Request) error {
	p, _ := auth.PersonFrom(r.Context())
	c.changed() // here people look for the present
	h, err := c.look(r.Context())
	if err != nil {
		return err
	}
	v := &connectionsView{MayStop: anywhere(p, socialwatch.RoleApprover)}
	v.Empty = emptyView{Kind: "first", Title: say("empty.first"), Lines: []string{say("empty.first.demo"), say("empty.first.real")},
		Code: []string{"socialwatch demo", "socialwatch init\nsocialwatch check\nsocialwatch serve"}}
	if v.Alerts, err = c.alertViews(r.Context()); err != nil {
		return err
	}
	if v.Lookup, err = c.lookupView(r.Context()); err != nil {
		return err
	}
	if v.Hooks, err = c.hookLine(r); err != nil {
		return err
	}
	for _, conn := range h.conns {
		if p.May(socialwatch.RoleReader, conn.Name) {
			v.Rows = append(v.Rows, c.connView(p, conn, h.purses[conn.Name]))
		}
	}
	return c.show(w, r, http.StatusOK, "connections", view{Title: say("connections"), Class: "plain", Nav: "connections", Body: v})
}

func (c *Console) connView(p socialwatch.Person, conn store.Connection, purse socialwatch.Purse) connView {
	s := c.judge(conn, purse)
	v := connView{Account: conn.Name, Where: label("network", string(conn.Network)) + ", " + conn.Host, State: s.state, Kind: "good",
		Paused: conn.PausedBy != "", MayPause: p.May(socialwatch.RoleAdmin, conn.Name), Figures: c.figures(conn), Money: c.money(purse)}
	switch {
	case s.halted || s.budget:
		v.Kind = "bad"
		v.Problem = c.wantOfMoney(conn, s, purse)
	case v.Paused:
		v.Kind = "warn"
		v.Problem = &connProblem{Kind: "warn", Title: say("paused.by"), Text: say("paused.text", conn.PausedBy, c.moment(conn.PausedAt).Clock)}
	case s.silent:
		v.Kind = "warn"
		v.Problem = &connProblem{Kind: "warn", Title: s.alarm, Do: say("silent.do")}
	case s.broken:
		v.Kind = "bad"
		v.Problem = &connProblem{Kind: "bad", Title: s.alarm, Text: s.means, Do: whatToDo(conn.Reason)}
	case conn.Error != "":
		v.Kind = "warn"
		v.Problem = &connProblem{Kind: "warn", Title: say("conn.failing") + ":", Text: told(conn.Error), Do: whatToDo(conn.Reason)}
	case s.slow:
		v.Kind = "warn"
		v.Problem = &connProblem{Kind: "warn", Title: say("slow.title", span(purse.Pace)), Text: say("slow.text"), Do: say("slow.do")}
	case conn.GoodAt.IsZero():
		v.Kind = ""
	}
	v.limits(c, conn)
	for _, g := range conn.Gaps {
		from := c.moment(g.From).Clock
		if g.To.IsZero() {
			v.Gaps = append(v.Gaps, say("gap.open", from, told(g.Reason)))
			continue
		}
		v.Gaps = append(v.Gaps, say("gap.over", from, c.moment(g.To).Clock, span(g.To.Sub(g.From)), told(g.Reason)))
	}
	return v
}

// rateView is what a rate limit leaves of one kind of call.
type rateView struct {
	Call, Left, Until string
}

// cursorShown is as much of a cursor as pages show, in bytes.
const cursorShown = 4 << 10

// limits fills in where reading stands, and what the network's limits leave:
// the scarcest as a figure.
func (v *connView) limits(c *Console, conn store.Connection) {
	reads := say("fig.cursor.none")
	if len(conn.Cursor) > 0 {
		reads = say("fig.cursor.at", c.moment(conn.GoodAt).Ago)
	}
	v.Figures = append(v.Figures, fact{Name: say("fig.cursor"), Value: reads})
	if v.MayPause {
		v.Cursor = strings.ToValidUTF8(string(conn.Cursor[:min(cursorShown, len(conn.Cursor))]), "�")
	}
	if c.o.Rates == nil {
		return
	}
	scarce, least := "", 2.0
	for _, r := range c.o.Rates(conn.Name, c.o.Now()) {
		one := rateView{Call: r.Call, Left: say("fig.rate.left", r.Remaining, r.Limit), Until: c.moment(r.ResetAt).Clock}
		if r.Limit == 0 {
			one.Left = say("fig.rate.refused")
		}
		if left := float64(r.Remaining) / float64(max(1, r.Limit)); left < least {
			scarce, least = say("fig.rate.until", one.Left, one.Until), left
		}
		if r.Call != "" {
			v.Rates = append(v.Rates, one)
		}
	}
	if scarce != "" {
		v.Figures = append(v.Figures, fact{Name: say("fig.rate"), Value: scarce})
	}
}

func whatToDo(r socialwatch.Reason) string {
	if text, ok := entry("do." + string(r)); ok {
		return text
	}
	return say("do.temporary")
}

func (c *Console) figures(conn store.Connection) []fact {
	stream := say("fig.stream.none")
	if !conn.StreamAt.IsZero() {
		stream = say("fig.stream.down", c.moment(conn.StreamAt).Clock)
		if conn.StreamUp {
			stream = say("fig.stream.up", c.moment(conn.StreamAt).Clock)
		}
	}
	lag := say("fig.none")
	if !conn.NewestAt.IsZero() {
		lag = span(conn.Lag)
	}
	facts := []fact{
		{Name: say("fig.polled"), Value: c.moment(conn.PolledAt).Ago},
		{Name: say("fig.good"), Value: c.moment(conn.GoodAt).Ago},
		{Name: say("fig.lag"), Value: lag},
		{Name: say("fig.newest"), Value: c.moment(conn.NewestAt).Ago},
		{Name: say("fig.stream"), Value: stream},
		{Name: say("fig.queue"), Value: most(conn.Queue)},
		{Name: say("fig.aside"), Value: strconv.Itoa(conn.Aside)},
	}
	if conn.Silence > 0 {
		facts = append(facts, fact{Name: say("fig.silence"), Value: span(conn.Silence)})
	}
	if conn.Failures > 0 {
		facts = append(facts, fact{Name: say("fig.failures"), Value: strconv.Itoa(conn.Failures)})
	}
	if conn.NextAt.After(c.o.Now()) {
		facts = append(facts, fact{Name: say("fig.next"), Value: c.moment(conn.NextAt).Clock})
	}
	return facts
}

func (c *Console) pause(w http.ResponseWriter, r *http.Request) error { return c.pauseOr(w, r, true) }

func (c *Console) unpause(w http.ResponseWriter, r *http.Request) error {
	return c.pauseOr(w, r, false)
}

func (c *Console) pauseOr(w http.ResponseWriter, r *http.Request, pause bool) error {
	account := r.PathValue("account")
	p, _ := auth.PersonFrom(r.Context())
	if err := may(p, socialwatch.RoleAdmin, account); err != nil {
		return err
	}
	set := c.o.Connections.Unpause
	if pause {
		set = c.o.Connections.Pause
	}
	if err := set(r.Context(), account, p, socialwatch.Micros(c.o.Now())); err != nil {
		return fmt.Errorf("pause or resume polling of %s: %w", account, err)
	}
	c.changed()
	return see(w, r, "/connections#"+account)
}

func (c *Console) stop(w http.ResponseWriter, r *http.Request) error {
	p, _ := auth.PersonFrom(r.Context())
	if !anywhere(p, socialwatch.RoleApprover) {
		return &rightError{socialwatch.RoleApprover, socialwatch.AllAccounts}
	}
	if err := c.o.Control.Stop(r.Context(), p); err != nil {
		return fmt.Errorf("stop publishing: %w", err)
	}
	c.changed()
	return see(w, r, "/connections")
}

func (c *Console) resume(w http.ResponseWriter, r *http.Request) error {
	p, _ := auth.PersonFrom(r.Context())
	if !anywhere(p, socialwatch.RoleLead) {
		return &rightError{socialwatch.RoleLead, socialwatch.AllAccounts}
	}
	if err := c.o.Control.Resume(r.Context(), p); err != nil {
		return fmt.Errorf("resume publishing: %w", err)
	}
	c.changed()
	back := "/connections"
	if r.PostFormValue("back") != "" {
		back = backTo(r.PostFormValue("back"))
	}
	return see(w, r, back)
}
