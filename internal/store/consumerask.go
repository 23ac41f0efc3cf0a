package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"socialwatch"
)

const (
	sqlFeedAfter = `select seq from case_events_v1 where seq > ? order by seq limit ?`
	sqlFeedHead  = `select coalesce(max(seq), 0) from case_events_v1`

	sqlAsk       = `insert into case_commands_v1 (key, kind) values (?, ?)`
	sqlAskAnswer = `select state, reason from case_commands_v1 where key = ?`

	// What the role may do in the schema, beyond reading views.
	sqlRights = `select c.relname as "on", p.what from pg_class c join pg_namespace n on n.oid = c.relnamespace
cross join (values ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE')) as p (what)
where n.nspname = ? and c.relkind in ('r', 'p', 'v', 'm') and not (p.what = 'SELECT' and c.relkind = 'v')
  and (has_table_privilege(c.oid, p.what)
       or p.what in ('SELECT', 'INSERT', 'UPDATE') and c.relname <> 'case_commands_v1' and has_any_column_privilege(c.oid, p.what))
union all
select n.nspname, 'CREATE' from pg_namespace n where n.nspname = ? and has_schema_privilege(n.oid, 'CREATE')
order by 1, 2`
	sqlRole  = `select cast(session_user as text)`
	sqlUsage = `select count(*) from pg_namespace where nspname = ? and has_schema_privilege(oid, 'USAGE')`
)

// Role is the name under which the case system is logged in, empty on SQLite. It
// fails when the database does not answer, and with ErrForbidden when the role
// may not enter the schema or there is none.
func (c *Consumer) Role(ctx context.Context) (role string, err error) {
	if c.Kind() == SQLite {
		_, err := c.one(ctx, "select 1")
		return "", wrapped("read the database", err)
	}
	if err := c.db.GetContext(ctx, &role, sqlRole); err != nil {
		return "", fmt.Errorf("connect to the database: %w", err)
	}
	n, err := c.one(ctx, sqlUsage, c.opts.Schema)
	if err == nil && n == 0 {
		err = fmt.Errorf("%s may not enter the schema %s, or there is none: %w", role, c.opts.Schema, socialwatch.ErrForbidden)
	}
	return role, err
}

func (c *Consumer) one(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = c.db.GetContext(ctx, &n, c.db.Rebind(query), args...)
	return n, err
}

// Read reads one row of a view of Contract.
func (c *Consumer) Read(ctx context.Context, view string) error {
	rows, err := c.db.QueryContext(ctx, "select * from "+pq.QuoteIdentifier(view)+" limit 1")
	if err != nil {
		return fmt.Errorf("read %s: %w", view, err)
	}
	for rows.Next() { // the values are not looked at
	}
	return errors.Join(rows.Err(), rows.Close())
}

// Head is the highest number of the feed, 0 of an empty one.
func (c *Consumer) Head(ctx context.Context) (int64, error) {
	n, err := c.one(ctx, sqlFeedHead)
	return n, wrapped("read the feed", err)
}

// Feed is one page of the feed's numbers after a number, as consumers read it.
func (c *Consumer) Feed(ctx context.Context, after int64, limit int) (seqs []int64, err error) {
	err = c.db.SelectContext(ctx, &seqs, c.db.Rebind(sqlFeedAfter), after, limit)
	return seqs, wrapped("read the feed", err)
}

// Right is something that the role may do beyond reading views.
type Right struct {
	On   string `db:"on"`
	What string `db:"what"` // such as UPDATE
}

// Beyond returns what the role may do in the schema beyond the contract; nothing
// on SQLite, where a file has no roles.
func (c *Consumer) Beyond(ctx context.Context) (all []Right, err error) {
	if c.Kind() == SQLite {
		return nil, nil
	}
	err = c.db.SelectContext(ctx, &all, c.db.Rebind(sqlRights), c.opts.Schema, c.opts.Schema)
	return all, wrapped("read the role's rights", err)
}

// Ask inserts a command that needs no case. ErrForbidden when the role may not.
func (c *Consumer) Ask(ctx context.Context, key, kind string) error {
	_, err := c.db.ExecContext(ctx, c.db.Rebind(sqlAsk), key, kind)
	var pe *pq.Error
	if errors.As(err, &pe) && pe.Code == "42501" {
		err = socialwatch.ErrForbidden
	}
	return wrapped("insert a command", err)
}

// Answer is the state of a command and the reason of a refusal.
func (c *Consumer) Answer(ctx context.Context, key string) (state, reason string, err error) {
	var row struct {
		State  string `db:"state"`
		Reason string `db:"reason"`
	}
	err = c.db.GetContext(ctx, &row, c.db.Rebind(sqlAskAnswer), key)
	if errors.Is(err, sql.ErrNoRows) {
		err = socialwatch.ErrNotFound
	}
	return row.State, row.Reason, wrapped("read the answer", err)
}

// Bell listens on the consumers' channel until ctx ends. It never rings on
// SQLite.
func (c *Consumer) Bell(ctx context.Context) (<-chan struct{}, error) {
	bell := make(chan struct{}, 1)
	if c.Kind() == SQLite {
		return bell, nil
	}
	l := pq.NewListener(c.opts.URL, listenerMinWait, listenerMaxWait, nil)
	context.AfterFunc(ctx, func() { l.Close() })
	up := make(chan error, 1)
	go func() { up <- l.Listen(FeedChannel(c.opts.Schema)) }()
	select {
	case err := <-up:
		if err != nil {
			return nil, fmt.Errorf("listen: %w", err)
		}
	case <-time.After(listenerMaxWait):
		return nil, fmt.Errorf("listen: no answer within %s", listenerMaxWait)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	go func() {
		for n := range l.Notify {
			if n == nil { // a reconnect: nothing rang
				continue
			}
			select {
			case bell <- struct{}{}:
			default:
			}
		}
	}()
	return bell, nil
}
