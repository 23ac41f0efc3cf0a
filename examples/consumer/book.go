package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	_ "modernc.org/sqlite" // the driver
)

// book is what we know on disk: news that came, and the tickets that we opened.
type book struct{ *sql.DB }

const tables = `
create table if not exists news (id text primary key, number text not null, seq integer not null, kind text not null,
    rung integer not null default 0, tries integer not null default 0, next_at integer not null default 0,
    done_at integer not null default 0);
create index if not exists news_waiting on news (number, seq) where done_at = 0;
create index if not exists news_done on news (done_at) where done_at > 0;
create table if not exists tickets (number text primary key, id text not null, seq integer not null,
    released integer not null default 0, over integer not null default 0);
create index if not exists tickets_id on tickets (id);
create table if not exists bookmark (one integer primary key check (one = 1), seq integer not null default 0,
    at integer not null default 0, since integer not null default 0);
insert into bookmark (one) values (1) on conflict do nothing;`

func openBook(ctx context.Context, file string) (book, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)")
	if err != nil {
		return book{}, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, tables); err != nil {
		return book{}, errors.Join(fmt.Errorf("open %s: %w", file, err), db.Close())
	}
	return book{db}, nil
}

// news is something that concerns a case: an event, or deskMoved, which has no seq.
type news struct {
	id    string
	event event
	rung  int // how often the help desk has rung for it
	tries int
}

// add notes an event; what was noted already, by its id, is dropped.
func (b book) add(ctx context.Context, id string, e event) error {
	_, err := b.ExecContext(ctx, `insert into news (id, number, seq, kind) values (?, ?, ?, ?) on conflict do nothing`, id, e.Number, e.Seq, e.Kind)
	return err
}

// ring notes that the ticket of a case is to be looked at: now, also when that
// was put off, and once, however often it rings.
func (b book) ring(ctx context.Context, number string) error {
	_, err := b.ExecContext(ctx, `insert into news (id, number, seq, kind) values ('desk-' || ?, ?, 0, ?)
on conflict (id) do update set rung = rung + 1, next_at = 0, tries = case done_at when 0 then tries else 0 end, done_at = 0`,
		number, number, deskMoved)
	return err
}

// next is the first news of any case whose time has come. What comes later in
// the same case waits for it, other cases do not. Events go first: a ticket is
// looked at once it knows what there is to know, and nothing waits for that.
func (b book) next(ctx context.Context) (n news, found bool, err error) {
	err = b.QueryRowContext(ctx, `select id, number, seq, kind, rung, tries from news n where done_at = 0 and next_at <= ?
and not exists (select 1 from news f where f.number = n.number and f.done_at = 0 and f.seq > 0 and (n.seq = 0 or (f.seq, f.id) < (n.seq, n.id)))
order by seq = 0, seq, id limit 1`, time.Now().Unix()).Scan(&n.id, &n.event.Number, &n.event.Seq, &n.event.Kind, &n.rung, &n.tries)
	if errors.Is(err, sql.ErrNoRows) {
		return n, false, nil
	}
	return n, err == nil, err
}

// later puts news off: a second, then twice as long each time, up to a minute.
// What has rung meanwhile is tried again at once.
func (b book) later(ctx context.Context, n news) error {
	wait := min(time.Second<<min(n.tries, 6), time.Minute)
	_, err := b.ExecContext(ctx, `update news set tries = tries + 1, next_at = case rung when ? then ? else 0 end where id = ?`,
		n.rung, time.Now().Add(wait).Unix(), n.id)
	return err
}

func (b book) done(ctx context.Context, n news) error {
	_, err := b.ExecContext(ctx, `update news set done_at = ? where id = ? and rung = ?`, time.Now().Unix(), n.id, n.rung)
	return err
}

// forget deletes what was done a week ago. Webhooks are tried again for three
// days; what somebody sends again after that, the seq of the ticket tells.
func (b book) forget(ctx context.Context) error {
	_, err := b.ExecContext(ctx, `delete from news where done_at between 1 and ?`, time.Now().AddDate(0, 0, -7).Unix())
	return err
}

// ticket is what we opened for a case.
type ticket struct {
	number   string // of the case
	id       string
	seq      int64 // of the last event that it knows; 0 until the case is claimed for it
	released bool  // people of socialwatch have taken the case back, or another system has it
	over     bool  // closed, and its case is over: it rings when somebody works on it
}

func (b book) ticket(ctx context.Context, number string) (ticket, bool, error) {
	t := ticket{number: number}
	err := b.QueryRowContext(ctx, `select id, seq, released, over from tickets where number = ?`, number).Scan(&t.id, &t.seq, &t.released, &t.over)
	if errors.Is(err, sql.ErrNoRows) {
		return t, false, nil
	}
	return t, err == nil, err
}

func (b book) keep(ctx context.Context, t ticket) error {
	_, err := b.ExecContext(ctx, `insert into tickets (number, id, seq, released, over) values (?, ?, ?, ?, ?)
on conflict (number) do update set id = excluded.id, seq = excluded.seq, released = excluded.released, over = excluded.over`,
		t.number, t.id, t.seq, t.released, t.over)
	return err
}

// numbers are the cases that have a ticket: the one with this id, or all that
// are not over.
func (b book) numbers(ctx context.Context, id string) (all []string, err error) {
	rows, err := b.QueryContext(ctx, `select number from tickets where (id = ? or (? = '' and over = 0)) and released = 0`, id, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var number string
		if err := rows.Scan(&number); err != nil {
			return nil, err
		}
		all = append(all, number)
	}
	return all, rows.Err()
}

// bookmark is how far the log is read.
type bookmark struct {
	seq   int64 // of the last event that was read
	at    int64 // and when that happened, in microseconds since 1970
	since int64 // events up to then were read before the log was restored
}

func (b book) bookmark(ctx context.Context) (m bookmark, err error) {
	err = b.QueryRowContext(ctx, `select seq, at, since from bookmark`).Scan(&m.seq, &m.at, &m.since)
	return m, err
}

func (b book) mark(ctx context.Context, e event) error {
	_, err := b.ExecContext(ctx, `update bookmark set seq = ?, at = ?`, e.Seq, e.At.UnixMicro())
	return err
}

// restored goes back to the beginning of the log, whose numbers come anew: of
// what we have read of it only the time counts from now on.
func (b book) restored(ctx context.Context) error {
	tx, err := b.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing after the commit
	for _, change := range []string{`delete from news`, `update tickets set seq = 0, released = 0, over = 0`,
		`update bookmark set since = max(since, at), seq = 0, at = 0`} {
		if _, err := tx.ExecContext(ctx, change); err != nil {
			return err
		}
	}
	return tx.Commit()
}
