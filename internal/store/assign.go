package store

import (
	"context"
	"errors"
	"fmt"

	"socialwatch"
)

// Assignment says who works on a case; what is nil stays.
type Assignment struct {
	CaseWork
	Login *string // "": nobody
	Team  *string // "": no team in particular
}

const sqlAssign = `update cases set assignee = ?, team = ? where id = ?`

// Assign gives a case to a person or a team. Authors take what nobody has and
// give back what is theirs; leads and systems give any to anybody who is an
// author on its account. Nothing changes, and nothing is told, when it is so already.
func (s *Store) Assign(ctx context.Context, a Assignment) (socialwatch.Case, error) {
	if a.Team != nil && len(*a.Team) > teamMax {
		return socialwatch.Case{}, fmt.Errorf("assign case %s: a team has at most %d bytes", a.Number, teamMax)
	}
	return s.casework(ctx, "assign", a.CaseWork, socialwatch.RoleAuthor, func(t *tx, c *socialwatch.Case) (*socialwatch.Event, error) {
		login, team := c.Assignee, c.Team
		if a.Login != nil {
			login = *a.Login
		}
		if a.Team != nil {
			team = *a.Team
		}
		if login == c.Assignee && team == c.Team {
			return nil, nil
		}
		if err := t.mayLead(*c, a.By.Login); err != nil {
			return nil, err
		}
		if err := t.mayAssign(ctx, a.By.Login, *c, login, team); err != nil {
			return nil, err
		}
		data := map[string]any{"assignee": login, "was_assignee": c.Assignee, "team": team, "was_team": c.Team}
		c.Assignee, c.Team = login, team
		_, err := t.exec(ctx, sqlAssign, login, team, c.ID)
		return &socialwatch.Event{Kind: socialwatch.EventCaseAssigned, Data: data}, err
	})
}

// mayAssign says what is in the way of giving a case to login and team.
func (t *tx) mayAssign(ctx context.Context, by string, c socialwatch.Case, login, team string) error {
	takes := c.Assignee == "" && login == by
	leaves := c.Assignee == by && login == ""
	if team != c.Team || !takes && !leaves {
		if err := t.mayWork(ctx, by, socialwatch.RoleLead, c.Account); err != nil {
			if login == by && c.Assignee != "" && c.Assignee != by {
				return fmt.Errorf("%s has it, and only a lead may take it from them: %w", c.Assignee, socialwatch.ErrNotPossible)
			}
			return err
		}
	}
	if login == "" || login == c.Assignee || login == by && !isSystem(by) {
		return nil
	}
	err := t.mayDecide(ctx, login, socialwatch.RoleAuthor, c.Account)
	if errors.Is(err, socialwatch.ErrForbidden) {
		return fmt.Errorf("%s may not work on account %s: choose somebody else: %w", login, c.Account, socialwatch.ErrNotPossible)
	}
	return err
}
