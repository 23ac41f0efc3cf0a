package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"socialwatch"
)

const (
	sqlDeliveries = `select d.id, d.seq, e.kind, coalesce(c.number, '') as case_number, d.state, d.attempt, d.tries, d.next_at, d.status,
    d.error, d.tried_at, d.done_at, e.at as event_at
from webhook_deliveries d join events e on e.seq = d.seq left join cases c on c.id = e.case_id
where d.webhook_id = ?%s order by d.seq desc limit ?`
	sqlRedeliver = `update webhook_deliveries set state = 'pending', tries = 0, next_at = ?, done_at = null
where webhook_id = ? and state = 'dead'`
	sqlDeliveriesPrune = `delete from webhook_deliveries where id in
    (select id from webhook_deliveries where state <> 'pending' and done_at < ? order by done_at limit ?)`

	sqlWebhookPending = `select webhook_id, count(*) as n, min(seq) as first from webhook_deliveries where state = 'pending' group by webhook_id`
	sqlWebhookDead    = `select webhook_id, count(*) as n, 0 as first from webhook_deliveries where state = 'dead' group by webhook_id`
	sqlWebhookOldest  = `select seq, at from events where seq in (?)`
)

// deliveryRow is a delivery with its event.
type deliveryRow struct {
	ID         int64  `db:"id"`
	Seq        int64  `db:"seq"`
	Kind       string `db:"kind"`
	CaseNumber string `db:"case_number"`
	State      string `db:"state"`
	Attempt    int    `db:"attempt"`
	Tries      int    `db:"tries"`
	NextAt     moment `db:"next_at"`
	Status     int    `db:"status"`
	Error      string `db:"error"`
	TriedAt    moment `db:"tried_at"`
	DoneAt     moment `db:"done_at"`
	EventAt    moment `db:"event_at"`
}

func (r deliveryRow) value() socialwatch.Delivery {
	return socialwatch.Delivery{ID: r.ID, Seq: r.Seq, Kind: r.Kind, CaseNumber: r.CaseNumber, State: socialwatch.DeliveryState(r.State),
		Attempt: r.Attempt, Tries: r.Tries, NextAt: r.NextAt.Time, Status: r.Status, Error: r.Error,
		TriedAt: r.TriedAt.Time, DoneAt: r.DoneAt.Time, EventAt: r.EventAt.Time}
}

// DeliveryFilter chooses deliveries of one endpoint.
type DeliveryFilter struct {
	WebhookID int64
	State     socialwatch.DeliveryState // empty: all
	After     string                    // cursor
	Limit     int                       // see PageDefault and PageMax
}

// Deliveries returns one page, the newest first. next is the cursor of the next
// page, empty when there is none.
func (s *Store) Deliveries(ctx context.Context, f DeliveryFilter) (list []socialwatch.Delivery, next string, err error) {
	where, args, limit := "", []any{f.WebhookID}, pageLimit(f.Limit)
	if f.State != "" {
		where, args = " and d.state = ?", append(args, f.State)
	}
	if f.After != "" {
		at, err := parseCursor(f.After, listDeliveries, 1)
		if err != nil {
			return nil, "", fmt.Errorf("read deliveries: %w", err)
		}
		where, args = where+" and d.seq < ?", append(args, at[0])
	}
	var rows []deliveryRow
	err = s.read(ctx, func(t *tx) error {
		rows = nil
		return t.all(ctx, &rows, fmt.Sprintf(sqlDeliveries, where), append(args, limit+1)...)
	})
	if err != nil {
		return nil, "", fmt.Errorf("read deliveries: %w", err)
	}
	rows, next = page(rows, limit, func(r deliveryRow) cursor { return cursor{listDeliveries, []int64{r.Seq}} })
	return rowValues[deliveryRow, socialwatch.Delivery](rows), next, nil
}

// Redelivery has dead deliveries tried again.
type Redelivery struct {
	Name string
	IDs  []int64 // nil: all of the endpoint
	By   string
	At   time.Time
}

// Redeliver makes dead deliveries due and returns how many. It needs the role
// admin on all accounts, or the terminal.
func (s *Store) Redeliver(ctx context.Context, r Redelivery) (n int64, err error) {
	err = s.tx(ctx, func(t *tx) error {
		n = 0
		if err := t.mayManage(ctx, r.By); err != nil {
			return err
		}
		var w webhookRow
		if err := t.get(ctx, &w, sqlWebhook, r.Name); err != nil {
			return err
		}
		query, args := sqlRedeliver, []any{r.At, w.ID}
		if r.IDs != nil {
			query, args = query+" and id in (?)", append(args, r.IDs)
		}
		var err error
		if n, err = t.exec(ctx, query, args...); err != nil || n == 0 {
			return err
		}
		return t.addEvents(ctx, webhookEvent(EventWebhookRedelivered, w.Name, r.By, r.At, map[string]any{"deliveries": n}))
	})
	if err != nil {
		return 0, fmt.Errorf("redeliver to the webhook %s: %w", r.Name, err)
	}
	return n, nil
}

// pruneAtOnce bounds one transaction.
const pruneAtOnce = 1000

// PruneDeliveries forgets deliveries that ended before a time, dead ones too.
func (s *Store) PruneDeliveries(ctx context.Context, before time.Time) error {
	for n := int64(pruneAtOnce); n == pruneAtOnce; {
		err := s.tx(ctx, func(t *tx) (err error) {
			n, err = t.exec(ctx, sqlDeliveriesPrune, before, pruneAtOnce)
			return err
		})
		if err != nil {
			return fmt.Errorf("prune deliveries: %w", err)
		}
	}
	return nil
}

type webhookCount struct {
	WebhookID int64 `db:"webhook_id"`
	N         int   `db:"n"`
	First     int64 `db:"first"`
}

// WebhookHealths returns all endpoints, by name, with what waits for them.
func (s *Store) WebhookHealths(ctx context.Context) ([]socialwatch.WebhookHealth, error) {
	var list []socialwatch.WebhookHealth
	err := s.read(ctx, func(t *tx) error {
		list = nil
		var rows []webhookRow
		var pending, dead []webhookCount
		var head int64
		err := errors.Join(t.all(ctx, &rows, sqlWebhooks), t.all(ctx, &pending, sqlWebhookPending),
			t.all(ctx, &dead, sqlWebhookDead), t.get(ctx, &head, sqlAlertHead))
		if err != nil {
			return err
		}
		oldest, err := t.oldest(ctx, rows, pending)
		if err != nil {
			return err
		}
		for _, r := range rows {
			h := socialwatch.WebhookHealth{Webhook: r.value(), Behind: max(0, head-r.Seq), Oldest: oldest[r.ID]}
			h.Pending, h.Dead = countOf(pending, r.ID), countOf(dead, r.ID)
			list = append(list, h)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read webhooks: %w", err)
	}
	return list, nil
}

func countOf(counts []webhookCount, id int64) int {
	for _, c := range counts {
		if c.WebhookID == id {
			return c.N
		}
	}
	return 0
}

// oldest is when the first event that waits for each endpoint happened.
func (t *tx) oldest(ctx context.Context, hooks []webhookRow, pending []webhookCount) (map[int64]time.Time, error) {
	firsts := map[int64]int64{} // number of the event by endpoint
	for _, c := range pending {
		firsts[c.WebhookID] = c.First
	}
	for _, h := range hooks {
		if _, waits := firsts[h.ID]; !waits {
			firsts[h.ID] = h.Seq + 1 // not taken up yet, if it has happened at all
		}
	}
	var seqs []int64
	for _, seq := range firsts {
		seqs = append(seqs, seq)
	}
	var events []struct {
		Seq int64  `db:"seq"`
		At  moment `db:"at"`
	}
	if err := t.all(ctx, &events, sqlWebhookOldest, seqs); err != nil {
		return nil, err
	}
	oldest := map[int64]time.Time{}
	for id, seq := range firsts {
		for _, e := range events {
			if e.Seq == seq {
				oldest[id] = e.At.Time
			}
		}
	}
	return oldest, nil
}
