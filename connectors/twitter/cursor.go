package twitter

import (
	"encoding/json"
	"time"
)

// cursor is where reading stands.
//
// Polled is when the last complete walk began, by X's clock. Each walk reads
// again from Overlap before it, because X indexes some posts late, below ids
// that were read before. It moves only when a walk is complete.
type cursor struct {
	Version int       `json:"v"`
	User    string    `json:"user"`
	Polled  time.Time `json:"polled"`
	Walk    *walk     `json:"walk,omitempty"`
}

// walk is an unfinished reading from the newest post down to Since. Only the
// 800 newest mentions can be had as such; what is older is searched for.
type walk struct {
	Begun   time.Time `json:"begun"`         // by X's clock
	Since   string    `json:"since"`         // read what is above this id
	Low     string    `json:"low,omitempty"` // the lowest id read so far
	Phase   phase     `json:"phase"`
	Count   int       `json:"count"` // mentions read, of any kind
	Resumed bool      `json:"resumed,omitempty"`
}

type phase string

const (
	phaseMentions phase = "mentions"
	phaseSearch   phase = "search"
)

// cursorLimit bounds a stored cursor, in bytes.
const cursorLimit = 8 << 10

// parseCursor reads a stored cursor and refuses that of another account.
func parseCursor(b []byte, user string) (cursor, error) {
	var c cursor
	odd := len(b) > cursorLimit || json.Unmarshal(b, &c) != nil || c.Version != 1 || c.Polled.IsZero()
	if w := c.Walk; !odd && w != nil {
		_, err := parseID(w.Since)
		odd = err != nil || w.Begun.IsZero() || (w.Phase != phaseMentions && w.Phase != phaseSearch)
		if w.Low != "" {
			_, err = parseID(w.Low)
			odd = odd || err != nil
		}
	}
	switch {
	case odd:
		return cursor{}, refused("the stored cursor is not one of this connector: " +
			"delete it to begin with the present page")
	case c.User != user:
		return cursor{}, refused("the stored cursor belongs to another account of X than the tokens: " +
			"give the account its former handle and tokens, or another name, " +
			"or delete the cursor to begin with the present page")
	}
	return c, nil
}

func (c cursor) encode() []byte {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings and times of this era can always be written
	}
	return b
}
