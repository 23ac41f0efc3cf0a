package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"socialwatch"
)

const dayLength = 24 * time.Hour

// Posts that come late are noted by Save; all else that changes what a report
// counts writes an event, so the log says which days to count again.
const (
	sqlDaysKept = `select value from counters where name = 'reports'`
	sqlDaysDue  = `select seq, case_id from events where seq > ? order by seq limit ?`
	sqlDaysDone = `update counters set value = ? where name = 'reports'`

	// All days on which something happened to cases: what a column tells no
	// longer, an event does.
	sqlDaysOf = `select %[1]s as day from events where case_id in (?)
union select %[2]s from cases where id in (?) and responded_at is not null
union select %[3]s from cases where id in (?) and resolved_at is not null
union select %[4]s from replies where case_id in (?) and decided_at is not null`

	sqlDaysNote     = `insert into report_days (day, changes)`
	sqlDaysNoteTail = `on conflict (day) do update set changes = report_days.changes + 1`

	sqlDaysHave = `select day from report_days where day >= ? and made_at is not null`
	sqlDaysOld  = `select day from report_days where built <> changes and made_at is not null and day < ? order by made_at limit ?`
	sqlDaysFrom = `select min(at) from (select min(created_at) as at from mentions
union all select min(opened_at) from cases) as oldest`

	sqlDayChanges = `select changes from report_days where day = ?`
	sqlDayKeep    = `insert into report_days (day, changes, built, made_at, block) values (?, ?, ?, ?, ?)
on conflict (day) do update set built = excluded.built, made_at = excluded.made_at, block = excluded.block`

	sqlDayBlocks = `select day, block from report_days where day >= ? and day < ? and block is not null`
)

const (
	// daySettles is how long after its end a day's block may be made: clocks of
	// processes differ.
	daySettles = 10 * time.Minute
	// daysBack is for how many days blocks are made. Reports on those before
	// count the rows.
	daysBack = 800
	// blocksAtOnce bounds the blocks in memory.
	blocksAtOnce = 31
)

// daysOf numbers the days since 1970 of a column, by kind of database.
var daysOf = map[Kind]string{
	SQLite:   "%s / 86400000000",
	Postgres: "cast(floor(extract(epoch from %s) / 86400) as bigint)",
}

func dayNumber(at time.Time) int64 { return at.Unix() / int64(dayLength/time.Second) }

func dayStart(day int64) time.Time { return time.Unix(day*int64(dayLength/time.Second), 0).UTC() }

// KeepReportDays makes what reports read of days that are over: of at most days
// days, those never counted first, from the newest, then those that have
// changed since, those counted longest ago first. It returns how many it made;
// less than days means that no more waited. Any number of processes may call
// it.
func (s *Store) KeepReportDays(ctx context.Context, now time.Time, days int) (n int, err error) {
	if err := s.noteDays(ctx); err != nil {
		return 0, fmt.Errorf("note days of reports: %w", err)
	}
	due, err := s.daysDue(ctx, dayNumber(now.Add(-daySettles)), days)
	if err != nil {
		return 0, fmt.Errorf("find days of reports: %w", err)
	}
	for _, day := range due {
		if err := s.keepDay(ctx, day, now); err != nil {
			return n, fmt.Errorf("count the day %s: %w", dayStart(day).Format(time.DateOnly), err)
		}
		n++
	}
	return n, nil
}

// eventsAtOnce is how many events one transaction of noteDays reads.
const eventsAtOnce = 1000

// noteDays notes which days the events since the last pass have changed.
func (s *Store) noteDays(ctx context.Context) error {
	for n := eventsAtOnce; n == eventsAtOnce; {
		err := s.tx(ctx, func(t *tx) (err error) {
			n, err = t.noteDue(ctx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) noteDue(ctx context.Context) (int, error) {
	var kept int64
	if err := t.get(ctx, &kept, sqlDaysKept+t.s.dialect.forUpdate); err != nil {
		return 0, err
	}
	var due []struct {
		Seq    int64  `db:"seq"`
		CaseID *int64 `db:"case_id"`
	}
	if err := t.all(ctx, &due, sqlDaysDue, kept, eventsAtOnce); err != nil || len(due) == 0 {
		return 0, err
	}
	cases := newNumbering[int64]()
	for _, e := range due {
		if e.CaseID != nil {
			cases.of(*e.CaseID)
		}
	}
	var days []int64
	if err := t.all(ctx, &days, t.s.daysOfCases(), cases.all, cases.all, cases.all, cases.all); err != nil {
		return 0, err
	}
	if err := t.noteChanged(ctx, days); err != nil {
		return 0, err
	}
	_, err := t.exec(ctx, sqlDaysDone, due[len(due)-1].Seq)
	return len(due), err
}

func (s *Store) daysOfCases() string {
	var days []any
	for _, column := range []string{"at", "responded_at", "resolved_at", "decided_at"} {
		days = append(days, fmt.Sprintf(daysOf[s.dialect.kind], column))
	}
	return fmt.Sprintf(sqlDaysOf, days...)
}

// noteChanged notes that something of days has changed.
func (t *tx) noteChanged(ctx context.Context, days []int64) error {
	slices.Sort(days) // everybody locks in this order
	v := values{head: sqlDaysNote, width: 2, tail: sqlDaysNoteTail}
	for _, day := range slices.Compact(days) {
		v.args = append(v.args, day, 1)
	}
	return t.values(ctx, v)
}

// saveDays notes the days before today of which posts came. Most batches have
// none.
func (w *saving) saveDays(ctx context.Context) error {
	var days []int64
	for _, e := range w.c.Entries {
		if day := dayNumber(e.Mention.CreatedAt); day < dayNumber(w.c.At) && e.Assessment.Ignored != socialwatch.IgnoredImported {
			days = append(days, day)
		}
	}
	return w.t.noteChanged(ctx, days)
}

// daysDue are the days before one whose block is to be made.
func (s *Store) daysDue(ctx context.Context, before int64, limit int) (due []int64, err error) {
	err = s.read(ctx, func(t *tx) error {
		due = nil
		var oldest moment
		var have, old []int64
		if err := t.get(ctx, &oldest, sqlDaysFrom); err != nil || oldest.IsZero() {
			return err
		}
		from := max(dayNumber(oldest.Time), before-daysBack)
		if err := t.all(ctx, &have, sqlDaysHave, from); err != nil {
			return err
		}
		made := make(map[int64]bool, len(have))
		for _, day := range have {
			made[day] = true
		}
		for day := before - 1; day >= from && len(due) < limit; day-- {
			if !made[day] {
				due = append(due, day)
			}
		}
		if err := t.all(ctx, &old, sqlDaysOld, before, limit-len(due)); err != nil {
			return err
		}
		due = append(due, old...)
		return nil
	})
	return due, err
}

// keepDay counts a day. What changes while it does is seen by the next pass.
func (s *Store) keepDay(ctx context.Context, day int64, now time.Time) error {
	var changes []int64
	err := s.readOne(ctx, func(t *tx) error {
		changes = nil
		return t.all(ctx, &changes, sqlDayChanges, day)
	})
	if err != nil {
		return err
	}
	var facts []fact
	if err := s.readFacts(ctx, dayStart(day), dayStart(day+1), nil, true, func(f fact) { facts = append(facts, f) }); err != nil {
		return err
	}
	known := int64(0)
	if len(changes) > 0 {
		known = changes[0]
	}
	block := packed(day, facts)
	return s.tx(ctx, func(t *tx) error {
		_, err := t.exec(ctx, sqlDayKeep, day, known, known, now, block)
		return err
	})
}

// countFacts counts the facts of the filter's span: days that are kept from
// their blocks, all others from the rows. kinds are those to count, none: all.
func (s *Store) countFacts(ctx context.Context, f ReportFilter, kinds ...string) (*reportTally, error) {
	f = f.inQuarters()
	t := newReportTally(f, kinds)
	end := dayNumber(f.To.Add(dayLength - 1))
	for from := dayNumber(f.From); from < end; from += blocksAtOnce {
		if err := s.countDays(ctx, t, from, min(end, from+blocksAtOnce)); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// inQuarters is the filter with its span and cuts in whole quarters of an hour.
func (f ReportFilter) inQuarters() ReportFilter {
	f.From, f.To = f.From.Truncate(quarterLength), f.To.Add(quarterLength-1).Truncate(quarterLength)
	f.Cuts = slices.Clone(f.Cuts)
	for i := range f.Cuts {
		f.Cuts[i] = f.Cuts[i].Truncate(quarterLength)
	}
	return f
}

func (s *Store) countDays(ctx context.Context, to *reportTally, from, until int64) error {
	var rows []struct {
		Day   int64  `db:"day"`
		Block []byte `db:"block"`
	}
	err := s.readOne(ctx, func(t *tx) error {
		rows = nil
		return t.all(ctx, &rows, sqlDayBlocks, from, until)
	})
	if err != nil {
		return err
	}
	kept := map[int64]bool{}
	for _, row := range rows {
		if len(row.Block) == 0 || row.Block[0] != blockForm {
			continue // of another version of the program
		}
		kept[row.Day] = true
		if err := to.block(row.Day, row.Block); err != nil {
			return fmt.Errorf("day %s: %w", dayStart(row.Day).Format(time.DateOnly), err)
		}
	}
	for day := from; day < until; day++ { // days without a block, those together that follow each other
		first := day
		for day < until && !kept[day] {
			day++
		}
		if day > first {
			if err := s.countRows(ctx, to, first, day); err != nil {
				return err
			}
		}
	}
	return nil
}

// block counts the facts of a block.
func (t *reportTally) block(day int64, block []byte) error {
	var counters []func(fact)
	return unpack(day, block, func(s factShape) { counters = append(counters, t.counter(s)) }, func(shape int, f fact) {
		if count := counters[shape]; count != nil {
			count(f)
		}
	})
}

// countRows counts the facts of days, within the span, from the rows.
func (s *Store) countRows(ctx context.Context, to *reportTally, from, until int64) error {
	begin, end := dayStart(from), dayStart(until)
	if begin.Before(to.f.From) {
		begin = to.f.From
	}
	if end.After(to.f.To) {
		end = to.f.To
	}
	counters := map[factShape]func(fact){}
	return s.readFacts(ctx, begin, end, to.kinds, to.f.Language != "", func(f fact) {
		count, ok := counters[f.Shape]
		if !ok {
			count = to.counter(f.Shape)
			counters[f.Shape] = count
		}
		if count != nil {
			count(f)
		}
	})
}
