package storetest

import (
	"errors"
	"slices"
	"testing"

	"socialwatch"
)

// TestSavingAnUnchangedTextIsNoEdit: nobody passes on their authorship to whoever
// only looks. A blocked text may be saved as it is: the check may let it pass now.
func TestSavingAnUnchangedTextIsNoEdit(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, otto, xena := t.Context(), fx.Hire(t, "otto", socialwatch.RoleAuthor), fx.Hire(t, "xena", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 1)[0]
		var err error
		if s.Reply, err = fx.Revise(ctx, Edit(s, xena, "Sorry.")); err != nil {
			t.Fatal(err)
		}
		if _, err := fx.Revise(ctx, Edit(s, otto, "Sorry.")); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("saved unchanged: %v", err)
		}
		if card, err := fx.Card(ctx, s.Reply.ID); err != nil || card.Reply.Author != "xena" || len(card.Versions) != 2 {
			t.Errorf("%+v, %v", card.Reply, err)
		}
		if err := fx.Block(ctx, s.Reply.ID, []socialwatch.Finding{{Rule: "r", Blocks: true}}, "6-dddd", Start); err != nil {
			t.Fatal(err)
		}
		if r, err := fx.Revise(ctx, Edit(s, otto, "Sorry.")); err != nil || r.State != socialwatch.ReplyAwaiting {
			t.Errorf("a blocked one: %+v, %v", r, err)
		}
	})
}

// TestWhoWroteAnyVersionIsAnAuthor, whoever has edited it since: without
// self-approval somebody else decides, with it reply and event say so.
func TestWhoWroteAnyVersionIsAnAuthor(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, otto, xena := t.Context(), fx.Hire(t, "otto", socialwatch.RoleAuthor), fx.Hire(t, "xena", socialwatch.RoleApprover)
		ben := fx.Hire(t, "ben", socialwatch.RoleApprover)
		seeded := fx.Seed(t, "post", 3)
		for i := range seeded {
			for _, by := range []socialwatch.Person{xena, otto} {
				var err error
				if seeded[i].Reply, err = fx.Revise(ctx, Edit(seeded[i], by, "Sorry, says "+by.Login+".")); err != nil {
					t.Fatal(err)
				}
			}
		}
		rc, err := fx.Context(ctx, seeded[0].Reply.ID)
		if err != nil || !slices.Equal(rc.Authors, []string{"otto", socialwatch.System, "xena"}) {
			t.Errorf("authors %q, %v", rc.Authors, err)
		}
		own := Yes(seeded[0].Reply, xena)
		if _, err := fx.Approve(ctx, own); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("approved what she wrote a version of: %v", err)
		}
		both := Edit(seeded[1], xena, "Sorry again.")
		a := Yes(seeded[1].Reply, xena)
		a.Hash = both.Payload.Hash()
		both.Approval = &a
		if _, err := fx.Revise(ctx, both); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("edited and approved it: %v", err)
		}
		own.SelfApproval, own.Colleague = true, true
		if _, err := fx.Approve(ctx, own); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("where a colleague must: %v", err)
		}
		own.Colleague = false
		if r, err := fx.Approve(ctx, own); err != nil || !r.SelfApproved {
			t.Errorf("where one may: %+v, %v", r, err)
		}
		if r, err := fx.Approve(ctx, Yes(seeded[2].Reply, ben)); err != nil || r.SelfApproved {
			t.Errorf("another person: %+v, %v", r, err)
		}
	})
}
