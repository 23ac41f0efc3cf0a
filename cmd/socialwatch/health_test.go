package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/lookup"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

// TestReadinessFollowsThePolls: a network that is away makes the program
// unready, with the reason, and healthy all the same.
func TestReadinessFollowsThePolls(t *testing.T) {
	t.Parallel()
	s := newShop(t, store.SQLite, simulator.Options{})
	d := s.serve()
	s.ready()
	s.sim.Stop()
	until(t, time.Minute, "/readyz says 503 after missed polls", func() bool {
		p := s.get("/readyz")
		return p.code == http.StatusServiceUnavailable && strings.Contains(p.text, "account shop_help: no good poll since")
	})
	if p := s.get("/healthz"); p.code != http.StatusOK {
		t.Errorf("/healthz while the network is away: %+v", p)
	}
	until(t, time.Minute, "/metrics counts a failed poll", func() bool {
		return s.metrics()[`socialwatch_account_poll_failures{account="shop_help"}`] >= 1
	})
	until(t, time.Minute, "Connections says why", func() bool { return s.trouble() != "" })
	post := s.post(1)
	must(t, s.sim.Start())
	s.ready()
	until(t, time.Minute, "the mention from the outage is read, and Connections is calm", func() bool {
		return s.has([]string{post}) && s.trouble() == ""
	})
	d.end()
}

// ready waits until /readyz says so after a good poll.
func (s *shop) ready() {
	s.Helper()
	until(s.T, time.Minute, "/readyz says 200", func() bool {
		good := s.number("select count(*) from accounts where good_at is not null and failures = 0") == 1
		return good && s.get("/readyz").code == http.StatusOK
	})
}

// TestReadinessNamesAHaltedAccount: with the network's word that we are out of
// credit the program is unready at once, until an admin resumes the account.
func TestReadinessNamesAHaltedAccount(t *testing.T) {
	t.Parallel()
	s := newShop(t, store.SQLite, simulator.Options{})
	d := s.serve()
	s.ready()
	st := dbtest.Reopen(t, s.db)
	must(t, st.Halt(t.Context(), "shop_help", "credits depleted", time.Now()))
	if p := s.get("/readyz"); p.code != http.StatusServiceUnavailable || !strings.Contains(p.text, "account shop_help: its network says that we are out of credit") {
		t.Errorf("/readyz under a halt: %+v", p)
	}
	if m := s.metrics(); m[`socialwatch_account_halted{account="shop_help"}`] != 1 {
		t.Errorf("no halt in /metrics: %v", m)
	}
	adam, err := st.AddPerson(t.Context(), socialwatch.Person{Login: "adam", Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: socialwatch.RoleAdmin}}, "", time.Now())
	must(t, err)
	must(t, st.Unpause(t.Context(), "shop_help", adam, time.Now()))
	s.ready()
	d.end()
}

// trouble is the error that stands under Connections.
func (s *shop) trouble() string {
	s.Helper()
	var text string
	must(s.T, s.look().QueryRowContext(s.Context(), "select error from accounts where name = 'shop_help'").Scan(&text))
	return text
}

var sample = regexp.MustCompile(`^([a-z_]+(?:\{[^{}]*\})?) (\S+)$`)

// metrics reads /metrics as Prometheus does: name and labels to value.
func (s *shop) metrics() map[string]float64 {
	s.Helper()
	p := s.get("/metrics")
	if p.code != http.StatusOK {
		s.Fatalf("/metrics: %+v", p)
	}
	all := map[string]float64{}
	for line := range strings.Lines(p.text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		m := sample.FindStringSubmatch(line)
		if m == nil {
			s.Fatalf("/metrics: cannot read %q", line)
		}
		v, err := strconv.ParseFloat(m[2], 64)
		must(s.T, err)
		if _, twice := all[m[1]]; twice {
			s.Errorf("/metrics: %s stands there twice", m[1])
		}
		all[m[1]] = v
	}
	return all
}

// TestMetricsSayWhatOperatorsWatch: all figures of docs/operations.md are
// there under the names that it gives.
func TestMetricsSayWhatOperatorsWatch(t *testing.T) {
	t.Parallel()
	s := newShop(t, store.SQLite, simulator.Options{})
	text, err := os.ReadFile(s.config)
	must(t, err)
	must(t, os.WriteFile(s.config, append(text, "\nlookup: {url: \"http://127.0.0.1:1/{order}\"}\n"...), 0o600))
	must(t, dbtest.Reopen(t, s.db).AddWebhook(t.Context(), socialwatch.Webhook{Name: "crm", Ref: "crm", Address: "https://crm.example/hooks",
		Sealed: []byte("x"), Seq: -1, CreatedAt: time.Now()}, store.Terminal))
	d := s.serve()
	s.ready()
	s.post(1)
	until(t, time.Minute, "a draft waits", func() bool { return len(s.rows()) == 1 })
	s.done("stop")
	must(t, dbtest.Reopen(t, s.db).Charge(t.Context(), 0, socialwatch.Costing{Account: "shop_help", Item: "post_read", Price: 5_000}, []string{"post:1", "post:2"}, time.Now()))
	endpoint, err := dbtest.Reopen(t, s.db).Alert(t.Context(), "room")
	must(t, err)
	must(t, dbtest.Reopen(t, s.db).MoveAlert(t.Context(), endpoint, endpoint.Seq+1, time.Now()))
	const account = `{account="shop_help"}`
	m := s.metrics()
	for name, want := range map[string]float64{
		"socialwatch_database_up": 1, "socialwatch_mentions": 1, "socialwatch_publishing_stopped": 1,
		`socialwatch_replies{state="awaiting"}`:       1,
		`socialwatch_replies_unknown{by="person"}`:    0,
		`socialwatch_replies_unknown{by="program"}`:   0,
		"socialwatch_gaps_open":                       0,
		"socialwatch_set_aside":                       0,
		"socialwatch_account_poll_failures" + account: 0,
		"socialwatch_account_paused" + account:        0,
		"socialwatch_account_silent" + account:        0,
		"socialwatch_account_halted" + account:        0,

		`socialwatch_account_spent_usd{account="shop_help",period="day"}`:   .01,
		`socialwatch_account_spent_usd{account="shop_help",period="month"}`: .01,
	} {
		if got, ok := m[name]; !ok || got != want {
			t.Errorf("%s is %v (%v), want %v", name, got, ok, want)
		}
	}
	for name, most := range map[string]float64{"socialwatch_queue_age_seconds": 60, "socialwatch_outbox_age_seconds": 60,
		"socialwatch_account_lag_seconds" + account: 60, "socialwatch_account_stream_up" + account: 1} {
		if got, ok := m[name]; !ok || got < 0 || got > most {
			t.Errorf("%s is %v (%v), want 0 to %v", name, got, ok, most)
		}
	}
	good := time.UnixMilli(int64(1000 * m["socialwatch_account_last_good_poll_timestamp_seconds"+account]))
	if since := time.Since(good); since < 0 || since > time.Minute {
		t.Errorf("the last good poll was %s ago", since)
	}
	s.documented(m)
	d.end()
}

// documented: what docs/operations.md names is there.
func (s *shop) documented(m map[string]float64) {
	s.Helper()
	page, err := os.ReadFile("../../docs/operations.md")
	must(s.T, err)
	for _, name := range regexp.MustCompile(`socialwatch_[a-z_]+`).FindAllString(string(page), -1) {
		found := false
		for have := range m {
			have, _, _ = strings.Cut(have, "{")
			found = found || have == name
		}
		if !found {
			s.Errorf("docs/operations.md names %s, which /metrics does not have", name)
		}
	}
}

// TestReadyzTellsNobodyWhatTheShopsSystemSaid: anybody may ask.
func TestReadyzTellsNobodyWhatTheShopsSystemSaid(t *testing.T) {
	t.Parallel()
	onDesk(t, func(d *deskRig) {
		d.app.looker = &lookup.Looker{}
		d.app.cfg.Polling.Stale = 60 // on a busy machine a poll of this moment is soon three seconds old
		at := socialwatch.Micros(d.app.now())
		for range lookup.Patience {
			must(d.T, d.app.store.RecordLookup(d.Context(), "no answer: s3cret", at, at))
		}
		for name := range d.app.connectors { // whoever was never read is told of first
			must(d.T, d.app.store.RecordPoll(d.Context(), socialwatch.PollResult{Account: name, At: at}))
		}
		h, err := d.app.handler(d.Context())
		must(d.T, err)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(d.Context(), http.MethodGet, "/readyz", nil))
		if said := w.Body.String(); !strings.Contains(said, "orders are not looked up since "+at.Format(time.RFC3339)+": see Connections") || strings.Contains(said, "s3cret") {
			d.Errorf("says %s", said)
		}
	})
}
