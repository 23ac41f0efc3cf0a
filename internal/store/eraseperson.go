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
	sqlEraseAccounts = `update accounts set version = version + 1 where name in (?)`
	sqlPersonCases   = `select id from cases where account in (?) and customer_id = ? and erased_at is null order by id`
	sqlPersonPosts   = `select id, account, network, host, post_id, case_id from mentions
where account in (?) and author_id = ? and erased_at is null order by id`
	sqlPersonAnswered = `update mentions set parent_by = '' where account in (?) and parent_by = ?`

	sqlEraseWaiting = `delete from inbox where id in (?)`
	sqlAsideOf      = `select id, item, raw from set_aside where account in (?) and length(raw) > 0`
	sqlEmptyAside   = `update set_aside set raw = ? where id in (?)`
)

// errTakenBack ends a dry run.
var errTakenBack = errors.New("taken back")

// ErasePerson erases everything that identifies a person or that they wrote:
// their posts with all earlier wordings, their cases' names, order numbers,
// notes and tags, and the words of our replies to them, which are withdrawn
// first where they are not public yet. What stays is a tombstone: numbers, times,
// states, ids of posts, so that none is taken in again, hashes, and events, which
// lose links, tags and private words. Cases that are not over are closed. A case
// with a reply in doubt stays whole, see Erased.Kept. The search index forgets
// the words in the same transaction; the database's files need Vacuum.
//
// A Note that may not stand in the audit is refused, see Erasure.Check; a dry run
// leaves none. Again it finds nothing. What the person writes afterwards is a new matter, and
// a wish not to be written to is forgotten with the rest.
func (s *Store) ErasePerson(ctx context.Context, r socialwatch.Erasure) (done socialwatch.Erased, err error) {
	if err := r.Check(); err != nil && !r.DryRun {
		return done, fmt.Errorf("erase a person: %w", err)
	}
	err = s.tx(ctx, func(t *tx) error {
		e := &erasing{t: t, at: socialwatch.Micros(r.At), actor: r.Actor, why: socialwatch.ErasedOnRequest, note: r.Note}
		err := e.person(ctx, r.Subject)
		done = e.out
		if err == nil && r.DryRun {
			err = errTakenBack
		}
		return err
	})
	if err != nil && !errors.Is(err, errTakenBack) {
		return socialwatch.Erased{}, fmt.Errorf("erase a person: %w", err)
	}
	return done, nil
}

func (e *erasing) person(ctx context.Context, of socialwatch.Subject) error {
	accounts, err := e.t.accountsOf(ctx, of)
	if err != nil {
		return err
	}
	if len(accounts) == 0 || of.ID == "" {
		return nil
	}
	// A Save under way would bring back what it has read: it must read again.
	if _, err := e.t.exec(ctx, sqlEraseAccounts, accounts); err != nil {
		return err
	}
	if err := e.t.all(ctx, &e.whole, sqlPersonCases, accounts, of.ID); err != nil {
		return err
	}
	if err := e.t.all(ctx, &e.posts, sqlPersonPosts, accounts, of.ID); err != nil {
		return err
	}
	if err := e.unread(ctx, of, accounts); err != nil {
		return err
	}
	if err := e.run(ctx); err != nil || len(e.out.Kept) > 0 {
		return err
	}
	_, err = e.t.exec(ctx, sqlPersonAnswered, accounts, of.ID)
	return err
}

// unread erases what has not become a mention: what waits to be taken in, and raw
// items that tell of the person. A raw item stays known, so that it does not
// come again.
func (e *erasing) unread(ctx context.Context, of socialwatch.Subject, accounts []string) error {
	waiting, err := e.t.waitingOf(ctx, of, func(a socialwatch.Author) bool { return a.ID == of.ID })
	if err != nil {
		return err
	}
	ids := make([]int64, len(waiting))
	for i, w := range waiting {
		ids[i] = w.id
	}
	if e.out.Waiting, err = e.each(ctx, sqlEraseWaiting, ids); err != nil {
		return err
	}
	var raw []struct {
		ID   int64  `db:"id"`
		Item string `db:"item"`
		Raw  []byte `db:"raw"`
	}
	if err := e.t.all(ctx, &raw, sqlAsideOf, accounts); err != nil {
		return err
	}
	ids = nil
	for _, r := range raw {
		theirs := slices.ContainsFunc(e.posts, func(p erasedPost) bool { return p.PostID == r.Item })
		if theirs || names(of, r.Raw) {
			ids = append(ids, r.ID)
		}
	}
	e.out.Aside, err = e.each(ctx, sqlEmptyAside, ids, []byte{})
	return err
}

// erasing is one erasure: of whole cases, and of posts, each of which may stand in
// one of these cases, in another's or in none.
type erasing struct {
	t     *tx
	at    time.Time
	actor string
	why   string
	note  string
	whole []int64
	posts []erasedPost

	cases   []erasedCase
	replies []storedReply
	out     socialwatch.Erased
}

type erasedPost struct {
	ID      int64  `db:"id"`
	Account string `db:"account"`
	Network string `db:"network"`
	Host    string `db:"host"`
	PostID  string `db:"post_id"`
	CaseID  *int64 `db:"case_id"`
}

type erasedCase struct {
	ID      int64                 `db:"id"`
	Number  string                `db:"number"`
	State   socialwatch.CaseState `db:"state"`
	Version int                   `db:"version"`
}

// storedReply is a reply that is erased.
type storedReply struct {
	erasedReply
	CaseID    int64 `db:"case_id"`
	MentionID int64 `db:"mention_id"`
}

// run erases what e holds. The order matters where what is erased says what else
// is.
func (e *erasing) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{e.lock, e.erasePosts, e.eraseCases, e.eraseReplies, e.eraseWork, e.eraseLog, e.tell} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// listMax bounds the list of one statement.
const listMax = 1000

// each runs a statement whose last argument is a list over all of ids, and
// returns how many rows it touched.
func (e *erasing) each(ctx context.Context, query string, ids []int64, before ...any) (int, error) {
	var n int64
	for some := range slices.Chunk(ids, listMax) {
		m, err := e.t.exec(ctx, query, append(slices.Clone(before), some)...)
		if err != nil {
			return 0, err
		}
		n += m
	}
	return int(n), nil
}

// rowsOf reads the rows that a query with a list as its last argument finds for
// all of ids.
func rowsOf[R any](ctx context.Context, t *tx, query string, ids []int64) (all []R, err error) {
	for some := range slices.Chunk(ids, listMax) {
		var rows []R
		if err := t.all(ctx, &rows, query, some); err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}
