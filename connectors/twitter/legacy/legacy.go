// Package legacy is the v1.1-format side of X, by
// github.com/dghubble/go-twitter: posts in that format from files, and polling
// and replying by API v1.1 for an organisation that still has such access.
// Self-serve apps have not: their calls end with code 453. The connector to X
// as it is sold today is package twitter.
//
// What v1.1 cannot do is not here: no threads, no push, no history of edits
// (an edit is a post of its own), no prices.
//
// The library builds requests and names types. It is not trusted with answers,
// because of what it does with them: a refusal in a form that it does not know
// is an empty post without an error, as is an empty answer, and one odd field
// fails a whole page. So every answer is read, bounded and judged beneath it
// (exchange), and decoded here, post by post. It knows no contexts and one
// address only; both are put in around it (client.do, target).
package legacy

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

	"github.com/dghubble/oauth1"

	"socialwatch"
	"socialwatch/connectors"
	xapi "socialwatch/connectors/twitter"
)

// Host is the host of every account and post on X, whatever BaseURL says.
const Host = "x.com"

// Options sets up one account. Account, Handle and the four secrets are
// needed; the zero value of everything else is its default.
type Options struct {
	Account string // its name in the configuration
	Handle  string // our username on X, with or without @

	// BaseURL is the server that is called, https://api.twitter.com. Requests
	// are signed for the server that they go to, as OAuth 1.0a has it: one that
	// passes them on to another must not expect the other's signature, nor X
	// its own behind it.
	BaseURL string

	// The secrets of OAuth 1.0a; never logged.
	ConsumerKey, ConsumerSecret, AccessToken, AccessSecret string

	Overlap time.Duration // how far below the last poll each poll reads again; 15 min
	Timeout time.Duration // of one request; 30 s
	Pages   int           // most pages of 200 that one Fetch reads; 5

	// Ledger counts what is read and written, at no price: what such access
	// costs is agreed on elsewhere. It is halted when X says that the account is
	// out of credit. nil: nothing is counted.
	Ledger connectors.Ledger

	UserAgent string           // default "socialwatch"
	Logger    *slog.Logger     // default: none
	Now       func() time.Time // default time.Now
	AllowHTTP bool             // allow http to other hosts than loopback: posts travel in clear
}

func (o Options) withDefaults() Options {
	o.Handle = strings.TrimPrefix(o.Handle, "@")
	o.BaseURL = cmp.Or(o.BaseURL, "https://api.twitter.com")
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

func (o Options) check() error {
	if !validName(o.Handle) {
		return errors.New("handle is no username on X: write it without @, such as shop_help")
	}
	for _, s := range []string{o.ConsumerKey, o.ConsumerSecret, o.AccessToken, o.AccessSecret} {
		if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return errors.New("v1.1 needs the four secrets of OAuth 1.0a, none of them empty or with spaces: " +
				"consumer key and secret of the app, access token and secret of the account")
		}
	}
	return nil
}

// client is one account. All its parts share what it learns.
type client struct {
	opt   Options
	base  *url.URL
	log   *slog.Logger
	oauth *oauth1.Config
	token *oauth1.Token
	read  *http.Transport
	write *http.Transport

	mu      sync.Mutex
	budgets map[string]*connectors.RateBudget // by endpoint

	learning chan struct{} // held by the one who asks who we are
	self     atomic.Pointer[self]
}

// New returns the connector of one account. It does no I/O. Errors say what to
// change in the configuration.
func New(o Options) (*connectors.Connector, error) {
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
	c := &client{opt: o, base: base, log: o.Logger.With("account", o.Account),
		oauth: oauth1.NewConfig(o.ConsumerKey, o.ConsumerSecret), token: oauth1.NewToken(o.AccessToken, o.AccessSecret),
		read: newTransport(), write: newTransport(),
		budgets: map[string]*connectors.RateBudget{}, learning: make(chan struct{}, 1)}
	// A kept connection that the server closes leaves a write in doubt that
	// never reached it.
	c.write.DisableKeepAlives = true
	return &connectors.Connector{Account: o.Account, Network: socialwatch.X, Host: Host,
		Source: source{c}, Lookup: finder{c}, Finder: finder{c}, Composer: xapi.NewComposer(o.Account, o.Handle),
		Replier: replier{c}, Deleter: replier{c}, Prober: prober{c}, Rates: c.rates}, nil
}

func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = 0 // the call's own timeout covers all
	return t
}
