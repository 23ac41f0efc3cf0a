package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"socialwatch"
)

// CaseWork says which case a person works on, or a system known by its token:
// then By.Login is its SystemActor.
type CaseWork struct {
	Number  string
	Version int // of the case that the person saw
	By      socialwatch.Person
	At      time.Time
}

const (
	sqlWorked     = `update cases set updated_at = ?, version = version + 1 where id = ?`
	sqlCaseLocked = `select ` + caseColumns + `, breached_at from cases where number = ? and merged_into is null`
	sqlWhatMoved  = `select ` + eventColumns + ` from events where case_id = ? and case_version > ? order by id desc limit 1`
)

// casework runs one piece of a person's work on a case, by a name for errors.
// do changes the case, which is locked and at the version seen, and returns the
// event of it: nil when there is nothing to do. ErrForbidden without the role;
// ErrConflict, with a text that says what changed, when the case has moved on
// or is over.
func (s *Store) casework(ctx context.Context, name string, w CaseWork, role socialwatch.Role,
	do func(*tx, *socialwatch.Case) (*socialwatch.Event, error)) (c socialwatch.Case, err error) {
	err = s.tx(ctx, func(t *tx) error {
		c, err = t.casework(ctx, w, role, do)
		return err
	})
	if err != nil {
		return c, fmt.Errorf("%s case %s: %w", name, w.Number, err)
	}
	return c, nil
}

func (t *tx) casework(ctx context.Context, w CaseWork, role socialwatch.Role,
	do func(*tx, *socialwatch.Case) (*socialwatch.Event, error)) (socialwatch.Case, error) {
	c, err := t.lockedCase(ctx, w.Number, true)
	if err != nil {
		return c, err
	}
	if err := t.mayWork(ctx, w.By.Login, role, c.Account); err != nil {
		return c, err
	}
	if err := t.stillAt(ctx, c, w.Version); err != nil {
		return c, err
	}
	if !c.State.Live() {
		return c, fmt.Errorf("it is %s: %w", c.State, socialwatch.ErrNotPossible)
	}
	e, err := do(t, &c)
	if err != nil || e == nil {
		return c, err
	}
	return c, t.worked(ctx, &c, w, *e)
}

// mayWork is mayDecide for work on a case, which other systems do as well: they
// are known by their tokens, and by no row of people.
func (t *tx) mayWork(ctx context.Context, login string, role socialwatch.Role, account string) error {
	if isSystem(login) {
		return nil
	}
	return t.mayDecide(ctx, login, role, account)
}

// lockedCase reads the case with a number, or the survivor of its merge, and
// keeps it as it is until the transaction ends. Without wait it returns errBusy
// for a case that another transaction keeps.
func (t *tx) lockedCase(ctx context.Context, number string, wait bool) (socialwatch.Case, error) {
	lock := t.s.dialect.skipLocked
	if wait {
		lock = t.s.dialect.forUpdate
	}
	var row wholeCase
	err := t.get(ctx, &row, sqlCaseLocked+lock, number)
	if !errors.Is(err, socialwatch.ErrNotFound) {
		return row.value(), err
	}
	found, err := t.caseByNumber(ctx, number)
	if err != nil {
		return socialwatch.Case{}, err
	}
	var version int
	err = t.get(ctx, &version, sqlLockCase+lock, found.ID)
	if !wait && errors.Is(err, socialwatch.ErrNotFound) {
		return socialwatch.Case{}, errBusy
	}
	if err != nil {
		return socialwatch.Case{}, err
	}
	row, err = t.caseByID(ctx, found.ID)
	return row.value(), err
}

// worked raises the case's version and writes the event.
func (t *tx) worked(ctx context.Context, c *socialwatch.Case, w CaseWork, e socialwatch.Event) error {
	c.UpdatedAt = socialwatch.Micros(w.At)
	c.Version++
	if _, err := t.exec(ctx, sqlWorked, c.UpdatedAt, c.ID); err != nil {
		return err
	}
	e.CaseID, e.CaseVersion, e.Actor, e.At = c.ID, c.Version, w.By.Login, w.At
	return t.addEvents(ctx, e)
}

// stillAt refuses work on a case that has changed since the version seen, and
// says what happened to it last.
func (t *tx) stillAt(ctx context.Context, c socialwatch.Case, seen int) error {
	if c.Version == seen {
		return nil
	}
	var last []eventRow
	if err := t.all(ctx, &last, sqlWhatMoved, c.ID, min(seen, math.MaxInt32)); err != nil {
		return err
	}
	what := ""
	for _, e := range last {
		what = fmt.Sprintf(" (%s by %s at %s)", strings.ReplaceAll(e.Kind, ".", " "), e.Actor, e.At.Format("15:04 MST"))
	}
	return fmt.Errorf("it has changed since you saw it%s: look at it again: %w", what, socialwatch.ErrConflict)
}

// workFilter is the condition of a filter on who works on a case, and on what.
func workFilter(f CaseFilter) (where string, args []any) {
	add := func(on bool, condition string, value ...any) {
		if on {
			where, args = where+condition, append(args, value...)
		}
	}
	add(f.Incident != 0, " and incident_id = ?", f.Incident)
	add(f.Intent != "", " and intent = ?", f.Intent)
	add(f.Team != "", " and team = ? and team <> ''", f.Team)
	add(f.Assignee != "", " and assignee = ? and assignee <> ''", f.Assignee)
	add(f.Tag != "", " and id in (select case_id from case_tags where tag = ?)", f.Tag)
	add(f.Snoozed, " and snoozed_until is not null")
	add(f.Due, sqlHasNext)
	add(f.Raised, sqlIsRaised)
	add(f.Network != "", " and network = ?", f.Network)
	add(f.Level != 0, " and level = ?", f.Level)
	add(f.Escalated, " and escalated")
	add(f.Customer != "", " and lower(customer ->> 'handle') = lower(?)", f.Customer)
	add(!f.Updated.IsZero(), " and updated_at >= ?", f.Updated)
	return where, args
}
