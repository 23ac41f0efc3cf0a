package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"socialwatch"
)

// Leases compare the clocks of several hosts: keep their skew far below ttl.
const (
	sqlLeaseAcquire = `insert into leases (name, holder, fence, until) values (?, ?, 1, ?)
on conflict (name) do update set holder = excluded.holder, fence = leases.fence + 1, until = excluded.until
where leases.until <= ? or leases.until > ? returning fence`
	sqlLeaseUntil = `update leases set until = ? where name = ? and holder = ? and fence = ?`
)

// Acquire takes the lease name for ttl from now and returns its fence, which
// rises with every taking. ErrLeaseHeld means that it has not ended; the same
// holder is refused too, because it may be an earlier life of the process. A
// lease that ends later than twice ttl from now was taken before a clock went
// back: it is free, or its work would rest for as long as the clock jumped.
func (s *Store) Acquire(ctx context.Context, name, holder string, ttl time.Duration, now time.Time) (fence int64, err error) {
	err = s.tx(ctx, func(t *tx) error {
		return t.get(ctx, &fence, sqlLeaseAcquire, name, holder, now.Add(ttl), now, now.Add(2*ttl))
	})
	if err != nil {
		return 0, fmt.Errorf("acquire lease %s: %w", name, heldIfGone(err))
	}
	return fence, nil
}

// Renew makes the lease last ttl from now. ErrLeaseHeld means that somebody
// else took it: stop the work at once.
func (s *Store) Renew(ctx context.Context, name, holder string, fence int64, ttl time.Duration, now time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		n, err := t.exec(ctx, sqlLeaseUntil, now.Add(ttl), name, holder, fence)
		return noneIsMissing(n, err)
	})
	if err != nil {
		return fmt.Errorf("renew lease %s: %w", name, heldIfGone(err))
	}
	return nil
}

// Release ends the lease, if it is still ours, so that others need not wait.
// The fence goes on rising.
func (s *Store) Release(ctx context.Context, name, holder string, fence int64) error {
	err := s.tx(ctx, func(t *tx) error {
		_, err := t.exec(ctx, sqlLeaseUntil, time.Unix(0, 0), name, holder, fence)
		return err
	})
	if err != nil {
		return fmt.Errorf("release lease %s: %w", name, err)
	}
	return nil
}

// heldIfGone turns ErrNotFound of a guarded lease into ErrLeaseHeld.
func heldIfGone(err error) error {
	if errors.Is(err, socialwatch.ErrNotFound) {
		return socialwatch.ErrLeaseHeld
	}
	return err
}
