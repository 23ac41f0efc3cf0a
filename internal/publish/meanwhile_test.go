package publish

import (
	"context"
	"errors"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/intake"
	"socialwatch/internal/simulator"
)

// slowSave lets something happen between what a batch has read and its saving.
type slowSave struct {
	intake.Store
	meanwhile func()
}

func (s *slowSave) Save(ctx context.Context, c socialwatch.Changes) error {
	if do := s.meanwhile; do != nil {
		s.meanwhile = nil
		do()
	}
	return s.Store.Save(ctx, c)
}

// TestDraftMadeWhileAPostComesIsSuperseded: the batch that brings the post has read the
// case before the draft was there.
func TestDraftMadeWhileAPostComesIsSuperseded(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		post, draft := w.complain("customer1@far.example")
		w.desk.SelfApproval = func(string) bool { return true }
		d := socialwatch.Decision{ReplyID: draft.ID, Hash: draft.Hash, By: w.person, Reason: "wrong_tone", Text: "Own words."}
		if _, err := w.desk.Reject(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		w.say("customer1@far.example", "@shop_help forget it, it came", simulator.PostOptions{InReplyTo: post})
		var own socialwatch.Reply
		in := *w.intake
		in.Store = &slowSave{w.store, func() {
			var err error
			if own, err = w.desk.Again(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}}
		if _, err := in.Poll(t.Context(), w.conn); err != nil {
			t.Fatal(err)
		}
		w.wantState(own.ID, socialwatch.ReplySuperseded)
		d = socialwatch.Decision{ReplyID: own.ID, Hash: own.Hash, By: w.person}
		if err := confirming(t.Context(), w.desk.Approve, d); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("approved: %v", err)
		}
		w.pass(time.Second)
		w.wantPublic(post, 0)
	})
}
