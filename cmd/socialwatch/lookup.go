package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/internal/config"
	"socialwatch/internal/console"
	"socialwatch/internal/lookup"
	"socialwatch/internal/store"
)

// lookupBatch is how many orders a process claims at once.
const lookupBatch = 16

// shopSource is the shop's system as configured, which is asked about orders.
// Close ends its connections.
func shopSource(cfg config.Config, now func() time.Time) (lookup.Source, io.Closer, error) {
	if cfg.Lookup.View != "" {
		opts, err := storeOptions(cfg)
		if err != nil {
			return nil, nil, err
		}
		v, err := store.OpenShopView(opts, cfg.Lookup.View)
		if err != nil {
			return nil, nil, fmt.Errorf("lookup.view: %w", err)
		}
		return &lookup.View{Rows: v.Rows, Timeout: cfg.Lookup.Timeout, Now: now}, v, nil
	}
	headers, err := cfg.Lookup.Headers()
	if err != nil {
		return nil, nil, err
	}
	e := lookup.NewEndpoint(lookup.EndpointOptions{URL: cfg.Lookup.URL, Header: headers, Fields: cfg.Lookup.Fields, Timeout: cfg.Lookup.Timeout, Now: now})
	return e, e, nil
}

// look makes what looks orders up; nothing where it is not configured.
func (a *app) look() error {
	l := a.cfg.Lookup
	if !l.Enabled() {
		return nil
	}
	source, closer, err := shopSource(a.cfg, a.now)
	if err != nil {
		return err
	}
	a.shop = closer
	// A view answers a batch at once, an endpoint a few of it at a time.
	lease := l.Timeout*(lookupBatch/lookup.Concurrent) + a.tuning.lease
	a.looker = &lookup.Looker{Store: a.store, Health: a.store, Source: source, Rules: orderRules(a.cfg), Batch: lookupBatch, Lease: lease,
		Refresh: l.Refresh, Now: a.now, Log: a.log,
		Due: func(account string, level int, now time.Time) time.Time {
			return a.calendars[account].Add(now, a.targets.FirstResponse(level))
		}}
	return nil
}

// orderRules are those by which an order lifts its case.
func orderRules(cfg config.Config) lookup.Rules {
	r := lookup.Rules{StuckAfter: cfg.Lookup.StuckAfter, Settled: cfg.Lookup.Settled, HighValue: map[string]int64{}}
	for code, amount := range cfg.Triage.HighValue {
		if digits, ok := socialwatch.CurrencyDigits(code); ok {
			r.HighValue[code] = int64(math.Round(amount * math.Pow10(digits)))
		}
	}
	return r
}

// lookUp asks about the orders that are due, in every process: claims keep them
// apart.
func (a *app) lookUp(ctx context.Context) error {
	if a.looker == nil {
		return nil
	}
	// What the bell rang for has its number before it is looked for.
	return errors.Join(a.sequencer.Pass(ctx), a.looker.Pass(ctx))
}

// lookupState is how asking does; nil where nothing is asked.
func (a *app) lookupState(ctx context.Context) (*socialwatch.LookupState, error) {
	if a.looker == nil {
		return nil, nil
	}
	s, err := a.store.Lookups(ctx, socialwatch.Micros(a.now()))
	return &s, err
}

// lookups are what the console needs; nil where nothing is asked.
func (a *app) lookups() *console.Lookups {
	if a.looker == nil {
		return nil
	}
	return &console.Lookups{Ask: a.store.AskOrders, Patience: lookup.Patience, State: func(ctx context.Context) (socialwatch.LookupState, error) {
		return a.store.Lookups(ctx, socialwatch.Micros(a.now()))
	}}
}

func newLookup(f *flags) *cobra.Command {
	return &cobra.Command{Use: "lookup ORDER", Short: "Ask the shop's system about an order and print what it says", Args: exactArgs(1),
		Example: "  socialwatch lookup SW-100231",
		Long:    "Asks as the program does, see lookup in the configuration. Nothing is stored.",
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := config.Load(f.config)
			if err != nil {
				return err
			}
			if !cfg.Lookup.Enabled() {
				return errors.New("nothing to ask: the configuration has neither lookup.url nor lookup.view")
			}
			answer, err := askOnce(cmd.Context(), cfg, args[0])
			if err != nil {
				return err
			}
			signals := orderRules(cfg).Signals(answer.Facts, time.Now())
			return out(cmd, f, orderAnswer{answer.Found, answer.Facts, signals}, func() {
				for _, line := range orderLines(answer, signals) {
					fmt.Fprintln(cmd.OutOrStdout(), line)
				}
			})
		}}
}

// orderAnswer is what the command prints as JSON.
type orderAnswer struct {
	Found   bool                      `json:"found"`
	Facts   socialwatch.OrderFacts    `json:"facts"`
	Signals []socialwatch.OrderSignal `json:"signals"`
}

func askOnce(ctx context.Context, cfg config.Config, order string) (lookup.Answer, error) {
	source, closer, err := shopSource(cfg, time.Now)
	if err != nil {
		return lookup.Answer{}, err
	}
	defer closer.Close()
	a := source.Ask(ctx, []string{order})[0]
	if a.Err != nil {
		return a, fmt.Errorf("look up the order: %w", a.Err)
	}
	return a, nil
}

func orderLines(a lookup.Answer, signals []socialwatch.OrderSignal) []string {
	if !a.Found {
		return []string{"The shop knows no such order."}
	}
	lines := []string{}
	for _, f := range factsTold(a.Facts) {
		lines = append(lines, fmt.Sprintf("%-14s %s", f[0], f[1]))
	}
	for _, s := range signals {
		lines = append(lines, fmt.Sprintf("%-14s %s", "lifts by", s.Words()))
	}
	return lines
}

// factsTold are the facts that the shop gave, each with its name.
func factsTold(f socialwatch.OrderFacts) (list [][2]string) {
	add := func(name, value string) {
		if value != "" {
			list = append(list, [2]string{name, value})
		}
	}
	at := func(name string, t time.Time) {
		if !t.IsZero() {
			add(name, t.Format(time.RFC3339))
		}
	}
	add("status", f.Status)
	at("last movement", f.MovedAt)
	if f.Currency != "" {
		add("value", socialwatch.Money(f.Value, f.Currency))
	}
	add("refund", f.Refund)
	at("refunded", f.RefundAt)
	at("delivered", f.DeliveredAt)
	at("expected", f.ExpectedAt)
	return list
}

// checkLookup asks about the probe. Without one a view is asked about an order
// that nobody has, which tells whether it can be read; an endpoint of the
// shop's is left alone.
func checkLookup(ctx context.Context, cfg config.Config) []finding {
	l := cfg.Lookup
	if !l.Enabled() {
		return nil
	}
	f := finding{What: "lookup", OK: true, Text: "configured; name an order under lookup.probe to have it tried here"}
	if l.Probe == "" && l.View == "" {
		if _, closer, err := shopSource(cfg, time.Now); err != nil {
			f.OK, f.Text = false, err.Error()
		} else {
			closer.Close()
		}
		return []finding{f}
	}
	begun := time.Now()
	a, err := askOnce(ctx, cfg, cmp.Or(l.Probe, "0"))
	switch facts := factsTold(a.Facts); {
	case err != nil:
		f.OK, f.Text = false, err.Error()
	case l.Probe == "":
		f.Text = "the view can be read; name an order under lookup.probe to have it tried here"
	case !a.Found && l.URL != "":
		f.OK, f.Warn, f.Text = false, true, "the shop knows no order with the number under lookup.probe: name one that it has, or see whether lookup.url is right"
	case !a.Found:
		f.OK, f.Warn, f.Text = false, true, "the view has no order with the number under lookup.probe: name one that it has"
	case len(facts) == 0:
		f.OK, f.Warn, f.Text = false, true, "the probe was found, and nothing is told of it that can be used: name an order under lookup.probe of which more is known"
	default:
		names := make([]string, len(facts))
		for i, fact := range facts {
			names[i] = fact[0]
		}
		f.Text = fmt.Sprintf("the probe was found in %d ms; of it is told: %s", time.Since(begun).Milliseconds(), strings.Join(names, ", "))
	}
	return []finding{f}
}

var (
	metricLookupUp    = prometheus.NewDesc("socialwatch_lookup_up", "1 unless the shop's system has failed five times in a row; absent where none is configured.", nil, nil)
	metricLookupsWait = prometheus.NewDesc("socialwatch_lookups_waiting", "Orders that are due to be looked up.", nil, nil)
)

// collectLookup tells how asking does.
func (a *app) collectLookup(ctx context.Context, ch chan<- prometheus.Metric) error {
	s, err := a.lookupState(ctx)
	if err != nil || s == nil {
		return err
	}
	ch <- prometheus.MustNewConstMetric(metricLookupUp, prometheus.GaugeValue, flag(s.Failures < lookup.Patience))
	ch <- prometheus.MustNewConstMetric(metricLookupsWait, prometheus.GaugeValue, float64(s.Waiting))
	return nil
}

// lookupNote says, beside being ready, that the shop's system rests; empty when
// it does not. Why stands under Connections alone, because anybody may ask.
func (a *app) lookupNote(ctx context.Context) string {
	s, err := a.lookupState(ctx)
	if err != nil || s == nil || s.Failures < lookup.Patience {
		return ""
	}
	return fmt.Sprintf("note: orders are not looked up since %s: see Connections", s.FailedAt.Format(time.RFC3339))
}
