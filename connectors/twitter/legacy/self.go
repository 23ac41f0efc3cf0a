package legacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dghubble/go-twitter/twitter"

	"socialwatch"
	xapi "socialwatch/connectors/twitter"
)

// self is our account as X knows it.
type self struct {
	us
	learnt time.Time
}

// selfLife is how long we believe what X said of us.
const selfLife = 24 * time.Hour

// learn returns who we are, asking X when that is unknown or a day old. Old
// knowledge serves on while X can't be asked.
func (c *client) learn(ctx context.Context) (us, error) {
	if s := c.fresh(); s != nil {
		return s.us, nil
	}
	select {
	case c.learning <- struct{}{}:
		defer func() { <-c.learning }()
	case <-ctx.Done():
		return us{}, readError(ctx.Err())
	}
	if s := c.fresh(); s != nil {
		return s.us, nil
	}
	u, _, err := c.ask(ctx)
	if old := c.self.Load(); err != nil && old != nil && socialwatch.ReasonOf(err) != socialwatch.Unauthorized {
		return old.us, nil
	}
	if err != nil {
		return us{}, fmt.Errorf("learn about account %s: %w", c.opt.Account, err)
	}
	c.self.Store(&self{us: u, learnt: c.opt.Now()})
	return u, nil
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

// ask asks X whose the secrets are. Those of another account than the
// configured one are refused: they would answer in its name.
func (c *client) ask(ctx context.Context) (us, answer, error) {
	k := call{name: "verify_credentials", item: xapi.ItemUserRead, most: 1, spare: true, holds: func(body []byte) []string {
		if u, err := decodeUser(body); err == nil {
			return []string{"user:" + u.id}
		}
		return nil
	}}
	a, err := c.do(ctx, k, func(lib *twitter.Client) error {
		_, _, err := lib.Accounts.VerifyCredentials(&twitter.AccountVerifyParams{
			IncludeEntities: twitter.Bool(false), SkipStatus: twitter.Bool(true)})
		return err
	})
	if err != nil {
		return us{}, a, err
	}
	u, err := decodeUser(a.body)
	if err != nil {
		return us{}, a, readError(err)
	}
	if !strings.EqualFold(u.handle, c.opt.Handle) {
		return us{}, a, &socialwatch.NetworkError{Reason: socialwatch.Unauthorized,
			Err: errors.New("the secrets are those of another account than the configured handle: correct handle, or give that account's secrets")}
	}
	return u, a, nil
}

func decodeUser(body []byte) (us, error) {
	wrong := errors.New("X does not say whose the secrets are")
	v, err := object(body)
	if err != nil {
		return us{}, wrong
	}
	kept, err := userShape.fit(v, "")
	if err != nil {
		return us{}, wrong
	}
	plain, err := json.Marshal(kept)
	if err != nil {
		return us{}, wrong
	}
	var user twitter.User
	if json.Unmarshal(plain, &user) != nil {
		return us{}, wrong
	}
	u := us{id: idOf(user.IDStr, user.ID), handle: user.ScreenName}
	if u.id == "" || !validName(u.handle) {
		return us{}, wrong
	}
	return u, nil
}
