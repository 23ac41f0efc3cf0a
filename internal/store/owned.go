package store

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"socialwatch"
)

// Limits of what a system says of a case that it claims, in bytes.
const (
	externalRefMax = 200
	externalURLMax = 1000
)

const sqlOwn = `update cases set external_system = ?, external_ref = ?, external_url = ? where id = ?`

// isSystem reports whether login is the system whose command this transaction
// runs.
func (t *tx) isSystem(login string) bool {
	return t.system != "" && login == socialwatch.SystemActor(t.system)
}

// mayLead refuses whoever is not master of a case: once a system has claimed it,
// its state, assignee, team and merges are that system's.
func (t *tx) mayLead(c socialwatch.Case, login string) error {
	if c.External.System == "" || login == socialwatch.SystemActor(c.External.System) {
		return nil
	}
	return &OwnedError{c.External}
}

// OwnedError is ErrForbidden because another system owns the case.
type OwnedError struct{ Owner socialwatch.External }

// Error says who owns it, and where it stands there.
func (e *OwnedError) Error() string {
	return fmt.Sprintf("%s: change it there: %s", ownedBy(e.Owner), socialwatch.ErrForbidden)
}

func (e *OwnedError) Unwrap() error { return socialwatch.ErrForbidden }

// ownedBy says who owns a case, and where it stands there.
func ownedBy(e socialwatch.External) string {
	if e.URL != "" {
		return fmt.Sprintf("%s owns it as %s (%s)", e.System, e.Ref, e.URL)
	}
	return fmt.Sprintf("%s owns it as %s", e.System, e.Ref)
}

// CheckExternal says what is wrong with the name that a system gives a case.
func CheckExternal(e socialwatch.External) error {
	switch {
	case e.Ref == "" || len(e.Ref) > externalRefMax || strings.ContainsFunc(e.Ref, unprintable):
		return fmt.Errorf("a reference has 1 to %d bytes of printable text: %w", externalRefMax, errRefused)
	case e.URL == "":
		return nil
	}
	u, err := url.Parse(e.URL)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || len(e.URL) > externalURLMax || strings.ContainsFunc(e.URL, unprintable) {
		return fmt.Errorf("an address begins with https://, names a host and no password, and has at most %d bytes: %w", externalURLMax, errRefused)
	}
	return nil
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// own makes a case a system's under a reference; a case that it has
// already gets the new reference.
func (t *tx) own(ctx context.Context, w CaseWork, as socialwatch.External) (socialwatch.Case, error) {
	if err := CheckExternal(as); err != nil {
		return socialwatch.Case{}, err
	}
	return t.casework(ctx, w, socialwatch.RoleAuthor, func(t *tx, c *socialwatch.Case) (*socialwatch.Event, error) {
		if err := t.mayLead(*c, w.By.Login); err != nil || c.External == as {
			return nil, err
		}
		c.External = as
		data := map[string]any{"system": as.System, "reference": as.Ref}
		if as.URL != "" {
			data["url"] = as.URL
		}
		_, err := t.exec(ctx, sqlOwn, as.System, as.Ref, as.URL, c.ID)
		return &socialwatch.Event{Kind: socialwatch.EventCaseClaimed, Data: data}, err
	})
}

// ClaimCase makes a case the system's that w.By is, under a reference of its
// own: from then on it leads the case. What it has already gets the new
// reference. ErrForbidden while another system has it.
func (s *Store) ClaimCase(ctx context.Context, w CaseWork, as socialwatch.External) (c socialwatch.Case, err error) {
	err = s.tx(ctx, func(t *tx) error {
		c, err = t.own(ctx, w, as)
		return err
	})
	if err != nil {
		return c, fmt.Errorf("claim case %s: %w", w.Number, err)
	}
	return c, nil
}

// GiveBackCase is ReleaseCase for the system that has claimed it.
func (s *Store) GiveBackCase(ctx context.Context, w CaseWork) (c socialwatch.Case, err error) {
	err = s.tx(ctx, func(t *tx) error {
		c, err = t.giveBack(ctx, w)
		return err
	})
	if err != nil {
		return c, fmt.Errorf("give case %s back: %w", w.Number, err)
	}
	return c, nil
}

// ReleaseCase makes a case ours again that a system has claimed, for a lead: the
// system may be gone. ErrConflict when nobody has claimed it.
func (s *Store) ReleaseCase(ctx context.Context, w CaseWork) (socialwatch.Case, error) {
	return s.casework(ctx, "release", w, socialwatch.RoleLead, func(t *tx, c *socialwatch.Case) (*socialwatch.Event, error) {
		return t.release(ctx, c)
	})
}

// giveBack is ReleaseCase for the system that has claimed the case.
func (t *tx) giveBack(ctx context.Context, w CaseWork) (socialwatch.Case, error) {
	return t.casework(ctx, w, socialwatch.RoleAuthor, func(t *tx, c *socialwatch.Case) (*socialwatch.Event, error) {
		if err := t.mayLead(*c, w.By.Login); err != nil {
			return nil, err
		}
		return t.release(ctx, c)
	})
}

func (t *tx) release(ctx context.Context, c *socialwatch.Case) (*socialwatch.Event, error) {
	had := c.External
	if had.System == "" {
		return nil, fmt.Errorf("no system has claimed it: %w", socialwatch.ErrNotPossible)
	}
	c.External = socialwatch.External{}
	_, err := t.exec(ctx, sqlOwn, "", "", "", c.ID)
	return &socialwatch.Event{Kind: socialwatch.EventCaseReleased,
		Data: map[string]any{"system": had.System, "reference": had.Ref}}, err
}
