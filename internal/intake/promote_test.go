package intake_test

import (
	"errors"
	"testing"

	"socialwatch"
)

// person stores somebody with a role everywhere.
func (r *rig) person(login string, role socialwatch.Role) socialwatch.Person {
	r.t.Helper()
	p, err := r.store.AddPerson(r.t.Context(), socialwatch.Person{Login: login, Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: role}}, "", r.clock.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

func TestAnIgnoredMentionBecomesACase(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		otto, rita := r.person("otto", socialwatch.RoleAuthor), r.person("rita", socialwatch.RoleReader)
		m := r.town.say("p1", "c1", "contest: never came")
		r.poll()
		r.want(1, "select count(*) from mentions where ignored <> '' and case_id is null")
		if _, err := r.in.Promote(t.Context(), r.town.connector(), m, rita); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("by a reader: %v", err)
		}
		pretends := rita
		pretends.Roles = otto.Roles
		if _, err := r.in.Promote(t.Context(), r.town.connector(), m, pretends); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("by a reader with rights of yesterday: %v", err)
		}
		edited := m
		edited.EditedAt = r.clock.Now()
		if _, err := r.in.Promote(t.Context(), r.town.connector(), edited, otto); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("as edited: %v", err)
		}
		r.want(0, "select count(*) from cases")
		number, err := r.in.Promote(t.Context(), r.town.connector(), m, otto)
		if err != nil || number == "" {
			t.Fatalf("%q, %v", number, err)
		}
		r.want(1, "select count(*) from mentions where ignored = '' and case_id = (select id from cases where number = '"+number+"')")
		r.want(1, "select count(*) from replies where state = 'awaiting'")
		r.want(1, "select count(*) from events where kind = 'mention.promoted' and actor = 'otto' and data ->> 'was' = 'contest'")
		r.want(1, "select count(*) from events where kind = 'case.opened' and actor = 'otto'")
		if _, err := r.in.Promote(t.Context(), r.town.connector(), m, otto); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("twice: %v", err)
		}
		r.poll()
		r.want(1, "select count(*) from cases")
		r.want(1, "select count(*) from replies")
	})
}

func TestAPromotedMentionJoinsTheCaseOfItsCustomer(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		otto := r.person("otto", socialwatch.RoleAuthor)
		r.town.say("p1", "c1", "never came")
		m := r.town.say("p2", "c1", "contest: never came")
		r.poll()
		r.want(1, "select count(*) from cases")
		if _, err := r.in.Promote(t.Context(), r.town.connector(), m, otto); err != nil {
			t.Fatal(err)
		}
		r.want(1, "select count(*) from cases")
		r.want(2, "select count(*) from mentions where case_id is not null")
		r.want(1, "select count(*) from events where kind = 'mention.attached' and actor = 'otto'")
		r.want(1, "select count(*) from replies where state = 'superseded'")
		r.want(1, "select count(*) from replies where state = 'awaiting'")
	})
}
