package ledger_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/ledger"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

var _ connectors.Ledger = (*ledger.Ledger)(nil)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const dollar = socialwatch.MicroUSD(1_000_000)

// read is a call that brings at most n posts of a cent.
func read(n int) socialwatch.Costing {
	return socialwatch.Costing{Account: "help", Item: "post_read", Price: 10_000, Most: n}
}

func write() socialwatch.Costing {
	return socialwatch.Costing{Account: "help", Item: "create", Price: 10_000, Most: 1, Write: true}
}

// bench is a ledger on a database, at a time that tests move.
type bench struct {
	*ledger.Ledger
	t     *testing.T
	store *store.Store
	now   time.Time
}

func each(t *testing.T, b socialwatch.Budget, f func(*bench)) {
	dbtest.Each(t, func(t *testing.T, o store.Options) {
		x := &bench{t: t, store: dbtest.Reopen(t, o), now: noon}
		for _, name := range []string{"help", "free"} {
			if err := x.store.EnsureAccount(t.Context(), name, "x", "x.com"); err != nil {
				t.Fatal(err)
			}
		}
		x.Ledger = &ledger.Ledger{Store: x.store, Now: func() time.Time { return x.now },
			Budgets: map[string]socialwatch.Budget{"help": b}}
		f(x)
	})
}

// spend reserves and settles a call that brought these objects.
func (x *bench) spend(c socialwatch.Costing, objects ...string) {
	x.t.Helper()
	id, err := x.Reserve(x.t.Context(), c)
	if err == nil {
		err = x.Settle(x.t.Context(), id, c, objects)
	}
	if err != nil {
		x.t.Fatal(err)
	}
}

// names are n objects that nobody has charged yet.
func names(n int, prefix string) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = prefix + strings.Repeat("i", i)
	}
	return list
}

// refused wants a call to be refused in these words.
func (x *bench) refused(c socialwatch.Costing, says ...string) {
	x.t.Helper()
	id, err := x.Reserve(x.t.Context(), c)
	if id != 0 || socialwatch.ReasonOf(err) != socialwatch.OutOfCredit {
		x.t.Fatalf("%+v: %d, %v", c, id, err)
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			x.t.Errorf("the refusal %q does not say %q", err, s)
		}
	}
}

func TestReadingLeavesFivePercentToWriting(t *testing.T) {
	each(t, socialwatch.Budget{Day: dollar}, func(x *bench) {
		x.spend(read(95), names(95, "post:")...)
		x.refused(read(1), "the budget of $1.00 for this day, of which 95 % are for reading, is used up", "$0.95 are spent",
			"this call may cost $0.01", "2026-11-21 at 00:00 UTC", "raise budget_day in the configuration")
		for range 5 {
			x.spend(write(), names(1, x.now.String())...)
			x.now = x.now.Add(time.Second)
		}
		x.refused(write(), "the budget of $1.00 for this day is used up", "$1.00 are spent")
		x.now = x.now.AddDate(0, 0, 1)
		x.spend(read(1), "post:tomorrow")
	})
}

func TestRefusalNamesTheBudgetThatBinds(t *testing.T) {
	each(t, socialwatch.Budget{Day: dollar, Month: dollar}, func(x *bench) {
		x.refused(read(96), "for a month", "too small for this call, which may cost $0.96", "Raise budget_month")
		x.spend(read(95), names(95, "post:")...)
		x.refused(read(1), "for this month", "2026-12-01 at 00:00 UTC")
		x.now = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
		x.spend(read(1), "post:1")
	})
}

func TestHaltIsToldAndNeedsAPerson(t *testing.T) {
	each(t, socialwatch.Budget{}, func(x *bench) {
		if err := x.Halt(t.Context(), "help", "credits depleted"); err != nil {
			t.Fatal(err)
		}
		x.refused(read(1), `"credits depleted"`, "since 2026-11-20 12:00 UTC", "resume the account under Connections, or by socialwatch unpause ")
		x.refused(write(), "credits depleted")
	})
}

func TestShortMoneySlowsPolls(t *testing.T) {
	for name, b := range map[string]socialwatch.Budget{"day": {Day: dollar}, "month": {Month: dollar, Day: 2 * dollar}} {
		t.Run(name, func(t *testing.T) {
			each(t, b, func(x *bench) {
				pace := func(want time.Duration) {
					x.t.Helper()
					if got, err := x.Pace(t.Context(), "help"); err != nil || got != want {
						x.t.Errorf("pace %s, %v, want %s", got, err, want)
					}
				}
				if _, err := x.Reserve(t.Context(), read(79)); err != nil { // under way: slows nothing
					t.Fatal(err)
				}
				pace(0)
				x.now = x.now.Add(6 * time.Minute)
				pace(0)
				x.spend(read(1), "post:1")
				pace(ledger.SlowPace)
				if got, err := x.Pace(t.Context(), "free"); got != 0 || err != nil {
					t.Errorf("an account without a budget: %s, %v", got, err)
				}
			})
		})
	}
}

func TestPursesTellDayMonthAndItems(t *testing.T) {
	each(t, socialwatch.Budget{Day: dollar}, func(x *bench) {
		x.now = time.Date(2026, 10, 31, 12, 0, 0, 0, time.UTC)
		x.spend(read(9), names(9, "post:")...)
		x.now = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC) // midnight counts as today
		x.spend(read(2), "post:1", "post:2")
		x.spend(write(), "create:1")
		purses, err := x.Purses(t.Context(), nil)
		p := purses["help"]
		if err != nil || len(purses) != 1 || p.Day != 30_000 || p.Month != 30_000 || !p.Used() || p.Pace != 0 || len(p.Items) != 2 ||
			p.Items[0].Item != "post_read" || p.Items[0].Objects != 2 || p.Items[0].Amount != 20_000 || p.Items[1].Amount != 10_000 ||
			p.Forecast <= p.Month {
			t.Errorf("%+v, %v", purses, err)
		}
		some, err := x.Purses(t.Context(), []string{"free"})
		if p, ok := some["free"]; err != nil || !ok || len(some) != 1 || p.Used() {
			t.Errorf("%+v, %v", some, err)
		}
	})
}

// TestManyCallersNeverPassTheBudget: through the ledger, by two processes.
func TestManyCallersNeverPassTheBudget(t *testing.T) {
	each(t, socialwatch.Budget{Day: dollar}, func(x *bench) {
		var allowed atomic.Int64
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				for range 10 {
					_, err := x.Reserve(t.Context(), read(3))
					if err == nil {
						allowed.Add(1)
					} else if !errors.As(err, new(*socialwatch.NetworkError)) {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if n := allowed.Load(); n != 31 { // 31 × $0.03 fit into $0.95
			t.Errorf("%d calls, want 31", n)
		}
	})
}

func TestForecastGoesByTheLastDays(t *testing.T) {
	day := func(month time.Month, d int, cents socialwatch.MicroUSD) socialwatch.Spending {
		return socialwatch.Spending{Account: "help", Day: time.Date(2026, month, d, 0, 0, 0, 0, time.UTC), Amount: cents * 10_000}
	}
	days := func(month time.Month, from, to int, cents socialwatch.MicroUSD) (list []socialwatch.Spending) {
		for d := from; d <= to; d++ {
			list = append(list, day(month, d, cents))
		}
		return list
	}
	at := func(month time.Month, d, h int) time.Time { return time.Date(2026, month, d, h, 0, 0, 0, time.UTC) }
	tests := map[string]struct {
		rows  []socialwatch.Spending
		now   time.Time
		cents socialwatch.MicroUSD
	}{
		"nothing spent":                       {nil, at(11, 20, 12), 0},
		"even pace":                           {append(days(11, 1, 19, 100), day(11, 20, 50)), at(11, 20, 12), 3000},
		"older days are no measure":           {append(days(11, 1, 12, 900), append(days(11, 13, 19, 100), day(11, 20, 50))...), at(11, 20, 12), 12*900 + 750 + 1050},
		"two items of a day":                  {append(days(11, 1, 19, 40), append(days(11, 1, 19, 60), day(11, 20, 50))...), at(11, 20, 12), 3000},
		"first of the month by the last days": {append(days(10, 25, 31, 100), day(11, 1, 50)), at(11, 1, 12), 3000},
		"first moment of the month":           {days(10, 25, 31, 100), at(11, 1, 0), 3000},
		"last moments of the month":           {append(days(11, 1, 29, 100), day(11, 30, 100)), at(11, 30, 24).Add(-time.Microsecond), 3000},
		"last month is not in the sum":        {days(10, 1, 31, 100), at(10, 31, 24), 3000}, // midnight: November's forecast
		"December":                            {append(days(12, 1, 30, 100), day(12, 31, 50)), at(12, 31, 12), 3100},
		"the first day of all":                {[]socialwatch.Spending{day(11, 20, 50)}, at(11, 20, 12), 50 + 1050},
		"the first minutes of all":            {[]socialwatch.Spending{day(11, 20, 10)}, at(11, 20, 0), 10 + 440},
		"the second day of all":               {[]socialwatch.Spending{day(11, 19, 100), day(11, 20, 50)}, at(11, 20, 12), 150 + 1050},
		"a quiet week":                        {days(11, 1, 5, 100), at(11, 20, 0), 500},
		"a day of a clock ahead":              {append(days(11, 13, 19, 100), day(12, 20, 9999)), at(11, 20, 0), 700 + 1100},
	}
	for name, tc := range tests {
		got, want := ledger.Forecast(tc.rows, tc.now), tc.cents*10_000
		if diff := got - want; diff < -10 || diff > 10 {
			t.Errorf("%s: %s, want %s", name, got.Dollars(), want.Dollars())
		}
	}
}
