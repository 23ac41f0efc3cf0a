package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store/dbtest"
)

// reading is a call that brings at most n posts of $0.005.
func reading(n int) socialwatch.Costing {
	return socialwatch.Costing{Account: Account, Item: "post_read", Price: 5_000, Most: n}
}

// reserve asks for a call and returns its reservation, 0 when refused.
func (fx Fixture) reserve(t *testing.T, c socialwatch.Costing, limit socialwatch.Budget, at time.Time) int64 {
	t.Helper()
	id, _, err := fx.Reserve(t.Context(), c, limit, at)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (fx Fixture) charge(t *testing.T, id int64, c socialwatch.Costing, at time.Time, objects ...string) {
	t.Helper()
	if err := fx.Charge(t.Context(), id, c, objects, at); err != nil {
		t.Fatal(err)
	}
}

// wantSpent checks day and month in thousandths of a dollar.
func (fx Fixture) wantSpent(t *testing.T, at time.Time, day, month socialwatch.MicroUSD) {
	t.Helper()
	got, err := fx.Spent(t.Context(), Account, at)
	if err != nil || got.Day != day*1000 || got.Month != month*1000 {
		t.Errorf("at %s: %+v, %v, want %d and %d", at, got, err, day*1000, month*1000)
	}
}

func TestObjectIsChargedOnceADay(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		mention := socialwatch.Costing{Account: Account, Item: "mention_read", Price: 1_000, Most: 100}
		id := fx.reserve(t, mention, socialwatch.Budget{}, Start)
		fx.wantSpent(t, Start, 100, 100) // in full, until its end is told
		fx.charge(t, id, mention, Start, "post:2", "post:1", "post:2")
		fx.wantSpent(t, Start, 2, 2)
		// The same posts by a dearer call cost nothing more, a new one does.
		fx.charge(t, fx.reserve(t, reading(3), socialwatch.Budget{}, Start), reading(3), Start, "post:1", "post:3")
		fx.charge(t, 0, reading(1), Start, "post:3")
		fx.charge(t, fx.reserve(t, reading(3), socialwatch.Budget{}, Start), reading(3), Start)
		fx.wantSpent(t, Start, 7, 7)
		// Told twice, it counts once; another account pays for itself.
		fx.charge(t, id, mention, Start, "post:1", "post:2")
		other := reading(1)
		other.Account = "other"
		fx.charge(t, 0, other, Start, "post:1")
		fx.wantSpent(t, Start, 7, 7)
		tomorrow := Start.AddDate(0, 0, 1)
		fx.charge(t, 0, reading(1), tomorrow, "post:1")
		fx.wantSpent(t, tomorrow, 5, 12)
		day := socialwatch.Day(Start)
		want := []socialwatch.Spending{{Account: Account, Day: day, Item: "mention_read", Objects: 2, Amount: 2_000},
			{Account: Account, Day: day, Item: "post_read", Objects: 1, Amount: 5_000},
			{Account: Account, Day: day.AddDate(0, 0, 1), Item: "post_read", Objects: 1, Amount: 5_000},
			{Account: "other", Day: day, Item: "post_read", Objects: 1, Amount: 5_000}}
		got, err := fx.Spending(t.Context(), nil, day, tomorrow)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v\nwant %+v", got, err, want)
		}
		got, err = fx.Spending(t.Context(), []string{Account}, day, day.AddDate(0, 0, 1))
		if err != nil || !reflect.DeepEqual(got, want[:2]) {
			t.Errorf("of one account and day %+v, %v", got, err)
		}
		fx.charge(t, 0, reading(1), Start.AddDate(0, 0, 2), "post:9")
		if n := count(t, fx, "select count(*) from charged where account = '"+Account+"'"); n != 2 {
			t.Errorf("%d charged objects are kept, want those of two days: 2", n)
		}
	})
}

func TestCallThatCrossesMidnightCountsWhereItBegan(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		night := time.Date(2026, 11, 30, 23, 59, 59, 0, time.UTC)
		morning := night.Add(2 * time.Second)
		id := fx.reserve(t, reading(2), socialwatch.Budget{}, night)
		fx.charge(t, id, reading(2), morning, "post:1")
		fx.wantSpent(t, night, 5, 5)
		fx.wantSpent(t, morning, 0, 0)
		fx.charge(t, 0, reading(1), morning, "post:1") // another day's charge
		fx.wantSpent(t, morning, 5, 5)
	})
}

func TestReservationThatIsNeverSettledCountsInFull(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		fx.reserve(t, reading(10), socialwatch.Budget{}, Start)
		for after, want := range map[time.Duration]int{4 * time.Minute: 0, 6 * time.Minute: 1} {
			list, err := fx.Spending(t.Context(), []string{Account}, socialwatch.Day(Start), Start.Add(after))
			if err != nil || len(list) != want || want == 1 && (list[0].Objects != 10 || list[0].Amount != 50_000) {
				t.Errorf("after %s: %+v, %v", after, list, err)
			}
		}
		fx.wantSpent(t, Start.Add(time.Hour), 50, 50)
	})
}

func TestBudgetBindsDayAndMonth(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		day := socialwatch.Budget{Day: 10_000}
		if id := fx.reserve(t, reading(3), day, Start); id != 0 {
			t.Error("a call above the budget is allowed")
		}
		if fx.reserve(t, reading(2), day, Start) == 0 {
			t.Error("a call that uses the budget up is refused")
		}
		if fx.reserve(t, reading(1), day, Start) != 0 {
			t.Error("a call beyond what is set aside is allowed")
		}
		if fx.reserve(t, reading(2), day, Start.AddDate(0, 0, 1)) == 0 {
			t.Error("yesterday's spending binds today")
		}
		month := socialwatch.Budget{Month: 25_000}
		if fx.reserve(t, reading(2), month, Start.AddDate(0, 0, 2)) != 0 {
			t.Error("a call above the month's budget is allowed")
		}
		if fx.reserve(t, reading(2), month, Start.AddDate(0, 1, 0)) == 0 || fx.reserve(t, reading(2), month, Start.AddDate(0, -1, 0)) == 0 {
			t.Error("this month's spending binds another")
		}
		if _, _, err := fx.Reserve(t.Context(), socialwatch.Costing{Account: "nobody"}, month, Start); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("an account that is none: %v", err)
		}
		if _, _, err := fx.Reserve(t.Context(), reading(-1), month, Start); err == nil {
			t.Error("a call that brings less than nothing is allowed")
		}
	})
}

// TestProcessesTogetherStayWithinTheBudget: four processes with four callers
// each ask at once, on each of many days, for money that is enough for two.
func TestProcessesTogetherStayWithinTheBudget(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		processes := []Fixture{fx, {dbtest.Reopen(t, fx.Options), fx.Options}, {dbtest.Reopen(t, fx.Options), fx.Options}, {dbtest.Reopen(t, fx.Options), fx.Options}}
		limit := socialwatch.Budget{Day: 50_000}
		for day := range 15 {
			at := Start.AddDate(0, 0, day)
			fx.charge(t, 0, reading(1), at, "post:0")
			var allowed atomic.Int64
			var wg sync.WaitGroup
			gate := make(chan struct{})
			for caller := range 16 {
				wg.Go(func() {
					<-gate
					id, _, err := processes[caller%4].Reserve(t.Context(), reading(4), limit, at)
					if err == nil && id != 0 {
						allowed.Add(1)
						objects := []string{fmt.Sprint("post:", id, "a"), fmt.Sprint("post:", id, "b"), "post:0", fmt.Sprint("post:", id, "d"), fmt.Sprint("post:", id, "e")}
						err = processes[caller%4].Charge(t.Context(), id, reading(4), objects, at)
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
			close(gate)
			wg.Wait()
			spent, err := fx.Spent(t.Context(), Account, at)
			if err != nil || allowed.Load() != 2 || spent.Day != 45_000 {
				t.Fatalf("day %d: %d calls were allowed, %d spent, %v", day, allowed.Load(), spent.Day, err)
			}
		}
	})
}

func TestHaltStopsEveryCallUntilAPersonResumes(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, adam := t.Context(), fx.Hire(t, "adam", socialwatch.RoleAdmin)
		late := Start.Add(time.Minute)
		err := errors.Join(fx.RecordPoll(ctx, socialwatch.PollResult{Account: Account, At: Start, Err: "out", Reason: socialwatch.OutOfCredit, NextAt: late}),
			fx.Halt(ctx, Account, "credits\x00 depleted", Start), fx.Halt(ctx, Account, "again", late))
		if err != nil {
			t.Fatal(err)
		}
		id, spent, err := fx.Reserve(ctx, reading(1), socialwatch.Budget{}, late)
		if err != nil || id != 0 || !spent.HaltedAt.Equal(Start) || spent.HaltedWhy != "credits  depleted" {
			t.Errorf("reserve under a halt: %d, %+v, %v", id, spent, err)
		}
		list, err := fx.Connections(ctx, late)
		polls, err2 := fx.Polls(ctx)
		if err = errors.Join(err, err2); err != nil || !list[0].HaltedAt.Equal(Start) || list[0].HaltedWhy == "" || !polls[0].HaltedAt.Equal(Start) {
			t.Errorf("%+v, %+v, %v", list, polls, err)
		}
		ben := fx.Hire(t, "ben", socialwatch.RoleLead)
		if err := fx.Unpause(ctx, Account, ben, late); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("a lead resumes: %v", err)
		}
		if err := errors.Join(fx.Pause(ctx, Account, adam, late), fx.Unpause(ctx, Account, adam, late), fx.Unpause(ctx, Account, adam, late)); err != nil {
			t.Fatal(err)
		}
		if fx.reserve(t, reading(1), socialwatch.Budget{}, late) == 0 {
			t.Error("refused after the halt")
		}
		a, err := fx.Account(ctx, Account)
		if list, err2 = fx.Connections(ctx, late); err != nil || err2 != nil || a.Paused || !a.NextAt.IsZero() || list[0].Error != "" || !list[0].HaltedAt.IsZero() {
			t.Errorf("after the halt %+v, %+v, %v %v", a, list[0], err, err2)
		}
		var kinds []string
		for _, e := range fx.Log(t, 0) {
			kinds = append(kinds, e.Kind+" "+e.Actor)
		}
		if want := []string{"polling.halted socialwatch", "polling.paused adam", "polling.resumed adam"}; !reflect.DeepEqual(kinds, want) {
			t.Errorf("events %q, want %q", kinds, want)
		}
		if err := fx.Halt(ctx, "nobody", "x", Start); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("an account that is none: %v", err)
		}
	})
}

func TestUnpauseKeepsARateLimit(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, adam := t.Context(), fx.Hire(t, "adam", socialwatch.RoleAdmin)
		err := errors.Join(fx.RecordPoll(ctx, socialwatch.PollResult{Account: Account, At: Start, Err: "slow down", NextAt: Start.Add(time.Hour)}),
			fx.Pause(ctx, Account, adam, Start), fx.Unpause(ctx, Account, adam, Start))
		if a, err2 := fx.Account(ctx, Account); err != nil || err2 != nil || !a.NextAt.Equal(Start.Add(time.Hour)) {
			t.Errorf("%+v, %v %v", a, err, err2)
		}
	})
}
