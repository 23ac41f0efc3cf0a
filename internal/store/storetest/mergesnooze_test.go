package storetest

import (
	"slices"
	"testing"

	"socialwatch"
	"socialwatch/internal/store"
)

// TestMergeTellsThatItEndsSnoozes: undoing it puts nothing off again, and each of the
// two was told to be back.
func TestMergeTellsThatItEndsSnoozes(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx, lea := t.Context(), fx.Hire(t, "lea", socialwatch.RoleLead)
		older, younger := fx.twoOfOne(t)
		for _, c := range []socialwatch.Case{older, younger} {
			if _, err := fx.Snooze(ctx, store.Snooze{CaseWork: workOn(c, lea), Until: minute(600)}); err != nil {
				t.Fatal(err)
			}
		}
		older, younger = fx.detail(t, older.Number).Case, fx.detail(t, younger.Number).Case
		c, err := fx.Merge(ctx, store.Merge{CaseWork: workOn(older, lea), Other: younger.Number, OtherVersion: younger.Version})
		if err != nil {
			t.Fatal(err)
		}
		u := store.Unmerge{CaseWork: workOn(younger, lea), IntoVersion: c.Version}
		u.Version = younger.Version + 1
		if _, err := fx.Unmerge(ctx, u); err != nil {
			t.Fatal(err)
		}
		var back []int64
		for _, e := range fx.Log(t, 0) {
			if e.Kind == socialwatch.EventCaseWoken && e.Data["why"] == "merged" && e.Actor == "lea" {
				back = append(back, e.CaseID)
			}
		}
		if slices.Sort(back); !slices.Equal(back, []int64{older.ID, younger.ID}) {
			t.Errorf("told to be back: %d", back)
		}
		for _, was := range []socialwatch.Case{older, younger} {
			if now := fx.detail(t, was.Number).Case; !now.SnoozedUntil.IsZero() {
				t.Errorf("%s is put off until %s", now.Number, now.SnoozedUntil)
			}
		}
	})
}
