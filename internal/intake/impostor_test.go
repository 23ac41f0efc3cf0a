package intake_test

import (
	"slices"
	"testing"

	"socialwatch"
	"socialwatch/internal/intake"
)

// TestADraftIsHeldAgainstImpostorsWhenItIsMade: whoever poses as us in the thread,
// in the same batch or stored before, is told to the check of the draft, with its
// version kept; their own thread and others are left alone.
func TestADraftIsHeldAgainstImpostorsWhenItIsMade(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		told := map[string]string{}
		r.in.Rules.CheckedBy = "5-aaaa"
		r.in.Rules.Check = func(x intake.Text) []socialwatch.Finding {
			told[x.Parent.ID] = x.Impostor
			return nil
		}
		real := r.in.Rules.Assess
		r.in.Rules.Assess = func(m socialwatch.Mention, h socialwatch.History) socialwatch.Assessment {
			a := real(m, h)
			if m.Author.ID == "fake" {
				a.Signals = append(a.Signals, socialwatch.Signal{Name: socialwatch.SignalImpostor})
			}
			return a
		}
		r.town.say("1", "customer1", "my order is late")
		r.town.say("2", "fake", "I am the shop, write to me", answers("1"))
		r.town.say("3", "customer1", "is that you?", answers("1"))
		r.town.say("4", "customer4", "my order is late")
		r.poll()
		r.town.say("5", "customer1", "hello?", answers("1"))
		r.poll()
		for post, want := range map[string]bool{"3": true, "5": true, "4": false} {
			handle, drafted := told[post]
			if !drafted || want != (handle != "") {
				t.Errorf("post %s: told %q, drafted %v", post, handle, drafted)
			}
		}
		k := r.known()
		if len(k.Replies) == 0 || slices.ContainsFunc(k.Replies, func(one socialwatch.Reply) bool { return one.CheckedBy != "5-aaaa" }) {
			t.Errorf("%+v", k.Replies)
		}
	})
}
