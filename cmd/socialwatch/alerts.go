package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/internal/alert"
	"socialwatch/internal/config"
	"socialwatch/internal/console"
	"socialwatch/internal/jobs"
)

// alertTimeout bounds one call to a chat service.
const alertTimeout = 10 * time.Second

func newAlerts(f *flags) *cobra.Command {
	cmd := &cobra.Command{Use: "alerts", Short: "Try the channels that are told what needs people", Args: noArgs,
		Example: "  socialwatch alerts test support_room",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(&cobra.Command{Use: "test NAME", Short: "Send a test message to an endpoint of alerts", Args: exactArgs(1),
		Example: "  socialwatch alerts test support_room",
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := config.Load(f.config)
			if err != nil {
				return err
			}
			if err := testAlert(cmd.Context(), cfg, args[0]); err != nil {
				return err
			}
			return out(cmd, f, map[string]string{"told": args[0]}, func() {
				fmt.Fprintf(cmd.OutOrStdout(), "%s took the message: look for it in the channel.\n", args[0])
			})
		}})
	return cmd
}

func testAlert(ctx context.Context, cfg config.Config, name string) error {
	var names []string
	for _, a := range cfg.Alerts {
		if names = append(names, a.Name); a.Name != name {
			continue
		}
		e, err := endpoint(a)
		if err != nil {
			return err
		}
		if err := alert.NewSender(alertTimeout, time.Now).Send(ctx, e, alertWords(cfg).Test(name)); err != nil {
			return fmt.Errorf("tell %s: %w", name, err)
		}
		return nil
	}
	if len(names) == 0 {
		return fmt.Errorf("no endpoint %q: the configuration has none under alerts", name)
	}
	return fmt.Errorf("no endpoint %q under alerts in the configuration; there is: %s", name, strings.Join(names, ", "))
}

// endpoint is one of the configuration with its address.
func endpoint(a config.Alert) (alert.Endpoint, error) {
	url, err := a.URL()
	return alert.Endpoint{Name: a.Name, Kind: alert.Kind(a.Kind), URL: url, On: a.Topics(), Accounts: a.Accounts, Digest: a.Every()}, err
}

func alertWords(cfg config.Config) alert.Words {
	return alert.Words{Base: strings.TrimSuffix(address(cfg), "/"), Label: console.Label}
}

// tell tells one endpoint what there is to tell.
func (a *app) tell(ctx context.Context, c config.Alert, s *alert.Sender) error {
	e, err := endpoint(c)
	if err != nil {
		return err
	}
	lease := jobs.Lease{Name: "alert/" + e.Name, Holder: a.worker, TTL: a.tuning.lease, Now: a.now}
	teller := &alert.Teller{Endpoint: e, Store: a.store, Sender: s, Words: alertWords(a.cfg), Now: a.now,
		Hold: func(ctx context.Context, work func(context.Context) error) error {
			return jobs.Hold(ctx, a.store, lease, work)
		}}
	return teller.Pass(ctx)
}

// watch raises and ends alarms.
func (a *app) watch(ctx context.Context) error {
	w := &alert.Watcher{Store: a.store, Away: a.cfg.Replies.Unattended, Open: a.open, Now: a.now}
	for _, acc := range a.cfg.Accounts {
		w.Accounts = append(w.Accounts, acc.Name)
	}
	var errs []error
	for _, c := range a.cfg.Alerts { // one that is new begins here: it misses nothing that is raised from now on
		if _, err := endpoint(c); err == nil { // its own job says what it lacks
			_, err = a.store.Alert(ctx, c.Name)
			errs = append(errs, err)
		}
	}
	errs = append(errs, a.store.KeepAlarms(ctx, w.Accounts), w.Attendance(ctx))
	accounts, err := a.readings(ctx)
	errs = append(errs, err)
	for _, r := range accounts {
		errs = append(errs, w.Reading(ctx, r.Name, r.how, r.GoodAt))
	}
	return errors.Join(errs...)
}

// open reports whether people work on an account.
func (a *app) open(account string, at time.Time) bool {
	return a.calendars[account].Add(at, 0).Equal(at) // a closed calendar adds up to its next opening
}

// alertLines is how the endpoints do, for people to read.
func (a *app) alertLines(ctx context.Context) ([]console.Alert, error) {
	states, err := a.store.Alerts(ctx)
	if err != nil {
		return nil, err
	}
	by := map[string]socialwatch.AlertState{}
	for _, s := range states {
		by[s.Name] = s
	}
	var lines []console.Alert
	for _, c := range a.cfg.Alerts {
		l := console.Alert{Name: c.Name, Kind: c.Kind, On: c.Topics(), Accounts: c.Accounts, State: by[c.Name]}
		if url, err := c.URL(); err != nil {
			l.Problem = err.Error()
		} else {
			l.Problem = c.Retired(url)
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// checkAlerts says how the endpoints do; with a database also what became of
// their last message.
func (a *app) checkAlerts(ctx context.Context) []finding {
	var found []finding
	for _, c := range a.cfg.Alerts {
		f := finding{What: "alerts " + c.Name, OK: true, Text: c.Kind + ", told of " + strings.Join(c.Topics(), ", ")}
		url, err := c.URL()
		switch retired := c.Retired(url); {
		case err != nil:
			f.OK, f.Text = false, err.Error()
		case retired != "":
			f.OK, f.Warn, f.Text = false, true, retired
		}
		found = append(found, f)
	}
	if a.store == nil {
		return found
	}
	states, err := a.store.Alerts(ctx)
	if err != nil {
		return append(found, finding{What: "alerts", Text: err.Error()})
	}
	for i := range found {
		for _, s := range states {
			if f := &found[i]; f.OK && f.What == "alerts "+s.Name {
				*f = told(*f, s)
			}
		}
	}
	return found
}

// told adds to a finding what became of the endpoint's last message.
func told(f finding, s socialwatch.AlertState) finding {
	if s.ToldAt.IsZero() {
		f.Text += "; nothing told yet"
	} else {
		f.Text += "; last message arrived " + s.ToldAt.Format(time.RFC3339)
	}
	if s.Failures > 0 {
		f.OK, f.Warn = false, true
		f.Text += fmt.Sprintf("; failed %d times since %s: %s", s.Failures, s.FailedAt.Format(time.RFC3339), s.Error)
	}
	return f
}

var (
	metricTold       = prometheus.NewDesc("socialwatch_alerts_messages_total", "Messages that an endpoint of alerts took.", []string{"endpoint"}, nil)
	metricToldAt     = prometheus.NewDesc("socialwatch_alerts_last_message_timestamp_seconds", "When an endpoint of alerts last took a message.", []string{"endpoint"}, nil)
	metricTellFails  = prometheus.NewDesc("socialwatch_alerts_failures", "Failures to tell an endpoint of alerts, in a row.", []string{"endpoint"}, nil)
	metricUnattended = prometheus.NewDesc("socialwatch_queue_unattended", "1 while an overdue draft waits and no approver of the account is signed in.", []string{"account"}, nil)
)

// collectAlerts tells how alerting does.
func (a *app) collectAlerts(ctx context.Context, ch chan<- prometheus.Metric) error {
	states, err := a.store.Alerts(ctx)
	if err != nil {
		return err
	}
	alarms, err := a.store.Alarms(ctx)
	if err != nil {
		return err
	}
	send := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, label string) {
		ch <- prometheus.MustNewConstMetric(d, kind, v, label)
	}
	for _, s := range states {
		send(metricTold, prometheus.CounterValue, float64(s.Messages), s.Name)
		send(metricTellFails, prometheus.GaugeValue, float64(s.Failures), s.Name)
		if !s.ToldAt.IsZero() {
			send(metricToldAt, prometheus.GaugeValue, float64(s.ToldAt.UnixMilli())/1000, s.Name)
		}
	}
	unattended := map[string]bool{}
	for _, al := range alarms {
		unattended[al.Account] = unattended[al.Account] || al.Kind == socialwatch.AlarmUnattended
	}
	for _, acc := range a.cfg.Accounts {
		send(metricUnattended, prometheus.GaugeValue, flag(unattended[acc.Name]), acc.Name)
	}
	return nil
}
