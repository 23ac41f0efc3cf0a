package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"socialwatch"
)

// ErrAhead is the answer to who has read further than the log goes: it was
// restored from an older backup.
var ErrAhead = errors.New("the log ends before that event")

// FeedFilter chooses events of the log.
type FeedFilter struct {
	After    int64    // number of the last event that was handled
	Kinds    []string // none: every kind
	Accounts []string // of whose cases they are, or whom they name; nil: all, and those of the installation
	Limit    int      // see PageDefault and PageMax
}

const (
	feedStretch = 2 * PageMax // events that a filter looks through at once

	sqlFeed = `select ` + eventColumns + ` from (select * from events where seq > ? order by seq limit ?) events
where kind not like 'people.%%'%s order by seq limit ?`
	sqlFeedKinds    = ` and kind in (?)`
	sqlFeedAccounts = ` and coalesce((select c.account from cases c where c.id = events.case_id), data ->> 'account') in (?)`
	sqlFeedEnd      = `select coalesce(max(seq), ?) from (select seq from events where seq > ? order by seq limit ?) looked`
)

// Feed returns numbered events in order, as Events does, and next: where to go
// on. With a filter it looks through a stretch of the log, and may find none in
// it: the end is where next is f.After. ErrAhead when no event has had that number.
func (s *Store) Feed(ctx context.Context, f FeedFilter) (events []socialwatch.Event, next int64, err error) {
	query, args := feedQuery(f)
	limit := pageLimit(f.Limit)
	var rows []eventRow
	err = s.read(ctx, func(t *tx) error {
		rows = nil
		if err := t.all(ctx, &rows, query, args...); err != nil || len(rows) == limit {
			return err
		}
		if err := t.get(ctx, &next, sqlFeedEnd, f.After, f.After, feedStretch); err != nil || next > f.After {
			return err
		}
		var last int64
		if err := t.get(ctx, &last, sqlEventCounter); err != nil {
			return err
		}
		if f.After > last {
			return ErrAhead
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read the feed: %w", err)
	}
	events = rowValues[eventRow, socialwatch.Event](rows)
	if len(events) == limit {
		next = events[len(events)-1].Seq
	}
	return events, cmp.Or(next, f.After), nil
}

func feedQuery(f FeedFilter) (string, []any) {
	where, args := "", []any{f.After, feedStretch}
	if len(f.Kinds) > 0 {
		where, args = where+sqlFeedKinds, append(args, f.Kinds)
	}
	if f.Accounts != nil {
		where, args = where+sqlFeedAccounts, append(args, f.Accounts)
	}
	return fmt.Sprintf(sqlFeed, where), append(args, pageLimit(f.Limit))
}
