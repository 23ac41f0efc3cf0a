package store

import (
	"context"
	"fmt"
	"time"

	"socialwatch"
)

const (
	sqlSessionAdd    = `insert into sessions (hash, person_id, created_at, expires_at, address, agent)`
	sqlSessionsOver  = `delete from sessions where expires_at <= ?`
	sqlSessionPerson = `, s.used_at as session_used_at from sessions s join people p on p.id = s.person_id
where s.hash = ? and s.expires_at > ? and not p.disabled`
	sqlSessionUsed = `update sessions set used_at = ? where hash = ?`
	sqlSessions    = `select id, hash, person_id, created_at, expires_at, used_at, address, agent from sessions
where person_id = ? and expires_at > ? order by created_at desc, id desc`
	sqlSessionEnd  = `delete from sessions where hash = ?`
	sqlSessionOne  = `delete from sessions where person_id = ? and id = ?`
	sqlSessionsEnd = `delete from sessions where person_id = ? and hash <> ?`

	sqlLinkAdd     = `insert into people_links (hash, person_id, purpose, made_by, expires_at)`
	sqlLinkAddTail = `on conflict (person_id, purpose) do update set hash = excluded.hash, made_by = excluded.made_by,
expires_at = excluded.expires_at`
	sqlLinkPerson = `from people_links l join people p on p.id = l.person_id
where l.hash = ? and l.purpose = ? and l.expires_at > ? and not p.disabled`
	sqlLinkTaken = `delete from people_links where hash = ?`
)

// usedAfter is how exactly a session's or token's last use is kept: a write
// for each request would be dear.
const usedAfter = time.Minute

// AddSession stores a session and clears those that are over. It gives the ID.
func (s *Store) AddSession(ctx context.Context, n socialwatch.Session) error {
	err := s.tx(ctx, func(t *tx) error {
		if _, err := t.exec(ctx, sqlSessionsOver, n.CreatedAt); err != nil {
			return err
		}
		return t.values(ctx, values{head: sqlSessionAdd, width: 6,
			args: []any{n.Hash, n.PersonID, n.CreatedAt, n.ExpiresAt, n.Address, n.Agent}})
	})
	if err != nil {
		return fmt.Errorf("add session: %w", err)
	}
	return nil
}

// SessionPerson returns whose session it is, with the roles as stored now, and
// with use notes that the person is there. ErrNotFound when it is unknown,
// over, or of a disabled person.
func (s *Store) SessionPerson(ctx context.Context, hash string, now time.Time, use bool) (socialwatch.Person, error) {
	var r struct {
		personRow
		UsedAt moment `db:"session_used_at"`
	}
	err := s.readOne(ctx, func(t *tx) error { return t.get(ctx, &r, sqlPersonHead+sqlSessionPerson, hash, now) })
	if err == nil && use && now.Sub(r.UsedAt.Time) >= usedAfter {
		err = s.tx(ctx, func(t *tx) error {
			_, err := t.exec(ctx, sqlSessionUsed, now, hash)
			return err
		})
	}
	if err != nil {
		return socialwatch.Person{}, fmt.Errorf("read session: %w", err)
	}
	return r.person(), nil
}

// Sessions returns a person's sessions that are open, the newest first.
func (s *Store) Sessions(ctx context.Context, personID int64, now time.Time) ([]socialwatch.Session, error) {
	var rows []sessionRow
	err := s.readOne(ctx, func(t *tx) error {
		rows = nil
		return t.all(ctx, &rows, sqlSessions, personID, now)
	})
	if err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	return rowValues[sessionRow, socialwatch.Session](rows), nil
}

type sessionRow struct {
	ID        int64  `db:"id"`
	Hash      string `db:"hash"`
	PersonID  int64  `db:"person_id"`
	CreatedAt moment `db:"created_at"`
	ExpiresAt moment `db:"expires_at"`
	UsedAt    moment `db:"used_at"`
	Address   string `db:"address"`
	Agent     string `db:"agent"`
}

func (r sessionRow) value() socialwatch.Session {
	return socialwatch.Session{ID: r.ID, Hash: r.Hash, PersonID: r.PersonID, CreatedAt: r.CreatedAt.Time,
		ExpiresAt: r.ExpiresAt.Time, UsedAt: r.UsedAt.Time, Address: r.Address, Agent: r.Agent}
}

// EndSession ends a session by the hash of its cookie. ErrNotFound when there
// is none.
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

// EndSessions ends one session of a person, or all but the one to keep, and
// writes who did it. People end their own; others' need the role admin on all
// accounts. ErrNotFound when the one session is not the person's.
func (s *Store) EndSessions(ctx context.Context, e SessionEnd) error {
	err := s.tx(ctx, func(t *tx) error {
		var p personRow
		if err := t.get(ctx, &p, sqlPersonByID, e.PersonID); err != nil {
			return err
		}
		if e.By != p.Login {
			if err := t.mayManage(ctx, e.By); err != nil {
				return err
			}
		}
		query, arg := sqlSessionsEnd, any(e.Keep)
		if e.ID != 0 {
			query, arg = sqlSessionOne, e.ID
		}
		n, err := t.exec(ctx, query, e.PersonID, arg)
		if err != nil || n == 0 && e.ID == 0 {
			return err
		}
		if n == 0 {
			return socialwatch.ErrNotFound
		}
		return t.addEvents(ctx, socialwatch.Event{Kind: EventSessionsEnded, Actor: e.By, At: e.At,
			Data: map[string]any{"person": p.Login, "sessions": n}})
	})
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// AddLink stores a link that works once, in place of an earlier one of the
// same person and purpose. Making one needs the role admin on all accounts, or
// the terminal.
func (s *Store) AddLink(ctx context.Context, n NewLink) error {
	err := s.tx(ctx, func(t *tx) error {
		if err := t.mayManage(ctx, n.By); err != nil {
			return err
		}
		p, _, disabled, err := t.personByLogin(ctx, n.Login)
		if err != nil {
			return err
		}
		if disabled {
			return fmt.Errorf("%s is disabled: let the person in again first: %w", p.Login, socialwatch.ErrConflict)
		}
		if err := t.values(ctx, values{head: sqlLinkAdd, tail: sqlLinkAddTail, width: 5,
			args: []any{n.Hash, p.ID, string(n.Purpose), n.By, n.ExpiresAt}}); err != nil {
			return err
		}
		return t.addEvents(ctx, socialwatch.Event{Kind: EventLinkMade, Actor: n.By, At: n.At,
			Data: map[string]any{"person": p.Login, "purpose": string(n.Purpose)}})
	})
	if err != nil {
		return fmt.Errorf("make a link for %s: %w", n.Login, err)
	}
	return nil
}

// LinkPerson returns whom a link is for, and leaves it. ErrNotFound when it is
// unknown, used, over, for another purpose or of a disabled person.
func (s *Store) LinkPerson(ctx context.Context, hash string, purpose LinkPurpose, now time.Time) (socialwatch.Person, error) {
	var r personRow
	err := s.readOne(ctx, func(t *tx) error {
		return t.get(ctx, &r, sqlPersonHead+sqlLinkPerson, hash, string(purpose), now)
	})
	if err != nil {
		return socialwatch.Person{}, fmt.Errorf("read link: %w", err)
	}
	return r.person(), nil
}

// TakeLink uses a link up: to enter, or with the hash of a new password to set
// that and end the person's sessions. ErrNotFound as LinkPerson.
func (s *Store) TakeLink(ctx context.Context, hash, passwordHash string, now time.Time) (socialwatch.Person, error) {
	purpose := LinkEnter
	if passwordHash != "" {
		purpose = LinkPassword
	}
	var r personRow
	err := s.tx(ctx, func(t *tx) error {
		if err := t.get(ctx, &r, sqlPersonHead+sqlLinkPerson, hash, string(purpose), now); err != nil {
			return err
		}
		n, err := t.exec(ctx, sqlLinkTaken, hash)
		if err := noneIsMissing(n, err); err != nil || passwordHash == "" {
			return err
		}
		if _, err := t.exec(ctx, sqlPersonPassword, passwordHash, r.ID); err != nil {
			return err
		}
		if _, err := t.exec(ctx, sqlSessionsEnd, r.ID, ""); err != nil {
			return err
		}
		return t.addEvents(ctx, passwordSet(r.Login, r.Login, now))
	})
	if err != nil {
		return socialwatch.Person{}, fmt.Errorf("take link: %w", err)
	}
	return r.person(), nil
}
