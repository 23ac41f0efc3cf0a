package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

func newPoll(f *flags) *cobra.Command {
	var once bool
	var account string
	var maxTime time.Duration
	cmd := &cobra.Command{
		Use:   "poll --once",
		Short: "Read the networks, then do once what serve does all the time",
		Long: "For the system's cron: sends, deadlines, alarms, alerts, webhooks and look-ups, and\n" +
			"when they are due the nightly erasing and looks at the networks. What takes longer\n" +
			"than --max-time goes on in the next run. Silent on success. An account that another\n" +
			"process reads right now is no failure; a failed account is named and the exit code\n" +
			"is 1.",
		Example: "  * * * * * cd /etc/socialwatch && socialwatch poll --once --max-time 50s",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !once {
				return usageError{fmt.Errorf("poll runs once only: write poll --once; for a daemon use serve")}
			}
			if maxTime <= 0 {
				return usageError{fmt.Errorf("--max-time must be more than 0, such as 50s")}
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), maxTime)
			defer cancel()
			a, err := open(ctx, f)
			if err != nil {
				return err
			}
			defer a.close()
			names, err := a.names(account)
			if err != nil {
				return err
			}
			return a.once(ctx, names)
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "poll once and end (required)")
	cmd.Flags().StringVar(&account, "account", "", "read only this account")
	cmd.Flags().DurationVar(&maxTime, "max-time", 50*time.Second, "end after this long; what is stored stays stored")
	return cmd
}
