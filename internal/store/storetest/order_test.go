package storetest

import (
	"fmt"
	"slices"
	"testing"

	"socialwatch"
	"socialwatch/internal/store"
)

// Each order pages through the same replies once, and Take next goes down the
// same list.
func TestOrdersPageAndAreTakenAlike(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 9)
		shuffle(t, fx, s)
		for i, one := range s {
			fx.exec(t, fmt.Sprintf("update replies set reach = %d where id = %d", i%3, one.Reply.ID))
		}
		at := func(id int64) int { return slices.IndexFunc(s, func(s Seeded) bool { return s.Reply.ID == id }) }
		for order, want := range map[store.Order][]int{
			store.OrderWaiting: {0, 5, 1, 6, 2, 7, 3, 8, 4}, // opened i%5 minutes later, then by id
			store.OrderNewest:  {4, 8, 3, 7, 2, 6, 1, 5, 0},
			store.OrderReach:   {8, 5, 2, 7, 4, 1, 6, 3, 0}, // i%3 followers, then the newest draft
		} {
			var listed, taken []int
			f := store.QueueFilter{Order: order, Limit: 2}
			for range s {
				rows, next, err := fx.Queue(t.Context(), f)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range rows {
					listed = append(listed, at(r.Reply.ID))
				}
				if f.After = next; next == "" {
					break
				}
			}
			g, err := fx.Glance(t.Context(), store.QueueFilter{Order: order})
			if err != nil {
				t.Fatal(err)
			}
			for i, id := range g.IDs {
				if at(id) != want[i] {
					t.Errorf("%s: glanced at %d in place %d", order, at(id), i)
				}
			}
			q := store.Taking{By: ana, Order: order, Now: Start}
			for range s {
				q.Left = fx.take(t, q)
				taken = append(taken, at(q.Left))
			}
			if !slices.Equal(listed, want) || !slices.Equal(taken, want) {
				t.Errorf("%s: listed %v, taken %v, want %v", order, listed, taken, want)
			}
			fx.exec(t, "update replies set decider = '', deciding_until = null")
		}
		if _, _, err := fx.Queue(t.Context(), store.QueueFilter{Order: "id; drop table replies"}); err == nil {
			t.Error("an order that is none")
		}
	})
}
