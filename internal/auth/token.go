package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
)

// tokenPrefix lets people and secret scanners recognise a token.
const tokenPrefix = "swt_"

// secretBytes is the size of a random secret: 256 bits.
const secretBytes = 32

// ErrBadToken means that a text is no token of ours at all.
var ErrBadToken = errors.New(`this is no socialwatch token: one begins with swt_ and has 47 characters; make one with "socialwatch token add"`)

// NewToken makes a token. The secret is shown to its owner once; only the
// hash is stored.
func NewToken() (secret, hash string) {
	secret = tokenPrefix + newSecret()
	return secret, hashOf(secret)
}

// NewLink makes the code of a link that works once. Only the hash is stored.
func NewLink() (code, hash string) {
	code = newSecret()
	return code, hashOf(code)
}

// LinkHash is the hash that a link's code is stored under; empty when it is no
// code of ours.
func LinkHash(code string) string {
	if !isSecret(code) {
		return ""
	}
	return hashOf(code)
}

// ParseToken checks the form of a token and returns the hash it is stored
// under. The error never holds the token.
func ParseToken(secret string) (hash string, err error) {
	random, ok := strings.CutPrefix(strings.TrimSpace(secret), tokenPrefix)
	if !ok || !isSecret(random) {
		return "", ErrBadToken
	}
	return hashOf(tokenPrefix + random), nil
}

// BearerToken returns the hash of the token in the request's Authorization
// header. ok is false when there is none; err is ErrBadToken when it is none
// of ours.
func BearerToken(r *http.Request) (hash string, ok bool, err error) {
	scheme, secret, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return "", false, nil
	}
	hash, err = ParseToken(secret)
	return hash, true, err
}

func newSecret() string {
	b := make([]byte, secretBytes)
	rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

func isSecret(s string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == secretBytes && !strings.ContainsAny(s, "\r\n")
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
