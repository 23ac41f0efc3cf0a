package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"socialwatch"
)

// Hint is what suggests that somebody else's words belong to a case. Nothing
// follows from it unless a person says so.
type Hint struct {
	Account string
	Network socialwatch.Network
	Handle  string // full, of who wrote it
	URL     string // of the post; empty for a case
	At      time.Time
	Order   string // that both cases name; empty: the post quotes the case's number
	Number  string // of the case that the words stand in; empty: none
	Version int    // of that case
}

const (
	hintsShown  = 10
	hintsOrders = 5 // of a case's order numbers, how many are looked for elsewhere

	// What is linked already is no hint.
	sqlQuoting = `select m.account, m.network, m.author_handle, m.url, m.created_at, coalesce(o.number, '') as number, coalesce(o.version, 0) as version
from quotes q join mentions m on m.id = q.mention_id left join cases o on o.id = m.case_id
where q.number in (?) and coalesce(m.case_id, 0) <> ? and m.gone_at is null and coalesce(o.linked, 0) <> ? and coalesce(o.id, 0) <> ?
order by m.created_at desc, m.id desc limit ?`

	// The customer's own cases stand on the page anyway.
	sqlSameOrder = `select account, network, customer ->> 'handle' as author_handle, '' as url, opened_at as created_at, number, version
from cases where orders <> '[]' and opened_at >= ? and opened_at <= ? and id <> ? and state <> 'merged'
  and (account <> ? or customer_id <> ?) and cast(orders as text) like ? escape '!' and coalesce(linked, 0) <> ? and id <> ?
order by opened_at desc, id desc limit ?`

	// hintsApart is how far apart two cases about one order may have been opened.
	hintsApart = 7 * 24 * time.Hour
)

type hintRow struct {
	Account string              `db:"account"`
	Network socialwatch.Network `db:"network"`
	Handle  string              `db:"author_handle"`
	URL     string              `db:"url"`
	At      moment              `db:"created_at"`
	Number  string              `db:"number"`
	Version int                 `db:"version"`
}

// beside reads what stands beside a case: merged ones, hints, links, and replies that are gone.
func (t *tx) beside(ctx context.Context, d *CaseDetail) (err error) {
	if d.Merged, err = t.mergedCases(ctx, d.Case.ID); err != nil {
		return err
	}
	if d.Hints, err = t.hints(ctx, d.Case, d.Merged); err != nil {
		return err
	}
	if d.Links, err = t.links(ctx, d.Case); err != nil {
		return err
	}
	d.Vanished, err = t.vanished(ctx, d.Case.ID)
	return err
}

func (t *tx) hints(ctx context.Context, c socialwatch.Case, merged []MergedCase) (all []Hint, err error) {
	numbers := []string{c.Number}
	for _, m := range merged {
		numbers = append(numbers, m.Number)
	}
	var rows []hintRow
	take := func(order string) {
		for _, r := range rows {
			known := func(h Hint) bool { return h.Number != "" && h.Number == r.Number }
			if !slices.ContainsFunc(all, known) {
				all = append(all, Hint{r.Account, r.Network, r.Handle, r.URL, r.At.Time, order, r.Number, r.Version})
			}
		}
		rows = nil
	}
	if err := t.all(ctx, &rows, sqlQuoting, numbers, c.ID, c.ID, c.Linked, hintsShown); err != nil {
		return nil, err
	}
	take("")
	like := strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")
	for _, order := range c.Orders[:min(len(c.Orders), hintsOrders)] {
		err := t.all(ctx, &rows, sqlSameOrder, c.OpenedAt.Add(-hintsApart), c.OpenedAt.Add(hintsApart), c.ID, c.Account, c.Customer.ID,
			`%"`+like.Replace(order)+`"%`, c.ID, c.Linked, hintsShown)
		if err != nil {
			return nil, err
		}
		take(order)
	}
	slices.SortStableFunc(all, func(a, b Hint) int { return b.At.Compare(a.At) })
	return all[:min(len(all), hintsShown)], nil
}

// LinkedCase is one that a case follows, or that follows it.
type LinkedCase struct {
	Number  string
	Account string
	State   socialwatch.CaseState
	Earlier bool // the case follows it
}

const sqlLinks = `select id, number, account, state from cases where id = ? or linked = ? order by id limit 20`

func (t *tx) links(ctx context.Context, c socialwatch.Case) (all []LinkedCase, err error) {
	var rows []struct {
		ID      int64                 `db:"id"`
		Number  string                `db:"number"`
		Account string                `db:"account"`
		State   socialwatch.CaseState `db:"state"`
	}
	err = t.all(ctx, &rows, sqlLinks, c.Linked, c.ID)
	for _, r := range rows {
		all = append(all, LinkedCase{r.Number, r.Account, r.State, r.ID == c.Linked})
	}
	return all, err
}

const sqlVanished = `select id, gone_at from replies where case_id = ? and gone_at is not null`

func (t *tx) vanished(ctx context.Context, caseID int64) (map[int64]time.Time, error) {
	var rows []struct {
		ID   int64  `db:"id"`
		Gone moment `db:"gone_at"`
	}
	err := t.all(ctx, &rows, sqlVanished, caseID)
	at := make(map[int64]time.Time, len(rows))
	for _, r := range rows {
		at[r.ID] = r.Gone.Time
	}
	return at, err
}

// Link notes that two cases belong together, for a person with the role author on
// the accounts of both: the younger follows the older, whichever is named first.
// Nothing moves between them. ErrConflict, with a text that says why, when one has
// changed since it was seen, or the younger follows a case already.
func (s *Store) Link(ctx context.Context, m Merge) (c socialwatch.Case, err error) {
	err = s.tx(ctx, func(t *tx) error {
		c, err = t.link(ctx, m)
		return err
	})
	if err != nil {
		return c, fmt.Errorf("link cases %s and %s: %w", m.Number, m.Other, err)
	}
	return c, nil
}

const sqlLink = `update cases set linked = ?, updated_at = ?, version = version + 1 where id = ?`

func (t *tx) link(ctx context.Context, m Merge) (socialwatch.Case, error) {
	older, younger, err := t.pair(ctx, m)
	if err != nil {
		return younger, err
	}
	for _, c := range []socialwatch.Case{older, younger} {
		if err := t.mayWork(ctx, m.By.Login, socialwatch.RoleAuthor, c.Account); err != nil {
			return younger, err
		}
	}
	if younger.Linked != 0 {
		return younger, fmt.Errorf("%s follows a case already: %w", younger.Number, socialwatch.ErrNotPossible)
	}
	younger.Linked, younger.UpdatedAt = older.ID, socialwatch.Micros(m.At)
	if _, err := t.exec(ctx, sqlLink, older.ID, m.At, younger.ID); err != nil {
		return younger, err
	}
	if _, err := t.exec(ctx, sqlWorked, m.At, older.ID); err != nil {
		return younger, err
	}
	older.Version++
	e := socialwatch.Event{Kind: socialwatch.EventCaseLinked, Actor: m.By.Login, At: m.At, Data: map[string]any{"from": younger.ID, "into": older.ID}}
	events := aboutBoth(e, older, younger)
	younger.Version++
	return younger, t.addEvents(ctx, events...)
}
