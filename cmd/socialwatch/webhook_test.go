package main

import (
	"encoding/base64"
	"os"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator"
	"socialwatch/internal/simulator/consumer"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// calls lets webhooks of a shop go to the loopback.
func (s *shop) calls() {
	s.Helper()
	text, err := os.ReadFile(s.config)
	must(s.T, err)
	must(s.T, os.WriteFile(s.config, append(text, "webhooks: {allow_private: [127.0.0.0/8]}\n"...), 0o600))
	s.env = append(s.env, "SOCIALWATCH_KEY="+base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))
}

// hook adds a desk by the command.
func (s *shop) hook(name string, more ...string) *consumer.Consumer {
	s.Helper()
	d := consumer.New("")
	s.Cleanup(d.Close)
	d.Trust(strings.TrimSpace(s.done(append([]string{"webhook", "add", name, d.URL()}, more...)...)))
	return d
}

// TestWebhooksTellACaseSystemThroughKills: the whole program, killed with -9
// while calls are on their way, between two networks that are not ours.
func TestWebhooksTellACaseSystemThroughKills(t *testing.T) {
	for _, kind := range dbtest.Kinds(t) {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := newShop(t, kind, simulator.Options{})
			s.calls()
			st := dbtest.Reopen(t, s.db)
			all, opened := s.hook("all"), s.hook("opened", "--kind", "case.opened,mention.*")
			opened.Behave(func(consumer.Message) consumer.Fault { return consumer.Fault{Delay: 200 * time.Millisecond} })
			if out := s.done("webhook", "test", "all"); !strings.Contains(out, "took the message") || len(all.Took()) != 1 {
				t.Errorf("test says %q", out)
			}
			first := s.serve()
			for n := range 4 {
				s.post(n)
			}
			until(t, time.Minute, "a call is on its way", func() bool { n, _ := opened.Calls(); return n > 0 })
			first.kill()
			second := s.serve()
			s.post(5)
			until(t, 2*time.Minute, "both have all", func() bool { return s.heard(st, all, "") && s.heard(st, opened, "case.opened") })
			s.saysHowWebhooksDo(opened)
			second.end()
			for name, d := range map[string]*consumer.Consumer{"all": all, "opened": opened} {
				if bad := append(d.Refused(), d.Disorder()...); len(bad) > 0 {
					t.Errorf("%s: %q", name, bad)
				}
			}
			for _, m := range opened.Took() {
				if m.Type != socialwatch.EventCaseOpened && m.Type != "webhook.test" && !strings.HasPrefix(m.Type, "mention.") {
					t.Errorf("%s passes the filter", m.Type)
				}
			}
			if log := first.log.String() + second.log.String(); strings.Contains(log, "s3cr3t") || strings.Contains(log, "whsec_") {
				t.Errorf("a secret in the log:\n%s", log)
			}
		})
	}
}

// heard reports whether a desk has every event of a kind, of which there are
// those of five cases.
func (s *shop) heard(st *store.Store, d *consumer.Consumer, kind string) bool {
	s.Helper()
	have := map[int64]bool{}
	for _, m := range d.Took() {
		have[m.Seq] = true
	}
	events, err := st.Events(s.Context(), 0, 10_000)
	must(s.T, err)
	opened := 0
	for _, e := range events {
		if e.Kind == socialwatch.EventCaseOpened {
			opened++
		}
		if (kind == "" || e.Kind == kind) && !have[e.Seq] {
			return false
		}
	}
	return opened == 5
}

// saysHowWebhooksDo checks list, metrics, check, rotate and redeliver.
func (s *shop) saysHowWebhooksDo(d *consumer.Consumer) {
	s.Helper()
	d.Behave(func(consumer.Message) consumer.Fault { return consumer.Fault{Status: 410} })
	s.post(6)
	until(s.T, time.Minute, "it is disabled", func() bool { return s.metrics()[`socialwatch_webhook_active{webhook="opened"}`] == 0 })
	m := s.metrics()
	if m[`socialwatch_webhook_active{webhook="all"}`] != 1 || m[`socialwatch_webhook_waiting{webhook="opened"}`] == 0 || m[`socialwatch_webhook_failures{webhook="opened"}`] == 0 {
		s.Errorf("metrics: %v", m)
	}
	if out := s.done("check"); !strings.Contains(out, "webhook opened: disabled") || strings.Contains(out, "s3cr3t") {
		s.Errorf("check says %q", out)
	}
	if out := s.done("webhook", "list"); !strings.Contains(out, "disabled") || !strings.Contains(out, "/hooks?…") || strings.Contains(out, "s3cr3t") {
		s.Errorf("list says %q", out)
	}
	fresh := strings.TrimSpace(s.done("webhook", "rotate", "opened", "--overlap", "0s"))
	d.Trust(fresh)
	d.Behave(nil)
	before := len(d.Took())
	if out := s.done("webhook", "resume", "opened"); !strings.Contains(out, "active") {
		s.Errorf("resume says %q", out)
	}
	until(s.T, time.Minute, "what was kept arrives", func() bool { return len(d.Took()) > before })
	_, err := s.look().ExecContext(s.Context(), "update webhook_deliveries set state = 'dead' where webhook_id = (select id from webhooks where name = 'opened')")
	must(s.T, err)
	if out := s.done("webhook", "deliveries", "opened", "--state", "dead"); !strings.Contains(out, "case.opened") {
		s.Errorf("deliveries says %q", out)
	}
	before = len(d.Took())
	if out := s.done("webhook", "redeliver", "opened", "--all"); !strings.Contains(out, "are tried again") {
		s.Errorf("redeliver says %q", out)
	}
	until(s.T, time.Minute, "what was dead arrives", func() bool { return len(d.Took()) > before })
	if a := s.do("webhook", "redeliver", "opened"); a.code != exitUsage {
		s.Errorf("redeliver without anything: %+v", a)
	}
}

func TestAWebhookNeedsAKeyAndAPublicAddress(t *testing.T) {
	s := newShop(t, store.SQLite, simulator.Options{})
	if a := s.do("webhook", "add", "desk", "https://desk.example/in"); a.code != exitFailed || !strings.Contains(a.errors, "openssl rand") {
		t.Errorf("without a key: %+v", a)
	}
	s.env = append(s.env, "SOCIALWATCH_KEY="+base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))
	for _, url := range []string{"http://desk.example/in", "https://127.0.0.1/in", "https://[::ffff:10.0.0.1]/in"} {
		if a := s.do("webhook", "add", "desk", url); a.code != exitFailed {
			t.Errorf("%s: %+v", url, a)
		}
	}
	for _, args := range [][]string{{"--kind", "People"}, {"--level", "7"}, {"--account", "nobody"}} {
		if a := s.do(append([]string{"webhook", "add", "desk", "https://desk.example/in"}, args...)...); a.code == exitDone {
			t.Errorf("%q: %+v", args, a)
		}
	}
	if out := s.done("webhook", "add", "desk", "https://desk.example/in", "--escalated"); !strings.HasPrefix(out, "whsec_") {
		t.Errorf("add says %q", out)
	}
	if out := s.done("webhook", "set", "desk", "--kind", "case.*", "--url", "https://desk.example/new"); !strings.Contains(out, "changed") {
		t.Errorf("set says %q", out)
	}
	if out := s.done("webhook", "list", "--json"); !strings.Contains(out, `"case.*"`) || !strings.Contains(out, "/new") || !strings.Contains(out, `"escalated": true`) {
		t.Errorf("list says %s", out)
	}
	s.done("webhook", "remove", "desk")
}
