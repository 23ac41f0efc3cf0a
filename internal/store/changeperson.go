package store

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"socialwatch"
)

// errLastAdmin keeps people from shutting everybody out by a click.
var errLastAdmin = fmt.Errorf("nobody would be left who manages people: make somebody else admin of all accounts first: %w", socialwatch.ErrConflict)

// ChangePerson changes what c names and writes who did it. People change their
// own languages, teams and password; all else needs the role admin on all
// accounts, or the terminal. A new password and disabling end the person's
// sessions; disabled people's tokens open nothing any more. ErrNotFound for an
// unknown login, ErrConflict when nobody would be left who manages people.
func (s *Store) ChangePerson(ctx context.Context, c PersonChange) error {
	err := s.tx(ctx, func(t *tx) error {
		if !c.own() {
			if err := t.mayManage(ctx, c.By); err != nil {
				return err
			}
		}
		var before personRow
		if err := t.get(ctx, &before, sqlPerson+s.dialect.forUpdate, c.Login); err != nil {
			return err
		}
		after := c.apply(before)
		if err := checkPerson(after.person()); err != nil {
			return err
		}
		if _, err := t.exec(ctx, sqlPersonSet, after.Name, after.Password, after.Roles, after.Teams, after.Languages,
			after.Disabled, after.ID); err != nil {
			return err
		}
		if err := t.stillManaged(ctx, c.By, before, after); err != nil {
			return err
		}
		if c.Password != nil || after.Disabled && !before.Disabled {
			if _, err := t.exec(ctx, sqlSessionsEnd, after.ID, c.Keep); err != nil {
				return err
			}
		}
		return t.addEvents(ctx, c.events(before, after)...)
	})
	if err != nil {
		return fmt.Errorf("change person %s: %w", c.Login, err)
	}
	return nil
}

// own reports whether people do this to themselves.
func (c PersonChange) own() bool {
	return c.By == c.Login && c.Name == nil && c.Roles == nil && c.Disabled == nil
}

func (c PersonChange) apply(r personRow) personRow {
	if c.Name != nil {
		r.Name = *c.Name
	}
	if c.Password != nil {
		r.Password = *c.Password
	}
	if c.Disabled != nil {
		r.Disabled = *c.Disabled
	}
	if c.Roles != nil {
		r.Roles = asJSON(c.Roles)
	}
	if c.Teams != nil {
		r.Teams = asJSON(c.Teams)
	}
	if c.Languages != nil {
		r.Languages = asJSON(c.Languages)
	}
	return r
}

// events tell each changed field with its values before and after; a password
// only that it changed.
func (c PersonChange) events(before, after personRow) []socialwatch.Event {
	data := map[string]any{"person": c.Login}
	for name, pair := range map[string][2]any{
		"name": {before.Name, after.Name}, "roles": {before.Roles.V, after.Roles.V}, "disabled": {before.Disabled, after.Disabled},
		"teams": {orNil(before.Teams.V), orNil(after.Teams.V)}, "languages": {orNil(before.Languages.V), orNil(after.Languages.V)},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			data[name] = pair
		}
	}
	var events []socialwatch.Event
	if len(data) > 1 {
		events = append(events, socialwatch.Event{Kind: EventPersonChanged, Actor: c.By, At: c.At, Data: data})
	}
	if c.Password != nil {
		events = append(events, passwordSet(c.Login, c.By, c.At))
	}
	return events
}

func passwordSet(login, by string, at time.Time) socialwatch.Event {
	return socialwatch.Event{Kind: EventPasswordSet, Actor: by, At: at, Data: map[string]any{"person": login}}
}

// stillManaged refuses a person's change that leaves nobody who manages
// people. The terminal may: it can make somebody again. The rows are locked in
// their order, so that two admins cannot remove each other at once.
func (t *tx) stillManaged(ctx context.Context, by string, before, after personRow) error {
	if !before.manages() || after.manages() || by == socialwatch.System || isTerminal(by) {
		return nil
	}
	var all []personRow
	if err := t.all(ctx, &all, sqlPeople+t.s.dialect.forUpdate); err != nil {
		return err
	}
	for _, r := range all {
		if r.manages() {
			return nil
		}
	}
	return errLastAdmin
}

func (r personRow) manages() bool {
	return !r.Disabled && r.person().May(socialwatch.RoleAdmin, socialwatch.AllAccounts)
}
