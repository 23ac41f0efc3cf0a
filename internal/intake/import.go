package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"socialwatch"
)

// Imported is what became of past posts.
type Imported struct {
	Stored int
	Known  int // were stored already, for whatever account, or stand twice in the batch
	Recent int // not stored: younger than seven days
}

// Import keeps posts of the past as mentions without case and without draft,
// marked as socialwatch.IgnoredImported. Each is assessed by itself: what its
// author had said before is not known as it was then. Posts younger than seven
// days are left alone, because polling may still bring them, and would open
// cases for them that a stored post does not get. The account, which must be
// known to the store, keeps its cursor, and what it tells of its newest mention.
// It is safe while others poll the account.
func (in *Intake) Import(ctx context.Context, account string, past []socialwatch.Mention) (Imported, error) {
	var n Imported
	for range conflicts {
		var changes socialwatch.Changes
		known, err := in.Store.Known(ctx, socialwatch.Ask{Account: account, PostIDs: idsOf(past), Since: in.Now()})
		if err != nil {
			return n, fmt.Errorf("import for %s: %w", account, err)
		}
		changes, n = in.past(account, past, known)
		if len(changes.Entries) == 0 {
			return n, nil
		}
		err = in.Store.Save(ctx, changes)
		if err == nil {
			return n, nil
		}
		if !errors.Is(err, socialwatch.ErrConflict) {
			return Imported{}, fmt.Errorf("import for %s: %w", account, err)
		}
	}
	return Imported{}, fmt.Errorf("import for %s: %w", account, socialwatch.ErrConflict)
}

func idsOf(past []socialwatch.Mention) []string {
	ids := make([]string, len(past))
	for i, m := range past {
		ids[i] = m.ID
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// past makes what Save stores of posts that are not known.
func (in *Intake) past(account string, past []socialwatch.Mention, known socialwatch.Known) (c socialwatch.Changes, n Imported) {
	c = socialwatch.Changes{Account: account, Version: known.Version, At: socialwatch.Micros(in.Now()), Past: true}
	seen := map[string]bool{}
	for _, m := range past {
		_, stored := known.Mentions[m.ID]
		switch {
		case c.At.Sub(asked(m)) < socialwatch.HistoryTime:
			n.Recent++
		case stored || seen[m.ID]:
			n.Known++
		default:
			n.Stored++
			seen[m.ID] = true
			e := socialwatch.Entry{Mention: m, Assessment: in.Rules.Assess(m, socialwatch.History{})}
			e.Assessment.Ignored = socialwatch.IgnoredImported
			if redact := in.Rules.Redact; redact != nil {
				e.Mention, e.Assessment = redact(e.Mention, e.Assessment)
			}
			c.Entries = append(c.Entries, e)
		}
	}
	slices.SortFunc(c.Entries, func(a, b socialwatch.Entry) int { return cmp.Compare(a.Mention.ID, b.Mention.ID) })
	return c, n
}
