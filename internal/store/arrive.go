package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"

	"socialwatch"
)

// Arrive returns whom an identity provider vouches for, by issuer and subject
// alone. On the first arrival with a role it makes the person, under a login
// that nobody has. Later ones set the roles of today; without any, rights and
// sessions end. ErrForbidden when the person is shut out or has no role;
// ErrConflict when another arrival was faster: arrive again.
func (s *Store) Arrive(ctx context.Context, a socialwatch.Arrival) (socialwatch.Person, error) {
	if err := checkRoles(a.Roles); err != nil {
		return socialwatch.Person{}, fmt.Errorf("single sign-on: %w", err)
	}
	var r personRow
	var refused error
	err := s.tx(ctx, func(t *tx) error {
		refused = nil
		err := t.get(ctx, &r, sqlPersonHead+sqlIdentityPerson, a.Issuer, a.Subject)
		switch {
		case errors.Is(err, socialwatch.ErrNotFound) && len(a.Roles) == 0:
			refused = socialwatch.ErrForbidden
			return nil
		case errors.Is(err, socialwatch.ErrNotFound):
			r, err = t.newcomer(ctx, a)
			return err
		case err != nil:
			return err
		}
		if r.Disabled || len(a.Roles) == 0 {
			refused = socialwatch.ErrForbidden
		}
		return t.rolesOfToday(ctx, &r, a)
	})
	if err = errors.Join(err, refused); err != nil {
		return socialwatch.Person{}, fmt.Errorf("single sign-on: %w", err)
	}
	return r.person(), nil
}

func (t *tx) rolesOfToday(ctx context.Context, r *personRow, a socialwatch.Arrival) error {
	if r.Disabled || maps.Equal(r.Roles.V, a.Roles) {
		return nil
	}
	c := PersonChange{Login: r.Login, Roles: a.Roles, By: socialwatch.System, At: a.At}
	if c.Roles == nil {
		c.Roles = map[string]socialwatch.Role{}
	}
	before := *r
	*r = c.apply(before)
	if _, err := t.exec(ctx, sqlPersonSet, r.Name, r.Password, r.Roles, r.Teams, r.Languages, r.Disabled, r.ID); err != nil {
		return err
	}
	if len(a.Roles) == 0 {
		if _, err := t.exec(ctx, sqlSessionsEnd, r.ID, ""); err != nil {
			return err
		}
	}
	return t.addEvents(ctx, c.events(before, *r)...)
}

// namesakes bounds the search for a free login.
const namesakes = 100

// newcomer stores a person under the login that the provider suggests, with a
// number behind it when that is taken: a login proves nothing.
func (t *tx) newcomer(ctx context.Context, a socialwatch.Arrival) (personRow, error) {
	base := loginOf(a)
	p := socialwatch.Person{Login: base, Name: nameOf(a), Roles: a.Roles}
	for n := 2; ; n++ {
		_, _, _, err := t.personByLogin(ctx, p.Login)
		if errors.Is(err, socialwatch.ErrNotFound) {
			break
		}
		if err != nil || n > namesakes {
			return personRow{}, errors.Join(err, socialwatch.ErrConflict)
		}
		p.Login = fmt.Sprintf("%s-%d", base, n)
	}
	p, err := t.enrol(ctx, NewPerson{Person: p, Issuer: a.Issuer, Subject: a.Subject, By: socialwatch.System, At: a.At})
	return personRow{ID: p.ID, Login: p.Login, Name: p.Name, Roles: asJSON(p.Roles)}, err
}

// loginOf is the login that a suggestion allows, with room for a number.
func loginOf(a socialwatch.Arrival) string {
	login := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, a.Login)
	login = cutText(login, maxLogin-len("-100"))
	if login == "" || login == socialwatch.System || isTerminal(login) || isSystem(login) {
		return "person"
	}
	return login
}

func nameOf(a socialwatch.Arrival) string {
	name := cutText(storable(strings.Join(strings.Fields(a.Name), " ")), maxLogin)
	if name == "" {
		return loginOf(a)
	}
	return name
}

// cutText is the first bytes of a text, in whole characters.
func cutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
