package storetest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/auth"
	"socialwatch/internal/store"
)

var _ auth.Store = (*store.Store)(nil)

func TestPeopleAreWhoTheyWereAddedAs(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		roles := map[string]socialwatch.Role{Account: socialwatch.RoleLead, "other": socialwatch.RoleReader}
		anna, err := fx.AddPerson(ctx, socialwatch.Person{Login: "anna", Name: "Anna", Roles: roles}, "a hash", Start)
		if err != nil || anna.ID == 0 {
			t.Fatalf("%+v, %v", anna, err)
		}
		got, hash, disabled, err := fx.PersonByLogin(ctx, "anna")
		if err != nil || hash != "a hash" || disabled || !reflect.DeepEqual(got, anna) {
			t.Errorf("%+v %q %v %v", got, hash, disabled, err)
		}
		if _, err := fx.AddPerson(ctx, socialwatch.Person{Login: "anna"}, "", Start); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("the login twice: %v", err)
		}
		for _, bad := range []socialwatch.Person{{}, {Login: socialwatch.System}, {Login: "ben\x00"},
			{Login: "ben", Roles: map[string]socialwatch.Role{"*": "king"}}} {
			if _, err := fx.AddPerson(ctx, bad, "", Start); err == nil {
				t.Errorf("added %+v", bad)
			}
		}
		if _, _, _, err := fx.PersonByLogin(ctx, "nobody"); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("nobody: %v", err)
		}
		fx.Hire(t, "ben", socialwatch.RoleReader)
		fx.disable(t, "ben", true)
		fx.change(t, store.PersonChange{Login: "anna", Roles: map[string]socialwatch.Role{"*": socialwatch.RoleAdmin}})
		list, err := fx.People(ctx)
		if err != nil || len(list) != 2 || !list[0].HasPassword || list[0].Disabled || list[1].HasPassword ||
			!list[1].Disabled || !list[0].CreatedAt.Equal(Start) || !list[0].Person.May(socialwatch.RoleAdmin, "any") {
			t.Errorf("people %+v, %v", list, err)
		}
		if err := fx.ChangePerson(ctx, store.PersonChange{Login: "nobody", By: store.Terminal}); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("change of nobody: %v", err)
		}
	})
}

func TestSessionEnds(t *testing.T) {
	ends := map[string]func(t *testing.T, fx Fixture) time.Time{
		"by its time": func(*testing.T, Fixture) time.Time { return Start.Add(time.Hour) },
		"by logout": func(t *testing.T, fx Fixture) time.Time {
			if err := fx.EndSession(t.Context(), "h1"); err != nil {
				t.Error(err)
			}
			return Start
		},
		"by a new password": func(t *testing.T, fx Fixture) time.Time {
			hash := "new"
			fx.change(t, store.PersonChange{Login: "anna", Password: &hash})
			return Start
		},
		"by disabling": func(t *testing.T, fx Fixture) time.Time {
			fx.disable(t, "anna", true)
			fx.disable(t, "anna", false)
			return Start
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			Each(t, func(t *testing.T, fx Fixture) {
				anna, ben := fx.Hire(t, "anna", socialwatch.RoleLead), fx.Hire(t, "ben", socialwatch.RoleReader)
				err := errors.Join(fx.AddSession(t.Context(), open("h1", anna, Start, time.Hour)),
					fx.AddSession(t.Context(), open("h2", ben, Start, 2*time.Hour)))
				if err != nil {
					t.Fatal(err)
				}
				if p, err := fx.SessionPerson(t.Context(), "h1", Start.Add(time.Hour-1000), true); err != nil || !reflect.DeepEqual(p, anna) {
					t.Fatalf("%+v, %v", p, err)
				}
				at := end(t, fx)
				if _, err := fx.SessionPerson(t.Context(), "h1", at, true); !errors.Is(err, socialwatch.ErrNotFound) {
					t.Errorf("still open: %v", err)
				}
				if _, err := fx.SessionPerson(t.Context(), "h2", at, true); err != nil {
					t.Errorf("another's session: %v", err)
				}
			})
		})
	}
}

func TestSessionsThatAreOverAreCleared(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		anna := fx.Hire(t, "anna", socialwatch.RoleLead)
		for i, hash := range []string{"h1", "h2"} {
			at := Start.Add(time.Duration(i) * time.Hour)
			if err := fx.AddSession(t.Context(), open(hash, anna, at, time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if n := count(t, fx, "select count(*) from sessions"); n != 1 {
			t.Errorf("%d sessions", n)
		}
		if err := fx.EndSession(t.Context(), "h1"); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("end a cleared one: %v", err)
		}
	})
}

func TestTokenIsOfAPersonOrASystem(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		anna := fx.Hire(t, "anna", socialwatch.RoleApprover)
		for _, n := range []store.NewToken{
			{Name: "laptop", Hash: "t1", PersonID: &anna.ID, Scopes: []string{"read", "decide"}, CreatedAt: Start},
			{Name: "system", Hash: "t2", CreatedAt: Start, ExpiresAt: Start.Add(time.Hour)},
		} {
			if err := fx.AddToken(ctx, n); err != nil {
				t.Fatal(err)
			}
		}
		if err := fx.AddToken(ctx, store.NewToken{Name: "again", Hash: "t1", CreatedAt: Start}); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("one hash twice: %v", err)
		}
		if err := fx.AddToken(ctx, store.NewToken{Hash: "t3", CreatedAt: Start}); err == nil {
			t.Error("a token without a name")
		}
		own, err := fx.TokenPerson(ctx, "t1", Start)
		if err != nil || own.Person == nil || !reflect.DeepEqual(*own.Person, anna) || len(own.Scopes) != 2 {
			t.Errorf("%+v, %v", own, err)
		}
		system, err := fx.TokenPerson(ctx, "t2", Start)
		if err != nil || system.Person != nil || system.Scopes == nil || len(system.Scopes) != 0 {
			t.Errorf("%+v, %v", system, err)
		}
		for at, want := range map[time.Duration]time.Duration{30 * time.Second: 0, 2 * time.Minute: 2 * time.Minute} {
			got, err := fx.TokenPerson(ctx, "t1", Start.Add(at))
			if err != nil || at == 2*time.Minute && !got.UsedAt.Equal(Start.Add(want)) {
				t.Errorf("used after %s: %s, %v", at, got.UsedAt, err)
			}
		}
		for hash, at := range map[string]time.Time{"t2": Start.Add(time.Hour), "no such": Start} {
			if _, err := fx.TokenPerson(ctx, hash, at); !errors.Is(err, socialwatch.ErrNotFound) {
				t.Errorf("%s: %v", hash, err)
			}
		}
		fx.disable(t, "anna", true)
		if _, err := fx.TokenPerson(ctx, "t1", Start); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("token of a disabled person: %v", err)
		}
	})
}
