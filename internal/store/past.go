package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"socialwatch"
)

// PastFilter chooses stored mentions by when they were posted.
type PastFilter struct {
	Since time.Time
	Until time.Time // not included; zero: no end
	// Accounts are those of the mentions; nil: all.
	Accounts []string
	Last     int // only the newest so many of each account; 0: all
}

// PastMention is a stored mention with the history that intake told triage,
// as far as the store still knows it: which cases were open then is known by
// when they were resolved last.
type PastMention struct {
	MentionRow
	History socialwatch.History
}

const (
	sqlPastAccounts = `select name from accounts where 1 = 1`
	sqlPastLast     = `select created_at from mentions where account = ? and created_at >= ? and created_at < ? order by created_at desc, id desc limit 1 offset ?`

	// A page is cut first. Earlier is what intake counts: mentions stored before
	// this one and posted in the HistoryTime before it was read, and those before
	// it in its own batch. %[1]s is that, %[2]s the ReopenTime
	// before.
	sqlPast = `select c.number as number, %[3]s,
(select count(*) from mentions e where e.account = m.account and e.author_id = m.author_id and e.id <> m.id
    and (e.received_at < m.read_at and e.created_at >= %[1]s
         or e.received_at = m.read_at and (e.created_at, e.id) < (m.created_at, m.id))) as earlier,
exists (select 1 from mentions e join cases o on o.id = e.case_id
    where e.account = m.account and e.author_id = m.author_id and e.id <> m.id
    and (e.received_at < m.read_at or e.received_at = m.read_at and (e.created_at, e.id) < (m.created_at, m.id))
    and o.customer_id = m.author_id and o.state <> 'merged'
    and (o.resolved_at is null or o.resolved_at > %[2]s)
    and (m.read_at = m.received_at or o.id <> m.case_id)) as open_case
from (select *, case when edited_at > received_at then edited_at else received_at end as read_at from mentions
      where account = ? and created_at >= ? and created_at < ? and (created_at, id) > (?, ?)
      order by created_at, id limit ?) m
left join cases c on c.id = m.case_id order by m.created_at, m.id`
)

// beforeRead is SQL for a time before the mention m of sqlPast was read.
func (k Kind) beforeRead(d time.Duration) string {
	if k == Postgres {
		return fmt.Sprintf("m.read_at - interval '%d microseconds'", d.Microseconds())
	}
	return fmt.Sprintf("m.read_at - %d", d.Microseconds())
}

// pastMention is a row of sqlPast.
type pastMention struct {
	listedMention
	Earlier  int  `db:"earlier"`
	OpenCase bool `db:"open_case"`
}

func (r pastMention) value() PastMention {
	if r.M.Ignored == socialwatch.IgnoredImported { // was assessed by itself
		return PastMention{MentionRow: r.listedMention.value()}
	}
	return PastMention{r.listedMention.value(), socialwatch.History{Earlier: r.Earlier, OpenCase: r.OpenCase}}
}

// noEnd is after every time that the databases hold.
var noEnd = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// Past yields the mentions that f chooses, account by account, the oldest
// first, with their texts or, when gone, without. It reads them in pages, each
// in a transaction of its own that can only read, and holds one page at a
// time. After an error it yields nothing more.
func (s *Store) Past(ctx context.Context, f PastFilter) iter.Seq2[PastMention, error] {
	if f.Until.IsZero() {
		f.Until = noEnd
	}
	f.Since = orEpoch(f.Since)
	return func(yield func(PastMention, error) bool) {
		var accounts []string
		where, args := among("name", f.Accounts)
		err := s.read(ctx, func(t *tx) error { return t.all(ctx, &accounts, sqlPastAccounts+where+" order by name", args...) })
		for _, account := range accounts {
			at, id, more := f.Since, int64(0), true
			if err == nil && f.Last > 0 {
				at, err = s.pastSince(ctx, account, f)
			}
			for more && err == nil {
				var rows []pastMention
				if rows, err = s.pastPage(ctx, account, f, at, id); err != nil {
					break
				}
				for _, r := range rows {
					if !yield(r.value(), nil) {
						return
					}
					at, id = r.M.CreatedAt.Time, r.M.ID
				}
				more = len(rows) == PageMax
			}
		}
		if err != nil {
			yield(PastMention{}, fmt.Errorf("read past mentions: %w", err))
		}
	}
}

// pastPage are the mentions of an account after the one posted at a time with
// an id.
func (s *Store) pastPage(ctx context.Context, account string, f PastFilter, at time.Time, id int64) (rows []pastMention, err error) {
	kind := s.dialect.kind
	query := fmt.Sprintf(sqlPast, kind.beforeRead(socialwatch.HistoryTime), kind.beforeRead(socialwatch.ReopenTime), prefixed("m", mentionColumns, true))
	err = s.read(ctx, func(t *tx) error {
		rows = nil
		return t.all(ctx, &rows, query, account, at, f.Until, at, id, PageMax)
	})
	return rows, err
}

// pastSince is when the first of the newest f.Last mentions of an account was
// posted; of those posted at that moment all are taken.
func (s *Store) pastSince(ctx context.Context, account string, f PastFilter) (time.Time, error) {
	var at moment
	err := s.read(ctx, func(t *tx) error { return t.get(ctx, &at, sqlPastLast, account, f.Since, f.Until, f.Last-1) })
	if errors.Is(err, socialwatch.ErrNotFound) {
		return f.Since, nil
	}
	return at.Time, err
}
