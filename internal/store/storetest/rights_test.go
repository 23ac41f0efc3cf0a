package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"socialwatch"
	"socialwatch/internal/store"
	"socialwatch/internal/store/dbtest"
)

func TestPeopleChangeOnlyTheirOwnWorkAndPassword(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ben, _ := fx.Hire(t, "ben", socialwatch.RoleLead), fx.Hire(t, "max", socialwatch.RoleAdmin)
		local, err := fx.AddPerson(t.Context(), socialwatch.Person{Login: "local", Roles: map[string]socialwatch.Role{Account: socialwatch.RoleAdmin}}, "", Start)
		if err != nil {
			t.Fatal(err)
		}
		yes, name, hash := true, "Ben", "new"
		admin := map[string]socialwatch.Role{"*": socialwatch.RoleAdmin}
		for what, tc := range map[string]struct {
			c  store.PersonChange
			by []string // who may; all others are refused
		}{
			"own languages": {store.PersonChange{Languages: []string{"en"}}, []string{"ben", "max", store.Terminal, "terminal:root"}},
			"own teams":     {store.PersonChange{Teams: []string{"support"}}, []string{"ben", "max", store.Terminal}},
			"own password":  {store.PersonChange{Password: &hash}, []string{"ben", "max", store.Terminal}},
			"name":          {store.PersonChange{Name: &name}, []string{"max", store.Terminal}},
			"roles":         {store.PersonChange{Roles: admin, Languages: []string{"en"}}, []string{"max", store.Terminal}},
			"disabled":      {store.PersonChange{Disabled: &yes}, []string{"max", store.Terminal}},
		} {
			for _, by := range []string{"ben", "local", "max", "nobody", store.Terminal, "terminal:root", "terminals"} {
				no := false
				fx.change(t, store.PersonChange{Login: "ben", Disabled: &no, Roles: ben.Roles})
				tc.c.Login, tc.c.By, tc.c.At = "ben", by, Start
				err := fx.ChangePerson(t.Context(), tc.c)
				if may := slices.Contains(tc.by, by) || by == "terminal:root"; may != (err == nil) || !may && !errors.Is(err, socialwatch.ErrForbidden) {
					t.Errorf("%s by %s: %v", what, by, err)
				}
			}
		}
		if _, err := fx.Enrol(t.Context(), store.NewPerson{Person: socialwatch.Person{Login: "eve"}, By: local.Login, At: Start}); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("an account's admin adds people: %v", err)
		}
		for _, login := range []string{"terminal", "terminal:root"} {
			if _, err := fx.AddPerson(t.Context(), socialwatch.Person{Login: login}, "", Start); err == nil {
				t.Errorf("a person called %s", login)
			}
		}
	})
}

func TestLastAdminStaysUnlessTheTerminalSaysSo(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		fx.Hire(t, "max", socialwatch.RoleAdmin)
		fx.Hire(t, "mia", socialwatch.RoleAdmin)
		yes, no := true, false
		lesser := map[string]socialwatch.Role{"*": socialwatch.RoleLead}
		if err := fx.ChangePerson(t.Context(), store.PersonChange{Login: "mia", Disabled: &yes, By: "max", At: Start}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []store.PersonChange{{Disabled: &yes}, {Roles: lesser}} {
			c.Login, c.By, c.At = "max", "max", Start
			if err := fx.ChangePerson(t.Context(), c); !errors.Is(err, socialwatch.ErrConflict) || !strings.Contains(err.Error(), "nobody would be left") {
				t.Errorf("the last admin goes: %v", err)
			}
		}
		fx.change(t, store.PersonChange{Login: "max", Roles: lesser})
		fx.change(t, store.PersonChange{Login: "mia", Disabled: &no})
	})
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		anna, ben := fx.Hire(t, "anna", socialwatch.RoleLead), fx.Hire(t, "ben", socialwatch.RoleReader)
		fx.Hire(t, "max", socialwatch.RoleAdmin)
		for i, hash := range []string{"a1", "a2", "a3"} {
			s := open(hash, anna, Start.Add(time.Duration(i)*time.Minute), time.Hour)
			s.Address, s.Agent = "192.0.2.x", "Firefox on Linux"
			if err := fx.AddSession(ctx, s); err != nil {
				t.Fatal(err)
			}
		}
		if err := fx.AddSession(ctx, open("b1", ben, Start, time.Hour)); err != nil {
			t.Fatal(err)
		}
		used := Start.Add(10 * time.Minute)
		if _, err := fx.SessionPerson(ctx, "a1", used, true); err != nil {
			t.Fatal(err)
		}
		if _, err := fx.SessionPerson(ctx, "a1", used.Add(30*time.Second), true); err != nil {
			t.Fatal(err)
		}
		all, err := fx.Sessions(ctx, anna.ID, Start.Add(5*time.Minute))
		if err != nil || len(all) != 3 || all[0].Hash != "a3" || all[2].Address != "192.0.2.x" || all[2].Agent != "Firefox on Linux" || !all[2].UsedAt.Equal(used) ||
			!all[0].UsedAt.IsZero() || !all[2].ExpiresAt.Equal(Start.Add(time.Hour)) || all[2].PersonID != anna.ID {
			t.Fatalf("%+v, %v", all, err)
		}
		for _, e := range []store.SessionEnd{{PersonID: ben.ID, By: "anna"}, {PersonID: anna.ID, ID: all[0].ID, By: "ben"}} {
			if err := fx.EndSessions(ctx, e); !errors.Is(err, socialwatch.ErrForbidden) {
				t.Errorf("%+v: %v", e, err)
			}
		}
		if err := fx.EndSessions(ctx, store.SessionEnd{PersonID: ben.ID, ID: all[0].ID, By: "ben", At: Start}); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("another's session under one's own name: %v", err)
		}
		if err := fx.EndSessions(ctx, store.SessionEnd{PersonID: anna.ID, ID: all[0].ID, By: "max", At: Start}); err != nil {
			t.Error(err)
		}
		if err := fx.EndSessions(ctx, store.SessionEnd{PersonID: anna.ID, Keep: "a1", By: "anna", At: Start}); err != nil {
			t.Error(err)
		}
		if left, err := fx.Sessions(ctx, anna.ID, Start); err != nil || len(left) != 1 || left[0].Hash != "a1" {
			t.Errorf("%+v, %v", left, err)
		}
		hash := "new"
		fx.change(t, store.PersonChange{Login: "anna", Password: &hash, Keep: "a1"})
		if _, err := fx.SessionPerson(ctx, "a1", Start, true); err != nil {
			t.Errorf("a new password ends the session it was given in: %v", err)
		}
		if _, err := fx.SessionPerson(ctx, "b1", Start, true); err != nil {
			t.Errorf("another's session: %v", err)
		}
	})
}

func TestLinkWorksOnceForItsPurpose(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		anna := fx.Hire(t, "anna", socialwatch.RoleLead)
		fx.Hire(t, "max", socialwatch.RoleAdmin)
		link := func(hash string, purpose store.LinkPurpose, by string) error {
			return fx.AddLink(ctx, store.NewLink{Hash: hash, Login: "anna", Purpose: purpose, By: by, At: Start, ExpiresAt: Start.Add(time.Hour)})
		}
		if err := link("l0", store.LinkPassword, "anna"); !errors.Is(err, socialwatch.ErrForbidden) {
			t.Errorf("a lead makes links: %v", err)
		}
		if err := errors.Join(link("old", store.LinkPassword, "max"), link("l1", store.LinkPassword, "max"), link("l2", store.LinkEnter, store.Terminal),
			fx.AddSession(ctx, open("s1", anna, Start, time.Hour))); err != nil {
			t.Fatal(err)
		}
		missing := func(what string, err error) {
			t.Helper()
			if !errors.Is(err, socialwatch.ErrNotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		take := func(hash, password string, at time.Time) error {
			_, err := fx.TakeLink(ctx, hash, password, at)
			return err
		}
		missing("replaced", take("old", "pw", Start))
		missing("enter by a link for a password", take("l1", "", Start))
		missing("set a password by a link to enter", take("l2", "pw", Start))
		missing("late", take("l1", "pw", Start.Add(time.Hour)))
		if p, err := fx.LinkPerson(ctx, "l1", store.LinkPassword, Start); err != nil || p.Login != "anna" {
			t.Errorf("%+v, %v", p, err)
		}
		_, err := fx.LinkPerson(ctx, "l1", store.LinkEnter, Start)
		missing("read for another purpose", err)
		if err := errors.Join(take("l1", "pw", Start), take("l2", "", Start)); err != nil {
			t.Error(err)
		}
		missing("twice", take("l1", "pw2", Start))
		missing("twice", take("l2", "", Start))
		_, hash, _, err := fx.PersonByLogin(ctx, "anna")
		if err != nil || hash != "pw" {
			t.Errorf("%q, %v", hash, err)
		}
		_, err = fx.SessionPerson(ctx, "s1", Start, true)
		missing("session of before the new password", err)
		if err := link("l3", store.LinkEnter, "max"); err != nil {
			t.Fatal(err)
		}
		fx.disable(t, "anna", true)
		missing("of a disabled person", take("l3", "", Start))
		if err := link("l4", store.LinkEnter, "max"); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("for a disabled person: %v", err)
		}
	})
}

func TestIdentityIsOnePersons(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		n := store.NewPerson{Person: socialwatch.Person{Login: "anna", Roles: map[string]socialwatch.Role{"*": socialwatch.RoleLead}, Teams: []string{"a b"}, Languages: []string{"en", "es"}},
			Issuer: "https://id.example", Subject: "s1", By: socialwatch.System, At: Start}
		anna, err := fx.Enrol(ctx, n)
		if err != nil {
			t.Fatal(err)
		}
		if p, disabled, err := fx.PersonByIdentity(ctx, n.Issuer, "s1"); err != nil || disabled || !reflect.DeepEqual(p, anna) {
			t.Errorf("%+v, %v, %v", p, disabled, err)
		}
		for _, id := range [][2]string{{n.Issuer, "s2"}, {"https://other.example", "s1"}} {
			if _, _, err := fx.PersonByIdentity(ctx, id[0], id[1]); !errors.Is(err, socialwatch.ErrNotFound) {
				t.Errorf("%v: %v", id, err)
			}
		}
		ben := n
		ben.Person = fx.Hire(t, "ben", socialwatch.RoleReader)
		if err := fx.LinkIdentity(ctx, ben); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("one identity of two people: %v", err)
		}
		ben.Person.Login = "carl"
		if _, err := fx.Enrol(ctx, ben); !errors.Is(err, socialwatch.ErrConflict) {
			t.Errorf("one identity of two people: %v", err)
		}
		ben.Person.Login, ben.Subject = "ben", "s2"
		if err := fx.LinkIdentity(ctx, ben); err != nil {
			t.Error(err)
		}
		list, err := fx.People(ctx)
		if err != nil || len(list) != 2 || !list[0].Linked || !list[1].Linked {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestTokensAreListedAndRevoked(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		anna, ben := fx.Hire(t, "anna", socialwatch.RoleLead), fx.Hire(t, "ben", socialwatch.RoleLead)
		fx.Hire(t, "max", socialwatch.RoleAdmin)
		add := func(name, by string, owner *int64) error {
			return fx.AddToken(ctx, store.NewToken{Name: name, Hash: "hash of " + name, PersonID: owner, Scopes: []string{"read"}, By: by, CreatedAt: Start})
		}
		for name, err := range map[string]error{"for another": add("x", "ben", &anna.ID), "for a system": add("y", "ben", nil)} {
			if !errors.Is(err, socialwatch.ErrForbidden) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := errors.Join(add("laptop", "anna", &anna.ID), add("phone", "ben", &ben.ID), add("system", "max", nil)); err != nil {
			t.Fatal(err)
		}
		own, err := fx.Tokens(ctx, &anna.ID)
		if err != nil || len(own) != 1 || own[0].Name != "laptop" || own[0].Person.Login != "anna" {
			t.Errorf("%+v, %v", own, err)
		}
		all, err := fx.Tokens(ctx, nil)
		if err != nil || len(all) != 3 || all[0].Name != "system" || all[0].Person != nil || all[1].Person.Login != "ben" {
			t.Fatalf("%+v, %v", all, err)
		}
		for _, id := range []int64{all[0].ID, all[1].ID} {
			if err := fx.RevokeToken(ctx, id, "anna", Start); !errors.Is(err, socialwatch.ErrForbidden) {
				t.Errorf("revoke another's: %v", err)
			}
		}
		if err := errors.Join(fx.RevokeToken(ctx, own[0].ID, "anna", Start), fx.RevokeToken(ctx, all[0].ID, "max", Start)); err != nil {
			t.Error(err)
		}
		if err := fx.RevokeToken(ctx, own[0].ID, "anna", Start); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("twice: %v", err)
		}
		if _, err := fx.TokenPerson(ctx, "hash of laptop", Start); !errors.Is(err, socialwatch.ErrNotFound) {
			t.Errorf("a revoked token opens: %v", err)
		}
	})
}

func TestAuditIsFilteredAndPaged(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		s := fx.Seed(t, "post", 3)
		max := fx.Hire(t, "max", socialwatch.RoleAdmin)
		fx.Hold(t, s[0].Reply, max)
		if err := errors.Join(fx.Pause(ctx, Account, max, Start.Add(time.Minute)), fx.Stop(ctx, "terminal:root", Start.Add(2*time.Minute))); err != nil {
			t.Fatal(err)
		}
		kinds := func(f store.AuditFilter) string {
			t.Helper()
			var all []string
			for {
				rows, next, err := fx.Audit(ctx, f)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range rows {
					all = append(all, r.Event.Kind)
				}
				if f.After = next; next == "" {
					return strings.Join(all, " ")
				}
			}
		}
		all := kinds(store.AuditFilter{People: true})
		if kinds(store.AuditFilter{People: true, Limit: 1}) != all || !strings.HasPrefix(all, "reply.approved publishing.stopped polling.paused reply.holding reply.approved people.added ") {
			t.Errorf("%s", all)
		}
		for want, f := range map[string]store.AuditFilter{
			"polling.paused reply.holding reply.approved":                                   {By: "max"},
			"reply.approved publishing.stopped polling.paused reply.holding reply.approved": {By: store.AnyPerson},
			"publishing.stopped":                  {Accounts: []string{"another"}},
			"":                                    {Accounts: []string{"another"}, Narrow: true},
			"people.added":                        {Self: "max", Kind: "people."},
			"reply.holding":                       {Kind: "reply.holding"},
			"polling.paused":                      {By: "max", From: Start.Add(time.Minute), To: Start.Add(2 * time.Minute)},
			"case.opened case.opened case.opened": {Kind: "case."},
		} {
			if got := kinds(f); got != want {
				t.Errorf("%+v: %s, want %s", f, got, want)
			}
		}
		rows, _, err := fx.Audit(ctx, store.AuditFilter{Kind: "reply.approved", By: "max"})
		if err != nil || len(rows) != 1 || rows[0].Account != Account || rows[0].Event.CaseNumber != s[0].Case.Number || rows[0].Event.ReplyID != s[0].Reply.ID {
			t.Errorf("%+v, %v", rows, err)
		}
		if _, _, err := fx.Audit(ctx, store.AuditFilter{After: "nonsense"}); !errors.Is(err, store.ErrCursor) {
			t.Errorf("%v", err)
		}
	})
}

func TestConsumersReadNothingAboutRights(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		fx.Seed(t, "post", 1)
		fx.Hire(t, "max", socialwatch.RoleAdmin)
		for _, e := range fx.Log(t, 0) {
			if strings.HasPrefix(e.Kind, "people.") {
				t.Errorf("the feed tells %s", e.Kind)
			}
		}
		db := dbtest.Raw(t, fx.Options)
		defer db.Close()
		var n, people int
		if err := errors.Join(db.QueryRow("select count(*) from case_events_v1 where kind like 'people.%'").Scan(&n),
			db.QueryRow("select count(*) from events where kind like 'people.%' and seq is not null").Scan(&people)); err != nil || n != 0 || people == 0 {
			t.Errorf("%d of %d, %v", n, people, err)
		}
	})
}

// TestAuditTellsWhoChangedWhat and holds no secret.
func TestAuditTellsWhoChangedWhat(t *testing.T) {
	Each(t, func(t *testing.T, fx Fixture) {
		ctx := t.Context()
		anna := fx.Hire(t, "anna", socialwatch.RoleReader)
		fx.Hire(t, "max", socialwatch.RoleAdmin)
		secret := "$argon2id$secret"
		if err := errors.Join(
			fx.ChangePerson(ctx, store.PersonChange{Login: "anna", Roles: map[string]socialwatch.Role{Account: socialwatch.RoleLead}, Teams: []string{"x"}, Password: &secret, By: "max", At: Start}),
			fx.ChangePerson(ctx, store.PersonChange{Login: "anna", Teams: []string{"x"}, By: "max", At: Start}),
			fx.AddToken(ctx, store.NewToken{Name: "laptop", Hash: "secret hash", PersonID: &anna.ID, Scopes: []string{"read"}, By: "anna", CreatedAt: Start}),
			fx.AddLink(ctx, store.NewLink{Hash: "secret link", Login: "anna", Purpose: store.LinkPassword, By: "max", At: Start, ExpiresAt: Start.Add(time.Hour)})); err != nil {
			t.Fatal(err)
		}
		rows, _, err := fx.Audit(ctx, store.AuditFilter{People: true, By: store.AnyPerson})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range rows {
			got = append(got, fmt.Sprint(r.Event.Actor, " ", r.Event.Kind, " ", r.Event.Data))
		}
		want := []string{"max people.link map[person:anna purpose:password]", "anna people.token_added map[person:anna scopes:[read] token:laptop]",
			"max people.password map[person:anna]", "max people.changed map[person:anna roles:[map[*:reader] map[help:lead]] teams:[<nil> [x]]]"}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if strings.Contains(strings.Join(got, " "), "secret") {
			t.Error("the audit holds a secret")
		}
	})
}
