package twitter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"socialwatch/connectors"
)

// prober tells whether the account works.
type prober struct{ *client }

// clockSkew is how far the clocks may differ before check warns: OAuth 1.0a
// signs the time, and times of cases would be off by as much.
const clockSkew = 30 * time.Second

// Probe asks who we are and then only for what costs nothing: mentions of the
// last moment, of which there are hardly any, and the app's usage. It sends
// nothing, so whether the account may reply shows with the first reply.
func (p prober) Probe(ctx context.Context) ([]connectors.Check, error) {
	s, a, err := p.ask(ctx)
	if err != nil {
		return nil, fmt.Errorf("reach %s as account %s: %w", p.base.Host, p.opt.Account, err)
	}
	p.self.Store(&s)
	checks := []connectors.Check{
		{Name: "server", OK: true, Text: p.base.Host + " answers"},
		{Name: "account", OK: true, Text: fmt.Sprintf("account id %s bears the configured handle", s.id)},
		p.auth(a),
		p.clock(a),
	}
	read := p.mayRead(ctx, s, a)
	checks = append(checks, read...)
	checks = append(checks, p.usage(ctx), p.label(), p.prices())
	return checks, nil
}

// auth tells how calls are signed and what that allows.
func (p prober) auth(a answer) connectors.Check {
	ch := connectors.Check{Name: "token", OK: true}
	switch p.user {
	case authOAuth1:
		ch.Text = "OAuth 1.0a signs calls as the account: reading and replying"
		// X tells the right of such tokens, but not everywhere.
		if level := a.header.Get("x-access-level"); level == "read" {
			ch.OK, ch.Text = false, "the access token may only read: give the app read and write permission "+
				"and make a new access token"
		}
	case authOAuth2:
		ch.Text = "OAuth 2.0 signs calls as the account, with the scopes that were given at its login; " +
			"its tokens are renewed by themselves"
	default:
		ch.Warn = true
		ch.Text = "only the app's bearer token is configured: mentions are read at the price of any post, " +
			"and nothing can be answered"
	}
	return ch
}

func (p prober) clock(a answer) connectors.Check {
	now := p.opt.Now()
	skew := now.Sub(connectors.ServerTime(a.header, now)).Round(time.Second)
	ch := connectors.Check{Name: "clock", OK: true, Text: fmt.Sprintf("differs from X's by %s", skew)}
	if skew.Abs() > clockSkew {
		ch.Warn = true
		ch.Text += ": set this machine's clock by a time server"
	}
	return ch
}

// mayRead reads mentions, and what a search finds, of the last minute.
func (p prober) mayRead(ctx context.Context, s self, who answer) []connectors.Check {
	since := snowflake(connectors.ServerTime(who.header, p.opt.Now()).Add(-time.Minute))
	ch := connectors.Check{Name: "mentions", OK: true, Text: "mentions can be read"}
	_, a, err := p.posts(ctx, call{path: "/2/users/" + s.id + "/mentions", auth: p.reader(),
		cost: p.costing(ItemMentionRead, pageSize), query: url.Values{"since_id": {since}}})
	if err != nil {
		ch.OK, ch.Text = false, "mentions can't be read: "+err.Error()
	}
	limit := connectors.Check{Name: "limit", OK: true, Text: "X does not tell the rate limit"}
	if all, left, ok := connectors.RateLeft(a.header); ok {
		limit.Text = fmt.Sprintf("%d of %d polls are left in this quarter of an hour", left, all)
		limit.Warn = left*10 <= all
	}
	search := connectors.Check{Name: "search", OK: true, Text: "search works: bursts beyond 800 mentions are read whole"}
	_, _, err = p.posts(ctx, call{path: "/2/tweets/search/recent", auth: p.reader(), cost: p.costing(ItemPostRead, pageSize),
		query: url.Values{"since_id": {since}, "query": {"@" + s.username + " -is:retweet"}}})
	if err != nil {
		search.OK, search.Text = false, "search fails, so threads can't be read, nor bursts beyond 800 mentions: "+err.Error()
	}
	return []connectors.Check{ch, limit, search}
}

// usage tells what the app has read in this month, by X's own count. X tells
// it to the app's bearer alone.
func (p prober) usage(ctx context.Context) connectors.Check {
	ch := connectors.Check{Name: "usage", OK: true}
	if p.opt.Bearer == "" {
		ch.Text = "without the app's bearer token X's own count of reads can't be compared with ours"
		return ch
	}
	a, err := p.do(ctx, call{path: "/2/usage/tweets", auth: authApp})
	var told struct {
		Data struct {
			Cap   loose `json:"project_cap"`
			Usage loose `json:"project_usage"`
		} `json:"data"`
	}
	if err == nil {
		err = json.Unmarshal(a.body, &told)
	}
	var refused *apiError
	switch {
	case errors.As(err, &refused) && refused.status == http.StatusUnauthorized:
		ch.OK, ch.Text = false, "X does not take the app's bearer token, which the stream and the daily list of deletions need: copy it again"
	case err != nil:
		ch.Warn, ch.Text = true, "the app's usage could not be read: "+connectors.NotUnderstood(err).Error()
	case told.Data.Usage == "":
		ch.Text = "X does not tell the app's usage"
	default:
		ch.Text = fmt.Sprintf("by X's count the app has read %s posts in this period", told.Data.Usage)
		if told.Data.Cap != "" {
			ch.Text += " of at most " + string(told.Data.Cap)
		}
	}
	return ch
}

func (p prober) label() connectors.Check {
	if p.opt.Automated {
		return connectors.Check{Name: "label", OK: true, Text: "the profile is confirmed to be labelled as automated"}
	}
	return connectors.Check{Name: "label", OK: true, Warn: true, Text: "X wants accounts that answer by software to be " +
		"labelled: switch on Automated in the account's settings and confirm it with x.automated_label: true"}
}

// prices tells what the parts of a day cost, and what this probe did.
func (p prober) prices() connectors.Check {
	mention, own := p.costing(ItemMentionRead, 1), p.opt.Prices
	text := []string{
		fmt.Sprintf("a mention costs %s to read", mention.Price.Dollars()),
		fmt.Sprintf("a reply %s, with a link %s", own.Create.Dollars(), own.CreateLink.Dollars()),
		fmt.Sprintf("a look at a post on a later day %s", own.PostRead.Dollars()),
	}
	if p.user != authNone {
		text = append(text, "mentions cost that little only when the account itself owns the app, which can't be seen from here")
	}
	if p.opt.Stream {
		text = append(text, fmt.Sprintf("a mention by the stream %s", own.StreamEvent.Dollars()))
	}
	thousand := 1000 * (mention.Price + own.Create)
	text = append(text, fmt.Sprintf("a thousand mentions with a reply each about %s", thousand.Dollars()),
		fmt.Sprintf("this check %s, once a day", own.UserRead.Dollars()))
	return connectors.Check{Name: "prices", OK: true, Text: strings.Join(text, "; ")}
}
