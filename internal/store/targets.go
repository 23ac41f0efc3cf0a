package store

import (
	"context"
	"fmt"
	"time"

	"socialwatch"
)

// Timing says which targets run for a case, and by when each is due. It does no
// I/O. rests are sorted.
type Timing func(c socialwatch.Case, rests []socialwatch.Rest) []socialwatch.Target

// Every change that can move a target writes an event, so the log says whose
// clocks to wind again.
const (
	sqlTargetsLate = `select seq from events where seq > (select value from counters where name = 'targets') order by seq limit 1`
	sqlTargetsKept = `select value from counters where name = 'targets'`
	sqlTargetsDone = `update counters set value = ? where name = 'targets'`

	// Whoever changes the case meanwhile writes another event.
	sqlTargetCases = `select ` + caseColumns + ` from cases where id in (?)`
	sqlRests       = `select case_id, at, coalesce(data ->> 'to', 'open') as state from events
where case_id in (?) and kind in ('` + socialwatch.EventCaseState + `','` + socialwatch.EventCaseReopened + `','` + socialwatch.EventCaseUnmerged + `') order by case_id, at, id`

	sqlTargetsRest = `update targets set warn_at = null, due_at = null where case_id in (?) and (warn_at is not null or due_at is not null)`
	sqlTargetsKeep = `insert into targets (case_id, target, since, warn_at, due_at)`
	// What was warned of or breached stays so, whatever calendar or target holds
	// now; only another question of the customer begins anew.
	sqlTargetsKeepTail = `on conflict (case_id, target) do update set since = excluded.since, warn_at = excluded.warn_at, due_at = excluded.due_at,
    warned_at = case when targets.since = excluded.since then targets.warned_at end,
    breached_at = case when targets.since = excluded.since then targets.breached_at end`
)

// KeepTargets reads at most limit numbered events and winds the clocks of the
// cases they are about. It returns how many events it read; less than limit
// means that no more waited. Any number of processes may call it; they take
// turns.
func (s *Store) KeepTargets(ctx context.Context, limit int, timing Timing) (n int, err error) {
	var waits []int64
	err = s.read(ctx, func(t *tx) error { // most passes find nothing, and lock nothing
		waits = nil
		return t.all(ctx, &waits, sqlTargetsLate)
	})
	if err == nil && len(waits) > 0 {
		err = s.tx(ctx, func(t *tx) error {
			n, err = t.keepTargets(ctx, limit, timing)
			return err
		})
	}
	if err != nil {
		return 0, fmt.Errorf("keep targets: %w", err)
	}
	return n, nil
}

func (t *tx) keepTargets(ctx context.Context, limit int, timing Timing) (int, error) {
	var kept int64
	if err := t.get(ctx, &kept, sqlTargetsKept+t.s.dialect.forUpdate); err != nil {
		return 0, err
	}
	var due []struct {
		Seq    int64  `db:"seq"`
		CaseID *int64 `db:"case_id"`
	}
	if err := t.all(ctx, &due, sqlWordsDue, kept, limit); err != nil || len(due) == 0 {
		return 0, err
	}
	var ids []int64
	for _, e := range due {
		if e.CaseID != nil {
			ids = append(ids, *e.CaseID)
		}
	}
	if err := t.wind(ctx, ids, timing); err != nil {
		return 0, err
	}
	_, err := t.exec(ctx, sqlTargetsDone, due[len(due)-1].Seq)
	return len(due), err
}

// wind sets the targets of cases as timing says.
func (t *tx) wind(ctx context.Context, ids []int64, timing Timing) error {
	if len(ids) == 0 {
		return nil
	}
	var cases []caseRow
	if err := t.all(ctx, &cases, sqlTargetCases, ids); err != nil {
		return err
	}
	rests, err := t.rests(ctx, ids)
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, sqlTargetsRest, ids); err != nil {
		return err
	}
	v := values{head: sqlTargetsKeep, tail: sqlTargetsKeepTail, width: 5}
	for _, row := range cases {
		for _, target := range timing(row.value(), rests[row.ID]) {
			v.args = append(v.args, row.ID, target.Name, target.Since, target.WarnAt, target.DueAt)
		}
	}
	if err := t.values(ctx, v); err != nil {
		return err
	}
	return t.follow(ctx, cases)
}

// rests are the stretches in which cases waited or were resolved, by the log.
func (t *tx) rests(ctx context.Context, ids []int64) (map[int64][]socialwatch.Rest, error) {
	var moves []struct {
		CaseID int64                 `db:"case_id"`
		At     moment                `db:"at"`
		State  socialwatch.CaseState `db:"state"`
	}
	if err := t.all(ctx, &moves, sqlRests, ids); err != nil {
		return nil, err
	}
	all := map[int64][]socialwatch.Rest{}
	for _, m := range moves {
		list := all[m.CaseID]
		last := len(list) - 1
		runs := m.State == socialwatch.CaseNew || m.State == socialwatch.CaseOpen
		stands := last >= 0 && list[last].To.IsZero()
		switch {
		case runs && stands:
			list[last].To = m.At.Time
		case !runs && !stands:
			all[m.CaseID] = append(list, socialwatch.Rest{From: m.At.Time})
		}
	}
	return all, nil
}

// The clocks may lag behind the case by what the log has not told yet: a case
// says itself whether a target of it still runs.
const (
	sqlTargetRuns = `(t.target = '` + string(socialwatch.FirstResponse) + `' and c.responded_at is null and c.state in ('new','open','waiting')
    or t.target = '` + string(socialwatch.NextResponse) + `' and c.asked_at = t.since and c.responded_at is not null and c.state in ('new','open') and c.external_system = ''
    or t.target = '` + string(socialwatch.Resolution) + `' and c.state in ('new','open') and c.external_system = '')`

	sqlWarnDue = `select t.case_id, t.target, t.due_at from targets t join cases c on c.id = t.case_id
where t.warn_at <= ? and t.warned_at is null and ` + sqlTargetRuns + ` order by t.warn_at, t.case_id limit ?`
	sqlWarned = `update targets set warned_at = ? where case_id = ? and target = ? and warned_at is null`

	sqlTargetDue = `select t.case_id, t.target, t.due_at from targets t join cases c on c.id = t.case_id
where t.due_at <= ? and t.breached_at is null and t.target <> '` + string(socialwatch.FirstResponse) + `' and ` + sqlTargetRuns + ` order by t.due_at, t.case_id limit ?`
	sqlTargetBreached = `update targets set breached_at = ?, warned_at = coalesce(warned_at, ?) where case_id = ? and target = ? and breached_at is null`

	sqlTouchCases = `update cases set updated_at = ?, version = version + 1 where id in (?) returning id, version, due_at`
)

// dueTarget is one that has come to a moment of its own.
type dueTarget struct {
	CaseID int64                  `db:"case_id"`
	Target socialwatch.TargetName `db:"target"`
	DueAt  moment                 `db:"due_at"`
}

// WarnTargets warns of the targets of which three quarters are over at now,
// each once, and returns how many. One that is overdue already is not warned of.
func (s *Store) WarnTargets(ctx context.Context, now time.Time) (n int, err error) {
	n, err = s.dueTargets(ctx, sqlWarnDue, now, func(t *tx, d dueTarget) (string, error) {
		_, err := t.exec(ctx, sqlWarned, now, d.CaseID, d.Target)
		if !d.DueAt.After(now) {
			return "", err
		}
		return socialwatch.EventCaseWarned, err
	})
	if err != nil {
		return 0, fmt.Errorf("warn of targets: %w", err)
	}
	return n, nil
}

// BreachTargets marks what is overdue at now beside first responses (see
// Breach), each target once, and returns how many.
func (s *Store) BreachTargets(ctx context.Context, now time.Time) (n int, err error) {
	n, err = s.dueTargets(ctx, sqlTargetDue, now, func(t *tx, d dueTarget) (string, error) {
		_, err := t.exec(ctx, sqlTargetBreached, now, now, d.CaseID, d.Target)
		return socialwatch.EventCaseBreached, err
	})
	if err != nil {
		return 0, fmt.Errorf("mark overdue targets: %w", err)
	}
	return n, nil
}

// dueTargets runs one batch of targets that have come to a moment: mark notes it
// and says which event tells it, if any.
func (s *Store) dueTargets(ctx context.Context, due string, now time.Time, mark func(*tx, dueTarget) (string, error)) (n int, err error) {
	err = s.tx(ctx, func(t *tx) error {
		n = 0
		var rows []dueTarget
		if err := t.all(ctx, &rows, due+t.s.dialect.skipLocked, now, deadlineBatch); err != nil || len(rows) == 0 {
			return err
		}
		var events []socialwatch.Event
		var ids []int64
		for _, d := range rows {
			kind, err := mark(t, d)
			if err != nil {
				return err
			}
			if kind != "" {
				ids = append(ids, d.CaseID)
				events = append(events, socialwatch.Event{Kind: kind, CaseID: d.CaseID, Actor: socialwatch.System, At: now,
					Data: map[string]any{"target": string(d.Target), "due_at": d.DueAt.Time}})
			}
		}
		n = len(events)
		return t.tellTouched(ctx, now, ids, events)
	})
	return n, err
}

// tellTouched raises the versions of cases and writes the events about them.
func (t *tx) tellTouched(ctx context.Context, now time.Time, ids []int64, events []socialwatch.Event) error {
	if len(events) == 0 {
		return nil
	}
	var touched []overdue
	if err := t.all(ctx, &touched, sqlTouchCases, now, ids); err != nil {
		return err
	}
	versions := map[int64]int{}
	for _, c := range touched {
		versions[c.ID] = c.Version
	}
	for i := range events {
		events[i].CaseVersion = versions[events[i].CaseID]
	}
	return t.addEvents(ctx, events...)
}

const sqlCaseTargets = `select target, since, warn_at, due_at, warned_at, breached_at from targets where case_id = ? order by target`

// targets are those of a case that run or were breached.
func (t *tx) targets(ctx context.Context, caseID int64) ([]socialwatch.Target, error) {
	var rows []struct {
		Target   socialwatch.TargetName `db:"target"`
		Since    moment                 `db:"since"`
		Warn     moment                 `db:"warn_at"`
		Due      moment                 `db:"due_at"`
		Warned   moment                 `db:"warned_at"`
		Breached moment                 `db:"breached_at"`
	}
	err := t.all(ctx, &rows, sqlCaseTargets, caseID)
	all := make([]socialwatch.Target, len(rows))
	for i, r := range rows {
		all[i] = socialwatch.Target{Name: r.Target, Since: r.Since.Time, WarnAt: r.Warn.Time, DueAt: r.Due.Time,
			WarnedAt: r.Warned.Time, BreachedAt: r.Breached.Time}
	}
	return all, err
}
