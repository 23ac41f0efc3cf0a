package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"socialwatch"
)

const (
	sqlDueThreads = `select id, customer_id, looks, look_at, looked_at from cases
where account = ? and look_at <= ? and state in ('new','open','waiting','resolved') order by look_at, id limit ?`
	sqlDueThreadPosts = `select case_id, post_id, root_id, created_at, received_at from mentions
where case_id in (?) and gone_at is null order by case_id, created_at, id`

	// A look does not raise the case's version, but one that a Save has
	// rescheduled meanwhile stays as it is.
	sqlLookedAt = `update cases set looked_at = ? where id in (?)`
	sqlLooked   = `update cases set looks = ?, look_at = ? where id in (?) and looks = ?`

	sqlDueLookups = `update mentions set looked_at = ? where id in (
    select m.id from mentions m join cases c on c.id = m.case_id
    where m.account = ? and m.gone_at is null and c.state in ('new','open','waiting','resolved')
      and m.received_at < ? and (m.looked_at is null or m.looked_at < ?)
    order by m.id limit ?)
returning post_id`

	// The posts behind the drafts that people see first. A post that was taken in
	// a moment ago has been looked at.
	sqlDueShown = `update mentions set looked_at = ? where id in (
    select m.id from (select mention_id from replies where state = 'awaiting' and account = ?
                      order by due_at, rank, opened_at, id limit ?) r
    join mentions m on m.id = r.mention_id
    where m.gone_at is null and coalesce(m.looked_at, m.received_at) < ?)
returning post_id`

	sqlStoredPosts = `select id, post_id from mentions where account = ? and id > ? and gone_at is null
  and received_at < ? and (looked_at is null or looked_at < ?) order by id limit ?`
	sqlMarkLooked = `update mentions set looked_at = ? where account = ? and id > ? and id <= ? and gone_at is null
  and received_at < ? and (looked_at is null or looked_at < ?)`

	sqlRecordGood = `update accounts set polled_at = ?, good_at = ?, failures = 0, error = '', error_reason = '', next_at = ?
where name = ?`
	sqlRecordBad = `update accounts set polled_at = ?, failures = failures + 1, error = ?, error_reason = ?, next_at = ?
where name = ?`

	sqlSetStream = `update accounts set stream_up = ?, stream_at = ? where name = ? and (stream_up <> ? or stream_at is null)`
)

// DueThreads returns at most limit live cases of the account whose threads are
// due for a look at now, the longest due first. A case is due again as soon as
// a Save sets its LookAt.
func (s *Store) DueThreads(ctx context.Context, account string, now time.Time, limit int) ([]socialwatch.Watch, error) {
	var watches []socialwatch.Watch
	err := s.read(ctx, func(t *tx) error {
		var cases []struct {
			ID       int64  `db:"id"`
			Customer string `db:"customer_id"`
			Looks    int    `db:"looks"`
			LookAt   moment `db:"look_at"`
			LookedAt moment `db:"looked_at"`
		}
		if err := t.all(ctx, &cases, sqlDueThreads, account, now, limit); err != nil || len(cases) == 0 {
			return err
		}
		watches = make([]socialwatch.Watch, len(cases))
		at := make(map[int64]*socialwatch.Watch, len(cases))
		ids := make([]int64, len(cases))
		for i, c := range cases {
			watches[i] = socialwatch.Watch{CaseID: c.ID, Account: account, Customer: c.Customer, Looks: c.Looks,
				LookAt: c.LookAt.Time, Looked: c.LookedAt.Time}
			at[c.ID], ids[i] = &watches[i], c.ID
		}
		var posts []watchedPost
		if err := t.all(ctx, &posts, sqlDueThreadPosts, ids); err != nil {
			return err
		}
		addPosts(at, posts)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read due threads of %s: %w", account, err)
	}
	return watches, nil
}

// watchedPost is a mention of a case whose threads are due.
type watchedPost struct {
	CaseID int64  `db:"case_id"`
	PostID string `db:"post_id"`
	RootID string `db:"root_id"`

	CreatedAt  moment `db:"created_at"`
	ReceivedAt moment `db:"received_at"`
}

func addPosts(at map[int64]*socialwatch.Watch, posts []watchedPost) {
	for _, p := range posts {
		w := at[p.CaseID]
		w.PostIDs = append(w.PostIDs, p.PostID)
		if !slices.Contains(w.Roots, p.RootID) {
			w.Roots = append(w.Roots, p.RootID)
		}
		if w.New.IsZero() && p.ReceivedAt.After(w.Looked) { // they come in the order of writing
			w.New = p.CreatedAt.Time
		}
	}
}

// Looked stores when the threads of each watch were looked at, and its Looks and
// LookAt, unless a Save has rescheduled the case since DueThreads.
func (s *Store) Looked(ctx context.Context, watches []socialwatch.Watch) error {
	type schedule struct {
		looks int
		at    time.Time
	}
	groups := map[schedule][]int64{} // few: the time follows from the number
	looked := map[time.Time][]int64{}
	for _, w := range watches {
		looked[w.Looked] = append(looked[w.Looked], w.CaseID)
		key := schedule{w.Looks, w.LookAt}
		groups[key] = append(groups[key], w.CaseID)
	}
	err := s.tx(ctx, func(t *tx) error {
		for at, ids := range looked {
			if _, err := t.exec(ctx, sqlLookedAt, at, ids); err != nil {
				return err
			}
		}
		for key, ids := range groups {
			if _, err := t.exec(ctx, sqlLooked, key.looks, key.at, ids, key.looks-1); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store looks into threads: %w", err)
	}
	return nil
}

// DueLookups returns at most limit posts of the account's live cases that were
// last looked at before the time given, and counts them as looked at then: so
// calling it with one time until it returns none visits each post once. They
// are looked at again under a later time only, whatever came of the look.
func (s *Store) DueLookups(ctx context.Context, account string, before time.Time, limit int) ([]string, error) {
	var ids []string
	err := s.tx(ctx, func(t *tx) error {
		ids = nil
		return t.all(ctx, &ids, sqlDueLookups, before, account, before, before, limit)
	})
	if err != nil {
		return nil, fmt.Errorf("claim due look-ups of %s: %w", account, err)
	}
	return ids, nil
}

// DueShown returns the posts behind the first limit drafts of the account's
// queue that were last looked at, or taken in, before the time given, and
// counts them as looked at now, whatever comes of the look.
func (s *Store) DueShown(ctx context.Context, account string, now, before time.Time, limit int) ([]string, error) {
	var ids []string
	err := s.tx(ctx, func(t *tx) error {
		ids = nil
		return t.all(ctx, &ids, sqlDueShown, now, account, limit, before)
	})
	if err != nil {
		return nil, fmt.Errorf("claim looks before showing of %s: %w", account, err)
	}
	return ids, nil
}

// StoredPost is a post that is stored with its text.
type StoredPost struct {
	ID     int64  `db:"id"` // of the mention
	PostID string `db:"post_id"`
}

// StoredPosts returns at most limit posts of the account that are stored with
// their text, in closed cases and without a case too, and that were last looked
// at before the time given: those with an ID above after, in the order of ID.
func (s *Store) StoredPosts(ctx context.Context, account string, before time.Time, after int64, limit int) ([]StoredPost, error) {
	var posts []StoredPost
	err := s.readOne(ctx, func(t *tx) error {
		posts = nil
		return t.all(ctx, &posts, sqlStoredPosts, account, after, before, before, limit)
	})
	if err != nil {
		return nil, fmt.Errorf("read stored posts of %s: %w", account, err)
	}
	return posts, nil
}

// Looks is a range of what StoredPosts returned: After < ID <= UpTo, read with
// Before, and looked at now.
type Looks struct {
	Account     string
	Before, At  time.Time
	After, UpTo int64
}

// MarkLooked counts posts of StoredPosts as looked at.
func (s *Store) MarkLooked(ctx context.Context, l Looks) error {
	err := s.tx(ctx, func(t *tx) error {
		_, err := t.exec(ctx, sqlMarkLooked, l.At, l.Account, l.After, l.UpTo, l.Before, l.Before)
		return err
	})
	if err != nil {
		return fmt.Errorf("note looks at posts of %s: %w", l.Account, err)
	}
	return nil
}

// RecordPoll notes what one poll of an account came to. It does not touch the
// intake's version.
func (s *Store) RecordPoll(ctx context.Context, r socialwatch.PollResult) error {
	err := s.tx(ctx, func(t *tx) error {
		var n int64
		var err error
		if r.Err == "" {
			n, err = t.exec(ctx, sqlRecordGood, r.At, r.At, r.NextAt, r.Account)
		} else {
			n, err = t.exec(ctx, sqlRecordBad, r.At, r.Err, r.Reason, r.NextAt, r.Account)
		}
		return noneIsMissing(n, err)
	})
	if err != nil {
		return fmt.Errorf("record poll of %s: %w", r.Account, err)
	}
	return nil
}

// SetStream notes since when the account's stream is up or down.
func (s *Store) SetStream(ctx context.Context, account string, up bool, at time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		_, err := t.exec(ctx, sqlSetStream, up, at, account, up)
		return err
	})
	if err != nil {
		return fmt.Errorf("record stream of %s: %w", account, err)
	}
	return nil
}

// noneIsMissing makes an update of a row that must exist fail when it does not.
func noneIsMissing(n int64, err error) error {
	if err == nil && n == 0 {
		return socialwatch.ErrNotFound
	}
	return err
}
