package main

import (
	"errors"
	"fmt"
	"math"
	"os"

	"socialwatch"
	"socialwatch/connectors"
	"socialwatch/connectors/mastodon"
	"socialwatch/connectors/twitter"
	"socialwatch/connectors/twitter/legacy"
	"socialwatch/internal/config"
	"socialwatch/internal/intake"
	"socialwatch/internal/ledger"
	"socialwatch/internal/vault"
)

// networks makes one connector for each account: the whole list of networks
// is this switch. Some need the database.
func (a *app) networks() error {
	if err := errors.Join(a.lend(), a.oneStream()); err != nil {
		return err
	}
	a.connectors = map[string]*connectors.Connector{}
	for _, acc := range a.cfg.Accounts {
		var c *connectors.Connector
		var err error
		switch socialwatch.Network(acc.Network) {
		case socialwatch.Mastodon:
			c, err = a.mastodon(acc)
		case socialwatch.X:
			c, err = a.x(acc)
		case "inbound":
			c, err = a.inbound(acc)
		default:
			err = fmt.Errorf("account %s: unknown network %q", acc.Name, acc.Network)
		}
		if err != nil {
			return err // names the account
		}
		a.connectors[acc.Name] = c
	}
	return nil
}

// oneStream refuses a second stream of one app of X. Each brings the events of
// all accounts that subscribed by the app, and X charges for each; and X allows
// an app two, so that making room for a third would end the others.
func (a *app) oneStream() error {
	streams := map[string]string{} // account by its app's bearer token
	for _, acc := range a.cfg.Accounts {
		if socialwatch.Network(acc.Network) != socialwatch.X || !acc.X.Stream {
			continue
		}
		secrets, err := acc.X.Secrets(acc.Name)
		if err != nil {
			return err
		}
		bearer := secrets["BEARER"]
		if first, twice := streams[bearer]; twice && bearer != "" {
			return fmt.Errorf("accounts %s and %s: x.stream with the same BEARER: each stream of an app brings, and costs, what is for all "+
				"its accounts: give each streaming account an app of its own at X, or remove x.stream from one", first, acc.Name)
		}
		streams[bearer] = acc.Name
	}
	return nil
}

// lend makes what connectors share with other processes.
func (a *app) lend() error {
	if a.store == nil {
		return nil
	}
	budgets := map[string]socialwatch.Budget{}
	for _, acc := range a.cfg.Accounts {
		budgets[acc.Name] = socialwatch.Budget{Day: micro(acc.X.BudgetDay), Month: micro(acc.X.BudgetMonth)}
	}
	a.ledger = &ledger.Ledger{Store: a.store, Budgets: budgets, Now: a.now}
	keys, err := vaultKeys(a.cfg)
	if err != nil {
		return err
	}
	a.tokens = &vault.Vault{Store: a.store, Leases: a.store, Keys: keys, Holder: a.worker, Now: a.now}
	return nil
}

// vaultKeys are those of the environment; none, which whoever needs one says,
// when it holds none.
func vaultKeys(cfg config.Config) (vault.Keys, error) {
	text := os.Getenv(cfg.Secrets.KeyEnv)
	if text == "" {
		return vault.Keys{}, nil
	}
	keys, err := vault.ParseKeys(text)
	if err != nil {
		return keys, fmt.Errorf("environment variable %s: %w", cfg.Secrets.KeyEnv, err)
	}
	return keys, nil
}

// micro is an amount of the configuration.
func micro(dollars float64) socialwatch.MicroUSD {
	return socialwatch.MicroUSD(math.Round(dollars * 1e6))
}

func (a *app) mastodon(acc config.Account) (*connectors.Connector, error) {
	token, err := acc.Token()
	if err != nil {
		return nil, err
	}
	return mastodon.New(mastodon.Options{
		Account: acc.Name, BaseURL: acc.BaseURL, Token: token, AllowHTTP: acc.AllowHTTP,
		ReplyVisibility: socialwatch.Visibility(acc.ReplyVisibility),
		Echoes:          func(warning string) bool { return a.echoes(acc.Name, warning) },
		SweepEvery:      a.tuning.sweep, SweepAge: a.tuning.sweep,
		UserAgent: userAgent(), Now: a.now, Logger: a.log,
	})
}

// echoes reports whether a customer's content warning may stand above a reply of
// an account: it accuses nobody, and the safety check finds nothing in it.
func (a *app) echoes(account, warning string) bool {
	as := a.triage.Assess(post("", warning, ""), socialwatch.History{})
	return as.Sentiment >= 0 && a.responder.Echoes(warning, a.accounts[account])
}

func (a *app) x(acc config.Account) (*connectors.Connector, error) {
	secrets, err := acc.X.Secrets(acc.Name)
	if err != nil {
		return nil, err
	}
	if acc.X.API == "v1.1" {
		return a.xLegacy(acc, secrets)
	}
	o := twitter.Options{
		Account: acc.Name, Handle: acc.Handle, BaseURL: acc.BaseURL, AllowHTTP: acc.AllowHTTP,
		Auth: twitter.Auth{ConsumerKey: secrets["CONSUMER_KEY"], ConsumerSecret: secrets["CONSUMER_SECRET"],
			AccessToken: secrets["ACCESS_TOKEN"], AccessSecret: secrets["ACCESS_SECRET"],
			ClientID: secrets["CLIENT_ID"], ClientSecret: secrets["CLIENT_SECRET"]},
		Bearer: secrets["BEARER"], Prices: prices(acc.X.Prices), Links: twitter.Links(acc.X.Links),
		Stream: acc.X.Stream, PostFields: acc.X.PostFields, Automated: acc.X.Automated,
		UserAgent: userAgent(), Now: a.now, Logger: a.log,
	}
	if secrets["CLIENT_ID"] != "" && os.Getenv(a.cfg.Secrets.KeyEnv) == "" {
		return nil, fmt.Errorf("account %s: environment variable %s is not set: the tokens of OAuth 2.0 are sealed with the key in it; "+
			"give the key that they were stored under, or make one with `openssl rand -base64 32` and keep it with the other secrets",
			acc.Name, a.cfg.Secrets.KeyEnv)
	}
	if a.store == nil {
		return nil, fmt.Errorf("account %s: its money, tokens and pushed posts stand in the database: put that right first", acc.Name)
	}
	o.Ledger, o.Tokens, o.Inbox = a.ledger, a.tokens, intake.Door{Waiting: a.store, Now: a.now}
	return twitter.New(o)
}

// xLegacy is an account of an organisation that still has API v1.1.
func (a *app) xLegacy(acc config.Account, secrets map[string]string) (*connectors.Connector, error) {
	if acc.X.Stream {
		return nil, fmt.Errorf("account %s: x.stream: API v1.1 has none: remove it, or write api: v2", acc.Name)
	}
	o := legacy.Options{
		Account: acc.Name, Handle: acc.Handle, BaseURL: acc.BaseURL, AllowHTTP: acc.AllowHTTP,
		ConsumerKey: secrets["CONSUMER_KEY"], ConsumerSecret: secrets["CONSUMER_SECRET"],
		AccessToken: secrets["ACCESS_TOKEN"], AccessSecret: secrets["ACCESS_SECRET"],
		UserAgent: userAgent(), Now: a.now, Logger: a.log,
	}
	if a.store != nil { // a nil ledger in an interface would be none that is nil
		o.Ledger = a.ledger
	}
	return legacy.New(o)
}

func userAgent() string { return "socialwatch/" + version }

// prices are those that the configuration names; the others are X's list.
func prices(of map[string]float64) twitter.Prices {
	price := func(item string) socialwatch.MicroUSD { return micro(of[item]) }
	return twitter.Prices{
		MentionRead: price(twitter.ItemMentionRead), OwnRead: price(twitter.ItemOwnRead),
		PostRead: price(twitter.ItemPostRead), UserRead: price(twitter.ItemUserRead),
		StreamEvent: price(twitter.ItemStreamEvent), Create: price(twitter.ItemCreate),
		CreateLink: price(twitter.ItemCreateLink), Delete: price(twitter.ItemDelete),
	}
}
