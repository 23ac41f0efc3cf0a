package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"socialwatch"
)

// Merge makes one of two cases of a customer. The older survives, whichever is
// named first.
type Merge struct {
	CaseWork
	Other        string // its number
	OtherVersion int    // that the person saw
}

// mergeDone is what a merge did, as it is kept to be undone.
type mergeDone struct {
	Mentions []int64               `json:"mentions"`
	Notes    []int64               `json:"notes"`
	Replies  []int64               `json:"replies"`
	Handoffs []int64               `json:"handoffs"`
	Tags     []string              `json:"tags"` // that the survivor did not have
	State    socialwatch.CaseState `json:"state"`
	AskedAt  time.Time             `json:"asked_at"`
	RaisedAt time.Time             `json:"raised_at"` // of the survivor before; see CaseRow
	Before   folded                `json:"before"`
	Own      []int                 `json:"own"`     // places of its own order numbers among the survivor's: numbers can be erased
	Version  int                   `json:"version"` // of the survivor afterwards
}

// folded is what of a survivor a merge may change.
type folded struct {
	State       socialwatch.CaseState `json:"state"`
	Level       int                   `json:"level"`
	Score       int                   `json:"score"`
	Escalated   bool                  `json:"escalated"`
	Escalation  string                `json:"escalation"`
	DueAt       time.Time             `json:"due_at"`
	RespondedAt time.Time             `json:"responded_at"`
	AskedAt     time.Time             `json:"asked_at"`
	ResolvedAt  time.Time             `json:"resolved_at"`
}

func foldOf(c socialwatch.Case) folded {
	return folded{c.State, c.Level, c.Score, c.Escalated, c.Escalation, c.DueAt, c.RespondedAt, c.AskedAt, c.ResolvedAt}
}

const (
	sqlMergeMentions = `update mentions set case_id = ? where case_id = ? returning id`
	sqlMergeNotes    = `update notes set case_id = ? where case_id = ? returning id`
	sqlMergeReplies  = `update replies set case_id = ? where case_id = ? returning id`
	sqlMergeHandoffs = `update handoffs set case_id = ? where case_id = ? and received_at is null returning id`
	sqlMergeTags     = `insert into case_tags (case_id, tag) select cast(? as bigint), tag from case_tags where case_id = ? on conflict do nothing returning tag`

	sqlRaisedBefore = `select ` + sqlRaisedAt + ` as raised_at from cases c where id = ?`
	sqlMergeRaised  = `update cases set raised_at = (select max(` + sqlRaisedAt + `) from cases c where c.id in (?)) where id = ?`

	sqlMergeInto = `update cases set state = ?, level = ?, score = ?, escalated = ?, escalation = ?, orders = ?, due_at = ?, responded_at = ?,
    asked_at = ?, resolved_at = ?, snoozed_until = null, look_at = ?, looks = 0, updated_at = ?, version = version + 1 where id = ?`
	sqlMergeAway = `update cases set state = 'merged', merged_into = ?, look_at = null, snoozed_until = null, asked_at = null, updated_at = ?, version = version + 1 where id = ?`
	sqlMergeKeep = `insert into merges (case_id, into_id, actor, at, moved)`
)

// Merge moves the posts, replies, notes and tags of the younger case to the older
// one, for a lead. Replies go with the posts they answer, in whatever state they
// are: each still answers its own post, once. Both keep their events. The survivor
// is as urgent as the more urgent one was, and open when either was. ErrConflict,
// with a text that says why, when one has changed since it was seen, or they are
// not two live cases of one customer on one account.
func (s *Store) Merge(ctx context.Context, m Merge) (c socialwatch.Case, err error) {
	err = s.tx(ctx, func(t *tx) error {
		c, err = t.merge(ctx, m)
		return err
	})
	if err != nil {
		return c, fmt.Errorf("merge cases %s and %s: %w", m.Number, m.Other, err)
	}
	return c, nil
}

func (t *tx) merge(ctx context.Context, m Merge) (socialwatch.Case, error) {
	into, from, err := t.pair(ctx, m)
	if err != nil {
		return into, err
	}
	if err := t.mayMerge(ctx, into, from, m.By.Login); err != nil {
		return into, err
	}
	if err := t.wakeDrafts(ctx, m.At, into.ID, from.ID); err != nil {
		return into, err
	}
	waits, err := t.eitherWaits(ctx, into, from)
	if err != nil {
		return into, err
	}
	did := mergeDone{State: from.State, AskedAt: from.AskedAt, Before: foldOf(into), Version: into.Version + 1}
	if err := t.moveOver(ctx, into.ID, from.ID, &did); err != nil {
		return into, err
	}
	if did.RaisedAt, err = t.raiseMerged(ctx, into.ID, from.ID); err != nil {
		return into, err
	}
	was, own, snoozed := into.State, into.Orders, !into.SnoozedUntil.IsZero()
	takeIn(&into, from)
	did.Own = places(own, into.Orders)
	into.UpdatedAt, into.SnoozedUntil = socialwatch.Micros(m.At), time.Time{}
	if err := t.refold(ctx, into); err != nil {
		return into, err
	}
	if _, err := t.exec(ctx, sqlMergeAway, into.ID, m.At, from.ID); err != nil {
		return into, err
	}
	if err := t.values(ctx, values{head: sqlMergeKeep, width: 5, args: []any{from.ID, into.ID, m.By.Login, m.At, asJSON(did)}}); err != nil {
		return into, err
	}
	into.Version++
	e := socialwatch.Event{Kind: socialwatch.EventCaseMerged, Actor: m.By.Login, At: m.At, Data: map[string]any{"from": from.ID, "into": into.ID}}
	events := aboutBoth(e, into, from)
	if was != into.State {
		e.Kind, e.CaseID, e.CaseVersion = socialwatch.EventCaseState, into.ID, into.Version
		e.Data = map[string]any{"from": string(was), "to": string(into.State)}
		events = append(events, e)
	}
	return into, t.addEvents(ctx, append(stillWaiting(events, into, waits), wokenByMerge(m, into, from, snoozed)...)...)
}

// wokenByMerge are the events of the snoozes that a merge ends, and that undoing it
// does not bring back: who undoes it looks at both.
func wokenByMerge(m Merge, into, from socialwatch.Case, snoozed bool) (events []socialwatch.Event) {
	tell := func(id int64, version int) {
		e := *wokenBy("merged")
		e.CaseID, e.CaseVersion, e.Actor, e.At = id, version, m.By.Login, m.At
		events = append(events, e)
	}
	if snoozed {
		tell(into.ID, into.Version)
	}
	if !from.SnoozedUntil.IsZero() {
		tell(from.ID, from.Version+1)
	}
	return events
}

// eitherWaits is what one of two cases waits for.
func (t *tx) eitherWaits(ctx context.Context, into, from socialwatch.Case) (string, error) {
	waits, err := t.waitsFor(ctx, into)
	if err != nil || waits != "" {
		return waits, err
	}
	return t.waitsFor(ctx, from)
}

// stillWaiting has each of the events of a survivor say what it waits for, if it
// does.
func stillWaiting(events []socialwatch.Event, into socialwatch.Case, waits string) []socialwatch.Event {
	for i, e := range events {
		if e.CaseID == into.ID && into.State == socialwatch.CaseWaiting && waits != "" {
			events[i].Data = maps.Clone(e.Data)
			events[i].Data["waits_for"] = waits
		}
	}
	return events
}

// moveOver moves to a case what another one holds, and notes what that was.
func (t *tx) moveOver(ctx context.Context, into, from int64, did *mergeDone) error {
	for _, move := range []struct {
		query string
		to    any
	}{{sqlMergeMentions, &did.Mentions}, {sqlMergeNotes, &did.Notes}, {sqlMergeReplies, &did.Replies},
		{sqlMergeHandoffs, &did.Handoffs}, {sqlMergeTags, &did.Tags}} {
		if err := t.all(ctx, move.to, move.query, into, from); err != nil {
			return err
		}
	}
	return nil
}

// raiseMerged makes the survivor of a merge, as it was before, raised if either of
// the two was, and returns when it was itself.
func (t *tx) raiseMerged(ctx context.Context, into, from int64) (time.Time, error) {
	var before moment
	if err := t.get(ctx, &before, sqlRaisedBefore, into); err != nil {
		return before.Time, err
	}
	_, err := t.exec(ctx, sqlMergeRaised, []int64{into, from}, into)
	return before.Time, err
}

// aboutBoth is an event of both cases of a merge; into has its new version.
func aboutBoth(e socialwatch.Event, into, from socialwatch.Case) []socialwatch.Event {
	other := e
	e.CaseID, e.CaseVersion = into.ID, into.Version
	other.CaseID, other.CaseVersion = from.ID, from.Version+1
	return []socialwatch.Event{e, other}
}

// refold stores what of a survivor a merge may change, and lets its drafts
// follow in the queue.
func (t *tx) refold(ctx context.Context, c socialwatch.Case) error {
	_, err := t.exec(ctx, sqlMergeInto, c.State, c.Level, c.Score, c.Escalated, c.Escalation, asJSON(c.Orders), c.DueAt, c.RespondedAt,
		c.AskedAt, c.ResolvedAt, c.UpdatedAt, c.UpdatedAt, c.ID)
	if err == nil {
		_, err = t.queueAgain(ctx, c.ID)
	}
	return err
}

// readable is caseByNumber for a person: a case on an account that is not theirs
// to read is none.
func (t *tx) readable(ctx context.Context, number, login string) (wholeCase, error) {
	c, err := t.caseByNumber(ctx, number)
	if err != nil {
		return c, err
	}
	err = t.mayWork(ctx, login, socialwatch.RoleReader, c.Account)
	if errors.Is(err, socialwatch.ErrForbidden) {
		err = socialwatch.ErrNotFound
	}
	return c, err
}

// pair reads and locks both cases, always the one of the lower id first, and
// returns the older one first.
func (t *tx) pair(ctx context.Context, m Merge) (older, younger socialwatch.Case, err error) {
	a, err := t.readable(ctx, m.Number, m.By.Login)
	if err != nil {
		return older, younger, err
	}
	b, err := t.readable(ctx, m.Other, m.By.Login)
	if err != nil {
		return older, younger, err
	}
	if a.ID == b.ID {
		return older, younger, fmt.Errorf("they are one case: %w", socialwatch.ErrNotPossible)
	}
	seen := map[int64]int{a.ID: m.Version, b.ID: m.OtherVersion}
	var both []socialwatch.Case
	for _, id := range []int64{min(a.ID, b.ID), max(a.ID, b.ID)} {
		c, err := t.lockedByID(ctx, id)
		if err != nil {
			return older, younger, err
		}
		if err := t.stillAt(ctx, c, seen[id]); err != nil {
			return older, younger, fmt.Errorf("%s: %w", c.Number, err)
		}
		both = append(both, c)
	}
	if both[1].OpenedAt.Before(both[0].OpenedAt) {
		slices.Reverse(both)
	}
	return both[0], both[1], nil
}

func (t *tx) lockedByID(ctx context.Context, id int64) (socialwatch.Case, error) {
	if err := t.lockCase(ctx, id); err != nil {
		return socialwatch.Case{}, err
	}
	row, err := t.caseByID(ctx, id)
	return row.value(), err
}

// mayMerge says what is in the way of making two cases one.
func (t *tx) mayMerge(ctx context.Context, into, from socialwatch.Case, by string) error {
	for _, c := range []socialwatch.Case{into, from} {
		if err := t.mayDecide(ctx, by, socialwatch.RoleLead, c.Account); err != nil {
			return err
		}
		if err := t.mayLead(c, by); err != nil {
			return fmt.Errorf("%s: %w", c.Number, err)
		}
		if !c.State.Live() {
			return fmt.Errorf("%s is %s: %w", c.Number, c.State, socialwatch.ErrNotPossible)
		}
	}
	// What the customer says next must find the case.
	if into.Account != from.Account || into.Customer.ID != from.Customer.ID {
		return fmt.Errorf("they are not of one customer on one account: %w", socialwatch.ErrNotPossible)
	}
	return nil
}

// takeIn takes into a case what another one brings.
func takeIn(into *socialwatch.Case, from socialwatch.Case) {
	into.Level, into.Score = min(into.Level, from.Level), max(into.Score, from.Score)
	if from.Escalated {
		into.Escalated, into.Escalation = true, alsoBecause(into.Escalation, from.Escalation)
	}
	into.Orders = slices.Concat(into.Orders, from.Orders)
	slices.Sort(into.Orders)
	into.Orders = slices.Compact(into.Orders)
	into.DueAt = first(into.DueAt, from.DueAt)
	into.RespondedAt, into.AskedAt = first(into.RespondedAt, from.RespondedAt), first(into.AskedAt, from.AskedAt)
	works := func(s socialwatch.CaseState) bool { return s == socialwatch.CaseNew || s == socialwatch.CaseOpen }
	if into.State == socialwatch.CaseResolved && from.State != socialwatch.CaseResolved || !works(into.State) && works(from.State) {
		into.State, into.ResolvedAt = from.State, time.Time{}
		if from.State == socialwatch.CaseNew {
			into.State = socialwatch.CaseOpen
		}
	}
}

// places are where those of some stand in all, which is sorted.
func places(some, all []string) (at []int) {
	for i, one := range all {
		if slices.Contains(some, one) {
			at = append(at, i)
		}
	}
	return at
}

// first is the earlier of two times that are not zero.
func first(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// MergedCase is a case that another one took in.
type MergedCase struct {
	Number  string
	Version int
	By      string // login
	At      time.Time
}

const sqlMergedCases = `select c.number, c.version, m.actor, m.at from merges m join cases c on c.id = m.case_id
where m.into_id = ? and m.undone_at is null and c.merged_into = m.into_id order by m.id`

func (t *tx) mergedCases(ctx context.Context, into int64) (all []MergedCase, err error) {
	var rows []struct {
		Number  string `db:"number"`
		Version int    `db:"version"`
		Actor   string `db:"actor"`
		At      moment `db:"at"`
	}
	err = t.all(ctx, &rows, sqlMergedCases, into)
	for _, r := range rows {
		all = append(all, MergedCase{r.Number, r.Version, r.Actor, r.At.Time})
	}
	return all, err
}
