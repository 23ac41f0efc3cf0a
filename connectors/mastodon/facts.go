package mastodon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"socialwatch"
)

// facts is what the account and its server say of themselves.
type facts struct {
	learnt    time.Time
	account   string // our id
	acct      string
	bot       bool
	domain    string // of the handles of local accounts
	version   string // as the server tells it
	api       int    // Mastodon's API version (4.3 and later); 0 on all other software
	keys      bool   // known to keep idempotency keys
	streaming string
	limit     int // of characters
	reserved  int // characters that every link counts as
}

// Until the server has told: Mastodon's own values.
const (
	stockLimit    = 500
	stockReserved = 23
)

// factsLife is how long facts are believed (note, section 2).
const factsLife = 24 * time.Hour

// learn returns the facts, asking the server when they are unknown or a day
// old. Old facts serve on while the server cannot be asked.
func (c *client) learn(ctx context.Context) (facts, error) {
	if f := c.fresh(); f != nil {
		return *f, nil
	}
	select {
	case c.learning <- struct{}{}:
		defer func() { <-c.learning }()
	case <-ctx.Done():
		return facts{}, readError(ctx.Err())
	}
	if f := c.fresh(); f != nil {
		return *f, nil
	}
	f, err := c.ask(ctx)
	if old := c.facts.Load(); err != nil && old != nil && socialwatch.ReasonOf(err) != socialwatch.Unauthorized {
		return *old, nil
	}
	if err != nil {
		return facts{}, fmt.Errorf("learn about account %s: %w", c.opt.Account, err)
	}
	c.facts.Store(&f)
	c.noBatch.Store(false)
	return f, nil
}

func (c *client) fresh() *facts {
	f := c.facts.Load()
	if f == nil {
		return nil
	}
	if age := c.opt.Now().Sub(f.learnt); age < 0 || age > factsLife {
		return nil
	}
	return f
}

// known is what is known without asking: the stock values if nothing is.
func (c *client) known() facts {
	if f := c.facts.Load(); f != nil {
		return *f
	}
	return facts{domain: c.host, limit: stockLimit, reserved: stockReserved}
}

func (c *client) ask(ctx context.Context) (facts, error) {
	in, err := c.instance(ctx)
	if err != nil {
		return facts{}, err
	}
	var me account
	if err := c.get(ctx, "/api/v1/accounts/verify_credentials", nil, &me); err != nil {
		return facts{}, err
	}
	if me.ID == "" || me.Acct == "" {
		return facts{}, readError(errors.New("the server does not say who we are"))
	}
	return facts{
		learnt: c.opt.Now(), account: string(me.ID), acct: me.Acct, bot: me.Bot,
		domain:    strings.ToLower(cmp.Or(in.AccountDomain, in.Domain, c.host)),
		version:   in.Version,
		api:       in.APIVersions["mastodon"],
		keys:      in.keepsKeys(),
		streaming: in.Configuration.URLs.Streaming,
		limit:     cmp.Or(max(in.Configuration.Statuses.MaxCharacters, 0), stockLimit),
		reserved:  cmp.Or(max(in.Configuration.Statuses.Reserved, 0), stockReserved),
	}, nil
}

// instance is the answer of /api/v2/instance.
type instance struct {
	Domain        string         `json:"domain"`
	AccountDomain string         `json:"account_domain"` // GoToSocial
	Version       string         `json:"version"`
	SourceURL     string         `json:"source_url"`
	APIVersions   map[string]int `json:"api_versions"`
	Configuration struct {
		URLs struct {
			Streaming string `json:"streaming"`
		} `json:"urls"`
		Statuses struct {
			MaxCharacters int `json:"max_characters"`
			Reserved      int `json:"characters_reserved_per_url"`
		} `json:"statuses"`
	} `json:"configuration"`
}

// keepsKeys reports whether the server surely keeps idempotency keys: it
// tells Mastodon's API version and says nothing of being other software.
// GoToSocial posts the same key twice, and so may whoever imitates Mastodon.
func (in instance) keepsKeys() bool {
	software := strings.ToLower(in.Version)
	if in.APIVersions["mastodon"] <= 0 ||
		strings.Contains(software, "compatible") || strings.Contains(software, "gotosocial") {
		return false
	}
	src, err := url.Parse(strings.ToLower(in.SourceURL))
	return err == nil && (in.SourceURL == "" || strings.HasSuffix(strings.TrimSuffix(src.Path, "/"), "/mastodon"))
}

// instance reads /api/v2/instance, or what older servers have instead.
func (c *client) instance(ctx context.Context) (instance, error) {
	var in instance
	err := c.get(ctx, "/api/v2/instance", nil, &in)
	if !absent(err) {
		return in, err
	}
	var old struct {
		URI           string `json:"uri"`
		Version       string `json:"version"`
		MaxCharacters int    `json:"max_toot_chars"`
		URLs          struct {
			Streaming string `json:"streaming_api"`
		} `json:"urls"`
	}
	if err := c.get(ctx, "/api/v1/instance", nil, &old); err != nil {
		return in, err
	}
	in.Domain, in.Version = strings.TrimPrefix(strings.TrimPrefix(old.URI, "https://"), "http://"), old.Version
	in.Configuration.URLs.Streaming = old.URLs.Streaming
	in.Configuration.Statuses.MaxCharacters = old.MaxCharacters
	return in, nil
}
