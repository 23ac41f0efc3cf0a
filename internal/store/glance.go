package store

import (
	"context"
	"fmt"

	"socialwatch"
)

// What open pages are told of a list.
const (
	GlanceIDs   = 200  // of its first replies
	GlanceCount = 1000 // to where it is counted
)

const (
	// Both are read from the queue's index alone, and end at their limits
	// however long the queue is.
	sqlGlanceIDs   = `select id from replies where %s%s order by %s limit ?`
	sqlGlanceCount = `select count(*) from (select 1 as one from replies where %s%s order by %s limit ?) as first`

	sqlStanding = `select r.id, r.account, r.state, r.hash, r.decider, r.deciding_until, r.snoozed_until, m.revision, m.gone_at
from replies r join mentions m on m.id = r.mention_id where r.id in (?) order by r.id`
)

// Glance is the little of a list that tells whether it has changed.
type Glance struct {
	IDs   []int64 // of its first GlanceIDs replies, in the filter's order
	Count int     // of its replies; GlanceCount+1: there are more
}

// Glance reads the list that Queue gives page by page, without its rows.
func (s *Store) Glance(ctx context.Context, f QueueFilter) (g Glance, err error) {
	order, err := f.Order.ordering()
	if err != nil {
		return Glance{}, fmt.Errorf("glance at the queue: %w", err)
	}
	states, where, args, err := f.condition()
	if err != nil {
		return Glance{}, fmt.Errorf("glance at the queue: %w", err)
	}
	err = s.read(ctx, func(t *tx) error {
		g = Glance{}
		err := t.all(ctx, &g.IDs, fmt.Sprintf(sqlGlanceIDs, states, where, order.by), append(args, GlanceIDs)...)
		if g.Count = len(g.IDs); err != nil || g.Count < GlanceIDs {
			return err
		}
		return t.get(ctx, &g.Count, fmt.Sprintf(sqlGlanceCount, states, where, order.by), append(args, GlanceCount+1)...)
	})
	if err != nil {
		return Glance{}, fmt.Errorf("glance at the queue: %w", err)
	}
	return g, nil
}

// Standing is where one reply stands.
type Standing struct {
	ID      int64
	Account string
	State   socialwatch.ReplyState
	Hash    string
	Lease   socialwatch.Lease
	// Revision is that of the post it answers; Gone says that the post is gone.
	Revision string
	Gone     bool
	Snoozed  bool // its case is
}

// Standings returns where the replies stand, by id, all at one moment. One that
// there is not is left out.
func (s *Store) Standings(ctx context.Context, ids []int64) (all []Standing, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []struct {
		ID       int64  `db:"id"`
		Account  string `db:"account"`
		State    string `db:"state"`
		Hash     string `db:"hash"`
		Decider  string `db:"decider"`
		Until    moment `db:"deciding_until"`
		Snoozed  moment `db:"snoozed_until"`
		Revision string `db:"revision"`
		GoneAt   moment `db:"gone_at"`
	}
	err = s.readOne(ctx, func(t *tx) error {
		rows = nil
		return t.all(ctx, &rows, sqlStanding, ids)
	})
	if err != nil {
		return nil, fmt.Errorf("read where replies stand: %w", err)
	}
	all = make([]Standing, len(rows))
	for i, r := range rows {
		all[i] = Standing{ID: r.ID, Account: r.Account, State: socialwatch.ReplyState(r.State), Hash: r.Hash,
			Lease: socialwatch.Lease{By: r.Decider, Until: r.Until.Time}, Revision: r.Revision, Gone: !r.GoneAt.IsZero(),
			Snoozed: !r.Snoozed.IsZero()}
	}
	return all, nil
}
