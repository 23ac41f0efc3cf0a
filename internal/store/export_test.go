package store

import (
	"context"
	"io/fs"
)

// SetHook makes the store call f at named places inside its transactions.
func (s *Store) SetHook(f func(point string)) { s.hook = f }

// MigrateFiles is Migrate with other files.
func MigrateFiles(ctx context.Context, o Options, files fs.FS) ([]string, error) {
	return migrate(ctx, o, files)
}

// OpenFiles is Open with other files.
func OpenFiles(ctx context.Context, o Options, files fs.FS) (*Store, error) {
	return open(ctx, o, files)
}

// Begins returns the SQL that runs first in every transaction.
func (s *Store) Begins() string { return s.dialect.begin }

var (
	Storable   = storable
	WithoutNUL = withoutNUL
	Retryable  = retryable
)
