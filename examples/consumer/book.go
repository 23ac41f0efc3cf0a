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
    tries integer not null default 0, next_at integer not null default 0, done integer not null default 0);
create index if not exists news_waiting on news (number, seq) where done = 0;
create table if not exists tickets (number text primary key, id text not null, seq integer not null,
    released integer not null default 0);
create index if not exists tickets_id on tickets (id);
create table if not exists bookmark (one integer primary key check (one = 1), seq integer not null);
insert into bookmark values (1, 0) on conflict do nothing;`

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

// news is something that concerns a case. What the help desk says has no seq.
type news struct {
	id    string
	event event
	tries int
}

// add notes news; what was noted already, by its id, is dropped.
func (b book) add(ctx context.Context, id string, e event) error {
	_, err := b.ExecContext(ctx, `insert into news (id, number, seq, kind) values (?, ?, ?, ?) on conflict do nothing`, id, e.Number, e.Seq, e.Kind)
	return err
}

// next is the first news of any case whose time has come. What comes later in
// the same case waits for it, other cases do not.
func (b book) next(ctx context.Context) (n news, found bool, err error) {
	err = b.QueryRowContext(ctx, `select id, number, seq, kind, tries from news n where done = 0 and next_at <= ?
and not exists (select 1 from news f where f.number = n.number and f.done = 0 and (f.seq, f.id) < (n.seq, n.id))
order by seq, id limit 1`, time.Now().Unix()).Scan(&n.id, &n.event.Number, &n.event.Seq, &n.event.Kind, &n.tries)
	if errors.Is(err, sql.ErrNoRows) {
		return n, false, nil
	}
	return n, err == nil, err
}

// later puts news off: a second, then twice as long each time, up to a minute.
func (b book) later(ctx context.Context, n news) error {
	wait := min(time.Second<<min(n.tries, 6), time.Minute)
	_, err := b.ExecContext(ctx, `update news set tries = tries + 1, next_at = ? where id = ?`, time.Now().Add(wait).Unix(), n.id)
	return err
}

func (b book) done(ctx context.Context, n news) error {
	_, err := b.ExecContext(ctx, `update news set done = 1 where id = ?`, n.id)
	return err
}

// ticket is what we opened for a case.
type ticket struct {
	number   string // of the case
	id       string
	seq      int64 // of the last event that it knows
	released bool  // people of socialwatch have taken the case back
}

func (b book) ticket(ctx context.Context, number string) (ticket, bool, error) {
	t := ticket{number: number}
	err := b.QueryRowContext(ctx, `select id, seq, released from tickets where number = ?`, number).Scan(&t.id, &t.seq, &t.released)
	if errors.Is(err, sql.ErrNoRows) {
		return t, false, nil
	}
	return t, err == nil, err
}

func (b book) keep(ctx context.Context, t ticket) error {
	_, err := b.ExecContext(ctx, `insert into tickets (number, id, seq, released) values (?, ?, ?, ?)
on conflict (number) do update set id = excluded.id, seq = excluded.seq, released = excluded.released`, t.number, t.id, t.seq, t.released)
	return err
}

// numbers are the cases that have a ticket: the one with this id, or all.
func (b book) numbers(ctx context.Context, id string) (all []string, err error) {
	rows, err := b.QueryContext(ctx, `select number from tickets where (id = ? or ? = '') and released = 0`, id, id)
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

func (b book) bookmark(ctx context.Context) (seq int64, err error) {
	err = b.QueryRowContext(ctx, `select seq from bookmark`).Scan(&seq)
	return seq, err
}

func (b book) mark(ctx context.Context, seq int64) error {
	_, err := b.ExecContext(ctx, `update bookmark set seq = ?`, seq)
	return err
}
