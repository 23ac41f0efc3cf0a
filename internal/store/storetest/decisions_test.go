package storetest

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

func TestEachVersionKeepsItsBadgeDiffAndCheck(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, ana, ben := t.Context(), fx.Hire(t, "ana", socialwatch.RoleApprover), fx.Hire(t, "ben", socialwatch.RoleApprover)
		c := fx.Batch(t, "post", 1)
		c.Entries[0].Reply.CheckedBy = "5-aaaa"
		c.Entries[0].Slots = []socialwatch.Span{{Start: 0, End: 2}}
		fx.MustSave(t, c)
		k := fx.Know(t, []string{c.Entries[0].Mention.ID}, nil)
		s := Seeded{Case: k.Cases[0], Mention: c.Entries[0].Mention, Reply: k.Replies[0]}
		if s.Reply.Edit != (socialwatch.Edit{Kind: socialwatch.EditNone}) || s.Reply.CheckedBy != "5-aaaa" {
			t.Errorf("as drafted: %+v", s.Reply)
		}
		rc, err := fx.Context(ctx, s.Reply.ID)
		if err != nil || rc.FirstBy != socialwatch.System || !slices.Equal(rc.Slots, c.Entries[0].Slots) {
			t.Errorf("%+v by %s, %v", rc.Slots, rc.FirstBy, err)
		}
		rev := Edit(s, ana, "Sorry.")
		rev.Change = socialwatch.Change{Edit: socialwatch.Edit{Kind: socialwatch.EditWords, Added: 1, Removed: 4},
			Diff: []socialwatch.DiffPart{{Op: socialwatch.DiffRemoved, Text: s.Reply.Payload.Text}, {Op: socialwatch.DiffAdded, Text: "Sorry."}}}
		rev.CheckedBy = "5-bbbb"
		r, err := fx.Revise(ctx, rev)
		if err != nil || r.Edit != rev.Change.Edit || r.CheckedBy != "5-bbbb" {
			t.Fatalf("%+v, %v", r, err)
		}
		yes := Yes(r, ben)
		yes.CheckedBy = "5-cccc"
		if r, err = fx.Approve(ctx, yes); err != nil || r.CheckedBy != "5-cccc" || r.SelfApproved || !r.HoldFrom.Equal(yes.At) {
			t.Fatalf("%+v, %v", r, err)
		}
		card, err := fx.Card(ctx, r.ID)
		if err != nil || len(card.Versions) != 2 || card.Reply.Edit != rev.Change.Edit {
			t.Fatalf("%+v, %v", card, err)
		}
		if v := card.Versions[0]; v.Edit.Kind != socialwatch.EditNone || len(v.Diff) != 0 || v.CheckedBy != "5-aaaa" {
			t.Errorf("%+v", v)
		}
		if v := card.Versions[1]; v.Edit != rev.Change.Edit || !reflect.DeepEqual(v.Diff, rev.Change.Diff) || v.CheckedBy != "5-bbbb" {
			t.Errorf("%+v", v)
		}
		rows, _, err := fx.Queue(ctx, store.QueueFilter{States: []socialwatch.ReplyState{socialwatch.ReplyHolding}})
		if err != nil || len(rows) != 1 || rows[0].Reply.Edit != rev.Change.Edit {
			t.Errorf("%+v, %v", rows, err)
		}
	})
}

func TestColleagueMustApproveAnEditWhereThatIsAsked(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, ana, ben := t.Context(), fx.Hire(t, "ana", socialwatch.RoleApprover), fx.Hire(t, "ben", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 1)[0]
		rev := Edit(s, ana, "Sorry.")
		a := Yes(s.Reply, ana)
		a.Hash, a.SelfApproval, a.Colleague = rev.Payload.Hash(), true, true
		rev.Approval = &a
		if r, err := fx.Revise(ctx, rev); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("edited and approved: %+v, %v", r, err)
		}
		rev.Approval = nil
		r, err := fx.Revise(ctx, rev)
		if err != nil {
			t.Fatal(err)
		}
		own := Yes(r, ana)
		own.SelfApproval, own.Colleague = true, true
		if _, err := fx.Approve(ctx, own); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("approved the own edit: %v", err)
		}
		other := Yes(r, ben)
		other.Colleague = true
		if _, err := fx.Approve(ctx, other); err != nil {
			t.Errorf("a colleague: %v", err)
		}
	})
}

func TestSelfApprovalStandsWithTheReplyUntilItIsEdited(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, ana := t.Context(), fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 1)[0]
		r, err := fx.Revise(ctx, Edit(s, ana, "Sorry."))
		if err != nil {
			t.Fatal(err)
		}
		own := Yes(r, ana)
		own.SelfApproval = true
		if r, err = fx.Approve(ctx, own); err != nil || !r.SelfApproved {
			t.Fatalf("%+v, %v", r, err)
		}
		if err := fx.Block(ctx, r.ID, []socialwatch.Finding{{Rule: "r", Blocks: true}}, "6-dddd", Start); err != nil {
			t.Fatal(err)
		}
		s.Reply = r
		if r, err = fx.Revise(ctx, Edit(s, ana, "Sorry again.")); err != nil || r.SelfApproved || !r.HoldFrom.IsZero() {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestHoldIsExtendedToItsBound: 20 s more each time, 300 s in all, and never once
// the window is over.
func TestHoldIsExtendedToItsBound(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, ana := t.Context(), fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 2)
		held := fx.Hold(t, s[0].Reply, ana)
		d := socialwatch.Decision{ReplyID: held.ID, Hash: held.Hash, By: ana}
		want := held.HoldUntil
		for n := 0; ; n++ {
			r, err := fx.Extend(ctx, d, Start.Add(time.Second))
			if want.Sub(Start) == socialwatch.HoldMax {
				if !errors.Is(err, socialwatch.ErrConflict) || n != 14 {
					t.Errorf("extended %d times: %v", n, err)
				}
				break
			}
			if want = want.Add(socialwatch.HoldStep); err != nil || !r.HoldUntil.Equal(want) {
				t.Fatalf("until %s, %v, want %s", r.HoldUntil, err, want)
			}
		}
		if n := kinds(t, fx, socialwatch.EventReplyExtended); n != 14 {
			t.Errorf("%d events", n)
		}
		early := Claimable(held, "w")
		if _, err := fx.Claim(ctx, early); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("claimed within the longer window: %v", err)
		}
		early.Now = want
		if _, err := fx.Claim(ctx, early); err != nil {
			t.Errorf("claimed behind it: %v", err)
		}
		held = fx.Hold(t, s[1].Reply, ana)
		d = socialwatch.Decision{ReplyID: held.ID, Hash: held.Hash, By: ana}
		if _, err := fx.Extend(ctx, d, held.HoldUntil); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("extended when it was over: %v", err)
		}
		d.Hash = s[0].Reply.Hash
		if _, err := fx.Extend(ctx, d, Start); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("extended another text: %v", err)
		}
	})
}

// TestExtendOrClaimNeverBoth: of an extension and a claim at once, either the call
// begins or the window is longer.
func TestExtendOrClaimNeverBoth(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		for _, s := range fx.Seed(t, "post", 4) {
			held := fx.Hold(t, s.Reply, ana)
			errs := atOnce(2, func(i int) error {
				if i == 0 {
					_, err := fx.Extend(t.Context(), socialwatch.Decision{ReplyID: held.ID, Hash: held.Hash, By: ana}, held.HoldUntil.Add(-time.Microsecond))
					return err
				}
				_, err := fx.Claim(t.Context(), Claimable(held, "w"))
				return err
			})
			if wins(t, errs) != 1 {
				t.Errorf("%v", errs)
			}
		}
	})
}

func TestWhatIsOnItsWayTellsThatTheThreadMoved(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 2)
		fx.Sending(t, s[0].Reply, ana, "w")
		c := fx.Changes(t)
		for _, one := range s {
			c.Events = append(c.Events, socialwatch.Event{Kind: socialwatch.EventThreadMoved, CaseID: one.Case.ID, At: Start,
				Actor: socialwatch.System, Data: map[string]any{"reply_id": one.Reply.ID, "why": "the customer added a post"}})
		}
		fx.MustSave(t, c)
		card, err := fx.Card(t.Context(), s[0].Reply.ID)
		if err != nil || card.Reply.Moved != "the customer added a post" {
			t.Errorf("%q, %v", card.Reply.Moved, err)
		}
		if card, err = fx.Card(t.Context(), s[1].Reply.ID); err != nil || card.Reply.Moved != "" {
			t.Errorf("one that can still be superseded: %q, %v", card.Reply.Moved, err)
		}
	})
}

func TestTemplateIsNewUntilItIsApprovedAsItFills(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, ana := t.Context(), fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 3)
		isNew := func(i int) bool {
			rc, err := fx.Context(ctx, s[i].Reply.ID)
			if err != nil {
				t.Fatal(err)
			}
			return rc.NewTemplate
		}
		fx.Hold(t, s[0].Reply, ana) // edited, say
		if !isNew(1) {
			t.Error("an approval that was none of the template's words made it known")
		}
		yes := Yes(s[1].Reply, ana)
		yes.FirstUse = true
		if _, err := fx.Approve(ctx, yes); err != nil {
			t.Fatal(err)
		}
		if isNew(2) {
			t.Error("still new")
		}
		next := Edit(s[2], ana, "Sorry.")
		next.Payload.TemplateV++
		if _, err := fx.Revise(ctx, next); err != nil || !isNew(2) {
			t.Errorf("its next version is known: %v", err)
		}
	})
}

func TestThoseWhoPoseAsUsAreKnownToTheBatch(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		c := fx.Batch(t, "post", 2)
		c.Entries[0].Assessment.Signals = []socialwatch.Signal{{Name: socialwatch.SignalImpostor}}
		fx.MustSave(t, c)
		m := c.Entries[0].Mention
		k := fx.Know(t, []string{m.RootID, c.Entries[1].Mention.RootID}, nil)
		want := []socialwatch.Posing{{RootID: m.RootID, AuthorID: m.Author.ID, Handle: m.Author.Handle}}
		if !reflect.DeepEqual(k.Posing, want) {
			t.Errorf("%+v, want %+v", k.Posing, want)
		}
	})
}
