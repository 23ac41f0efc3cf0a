package console

import (
	"context"
	"strings"
	"testing"
	"time"

	"socialwatch"
)

// alertDay is a shop with endpoints in every state, whose drafts wait without
// an approver.
func alertDay(t testing.TB, s *shop) {
	t.Helper()
	s.console.o.Alarms = s.Alarms
	s.console.o.Alerts = func(context.Context) ([]Alert, error) {
		return []Alert{
			{Name: "support_room", Kind: "slack", On: []string{"breach", "spike"}, State: socialwatch.AlertState{ToldAt: s.now().Add(-time.Hour), Messages: 12}},
			{Name: "leads", Kind: "teams", On: []string{"unattended", "stopped", "polling"}, Accounts: []string{account}, State: socialwatch.AlertState{
				Failures: 3, Error: "answered 404 no_service", FailedAt: s.now().Add(-time.Minute), NextAt: s.now().Add(time.Minute)}},
			{Name: "fresh", Kind: "slack", On: []string{"stopped"}},
			{Name: "lost", Kind: "slack", On: []string{"stopped"}, Problem: "the environment variable ALERT_LOST is not set"},
		}, nil
	}
	_, err := s.RaiseAlarm(t.Context(), socialwatch.Alarm{Kind: socialwatch.AlarmUnattended, Account: account, Since: s.now()},
		socialwatch.Event{Kind: socialwatch.EventUnattended, Actor: socialwatch.System, At: s.now(), Data: map[string]any{"account": account}})
	must(t, err)
	s.console.changed()
}

func TestConnectionsSayHowAlertsDo(t *testing.T) {
	s := newShop(t)
	if page := s.enter(t, "rita").get("/connections"); strings.Contains(page.body, "Channels that are told") {
		t.Error("a panel of alerts without an endpoint")
	}
	alertDay(t, s)
	page := s.enter(t, "rita").get("/connections").body
	for _, want := range []string{"support_room", "breaches, spikes", "1 h ago", "Teams", "answered 404 no_service", "(3 failures)",
		"nothing told yet", "the environment variable ALERT_LOST is not set"} {
		if !strings.Contains(page, want) {
			t.Errorf("Connections do not say %q", want)
		}
	}
}

func TestNobodyThereIsABannerForWhoMaySeeTheAccount(t *testing.T) {
	s := newShop(t)
	alertDay(t, s)
	_, err := s.AddPerson(t.Context(), socialwatch.Person{Login: "else", Name: "Else", Roles: map[string]socialwatch.Role{"another": socialwatch.RoleLead}}, "", s.now())
	must(t, err)
	banner := "shop_help: an overdue draft waits and no approver is signed in."
	for login, want := range map[string]string{"rita": "Tell an approver.", "otto": "Tell an approver.", "ana": "", "else": ""} {
		page := s.enter(t, login).get("/").body
		if strings.Contains(page, banner) != (want != "") || !strings.Contains(page, want) {
			t.Errorf("%s sees %t, wants %q", login, strings.Contains(page, banner), want)
		}
	}
	_, err = s.EndAlarm(t.Context(), socialwatch.AlarmUnattended, account, socialwatch.Event{})
	must(t, err)
	s.advance(healthAge)
	if strings.Contains(s.enter(t, "rita").get("/").body, banner) {
		t.Error("the banner outlives the alarm")
	}
}
