// Package mastodon is the connector to servers with the Mastodon client API:
// Mastodon, GoToSocial and what is like them. Requirements R1 to R21 are
// those of the Mastodon note; each is named where it is met.
//
// The poll is the truth and the stream only rings. Posting and deleting go
// through github.com/mattn/go-mastodon with a transport of our own; reading
// does not, because a single odd value would fail a whole page there.
package mastodon

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	gomastodon "github.com/mattn/go-mastodon"
	"golang.org/x/net/idna"

	"socialwatch"
	"socialwatch/connectors"
)

// Options sets up one account. Account, BaseURL and Token are needed; the
// zero value of everything else is its default.
type Options struct {
	Account         string                 // its name in the configuration
	BaseURL         string                 // https://social.example, as the server itself writes it
	Token           string                 // user token; never logged, sent in the Authorization header only
	AllowHTTP       bool                   // allow http to other hosts than loopback: the token travels in clear
	ReplyVisibility socialwatch.Visibility // widest of our replies; Unlisted (R10)

	// Echoes reports whether a short and plain content warning of a customer's
	// may stand above our reply; nil: it may. It is pure.
	Echoes func(warning string) bool

	SweepEvery   time.Duration // between two sweeps; 30 s (R1)
	SweepAge     time.Duration // how long a notification is known before the anchor passes it; 30 s (R1)
	DeepEvery    time.Duration // between two deep sweeps; 1 h (R4)
	DeepBack     time.Duration // how far back a deep sweep reads; 72 h (R4)
	Timeout      time.Duration // of one request; 30 s
	Pages        int           // most pages of 80 that one Fetch reads; 5
	AnswerLimit  int           // bytes of one answer; 8 MB, usual pages stay far below, for others see reading.page
	PingDeadline time.Duration // silence after which a stream is dead; 75 s (R3)
	Reconnect    time.Duration // longest wait between dials in the first minute; 5 s (R3)
	ReconnectMax time.Duration // and after it; 30 s (R3)

	UserAgent string           // default "socialwatch"
	Logger    *slog.Logger     // default: none
	Now       func() time.Time // default time.Now
}

func (o Options) withDefaults() Options {
	o.ReplyVisibility = cmp.Or(o.ReplyVisibility, socialwatch.Unlisted)
	o.SweepEvery = cmp.Or(o.SweepEvery, 30*time.Second)
	o.SweepAge = cmp.Or(o.SweepAge, 30*time.Second)
	o.DeepEvery = cmp.Or(o.DeepEvery, time.Hour)
	o.DeepBack = cmp.Or(o.DeepBack, 72*time.Hour)
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	o.Pages = cmp.Or(max(o.Pages, 0), 5)
	o.AnswerLimit = cmp.Or(max(o.AnswerLimit, 0), 8<<20)
	o.PingDeadline = cmp.Or(o.PingDeadline, 75*time.Second)
	o.Reconnect = cmp.Or(o.Reconnect, 5*time.Second)
	o.ReconnectMax = cmp.Or(o.ReconnectMax, 30*time.Second)
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
	opt    Options
	base   *url.URL
	host   string
	log    *slog.Logger
	http   *http.Client
	lib    *gomastodon.Client
	budget connectors.RateBudget

	learning chan struct{} // held by the one who asks the server
	facts    atomic.Pointer[facts]
	noBatch  atomic.Bool // the server cannot look up several statuses at once
	deepNow  atomic.Bool // the stream told of notifications below the anchor
}

// New returns the connector of one account. It does no I/O: what it must know
// of the account and the server it learns with the first call that needs it,
// and again daily. Errors say what to change in the configuration.
func New(o Options) (*connectors.Connector, error) {
	o = o.withDefaults()
	if o.Account == "" {
		return nil, errors.New("mastodon: the account needs a name")
	}
	base, host, err := parseBase(o.BaseURL, o.AllowHTTP)
	if err != nil {
		return nil, fmt.Errorf("mastodon account %s: %w", o.Account, err)
	}
	if o.Token == "" || strings.ContainsFunc(o.Token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return nil, fmt.Errorf("mastodon account %s: token is empty or holds spaces: "+
			"give the access token of the account's application", o.Account)
	}
	if !o.ReplyVisibility.Wider("") {
		return nil, fmt.Errorf("mastodon account %s: reply visibility %q: write public, unlisted, followers or direct",
			o.Account, o.ReplyVisibility)
	}
	c := &client{
		opt: o, base: base, host: host, learning: make(chan struct{}, 1),
		log: o.Logger.With("account", o.Account),
	}
	c.http = &http.Client{Transport: newTransport(c), Timeout: o.Timeout}
	c.lib = gomastodon.NewClient(&gomastodon.Config{Server: base.String(), AccessToken: o.Token})
	c.lib.Client = *c.http
	return &connectors.Connector{
		Account: o.Account, Network: socialwatch.Mastodon, Host: host,
		Source: source{c}, Threads: threads{c}, Lookup: threads{c}, Finder: threads{c},
		Composer: composer{c}, Replier: replier{c}, Deleter: replier{c},
		Waker: waker{c}, Prober: prober{c}, Rates: c.rates,
	}, nil
}

// rates is the one limit that the server has for all calls of the account.
func (c *client) rates(now time.Time) []socialwatch.Rate {
	if r, ok := c.budget.Left("", now); ok {
		return []socialwatch.Rate{r}
	}
	return nil
}

// parseBase checks base_url and returns it without a trailing slash, and the
// host that posts are known by.
func parseBase(s string, allowHTTP bool) (*url.URL, string, error) {
	const example = "https://social.example"
	u, err := connectors.Base(s, allowHTTP, example)
	if err != nil {
		return nil, "", err
	}
	name := strings.ToLower(u.Hostname())
	if _, err := netip.ParseAddr(name); err != nil {
		if name, err = idna.Lookup.ToASCII(name); err != nil {
			return nil, "", errors.New("base_url has no valid host name: write it like " + example)
		}
	}
	host, port := name, u.Port()
	if strings.Contains(name, ":") {
		host = "[" + name + "]"
	}
	if port != "" && (u.Scheme != "https" || port != "443") && (u.Scheme != "http" || port != "80") {
		host = net.JoinHostPort(name, port)
	}
	return &url.URL{Scheme: u.Scheme, Host: host}, host, nil
}
