package storetest

import (
	"errors"
	"slices"
	"testing"

	"socialwatch"
	"socialwatch/internal/store/dbtest"
)

func TestEntitiesViewHoldsNumbersOnceAndNothingElse(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		s := fx.Seed(t, "post", 1)
		follow := Mention("post-0001-b", s[0].Mention.Author.ID)
		a := Assessment(follow)
		a.Entities = append(a.Entities, socialwatch.Entity{Kind: socialwatch.Phone, Value: "5550104477"},
			socialwatch.Entity{Kind: socialwatch.TrackingNumber, Value: "RR473124829GB"})
		none := Mention("post-0001-c", s[0].Mention.Author.ID)
		c := fx.Changes(t)
		c.Entries = []socialwatch.Entry{{Mention: follow, Assessment: a, CaseID: s[0].Case.ID},
			{Mention: none, Assessment: Assessment(none)}} // the last without a case
		fx.MustSave(t, c)
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		rows, err := db.Query("select case_id, kind, value from case_entities_v1 order by kind, value")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var got []string
		for rows.Next() {
			var id int64
			var kind, value string
			if err := rows.Scan(&id, &kind, &value); err != nil || id != s[0].Case.ID {
				t.Errorf("case %d, %v", id, err)
			}
			got = append(got, kind+" "+value)
		}
		if want := []string{"order_number 100-2233", "tracking_number RR473124829GB"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// TestViewsShowWordsMaskedOrPublic: of posts the masked words, of replies those
// that everybody can read.
func TestViewsShowWordsMaskedOrPublic(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		c := fx.Batch(t, "post", 2)
		for i := range c.Entries {
			c.Entries[i].Assessment.Masked = "@help my order ******** has not moved"
		}
		fx.MustSave(t, c)
		k := fx.Know(t, []string{"post-0001"}, nil)
		ana := fx.Hire(t, "ana", socialwatch.RoleLead)
		TemplateApproved(t, fx.Options, k.Replies[0].Payload)
		sent := fx.Sending(t, k.Replies[0], ana, "w")
		if err := fx.Finish(t.Context(), sent, outcome(socialwatch.ReplySent)); err != nil {
			t.Fatal(err)
		}
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		var words, public, hidden string
		var posts, replies int
		err := errors.Join(
			db.QueryRow("select count(*), min(masked) from case_mentions_v1").Scan(&posts, &words),
			db.QueryRow("select count(*), max(public_text), min(public_text) from replies_v1").Scan(&replies, &public, &hidden))
		if err != nil || posts != 2 || replies != 2 || words != c.Entries[0].Assessment.Masked || public != k.Replies[0].Payload.Text || hidden != "" {
			t.Errorf("%d posts %q, %d replies %q and %q, %v", posts, words, replies, public, hidden, err)
		}
		c = fx.Changes(t)
		c.Gone = []string{"post-0001", "post-0002"}
		fx.MustSave(t, c)
		var left int
		err = db.QueryRow("select count(*) from case_mentions_v1 where masked <> '' or author_handle <> '' or url <> '' or gone_at is null").Scan(&left)
		if err != nil || left != 0 {
			t.Errorf("%d posts that are gone still show words, %v", left, err)
		}
	})
}
