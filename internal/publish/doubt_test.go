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
		w.wantHandedOver(draft.ID)
		w.settleAbsent(draft.ID)
		w.pass(time.Second)
		w.wantState(draft.ID, socialwatch.ReplySuperseded)
		w.wantPublic(post, 0)
	})
}

// TestApprovedAgainUnchangedGoesUnderTheSameKey: the first call is slow rather than
// lost; meanwhile a person states that the reply is absent, a check blocks it, and
// somebody approves it again as it was. Whichever call arrives first, one post stands.
func TestApprovedAgainUnchangedGoesUnderTheSameKey(t *testing.T) {
	for _, point := range []string{"claimed", "answered"} { // right before the second call, and right after it
		t.Run(point, func(t *testing.T) {
			each(t, func(t *testing.T, w *town) {
				post, draft := w.complain("customer1@far.example")
				slow := w.loseCallOf(draft)
				if w.conn.Replier.Guard() == 0 {
					return // only the server keeps these two apart
				}
				w.settleAbsent(draft.ID)
				w.blockNow(draft.ID)
				w.approveAgain(draft, draft.Payload.Text+" Mended.") // and back
				w.blockNow(draft.ID)
				w.approveAgain(w.reply(draft.ID), draft.Payload.Text)
				arrived := false
				w.publisher.at = func(at string) {
					if at == point {
						arrived = true
						w.arrives(slow)
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

// TestACallInDoubtIsNotForgotten: three looks find nothing, and yet the call arrives.
// Until it has gone again under its key, or a person has said what became of it,
// nothing makes room for another draft.
func TestACallInDoubtIsNotForgotten(t *testing.T) {
	for name, meddle := range map[string]func(w *town, d socialwatch.Decision){
		"withdrawn": func(w *town, d socialwatch.Decision) {
			if _, err := w.store.Withdraw(w.t.Context(), d, w.now()); !errors.Is(err, socialwatch.ErrConflict) {
				w.t.Errorf("withdrawn: %v", err)
			}
		},
		"expired": func(w *town, _ socialwatch.Decision) {
			w.ahead += 24 * time.Hour
			if n, err := w.store.Expire(w.t.Context(), w.now()); err != nil || n > 0 {
				w.t.Errorf("%d expired, %v", n, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *town) {
				post, draft := w.complain("customer1@far.example")
				slow := w.loseCallOf(draft)
				if err := w.desk.Stop(t.Context(), w.person); err != nil { // nothing goes again meanwhile
					t.Fatal(err)
				}
				for range 4 {
					w.pass(time.Second)
				}
				d := socialwatch.Decision{ReplyID: draft.ID, Hash: draft.Hash, By: w.person, Text: draft.Payload.Text}
				meddle(w, d)
				if _, err := w.desk.Again(t.Context(), d); !errors.Is(err, socialwatch.ErrConflict) {
					t.Errorf("drafted again: %v", err)
				}
				if err := w.desk.Resume(t.Context(), w.person); err != nil {
					t.Fatal(err)
				}
				w.arrives(slow)
				w.pass(time.Second)
				w.pass(time.Second)
				w.wantPublic(post, 1)
				if w.conn.Replier.Guard() == 0 { // else it was looked for once more, or has gone again
					w.wantHandedOver(draft.ID)
					w.settleFound(post, draft.ID)
				}
				w.wantState(draft.ID, socialwatch.ReplySent)
			})
		})
	}
}

// TestBlockedInDoubtIsHandedToAPerson: what a check stops before it goes again is not
// to be mended while its first call may arrive.
func TestBlockedInDoubtIsHandedToAPerson(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		post, draft := w.complain("customer1@far.example")
		slow := w.loseCallOf(draft)
		w.publisher.Check = func(socialwatch.ReplyContext, socialwatch.Payload) []socialwatch.Finding {
			return []socialwatch.Finding{{Rule: "new", Blocks: true}}
		}
		for range 4 {
			w.pass(time.Second)
		}
		w.wantHandedOver(draft.ID)
		d := socialwatch.Decision{ReplyID: draft.ID, Hash: draft.Hash, By: w.person, Text: draft.Payload.Text + " Mended."}
		if _, err := w.desk.Edit(t.Context(), d, true); err == nil {
			t.Error("other words were approved while the first may arrive")
		}
		w.arrives(slow)
		w.pass(time.Second)
		w.settleFound(post, draft.ID)
		w.wantState(draft.ID, socialwatch.ReplySent)
		w.wantPublic(post, 1)
	})
}

// TestARefusalAfterALostCallProvesNothing: what the network says of the second call is
// no word about the first one.
func TestARefusalAfterALostCallProvesNothing(t *testing.T) {
	for _, refusal := range []simulator.FaultKind{simulator.FaultForbidden, simulator.FaultRateLimited} {
		t.Run(string(refusal), func(t *testing.T) {
			each(t, func(t *testing.T, w *town) {
				post, draft := w.complain("customer1@far.example")
				slow := w.loseCallOf(draft)
				w.publisher.Resend = func(string) bool { return true }
				if err := w.sim.Inject(simulator.Fault{Kind: refusal, Route: "POST /api/v1/statuses", Count: 1}); err != nil {
					t.Fatal(err)
				}
				for range 3 {
					w.pass(time.Second)
				}
				if r := w.reply(draft.ID); r.Attempt != 2 || r.State != socialwatch.ReplyUnknown {
					t.Fatalf("after call %d: %s (%s)", r.Attempt, r.State, r.Reason)
				}
				w.arrives(slow)
				if refusal == simulator.FaultForbidden {
					w.wantHandedOver(draft.ID)
					w.settleFound(post, draft.ID)
				} else {
					w.pass(20 * time.Minute) // it would go again, but a post of ours stands there
					w.pass(time.Second)      // and is found
				}
				w.wantState(draft.ID, socialwatch.ReplySent)
				w.wantPublic(post, 1)
			})
		})
	}
}

// wantHandedOver checks that a reply in doubt waits for a person's word.
func (w *town) wantHandedOver(id int64) {
	w.t.Helper()
	w.wantState(id, socialwatch.ReplyUnknown)
	if stats, err := w.store.Stats(w.t.Context()); err != nil || stats.HandedOver != 1 {
		w.t.Fatalf("%d handed over, %v", stats.HandedOver, err)
	}
}

// loseCallOf approves a draft and loses its call, which may arrive later.
func (w *town) loseCallOf(draft socialwatch.Reply) (slow socialwatch.Reply) {
	w.t.Helper()
	w.desk.SelfApproval = func(string) bool { return true } // one person decides each time
	w.approve(draft)
	slow = w.reply(draft.ID)
	w.loseCall()
	w.pass(0)
	w.wantState(draft.ID, socialwatch.ReplyUnknown)
	return slow
}

// arrives is a call of which nobody has heard since.
func (w *town) arrives(slow socialwatch.Reply) {
	w.t.Helper()
	if _, err := w.conn.Replier.Reply(w.t.Context(), slow.Payload, slow.Key); err != nil {
		w.t.Error(err)
	}
}

func (w *town) settleAbsent(id int64) {
	w.t.Helper()
	if _, err := w.desk.Settle(w.t.Context(), socialwatch.Settlement{ReplyID: id, By: w.person, Absent: true}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) settleFound(post string, id int64) {
	w.t.Helper()
	found := w.sim.Published("shop_help", post)[0]
	if _, err := w.desk.Settle(w.t.Context(), socialwatch.Settlement{ReplyID: id, By: w.person,
		Post: socialwatch.Published{URL: "https://social.example/@shop_help/" + found.ID}}); err != nil {
		w.t.Fatal(err)
	}
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
