package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"socialwatch"
	"socialwatch/internal/simulator"
	"socialwatch/internal/simulator/twitter"
)

// stand is one network of the demo as the judge sees it.
type stand struct {
	network   socialwatch.Network
	truth     func() []string // posts that a watcher must know
	ancestors func(id string) []string
	names     func(id string) bool // whether a post names the shop
	published func() []said        // by the shop
	billed    func() socialwatch.MicroUSD
}

// said is a reply of the shop's as the network holds it.
type said struct{ parent, text string }

func onMastodon(m *simulator.Mastodon) stand {
	return stand{network: socialwatch.Mastodon, ancestors: m.Ancestors,
		truth: func() []string {
			t := m.Truth(simulator.DayHandle)
			return append(t.Must, t.Unaddressed...)
		},
		names: func(id string) bool { return m.Mentions(id, simulator.DayHandle) },
		published: func() (all []said) {
			for _, p := range m.Published(simulator.DayHandle, "") {
				all = append(all, said{p.ParentID, p.Text})
			}
			return all
		},
		billed: func() socialwatch.MicroUSD { return 0 },
	}
}

func onX(s *twitter.Server) stand {
	return stand{network: socialwatch.X, ancestors: s.Ancestors,
		truth: func() []string {
			t := s.Truth(simulator.DayHandle)
			return append(t.Must, t.Unaddressed...)
		},
		names: func(id string) bool { return s.Names(id, simulator.DayHandle) },
		published: func() (all []said) {
			for _, p := range s.Published(simulator.DayHandle, "") {
				all = append(all, said{p.ParentID, p.Text})
			}
			return all
		},
		billed: func() socialwatch.MicroUSD { return socialwatch.MicroUSD(s.Bill().Total) },
	}
}

// networks starts the stand-ins. X's limits are widened by what the day is
// shorter than a day.
func (d *demo) networks() error {
	d.sim = simulator.NewMastodon(simulator.Options{Seed: d.seed,
		LateCommits: simulator.LateCommits{Share: 0.05, Max: 300 * time.Millisecond}})
	d.x = twitter.New(twitter.Options{Seed: d.seed, LimitScale: 300})
	d.orders = simulator.NewShop()
	d.orders.Stock(simulator.Day(d.seed), d.seed, time.Now())
	if err := errors.Join(d.sim.Start(), d.x.Start(), d.orders.Start()); err != nil {
		return err
	}
	_, err := d.sim.AddAccount(simulator.DayHandle)
	if err == nil {
		_, err = d.x.AddUser(simulator.DayHandle)
	}
	d.stands = []stand{onMastodon(d.sim), onX(d.x)}
	return err
}

// secrets writes what the accounts sign in with into files.
func (d *demo) secrets(dir string) (mastodon, x string, err error) {
	mastodon, x = filepath.Join(dir, "token"), filepath.Join(dir, "x")
	token, err := d.sim.Token(simulator.DayHandle)
	if err != nil {
		return "", "", err
	}
	c, err := d.x.Credentials(simulator.DayHandle)
	if err != nil {
		return "", "", err
	}
	lines := fmt.Sprintf("CONSUMER_KEY=%s\nCONSUMER_SECRET=%s\nACCESS_TOKEN=%s\nACCESS_SECRET=%s\nBEARER=%s\n",
		c.ConsumerKey, c.ConsumerSecret, c.AccessToken, c.AccessSecret, d.x.Bearer())
	return mastodon, x, errors.Join(os.WriteFile(mastodon, []byte(token), 0o600), os.WriteFile(x, []byte(lines), 0o600))
}
