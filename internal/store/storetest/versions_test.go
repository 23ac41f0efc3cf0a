package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

func TestAuthorIsNotApprover(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		ana, ben := fx.Hire(t, "ana", socialwatch.RoleApprover), fx.Hire(t, "ben", socialwatch.RoleApprover)
		seeded := fx.Seed(t, "post", 4)
		edited := func(s Seeded) socialwatch.Reply {
			r, err := fx.Revise(ctx, Edit(s, ana, "Sorry, "+s.Mention.ID))
			if err != nil || r.State != socialwatch.ReplyAwaiting || r.Version != 2 || r.Author != "ana" || r.Hash != r.Payload.Hash() {
				t.Fatalf("%+v, %v", r, err)
			}
			return r
		}
		r := edited(seeded[0])
		if _, err := fx.Approve(ctx, Yes(seeded[0].Reply, ben)); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("approved a version that is no more: %v", err)
		}
		if _, err := fx.Approve(ctx, Yes(r, ana)); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("approved one's own version: %v", err)
		}
		if _, err := fx.Approve(ctx, Yes(r, ben)); err != nil {
			t.Errorf("another's: %v", err)
		}
		own := Yes(edited(seeded[1]), ana)
		own.SelfApproval = true
		if _, err := fx.Approve(ctx, own); err != nil {
			t.Errorf("where one may: %v", err)
		}
		// Editing and approving the program's draft is one decision, of one's own
		// draft it is self-approval.
		both := func(s Seeded) socialwatch.Revision {
			e := Edit(s, ana, "Sorry again, "+s.Mention.ID)
			a := Yes(s.Reply, ana)
			a.Hash = e.Payload.Hash()
			e.Approval = &a
			return e
		}
		one, err := fx.Revise(ctx, both(seeded[2]))
		if err != nil || one.State != socialwatch.ReplyHolding || one.Version != 2 || one.DecidedBy != "ana" {
			t.Errorf("edit and approve: %+v, %v", one, err)
		}
		seeded[3].Reply = edited(seeded[3])
		if r, err := fx.Revise(ctx, both(seeded[3])); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("edited and approved one's own: %+v, %v", r, err)
		}
		if card, err := fx.Card(ctx, seeded[3].Reply.ID); err != nil || card.Reply.Version != 2 || len(card.Versions) != 2 {
			t.Errorf("a refused approval keeps nothing of its edit: %+v, %v", card.Reply, err)
		}
		selves := 0
		for _, e := range fx.Log(t, 0) {
			if e.Data["self_approved"] == true {
				selves++
				if e.Kind != "reply.approved" || e.ReplyID != seeded[1].Reply.ID {
					t.Errorf("self-approved: %+v", e)
				}
			}
		}
		if selves != 1 {
			t.Errorf("%d events of self-approval", selves)
		}
	})
}

func TestEachVersionIsKept(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx, ana := t.Context(), fx.Hire(t, "ana", socialwatch.RoleAuthor)
		s := fx.Seed(t, "post", 1)[0]
		blocking := Edit(s, ana, "Send us your card number.")
		blocking.Findings = []socialwatch.Finding{{Rule: "asks_secret", Blocks: true, Words: "card number", Mend: "do not ask"}}
		r, err := fx.Revise(ctx, blocking)
		if err != nil || r.State != socialwatch.ReplyBlocked || r.Reason == "" || len(r.Findings) != 1 {
			t.Fatalf("%+v, %v", r, err)
		}
		s.Reply = r
		mended := Edit(s, ana, "Sorry for the wait.")
		mended.Findings = []socialwatch.Finding{{Rule: "edited"}}
		if r, err = fx.Revise(ctx, mended); err != nil || r.State != socialwatch.ReplyAwaiting || r.Version != 3 || r.Reason != "" {
			t.Fatalf("%+v, %v", r, err)
		}
		if _, err := fx.Revise(ctx, blocking); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("edited what is no more: %v", err)
		}
		other := Edit(s, ana, "Sorry.")
		other.Hash, other.Payload.ParentID = r.Hash, "another post"
		if _, err := fx.Revise(ctx, other); err == nil || !strings.Contains(err.Error(), "not what they answer") {
			t.Errorf("an edit that answers another post: %v", err)
		}
		card, err := fx.Card(ctx, r.ID)
		if err != nil || len(card.Versions) != 3 || card.Original() == "" {
			t.Fatalf("%+v, %v", card.Versions, err)
		}
		for i, want := range []struct{ author, text string }{{socialwatch.System, card.Original()},
			{"ana", "Send us your card number."}, {"ana", "Sorry for the wait."}} {
			v := card.Versions[i]
			if v.N != i+1 || v.Author != want.author || v.Payload.Text != want.text || v.Hash != v.Payload.Hash() {
				t.Errorf("version %d: %+v", i+1, v)
			}
		}
		rc, err := fx.Context(ctx, r.ID)
		if err != nil || rc.Original != card.Original() || rc.Reply.Version != 3 {
			t.Errorf("%+v, %v", rc, err)
		}
	})
}

func TestApprovalIsRefused(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		cases := map[string]struct {
			spoil    func(s Seeded, a *socialwatch.Approval)
			conflict bool
			says     string
		}{
			"another hash": {func(_ Seeded, a *socialwatch.Approval) { a.Hash = strings.Repeat("0", 64) }, true, "another text"},
			"expired":      {func(s Seeded, a *socialwatch.Approval) { a.At = s.Reply.ExpiresAt }, true, "expired at 09:00 UTC"},
			"a finding blocks": {func(_ Seeded, a *socialwatch.Approval) {
				a.Findings = []socialwatch.Finding{{Rule: "r", Blocks: true}}
			}, false, "safety check"},
			"no key":    {func(_ Seeded, a *socialwatch.Approval) { a.Key = "" }, false, "needs a key"},
			"no expiry": {func(_ Seeded, a *socialwatch.Approval) { a.ExpiresAt = time.Time{} }, false, "expiry"},
			"payload changed in the database": {func(s Seeded, _ *socialwatch.Approval) {
				tamper(t, fx, s.Reply.ID)
			}, true, "another text"},
			"parent gone": {func(s Seeded, _ *socialwatch.Approval) {
				fx.exec(t, "update mentions set gone_at = received_at where post_id = '"+s.Mention.ID+"'")
			}, true, "gone"},
			"parent edited": {func(s Seeded, _ *socialwatch.Approval) {
				fx.exec(t, "update mentions set revision = '20261102' where post_id = '"+s.Mention.ID+"'")
			}, true, "edited"},
		}
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				s := fx.Seed(t, strings.ReplaceAll(name, " ", "-"), 1)[0]
				a := Yes(s.Reply, ana)
				c.spoil(s, &a)
				before := dump(t, fx)
				_, err := fx.Approve(t.Context(), a)
				if err == nil || errors.Is(err, socialwatch.ErrConflict) != c.conflict || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%v", err)
				}
				if dump(t, fx) != before {
					t.Error("a refused approval has changed something")
				}
			})
		}
		if _, err := fx.Approve(t.Context(), socialwatch.Approval{Decision: socialwatch.Decision{ReplyID: 1 << 40, By: ana}}); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("no such reply: %v", err)
		}
	})
}

// tamper changes the stored text of a reply, as somebody with the database's
// password could.
func tamper(t *testing.T, fx bench, id int64) {
	t.Helper()
	text := "replace(cast(payload as text), 'Sorry', 'Hurrah')"
	if fx.Kind() == store.Postgres {
		text = "cast(" + text + " as jsonb)"
	}
	fx.exec(t, fmt.Sprintf("update replies set payload = %s where id = %d", text, id))
}

func TestWhileAReplyIsInDoubtNoOtherOfItsCaseIsApproved(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 1)[0]
		c := fx.Changes(t)
		m := Mention("post-2", s.Mention.Author.ID)
		c.Entries = []socialwatch.Entry{{Mention: m, Assessment: Assessment(m), CaseID: s.Case.ID, Reply: Draft(m, "Still on it.")}}
		fx.MustSave(t, c)
		second := fx.Know(t, []string{"post-2"}, nil).Replies[1]
		put(t, fx, s.Reply.ID, socialwatch.ReplyUnknown)
		if _, err := fx.Approve(t.Context(), Yes(second, ana)); !errors.Is(err, socialwatch.ErrConflict) || !strings.Contains(err.Error(), "another reply") {
			t.Errorf("approved beside an unknown one: %v", err)
		}
		if card, err := fx.Card(t.Context(), second.ID); err != nil || !card.InDoubt {
			t.Errorf("card: %v, %v", card.InDoubt, err)
		}
		if rc, err := fx.Context(t.Context(), second.ID); err != nil || !rc.InDoubt {
			t.Errorf("context: %v, %v", rc.InDoubt, err)
		}
		put(t, fx, s.Reply.ID, socialwatch.ReplySent)
		fx.Hold(t, second, ana)
	})
}

func TestRejectNeedsAReasonAndKeepsTheNoteOutOfTheLog(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		s := fx.Seed(t, "post", 1)[0]
		d := decision(s, ana)
		for reason, note := range map[string]string{"": "why", "because": "why", "other": ""} {
			d.Reason, d.Note = reason, note
			if _, err := fx.Reject(t.Context(), d, Start); err == nil {
				t.Errorf("rejected for %q, %q", reason, note)
			}
		}
		d.Reason, d.Note = "other", "she wrote that it came"
		r, err := fx.Reject(t.Context(), d, Start)
		if err != nil || r.State != socialwatch.ReplyRejected || r.Reason != "other: she wrote that it came" || r.DecidedBy != "ana" {
			t.Errorf("%+v, %v", r, err)
		}
		log := fx.Log(t, 0)
		if last := log[len(log)-1]; last.Kind != "reply.rejected" || last.Data["reason"] != "other" || last.Data["note"] != nil || last.Actor != "ana" {
			t.Errorf("%+v", last)
		}
	})
}

func TestUndoneOrRejectedMayBeDraftedAgain(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		ctx := t.Context()
		ana, ben := fx.Hire(t, "ana", socialwatch.RoleApprover), fx.Hire(t, "ben", socialwatch.RoleAuthor)
		s := fx.Seed(t, "post", 1)[0]
		if _, err := fx.Propose(ctx, Proposal(s, ben, "Mine.")); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("a second live reply: %v", err)
		}
		fx.Hold(t, s.Reply, ana)
		if r, err := fx.Undo(ctx, decision(s, ana), Start); err != nil || r.State != socialwatch.ReplyCancelled {
			t.Fatalf("%+v, %v", r, err)
		}
		r, err := fx.Propose(ctx, Proposal(s, ben, "Mine."))
		if err != nil || r.State != socialwatch.ReplyAwaiting || r.Version != 1 || r.Author != "ben" || r.CaseID != s.Case.ID {
			t.Fatalf("%+v, %v", r, err)
		}
		if rc, err := fx.Context(ctx, r.ID); err != nil || rc.Original != "" {
			t.Errorf("original of a person's own text: %q, %v", rc.Original, err)
		}
		rows, _, err := fx.Queue(ctx, store.QueueFilter{})
		if err != nil || len(rows) != 1 || rows[0].Reply.ID != r.ID {
			t.Errorf("queue %+v, %v", rows, err)
		}
		d := decision(Seeded{Reply: r}, ben)
		if got, err := fx.Withdraw(ctx, d, Start); err != nil || got.State != socialwatch.ReplyWithdrawn {
			t.Errorf("an author's own: %+v, %v", got, err)
		}
		stale := Proposal(s, ben, "Mine.")
		stale.Payload.ParentRev = "1"
		if _, err := fx.Propose(ctx, stale); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("to what the post said before: %v", err)
		}
		wrong := Proposal(s, ben, "Mine.")
		wrong.Payload.ParentID = "another"
		if _, err := fx.Propose(ctx, wrong); err == nil {
			t.Error("a payload for another post")
		}
		fx.exec(t, "update cases set state = 'resolved'")
		if _, err := fx.Propose(ctx, Proposal(s, ben, "Mine.")); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("in a resolved case: %v", err)
		}
		lost := Proposal(s, ben, "Mine.")
		lost.MentionID = 1 << 40
		if _, err := fx.Propose(ctx, lost); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("to no post: %v", err)
		}
	})
}
