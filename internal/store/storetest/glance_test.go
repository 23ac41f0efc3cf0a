package storetest

import (
	"slices"
	"testing"

	"socialwatch"
	"socialwatch/internal/store"
)

func TestAGlanceTellsWhatQueueGives(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		fx.Seed(t, "post", 7)
		for name, f := range map[string]store.QueueFilter{"all": {}, "of the account": {Accounts: []string{Account}}, "of none": {Accounts: []string{}},
			"of a language": {Languages: []string{"en"}}, "held": {States: []socialwatch.ReplyState{socialwatch.ReplyHolding}}} {
			rows, _, err := fx.Queue(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			want := make([]int64, len(rows))
			for i, r := range rows {
				want[i] = r.Reply.ID
			}
			got, err := fx.Glance(t.Context(), f)
			if err != nil || got.Count != len(want) || !slices.Equal(got.IDs, want) && len(want) > 0 {
				t.Errorf("%s: %+v, want %v; %v", name, got, want, err)
			}
		}
		f := store.QueueFilter{Limit: 3}
		_, next, err := fx.Queue(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := fx.Glance(t.Context(), store.QueueFilter{After: next}); err != nil || got.Count != 4 {
			t.Errorf("behind the first three: %+v, %v", got, err)
		}
	})
}

func TestAGlanceCountsAsFarAsItIsOfUse(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		fx.Seed(t, "post", store.GlanceCount+50)
		for _, f := range []store.QueueFilter{{}, {Accounts: []string{Account}}} {
			if got, err := fx.Glance(t.Context(), f); err != nil || got.Count != store.GlanceCount+1 || len(got.IDs) != store.GlanceIDs {
				t.Errorf("%d of %d, %v", len(got.IDs), got.Count, err)
			}
		}
		list, err := fx.Connections(t.Context(), Start)
		if err != nil || list[0].Queue != store.GlanceCount+1 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestStandingsTellWhereRepliesStand(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		seeded := fx.Seed(t, "post", 3)
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		first, second := seeded[0].Reply.ID, seeded[1].Reply.ID
		if _, err := fx.Lease(t.Context(), first, ana, Start); err != nil {
			t.Fatal(err)
		}
		got, err := fx.Standings(t.Context(), []int64{second, first, 99_999})
		if err != nil || len(got) != 2 {
			t.Fatalf("%+v, %v", got, err)
		}
		card, err := fx.Card(t.Context(), first)
		if err != nil {
			t.Fatal(err)
		}
		want := store.Standing{ID: first, Account: Account, State: socialwatch.ReplyAwaiting, Hash: card.Reply.Hash,
			Lease: socialwatch.Lease{By: "ana", Until: Start.Add(socialwatch.DecisionLease)}, Revision: card.Parent.Mention.Revision()}
		if got[0] != want || got[1].ID != second || got[1].Lease.By != "" {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if none, err := fx.Standings(t.Context(), nil); err != nil || len(none) != 0 {
			t.Errorf("%v, %v", none, err)
		}
	})
}
