package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"socialwatch"
)

const (
	sqlAudit = `select e.id, e.seq, e.kind, e.case_id, e.case_version, e.reply_id, e.actor, e.at, e.data,
coalesce(c.number, '') as case_number, coalesce(c.account, e.data ->> 'account', '') as account
from events e left join cases c on c.id = e.case_id where %s order by e.at desc, e.id desc limit ?`
	sqlAuditPeople = `(e.kind not like 'people.%' or e.actor = ? or e.data ->> 'person' = ?)`
	sqlAuditAfter  = `(e.at < ? or e.at = ? and e.id < ?)`
)

// AnyPerson as AuditFilter.By asks for what people did, whoever.
const AnyPerson = "*"

// AuditFilter chooses events.
type AuditFilter struct {
	Accounts []string // nil: all; else events of these accounts and, without Narrow, those of none
	Narrow   bool
	// Self is the login of who asks, whose own events about people are shown;
	// those of others only with People.
	Self   string
	People bool
	By     string    // login; AnyPerson; empty: everybody and the program
	Kind   string    // a kind, or a group of kinds that ends in a dot: "reply."
	From   time.Time // zero: from the beginning
	To     time.Time // before it; zero: until now
	After  string    // cursor
	Limit  int       // see PageDefault and PageMax
}

// AuditRow is an event with the account it belongs to, empty for none.
type AuditRow struct {
	Event   socialwatch.Event
	Account string
}

type auditRow struct {
	eventRow
	Account string `db:"account"`
}

func (r auditRow) value() AuditRow { return AuditRow{r.eventRow.value(), r.Account} }

// Audit returns one page of the log, the newest first, numbered or not. next
// is the cursor of the next page, empty when there is none.
func (s *Store) Audit(ctx context.Context, f AuditFilter) (rows []AuditRow, next string, err error) {
	where, args, err := f.conditions()
	if err != nil {
		return nil, "", fmt.Errorf("read the audit: %w", err)
	}
	limit := pageLimit(f.Limit)
	var found []auditRow
	err = s.readOne(ctx, func(t *tx) error {
		found = nil
		return t.all(ctx, &found, fmt.Sprintf(sqlAudit, strings.Join(where, " and ")), append(args, limit+1)...)
	})
	if err != nil {
		return nil, "", fmt.Errorf("read the audit: %w", err)
	}
	found, next = page(found, limit, func(r auditRow) cursor { return cursor{listAudit, []int64{micros(r.At.Time), r.ID}} })
	return rowValues[auditRow, AuditRow](found), next, nil
}

func (f AuditFilter) conditions() (where []string, args []any, err error) {
	add := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	add("1 = 1")
	if f.Accounts != nil {
		in := f.Accounts
		if !f.Narrow {
			in = append([]string{""}, in...)
		}
		add(`coalesce(c.account, e.data ->> 'account', '') in (?)`, in)
	}
	if !f.People {
		add(sqlAuditPeople, f.Self, f.Self)
	}
	switch f.By {
	case "", socialwatch.System:
		if f.By != "" {
			add(`e.actor = ?`, f.By)
		}
	case AnyPerson:
		add(`e.actor <> 'socialwatch'`)
	default: // the literal lets the index of people's events answer
		add(`e.actor <> 'socialwatch' and e.actor = ?`, f.By)
	}
	f.kind(add)
	if !f.From.IsZero() {
		add(`e.at >= ?`, f.From)
	}
	if !f.To.IsZero() {
		add(`e.at < ?`, f.To)
	}
	if f.After != "" {
		at, err := parseCursor(f.After, listAudit, 2)
		if err != nil {
			return nil, nil, err
		}
		since, err := cursorTime(at[0])
		if err != nil {
			return nil, nil, err
		}
		add(sqlAuditAfter, since, since, at[1])
	}
	return where, args, nil
}

func (f AuditFilter) kind(add func(condition string, values ...any)) {
	if strings.HasSuffix(f.Kind, ".") {
		add(`e.kind like ?`, f.Kind+"%")
	} else if f.Kind != "" {
		add(`e.kind = ?`, f.Kind)
	}
	if caseless(f.Kind) {
		add(`e.case_id is null`)
	}
}

// caseless reports whether events of a kind never belong to a case, which is
// what the index of rare events holds.
func caseless(kind string) bool {
	for _, group := range []string{"people.", "polling.", "publishing."} {
		if strings.HasPrefix(kind, group) {
			return true
		}
	}
	return false
}
