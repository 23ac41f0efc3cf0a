package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"socialwatch"
)

// Kinds of command. Ping changes nothing: it shows that commands are answered.
const (
	CommandPing           = "ping"
	CommandClaim          = "claim"
	CommandRelease        = "release"
	CommandResolve        = "resolve"
	CommandReopen         = "reopen"
	CommandNote           = "note"
	CommandPrivateContact = "private_contact"
)

const sqlCommandCase = `select number from cases where id = ?`

// applyCommand does what a command asks and returns the case's version afterwards,
// 0 without a case.
func (t *tx) applyCommand(ctx context.Context, c command, now time.Time, mask func(string) string) (int, error) {
	if c.Kind == CommandPing {
		return 0, c.shape(&struct{}{}, "{}")
	}
	do, known := map[string]func(context.Context, command, CaseWork) (int, error){
		CommandClaim: t.applyClaim, CommandRelease: t.applyRelease, CommandResolve: t.applyMove(socialwatch.CaseResolved),
		CommandReopen: t.applyMove(socialwatch.CaseOpen), CommandNote: t.applyNote(mask),
		CommandPrivateContact: t.applyPrivateContact,
	}[c.Kind]
	if !known {
		return 0, fmt.Errorf("there is no such kind of command: %w", errRefused)
	}
	w, err := t.caseOfCommand(ctx, c)
	if err != nil {
		return 0, err
	}
	w.By, w.At = socialwatch.Person{Login: socialwatch.SystemActor(c.System)}, now
	return do(ctx, c, w)
}

// caseOfCommand finds the case of a command and locks it. Without an expected
// version it is worked on as it is.
func (t *tx) caseOfCommand(ctx context.Context, c command) (w CaseWork, err error) {
	number := deref(c.Number)
	if c.CaseID != nil {
		var of string
		err := t.get(ctx, &of, sqlCommandCase, *c.CaseID)
		if errors.Is(err, socialwatch.ErrNotFound) {
			return w, fmt.Errorf("there is no case with this case_id: %w", errRefused)
		}
		if err != nil {
			return w, err
		}
		if number != "" && number != of {
			return w, fmt.Errorf("case_id is of %s, case_number says another: %w", of, errRefused)
		}
		number = of
	}
	if number == "" {
		return w, fmt.Errorf("case_id or case_number is missing: %w", errRefused)
	}
	found, err := t.lockedCase(ctx, number, c.wait)
	if errors.Is(err, socialwatch.ErrNotFound) {
		return w, fmt.Errorf("there is no case with this case_number: %w", errRefused)
	}
	w = CaseWork{Number: number, Version: found.Version}
	switch {
	case err != nil:
		return w, err
	case c.Expected != nil && found.Number != number: // the version is another case's
		return w, fmt.Errorf("it has been merged into %s: look at that case: %w", found.Number, errRefused)
	case c.Expected != nil && *c.Expected != int64(found.Version):
		w.Version = int(*c.Expected)
		return w, t.stillAt(ctx, found, w.Version)
	case c.Expected == nil && (c.Kind == CommandClaim || c.Kind == CommandResolve || c.Kind == CommandReopen):
		return w, fmt.Errorf("expected_version is missing: the version of the case that you decided on: %w", errRefused)
	}
	return w, nil
}

func (t *tx) applyClaim(ctx context.Context, c command, w CaseWork) (int, error) {
	var data struct {
		Reference string `json:"reference"`
		URL       string `json:"url"`
	}
	if err := c.shape(&data, `{"reference": "…", "url": "https://…"}`); err != nil {
		return 0, err
	}
	after, err := t.own(ctx, w, socialwatch.External{System: c.System, Ref: data.Reference, URL: data.URL})
	return after.Version, err
}

func (t *tx) applyRelease(ctx context.Context, c command, w CaseWork) (int, error) {
	if err := c.shape(&struct{}{}, "{}"); err != nil {
		return 0, err
	}
	after, err := t.giveBack(ctx, w)
	return after.Version, err
}

func (t *tx) applyMove(to socialwatch.CaseState) func(context.Context, command, CaseWork) (int, error) {
	return func(ctx context.Context, c command, w CaseWork) (int, error) {
		if err := c.shape(&struct{}{}, "{}"); err != nil {
			return 0, err
		}
		if to == socialwatch.CaseOpen {
			at, err := t.lockedCase(ctx, w.Number, true)
			if err != nil {
				return 0, err
			}
			if at.State != socialwatch.CaseResolved {
				return 0, fmt.Errorf("it is %s, only a resolved case can be reopened: %w", at.State, errRefused)
			}
		}
		after, err := t.setCaseState(ctx, CaseMove{Number: w.Number, Version: w.Version, To: to, By: w.By, At: w.At})
		return after.Version, err
	}
}

func (t *tx) applyNote(mask func(string) string) func(context.Context, command, CaseWork) (int, error) {
	return func(ctx context.Context, c command, w CaseWork) (int, error) {
		var data struct {
			Text string `json:"text"`
		}
		if err := c.shape(&data, `{"text": "…"}`); err != nil {
			return 0, err
		}
		text := strings.TrimSpace(mask(socialwatch.CleanText(strings.ReplaceAll(data.Text, "\r\n", "\n"))))
		if text == "" || len(text) > NoteMax {
			return 0, fmt.Errorf("a note has 1 to %d bytes: %w", NoteMax, errRefused)
		}
		_, err := t.addNote(ctx, NewNote{CaseWork: w, Body: text})
		return w.Version, err
	}
}

func (t *tx) applyPrivateContact(ctx context.Context, c command, w CaseWork) (int, error) {
	if err := c.shape(&struct{}{}, "{}"); err != nil {
		return 0, err
	}
	after, err := t.casework(ctx, w, socialwatch.RoleAuthor, func(t *tx, c *socialwatch.Case) (*socialwatch.Event, error) {
		return t.privateContact(ctx, c, w)
	})
	return after.Version, err
}
