package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"socialwatch"
)

const (
	// Puts and the Saves that take from the inbox wait for each other, so that a
	// newer version of a post never comes under an id that is being taken.
	sqlInboxAccount = `select network, host from accounts where name = ?`
	sqlInboxOld     = `select mention from inbox where account = ? and post_id in (?)`
	sqlInboxDrop    = `delete from inbox where account = ? and post_id in (?)`
	sqlInboxPut     = `insert into inbox (account, post_id, mention, received_at)`
	sqlInbox        = `select id, mention from inbox where account = ? order by id limit ?`

	sqlInboxGone      = `select post_id from inbox_gone where account = ? order by post_id limit ?`
	sqlInboxGonePut   = `insert into inbox_gone (account, post_id, received_at)`
	sqlInboxGoneAside = `delete from set_aside where account = ? and item in (?)`
	sqlInboxGoneDrop  = `delete from inbox_gone where account = ? and post_id in (?)`

	sqlInboxEmpty     = `delete from inbox where account = ?`
	sqlInboxGoneEmpty = `delete from inbox_gone where account = ?`

	sqlSaveTaken = `delete from inbox where account = ? and id in (?)`
)

// PutInbox stores posts that were pushed to an account until a Save takes them.
// One that waits already is replaced, under a new id, unless it is the newer
// one. Nothing is stored when Save could not take one of them; the error names
// it.
func (s *Store) PutInbox(ctx context.Context, account string, mentions []socialwatch.Mention, at time.Time) error {
	return s.PutPush(ctx, account, socialwatch.Push{Mentions: mentions}, at)
}

// PutPush stores a push, all of it or nothing: its mentions as PutInbox does,
// its deletions until DropInboxGone, and what is set aside for good, under an
// id once.
func (s *Store) PutPush(ctx context.Context, account string, p socialwatch.Push, at time.Time) error {
	newest, err := newestOf(account, p.Mentions)
	if err == nil && len(newest)+len(p.Gone)+len(p.Aside) > 0 {
		err = s.tx(ctx, func(t *tx) error {
			if err := t.putInbox(ctx, account, newest, at); err != nil {
				return err
			}
			if err := t.putGone(ctx, account, p.Gone, at); err != nil {
				return err
			}
			c := socialwatch.Changes{Account: account, Aside: p.Aside, At: at}
			c.Aside = checkedAside(c)
			return (&saving{t: t, c: c}).saveAside(ctx)
		})
	}
	if err != nil {
		return fmt.Errorf("put into the inbox of %s: %w", account, err)
	}
	return nil
}

// newestOf returns the newest version of each mention, by post id.
func newestOf(account string, mentions []socialwatch.Mention) (map[string]socialwatch.Mention, error) {
	newest := map[string]socialwatch.Mention{}
	for _, m := range mentions {
		e := socialwatch.Entry{Mention: m}
		e.Mention.ID = storable(m.ID)
		if err := checkEntry(&e, socialwatch.Changes{Account: account}); err != nil {
			return nil, fmt.Errorf("post %s: %w", m.ID, err)
		}
		if old, ok := newest[e.Mention.ID]; !ok || old.Revision() < m.Revision() {
			newest[e.Mention.ID] = e.Mention
		}
	}
	return newest, nil
}

func (t *tx) putInbox(ctx context.Context, account string, newest map[string]socialwatch.Mention, at time.Time) error {
	var home struct {
		Network socialwatch.Network `db:"network"`
		Host    string              `db:"host"`
	}
	if err := t.get(ctx, &home, sqlInboxAccount+t.s.dialect.forUpdate, account); err != nil {
		return err
	}
	ids := make([]string, 0, len(newest))
	for id, m := range newest {
		if m.Network != home.Network || m.Host != home.Host {
			return fmt.Errorf("post %s is of %s on %s, the account's are of %s on %s", id, m.Network, m.Host, home.Network, home.Host)
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	var waiting []jsonOf[socialwatch.Mention]
	if err := t.all(ctx, &waiting, sqlInboxOld, account, ids); err != nil {
		return err
	}
	for _, w := range waiting {
		if newest[w.V.ID].Revision() < w.V.Revision() {
			ids = slices.DeleteFunc(ids, func(id string) bool { return id == w.V.ID })
		}
	}
	if _, err := t.exec(ctx, sqlInboxDrop, account, ids); err != nil {
		return err
	}
	v := values{head: sqlInboxPut, width: 4}
	for _, id := range ids {
		v.args = append(v.args, account, id, asJSON(newest[id]), at)
	}
	return t.values(ctx, v)
}

func (t *tx) putGone(ctx context.Context, account string, ids []string, at time.Time) error {
	v := values{head: sqlInboxGonePut, width: 3, tail: "on conflict (account, post_id) do nothing"}
	for _, id := range ids {
		if id = storable(id); id == "" || len(id) > maxID {
			return fmt.Errorf("the id of a deleted post is empty, or longer than %d bytes", maxID)
		}
		v.args = append(v.args, account, id, at)
	}
	return t.values(ctx, v)
}

// InboxGone returns deletions that wait for an account, at most limit.
func (s *Store) InboxGone(ctx context.Context, account string, limit int) ([]string, error) {
	var ids []string
	err := s.readOne(ctx, func(t *tx) error {
		ids = nil
		return t.all(ctx, &ids, sqlInboxGone, account, limit)
	})
	if err != nil {
		return nil, fmt.Errorf("read the deletions that wait for %s: %w", account, err)
	}
	return ids, nil
}

// DropInboxGone ends the waiting of deletions that were taken in. What was set
// aside of such posts goes too.
func (s *Store) DropInboxGone(ctx context.Context, account string, postIDs []string) error {
	if len(postIDs) == 0 {
		return nil
	}
	err := s.tx(ctx, func(t *tx) error {
		if _, err := t.exec(ctx, sqlInboxGoneAside, account, postIDs); err != nil {
			return err
		}
		_, err := t.exec(ctx, sqlInboxGoneDrop, account, postIDs)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop deletions that waited for %s: %w", account, err)
	}
	return nil
}

// Inbox returns what waits for an account, the longest waiting first, at most
// limit.
func (s *Store) Inbox(ctx context.Context, account string, limit int) ([]socialwatch.Pushed, error) {
	var rows []pushedRow
	err := s.readOne(ctx, func(t *tx) error {
		rows = nil
		return t.all(ctx, &rows, sqlInbox, account, limit)
	})
	if err != nil {
		return nil, fmt.Errorf("read the inbox of %s: %w", account, err)
	}
	return rowValues[pushedRow, socialwatch.Pushed](rows), nil
}

// pushedRow is one row of the inbox.
type pushedRow struct {
	ID      int64                       `db:"id"`
	Mention jsonOf[socialwatch.Mention] `db:"mention"`
}

func (r pushedRow) value() socialwatch.Pushed {
	return socialwatch.Pushed{ID: r.ID, Mention: r.Mention.V}
}

// saveTaken ends the waiting of what the batch holds.
func (w *saving) saveTaken(ctx context.Context) error {
	if len(w.c.Taken) == 0 {
		return nil
	}
	_, err := w.t.exec(ctx, sqlSaveTaken, w.c.Account, w.c.Taken)
	return err
}
