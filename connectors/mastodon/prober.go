package mastodon

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// prober tells whether the account works.
type prober struct{ *client }

// clockSkew is how far the clocks may differ before check warns: times of
// cases and deadlines would be off by as much.
const clockSkew = 30 * time.Second

// Probe asks anew for everything. Besides reading it sends one write that the
// server must refuse, an empty post, because nothing else tells whether the
// token may write.
func (p prober) Probe(ctx context.Context) ([]connectors.Check, error) {
	k := &call{spare: true}
	ctx = withCall(ctx, k)
	f, err := p.ask(ctx)
	if err != nil {
		return nil, fmt.Errorf("reach %s as account %s: %w", p.host, p.opt.Account, err)
	}
	p.facts.Store(&f)
	checks := []connectors.Check{
		{Name: "server", OK: true, Text: fmt.Sprintf("%s answers, version %.60q", p.host, f.version)},
		{Name: "token", OK: true, Text: fmt.Sprintf("valid, account id %s", f.account)},
		p.clock(k),
		p.mayRead(ctx),
		p.mayWrite(ctx),
		p.policyCheck(ctx),
		p.stream(ctx, f),
		p.bot(f),
		{Name: "limit", OK: true, Text: fmt.Sprintf("replies up to %d characters", f.limit)},
		p.keys(f),
	}
	return checks, nil
}

func (p prober) clock(k *call) connectors.Check {
	now := p.opt.Now()
	skew := now.Sub(connectors.ServerTime(k.header, now)).Round(time.Second)
	ch := connectors.Check{Name: "clock", OK: true, Text: fmt.Sprintf("differs from the server's by %s", skew)}
	if skew.Abs() > clockSkew {
		ch.Warn = true
		ch.Text += ": set this machine's clock by a time server"
	}
	return ch
}

func (p prober) mayRead(ctx context.Context) connectors.Check {
	ch := connectors.Check{Name: "read", OK: true, Text: "the token may read notifications and statuses"}
	var raws []json.RawMessage
	err := p.get(ctx, "/api/v1/notifications", url.Values{"types[]": {"mention"}, "limit": {"1"}}, &raws)
	if err == nil {
		// No such status: a token that may read gets 404, one that may not 403.
		err = p.single(ctx, strings.Repeat("0", 26)).err
	}
	if err != nil {
		ch.OK, ch.Text = false, "mentions can't be read: "+err.Error()
	}
	return ch
}

func (p prober) mayWrite(ctx context.Context) connectors.Check {
	ch := connectors.Check{Name: "write", OK: true, Text: "the token may post"}
	form := strings.NewReader(url.Values{"status": {""}, "visibility": {"direct"}}.Encode())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base.String()+"/api/v1/statuses", form)
	if err != nil {
		return connectors.Check{Name: "write", Text: err.Error()}
	}
	req.Header.Set("Authorization", "Bearer "+p.opt.Token)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := p.http.Do(req)
	if err == nil {
		_ = resp.Body.Close() // only the status was of interest
		ch.Warn, ch.Text = true, "the server took an empty post for a post: whether the token may write is not known"
		return ch
	}
	ne := readError(err)
	switch ne.Reason {
	case socialwatch.Refused, socialwatch.Gone: // refused for being empty, as it should
	case socialwatch.Unauthorized:
		ch.OK, ch.Text = false, "replies can't be posted: "+ne.Error()
	default:
		ch.Warn, ch.Text = true, "whether the token may post could not be found out: "+ne.Error()
	}
	return ch
}

// policyCheck warns of rules that hold mentions back (R6): people with a
// complaint are strangers. The server's own default filters limited accounts.
func (p prober) policyCheck(ctx context.Context) connectors.Check {
	ch := connectors.Check{Name: "notifications", OK: true, Text: "the server holds no mentions back"}
	var rules policy
	err := p.get(ctx, "/api/v2/notifications/policy", nil, &rules)
	switch {
	case absent(err):
		ch.Text = "the server has no notification policy"
		return ch
	case err != nil:
		ch.Warn, ch.Text = true, "the notification policy could not be read: "+err.Error()
		return ch
	}
	var held []string
	for class, rule := range rules.classes() {
		if rule != "" && rule != "accept" {
			held = append(held, class+": "+rule)
		}
	}
	if len(held) > 0 {
		slices.Sort(held)
		ch.Warn = true
		ch.Text = "the notification policy holds mentions back (" + strings.Join(held, ", ") +
			"): filtered ones come late, dropped ones never; set it to accept in the server's settings"
	}
	return ch
}

func (p prober) stream(ctx context.Context, f facts) connectors.Check {
	conn, err := waker{p.client}.dial(ctx, f)
	if err != nil {
		return connectors.Check{Name: "stream", OK: true, Warn: true,
			Text: "mentions are only polled, so they come later: " + err.Error()}
	}
	_ = conn.Close() // it was only to be opened
	return connectors.Check{Name: "stream", OK: true, Text: "the stream opens"}
}

func (p prober) bot(f facts) connectors.Check {
	if f.bot {
		return connectors.Check{Name: "bot", OK: true, Text: "the account is marked as automated"}
	}
	return connectors.Check{Name: "bot", OK: true, Text: "the account is not marked as automated: " +
		"some servers ask for it; it is a setting of the profile"}
}

func (p prober) keys(f facts) connectors.Check {
	if f.keys {
		return connectors.Check{Name: "keys", OK: true, Text: "the server refuses to post one reply twice, for an hour"}
	}
	return connectors.Check{Name: "keys", OK: true, Text: "the server is not known to refuse a repeated post: " +
		"a reply whose answer was lost and that can't be found goes to a person"}
}
