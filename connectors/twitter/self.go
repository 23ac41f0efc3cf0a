package twitter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"socialwatch"
	"socialwatch/connectors"
)

// self is our account as X knows it.
type self struct {
	id, username string
	learnt       time.Time
}

// selfLife is how long we believe what X said of us: asking costs money once a
// day.
const selfLife = 24 * time.Hour

// learn returns who we are, asking X when that is unknown or a day old. Old
// knowledge serves on while X can't be asked.
func (c *client) learn(ctx context.Context) (self, error) {
	if s := c.fresh(); s != nil {
		return *s, nil
	}
	select {
	case c.learning <- struct{}{}:
		defer func() { <-c.learning }()
	case <-ctx.Done():
		return self{}, readError(ctx.Err())
	}
	if s := c.fresh(); s != nil {
		return *s, nil
	}
	s, _, err := c.ask(ctx)
	if old := c.self.Load(); err != nil && old != nil && socialwatch.ReasonOf(err) != socialwatch.Unauthorized {
		return *old, nil
	}
	if err != nil {
		return self{}, fmt.Errorf("learn about account %s: %w", c.opt.Account, err)
	}
	c.self.Store(&s)
	return s, nil
}

func (c *client) fresh() *self {
	s := c.self.Load()
	if s == nil {
		return nil
	}
	if age := c.opt.Now().Sub(s.learnt); age < 0 || age > selfLife {
		return nil
	}
	return s
}

// ask asks X who we are: whom the tokens belong to, or with the app's bearer
// alone, which is nobody's, who bears the handle. Tokens of another account
// than the configured one are refused: they would answer in its name.
func (c *client) ask(ctx context.Context) (self, answer, error) {
	k := call{path: "/2/users/me", auth: authUser, cost: c.costing(ItemUserRead, 1), spare: true}
	k.cost.Write = true // no reply without it
	if c.user == authNone {
		k.path, k.auth = "/2/users/by/username/"+url.PathEscape(c.opt.Handle), authApp
	}
	a, err := c.do(ctx, k)
	if err != nil {
		return self{}, a, err
	}
	var me struct {
		Data user `json:"data"`
	}
	if err := json.Unmarshal(a.body, &me); err != nil {
		return self{}, a, readError(connectors.NotUnderstood(err))
	}
	if _, err := parseID(string(me.Data.ID)); err != nil {
		if c.user == authNone {
			return self{}, a, unauthorized("X knows no account with the configured handle: correct handle")
		}
		return self{}, a, readError(errors.New("X does not say whose the tokens are"))
	}
	if !strings.EqualFold(me.Data.Username, c.opt.Handle) {
		return self{}, a, unauthorized("the tokens are those of another account than the configured handle: " +
			"correct handle, or log in as that account")
	}
	return self{id: string(me.Data.ID), username: me.Data.Username, learnt: c.opt.Now()}, a, nil
}
