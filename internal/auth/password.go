package auth

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
)

// Bounds of a password: NIST SP 800-63B asks for length, not for kinds of
// characters; the upper one keeps hashing cheap to refuse.
const (
	MinPassword = 12   // characters
	MaxPassword = 1024 // bytes
)

// cost is OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
var cost = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hashing bounds the memory that passwords take at once.
var hashing = make(chan struct{}, 2)

// HashPassword returns the argon2id hash that is stored for a password. The
// error says what is wrong with the password and never holds it.
func HashPassword(ctx context.Context, password string) (string, error) {
	switch {
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return "", fmt.Errorf("the password holds characters that are no text: type it anew")
	case utf8.RuneCountInString(password) < MinPassword:
		return "", fmt.Errorf("the password is too short: use at least %d characters, such as four random words", MinPassword)
	case len(password) > MaxPassword:
		return "", fmt.Errorf("the password is too long: use at most %d bytes", MaxPassword)
	}
	if err := enter(ctx); err != nil {
		return "", err
	}
	defer leave()
	hash, err := argon2id.CreateHash(password, cost)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return hash, nil
}

// nobody is compared with when a login is unknown, so that the answer takes
// as long as for a known one. It is the hash of a random password.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$c29jaWFsd2F0Y2gtbm8tMQ$b3aE6a0kQq0C6mS0vQW9m6v9sI3Tn5Jx1c2m0C5v3uA"

// matches compares in constant time. An empty hash means that no password is
// set: nothing matches it.
func matches(ctx context.Context, password, hash string) (bool, error) {
	if len(password) > MaxPassword {
		return false, nil
	}
	if err := enter(ctx); err != nil {
		return false, err
	}
	defer leave()
	if hash == "" {
		_, err := argon2id.ComparePasswordAndHash(password, nobody)
		return false, err
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("compare password: %w", err)
	}
	return ok, nil
}

func enter(ctx context.Context) error {
	select {
	case hashing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a turn to check a password: %w", ctx.Err())
	}
}

func leave() { <-hashing }
