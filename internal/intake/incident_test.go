package intake_test

import (
	"strings"
	"testing"

	"socialwatch"
	"socialwatch/internal/intake"
	"socialwatch/internal/store/dbtest"
)

func TestANewCaseJoinsTheIncidentThatGoesOn(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var asked []intake.Situation
		r.in.Rules.Fits = func(i socialwatch.Incident, a socialwatch.Assessment) bool { return strings.Contains(a.Masked, i.Term) }
		r.in.Rules.Respond = func(s intake.Situation) intake.Answer {
			asked = append(asked, s)
			return respond(s)
		}
		r.town.say("1", "customer1", "quick post is late")
		r.poll()
		before := r.the("1")
		id, err := r.store.OpenIncident(t.Context(), socialwatch.Incident{Accounts: []string{"help"}, Term: "quick post", Kind: socialwatch.TermName,
			Intent: socialwatch.StuckOrder, Severity: socialwatch.Minor, BeganAt: start, OpenedAt: r.clock.Now()}, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.town.say("2", "customer2", "quick post again")
		r.town.say("3", "customer3", "another matter")
		r.town.say("4", "customer1", "quick post, still", answers("1")) // a follow-up: its case stays where it is
		r.poll()
		for post, want := range map[string]int64{"2": id, "3": 0, "4": 0} {
			if got := r.the(post); got.Incident != want {
				t.Errorf("post %s: case %+v", post, got)
			}
		}
		if before.Incident != 0 {
			t.Errorf("before: %+v", before)
		}
		for i, want := range []bool{false, true, false, false} {
			if asked[i].Incident != want {
				t.Errorf("answer %d as of an incident: %t", i, asked[i].Incident)
			}
		}
		if err := r.store.FollowIncident(t.Context(), id, nil, true, r.clock.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := r.store.OpenIncident(t.Context(), socialwatch.Incident{Accounts: []string{"help"}, Term: "something else", Kind: socialwatch.TermName,
			Intent: socialwatch.StuckOrder, Severity: socialwatch.Minor, BeganAt: start, OpenedAt: r.clock.Now()}, nil); err != nil {
			t.Fatal(err)
		}
		r.town.say("5", "customer5", "quick post once more")
		r.town.say("6", "customer2", "quick post, please", answers("2"))
		r.poll()
		if got := r.the("5"); got.Incident != 0 || asked[4].Incident || asked[5].Incident {
			t.Errorf("after its end: %+v, asked %+v", got, asked[4:])
		}
		if got := r.the("6"); got.Incident != id {
			t.Errorf("a follow-up moved its case: %+v", got)
		}
	})
}

func TestTextsSaidOftenAreTold(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var said []int
		r.in.Rules.Check = func(x intake.Text) []socialwatch.Finding {
			said = append(said, x.Said)
			return nil
		}
		r.in.Rules.Respond = func(s intake.Situation) intake.Answer {
			a := respond(s)
			a.Draft.Text = "the same words"
			return a
		}
		for _, id := range []string{"1", "2", "3", "4", "5"} {
			r.town.say(id, "customer"+id, "late")
		}
		r.poll()
		const decided = "update replies set state = 'holding', key = 'k' || id, decided_at = created_at where id < 5"
		if _, err := dbtest.Raw(t, r.opts).Exec(decided); err != nil {
			t.Fatal(err)
		}
		r.town.say("6", "customer6", "late")
		r.poll()
		if len(said) != 6 || said[4] != 0 || said[5] != 4 {
			t.Errorf("said %v times", said)
		}
	})
}

// the is the case of a post.
func (r *rig) the(post string) socialwatch.Case {
	r.t.Helper()
	k := r.known()
	for _, c := range k.Cases {
		if c.ID == k.Mentions[post].CaseID {
			return c
		}
	}
	r.t.Fatalf("post %s has no case", post)
	return socialwatch.Case{}
}
