package publish

import (
	"context"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator"
)

// loseCall makes the next call of the publisher vanish before it is taken.
func (w *town) loseCall() {
	w.t.Helper()
	if err := w.sim.Inject(simulator.Fault{Kind: simulator.FaultLostBefore, Route: "POST /api/v1/statuses", Count: 1}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) say(author, text string, o simulator.PostOptions) string {
	w.t.Helper()
	id, err := w.sim.Post(author, text, o)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func TestGuardIsAskedAgainRightBeforeTheCall(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		post, draft := w.complain("customer1@far.example")
		w.approve(draft)
		w.loseCall()
		w.pass(0)
		w.pass(time.Second)
		if w.conn.Replier.Guard() == 0 {
			return // never sent again by the program: see TestKilledAnywhereSendsOnce
		}
		w.pass(time.Second)
		if err := w.desk.Stop(t.Context(), w.person); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second) // the third look: the same request may go again
		w.wantState(draft.ID, socialwatch.ReplyUnknown)
		w.ahead += 2 * time.Hour // the server has forgotten the key
		if err := w.desk.Resume(t.Context(), w.person); err != nil {
			t.Fatal(err)
		}
		for range 6 {
			w.pass(time.Second)
		}
		w.wantState(draft.ID, socialwatch.ReplyUnknown)
		w.wantPublic(post, 0)
	})
}

func TestThreadThatMovedInDoubtIsNotAnswered(t *testing.T) {
	for name, move := range map[string]func(w *town, post string){
		"a new post": func(w *town, post string) {
			w.say("customer1@far.example", "@shop_help it came, forget it", simulator.PostOptions{InReplyTo: post})
		},
		"an edit": func(w *town, post string) {
			if err := w.sim.Edit(post, "@shop_help it came, forget it"); err != nil {
				w.t.Fatal(err)
			}
		},
		"a native answer": func(w *town, post string) {
			w.say("shop_help", "@customer1@far.example we have called you", simulator.PostOptions{InReplyTo: post})
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *town) {
				post, draft := w.complain("customer1@far.example")
				w.approve(draft)
				w.loseCall()
				w.pass(0)
				w.wantState(draft.ID, socialwatch.ReplyUnknown)
				move(w, post)
				if _, err := w.intake.Poll(t.Context(), w.conn); err != nil {
					t.Fatal(err)
				}
				before := len(w.sim.Published("shop_help", post))
				for range 4 {
					w.pass(time.Second)
				}
				w.wantHandedOver(draft.ID)
				w.settleAbsent(draft.ID)
				w.pass(time.Second)
				w.wantState(draft.ID, socialwatch.ReplySuperseded)
				w.wantPublic(post, before)
			})
		})
	}
}

func TestNativeAnswerRightBeforeSendingRetiresTheReply(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		post, draft := w.complain("customer1@far.example")
		w.approve(draft)
		w.say("shop_help", "@customer1@far.example we have called you", simulator.PostOptions{InReplyTo: post})
		w.pass(0)
		w.wantState(draft.ID, socialwatch.ReplySuperseded)
		w.wantPublic(post, 1)
	})
}

func TestFailingNetworkIsNotHammered(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		post, draft := w.complain("customer1@far.example")
		w.approve(draft)
		if err := w.sim.Inject(simulator.Fault{Kind: simulator.FaultUnavailable, Route: "GET ", Delay: time.Minute}); err != nil {
			t.Fatal(err)
		}
		requests := func() (n int) {
			for _, one := range w.sim.Requests() {
				n += one
			}
			return n
		}
		before := requests()
		for range 30 {
			w.pass(time.Second)
		}
		if got := requests() - before; got > 5 {
			t.Errorf("%d requests in 30 s to a server that asked for a minute", got)
		}
		w.sim.ClearFaults()
		w.pass(2 * time.Minute)
		w.wantState(draft.ID, socialwatch.ReplySent)
		w.wantPublic(post, 1)
	})
}

func TestPostGoneInDoubtIsHandedToAPerson(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		post, draft := w.complain("customer1@far.example")
		w.approve(draft)
		w.loseCall()
		w.pass(0)
		if err := w.sim.Delete(post); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		stats, err := w.store.Stats(t.Context())
		if err != nil || stats.HandedOver != 1 {
			t.Fatalf("%d handed over, %v", stats.HandedOver, err)
		}
	})
}

// TestNewWarningRightBeforeSendingGoesBackToAPerson: an impostor who answers while
// publishing is stopped was on nobody's screen. Who looks again may approve it.
func TestNewWarningRightBeforeSendingGoesBackToAPerson(t *testing.T) {
	each(t, func(t *testing.T, w *town) {
		w.desk.Check = func(rc socialwatch.ReplyContext, _ socialwatch.Payload) []socialwatch.Finding {
			if rc.Impostor == "" {
				return nil
			}
			return []socialwatch.Finding{{Rule: "impostor"}}
		}
		w.publisher.Check = func(rc socialwatch.ReplyContext, p socialwatch.Payload) []socialwatch.Finding {
			// These two may change without a question.
			return append(w.desk.Check(rc, p), socialwatch.Finding{Rule: socialwatch.RuleSameText}, socialwatch.Finding{Rule: socialwatch.RuleWideReach})
		}
		assess := w.intake.Rules.Assess
		w.intake.Rules.Assess = func(m socialwatch.Mention, h socialwatch.History) socialwatch.Assessment {
			a := assess(m, h)
			if m.Author.Handle == "shop_heip@far.example" {
				a.Signals = append(a.Signals, socialwatch.Signal{Name: socialwatch.SignalImpostor})
			}
			return a
		}
		post, draft := w.complain("customer1@far.example")
		w.approve(draft)
		if err := w.desk.Stop(t.Context(), w.person); err != nil {
			t.Fatal(err)
		}
		w.say("shop_heip@far.example", "@customer1@far.example write to us here", simulator.PostOptions{InReplyTo: post})
		if err := w.desk.Resume(t.Context(), w.person); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		w.wantPublic(post, 0)
		w.wantState(draft.ID, socialwatch.ReplyBlocked)
		if why := w.told(draft.ID, "reply.blocked")["reason"]; why != "a new warning, impostor: look again" {
			t.Errorf("the event says %v", why)
		}
		d := socialwatch.Decision{ReplyID: draft.ID, Hash: draft.Hash, By: w.person, Text: draft.Payload.Text}
		if _, err := w.desk.Approve(t.Context(), d); err == nil || !strings.Contains(err.Error(), "warns of something new") {
			t.Errorf("approved with one key: %v", err)
		}
		edit := func(ctx context.Context, d socialwatch.Decision) (socialwatch.Reply, error) {
			return w.desk.Edit(ctx, d, true)
		}
		if err := confirming(t.Context(), edit, d); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		w.wantState(draft.ID, socialwatch.ReplySent)
		w.wantPublic(post, 1)
	})
}
