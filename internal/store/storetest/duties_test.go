package storetest

import (
	"testing"

	"socialwatch"
)

// TestContextKnowsWhatForbidsAReply: an answer to the very post, by a
// reply or in the network's own app, and the author's wish, also when the post
// that says it is gone.
func TestContextKnowsWhatForbidsAReply(t *testing.T) {
	onBench(t, func(t *testing.T, fx bench) {
		s := fx.Seed(t, "post", 3)
		check := func(what string, id int64, answered, optedOut bool) {
			t.Helper()
			rc, err := fx.Context(t.Context(), id)
			if err != nil || rc.Answered != answered || rc.OptedOut != optedOut {
				t.Errorf("%s: answered %t, opted out %t, %v", what, rc.Answered, rc.OptedOut, err)
			}
		}
		for _, one := range s {
			check("at first", one.Reply.ID, false, false)
		}
		ana := fx.Hire(t, "ana", socialwatch.RoleApprover)
		a := fx.Sending(t, s[0].Reply, ana, "w")
		check("under way itself, as when it goes again", s[0].Reply.ID, false, false)
		if err := fx.Finish(t.Context(), a, socialwatch.Outcome{State: socialwatch.ReplySent, At: Start.Add(due),
			Post: socialwatch.Published{PostID: "ours"}}); err != nil {
			t.Fatal(err)
		}
		check("sent itself", s[0].Reply.ID, true, false)
		m := s[0].Mention
		p := Payload(m, "and another thing")
		again, err := fx.Propose(t.Context(), socialwatch.Proposal{MentionID: s[0].Reply.MentionID, By: ana, Payload: p,
			At: Start.Add(due), ExpiresAt: Start.Add(2 * due)})
		if err != nil {
			t.Fatal(err)
		}
		check("after a sent reply", again.ID, true, false)
		check("of another post", s[1].Reply.ID, false, false)

		c := fx.Changes(t)
		c.Events = []socialwatch.Event{{Kind: socialwatch.EventCaseResponded, CaseID: s[1].Case.ID, CaseVersion: 1,
			Data: map[string]any{"how": "native", "post_id": "theirs", "parent_id": s[1].Mention.ID}}}
		wish := Mention("wish", s[2].Mention.Author.ID)
		say := Assessment(wish)
		say.Signals = []socialwatch.Signal{{Name: socialwatch.SignalOptOut, Points: 70}}
		c.Entries = []socialwatch.Entry{{Mention: wish, Assessment: say}}
		fx.MustSave(t, c)
		check("after a native answer", s[1].Reply.ID, true, false)
		check("after the wish", s[2].Reply.ID, false, true)
		k := fx.Know(t, []string{s[0].Mention.ID, s[1].Mention.ID, s[2].Mention.ID}, []string{s[1].Mention.Author.ID, wish.Author.ID})
		for i, want := range []bool{true, true, false} {
			if got := k.Mentions[s[i].Mention.ID].Answered; got != want {
				t.Errorf("post %d answered: %t", i, got)
			}
		}
		if !k.OptedOut[wish.Author.ID] || len(k.OptedOut) != 1 {
			t.Errorf("opted out: %v", k.OptedOut)
		}
		c = fx.Changes(t)
		c.Gone = []string{"wish"}
		fx.MustSave(t, c)
		check("after the wish is gone", s[2].Reply.ID, false, true)
	})
}
