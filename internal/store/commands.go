package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"socialwatch"
)

// Commands are what other systems have inserted into case_commands_v1.
const (
	sqlCommandWaits = `select id from case_commands where state = 'waiting' and (next_at is null or next_at <= ?) order by id limit 1`
	sqlCommandTurn  = `select value from counters where name = 'command'`
	sqlCommandNext  = `select id, system, case_id, case_number, expected_version, kind, data, tries from case_commands
where state = 'waiting' and (next_at is null or next_at <= ?) order by id limit 1`
	sqlCommandEnd = `update case_commands set state = ?, reason = ?, case_version = ?, answered_at = ?, data = '{}', next_at = null
where id = ? and state = 'waiting'`
	sqlCommandLater = `update case_commands set tries = tries + 1, next_at = ? where id = ? and state = 'waiting' and tries = ?`
)

// States of a command.
const (
	CommandWaiting = "waiting"
	CommandApplied = "applied"
	CommandRefused = "refused"
)

// commandTries is how often a command is tried that fails for no fault of its
// own, before it is refused so that nobody waits for it for ever.
const commandTries = 5

// errRefused is what is wrong with a command itself.
var errRefused = errors.New("refused")

// command is one row of case_commands.
type command struct {
	ID       int64           `db:"id"`
	System   string          `db:"system"`
	CaseID   *int64          `db:"case_id"`
	Number   *string         `db:"case_number"`
	Expected *int64          `db:"expected_version"`
	Kind     string          `db:"kind"`
	Data     jsonOf[rawJSON] `db:"data"`
	Tries    int             `db:"tries"`
}

type rawJSON = json.RawMessage

// ApplyCommand does what the oldest waiting command of another system asks, with
// the checks that people meet, and writes the outcome beside it in the same
// transaction: a command has one effect, whoever dies or however many ask.
// Processes take turns. mask takes personal data out of a note. It returns false
// when none waits; an error is none of the command's, which is tried again later.
func (s *Store) ApplyCommand(ctx context.Context, now time.Time, mask func(string) string) (found bool, err error) {
	var waits []int64
	if err := s.read(ctx, func(t *tx) error { return t.all(ctx, &waits, sqlCommandWaits, now) }); err != nil || len(waits) == 0 {
		return false, wrapped("look for commands", err)
	}
	var c command
	err = s.tx(ctx, func(t *tx) error {
		c, found = command{}, false
		var turn int64
		if err := t.get(ctx, &turn, sqlCommandTurn+s.dialect.forUpdate); err != nil {
			return err
		}
		err := t.get(ctx, &c, sqlCommandNext, now)
		if errors.Is(err, socialwatch.ErrNotFound) {
			return nil // another process was faster
		}
		if err != nil {
			return err
		}
		found = true
		return t.answer(ctx, c, now, mask)
	})
	if err != nil && c.ID != 0 && ctx.Err() == nil {
		err = errors.Join(err, s.tryLater(ctx, c, now))
	}
	return found, wrapped("apply a command", err)
}

func wrapped(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// answer applies a command and writes the outcome. What a refused one had begun
// is taken back.
func (t *tx) answer(ctx context.Context, c command, now time.Time, mask func(string) string) error {
	if _, err := t.exec(ctx, "savepoint command"); err != nil {
		return err
	}
	t.system = c.System
	version, err := t.obey(ctx, c, now, mask)
	t.system = ""
	t.s.point("command obeyed")
	state, reason := CommandApplied, ""
	if err != nil {
		state, reason = CommandRefused, refusal(err)
		if reason == "" {
			return err
		}
		if _, err := t.exec(ctx, "rollback to savepoint command"); err != nil {
			return err
		}
	}
	if _, err := t.exec(ctx, "release savepoint command"); err != nil {
		return err
	}
	return t.endCommand(ctx, c, now, outcome{state, reason, version})
}

// outcome is what a command came to.
type outcome struct {
	state, reason string
	version       int // of the case afterwards; 0: no case
}

// endCommand writes the outcome and rings for whoever waits for it.
func (t *tx) endCommand(ctx context.Context, c command, now time.Time, o outcome) error {
	var version any
	if o.version != 0 {
		version = o.version
	}
	n, err := t.exec(ctx, sqlCommandEnd, o.state, o.reason, version, now, c.ID)
	if err := noneIsMissing(n, err); err != nil {
		return err
	}
	return t.notify(ctx, t.s.feedChannel())
}

// refusal is what a refusing error tells the system; empty when err is a failure
// of another kind.
func refusal(err error) string {
	for _, class := range []error{errRefused, socialwatch.ErrConflict, socialwatch.ErrForbidden, socialwatch.ErrNotFound} {
		if errors.Is(err, class) {
			return strings.TrimSuffix(err.Error(), ": "+class.Error())
		}
	}
	return ""
}

// tryLater keeps a command that failed from holding up the others, and refuses it
// in the end.
func (s *Store) tryLater(ctx context.Context, c command, now time.Time) error {
	return s.tx(ctx, func(t *tx) error {
		if c.Tries+1 < commandTries {
			_, err := t.exec(ctx, sqlCommandLater, now.Add(time.Second<<c.Tries), c.ID, c.Tries)
			return err
		}
		err := t.endCommand(ctx, c, now, outcome{state: CommandRefused, reason: "it failed again and again on our side: ask the operator of socialwatch, who finds why in its log"})
		if errors.Is(err, socialwatch.ErrNotFound) {
			return nil
		}
		return err
	})
}

// shape reads the data of a command into what its kind takes.
func (c command) shape(into any, looks string) error {
	d := json.NewDecoder(bytes.NewReader(c.Data.V))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil || bytes.Equal(bytes.TrimSpace(c.Data.V), []byte("null")) {
		return fmt.Errorf("the data of %s is %s and nothing else: %w", c.Kind, looks, errRefused)
	}
	return nil
}
