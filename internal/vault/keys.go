package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
)

// keyBytes is the length of a key: AES-256.
const keyBytes = 32

// howTo says how to make a key.
const howTo = "make one with `openssl rand -base64 32`"

// Keys seal and open tokens. The zero value has none: it can do neither, and
// says how to make one. It never prints what it holds.
type Keys struct{ ciphers []cipher.AEAD }

// ParseKeys reads keys of 32 random bytes in base64, separated by commas: the
// first seals, all of them open, so that a key can be replaced by putting a new
// one in front. Errors never hold a key.
func ParseKeys(text string) (Keys, error) {
	var k Keys
	for i, one := range strings.Split(text, ",") {
		one = strings.TrimSpace(one)
		if one == "" {
			return Keys{}, fmt.Errorf("key %d for tokens is empty: %s", i+1, howTo)
		}
		key, err := base64.StdEncoding.Strict().DecodeString(one)
		if err != nil {
			return Keys{}, fmt.Errorf("key %d for tokens is not base64: %s", i+1, howTo)
		}
		if len(key) != keyBytes {
			return Keys{}, fmt.Errorf("key %d for tokens has %d bytes, not %d: %s", i+1, len(key), keyBytes, howTo)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return Keys{}, fmt.Errorf("key %d for tokens: %w", i+1, err)
		}
		c, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return Keys{}, fmt.Errorf("key %d for tokens: %w", i+1, err)
		}
		k.ciphers = append(k.ciphers, c)
	}
	return k, nil
}

// Format hides the keys from every way to print them.
func (Keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "keys") }

// Seal encrypts plain under a name, such as an account's: under no other one it
// opens.
func (k Keys) Seal(name string, plain []byte) ([]byte, error) {
	if len(k.ciphers) == 0 {
		return nil, errors.New("there is no key to encrypt secrets with: " + howTo + " and put it into the environment variable of secrets.key_env")
	}
	return k.ciphers[0].Seal(nil, nil, plain, []byte(name)), nil
}

// Open decrypts what Seal made, by whichever key.
func (k Keys) Open(name string, sealed []byte) ([]byte, error) {
	if len(k.ciphers) == 0 {
		return nil, errors.New("there is no key to decrypt secrets with: give the one that they were stored under")
	}
	for _, c := range k.ciphers {
		if plain, err := c.Open(nil, nil, sealed, []byte(name)); err == nil {
			return plain, nil
		}
	}
	return nil, errors.New("no key opens it: give the key that it was stored under, or when that is lost log in again")
}
