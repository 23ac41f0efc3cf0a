package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"socialwatch"
	"socialwatch/internal/alert"
	"socialwatch/internal/jobs"
	"socialwatch/internal/store"
)

// operation serves what an operator's tools ask: /healthz, /readyz, /metrics.
func (a *app) operation(mux *http.ServeMux) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(&gauges{a: a}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		problems := a.problems(ctx)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if len(problems) > 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, strings.Join(problems, "\n"))
			return
		}
		fmt.Fprintln(w, "ok")
		if note := a.lookupNote(ctx); note != "" {
			fmt.Fprintln(w, note)
		}
	})
}

// pollEvery is the time from one poll to the next.
func (a *app) pollEvery() (time.Duration, error) {
	every, err := jobs.Parse(a.cfg.Polling.Every)
	if err != nil {
		return 0, fmt.Errorf("polling.every: %w", err)
	}
	next := every.Next(a.now())
	return every.Next(next).Sub(next), nil
}

// reading is how reading one account does.
type reading struct {
	store.Connection // as Polls gives it
	how              alert.Polls
	ahead            bool // the last good poll lies in the future
}

// readings judges the polls of our accounts, for /readyz and for alarms.
func (a *app) readings(ctx context.Context) (all []reading, err error) {
	period, err := a.pollEvery()
	if err != nil {
		return nil, err
	}
	polls, err := a.store.Polls(ctx)
	if err != nil {
		return nil, err
	}
	purses, err := a.ledger.Purses(ctx, nil)
	if err != nil {
		return nil, err
	}
	now := socialwatch.Micros(a.now())
	for _, c := range polls {
		if _, ours := a.connectors[c.Name]; !ours {
			continue
		}
		patience := max(period, purses[c.Name].Pace) * time.Duration(a.cfg.Polling.Stale)
		early := a.now().Sub(a.begun) <= patience // not of stripped times: the clock may have gone back
		r := reading{Connection: c, how: alert.PollsGood}
		switch age := now.Sub(c.GoodAt); {
		case c.PausedBy != "" || !c.HaltedAt.IsZero():
			r.how = alert.PollsResting
		case age <= patience:
			r.ahead = age < -clockSkew && !early
		case early:
			r.how = alert.PollsUnknown
		default:
			r.how = alert.PollsMissed
		}
		all = append(all, r)
	}
	return all, nil
}

// problems are the reasons not to be ready: an account that its network has
// halted or that has missed its polls, or a database that does not answer.
func (a *app) problems(ctx context.Context) (problems []string) {
	all, err := a.readings(ctx)
	if err != nil {
		return []string{"the database does not answer: see the log"}
	}
	for _, r := range all {
		switch {
		case !r.HaltedAt.IsZero():
			problems = append(problems, fmt.Sprintf("account %s: its network says that we are out of credit, nothing is read or sent: add credit, then press Resume under Connections, or run socialwatch unpause %s", r.Name, r.Name))
		case r.ahead:
			problems = append(problems, fmt.Sprintf("account %s: its last good poll, %s, lies in the future: the clock went back, or is wrong; the next good poll settles it", r.Name, r.GoodAt.Format(time.RFC3339)))
		case r.how == alert.PollsMissed:
			problems = append(problems, fmt.Sprintf("account %s: %s: see Connections", r.Name, a.unread(r.Connection)))
		}
	}
	return problems
}

// clockSkew is how far in the future, by the clock of this host, another one
// may have noted a good poll.
const clockSkew = time.Minute

// unread says since when an account is not read, and why: the class of the
// error alone, because anybody may ask. Connections has the network's words.
func (a *app) unread(s store.Connection) string {
	if s.PolledAt.IsZero() {
		return "no poll has run, and this process has been up since " + a.begun.UTC().Format(time.RFC3339)
	}
	text := "no good poll since " + s.GoodAt.Format(time.RFC3339)
	if s.GoodAt.IsZero() {
		text = "no poll has worked yet"
	}
	if s.Failures == 0 {
		return text + ", the last try was at " + s.PolledAt.Format(time.RFC3339)
	}
	return fmt.Sprintf("%s, %d in a row have failed, the last at %s (%s)", text, s.Failures, s.PolledAt.Format(time.RFC3339), cmp.Or(string(s.Reason), "no known reason"))
}

// gauges reads the figures when they are asked for.
type gauges struct{ a *app }

var (
	metricReplies    = prometheus.NewDesc("socialwatch_replies", "Replies by state; unknown ones may have been sent.", []string{"state"}, nil)
	metricHanded     = prometheus.NewDesc("socialwatch_replies_unknown", "Replies in doubt, by who must act: program or person.", []string{"by"}, nil)
	metricQueueAge   = prometheus.NewDesc("socialwatch_queue_age_seconds", "Age of the oldest draft that awaits approval.", nil, nil)
	metricOutboxAge  = prometheus.NewDesc("socialwatch_outbox_age_seconds", "Age of the oldest event without a number.", nil, nil)
	metricWordsAge   = prometheus.NewDesc("socialwatch_search_age_seconds", "Age of the oldest change that search does not know.", nil, nil)
	metricStopped    = prometheus.NewDesc("socialwatch_publishing_stopped", "1 while publishing is stopped.", nil, nil)
	metricMentions   = prometheus.NewDesc("socialwatch_mentions", "Mentions taken in, about: the number of the newest.", nil, nil)
	metricAside      = prometheus.NewDesc("socialwatch_set_aside", "Items that could not be read and were set aside.", nil, nil)
	metricGaps       = prometheus.NewDesc("socialwatch_gaps_open", "Stretches in which mentions may be missed right now.", nil, nil)
	metricLag        = prometheus.NewDesc("socialwatch_account_lag_seconds", "Posted to stored, of the newest mention.", []string{"account"}, nil)
	metricGood       = prometheus.NewDesc("socialwatch_account_last_good_poll_timestamp_seconds", "When a poll last worked.", []string{"account"}, nil)
	metricFailures   = prometheus.NewDesc("socialwatch_account_poll_failures", "Failed polls in a row.", []string{"account"}, nil)
	metricPaused     = prometheus.NewDesc("socialwatch_account_paused", "1 while the account is paused.", []string{"account"}, nil)
	metricStream     = prometheus.NewDesc("socialwatch_account_stream_up", "1 while the stream is open.", []string{"account"}, nil)
	metricSilent     = prometheus.NewDesc("socialwatch_account_silent", "1 when no mention came for three times the longest silence of seven days.", []string{"account"}, nil)
	metricHalted     = prometheus.NewDesc("socialwatch_account_halted", "1 while no paid call is made because the network says that we are out of credit.", []string{"account"}, nil)
	metricSpent      = prometheus.NewDesc("socialwatch_account_spent_usd", "Spent so far this UTC day or month.", []string{"account", "period"}, nil)
	metricBudget     = prometheus.NewDesc("socialwatch_account_budget_usd", "The budget of a day or month; absent without one.", []string{"account", "period"}, nil)
	metricForecast   = prometheus.NewDesc("socialwatch_account_forecast_usd", "What this month will cost at the pace of the last days.", []string{"account"}, nil)
	metricUnreadable = prometheus.NewDesc("socialwatch_database_up", "1 when the figures could be read.", nil, nil)
)

// Describe sends nothing: the set of accounts is not fixed.
func (g *gauges) Describe(chan<- *prometheus.Desc) {}

// Collect reads the database once.
func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	now := socialwatch.Micros(g.a.now())
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	stats, err := g.a.store.Stats(ctx)
	connections, err2 := g.a.store.Connections(ctx, now)
	purses, err3 := g.a.ledger.Purses(ctx, nil)
	words, err4 := g.a.store.WordsLate(ctx)
	if errors.Join(err, err2, err3, err4) != nil || g.a.collectAlerts(ctx, ch) != nil || g.a.collectLookup(ctx, ch) != nil || g.a.collectWebhooks(ctx, ch) != nil {
		gauge(metricUnreadable, 0)
		return
	}
	gauge(metricUnreadable, 1)
	for state, n := range stats.Replies {
		gauge(metricReplies, float64(n), string(state))
	}
	gauge(metricHanded, float64(stats.HandedOver), "person")
	gauge(metricHanded, float64(stats.Replies[socialwatch.ReplyUnknown]-stats.HandedOver), "program")
	gauge(metricQueueAge, age(now, stats.OldestAwaiting))
	gauge(metricOutboxAge, age(now, stats.OldestUnnumbered))
	gauge(metricWordsAge, age(now, words))
	gauge(metricStopped, flag(stats.Stop.Stopped))
	gauge(metricMentions, float64(stats.Mentions))
	gauge(metricAside, float64(stats.Aside))
	gauge(metricGaps, float64(stats.OpenGaps))
	for _, c := range connections {
		gauge(metricLag, c.Lag.Seconds(), c.Name)
		if !c.GoodAt.IsZero() {
			gauge(metricGood, float64(c.GoodAt.UnixMilli())/1000, c.Name)
		}
		gauge(metricFailures, float64(c.Failures), c.Name)
		gauge(metricPaused, flag(c.PausedBy != ""), c.Name)
		gauge(metricStream, flag(c.StreamUp), c.Name)
		gauge(metricSilent, flag(c.Silent(now)), c.Name)
		gauge(metricHalted, flag(!c.HaltedAt.IsZero()), c.Name)
		if p := purses[c.Name]; p.Used() {
			money(gauge, c.Name, p)
		}
	}
}

// money tells what an account on a network that charges spends.
func money(gauge func(d *prometheus.Desc, v float64, labels ...string), account string, p socialwatch.Purse) {
	gauge(metricSpent, usd(p.Day), account, "day")
	gauge(metricSpent, usd(p.Month), account, "month")
	gauge(metricForecast, usd(p.Forecast), account)
	if p.Budget.Day > 0 {
		gauge(metricBudget, usd(p.Budget.Day), account, "day")
	}
	if p.Budget.Month > 0 {
		gauge(metricBudget, usd(p.Budget.Month), account, "month")
	}
}

func usd(m socialwatch.MicroUSD) float64 { return float64(m) / 1e6 }

func age(now, t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return max(0, now.Sub(t).Seconds())
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
