package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/internal/api"
)

const caseHelp = "Goes to the running socialwatch (SOCIALWATCH_URL, else the configuration's address)\nwith your own token (SOCIALWATCH_TOKEN), which needs the scopes read and cases."

// ofCase is a command about one case that goes to the API.
func ofCase(f *flags, run func(ctx context.Context, c *api.Client, number string) (api.Case, string, error)) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c, err := remote(f)
		if err != nil {
			return err
		}
		v, text, err := run(cmd.Context(), c, args[0])
		if errors.Is(err, socialwatch.ErrNotFound) {
			return fmt.Errorf("there is no case %s that your token may read: `socialwatch cases` lists them: %w", args[0], socialwatch.ErrNotFound)
		}
		if err != nil {
			return err
		}
		return out(cmd, f, v, func() { fmt.Fprintln(cmd.OutOrStdout(), text) })
	}
}

func newMerge(f *flags) *cobra.Command {
	var into string
	cmd := &cobra.Command{
		Use:     "merge CASE --into CASE",
		Short:   "Make one of two cases of a customer",
		Long:    caseHelp + "\nThe older survives, whichever is named first; the number of the younger leads there. For leads.",
		Example: "  socialwatch merge K-1050 --into K-1042\n  socialwatch unmerge K-1050",
		Args:    exactArgs(1),
		RunE: ofCase(f, func(ctx context.Context, c *api.Client, number string) (api.Case, string, error) {
			if into == "" {
				return api.Case{}, "", usageError{errors.New("write --into with the number of the other case")}
			}
			one, err := c.Case(ctx, number)
			if err != nil {
				return api.Case{}, "", err
			}
			other, err := c.Case(ctx, into)
			if err != nil {
				return api.Case{}, "", err
			}
			whole, err := c.Merge(ctx, one.Number, one.Version, other.Number, other.Version)
			return whole, fmt.Sprintf("%s holds both now. Undo: socialwatch unmerge %s", whole.Number, younger(whole.Number, one.Number, other.Number)), err
		}),
	}
	cmd.Flags().StringVar(&into, "into", "", "the other case (required)")
	return cmd
}

// younger is the one of two numbers that did not survive.
func younger(survivor, a, b string) string {
	if a == survivor {
		return b
	}
	return a
}

func newUnmerge(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "unmerge CASE",
		Short:   "Undo a merge",
		Long:    caseHelp + "\nThe case gets back its posts, all replies to them, its notes and tags; what came since stays with the survivor. For leads.",
		Example: "  socialwatch unmerge K-1050",
		Args:    exactArgs(1),
		RunE: ofCase(f, func(ctx context.Context, c *api.Client, number string) (api.Case, string, error) {
			survivor, err := c.Case(ctx, number)
			if err != nil {
				return api.Case{}, "", err
			}
			again, err := c.Unmerge(ctx, number, survivor.Version)
			return again, fmt.Sprintf("%s is itself again, and %s.", again.Number, again.State), err
		}),
	}
}

func newPrivate(f *flags) *cobra.Command {
	var received, answered bool
	cmd := &cobra.Command{
		Use:     "private CASE --received | --answered",
		Short:   "Say what has happened with a customer in private",
		Long:    caseHelp + "\n--received ends the wait that a reply of ours began; --answered counts as a response.",
		Example: "  socialwatch private K-1042 --received\n  socialwatch private K-1042 --answered",
		Args:    exactArgs(1),
		RunE: ofCase(f, func(ctx context.Context, c *api.Client, number string) (api.Case, string, error) {
			if received == answered {
				return api.Case{}, "", usageError{errors.New("write either --received or --answered")}
			}
			seen, err := c.Case(ctx, number)
			if err != nil {
				return api.Case{}, "", err
			}
			note, text := c.PrivateContact, "Private contact is noted on %s."
			if answered {
				note, text = c.PrivateAnswer, "The answer on %s counts."
			}
			now, err := note(ctx, seen.Number, seen.Version)
			return now, fmt.Sprintf(text, cmp.Or(now.Number, number)), err
		}),
	}
	cmd.Flags().BoolVar(&received, "received", false, "the customer has come to us in private, as we asked")
	cmd.Flags().BoolVar(&answered, "answered", false, "we have answered in private")
	return cmd
}
