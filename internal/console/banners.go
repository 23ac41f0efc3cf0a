package console

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"strconv"
)

// bannerView is what concerns everybody who sees a page. The line of a page
// shows the first; all of them are a press away, in whole, so that none moves
// what stands below when it comes.
type bannerView struct {
	Kind, Title, Text string
	URL, Look         string // where it leads; empty: nowhere
	MayResume         bool   // publishing, which is stopped
}

func stopBanner(s stopView) bannerView {
	b := bannerView{Kind: "bad", Title: say("stop.title"), Text: say("stop.since", s.By) + " " + s.At.Clock + ". " + say("stop.wait"), MayResume: s.MayResume}
	if !s.MayResume {
		b.Text += " " + say("stop.lead")
	}
	return b
}

// Several is what to call the banners behind their number.
func (v view) Several() string {
	if len(v.Banners) == 1 {
		return say("banners.one")
	}
	return say("banners.n")
}

// sign is that of what banners say now.
func (c *Console) sign(ctx context.Context) (string, error) {
	h, err := c.look(ctx)
	return h.sign, err
}

// signOf is short and another one as soon as a banner comes, goes or says
// something else: a stop, a connection that needs a person, an incident. Live
// pages compare it, whoever reads them, and then fetch what theirs say.
func (c *Console) signOf(ctx context.Context, h health) (string, error) {
	sum := fnv.New64a()
	fmt.Fprintln(sum, h.stop.Stopped, h.stop.By)
	for _, conn := range h.conns {
		if s := c.judge(conn, h.purses[conn.Name]); s.broken {
			fmt.Fprintln(sum, conn.Name, conn.Reason, s.means)
		}
	}
	for _, a := range h.alarms {
		fmt.Fprintln(sum, a.Kind, a.Account)
	}
	if c.o.Incidents != nil {
		if err := c.signIncidents(ctx, sum); err != nil {
			return "", err
		}
	}
	return strconv.FormatUint(sum.Sum64(), 36), nil
}

func (c *Console) signIncidents(ctx context.Context, sum io.Writer) error {
	all, err := c.o.Incidents.Incidents(ctx, nil)
	if err != nil {
		return fmt.Errorf("read incidents: %w", err)
	}
	for _, i := range all {
		fmt.Fprintln(sum, i.ID, i.Severity, i.EndedAt.IsZero())
	}
	return nil
}
