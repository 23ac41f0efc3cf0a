package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"socialwatch"
)

const (
	tokenColumns = `id, name, person_id, scopes, created_at, expires_at, used_at`

	sqlTokenAdd = `insert into tokens (name, hash, person_id, scopes, created_at, expires_at)`
	sqlToken    = `select ` + tokenColumns + ` from tokens
where hash = ? and (expires_at is null or expires_at > ?)`
	sqlTokens      = `select ` + tokenColumns + ` from tokens %sorder by id desc`
	sqlTokenByID   = `select ` + tokenColumns + ` from tokens where id = ?`
	sqlTokenEnd    = `delete from tokens where id = ?`
	sqlTokenPerson = `select ` + personColumns + ` from people where id = ? and not disabled`
	sqlTokenUsed   = `update tokens set used_at = ? where id = ? and (used_at is null or used_at < ?)`
)

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

func (r tokenRow) value() Token {
	return Token{ID: r.ID, Name: r.Name, Scopes: r.Scopes.V, CreatedAt: r.CreatedAt.Time, ExpiresAt: r.ExpiresAt.Time, UsedAt: r.UsedAt.Time}
}

// AddToken stores a token of a person or, without PersonID, of a system.
// People make their own; a system's needs the role admin on all accounts, or
// the terminal.
func (s *Store) AddToken(ctx context.Context, n NewToken) error {
	if n.Name == "" || n.Hash == "" {
		return errors.New("add token: it needs a name and a hash")
	}
	if len(n.Name) > maxLogin { // events name a system by it
		return fmt.Errorf("add token: a name has at most %d bytes", maxLogin)
	}
	var person any
	if n.PersonID != nil {
		person = *n.PersonID
	}
	err := s.tx(ctx, func(t *tx) error {
		owner, err := t.mayHoldToken(ctx, n.By, n.PersonID)
		if err != nil {
			return err
		}
		err = t.values(ctx, values{head: sqlTokenAdd, width: 6,
			args: []any{n.Name, n.Hash, person, asJSON(n.Scopes), n.CreatedAt, n.ExpiresAt}})
		if err != nil {
			return conflictIfDuplicate(err)
		}
		return t.addEvents(ctx, tokenEvent(EventTokenAdded, tokenRow{Name: n.Name, Scopes: asJSON(n.Scopes)}, owner, n.By, n.CreatedAt))
	})
	if err != nil {
		return fmt.Errorf("add token %s: %w", n.Name, err)
	}
	return nil
}

// mayHoldToken refuses whoever may neither make nor revoke a token of the
// owner (nil: a system), whose login it returns.
func (t *tx) mayHoldToken(ctx context.Context, by string, owner *int64) (string, error) {
	var p personRow
	if owner != nil {
		if err := t.get(ctx, &p, sqlPersonByID, *owner); err != nil {
			return "", err
		}
		if p.Login == by {
			return p.Login, nil
		}
	}
	return p.Login, t.mayManage(ctx, cmp.Or(by, socialwatch.System))
}

func tokenEvent(kind string, r tokenRow, owner, by string, at time.Time) socialwatch.Event {
	return socialwatch.Event{Kind: kind, Actor: cmp.Or(by, socialwatch.System), At: at,
		Data: map[string]any{"person": owner, "token": r.Name, "scopes": r.Scopes.V}}
}

// Tokens returns the tokens of a person, or of everybody and of systems when
// personID is nil, the newest first. Those that are over stay listed.
func (s *Store) Tokens(ctx context.Context, personID *int64) ([]Token, error) {
	var rows []tokenRow
	var people []personRow
	err := s.read(ctx, func(t *tx) error {
		rows, people = nil, nil
		query, args := fmt.Sprintf(sqlTokens, ""), []any(nil)
		if personID != nil {
			query, args = fmt.Sprintf(sqlTokens, "where person_id = ? "), []any{*personID}
		}
		return errors.Join(t.all(ctx, &rows, query, args...), t.all(ctx, &people, sqlPeople))
	})
	if err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	owners := map[int64]socialwatch.Person{}
	for _, p := range people {
		owners[p.ID] = p.person()
	}
	tokens := rowValues[tokenRow, Token](rows)
	for i, r := range rows {
		if r.PersonID != nil {
			owner := owners[*r.PersonID]
			tokens[i].Person = &owner
		}
	}
	return tokens, nil
}

// RevokeToken ends a token for good: people their own, others' and systems'
// with the role admin on all accounts. ErrNotFound for an unknown one.
func (s *Store) RevokeToken(ctx context.Context, id int64, by string, at time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		var r tokenRow
		if err := t.get(ctx, &r, sqlTokenByID, id); err != nil {
			return err
		}
		owner, err := t.mayHoldToken(ctx, by, r.PersonID)
		if err != nil {
			return err
		}
		n, err := t.exec(ctx, sqlTokenEnd, id)
		if err := noneIsMissing(n, err); err != nil {
			return err
		}
		return t.addEvents(ctx, tokenEvent(EventTokenRevoked, r, owner, by, at))
	})
	if err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	return nil
}

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
	if err == nil && now.Sub(r.UsedAt.Time) >= usedAfter {
		r.UsedAt.Time = socialwatch.Micros(now)
		err = s.tx(ctx, func(t *tx) error {
			_, err := t.exec(ctx, sqlTokenUsed, now, r.ID, now)
			return err
		})
	}
	if err != nil {
		return Token{}, fmt.Errorf("read token: %w", err)
	}
	token := r.value()
	token.Person = owner
	return token, nil
}
