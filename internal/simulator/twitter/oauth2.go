package twitter

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// How long what OAuth 2.0 gives out is valid.
const (
	codeLife   = 30 * time.Second
	accessLife = 2 * time.Hour
)

var knownScopes = []string{
	"tweet.read", "tweet.write", "tweet.moderate.write", "users.read", "users.email", "follows.read", "follows.write",
	"offline.access", "space.read", "mute.read", "mute.write", "like.read", "like.write", "list.read", "list.write",
	"block.read", "block.write", "bookmark.read", "bookmark.write", "dm.read", "dm.write", "media.write",
}

// Client is how the app signs in by OAuth 2.0. A public one has no secret.
type Client struct {
	ID     string `json:"client_id"`
	Secret string `json:"client_secret,omitempty"`
}

type client struct {
	Client
	redirects []string
}

// grant is what one user allowed one client: a family of tokens of which one
// pair is valid.
type grant struct {
	client          *client
	user            *user
	scopes          []string
	access, refresh string
	ends            time.Time // of the access token
	dead            bool
}

// code is an authorization code that waits to be exchanged.
type code struct {
	client              *client
	user                *user
	scopes              []string
	redirect, challenge string
	at                  time.Time
	grant               *grant // once used
}

// oauth2 is the state of OAuth 2.0.
type oauth2 struct {
	clients map[string]*client
	codes   map[string]*code
	access  map[string]*grant // valid or expired, not replaced
	refresh map[string]*grant // every refresh token ever given out
	visitor *user
	refuses bool
}

func newOAuth2() oauth2 {
	return oauth2{
		clients: map[string]*client{}, codes: map[string]*code{},
		access: map[string]*grant{}, refresh: map[string]*grant{},
	}
}

// RegisterClient makes an OAuth 2.0 client of the app with the addresses that
// it may be sent back to; they must match exactly, port and path too. A
// confidential one has a secret and signs in by HTTP Basic.
func (s *Server) RegisterClient(confidential bool, redirects ...string) Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &client{Client: Client{ID: secret(s.rng, "simci", 1)}, redirects: slices.Clone(redirects)}
	if confidential {
		c.Secret = secret(s.rng, "simcl", 2)
	}
	s.oauth.clients[c.ID] = c
	return c.Client
}

// Visitor says who sits in the browser that opens the page of authorization:
// they allow what is asked for. Without it that is the app's owner; "" refuses.
func (s *Server) Visitor(handle string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oauth.visitor, s.oauth.refuses = s.find(handle), handle == ""
	if s.oauth.visitor == nil && handle != "" {
		return fmt.Errorf("visitor %q: user: %w", handle, ErrUnknown)
	}
	return nil
}

// Tokens makes a new pair of tokens without the detour through a browser. The
// refresh token is empty without the scope offline.access. Without scopes they
// are those of a help account: reading, writing, offline access.
func (s *Server) Tokens(clientID, handle string, scopes ...string) (access, refresh string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, u := s.oauth.clients[clientID], s.find(handle)
	if c == nil || u == nil {
		return "", "", fmt.Errorf("tokens of client %q for %q: %w", clientID, handle, ErrUnknown)
	}
	if len(scopes) == 0 {
		scopes = []string{"tweet.read", "tweet.write", "users.read", "offline.access"}
	}
	g := &grant{client: c, user: u, scopes: slices.Clone(scopes)}
	s.issue(g)
	return g.access, g.refresh, nil
}

// issue gives a grant a new pair; the old access token ends at once. The
// caller holds mu.
func (s *Server) issue(g *grant) {
	delete(s.oauth.access, g.access)
	g.access, g.ends = secret(s.rng, "sim-a2-", 3), s.now().Add(accessLife)
	s.oauth.access[g.access] = g
	g.refresh = ""
	if slices.Contains(g.scopes, "offline.access") {
		g.refresh = secret(s.rng, "sim-r2-", 3)
		s.oauth.refresh[g.refresh] = g
	}
}

// end makes all tokens of a family invalid. The caller holds mu.
func (s *Server) endGrant(g *grant) {
	if !g.dead {
		g.dead = true
		delete(s.oauth.access, g.access)
		s.announceRevoke(g.user)
	}
}

// verifyOAuth2 finds the user of an access token. The caller holds mu.
func (s *Server) verifyOAuth2(token string) (caller, error) {
	g := s.oauth.access[token]
	switch {
	case g == nil:
		return caller{}, unauthorized("OAuth 2.0: unknown, replaced or revoked access token")
	case !s.now().Before(g.ends):
		return caller{}, unauthorized("OAuth 2.0: the access token has expired")
	case g.user.suspended:
		return caller{}, unauthorized("OAuth 2.0: the user is suspended")
	}
	return caller{kind: authOAuth2, user: g.user, scopes: g.scopes}, nil
}

// revokeTokens ends all grants of a user. The caller holds mu.
func (s *Server) revokeTokens(u *user) {
	for _, g := range s.oauth.access {
		if g.user == u {
			s.endGrant(g)
		}
	}
}

// oauthError is a refusal in the form of RFC 6749.
func oauthError(status int, kind, description string) *problem {
	return &problem{status, object{"error": kind, "error_description": description}, kind + ": " + description}
}

// exchange turns an authorization code into tokens. A code that comes twice
// ends the tokens that it gave. The caller holds mu.
func (s *Server) exchange(c *client, form url.Values) (*grant, error) {
	refused := oauthError(400, "invalid_request", "Value passed for the authorization code was invalid.")
	k := s.oauth.codes[form.Get("code")]
	if k == nil || k.client != c {
		return nil, refused
	}
	if k.grant != nil {
		s.endGrant(k.grant)
		return nil, refused
	}
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	switch {
	case s.now().Sub(k.at) > codeLife:
		return nil, refused
	case form.Get("redirect_uri") != k.redirect:
		return nil, oauthError(400, "invalid_request", "Value passed for the redirect uri did not match the uri of the authorization code.")
	case !validVerifier(form.Get("code_verifier")) || base64.RawURLEncoding.EncodeToString(sum[:]) != k.challenge:
		return nil, oauthError(400, "invalid_request", "Value passed for the code verifier did not match the code challenge.")
	}
	k.grant = &grant{client: c, user: k.user, scopes: k.scopes}
	s.issue(k.grant)
	return k.grant, nil
}

// validVerifier holds a code verifier to RFC 7636: 43 to 128 unreserved
// characters.
func validVerifier(v string) bool {
	return len(v) >= 43 && len(v) <= 128 && percentEncode(v) == v
}

// renew turns a refresh token into a new pair. One that was used before ends
// its whole family. The caller holds mu.
func (s *Server) renew(c *client, form url.Values) (*grant, error) {
	refused := oauthError(400, "invalid_request", "Value passed for the token was invalid.")
	token := form.Get("refresh_token")
	g := s.oauth.refresh[token]
	if g == nil || g.client != c || g.dead {
		return nil, refused
	}
	if g.refresh != token {
		s.endGrant(g)
		refused.why += " It was used before: the family is revoked."
		return nil, refused
	}
	s.issue(g)
	return g, nil
}

func (g *grant) object(now time.Time) object {
	o := object{
		"token_type": "bearer", "expires_in": int(g.ends.Sub(now).Seconds()),
		"access_token": g.access, "scope": strings.Join(g.scopes, " "),
	}
	if g.refresh != "" {
		o["refresh_token"] = g.refresh
	}
	return o
}
