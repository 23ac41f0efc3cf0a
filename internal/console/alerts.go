package console

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"socialwatch"
)

// Alert is an endpoint of alerts as the configuration names it, and how it
// does.
type Alert struct {
	Name     string
	Kind     string   // slack or teams
	On       []string // topics
	Accounts []string // none: all
	Problem  string   // with its address; empty: none is known
	State    socialwatch.AlertState
}

// Label is a word of the console for a value of a group, such as an intent or a
// severity: what is said elsewhere goes by the same words.
func Label(group, value string) string { return label(group, value) }

// unattended are the alarms for p to see of accounts whose overdue drafts wait
// without an approver. Who may approve is there by looking: what is overdue
// stands at the top of the queue.
func unattended(alarms []socialwatch.Alarm, p socialwatch.Person) (lines []bannerView) {
	for _, a := range alarms {
		if a.Kind != socialwatch.AlarmUnattended || !p.May(socialwatch.RoleReader, a.Account) || p.May(socialwatch.RoleApprover, a.Account) {
			continue
		}
		lines = append(lines, bannerView{Kind: "bad", Title: say("unattended.title", a.Account), Text: say("unattended.text"),
			URL: "/?" + url.Values{"account": {a.Account}}.Encode(), Look: say("unattended.look")})
	}
	return lines
}

// alertView is an endpoint on Connections.
type alertView struct {
	Name, Where, State, Kind string
	Problem                  *connProblem
	Figures                  []fact
}

func (c *Console) alertViews(ctx context.Context) ([]alertView, error) {
	alerts, err := c.o.Alerts(ctx)
	if err != nil {
		return nil, fmt.Errorf("read endpoints of alerts: %w", err)
	}
	views := make([]alertView, len(alerts))
	for i, a := range alerts {
		views[i] = c.alertView(a)
	}
	return views, nil
}

func (c *Console) alertView(a Alert) alertView {
	topics := make([]string, len(a.On))
	for i, topic := range a.On {
		topics[i] = label("topic", topic)
	}
	accounts := say("alert.accounts.all")
	if len(a.Accounts) > 0 {
		accounts = strings.Join(a.Accounts, ", ")
	}
	v := alertView{Name: a.Name, Where: label("alert", a.Kind), Figures: []fact{
		{Name: say("alert.on"), Value: strings.Join(topics, ", ")},
		{Name: say("alert.accounts"), Value: accounts},
		{Name: say("alert.last"), Value: c.moment(a.State.ToldAt).Ago},
		{Name: say("alert.messages"), Value: strconv.FormatInt(a.State.Messages, 10)},
	}}
	switch {
	case a.Problem != "":
		v.State, v.Kind = say("alert.unusable"), "bad"
		v.Problem = &connProblem{Kind: "bad", Title: say("alert.unusable.title"), Text: told(a.Problem)}
	case a.State.Failures > 0:
		v.State, v.Kind = say("alert.fails"), "bad"
		v.Problem = &connProblem{Kind: "bad", Title: say("alert.failing", c.moment(a.State.FailedAt).Clock, a.State.Failures), Text: told(a.State.Error),
			Do: say("alert.do", c.moment(a.State.NextAt).Clock)}
	case a.State.ToldAt.IsZero():
		v.State = say("alert.idle")
	default:
		v.State, v.Kind = say("alert.good"), "good"
	}
	return v
}
