package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/internal/config"
)

// remote names the running socialwatch that decisions go to.
func remote(f *flags) (*api.Client, error) {
	token := os.Getenv("SOCIALWATCH_TOKEN")
	if token == "" {
		return nil, fmt.Errorf("SOCIALWATCH_TOKEN is not set: export your own token, made with `socialwatch token add NAME --person YOU --scope read --scope decide`")
	}
	url := os.Getenv("SOCIALWATCH_URL")
	if url == "" {
		cfg, err := config.Load(f.config)
		if err != nil {
			return nil, fmt.Errorf("SOCIALWATCH_URL is not set, and %w", err)
		}
		url = cmp.Or(cfg.PublicURL, "http://"+cfg.Listen)
	}
	return &api.Client{BaseURL: url, Token: token}, nil
}

// decided is a command about one reply that goes to the API.
func decided(f *flags, run func(cmd *cobra.Command, c *api.Client, id int64) (any, string, error)) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		id, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || id <= 0 {
			return usageError{fmt.Errorf("%q is no reply: write its number, which `socialwatch queue` shows", args[0])}
		}
		c, err := remote(f)
		if err != nil {
			return err
		}
		v, text, err := run(cmd, c, id)
		if err != nil {
			return err
		}
		return out(cmd, f, v, func() { fmt.Fprintln(cmd.OutOrStdout(), text) })
	}
}

const decisionHelp = "Goes to the running socialwatch (SOCIALWATCH_URL, else the configuration's address)\nwith your own token (SOCIALWATCH_TOKEN)."

func newQueue(f *flags) *cobra.Command {
	var state []string
	cmd := &cobra.Command{
		Use:     "queue",
		Short:   "Show replies that await approval, most pressing first",
		Long:    decisionHelp,
		Example: "  socialwatch queue\n  socialwatch queue --state unknown --json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := remote(f)
			if err != nil {
				return err
			}
			page, err := c.Replies(cmd.Context(), api.Query{States: state, Limit: 100})
			if err != nil {
				return err
			}
			return out(cmd, f, page, func() {
				if len(page.Items) == 0 {
					fmt.Fprintln(cmd.OutOrStdout(), "Nothing waiting.")
					return
				}
				w := table(cmd.OutOrStdout())
				fmt.Fprintln(w, "REPLY\tCASE\tDUE\tPRIORITY\tINTENT\tCUSTOMER\tTEXT")
				for _, r := range page.Items {
					fmt.Fprintf(w, "%d\t%s\t%s\t%d\t%s\t@%s\t%s\n", r.ID, r.Case.Number, dueIn(r.Case.DueAt), r.Case.Score,
						r.Case.Intent, r.Post.AuthorHandle, clip(r.Text, 48))
				}
				_ = w.Flush()
			})
		},
	}
	cmd.Flags().StringArrayVar(&state, "state", nil, "only these states (default awaiting); may be repeated")
	return cmd
}

func dueIn(t *time.Time) string {
	if t == nil {
		return ""
	}
	d := time.Until(*t).Round(time.Minute)
	if d < 0 {
		return strings.TrimSuffix((-d).String(), "0s") + " over"
	}
	return strings.TrimSuffix(d.String(), "0s")
}

func moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// describe is a decision card in plain text.
func describe(r api.ReplyDetail) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s   %s   Priority %d   first response due in %s", r.CaseNumber, r.Case.Intent, r.Case.Score, dueIn(r.Case.DueAt))
	line("@%s, %s on %s, %s   %s", r.Post.AuthorHandle, r.Post.Visibility, r.Network, moment(r.Post.PostedAt), r.Post.URL)
	if r.Post.Gone {
		line("  (the post is gone)")
	}
	line("  %s", strings.ReplaceAll(r.Post.Masked, "\n", "\n  "))
	var signals []string
	for _, s := range r.Post.Signals {
		if s.Points > 0 {
			signals = append(signals, fmt.Sprintf("%s %d", s.Name, s.Points))
		}
	}
	line("  evidence: %s", strings.Join(signals, ", "))
	line("")
	line("WILL POST as account %s, %s, %d/%d, %s: reply %d is %s", r.Account, r.Visibility, r.Length, r.Limit, r.Language, r.ID, r.State)
	if r.CostUSD > 0 {
		line("  costs %s to post", socialwatch.MicroUSD(math.Round(r.CostUSD*1e6)).Dollars())
	}
	if r.Warning != "" {
		line("  Content warning: %s", strings.ReplaceAll(r.Warning, "\n", "\n  "))
	}
	line("  %s", strings.ReplaceAll(r.WholeText, "\n", "\n  "))
	for _, f := range r.Findings {
		what := "warns"
		if f.Blocks {
			what = "BLOCKS"
		}
		line("  %s: %s: %s", what, f.Rule, f.Mend)
	}
	if r.Reason != "" {
		line("  reason: %s", r.Reason)
	}
	line("hash %s", r.Hash)
	return strings.TrimRight(b.String(), "\n")
}

// clip shortens a text to n characters of one line.
func clip(s string, n int) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) <= n {
		return string(r)
	}
	return string(r[:n-1]) + "…"
}

func newShow(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "show ID",
		Short:   "Show one reply: the post, the evidence, the exact text, its hash",
		Long:    decisionHelp,
		Example: "  socialwatch show 77",
		Args:    exactArgs(1),
		RunE: decided(f, func(cmd *cobra.Command, c *api.Client, id int64) (any, string, error) {
			r, err := c.Reply(cmd.Context(), id)
			if err != nil {
				return nil, "", err
			}
			return r, describe(r), nil
		}),
	}
}

func newApprove(f *flags) *cobra.Command {
	var hash, confirm string
	cmd := &cobra.Command{
		Use:   "approve ID --hash H",
		Short: "Approve a reply whose exact text you have seen",
		Long: decisionHelp + "\nThe hash is the one that show printed: any other text is refused.\n" +
			"A reply with warnings, an edited one, one of a new template or to somebody whom many\n" +
			"read needs a second look: the command says why, and what to give with --confirm.",
		Example: "  socialwatch approve 77 --hash 3f2a…\n  socialwatch approve 77 --hash 3f2a… --confirm 9c01…",
		Args:    exactArgs(1),
		RunE: decided(f, func(cmd *cobra.Command, c *api.Client, id int64) (any, string, error) {
			if hash == "" {
				return nil, "", usageError{fmt.Errorf("--hash is needed: it is what `socialwatch show %d` prints", id)}
			}
			r, err := c.Approve(cmd.Context(), id, hash, confirm)
			return r, fmt.Sprintf("Reply %d is %s.", id, r.State), asked(id, hash, err)
		}),
	}
	cmd.Flags().StringVar(&hash, "hash", "", "hash of the text you have seen (required)")
	cmd.Flags().StringVar(&confirm, "confirm", "", "what the command printed when it asked for a second look")
	return cmd
}

// asked adds to err, when it asks for a second look, what the check found and how
// to go on.
func asked(id int64, hash string, err error) error {
	var p *api.Problem
	if !errors.As(err, &p) || p.Confirm == "" {
		return err
	}
	var b strings.Builder
	for _, f := range p.Findings {
		fmt.Fprintf(&b, "\n  warns: %s: %s", f.Rule, f.Mend)
	}
	return fmt.Errorf("%w%s\nif you still approve: socialwatch approve %d --hash %s --confirm %s", err, b.String(), id, hash, p.Confirm)
}

func newReject(f *flags) *cobra.Command {
	var hash, reason, note string
	cmd := &cobra.Command{
		Use:     "reject ID --reason R",
		Short:   "Reject a reply",
		Long:    decisionHelp + "\nReasons: " + strings.Join(socialwatch.RejectReasons, ", ") + ".",
		Example: "  socialwatch reject 77 --reason wrong_tone\n  socialwatch reject 77 --reason other --note 'the shop has called'",
		Args:    exactArgs(1),
		RunE: decided(f, func(cmd *cobra.Command, c *api.Client, id int64) (any, string, error) {
			if !slices.Contains(socialwatch.RejectReasons, reason) {
				return nil, "", usageError{fmt.Errorf("--reason must be one of %s", strings.Join(socialwatch.RejectReasons, ", "))}
			}
			if hash == "" {
				seen, err := c.Reply(cmd.Context(), id)
				if err != nil {
					return nil, "", err
				}
				hash = seen.Hash
			}
			r, err := c.Reject(cmd.Context(), id, hash, reason, note)
			return r, fmt.Sprintf("Reply %d is %s.", id, r.State), err
		}),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why (required)")
	cmd.Flags().StringVar(&note, "note", "", "in your words; needed with the reason other")
	cmd.Flags().StringVar(&hash, "hash", "", "only if it still has the text of this hash")
	return cmd
}

func newResolve(f *flags) *cobra.Command {
	var link string
	var absent bool
	cmd := &cobra.Command{
		Use:     "resolve ID --link URL | --absent",
		Short:   "Say what became of a reply in doubt (state unknown)",
		Long:    decisionHelp + "\nLook under the post first. --absent sends the reply once more.",
		Example: "  socialwatch resolve 77 --link https://social.example/@shop_help/9050\n  socialwatch resolve 77 --absent",
		Args:    exactArgs(1),
		RunE: decided(f, func(cmd *cobra.Command, c *api.Client, id int64) (any, string, error) {
			if absent == (link != "") {
				return nil, "", usageError{fmt.Errorf("write either --link with the reply's address or --absent")}
			}
			r, err := c.Resolve(cmd.Context(), id, link)
			return r, fmt.Sprintf("Reply %d is %s.", id, r.State), err
		}),
	}
	cmd.Flags().StringVar(&link, "link", "", "address at which the reply stands")
	cmd.Flags().BoolVar(&absent, "absent", false, "it surely does not stand")
	return cmd
}

func newResume(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "resume",
		Short:   "Let publishing go on after a stop (a lead's token)",
		Long:    decisionHelp,
		Example: "  socialwatch resume",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := remote(f)
			if err != nil {
				return err
			}
			if err := c.Resume(cmd.Context()); err != nil {
				return err
			}
			return out(cmd, f, map[string]bool{"stopped": false}, func() { fmt.Fprintln(cmd.OutOrStdout(), "Publishing goes on.") })
		},
	}
}

func newStop(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "stop",
		Short:   "Stop all publishing at once; works with the database alone",
		Example: "  socialwatch stop",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, s, err := openStore(cmd.Context(), f)
			if err != nil {
				return err
			}
			defer s.Close()
			if err := s.Stop(cmd.Context(), terminal(), socialwatch.Micros(time.Now())); err != nil {
				return err
			}
			return out(cmd, f, map[string]bool{"stopped": true}, func() {
				fmt.Fprintln(cmd.OutOrStdout(), "Publishing is stopped. Approvals wait until a lead resumes.")
			})
		},
	}
}

// terminal is who acts by the rights of the database alone.
func terminal() string {
	if name := os.Getenv("USER"); name != "" {
		return "terminal:" + name
	}
	return "terminal"
}

func newUnpause(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "unpause ACCOUNT",
		Short: "Let a halted or paused account be read again; works with the database alone",
		Long: "What Resume under Connections does. An account is halted when its network says that\n" +
			"we are out of credit: settle that first, else the next call halts it again. It is\n" +
			"paused when an admin has paused it.",
		Example: "  socialwatch unpause shop_x",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, s, err := openStore(cmd.Context(), f)
			if err != nil {
				return err
			}
			defer s.Close()
			if _, err := cfg.Account(args[0]); err != nil {
				return err
			}
			changed, err := s.UnpauseByTerminal(cmd.Context(), args[0], terminal(), socialwatch.Micros(time.Now()))
			if err != nil && !errors.Is(err, socialwatch.ErrNotFound) { // never polled is not paused
				return err
			}
			return out(cmd, f, map[string]any{"account": args[0], "changed": changed}, func() {
				if changed {
					fmt.Fprintf(cmd.OutOrStdout(), "%s goes on with the next poll.\n", args[0])
				} else {
					fmt.Fprintf(cmd.OutOrStdout(), "%s was neither halted nor paused: nothing is changed.\n", args[0])
				}
			})
		},
	}
}

func newCases(f *flags) *cobra.Command {
	var state []string
	cmd := &cobra.Command{
		Use:     "cases",
		Short:   "List cases, newest first",
		Long:    decisionHelp,
		Example: "  socialwatch cases\n  socialwatch cases --state new --json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := remote(f)
			if err != nil {
				return err
			}
			page, err := c.Cases(cmd.Context(), api.Query{States: state, Limit: 100})
			if err != nil {
				return err
			}
			return out(cmd, f, page, func() {
				w := table(cmd.OutOrStdout())
				fmt.Fprintln(w, "CASE\tSTATE\tLEVEL\tINTENT\tCUSTOMER\tESCALATED\tOPENED")
				for _, one := range page.Items {
					fmt.Fprintf(w, "%s\t%s\t%d\t%s\t@%s\t%v\t%s\n", one.Number, one.State, one.Level, one.Intent,
						one.CustomerHandle, one.Escalated, moment(one.OpenedAt))
				}
				_ = w.Flush()
			})
		},
	}
	cmd.Flags().StringArrayVar(&state, "state", nil, "only these states; may be repeated")
	return cmd
}
