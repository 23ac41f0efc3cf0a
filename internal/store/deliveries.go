package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"socialwatch"
)

const (
	fanOutEvents  = 1000   // of one transaction
	fanOutWaiting = 10_000 // deliveries of an endpoint that may wait; the other events stay in the log
	probeAfter    = 5      // failures in a row from which an endpoint gets one call at a time
	// A delivery that is to rest longer than any does was noted before a clock
	// went back: it is due.
	longestRest = 48 * time.Hour
	firstRest   = 5 * time.Second
	mostRest    = 5 * time.Minute
)

const (
	sqlFanOutWaiting = `select count(*) from (select 1 from webhook_deliveries where webhook_id = ? and state = 'pending' limit ?) w`
	sqlFanOut        = `insert into webhook_deliveries (webhook_id, seq, case_id, state, next_at)
select cast(? as bigint), e.seq, coalesce(e.case_id, 0), 'pending', %s
from events e left join cases c on c.id = e.case_id
where e.seq > ? and e.seq <= ? and e.kind not like 'people.%%'%s on conflict (webhook_id, seq) do nothing`
	sqlFanOutMoved = `update webhooks set seq = ? where id = ?`

	// Accounts stand in the case, in the event, or for an incident in its list.
	sqlFanOutAccounts = ` and (coalesce(c.account, e.data ->> 'account', '') in (?) or coalesce(c.account, e.data ->> 'account') is null and %s)`
	// Of no account, or of a list that names one of them.
	postgresAccounts = `(e.data -> 'accounts' is null or jsonb_typeof(e.data -> 'accounts') <> 'array' or exists
    (select 1 from jsonb_array_elements_text(case jsonb_typeof(e.data -> 'accounts') when 'array' then e.data -> 'accounts' else '[]' end) a(value)
     where a.value in (?)))`
	sqliteAccounts = `(e.data -> '$.accounts' is null or exists (select 1 from json_each(e.data, '$.accounts') a where a.value in (?)))`

	// A delivery waits for the earlier ones of its case.
	sqlDeliveryClaim = `with due as materialized (select d.id from webhook_deliveries d
    where d.webhook_id = ? and d.state = 'pending' and (d.next_at <= ? or d.next_at > ?)
      and (d.lease_until is null or d.lease_until <= ? or d.lease_until > ?)
      and not exists (select 1 from webhook_deliveries b
          where b.webhook_id = d.webhook_id and b.case_id = d.case_id and b.state = 'pending' and b.seq < d.seq)
    order by d.seq limit ?%s)
update webhook_deliveries set attempt = attempt + 1, tries = tries + 1, worker = ?, lease_until = ?, tried_at = ?
where id in (select id from due) returning id, seq, attempt, tries, lease_until`
	sqlDeliveryEnd = `update webhook_deliveries set state = ?, status = ?, error = ?, next_at = ?, done_at = ?, worker = null, lease_until = null
where id = ? and attempt = ? and worker = ? and state = 'pending' returning webhook_id`
	sqlDeliveryBack = `update webhook_deliveries set tries = tries - 1, next_at = ?, worker = null, lease_until = null
where id = ? and attempt = ? and worker = ? and state = 'pending'`

	// A call that was on its way when the endpoint asked for rest ends no rest.
	sqlWebhookTook = `update webhooks set failures = 0, error = '', failed_at = null,
    rest_until = case when rest_until > ? then rest_until end, delivered_at = ? where id = ?`
	sqlWebhookFailed = `update webhooks set failures = ?, error = ?, failed_at = coalesce(failed_at, ?), rest_until = ? where id = ?`
	sqlWebhookGone   = `update webhooks set state = 'disabled', why = ? where id = ? and state <> 'disabled'`
)

// FanOut makes the deliveries of the next events for an endpoint, those that
// its filter chooses, and reports whether there may be more. An endpoint for
// which very many wait gets none: the events stay in the log for it.
func (s *Store) FanOut(ctx context.Context, webhookID int64, now time.Time) (more bool, err error) {
	err = s.tx(ctx, func(t *tx) error {
		more = false
		var head int64
		var w webhookRow
		if err := t.get(ctx, &head, sqlAlertHead); err != nil {
			return err
		}
		if err := t.get(ctx, &w, sqlWebhookByID, webhookID); err != nil || head <= w.Seq { // as a rule nothing is new
			return err
		}
		err := t.get(ctx, &w, sqlWebhookByID+s.dialect.forUpdate, webhookID)
		if err != nil || head <= w.Seq || w.State != string(socialwatch.WebhookActive) {
			return err
		}
		var waiting int
		if err := t.get(ctx, &waiting, sqlFanOutWaiting, w.ID, fanOutWaiting); err != nil || waiting >= fanOutWaiting {
			return err
		}
		upTo := min(head, w.Seq+fanOutEvents)
		more = upTo < head
		where, args := s.dialect.chosen(w.value().Filter)
		query := fmt.Sprintf(sqlFanOut, s.dialect.timeArg(), where)
		if _, err := t.exec(ctx, query, append([]any{w.ID, now, w.Seq, upTo}, args...)...); err != nil {
			return err
		}
		_, err = t.exec(ctx, sqlFanOutMoved, upTo, w.ID)
		return err
	})
	if errors.Is(err, socialwatch.ErrNotFound) { // it was removed
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("make deliveries of webhook %d: %w", webhookID, err)
	}
	return more, nil
}

// timeArg is a time in the list of a select, whose type Postgres can't see.
func (d dialect) timeArg() string {
	if d.kind == Postgres {
		return "cast(? as timestamptz)"
	}
	return "?"
}

// chosen is a filter as a condition on e, an event, and c, its case.
func (d dialect) chosen(f socialwatch.WebhookFilter) (where string, args []any) {
	if len(f.Kinds) > 0 {
		var one []string
		for _, kind := range f.Kinds {
			if begin, ok := strings.CutSuffix(kind, "*"); ok {
				one, args = append(one, "substr(e.kind, 1, ?) = ?"), append(args, len(begin), begin)
			} else {
				one, args = append(one, "e.kind = ?"), append(args, kind)
			}
		}
		where += " and (" + strings.Join(one, " or ") + ")"
	}
	if len(f.Accounts) > 0 {
		list := sqliteAccounts
		if d.kind == Postgres {
			list = postgresAccounts
		}
		where, args = where+fmt.Sprintf(sqlFanOutAccounts, list), append(args, f.Accounts, f.Accounts)
	}
	if len(f.Levels) > 0 {
		levels := make([]int64, len(f.Levels))
		for i, level := range f.Levels {
			levels[i] = int64(level)
		}
		where, args = where+" and c.level in (?)", append(args, levels)
	}
	if f.Escalated {
		where += " and c.escalated"
	}
	return where, args
}

type claimedRow struct {
	ID         int64  `db:"id"`
	Seq        int64  `db:"seq"`
	Attempt    int    `db:"attempt"`
	Tries      int    `db:"tries"`
	LeaseUntil moment `db:"lease_until"`
}

// ClaimDeliveries gives a worker deliveries that are due, with what they say, in
// order: of each case the first one that waits. Who fails to end one before its
// lease is over loses it. None while the endpoint rests or is not active, one at
// most when it has failed often in a row.
func (s *Store) ClaimDeliveries(ctx context.Context, c socialwatch.DeliveryClaim) (letters []socialwatch.Letter, err error) {
	err = s.tx(ctx, func(t *tx) error {
		letters = nil
		var w webhookRow
		if err := t.get(ctx, &w, sqlWebhookByID, c.WebhookID); err != nil || w.State != string(socialwatch.WebhookActive) || w.Version != c.Version {
			return err
		}
		if w.RestUntil.After(c.Now) && w.RestUntil.Before(c.Now.Add(longestRest)) {
			return nil
		}
		if w.Failures >= probeAfter {
			c.Limit = 1
		}
		var rows []claimedRow
		err := t.all(ctx, &rows, fmt.Sprintf(sqlDeliveryClaim, s.dialect.skipLocked), c.WebhookID,
			c.Now, c.Now.Add(longestRest), c.Now, c.Now.Add(2*c.Lease), c.Limit, c.Worker, c.Now.Add(c.Lease), c.Now)
		if err != nil || len(rows) == 0 {
			return err
		}
		letters, err = t.letters(ctx, rows)
		return err
	})
	if errors.Is(err, socialwatch.ErrNotFound) { // it was removed
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	return letters, nil
}

// EndDelivery notes how a call ended, for the delivery and for its endpoint.
// ErrLeaseHeld when it is no longer the worker's.
func (s *Store) EndDelivery(ctx context.Context, e socialwatch.DeliveryEnd) error {
	err := s.tx(ctx, func(t *tx) error {
		if e.Back {
			_, err := t.exec(ctx, sqlDeliveryBack, e.At, e.DeliveryID, e.Attempt, e.Worker)
			return err
		}
		state, done, next := socialwatch.DeliveryPending, time.Time{}, e.NextAt
		switch {
		case e.Delivered:
			state, done, next = socialwatch.DeliveryDelivered, e.At, e.At
		case e.Dead:
			state, done, next = socialwatch.DeliveryDead, e.At, e.At
		}
		var webhook int64
		err := t.get(ctx, &webhook, sqlDeliveryEnd, state, e.Status, e.Error, next, done, e.DeliveryID, e.Attempt, e.Worker)
		if err != nil {
			return heldIfGone(err)
		}
		if e.Delivered {
			_, err := t.exec(ctx, sqlWebhookTook, e.At, e.At, webhook)
			return err
		}
		return t.webhookFailed(ctx, webhook, e)
	})
	if err != nil {
		return fmt.Errorf("end a delivery: %w", err)
	}
	return nil
}

func (t *tx) webhookFailed(ctx context.Context, webhook int64, e socialwatch.DeliveryEnd) error {
	var w webhookRow
	if err := t.get(ctx, &w, sqlWebhookByID+t.s.dialect.forUpdate, webhook); err != nil {
		return err
	}
	rest := e.Rest
	for _, until := range []time.Time{w.RestUntil.Time, e.At.Add(restAfter(w.Failures + 1))} {
		if until.After(rest) {
			rest = until
		}
	}
	if _, err := t.exec(ctx, sqlWebhookFailed, w.Failures+1, e.Error, e.At, rest, webhook); err != nil || !e.Gone {
		return err
	}
	n, err := t.exec(ctx, sqlWebhookGone, e.Error, webhook)
	if err != nil || n == 0 {
		return err
	}
	return t.addEvents(ctx, webhookEvent(EventWebhookDisabled, w.Name, socialwatch.System, e.At, map[string]any{"why": e.Error}))
}

// restAfter is how long an endpoint is left alone that has failed some times in
// a row: one that is dead costs a call in five minutes, whatever waits for it.
func restAfter(failures int) time.Duration {
	if failures < probeAfter {
		return 0
	}
	return min(firstRest<<min(failures-probeAfter, 10), mostRest)
}

// letters adds to claimed deliveries what they say.
func (t *tx) letters(ctx context.Context, claimed []claimedRow) ([]socialwatch.Letter, error) {
	seqs := make([]int64, len(claimed))
	for i, c := range claimed {
		seqs[i] = c.Seq
	}
	var events []eventV1Row
	if err := t.all(ctx, &events, sqlEventsV1, seqs); err != nil {
		return nil, err
	}
	by := map[int64]socialwatch.EventV1{}
	var ids []int64
	for _, e := range events {
		by[e.Seq] = e.value()
		if e.CaseID != nil {
			ids = append(ids, *e.CaseID)
		}
	}
	var rows []caseV1Row
	if err := t.all(ctx, &rows, sqlCasesV1, ids); err != nil {
		return nil, err
	}
	cases := map[int64]*socialwatch.CaseV1{}
	for _, r := range rows {
		v := r.value()
		cases[v.CaseID] = &v
	}
	slices.SortFunc(claimed, func(a, b claimedRow) int { return cmp.Compare(a.Seq, b.Seq) })
	letters := make([]socialwatch.Letter, 0, len(claimed))
	for _, c := range claimed {
		l := socialwatch.Letter{DeliveryID: c.ID, Attempt: c.Attempt, Tries: c.Tries, LeaseUntil: c.LeaseUntil.Time, Event: by[c.Seq]}
		if l.Event.CaseID != nil {
			l.Case = cases[*l.Event.CaseID]
		}
		letters = append(letters, l)
	}
	return letters, nil
}

// eventV1Row is one row of case_events_v1.
type eventV1Row struct {
	Seq         int64                   `db:"seq"`
	Kind        string                  `db:"kind"`
	CaseID      *int64                  `db:"case_id"`
	CaseNumber  *string                 `db:"case_number"`
	CaseVersion int                     `db:"case_version"`
	ReplyID     *int64                  `db:"reply_id"`
	Actor       string                  `db:"actor"`
	At          moment                  `db:"at"`
	Data        jsonOf[json.RawMessage] `db:"data"`
}

func (r eventV1Row) value() socialwatch.EventV1 {
	return socialwatch.EventV1{Seq: r.Seq, Kind: r.Kind, CaseID: r.CaseID, CaseNumber: r.CaseNumber, CaseVersion: r.CaseVersion,
		ReplyID: r.ReplyID, Actor: r.Actor, At: r.At.Time, Data: r.Data.V}
}
