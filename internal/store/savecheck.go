package store

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"socialwatch"
)

// maxID bounds ids that stand in an index: Postgres refuses longer index rows.
const maxID = 512

// checkedChanges returns c sorted by key, with its text storable and its
// drafts complete, or an error that names the first row that the database
// would refuse.
func checkedChanges(c socialwatch.Changes) (socialwatch.Changes, error) {
	if c.At.IsZero() {
		return c, errors.New("no time of the batch")
	}
	c.Entries = slices.Clone(c.Entries)
	for i := range c.Entries {
		e := &c.Entries[i]
		e.Mention.ID = storable(e.Mention.ID)
		if err := checkEntry(e, c); err != nil {
			return c, fmt.Errorf("post %s: %w", e.Mention.ID, err)
		}
	}
	slices.SortFunc(c.Entries, func(a, b socialwatch.Entry) int { return cmp.Compare(a.Mention.ID, b.Mention.ID) })
	for i := 1; i < len(c.Entries); i++ {
		if id := c.Entries[i].Mention.ID; id == c.Entries[i-1].Mention.ID {
			return c, fmt.Errorf("post %s: stands twice in the batch", id)
		}
	}
	c.Cases = slices.Clone(c.Cases)
	slices.SortFunc(c.Cases, func(a, b socialwatch.Case) int { return cmp.Compare(a.ID, b.ID) })
	for i, x := range c.Cases {
		if err := checkCase(x); err != nil {
			return c, fmt.Errorf("case %s: %w", x.Number, err)
		}
		if i > 0 && c.Cases[i-1].ID == x.ID {
			return c, fmt.Errorf("case %s: stands twice in the batch", x.Number)
		}
	}
	if err := checkMoves(c.Moves); err != nil {
		return c, err
	}
	c.Gone, c.OwnGone = slices.Sorted(slices.Values(c.Gone)), slices.Sorted(slices.Values(c.OwnGone))
	c.Events = slices.Clone(c.Events)
	for i := range c.Events {
		e := &c.Events[i]
		e.Actor = cmp.Or(e.Actor, socialwatch.System)
		if e.At.IsZero() {
			e.At = c.At
		}
	}
	c.Aside, c.Gaps = checkedAside(c), checkedGaps(c)
	return c, nil
}

func checkEntry(e *socialwatch.Entry, c socialwatch.Changes) error {
	m := e.Mention
	switch {
	case m.ID == "":
		return errors.New("has no id")
	case len(m.ID) > maxID || len(m.Author.ID) > maxID:
		return fmt.Errorf("an id is longer than %d bytes", maxID)
	case m.CreatedAt.IsZero():
		return errors.New("has no time")
	case m.Account != c.Account:
		return fmt.Errorf("is of account %q", m.Account)
	case e.Reply == nil:
		return nil
	case e.CaseID == 0:
		return errors.New("has a draft but no case")
	case e.Reply.State != socialwatch.ReplyAwaiting && e.Reply.State != socialwatch.ReplyBlocked:
		return fmt.Errorf("its draft is %s, not %s or %s", e.Reply.State, socialwatch.ReplyAwaiting, socialwatch.ReplyBlocked)
	case e.Reply.ExpiresAt.IsZero():
		return errors.New("its draft never expires")
	}
	r := firstVersion(*e.Reply, c.At)
	e.Reply = &r
	return nil
}

func checkCase(c socialwatch.Case) error {
	switch {
	case c.ID == 0 || c.Number == "":
		return errors.New("has no identity: draw one with NextCases")
	case c.Level < 1 || c.Level > 4:
		return fmt.Errorf("level %d is not 1 to 4", c.Level)
	case c.Score < 0 || c.Score > 100:
		return fmt.Errorf("score %d is not 0 to 100", c.Score)
	case !c.State.Live() && c.State != socialwatch.CaseClosed && c.State != socialwatch.CaseMerged:
		return fmt.Errorf("state %q is unknown", c.State)
	case c.OpenedAt.IsZero() || c.UpdatedAt.IsZero() || c.DueAt.IsZero():
		return errors.New("lacks the time of opening, change or first response due")
	case len(c.Customer.ID) > maxID:
		return fmt.Errorf("the customer's id is longer than %d bytes", maxID)
	}
	return nil
}

func checkMoves(moves []socialwatch.ReplyMove) error {
	seen := map[int64]bool{}
	for _, m := range moves {
		if seen[m.ReplyID] {
			return fmt.Errorf("reply %d: moves twice in the batch", m.ReplyID)
		}
		seen[m.ReplyID] = true
		if m.To != socialwatch.ReplySuperseded {
			return fmt.Errorf("reply %d: intake makes no reply %q", m.ReplyID, m.To)
		}
	}
	return nil
}

// checkedAside drops repeated items, of which the first stays, and gives long
// names a hash.
func checkedAside(c socialwatch.Changes) []socialwatch.SetAside {
	var out []socialwatch.SetAside
	seen := map[string]bool{}
	for _, a := range c.Aside {
		if len(a.ID) > maxID {
			sum := sha256.Sum256([]byte(a.ID))
			a.ID = hex.EncodeToString(sum[:])
		}
		if a.At.IsZero() {
			a.At = c.At
		}
		if a.ID = storable(a.ID); !seen[a.ID] {
			seen[a.ID] = true
			out = append(out, a)
		}
	}
	return out
}

// checkedGaps merges gaps with the same start and reason; the last end counts.
func checkedGaps(c socialwatch.Changes) []socialwatch.Gap {
	var out []socialwatch.Gap
	for _, g := range c.Gaps {
		if g.From.IsZero() {
			g.From = c.At
		}
		g.From, g.Reason = socialwatch.Micros(g.From), storable(g.Reason[:min(len(g.Reason), maxID)])
		i := slices.IndexFunc(out, func(o socialwatch.Gap) bool { return o.From.Equal(g.From) && o.Reason == g.Reason })
		if i < 0 {
			out = append(out, g)
		} else if !g.To.IsZero() {
			out[i].To = g.To
		}
	}
	return out
}

// storablePayload makes every text of a payload storable, before it is hashed:
// the hash must be that of what is stored.
func storablePayload(p socialwatch.Payload) socialwatch.Payload {
	v := reflect.ValueOf(&p).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.String {
			f.SetString(storable(f.String()))
		}
	}
	return p
}

// conflictIfDuplicate turns the violation of a unique constraint into
// ErrConflict.
func conflictIfDuplicate(err error) error {
	if duplicate(err) {
		return fmt.Errorf("%w: %w", socialwatch.ErrConflict, err)
	}
	return err
}
