package storetest

import (
	"testing"

	"socialwatch"
)

// steps are the moves that events have told, with how often.
type steps map[[2]socialwatch.ReplyState]int

func (s steps) add(events []socialwatch.Event) {
	for _, e := range events {
		from, _ := e.Data["from"].(string)
		to, _ := e.Data["to"].(string)
		s[[2]socialwatch.ReplyState{socialwatch.ReplyState(from), socialwatch.ReplyState(to)}]++
	}
}

// never are moves that the life of a reply allows and nothing makes: no reply
// rests before it is checked.
var never = steps{{socialwatch.ReplyProposed, socialwatch.ReplyWithdrawn}: 1, {socialwatch.ReplyChecked, socialwatch.ReplyWithdrawn}: 1}

// judge checks each of the 225 pairs: made if the life allows it, never made
// if it does not.
func (s steps) judge(t *testing.T) {
	t.Helper()
	for _, from := range allStates {
		for _, to := range allStates {
			pair := [2]socialwatch.ReplyState{from, to}
			if want := from.May(to) && never[pair] == 0; want != (s[pair] > 0) {
				t.Errorf("%s to %s: made %d times, allowed %v", from, to, s[pair], want)
			}
		}
	}
}

// trySave lets a batch move a reply: only superseding is its business.
func trySave(t *testing.T, fx bench, prefix string, from, to socialwatch.ReplyState) []socialwatch.Event {
	t.Cleanup(func() { clear(t, fx) })
	s := fx.Seed(t, prefix, 1)[0]
	put(t, fx, s.Reply.ID, from)
	before, c := dump(t, fx), fx.Changes(t)
	c.Moves = []socialwatch.ReplyMove{{ReplyID: s.Reply.ID, To: to, Reason: "moved on"}}
	err := fx.Save(t.Context(), c)
	if to == socialwatch.ReplySuperseded && from.May(to) {
		if err != nil {
			t.Error(err)
		}
		return told(t, fx, s)
	}
	if err == nil || dump(t, fx) != before {
		t.Errorf("a batch made it %s: %v", to, err)
	}
	return nil
}
