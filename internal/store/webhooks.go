package store

import (
	"context"
	"fmt"
	"time"

	"socialwatch"
)

// Kinds of event about endpoints. They stand in the audit alone: Data has
// "webhook", its name, and never an address or a secret.
const (
	EventWebhookAdded       = "people.webhook_added"   // also its filter
	EventWebhookChanged     = "people.webhook_changed" // also its filter
	EventWebhookMoved       = "people.webhook_moved"   // its address
	EventWebhookRotated     = "people.webhook_rotated" // its secret
	EventWebhookPaused      = "people.webhook_paused"
	EventWebhookResumed     = "people.webhook_resumed"  // also after it was disabled
	EventWebhookDisabled    = "people.webhook_disabled" // also "why"
	EventWebhookRemoved     = "people.webhook_removed"
	EventWebhookRedelivered = "people.webhook_redelivered" // also "deliveries", how many
)

const (
	webhookColumns = `id, name, ref, address, sealed, version, kinds, accounts, levels, escalated, state, why, seq, failures, error,
    failed_at, rest_until, delivered_at, created_at`

	sqlWebhooks      = `select ` + webhookColumns + ` from webhooks order by name`
	sqlWebhookActive = `select ` + webhookColumns + ` from webhooks where state = 'active' order by id`
	sqlWebhook       = `select ` + webhookColumns + ` from webhooks where name = ?`
	sqlWebhookByID   = `select ` + webhookColumns + ` from webhooks where id = ?`
	sqlWebhookAdd    = `insert into webhooks (name, ref, address, sealed, kinds, accounts, levels, escalated, state, seq, created_at)`
	sqlWebhookFilter = `update webhooks set kinds = ?, accounts = ?, levels = ?, escalated = ? where id = ?`
	sqlWebhookSeal   = `update webhooks set sealed = ?, address = ?, version = version + 1 where id = ? and version = ?`
	sqlWebhookState  = `update webhooks set state = ?, why = ?, failures = 0, error = '', failed_at = null, rest_until = null
where id = ? and state <> ?`
	sqlWebhookDue        = `update webhook_deliveries set next_at = ? where webhook_id = ? and state = 'pending'`
	sqlWebhookRemove     = `delete from webhooks where id = ?`
	sqlWebhookDeliveries = `delete from webhook_deliveries where id in (select id from webhook_deliveries where webhook_id = ? limit ?)`
)

// webhookRow is one row of webhooks.
type webhookRow struct {
	ID          int64            `db:"id"`
	Name        string           `db:"name"`
	Ref         string           `db:"ref"`
	Address     string           `db:"address"`
	Sealed      []byte           `db:"sealed"`
	Version     int              `db:"version"`
	Kinds       jsonOf[[]string] `db:"kinds"`
	Accounts    jsonOf[[]string] `db:"accounts"`
	Levels      jsonOf[[]int]    `db:"levels"`
	Escalated   bool             `db:"escalated"`
	State       string           `db:"state"`
	Why         string           `db:"why"`
	Seq         int64            `db:"seq"`
	Failures    int              `db:"failures"`
	Error       string           `db:"error"`
	FailedAt    moment           `db:"failed_at"`
	RestUntil   moment           `db:"rest_until"`
	DeliveredAt moment           `db:"delivered_at"`
	CreatedAt   moment           `db:"created_at"`
}

func (r webhookRow) value() socialwatch.Webhook {
	return socialwatch.Webhook{ID: r.ID, Name: r.Name, Ref: r.Ref, Address: r.Address, Sealed: r.Sealed, Version: r.Version,
		Filter: socialwatch.WebhookFilter{Kinds: r.Kinds.V, Accounts: r.Accounts.V, Levels: r.Levels.V, Escalated: r.Escalated},
		State:  socialwatch.WebhookState(r.State), Why: r.Why, Seq: r.Seq, Failures: r.Failures, Error: r.Error,
		FailedAt: r.FailedAt.Time, RestUntil: r.RestUntil.Time, DeliveredAt: r.DeliveredAt.Time, CreatedAt: r.CreatedAt.Time}
}

// Webhooks returns the active endpoints.
func (s *Store) Webhooks(ctx context.Context) ([]socialwatch.Webhook, error) {
	var rows []webhookRow
	err := s.read(ctx, func(t *tx) error {
		rows = nil
		return t.all(ctx, &rows, sqlWebhookActive)
	})
	if err != nil {
		return nil, fmt.Errorf("read webhooks: %w", err)
	}
	return rowValues[webhookRow, socialwatch.Webhook](rows), nil
}

// Webhook returns an endpoint by name; ErrNotFound without.
func (s *Store) Webhook(ctx context.Context, name string) (socialwatch.Webhook, error) {
	var r webhookRow
	err := s.read(ctx, func(t *tx) error { return t.get(ctx, &r, sqlWebhook, name) })
	if err != nil {
		return socialwatch.Webhook{}, fmt.Errorf("read the webhook %s: %w", name, err)
	}
	return r.value(), nil
}

// AddWebhook stores a new endpoint, which is told of the events after w.Seq, or
// with a negative one of what happens from now on. It needs the role admin on
// all accounts, or the terminal. ErrConflict when the name is taken.
func (s *Store) AddWebhook(ctx context.Context, w socialwatch.Webhook, by string) error {
	if err := w.Filter.Check(); err != nil {
		return fmt.Errorf("add the webhook %s: %w", w.Name, err)
	}
	err := s.tx(ctx, func(t *tx) error {
		if err := t.mayManage(ctx, by); err != nil {
			return err
		}
		if w.Seq < 0 {
			if err := t.get(ctx, &w.Seq, sqlAlertHead); err != nil {
				return err
			}
		}
		err := t.values(ctx, values{head: sqlWebhookAdd, width: 11, args: []any{w.Name, w.Ref, w.Address, w.Sealed, asJSON(w.Filter.Kinds),
			asJSON(w.Filter.Accounts), asJSON(w.Filter.Levels), w.Filter.Escalated, socialwatch.WebhookActive, w.Seq, w.CreatedAt}})
		if err != nil {
			return conflictIfDuplicate(err)
		}
		return t.addEvents(ctx, webhookEvent(EventWebhookAdded, w.Name, by, w.CreatedAt, filterData(w.Filter)))
	})
	if err != nil {
		return fmt.Errorf("add the webhook %s: %w", w.Name, err)
	}
	return nil
}

func webhookEvent(kind, name, by string, at time.Time, data map[string]any) socialwatch.Event {
	all := map[string]any{"webhook": name}
	for key, v := range data {
		all[key] = v
	}
	return socialwatch.Event{Kind: kind, Actor: by, At: at, Data: all}
}

func filterData(f socialwatch.WebhookFilter) map[string]any {
	return map[string]any{"kinds": f.Kinds, "accounts": f.Accounts, "levels": f.Levels, "escalated": f.Escalated}
}

// ChangeWebhook does what c names, and writes who did it. It needs the role
// admin on all accounts, or the terminal. ErrConflict when what is sealed was
// changed meanwhile. An endpoint that is made active again is called at once.
func (s *Store) ChangeWebhook(ctx context.Context, c socialwatch.WebhookChange) error {
	if c.Filter != nil {
		if err := c.Filter.Check(); err != nil {
			return fmt.Errorf("change the webhook %s: %w", c.Name, err)
		}
	}
	err := s.tx(ctx, func(t *tx) error {
		if err := t.mayManage(ctx, c.By); err != nil {
			return err
		}
		var w webhookRow
		if err := t.get(ctx, &w, sqlWebhook+s.dialect.forUpdate, c.Name); err != nil {
			return err
		}
		if err := t.filterWebhook(ctx, w, c); err != nil {
			return err
		}
		if err := t.sealWebhook(ctx, w, c); err != nil {
			return err
		}
		return t.setWebhook(ctx, w, c)
	})
	if err != nil {
		return fmt.Errorf("change the webhook %s: %w", c.Name, err)
	}
	return nil
}

func (t *tx) filterWebhook(ctx context.Context, w webhookRow, c socialwatch.WebhookChange) error {
	if c.Filter == nil {
		return nil
	}
	f := *c.Filter
	if _, err := t.exec(ctx, sqlWebhookFilter, asJSON(f.Kinds), asJSON(f.Accounts), asJSON(f.Levels), f.Escalated, w.ID); err != nil {
		return err
	}
	return t.addEvents(ctx, webhookEvent(EventWebhookChanged, w.Name, c.By, c.At, filterData(f)))
}

func (t *tx) sealWebhook(ctx context.Context, w webhookRow, c socialwatch.WebhookChange) error {
	if c.Sealed == nil {
		return nil
	}
	n, err := t.exec(ctx, sqlWebhookSeal, c.Sealed, c.Address, w.ID, c.Version)
	if err := conflictIfGone(noneIsMissing(n, err)); err != nil {
		return err
	}
	kind := EventWebhookMoved
	if c.Rotated {
		kind = EventWebhookRotated
	}
	return t.addEvents(ctx, webhookEvent(kind, w.Name, c.By, c.At, nil))
}

func (t *tx) setWebhook(ctx context.Context, w webhookRow, c socialwatch.WebhookChange) error {
	kind := EventWebhookPaused
	switch c.State {
	case "":
		return nil
	case socialwatch.WebhookActive:
		kind = EventWebhookResumed
	case socialwatch.WebhookPaused:
	default:
		return fmt.Errorf("a person makes an endpoint active or paused, not %s", c.State)
	}
	n, err := t.exec(ctx, sqlWebhookState, c.State, "", w.ID, c.State)
	if err != nil || n == 0 { // it is so already
		return err
	}
	if c.State == socialwatch.WebhookActive {
		if _, err := t.exec(ctx, sqlWebhookDue, c.At, w.ID); err != nil {
			return err
		}
	}
	return t.addEvents(ctx, webhookEvent(kind, w.Name, c.By, c.At, nil))
}

// RemoveWebhook forgets an endpoint and all its deliveries, some at a time. It
// needs the role admin on all accounts, or the terminal. Cut off on its way it
// leaves the endpoint paused, to be removed by the same call.
func (s *Store) RemoveWebhook(ctx context.Context, name, by string, at time.Time) error {
	pause := socialwatch.WebhookChange{Name: name, State: socialwatch.WebhookPaused, By: by, At: at}
	for gone := false; !gone; {
		err := s.tx(ctx, func(t *tx) error {
			gone = false
			if err := t.mayManage(ctx, by); err != nil {
				return err
			}
			var w webhookRow
			if err := t.get(ctx, &w, sqlWebhook+s.dialect.forUpdate, name); err != nil {
				return err
			}
			n, err := t.exec(ctx, sqlWebhookDeliveries, w.ID, pruneAtOnce)
			if err != nil {
				return err
			}
			if n == pruneAtOnce { // there may be more: nothing is added meanwhile
				return t.setWebhook(ctx, w, pause)
			}
			if _, err := t.exec(ctx, sqlWebhookRemove, w.ID); err != nil {
				return err
			}
			gone = true
			return t.addEvents(ctx, webhookEvent(EventWebhookRemoved, w.Name, by, at, nil))
		})
		if err != nil {
			return fmt.Errorf("remove the webhook %s: %w", name, err)
		}
	}
	return nil
}
