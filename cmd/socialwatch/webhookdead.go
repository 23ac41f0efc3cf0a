package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/internal/config"
	"socialwatch/internal/outbox/webhook"
	"socialwatch/internal/store"
)

// listedDelivery is a delivery as --json shows it.
type listedDelivery struct {
	ID     int64     `json:"id"`
	Seq    int64     `json:"seq"`
	Kind   string    `json:"kind"`
	Case   string    `json:"case,omitempty"`
	State  string    `json:"state"`
	Tries  int       `json:"tries"`
	Status int       `json:"status,omitempty"`
	Error  string    `json:"error,omitempty"`
	At     time.Time `json:"at"` // of the event
}

func newWebhookDeliveries(f *flags) *cobra.Command {
	var state string
	var limit int
	cmd := &cobra.Command{Use: "deliveries NAME", Short: "List what an endpoint was told, the newest first", Args: exactArgs(1),
		Example: "  socialwatch webhook deliveries help_desk --state dead",
		RunE: func(cmd *cobra.Command, args []string) error {
			switch socialwatch.DeliveryState(state) {
			case "", socialwatch.DeliveryPending, socialwatch.DeliveryDelivered, socialwatch.DeliveryDead:
			default:
				return usageError{fmt.Errorf("--state must be pending, delivered or dead")}
			}
			return withWebhooks(cmd, f, func(ctx context.Context, _ config.Config, s *store.Store, _ *webhook.Manager) error {
				w, err := s.Webhook(ctx, args[0])
				if err != nil {
					return err
				}
				list, _, err := s.Deliveries(ctx, store.DeliveryFilter{WebhookID: w.ID, State: socialwatch.DeliveryState(state), Limit: limit})
				if err != nil {
					return err
				}
				shown := []listedDelivery{}
				for _, d := range list {
					shown = append(shown, listedDelivery{ID: d.ID, Seq: d.Seq, Kind: d.Kind, Case: d.CaseNumber, State: string(d.State),
						Tries: d.Tries, Status: d.Status, Error: d.Error, At: d.EventAt})
				}
				return out(cmd, f, shown, func() { printDeliveries(cmd, shown) })
			})
		}}
	cmd.Flags().StringVar(&state, "state", "", "only pending, delivered or dead ones")
	cmd.Flags().IntVar(&limit, "limit", 50, "how many")
	return cmd
}

func printDeliveries(cmd *cobra.Command, list []listedDelivery) {
	w := table(cmd.OutOrStdout())
	fmt.Fprintln(w, "ID\tEVENT\tKIND\tCASE\tSTATE\tTRIES\tANSWER")
	for _, d := range list {
		fmt.Fprintf(w, "%d\t%d\t%s\t%s\t%s\t%d\t%s\n", d.ID, d.Seq, d.Kind, d.Case, d.State, d.Tries, d.Error)
	}
	_ = w.Flush()
}

func newWebhookRedeliver(f *flags) *cobra.Command {
	var all bool
	var ids []int64
	cmd := &cobra.Command{Use: "redeliver NAME", Short: "Try dead deliveries of an endpoint again", Args: exactArgs(1),
		Long:    "Their ids are the same as before, so that an endpoint drops what it has seen. Later\nevents of the same case may have arrived meanwhile.",
		Example: "  socialwatch webhook redeliver help_desk --all\n  socialwatch webhook redeliver help_desk --id 4711",
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(ids) > 0) {
				return usageError{fmt.Errorf("write --all, or --id with what `socialwatch webhook deliveries` lists")}
			}
			return withWebhooks(cmd, f, func(ctx context.Context, _ config.Config, s *store.Store, _ *webhook.Manager) error {
				n, err := s.Redeliver(ctx, store.Redelivery{Name: args[0], IDs: ids, By: terminal(), At: socialwatch.Micros(time.Now())})
				if err != nil {
					return err
				}
				return out(cmd, f, map[string]int64{"due": n}, func() { fmt.Fprintf(cmd.OutOrStdout(), "%d are tried again.\n", n) })
			})
		}}
	cmd.Flags().BoolVar(&all, "all", false, "all dead ones")
	cmd.Flags().Int64SliceVar(&ids, "id", nil, "one delivery; may be repeated")
	return cmd
}
