package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"socialwatch"
)

const (
	orderColumns = `o.case_id, o.order_number, o.due_at, o.tries, o.fence, o.outcome, o.why, o.asked_at, o.facts_at, o.status, o.moved_at,
o.value_minor, o.currency, o.refund, o.refund_at, o.delivered_at, o.expected_at, o.signals`

	sqlCaseOrders = `select ` + orderColumns + ` from case_orders o where o.case_id = ? order by o.order_number`

	sqlOrdersMark   = `select value from counters where name = 'lookup'`
	sqlOrdersNews   = `select seq from events where seq > (select value from counters where name = 'lookup') order by seq limit 1`
	sqlOrdersEvents = `select seq, kind, case_id from events where seq > ? order by seq limit ?`
	sqlOrdersMarked = `update counters set value = ? where name = 'lookup'`
	sqlOrdersOf     = `select id, orders from cases where id in (?) and state in ('new','open','waiting') order by id`

	sqlOrdersAdd     = `insert into case_orders (case_id, order_number, due_at)`
	sqlOrdersAddTail = `on conflict (case_id, order_number) do nothing`
	sqlOrdersAnew    = `update case_orders set tries = 0, due_at = ?
where case_id in (?) and (due_at is null or due_at > ?) and lease_until is null`
	sqlOrdersAsked   = ` and asked_at > ?`
	sqlOrdersUnasked = ` and (asked_at is null or asked_at <= ?)`

	sqlOrdersForget = `delete from case_orders where case_id = ? and order_number not in (?)`
)

// ordersAnew are the events after which all orders of a case are asked about: what
// it was asked about before may rest, or be another case's.
var ordersAnew = []string{socialwatch.EventMentionAttached, socialwatch.EventMentionEdited, socialwatch.EventCaseReopened,
	socialwatch.EventCaseMerged, socialwatch.EventCaseUnmerged}

// askedApart is the least time between two questions about one order that new
// posts or people raise.
const askedApart = time.Minute

// orderRow is one row of case_orders.
type orderRow struct {
	CaseID      int64                             `db:"case_id"`
	Order       string                            `db:"order_number"`
	DueAt       moment                            `db:"due_at"`
	Tries       int                               `db:"tries"`
	Fence       int64                             `db:"fence"`
	Outcome     string                            `db:"outcome"`
	Why         string                            `db:"why"`
	AskedAt     moment                            `db:"asked_at"`
	FactsAt     moment                            `db:"facts_at"`
	Status      string                            `db:"status"`
	MovedAt     moment                            `db:"moved_at"`
	Value       *int64                            `db:"value_minor"`
	Currency    string                            `db:"currency"`
	Refund      string                            `db:"refund"`
	RefundAt    moment                            `db:"refund_at"`
	DeliveredAt moment                            `db:"delivered_at"`
	ExpectedAt  moment                            `db:"expected_at"`
	Signals     jsonOf[[]socialwatch.OrderSignal] `db:"signals"`
}

func (r orderRow) value() socialwatch.CaseOrder {
	return socialwatch.CaseOrder{CaseID: r.CaseID, Order: r.Order, Outcome: socialwatch.LookupOutcome(r.Outcome), Why: r.Why,
		AskedAt: r.AskedAt.Time, FactsAt: r.FactsAt.Time, NextAt: r.DueAt.Time, Signals: r.Signals.V,
		Facts: socialwatch.OrderFacts{Status: r.Status, MovedAt: r.MovedAt.Time, Value: deref(r.Value), Currency: r.Currency,
			Refund: r.Refund, RefundAt: r.RefundAt.Time, DeliveredAt: r.DeliveredAt.Time, ExpectedAt: r.ExpectedAt.Time}}
}

// caseOrders are what is known of a case's orders, by number.
func (t *tx) caseOrders(ctx context.Context, caseID int64) ([]socialwatch.CaseOrder, error) {
	var rows []orderRow
	err := t.all(ctx, &rows, sqlCaseOrders, caseID)
	return rowValues[orderRow, socialwatch.CaseOrder](rows), err
}

// forgetOrders erases what is known of a case's orders but those that are kept.
func (t *tx) forgetOrders(ctx context.Context, caseID int64, keep []string) error {
	_, err := t.exec(ctx, sqlOrdersForget, caseID, append([]string{""}, keep...)) // a list that is never empty
	return err
}

// EnrolOrders reads at most limit numbered events and makes the orders of the
// cases they are about ones to ask the shop about, at once: those that are new,
// and all of a case to which a post came, or that was reopened, merged or taken
// apart. It returns how many events it read; less than limit means that no more
// waited. Any number of processes may call it; they take turns.
func (s *Store) EnrolOrders(ctx context.Context, now time.Time, limit int) (n int, err error) {
	var news []int64
	err = s.read(ctx, func(t *tx) error { // most passes find nothing, and lock nothing
		news = nil
		return t.all(ctx, &news, sqlOrdersNews)
	})
	if err == nil && len(news) > 0 {
		err = s.tx(ctx, func(t *tx) error {
			n, err = t.enrolOrders(ctx, now, limit)
			return err
		})
	}
	if err != nil {
		return 0, fmt.Errorf("find orders to look up: %w", err)
	}
	return n, nil
}

func (t *tx) enrolOrders(ctx context.Context, now time.Time, limit int) (int, error) {
	var mark int64
	if err := t.get(ctx, &mark, sqlOrdersMark+t.s.dialect.forUpdate); err != nil {
		return 0, err
	}
	var events []struct {
		Seq    int64  `db:"seq"`
		Kind   string `db:"kind"`
		CaseID *int64 `db:"case_id"`
	}
	if err := t.all(ctx, &events, sqlOrdersEvents, mark, limit); err != nil || len(events) == 0 {
		return 0, err
	}
	var cases, anew []int64
	for _, e := range events {
		switch {
		case e.CaseID == nil || e.Kind == socialwatch.EventCaseLookedUp || strings.HasPrefix(e.Kind, "reply."):
			continue
		case slices.Contains(ordersAnew, e.Kind):
			anew = append(anew, *e.CaseID)
		}
		cases = append(cases, *e.CaseID)
	}
	if err := t.addOrders(ctx, cases, anew, now); err != nil {
		return 0, err
	}
	_, err := t.exec(ctx, sqlOrdersMarked, events[len(events)-1].Seq)
	return len(events), err
}

// addOrders makes rows of the orders that live cases have, and those of the
// cases anew due.
func (t *tx) addOrders(ctx context.Context, cases, anew []int64, now time.Time) error {
	slices.Sort(cases)
	var rows []struct {
		ID     int64            `db:"id"`
		Orders jsonOf[[]string] `db:"orders"`
	}
	if err := t.all(ctx, &rows, sqlOrdersOf, slices.Compact(cases)); err != nil {
		return err
	}
	v := values{head: sqlOrdersAdd, tail: sqlOrdersAddTail, width: 3}
	var live []int64
	for _, c := range rows {
		for _, order := range c.Orders.V[:min(len(c.Orders.V), ordersMax)] {
			v.args = append(v.args, c.ID, order, now)
		}
		if slices.Contains(anew, c.ID) {
			live = append(live, c.ID)
		}
	}
	if err := t.values(ctx, v); err != nil || len(live) == 0 {
		return err
	}
	lately, soon := now.Add(-askedApart), now.Add(askedApart)
	if _, err := t.exec(ctx, sqlOrdersAnew+sqlOrdersUnasked, now, live, now, lately); err != nil {
		return err
	}
	_, err := t.exec(ctx, sqlOrdersAnew+sqlOrdersAsked, soon, live, soon, lately)
	return err
}

// ordersMax bounds the orders of one case that the shop is asked about.
const ordersMax = 20

const (
	sqlOrdersAsk    = `update case_orders set due_at = ?, tries = 0, asked_by = ? where case_id = ? and (asked_at is null or asked_at <= ?)`
	sqlOrdersNewest = `select max(asked_at) from case_orders where case_id = ?`
)

// AskOrders makes the shop be asked at once about the orders of a case, for a
// person with the role author. ErrConflict, with a text that says so, when it
// was asked less than a minute ago.
func (s *Store) AskOrders(ctx context.Context, number string, by socialwatch.Person, at time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		c, err := t.caseByNumber(ctx, number)
		if err != nil {
			return err
		}
		if err := t.mayDecide(ctx, by.Login, socialwatch.RoleAuthor, c.Account); err != nil {
			return err
		}
		n, err := t.exec(ctx, sqlOrdersAsk, at, by.Login, c.ID, at.Add(-askedApart))
		if err != nil || n > 0 {
			t.ring()
			return err
		}
		var newest moment
		if err := t.get(ctx, &newest, sqlOrdersNewest, c.ID); err != nil {
			return err
		}
		if newest.IsZero() {
			return fmt.Errorf("it has no order number that is looked up: %w", socialwatch.ErrNotPossible)
		}
		return fmt.Errorf("the shop was asked at %s already: wait a minute: %w", newest.Format("15:04:05 MST"), socialwatch.ErrConflict)
	})
	if err != nil {
		return fmt.Errorf("ask about the orders of case %s: %w", number, err)
	}
	return nil
}

const (
	sqlLookupState = `select failures, error, failed_at, good_at, next_at,
    (select count(*) from (select 1 as one from case_orders where due_at <= ? limit 1001) w) as waiting from lookup_state where name = 'shop'`
	sqlLookupGood = `update lookup_state set failures = 0, error = '', failed_at = null, next_at = null, good_at = ?
where name = 'shop' and (failures > 0 or good_at is null or good_at < ? or good_at > ?)`
	sqlLookupBad = `update lookup_state set failures = failures + 1, error = ?, failed_at = coalesce(failed_at, ?), next_at = ? where name = 'shop'`
)

// Lookups returns how asking the shop does.
func (s *Store) Lookups(ctx context.Context, now time.Time) (socialwatch.LookupState, error) {
	var r struct {
		Failures int    `db:"failures"`
		Error    string `db:"error"`
		FailedAt moment `db:"failed_at"`
		GoodAt   moment `db:"good_at"`
		NextAt   moment `db:"next_at"`
		Waiting  int    `db:"waiting"`
	}
	err := s.read(ctx, func(t *tx) error { return t.get(ctx, &r, sqlLookupState, now) })
	if err != nil {
		return socialwatch.LookupState{}, fmt.Errorf("read how look-ups do: %w", err)
	}
	return socialwatch.LookupState{Waiting: r.Waiting, Failures: r.Failures, Error: r.Error, FailedAt: r.FailedAt.Time,
		GoodAt: r.GoodAt.Time, NextAt: r.NextAt.Time}, nil
}

// RecordLookup notes that the shop's system answered, with why empty, or why it
// did not and until when it is left alone. The zero time: it is not.
func (s *Store) RecordLookup(ctx context.Context, why string, at, next time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		query, args := sqlLookupGood, []any{at, at.Add(-10 * time.Second), at.Add(time.Minute)}
		if why != "" {
			query, args = sqlLookupBad, []any{why, at, next}
		}
		_, err := t.exec(ctx, query, args...)
		return err
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("note how a look-up went: %w", err)
	}
	return nil
}
