package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"socialwatch"
	"socialwatch/internal/api"
	"socialwatch/internal/simulator"
	"socialwatch/internal/store"
)

// report says whether a demo day kept the promises. Lost, doubled and
// sent_twice must be 0.
type report struct {
	Posted    int      `json:"posted"`     // posts that we had to take in
	Stored    int      `json:"stored"`     // mentions in the database
	Doubled   int      `json:"doubled"`    // stored twice
	Lost      int      `json:"lost"`       // had to be taken in and were not
	Cases     int      `json:"cases"`      //
	Sent      int      `json:"sent"`       // replies that the database holds as sent
	Public    int      `json:"public"`     // replies of ours on the network
	SentTwice int      `json:"sent_twice"` // replies on the network beyond one for each reply sent
	Unknown   int      `json:"unknown"`    // may have been sent
	Blocked   int      `json:"blocked"`    // by the safety check
	Incidents int      `json:"incidents"`  // the day has one spike
	Impostors int      `json:"impostors"`  // the day has one
	Gaps      int      `json:"gaps"`
	Spent     float64  `json:"spent_usd"`  // by our own meter
	Billed    float64  `json:"billed_usd"` // by the networks
	Seconds   float64  `json:"seconds"`
	Broken    []string `json:"broken"` // promises that did not hold
}

// judge plays the day at full speed, approves through the API and reports.
func (d *demo) judge(ctx context.Context, cmd *cobra.Command, f *flags) error {
	begun := time.Now()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if err := d.connected(ctx); err != nil {
		return err
	}
	played := make(chan error, 1)
	go func() {
		_, err := simulator.Play(ctx, d.play(), simulator.Day(d.seed), 0, nil)
		played <- err
	}()
	client := &api.Client{BaseURL: d.url, Token: d.token, HTTP: http.DefaultClient}
	if err := d.untilCalm(ctx, client, played); err != nil {
		return err
	}
	if err := d.app.spikes(ctx); err != nil { // the job's next tick would do it
		return fmt.Errorf("demo: look for spikes: %w", err)
	}
	r, err := d.report(ctx)
	if err != nil {
		return fmt.Errorf("demo: report: %w", err)
	}
	if r.Incidents != 1 || r.Impostors != 1 {
		r.Broken = append(r.Broken, fmt.Sprintf("the day has 1 spike and 1 impostor, found %d and %d", r.Incidents, r.Impostors))
	}
	r.Seconds = time.Since(begun).Seconds()
	return d.print(cmd, f, r)
}

// untilCalm approves what can be until the day was played and nothing moves any
// more.
func (d *demo) untilCalm(ctx context.Context, client *api.Client, played <-chan error) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	var r report
	for done, calm := false, 0; calm < 3; {
		select {
		case <-ctx.Done():
			return fmt.Errorf("demo: the day did not come to rest in time: %+v", r)
		case err := <-played:
			if err != nil {
				return err
			}
			done = true
		case <-tick.C:
		}
		approved, err := approveAll(ctx, client)
		if err != nil {
			return fmt.Errorf("demo: approve: %w", err)
		}
		if r, err = d.report(ctx); err != nil {
			return fmt.Errorf("demo: report: %w", err)
		}
		stats, err := d.app.store.Stats(ctx)
		if err != nil {
			return err
		}
		if done && approved == 0 && r.Lost == 0 && quiet(stats) {
			calm++
		} else {
			calm = 0
		}
	}
	return nil
}

// connected waits for the account's first good poll: a day that is over
// before anybody watches would prove nothing.
func (d *demo) connected(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		polls, err := d.app.store.Polls(ctx)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(polls, func(c store.Connection) bool { return !c.GoodAt.IsZero() }) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("demo: the account was not polled in time: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// quiet reports whether nothing is on its way.
func quiet(s store.Stats) bool {
	return s.Replies[socialwatch.ReplyHolding]+s.Replies[socialwatch.ReplySending]+s.Replies[socialwatch.ReplyApproved]+
		s.Replies[socialwatch.ReplyAwaiting] == 0 && s.Replies[socialwatch.ReplyUnknown] == s.HandedOver && s.OldestUnnumbered.IsZero()
}

// approveAll approves each draft that awaits, as a person would. A draft that
// is gone meanwhile is no failure: the thread moved.
func approveAll(ctx context.Context, c *api.Client) (int, error) {
	approved := 0
	page, err := c.Replies(ctx, api.Query{Limit: 200})
	if err != nil {
		return 0, err
	}
	for _, r := range page.Items {
		_, err := c.Approve(ctx, r.ID, r.Hash, "")
		var p *api.Problem
		if errors.As(err, &p) && p.Confirm != "" {
			_, err = c.Approve(ctx, r.ID, r.Hash, p.Confirm)
		}
		if err != nil && !errors.Is(err, socialwatch.ErrConflict) {
			return approved, err
		}
		approved++
	}
	return approved, nil
}

func (d *demo) report(ctx context.Context) (report, error) {
	r := report{Broken: []string{}}
	stored, err := d.stored(ctx)
	if err != nil {
		return r, err
	}
	for _, one := range stored {
		r.Stored++
		r.Doubled += one.times - 1
	}
	if err := d.count(ctx, &r); err != nil {
		return r, err
	}
	for _, s := range d.stands {
		r.hold(s, stored)
	}
	if r.Public > r.Sent+r.SentTwice+r.Unknown {
		r.Broken = append(r.Broken, "a reply is public that the database does not hold as sent")
	}
	if r.Spent < r.Billed-1e-9 {
		r.Broken = append(r.Broken, "the networks bill more than we noted as spent")
	}
	for name, n := range map[string]int{"lost": r.Lost, "doubled": r.Doubled, "sent_twice": r.SentTwice} {
		if n > 0 {
			r.Broken = append(r.Broken, fmt.Sprintf("%d %s", n, name))
		}
	}
	return r, nil
}

// hold holds what a network has against what the database has.
func (r *report) hold(s stand, stored map[string]taken) {
	for _, id := range s.truth() {
		if s.besideTheMatter(stored, id) {
			continue
		}
		r.Posted++
		if stored[s.key(id)].times == 0 {
			r.Lost++
		}
	}
	times := map[said]int{}
	for _, reply := range s.published() {
		r.Public++
		if times[reply]++; times[reply] > 1 {
			r.SentTwice++
		}
	}
	r.Billed += float64(s.billed()) / 1e6
}

// key names a post among those of all networks.
func (s stand) key(id string) string { return string(s.network) + "/" + id }

// taken is a post as the database holds it.
type taken struct {
	times  int
	inCase bool
}

// stored reads every mention in the database by its network and id.
func (d *demo) stored(ctx context.Context) (map[string]taken, error) {
	all := map[string]taken{}
	for after := ""; ; {
		rows, next, err := d.app.store.Mentions(ctx, store.MentionFilter{After: after, Limit: store.PageMax})
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			key := string(row.Mention.Network) + "/" + row.Mention.ID
			one := all[key]
			all[key] = taken{one.times + 1, row.CaseID != 0}
		}
		if after = next; next == "" {
			return all, nil
		}
	}
}

// besideTheMatter reports whether a post without our handle stands below one
// that opened no case, such as praise: such threads are not watched.
func (s stand) besideTheMatter(stored map[string]taken, id string) bool {
	for _, a := range s.ancestors(id) {
		if stored[s.key(a)].inCase {
			return false
		}
	}
	return !s.names(id)
}

// count reads what the database says of cases and replies.
func (d *demo) count(ctx context.Context, r *report) error {
	for after := ""; ; {
		rows, next, err := d.app.store.Cases(ctx, store.CaseFilter{After: after, Limit: store.PageMax})
		if err != nil {
			return err
		}
		r.Cases += len(rows)
		if after = next; next == "" {
			break
		}
	}
	for state, n := range map[socialwatch.ReplyState]*int{socialwatch.ReplySent: &r.Sent,
		socialwatch.ReplyUnknown: &r.Unknown, socialwatch.ReplyBlocked: &r.Blocked} {
		for after := ""; ; {
			rows, next, err := d.app.store.Queue(ctx, store.QueueFilter{States: []socialwatch.ReplyState{state}, After: after, Limit: store.PageMax})
			if err != nil {
				return err
			}
			*n += len(rows)
			if after = next; next == "" {
				break
			}
		}
	}
	incidents, err := d.app.store.Incidents(ctx, nil)
	if err != nil {
		return err
	}
	impostors, err := d.app.store.Impostors(ctx, nil)
	if err != nil {
		return err
	}
	r.Incidents, r.Impostors = len(incidents), len(impostors)
	connections, err := d.app.store.Connections(ctx, socialwatch.Micros(time.Now()))
	if err != nil {
		return err
	}
	for _, c := range connections {
		r.Gaps += len(c.Gaps)
	}
	spent, err := d.spent(ctx)
	r.Spent = float64(spent) / 1e6
	return err
}

// spent is what all accounts have spent since the day began.
func (d *demo) spent(ctx context.Context) (sum socialwatch.MicroUSD, err error) {
	today := socialwatch.Day(time.Now())
	rows, err := d.app.store.Spending(ctx, nil, today.AddDate(0, 0, -1), today.AddDate(0, 0, 1)) // it may be near midnight
	for _, row := range rows {
		sum += row.Amount
	}
	return sum, err
}

func (d *demo) print(cmd *cobra.Command, f *flags, r report) error {
	err := out(cmd, f, r, func() {
		fmt.Fprintf(cmd.OutOrStdout(), "posted %d, stored %d, doubled %d, lost %d, cases %d, sent %d, sent twice %d, blocked %d, incidents %d, impostors %d, gaps %d, spent $%.3f, billed $%.3f in %.1f s\n",
			r.Posted, r.Stored, r.Doubled, r.Lost, r.Cases, r.Sent, r.SentTwice, r.Blocked, r.Incidents, r.Impostors, r.Gaps, r.Spent, r.Billed, r.Seconds)
	})
	if err == nil && len(r.Broken) > 0 {
		err = fmt.Errorf("promises broken: %v", r.Broken)
	}
	return err
}
