// Package twitter is the connector to X by its API v2, at the prices and with
// the limits of self-serve access. It speaks plain net/http and encoding/json:
// X answers in two spellings and with three shapes of errors, and what it
// charges for depends on what its answers hold, which no library keeps apart.
//
// Every call goes through one function (client.do), which asks the ledger
// before and settles with it after. Three prices are open questions on which X's
// own pages are silent or disagree: users that come along with posts
// (expansions) are taken as free, posts that come along as read, and a reply
// that holds a link as charged like any other post with a link.
//
// The poll is the truth; the activity stream, where it is on, brings posts
// earlier and at a higher price.
package twitter

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// host is what posts of X are known by, whatever address is called.
const host = "x.com"

// Options sets up one account. Account, Handle and one way to sign calls are
// needed; the zero value of everything else is its default.
type Options struct {
	Account string // its name in the configuration
	Handle  string // our username on X, with or without @
	BaseURL string // default https://api.x.com

	Auth   Auth   // how calls are signed as our user
	Bearer string // of the app: stream, compliance, and reading when Auth is empty

	Prices     Prices        // what is zero is taken from DefaultPrices
	Links      Links         // default LinksRefused
	Stream     bool          // push by the activity stream; needs Bearer, OAuth 2.0 and Inbox
	PostFields bool          // ask with post.fields instead of tweet.fields
	Automated  bool          // the operator confirms that the profile is labelled as automated
	Overlap    time.Duration // how far below the last poll each poll reads again; 15 min
	Timeout    time.Duration // of one request; 30 s
	Pages      int           // most pages of 100 that one Fetch reads; 5

	Ledger connectors.Ledger     // nil: nothing is metered
	Tokens connectors.TokenStore // needed by OAuth 2.0
	Inbox  connectors.Inbox      // needed by Stream

	UserAgent string           // default "socialwatch"
	Logger    *slog.Logger     // default: none
	Now       func() time.Time // default time.Now
	AllowHTTP bool             // allow http to other hosts than loopback: secrets travel in clear
}

// Auth is how calls are signed as our user: OAuth 1.0a by its four secrets,
// OAuth 2.0 by ClientID (and ClientSecret when the app is a confidential
// client) with the tokens of a TokenStore, or neither: then the app's bearer
// reads and nothing is written.
type Auth struct {
	ConsumerKey, ConsumerSecret, AccessToken, AccessSecret string

	ClientID, ClientSecret string
}

// Links says what becomes of replies that hold a link: X charges twenty times
// the price for them.
type Links string

// What becomes of links.
const (
	LinksRefused Links = "refused" // they can't be composed
	LinksPriced  Links = "priced"  // they can, and the approver sees the price
)

func (o Options) withDefaults() Options {
	o.Handle = strings.TrimPrefix(o.Handle, "@")
	o.BaseURL = cmp.Or(o.BaseURL, "https://api.x.com")
	o.Prices = o.Prices.withDefaults()
	o.Links = cmp.Or(o.Links, LinksRefused)
	o.Overlap = cmp.Or(max(o.Overlap, 0), 15*time.Minute)
	o.Timeout = cmp.Or(max(o.Timeout, 0), 30*time.Second)
	o.Pages = cmp.Or(max(o.Pages, 0), 5)
	o.UserAgent = cmp.Or(o.UserAgent, "socialwatch")
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// client is one account. All its parts share what it learns.
type client struct {
	opt  Options
	base *url.URL
	log  *slog.Logger
	user authKind // how calls are signed as our user; authNone when they can't be
	ways ways
	most int64 // bytes of one answer

	mu      sync.Mutex
	budgets map[string]*connectors.RateBudget // by endpoint and kind of token

	learning chan struct{} // held by the one who asks who we are
	self     atomic.Pointer[self]
	over     atomic.Pointer[ended]
}

// New returns the connector of one account. It does no I/O. Errors say what to
// change in the configuration.
func New(o Options) (*connectors.Connector, error) {
	c, err := newClient(o)
	if err != nil {
		return nil, err
	}
	conn := &connectors.Connector{
		Account: c.opt.Account, Network: socialwatch.X, Host: host, Paid: true, OneReply: true,
		Source: source{c}, Threads: threads{c}, Lookup: lookup{c}, Prober: prober{c},
		Composer: composer{c}, Rates: c.rates,
	}
	if c.user != authNone {
		conn.Replier, conn.Deleter, conn.Finder = replier{c}, replier{c}, finder{c}
	}
	if c.user == authOAuth2 {
		conn.Login = login{c}
	}
	if c.opt.Stream {
		conn.Waker = waker{c}
	}
	if c.opt.Bearer != "" {
		conn.Compliance = compliance{c}
	}
	return conn, nil
}

func newClient(o Options) (*client, error) {
	o = o.withDefaults()
	if o.Account == "" {
		return nil, errors.New("x: the account needs a name")
	}
	base, err := connectors.Base(o.BaseURL, o.AllowHTTP, "https://api.x.com, or leave it out")
	if err == nil {
		err = o.check()
	}
	if err != nil {
		return nil, fmt.Errorf("x account %s: %w", o.Account, err)
	}
	c := &client{
		opt: o, base: base, log: o.Logger.With("account", o.Account), user: o.Auth.kind(), most: bodyLimit,
		budgets: map[string]*connectors.RateBudget{}, learning: make(chan struct{}, 1),
	}
	c.ways = newWays(o)
	return c, nil
}

// check tells what is wrong with the options.
func (o Options) check() error {
	switch {
	case !validHandle(o.Handle):
		return errors.New("handle is not a username of X: write it like shop_help")
	case o.Links != LinksRefused && o.Links != LinksPriced:
		return fmt.Errorf("links %q: write refused or priced", o.Links)
	}
	for _, s := range []string{o.Bearer, o.Auth.ConsumerKey, o.Auth.ConsumerSecret, o.Auth.AccessToken,
		o.Auth.AccessSecret, o.Auth.ClientID, o.Auth.ClientSecret} {
		if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return errors.New("a secret holds spaces or signs that no secret of X has: copy it again")
		}
	}
	for _, p := range o.Prices.list() {
		if *p < 0 {
			return errors.New("a price is below zero")
		}
	}
	if err := o.Auth.check(o.Tokens != nil); err != nil {
		return err
	}
	switch {
	case o.Auth.kind() == authNone && o.Bearer == "":
		return errors.New("nothing signs its calls: give the four secrets of OAuth 1.0a, " +
			"the client id of OAuth 2.0, or at least the app's bearer token to read with")
	case o.Stream && (o.Bearer == "" || o.Auth.kind() != authOAuth2):
		return errors.New("the stream needs the app's bearer token, and OAuth 2.0 to subscribe with")
	case o.Stream && o.Inbox == nil:
		return errors.New("the stream needs an inbox for what it brings")
	}
	return nil
}

// validHandle reports whether s can be a username: X allows 4 to 15 letters,
// digits and underscores, and old ones are shorter.
func validHandle(s string) bool {
	if s == "" || len(s) > 15 {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !nameSign(r) })
}

func nameSign(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}

// ways are the HTTP clients. None follows a redirect: it would carry a token
// elsewhere, or a write twice.
type ways struct {
	read, write             *http.Client
	signedRead, signedWrite *http.Client // by OAuth 1.0a; nil without
	stream                  *http.Client // without an end
}
