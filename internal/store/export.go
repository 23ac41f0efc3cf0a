package store

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"socialwatch"
)

// Exports are what Export can write: the views of the consumers' contract, in the
// order of a number that rises.
var exports = map[string]struct{ view, id, at string }{
	"cases":    {"cases_v1", "case_id", "opened_at"},
	"mentions": {"case_mentions_v1", "mention_id", "created_at"},
	"replies":  {"replies_v1", "reply_id", "created_at"},
	"events":   {"case_events_v1", "seq", "at"},
}

const sqlExport = `select * from %s where %s > ?%s order by %[2]s limit ?`

// exportPage is how many rows of an export are read at once.
const exportPage = 1000

// Record is a row with the names of its columns, in the view's order. Values are
// nil, string, bool, int64, float64, time.Time or json.RawMessage.
type Record struct {
	Columns []string
	Values  []any
}

// Export yields what a view of the consumers' contract (cases, mentions, replies,
// events) shows of a stretch of time: since until before until, the zero times for
// ever. It reads page by page, so a long export holds up nobody; rows that change
// meanwhile are as they are when they are read.
func (s *Store) Export(ctx context.Context, what string, since, until time.Time) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		of, ok := exports[what]
		if !ok {
			yield(Record{}, fmt.Errorf("export %q: there are cases, mentions, replies and events", what))
			return
		}
		where, args := "", []any{int64(0)}
		if !since.IsZero() {
			where, args = where+" and "+of.at+" >= ?", append(args, since)
		}
		if !until.IsZero() {
			where, args = where+" and "+of.at+" < ?", append(args, until)
		}
		query := fmt.Sprintf(sqlExport, of.view, of.id, where)
		for n := exportPage; n == exportPage; {
			page, err := s.records(ctx, query, append(slices.Clone(args), exportPage)...)
			if err != nil {
				yield(Record{}, fmt.Errorf("export %s: %w", what, err))
				return
			}
			n = len(page)
			for _, r := range page {
				args[0] = r.Values[slices.Index(r.Columns, of.id)]
				if !yield(r, nil) {
					return
				}
			}
		}
	}
}

func (s *Store) records(ctx context.Context, query string, args ...any) (all []Record, err error) {
	err = s.readOne(ctx, func(t *tx) error {
		all, err = t.records(ctx, query, args...)
		return err
	})
	return all, err
}

// records reads rows of any shape.
func (t *tx) records(ctx context.Context, query string, args ...any) ([]Record, error) {
	query, args, err := t.bound(query, args)
	if err != nil {
		return nil, err
	}
	rows, err := t.QueryxContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var all []Record
	for rows.Next() {
		values, err := rows.SliceScan()
		if err != nil {
			return nil, err
		}
		for i := range values {
			values[i] = exported(columns[i], values[i])
		}
		all = append(all, Record{columns, values})
	}
	return all, rows.Err()
}

// Columns that SQLite stores as text or numbers and that are more than that.
var (
	jsonColumns = []string{"customer", "orders", "tags", "payload", "findings", "data", "signals", "entities", "media", "diff", "slots", "mention"}
	boolColumns = []string{"escalated", "escalate", "self_approved", "bot", "thanks"}
)

// exported is a value as both databases mean it.
func exported(column string, value any) any {
	if raw, ok := value.([]byte); ok {
		value = strings.ToValidUTF8(string(raw), "\uFFFD")
	}
	switch v := value.(type) {
	case string:
		if slices.Contains(jsonColumns, column) && json.Valid([]byte(v)) {
			return json.RawMessage(v)
		}
	case int64:
		switch {
		case slices.Contains(boolColumns, column):
			return v != 0
		case column == "at" || strings.HasSuffix(column, "_at") || strings.HasSuffix(column, "_until"):
			return time.UnixMicro(v).UTC()
		}
	case time.Time:
		return v.UTC()
	}
	return value
}

// MarshalJSON keeps the columns' order.
func (r Record) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	b.WriteByte('{')
	for i, name := range r.Columns {
		value, err := json.Marshal(r.Values[i])
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", name, value)
	}
	b.WriteByte('}')
	return []byte(b.String()), nil
}

// What is stored about a person, by table. The cases' rows come with what hangs on
// them.
var personTables = []struct{ table, where string }{
	{"mentions", `account in (?) and author_id = ?`},
	{"mention_revisions", `mention_id in (select id from mentions where account in (?) and author_id = ?)`},
	{"cases", `account in (?) and customer_id = ?`},
	{"case_tags", sqlOfPerson}, {"case_orders", sqlOfPerson}, {"notes", sqlOfPerson},
	{"replies", sqlToPerson}, {"reply_versions", `reply_id in (select id from replies where ` + sqlToPerson + `)`},
	{"events", sqlOfPerson},
}

const (
	sqlOfPerson = `case_id in (select id from cases where account in (?) and customer_id = ?)`
	sqlToPerson = `mention_id in (select id from mentions where account in (?) and author_id = ?)`
	sqlPersonOf = `select * from %s where %s order by 1, 2`
)

// PersonData is everything that is stored about a person.
type PersonData struct {
	Subject socialwatch.Subject `json:"person"`
	Tables  map[string][]Record `json:"stored"`  // by name of the table; every column
	Waiting int                 `json:"waiting"` // posts not yet taken in: ask again in a minute
}

// Person returns everything that is stored about a person, as of one moment, with
// the words as they were written.
func (s *Store) Person(ctx context.Context, of socialwatch.Subject) (d PersonData, err error) {
	err = s.read(ctx, func(t *tx) error {
		d = PersonData{Subject: of, Tables: map[string][]Record{}}
		for _, p := range personTables {
			rows, err := t.records(ctx, fmt.Sprintf(sqlPersonOf, p.table, p.where), of.Accounts, of.ID)
			if err != nil {
				return err
			}
			d.Tables[p.table] = append([]Record{}, rows...)
		}
		waiting, err := t.waitingOf(ctx, of, func(a socialwatch.Author) bool { return a.ID == of.ID })
		d.Waiting = len(waiting)
		return err
	})
	if err != nil {
		return PersonData{}, fmt.Errorf("read what is stored about a person: %w", err)
	}
	return d, nil
}
