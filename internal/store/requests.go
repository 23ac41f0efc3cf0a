package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"socialwatch"
)

// Request is a write that a program names by a key of its own, so that it may
// send it again when the answer was lost.
type Request struct {
	TokenID int64
	Key     string
	Hash    string // of all that makes it what it is
	At      time.Time

	attempt  int
	erasures int64 // that there had been when it began
}

// Answer is what a request was answered with. The zero Answer stands for one
// whose effect is stored and whose words are not: they were lost with a process,
// or erased.
type Answer struct {
	Status int
	Body   []byte
}

// What is in the way of a request with a key.
var (
	ErrKeyUsed = errors.New("the key belongs to another request")
	ErrKeyBusy = errors.New("the same request is being worked on")
)

// Figures of requests with a key.
const (
	RequestKept = 24 * time.Hour   // how long its answer is given again
	RequestBusy = 30 * time.Second // how long one that does not end keeps others away
)

// request is one row of requests.
type request struct {
	Hash    string `db:"hash"`
	Attempt int    `db:"attempt"`
	BegunAt moment `db:"begun_at"`
	BusyTo  moment `db:"busy_until"`
	DoneAt  moment `db:"done_at"`
	Status  int    `db:"status"`
	Body    []byte `db:"body"`
}

const (
	sqlRequestBegin = `insert into requests (token_id, key, hash, attempt, begun_at, busy_until, status) values (?, ?, ?, 1, ?, ?, 0)
on conflict do nothing`
	sqlRequest     = `select hash, attempt, begun_at, busy_until, done_at, status, body from requests where token_id = ? and key = ?`
	sqlRequestAnew = `update requests set hash = ?, attempt = ?, begun_at = ?, busy_until = ?, done_at = null, status = 0, body = null
where token_id = ? and key = ?`
	sqlRequestDone = `update requests set done_at = coalesce(done_at, ?) where token_id = ? and key = ? and attempt = ?`
	sqlRequestKeep = `update requests set status = ?, body = ? where token_id = ? and key = ? and attempt = ?`
	// The row stays, for its attempt: a call that comes to itself late must see that
	// others have had the key since.
	sqlRequestFree  = `update requests set hash = '' where token_id = ? and key = ? and attempt = ? and done_at is null`
	sqlRequestsOver = `delete from requests where begun_at < ?`
	sqlErasures     = `select value from counters where name = 'erasure'`

	// What was answered may hold what is erased elsewhere, and so may an answer that
	// is on its way: it was read before. The counter comes first, so that an answer
	// is either kept before and forgotten, or sees it.
	sqlErasureCount   = `update counters set value = value + 1 where name = 'erasure'`
	sqlRequestsForget = `update requests set status = 0, body = null where body is not null`
)

// Begin claims the key of a request. With again false the caller carries the
// request out, within Once, and then calls Keep or Free. With again true its
// effect is stored, and so is the answer unless that is the zero Answer.
// ErrKeyUsed and ErrKeyBusy, which means that a call which may still be under
// way has the key, for RequestBusy at most.
func (s *Store) Begin(ctx context.Context, r Request) (begun Request, was Answer, again bool, err error) {
	err = s.tx(ctx, func(t *tx) error {
		begun, was, again, err = t.begin(ctx, r)
		return err
	})
	if err != nil {
		return r, Answer{}, false, fmt.Errorf("begin a request: %w", err)
	}
	return begun, was, again, nil
}

func (t *tx) begin(ctx context.Context, r Request) (Request, Answer, bool, error) {
	r.attempt = 1
	if err := t.get(ctx, &r.erasures, sqlErasures); err != nil {
		return r, Answer{}, false, err
	}
	n, err := t.exec(ctx, sqlRequestBegin, r.TokenID, r.Key, r.Hash, r.At, r.At.Add(RequestBusy))
	if err != nil || n == 1 {
		return r, Answer{}, false, err
	}
	var row request
	if err := t.get(ctx, &row, sqlRequest+t.s.dialect.forUpdate, r.TokenID, r.Key); err != nil {
		return r, Answer{}, false, err
	}
	over := !row.BegunAt.After(r.At.Add(-RequestKept))
	switch {
	case over, row.Hash == "": // free
	case row.Hash != r.Hash:
		return r, Answer{}, false, ErrKeyUsed
	case row.Status != 0, !row.DoneAt.IsZero():
		return r, Answer{row.Status, row.Body}, true, nil
	case row.BusyTo.After(r.At):
		return r, Answer{}, false, ErrKeyBusy
	}
	r.attempt = row.Attempt + 1
	_, err = t.exec(ctx, sqlRequestAnew, r.Hash, r.attempt, r.At, r.At.Add(RequestBusy), r.TokenID, r.Key)
	return r, Answer{}, false, err
}

type requestKey struct{}

// Once makes every transaction under the context that tells of something
// happening note with it, in the same commit, that the request has had its
// effect. It fails instead when the key has gone to another call meanwhile: of
// all calls with one key one has an effect.
func Once(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// Apart is a context for work on the side of a request: what it stores is none of
// the request's effect, see Once.
func Apart(ctx context.Context) context.Context {
	return context.WithValue(ctx, requestKey{}, nil)
}

// fulfil notes the effect of the request that the context carries, if any.
func (t *tx) fulfil(ctx context.Context) error {
	r, ok := ctx.Value(requestKey{}).(Request)
	if !ok {
		return nil
	}
	n, err := t.exec(ctx, sqlRequestDone, r.At, r.TokenID, r.Key, r.attempt)
	if err == nil && n == 0 {
		err = fmt.Errorf("another call with the same key has taken over: %w", socialwatch.ErrConflict)
	}
	return err
}

// Keep stores what the request was answered with. When something was erased since
// it began it is Free with the zero Answer: nobody knows whose words the answer
// holds.
func (s *Store) Keep(ctx context.Context, r Request, a Answer) error {
	err := s.tx(ctx, func(t *tx) error { return t.endRequest(ctx, r, a, false) })
	return wrapped("keep the answer to a request", err)
}

// Free gives the key of a request back that has had no effect: who sends it again
// may get another answer, and may send another request with it. Of one that
// has had its effect it is Keep.
func (s *Store) Free(ctx context.Context, r Request, a Answer) error {
	err := s.tx(ctx, func(t *tx) error { return t.endRequest(ctx, r, a, true) })
	return wrapped("free the key of a request", err)
}

func (t *tx) endRequest(ctx context.Context, r Request, a Answer, free bool) error {
	same, err := t.nothingErased(ctx, r)
	if err != nil {
		return err
	}
	if !same {
		a, free = Answer{}, true
	}
	if free {
		if n, err := t.exec(ctx, sqlRequestFree, r.TokenID, r.Key, r.attempt); err != nil || n > 0 {
			return err
		}
	}
	_, err = t.exec(ctx, sqlRequestKeep, a.Status, a.Body, r.TokenID, r.Key, r.attempt)
	return err
}

// nothingErased reports whether nothing was erased since a request began, and lets
// nothing be until the transaction ends.
func (t *tx) nothingErased(ctx context.Context, r Request) (bool, error) {
	var now int64
	err := t.get(ctx, &now, sqlErasures+t.s.dialect.forUpdate)
	return now == r.erasures, err
}

// forgetAnswers makes repeated requests forget what they were answered with, and
// returns how many did.
func (t *tx) forgetAnswers(ctx context.Context) (int64, error) {
	if _, err := t.exec(ctx, sqlErasureCount); err != nil {
		return 0, err
	}
	return t.exec(ctx, sqlRequestsForget)
}

// DropRequests forgets the requests begun before the time given.
func (s *Store) DropRequests(ctx context.Context, before time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		_, err := t.exec(ctx, sqlRequestsOver, before)
		return err
	})
	return wrapped("drop old requests", err)
}
