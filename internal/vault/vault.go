// Package vault keeps the tokens of accounts encrypted in the database and
// renews each by one process at a time.
package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// Store keeps sealed tokens. Each method is one transaction.
type Store interface {
	// Credential returns what is stored and its version; ErrNotFound without.
	Credential(ctx context.Context, account string) (sealed []byte, version int64, err error)
	// SaveCredential replaces the version given, or any with 0; ErrConflict when
	// another one stands.
	SaveCredential(ctx context.Context, account string, sealed []byte, version int64, at time.Time) error
}

// Leases hands out the right to renew for a while: a lock that holds across
// processes and over a call to the network, which no transaction should.
type Leases interface {
	Acquire(ctx context.Context, name, holder string, ttl time.Duration, now time.Time) (fence int64, err error)
	Release(ctx context.Context, name, holder string, fence int64) error
}

// Vault implements connectors.TokenStore. It is safe for concurrent use, by any
// number of processes on one database. All fields but Timeout are needed.
type Vault struct {
	Store  Store
	Leases Leases
	Keys   Keys
	Holder string // unique among processes
	Now    func() time.Time
	// Timeout bounds one renewal; 0: 20 s. A killed process keeps others from
	// renewing for that long and saveTime more.
	Timeout time.Duration
}

// Times of a renewal.
const (
	renewTime = 20 * time.Second
	saveTime  = 10 * time.Second // to store what a renewal brought
	firstWait = 20 * time.Millisecond
	mostWait  = 500 * time.Millisecond
)

// Token returns the stored token; socialwatch.ErrNotFound when there is none: a
// person must log the account in.
func (v *Vault) Token(ctx context.Context, account string) (connectors.Token, error) {
	t, _, err := v.read(ctx, account)
	return t, err
}

func (v *Vault) read(ctx context.Context, account string) (t connectors.Token, version int64, err error) {
	sealed, version, err := v.Store.Credential(ctx, account)
	if err != nil {
		return t, 0, err
	}
	plain, err := v.Keys.Open(account, sealed)
	if err != nil {
		return t, 0, fmt.Errorf("open the token of %s: %w", account, err)
	}
	if err := json.Unmarshal(plain, &t); err != nil {
		return connectors.Token{}, 0, fmt.Errorf("the stored token of %s cannot be read: log in again", account)
	}
	return t, version, nil
}

// Put stores the token of a fresh login, in place of any.
func (v *Vault) Put(ctx context.Context, account string, t connectors.Token) error {
	return v.save(ctx, account, t, 0)
}

func (v *Vault) save(ctx context.Context, account string, t connectors.Token, version int64) error {
	plain, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("store the token of %s: it cannot be written down", account)
	}
	sealed, err := v.Keys.Seal(account, plain)
	if err != nil {
		return fmt.Errorf("store the token of %s: %w", account, err)
	}
	return v.Store.SaveCredential(ctx, account, sealed, version, socialwatch.Micros(v.Now()))
}

// renewal asks the network for the successor of a token.
type renewal = func(context.Context, connectors.Token) (connectors.Token, error)

// Refresh replaces the token that a caller found stale. Of all callers in all
// processes one runs renew at a time, for at most Timeout, under a lease; the
// others wait and get what it stored. When it fails the next one tries.
//
// Networks take a refresh token once. So a renewal that has begun is not cut off
// by the end of ctx, and what it returns is stored before Refresh returns it. It
// takes the place of the very version that was renewed and of no other, so a process that lost its
// lease, stopped for a while, cannot undo what another has stored since: it
// returns that one. When nobody has, its own is the one that works.
func (v *Vault) Refresh(ctx context.Context, account string, stale connectors.Token, renew renewal) (connectors.Token, error) {
	lease, timeout := "token/"+account, v.Timeout
	if timeout <= 0 {
		timeout = renewTime
	}
	for wait := firstWait; ; wait = min(2*wait, mostWait) {
		t, _, err := v.read(ctx, account)
		if err != nil || t.Access != stale.Access {
			return t, err
		}
		end := time.Now().Add(timeout) // before the lease begins, so that it outlives the renewal
		fence, err := v.Leases.Acquire(ctx, lease, v.Holder, timeout+saveTime, socialwatch.Micros(v.Now()))
		if err == nil {
			defer v.release(ctx, lease, fence)
			return v.renewed(ctx, account, stale, end, renew)
		}
		if !errors.Is(err, socialwatch.ErrLeaseHeld) {
			return connectors.Token{}, fmt.Errorf("renew the token of %s: %w", account, err)
		}
		if err := pause(ctx, wait); err != nil {
			return connectors.Token{}, fmt.Errorf("wait for another caller to renew the token of %s: %w", account, err)
		}
	}
}

// renewed is Refresh under the lease, until end.
func (v *Vault) renewed(ctx context.Context, account string, stale connectors.Token, end time.Time, renew renewal) (connectors.Token, error) {
	t, version, err := v.read(ctx, account)
	if err != nil || t.Access != stale.Access {
		return t, err // another caller was done right before us
	}
	if err := ctx.Err(); err != nil {
		return connectors.Token{}, fmt.Errorf("renew the token of %s: %w", account, err)
	}
	calling, cancel := context.WithDeadline(context.WithoutCancel(ctx), end)
	defer cancel()
	fresh, err := renew(calling, t)
	if err != nil {
		return connectors.Token{}, fmt.Errorf("renew the token of %s: %w", account, err)
	}
	err = v.keep(context.WithoutCancel(ctx), account, fresh, version)
	if errors.Is(err, socialwatch.ErrConflict) {
		t, _, err := v.read(ctx, account)
		return t, err
	}
	if err != nil {
		return connectors.Token{}, fmt.Errorf("the token of %s was renewed and could not be stored, log in again if the old one no longer works: %w", account, err)
	}
	return fresh, nil
}

// keep stores a renewed token, again and again while the database fails: the
// old one is used up.
func (v *Vault) keep(ctx context.Context, account string, fresh connectors.Token, version int64) error {
	ctx, cancel := context.WithTimeout(ctx, saveTime)
	defer cancel()
	for wait := firstWait; ; wait = min(2*wait, mostWait) {
		err := v.save(ctx, account, fresh, version)
		if err == nil || errors.Is(err, socialwatch.ErrConflict) || pause(ctx, wait) != nil {
			return err
		}
	}
}

// release lets others renew. A lease that cannot be given up ends by itself.
func (v *Vault) release(ctx context.Context, lease string, fence int64) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	_ = v.Leases.Release(ctx, lease, v.Holder, fence)
}

// pause waits, or fails when ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
