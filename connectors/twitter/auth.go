package twitter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/dghubble/oauth1"
	"golang.org/x/oauth2"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/internal/sendonce"
)

// authKind is how a call is signed.
type authKind string

const (
	authNone   authKind = ""       // not at all: an address that X gave for one use
	authUser   authKind = "user"   // as our user, whichever way that is
	authApp    authKind = "app"    // with the app's bearer token
	authOAuth1 authKind = "oauth1" // what authUser is with OAuth 1.0a
	authOAuth2 authKind = "oauth2" // and with OAuth 2.0
)

func (a Auth) kind() authKind {
	switch {
	case a.ClientID != "":
		return authOAuth2
	case a.ConsumerKey != "":
		return authOAuth1
	}
	return authNone
}

// check tells what is missing or too much.
func (a Auth) check(tokens bool) error {
	four := []string{a.ConsumerKey, a.ConsumerSecret, a.AccessToken, a.AccessSecret}
	given := 0
	for _, s := range four {
		if s != "" {
			given++
		}
	}
	switch {
	case given > 0 && given < len(four):
		return errors.New("OAuth 1.0a needs all four: consumer key and secret, access token and its secret")
	case given > 0 && a.ClientID != "":
		return errors.New("OAuth 1.0a and OAuth 2.0 are both given: remove one")
	case a.ClientID == "" && a.ClientSecret != "":
		return errors.New("a client secret without a client id: give both, or neither")
	case a.ClientID != "" && !tokens:
		return errors.New("OAuth 2.0 needs a place for its tokens")
	}
	return nil
}

// reader is how a read is signed: as our user where that is possible, for
// reads of our own are cheaper so.
func (c *client) reader() authKind {
	if c.user == authNone {
		return authApp
	}
	return authUser
}

// newWays makes the HTTP clients.
func newWays(o Options) ways {
	read := http.DefaultTransport.(*http.Transport).Clone()
	read.ResponseHeaderTimeout = 0 // the client's timeout covers all
	write := read.Clone()
	// Each write has a connection of its own: on a kept one net/http would send
	// a request again by itself when the server closes it.
	write.DisableKeepAlives = true
	stream := read.Clone()
	stream.ResponseHeaderTimeout = o.Timeout
	client := func(t http.RoundTripper, timeout time.Duration) *http.Client {
		return &http.Client{Transport: t, Timeout: timeout, CheckRedirect: stay}
	}
	w := ways{read: client(read, o.Timeout), write: client(sendonce.Transport{Way: write}, o.Timeout), stream: client(stream, 0)}
	if a := o.Auth; a.kind() == authOAuth1 {
		signed := func(t http.RoundTripper) *http.Client {
			ctx := context.WithValue(context.Background(), oauth1.HTTPClient, &http.Client{Transport: t})
			signer := oauth1.NewConfig(a.ConsumerKey, a.ConsumerSecret)
			return client(signer.Client(ctx, oauth1.NewToken(a.AccessToken, a.AccessSecret)).Transport, o.Timeout)
		}
		w.signedRead, w.signedWrite = signed(read), signed(write)
	}
	return w
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// OAuth 2.0 scopes: reading mentions, replying, knowing who we are, and
// tokens that can be renewed.
var scopes = []string{"tweet.read", "tweet.write", "users.read", "offline.access"}

// oauth2Config is our app towards X. The consent page is on x.com; another
// base_url has its own.
func (c *client) oauth2Config() *oauth2.Config {
	consent := *c.base
	if consent.Host == "api.x.com" {
		consent.Host = host
	}
	cfg := &oauth2.Config{
		ClientID: c.opt.Auth.ClientID, ClientSecret: c.opt.Auth.ClientSecret, Scopes: scopes,
		Endpoint: oauth2.Endpoint{
			AuthURL: consent.String() + "/i/oauth2/authorize", TokenURL: c.base.String() + "/2/oauth2/token",
			AuthStyle: oauth2.AuthStyleInParams,
		},
	}
	if c.opt.Auth.ClientSecret != "" {
		cfg.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	}
	return cfg
}

// oauth2Context makes the library use our HTTP client, each call on a
// connection of its own: a refresh token works once.
func (c *client) oauth2Context(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, c.ways.write)
}

// early is how long before its end a token is renewed, so that no call that
// begins with it ends without.
const early = time.Minute

// userToken is the OAuth 2.0 token to sign with now. One that has ended, by our
// clock, is renewed first.
func (c *client) userToken(ctx context.Context) (tok connectors.Token, renewed bool, err error) {
	tok, err = c.opt.Tokens.Token(ctx, c.opt.Account)
	if errors.Is(err, socialwatch.ErrNotFound) {
		return tok, false, unauthorized("the account is not logged in: run socialwatch login " + c.opt.Account)
	}
	if err != nil {
		return tok, false, readError(fmt.Errorf("read the account's token: %w", err))
	}
	if tok.Expires.IsZero() || c.opt.Now().Before(tok.Expires.Add(-early)) {
		return tok, false, nil
	}
	tok, err = c.refresh(ctx, tok)
	return tok, true, err
}

// refresh replaces a token that X no longer takes, or soon won't. The store
// has one caller at a time do it and keeps the new pair before we use it: X
// takes a refresh token once, and a second use ends the whole login.
func (c *client) refresh(ctx context.Context, stale connectors.Token) (connectors.Token, error) {
	fresh, err := c.opt.Tokens.Refresh(ctx, c.opt.Account, stale, c.renew)
	if err == nil {
		return fresh, nil
	}
	var ne *socialwatch.NetworkError
	if errors.As(err, &ne) {
		return connectors.Token{}, ne
	}
	return connectors.Token{}, readError(fmt.Errorf("renew the account's token: %w", err))
}

// ended is a login that X has refused to renew.
type ended struct {
	refresh string
	why     error
}

func (c *client) renew(ctx context.Context, old connectors.Token) (connectors.Token, error) {
	if old.Refresh == "" {
		return old, unauthorized("the login can't be renewed: run socialwatch login " + c.opt.Account)
	}
	// What X has refused it will refuse again, and every poll would ask.
	if over := c.over.Load(); over != nil && over.refresh == old.Refresh {
		return old, over.why
	}
	t, err := c.oauth2Config().TokenSource(c.oauth2Context(ctx), &oauth2.Token{RefreshToken: old.Refresh}).Token()
	if err != nil {
		err = c.tokenError(err)
		if socialwatch.ReasonOf(err) == socialwatch.Unauthorized {
			c.over.Store(&ended{old.Refresh, err})
		}
		return old, err
	}
	return tokenOf(t, old.Refresh), nil
}

// tokenOf is the library's token as ours; refresh stays when X gave no new one.
func tokenOf(t *oauth2.Token, refresh string) connectors.Token {
	return connectors.Token{Access: t.AccessToken, Refresh: cmp.Or(t.RefreshToken, refresh),
		Expires: socialwatch.Micros(t.Expiry)}
}

// tokenError classes a failure at the token endpoint. Only X's own word ends a
// login: a firewall's page says nothing of it. The library's text repeats X's
// answer, so it is left out.
func (c *client) tokenError(err error) error {
	var re *oauth2.RetrieveError
	if !errors.As(err, &re) || re.Response == nil {
		return readError(connectors.Bare(err))
	}
	status, wait := re.Response.StatusCode, connectors.Wait(re.Response.Header, c.opt.Now())
	said := re.ErrorCode != "" || newAPIError(status, re.Body, 0).api
	switch {
	case said && (status == http.StatusBadRequest || status == http.StatusUnauthorized):
		return unauthorized(fmt.Sprintf("X refuses the login's token (HTTP %d): it was revoked, has ended, or was used "+
			"twice: run socialwatch login %s", status, c.opt.Account))
	case status == http.StatusTooManyRequests || status >= 500:
		return readError(&apiError{status: status, wait: wait})
	}
	return &socialwatch.NetworkError{Reason: socialwatch.Temporary, RetryAfter: wait,
		Err: fmt.Errorf("HTTP %d, which says nothing of the login: look at base_url and at what stands before it", status)}
}
