package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"socialwatch"
)

// The page is cut in the inner query; only its rows get their sums.
const (
	sqlCaseRows = `, c.breached_at as breached_at, c.next_at as next_at, ` + sqlRaisedAt + ` as raised_at,
(select count(*) from mentions m where m.case_id = c.id) as mentions,
(select r.state from replies r where r.case_id = c.id order by r.id desc limit 1) as reply,
(select m.body from mentions m where m.case_id = c.id order by m.created_at, m.id limit 1) as body,
(select m.masked from mentions m where m.case_id = c.id order by m.created_at, m.id limit 1) as masked
from `
	sqlCasesPage = `(select * from cases where %s%s order by %s limit ?) c
order by %s`
	sqlCasesOther = `(select * from cases where account = ? and customer_id = ? and id <> ? and state <> 'merged'
    order by opened_at desc, id desc limit 5) c order by c.opened_at desc, c.id desc`
)

var sqlCasesHead = `select ` + prefixed("c", caseColumns, true)

// listedCase is a case of a list.
type listedCase struct {
	C        caseRow `db:"c"`
	Breached moment  `db:"breached_at"`
	NextAt   moment  `db:"next_at"`
	RaisedAt moment  `db:"raised_at"`
	Mentions int     `db:"mentions"`
	Reply    *string `db:"reply"`
	Body     *string `db:"body"`
	Masked   *string `db:"masked"`
}

func (r listedCase) value() CaseRow {
	return CaseRow{Case: r.C.value(), BreachedAt: r.Breached.Time, NextAt: r.C.due(r.NextAt), RaisedAt: r.RaisedAt.Time, Mentions: r.Mentions,
		Reply: socialwatch.ReplyState(deref(r.Reply)), Body: deref(r.Body), Masked: deref(r.Masked)}
}

var caseStates = []socialwatch.CaseState{socialwatch.CaseNew, socialwatch.CaseOpen, socialwatch.CaseWaiting,
	socialwatch.CaseResolved, socialwatch.CaseClosed, socialwatch.CaseMerged}

// Cases returns one page of cases. next is the cursor of the next page, empty
// when there is none. The filter says in which order they come:
//   - Updated: by their last change, the oldest first
//   - Raised: the longest raised first
//   - Due: the soonest deadline first
//   - none of these: the newest first
func (s *Store) Cases(ctx context.Context, f CaseFilter) (rows []CaseRow, next string, err error) {
	query, args, err := casesQuery(f)
	if err != nil {
		return nil, "", fmt.Errorf("read cases: %w", err)
	}
	var found []listedCase
	err = s.readOne(ctx, func(t *tx) error {
		found = nil
		return t.all(ctx, &found, query, args...)
	})
	if err != nil {
		return nil, "", fmt.Errorf("read cases: %w", err)
	}
	found, next = page(found, pageLimit(f.Limit), f.sort().cursor)
	return rowValues[listedCase, CaseRow](found), next, nil
}

func casesQuery(f CaseFilter) (string, []any, error) {
	if len(f.States) == 0 {
		f.States = caseStates[:len(caseStates)-1]
	}
	states, err := inStates(f.States, caseStates)
	if err != nil {
		return "", nil, err
	}
	where, args := among("account", f.Accounts)
	more, chosen := workFilter(f)
	where, args = where+more, append(args, chosen...)
	by := f.sort()
	if f.After != "" {
		at, err := parseCursor(f.After, by.list, 2)
		if err != nil {
			return "", nil, err
		}
		behind, err := cursorTime(at[0])
		if err != nil {
			return "", nil, err
		}
		if by.begin != "" {
			where, args = where+by.begin, append(args, behind)
		}
		where += by.after
		args = append(args, behind, at[1])
	}
	query := sqlCasesHead + sqlCaseRows + fmt.Sprintf(sqlCasesPage, states, where, by.by, by.outer)
	return query, append(args, pageLimit(f.Limit)+1), nil
}

// otherCases are those of the same customer.
func (t *tx) otherCases(ctx context.Context, c caseRow) ([]CaseRow, error) {
	var rows []listedCase
	err := t.all(ctx, &rows, sqlCasesHead+sqlCaseRows+sqlCasesOther, c.Account, c.CustomerID, c.ID)
	return rowValues[listedCase, CaseRow](rows), err
}

const (
	sqlWholeCase    = `select ` + caseColumns + `, breached_at, next_at, ` + sqlRaisedAt + ` as raised_at from cases c where id = ?`
	sqlCaseByNumber = `select id from cases where number = ?`
	sqlTimeline     = `select ` + eventColumns + ` from events where case_id = ? and id < ? order by id desc limit ?`
)

// wholeCase is a case with what intake does not need of it.
type wholeCase struct {
	caseRow
	Breached moment `db:"breached_at"`
	NextAt   moment `db:"next_at"`
	RaisedAt moment `db:"raised_at"`
}

func (t *tx) caseByID(ctx context.Context, id int64) (wholeCase, error) {
	var c wholeCase
	err := t.get(ctx, &c, sqlWholeCase, id)
	return c, err
}

// mergesMax bounds a chain of merges.
const mergesMax = 20

// caseByNumber follows merges to the case that survived.
func (t *tx) caseByNumber(ctx context.Context, number string) (wholeCase, error) {
	var id int64
	if err := t.get(ctx, &id, sqlCaseByNumber, number); err != nil {
		return wholeCase{}, err
	}
	for range mergesMax {
		c, err := t.caseByID(ctx, id)
		if err != nil || c.MergedInto == nil {
			return c, err
		}
		id = *c.MergedInto
	}
	return wholeCase{}, errors.New("its merges run in a circle")
}

// EventsShown is how many events a case shows at once.
const EventsShown = 200

// Case returns the case with a number and all that belongs to it, read at one
// moment. The number of a merged case leads to the survivor.
func (s *Store) Case(ctx context.Context, number string) (d CaseDetail, err error) {
	err = s.read(ctx, func(t *tx) error {
		d, err = t.caseDetail(ctx, number)
		return err
	})
	if err != nil {
		return CaseDetail{}, fmt.Errorf("read case %s: %w", number, err)
	}
	return d, nil
}

// caseReplies returns the replies of a case, as sqlCaseReplies sorts them.
func (t *tx) caseReplies(ctx context.Context, id int64) ([]socialwatch.Reply, error) {
	var rows []replyRow
	err := t.all(ctx, &rows, sqlCaseReplies, id)
	return rowValues[replyRow, socialwatch.Reply](rows), err
}

func (t *tx) caseDetail(ctx context.Context, number string) (d CaseDetail, err error) {
	c, err := t.caseByNumber(ctx, number)
	if err != nil {
		return d, err
	}
	d.Case, d.BreachedAt, d.RaisedAt = c.value(), c.Breached.Time, c.RaisedAt.Time
	if c.Number != number {
		d.MergedFrom = number
	}
	if d.Mentions, err = t.thread(ctx, c.ID); err != nil {
		return d, err
	}
	if d.Replies, err = t.caseReplies(ctx, c.ID); err != nil {
		return d, err
	}
	if d.Earlier, err = t.otherCases(ctx, c.caseRow); err != nil {
		return d, err
	}
	if d.Corrected, err = t.corrections(ctx, c.ID); err != nil {
		return d, err
	}
	if d.Notes, err = t.notes(ctx, c.ID); err != nil {
		return d, err
	}
	if err := t.all(ctx, &d.Tags, sqlTags, c.ID); err != nil {
		return d, err
	}
	if d.Orders, err = t.caseOrders(ctx, c.ID); err != nil {
		return d, err
	}
	if d.Impostors, err = t.posing(ctx, d.Case); err != nil {
		return d, err
	}
	if err := t.beside(ctx, &d); err != nil {
		return d, err
	}
	if d.Targets, err = t.targets(ctx, c.ID); err != nil {
		return d, err
	}
	if d.WaitsFor, err = t.waitsFor(ctx, d.Case); err != nil {
		return d, err
	}
	d.Events, d.Older, err = t.timeline(ctx, c.ID, "", EventsShown)
	return d, err
}

// What a case waits for stands in the newest event that moved it, or in one
// that says it again.
const sqlWaitsFor = `select coalesce(data ->> 'waits_for', '') from events
where case_id = ? and (kind = '` + socialwatch.EventCaseState + `' or data ->> 'waits_for' is not null) order by id desc limit 1`

func (t *tx) waitsFor(ctx context.Context, c socialwatch.Case) (string, error) {
	if c.State != socialwatch.CaseWaiting {
		return "", nil
	}
	var found []string
	err := t.all(ctx, &found, sqlWaitsFor, c.ID)
	return strings.Join(found, ""), err
}

// Timeline returns one page of a case's events, the newest first, numbered or
// not yet. next is the cursor of the next page, empty when there is none.
func (s *Store) Timeline(ctx context.Context, caseID int64, after string, limit int) (events []socialwatch.Event, next string, err error) {
	err = s.read(ctx, func(t *tx) error {
		events, next, err = t.timeline(ctx, caseID, after, pageLimit(limit))
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("read events of case %d: %w", caseID, err)
	}
	return events, next, nil
}

func (t *tx) timeline(ctx context.Context, caseID int64, after string, limit int) ([]socialwatch.Event, string, error) {
	before := int64(1<<63 - 1)
	if after != "" {
		at, err := parseCursor(after, listTimeline, 2)
		if err != nil {
			return nil, "", err
		}
		if at[0] != caseID {
			return nil, "", ErrCursor
		}
		before = at[1]
	}
	var rows []eventRow
	if err := t.all(ctx, &rows, sqlTimeline, caseID, before, limit+1); err != nil {
		return nil, "", err
	}
	rows, next := page(rows, limit, func(e eventRow) cursor { return cursor{listTimeline, []int64{caseID, e.ID}} })
	return rowValues[eventRow, socialwatch.Event](rows), next, nil
}

const (
	sqlCaseStands = `select id, state from replies where case_id = ?
and state in ` + liveReplies + ` order by id limit 1`
	sqlCaseMove = `update cases set state = ?, resolved_at = ?, snoozed_until = null, updated_at = ?, version = version + 1
where id = ? and version = ?`
)

// caseMoves is where a person may take a case. Closing is the clock's.
var caseMoves = map[socialwatch.CaseState][]socialwatch.CaseState{
	socialwatch.CaseNew:      {socialwatch.CaseOpen, socialwatch.CaseWaiting, socialwatch.CaseResolved},
	socialwatch.CaseOpen:     {socialwatch.CaseWaiting, socialwatch.CaseResolved},
	socialwatch.CaseWaiting:  {socialwatch.CaseOpen, socialwatch.CaseResolved},
	socialwatch.CaseResolved: {socialwatch.CaseOpen},
}

// SetCaseState takes a case to another state for a person with the role
// author. ErrConflict, with a text that says what is in the way: the case has
// changed since the version seen, cannot go there from where it is, or, when
// resolving, has a reply that is not at its end.
func (s *Store) SetCaseState(ctx context.Context, m CaseMove) (c socialwatch.Case, err error) {
	err = s.tx(ctx, func(t *tx) error {
		c, err = t.setCaseState(ctx, m)
		return err
	})
	if err != nil {
		return socialwatch.Case{}, fmt.Errorf("make case %s %s: %w", m.Number, m.To, err)
	}
	return c, nil
}

func (t *tx) setCaseState(ctx context.Context, m CaseMove) (socialwatch.Case, error) {
	// The lock keeps replies from moving until this commits.
	c, err := t.lockedCase(ctx, m.Number, true)
	if err != nil {
		return c, err
	}
	if err := t.mayWork(ctx, m.By.Login, socialwatch.RoleAuthor, c.Account); err != nil {
		return c, err
	}
	if err := t.mayMove(ctx, c, m); err != nil {
		return c, err
	}
	kind, from := socialwatch.EventCaseState, c.State
	if from == socialwatch.CaseResolved {
		kind = socialwatch.EventCaseReopened
	}
	c.State, c.ResolvedAt, c.UpdatedAt = m.To, time.Time{}, socialwatch.Micros(m.At)
	if m.To == socialwatch.CaseResolved {
		c.ResolvedAt = c.UpdatedAt
	}
	n, err := t.exec(ctx, sqlCaseMove, c.State, c.ResolvedAt, c.UpdatedAt, c.ID, c.Version)
	if err := noneIsMissing(n, err); err != nil {
		return c, conflictIfGone(err)
	}
	if err := t.wakeDrafts(ctx, m.At, c.ID); err != nil {
		return c, err
	}
	c.Version++
	c.SnoozedUntil = time.Time{}
	return c, t.addEvents(ctx, socialwatch.Event{Kind: kind, CaseID: c.ID, CaseVersion: c.Version, Actor: m.By.Login,
		At: m.At, Data: map[string]any{"from": string(from), "to": string(m.To)}})
}

// mayMove says what is in the way of a case's move.
func (t *tx) mayMove(ctx context.Context, c socialwatch.Case, m CaseMove) error {
	if err := t.stillAt(ctx, c, m.Version); err != nil {
		return err
	}
	if err := t.mayLead(c, m.By.Login); err != nil {
		return err
	}
	if !slices.Contains(caseMoves[c.State], m.To) {
		return fmt.Errorf("it is %s, and a person can take it from there to %v: %w", c.State, caseMoves[c.State], socialwatch.ErrNotPossible)
	}
	if m.To != socialwatch.CaseResolved {
		return nil
	}
	return t.mayResolve(ctx, c)
}

// mayResolve says which reply keeps a case from being resolved.
func (t *tx) mayResolve(ctx context.Context, c socialwatch.Case) error {
	var standing struct {
		ID    int64  `db:"id"`
		State string `db:"state"`
	}
	err := t.get(ctx, &standing, sqlCaseStands, c.ID)
	if errors.Is(err, socialwatch.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("its reply %d is %s: bring it to its end first: %w", standing.ID, standing.State, socialwatch.ErrNotPossible)
}

const sqlLockCase = `select version from cases where id = ?`

// lockCase makes all that changes the case or moves its replies take turns
// with this transaction. Whoever locks a case and a reply locks the case first.
func (t *tx) lockCase(ctx context.Context, id int64) error {
	var version int
	return t.get(ctx, &version, sqlLockCase+t.s.dialect.forUpdate, id)
}
