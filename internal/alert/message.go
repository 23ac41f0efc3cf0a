package alert

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"socialwatch"
)

// Message is what is said, before it is written for one kind of endpoint.
type Message struct{ Sections []Section }

// Section is what is said of one topic.
type Section struct {
	Title string
	Lines []Line
}

// Line is one thing that happened: what leads to it, then the rest. Link and
// URL may be empty.
type Line struct{ Link, URL, Text string }

const (
	shown = 10        // lines of one topic; the others are counted
	stale = time.Hour // what is older than this and the digest is counted
)

// news is what happened, as far as a message needs it: a few events and the
// number of the others, however long nothing was told.
type news struct {
	now   time.Time
	after time.Duration    // an event this old is an old one
	fresh map[string]*pile // by topic
	old   map[string]int   // by kind of event
	since time.Time        // first of the old ones
}

type pile struct {
	first []socialwatch.AlertEvent // at most shown
	n     int
}

func (n *news) empty() bool { return len(n.fresh) == 0 && len(n.old) == 0 }

func (n *news) add(e socialwatch.AlertEvent) {
	if n.now.Sub(e.At) > n.after {
		if n.old == nil {
			n.old, n.since = map[string]int{}, e.At
		}
		n.old[e.Kind]++
		return
	}
	if n.fresh == nil {
		n.fresh = map[string]*pile{}
	}
	topic := topics[e.Kind]
	p := n.fresh[topic]
	if p == nil {
		p = &pile{}
		n.fresh[topic] = p
	}
	if p.n++; len(p.first) < shown {
		p.first = append(p.first, e)
	}
}

// Words makes messages of events.
type Words struct {
	Base  string                           // of the console's addresses, without a slash at the end
	Label func(group, value string) string // the console's words, such as those of an intent
}

// Test is the message by which people see that an endpoint works.
func (w Words) Test(name string) Message {
	return Message{[]Section{{Title: "A test from socialwatch",
		Lines: []Line{{"Connections", w.Base + "/connections", fmt.Sprintf("shows how the endpoint %s does. Nothing is wrong.", name)}}}}}
}

// compose makes one message of all that happened: topic by topic, then what is
// too old to be told singly.
func (w Words) compose(n news) Message {
	var m Message
	for _, topic := range Topics {
		p := n.fresh[topic]
		if p == nil {
			continue
		}
		s := Section{Title: title(topic, p)}
		for _, e := range p.first {
			s.Lines = append(s.Lines, w.line(e, n.now))
		}
		if more := p.n - len(p.first); more > 0 {
			s.Lines = append(s.Lines, Line{Text: fmt.Sprintf("and %d more", more)})
		}
		m.Sections = append(m.Sections, s)
	}
	if len(n.old) > 0 {
		s := Section{Title: "Not told in time, since " + n.since.Format("2 Jan 15:04 MST")}
		for _, kind := range slices.Sorted(maps.Keys(n.old)) {
			s.Lines = append(s.Lines, Line{Text: fmt.Sprintf("%s: %d", summaries[kind], n.old[kind])})
		}
		m.Sections = append(m.Sections, s)
	}
	return m
}

func title(topic string, p *pile) string {
	switch {
	case topic == "breach" && p.n == 1:
		return "A case is past its target"
	case topic == "breach":
		return fmt.Sprintf("%d cases are past their target", p.n)
	}
	return titles[topic]
}

var titles = map[string]string{
	"stopped":    "Publishing",
	"polling":    "Reading the networks",
	"unattended": "Approvals",
	"spike":      "Spikes",
}

// summaries count events that are too old to be told singly.
var summaries = map[string]string{
	socialwatch.EventStopped:        "publishing stopped",
	socialwatch.EventResumed:        "publishing resumed",
	eventPaused:                     "polling paused",
	eventHalted:                     "polling halted for want of credit",
	eventUnpaused:                   "polling resumed",
	socialwatch.EventPollsMissed:    "accounts without good polls",
	socialwatch.EventPollsWorking:   "accounts read again",
	socialwatch.EventUnattended:     "overdue drafts without an approver",
	socialwatch.EventAttended:       "drafts attended again",
	socialwatch.EventIncidentOpened: "spikes begun",
	socialwatch.EventIncidentEnded:  "spikes over",
	socialwatch.EventCaseBreached:   "cases past their target",
}

// line says one event.
func (w Words) line(e socialwatch.AlertEvent, now time.Time) Line {
	connection := Line{e.Account, w.Base + "/connections#" + url.PathEscape(e.Account), ""}
	switch e.Kind {
	case socialwatch.EventCaseBreached:
		return w.breach(e, now)
	case socialwatch.EventIncidentOpened, socialwatch.EventIncidentEnded:
		return w.spike(e)
	case socialwatch.EventUnattended:
		return w.unattended(e, now)
	case socialwatch.EventAttended:
		return Line{e.Account, w.queue(e.Account), "no overdue draft waits without an approver any more"}
	case socialwatch.EventStopped, socialwatch.EventResumed:
		done := map[string]string{socialwatch.EventStopped: "stopped", socialwatch.EventResumed: "resumed"}[e.Kind]
		return Line{"Publishing", w.Base + "/connections", fmt.Sprintf("%s by %s at %s", done, e.Actor, clock(e.At))}
	case eventPaused, eventUnpaused:
		done := map[string]string{eventPaused: "paused", eventUnpaused: "resumed"}[e.Kind]
		connection.Text = fmt.Sprintf("polling %s by %s at %s", done, e.Actor, clock(e.At))
	case eventHalted:
		connection.Text = "the network says that we are out of credit: nothing is read or sent"
	case socialwatch.EventPollsMissed:
		connection.Text = "no poll has worked for too long: posts may be missing"
	default: // EventPollsWorking
		connection.Text = "polls work again since " + clock(e.At)
	}
	return connection
}

func (w Words) breach(e socialwatch.AlertEvent, now time.Time) Line {
	late := span(now.Sub(e.DueAt)) + " late"
	switch {
	case !e.RespondedAt.IsZero():
		late = "answered meanwhile, " + span(e.RespondedAt.Sub(e.DueAt)) + " late"
	case e.Answered:
		late = "answered meanwhile"
	}
	return Line{e.CaseNumber, w.Base + "/cases/" + url.PathEscape(e.CaseNumber),
		fmt.Sprintf("%s, %s, level %d, %s %s", w.Label("intent", string(e.Intent)), e.Account, e.Level, w.Label("target", string(e.Target)), late)}
}

// spike leaves out what the customers call it: that is their words.
func (w Words) spike(e socialwatch.AlertEvent) Line {
	id, _ := e.Data["incident"].(float64) // what JSON makes of a number
	cases, _ := e.Data["cases"].(float64)
	intent, _ := e.Data["intent"].(string)
	severity, _ := e.Data["severity"].(string)
	l := Line{Link: fmt.Sprintf("Incident %.0f", id), URL: fmt.Sprintf("%s/incidents/%.0f", w.Base, id)}
	if e.Kind == socialwatch.EventIncidentEnded {
		l.Text = fmt.Sprintf("is over, %.0f cases", cases)
		return l
	}
	l.Text = fmt.Sprintf("%s, %s, %.0f cases", w.Label("severity", severity), w.Label("intent", intent), cases)
	for _, a := range accounts(e) {
		l.Text += ", " + a
	}
	return l
}

func (w Words) unattended(e socialwatch.AlertEvent, now time.Time) Line {
	number, _ := e.Data["case"].(string)
	level, _ := e.Data["level"].(float64)
	intent, _ := e.Data["intent"].(string)
	due, _ := e.Data["due_at"].(string)
	at, err := time.Parse(time.RFC3339Nano, due)
	if err != nil {
		at = e.At
	}
	return Line{e.Account, w.queue(e.Account), fmt.Sprintf("no approver is signed in, and the first draft is overdue: %s, %s, level %.0f, %s late",
		number, w.Label("intent", intent), level, span(now.Sub(at)))}
}

func (w Words) queue(account string) string {
	return w.Base + "/?" + url.Values{"account": {account}}.Encode()
}

func clock(t time.Time) string { return t.UTC().Format("15:04 MST") }

// span is a length of time in one unit, rounded down, as the console says it.
func span(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
