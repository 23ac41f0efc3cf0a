package publish

import (
	"errors"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator"
)

// The customer mends an earlier post of the case while our reply to the later
// one is in doubt: what the approver read is no longer so.
func TestEditOfAnotherPostInDoubtIsHeeded(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		first, _ := w.complain("customer1@far.example")
		post, draft := w.complain("customer1@far.example")
		w.approve(draft)
		w.loseCall()
		w.pass(0)
		w.wantState(draft.ID, socialwatch.ReplyUnknown)
		if err := w.sim.Edit(first, "@shop_help it came, forget it"); err != nil {
			t.Fatal(err)
		}
		if err := w.intake.Look(t.Context(), w.conn, []string{first}); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			w.pass(time.Second)
		}
		if w.conn.Replier.Guard() == 0 {
			if _, err := w.desk.Settle(t.Context(), socialwatch.Settlement{ReplyID: draft.ID, By: w.person, Absent: true}); err != nil {
				t.Fatal(err)
			}
			w.pass(time.Second)
		}
		w.wantState(draft.ID, socialwatch.ReplySuperseded)
		w.wantPublic(post, 0)
	})
}

// Two people look for the same call; when the second one's word comes in, there
// has been another call, of which they know nothing.
func TestWordAboutAnEarlierCallSettlesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		post, draft := w.complain("customer1@far.example")
		w.approve(draft)
		w.loseCall()
		w.pass(0)
		word := socialwatch.Settlement{ReplyID: draft.ID, By: w.person, Absent: true, Attempt: w.reply(draft.ID).Attempt}
		if _, err := w.desk.Settle(t.Context(), word); err != nil {
			t.Fatal(err)
		}
		if err := w.sim.Inject(simulator.Fault{Kind: simulator.FaultLostAfter, Route: "POST /api/v1/statuses", Count: 1}); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		w.wantState(draft.ID, socialwatch.ReplyUnknown)
		w.wantPublic(post, 1)
		if _, err := w.desk.Settle(t.Context(), word); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("settled by an old word: %v", err)
		}
		for range 4 {
			w.pass(time.Second)
		}
		w.wantState(draft.ID, socialwatch.ReplySent)
		w.wantPublic(post, 1)
	})
}
