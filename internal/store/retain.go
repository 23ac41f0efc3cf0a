package store

import (
	"context"
	"fmt"
	"time"

	"socialwatch"
)

const (
	sqlAgedPosts = `select id, account, network, host, post_id, case_id from mentions
where account = ? and case_id is null and erased_at is null and received_at < ? order by received_at, id limit ?`

	// A case that is over, with nothing of ours on its way or in doubt. A merged one
	// goes after the one that survived, for its merge may be undone until then.
	sqlAgedCases = `select c.id from cases c where c.state in ('closed','merged') and c.erased_at is null and c.updated_at < ?
and (c.merged_into is null or exists (select 1 from cases s where s.id = c.merged_into and s.erased_at is not null))
and not exists (select 1 from replies r where r.case_id = c.id
    and r.state in ` + liveReplies + `)
order by c.updated_at, c.id limit ?`
	sqlPostsOfCases = `select id, account, network, host, post_id, case_id from mentions where case_id in (?) and erased_at is null`
)

// The oldest stand first, so that only the last look goes through what stays.
const sqlCommandsDrop = `delete from case_commands where id in (select id from case_commands
where state <> 'waiting' and answered_at < ? order by id limit ?)`

// commandsBatch bounds the commands of one transaction of retention.
const commandsBatch = 1000

// retainBatch bounds the posts or cases of one transaction of retention: intake
// reads again what one has changed.
const retainBatch = 100

// EraseIgnored erases posts of an account that never had a case and were taken in
// before the time given, and returns how many. The zero time: none.
func (s *Store) EraseIgnored(ctx context.Context, account string, before, at time.Time) (n int, err error) {
	return s.eraseAged(ctx, "erase old posts without a case", at, func(e *erasing) (int, error) {
		err := e.t.all(ctx, &e.posts, sqlAgedPosts, account, before, retainBatch)
		return len(e.posts), err
	})
}

// EraseClosed erases cases that are over, and in which nothing has happened since
// the time given, with all posts in them. It returns how many. The zero time: none.
func (s *Store) EraseClosed(ctx context.Context, before, at time.Time) (n int, err error) {
	return s.eraseAged(ctx, "erase old cases", at, func(e *erasing) (int, error) {
		if err := e.t.all(ctx, &e.whole, sqlAgedCases, before, retainBatch); err != nil {
			return 0, err
		}
		e.posts, err = rowsOf[erasedPost](ctx, e.t, sqlPostsOfCases, e.whole)
		return len(e.whole), err
	})
}

// DropCommands forgets commands of other systems that were answered before the
// time given, and returns how many. The zero time: none. Whoever inserts one again
// then asks anew.
func (s *Store) DropCommands(ctx context.Context, before time.Time) (all int, err error) {
	for n := int64(commandsBatch); n == commandsBatch; all += int(n) {
		err := s.tx(ctx, func(t *tx) (err error) {
			n, err = t.exec(ctx, sqlCommandsDrop, before, commandsBatch)
			return err
		})
		if err != nil {
			return all, fmt.Errorf("drop old commands: %w", err)
		}
	}
	return all, nil
}

// eraseAged erases what find finds, a batch in each transaction, until it finds
// no full one.
func (s *Store) eraseAged(ctx context.Context, what string, at time.Time, find func(*erasing) (int, error)) (all int, err error) {
	for n := retainBatch; n == retainBatch; all += n {
		err := s.tx(ctx, func(t *tx) (err error) {
			e := &erasing{t: t, at: socialwatch.Micros(at), actor: socialwatch.System, why: socialwatch.ErasedByAge}
			if n, err = find(e); err != nil || n == 0 {
				return err
			}
			if _, err := t.exec(ctx, sqlEraseAccounts, e.accounts()); err != nil {
				return err
			}
			return e.run(ctx)
		})
		if err != nil {
			return all, fmt.Errorf("%s: %w", what, err)
		}
	}
	return all, nil
}

// accounts are those of the posts.
func (e *erasing) accounts() (names []string) {
	seen := map[string]bool{}
	for _, p := range e.posts {
		if !seen[p.Account] {
			seen[p.Account], names = true, append(names, p.Account)
		}
	}
	return names
}
