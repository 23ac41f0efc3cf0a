package publish

import (
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator"
)

// waitsFor is what the case of a post waits for.
func (w *town) waitsFor(replyID int64) string {
	w.t.Helper()
	rc, err := w.store.Context(w.t.Context(), replyID)
	if err != nil {
		w.t.Fatal(err)
	}
	d, err := w.store.Case(w.t.Context(), rc.Case.Number)
	if err != nil {
		w.t.Fatal(err)
	}
	return d.WaitsFor
}

func TestCaseWaitsForPrivateContactHoweverTheSendEnds(t *testing.T) {
	for name, send := range map[string]func(w *town, draft socialwatch.Reply, post string){
		"answered at once": func(w *town, _ socialwatch.Reply, _ string) { w.pass(0) },
		"found by a look": func(w *town, _ socialwatch.Reply, _ string) {
			if err := w.sim.Inject(simulator.Fault{Kind: simulator.FaultLostAfter, Route: "POST /api/v1/statuses", Count: 1}); err != nil {
				w.t.Fatal(err)
			}
			w.pass(0)
			w.pass(time.Second)
		},
		"found by a person": func(w *town, draft socialwatch.Reply, post string) {
			w.loseCall()
			w.pass(0)
			if _, err := w.desk.Settle(w.t.Context(), socialwatch.Settlement{ReplyID: draft.ID, By: w.person,
				Post: socialwatch.Published{URL: "https://social.example/@shop_help/77" + post}}); err != nil {
				w.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *town) {
				handoff := func(p socialwatch.Payload) bool { return p.Template == "t" }
				w.publisher.Handoff, w.desk.Handoff = handoff, handoff
				post, draft := w.complain("customer1@far.example")
				w.approve(draft)
				send(w, draft, post)
				w.wantState(draft.ID, socialwatch.ReplySent)
				if got := w.waitsFor(draft.ID); got != socialwatch.WaitsForPrivate {
					t.Fatalf("the case waits for %q", got)
				}
				w.say("customer1@far.example", "@shop_help I have no other number to give you", simulator.PostOptions{InReplyTo: post})
				if _, err := w.intake.Poll(t.Context(), w.conn); err != nil {
					t.Fatal(err)
				}
				if got := w.waitsFor(draft.ID); got != "" {
					t.Errorf("after a follow-up the case waits for %q", got)
				}
			})
		})
	}
}
