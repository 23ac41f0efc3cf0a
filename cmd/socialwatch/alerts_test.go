package main

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator"
	"socialwatch/internal/simulator/chat"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// channels are one of each kind.
type channels struct{ slack, teams *chat.Channel }

// told configures a shop with three endpoints, of which one is dead.
func (s *shop) told() channels {
	s.Helper()
	c := channels{chat.New(false), chat.New(true)}
	s.set("missed: 3", "missed: 60") // on a busy machine polls of a second come late, which would be told too
	s.Cleanup(c.slack.Close)
	s.Cleanup(c.teams.Close)
	text, err := os.ReadFile(s.config)
	must(s.T, err)
	must(s.T, os.WriteFile(s.config, append(text, `alerts:
  - {name: room, kind: slack, url_env: ALERT_ROOM}
  - {name: team, kind: teams, url_env: ALERT_TEAM, accounts: [shop_help]}
  - {name: dead, kind: slack, url_env: ALERT_DEAD}
  - {name: lost, kind: slack, url_env: ALERT_LOST}
`...), 0o600))
	s.env = append(s.env, "ALERT_ROOM="+c.slack.URL(), "ALERT_TEAM="+c.teams.URL(), "ALERT_DEAD=http://127.0.0.1:1/"+c.slack.Secret()) // a port that is given to nobody
	return c
}

// overdue makes the one case overdue and returns its number.
func (s *shop) overdue(kind store.Kind) (number string) {
	s.Helper()
	past := "now() - interval '20 minutes'"
	if kind == store.SQLite {
		past = "1000000 * (unixepoch() - 1200)"
	}
	for _, table := range []string{"cases", "replies"} {
		_, err := s.look().ExecContext(s.Context(), "update "+table+" set due_at = "+past)
		must(s.T, err)
	}
	must(s.T, s.look().QueryRowContext(s.Context(), "select number from cases").Scan(&number))
	return number
}

// TestAlertsReachTheirChannelsThroughKills: killed with -9 while a message is
// on its way it comes again, and never more often; a dead endpoint and one
// without an address harm nobody; no secret is told.
func TestAlertsReachTheirChannelsThroughKills(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, kind, simulator.Options{})
			c := s.told()
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("said in Slack: %q, in Teams: %q", c.slack.Said(), c.teams.Said())
				}
			})
			first, second := s.serve(), (*daemon)(nil)
			c.slack.Fail(chat.Fault{Status: http.StatusOK, Keep: true, Hang: time.Minute})
			s.post(1)
			until(t, time.Minute, "a draft waits", func() bool { return len(s.rows()) == 1 })
			number := s.overdue(kind)
			until(t, time.Minute, "a message is on its way", func() bool { return len(c.slack.Said()) == 1 })
			first.kill()
			second = s.serve()
			until(t, time.Minute, "it comes again, and to the other channel", func() bool { return len(c.slack.Said()) > 1 && len(c.teams.Said()) > 0 })
			for _, m := range append(c.slack.Said(), c.teams.Said()...) {
				if !strings.Contains(m.Text, number) {
					t.Errorf("no word of %s in %q", number, m.Text)
				}
			}
			until(t, time.Minute, "the dead one is known to be", func() bool { return s.metrics()[`socialwatch_alerts_failures{endpoint="dead"}`] > 0 })
			s.saysHowAlertsDo(c)
			second.end()
			again := 0                                                 // on a slow machine there is time for another message, about what came later
			what, _, _ := strings.Cut(c.slack.Said()[0].Text, "level") // how late it is changes
			for _, m := range c.slack.Said() {
				if strings.HasPrefix(m.Text, what) {
					again++
				}
			}
			if again != 2 || len(c.slack.Refused())+len(c.teams.Refused()) > 0 {
				t.Errorf("the first message came %d times; refused: %q %q", again, c.slack.Refused(), c.teams.Refused())
			}
			for _, log := range []string{first.log.String(), second.log.String()} {
				if strings.Contains(log, c.slack.Secret()) {
					t.Errorf("a secret in the log:\n%s", log)
				}
			}
		})
	}
}

// saysHowAlertsDo checks metrics, Connections, check and the test message.
func (s *shop) saysHowAlertsDo(c channels) {
	s.Helper()
	m := s.metrics()
	if m[`socialwatch_alerts_messages_total{endpoint="room"}`] != 1 || m[`socialwatch_alerts_last_message_timestamp_seconds{endpoint="team"}`] == 0 ||
		m[`socialwatch_queue_unattended{account="shop_help"}`] != 1 {
		s.Errorf("metrics: %v", m)
	}
	if p := s.get("/readyz"); p.code != http.StatusOK {
		s.Errorf("/readyz while nobody is here: %+v", p)
	}
	said := s.browser("max", socialwatch.RoleAdmin).open("/connections").text
	checked := s.do("check")
	for what, text := range map[string]string{"Connections": said, "check": checked.out + checked.errors} {
		for _, want := range []string{"room", "no answer: connection refused", "ALERT_LOST is not set"} {
			if !strings.Contains(text, want) {
				s.Errorf("%s without %q:\n%s", what, want, text)
			}
		}
	}
	tried, failed := s.do("alerts", "test", "team"), s.do("alerts", "test", "dead")
	if tried.code != exitDone || failed.code != exitFailed || !strings.Contains(failed.errors, "tell dead: no answer") {
		s.Errorf("the test messages: %+v %+v", tried, failed)
	}
	if last := c.teams.Said(); !strings.Contains(last[len(last)-1].Text, "A test from socialwatch") {
		s.Errorf("the channel shows %+v", last)
	}
	for _, text := range []string{said, checked.out, checked.errors, tried.out, failed.errors} {
		if strings.Contains(text, c.slack.Secret()) {
			s.Errorf("a secret in %q", text)
		}
	}
}

// TestCronTellsAlerts: without a daemon poll --once tells what is to be told.
func TestCronTellsAlerts(t *testing.T) {
	t.Parallel()
	s := newShop(t, store.SQLite, simulator.Options{})
	c := s.told()
	s.set("  - {name: lost, kind: slack, url_env: ALERT_LOST}\n", "")
	s.post(1)
	s.done("poll", "--once") // the endpoints begin after what happens here
	number := s.overdue(store.SQLite)
	s.done("poll", "--once")
	for _, said := range [][]chat.Message{c.slack.Said(), c.teams.Said()} {
		if len(said) != 1 || !strings.Contains(said[0].Text, number+": Stuck order, shop_help, level") || !strings.Contains(said[0].Text, "no approver is signed in") ||
			!slices.Equal(said[0].Links, []string{s.url + "/?account=shop_help", s.url + "/cases/" + number}) {
			t.Errorf("said %+v, want a word of %s", said, number)
		}
	}
	s.done("poll", "--once")
	if n := len(c.slack.Said()); n != 1 {
		t.Errorf("%d messages of one breach", n)
	}
}
