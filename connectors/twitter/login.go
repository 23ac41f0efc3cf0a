package twitter

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"socialwatch"
	"socialwatch/connectors"
)

// login leads a person through X's consent page: OAuth 2.0 with PKCE (S256).
type login struct{ *client }

// Begin returns the address of X's consent page. redirect must stand in the
// app's settings at X, letter by letter.
func (l login) Begin(redirect string) (string, connectors.LoginState, error) {
	u, err := url.Parse(redirect)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !connectors.Loopback(u.Hostname())) {
		return "", connectors.LoginState{}, errors.New("the address to come back to must be https, or http on this machine")
	}
	s := connectors.LoginState{Redirect: redirect, State: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	return l.config(s).AuthCodeURL(s.State, oauth2.S256ChallengeOption(s.Verifier)), s, nil
}

func (l login) config(s connectors.LoginState) *oauth2.Config {
	cfg := l.oauth2Config()
	cfg.RedirectURL = s.Redirect
	return cfg
}

// Finish exchanges the code, which X takes for 30 seconds, and asks X whose the
// new token is. A token of another account than the configured one, or without
// the rights that the account needs, is refused.
func (l login) Finish(ctx context.Context, s connectors.LoginState, state, code string) (connectors.Token, socialwatch.Author, error) {
	fail := func(err error) (connectors.Token, socialwatch.Author, error) {
		return connectors.Token{}, socialwatch.Author{}, fmt.Errorf("log in account %s: %w", l.opt.Account, err)
	}
	switch {
	case s.State == "" || subtle.ConstantTimeCompare([]byte(state), []byte(s.State)) != 1:
		return fail(unauthorized("the answer does not belong to this login: it may be an old one, or somebody else's. " +
			l.again()))
	case code == "":
		return fail(unauthorized("X sent no code: consent was refused. " + l.again()))
	}
	granted, err := l.config(s).Exchange(l.oauth2Context(ctx), code, oauth2.VerifierOption(s.Verifier))
	if err != nil {
		return fail(l.exchangeError(err, s))
	}
	if err := l.enough(granted); err != nil {
		return fail(err)
	}
	tok := tokenOf(granted, "")
	who, err := l.whose(ctx, tok)
	if err != nil {
		return fail(err)
	}
	return tok, who, nil
}

func (l login) again() string { return "Run socialwatch login " + l.opt.Account + " again" }

// exchangeError tells why X gives no token. Its own text may repeat the code.
func (l login) exchangeError(err error, s connectors.LoginState) error {
	var re *oauth2.RetrieveError
	if errors.As(err, &re) && re.Response != nil && re.Response.StatusCode < 500 && re.Response.StatusCode != 429 {
		return unauthorized(fmt.Sprintf("X refuses the code (HTTP %d): it is good for 30 seconds and for one use. %s. "+
			"If that does not help, compare client id, client secret and the redirect address %s with the app's settings at X",
			re.Response.StatusCode, l.again(), s.Redirect))
	}
	return l.tokenError(err)
}

// enough refuses a token that can't do what the account needs.
func (l login) enough(t *oauth2.Token) error {
	granted, told := t.Extra("scope").(string)
	var missing []string
	for _, scope := range scopes {
		if told && !slices.Contains(strings.Fields(granted), scope) {
			missing = append(missing, scope)
		}
	}
	switch {
	case len(missing) > 0:
		return unauthorized("X did not grant " + strings.Join(missing, " ") +
			": set the app's permissions at X to read and write. " + l.again())
	case t.AccessToken == "" || t.RefreshToken == "":
		return unauthorized("X gave no token that can be renewed: set the app's type at X to one with OAuth 2.0. " + l.again())
	}
	return nil
}

// whose asks X whom the token belongs to.
func (l login) whose(ctx context.Context, tok connectors.Token) (socialwatch.Author, error) {
	a, err := l.do(ctx, call{path: "/2/users/me", auth: authUser, token: tok.Access,
		cost: l.costing(ItemUserRead, 1), spare: true})
	if err != nil {
		return socialwatch.Author{}, err
	}
	var me struct {
		Data user `json:"data"`
	}
	if err := json.Unmarshal(a.body, &me); err != nil {
		return socialwatch.Author{}, readError(connectors.NotUnderstood(err))
	}
	if _, err := parseID(string(me.Data.ID)); err != nil || !validHandle(me.Data.Username) {
		return socialwatch.Author{}, readError(errors.New("X does not say whose the token is"))
	}
	if !strings.EqualFold(me.Data.Username, l.opt.Handle) {
		return socialwatch.Author{}, unauthorized(fmt.Sprintf("this is the login of another account: "+
			"log in at X as @%s in the browser first. %s", l.opt.Handle, l.again()))
	}
	return socialwatch.Author{ID: string(me.Data.ID), Handle: me.Data.Username,
		Name: socialwatch.CleanText(me.Data.Name), URL: "https://" + host + "/" + me.Data.Username}, nil
}
