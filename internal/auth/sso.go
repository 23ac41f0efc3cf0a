package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"socialwatch"
	"socialwatch/internal/sendonce"
)

// Identities are people as an identity provider knows them.
type Identities interface {
	// Arrive returns who somebody is, makes the person on the first arrival,
	// and gives the roles of today. ErrForbidden when the person is shut out,
	// or has no role.
	Arrive(ctx context.Context, a socialwatch.Arrival) (socialwatch.Person, error)
}

// Ways in which single sign-on fails. The text around each is for the log.
var (
	ErrAway    = errors.New("the identity provider does not answer as it should")
	ErrFlow    = errors.New("this login was not begun here, or too long ago")
	ErrRefused = errors.New("the identity provider's word does not count")
	ErrNoRole  = errors.New("no group of this person has a role here")
)

// SSO logs people in by OpenID Connect: authorization code with PKCE, state
// and nonce, held in a sealed cookie of ten minutes. Set all fields but Client.
// It is safe for concurrent use.
type SSO struct {
	Issuer, ClientID string
	ClientSecret     string // empty: a public client
	Name             string // what people call the provider
	Redirect         string // our address that it sends people back to
	Scopes           []string
	GroupsClaim      string
	Roles            map[string]map[string]socialwatch.Role // by group, then by account
	People           Identities
	Logins           *Logins
	Client           *http.Client // nil: one that waits ten seconds

	mu       sync.Mutex
	provider *oidc.Provider
	seal     sealer
}

// patience bounds each call to the provider.
const patience = 10 * time.Second

func (s *SSO) client(ctx context.Context) context.Context {
	c := http.Client{Timeout: patience}
	if s.Client != nil {
		c = *s.Client
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	c.Transport = sendonce.Transport{Way: c.Transport}
	return oidc.ClientContext(ctx, &c)
}

// discover reads what the provider says of itself, until it has once.
func (s *SSO) discover(ctx context.Context) (*oidc.Provider, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.provider != nil {
		return s.provider, nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p, err := oidc.NewProvider(s.client(ctx), s.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: discovery: %w", ErrAway, err)
	}
	s.provider = p
	return p, nil
}

func (s *SSO) config(p *oidc.Provider) *oauth2.Config {
	scopes := append([]string{oidc.ScopeOpenID}, s.Scopes...)
	return &oauth2.Config{ClientID: s.ClientID, ClientSecret: s.ClientSecret, Endpoint: p.Endpoint(), RedirectURL: s.Redirect, Scopes: scopes}
}

// Begin returns the provider's address to send a person to, and the cookie
// that knows the login when it comes back. Back is where the person wanted to
// go: a path of ours. It fails with ErrAway.
func (s *SSO) Begin(ctx context.Context, back string) (address string, cookie *http.Cookie, err error) {
	p, err := s.discover(ctx)
	if err != nil {
		return "", nil, err
	}
	f := flow{State: newSecret(), Nonce: newSecret(), Verifier: oauth2.GenerateVerifier(), Back: back, Until: s.Logins.now().Add(flowLife)}
	value, err := s.seal.close(f, s.ClientSecret)
	if err != nil {
		return "", nil, fmt.Errorf("begin single sign-on: %w", err)
	}
	address = s.config(p).AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier))
	cookie = s.cookie(value)
	cookie.MaxAge = int(flowLife.Seconds())
	return address, cookie, nil
}

// Finish ends a login with the provider's answer: it returns the cookie of the
// new session and where the person wanted to go. It fails with one of the
// errors above, or the database's.
func (s *SSO) Finish(r *http.Request) (session *http.Cookie, back string, err error) {
	f, err := s.begun(r)
	if err != nil {
		return nil, "", err
	}
	q := r.URL.Query()
	if code := q.Get("error"); code != "" {
		return nil, "", fmt.Errorf("%w: it says %.40q", ErrRefused, code)
	}
	if iss := q.Get("iss"); iss != "" && iss != s.Issuer { // RFC 9207
		return nil, "", fmt.Errorf("%w: answered by another issuer", ErrRefused)
	}
	p, err := s.discover(r.Context())
	if err != nil {
		return nil, "", err
	}
	claims, subject, err := s.redeem(r.Context(), p, f, q.Get("code"))
	if err != nil {
		return nil, "", err
	}
	person, err := s.arrive(r.Context(), claims, subject)
	if err != nil {
		return nil, "", err
	}
	session, err = s.Logins.open(r.Context(), person, s.Logins.From(r))
	return session, f.Back, err
}

// begun is the login that the request's cookie knows, if its state is the one.
func (s *SSO) begun(r *http.Request) (flow, error) {
	c, err := r.Cookie(s.cookie("").Name)
	if err != nil {
		return flow{}, fmt.Errorf("%w: no cookie", ErrFlow)
	}
	f, err := s.seal.open(c.Value, s.ClientSecret)
	if err != nil {
		return flow{}, fmt.Errorf("%w: %w", ErrFlow, err)
	}
	if subtle.ConstantTimeCompare([]byte(r.URL.Query().Get("state")), []byte(f.State)) != 1 || !s.Logins.now().Before(f.Until) {
		return flow{}, fmt.Errorf("%w: another state, or over", ErrFlow)
	}
	return f, nil
}

// Forget returns the cookie that clears the login's: it counts once.
func (s *SSO) Forget() *http.Cookie {
	c := s.cookie("")
	c.MaxAge = -1
	return c
}

func (s *SSO) cookie(value string) *http.Cookie {
	c := s.Logins.cookie(value)
	c.Name += "-sso"
	return c
}

// redeem exchanges the code for what the provider says of the person.
func (s *SSO) redeem(ctx context.Context, p *oidc.Provider, f flow, code string) (map[string]any, string, error) {
	ctx, cancel := context.WithTimeout(s.client(ctx), patience)
	defer cancel()
	token, err := s.config(p).Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response.StatusCode < http.StatusInternalServerError {
		return nil, "", fmt.Errorf("%w: code refused: %.40q", ErrRefused, refused.ErrorCode)
	}
	if err != nil {
		return nil, "", fmt.Errorf("%w: exchange of the code failed", ErrAway) // its own text may hold tokens
	}
	claims, subject, err := s.verify(ctx, p, f, token)
	if err != nil {
		return nil, "", err
	}
	_, groups := claim(claims, s.GroupsClaim)
	if _, login := claims["preferred_username"]; groups && login {
		return claims, subject, nil
	}
	return s.more(ctx, p, token, claims, subject)
}

// verify checks the ID token: signature, issuer, audience and expiry by
// go-oidc; the party it is for, the nonce and the access token beside it here.
func (s *SSO) verify(ctx context.Context, p *oidc.Provider, f flow, token *oauth2.Token) (map[string]any, string, error) {
	raw, _ := token.Extra("id_token").(string)
	id, err := p.VerifierContext(ctx, &oidc.Config{ClientID: s.ClientID, Now: s.Logins.now}).Verify(ctx, raw)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if id.AccessTokenHash != "" && id.VerifyAccessToken(token.AccessToken) != nil {
		return nil, "", fmt.Errorf("%w: tokens of two logins", ErrRefused)
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return nil, "", fmt.Errorf("%w: claims: %w", ErrRefused, err)
	}
	party, has := claims["azp"]
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.Nonce)) != 1 || id.Subject == "" {
		return nil, "", fmt.Errorf("%w: another nonce, or no subject", ErrRefused)
	}
	if has && party != s.ClientID || !has && len(id.Audience) > 1 {
		return nil, "", fmt.Errorf("%w: for another party", ErrRefused)
	}
	return claims, id.Subject, nil
}

// more adds what the provider says of the person elsewhere, where the token is
// a thin one.
func (s *SSO) more(ctx context.Context, p *oidc.Provider, token *oauth2.Token, claims map[string]any, subject string) (map[string]any, string, error) {
	if p.UserInfoEndpoint() == "" {
		return claims, subject, nil
	}
	info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, "", fmt.Errorf("%w: user info failed", ErrAway)
	}
	if info.Subject != subject {
		return nil, "", fmt.Errorf("%w: user info of somebody else", ErrRefused)
	}
	extra := map[string]any{}
	if err := info.Claims(&extra); err != nil {
		return nil, "", fmt.Errorf("%w: user info: %w", ErrRefused, err)
	}
	for name, value := range extra {
		if _, ok := claims[name]; !ok {
			claims[name] = value
		}
	}
	return claims, subject, nil
}

func (s *SSO) arrive(ctx context.Context, claims map[string]any, subject string) (socialwatch.Person, error) {
	a := socialwatch.Arrival{Issuer: s.Issuer, Subject: subject, Roles: s.rolesOf(claims), At: socialwatch.Micros(s.Logins.now())}
	for _, name := range []string{"preferred_username", "email", "sub"} {
		if text, ok := claims[name].(string); ok && a.Login == "" {
			a.Login = strings.Join(strings.Fields(text), "-")
		}
	}
	a.Name, _ = claims["name"].(string)
	person, err := s.People.Arrive(ctx, a)
	if errors.Is(err, socialwatch.ErrConflict) { // the same person at the same moment
		person, err = s.People.Arrive(ctx, a)
	}
	if errors.Is(err, socialwatch.ErrForbidden) && len(a.Roles) == 0 {
		return person, fmt.Errorf("%w: %w", ErrNoRole, err)
	}
	return person, err
}

// rolesOf are the highest roles that the groups of the claims give.
func (s *SSO) rolesOf(claims map[string]any) map[string]socialwatch.Role {
	roles := map[string]socialwatch.Role{}
	value, _ := claim(claims, s.GroupsClaim)
	groups, ok := value.([]any)
	if !ok {
		groups = []any{value}
	}
	for _, group := range groups {
		name, _ := group.(string)
		for account, role := range s.Roles[name] {
			if slices.Index(socialwatch.Roles, role) > slices.Index(socialwatch.Roles, roles[account]) {
				roles[account] = role
			}
		}
	}
	return roles
}

// claim finds a claim by its name, or within others by a path with dots.
func claim(claims map[string]any, name string) (any, bool) {
	if v, ok := claims[name]; ok {
		return v, true
	}
	first, rest, ok := strings.Cut(name, ".")
	inner, isMap := claims[first].(map[string]any)
	if !ok || !isMap {
		return nil, false
	}
	return claim(inner, rest)
}
