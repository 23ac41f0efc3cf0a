package store

import "time"

// caseSort is an order in which cases are listed.
type caseSort struct {
	list      string // of cursors
	by, outer string
	begin     string // lets SQLite begin at a cursor: it bounds an index by no row of expressions
	after     string // the condition behind a cursor
	at        func(listedCase) time.Time
}

func (o caseSort) cursor(r listedCase) cursor {
	return cursor{o.list, []int64{micros(o.at(r)), r.C.ID}}
}

var (
	casesNewest = caseSort{list: listCases, by: "opened_at desc, id desc", outer: "c.opened_at desc, c.id desc",
		after: " and (opened_at, id) < (?, ?)", at: func(r listedCase) time.Time { return r.C.OpenedAt.Time }}
	// What changes meanwhile moves to the end, so that who pages on misses nothing.
	casesChanged = caseSort{list: listChanged, by: "updated_at, id", outer: "c.updated_at, c.id",
		after: " and (updated_at, id) > (?, ?)", at: func(r listedCase) time.Time { return r.C.UpdatedAt.Time }}
	casesDue = caseSort{list: listDue, by: sqlNextAt + ", id", outer: sqlNextAt + ", c.id",
		begin: " and " + sqlNextAt + " >= ?", after: " and (" + sqlNextAt + ", id) > (?, ?)", at: func(r listedCase) time.Time { return r.C.due(r.NextAt) }}
	casesRaised = caseSort{list: listRaised, by: "raised_at, id", outer: "c.raised_at, c.id",
		after: " and (raised_at, id) > (?, ?)", at: func(r listedCase) time.Time { return r.RaisedAt.Time }}
)

func (f CaseFilter) sort() caseSort {
	switch {
	case !f.Updated.IsZero():
		return casesChanged
	case f.Raised:
		return casesRaised
	case f.Due:
		return casesDue
	}
	return casesNewest
}
