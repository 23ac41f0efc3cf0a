package main

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"socialwatch"
	"socialwatch/internal/config"
	"socialwatch/internal/outbox/webhook"
	"socialwatch/internal/store"
)

// webhooks makes what tells the endpoints of case systems.
func (a *app) webhooks() {
	a.hooks = manager(a.cfg, a.store, a.tokens.Keys, a.now)
	a.hooks.Sender = webhook.NewSender(a.hooks.Sender.Guard, a.tuning.call, a.now)
	a.deliverer = &webhook.Deliverer{Queue: a.store, Keys: a.tokens.Keys, Sender: a.hooks.Sender, Worker: a.worker, Now: a.now, Log: a.log}
	a.numbered = make(chan struct{}, 1)
}

func manager(cfg config.Config, s *store.Store, keys webhook.Keys, now func() time.Time) *webhook.Manager {
	sender := webhook.NewSender(webhook.Guard{Allow: cfg.Webhooks.Networks()}, 0, now)
	return &webhook.Manager{Directory: s, Keys: keys, Sender: sender, Now: now}
}

// number numbers what waits and wakes the deliverer.
func (a *app) number(ctx context.Context) error {
	err := a.sequencer.Pass(ctx)
	select {
	case a.numbered <- struct{}{}:
	default: // one ring is waiting already
	}
	return err
}

// pruneDeliveries forgets what ended long ago.
func (a *app) pruneDeliveries(ctx context.Context) error {
	return a.store.PruneDeliveries(ctx, socialwatch.Micros(a.now().Add(-a.cfg.Webhooks.Keep)))
}

// checkWebhooks says how the endpoints do.
func (a *app) checkWebhooks(ctx context.Context) []finding {
	if a.store == nil {
		return nil
	}
	list, err := a.store.WebhookHealths(ctx)
	if err != nil {
		return []finding{{What: "webhooks", Text: err.Error()}}
	}
	keys, err := vaultKeys(a.cfg)
	if err != nil {
		return []finding{{What: "webhooks", Text: err.Error()}}
	}
	m := manager(a.cfg, a.store, keys, a.now)
	var found []finding
	for _, h := range list {
		f := finding{What: "webhook " + h.Name, OK: true, Text: fmt.Sprintf("%s, %d wait, %d are dead", h.State, h.Pending, h.Dead)}
		switch err := m.Check(h.Webhook); {
		case err != nil:
			f.OK, f.Text = false, err.Error()
		case h.State == socialwatch.WebhookDisabled:
			f.OK, f.Warn, f.Text = false, true, f.Text+": "+h.Why
		case h.Failures > 0:
			f.OK, f.Warn, f.Text = false, true, fmt.Sprintf("%s; failed %d times since %s: %s", f.Text, h.Failures, h.FailedAt.Format(time.RFC3339), h.Error)
		case h.Dead > 0:
			f.OK, f.Warn, f.Text = false, true, fmt.Sprintf("%s: socialwatch webhook redeliver %s --all tries them again", f.Text, h.Name)
		}
		found = append(found, f)
	}
	return found
}

var (
	metricHookOldest   = prometheus.NewDesc("socialwatch_webhook_oldest_seconds", "Age of the oldest event that an active endpoint was not told of; 0 when it was told of all.", []string{"webhook"}, nil)
	metricHookWaiting  = prometheus.NewDesc("socialwatch_webhook_waiting", "Deliveries that wait for their first or next try.", []string{"webhook"}, nil)
	metricHookDead     = prometheus.NewDesc("socialwatch_webhook_dead", "Deliveries that were given up.", []string{"webhook"}, nil)
	metricHookFailures = prometheus.NewDesc("socialwatch_webhook_failures", "Failed calls in a row.", []string{"webhook"}, nil)
	metricHookActive   = prometheus.NewDesc("socialwatch_webhook_active", "1 while the endpoint is told; 0 when it is paused or disabled.", []string{"webhook"}, nil)
)

// collectWebhooks tells how the endpoints do.
func (a *app) collectWebhooks(ctx context.Context, ch chan<- prometheus.Metric) error {
	list, err := a.store.WebhookHealths(ctx)
	if err != nil {
		return err
	}
	now := socialwatch.Micros(a.now())
	for _, h := range list {
		gauge := func(d *prometheus.Desc, v float64) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, h.Name)
		}
		active := h.State == socialwatch.WebhookActive
		oldest := h.Oldest
		if !active {
			oldest = time.Time{}
		}
		gauge(metricHookOldest, age(now, oldest))
		gauge(metricHookWaiting, float64(h.Pending))
		gauge(metricHookDead, float64(h.Dead))
		gauge(metricHookFailures, float64(h.Failures))
		gauge(metricHookActive, flag(active))
	}
	return nil
}
