package lookup_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/lookup"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
	"socialwatch/internal/store/storetest"
)

// shop is a shop's system: what it knows of orders, and what is wrong with it.
type shop struct {
	*httptest.Server
	mu     sync.Mutex
	orders map[string]map[string]any
	broken int // status that it answers with; 0: it works
	asked  atomic.Int64
}

func newShop(t *testing.T) *shop {
	s := &shop{orders: map[string]map[string]any{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		s.mu.Lock()
		defer s.mu.Unlock()
		facts, found := s.orders[path.Base(r.URL.Path)]
		switch {
		case s.broken != 0:
			w.WriteHeader(s.broken)
		case !found:
			http.NotFound(w, r)
		default:
			json.NewEncoder(w).Encode(facts)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *shop) breaks(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = status
}

// bench is a looker on a database and a shop, with a clock.
type bench struct {
	storetest.Fixture
	*shop
	looker *lookup.Looker
	clock  atomic.Pointer[time.Time]
}

func newBench(t *testing.T, fx storetest.Fixture) *bench {
	b := &bench{Fixture: fx, shop: newShop(t)}
	b.at(storetest.Start)
	b.looker = b.another(fx.Store)
	return b
}

// another is the looker of another process.
func (b *bench) another(s *store.Store) *lookup.Looker {
	now := func() time.Time { return *b.clock.Load() }
	e := lookup.NewEndpoint(lookup.EndpointOptions{URL: b.URL + "/{order}", Timeout: time.Minute, Now: now})
	return &lookup.Looker{Store: s, Health: s, Source: e, Batch: 4, Lease: time.Minute, Refresh: 6 * time.Hour,
		Rules: lookup.Rules{StuckAfter: 5, HighValue: map[string]int64{"EUR": 10000}, Settled: []string{"delivered"}},
		Due: func(_ string, level int, now time.Time) time.Time {
			return now.Add(time.Duration(level) * 15 * time.Minute)
		},
		Now: now, Log: slog.New(slog.DiscardHandler)}
}

func (b *bench) at(t time.Time) { b.clock.Store(&t) }

func (b *bench) pass(t *testing.T) {
	t.Helper()
	b.Log(t, 0) // numbers what happened
	if err := b.looker.Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) order(t *testing.T, number string) socialwatch.CaseOrder {
	t.Helper()
	d, err := b.Case(t.Context(), number)
	if err != nil || len(d.Orders) != 1 {
		t.Fatalf("%+v, %v", d.Orders, err)
	}
	return d.Orders[0]
}

func TestTrulyStuckOrderOfHighValueComesFirstInTheQueue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		b := newBench(t, fx)
		s := b.Seed(t, "post", 3)
		last := s[2].Case
		setOrder(t, b, last.ID, "777")
		b.orders["100-2233"] = map[string]any{"status": "in transit", "last_movement_at": storetest.Start.Add(-24 * time.Hour)}
		b.orders["777"] = map[string]any{"status": "in transit", "last_movement_at": storetest.Start.Add(-9 * 24 * time.Hour), "value": 129, "currency": "EUR"}
		b.pass(t)
		rows, _, err := b.Queue(t.Context(), store.QueueFilter{})
		if err != nil || rows[0].CaseNumber != last.Number || rows[0].Level != 1 || rows[0].Score != 95 || !rows[0].DueAt.Equal(storetest.Start.Add(15*time.Minute)) {
			t.Fatalf("the queue begins with %+v (%v)", rows[0], err)
		}
		o := b.order(t, last.Number)
		if len(o.Signals) != 2 || o.Signals[0].Words() != "no movement for 9 days (threshold 5)" || o.Signals[1].Words() != "high value: 129.00 EUR (threshold 100.00 EUR)" {
			t.Errorf("signals %+v", o.Signals)
		}
		if n := b.asked.Load(); n != 2 {
			t.Errorf("asked %d times about 2 orders of 3 cases", n)
		}
		if other := b.order(t, s[0].Case.Number); len(other.Signals) != 0 || other.Facts.Status != "in transit" {
			t.Errorf("an order that moves: %+v", other)
		}
	})
}

// setOrder gives a case another order number.
func setOrder(t *testing.T, b *bench, caseID int64, order string) {
	t.Helper()
	db := dbtest.Raw(t, b.Options)
	defer db.Close()
	if _, err := db.Exec(fmt.Sprintf(`update cases set orders = '[%q]' where id = %d`, order, caseID)); err != nil {
		t.Fatal(err)
	}
}

func TestDeliveredOrderIsNotStuck(t *testing.T) {
	now := storetest.Start
	moved := now.Add(-30 * 24 * time.Hour)
	r := lookup.Rules{StuckAfter: 5, Settled: []string{"delivered"}}
	for name, c := range map[string]struct {
		facts socialwatch.OrderFacts
		want  int
	}{
		"stuck":         {socialwatch.OrderFacts{Status: "in transit", MovedAt: moved}, 1},
		"settled":       {socialwatch.OrderFacts{Status: "Delivered", MovedAt: moved}, 0},
		"delivered":     {socialwatch.OrderFacts{Status: "done", MovedAt: moved, DeliveredAt: moved}, 0},
		"unknown":       {socialwatch.OrderFacts{Status: "in transit"}, 0},
		"a moment less": {socialwatch.OrderFacts{MovedAt: now.Add(-5*24*time.Hour + time.Second)}, 0},
		"just":          {socialwatch.OrderFacts{MovedAt: now.Add(-5 * 24 * time.Hour)}, 1},
	} {
		if got := r.Signals(c.facts, now); len(got) != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if level, _ := lookup.Lift(socialwatch.LookupTask{Intent: socialwatch.Praise}, r.Signals(socialwatch.OrderFacts{MovedAt: moved}, now)); level != 0 {
		t.Error("praise is lifted")
	}
}

func TestShopThatIsDownIsLeftAloneAndAskedAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		b := newBench(t, fx)
		seeded := b.Seed(t, "post", 12)
		for i, s := range seeded {
			setOrder(t, b, s.Case.ID, fmt.Sprint(1000+i))
		}
		b.breaks(500)
		b.pass(t)
		state, err := b.Lookups(t.Context(), storetest.Start)
		if err != nil || state.Failures < lookup.Patience || !state.Rests(storetest.Start) || state.Error != "answered 500" {
			t.Fatalf("%+v, %v", state, err)
		}
		asked := b.asked.Load()
		if asked > 8 { // two batches: the second one tells
			t.Errorf("asked %d times before it was left alone", asked)
		}
		b.pass(t)
		if n := b.asked.Load(); n != asked {
			t.Error("asked while it rests")
		}
		b.at(state.NextAt.Add(time.Second))
		b.pass(t)
		if n := b.asked.Load(); n != asked+1 {
			t.Errorf("%d questions try whether it is back", n-asked)
		}
		b.breaks(0)
		b.at(state.NextAt.Add(time.Hour))
		b.pass(t)
		if state, err = b.Lookups(t.Context(), storetest.Start); err != nil || state.Failures != 0 || state.Error != "" {
			t.Errorf("%+v, %v", state, err)
		}
		for _, s := range seeded {
			if o := b.order(t, s.Case.Number); o.Outcome != socialwatch.LookupNotFound {
				t.Errorf("order %s: %+v", o.Last(), o)
			}
		}
	})
}

func TestFailedOrderIsTriedFourTimesAndThenAtTheNextRefresh(t *testing.T) {
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		b := newBench(t, fx)
		s := b.Seed(t, "post", 1)[0]
		b.breaks(500)
		for range 3 {
			b.pass(t)
			o := b.order(t, s.Case.Number)
			b.at(o.NextAt)
		}
		b.pass(t)
		if o := b.order(t, s.Case.Number); b.asked.Load() != 4 || o.Outcome != socialwatch.LookupFailed || o.Why != "answered 500" || !o.NextAt.Equal(o.AskedAt.Add(6*time.Hour)) {
			t.Errorf("asked %d times: %+v", b.asked.Load(), o)
		}
		told := 0
		for _, e := range b.Log(t, 0) {
			if e.Kind == socialwatch.EventCaseLookedUp {
				told++
			}
		}
		if told != 1 {
			t.Errorf("told %d times", told)
		}
	})
}

func TestProcessesAskOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		b := newBench(t, fx)
		seeded := b.Seed(t, "post", 20)
		for i, s := range seeded {
			setOrder(t, b, s.Case.ID, fmt.Sprint(1000+i))
			b.orders[fmt.Sprint(1000+i)] = map[string]any{"status": "shipped"}
		}
		b.Log(t, 0)
		lookers := []*lookup.Looker{b.looker, b.another(dbtest.Reopen(t, fx.Options)), b.another(dbtest.Reopen(t, fx.Options))}
		var wg sync.WaitGroup
		for _, l := range lookers {
			wg.Go(func() {
				if err := l.Pass(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		b.pass(t)
		if n := b.asked.Load(); n != 20 {
			t.Errorf("asked %d times about 20 orders", n)
		}
	})
}

func TestAskingThatIsStoppedLosesNoTry(t *testing.T) {
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		b := newBench(t, fx)
		s := b.Seed(t, "post", 1)[0]
		b.Log(t, 0)
		ctx, stop := context.WithCancel(t.Context())
		b.looker.Source = sourceFunc(func(context.Context, []string) []lookup.Answer {
			stop()
			return []lookup.Answer{{Err: context.Canceled}}
		})
		if err := b.looker.Pass(ctx); err != nil {
			t.Fatal(err)
		}
		if o := b.order(t, s.Case.Number); o.Outcome != socialwatch.LookupWaiting || o.NextAt.IsZero() {
			t.Errorf("kept %+v", o)
		}
		state, err := b.Lookups(t.Context(), storetest.Start)
		if err != nil || state.Failures != 0 {
			t.Errorf("%+v, %v", state, err)
		}
		b.looker = b.another(fx.Store)
		b.pass(t)
		if b.asked.Load() != 1 {
			t.Error("it is not asked about at once")
		}
	})
}

type sourceFunc func(context.Context, []string) []lookup.Answer

func (f sourceFunc) Ask(ctx context.Context, orders []string) []lookup.Answer { return f(ctx, orders) }

func TestViewIsReadInOneQuery(t *testing.T) {
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		view, when := "shop_orders", "timestamptz '2026-10-24 09:00:00+00'"
		if fx.Kind() == store.SQLite {
			when = "'2026-10-24 09:00:00'"
		}
		for _, q := range []string{"create table shop_rows (order_number text, status text, amount numeric)",
			"insert into shop_rows values ('A-1', 'in transit', 129.5), ('A-2', '<b>shipped</b>', null), ('A-2', 'again', null)",
			"create view shop_orders as select order_number, status, " + when + " as last_movement_at, amount as value, 'EUR' as currency, 'x' as other from shop_rows"} {
			if _, err := db.Exec(q); err != nil {
				t.Fatal(err)
			}
		}
		if fx.Kind() == store.Postgres {
			view = fx.Options.Schema + ".shop_orders"
		}
		v, err := store.OpenShopView(fx.Options, view)
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		source := &lookup.View{Rows: v.Rows, Timeout: time.Minute, Now: func() time.Time { return storetest.Start }}
		got := source.Ask(t.Context(), []string{"A-1", "nobody's", "A-2", "' or 1=1 --"})
		want := socialwatch.OrderFacts{Status: "in transit", Value: 12950, Currency: "EUR", MovedAt: time.Date(2026, 10, 24, 9, 0, 0, 0, time.UTC)}
		if got[0].Facts != want || got[1].Found || got[1].Err != nil || got[2].Facts.Status != "<b>shipped</b>" || got[3].Found {
			t.Errorf("got %+v", got)
		}
		if _, err := db.Exec("drop view shop_orders"); err != nil {
			t.Fatal(err)
		}
		if got := source.Ask(t.Context(), []string{"A-1"})[0]; got.Err == nil || strings.Contains(got.Err.Error(), "A-1") {
			t.Errorf("without the view: %+v", got)
		}
	})
}

func TestViewThatIsSlowHoldsNobodyUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, fx storetest.Fixture) {
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		name, slow := "slow", "with recursive n(i) as (select 1 union all select i + 1 from n) select cast(count(*) as text) as order_number from n"
		if fx.Kind() == store.Postgres {
			name, slow = fx.Options.Schema+".slow", "select case when pg_sleep(60) is null then '' else '1' end as order_number"
		}
		if _, err := db.Exec("create view slow as " + slow); err != nil {
			t.Fatal(err)
		}
		v, err := store.OpenShopView(fx.Options, name)
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		source := &lookup.View{Rows: v.Rows, Timeout: 300 * time.Millisecond, Now: time.Now}
		done := make(chan lookup.Answer)
		go func() { done <- source.Ask(t.Context(), []string{"1"})[0] }()
		for i := range 5 { // intake goes on
			fx.Seed(t, fmt.Sprint("post", i), 1)
		}
		if got := <-done; got.Err == nil || got.Err.Error() != "the view did not answer in time" {
			t.Errorf("got %+v", got)
		}
	})
}
