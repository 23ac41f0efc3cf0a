package twitter

import (
	"crypto/subtle"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// authKind is a way to sign in, as a set.
type authKind int

const (
	authApp    authKind = 1 << iota // the app's bearer token
	authOAuth1                      // OAuth 1.0a user context
	authOAuth2                      // OAuth 2.0 user context
	authUser   = authOAuth1 | authOAuth2
	authAny    = authUser | authApp
)

var authNames = map[authKind]string{
	authApp: "OAuth 2.0 Application-Only", authOAuth1: "OAuth 1.0a User Context", authOAuth2: "OAuth 2.0 User Context",
}

func (k authKind) names() []string {
	var names []string
	for _, kind := range []authKind{authOAuth1, authOAuth2, authApp} {
		if k&kind != 0 {
			names = append(names, authNames[kind])
		}
	}
	return names
}

// app is the developer app: one per stand-in.
type app struct {
	consumerKey, consumerSecret string
	bearer                      string
	nonces                      map[string]time.Time
}

func newApp(rng *rand.Rand) app {
	return app{
		consumerKey: secret(rng, "sim-ck", 1), consumerSecret: secret(rng, "sim-cs", 3),
		bearer: secret(rng, "AAAAAAAAAAAAAAAAAAAAA", 4), nonces: map[string]time.Time{},
	}
}

// secret draws a text that cannot be mistaken for another kind of secret.
func secret(rng *rand.Rand, prefix string, size int) string {
	var b strings.Builder
	b.WriteString(prefix)
	for range size {
		fmt.Fprintf(&b, "%016x", rng.Uint64())
	}
	return b.String()
}

// Credentials are the four secrets of OAuth 1.0a for one user of the app.
type Credentials struct {
	ConsumerKey    string `json:"consumer_key"`
	ConsumerSecret string `json:"consumer_secret"`
	AccessToken    string `json:"access_token"`
	AccessSecret   string `json:"access_secret"`
}

// Credentials returns the OAuth 1.0a secrets with which the user's calls are
// signed; they are made once and hold until Revoke.
func (s *Server) Credentials(handle string) (Credentials, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.find(handle)
	if u == nil {
		return Credentials{}, fmt.Errorf("credentials of %q: user: %w", handle, ErrUnknown)
	}
	if u.accessToken == "" {
		u.accessToken = idText(u.id) + secret(s.rng, "-simat", 2)
		u.accessSecret = secret(s.rng, "simas", 3)
	}
	return Credentials{s.app.consumerKey, s.app.consumerSecret, u.accessToken, u.accessSecret}, nil
}

// Bearer is the app-only token.
func (s *Server) Bearer() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.app.bearer
}

// caller is who signed a request.
type caller struct {
	kind   authKind
	user   *user // nil for the app
	scopes []string
}

// authenticate finds out who signed the request. The caller holds mu.
func (s *Server) authenticate(c *call) (caller, error) {
	header := c.r.Header.Values("Authorization")
	if len(header) != 1 {
		return caller{}, unauthorized(fmt.Sprintf("%d Authorization headers", len(header)))
	}
	scheme, rest, _ := strings.Cut(header[0], " ")
	switch {
	case strings.EqualFold(scheme, "OAuth"):
		u, err := s.verifyOAuth1(c, rest)
		return caller{kind: authOAuth1, user: u}, err
	case strings.EqualFold(scheme, "Bearer"):
		if subtle.ConstantTimeCompare([]byte(rest), []byte(s.app.bearer)) == 1 {
			return caller{kind: authApp}, nil
		}
		return s.verifyOAuth2(rest)
	}
	return caller{}, unauthorized("Authorization is neither OAuth nor Bearer")
}

// permit refuses a caller whose kind or scopes do not do for the route.
func (r *route) permit(who caller) error {
	if who.kind&r.auth == 0 {
		return unsupportedAuth(authNames[who.kind], r.auth.names())
	}
	if who.kind != authOAuth2 {
		return nil
	}
	for _, scope := range r.scopes {
		if !slices.Contains(who.scopes, scope) {
			return newProblem(403, "Forbidden", problemBase+"client-forbidden",
				"Your token is missing the required OAuth 2.0 scope: "+scope)
		}
	}
	return nil
}

// Revoke makes the credentials of a user invalid, of every kind.
func (s *Server) Revoke(handle string) error {
	return s.withUsers("revoke", func(u, _ *user) {
		u.accessToken, u.accessSecret = "", ""
		s.revokeTokens(u)
	}, handle, handle)
}
