package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"socialwatch"
)

const (
	personColumns = `id, login, name, password, roles, disabled, created_at`

	sqlPersonAdd = `insert into people (login, name, password, roles, created_at)`
	sqlPerson    = `select ` + personColumns + ` from people where login = ?`
	sqlPeople    = `select ` + personColumns + ` from people order by login`

	sqlPersonPassword = `update people set password = ? where login = ?`
	sqlPersonRoles    = `update people set roles = ? where login = ?`
	sqlPersonDisabled = `update people set disabled = ? where login = ?`

	sqlSessionAdd    = `insert into sessions (hash, person_id, created_at, expires_at)`
	sqlSessionsOver  = `delete from sessions where expires_at <= ?`
	sqlSessionPerson = `from sessions s join people p on p.id = s.person_id
where s.hash = ? and s.expires_at > ? and not p.disabled`
	sqlSessionEnd  = `delete from sessions where hash = ?`
	sqlSessionsEnd = `delete from sessions where person_id = (select id from people where login = ?)`

	sqlTokenAdd = `insert into tokens (name, hash, person_id, scopes, created_at, expires_at)`
	sqlToken    = `select id, name, person_id, scopes, created_at, expires_at, used_at from tokens
where hash = ? and (expires_at is null or expires_at > ?)`
	sqlTokenPerson = `select ` + personColumns + ` from people where id = ? and not disabled`
	sqlTokenUsed   = `update tokens set used_at = ? where id = ? and (used_at is null or used_at < ?)`
)

var sqlSessionHead = `select ` + prefixed("p", personColumns, false) + ` `

// personRow is one row of people.
type personRow struct {
	ID        int64                               `db:"id"`
	Login     string                              `db:"login"`
	Name      string                              `db:"name"`
	Password  string                              `db:"password"`
	Roles     jsonOf[map[string]socialwatch.Role] `db:"roles"`
	Disabled  bool                                `db:"disabled"`
	CreatedAt moment                              `db:"created_at"`
}

func (r personRow) person() socialwatch.Person {
	return socialwatch.Person{ID: r.ID, Login: r.Login, Name: r.Name, Roles: r.Roles.V}
}

func (r personRow) value() PersonRow {
	return PersonRow{Person: r.person(), HasPassword: r.Password != "", Disabled: r.Disabled, CreatedAt: r.CreatedAt.Time}
}

// maxLogin bounds logins, which stand in an index and in every event.
const maxLogin = 100

// AddPerson stores a person, with the hash of a password or, when it is empty,
// without one. ErrConflict when the login is taken; System can be nobody's.
func (s *Store) AddPerson(ctx context.Context, p socialwatch.Person, passwordHash string, at time.Time) (socialwatch.Person, error) {
	if err := checkPerson(p); err != nil {
		return p, fmt.Errorf("add person: %w", err)
	}
	if p.Roles == nil {
		p.Roles = map[string]socialwatch.Role{}
	}
	v := values{head: sqlPersonAdd, tail: "returning id", width: 5,
		args: []any{p.Login, p.Name, passwordHash, asJSON(p.Roles), at}}
	err := s.tx(ctx, func(t *tx) error {
		ids, err := returning[int64](ctx, t, v)
		if err != nil {
			return conflictIfDuplicate(err)
		}
		p.ID = ids[0]
		return nil
	})
	if errors.Is(err, socialwatch.ErrConflict) {
		return p, fmt.Errorf("add person: the login %s is taken: %w", p.Login, socialwatch.ErrConflict)
	}
	if err != nil {
		return p, fmt.Errorf("add person %s: %w", p.Login, err)
	}
	return p, nil
}

func checkPerson(p socialwatch.Person) error {
	switch {
	case p.Login == "" || len(p.Login) > maxLogin || p.Login != storable(p.Login):
		return fmt.Errorf("a login has 1 to %d bytes of valid text", maxLogin)
	case p.Login == socialwatch.System:
		return fmt.Errorf("the login %s is the program's own: choose another", p.Login)
	}
	return checkRoles(p.Roles)
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
	err := s.read(ctx, func(t *tx) error {
		rows = nil
		return t.all(ctx, &rows, sqlPeople)
	})
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	return rowValues[personRow, PersonRow](rows), nil
}

// SetPassword stores the hash of a new password and ends the person's
// sessions. ErrNotFound for an unknown login.
func (s *Store) SetPassword(ctx context.Context, login, passwordHash string) error {
	return s.changePerson(ctx, login, true, sqlPersonPassword, passwordHash)
}

// SetRoles replaces a person's roles; they count from the next request on.
func (s *Store) SetRoles(ctx context.Context, login string, roles map[string]socialwatch.Role) error {
	if err := checkRoles(roles); err != nil {
		return fmt.Errorf("change person %s: %w", login, err)
	}
	return s.changePerson(ctx, login, false, sqlPersonRoles, asJSON(roles))
}

// SetDisabled disables a person, whose sessions end and whose tokens open
// nothing any more, or enables one again.
func (s *Store) SetDisabled(ctx context.Context, login string, disabled bool) error {
	return s.changePerson(ctx, login, disabled, sqlPersonDisabled, disabled)
}

func (s *Store) changePerson(ctx context.Context, login string, endSessions bool, query string, value any) error {
	err := s.tx(ctx, func(t *tx) error {
		n, err := t.exec(ctx, query, value, login)
		if err := noneIsMissing(n, err); err != nil || !endSessions {
			return err
		}
		_, err = t.exec(ctx, sqlSessionsEnd, login)
		return err
	})
	if err != nil {
		return fmt.Errorf("change person %s: %w", login, err)
	}
	return nil
}

// AddSession stores a session by the hash of its secret and clears those that
// are over.
func (s *Store) AddSession(ctx context.Context, hash string, personID int64, at, expires time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		if _, err := t.exec(ctx, sqlSessionsOver, at); err != nil {
			return err
		}
		return t.values(ctx, values{head: sqlSessionAdd, width: 4, args: []any{hash, personID, at, expires}})
	})
	if err != nil {
		return fmt.Errorf("add session: %w", err)
	}
	return nil
}

// SessionPerson returns whose session it is, with the roles as stored now.
// ErrNotFound when it is unknown, over, or of a disabled person.
func (s *Store) SessionPerson(ctx context.Context, hash string, now time.Time) (socialwatch.Person, error) {
	var r personRow
	err := s.read(ctx, func(t *tx) error { return t.get(ctx, &r, sqlSessionHead+sqlSessionPerson, hash, now) })
	if err != nil {
		return socialwatch.Person{}, fmt.Errorf("read session: %w", err)
	}
	return r.person(), nil
}

// EndSession ends a session. ErrNotFound when there is none.
func (s *Store) EndSession(ctx context.Context, hash string) error {
	err := s.tx(ctx, func(t *tx) error {
		n, err := t.exec(ctx, sqlSessionEnd, hash)
		return noneIsMissing(n, err)
	})
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// tokenRow is one row of tokens.
type tokenRow struct {
	ID        int64            `db:"id"`
	Name      string           `db:"name"`
	PersonID  *int64           `db:"person_id"`
	Scopes    jsonOf[[]string] `db:"scopes"`
	CreatedAt moment           `db:"created_at"`
	ExpiresAt moment           `db:"expires_at"`
	UsedAt    moment           `db:"used_at"`
}

// AddToken stores a token of a person or, without PersonID, of a system.
func (s *Store) AddToken(ctx context.Context, n NewToken) error {
	if n.Name == "" || n.Hash == "" {
		return errors.New("add token: it needs a name and a hash")
	}
	var person any
	if n.PersonID != nil {
		person = *n.PersonID
	}
	err := s.tx(ctx, func(t *tx) error {
		return t.values(ctx, values{head: sqlTokenAdd, width: 6,
			args: []any{n.Name, n.Hash, person, asJSON(n.Scopes), n.CreatedAt, n.ExpiresAt}})
	})
	if err != nil {
		return fmt.Errorf("add token %s: %w", n.Name, conflictIfDuplicate(err))
	}
	return nil
}

// tokenUse is how exactly a token's last use is kept: a write for each request
// would be dear.
const tokenUse = time.Minute

// TokenPerson returns the token with a hash. ErrNotFound when it is unknown,
// over, or of a disabled person.
func (s *Store) TokenPerson(ctx context.Context, hash string, now time.Time) (Token, error) {
	var r tokenRow
	var owner *socialwatch.Person
	err := s.read(ctx, func(t *tx) error {
		r, owner = tokenRow{}, nil
		if err := t.get(ctx, &r, sqlToken, hash, now); err != nil || r.PersonID == nil {
			return err
		}
		var p personRow
		if err := t.get(ctx, &p, sqlTokenPerson, *r.PersonID); err != nil {
			return err
		}
		person := p.person()
		owner = &person
		return nil
	})
	if err == nil && now.Sub(r.UsedAt.Time) >= tokenUse {
		r.UsedAt.Time = socialwatch.Micros(now)
		err = s.tx(ctx, func(t *tx) error {
			_, err := t.exec(ctx, sqlTokenUsed, now, r.ID, now)
			return err
		})
	}
	if err != nil {
		return Token{}, fmt.Errorf("read token: %w", err)
	}
	return Token{ID: r.ID, Name: r.Name, Person: owner, Scopes: r.Scopes.V, CreatedAt: r.CreatedAt.Time,
		ExpiresAt: r.ExpiresAt.Time, UsedAt: r.UsedAt.Time}, nil
}
