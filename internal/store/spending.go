package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"socialwatch"
)

const (
	sqlPurseHalt = `select halted_at, halted_why from accounts where name = ?`

	// One statement, so that what moves from a reservation to the spending
	// meanwhile counts once.
	sqlPurseSum = `select cast(coalesce(sum(case when day = ? then amount else 0 end), 0) as bigint) as day,
    cast(coalesce(sum(amount), 0) as bigint) as month
from (select day, amount from spending where account = ? and day >= ? and day < ?
      union all
      select day, amount from reservations where account = ? and day >= ? and day < ?) as both_of`

	sqlReserve     = `insert into reservations (account, day, item, objects, amount, made_at)`
	sqlReservation = `delete from reservations where id = ? and account = ? returning day`
	sqlCharge      = `insert into charged (account, day, object)`
	sqlChargeTail  = `on conflict (account, day, object) do nothing returning object`
	sqlSpend       = `insert into spending (account, day, item, objects, amount)`
	sqlSpendTail   = `on conflict (account, day, item) do update set objects = spending.objects + excluded.objects,
    amount = spending.amount + excluded.amount`
	sqlChargedOld = `delete from charged where account = ? and day < ?`

	sqlHalt = `update accounts set halted_at = ?, halted_why = ? where name = ? and halted_at is null`

	sqlSpending = `select account, day, item, cast(sum(objects) as bigint) as objects, cast(sum(amount) as bigint) as amount
from (select account, day, item, objects, amount from spending
      union all
      select account, day, item, objects, amount from reservations where made_at < ?) as both_of
where day >= ? and day < ?`
	sqlSpendingOrder = ` group by account, day, item order by account, day, item`
)

// chargedDays is how long charged objects are kept: networks forgive repeats
// within a UTC day, and a call may end on the next one.
const chargedDays = 2

// lost is how old a reservation must be to count as one that nobody will
// settle: far more than any call takes.
const lost = 5 * time.Minute

// maxWhy bounds a network's words.
const maxWhy = 500

// Reserve sets aside the most that a call may cost, on the UTC day of at, if
// with it the account stays within limit and no halt stands. Of any number of
// processes none sees what another reserves too late: together they stay within
// the limit. An id of 0 means that it may not be made; spent says why, as it
// stood before.
func (s *Store) Reserve(ctx context.Context, c socialwatch.Costing, limit socialwatch.Budget, at time.Time) (id int64, spent socialwatch.Spent, err error) {
	if c.Most < 0 || c.Price < 0 {
		return 0, spent, fmt.Errorf("reserve %s for %s: %d objects at %s", c.Item, c.Account, c.Most, c.Price.Dollars())
	}
	amount := c.Price * socialwatch.MicroUSD(c.Most)
	err = s.tx(ctx, func(t *tx) error {
		if spent, err = t.spent(ctx, c.Account, at, s.dialect.forUpdate); err != nil {
			return err
		}
		over := func(limit, spent socialwatch.MicroUSD) bool { return limit > 0 && spent+amount > limit }
		if id = 0; !spent.HaltedAt.IsZero() || over(limit.Day, spent.Day) || over(limit.Month, spent.Month) {
			return nil
		}
		ids, err := returning[int64](ctx, t, values{head: sqlReserve, width: 6, tail: "returning id",
			args: []any{c.Account, socialwatch.Day(at), c.Item, c.Most, int64(amount), at}})
		if err != nil {
			return err
		}
		id = ids[0]
		return nil
	})
	if err != nil {
		return 0, socialwatch.Spent{}, fmt.Errorf("reserve %s for %s: %w", c.Item, c.Account, err)
	}
	return id, spent, nil
}

// spent reads how the account's money stands. With lock, others that lock wait
// until this transaction ends.
func (t *tx) spent(ctx context.Context, account string, at time.Time, lock string) (spent socialwatch.Spent, err error) {
	var halt struct {
		At  moment `db:"halted_at"`
		Why string `db:"halted_why"`
	}
	if err := t.get(ctx, &halt, sqlPurseHalt+lock, account); err != nil {
		return spent, err
	}
	var sum struct {
		Day   int64 `db:"day"`
		Month int64 `db:"month"`
	}
	from := socialwatch.Month(at)
	to := from.AddDate(0, 1, 0)
	err = t.get(ctx, &sum, sqlPurseSum, socialwatch.Day(at), account, from, to, account, from, to)
	return socialwatch.Spent{Day: socialwatch.MicroUSD(sum.Day), Month: socialwatch.MicroUSD(sum.Month),
		HaltedAt: halt.At.Time, HaltedWhy: halt.Why}, err
}

// Spent returns how the account's money stands at a moment, with all that is
// set aside; ErrNotFound when EnsureAccount was never called for it.
func (s *Store) Spent(ctx context.Context, account string, at time.Time) (spent socialwatch.Spent, err error) {
	err = s.read(ctx, func(t *tx) error {
		spent, err = t.spent(ctx, account, at, "")
		return err
	})
	if err != nil {
		return socialwatch.Spent{}, fmt.Errorf("read what %s has spent: %w", account, err)
	}
	return spent, nil
}

// Charge ends a reservation with the objects that the network charges for, on
// the day of the reservation. Without one (0, or settled before) the day is
// that of at. An object that was charged to the account on that day costs
// nothing, whatever item brings it.
func (s *Store) Charge(ctx context.Context, id int64, c socialwatch.Costing, objects []string, at time.Time) error {
	objects = slices.Compact(slices.Sorted(slices.Values(objects)))
	for _, o := range objects {
		if o == "" || len(o) > maxID {
			return fmt.Errorf("charge %s to %s: the name of an object is empty or longer than %d bytes", c.Item, c.Account, maxID)
		}
	}
	err := s.tx(ctx, func(t *tx) error {
		day, err := t.endReservation(ctx, id, c.Account, at)
		if err != nil || len(objects) == 0 {
			return err
		}
		charge := values{head: sqlCharge, width: 3, tail: sqlChargeTail}
		for _, o := range objects {
			charge.args = append(charge.args, c.Account, day, o)
		}
		charged, err := returning[string](ctx, t, charge)
		if err != nil || len(charged) == 0 {
			return err
		}
		n := int64(len(charged))
		err = t.values(ctx, values{head: sqlSpend, width: 5, tail: sqlSpendTail,
			args: []any{c.Account, day, c.Item, n, n * int64(c.Price)}})
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, sqlChargedOld, c.Account, day.AddDate(0, 0, 1-chargedDays))
		return err
	})
	if err != nil {
		return fmt.Errorf("charge %s to %s: %w", c.Item, c.Account, err)
	}
	return nil
}

// endReservation removes a reservation and returns the day that it stood for.
func (t *tx) endReservation(ctx context.Context, id int64, account string, at time.Time) (time.Time, error) {
	var day moment
	err := t.get(ctx, &day, sqlReservation, id, account)
	if errors.Is(err, socialwatch.ErrNotFound) {
		return socialwatch.Day(at), nil
	}
	return day.Time, err
}

// Halt notes that the network says that the account is out of credit: Reserve
// allows nothing until Unpause. A second Halt leaves the first one's words and
// time. ErrNotFound for an account that is none.
func (s *Store) Halt(ctx context.Context, account, why string, at time.Time) error {
	why = storable(why[:min(len(why), maxWhy)])
	err := s.tx(ctx, func(t *tx) error {
		if _, err := t.account(ctx, account); err != nil {
			return err
		}
		n, err := t.exec(ctx, sqlHalt, at, why, account)
		if err != nil || n == 0 {
			return err
		}
		return t.addEvents(ctx, socialwatch.Event{Kind: EventHalted, Actor: socialwatch.System, At: at,
			Data: map[string]any{"account": account, "why": why}})
	})
	if err != nil {
		return fmt.Errorf("halt %s: %w", account, err)
	}
	return nil
}

// Spending returns what accounts (nil: all) have spent on the UTC days that
// begin in [from, to), by account, day and item. A reservation that was made
// five minutes before to, or earlier, counts in full: its end is lost.
func (s *Store) Spending(ctx context.Context, accounts []string, from, to time.Time) ([]socialwatch.Spending, error) {
	var rows []spendingRow
	err := s.read(ctx, func(t *tx) error {
		rows = nil
		filter, args := among("account", accounts)
		return t.all(ctx, &rows, sqlSpending+filter+sqlSpendingOrder, append([]any{to.Add(-lost), orEpoch(from), to}, args...)...)
	})
	if err != nil {
		return nil, fmt.Errorf("read spending: %w", err)
	}
	return rowValues[spendingRow, socialwatch.Spending](rows), nil
}

// spendingRow is what one item cost on one day.
type spendingRow struct {
	Account string `db:"account"`
	Day     moment `db:"day"`
	Item    string `db:"item"`
	Objects int    `db:"objects"`
	Amount  int64  `db:"amount"`
}

func (r spendingRow) value() socialwatch.Spending {
	return socialwatch.Spending{Account: r.Account, Day: r.Day.Time, Item: r.Item, Objects: r.Objects,
		Amount: socialwatch.MicroUSD(r.Amount)}
}
