package storetest

import (
	"slices"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// asksAbout claims all that is due at a time and returns the orders of a case among
// them; each is found.
func (fx bench) asksAbout(t *testing.T, c socialwatch.Case, now time.Time) (orders []string) {
	t.Helper()
	fx.enrolOrders(t, now)
	for _, k := range fx.claim(t, now) {
		if k.CaseID == c.ID {
			orders = append(orders, k.Order)
		}
		r := found(now)
		r.Level, r.Score, r.Signals = 0, 0, nil
		if err := fx.FinishLookup(t.Context(), k, r); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(orders)
	return orders
}

// The survivor of a merge is asked about all orders at once, and so is each of the
// two when they are taken apart: the survivor about its own alone.
func TestOrdersAreAskedAboutRightAfterMergeAndUnmerge(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx := t.Context()
		lea := fx.Hire(t, "lea", socialwatch.RoleLead)
		older, younger := fx.twoOfOne(t)
		fx.set(t, "cases", older.ID, `orders = '["100-0000001"]'`)
		fx.set(t, "cases", younger.ID, `orders = '["100-0000002"]'`)
		both := []string{"100-0000001", "100-0000002"}
		want := func(when string, c socialwatch.Case, at time.Time, orders ...string) {
			t.Helper()
			if got := fx.asksAbout(t, c, at); !slices.Equal(got, orders) {
				t.Errorf("%s: %s is asked about %v, want %v", when, c.Number, got, orders)
			}
		}
		want("opened", older, minute(0), both[0])
		want("a minute later", older, minute(1))

		m := store.Merge{CaseWork: workOn(older, lea), Other: younger.Number, OtherVersion: younger.Version}
		c, err := fx.Merge(ctx, m)
		if err != nil {
			t.Fatal(err)
		}
		want("merged", older, minute(10), both...)
		if n := len(fx.claim(t, minute(600))); n != 2 { // which puts what the merged case was asked about to rest
			t.Errorf("%d are asked about in all", n)
		}
		u := store.Unmerge{CaseWork: workOn(younger, lea), IntoVersion: c.Version}
		u.Version++
		if _, err := fx.Unmerge(ctx, u); err != nil {
			t.Fatal(err)
		}
		if o := fx.orders(t, older.Number); len(o) != 1 || o[0].Order != both[0] {
			t.Errorf("the survivor shows %+v", o)
		}
		fx.exec(t, "update case_orders set lease_until = null")
		fx.enrolOrders(t, minute(700))
		var asked []string
		for _, k := range fx.claim(t, minute(700)) {
			asked = append(asked, k.Order)
		}
		if slices.Sort(asked); !slices.Equal(asked, both) {
			t.Errorf("taken apart: asked about %v", asked)
		}
		for number, order := range map[string]string{older.Number: both[0], younger.Number: both[1]} {
			if o := fx.orders(t, number); len(o) != 1 || o[0].Order != order {
				t.Errorf("%s has %+v", number, o)
			}
		}
	})
}
