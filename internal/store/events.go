package store

import (
	"context"
	"fmt"
	"time"

	"socialwatch"
)

const (
	sqlEventInsert = `insert into events (kind, case_id, case_version, reply_id, actor, at, data)`

	// The row lock makes the numbering writer one at a time, so a later number
	// is never visible before an earlier one.
	sqlEventCounter = `select value from counters where name = 'event'`
	sqlEventNumber  = `update events set seq = ? + todo.n
from (select id, row_number() over (order by id) as n
      from (select id from events where seq is null order by id limit ?) as open) as todo
where events.id = todo.id`
	sqlEventCounted = `update counters set value = value + ? where name = 'event'`

	sqlEvents           = `select ` + eventColumns + ` from events where seq > ? and kind not like 'people.%' order by seq limit ?`
	sqlOldestUnnumbered = `select at from events where seq is null order by id limit 1`
)

// addEvents appends events to the log and makes the commit ring the bell.
func (t *tx) addEvents(ctx context.Context, events ...socialwatch.Event) error {
	if len(events) == 0 {
		return nil
	}
	const width = 7
	v := values{head: sqlEventInsert, width: width, args: make([]any, 0, width*len(events))}
	for _, e := range events {
		v.args = append(v.args, e.Kind, orNull(e.CaseID), e.CaseVersion, orNull(e.ReplyID), e.Actor, e.At, asJSON(e.Data))
	}
	t.ring()
	if err := t.values(ctx, v); err != nil {
		return fmt.Errorf("append events: %w", err)
	}
	return nil
}

// Number gives the next numbers to at most limit committed events, in the
// order in which they were written, and returns how many. Any number of
// processes may call it; they take turns.
func (s *Store) Number(ctx context.Context, limit int) (int, error) {
	var n int64
	err := s.tx(ctx, func(t *tx) error {
		var last int64
		if err := t.get(ctx, &last, sqlEventCounter+s.dialect.forUpdate); err != nil {
			return err
		}
		var err error
		if n, err = t.exec(ctx, sqlEventNumber, last, limit); err != nil || n == 0 {
			return err
		}
		if _, err = t.exec(ctx, sqlEventCounted, n); err != nil {
			return err
		}
		return t.notify(ctx, s.feedChannel())
	})
	if err != nil {
		return 0, fmt.Errorf("number events: %w", err)
	}
	if n > 0 && !s.RemoteBell() {
		s.feedBells.ringAll()
	}
	return int(n), nil
}

// Events returns at most limit numbered events after the number afterSeq, in
// order, without those about people and their rights, which only Audit has. An event with a lower number than one returned never appears later.
func (s *Store) Events(ctx context.Context, afterSeq int64, limit int) ([]socialwatch.Event, error) {
	var rows []eventRow
	err := s.readOne(ctx, func(t *tx) error {
		rows = nil
		return t.all(ctx, &rows, sqlEvents, afterSeq, limit)
	})
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return rowValues[eventRow, socialwatch.Event](rows), nil
}

// OldestUnnumbered is when the first event without a number was written; zero
// when every event has one. Its age is the feed's lag.
func (s *Store) OldestUnnumbered(ctx context.Context) (time.Time, error) {
	var at []moment
	err := s.readOne(ctx, func(t *tx) error {
		at = nil
		return t.all(ctx, &at, sqlOldestUnnumbered)
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("read oldest unnumbered event: %w", err)
	}
	if len(at) == 0 {
		return time.Time{}, nil
	}
	return at[0].Time, nil
}
