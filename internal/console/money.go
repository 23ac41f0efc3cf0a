package console

import (
	"strconv"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// moneyView is what an account spends.
type moneyView struct {
	Rows     []moneyRow
	Forecast string // label of its figure
	About    string
	Above    string // what an excess means; empty without one
	Items    []moneyItem
}

// moneyRow is one figure with, where there is a budget, a bar that repeats it.
type moneyRow struct {
	Name, Value string
	Bar         *moneyBar
}

// moneyBar is the part of a budget that is used. It turns where polls are slowed
// and where reading stops.
type moneyBar struct {
	Percent int // at most 100
	Kind    string
}

type moneyItem struct{ Name, Objects, Amount string }

// money is nil for an account that costs nothing.
func (c *Console) money(p socialwatch.Purse) *moneyView {
	if !p.Used() {
		return nil
	}
	month := socialwatch.Month(c.o.Now())
	v := &moneyView{Rows: []moneyRow{moneyOf("day", p.Day, p.Budget.Day), moneyOf("month", p.Month, p.Budget.Month)},
		Forecast: say("money.forecast", date("month", month)), About: say("money.about", cents(p.Forecast))}
	if p.Budget.Month > 0 && p.Forecast > p.Budget.Month {
		v.Above = say("money.above")
	}
	for _, i := range p.Items {
		v.Items = append(v.Items, moneyItem{label("item", i.Item), strconv.Itoa(i.Objects), i.Amount.Dollars()})
	}
	return v
}

func moneyOf(period string, spent, budget socialwatch.MicroUSD) moneyRow {
	r := moneyRow{Name: say("money." + period), Value: spent.Dollars()}
	if budget <= 0 {
		return r
	}
	percent := int(spent * 100 / budget)
	r.Value = say("money.of", spent.Dollars(), budget.Dollars(), percent)
	r.Bar = &moneyBar{Percent: min(percent, 100), Kind: "good"}
	switch {
	case percent >= 95:
		r.Bar.Kind = "bad"
	case percent >= 80:
		r.Bar.Kind = "warn"
	}
	return r
}

// cents is an amount that is only about right: without thousandths.
func cents(m socialwatch.MicroUSD) string { return (m / 10_000 * 10_000).Dollars() }

// broke is the verdict on an account that makes no call for want of money.
func (c *Console) broke(conn store.Connection) (verdict, bool) {
	switch {
	case !conn.HaltedAt.IsZero():
		return verdict{broken: true, halted: true, state: say("conn.halted"),
			alarm: say("alarm.halted", connName(conn), conn.HaltedWhy), means: say("alarm.idle")}, true
	case conn.PausedBy == "" && conn.Reason == socialwatch.OutOfCredit:
		return verdict{broken: true, budget: true, state: say("conn.budget"),
			alarm: say("alarm.budget", connName(conn)), means: say("alarm.unread")}, true
	}
	return verdict{}, false
}

// wantOfMoney tells what an account that makes no call for want of money needs.
func (c *Console) wantOfMoney(conn store.Connection, s verdict, p socialwatch.Purse) *connProblem {
	if s.halted {
		return &connProblem{Kind: "bad", Title: s.alarm, Text: say("halted.text", c.moment(conn.HaltedAt).Clock), Do: say("halted.do"), Resume: true}
	}
	problem := &connProblem{Kind: "bad", Title: say("budget.title"), Text: reasonless(conn.Error)}
	if p.Budget == (socialwatch.Budget{}) { // the network's own words, not our ledger's
		problem.Do = whatToDo(conn.Reason)
	}
	return problem
}

// reasonless is an error's text from behind its class on, as a sentence.
func reasonless(text string) string {
	if _, after, ok := strings.Cut(text, string(socialwatch.OutOfCredit)+": "); ok {
		text = after
	}
	if text == "" {
		return ""
	}
	return capital(strings.TrimSuffix(told(text), ".")) + "."
}

// pace is how often an account is polled at most.
func (c *Console) pace(p socialwatch.Purse) time.Duration { return max(c.o.Every, p.Pace) }
