package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"socialwatch"
)

const (
	// A decision ends the lease: it stands in the set list of every one.
	sqlDecidedNow = `decider = '', deciding_until = null`

	sqlDecide    = `update replies set decider = ?, deciding_until = ? where id = ? returning ` + replyColumns
	sqlEndLease  = `update replies set ` + sqlDecidedNow + ` where id in (?)`
	sqlOtherHeld = `select id from replies where decider = ? and decider <> '' and id <> ?`

	// The next free draft of a list. Nobody is handed a text of
	// their own: another person must approve it.
	sqlFree = `select id from replies where state = 'awaiting' and expires_at > ? and author <> ?
  and (deciding_until is null or deciding_until <= ?)` + sqlAwake + `%s%s order by %s limit 1`
	// A reply's place, but of one that is somebody else's to decide.
	sqlLeft = `select due_at, rank, opened_at, reach from replies where id = ? and (state <> 'awaiting' or decider = ?)`
)

// Lease notes that by, an author at least, is deciding about a reply that
// awaits a decision or is blocked, until DecisionLease after now; repeated, it
// goes on. Whatever else by had leased is free again. ErrLeaseHeld, with the
// reply as it stands, when a colleague is deciding: that hinders no decision.
// ErrConflict when there is nothing to decide any more.
func (s *Store) Lease(ctx context.Context, replyID int64, by socialwatch.Person, now time.Time) (r socialwatch.Reply, err error) {
	err = s.tx(ctx, func(t *tx) error {
		if r, err = t.lockReply(ctx, replyID); err != nil {
			return err
		}
		if err := t.mayDecide(ctx, by.Login, socialwatch.RoleAuthor, r.Payload.Account); err != nil {
			return err
		}
		active := r.Lease.Active(now)
		switch {
		case r.State != socialwatch.ReplyAwaiting && r.State != socialwatch.ReplyBlocked:
			return changedSince(r, r.Hash)
		case active && r.Lease.By != by.Login:
			return fmt.Errorf("%s is deciding: %w", r.Lease.By, socialwatch.ErrLeaseHeld)
		case !active && r.State == socialwatch.ReplyAwaiting && !now.Before(r.ExpiresAt):
			return fmt.Errorf("it expired at %s: draft it again: %w", r.ExpiresAt.Format("15:04 MST"), socialwatch.ErrConflict)
		}
		if !active {
			t.ring()
		}
		r, err = t.lease(ctx, replyID, by.Login, now)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("lease reply %d: %w", replyID, err)
	}
	return r, nil
}

// lease gives a locked reply to login, who leaves all others.
func (t *tx) lease(ctx context.Context, id int64, login string, now time.Time) (socialwatch.Reply, error) {
	var row replyRow
	if err := t.get(ctx, &row, sqlDecide, login, now.Add(socialwatch.DecisionLease), id); err != nil {
		return socialwatch.Reply{}, err
	}
	var others []int64
	err := t.all(ctx, &others, sqlOtherHeld+t.s.dialect.skipLocked, login, id)
	if err != nil || len(others) == 0 {
		return row.value(), err
	}
	t.ring()
	_, err = t.exec(ctx, sqlEndLease, others)
	return row.value(), err
}

// EndLease makes a reply free: one's own lease, or as a lead anybody's. Without
// a lease it changes nothing.
func (s *Store) EndLease(ctx context.Context, replyID int64, by socialwatch.Person, now time.Time) (r socialwatch.Reply, err error) {
	err = s.tx(ctx, func(t *tx) error {
		if r, err = t.lockReply(ctx, replyID); err != nil {
			return err
		}
		role := socialwatch.RoleLead
		if !r.Lease.Active(now) || r.Lease.By == by.Login {
			role = socialwatch.RoleAuthor
		}
		if err := t.mayDecide(ctx, by.Login, role, r.Payload.Account); err != nil || r.Lease.By == "" {
			return err
		}
		r.Lease = socialwatch.Lease{}
		t.ring()
		_, err := t.exec(ctx, sqlEndLease, []int64{replyID})
		return err
	})
	if err != nil {
		return r, fmt.Errorf("end lease of reply %d: %w", replyID, err)
	}
	return r, nil
}

// Taking asks for the next free draft.
type Taking struct {
	Accounts, Languages, Teams []string // as of QueueFilter
	Intents                    []socialwatch.Intent
	Order                      Order
	By                         socialwatch.Person
	Left                       int64 // the reply that By leaves, decided or not: the search begins behind it; 0: at the top
	Now                        time.Time
}

// TakeNext leases the first draft of the queue that nobody is deciding about, on
// an account where q.By may approve, and returns its reply. Two calls at the
// same time never get the same one. ErrNotFound when none is free.
func (s *Store) TakeNext(ctx context.Context, q Taking) (id int64, err error) {
	err = s.tx(ctx, func(t *tx) error {
		id, err = t.takeNext(ctx, q)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("take next reply: %w", err)
	}
	return id, nil
}

func (t *tx) takeNext(ctx context.Context, q Taking) (id int64, err error) {
	if q.Accounts, err = t.decides(ctx, q.By.Login, q.Accounts); err != nil {
		return 0, err
	}
	order, err := q.Order.ordering()
	if err != nil {
		return 0, err
	}
	var left placed
	err = t.get(ctx, &left, sqlLeft, q.Left, q.By.Login)
	switch {
	case err == nil:
		id, err = t.free(ctx, q, order.after, order.behind(left, q.Left)...)
		if !errors.Is(err, socialwatch.ErrNotFound) {
			break
		}
		fallthrough // nothing behind it: from the top
	case errors.Is(err, socialwatch.ErrNotFound):
		id, err = t.free(ctx, q, "")
	}
	if err != nil {
		return 0, err
	}
	t.ring()
	_, err = t.lease(ctx, id, q.By.Login, q.Now)
	return id, err
}

// free finds and locks the first free draft.
func (t *tx) free(ctx context.Context, q Taking, place string, at ...any) (id int64, err error) {
	query, args := freeQuery(q, place, at...)
	err = t.get(ctx, &id, query+t.s.dialect.skipLocked, args...)
	return id, err
}

func freeQuery(q Taking, place string, at ...any) (string, []any) {
	where, args := chosen(QueueFilter{Accounts: q.Accounts, Languages: q.Languages, Teams: q.Teams, Intents: q.Intents})
	return fmt.Sprintf(sqlFree, where+orderings[q.Order].where, place, orderings[q.Order].by), append(append([]any{q.Now, q.By.Login, q.Now}, args...), at...)
}

// decides are those of the accounts on which a person may approve, as the
// database knows them; nil are all.
func (t *tx) decides(ctx context.Context, login string, accounts []string) ([]string, error) {
	if err := t.mayAnywhere(ctx, login, socialwatch.RoleApprover); err != nil {
		return nil, err
	}
	p, _, _, err := t.personByLogin(ctx, login)
	if err != nil {
		return nil, err
	}
	all := p.May(socialwatch.RoleApprover, socialwatch.AllAccounts)
	if accounts == nil {
		if all {
			return nil, nil
		}
		for account := range p.Roles {
			accounts = append(accounts, account)
		}
	}
	may := []string{}
	for _, account := range accounts {
		if p.May(socialwatch.RoleApprover, account) {
			may = append(may, account)
		}
	}
	return may, nil
}
