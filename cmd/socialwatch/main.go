// Command socialwatch watches the public mentions of a shop's help handle,
// drafts safe replies that a person approves, publishes each at most once and
// keeps an open case in the shared database. See README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // calendars name zones, and a minimal container has none

	"github.com/spf13/cobra"
)

// version is set by the linker: -ldflags "-X main.version=v1.2.3".
var version = "dev"

// Exit codes of every command.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a mistake in how a command was called.
type usageError struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], tuning{})
	stop()
	os.Exit(code)
}

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, t tuning) int {
	root := newRoot(t)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage):
		fmt.Fprintf(os.Stderr, "socialwatch: %v\nSee socialwatch --help.\n", err)
		return exitUsage
	default:
		fmt.Fprintf(os.Stderr, "socialwatch: %v\n", err)
		return exitFailed
	}
}

// flags are those that every command has.
type flags struct {
	config string
	json   bool
	tuning tuning // none from the command line
}

func newRoot(t tuning) *cobra.Command {
	f := &flags{tuning: t}
	root := &cobra.Command{
		Use:           "socialwatch",
		Short:         "Watch public mentions, approve safe replies, keep open cases",
		Example:       "  socialwatch demo\n  socialwatch init && socialwatch migrate && socialwatch serve",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	path := os.Getenv("SOCIALWATCH_CONFIG")
	if path == "" {
		path = "socialwatch.yaml"
	}
	root.PersistentFlags().StringVar(&f.config, "config", path, "configuration file (or SOCIALWATCH_CONFIG)")
	root.PersistentFlags().BoolVar(&f.json, "json", false, "machine-readable output")
	root.AddCommand(
		newInit(f), newCheck(f), newMigrate(f), newLogin(f), newServe(f), newPoll(f), newTriage(f), newEval(f), newReplay(f),
		newImport(f), newLabels(f), newTemplates(f), newAlerts(f), newLookup(f),
		newQueue(f), newReview(f), newShow(f), newApprove(f), newReject(f), newUndo(f), newResolve(f), newCases(f),
		newMerge(f), newUnmerge(f), newPrivate(f),
		newStop(f), newResume(f), newUnpause(f), newErase(f), newVacuum(f), newExport(f),
		newUser(f), newToken(f), newWebhook(f), newContract(f), newDemo(f), newVersion(f),
	)
	root.CompletionOptions.HiddenDefaultCmd = true
	return root
}

// noArgs and exactArgs refuse other arguments as a mistake in usage.
func noArgs(cmd *cobra.Command, args []string) error {
	if err := cobra.NoArgs(cmd, args); err != nil {
		return usageError{err}
	}
	return nil
}

func exactArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := cobra.ExactArgs(n)(cmd, args); err != nil {
			return usageError{fmt.Errorf("%w: %s", err, cmd.UseLine())}
		}
		return nil
	}
}
