package console

import (
	"net/url"
	"strconv"
	"time"

	"socialwatch"
)

// moment is a time as pages show it.
type moment struct {
	ISO   string // for machines
	Full  string // date, time and zone
	Clock string // time of day, with the date when it is another day
	Ago   string // "6 min ago"
	Age   string // "6 min"
	Due   string // "6 min left"
	First string // "due in 6 min of", before how long it was given
	Class string // of Due: late, soon or empty
	Tick  bool   // whether Due moves on with time
}

func (c *Console) moment(t time.Time) moment {
	if t.IsZero() {
		return moment{Clock: say("never"), Ago: say("never")}
	}
	now := c.o.Now().In(c.o.Zone)
	local := t.In(c.o.Zone)
	m := moment{ISO: t.UTC().Format(time.RFC3339), Full: date("full", local), Clock: date("clock", local)}
	if local.Format(time.DateOnly) != now.Format(time.DateOnly) {
		m.Clock = date("day", local)
	}
	m.Age = span(now.Sub(t))
	m.Ago = say("ago", m.Age)
	return m
}

// soon is when a target counts as near.
const soon = 5 * time.Minute

// due is a target of a first response: how long is left, until it is given.
func (c *Console) due(t time.Time, given bool) moment {
	m := c.moment(t)
	left := t.Sub(c.o.Now())
	switch {
	case given:
		m.Due, m.Class = say("due.done"), "done"
	case t.IsZero():
		m.Due = say("fig.none")
	case left < 0:
		m.Due, m.First, m.Class, m.Tick = say("due.over", span(-left)), say("js.overof", span(-left)), "late", true
	default:
		m.Due, m.First, m.Tick = say("due.left", span(left)), say("js.dueof", span(left)), true
		if left < soon {
			m.Class = "soon"
		}
	}
	return m
}

// span is a length of time in one unit, rounded down; below zero counts as
// none. main.js says the same.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return say("js.s", 0)
	case d < time.Minute:
		return say("js.s", int(d.Seconds()))
	case d < time.Hour:
		return say("js.min", int(d.Minutes()))
	case d < 48*time.Hour:
		return say("js.h", int(d.Hours()))
	}
	return say("js.days", int(d.Hours()/24))
}

// ordinal is the place of something in a row.
func ordinal(n int) string {
	if s, ok := entry("nth." + strconv.Itoa(n)); ok {
		return s
	}
	return say("nth.n", n)
}

// reach is how many followers a person has; empty when unknown.
func reach(n int) string {
	if n <= 0 {
		return ""
	}
	return say("reach", short(n))
}

// short is a number in few characters; empty when it is none.
func short(n int) string {
	switch {
	case n <= 0:
		return ""
	case n < 1000:
		return strconv.Itoa(n)
	case n < 10_000:
		return say("number.thousands", tenths(n/100))
	case n < 1_000_000:
		return say("number.thousands", strconv.Itoa(n/1000))
	}
	return say("number.millions", tenths(n/100_000))
}

// tenths is a tenth of n as a number.
func tenths(n int) string { return strconv.Itoa(n/10) + say("number.point") + strconv.Itoa(n%10) }

// link returns an address from outside if a browser may follow it: http or
// https with a host, nothing else.
func link(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return ""
	}
	return u.String()
}

// tongue is a language code that may stand in a lang attribute; empty, which
// means unknown, when it is none.
func tongue(code string) string {
	if code == "und" || len(code) < 2 || len(code) > 35 {
		return ""
	}
	for _, r := range code {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' {
			return ""
		}
	}
	return code
}

func where(n socialwatch.Network, v socialwatch.Visibility) string {
	return say("where", label("visibility", string(v)), label("network", string(n)))
}
