package storetest

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
)

func arrival(subject, login string, role socialwatch.Role) socialwatch.Arrival {
	a := socialwatch.Arrival{Issuer: "https://id.example", Subject: subject, Login: login, Name: "Name", At: Start}
	if role != "" {
		a.Roles = map[string]socialwatch.Role{"*": role}
	}
	return a
}

func TestArrivalIsKnownBySubjectAlone(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		local := fx.Hire(t, "anna", socialwatch.RoleAdmin)
		if _, err := fx.Arrive(ctx, arrival("s1", "anna", "")); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("without a role: %v", err)
		}
		first, err := fx.Arrive(ctx, arrival("s1", "anna", socialwatch.RoleReader))
		if err != nil || first.ID == local.ID || first.Login != "anna-2" || first.May(socialwatch.RoleAuthor, "x") {
			t.Fatalf("%+v, %v", first, err)
		}
		if second, err := fx.Arrive(ctx, arrival("s2", "anna", socialwatch.RoleReader)); err != nil || second.Login != "anna-3" {
			t.Errorf("%+v, %v", second, err)
		}
		again, err := fx.Arrive(ctx, arrival("s1", "renamed", socialwatch.RoleReader))
		if err != nil || !reflect.DeepEqual(again, first) {
			t.Errorf("%+v, %v", again, err)
		}
		for _, login := range []string{"", socialwatch.System, "terminal:root", "\x00 \u202e", strings.Repeat("ü", 90), "a b"} {
			a := arrival("of "+login, login, socialwatch.RoleReader)
			a.Name = login
			p, err := fx.Arrive(ctx, a)
			if err != nil || p.Login == "" || p.Login == socialwatch.System || len(p.Login) > 100 || strings.ContainsAny(p.Login, " \x00\u202e") || p.Name == "" {
				t.Errorf("%q: %+v, %v", login, p, err)
			}
		}
	})
}

func TestArrivalBringsTheRolesOfToday(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		p, err := fx.Arrive(ctx, arrival("s1", "anna", socialwatch.RoleReader))
		if err != nil {
			t.Fatal(err)
		}
		fx.change(t, store.PersonChange{Login: "anna", Teams: []string{"x"}})
		if p, err = fx.Arrive(ctx, arrival("s1", "anna", socialwatch.RoleLead)); err != nil || !p.May(socialwatch.RoleLead, "x") || len(p.Teams) != 1 {
			t.Errorf("%+v, %v", p, err)
		}
		if err := fx.AddSession(ctx, open("h", p, Start, time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := fx.Arrive(ctx, arrival("s1", "anna", "")); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("%v", err)
		}
		if _, err := fx.SessionPerson(ctx, "h", Start, true); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("the session outlives the groups: %v", err)
		}
		if p, _, _, err := fx.PersonByLogin(ctx, "anna"); err != nil || len(p.Roles) != 0 {
			t.Errorf("%+v, %v", p, err)
		}
		fx.disable(t, "anna", true)
		if _, err := fx.Arrive(ctx, arrival("s1", "anna", socialwatch.RoleLead)); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("disabled: %v", err)
		}
		if p, _, _, err := fx.PersonByLogin(ctx, "anna"); err != nil || len(p.Roles) != 0 {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

func TestArrivingTwiceAtOnceMakesOnePerson(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				_, err := fx.Arrive(t.Context(), arrival("s1", "anna", socialwatch.RoleReader))
				if errors.Is(err, socialwatch.ErrConflict) {
					_, err = fx.Arrive(t.Context(), arrival("s1", "anna", socialwatch.RoleReader))
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if people, err := fx.People(t.Context()); err != nil || len(people) != 1 {
			t.Errorf("%+v, %v", people, err)
		}
	})
}
