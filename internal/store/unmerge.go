package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"socialwatch"
)

// Unmerge takes a merged case out of its survivor again. Number and Version are
// the merged case's.
type Unmerge struct {
	CaseWork
	IntoVersion int // of the survivor that the person saw
}

const (
	sqlMergeStanding = `select id, into_id, at, moved from merges where case_id = ? and undone_at is null`
	sqlMergeUndone   = `update merges set undone_by = ?, undone_at = ? where id = ?`

	sqlUnmergeMentions = `update mentions set case_id = ? where case_id = ? and id in (?)`
	sqlUnmergeNotes    = `update notes set case_id = ? where case_id = ? and id in (?)`
	sqlUnmergeReplies  = `update replies set case_id = ? where case_id = ? and mention_id in (?)`
	sqlUnmergeHandoffs = `update handoffs set case_id = ? where case_id = ? and id in (?)`
	sqlUnmergeCase     = `update cases set state = ?, resolved_at = ?, merged_into = null, responded_at = ?, asked_at = ?, look_at = ?, looks = 0, updated_at = ?, version = version + 1 where id = ?`
	sqlUnmergeRaised   = `update cases set raised_at = ? where id = ?`
	sqlUnmergeTouch    = `update cases set updated_at = ?, version = version + 1 where id = ?`
)

// Unmerge undoes a merge, for a lead, and returns the case that is itself again:
// with its posts, all replies to them, its notes, its tags and the state that it
// had. What came to the survivor since stays there. The survivor gets back the
// state, level, score, escalation, order numbers and times of before only when
// nothing has happened to it since the merge; else it keeps them. ErrConflict,
// with a text that says why, when one has changed since it was seen, or there is
// no merge to undo.
func (s *Store) Unmerge(ctx context.Context, u Unmerge) (c socialwatch.Case, err error) {
	err = s.tx(ctx, func(t *tx) error {
		c, err = t.unmerge(ctx, u)
		return err
	})
	if err != nil {
		return c, fmt.Errorf("undo the merge of case %s: %w", u.Number, err)
	}
	return c, nil
}

// standing is a merge that is not undone.
type standing struct {
	ID   int64             `db:"id"`
	Into int64             `db:"into_id"`
	At   moment            `db:"at"`
	Did  jsonOf[mergeDone] `db:"moved"`
}

func (t *tx) unmerge(ctx context.Context, u Unmerge) (socialwatch.Case, error) {
	m, from, into, err := t.mergedPair(ctx, u)
	if err != nil {
		return from, err
	}
	if err := errors.Join(t.mayLead(into, u.By.Login), t.wakeDrafts(ctx, u.At, into.ID)); err != nil {
		return from, err
	}
	did := m.Did.V
	for query, ids := range map[string][]int64{sqlUnmergeMentions: did.Mentions, sqlUnmergeNotes: did.Notes, sqlUnmergeReplies: did.Mentions,
		sqlUnmergeHandoffs: did.Handoffs} {
		if _, err := t.exec(ctx, query, from.ID, into.ID, ids); err != nil {
			return from, err
		}
	}
	if _, err := t.exec(ctx, sqlTagRemove, into.ID, did.Tags); err != nil {
		return from, err
	}
	at := socialwatch.Micros(u.At)
	from.MergedInto, from.AskedAt, from.UpdatedAt = 0, did.AskedAt, at
	if from.State, err = t.asBefore(ctx, from, did.State); err != nil {
		return from, err
	}
	if from.State != socialwatch.CaseResolved {
		from.ResolvedAt = time.Time{}
	}
	if into.RespondedAt.After(m.At.Time) && from.RespondedAt.IsZero() { // the answer was to both
		from.RespondedAt, from.AskedAt = into.RespondedAt, into.AskedAt
	}
	if _, err := t.exec(ctx, sqlUnmergeCase, from.State, from.ResolvedAt, from.RespondedAt, from.AskedAt, at, at, from.ID); err != nil {
		return from, err
	}
	was, restored := into.State, into.Version == did.Version
	if err := t.unfold(ctx, &into, did, restored, u); err != nil {
		return from, err
	}
	if _, err := t.queueAgain(ctx, from.ID); err != nil {
		return from, err
	}
	if _, err := t.exec(ctx, sqlMergeUndone, u.By.Login, u.At, m.ID); err != nil {
		return from, err
	}
	return t.tellUnmerged(ctx, u, into, from, map[string]any{"from": from.ID, "into": into.ID, "restored": restored, "was": string(was)})
}

// unfold gives a survivor back what it was before, if restored.
func (t *tx) unfold(ctx context.Context, into *socialwatch.Case, did mergeDone, restored bool, u Unmerge) error {
	into.UpdatedAt = socialwatch.Micros(u.At)
	if !restored {
		_, err := t.exec(ctx, sqlUnmergeTouch, u.At, into.ID)
		return err
	}
	b := did.Before
	var err error
	if into.State, err = t.asBefore(ctx, *into, b.State); err != nil {
		return err
	}
	into.Level, into.Score, into.Escalated, into.Escalation = b.Level, b.Score, b.Escalated, b.Escalation
	var own []string
	for _, place := range did.Own {
		if place < len(into.Orders) {
			own = append(own, into.Orders[place])
		}
	}
	into.Orders = own
	into.DueAt, into.RespondedAt, into.AskedAt = b.DueAt, b.RespondedAt, b.AskedAt
	if into.ResolvedAt = b.ResolvedAt; into.State != socialwatch.CaseResolved {
		into.ResolvedAt = time.Time{}
	}
	if _, err := t.exec(ctx, sqlUnmergeRaised, did.RaisedAt, into.ID); err != nil {
		return err
	}
	if err := t.forgetOrders(ctx, into.ID, into.Orders); err != nil { // the others are the other case's again
		return err
	}
	return t.refold(ctx, *into)
}

// asBefore is the state that a case of a merge had, unless a reply that was begun
// since keeps it from being resolved.
func (t *tx) asBefore(ctx context.Context, c socialwatch.Case, was socialwatch.CaseState) (socialwatch.CaseState, error) {
	if was != socialwatch.CaseResolved {
		return was, nil
	}
	err := t.mayResolve(ctx, c)
	if errors.Is(err, socialwatch.ErrConflict) {
		return socialwatch.CaseOpen, nil
	}
	return was, err
}

// tellUnmerged writes the event of each of the two, with its own state.
func (t *tx) tellUnmerged(ctx context.Context, u Unmerge, into, from socialwatch.Case, data map[string]any) (socialwatch.Case, error) {
	into.Version++
	events := aboutBoth(socialwatch.Event{Kind: socialwatch.EventCaseUnmerged, Actor: u.By.Login, At: u.At}, into, from)
	from.Version++
	for i, c := range []socialwatch.Case{into, from} {
		own := maps.Clone(data)
		own["to"] = string(c.State)
		if c.State == socialwatch.CaseWaiting {
			waits, err := t.waitsAlone(ctx, c)
			if err != nil {
				return from, err
			}
			own["waits_for"] = waits
		}
		events[i].Data = own
	}
	return from, t.addEvents(ctx, events...)
}

// waitsAlone is what a case waits for after a merge was undone: for private
// contact only if it has itself asked for that.
func (t *tx) waitsAlone(ctx context.Context, c socialwatch.Case) (string, error) {
	waits, err := t.waitsFor(ctx, c)
	if err != nil || waits != socialwatch.WaitsForPrivate {
		return waits, err
	}
	var open []int64
	if err := t.all(ctx, &open, sqlHandoffOpen, c.ID); err != nil || len(open) == 0 {
		return "", err
	}
	return waits, nil
}

// mergedPair reads and locks a merged case and its survivor, for a lead: nobody
// else hears of them.
func (t *tx) mergedPair(ctx context.Context, u Unmerge) (m standing, from, into socialwatch.Case, err error) {
	if _, err := t.readable(ctx, u.Number, u.By.Login); err != nil {
		return m, from, into, err
	}
	var id int64
	if err := t.get(ctx, &id, sqlCaseByNumber, u.Number); err != nil {
		return m, from, into, err
	}
	err = t.get(ctx, &m, sqlMergeStanding, id)
	if errors.Is(err, socialwatch.ErrNotFound) {
		err = fmt.Errorf("it is not merged: %w", socialwatch.ErrNotPossible)
	}
	if err != nil {
		return m, from, into, err
	}
	cases := map[int64]*socialwatch.Case{id: &from, m.Into: &into}
	for _, one := range []int64{min(id, m.Into), max(id, m.Into)} {
		if *cases[one], err = t.lockedByID(ctx, one); err != nil {
			return m, from, into, err
		}
	}
	if err := t.mayDecide(ctx, u.By.Login, socialwatch.RoleLead, from.Account); err != nil {
		return m, from, into, err
	}
	if from.State != socialwatch.CaseMerged || into.State == socialwatch.CaseMerged {
		return m, from, into, fmt.Errorf("%s is %s, %s is %s: undo the later merge first: %w", from.Number, from.State, into.Number, into.State, socialwatch.ErrNotPossible)
	}
	return m, from, into, errors.Join(t.stillAt(ctx, from, u.Version), t.stillAt(ctx, into, u.IntoVersion))
}
