package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"socialwatch"
)

// Kinds of event about people and their rights; Data holds "person", the
// login. Only Audit has them: no consumer reads them.
const (
	EventPersonAdded   = "people.added"          // also "roles" and, by single sign-on, "issuer"
	EventPersonChanged = "people.changed"        // also each changed field with [before, after]
	EventPersonLinked  = "people.linked"         // to an identity of "issuer"
	EventPasswordSet   = "people.password"       // by whoever is the actor
	EventLinkMade      = "people.link"           // also "purpose"
	EventSessionsEnded = "people.sessions_ended" // also "sessions", how many
	EventTokenAdded    = "people.token_added"    // also "token", its name, and "scopes"
	EventTokenRevoked  = "people.token_revoked"  // as before
)

// Terminal is the actor of what is done by a command, with the name of the
// system's user where it is known; no person can be called so.
const Terminal = "terminal"

const (
	personColumns = `id, login, name, password, roles, teams, languages, disabled, created_at`

	sqlPersonAdd      = `insert into people (login, name, password, roles, teams, languages, created_at)`
	sqlPerson         = `select ` + personColumns + ` from people where login = ?`
	sqlPersonByID     = `select ` + personColumns + ` from people where id = ?`
	sqlPeople         = `select ` + personColumns + ` from people order by login`
	sqlPersonPassword = `update people set password = ? where id = ?`
	sqlPersonSet      = `update people set name = ?, password = ?, roles = ?, teams = ?, languages = ?, disabled = ? where id = ?`

	sqlIdentityAdd    = `insert into people_identities (issuer, subject, person_id, linked_at)`
	sqlIdentities     = `select person_id from people_identities group by person_id`
	sqlIdentityPerson = `from people_identities i join people p on p.id = i.person_id where i.issuer = ? and i.subject = ?`
)

var sqlPersonHead = `select ` + prefixed("p", personColumns, false) + ` `

// personRow is one row of people.
type personRow struct {
	ID        int64                               `db:"id"`
	Login     string                              `db:"login"`
	Name      string                              `db:"name"`
	Password  string                              `db:"password"`
	Roles     jsonOf[map[string]socialwatch.Role] `db:"roles"`
	Teams     jsonOf[[]string]                    `db:"teams"`
	Languages jsonOf[[]string]                    `db:"languages"`
	Disabled  bool                                `db:"disabled"`
	CreatedAt moment                              `db:"created_at"`
}

func (r personRow) person() socialwatch.Person {
	return socialwatch.Person{ID: r.ID, Login: r.Login, Name: r.Name, Roles: r.Roles.V,
		Teams: orNil(r.Teams.V), Languages: orNil(r.Languages.V)}
}

func (r personRow) value() PersonRow {
	return PersonRow{Person: r.person(), HasPassword: r.Password != "", Disabled: r.Disabled, CreatedAt: r.CreatedAt.Time}
}

// maxLogin bounds logins, which stand in an index and in every event.
const maxLogin = 100

// orNil is nil for an empty list: both mean none.
func orNil(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

// AddPerson is Enrol of a person without an identity, by the program itself or
// by the terminal.
func (s *Store) AddPerson(ctx context.Context, p socialwatch.Person, passwordHash string, at time.Time) (socialwatch.Person, error) {
	return s.Enrol(ctx, NewPerson{Person: p, Password: passwordHash, By: socialwatch.System, At: at})
}

// Enrol stores a person. ErrConflict when the login or the identity is taken;
// ErrForbidden when By is a person who may not manage people.
func (s *Store) Enrol(ctx context.Context, n NewPerson) (socialwatch.Person, error) {
	p := n.Person
	if err := checkPerson(p); err != nil {
		return p, fmt.Errorf("add person: %w", err)
	}
	if p.Roles == nil {
		p.Roles = map[string]socialwatch.Role{}
	}
	p.Teams, p.Languages = orNil(p.Teams), orNil(p.Languages)
	err := s.tx(ctx, func(t *tx) error {
		if err := t.mayManage(ctx, n.By); err != nil {
			return err
		}
		n.Person = p
		var err error
		p, err = t.enrol(ctx, n)
		return err
	})
	if errors.Is(err, socialwatch.ErrConflict) {
		return p, fmt.Errorf("add person: the login %s is taken: %w", p.Login, socialwatch.ErrConflict)
	}
	if err != nil {
		return p, fmt.Errorf("add person %s: %w", p.Login, err)
	}
	return p, nil
}

// enrol stores a person who has been checked.
func (t *tx) enrol(ctx context.Context, n NewPerson) (socialwatch.Person, error) {
	p := n.Person
	ids, err := returning[int64](ctx, t, values{head: sqlPersonAdd, tail: "returning id", width: 7,
		args: []any{p.Login, p.Name, n.Password, asJSON(p.Roles), asJSON(p.Teams), asJSON(p.Languages), n.At}})
	if err != nil {
		return p, conflictIfDuplicate(err)
	}
	p.ID = ids[0]
	e := socialwatch.Event{Kind: EventPersonAdded, Actor: n.By, At: n.At, Data: map[string]any{"person": p.Login, "roles": p.Roles}}
	if n.Issuer != "" {
		e.Data["issuer"] = n.Issuer
		if err := t.addIdentity(ctx, n.Issuer, n.Subject, p.ID, n.At); err != nil {
			return p, err
		}
	}
	return p, t.addEvents(ctx, e)
}

func (t *tx) addIdentity(ctx context.Context, issuer, subject string, person int64, at time.Time) error {
	return conflictIfDuplicate(t.values(ctx, values{head: sqlIdentityAdd, width: 4, args: []any{issuer, subject, person, at}}))
}

// mayManage refuses people who may not manage people. The program itself and
// the terminal may: who holds the database could write there anyway.
func (t *tx) mayManage(ctx context.Context, by string) error {
	if by == socialwatch.System || isTerminal(by) {
		return nil
	}
	return t.mayDecide(ctx, by, socialwatch.RoleAdmin, socialwatch.AllAccounts)
}

func isTerminal(by string) bool { return by == Terminal || strings.HasPrefix(by, Terminal+":") }

func isSystem(by string) bool { return strings.HasPrefix(by, socialwatch.SystemActor("")) }

func checkPerson(p socialwatch.Person) error {
	switch {
	case p.Login == "" || len(p.Login) > maxLogin || p.Login != storable(p.Login):
		return fmt.Errorf("a login has 1 to %d bytes of valid text", maxLogin)
	case p.Login == socialwatch.System || isTerminal(p.Login) || isSystem(p.Login):
		return fmt.Errorf("the login %s is the program's own: choose another", p.Login)
	}
	return errors.Join(checkRoles(p.Roles), checkWork(p))
}

// maxWork bounds the teams and the languages of a person.
const maxWork = 50

func checkWork(p socialwatch.Person) error {
	for _, list := range [][]string{p.Teams, p.Languages} {
		if len(list) > maxWork || slices.ContainsFunc(list, func(s string) bool { return s == "" || len(s) > maxLogin }) {
			return fmt.Errorf("a person has at most %d teams and languages, each of 1 to %d bytes", maxWork, maxLogin)
		}
	}
	return nil
}

func checkRoles(roles map[string]socialwatch.Role) error {
	for account, role := range roles {
		if !slices.Contains(socialwatch.Roles, role) {
			return fmt.Errorf("there is no role %q (on account %s): use one of %v", role, account, socialwatch.Roles)
		}
	}
	return nil
}

// personByLogin reads a person within a transaction.
func (t *tx) personByLogin(ctx context.Context, login string) (p socialwatch.Person, hash string, disabled bool, err error) {
	var r personRow
	err = t.get(ctx, &r, sqlPerson, login)
	return r.person(), r.Password, r.Disabled, err
}

// PersonByLogin returns a person with the hash of the password, empty when
// none is set, and whether the person is disabled. ErrNotFound for an unknown
// login.
func (s *Store) PersonByLogin(ctx context.Context, login string) (p socialwatch.Person, hash string, disabled bool, err error) {
	err = s.read(ctx, func(t *tx) error {
		p, hash, disabled, err = t.personByLogin(ctx, login)
		return err
	})
	if err != nil {
		return socialwatch.Person{}, "", false, fmt.Errorf("read person: %w", err)
	}
	return p, hash, disabled, nil
}

// People returns everybody, by login.
func (s *Store) People(ctx context.Context) ([]PersonRow, error) {
	var rows []personRow
	var linked []int64
	err := s.read(ctx, func(t *tx) error {
		rows, linked = nil, nil
		if err := t.all(ctx, &rows, sqlPeople); err != nil {
			return err
		}
		return t.all(ctx, &linked, sqlIdentities)
	})
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	people := rowValues[personRow, PersonRow](rows)
	for i := range people {
		people[i].Linked = slices.Contains(linked, people[i].Person.ID)
	}
	return people, nil
}

// PersonByIdentity returns whose an identity is. ErrNotFound when it is
// nobody's.
func (s *Store) PersonByIdentity(ctx context.Context, issuer, subject string) (p socialwatch.Person, disabled bool, err error) {
	var r personRow
	err = s.readOne(ctx, func(t *tx) error { return t.get(ctx, &r, sqlPersonHead+sqlIdentityPerson, issuer, subject) })
	if err != nil {
		return p, false, fmt.Errorf("read person: %w", err)
	}
	return r.person(), r.Disabled, nil
}

// LinkIdentity makes an identity a person's. Of n.Person
// only the login counts. ErrConflict when it is somebody's already.
func (s *Store) LinkIdentity(ctx context.Context, n NewPerson) error {
	err := s.tx(ctx, func(t *tx) error {
		if err := t.mayManage(ctx, n.By); err != nil {
			return err
		}
		p, _, _, err := t.personByLogin(ctx, n.Person.Login)
		if err != nil {
			return err
		}
		if err := t.addIdentity(ctx, n.Issuer, n.Subject, p.ID, n.At); err != nil {
			return err
		}
		return t.addEvents(ctx, socialwatch.Event{Kind: EventPersonLinked, Actor: n.By, At: n.At,
			Data: map[string]any{"person": p.Login, "issuer": n.Issuer}})
	})
	if err != nil {
		return fmt.Errorf("link %s: %w", n.Person.Login, err)
	}
	return nil
}
