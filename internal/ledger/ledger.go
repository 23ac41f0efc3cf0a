// Package ledger keeps accounts within their budgets: it asks the store before
// each paid call, tells people why a call is refused, slows polls down when
// money gets short and says what a month will cost.
package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"socialwatch"
)

// Store is what a ledger needs of the database. Each method is one transaction.
type Store interface {
	// Reserve sets aside the most that c may cost, if with it the account stays
	// within limit and no halt stands; else id is 0. spent is how it stood before.
	Reserve(ctx context.Context, c socialwatch.Costing, limit socialwatch.Budget, at time.Time) (id int64, spent socialwatch.Spent, err error)
	// Charge ends a reservation with the objects that the network charges for.
	Charge(ctx context.Context, id int64, c socialwatch.Costing, objects []string, at time.Time) error
	Halt(ctx context.Context, account, why string, at time.Time) error
	// Spending is of the UTC days that begin in [from, to).
	Spending(ctx context.Context, accounts []string, from, to time.Time) ([]socialwatch.Spending, error)
}

// Parts of a budget, in percent: what is kept from reading pays for answers to
// customers who wrote already.
const (
	slowFrom = 80 // of either budget: polls come rarely
	forReads = 95
)

// SlowPace is the least time between two polls of an account that is short of
// money.
const SlowPace = 15 * time.Minute

// Ledger implements connectors.Ledger. It is safe for concurrent use, by any
// number of processes on one database. The zero Budgets limit nothing.
type Ledger struct {
	Store   Store
	Budgets map[string]socialwatch.Budget // by account
	Now     func() time.Time
}

// Reserve asks leave for a call: reading may use 95 % of each budget, writing
// all of it. It fails with NetworkError OutOfCredit, whose text says which
// budget is used up, when it ends and what to do; then the call must not be
// made.
func (l *Ledger) Reserve(ctx context.Context, c socialwatch.Costing) (int64, error) {
	now := socialwatch.Micros(l.Now())
	limit := allowed(l.Budgets[c.Account], c.Write)
	id, spent, err := l.Store.Reserve(ctx, c, limit, now)
	if err != nil {
		return 0, fmt.Errorf("reserve money for %s: %w", c.Account, err)
	}
	if id == 0 {
		return 0, &socialwatch.NetworkError{Reason: socialwatch.OutOfCredit, Err: l.refusal(c, limit, spent, now)}
	}
	return id, nil
}

// allowed is the part of a budget that a call may use.
func allowed(b socialwatch.Budget, write bool) socialwatch.Budget {
	if write {
		return b
	}
	return socialwatch.Budget{Day: b.Day * forReads / 100, Month: b.Month * forReads / 100}
}

// refusal says why a call may not be made. It is for people.
func (l *Ledger) refusal(c socialwatch.Costing, limit socialwatch.Budget, spent socialwatch.Spent, now time.Time) error {
	if !spent.HaltedAt.IsZero() {
		return fmt.Errorf("no paid call since %s: the network says %q. Settle it with the network, then resume the account under Connections, or by socialwatch unpause %s",
			spent.HaltedAt.UTC().Format("2006-01-02 15:04 UTC"), spent.HaltedWhy, c.Account)
	}
	b := l.Budgets[c.Account]
	name, of, part, used, end := "day", b.Day, limit.Day, spent.Day, socialwatch.Day(now).AddDate(0, 0, 1)
	cost := c.Price * socialwatch.MicroUSD(c.Most)
	if limit.Month > 0 && spent.Month+cost > limit.Month { // the one that ends later
		name, of, part, used, end = "month", b.Month, limit.Month, spent.Month, socialwatch.Month(now).AddDate(0, 1, 0)
	}
	share := fmt.Sprintf(", of which %d %% are for reading,", forReads)
	if c.Write {
		share = ""
	}
	if cost > part {
		return fmt.Errorf("the budget of %s for a %s%s is too small for this call, which may cost %s. Raise budget_%s in the configuration",
			of.Dollars(), name, share, cost.Dollars(), name)
	}
	return fmt.Errorf("the budget of %s for this %s%s is used up: %s are spent or set aside, and this call may cost %s. It goes on by itself on %s; to go on now, raise budget_%s in the configuration",
		of.Dollars(), name, share, used.Dollars(), cost.Dollars(), end.Format("2006-01-02 at 15:04 UTC"), name)
}

// Settle ends a reservation with what the network will have charged for; see
// connectors.Ledger.
func (l *Ledger) Settle(ctx context.Context, reservation int64, c socialwatch.Costing, objects []string) error {
	return l.Store.Charge(ctx, reservation, c, objects, socialwatch.Micros(l.Now()))
}

// Halt stops all paid calls of an account until a person resumes it.
func (l *Ledger) Halt(ctx context.Context, account, why string) error {
	return l.Store.Halt(ctx, account, why, socialwatch.Micros(l.Now()))
}

// Pace is the least time between two polls of an account: SlowPace when it is
// slow, else 0.
func (l *Ledger) Pace(ctx context.Context, account string) (least time.Duration, err error) {
	if l.Budgets[account] == (socialwatch.Budget{}) {
		return 0, nil
	}
	purses, err := l.Purses(ctx, []string{account})
	return purses[account].Pace, err
}

// Purses tells how the money of accounts (nil: of all that have spent some or
// have a budget) stands, by account.
func (l *Ledger) Purses(ctx context.Context, accounts []string) (map[string]socialwatch.Purse, error) {
	now := socialwatch.Micros(l.Now())
	from := socialwatch.Month(now)
	if before := socialwatch.Day(now).AddDate(0, 0, -paceDays); before.Before(from) {
		from = before
	}
	rows, err := l.Store.Spending(ctx, accounts, from, now.Add(time.Microsecond)) // today's midnight may be now
	if err != nil {
		return nil, fmt.Errorf("read spending: %w", err)
	}
	of := map[string][]socialwatch.Spending{}
	if accounts == nil {
		for name := range l.Budgets {
			of[name] = nil
		}
	}
	for _, name := range accounts {
		of[name] = nil
	}
	for _, r := range rows {
		of[r.Account] = append(of[r.Account], r)
	}
	purses := make(map[string]socialwatch.Purse, len(of))
	for name, rows := range of {
		purses[name] = purse(name, l.Budgets[name], rows, now)
	}
	return purses, nil
}

// purse sums up an account's spending since the first of the month, or for the
// days that its pace is measured by.
func purse(account string, b socialwatch.Budget, rows []socialwatch.Spending, now time.Time) socialwatch.Purse {
	p := socialwatch.Purse{Account: account, Budget: b, Forecast: Forecast(rows, now)}
	for _, r := range rows {
		if r.Day.Before(socialwatch.Month(now)) {
			continue
		}
		if r.Day.Equal(socialwatch.Day(now)) {
			p.Day += r.Amount
		}
		p.Month += r.Amount
		i := slices.IndexFunc(p.Items, func(s socialwatch.Spending) bool { return s.Item == r.Item })
		if i < 0 {
			i = len(p.Items)
			p.Items = append(p.Items, socialwatch.Spending{Account: account, Day: socialwatch.Month(now), Item: r.Item})
		}
		p.Items[i].Objects += r.Objects
		p.Items[i].Amount += r.Amount
	}
	slices.SortFunc(p.Items, func(a, b socialwatch.Spending) int {
		return cmp.Or(cmp.Compare(b.Amount, a.Amount), cmp.Compare(a.Item, b.Item))
	})
	slow := func(spent, budget socialwatch.MicroUSD) bool { return budget > 0 && spent*100 >= budget*slowFrom }
	if slow(p.Day, b.Day) || slow(p.Month, b.Month) {
		p.Pace = SlowPace
	}
	return p
}
