package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"socialwatch"
)

const (
	sqlConnections = `select name, network, host, paused_by, paused_at, polled_at, good_at, next_at, failures, error,
error_reason, lag_ms, mention_at, stream_up, stream_at, halted_at, halted_why, cursor from accounts order by name`
	sqlConnectionGaps = `select account, from_at, to_at, reason, noted_at from gaps
where to_at is null or to_at > ? or noted_at > ? order by from_at desc, id desc`
	sqlConnectionAside = `select account, count(*) as n from set_aside group by account`
	// A page that many open needs no more than this of a long queue.
	sqlConnectionQueue = `select a.name as account, (select count(*) from (
    select 1 as one from replies r where r.state = 'awaiting' and r.account = a.name limit ?) as first) as n from accounts a`

	// The longest time between two mentions of an account, as its two ends: the
	// databases subtract times to different types. A mention counts from when
	// it was stored if it is dated later.
	sqlConnectionSilence = `select account, before_at, after_at from (
    select account, before_at, after_at,
           row_number() over (partition by account order by after_at - before_at desc) as n
    from (select account, at as after_at, lag(at) over (partition by account order by at) as before_at
          from (%s) as dated) as pairs
    where before_at is not null) as longest where n = 1`
	sqlSilenceDated = `select account, case when created_at > received_at then received_at else created_at end as at
          from mentions where ignored <> 'imported' and `
	sqlSilenceRecent = sqlSilenceDated + `created_at >= ? and received_at >= ?`
	sqlSilenceBefore = sqlSilenceDated + `account = ? order by created_at desc limit ?`

	sqlPause = `update accounts set paused_by = ?, paused_at = ? where name = ? and paused_by is null`
	// A halt's refusals say nothing about the time after it.
	sqlUnpause = `update accounts set paused_by = null, paused_at = null, halted_at = null, halted_why = '',
    next_at = case when halted_at is null then next_at end, failures = case when halted_at is null then failures else 0 end,
    error = case when halted_at is null then error else '' end,
    error_reason = case when halted_at is null then error_reason else '' end
where name = ? and (paused_by is not null or halted_at is not null)`
)

// silences remembers each account's usual silence: measuring it reads every
// mention of a week, and it hardly changes. Safe for concurrent use.
type silences struct {
	mu sync.Mutex
	at time.Time
	of map[string]time.Duration
}

// silenceAge is how long a measured silence is good.
const silenceAge = 10 * time.Minute

// usual returns what measure finds, or found less than silenceAge before now.
func (s *silences) usual(now time.Time, measure func() (map[string]time.Duration, error)) (map[string]time.Duration, error) {
	s.mu.Lock()
	of, age := s.of, now.Sub(s.at)
	s.mu.Unlock()
	if of != nil && age >= 0 && age < silenceAge {
		return of, nil
	}
	of, err := measure() // not under the lock: another page must not wait for it
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of, s.at = of, now
	return of, nil
}

// recent is how far back gaps are shown and the usual silence is measured.
const recent = 7 * 24 * time.Hour

// lastMentions are those that tell the usual silence of an account without
// two recent mentions: it may be silent for good, and the alarm must stay on.
const lastMentions = 200

// connectionRow is one row of accounts.
type connectionRow struct {
	Name     string  `db:"name"`
	Network  string  `db:"network"`
	Host     string  `db:"host"`
	PausedBy *string `db:"paused_by"`
	PausedAt moment  `db:"paused_at"`
	PolledAt moment  `db:"polled_at"`
	GoodAt   moment  `db:"good_at"`
	NextAt   moment  `db:"next_at"`
	Failures int     `db:"failures"`
	Error    string  `db:"error"`
	Reason   string  `db:"error_reason"`
	LagMS    int64   `db:"lag_ms"`
	NewestAt moment  `db:"mention_at"`
	StreamUp bool    `db:"stream_up"`
	StreamAt moment  `db:"stream_at"`
	HaltedAt moment  `db:"halted_at"`
	Halted   string  `db:"halted_why"`
	Cursor   []byte  `db:"cursor"`
}

func (r connectionRow) value() Connection {
	return Connection{Name: r.Name, Network: socialwatch.Network(r.Network), Host: r.Host, PausedBy: deref(r.PausedBy),
		PausedAt: r.PausedAt.Time, PolledAt: r.PolledAt.Time, GoodAt: r.GoodAt.Time, NextAt: r.NextAt.Time,
		Failures: r.Failures, Error: r.Error, Reason: socialwatch.Reason(r.Reason),
		Lag: time.Duration(r.LagMS) * time.Millisecond, NewestAt: r.NewestAt.Time, StreamUp: r.StreamUp,
		StreamAt: r.StreamAt.Time, HaltedAt: r.HaltedAt.Time, HaltedWhy: r.Halted, Cursor: r.Cursor}
}

// tally is a number for each account.
type tally struct {
	Account string `db:"account"`
	N       int    `db:"n"`
}

// Connections returns how the polling of each account does, by name.
func (s *Store) Connections(ctx context.Context, now time.Time) (list []Connection, err error) {
	err = s.read(ctx, func(t *tx) error {
		list, err = t.connections(ctx, now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read connections: %w", err)
	}
	return list, nil
}

// Polls is Connections without Gaps, Aside, Silence and Queue: one row of each
// account, whatever has been taken in.
func (s *Store) Polls(ctx context.Context) (list []Connection, err error) {
	err = s.readOne(ctx, func(t *tx) error {
		list, err = t.polls(ctx)
		return err
	})
	return list, wrapped("read how the polls do", err)
}

func (t *tx) polls(ctx context.Context) ([]Connection, error) {
	var rows []connectionRow
	err := t.all(ctx, &rows, sqlConnections)
	return rowValues[connectionRow, Connection](rows), err
}

func (t *tx) connections(ctx context.Context, now time.Time) ([]Connection, error) {
	list, err := t.polls(ctx)
	if err != nil {
		return nil, err
	}
	of := make(map[string]*Connection, len(list))
	for i := range list {
		of[list[i].Name] = &list[i]
	}
	since := now.Add(-recent)
	if err := t.connectionGaps(ctx, since, of); err != nil {
		return nil, err
	}
	usual, err := t.s.silence.usual(now, func() (map[string]time.Duration, error) { return t.silences(ctx, list, since) })
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Silence = usual[list[i].Name]
	}
	aside, err := t.tallies(ctx, sqlConnectionAside)
	if err != nil {
		return nil, err
	}
	queue, err := t.tallies(ctx, sqlConnectionQueue, GlanceCount+1)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Aside, list[i].Queue = aside[list[i].Name], queue[list[i].Name]
	}
	return list, nil
}

func (t *tx) tallies(ctx context.Context, query string, args ...any) (map[string]int, error) {
	var rows []tally
	if err := t.all(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	of := make(map[string]int, len(rows))
	for _, r := range rows {
		of[r.Account] = r.N
	}
	return of, nil
}

// connectionGaps reads the gaps of the accounts.
func (t *tx) connectionGaps(ctx context.Context, since time.Time, of map[string]*Connection) error {
	var gaps []struct {
		Account string `db:"account"`
		FromAt  moment `db:"from_at"`
		ToAt    moment `db:"to_at"`
		Reason  string `db:"reason"`
		NotedAt moment `db:"noted_at"`
	}
	if err := t.all(ctx, &gaps, sqlConnectionGaps, since, since); err != nil {
		return err
	}
	for _, g := range gaps {
		if c := of[g.Account]; c != nil {
			c.Gaps = append(c.Gaps, GapRow{g.FromAt.Time, g.ToAt.Time, g.Reason, g.NotedAt.Time})
		}
	}
	return nil
}

// silences measures the longest time between two mentions of each account,
// since then or, with fewer than two, among the last ones before.
func (t *tx) silences(ctx context.Context, list []Connection, since time.Time) (map[string]time.Duration, error) {
	of := make(map[string]time.Duration, len(list))
	if err := t.addSilences(ctx, of, sqlSilenceRecent, since, since); err != nil {
		return nil, err
	}
	for _, c := range list {
		if _, ok := of[c.Name]; ok || c.NewestAt.IsZero() {
			continue
		}
		if err := t.addSilences(ctx, of, sqlSilenceBefore, c.Name, lastMentions); err != nil {
			return nil, err
		}
	}
	return of, nil
}

// addSilences measures among the mentions that the query gives.
func (t *tx) addSilences(ctx context.Context, of map[string]time.Duration, mentions string, args ...any) error {
	var rows []struct {
		Account string `db:"account"`
		Before  moment `db:"before_at"`
		After   moment `db:"after_at"`
	}
	if err := t.all(ctx, &rows, fmt.Sprintf(sqlConnectionSilence, mentions), args...); err != nil {
		return err
	}
	for _, r := range rows {
		of[r.Account] = r.After.Sub(r.Before.Time)
	}
	return nil
}

// Pause ends the polling of an account until Unpause, for a person with the
// role admin on it. What was taken in is still answered. Pausing twice changes
// nothing.
func (s *Store) Pause(ctx context.Context, account string, by socialwatch.Person, at time.Time) error {
	_, err := s.setPaused(ctx, account, by.Login, at, func(t *tx) (int64, error) {
		if err := t.mayDecide(ctx, by.Login, socialwatch.RoleAdmin, account); err != nil {
			return 0, err
		}
		return t.exec(ctx, sqlPause, by.Login, at, account)
	})
	return err
}

// Unpause lets an account be polled again, and paid calls be made after a Halt,
// for a person with the role admin on it.
func (s *Store) Unpause(ctx context.Context, account string, by socialwatch.Person, at time.Time) error {
	_, err := s.setPaused(ctx, account, by.Login, at, func(t *tx) (int64, error) {
		if err := t.mayDecide(ctx, by.Login, socialwatch.RoleAdmin, account); err != nil {
			return 0, err
		}
		return t.exec(ctx, sqlUnpause, account)
	})
	return err
}

// UnpauseByTerminal is Unpause for whoever holds the database, as Stop is; by
// names the terminal. changed is false when nothing was paused or halted.
func (s *Store) UnpauseByTerminal(ctx context.Context, account, by string, at time.Time) (changed bool, err error) {
	return s.setPaused(ctx, account, by, at, func(t *tx) (int64, error) { return t.exec(ctx, sqlUnpause, account) })
}

func (s *Store) setPaused(ctx context.Context, account, by string, at time.Time, change func(*tx) (int64, error)) (changed bool, err error) {
	err = s.tx(ctx, func(t *tx) error {
		n, err := change(t)
		if err != nil {
			return err
		}
		changed = n > 0
		now, err := t.account(ctx, account)
		if err != nil || n == 0 {
			return err
		}
		kind := EventUnpaused
		if now.Paused {
			kind = EventPaused
		}
		return t.addEvents(ctx, socialwatch.Event{Kind: kind, Actor: by, At: at, Data: map[string]any{"account": account}})
	})
	if err != nil {
		return false, fmt.Errorf("pause or resume polling of %s: %w", account, err)
	}
	return changed, nil
}

const (
	sqlStatsReplies = `select state, count(*) as n, min(created_at) as oldest from replies
where state in ` + liveReplies + ` group by state`
	sqlStatsHanded   = `select count(*) from replies where ` + sqlWork + ` and state = 'unknown' and look_at is null and retry_at is null`
	sqlStatsMentions = `select coalesce(max(id), 0) from mentions`
	sqlStatsAside    = `select count(*) from set_aside`
	sqlStatsGaps     = `select count(*) from gaps where to_at is null`
)

// Stats returns the figures of the whole installation, read at one moment.
func (s *Store) Stats(ctx context.Context) (st Stats, err error) {
	err = s.read(ctx, func(t *tx) error {
		st, err = t.stats(ctx)
		return err
	})
	if err != nil {
		return Stats{}, fmt.Errorf("read figures: %w", err)
	}
	return st, nil
}

func (t *tx) stats(ctx context.Context) (st Stats, err error) {
	var states []struct {
		State  string `db:"state"`
		N      int    `db:"n"`
		Oldest moment `db:"oldest"`
	}
	if err := t.all(ctx, &states, sqlStatsReplies); err != nil {
		return st, err
	}
	st.Replies = make(map[socialwatch.ReplyState]int, len(states))
	for _, r := range states {
		state := socialwatch.ReplyState(r.State)
		st.Replies[state] = r.N
		if state == socialwatch.ReplyAwaiting {
			st.OldestAwaiting = r.Oldest.Time
		}
	}
	for query, dest := range map[string]any{sqlStatsHanded: &st.HandedOver, sqlStatsMentions: &st.Mentions,
		sqlStatsAside: &st.Aside, sqlStatsGaps: &st.OpenGaps} {
		if err := t.get(ctx, dest, query); err != nil {
			return st, err
		}
	}
	var oldest []moment
	if err := t.all(ctx, &oldest, sqlOldestUnnumbered); err != nil {
		return st, err
	}
	if len(oldest) > 0 {
		st.OldestUnnumbered = oldest[0].Time
	}
	st.Stop, err = t.stopState(ctx)
	return st, err
}
