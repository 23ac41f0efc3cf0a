package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

// TestWhatIsTooOldIsErased and nothing else: closed cases and posts without one go
// at the moment after their time, whole; open ones and those in doubt stay.
func TestWhatIsTooOldIsErased(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		k := plant(t, fx)
		closed := Start.Add(30 * 24 * time.Hour)
		for _, c := range []socialwatch.Case{k.own, k.doubt, k.others} {
			fx.exec(t, fmt.Sprintf("update cases set state = 'closed', look_at = null where id = %d", c.ID))
		}
		at := fx.detail(t, k.own.Number).Case.UpdatedAt
		erase := func(before time.Time) int {
			t.Helper()
			n, err := fx.EraseClosed(t.Context(), before, closed)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		// The draft of another's case, and one that was merged, may still be decided.
		for _, before := range []time.Time{{}, at, closed} {
			if n := erase(before); n != 0 {
				t.Fatalf("%d erased before %s while replies of all are live", n, before)
			}
		}
		fx.exec(t, "update replies set state = 'expired' where state = 'awaiting'")
		if n := erase(Start); n != 0 {
			t.Errorf("%d are erased at the moment at which the time is over", n)
		}
		if n := erase(closed); n != 2 {
			t.Errorf("%d erased, want the person's and the other's", n)
		}
		if n := erase(closed); n != 1 {
			t.Errorf("%d erased then, want the one that was merged", n)
		}
		if n := erase(closed); n != 0 {
			t.Errorf("%d erased again", n)
		}
		rows := fx.strings(t, "select number from cases where erased_at is null order by id")
		if want := []string{k.sent.Number, k.doubt.Number}; !slices.Equal(rows, want) {
			t.Errorf("left are %v, want the open one and the one in doubt %v", rows, want)
		}
		if all := allRows(t, fx); strings.Contains(all, "wvustays") {
			t.Error("words of the other's old case are left")
		}
		old := fx.Log(t, 0)
		n := 0
		for _, e := range old {
			if e.Kind == socialwatch.EventCaseErased && e.Data["why"] == socialwatch.ErasedByAge && e.Actor == socialwatch.System {
				n++
			}
		}
		if n != 3 {
			t.Errorf("%d events of erasure by age", n)
		}
	})
}

// TestOldIgnoredPostsAreErased in batches, of the account alone.
func TestOldIgnoredPostsAreErased(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		c := fx.Changes(t)
		for i := range 205 {
			m, a := say(fmt.Sprintf("i%d", i), "customer1", "wvupromotion", "en")
			a.Ignored = "noise.promotion"
			c.Entries = append(c.Entries, socialwatch.Entry{Mention: m, Assessment: a})
		}
		m, a := say("case", "customer2", "wvucase", "en")
		one := fx.NewCase(t, m)
		c.Cases, c.Entries = append(c.Cases, one), append(c.Entries, socialwatch.Entry{Mention: m, Assessment: a, CaseID: one.ID})
		fx.MustSave(t, c)
		later := Start.Add(time.Hour)
		for _, tt := range []struct {
			account string
			before  time.Time
			want    int
		}{{Account, time.Time{}, 0}, {Account, Start, 0}, {"other", later, 0}, {Account, later, 205}, {Account, later, 0}} {
			if n, err := fx.EraseIgnored(t.Context(), tt.account, tt.before, later); err != nil || n != tt.want {
				t.Errorf("of %s before %s: %d, %v, want %d", tt.account, tt.before, n, err, tt.want)
			}
		}
		rows := allRows(t, fx)
		if strings.Contains(rows, "wvupromotion") || !strings.Contains(rows, "wvucase") {
			t.Error("the words of ignored posts are left, or those of a case are gone")
		}
		if found, _, err := fx.Mentions(t.Context(), store.MentionFilter{Limit: 500}); err != nil || len(found) != 206 {
			t.Errorf("%d tombstones and a mention, %v", len(found), err)
		}
	})
}
