package store

import (
	"context"
	"fmt"
	"time"

	"socialwatch"
)

const (
	sqlAlarmRaise = `insert into alarms (kind, account, since) values (?, ?, ?) on conflict (kind, account) do nothing`
	sqlAlarmEnd   = `delete from alarms where kind = ? and account = ?`
	sqlAlarmsEnd  = `delete from alarms where account not in (?)`
	sqlAlarms     = `select kind, account, since from alarms order by since, kind, account`

	sqlPresent = `from people p where not p.disabled and (
  exists (select 1 from sessions s where s.person_id = p.id and s.expires_at > ? and coalesce(s.used_at, s.created_at) > ?)
  or exists (select 1 from tokens k where k.person_id = p.id and (k.expires_at is null or k.expires_at > ?) and k.used_at > ?
             and cast(k.scopes as text) like '%"decide"%'))
order by p.login`

	sqlOverdue = `select r.id, r.due_at, c.number, c.level, c.intent from replies r join cases c on c.id = r.case_id
where r.state = 'awaiting' and r.snoozed_until is null and r.account = ? and r.due_at < ? and (c.responded_at is null or c.asked_at is not null)
order by r.due_at, r.rank, r.opened_at, r.id limit 1`
)

// RaiseAlarm notes that something begins to need people and appends the event
// that says so. It returns false, and has changed nothing, when the alarm lasts
// already.
func (s *Store) RaiseAlarm(ctx context.Context, a socialwatch.Alarm, e socialwatch.Event) (bool, error) {
	changed, err := s.alarm(ctx, e, sqlAlarmRaise, a.Kind, a.Account, a.Since)
	if err != nil {
		return false, fmt.Errorf("raise the alarm %s of %s: %w", a.Kind, a.Account, err)
	}
	return changed, nil
}

// EndAlarm is the opposite of RaiseAlarm. An event without a kind is not
// appended: something else has ended the alarm and says so.
func (s *Store) EndAlarm(ctx context.Context, kind, account string, e socialwatch.Event) (bool, error) {
	changed, err := s.alarm(ctx, e, sqlAlarmEnd, kind, account)
	if err != nil {
		return false, fmt.Errorf("end the alarm %s of %s: %w", kind, account, err)
	}
	return changed, nil
}

// KeepAlarms ends, without an event, the alarms of all but these accounts: nobody
// watches over the others any more.
func (s *Store) KeepAlarms(ctx context.Context, accounts []string) error {
	err := s.tx(ctx, func(t *tx) error {
		_, err := t.exec(ctx, sqlAlarmsEnd, append([]string{""}, accounts...)) // a list that is never empty
		return err
	})
	if err != nil {
		return fmt.Errorf("end the alarms of accounts that are gone: %w", err)
	}
	return nil
}

func (s *Store) alarm(ctx context.Context, e socialwatch.Event, query string, args ...any) (changed bool, err error) {
	err = s.tx(ctx, func(t *tx) error {
		n, err := t.exec(ctx, query, args...)
		if changed = n > 0; err != nil || !changed || e.Kind == "" {
			return err
		}
		return t.addEvents(ctx, e)
	})
	return changed, err
}

// Alarms returns those that last, the oldest first.
func (s *Store) Alarms(ctx context.Context) ([]socialwatch.Alarm, error) {
	var rows []struct {
		Kind    string `db:"kind"`
		Account string `db:"account"`
		Since   moment `db:"since"`
	}
	err := s.readOne(ctx, func(t *tx) error {
		rows = nil
		return t.all(ctx, &rows, sqlAlarms)
	})
	if err != nil {
		return nil, fmt.Errorf("read alarms: %w", err)
	}
	all := make([]socialwatch.Alarm, len(rows))
	for i, r := range rows {
		all[i] = socialwatch.Alarm{Kind: r.Kind, Account: r.Account, Since: r.Since.Time}
	}
	return all, nil
}

// Present returns the people who have used the console, or a token with which
// they may decide, after a time; by login. A use is noted to about a minute.
func (s *Store) Present(ctx context.Context, after, now time.Time) ([]socialwatch.Person, error) {
	var rows []personRow
	err := s.readOne(ctx, func(t *tx) error {
		rows = nil
		return t.all(ctx, &rows, sqlPersonHead+sqlPresent, now, after, now, after)
	})
	if err != nil {
		return nil, fmt.Errorf("read who is signed in: %w", err)
	}
	people := make([]socialwatch.Person, len(rows))
	for i, r := range rows {
		people[i] = r.person()
	}
	return people, nil
}

// FirstOverdue returns the first draft of an account, in the queue's order,
// that awaits approval past the target of a case whose customer waits for an
// answer; what is snoozed waits for nobody.
// ErrNotFound when there is none.
func (s *Store) FirstOverdue(ctx context.Context, account string, now time.Time) (socialwatch.Overdue, error) {
	var r struct {
		ID     int64  `db:"id"`
		DueAt  moment `db:"due_at"`
		Number string `db:"number"`
		Level  int    `db:"level"`
		Intent string `db:"intent"`
	}
	err := s.readOne(ctx, func(t *tx) error { return t.get(ctx, &r, sqlOverdue, account, now) })
	if err != nil {
		return socialwatch.Overdue{}, fmt.Errorf("read the first overdue draft of %s: %w", account, err)
	}
	return socialwatch.Overdue{ReplyID: r.ID, CaseNumber: r.Number, Level: r.Level, Intent: socialwatch.Intent(r.Intent), DueAt: r.DueAt.Time}, nil
}
