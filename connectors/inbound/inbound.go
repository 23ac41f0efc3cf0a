// Package inbound is the connector to any network for which the shop has
// access by a program of its own: its posts come by signed requests, and
// approved replies go to the program by a signed callback. docs/inbound.md
// describes both for who writes that program.
//
// Nothing is fetched: all that comes is stored durably before it is answered,
// so who got no answer sends it again. The callback is called once for each
// attempt; an answer that is lost is looked for, if the program can list its
// replies, or left to a person.
package inbound

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// Options sets up one account. All without a default are needed.
type Options struct {
	Account string              // its name in the configuration
	Network socialwatch.Network // what people and case systems see, such as facebook
	Host    string              // where its posts live, such as facebook.com
	Secrets string              // whsec_…, or two with a comma between while they change

	Callback  string // where replies go; empty: none can be sent
	AllowHTTP bool   // allow http to other hosts than loopback: customers' words travel in clear
	MaxLength int    // of a reply
	Count     Count  // what MaxLength counts; default Characters
	// Visibility is that of posts that come without one; default Public.
	Visibility socialwatch.Visibility
	// ReplyVisibility is the widest of replies; default Public.
	ReplyVisibility socialwatch.Visibility
	Find            bool          // the callback lists its replies
	Guard           time.Duration // how long the callback surely knows a key again; 0: it does not
	Timeout         time.Duration // of one call; 15 s

	Tray      connectors.Tray  // needed to receive; nil: requests are answered 503
	UserAgent string           // default "socialwatch"
	Logger    *slog.Logger     // default: none
	Now       func() time.Time // default time.Now
}

// Count says how a network counts a reply's length.
type Count string

// Ways to count.
const (
	Characters Count = "characters" // Unicode code points
	Graphemes  Count = "graphemes"  // what people see as one character
)

func (o Options) withDefaults() Options {
	o.Count = cmp.Or(o.Count, Characters)
	o.Visibility = cmp.Or(o.Visibility, socialwatch.Public)
	o.ReplyVisibility = cmp.Or(o.ReplyVisibility, socialwatch.Public)
	o.Timeout = cmp.Or(max(o.Timeout, 0), 15*time.Second)
	o.Guard = max(o.Guard, 0)
	o.UserAgent = cmp.Or(o.UserAgent, "socialwatch")
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// client is one account. All its parts share it.
type client struct {
	opt  Options
	keys keys
	log  *slog.Logger
	http *http.Client
	bell bell
}

// New returns the connector of one account. It does no I/O. Errors say what to
// change in the configuration.
func New(o Options) (*connectors.Connector, error) {
	o = o.withDefaults()
	if o.Account == "" {
		return nil, errors.New("inbound: the account needs a name")
	}
	k, err := parseKeys(o.Secrets)
	if err == nil {
		err = o.check()
	}
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", o.Account, err)
	}
	c := &client{opt: o, keys: k, log: o.Logger.With("account", o.Account), http: way(o.Timeout)}
	conn := &connectors.Connector{Account: o.Account, Network: o.Network, Host: o.Host,
		Composer: composer{c}, Waker: waker{c}, Receiver: receiver{c}, Prober: prober{c}}
	if o.Callback != "" {
		conn.Replier = replier{c}
		if o.Find {
			conn.Finder = finder{c}
		}
	}
	return conn, nil
}

// check tells what is wrong with the options.
func (o Options) check() error {
	switch {
	case o.Network == "" || o.Network == socialwatch.Mastodon || o.Network == socialwatch.X:
		return errors.New("its network needs a name of its own, such as facebook")
	case o.Host == "" || o.Host != strings.ToLower(o.Host) || strings.ContainsAny(o.Host, " /@"):
		return errors.New("its host is where posts live, lower case, such as facebook.com")
	case o.MaxLength < 1:
		return errors.New("the most that a reply may have is not given")
	case o.Count != Characters && o.Count != Graphemes:
		return fmt.Errorf("unknown count %q", o.Count)
	case !known(o.Visibility) || !o.ReplyVisibility.PublicToRead():
		return errors.New("a visibility is unknown")
	case o.Callback == "":
		return nil
	}
	u, err := url.Parse(o.Callback)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.Fragment != "":
		return errors.New("its callback is not an address: write it like https://bridge.shop.example/replies")
	case u.Scheme == "http" && !o.AllowHTTP && !connectors.Loopback(u.Hostname()):
		return errors.New("its callback is http and would send customers' names in clear: write https, or allow_http: true in a network of your own")
	}
	return nil
}

func known(v socialwatch.Visibility) bool {
	return v == socialwatch.Public || v == socialwatch.Unlisted || v == socialwatch.Followers || v == socialwatch.Direct
}
