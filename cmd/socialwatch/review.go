package main

import (
	"cmp"
	"errors"
	"fmt"
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
		if errors.Is(err, socialwatch.ErrNotFound) {
			return fmt.Errorf("there is no reply %d that your token may read: see `socialwatch queue` for the numbers of those that wait, `socialwatch queue --state sent` for others; the number of a case, such as K-1042, is another one: %w", id, socialwatch.ErrNotFound)
		}
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
		Long:    decisionHelp + "\nsocialwatch review goes through them one after another.",
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
			return out(cmd, f, page, func() { newPaper(cmd.OutOrStdout()).queue(page) })
		},
	}
	cmd.Flags().StringArrayVar(&state, "state", nil, "only these states (default awaiting); may be repeated")
	return cmd
}

func dueIn(t *time.Time) string {
	if t == nil {
		return ""
	}
	if time.Now().After(*t) {
		return lasting(time.Since(*t)) + " over"
	}
	return left(*t)
}

func left(t time.Time) string { return lasting(time.Until(t)) }

// lasting is a duration as people say it: 40 s, 12 min, 3 h 5 min, 4 d 2 h.
func lasting(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Round(time.Second).Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d d %d h", int(d.Hours())/24, int(d.Hours())%24)
}

func moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
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
			return r, newPaper(cmd.OutOrStdout()).text(r), nil
		}),
	}
}

func newApprove(f *flags) *cobra.Command {
	var hash, confirm string
	cmd := &cobra.Command{
		Use:   "approve ID [--hash H]",
		Short: "Approve a reply whose exact text you have seen",
		Long: decisionHelp + "\nIn a terminal it shows the reply and asks. Scripts give the hash that show printed:\n" +
			"any other text is refused.\n" +
			"A reply with warnings, an edited one, one of a new template or to somebody whom many\n" +
			"read needs a second look: the command says why, and what to give with --confirm.",
		Example: "  socialwatch approve 77\n  socialwatch approve 77 --hash 3f2a…\n  socialwatch approve 77 --hash 3f2a… --confirm 9c01…",
		Args:    exactArgs(1),
		RunE: decided(f, func(cmd *cobra.Command, c *api.Client, id int64) (any, string, error) {
			if hash == "" && interactive(cmd, f) {
				s := newSitting(cmd, c)
				r, err := s.approveOne(cmd.Context(), id)
				return r, s.verdict, err
			}
			if hash == "" {
				return nil, "", usageError{fmt.Errorf("--hash is needed: it is what `socialwatch show %d` prints", id)}
			}
			r, err := c.Approve(cmd.Context(), id, hash, confirm)
			return r, becomes(r), asked(id, hash, err)
		}),
	}
	cmd.Flags().StringVar(&hash, "hash", "", "hash of the text you have seen")
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

// becomes says how a reply stands now.
func becomes(r api.Reply) string {
	if r.HoldUntil != nil && r.State == socialwatch.ReplyHolding {
		return fmt.Sprintf("Reply %d is approved. It goes out in %s unless somebody takes it back.", r.ID, left(*r.HoldUntil))
	}
	return fmt.Sprintf("Reply %d is %s.", r.ID, r.State)
}

// reasonOf is a reason to reject by its name or number.
func reasonOf(given string) (string, bool) {
	if n, err := strconv.Atoi(given); err == nil && n >= 1 && n <= len(socialwatch.RejectReasons) {
		return socialwatch.RejectReasons[n-1], true
	}
	return given, slices.Contains(socialwatch.RejectReasons, given)
}

func reasonList() string {
	var b strings.Builder
	for i, r := range socialwatch.RejectReasons {
		fmt.Fprintf(&b, "  %d %s\n", i+1, r)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func newReject(f *flags) *cobra.Command {
	var hash, reason, note string
	cmd := &cobra.Command{
		Use:     "reject ID --reason R",
		Short:   "Reject a reply",
		Long:    decisionHelp + "\nReasons, by name or number:\n" + reasonList(),
		Example: "  socialwatch reject 77 --reason 2\n  socialwatch reject 77 --reason wrong_tone\n  socialwatch reject 77 --reason other --note 'the shop has called'",
		Args:    exactArgs(1),
		RunE: decided(f, func(cmd *cobra.Command, c *api.Client, id int64) (any, string, error) {
			reason, ok := reasonOf(reason)
			if !ok {
				return nil, "", usageError{fmt.Errorf("--reason must be one of these, or its number:\n%s", reasonList())}
			}
			if hash == "" {
				seen, err := c.Reply(cmd.Context(), id)
				if err != nil {
					return nil, "", err
				}
				hash = seen.Hash
			}
			r, err := c.Reject(cmd.Context(), id, hash, reason, note)
			return r, becomes(r), err
		}),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why (required)")
	cmd.Flags().StringVar(&note, "note", "", "in your words; needed with the reason other")
	cmd.Flags().StringVar(&hash, "hash", "", "only if it still has the text of this hash")
	return cmd
}

func newUndo(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "undo ID",
		Short:   "Take an approval back while the reply still holds",
		Long:    decisionHelp,
		Example: "  socialwatch undo 77",
		Args:    exactArgs(1),
		RunE: decided(f, func(cmd *cobra.Command, c *api.Client, id int64) (any, string, error) {
			seen, err := c.Reply(cmd.Context(), id)
			if err != nil {
				return nil, "", err
			}
			r, err := c.Undo(cmd.Context(), id, seen.Hash)
			return r, becomes(r), err
		}),
	}
}

func newResolve(f *flags) *cobra.Command {
	var link string
	var absent bool
	var attempt int
	cmd := &cobra.Command{
		Use:   "resolve ID --link URL | --absent",
		Short: "Say what became of a reply in doubt (state unknown)",
		Long: decisionHelp + "\nLook under the post first. --absent sends the reply once more. With --attempt, the\n" +
			"attempt_count that show --json told before you looked, your word is refused once the\nreply has been sent again since.",
		Example: "  socialwatch resolve 77 --link https://social.example/@shop_help/9050\n  socialwatch resolve 77 --absent --attempt 1",
		Args:    exactArgs(1),
		RunE: decided(f, func(cmd *cobra.Command, c *api.Client, id int64) (any, string, error) {
			if absent == (link != "") {
				return nil, "", usageError{fmt.Errorf("write either --link with the reply's address or --absent")}
			}
			if attempt == 0 {
				seen, err := c.Reply(cmd.Context(), id)
				if err != nil {
					return nil, "", err
				}
				if attempt = seen.Reply.Attempts; attempt == 0 {
					return nil, "", fmt.Errorf("reply %d has never been sent: nothing of it is in doubt", id)
				}
			}
			r, err := c.Resolve(cmd.Context(), id, attempt, link)
			return r, becomes(r), err
		}),
	}
	cmd.Flags().StringVar(&link, "link", "", "address at which the reply stands")
	cmd.Flags().BoolVar(&absent, "absent", false, "it surely does not stand")
	cmd.Flags().IntVar(&attempt, "attempt", 0, "the call that you looked for (default: the newest)")
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
