package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"socialwatch"
)

// Commands are what other systems have inserted into case_commands_v1.
const (
	sqlCommandWaits = `select id from case_commands where state = 'waiting' and (next_at is null or next_at <= ?) limit 1`
	sqlCommandTurn  = `select value from counters where name = 'command'`

	// Each system of which something waits costs one look into the index, however
	// much it is. Those come first whose oldest has waited longest.
	sqlCommandSystems = `with recursive waiting (system) as (
select min(system) from case_commands where state = 'waiting'
union all
select (select min(c.system) from case_commands c where c.state = 'waiting' and c.system > w.system) from waiting w where w.system is not null)
select w.system from waiting w where w.system is not null
order by (select min(c.id) from case_commands c where c.state = 'waiting' and c.system = w.system) limit ?`
	commandRow    = `id, system, case_id, case_number, expected_version, kind, data, tries`
	sqlCommandsOf = `select * from (select ` + commandRow + ` from case_commands
where state = 'waiting' and system = ? and (next_at is null or next_at <= ?) order by id limit ?) as one`
	sqlCommand = `select ` + commandRow + ` from case_commands where state = 'waiting' and id = ?`

	sqlCommandsEnd     = `with ended (id, state, reason, version, at) as (`
	sqlCommandsEndTail = `) update case_commands set state = ended.state, reason = ended.reason, case_version = nullif(cast(ended.version as integer), 0),
answered_at = cast(ended.at as timestamptz), data = '{}', next_at = null
from ended where case_commands.id = cast(ended.id as bigint) and case_commands.state = 'waiting' returning case_commands.id`
	sqlCommandLater = `update case_commands set tries = tries + 1, next_at = ? where id = ?`
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

// errBusy means that somebody works on the case at the moment.
var errBusy = errors.New("somebody works on the case")

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

	before int  // how many of its system come first
	wait   bool // for its case, should somebody work on it
}

type rawJSON = json.RawMessage

// Bounds of one transaction of commands. More of them at once would cost the
// server a table of savepoints; whoever waits for a case that one of them
// concerns, and on SQLite for the file, must not wait long.
const (
	commandsAtOnce     = 50
	commandsTime       = 100 * time.Millisecond
	commandsTimeSQLite = 50 * time.Millisecond
)

// ApplyCommands does what waiting commands of other systems ask, as many as one
// short transaction takes, with the checks that people meet, and writes the
// outcomes beside them in the same commit: a command has one effect, whoever dies
// or however many ask. Systems take turns, and so do processes; the commands of
// one system come in their order. mask takes personal data out of notes.
//
// It returns how many were tried: 0 when none waits. An error beside some of them
// is of those that failed for no fault of their own, which are tried again later
// and hold up no others.
func (s *Store) ApplyCommands(ctx context.Context, now time.Time, mask func(string) string) (tried int, err error) {
	var waits []int64
	if err := s.readOne(ctx, func(t *tx) error { return t.all(ctx, &waits, sqlCommandWaits, now) }); err != nil || len(waits) == 0 {
		return 0, wrapped("look for commands", err)
	}
	b := commandBatch{now: now, mask: mask}
	err = s.applyBatch(ctx, &b, func(t *tx) ([]command, error) { return t.commandsInTurn(ctx, now) })
	if b.busy == 0 {
		return b.tried, wrapped("apply commands", err)
	}
	last := commandBatch{now: now, mask: mask, wait: true}
	waited := s.applyBatch(ctx, &last, func(t *tx) (one []command, err error) {
		err = t.all(ctx, &one, sqlCommand, b.busy)
		return one, err
	})
	return b.tried + last.tried, wrapped("apply commands", errors.Join(err, waited))
}

// applyBatch runs one transaction of the commands that pick picks.
func (s *Store) applyBatch(ctx context.Context, b *commandBatch, pick func(*tx) ([]command, error)) error {
	begun := *b
	err := s.tx(ctx, func(t *tx) error {
		*b = begun
		b.t = t
		var turn int64
		if err := t.get(ctx, &turn, sqlCommandTurn+s.dialect.forUpdate); err != nil {
			return err
		}
		all, err := pick(t)
		if err != nil || len(all) == 0 { // another process was faster
			return err
		}
		return b.run(ctx, all)
	})
	if err != nil {
		b.tried, b.busy = 0, 0
		return err
	}
	return errors.Join(b.failed...)
}

// commandsInTurn are the commands that are next: of each system the oldest, then
// of each the second, and so on.
func (t *tx) commandsInTurn(ctx context.Context, now time.Time) (all []command, err error) {
	var systems []string
	if err := t.all(ctx, &systems, sqlCommandSystems, commandsAtOnce); err != nil || len(systems) == 0 {
		return nil, err
	}
	var queries []string
	var args []any
	for _, system := range systems {
		queries, args = append(queries, sqlCommandsOf), append(args, system, now, max(1, commandsAtOnce/len(systems)))
	}
	if err := t.all(ctx, &all, strings.Join(queries, " union all "), args...); err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b command) int { return cmp.Compare(a.ID, b.ID) })
	turns := map[string]int{}
	for i, c := range all {
		all[i].before = turns[c.System]
		turns[c.System]++
	}
	slices.SortStableFunc(all, func(a, b command) int { return cmp.Compare(a.before, b.before) })
	return all, nil
}

// commandBatch is one transaction of commands. It waits for no case on which
// somebody works while it keeps others from cases: only a batch of one does.
type commandBatch struct {
	t    *tx
	now  time.Time
	mask func(string) string
	wait bool // of one command: for its case

	tried  int
	busy   int64     // the first command whose case was not to be had
	ended  []any     // for sqlCommandsEnd
	later  []command // that failed
	failed []error   // why
}

// run tries commands in their order, until time is up: one at least of each
// system. What comes after a command that could not be tried waits with it.
func (b *commandBatch) run(ctx context.Context, all []command) error {
	most := commandsTime
	if b.t.s.dialect.kind == SQLite {
		most = commandsTimeSQLite
	}
	if _, err := b.t.exec(ctx, "savepoint command"); err != nil {
		return err
	}
	begun, waits := time.Now(), map[string]bool{}
	for _, c := range all {
		if c.before > 0 && time.Since(begun) >= most {
			break
		}
		if waits[c.System] {
			continue
		}
		tried, err := b.try(ctx, c)
		switch {
		case err != nil:
			return err
		case tried:
			b.tried++
		default:
			waits[c.System] = true
			b.busy = cmp.Or(b.busy, c.ID)
		}
	}
	return b.end(ctx)
}

// keep makes what was done since then safe from takeBack.
func (b *commandBatch) keep(ctx context.Context) error {
	_, err := b.t.exec(ctx, "release savepoint command; savepoint command")
	return err
}

// takeBack undoes what was done since the last keep, because of an error.
func (b *commandBatch) takeBack(ctx context.Context, because error) error {
	if ctx.Err() != nil {
		return because
	}
	if _, err := b.t.exec(ctx, "rollback to savepoint command"); err != nil {
		return errors.Join(because, err)
	}
	return nil
}

// try applies a command, unless somebody works on its case. What one has begun
// that is refused or fails is taken back, and no more than that.
func (b *commandBatch) try(ctx context.Context, c command) (tried bool, err error) {
	version, err := b.apply(ctx, c)
	b.t.s.point("command applied")
	if err == nil {
		b.note(c, CommandApplied, "", version)
		return true, b.keep(ctx)
	}
	if lost := b.takeBack(ctx, err); lost != nil || errors.Is(err, errBusy) {
		return false, lost
	}
	if reason := refusal(err); reason != "" {
		b.note(c, CommandRefused, reason, 0)
		return true, nil
	}
	b.failed = append(b.failed, fmt.Errorf("command %d: %w", c.ID, err))
	if c.Tries+1 < commandTries {
		b.later = append(b.later, c)
		return true, nil
	}
	b.note(c, CommandRefused, "it failed again and again on our side: ask the operator of socialwatch, who finds why in its log", 0)
	return true, nil
}

// apply makes a panic an error of the command, or it would stand in everybody's
// way for ever.
func (b *commandBatch) apply(ctx context.Context, c command) (version int, err error) {
	b.t.system, c.wait = c.System, b.wait
	defer func() { b.t.system = "" }()
	err = socialwatch.Guard(func() (err error) {
		version, err = b.t.applyCommand(ctx, c, b.now, b.mask)
		return err
	})
	return version, err
}

// note keeps an outcome for end; version is that of the case afterwards, 0
// without one.
func (b *commandBatch) note(c command, state, reason string, version int) {
	b.ended = append(b.ended, c.ID, state, reason, version, b.now)
}

// end writes the outcomes and rings for whoever waits for them.
func (b *commandBatch) end(ctx context.Context) error {
	for _, c := range b.later {
		if _, err := b.t.exec(ctx, sqlCommandLater, b.now.Add(time.Second<<c.Tries), c.ID); err != nil {
			return err
		}
	}
	if len(b.ended) == 0 {
		return nil
	}
	const width = 5
	n := len(b.ended) / width
	ids, err := returning[int64](ctx, b.t, values{head: sqlCommandsEnd, tail: sqlCommandsEndTail, width: width, args: b.ended})
	if err != nil {
		return err
	}
	if len(ids) < n {
		return errors.New("one has been answered meanwhile, as its case was erased")
	}
	return b.t.notify(ctx, b.t.s.feedChannel())
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

// shape reads the data of a command into what its kind takes.
func (c command) shape(into any, looks string) error {
	d := json.NewDecoder(bytes.NewReader(c.Data.V))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil || bytes.Equal(bytes.TrimSpace(c.Data.V), []byte("null")) {
		return fmt.Errorf("the data of %s is %s and nothing else: %w", c.Kind, looks, errRefused)
	}
	return nil
}
