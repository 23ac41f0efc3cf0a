package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"socialwatch"
)

// NewNote is a person's private words on a case. Its Version is not asked: a
// note changes nothing that anybody saw.
type NewNote struct {
	CaseWork
	Body  string   // masked
	Calls []string // words that may be logins of colleagues; the others call nobody
}

// Note is a note as stored.
type Note struct {
	ID     int64
	Author string // login
	Body   string
	At     time.Time
	Calls  []string // logins, sorted
	Open   []string // those of Calls who have not seen it yet
}

// Call is a note that calls a person who has not seen it yet.
type Call struct {
	Note    Note
	Case    string // number
	Account string
}

// callsMax bounds the colleagues of one note.
const callsMax = 10

const (
	sqlNoteAdd   = `insert into notes (case_id, author, body, written_at)`
	sqlCallAdd   = `insert into note_calls (note_id, login)`
	sqlCallees   = `select ` + personColumns + ` from people where login in (?) and not disabled order by login`
	sqlNotes     = `select id, case_id, author, body, written_at from notes where case_id = ? order by id`
	sqlNoteCalls = `select note_id, login, seen_at from note_calls where note_id in (?) order by login`

	sqlCalls = `select n.id, n.case_id, n.author, n.body, n.written_at, c.number, c.account from note_calls k
join notes n on n.id = k.note_id join cases c on c.id = n.case_id
where k.login = ? and k.seen_at is null%s order by n.id desc limit ?`
	sqlCallsSeen = `update note_calls set seen_at = ? where login = ? and seen_at is null
and note_id in (select id from notes where case_id = ?)`
)

// AddNote stores a note of a person with the role author, who has seen by that
// the notes of the case that call them. It calls those of n.Calls who may read
// the case. The event has the note's id and none of its words.
func (s *Store) AddNote(ctx context.Context, n NewNote) (note Note, err error) {
	if body := strings.TrimSpace(n.Body); body == "" || len(body) > NoteMax {
		return note, fmt.Errorf("note on case %s: a note has 1 to %d bytes", n.Number, NoteMax)
	}
	err = s.tx(ctx, func(t *tx) error {
		note, err = t.addNote(ctx, n)
		return err
	})
	if err != nil {
		return note, fmt.Errorf("note on case %s: %w", n.Number, err)
	}
	return note, nil
}

func (t *tx) addNote(ctx context.Context, n NewNote) (note Note, err error) {
	c, err := t.lockedCase(ctx, n.Number, true)
	if err != nil {
		return note, err
	}
	if err := t.mayWork(ctx, n.By.Login, socialwatch.RoleAuthor, c.Account); err != nil {
		return note, err
	}
	return t.noteOn(ctx, c, n)
}

// noteOn is addNote on a case that is locked, by a person who may.
func (t *tx) noteOn(ctx context.Context, c socialwatch.Case, n NewNote) (note Note, err error) {
	note = Note{Author: n.By.Login, Body: strings.TrimSpace(n.Body), At: socialwatch.Micros(n.At)}
	ids, err := returning[int64](ctx, t, values{head: sqlNoteAdd, tail: "returning id", width: 4,
		args: []any{c.ID, note.Author, note.Body, note.At}})
	if err != nil {
		return note, err
	}
	note.ID = ids[0]
	if !isSystem(n.By.Login) { // nobody calls a system
		if _, err := t.exec(ctx, sqlCallsSeen, n.At, n.By.Login, c.ID); err != nil {
			return note, err
		}
	}
	var called []personRow
	if len(n.Calls) > 0 {
		if err := t.all(ctx, &called, sqlCallees, n.Calls[:min(len(n.Calls), callsMax)]); err != nil {
			return note, err
		}
	}
	calls := values{head: sqlCallAdd, width: 2}
	for _, p := range called {
		if p.Login != n.By.Login && p.person().May(socialwatch.RoleReader, c.Account) {
			note.Calls = append(note.Calls, p.Login)
			calls.args = append(calls.args, note.ID, p.Login)
		}
	}
	note.Open = note.Calls
	if err := t.values(ctx, calls); err != nil {
		return note, err
	}
	return note, t.addEvents(ctx, socialwatch.Event{Kind: socialwatch.EventCaseNoted, CaseID: c.ID, CaseVersion: c.Version,
		Actor: n.By.Login, At: n.At, Data: map[string]any{"note_id": note.ID}})
}

// noteRow is one row of notes, and of a call its case.
type noteRow struct {
	ID      int64  `db:"id"`
	CaseID  int64  `db:"case_id"`
	Author  string `db:"author"`
	Body    string `db:"body"`
	At      moment `db:"written_at"`
	Number  string `db:"number"`
	Account string `db:"account"`
}

// notes are those of a case, oldest first, with whom they call.
func (t *tx) notes(ctx context.Context, caseID int64) ([]Note, error) {
	var rows []noteRow
	if err := t.all(ctx, &rows, sqlNotes, caseID); err != nil || len(rows) == 0 {
		return nil, err
	}
	ids, at := make([]int64, len(rows)), map[int64]int{}
	notes := make([]Note, len(rows))
	for i, r := range rows {
		ids[i], at[r.ID] = r.ID, i
		notes[i] = Note{ID: r.ID, Author: r.Author, Body: r.Body, At: r.At.Time}
	}
	var calls []struct {
		NoteID int64  `db:"note_id"`
		Login  string `db:"login"`
		SeenAt moment `db:"seen_at"`
	}
	err := t.all(ctx, &calls, sqlNoteCalls, ids)
	for _, k := range calls {
		n := &notes[at[k.NoteID]]
		n.Calls = append(n.Calls, k.Login)
		if k.SeenAt.IsZero() {
			n.Open = append(n.Open, k.Login)
		}
	}
	return notes, err
}

// Calls are the notes on cases of the accounts (nil: all) that call a person
// who has not seen them yet, the newest first, at most PageDefault.
func (s *Store) Calls(ctx context.Context, login string, accounts []string) (calls []Call, err error) {
	where, args := among("c.account", accounts)
	var rows []noteRow
	err = s.readOne(ctx, func(t *tx) error {
		rows = nil
		return t.all(ctx, &rows, fmt.Sprintf(sqlCalls, where), append(append([]any{login}, args...), PageDefault)...)
	})
	if err != nil {
		return nil, fmt.Errorf("read calls: %w", err)
	}
	for _, r := range rows {
		calls = append(calls, Call{Case: r.Number, Account: r.Account,
			Note: Note{ID: r.ID, Author: r.Author, Body: r.Body, At: r.At.Time}})
	}
	return calls, nil
}

// SeeCalls notes that a person, a reader at least, has seen the notes of a case
// that call them.
func (s *Store) SeeCalls(ctx context.Context, w CaseWork) error {
	err := s.tx(ctx, func(t *tx) error {
		c, err := t.caseByNumber(ctx, w.Number)
		if err != nil {
			return err
		}
		if err := t.mayDecide(ctx, w.By.Login, socialwatch.RoleReader, c.Account); err != nil {
			return err
		}
		_, err = t.exec(ctx, sqlCallsSeen, w.At, w.By.Login, c.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("see the calls on case %s: %w", w.Number, err)
	}
	return nil
}
