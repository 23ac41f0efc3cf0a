package publish

import (
	"context"
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

// TestApprovedAgainUnchangedGoesUnderTheSameKey: the first call is slow rather than
// lost; meanwhile the reply counts as absent, a check blocks it, and a person
// approves it again as it was. Whichever call arrives first, one post stands.
func TestApprovedAgainUnchangedGoesUnderTheSameKey(t *testing.T) {
	for _, point := range []string{"claimed", "answered"} { // right before the second call, and right after it
		t.Run(point, func(t *testing.T) {
			each(t, func(t *testing.T, w *town) {
				post, draft := w.complain("customer1@far.example")
				w.approve(draft)
				w.desk.SelfApproval = func(string) bool { return true } // one person decides each time
				slow := w.reply(draft.ID)
				w.loseCall()
				w.pass(0)
				w.wantState(draft.ID, socialwatch.ReplyUnknown)
				if w.conn.Replier.Guard() == 0 {
					return // never sent again by the program
				}
				w.blockOnceAbsent(draft.ID)
				w.approveAgain(draft, draft.Payload.Text+" Mended.") // and back
				w.blockNow(draft.ID)
				w.approveAgain(w.reply(draft.ID), draft.Payload.Text)
				arrived := false
				w.publisher.at = func(at string) {
					if at != point {
						return
					}
					arrived = true
					if _, err := w.conn.Replier.Reply(t.Context(), slow.Payload, slow.Key); err != nil {
						t.Error(err)
					}
				}
				w.pass(time.Second)
				w.wantState(draft.ID, socialwatch.ReplySent)
				w.wantPublic(post, 1)
				if !arrived {
					t.Error("no second call was made")
				}
			})
		})
	}
}

// blockOnceAbsent lets looks settle that a reply is absent, and a check stop it
// before it goes again.
func (w *town) blockOnceAbsent(id int64) {
	w.t.Helper()
	check := w.publisher.Check
	w.publisher.Check = func(socialwatch.ReplyContext, socialwatch.Payload) []socialwatch.Finding {
		return []socialwatch.Finding{{Rule: "new", Blocks: true}}
	}
	for range 4 {
		w.pass(time.Second)
	}
	w.publisher.Check = check
	w.wantState(id, socialwatch.ReplyBlocked)
}

// blockNow is a check that finds something new in an approved text.
func (w *town) blockNow(id int64) {
	w.t.Helper()
	findings := []socialwatch.Finding{{Rule: "new", Blocks: true}}
	if err := w.store.Block(w.t.Context(), id, findings, "", w.now()); err != nil {
		w.t.Fatal(err)
	}
}

// approveAgain edits a blocked reply to text, which may be the same, and approves it.
func (w *town) approveAgain(r socialwatch.Reply, text string) {
	w.t.Helper()
	d := socialwatch.Decision{ReplyID: r.ID, Hash: r.Hash, By: w.person, Text: text}
	edit := func(ctx context.Context, d socialwatch.Decision) (socialwatch.Reply, error) {
		return w.desk.Edit(ctx, d, true)
	}
	if err := confirming(w.t.Context(), edit, d); err != nil {
		w.t.Fatal(err)
	}
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
