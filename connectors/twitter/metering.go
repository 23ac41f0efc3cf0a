package twitter

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"socialwatch"
)

func bareText(err error) string {
	return strings.TrimPrefix(err.Error(), string(socialwatch.OutOfCredit)+": ")
}

// ledgerError keeps the class that the ledger gives; a ledger that fails says
// nothing of the call, which was not made.
func ledgerError(err error) error {
	var ne *socialwatch.NetworkError
	if errors.As(err, &ne) {
		return ne
	}
	return readError(fmt.Errorf("ask for leave to spend: %w", err))
}

// settle tells the ledger what X charges for a call: what was asked for, and
// posts that came along.
func (c *client) settle(ctx context.Context, reservation int64, k call, a answer, reason socialwatch.Reason) error {
	err := c.opt.Ledger.Settle(ctx, reservation, k.cost, k.charged(a, reason))
	if along := alongOf(a.body); len(along) > 0 && reason == "" {
		err = errors.Join(err, c.opt.Ledger.Settle(ctx, 0, c.costing(ItemPostRead, 0), along))
	}
	return err
}

// charged is what X charges for a call. A write that may have taken effect
// counts as one that did.
func (k call) charged(a answer, reason socialwatch.Reason) []string {
	switch {
	case reason == socialwatch.Unknown:
		if k.object != "" {
			return []string{k.object}
		}
		return []string{"create:unsure-" + rand.Text()}
	case reason != "":
		return nil // reads that failed: what they brought is charged when it is read
	case k.object != "":
		return []string{k.object}
	}
	held := objectsOf(k.cost.Item, a.body)
	if k.write && len(held) == 0 { // a success that names no post
		return []string{"create:unsure-" + rand.Text()}
	}
	return held
}

// objectsOf names what an answer's data holds as the ledger knows it.
func objectsOf(item string, body []byte) []string {
	kind := "post:"
	switch item {
	case ItemUserRead:
		kind = "user:"
	case ItemCreate, ItemCreateLink:
		kind = "create:"
	}
	var envelope struct {
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &envelope) != nil {
		return nil
	}
	var many []json.RawMessage
	if json.Unmarshal(envelope.Data, &many) != nil {
		many = []json.RawMessage{envelope.Data}
	}
	return objects(kind, many)
}

// alongOf names the posts that came along with those asked for. Users that
// come along are taken as free.
func alongOf(body []byte) []string {
	var envelope struct {
		Includes struct {
			Tweets []json.RawMessage `json:"tweets"`
			Posts  []json.RawMessage `json:"posts"`
		} `json:"includes"`
	}
	if json.Unmarshal(body, &envelope) != nil {
		return nil
	}
	return objects("post:", slices.Concat(envelope.Includes.Tweets, envelope.Includes.Posts))
}

func objects(kind string, raws []json.RawMessage) []string {
	var list []string
	for _, raw := range raws {
		if id := chargedID(raw); id != "" {
			list = append(list, kind+id)
		}
	}
	return list
}

// chargedID is the id of the newest version of what an element tells of.
func chargedID(raw []byte) string {
	id := string(idOf(raw))
	if id == "" {
		return ""
	}
	var h struct {
		History     []xid `json:"edit_history_tweet_ids"`
		PostHistory []xid `json:"edit_history_post_ids"`
	}
	if json.Unmarshal(raw, &h) == nil {
		for _, v := range slices.Concat(h.History, h.PostHistory) {
			if compareIDs(string(v), id) > 0 {
				id = string(v)
			}
		}
	}
	return id
}
