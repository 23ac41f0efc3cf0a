package store

import (
	"context"
	"fmt"
	"time"
)

const (
	sqlCredential        = `select sealed, version from credentials where account = ?`
	sqlCredentialPut     = `insert into credentials (account, sealed, version, updated_at)`
	sqlCredentialPutTail = `on conflict (account) do update set sealed = excluded.sealed,
    version = credentials.version + 1, updated_at = excluded.updated_at`
	sqlCredentialSwap = `update credentials set sealed = ?, version = version + 1, updated_at = ?
where account = ? and version = ?`
)

// Credential returns the sealed tokens of an account and their version;
// ErrNotFound when there are none.
func (s *Store) Credential(ctx context.Context, account string) (sealed []byte, version int64, err error) {
	var row struct {
		Sealed  []byte `db:"sealed"`
		Version int64  `db:"version"`
	}
	err = s.readOne(ctx, func(t *tx) error { return t.get(ctx, &row, sqlCredential, account) })
	if err != nil {
		return nil, 0, fmt.Errorf("read the tokens of %s: %w", account, err)
	}
	return row.Sealed, row.Version, nil
}

// SaveCredential stores an account's sealed tokens. A version other than 0 must
// be the stored one, else the answer is ErrConflict and nothing is changed;
// version 0 replaces whatever stands.
func (s *Store) SaveCredential(ctx context.Context, account string, sealed []byte, version int64, at time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		if version == 0 {
			return t.values(ctx, values{head: sqlCredentialPut, width: 4, tail: sqlCredentialPutTail,
				args: []any{account, sealed, 1, at}})
		}
		n, err := t.exec(ctx, sqlCredentialSwap, sealed, at, account, version)
		return conflictIfGone(noneIsMissing(n, err))
	})
	if err != nil {
		return fmt.Errorf("store the tokens of %s: %w", account, err)
	}
	return nil
}
