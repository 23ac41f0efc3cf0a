package store

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
)

// cursor is the place after the last row of a page: the values of the list's
// sort tuple. People and programs carry it as opaque text; it holds nothing
// secret and grants nothing.
type cursor struct {
	List string  `json:"l"` // which list it belongs to
	At   []int64 `json:"t"` // the tuple, times as microseconds since 1970
}

// Lists that have cursors, with the length of their sort tuples.
const (
	listQueue    = "q"
	listWaiting  = "w"
	listNewest   = "n"
	listReach    = "r"
	listCases    = "c"
	listChanged  = "d"
	listDue      = "o"
	listRaised   = "h"
	listMentions = "m"
	listTimeline = "e"
	listAudit    = "u"
	listSearch   = "s"

	listDeliveries = "d"
)

// maxCursor is far above the length of any cursor of ours.
const maxCursor = 200

func (c cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		panic(fmt.Sprintf("a cursor of integers cannot fail to encode: %v", err))
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// parseCursor reads the cursor of a list whose tuple has n values; ErrCursor
// for anything else.
func parseCursor(text, list string, n int) ([]int64, error) {
	if len(text) > maxCursor {
		return nil, ErrCursor
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, ErrCursor
	}
	var c cursor
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil || d.More() || c.List != list || len(c.At) != n {
		return nil, ErrCursor
	}
	if c.String() != text { // one spelling only
		return nil, ErrCursor
	}
	return c.At, nil
}

// micros is a time within a cursor.
func micros(t time.Time) int64 { return t.UnixMicro() }

// cursorTime reads one back. Times that no database holds are ErrCursor.
func cursorTime(n int64) (time.Time, error) {
	t := time.UnixMicro(n).UTC()
	if y := t.Year(); y < 1 || y > 9999 {
		return t, ErrCursor
	}
	return t, nil
}

// pageLimit is the number of rows of a page.
func pageLimit(limit int) int {
	if limit <= 0 {
		return PageDefault
	}
	return min(limit, PageMax)
}

// page cuts rows, of which one more than limit was read, to limit and returns
// the cursor for the rest, empty when there is none.
func page[T any](rows []T, limit int, at func(T) cursor) ([]T, string) {
	if len(rows) <= limit {
		return rows, ""
	}
	return rows[:limit], at(rows[limit-1]).String()
}

// among is the condition that a column stands in accounts, with its arguments;
// nil accounts are all of them.
func among(column string, accounts []string) (string, []any) {
	if accounts == nil {
		return "", nil
	}
	return " and " + column + " in (?)", []any{accounts}
}
