package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/internal/config"
	"socialwatch/internal/simulator"
	"socialwatch/internal/simulator/twitter"
	"socialwatch/internal/store"
)

func newDemo(f *flags) *cobra.Command {
	var d demo
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play a scripted day on simulated networks, with the real program",
		Long: "Needs nothing: an SQLite database in a temporary folder, a simulated Mastodon\n" +
			"server, a simulated X and a shop's system of orders on this machine, the real\n" +
			"connectors and pipeline, and the console. The day has a spike and an impostor, and\n" +
			"X sends its bill. With\n" +
			"--exit the day is played at full speed, every draft is approved through the API\n" +
			"by a person's token, and a report says whether each promise held.",
		Example: "  socialwatch demo\n  socialwatch demo --exit --json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if d.speed <= 0 {
				return usageError{fmt.Errorf("--speed must be more than 0, such as 300 for a day in three minutes")}
			}
			return d.run(cmd, f)
		},
	}
	cmd.Flags().BoolVar(&d.exit, "exit", false, "play at full speed, approve everything, report and end")
	cmd.Flags().Float64Var(&d.speed, "speed", 300, "how many times faster than real time the day goes")
	cmd.Flags().Uint64Var(&d.seed, "seed", 1, "another number gives another day")
	cmd.Flags().StringVar(&d.listen, "listen", "127.0.0.1:0", "address of the console")
	return cmd
}

// demo is one run of the scripted day.
type demo struct {
	exit   bool
	speed  float64
	seed   uint64
	listen string

	sim      *simulator.Mastodon
	x        *twitter.Server
	orders   *simulator.Shop
	stands   []stand
	app      *app
	url      string
	password string
	token    string // of the person, for the API
}

// demoLogin is the person of the demo, a lead.
const demoLogin = "demo"

func (d *demo) run(cmd *cobra.Command, f *flags) error {
	dir, err := os.MkdirTemp("", "socialwatch-demo-")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	l, err := net.Listen("tcp", d.listen)
	if err != nil {
		return fmt.Errorf("demo: listen on %s: %w", d.listen, err)
	}
	d.url = "http://" + l.Addr().String()
	err = d.networks()
	defer d.sim.Close()
	defer d.x.Close()
	defer d.orders.Close()
	if err == nil {
		err = d.prepare(ctx, dir)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("demo: %w", err), l.Close())
	}
	defer d.app.close()

	var served error
	var wg sync.WaitGroup
	wg.Go(func() { served = d.app.serve(ctx, l, true); cancel() })
	if d.exit {
		err = d.judge(ctx, cmd, f)
	} else {
		err = d.show(ctx, cmd)
	}
	cancel()
	wg.Wait()
	return errors.Join(err, served)
}

// prepare makes the configuration, the database and a person, all for this run
// alone.
func (d *demo) prepare(ctx context.Context, dir string) error {
	token, secrets, err := d.secrets(dir)
	if err != nil {
		return err
	}
	cfg, err := config.Parse("demo", []byte(d.config(dir, token, secrets)))
	if err != nil {
		return err
	}
	opts, err := storeOptions(cfg)
	if err != nil {
		return err
	}
	if _, err := store.Migrate(ctx, opts); err != nil {
		return err
	}
	fast := tuning{sweep: time.Second, settle: 200 * time.Millisecond, look: time.Second, rate: 1000, log: quietLog()}
	if d.app, err = wire(ctx, cfg, fast); err != nil {
		return err
	}
	d.password = rand.Text()
	person := socialwatch.Person{Login: demoLogin, Name: "Demo lead",
		Roles: map[string]socialwatch.Role{socialwatch.AllAccounts: socialwatch.RoleLead}}
	if person, err = addPerson(ctx, d.app.store, person, d.password); err != nil {
		return err
	}
	d.token, err = addToken(ctx, d.app.store, store.NewToken{Name: "demo", PersonID: &person.ID, Scopes: api.Scopes}, 1)
	return err
}

func (d *demo) config(dir, token, secrets string) string {
	hold := "20s"
	if d.exit {
		hold = "0s"
	}
	return fmt.Sprintf(`
database: {url: %q}
public_url: %q
replies: {hold: %s}
polling: {every: "@every 1s", missed: 10}
triage: {order_patterns: ["555-#######-#######"], high_value: {EUR: 250, GBP: 250, USD: 250}}
lookup: {url: %q}
calendars:
  always: {zone: UTC, hours: ["mon-sun 00:00-24:00"]}
accounts:
  - name: %s
    network: mastodon
    base_url: %q
    token_file: %q
    region: GB
    languages: [en, es, de]
    calendar: always
    team: support
    links: [shop.example]
  - name: %s_x
    handle: %s
    network: x
    base_url: %q
    region: GB
    languages: [en, es, de]
    calendar: always
    team: support
    x: {secrets_file: %q, budget_day: 5, budget_month: 100, automated_label: true}
`, "sqlite:"+filepath.Join(dir, "demo.db"), d.url, hold, d.orders.URL()+"/orders/{order}", simulator.DayHandle, d.sim.URL(), token,
		simulator.DayHandle, simulator.DayHandle, d.x.URL(), secrets)
}

// show plays the day at a pace that people can follow.
func (d *demo) show(ctx context.Context, cmd *cobra.Command) error {
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "\n  Console   %s/login?code=%s   (logs in once)\n  or        %s as %s with password %s   (for this run only)\n  Terminal  SOCIALWATCH_URL=%s SOCIALWATCH_TOKEN=%s socialwatch review\n\n",
		d.url, d.app.logins.Invite(demoLogin, 24*time.Hour), d.url, demoLogin, d.password, d.url, d.token)
	fmt.Fprintf(w, "Look at the first draft under Approvals and press a to approve it, e to edit, r to reject.\n")
	fmt.Fprintf(w, "The day begins; it takes %s. Ctrl+C ends the demo and removes its database.\n\n",
		(time.Duration(float64(simulator.DayLength) / d.speed)).Round(time.Second))
	steps := 0
	_, err := simulator.Play(ctx, d.play(), simulator.Day(d.seed), d.speed, func(s simulator.Step, _ string) {
		at := (simulator.DayStart + s.Offset).Round(time.Minute)
		fmt.Fprintf(w, "%02d:%02d  %-8s  %-13s %-17s %s\n", int(at.Hours()), int(at.Minutes())%60, s.Network, s.Action, s.Theme, s.Author)
		if steps++; steps%10 == 0 {
			d.progress(ctx, w)
		}
	})
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nThe day is over; the console stays at %s until Ctrl+C.\n", d.url)
	<-ctx.Done()
	return nil
}

// play is where the day is played.
func (d *demo) play() simulator.Stages {
	return simulator.Stages{simulator.OnMastodon: d.sim, simulator.OnX: d.x}
}

// progress tells what socialwatch has made of the day so far.
func (d *demo) progress(ctx context.Context, w io.Writer) {
	stats, err := d.app.store.Stats(ctx)
	if err != nil {
		return // told under Connections
	}
	spent, err := d.spent(ctx)
	if err != nil {
		return
	}
	fmt.Fprintf(w, "       socialwatch: %d mentions taken in, %d drafts await you, %d on their way, %s spent on X\n", stats.Mentions,
		stats.Replies[socialwatch.ReplyAwaiting], stats.Replies[socialwatch.ReplyHolding]+stats.Replies[socialwatch.ReplySending], spent.Dollars())
}
