package inbound

import (
	"context"
	"fmt"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

type prober struct{ *client }

// sampleAt and sampleBody are what a signature is shown of, to be held against
// one's own. It is too old to be of use to anybody.
var sampleAt = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const sampleBody = `{"mentions":[]}`

// Probe shows a signature and calls the callback with a probe.
func (p prober) Probe(ctx context.Context) ([]connectors.Check, error) {
	sample, err := p.keys.sign("sample", sampleAt, []byte(sampleBody))
	if err != nil {
		return nil, err
	}
	checks := []connectors.Check{{Name: "signature", OK: true, Text: fmt.Sprintf(
		"of webhook-id sample, webhook-timestamp %d and the body %s: %s", sampleAt.Unix(), sampleBody, sample)}}
	if p.opt.Callback == "" {
		return append(checks, connectors.Check{Name: "callback", Warn: true,
			Text: "there is none, so no reply can be sent: name one by inbound.callback"}), nil
	}
	begun := p.opt.Now()
	got, err := p.do(ctx, &call{body: struct {
		Type    string `json:"type"`
		Account string `json:"account"`
	}{typeProbe, p.opt.Account}})
	if err != nil {
		return checks, fmt.Errorf("the callback can't be reached: %w", &socialwatch.NetworkError{Reason: socialwatch.Temporary, Err: err})
	}
	if got.status < 200 || got.status >= 300 {
		return checks, p.refusal(got, socialwatch.Temporary)
	}
	checks = append(checks, connectors.Check{Name: "callback", OK: true, Text: "it answers a signed probe"})
	if off := connectors.ServerTime(got.header, begun).Sub(begun).Abs(); off > tolerance/2 {
		checks = append(checks, connectors.Check{Name: "clock", Warn: true,
			Text: fmt.Sprintf("the callback's clock is %s away from ours: signatures count for five minutes, set the clocks", off.Round(time.Second))})
	}
	return append(checks, p.doubt()), nil
}

// doubt tells what becomes of a reply whose answer is lost.
func (p prober) doubt() connectors.Check {
	c := connectors.Check{Name: "replies in doubt", OK: true}
	switch {
	case p.opt.Find:
		c.Text = "are looked for by the callback's list"
	case p.opt.Guard > 0:
		c.Text = fmt.Sprintf("are settled by a person: the callback knows a key again for %s, and lists no replies (inbound.find)", p.opt.Guard)
	default:
		c.Text = "are settled by a person: the callback lists no replies (inbound.find)"
	}
	return c
}
