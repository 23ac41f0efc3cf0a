package main

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/internal/config"
	"socialwatch/internal/outbox/webhook"
	"socialwatch/internal/store"
)

func newWebhook(f *flags) *cobra.Command {
	cmd := &cobra.Command{Use: "webhook", Short: "Manage the endpoints that are told of events", Args: noArgs,
		Example: "  socialwatch webhook add help_desk https://desk.example/hooks/socialwatch --kind 'case.*'\n  socialwatch webhook list",
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newWebhookAdd(f), newWebhookList(f), newWebhookSet(f), newWebhookState(f, socialwatch.WebhookPaused),
		newWebhookState(f, socialwatch.WebhookActive), newWebhookRotate(f), newWebhookTest(f), newWebhookDeliveries(f),
		newWebhookRedeliver(f), newWebhookRemove(f))
	return cmd
}

// withWebhooks runs work on the database and on what manages endpoints.
func withWebhooks(cmd *cobra.Command, f *flags, work func(ctx context.Context, cfg config.Config, s *store.Store, m *webhook.Manager) error) error {
	cfg, s, err := openStore(cmd.Context(), f)
	if err != nil {
		return err
	}
	defer s.Close()
	keys, err := vaultKeys(cfg)
	if err != nil {
		return err
	}
	return work(cmd.Context(), cfg, s, manager(cfg, s, keys, time.Now))
}

// filterFlags choose events.
type filterFlags struct {
	kinds, accounts []string
	levels          []int
	escalated       bool
}

func (ff *filterFlags) on(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&ff.kinds, "kind", nil, "kinds of event, such as case.opened or case.*; none: all")
	cmd.Flags().StringSliceVar(&ff.accounts, "account", nil, "accounts, and what belongs to none; none: all")
	cmd.Flags().IntSliceVar(&ff.levels, "level", nil, "levels of the case, 1 to 4; none: all")
	cmd.Flags().BoolVar(&ff.escalated, "escalated", false, "only of cases that a human must act on")
}

// filter is what the flags say, on top of what stood before.
func (ff *filterFlags) filter(cmd *cobra.Command, cfg config.Config, before socialwatch.WebhookFilter) (socialwatch.WebhookFilter, bool, error) {
	f, changed := before, false
	set := func(name string, to func()) {
		if cmd.Flags().Changed(name) {
			changed = true
			to()
		}
	}
	set("kind", func() { f.Kinds = ff.kinds })
	set("account", func() { f.Accounts = ff.accounts })
	set("level", func() { f.Levels = ff.levels })
	set("escalated", func() { f.Escalated = ff.escalated })
	for _, name := range ff.accounts {
		if _, err := cfg.Account(name); err != nil {
			return f, false, err
		}
	}
	if err := f.Check(); err != nil {
		return f, false, usageError{err}
	}
	return f, changed, nil
}

const secretHelp = "The signing secret is printed once: give it to the endpoint.\n"

func newWebhookAdd(f *flags) *cobra.Command {
	var choose filterFlags
	var after int64
	cmd := &cobra.Command{
		Use:   "add NAME URL",
		Short: "Tell an endpoint of events, from now on",
		Long: secretHelp + "It verifies calls by it as Standard Webhooks says (docs/consumers.md). The\n" +
			"secret is kept encrypted with the key of secrets.key_env.",
		Example: "  socialwatch webhook add help_desk https://desk.example/hooks/socialwatch --kind 'case.*' --level 1,2\n" +
			"  socialwatch webhook add archive https://archive.example/in --after 0   # from the first event on",
		Args: exactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withWebhooks(cmd, f, func(ctx context.Context, cfg config.Config, _ *store.Store, m *webhook.Manager) error {
				filter, _, err := choose.filter(cmd, cfg, socialwatch.WebhookFilter{})
				if err != nil {
					return err
				}
				secret, err := m.Add(ctx, args[0], args[1], filter, after, terminal())
				if err != nil {
					return err
				}
				return out(cmd, f, map[string]string{"secret": secret}, func() { fmt.Fprintln(cmd.OutOrStdout(), secret) })
			})
		},
	}
	choose.on(cmd)
	cmd.Flags().Int64Var(&after, "after", -1, "tell of the events after this number; -1: from now on")
	return cmd
}

func newWebhookSet(f *flags) *cobra.Command {
	var choose filterFlags
	var url string
	cmd := &cobra.Command{
		Use:     "set NAME",
		Short:   "Change what an endpoint is told, or its address",
		Long:    "What is not named stays; an empty list, as in --kind '', chooses all. A changed\nfilter counts for events to come.",
		Example: "  socialwatch webhook set help_desk --kind case.opened,case.escalated --escalated\n  socialwatch webhook set help_desk --url https://desk2.example/hooks",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withWebhooks(cmd, f, func(ctx context.Context, cfg config.Config, s *store.Store, m *webhook.Manager) error {
				w, err := s.Webhook(ctx, args[0])
				if err != nil {
					return err
				}
				filter, changed, err := choose.filter(cmd, cfg, w.Filter)
				if err != nil {
					return err
				}
				if url != "" {
					if err := m.Move(ctx, w.Name, url, terminal()); err != nil {
						return err
					}
				}
				if changed {
					c := socialwatch.WebhookChange{Name: w.Name, Filter: &filter, By: terminal(), At: socialwatch.Micros(time.Now())}
					if err := s.ChangeWebhook(ctx, c); err != nil {
						return err
					}
				}
				return out(cmd, f, map[string]string{"name": w.Name}, func() { fmt.Fprintf(cmd.OutOrStdout(), "%s: changed.\n", w.Name) })
			})
		},
	}
	choose.on(cmd)
	cmd.Flags().StringVar(&url, "url", "", "another address; the secret stays")
	return cmd
}

// listedWebhook is an endpoint as --json shows it.
type listedWebhook struct {
	Name      string     `json:"name"`
	Address   string     `json:"address"`
	State     string     `json:"state"`
	Why       string     `json:"why,omitempty"`
	Kinds     []string   `json:"kinds"`
	Accounts  []string   `json:"accounts"`
	Levels    []int      `json:"levels"`
	Escalated bool       `json:"escalated"`
	Pending   int        `json:"pending"`
	Dead      int        `json:"dead"`
	Oldest    *time.Time `json:"oldest"`
	Failures  int        `json:"failures"`
	Error     string     `json:"error,omitempty"`
}

func newWebhookList(f *flags) *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List endpoints and what waits for them", Args: noArgs, Example: "  socialwatch webhook list",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withWebhooks(cmd, f, func(ctx context.Context, _ config.Config, s *store.Store, _ *webhook.Manager) error {
				list, err := s.WebhookHealths(ctx)
				if err != nil {
					return err
				}
				shown := []listedWebhook{}
				for _, h := range list {
					l := listedWebhook{Name: h.Name, Address: h.Address, State: string(h.State), Why: h.Why, Kinds: h.Filter.Kinds, Accounts: h.Filter.Accounts,
						Levels: h.Filter.Levels, Escalated: h.Filter.Escalated, Pending: h.Pending, Dead: h.Dead, Failures: h.Failures, Error: h.Error}
					if !h.Oldest.IsZero() {
						l.Oldest = &h.Oldest
					}
					shown = append(shown, l)
				}
				return out(cmd, f, shown, func() { printWebhooks(cmd, shown) })
			})
		}}
}

func printWebhooks(cmd *cobra.Command, list []listedWebhook) {
	w := table(cmd.OutOrStdout())
	fmt.Fprintln(w, "NAME\tADDRESS\tTOLD OF\tSTATE\tWAIT\tDEAD\tFAILURES")
	for _, l := range list {
		told := cmp.Or(strings.Join(l.Kinds, ","), "all")
		for _, account := range l.Accounts {
			told += " @" + account
		}
		for _, level := range l.Levels {
			told += " level " + strconv.Itoa(level)
		}
		if l.Escalated {
			told += " escalated"
		}
		failures := strconv.Itoa(l.Failures)
		if l.Error != "" {
			failures += " (" + l.Error + ")"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%s\n", l.Name, l.Address, told, l.State, l.Pending, l.Dead, failures)
	}
	_ = w.Flush()
}

// newWebhookState makes pause and its opposite, resume.
func newWebhookState(f *flags, to socialwatch.WebhookState) *cobra.Command {
	use, short, done := "pause", "Tell an endpoint nothing for a while; what happens is kept for it", "paused"
	if to == socialwatch.WebhookActive {
		use, short, done = "resume", "Tell a paused or disabled endpoint again, beginning where it was", "active"
	}
	return &cobra.Command{Use: use + " NAME", Short: short, Args: exactArgs(1), Example: "  socialwatch webhook " + use + " help_desk",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withWebhooks(cmd, f, func(ctx context.Context, _ config.Config, s *store.Store, _ *webhook.Manager) error {
				c := socialwatch.WebhookChange{Name: args[0], State: to, By: terminal(), At: socialwatch.Micros(time.Now())}
				if err := s.ChangeWebhook(ctx, c); err != nil {
					return err
				}
				return out(cmd, f, map[string]string{"name": args[0], "state": string(to)}, func() { fmt.Fprintf(cmd.OutOrStdout(), "%s: %s.\n", args[0], done) })
			})
		}}
}

func newWebhookRotate(f *flags) *cobra.Command {
	var overlap time.Duration
	cmd := &cobra.Command{Use: "rotate NAME", Short: "Make a new signing secret; the old one signs beside it for a while", Args: exactArgs(1),
		Long:    secretHelp + "Until --overlap is over calls carry signatures of both, so that nothing is refused\nwhile the endpoint changes over.",
		Example: "  socialwatch webhook rotate help_desk --overlap 48h",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withWebhooks(cmd, f, func(ctx context.Context, _ config.Config, _ *store.Store, m *webhook.Manager) error {
				secret, err := m.Rotate(ctx, args[0], overlap, terminal())
				if err != nil {
					return err
				}
				return out(cmd, f, map[string]string{"secret": secret}, func() { fmt.Fprintln(cmd.OutOrStdout(), secret) })
			})
		}}
	cmd.Flags().DurationVar(&overlap, "overlap", webhook.Overlap, "how long the old secret signs too; 0s: no longer")
	return cmd
}

func newWebhookTest(f *flags) *cobra.Command {
	return &cobra.Command{Use: "test NAME", Short: "Send a signed test message to an endpoint, now", Args: exactArgs(1), Example: "  socialwatch webhook test help_desk",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withWebhooks(cmd, f, func(ctx context.Context, _ config.Config, _ *store.Store, m *webhook.Manager) error {
				if err := m.Test(ctx, args[0], terminal()); err != nil {
					return err
				}
				return out(cmd, f, map[string]string{"told": args[0]}, func() { fmt.Fprintf(cmd.OutOrStdout(), "%s took the message.\n", args[0]) })
			})
		}}
}

func newWebhookRemove(f *flags) *cobra.Command {
	return &cobra.Command{Use: "remove NAME", Short: "Forget an endpoint and all its deliveries", Args: exactArgs(1), Example: "  socialwatch webhook remove help_desk",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withWebhooks(cmd, f, func(ctx context.Context, _ config.Config, s *store.Store, _ *webhook.Manager) error {
				if err := s.RemoveWebhook(ctx, args[0], terminal(), socialwatch.Micros(time.Now())); err != nil {
					return err
				}
				return out(cmd, f, map[string]string{"removed": args[0]}, func() { fmt.Fprintf(cmd.OutOrStdout(), "%s: removed.\n", args[0]) })
			})
		}}
}
